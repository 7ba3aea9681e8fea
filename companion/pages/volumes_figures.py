"""Figures of the page Volumes."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from companion.pages.truth import WITH_UNITS
from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, GREY, panel, scale_bar
from companion.views import cut_planes, plane_sliders, view
from shalelib.arrays import Grey, Mask, Real
from shalelib.metrics.divergence import BINS, FLOOR, common_edges
from shalelib.metrics.functionals import FUNCTIONALS

LEAST = 1e-3  # nat; smaller divergences are drawn there
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
    fig, axes = plt.subplots(rows, columns, figsize=(2.5 * columns, 2.9 * rows), squeeze=False)
    fig.set_layout_engine("compressed")  # which makes room again where text is enlarged
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, cut) in zip(axes.flat, cuts.items(), strict=False):
        axis.imshow(cut, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(fill(title, 28), fontsize=8.5)
    scale_bar(axes[-1, 0], next(iter(cuts.values())), voxel_size)
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
    start = min(0.1, 0.8 * max(LEAST, float(np.nanmin(table[["low", "ours"]].to_numpy(float)))))
    fig, axes = plt.subplots(1, len(names), figsize=(11, 0.27 * len(models) + 1.2), sharey=True)
    fig.set_layout_engine("constrained")
    for axis, name in zip(axes, names, strict=True):
        part = table[table["column"] == name].set_index("model").loc[models]
        kinds = [COLOURS[{"paper": 0, "trivial": 1}.get(kind, 2)] for kind in part["kind"]]
        place = np.arange(len(models))
        axis.hlines(place, part["low"].clip(LEAST), part["high"].clip(LEAST), color=kinds)
        axis.scatter(part["ours"].clip(LEAST), place, c=kinds, s=14, zorder=3)
        axis.axvline(-np.log(FLOOR), color=GREY, linestyle=":", linewidth=0.8)
        axis.set_xscale("log")
        axis.set_xlim(start, 40)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter(NullFormatter())
        head = part.iloc[0]
        axis.set_title(f"{fill(head['quantity'], 14)}\n{head['planes']}", fontsize=8)
        axis.tick_params(labelsize=7)
        panel(axis)
        axis.grid(axis="x", linewidth=0.3)
    axes[0].set_yticks(np.arange(len(models)), models, fontsize=7.5)
    axes[len(names) // 2].set_xlabel("KL divergence [nat]", fontsize=8)  # beneath the panels
    return fig


def clipped(table: pd.DataFrame) -> str:
    """Say that `divergence_plot` draws small values elsewhere, if there are some."""
    small = bool((table[["low", "ours"]].to_numpy(float) < LEAST).any())
    return f"Values below {LEAST:g} are drawn at {LEAST:g}. " if small else ""


def step_cuts(volumes: Mapping[str, Grey], low: Mask, *, voxel_size: float) -> Figure:
    """Draw the middle x-y and x-z planes of a volume after each step, and the phase found in it.

    Parameters
    ----------
    volumes : mapping of step to (z, y, x) uint8 array
    low : (z, y, x) bool array
        The low-density phase of the last.
    voxel_size : float
        [m]
    """
    stacks = {**volumes, "low-density phase": np.where(low, np.uint8(0), np.uint8(255))}
    fig, axes = plt.subplots(2, len(stacks), figsize=(2.1 * len(stacks), 4.5), squeeze=False)
    for column, (title, volume) in zip(axes.T, stacks.items(), strict=True):
        cuts = (volume[len(volume) // 2], volume[::-1, volume.shape[1] // 2])
        for axis, cut in zip(column, cuts, strict=True):
            axis.imshow(cut, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
        column[0].set_title(title, fontsize=8.5)
    axes[0, 0].set_ylabel("x-y", fontsize=8)
    axes[1, 0].set_ylabel("x-z", fontsize=8)
    scale_bar(axes[0, 0], next(iter(volumes.values()))[0], voxel_size)
    fig.tight_layout(pad=0.4)
    return fig


def functional_histograms(real: Real, made: Mapping[str, Real], *, bins: int = BINS) -> Figure:
    """Draw how area, perimeter and Euler characteristic are distributed over images.

    Parameters
    ----------
    real : (n, 3) array
        Of the real images.
    made : mapping of plane family to (m, 3) array
        Of the planes of volumes; each is compared with the real images, a row of panels a family.
    bins : int
        Common to both sides of a panel, as in `shalelib.metrics.divergence.kl_of_samples`.
    """
    fig, axes = plt.subplots(len(made), len(FUNCTIONALS), figsize=(9, 2.0 * len(made) + 0.4))
    for line, (family, values) in zip(np.atleast_2d(axes), made.items(), strict=True):
        for place, (axis, title) in enumerate(zip(line, FUNCTIONALS, strict=True)):
            edges = common_edges(real[:, place], values[:, place], bins=bins)
            for name, sample, colour in (("real images", real, "black"), (family, values, None)):
                share = 100 * np.histogram(sample[:, place], edges)[0] / len(sample)
                axis.stairs(share, edges, color=colour or COLOURS[1], label=name, linewidth=1.3)
            axis.set_xlabel(WITH_UNITS[title], fontsize=8)
            axis.tick_params(labelsize=7)
            panel(axis)
        line[0].set_ylabel("share [%]", fontsize=8)
        line[-1].legend(frameon=False, fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig


def joint_pictures(tables: Mapping[str, NDArray[np.int64]]) -> Figure:
    """Draw joint histograms of TXM and FIB-SEM grey levels; darker is more frequent.

    Parameters
    ----------
    tables : mapping of title to (bins²,) int array
        As `shalelib.metrics.divergence.joint_histogram` returns them.
    """
    fig, axes = plt.subplots(1, len(tables), figsize=(3.0 * len(tables), 3.1), squeeze=False)
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        bins = round(len(table) ** 0.5)
        share = np.log10(np.maximum(table / table.sum(), 1e-6)).reshape(bins, bins)
        axis.imshow(
            share.T, origin="lower", cmap="Greys", vmin=-6, vmax=-1, extent=(0, 256, 0, 256)
        )
        axis.set_title(title, fontsize=8.5)
        axis.set_xlabel("TXM [grey level]", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("FIB-SEM [grey level]", fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig
