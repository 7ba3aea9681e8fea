"""Figure 6: pressure fields and streamlines of several domains in three dimensions (matplotlib)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numba import njit
from numpy.typing import NDArray

from companion.flow_scenes import FlowScene
from companion.style import GREY

RIGHT = float(np.cos(np.pi / 6))  # of x in the isometric drawing; y points to the lower left
SHADES = (1.0, 0.82, 0.64)  # of faces across z, y and x: light from above
PIXELS = 260  # of the edge of the box
THINNED = 2  # of the points of a line every second is drawn, some two pixels apart
BESIDE = 0.12  # how far to its left the direction of the flow is drawn


def pressure_and_streamlines(flows: Mapping[str, FlowScene]) -> tuple[Figure, Figure]:
    """Draw the pressure on the surface of the pores, and streamlines, of each domain.

    Parameters
    ----------
    flows : mapping of title to FlowScene
        With the flow along z, from below.

    Returns
    -------
    two matplotlib Figures
        A column a domain; and a row a domain, for a phone. One scale of pressure and one of speed
        for all domains.
    """
    pictures = {title: pressure_picture(flow) for title, flow in flows.items()}
    return _scene_figure(flows, pictures), _scene_figure(flows, pictures, narrow=True)


def _scene_figure(
    flows: Mapping[str, FlowScene],
    pictures: Mapping[str, NDArray[np.float64]],
    *,
    narrow: bool = False,
) -> Figure:
    titles, number = list(flows), len(flows)
    shape, size = (2, number), (7.8, min(6.2, 0.5 + 14.5 / number))  # so that boxes fill it
    if narrow:
        shape, size = (number, 2), (3.7, 2.0 * number + 1.0)
    fig, axes = plt.subplots(*shape, figsize=size, squeeze=False, layout="constrained")
    pairs = axes if narrow else axes.T
    norm = _speeds([line for flow in flows.values() for line in flow.lines])
    for title, (pressure, lines) in zip(titles, pairs, strict=True):
        draw_pressure(pressure, flows[title], pictures[title])
        drawn = _draw_lines(lines, flows[title].lines, flows[title], norm)
        pressure.set_title(fill(title, 22 if narrow else 30), fontsize=8.5 if not narrow else 7.5)
    scale = plt.cm.ScalarMappable(cmap="viridis")
    places = (pairs[:, 0], pairs[:, 1])
    where: dict[str, Any] = {
        "location": "bottom" if narrow else "right",
        "shrink": 0.7,
        "aspect": 18,
    }
    labels = ("pressure above the outlet ÷ drop", "speed [nm/s]")
    for shown, axis, label in zip((scale, drawn), places, labels, strict=True):
        bar = fig.colorbar(shown, ax=list(axis), **where)
        bar.set_label(fill(label, 18) if narrow else label, fontsize=7.5)
        bar.ax.tick_params(labelsize=7.0)
    return fig


def first_hit(
    pore: NDArray[np.bool_], *, pixels: int = PIXELS
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Look at a volume from above, along its diagonal: which pore is met first, through which face.

    Parameters
    ----------
    pore : (z, y, x) bool array
    pixels : int
        Of the picture, to the edge of the longest side.

    Returns
    -------
    (height, width) int array
        Flat index of the voxel; -1 where the view meets none.
    (height, width) int array
        The axis across which its face lies, 0 to 2.
    """
    edges = np.array(pore.shape) / max(pore.shape)  # of the box in the drawing
    z, y, x = edges
    across = np.arange(-RIGHT * y, RIGHT * x, 1 / pixels) + 0.5 / pixels
    up = np.arange(-0.5 * (x + y), z, 1 / pixels) + 0.5 / pixels
    step = 0.5 / max(pore.shape)
    steps = np.arange(1.0 + max(edges), -1.0, -step)
    return _look(np.ascontiguousarray(pore), across, up[::-1].copy(), steps, RIGHT)


