"""Figures of the flow page: domains, fields and streamlines, and what the permeability hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from companion.flow_cases import FlowField
from companion.flow_studies import FlowVolume
from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, GREY, panel
from companion.views import pore_surface, stream_lines, view
from shalelib.arrays import Grey, Mask
from shalelib.flow.domain import connected_pores
from shalelib.flow.tracing import streamlines

_KEPT = ListedColormap(["#f4f1ea", COLOURS[1], COLOURS[0]])  # solid, removed, connected
TRIANGLES, POINTS = 34_000, 9_000  # of one interactive flow


def domain_steps(
    txm: Grey, volumes: Sequence[FlowVolume], thresholds: Mapping[str, int]
) -> dict[str, Grey]:
    """Return the volumes of Figure 5, titled, four a model: from the TXM to the connected domain.

    Pores are dark (20), the connected domain is shown alone, solid is light (235).
    """
    panels: dict[str, Grey] = {}
    for volume in volumes:
        pore = volume.grey <= thresholds[volume.name]
        short = "regularised" if "Regularized" in volume.label else "original"
        panels[f"TXM ({short})"] = txm
        panels[f"translated, {short}"] = volume.grey
        panels[f"segmented, {short}"] = _as_grey(pore)
        panels[f"connected, {short}"] = _as_grey(connected_pores(pore))
    return panels


def _as_grey(pore: Mask) -> Grey:
    return np.where(pore, np.uint8(20), np.uint8(235))


def removed_pores(masks: Mapping[str, Mask], *, voxel_size: float) -> Figure:
    """Draw the middle x-z plane of pore masks; what does not percolate is set off.

    Parameters
    ----------
    masks : mapping of title to (z, y, x) bool array
    voxel_size : float
        [m]
    """
    fig, axes = plt.subplots(1, len(masks), figsize=(2.5 * len(masks), 2.9), squeeze=False)
    for axis, (title, pore) in zip(axes[0], masks.items(), strict=True):
        kind = pore.astype(int) + connected_pores(pore)
        middle = kind.shape[1] // 2
        extent = _extent(pore.shape, voxel_size)
        axis.imshow(
            kind[:, middle],
            cmap=_KEPT,
            vmin=0,
            vmax=2,
            origin="lower",
            extent=extent,
            interpolation="nearest",
        )
        axis.set_title(title, fontsize=8.5)
        axis.set_xlabel("x [µm]", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("z [µm]", fontsize=8)
    fig.tight_layout()
    return fig


def _extent(shape: Sequence[int], voxel_size: float) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of an x-z plane [µm]."""
    return 0.0, shape[2] * voxel_size * 1e6, 0.0, shape[0] * voxel_size * 1e6


