"""Figures of the page Volumes."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure

from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, GREY, panel, scale_bar
from companion.views import cut_planes, plane_sliders, view
from shalelib.arrays import Grey
from shalelib.metrics.divergence import FLOOR

PLANE_STEPS = 9  # places of each cut plane in the interactive figure


def side_cuts(volumes: Mapping[str, Grey], *, voxel_size: float, columns: int = 4) -> Figure:
    """Draw the middle x-z plane of each volume, z upwards.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
    voxel_size : float
        [m]
    columns : int
    """
    cuts = {title: volume[::-1, volume.shape[1] // 2] for title, volume in volumes.items()}
    rows = -(-len(cuts) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(2.5 * columns, 2.7 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, cut) in zip(axes.flat, cuts.items(), strict=False):
        axis.imshow(cut, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(title, fontsize=8.5)
    scale_bar(axes[-1, 0], next(iter(cuts.values())), voxel_size)
    fig.tight_layout(pad=0.4)
    return fig


def interactive_volumes(
    volumes: Mapping[str, Grey], *, voxel_size: float
) -> tuple[go.Figure, list[Control]]:
    """Return cut planes to turn and to move, one volume at a time, with their controls.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
        Of one shape.
    voxel_size : float
        [m]
    """
    stack = list(volumes.values())
    traces = [
        plane
        for number, volume in enumerate(stack)
        for plane in cut_planes(volume, voxel_size=voxel_size, visible=number == 0)
    ]
    first = [3 * number for number in range(len(stack))]
    groups = {title: range(n, n + 3) for title, n in zip(volumes, first, strict=True)}
    sliders = plane_sliders(stack, first, voxel_size=voxel_size, steps=PLANE_STEPS)
    depth, height, width = stack[0].shape
    figure = view(traces, shape=(depth, height, width), voxel_size=voxel_size)
    return figure, [show_one_of("Volume", groups), *sliders]


def divergence_plot(table: pd.DataFrame) -> Figure:
    """Draw Table 2: a panel a column, a row a model, with intervals; the axis is logarithmic.

    Parameters
    ----------
    table : DataFrame
        As `companion.pages.volumes.table_2` returns it.
    """
    names = list(table["column"].unique())
    models = list(table["model"].unique())[::-1]
    fig, axes = plt.subplots(1, len(names), figsize=(11, 0.27 * len(models) + 1.0), sharey=True)
    for axis, name in zip(axes, names, strict=True):
        part = table[table["column"] == name].set_index("model").loc[models]
        kinds = [COLOURS[{"paper": 0, "trivial": 1}.get(kind, 2)] for kind in part["kind"]]
        place = np.arange(len(models))
        least = 1e-3
        axis.hlines(place, part["low"].clip(least), part["high"].clip(least), color=kinds)
        axis.scatter(part["ours"].clip(least), place, c=kinds, s=14, zorder=3)
        axis.axvline(-np.log(FLOOR), color=GREY, linestyle=":", linewidth=0.8)
        axis.set_xscale("log")
        axis.set_xlim(least, 40)
        head = part.iloc[0]
        axis.set_title(f"{head['quantity']}\n{head['planes']}", fontsize=8)
        axis.tick_params(labelsize=7)
        panel(axis)
        axis.grid(axis="x", linewidth=0.3)
    axes[0].set_yticks(np.arange(len(models)), models, fontsize=7.5)
    fig.supxlabel("KL divergence [nat]", fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig
