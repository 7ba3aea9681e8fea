"""What the page Flow finds, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from companion.flow_volumes import (
    FIRST,
    PAPER_MODELS,
    TABLE_3,
    THRESHOLDED,
    TRUE,
    TRUE_SEM,
    row_label,
)
from companion.pages.flow import LIMIT, NAMES, Numbers
from companion.published import published_value
from companion.style import estimate, number
from shalelib.metrics.bootstrap import draw_groups

ALIKE = 0.1
"""Deviation over the mean up to which volumes pass for alike."""


def table_sentences(
    table: pd.DataFrame, fine: pd.DataFrame, numbers: Numbers, *, resamples: int
) -> list[str]:
    """Say in words what Table 3 and its ratios show.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.flow.table_3`.
    fine : DataFrame
        Of `companion.pages.flow.ratio_table`.
    numbers : mapping
        Of `companion.pages.flow.volume_numbers`.
    resamples : int
        Of the test volumes, behind each interval.
    """
    k = table[table["quantity"] == LIMIT].set_index("key")["ours"]
    told = []
    for row in THRESHOLDED:
        both = " to ".join(_marked_k(k, row + end) for end in (FIRST, ""))
        told.append(f"{row_label(row)} from {both} nd")
    papers = [published_value(row, "permeability_nd", table=3) for row in PAPER_MODELS]
    first, connected = (change_of_k(numbers, end, resamples=resamples) for end in (FIRST, ""))
    ratios = fine["ratio"].dropna()
    times = f" ({_span(list(ratios), '.2f')} times that on the voxels as they are)"
    return [
        "The reading of the threshold's rule, from first percolation to 90% connected, moves k on "
        f"a fine grid{times if len(ratios) else ''}: {'; '.join(told)}. The true pores "
        f"have {_marked_k(k, TRUE)} nd, the paper's rows {_either(papers, '#.3g')} nd.",
        f"The regulariser multiplies k by {estimate(*first, '#.2g')} at first percolation and by "
        f"{estimate(*connected, '#.2g')} with 90% connected{_no_direction(first, connected)}; in "
        f"the paper by {number(papers[1] / papers[0], '#.2g')}.",
    ]


def _no_direction(*changes: tuple[float, float, float]) -> str:
    """Say so where every interval of a factor holds 1."""
    open_to_both = all(low <= 1 <= high for _, low, high in changes)
    return ", so that no direction is shown" if open_to_both else ""


def change_of_k(numbers: Numbers, end: str, *, resamples: int) -> tuple[float, float, float]:
    """Return what the regulariser multiplies the mean k by, with its 95% interval over volumes.

    Parameters
    ----------
    numbers : mapping
        Of `companion.pages.flow.volume_numbers`.
    end : str
        Of the names of the rows: by which reading of the threshold.
    resamples : int
        Of the test volumes, the same of both rows.

    Returns
    -------
    float, float, float
        NaN where there is nothing to tell: all three without volumes, the limits with one.
    """
    columns = [numbers[name + end]["permeability_nd"] for name in PAPER_MODELS]
    pairs = [pair for pair in zip(*columns, strict=True) if None not in pair]
    if not pairs:
        return (float("nan"),) * 3
    before, after = np.array(pairs, float).T
    times = draw_groups(len(pairs), resamples=resamples)
    drawn = (times @ after) / (times @ before)
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (float("nan"),) * 2
    return float(after.mean() / before.mean()), float(low), float(high)


def factor_sentence(numbers: Numbers) -> str:
    """Say in words by how much k differs between thresholds, volumes, models and grids.

    Parameters
    ----------
    numbers : mapping
        Of `companion.pages.flow.volume_numbers`.
    """
    k, grid = (
        {name: numbers[name][quantity] for name in numbers}
        for quantity in ("permeability_nd", "permeability_grid_nd")
    )
    ends = (FIRST, "")
    rows = [name + end for name in THRESHOLDED for end in ends]
    groups: dict[str, Sequence[Sequence[float | None]]] = {
        "the two readings of the threshold": [
            pair
            for name in THRESHOLDED
            for pair in zip(grid[name + FIRST], grid[name], strict=False)
        ],
        "two test volumes": [grid[row] for row in rows],
        "two models": [
            alike
            for end in ends
            for alike in zip(*(grid[name + end] for name in TABLE_3), strict=False)
        ],
        "the voxels as they are and a fine grid": [
            pair for row in rows for pair in zip(grid[row], k[row], strict=False)
        ],
    }
    factors = {name: _factor(group) for name, group in groups.items()}
    known = sorted((f, name) for name, f in factors.items() if not np.isnan(f))[::-1]
    told = ", ".join(f"{number(f, '#.2g')} between {name}" for f, name in known)
    return f"The median factor by which k differs, over all pairs, is {told or 'unknown'}."


def _factor(groups: Sequence[Sequence[float | None]]) -> float:
    """Return the median factor between two of a group, over all pairs of all groups."""
    pairs = [
        max(pair) / min(pair)
        for group in groups
        for pair in combinations([value for value in group if value], 2)
    ]
    return float(np.median(pairs)) if pairs else float("nan")


def _either(values: Sequence[float], form: str) -> str:
    return " and ".join(number(value, form) for value in values)


def _marked_k(k: pd.Series[float], key: str) -> str:
    """Write the permeability of a row of Table 3, marked as there."""
    of = f"{NAMES[LIMIT]}/{key}/shale"
    return estimate(k[key], float("nan"), float("nan"), "#.3g", of=of)


def domain_sentences(shares: pd.DataFrame, numbers: Numbers, pieces: pd.DataFrame) -> list[str]:
    """Say in words how much of the domains is noise, and whether volumes agree.

    Parameters
    ----------
    shares : DataFrame
        Of `companion.pages.flow_domains.share_table`.
    numbers : mapping
        Of `companion.pages.flow.volume_numbers`.
    pieces : DataFrame
        Of `companion.pages.flow.piece_summary`.
    """
    true = shares.set_index("key")["true"]
    networks = [true[name + end] for name in TABLE_3 for end in (FIRST, "")]
    first, connected = (number(true[TRUE_SEM + end], ".0%") for end in (FIRST, ""))
    found = [
        "Of the connected pores of the translated central volume, "
        f"{_span(networks, '.0%')} are true pores, as are "
        f"{number(shares['by chance'].iloc[0], '.0%')} of all voxels; of those of the true "
        f"FIB-SEM, {first} at first percolation and {connected} when 90% are connected. "
        "The rest is rock that came out darker than the threshold."
    ]
    largest = pieces.iloc[-1]
    parts = (
        f"of {largest['Pieces']:.0f} pieces of {largest['Edge [voxel]']:.0f}³ voxels "
        f"{largest['Percolating']:.0f} let gas through; over all of them, "
        "the others taken as 0, the standard deviation of k is "
        f"{number(largest['Deviation ÷ mean'], '.0%')} of the mean."
    )
    known = [value for value in numbers[TRUE]["permeability_grid_nd"] if value is not None]
    if len(known) > 1:
        apart = float(np.std(known, ddof=1) / np.mean(known))
        verdict = (
            "the volumes agree"
            if apart <= ALIKE
            else "a cube of this size is no representative volume"
        )
        found.append(
            f"The true pores of {len(known)} cubes have a k of {_span(known, '#.3g')} nd on the "
            f"voxels as they are, a standard deviation of {number(apart, '.0%')} of the mean: "
            f"{verdict}; {parts}"
        )
    else:
        found.append(parts[0].upper() + parts[1:])
    return found


def _span(values: Sequence[float], form: str) -> str:
    return f"{number(min(values), form)} to {number(max(values), form)}"
