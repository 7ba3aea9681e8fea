"""The threshold that makes the pores: three rules, side by side, and the levels of a sweep.

The paper's words, "a threshold value is chosen such that the produced lower-density regions form a
connected set", describe first percolation; its numbers, 17.4 of 18.9 and 18.7 of 20.7% connected,
describe a set that is mostly connected. Both rules are kept, and a third gives one threshold that
all volumes share.
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
"""Most pores of the volume connected; the same in all volumes at once; first percolation."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A threshold, and the porosity that it gives."""

    level: int  # the largest grey level that counts as pore
    porosity: float  # per voxel of rock
    porosity_connected: float  # the same, of the pores that percolate


def connected_threshold(
    grey: Grey, *, fraction: float = PAPER_FRACTION, rock: Mask | None = None, **options: Any
) -> int:
    """Return the smallest threshold at which most pore voxels belong to the percolating part.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Dark means low density, that is pore.
    fraction : float
        Share of the pore voxels that must be connected, in (0, 1].
    rock : (z, y, x) bool array, optional
        True = rock; voxels outside it are never pores. Without it the volume must be all rock.
    options
        ``axis``, ``ends`` and ``sides``, as for `connected_pores`.

    Returns
    -------
    int
        The largest grey level that counts as pore.

    Raises
    ------
    DoesNotPercolateError
        The rock does not reach from face to face, or lies in so many pieces that no threshold
        connects that share of it.
    ValueError
        `fraction` is out of range, the rock mask is empty, inverted or of another shape, or the
        volume shows more than rock and no rock mask is given (`shalelib.outside`).

    Notes
    -----
    The paper's Figure 5 says that the threshold was chosen "such that the low-density voxels form
    a connected set from inlet to outlet" and reports 17.4 of 18.9 and 18.7 of 20.7% connected; the
    default of 0.9 is our reading of it.

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
        Grey volumes; their shapes may differ.
    fraction : float
        Share of the pore voxels of each volume that must be connected, in (0, 1].
    rocks : sequence of (z, y, x) bool array, optional
        The rock of each volume, in the same order; None in place of a mask for a volume that is all
        rock.
    options
        As for `connected_threshold`.

    Returns
    -------
    int
        The largest grey level that counts as pore.

    Raises
    ------
    DoesNotPercolateError
        As for `connected_threshold`, in any of the volumes.
    TypeError
        `volumes` or `rocks` is a single array.
    ValueError
        As for `connected_threshold`; or there are no volumes, or not one mask for each.

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
    """Return the porosity and the connected porosity of the rock at each threshold.

    Parameters
    ----------
    grey, rock, options
        As for `connected_threshold`.
    thresholds : sequence of int
        Largest grey levels that count as pore.

    Returns
    -------
    (n, 2) float64 array
        Porosity and connected porosity at each of n thresholds, per voxel of rock.
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
        Share of the pore voxels that must be connected by the rules "own" and "common".
    rocks : mapping of name to (z, y, x) bool array, optional
        The rock of each volume that shows more than rock; the others are all rock.
    options
        As for `connected_threshold`.

    Returns
    -------
    dict of name to dict of rule to Threshold
        The rules are "own" (`connected_threshold` of the volume), "common" (`common_threshold` of
        all volumes) and "first" (`first_percolation` of the volume). Each has the ``level``, the
        ``porosity`` and the ``porosity_connected`` there, per voxel of rock.

    Raises
    ------
    DoesNotPercolateError
        As for `connected_threshold`.
    TypeError
        `volumes` or `rocks` is not a mapping.
    ValueError
        As for `connected_threshold`, or a mask belongs to no volume.

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
    """Return the thresholds of a sweep, evenly spaced from first percolation to `last`.

    Parameters
    ----------
    grey, rock, options
        As for `connected_threshold`.
    count : int
        Number of thresholds, at least 2; fewer are returned if there are not so many grey levels.
    last : int
        The largest threshold, from 0 to 255. If it is not above first percolation, the sweep ends
        one grey level above first percolation instead.

    Returns
    -------
    list of int
        Ascending grey levels, each of which percolates.

    Raises
    ------
    DoesNotPercolateError
        The rock itself does not reach from face to face.
    ValueError
        `count` is less than 2, `last` is not a grey level, or the volume and its rock mask do not
        go together, as for `first_percolation`.

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
    """Refuse a fraction that is not a number in (0, 1]."""
    number = isinstance(fraction, Real) and not isinstance(fraction, bool)
    if not (number and 0 < fraction <= 1):  # type: ignore[operator]
        msg = f"fraction must lie in (0, 1], got {fraction!r}; for nine tenths write 0.9"
        raise ValueError(msg)


def _smallest(
    pairs: Sequence[tuple[Grey, Mask | None]], fraction: float, options: Mapping[str, Any]
) -> int:
    """Return the smallest threshold at which this share of the pores percolates in all volumes."""
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
    """Return the voxels of the rock that are no lighter than the threshold."""
    pore = np.asarray(grey <= threshold)
    return pore if rock is None else pore & rock
