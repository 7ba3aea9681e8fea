"""The grey level that makes the pores: three rules, side by side, and the levels of a sweep.

The paper's words, "a threshold value is chosen such that the produced lower-density regions form a
connected set", are those of first percolation; its numbers, 17.4 of 18.9 and 18.7 of 20.7%
connected, are those of a set that is mostly connected. Both are kept, and one that all volumes
share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_whole, given_grey, given_row
from shalelib.arrays import Grey, Mask
from shalelib.flow.arguments import check_sequence, check_threshold
from shalelib.flow.domain import DoesNotPercolateError, connected_pores, first_percolation
from shalelib.outside import check_rock

PAPER_FRACTION = 0.9
"""Share of the pore voxels that the paper's Figure 5 finds connected (17.4/18.9 and 18.7/20.7)."""

Rule = Literal["own", "common", "first"]
"""90% of the volume's own pores connected; the same in all volumes at once; first percolation."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A grey level, and the pores that it makes."""

    level: int  # the largest grey level that counts as pore
    porosity: float  # per voxel of rock
    porosity_connected: float  # the same of those that percolate


def connected_threshold(
    grey: Grey, *, fraction: float = PAPER_FRACTION, rock: Mask | None = None, **options: Any
) -> int:
    """Return the smallest threshold at which most pore voxels belong to the percolating part.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Dark = of low density = pore.
    fraction : float
        The share of the low-density voxels that must be connected, in (0, 1].
    rock : (z, y, x) bool array, optional
        True = rock; what lies outside is never a pore. Without it the volume must be all rock.
    options
        Axis, ends and sides, as of `shalelib.flow.connected_pores`.

    Raises
    ------
    DoesNotPercolateError
        The rock does not reach from face to face, or lies in so many pieces that no threshold
        connects that share of it.
    ValueError
        The volume shows more than rock, and no mask says so (`shalelib.outside`).

    Notes
    -----
    The paper's Figure 5 says that the threshold was chosen "such that the low-density voxels form
    a connected set from inlet to outlet" and reports 17.4 of 18.9 and 18.7 of 20.7% connected;
    90% is our reading of it.

    Examples
    --------
    >>> grey = np.full((3, 4, 4), 90, np.uint8)
    >>> grey[:, 0, 0], grey[1, 2, 2] = 10, 20
    >>> connected_threshold(grey), connected_threshold(grey, fraction=0.7)
    (10, 10)
    """
    _check(fraction)
    given_grey("grey", grey, ndim=3)
    check_rock("grey", grey, rock)
    return _smallest([(grey, rock)], fraction, options)


def common_threshold(
    volumes: Sequence[Grey],
    *,
    fraction: float = PAPER_FRACTION,
    rocks: Sequence[Mask | None] | None = None,
    **options: Any,
) -> int:
    """Return the smallest threshold that satisfies `connected_threshold` in every volume at once.

    Parameters
    ----------
    volumes : sequence of (z, y, x) uint8 array
    rocks : sequence of (z, y, x) bool array, optional
        The rock of each volume, in the same order, None where all of one is rock.
    fraction, options
        As for `connected_threshold`.

    Examples
    --------
    >>> one = np.full((2, 2, 2), 10, np.uint8)
    >>> common_threshold([one, one + np.uint8(5)])
    15
    """
    if isinstance(volumes, np.ndarray):
        msg = "volumes must be a list of volumes, got an array; for one see connected_threshold"
        raise TypeError(msg)
    if isinstance(rocks, np.ndarray):
        msg = "rocks must be a list with a mask of each volume, got an array; write rocks=[mask]"
        raise TypeError(msg)
    volumes = given_row("volumes", volumes, mend="for one volume see connected_threshold")
    if not volumes:
        msg = "volumes is empty; pass at least one grey volume"
        raise ValueError(msg)
    _check(fraction)
    masks = [None] * len(volumes)
    if rocks is not None:
        masks = given_row("rocks", rocks, mend="write rocks=[mask], one for each volume")
    if len(masks) != len(volumes):
        msg = f"rocks must hold a mask of each volume, got {len(masks)} for {len(volumes)}"
        raise ValueError(msg)
    pairs = list(zip(volumes, masks, strict=True))
    for number, (grey, rock) in enumerate(pairs):
        given_grey(f"volumes[{number}]", grey, ndim=3)
        check_rock(f"volumes[{number}]", grey, rock, argument="rocks")
    return _smallest(pairs, fraction, options)


def threshold_curve(
    grey: Grey, thresholds: Sequence[int], *, rock: Mask | None = None, **options: Any
) -> NDArray[np.float64]:
    """Return porosity and connected porosity of the rock at each threshold, as an (n, 2) array.

    Parameters
    ----------
    grey, rock, options
        As for `connected_threshold`.
    thresholds : sequence of int
    """
    check_sequence("thresholds", thresholds)
    given_grey("grey", grey, ndim=3)
    check_rock("grey", grey, rock)
    rows = []
    for threshold in thresholds:
        check_threshold(threshold)
        pore = _pores(grey, threshold, rock)
        rows.append((pore.mean(), connected_pores(pore, **options).mean()))
    share = 1.0 if rock is None else rock.mean()
    return np.array(rows, float).reshape(-1, 2) / share


