"""Local thickness of the pore space and the local Knudsen number.

The local thickness of a voxel is the diameter of the largest sphere that fits between the solid
*surfaces* and covers the voxel's centre. Distances are taken on a grid of half voxels, on which
voxel centres, faces, edges and corners are points: the middle of a slit is such a point for odd
and for even widths, so that both come out exactly, without the usual bias of one voxel.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy import ndimage

from shalelib.arrays import Mask, check_mask
from shalelib.parallel import parallel_kernel

Sides = Literal["wall", "periodic", "mirror"]

_FAR = np.int32(1 << 29)


def local_thickness(
    pore: Mask,
    *,
    beyond: tuple[Sides, Sides, Sides] = ("mirror", "wall", "wall"),
) -> NDArray[np.float64]:
    """Diameter of the largest inscribed sphere that covers each pore voxel.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    beyond : three of {"wall", "periodic", "mirror"}
        What lies beyond the faces along z, y and x. A mirror needs no margin: a mirrored solid is
        never nearer than the solid itself.

    Returns
    -------
    (z, y, x) float64 array
        Thickness [voxel]; 0 in the solid and infinite where no sphere is bounded by solid.

    Notes
    -----
    Not in the paper. After Hildebrand and Rüegsegger 1997; the correction for the voxel convention
    is ours.

    Examples
    --------
    >>> pore = np.zeros((3, 7, 3), bool)
    >>> pore[:, 1:3] = pore[:, 4] = True
    >>> local_thickness(pore, beyond=("mirror", "mirror", "mirror"))[1, :, 1]
    array([0., 2., 2., 0., 1., 0., 0.])
    """
    padded, inside = _pad(pore, beyond)
    squared = _squared_half_distance(padded)
    if not (~padded).any():
        return np.where(pore, np.inf, 0.0)
    centres = np.argwhere(_ridge(squared)).astype(np.int32)
    largest = np.zeros(padded.shape, np.int32)
    _paint(centres, squared, largest)
    return np.where(pore, np.sqrt(largest[inside]), 0.0)


def medial_thickness(
    pore: Mask,
    *,
    beyond: tuple[Sides, Sides, Sides] = ("mirror", "wall", "wall"),
) -> NDArray[np.float64]:
    """Diameter of the inscribed sphere at the nearest point of the medial axis.

    The alternative to `local_thickness`, with the same arguments and result. The axis is taken as
    the centres of the spheres that lie in no sphere about a neighbouring half voxel.
    """
    padded, inside = _pad(pore, beyond)
    if not (~padded).any():
        return np.where(pore, np.inf, 0.0)
    squared = _squared_half_distance(padded)
    nearest = ndimage.distance_transform_edt(
        ~_ridge(squared), return_distances=False, return_indices=True
    )
    at_voxels = tuple(index[1::2, 1::2, 1::2] for index in nearest)
    return np.where(pore, np.sqrt(squared[at_voxels].astype(float))[inside], 0.0)


def local_knudsen(
    thickness: NDArray[np.float64], *, mean_free_path: float, voxel_size: float
) -> NDArray[np.float64]:
    """Local Knudsen number, the mean free path over the local thickness; 0 in the solid.

    Parameters
    ----------
    thickness : (z, y, x) array
        Local thickness [voxel].
    mean_free_path, voxel_size : float
        [m].

    Examples
    --------
    >>> local_knudsen(np.array([[[0.0, 2.0]]]), mean_free_path=1e-8, voxel_size=5e-8)
    array([[[0. , 0.1]]])
    """
    kn = np.zeros_like(thickness)
    np.divide(mean_free_path / voxel_size, thickness, out=kn, where=thickness > 0)
    return kn


def _pad(pore: Mask, beyond: tuple[Sides, Sides, Sides]) -> tuple[Mask, tuple[slice, ...]]:
    """Surround `pore` by what lies beyond its faces; return it and where the box lies in it."""
    check_mask("pore", pore, ndim=3)
    modes = {"wall", "periodic", "mirror"}
    if len(beyond) != 3 or not modes.issuperset(beyond):
        msg = f"beyond must be three of 'wall', 'periodic' and 'mirror', got {beyond!r}"
        raise ValueError(msg)
    padded, inside = pore, []
    for axis, mode in enumerate(beyond):
        margin = {"wall": 1, "mirror": 0, "periodic": pore.shape[axis]}[mode]
        width = [(0, 0)] * 3
        width[axis] = (margin, margin)
        if mode == "periodic":
            padded = np.pad(padded, width, mode="wrap")
        elif mode == "wall":
            padded = np.pad(padded, width, constant_values=False)
        inside.append(slice(margin, margin + pore.shape[axis]))
    return padded, tuple(inside)


def _squared_half_distance(pore: Mask) -> NDArray[np.int32]:
    """Squared distance to the nearest solid surface [half voxel²] on the grid of half voxels.

    A point of index 2 c + 1 is the centre of voxel c; even indices are faces.
    """
    shape = tuple(2 * n + 1 for n in pore.shape)
    distance = np.full(shape, _FAR, np.int32)
    z, y, x = np.nonzero(~pore)
    for dz in range(3):
        for dy in range(3):
            for dx in range(3):
                distance[2 * z + dz, 2 * y + dy, 2 * x + dx] = 0
    for axis in range(3):
        lines = np.moveaxis(distance, axis, -1)
        distance = np.moveaxis(_lower_lines(np.ascontiguousarray(lines)), -1, axis)
    return np.ascontiguousarray(distance)


@parallel_kernel()
def _lower_lines(squared):
    """Take the minimum of squared[j] + (i - j)² over j along the last axis, by outward search."""
    n0, n1, n2 = squared.shape
    out = np.empty_like(squared)
    for a in prange(n0):
        for b in range(n1):
            for i in range(n2):
                best = squared[a, b, i]
                k = 1
                while k * k < best and k < n2:
                    if i - k >= 0 and squared[a, b, i - k] + k * k < best:
                        best = squared[a, b, i - k] + k * k
                    if i + k < n2 and squared[a, b, i + k] + k * k < best:
                        best = squared[a, b, i + k] + k * k
                    k += 1
                out[a, b, i] = best
    return out


@parallel_kernel()
def _ridge(squared):
    """Mark the points whose sphere lies in no sphere about one of the 26 neighbours."""
    n0, n1, n2 = squared.shape
    ridge = np.zeros(squared.shape, np.bool_)
    for a in prange(n0):
        for b in range(n1):
            for c in range(n2):
                if squared[a, b, c] == 0:
                    continue
                radius = np.sqrt(squared[a, b, c])
                inner = False
                for da in range(-1, 2):
                    for db in range(-1, 2):
                        for dc in range(-1, 2):
                            i, j, k = np.int64(a) + da, b + db, c + dc
                            if not (0 <= i < n0 and 0 <= j < n1 and 0 <= k < n2):
                                continue
                            step = np.sqrt(float(da * da + db * db + dc * dc))
                            if step > 0 and np.sqrt(squared[i, j, k]) >= radius + step - 1e-9:
                                inner = True
                ridge[a, b, c] = not inner
    return ridge


@njit(cache=True)
def _paint(centres, squared, largest):
    """Raise `largest` to the squared radius of each sphere on the voxel centres inside it."""
    for m in range(centres.shape[0]):
        a, b, c = centres[m, 0], centres[m, 1], centres[m, 2]
        value = squared[a, b, c]
        reach = int(np.sqrt(value)) + 1
        for z in range(max(0, (a - reach) // 2), min(largest.shape[0], (a + reach) // 2 + 1)):
            dz = (2 * z + 1 - a) ** 2
            for y in range(max(0, (b - reach) // 2), min(largest.shape[1], (b + reach) // 2 + 1)):
                dy = dz + (2 * y + 1 - b) ** 2
                for x in range(
                    max(0, (c - reach) // 2), min(largest.shape[2], (c + reach) // 2 + 1)
                ):
                    if dy + (2 * x + 1 - c) ** 2 < value and largest[z, y, x] < value:
                        largest[z, y, x] = value
