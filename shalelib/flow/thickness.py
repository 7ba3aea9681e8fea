"""Local thickness of the pore space and the local Knudsen number.

The local thickness of a voxel is the diameter of the largest sphere that fits between the solid
*surfaces* and covers the voxel's centre. Distances are taken on a grid of half voxels, on which
voxel centres, faces, edges and corners are points: the middle of a slit is such a point for odd
and for even widths, so that both come out exactly, without the usual bias of one voxel.

The squared distances are 16-bit integers as long as no sphere is wider than 255 voxels, 16 bytes a
voxel, and 28 with the result. A periodic box is wrapped by index, so that it costs what a walled
one does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_number, given_array, given_mask, given_row
from shalelib.arrays import Mask
from shalelib.flow._spheres import cover, lower_lines, mark_surfaces, pyramid
from shalelib.flow.arguments import cube_edge
from shalelib.flow.boundaries import Sides, check_sides

Beyond = tuple[Sides, Sides, Sides]

_Squares = NDArray[np.uint16] | NDArray[np.uint32]


def local_thickness(
    pore: Mask, *, beyond: Beyond = ("mirror", "wall", "wall")
) -> NDArray[np.float64]:
    """Diameter of the largest inscribed sphere that covers each pore voxel.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    beyond : three of {"wall", "periodic", "mirror"}
        What lies beyond the faces along z, y and x.

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
    if _boundless(pore, beyond):
        return np.full(pore.shape, np.inf)
    squares = _half_distances(pore, beyond)
    blocks, levels = pyramid(squares)
    thickness = np.zeros(pore.shape)
    cover(pore, squares, _wraps(beyond), blocks, levels, thickness)
    return thickness


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
    given_array("thickness", thickness)
    if not (thickness >= 0).all():
        msg = "thickness must be 0 or more in every voxel; take that of local_thickness(pore)"
        raise ValueError(msg)
    check_number("mean_free_path [m]", mean_free_path, above=0)
    voxel_size = cube_edge("voxel_size", voxel_size)
    kn = np.zeros(thickness.shape)
    np.divide(mean_free_path / voxel_size, thickness, out=kn, where=thickness > 0)
    return kn


def _boundless(pore: Mask, beyond: Beyond) -> bool:
    """Check the arguments; tell whether there is no solid at all."""
    given_mask("pore", pore, ndim=3)
    beyond = tuple(given_row("beyond", beyond, mend="such as ('mirror', 'wall', 'wall')"))
    if len(beyond) != 3:
        msg = f"beyond must say what lies beyond the faces along z, y and x, got {beyond!r}"
        raise ValueError(msg)
    for mode in beyond:
        check_sides(mode)
    return bool(pore.all()) and "wall" not in beyond


def _wraps(beyond: Beyond) -> NDArray[np.bool_]:
    return np.array([mode == "periodic" for mode in beyond])


def _half_distances(pore: Mask, beyond: Beyond) -> _Squares:
    """Squared distance to the nearest solid surface [half voxel²] on the grid of half voxels.

    A point of index 2 c + 1 is the centre of voxel c; even indices are faces. A periodic axis has
    no last face, it is the first.
    """
    wraps = _wraps(beyond)
    walls = np.array([mode == "wall" for mode in beyond])
    shape = tuple(2 * n + (not wrap) for n, wrap in zip(pore.shape, wraps, strict=True))
    for dtype in (np.uint16, np.uint32):
        squares = np.empty(shape, dtype)
        far = np.iinfo(dtype).max
        mark_surfaces(pore, wraps, walls, squares, far)
        for axis in range(3):
            lower_lines(np.moveaxis(squares, axis, 1), wraps[axis])
        if squares.max() < far:
            break
    return squares
