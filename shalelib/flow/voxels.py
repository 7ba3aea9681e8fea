"""Volumes on other grids and in parts: cubic voxels, finer voxels, pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_whole, given_array, short
from shalelib.arrays import check_length

Kind = TypeVar("Kind", bound=np.generic)


def cubic_voxels(
    volume: NDArray[Kind], spacing: Sequence[float], *, voxel_size: float | None = None
) -> tuple[NDArray[Kind], float]:
    """Resample a volume of cuboid voxels, common in FIB-SEM, to the cubes that the solver needs.

    Parameters
    ----------
    volume : (z, y, x) array
        Pores, labels or grey levels, of any dtype.
    spacing : three floats
        Edges of a voxel along z, y and x [m].
    voxel_size : float, optional
        Edge of the cubes [m], at most the shortest edge of a voxel, which is the default.

    Returns
    -------
    cubes : (z, y, x) array
        The resampled volume, of the same dtype.
    voxel_size : float
        The edge of its voxels [m].

    Raises
    ------
    ValueError
        The cubes are larger than a voxel in some direction, so that voxels would be lost; or a
        length is out of range.

    Notes
    -----
    Each cube takes the value of the voxel in which its centre lies. If all edges are multiples of
    the edge of a cube, the pore space stays exactly as it was; otherwise walls move by up to half a
    cube, and smaller cubes reduce the error.

    Examples
    --------
    >>> pore, edge = cubic_voxels(np.eye(2, dtype=bool)[None], (20e-9, 10e-9, 10e-9))
    >>> pore.shape, edge
    ((2, 2, 2), 1e-08)
    """
    given_array("volume", volume, ndim=3)
    if isinstance(spacing, str) or np.shape(spacing) != (3,):
        msg = f"spacing must have three edges, along z, y and x, got {spacing!r}"
        raise ValueError(msg)
    edges = [check_length("spacing", edge) for edge in spacing]
    cube = min(edges) if voxel_size is None else check_length("voxel_size", voxel_size)
    if cube > min(edges) * (1 + 1e-9):
        msg = (
            f"voxel_size {cube:g} m is larger than the shortest edge of a voxel, {min(edges):g} m, "
            "and would skip voxels; take that edge or a smaller one"
        )
        raise ValueError(msg)
    for axis, edge in enumerate(edges):
        count = volume.shape[axis]
        ratio = edge / cube
        cubes = max(1, round(count * ratio))
        centres = (np.arange(cubes) + 0.5) / ratio
        volume = volume.take(np.minimum(centres.astype(int), count - 1), axis)
    return volume, cube


def split_voxels(volume: NDArray[Kind], parts: int) -> NDArray[Kind]:
    """Split each voxel into equal parts along every axis; the pore space stays as it is.

    Parameters
    ----------
    volume : (z, y, x) array
    parts : int
        Number of parts along each axis, at least 1.

    Returns
    -------
    (z * parts, y * parts, x * parts) array
        Each value repeated.

    Examples
    --------
    >>> split_voxels(np.zeros((2, 3, 4), bool), 2).shape
    (4, 6, 8)
    """
    given_array("volume", volume, ndim=3)
    check_whole("parts", parts, least=1)
    return volume.repeat(parts, 0).repeat(parts, 1).repeat(parts, 2)


def central_piece(volume: NDArray[Kind], edge: int) -> NDArray[Kind]:
    """Cut a cube of `edge` voxels out of the middle of a volume.

    Parameters
    ----------
    volume : (z, y, x) array
    edge : int
        Edge of the cube [voxel], at least 1. Along an axis that is shorter the volume stays whole.

    Returns
    -------
    (edge, edge, edge) array
        The cube, contiguous in memory.

    Examples
    --------
    >>> central_piece(np.arange(27).reshape(3, 3, 3), 1).item()
    13
    """
    given_array("volume", volume)
    check_whole("edge", edge, least=1)
    edge = int(edge)
    start = [max(0, size - edge) // 2 for size in volume.shape]
    place = tuple(slice(low, low + edge) for low in start)
    return np.ascontiguousarray(volume[place])


def pieces(volume: NDArray[Kind], edge: int | Sequence[int]) -> Iterator[NDArray[Kind]]:
    """Cut a volume into whole cubes of `edge` voxels, or into boxes of three edges, side by side.

    Parameters
    ----------
    volume : (z, y, x) array
    edge : int or three int
        Edge of the cubes [voxel], or those of the boxes along z, y and x, each at least 1. What
        remains at the far faces is left out.

    Yields
    ------
    (edge, edge, edge) array
        The pieces in order, the position along x changing fastest.

    Raises
    ------
    ValueError
        An edge is not a whole number of at least 1, or there are not three of them.

    Examples
    --------
    >>> [piece.item() for piece in pieces(np.arange(8).reshape(2, 2, 2), 1)]
    [0, 1, 2, 3, 4, 5, 6, 7]
    >>> [piece.ravel().tolist() for piece in pieces(np.arange(8).reshape(2, 2, 2), (1, 1, 2))]
    [[0, 1], [2, 3], [4, 5], [6, 7]]
    """
    given_array("volume", volume, ndim=3)
    edges: list[Any] = list(edge) if np.ndim(edge) == 1 else [edge] * 3  # type: ignore[arg-type]
    if len(edges) != 3:
        msg = f"edge must be one number of voxels, or three along z, y and x, got {short(edge)}"
        raise ValueError(msg)
    for one in edges:
        check_whole("edge", one, least=1)
    edges = [int(one) for one in edges]
    starts = product(
        *(range(0, size - one + 1, one) for size, one in zip(volume.shape, edges, strict=True))
    )
    for start in starts:
        place = tuple(slice(low, low + one) for low, one in zip(start, edges, strict=True))
        yield np.ascontiguousarray(volume[place])
