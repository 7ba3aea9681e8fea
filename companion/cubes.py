"""Grey volumes as cubes with a corner cut out (matplotlib)."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D

from companion.style import GREY
from shalelib.arrays import Grey, check_grey

TITLE = 8.5  # pt
SIDE = 2.5  # of a panel [inch]
_EDGE = np.cos(np.pi / 6), 0.5  # where x and y point in an isometric drawing


def volume_grid(volumes: Mapping[str, Grey], *, columns: int, voxel_size: float) -> Figure:
    """Draw cubes with the upper front octant cut out along the middle planes.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
        Of one shape. z points up, x to the lower right, y to the lower left.
    columns : int
    voxel_size : float
        [m]

    Returns
    -------
    matplotlib Figure
        Grey levels 0 to 255 in every face, none stretched or shaded.
    """
    rows = -(-len(volumes) // columns)
    letters = int(SIDE * 72 / (0.53 * TITLE))  # of a title that fit beside one another
    titles = {title: fill(title, letters) for title in volumes}
    lines = 1 + max(title.count("\n") for title in titles.values())
    fig, axes = plt.subplots(
        rows, columns, figsize=(SIDE * columns, SIDE * 1.14 * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, volume) in zip(axes.flat, volumes.items(), strict=False):
        draw_cube(axis, check_grey(title, volume, ndim=3))
        axis.set_title(titles[title], fontsize=TITLE, pad=2)
    edge = next(iter(volumes.values())).shape[2] * voxel_size * 1e6
    _name_axes(axes.flat[len(volumes) - 1], f"{edge:.1f} µm")
    fig.subplots_adjust(
        left=0.01, right=0.99, bottom=0.03, top=0.95, wspace=0.04, hspace=0.12 * lines
    )
    return fig


def draw_cube(axis: plt.Axes, volume: Grey) -> None:
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
