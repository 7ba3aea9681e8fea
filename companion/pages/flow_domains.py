"""What a thresholded domain is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from companion.flow_scenes import FlowScene
from companion.flow_volumes import FIRST, row_label
from companion.pages.flow import reading
from companion.pages.flow_scene import first_hit
from companion.style import number
from shalelib.arrays import Mask

EMPTY = 0.05
"""Share of a plane below which its pores are too few to show a pressure."""
ONE_COLOUR = 0.05
"""Share of the drop below which the pressures on a surface look alike."""


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
    return f"Share of pores in the middle x-z plane: {told}.{nothing}"


def flat_surfaces(scenes: Mapping[str, FlowScene]) -> str:
    """Say which domains of Figure 6 show one colour: their pressure falls out of sight."""
    told = ""
    for title, scene in scenes.items():
        hit, _ = first_hit(scene.pore)
        seen = scene.fall.ravel()[hit[hit >= 0]]
        spread = float(np.ptp(seen)) if seen.size else 1.0
        if spread < ONE_COLOUR:
            told += (
                f" The surface of {title} has one colour: {number(1 - spread, '.0%')} of its drop "
                "falls in narrow places that the surface hides."
            )
    return told
