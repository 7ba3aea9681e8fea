"""Figures of the flow page: domains, fields and streamlines, and what the permeability hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from companion.flow_scenes import FlowScene
from companion.flow_volumes import FlowVolume
from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, GREY, panel
from companion.views import pore_surface, stream_lines, view
from shalelib.arrays import Grey, Mask
from shalelib.flow.domain import connected_pores
from shalelib.flow.pressures import Klinkenberg
from shalelib.flow.resolution import ORDER, limit
from shalelib.flow.units import NANODARCY

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
        panels["TXM, the same" if panels else "TXM"] = txm
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
    fig, axes = plt.subplots(
        1, len(masks), figsize=(2.5 * len(masks), 2.9), squeeze=False, sharey=True
    )
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


def _fastest(lines: Sequence[NDArray[np.float32]]) -> float:
    return float(np.percentile(np.concatenate(lines)[:, 3], 98))


def interactive_flow(
    flows: Mapping[str, FlowScene], *, count: int = 80
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
    drawn = {title: flow.lines[:count] for title, flow in flows.items()}
    top = max(_fastest(lines) for lines in drawn.values())
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
        lines = stream_lines(drawn[title], points=POINTS, visible=visible, fastest=top)
        groups[title] = [len(traces), len(traces) + 1]
        traces += [mesh, lines]
    fig = view(traces, shape=first.pore.shape, voxel_size=first.voxel_size)
    return fig, [show_one_of("Flow", groups)], coarsest


def knudsen_map(pore: Mask, kn: NDArray[np.float64], *, voxel_size: float) -> Figure:
    """Draw the pores, their connected part and its local Knudsen number in the middle x-z plane.

    Parameters
    ----------
    pore : (z, y, x) bool array
    kn : (z, y, x) float array
        Of the connected part; nothing elsewhere.
    voxel_size : float
        [m]
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.4), layout="constrained")
    middle, extent = pore.shape[1] // 2, _extent(pore.shape, voxel_size)
    connected = connected_pores(pore)
    kind = pore.astype(int) + connected
    left.imshow(kind[:, middle], cmap=_KEPT, vmin=0, vmax=2, origin="lower", extent=extent)
    left.set_title("blue: connected, orange: removed", fontsize=9)
    plane = np.where(connected, kn, np.nan)[:, middle]
    shown = right.imshow(plane, cmap="viridis", origin="lower", extent=extent, norm=LogNorm())
    right.set_facecolor("#e9e6df")
    right.set_title("local Knudsen number", fontsize=9)
    fig.colorbar(shown, ax=right, shrink=0.85)
    for axis in (left, right):
        axis.set_xlabel("x [µm]")
    left.set_ylabel("z [µm]")
    return fig


def convergence_plot(table: pd.DataFrame) -> Figure:
    """Draw k against the size of the parts of a voxel, over k of the voxels as they are.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.flow.split_table`. Dashed: the limit that the first two points give.
    """
    fig, axis = plt.subplots(figsize=(6.0, 3.4))
    for colour, (title, part) in zip(COLOURS, table.groupby("domain", sort=False), strict=False):
        k = part["k [voxel²]"].to_numpy(float)
        size = 1 / part["parts"].to_numpy(float)
        axis.plot(size, k / k[0], "o-", color=colour, ms=5, label=title)
        reached = limit(k[0], k[1]) / k[0]
        fine = np.linspace(0, size[1], 50)
        slope = (k[1] / k[0] - reached) / size[1] ** ORDER
        axis.plot(fine, reached + slope * fine**ORDER, "--", color=colour, linewidth=1)
    axis.set(xlabel="edge of a part [voxel]", ylabel="k ÷ k of whole voxels", xlim=(-0.02, None))
    axis.set_ylim(0, None)
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def piece_plot(pieces: pd.DataFrame, whole: tuple[int, float]) -> Figure:
    """Draw k against the size of the piece.

    Parameters
    ----------
    pieces : DataFrame
        ``edge [voxel]`` and ``k [nd]``, NaN where a piece does not percolate.
    whole : tuple
        Edge [voxel] and k [nd] of the whole cube.
    """
    fig, axis = plt.subplots(figsize=(5.2, 3.2))
    jitter = 1 + 0.04 * (np.random.default_rng(0).random(len(pieces)) - 0.5)
    axis.plot(pieces["edge [voxel]"] * jitter, pieces["k [nd]"], "o", color=COLOURS[0], alpha=0.5)
    axis.plot(*whole, "D", color=COLOURS[1], label="whole cube")
    axis.set(xlabel="edge of the piece [voxel]", ylabel="permeability [nd]", yscale="log")
    axis.set_xscale("log", base=2)
    axis.set_xticks(edges := sorted({*pieces["edge [voxel]"], whole[0]}), [str(n) for n in edges])
    axis.legend(frameon=False, fontsize=8.5)
    panel(axis)
    axis.grid(color=GREY, alpha=0.15)
    fig.tight_layout()
    return fig


def klinkenberg_plot(fit: Klinkenberg) -> Figure:
    """Draw k against 1 / p and the straight line through it."""
    fig, axis = plt.subplots(figsize=(5.2, 3.2))
    inverse = 1e6 / np.array(fit.pressure)
    axis.plot(
        inverse, np.array(fit.permeability) / NANODARCY, "o", color=COLOURS[0], label="solved"
    )
    at = np.linspace(0, inverse.max(), 50)
    line = fit.k_inf * (1 + fit.b / 1e6 * at) / NANODARCY
    axis.plot(at, line, color=COLOURS[1], label="k∞ (1 + b / p)")
    axis.set(xlabel="1 ÷ pressure [1/MPa]", ylabel="apparent permeability [nd]", ylim=(0, None))
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig
