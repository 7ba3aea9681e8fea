"""Volumes to turn in the browser: surfaces, streamlines, and planes that cut them (Plotly).

A figure is a list of traces in one scene:

>>> pore = np.zeros((16, 16, 16), bool)
>>> pore[:, 6:10, 6:10] = True
>>> mesh, block = pore_surface(pore, voxel_size=33.6e-9)
>>> fig = view([mesh], shape=pore.shape, voxel_size=33.6e-9)

``show_plotly(fig, controls=[...], static=..., ...)`` puts it on a page; `plane_sliders` are such
controls. Axes are in micrometres; z, the axis of the slices and of the flow, points up. Every trace
has a limit on its size, since a page of the book must stay below 8 MB: two surfaces or three views
of cut planes fit on one.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from skimage.filters import gaussian
from skimage.measure import block_reduce, marching_cubes

from companion.site.controls import Control, constant
from shalelib.arrays import Grey, Mask, Real, check_grey, check_mask

LARGEST_SURFACE = 90_000  # triangles, about 2.2 MB in a page
LARGEST_LINES = 20_000  # points of all streamlines together
LARGEST_PLANE = 96  # pixels along an edge of a cut plane
AXES = ("z", "y", "x")
PORES = "#c4892f"
HEIGHT = 520  # of a scene [pixel]


def pore_surface(
    pore: Mask,
    *,
    voxel_size: float,
    opacity: float = 1.0,
    triangles: int = LARGEST_SURFACE,
    visible: bool = True,
) -> tuple[go.Mesh3d, int]:
    """Return the surface of a pore space, coarsened until it is small enough for a page.

    Parameters
    ----------
    pore : (z, y, x) bool array
    voxel_size : float
        [m]
    opacity, visible
        Of the trace.
    triangles : int
        At most so many.

    Returns
    -------
    Mesh3d
        Closed: the faces of the box bound it too.
    int
        Edge of the blocks of voxels that were merged into one, for the caption. A block of more
        than one voxel rounds channels off and can close or join those that are thinner.

    Raises
    ------
    ValueError
        There is no pore, or nothing but pores.
    """
    check_mask("pore", pore, ndim=3)
    if not pore.any() or pore.all():
        msg = f"a surface needs pores and solid, but all is {'pore' if pore.any() else 'solid'}"
        raise ValueError(msg)
    for block in range(1, min(pore.shape) + 1):
        share = block_reduce(pore.astype(np.float32), (block,) * 3, np.mean, cval=0)
        smooth = gaussian(np.pad(share, 1), 0.5)
        level = _level_of_share(smooth, float(pore.mean()) * share.size)
        corners, faces, _, _ = marching_cubes(smooth, level)
        if len(faces) <= triangles:
            break
    corners = ((corners - 0.5) * (block * voxel_size * 1e6)).astype(np.float32)  # pad, half a block
    mesh = go.Mesh3d(
        z=corners[:, 0],
        y=corners[:, 1],
        x=corners[:, 2],
        i=faces[:, 0].astype(np.int32),
        j=faces[:, 1].astype(np.int32),
        k=faces[:, 2].astype(np.int32),
        color=PORES,
        opacity=opacity,
        flatshading=False,
        lighting={"ambient": 0.55, "diffuse": 0.7, "specular": 0.15, "roughness": 0.7},
        lightposition={"x": 200, "y": -400, "z": 900},
        hoverinfo="skip",
        name="pore space",
        showlegend=False,
        visible=visible,
    )
    return mesh, block


def _level_of_share(smooth: Real, voxels: float) -> float:
    """Return the level above which as many voxels lie as the volume has pores.

    Smoothing at a fixed level would thin out narrow channels; this one keeps the porosity.
    """
    ordered = np.sort(smooth, axis=None)[::-1]
    level = float(ordered[min(int(voxels), len(ordered) - 1)])
    return float(np.clip(level, 0.02, 0.98 * ordered[0]))


def stream_lines(
    lines: Sequence[Real],
    *,
    points: int = LARGEST_LINES,
    visible: bool = True,
    fastest: float | None = None,
) -> go.Scatter3d:
    """Return streamlines coloured by speed, on a logarithmic scale of three decades.

    Parameters
    ----------
    lines : sequence of (n, 4) arrays
        z, y, x [m] and speed [m/s], as `shalelib.flow.tracing.streamlines` returns them.
    visible
        Of the trace.
    points : int
        At most so many in all; long lines are thinned out.
    fastest : float, optional
        Speed at the top of the colour scale [m/s], to show several flows on one; by default
        the 99th percentile of these lines.

    Raises
    ------
    ValueError
        There is no line.
    """
    if not len(lines):
        msg = "no streamlines to show; trace some with shalelib.flow.tracing first"
        raise ValueError(msg)
    keep = max(1, -(-sum(map(len, lines)) // points))
    gap = np.full((1, 4), np.nan)
    thinned = [np.vstack([line[::keep], line[-1:], gap]) for line in lines]
    joined = np.vstack(thinned).astype(np.float32)
    speed = joined[:, 3]
    top = np.log10(np.nanpercentile(speed, 99) if fastest is None else fastest)
    shade = np.log10(np.maximum(np.nan_to_num(speed), 10 ** (top - 3)))
    ticks = np.arange(np.ceil(top - 3), np.floor(top) + 1)
    return go.Scatter3d(
        z=joined[:, 0] * 1e6,
        y=joined[:, 1] * 1e6,
        x=joined[:, 2] * 1e6,
        mode="lines",
        line={
            "color": shade.astype(np.float32),
            "colorscale": "Viridis",
            "cmin": top - 3,
            "cmax": top,
            "width": 4,
            "showscale": True,
            "colorbar": {
                "title": {"text": "speed [nm/s]"},
                "tickvals": ticks.tolist(),
                "ticktext": [f"10<sup>{tick + 9:.0f}</sup>" for tick in ticks],
                "len": 0.7,
                "thickness": 12,
                "x": 1.0,
            },
        },
        hoverinfo="skip",
        name="streamlines",
        showlegend=False,
        visible=visible,
    )


def view(traces: Sequence[Any], *, shape: tuple[int, int, int], voxel_size: float) -> go.Figure:
    """Put traces in one scene with the box of the volume around them.

    Parameters
    ----------
    traces : sequence of Plotly traces
    shape : (3,) ints
        Of the volume, (z, y, x).
    voxel_size : float
        [m]
    """
    z, y, x = (size * voxel_size * 1e6 for size in shape)
    fig = go.Figure([*traces, _box(z, y, x)])
    axis = {"showbackground": False, "showspikes": False, "nticks": 4}
    fig.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            "aspectmode": "data",
            "dragmode": "turntable",
            "xaxis": {"title": {"text": "x [µm]"}, "range": [0, x], **axis},
            "yaxis": {"title": {"text": "y [µm]"}, "range": [0, y], **axis},
            "zaxis": {"title": {"text": "z [µm]"}, "range": [0, z], **axis},
            "camera": {"eye": {"x": 1.55, "y": -1.45, "z": 0.95}},
        },
    )
    return fig


def _box(z: float, y: float, x: float) -> go.Scatter3d:
    """Return the twelve edges of the volume as one line."""
    path = ["000", "001", "011", "010", "000", "100", "101", "001", "101", "111", "011", "111"]
    path += ["110", "010", "110", "100"]
    corners = np.array([[int(digit) for digit in corner] for corner in path]) * [z, y, x]
    return go.Scatter3d(
        z=corners[:, 0],
        y=corners[:, 1],
        x=corners[:, 2],
        mode="lines",
        line={"color": "#888888", "width": 2},
        hoverinfo="skip",
        name="box",
        showlegend=False,
    )


def cut_planes(volume: Grey, *, voxel_size: float, visible: bool = True) -> list[go.Surface]:
    """Return three planes through the middle of a grey volume, one across each axis.

    Parameters
    ----------
    volume : (z, y, x) uint8 array
    voxel_size : float
        [m]
    visible : bool

    Returns
    -------
    list of Surface
        Across z, y and x, thinned out to `LARGEST_PLANE`. `plane_sliders` moves them.
    """
    check_grey("volume", volume, ndim=3)
    return [_plane(volume, axis, volume.shape[axis] // 2, voxel_size, visible) for axis in range(3)]


def _plane(volume: Grey, axis: int, index: int, voxel_size: float, visible: bool) -> go.Surface:
    image = _cut(volume, axis, index)
    lengths = [size * voxel_size * 1e6 for size in volume.shape]
    spans = [np.linspace(0, lengths[a], image.shape[k]) for k, a in enumerate(_others(axis))]
    across = np.meshgrid(*spans, indexing="ij")
    places: dict[str, NDArray[np.float32]] = {
        AXES[a]: grid.astype(np.float32) for a, grid in zip(_others(axis), across, strict=True)
    }
    places[AXES[axis]] = np.full(image.shape, _place(index, voxel_size), np.float32)
    return go.Surface(
        **places,
        surfacecolor=image,
        colorscale="Gray",
        cmin=0,
        cmax=255,
        showscale=False,
        hoverinfo="skip",
        lighting={"ambient": 1, "diffuse": 0, "specular": 0},
        name=f"cut across {AXES[axis]}",
        visible=visible,
    )


def plane_sliders(
    volumes: Sequence[Grey],
    first: Sequence[int],
    *,
    voxel_size: float,
    steps: int = 12,
) -> list[Control]:
    """Return three sliders that move the cut planes, of one or of several volumes alike.

    Parameters
    ----------
    volumes : sequence of (z, y, x) uint8 arrays
        Of one shape.
    first : sequence of int
        For each volume, the index of its first cut plane among the traces of the figure.
    voxel_size : float
        [m]
    steps : int
        Places of each plane.
    """
    shape = volumes[0].shape
    if any(volume.shape != shape for volume in volumes) or len(first) != len(volumes):
        msg = (
            "the sliders move planes of volumes of one shape, each with the index of its first "
            f"plane; got shapes {[v.shape for v in volumes]} and {len(first)} indices"
        )
        raise ValueError(msg)
    controls = []
    for axis, name in enumerate(AXES):
        middle = shape[axis] // 2
        places = np.linspace(0, shape[axis] - 1, steps).round().astype(int)
        start = int(np.abs(places - middle).argmin())
        places[start] = middle
        updates = []
        for index in map(int, places):
            images = [_cut(volume, axis, index) for volume in volumes]
            flat = constant(_place(index, voxel_size), images[0].shape)
            colours = [_encoded(image) for image in images]
            updates.append({name: [flat] * len(images), "surfacecolor": colours})
        controls.append(
            Control(
                title=f"Cut across {name}",
                labels=[f"{name} = {_place(int(index), voxel_size):.2f} µm" for index in places],
                updates=updates,
                traces=[number + axis for number in first],
                start=start,
            )
        )
    return controls


def _others(axis: int) -> list[int]:
    return [a for a in range(3) if a != axis]


def _place(index: int, voxel_size: float) -> float:
    """Return the centre of slice `index` [µm]."""
    return round((index + 0.5) * voxel_size * 1e6, 4)


def _cut(volume: Grey, axis: int, index: int) -> Grey:
    """Return slice `index` across `axis`, thinned out to at most `LARGEST_PLANE` pixels."""
    image = np.take(volume, index, axis)
    step = -(-max(image.shape) // LARGEST_PLANE)
    return np.ascontiguousarray(image[::step, ::step])


def _encoded(image: Grey) -> dict[str, str]:
    """Write an image in Plotly's base64 form, a third of the room that a list would take."""
    shape = ", ".join(map(str, image.shape))
    return {"dtype": "u1", "bdata": base64.b64encode(image.tobytes()).decode(), "shape": shape}