@njit(cache=True)
def _look(pore, across, up, steps, right):  # type: ignore[no-untyped-def]
    """Follow the view of every pixel into the volume until it meets a pore; see `first_hit`."""
    edge = max(pore.shape)
    hit = np.full((len(up), len(across)), -1)
    face = np.zeros(hit.shape, np.int64)
    for row, v in enumerate(up):
        for column, u in enumerate(across):
            for along in steps:
                z, y, x = v + along, along - u / (2 * right), along + u / (2 * right)
                if z < 0 or y < 0 or x < 0:  # behind a face that is not seen lies nothing
                    break
                i, j, k = int(z * edge), int(y * edge), int(x * edge)
                if i >= pore.shape[0] or j >= pore.shape[1] or k >= pore.shape[2]:
                    continue
                if pore[i, j, k]:
                    hit[row, column] = (i * pore.shape[1] + j) * pore.shape[2] + k
                    # all axes are passed at one pace: the face passed last is the least far behind
                    behind = np.array([z * edge - i, y * edge - j, x * edge - k])
                    face[row, column] = np.argmax(behind)
                    break
    return hit, face


def pressure_picture(flow: FlowScene) -> NDArray[np.float64]:
    """Return an RGBA picture of the pressure on the surface of the pores, lit from above."""
    hit, face = first_hit(flow.pore)
    colours = colormaps["viridis"](np.clip(flow.fall.ravel()[hit], 0, 1))
    colours[..., :3] *= np.array(SHADES)[face][..., None]
    colours[hit < 0] = 0.0
    return np.asarray(colours)


def draw_pressure(axis: plt.Axes, flow: FlowScene, picture: NDArray[np.float64]) -> None:
    """Draw the `pressure_picture` of a flow in its box."""
    z, y, x = np.array(flow.pore.shape) / max(flow.pore.shape)
    extent = (-RIGHT * y, RIGHT * x, -0.5 * (x + y), z)
    axis.imshow(picture, extent=extent, interpolation="bilinear", zorder=1)
    _draw_box(axis, flow)


def _draw_lines(
    axis: plt.Axes, lines: Sequence[NDArray[np.float32]], flow: FlowScene, norm: LogNorm
) -> LineCollection:
    """Draw streamlines in the box, coloured by speed."""
    scale = 1 / (max(flow.pore.shape) * flow.voxel_size)
    pieces, speeds = [], []
    for line in (line[::THINNED] for line in lines):
        points = _seen(line[:, :3] * scale)
        pieces.append(np.stack([points[:-1], points[1:]], axis=1))
        speeds.append(1e9 * line[:-1, 3])
    drawn = LineCollection(
        list(np.concatenate(pieces)), cmap="plasma", norm=norm, linewidths=0.8, rasterized=True
    )
    drawn.set_array(np.concatenate(speeds))
    axis.add_collection(drawn)
    _draw_box(axis, flow)
    return drawn


def draw_flow(axis: plt.Axes, flow: FlowScene, *, count: int = 90) -> None:
    """Draw streamlines of one flow in its box, on a scale of their own."""
    lines = flow.lines[:count]
    _draw_lines(axis, lines, flow, _speeds(lines))


def _speeds(lines: Sequence[NDArray[np.float32]]) -> LogNorm:
    """Return a scale of three decades below the greatest speeds [nm/s]."""
    top = 1e9 * float(np.percentile(np.concatenate(lines)[:, 3], 98))
    return LogNorm(1e-3 * top, top)


def _seen(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Project (n, 3) points z, y, x on the drawing."""
    z, y, x = points.T
    return np.stack([RIGHT * (x - y), z - 0.5 * (x + y)], axis=1)


def _draw_box(axis: plt.Axes, flow: FlowScene) -> None:
    """Draw the edges of the volume and the direction of the flow."""
    z, y, x = np.array(flow.pore.shape) / max(flow.pore.shape)
    ends = np.array([[a, b, c] for a in (0, z) for b in (0, y) for c in (0, x)])
    for first in range(8):
        for other in (first ^ 1, first ^ 2, first ^ 4):
            if first < other:
                edge = _seen(ends[[first, other]])
                axis.plot(*edge.T, color=GREY, linewidth=0.6, zorder=0)
    axis.annotate(
        "flow",
        xy=(-RIGHT * y - BESIDE, 0.45 * z - 0.5 * y),
        xytext=(-RIGHT * y - BESIDE, -0.5 * y - 0.06),
        ha="center",
        va="top",
        fontsize=7.5,
        color=GREY,
        arrowprops={"arrowstyle": "->", "color": GREY},
    )
    axis.set(
        xlim=(-RIGHT * y - 2 * BESIDE, RIGHT * x + 0.03), ylim=(-0.5 * (x + y) - 0.03, z + 0.03)
    )
    axis.set_aspect("equal")
    axis.set_axis_off()