def pressure_and_lines(flows: Mapping[str, FlowField], *, count: int = 120) -> Figure:
    """Draw Figure 6: the pressure in the middle x-z plane, and streamlines seen along y.

    Parameters
    ----------
    flows : mapping of title to FlowField
        With the flow along z, from below.
    count : int
        Streamlines of each.
    """
    fig, axes = plt.subplots(
        2, len(flows), figsize=(4.1 * len(flows), 7.4), squeeze=False, layout="constrained"
    )
    traced = {title: streamlines(flow, count=count) for title, flow in flows.items()}
    top = max(_fastest(lines) for lines in traced.values())
    for column, (title, flow) in enumerate(flows.items()):
        extent = _extent(flow.pore.shape, flow.voxel_size)
        above, below = axes[:, column]
        shown = above.imshow(
            flow.fall[:, flow.pore.shape[1] // 2],
            origin="lower",
            extent=extent,
            cmap="viridis",
            vmin=0,
            vmax=1,
            interpolation="nearest",
        )
        above.set_facecolor("#e9e6df")
        above.set_title(title, fontsize=10)
        drawn = _draw_lines(below, traced[title], top)
        below.set(xlim=extent[:2], ylim=extent[2:], aspect="equal", xlabel="x [µm]")
        below.set_facecolor("#f7f6f2")
    for axis in axes[:, 0]:
        axis.set_ylabel("z [µm]")
    fig.colorbar(shown, ax=axes[0], label="pressure above the outlet ÷ drop", shrink=0.85)
    fig.colorbar(drawn, ax=axes[1], label="speed [nm/s]", shrink=0.85)
    return fig


def _fastest(lines: Sequence[NDArray[np.float64]]) -> float:
    return float(np.percentile(np.concatenate(lines)[:, 3], 98))


def _draw_lines(
    axis: plt.Axes, lines: Sequence[NDArray[np.float64]], fastest: float
) -> LineCollection:
    """Draw the projection on x and z, coloured by speed."""
    pieces, speeds = [], []
    for line in lines:
        thin = line[::2]
        points = thin[:, [2, 0]] * 1e6
        pieces.append(np.stack([points[:-1], points[1:]], axis=1))
        speeds.append(thin[:-1, 3])
    drawn = LineCollection(
        list(np.concatenate(pieces)), cmap="plasma", linewidths=0.7, rasterized=True
    )
    drawn.set_array(np.concatenate(speeds) * 1e9)
    drawn.set_norm(LogNorm(1e6 * fastest, 1e9 * fastest))
    axis.add_collection(drawn)
    return drawn


def interactive_flow(
    flows: Mapping[str, FlowField], *, count: int = 80
) -> tuple[go.Figure, list[Control], int]:
    """Draw the connected pores and streamlines, one flow at a time, to turn in the browser.

    Returns
    -------
    plotly Figure
    list of Control
        The choice between the flows.
    int
        Edge of the blocks of voxels that the surfaces were coarsened to, for the caption.
    """
    traces: list[Any] = []
    groups: dict[str, list[int]] = {}
    coarsest = 1
    first = next(iter(flows.values()))
    traced = {title: streamlines(flow, count=count) for title, flow in flows.items()}
    top = max(_fastest(lines) for lines in traced.values())
    for title, flow in flows.items():
        visible = not traces
        mesh, block = pore_surface(
            flow.pore,
            voxel_size=flow.voxel_size,
            opacity=0.18,
            triangles=TRIANGLES,
            visible=visible,
        )
        coarsest = max(coarsest, block)
        lines = stream_lines(traced[title], points=POINTS, visible=visible, fastest=top)
        groups[title] = [len(traces), len(traces) + 1]
        traces += [mesh, lines]
    fig = view(traces, shape=first.pore.shape, voxel_size=first.voxel_size)
    return fig, [show_one_of("Flow", groups)], coarsest


def error_plot(table: pd.DataFrame) -> Figure:
    """Draw the permeabilities of `flow_tables.error_table`, with slip and without."""
    fig, axis = plt.subplots(figsize=(7.6, 0.42 * len(table) + 1.1))
    place = np.arange(len(table))[::-1]
    columns = (("k with slip [nd]", "o", "with slip"), ("k without slip [nd]", "s", "without"))
    for (column, marker, label), colour in zip(columns, COLOURS, strict=False):
        axis.axvline(table[column].iloc[0], color=colour, linestyle=":", linewidth=1)
        axis.plot(table[column], place, marker, color=colour, label=label)
    axis.set(xscale="log", xlabel="permeability [nd]; dotted: the truth")
    axis.set_yticks(place, table["Model"], fontsize=8.5)
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def threshold_plot(sweep: pd.DataFrame, own: Mapping[str, int]) -> Figure:
    """Draw k and the connected porosity against the threshold.

    Parameters
    ----------
    sweep : DataFrame
        ``Volume``, ``threshold``, ``k [nd]``, ``φ connected``.
    own : mapping of label to the threshold that the 90 % rule finds in the whole cube
    """
    fig, axes = plt.subplots(1, 2, figsize=(9.2, 3.3))
    for colour, (label, part) in zip(COLOURS, sweep.groupby("Volume", sort=False), strict=False):
        for axis, column in zip(axes, ("k [nd]", "φ connected"), strict=True):
            axis.plot(part["threshold"], part[column], "o-", color=colour, ms=4, label=label)
            axis.axvline(own[str(label)], color=colour, linestyle=":", linewidth=1)
    axes[0].set(yscale="log", ylabel="permeability [nd]")
    axes[1].set(ylabel="connected porosity")
    for axis in axes:
        axis.set_xlabel("grey threshold; dotted: 90 % rule, whole cube")
        panel(axis)
    axes[1].legend(frameon=False, fontsize=8)
    fig.tight_layout()
    return fig


def size_plot(pieces: pd.DataFrame, whole: tuple[int, float], refined: pd.DataFrame) -> Figure:
    """Draw k against the size of the piece, and against the parts a voxel is split into.

    Parameters
    ----------
    pieces : DataFrame
        ``edge [voxel]`` and ``k [nd]``, NaN where a piece does not percolate.
    whole : tuple
        Edge [voxel] and k [nd] of the whole cube.
    refined : DataFrame
        ``parts`` and ``k [nd]``.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.3))
    rng = np.random.default_rng(0)
    jitter = 1 + 0.04 * (rng.random(len(pieces)) - 0.5)
    left.plot(pieces["edge [voxel]"] * jitter, pieces["k [nd]"], "o", color=COLOURS[0], alpha=0.5)
    left.plot(*whole, "D", color=COLOURS[1], label="whole cube")
    left.set(xlabel="edge of the piece [voxel]", ylabel="permeability [nd]", yscale="log")
    left.set_xscale("log", base=2)
    left.legend(frameon=False, fontsize=8.5)
    right.plot(refined["parts"], refined["k [nd]"], "o-", color=COLOURS[0])
    right.set(xlabel="parts of a voxel's edge", ylabel="permeability [nd]", ylim=(0, None))
    right.set_xticks(refined["parts"])
    for axis in (left, right):
        panel(axis)
        axis.grid(color=GREY, alpha=0.15)
    fig.tight_layout()
    return fig