def threshold_rules(
    volumes: Mapping[str, Grey],
    *,
    fraction: float = PAPER_FRACTION,
    rocks: Mapping[str, Mask] | None = None,
    **options: Any,
) -> dict[str, dict[Rule, Threshold]]:
    """Find the threshold of each volume by each rule.

    Parameters
    ----------
    volumes : mapping of name to (z, y, x) uint8 array
    fraction : float
        The share of the low-density voxels that must be connected in "own" and "common".
    rocks : mapping of name to (z, y, x) bool array, optional
        The rock of the volumes that show more; of the others all is rock.
    options
        As for `connected_threshold`.

    Raises
    ------
    DoesNotPercolateError, ValueError
        As of `connected_threshold`, or a mask belongs to no volume.

    Examples
    --------
    >>> grey = np.full((3, 4, 4), 90, np.uint8)
    >>> grey[:, 0, 0], grey[:2, 2, 2], grey[2, 2, 2] = 10, 10, 20
    >>> rules = threshold_rules({"truth": grey})["truth"]
    >>> rules["first"].level, rules["own"].level, round(rules["first"].porosity_connected, 4)
    (10, 20, 0.0625)
    """
    for argument, given in (("volumes", volumes), ("rocks", {} if rocks is None else rocks)):
        if not isinstance(given, Mapping):
            msg = f"{argument} must map names to volumes, got {type(given).__name__}; "
            msg += "{'rock': array}"
            raise TypeError(msg)
    masks = dict(rocks or {})
    if strange := masks.keys() - volumes.keys():
        known = ", ".join(map(repr, volumes))
        msg = f"rocks has a mask of {sorted(strange)}; the volumes are called {known}"
        raise ValueError(msg)
    common = common_threshold(
        list(volumes.values()),
        fraction=fraction,
        rocks=[masks.get(name) for name in volumes],
        **options,
    )
    found: dict[str, dict[Rule, Threshold]] = {}
    for name, grey in volumes.items():
        known_rock = {"rock": masks.get(name), **options}
        levels: dict[Rule, int] = {
            "own": connected_threshold(grey, fraction=fraction, **known_rock),
            "common": common,
            "first": first_percolation(grey, **known_rock),
        }
        shares = threshold_curve(grey, list(levels.values()), **known_rock)
        found[name] = {
            rule: Threshold(level=level, porosity=float(total), porosity_connected=float(connected))
            for (rule, level), (total, connected) in zip(levels.items(), shares, strict=True)
        }
    return found


def sweep_levels(
    grey: Grey, count: int, *, last: int, rock: Mask | None = None, **options: Any
) -> list[int]:
    """Levels for a sweep, evenly spaced from first percolation to `last`, or to the level after it.

    Parameters
    ----------
    grey, rock, options
        As for `connected_threshold`.
    count : int
        At most so many; fewer where there are not so many levels.
    last : int
        The largest one, if it percolates.

    Examples
    --------
    >>> grey = np.full((3, 4, 4), 90, np.uint8)
    >>> grey[:, 0, 0] = 10
    >>> sweep_levels(grey, 4, last=40)
    [10, 20, 30, 40]
    """
    check_whole("count", count, least=0)
    if count < 2:
        msg = f"a sweep needs at least 2 thresholds, got {count}"
        raise ValueError(msg)
    check_threshold(last, name="last")
    first = first_percolation(grey, rock=rock, **options)
    levels = np.linspace(first, max(last, min(255, first + 1)), count).round().astype(int)
    return sorted(set(levels.tolist()))


def _check(fraction: object) -> None:
    """Refuse what is no share of the pores."""
    number = isinstance(fraction, Real) and not isinstance(fraction, bool)
    if not (number and 0 < fraction <= 1):  # type: ignore[operator]
        msg = f"fraction must lie in (0, 1], got {fraction!r}; for nine tenths write 0.9"
        raise ValueError(msg)


def _smallest(
    pairs: Sequence[tuple[Grey, Mask | None]], fraction: float, options: Mapping[str, Any]
) -> int:
    """Return the smallest threshold at which that share of the pores percolates in all volumes."""
    start = max(first_percolation(grey, rock=rock, **options) for grey, rock in pairs)
    shares = [0.0]
    for threshold in range(start, 256):
        pores = (_pores(grey, threshold, rock) for grey, rock in pairs)
        shares = [float(connected_pores(p, **options).sum() / p.sum()) for p in pores]
        if min(shares) >= fraction:
            return threshold
    msg = (
        f"no threshold connects {fraction:.0%} of the pores: of the rock itself {min(shares):.1%} "
        "reach from face to face; keep the largest piece of the mask, or pass a smaller fraction="
    )
    raise DoesNotPercolateError(msg)


def _pores(grey: Grey, threshold: int, rock: Mask | None) -> Mask:
    """Return what is at most as light as the threshold and lies in the rock."""
    pore = np.asarray(grey <= threshold)
    return pore if rock is None else pore & rock
