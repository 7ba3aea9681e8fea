"""Planes that cut a grey volume in the browser, and sliders that move them (Plotly)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from companion.site.controls import Control, constant
from shalelib.arrays import Grey, check_grey

LARGEST_PLANE = 96  # pixels along an edge of a cut plane
AXES = ("z", "y", "x")


def cut_planes(
    volume: Grey, *, voxel_size: float, visible: bool = True, side: int = LARGEST_PLANE
) -> list[go.Surface]:
    """Return three planes through the middle of a grey volume, one across each axis.

    Parameters
    ----------
    volume : (z, y, x) uint8 array
    voxel_size : float
        [m]
    visible : bool
    side : int
        Pixels along an edge of a plane at most; larger planes are thinned out, not averaged.

    Returns
    -------
    list of Surface
        Across z, y and x. `plane_sliders` moves them.
    """
    check_grey("volume", volume, ndim=3)
    return [
        _plane(volume, axis, volume.shape[axis] // 2, voxel_size, side, visible)
        for axis in range(3)
    ]


def _plane(
    volume: Grey, axis: int, index: int, voxel_size: float, side: int, visible: bool
) -> go.Surface:
    image = _cut(volume, axis, index, side)
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
    side: int = LARGEST_PLANE,
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
    side : int
        As for `cut_planes`.
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
            images = [_cut(volume, axis, index, side) for volume in volumes]
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


def _cut(volume: Grey, axis: int, index: int, side: int) -> Grey:
    """Return slice `index` across `axis`, thinned out to at most `side` pixels."""
    image = np.take(volume, index, axis)
    step = -(-max(image.shape) // side)
    return np.ascontiguousarray(image[::step, ::step])


def _encoded(image: Grey) -> dict[str, str]:
    """Write an image in Plotly's base64 form, a third of the room that a list would take."""
    shape = ", ".join(map(str, image.shape))
    return {"dtype": "u1", "bdata": base64.b64encode(image.tobytes()).decode(), "shape": shape}
