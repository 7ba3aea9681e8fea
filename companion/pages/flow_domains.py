"""What a thresholded domain is made of, and how far one volume stands for the rock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from companion.flow_scenes import FlowScene
from companion.flow_volumes import FIRST, TABLE_3, TRUE, TRUE_SEM, row_label
from companion.pages.flow import Numbers, reading
from companion.style import number
from shalelib.arrays import Mask

ALIKE = 0.1
"""Deviation over the mean up to which volumes pass for alike."""

EMPTY = 0.05
"""Share of a plane below which its pores are too few to show a pressure."""


def share_table(domains: Mapping[str, Mask], pores: Mask) -> pd.DataFrame:
    """Return how many of the voxels that carry the gas are pores in truth.

    Parameters
    ----------
    domains : mapping of row of Table 3 to (z, y, x) bool array
        Connected pores of thresholded volumes.
    pores : (z, y, x) bool array
        The true ones of the same place.

    Returns
    -------
    DataFrame
        ``key``, ``Domain``, ``φ connected``; ``true``, the share that is pore in truth; and
        ``by chance``, that of any voxel.
    """
    return pd.DataFrame(
        [
            {
                "key": name,
                "Domain": f"{row_label(name.removesuffix(FIRST))}, {reading(name)}",
                "φ connected": float(domain.mean()),
                "true": float(pores[domain].mean()),
                "by chance": float(pores.mean()),
            }
            for name, domain in domains.items()
        ]
    )


def empty_planes(scenes: Mapping[str, FlowScene]) -> str:
    """Say which domains of Figure 6 have too few pores to show a pressure."""
    shares = {
        title: scene.pore[:, scene.pore.shape[1] // 2].mean() for title, scene in scenes.items()
    }
    told = ", ".join(f"{title} {number(share, '.1%')}" for title, share in shares.items())
    few = [title for title, share in shares.items() if share < EMPTY]
    nothing = f" Too little to show a pressure: {', '.join(few)}." if few else ""
    return f"Open in the middle x-z plane: {told}.{nothing}"


def sentences(shares: pd.DataFrame, numbers: Numbers, pieces: pd.DataFrame) -> list[str]:
    """Say in words how much of the domains is noise, and whether volumes agree.

    Parameters
    ----------
    shares : DataFrame
        Of `share_table`.
    numbers : mapping
        Of `companion.pages.flow.volume_numbers`.
    pieces : DataFrame
        Of `companion.pages.flow.piece_summary`.
    """
    true = shares.set_index("key")["true"]
    networks = [true[name + end] for name in TABLE_3 for end in (FIRST, "")]
    first, connected = (number(true[TRUE_SEM + end], ".0%") for end in (FIRST, ""))
    found = [
        f"Of the voxels that carry the gas through a translated volume {_span(networks, '.0%')} "
        f"are pores in truth, of all voxels {number(shares['by chance'].iloc[0], '.0%')}; through "
        f"the true FIB-SEM {first} at first percolation and {connected} when 90% are connected. "
        "The rest is noise under the threshold."
    ]
    largest = pieces.iloc[-1]
    parts = (
        f"of {largest['Pieces']:.0f} pieces of {largest['Edge [voxel]']:.0f}³ voxels "
        f"{largest['Percolating']:.0f} let gas through, with a deviation of "
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
            f"The true pores of {len(known)} cubes have k of {_span(known, '.3g')} nd, a standard "
            f"deviation of {number(apart, '.0%')} of the mean: {verdict}; {parts}"
        )
    else:
        found.append(parts[0].upper() + parts[1:])
    return found


def _span(values: Sequence[float], form: str) -> str:
    return f"{number(min(values), form)} to {number(max(values), form)}"
