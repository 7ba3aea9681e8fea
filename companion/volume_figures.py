"""Figures of volumes: cubes with a corner cut out, plain and to turn; divergences; correlations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from companion.cut_planes import cut_planes, plane_sliders
from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, GREY, panel, scale_bar
from companion.truth_tables import ERRORS
from companion.volume_rows import VolumeRow
from companion.volume_tables import COLUMNS, JOINT, Results
from companion.volume_view import view
from shalelib.arrays import Grey, Real, check_grey

_EDGE = np.cos(np.pi / 6), 0.5  # where x and y point in an isometric drawing
PLANE_STEPS = 9  # places of each cut plane in the interactive figure


def volume_grid(
    volumes: Mapping[str, Grey], *, columns: int, voxel_size: float, side: float = 2.5
) -> Figure:
    """Draw cubes with the upper front octant cut out along the middle planes.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
        Of one shape. z points up, x to the lower right, y to the lower left.
    columns : int
    voxel_size : float
        [m]
    side : float
        Width of a panel [inch].

    Returns
    -------
    matplotlib Figure
        Grey levels 0 to 255 in every face, none stretched or shaded.
    """
    rows = -(-len(volumes) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(side * columns, side * 1.14 * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, volume) in zip(axes.flat, volumes.items(), strict=False):
        _draw_cube(axis, check_grey(title, volume, ndim=3))
        axis.set_title(title, fontsize=8.5, pad=2)
    edge = next(iter(volumes.values())).shape[2] * voxel_size * 1e6
    _name_axes(axes[-1, 0], f"{edge:.1f} µm")
    fig.subplots_adjust(left=0.01, right=0.99, bottom=0.03, top=0.95, wspace=0.04, hspace=0.12)
    return fig


def _draw_cube(axis: plt.Axes, volume: Grey) -> None:
    """Three outer faces, then the three faces of the notch over their inner corner."""
    z, y, x = (size // 2 for size in volume.shape)
    faces = [
        (volume[:, :, -1], "x", 1.0, (0.0, 0.0)),
        (volume[:, -1, :], "y", 1.0, (0.0, 0.0)),
        (volume[-1, :, :], "z", 1.0, (0.0, 0.0)),
        (volume[z:, y:, x], "x", 0.5, (0.5, 0.5)),
        (volume[z:, y, x:], "y", 0.5, (0.5, 0.5)),
        (volume[z, y:, x:], "z", 0.5, (0.5, 0.5)),
    ]
    for order, (image, across, place, start) in enumerate(faces):
        _draw_face(axis, image, across, place, start, order)
    axis.set_xlim(-_EDGE[0] - 0.02, _EDGE[0] + 0.02)
    axis.set_ylim(-1.02, 1.02)
    axis.set_aspect("equal")


def _draw_face(
    axis: plt.Axes,
    image: Grey,
    across: str,
    place: float,
    start: tuple[float, float],
    order: int,
) -> None:
    """Draw one face, from `start` to 1 along both its axes, sheared into the drawing."""
    right, down = _EDGE
    along = {"x": np.array([right, -down]), "y": np.array([-right, -down]), "z": np.array([0, 1])}
    first, second = {"x": ("y", "z"), "y": ("x", "z"), "z": ("x", "y")}[across]
    origin = place * along[across]
    matrix = np.eye(3)
    matrix[:2, 0], matrix[:2, 1], matrix[:2, 2] = along[first], along[second], origin
    low, high = start[0], 1.0
    axis.imshow(
        image,
        cmap="gray",
        vmin=0,
        vmax=255,
        origin="lower",
        extent=(low, high, start[1], 1.0),
        interpolation="bilinear",
        zorder=order,
        transform=Affine2D(matrix) + axis.transData,
    )
    square = np.array([[low, low], [high, low], [high, high], [low, high], [low, low]])
    outline = square @ matrix[:2, :2].T + origin
    axis.plot(*outline.T, color="white", linewidth=0.9, zorder=order + 0.1)
    axis.plot(*outline.T, color="black", linewidth=0.4, zorder=order + 0.2)


def _name_axes(axis: plt.Axes, length: str) -> None:
    style: dict[str, Any] = {"fontsize": 7.5, "color": GREY, "ha": "center", "va": "center"}
    axis.text(0.55, -0.86, f"x, {length}", **style)
    axis.text(-0.55, -0.86, "y", **style)
    axis.text(-_EDGE[0] - 0.06, 0.0, "z", **style)


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
        As `companion.volume_tables.table_2` returns it.
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
        axis.axvline(np.log(1e10), color=GREY, linestyle=":", linewidth=0.8)
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


def rank_plot(
    rows: tuple[VolumeRow, ...], results: Results, errors: pd.DataFrame, *, error: str = "dice_true"
) -> Figure:
    """Draw every column of Table 2 against one true error, a point a model.

    Parameters
    ----------
    rows, results, errors
        As for `companion.truth_tables.rank_agreement`.
    error : str
        A name in `companion.truth_tables.ERRORS`.
    """
    columns = (*COLUMNS, JOINT)
    fig, axes = plt.subplots(1, len(columns), figsize=(11, 2.3), sharey=True)
    for axis, column in zip(axes, columns, strict=True):
        values = [results[row.name][column.name].value for row in rows]
        axis.scatter(values, errors[error], s=14, color=COLOURS[0])
        axis.set_title(f"{column.title}\n{column.family}", fontsize=8)
        axis.tick_params(labelsize=7)
        panel(axis)
    axes[0].set_ylabel(ERRORS[error], fontsize=8)
    fig.supxlabel("KL divergence [nat]", fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig


def two_point_curves(curves: Mapping[str, Real], *, voxel_size: float) -> Figure:
    """Draw two-point correlations along z, y and x.

    Parameters
    ----------
    curves : mapping of label to (3, reach + 1) array
        The first is drawn as the truth.
    voxel_size : float
        [m]
    """
    fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.0), sharey=True)
    for number, (label, lines) in enumerate(curves.items()):
        distance = np.arange(lines.shape[1]) * voxel_size * 1e6
        colour = "black" if number == 0 else COLOURS[(number - 1) % len(COLOURS)]
        style = "-" if number <= len(COLOURS) else "--"
        for axis, line in zip(axes, lines, strict=True):
            width = 2.2 if number == 0 else 1.1
            axis.plot(distance, line, color=colour, linestyle=style, linewidth=width, label=label)
    for axis, name in zip(axes, "zyx", strict=True):
        axis.set_xlabel(f"distance along {name} [µm]")
        panel(axis)
    axes[0].set_ylabel("S₂, low density")
    axes[0].set_ylim(bottom=0)
    fig.legend(
        *axes[0].get_legend_handles_labels(),
        loc="lower center",
        ncols=3,
        frameon=False,
        fontsize=7.5,
    )
    fig.tight_layout(rect=(0, 0.06 * -(-len(curves) // 3) + 0.02, 1, 1))
    return fig


def functional_histograms(
    samples: Mapping[str, NDArray[np.floating]], titles: tuple[str, ...], *, bins: int
) -> Figure:
    """Draw the distributions of area, perimeter and Euler characteristic over images.

    Parameters
    ----------
    samples : mapping of label to (n, 3) array
    titles : tuple of str
        One a functional.
    bins : int
        Common equal bins over all samples.
    """
    fig, axes = plt.subplots(1, len(titles), figsize=(3.2 * len(titles), 2.6))
    for place, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        values = [sample[:, place] for sample in samples.values()]
        edges = np.histogram_bin_edges(np.concatenate(values), bins=bins)
        for number, (label, value) in enumerate(zip(samples, values, strict=True)):
            share = np.histogram(value, edges)[0] / len(value)
            colour = COLOURS[number % len(COLOURS)]
            axis.stairs(100 * share, edges, color=colour, label=label, linewidth=1.3)
        axis.set_xlabel(title)
        panel(axis)
    axes[0].set_ylabel("share of images [%]")
    axes[0].legend(frameon=False, fontsize=7.5)
    fig.tight_layout()
    return fig
