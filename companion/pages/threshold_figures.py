"""Figures of the page Why is the paper's k so small."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from companion.flow_volumes import TRUE, row_label
from companion.pages.threshold_paper import paper_at
from companion.published import FLOW_EDGE, published_column
from companion.style import COLOURS, GREY, number, panel
from shalelib.arrays import Mask

PAPER_ROWS = ("original", "regularised")  # of its Table 3


def cut_picture(pore: Mask, cut: Mask, *, voxel_size: float) -> Figure:
    """Draw a domain seen along y and x, darker where more pores lie behind one another.

    Parameters
    ----------
    pore, cut : (z, y, x) bool arrays
        The connected pores, and the voxels that close them, marked by circles.
    voxel_size : float
        [m]
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.9), layout="constrained")
    size = voxel_size * 1e6
    for axis, along, letter in zip(axes, (1, 2), "xy", strict=True):
        depth = pore.sum(axis=along)
        extent = (0, depth.shape[1] * size, 0, depth.shape[0] * size)
        axis.imshow(np.sqrt(depth), cmap="Blues", origin="lower", extent=extent)
        z, across = np.nonzero(cut.any(axis=along))
        axis.plot(
            (across + 0.5) * size,
            (z + 0.5) * size,
            "o",
            ms=13,
            mfc="none",
            mec=COLOURS[1],
            mew=1.8,
        )
        axis.set(xlabel=f"{letter} [µm]")
    axes[0].set_ylabel("z [µm]")
    return fig


def level_plot(table: pd.DataFrame, keys: tuple[str, ...], *, edge: int) -> Figure:
    """Draw k against the grey level, one panel a volume and one line an axis.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.threshold.level_table`. Dotted: the paper's two permeabilities.
    keys : tuple of str
        The volumes.
    edge : int
        Of the domains [voxel], to which the paper's permeabilities are scaled.
    """
    fig, axes = plt.subplots(
        1, len(keys), figsize=(3.3 * len(keys), 3.4), sharey=True, layout="constrained"
    )
    for axis, key in zip(np.atleast_1d(axes), keys, strict=True):
        volume = table[table["key"] == key]
        for colour, (letter, part) in zip(COLOURS, volume.groupby("axis"), strict=False):
            axis.plot(
                part["level"], part["permeability_nd"], "o-", color=colour, ms=4, label=str(letter)
            )
        paper_lines(axis, edge)
        axis.set(yscale="log", xlabel="grey threshold")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axis.set_title(row_label(key), fontsize=9)
        panel(axis)
    np.atleast_1d(axes)[0].set_ylabel("permeability [nd]")
    np.atleast_1d(axes)[-1].legend(frameon=False, fontsize=8.5, title="along")
    return fig


def cut_plot(table: pd.DataFrame, *, edge: int) -> Figure:
    """Draw k against the voxels of the minimum cut, with the median of k per voxel.

    Parameters are those of `level_plot`.
    """
    fig, axis = plt.subplots(figsize=(6.4, 3.9))
    kinds: Mapping[str, pd.DataFrame] = {
        "first percolation": table[table["first"] & (table["key"] != TRUE)],
        "more pores": table[~table["first"] & (table["key"] != TRUE)],
        "truth": table[table["key"] == TRUE],
    }
    for colour, (title, part) in zip(COLOURS, kinds.items(), strict=False):
        axis.plot(part["cut"], part["permeability_nd"], "o", color=colour, ms=5, label=title)
    ends = np.array([0.7, 1.4 * table["cut"].max()])
    axis.plot(ends, table["per_voxel"].median() * ends, "-", color=GREY, linewidth=1)
    paper_lines(axis, edge)
    axis.set(xscale="log", yscale="log", xlabel="minimum cut [voxel]", ylabel="permeability [nd]")
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def paper_lines(axis: plt.Axes, edge: int) -> None:
    """Draw lines at the paper's two permeabilities, scaled, and write above which is which."""
    theirs = published_column("permeability_nd", table=3).values()
    for k, printed, row in zip(paper_at(edge), theirs, PAPER_ROWS, strict=True):
        axis.axhline(k, color=COLOURS[3], linestyle=":", linewidth=1.2)
        axis.text(
            0.99,
            k,
            f"{number(printed, '#.3g')} nd at {FLOW_EDGE}³, {row}",
            transform=axis.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=8.5,
            color=COLOURS[3],
            zorder=4,  # in front of curves, which its halo parts
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
