"""The grey level that makes the pores: three rules, side by side, and the levels of a sweep.

The paper's words, "a threshold value is chosen such that the produced lower-density regions form a
connected set", are those of first percolation; its numbers, 17.4 of 18.9 and 18.7 of 20.7%
connected, are those of a set that is mostly connected. Both are kept, and one that all volumes
share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shalelib.arguments import check_whole
from shalelib.arrays import Grey
from shalelib.flow.arguments import check_threshold
from shalelib.flow.domain import (
    PAPER_FRACTION,
    common_threshold,
    connected_threshold,
    first_percolation,
    threshold_curve,
)

Rule = Literal["own", "common", "first"]
"""90% of the volume's own pores connected; the same in all volumes at once; first percolation."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A grey level, and the pores that it makes."""

    level: int  # the largest grey level that counts as pore
    porosity: float
    porosity_connected: float


def threshold_rules(
    volumes: Mapping[str, Grey], *, fraction: float = PAPER_FRACTION, axis: int = 0
) -> dict[str, dict[Rule, Threshold]]:
    """Find the threshold of each volume by each rule.

    Parameters
    ----------
    volumes : mapping of name to (z, y, x) uint8 array
    fraction : float
        The share of the low-density voxels that must be connected in "own" and "common".
    axis : int
        0, 1 or 2.

    Examples
    --------
    >>> grey = np.full((3, 4, 4), 90, np.uint8)
    >>> grey[:, 0, 0], grey[:2, 2, 2], grey[2, 2, 2] = 10, 10, 20
    >>> rules = threshold_rules({"truth": grey})["truth"]
    >>> rules["first"].level, rules["own"].level, round(rules["first"].porosity_connected, 4)
    (10, 20, 0.0625)
    """
    if not isinstance(volumes, Mapping):
        msg = f"volumes must map names to volumes, got {type(volumes).__name__}; {{'rock': grey}}"
        raise TypeError(msg)
    common = common_threshold(list(volumes.values()), fraction=fraction, axis=axis)
    found: dict[str, dict[Rule, Threshold]] = {}
    for name, grey in volumes.items():
        levels: dict[Rule, int] = {
            "own": connected_threshold(grey, fraction=fraction, axis=axis),
            "common": common,
            "first": first_percolation(grey, axis=axis),
        }
        shares = threshold_curve(grey, list(levels.values()), axis=axis)
        found[name] = {
            rule: Threshold(level=level, porosity=float(total), porosity_connected=float(connected))
            for (rule, level), (total, connected) in zip(levels.items(), shares, strict=True)
        }
    return found


def sweep_levels(grey: Grey, count: int, *, last: int, axis: int = 0) -> list[int]:
    """Levels for a sweep, evenly spaced from first percolation to `last`, or to the level after it.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
    count : int
        At most so many; fewer where there are not so many levels.
    last : int
        The largest one, if it percolates.
    axis : int
        0, 1 or 2.

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
    first = first_percolation(grey, axis=axis)
    levels = np.linspace(first, max(last, min(255, first + 1)), count).round().astype(int)
    return sorted(set(levels.tolist()))
