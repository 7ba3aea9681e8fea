"""Local thickness of the pore space and the local Knudsen number.

The local thickness of a voxel is the diameter of the largest sphere that fits between the solid
*surfaces* and covers the centre of the voxel. Distances are taken on a grid of half voxels, on
which voxel centres, faces, edges and corners are points: the middle of a slit is such a point for
odd and for even widths, so both come out exactly, without the usual bias of one voxel.

The squared distances are 16-bit integers as long as no sphere is wider than 255 voxels. They take
16 bytes per voxel, and 28 with the result. A periodic box is wrapped by index, so it costs no more
than a walled one.
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
    """Return the diameter of the largest inscribed sphere that covers each pore voxel.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    beyond : three of {"wall", "periodic", "mirror"}
        What lies beyond the faces across z, y and x: solid, the volume repeated, or its mirror
        image.

    Returns
    -------
    (z, y, x) float64 array
        Thickness [voxel]; 0 in the solid, and infinite everywhere if nothing bounds a sphere.

    Raises
    ------
    ValueError
        `beyond` does not have three such values.

    Notes
    -----
    Not in the paper. After Hildebrand and Rüegsegger 1997; the correction for the voxel convention,
    by a grid of half voxels, is ours.

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
    """Return the local Knudsen number, the mean free path over the local thickness.

    Parameters
    ----------
    thickness : (z, y, x) array
        Local thickness [voxel], see `local_thickness`.
    mean_free_path : float
        Mean free path of the bulk gas [m], such as that of a `Gas`.
    voxel_size : float, or three that are equal
        Edge of a voxel [m].

    Returns
    -------
    (z, y, x) float64 array
        0 in the solid, where the thickness is 0.

    Raises
    ------
    ValueError
        A thickness is negative or NaN, or a length is out of range.

    Examples
    --------
    >>> local_knudsen(np.array([[[0.0, 2.0]]]), mean_free_path=1e-8, voxel_size=5e-8)
    array([[[0. , 0.1]]])
    """
    given_array("thickness", thickness)
    if not (thickness >= 0).all():
        msg = "thickness must be 0 or more in every voxel; take that of local_thickness(pore)"
        raise ValueError(msg)
    mean_free_path = check_number("mean_free_path [m]", mean_free_path, above=0)
    voxel_size = cube_edge("voxel_size", voxel_size)
    kn = np.zeros(thickness.shape)
    np.divide(mean_free_path / voxel_size, thickness, out=kn, where=thickness > 0)
    return kn


def _boundless(pore: Mask, beyond: Beyond) -> bool:
    """Check the arguments; return whether there is no solid at all."""
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
    """Return the squared distance to the nearest solid surface, on the grid of half voxels.

    The unit is the square of half a voxel. A point of index 2 c + 1 is the centre of voxel c; even
    indices are faces. A periodic axis has no last face, as that is the first.
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
