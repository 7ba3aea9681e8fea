"""From labels or grey levels to the connected pore space between two faces of a volume.

Pores connect through voxel faces (6-neighbours). A pore space *percolates* along an axis if one
connected cluster touches both faces across that axis; voxels of other clusters carry no flow and
are removed. Where the box repeats itself, clusters continue across its faces, and along the flow a
cluster must meet its own copy: it makes no difference where a periodic medium is cut.

If a mask marks which voxels are rock, the others are neither pores nor counted in a porosity.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shalelib.arguments import (
    check_axis,
    check_complete,
    given_grey,
    given_labels,
    given_mask,
    is_whole,
    short,
)
from shalelib.arrays import Grey, Labels, Mask, check_same_shape
from shalelib.flow.arguments import check_slices, check_threshold
from shalelib.flow.boundaries import Ends, Sides, check_ends, check_sides
from shalelib.flow.connectivity import percolating
from shalelib.outside import check_rock


class DoesNotPercolateError(ValueError):
    """No connected pore cluster reaches from one face to the other."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PoreDomain:
    """A percolating pore space, with its porosity before and after isolated pores were removed.

    Attributes
    ----------
    pore : (z, y, x) bool array
        True in the pores that connect the two faces.
    axis : int
        Axis of the flow.
    porosity : float
        Pore voxels, isolated ones included, per voxel of rock.
    porosity_connected : float
        Pore voxels that percolate, per voxel of rock.
    threshold : int or None
        Largest grey level that counts as pore; None if the pores are not from grey levels.
    ends, sides : str
        What lies beyond the faces, which decides how pores connect, see
        `shalelib.flow.permeability`.
    rock : float
        Share of the box that is rock.
    """

    pore: Mask = field(repr=False)
    axis: int
    porosity: float
    porosity_connected: float
    threshold: int | None = None
    ends: Ends = "mirror"
    sides: Sides = "wall"
    rock: float = 1.0


def connected_pores(
    pore: Mask, *, axis: int = 0, ends: Ends = "mirror", sides: Sides = "wall"
) -> Mask:
    """Return the voxels of `pore` that belong to clusters through which gas flows along `axis`.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void; at least 2 slices along `axis`.
    axis : int
        0, 1 or 2.
    ends, sides : str
        What lies beyond the faces, see `shalelib.flow.permeability`. With periodic ends a cluster
        must meet its own copy in a neighbouring box; otherwise it must touch both faces.

    Returns
    -------
    (z, y, x) bool array
        All False if nothing percolates.

    Examples
    --------
    >>> pore = np.zeros((4, 3, 3), bool)
    >>> pore[:, 0, 0] = pore[1:, 2, 2] = True
    >>> int(connected_pores(pore).sum())
    4

    A channel that is offset in the next box does not go on there:

    >>> pore = np.zeros((4, 3, 3), bool)
    >>> pore[:3, 0, 0] = pore[2:, 1, 0] = True
    >>> int(connected_pores(pore).sum()), int(connected_pores(pore, ends="periodic").sum())
    (5, 0)
    """
    given_mask("pore", pore, ndim=3)
    check_axis(axis)
    check_ends(ends)
    check_sides(sides)
    check_slices(pore, axis)
    return percolating(pore, axis=axis, ends=ends, sides=sides)


def domain_from_mask(
    pore: Mask,
    *,
    axis: int = 0,
    ends: Ends = "mirror",
    sides: Sides = "wall",
    rock: Mask | None = None,
) -> PoreDomain:
    """Keep the percolating part of a pore mask.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    axis, ends, sides
        See `connected_pores`.
    rock : (z, y, x) bool array, optional
        True = rock. Voxels outside it are not pores, and porosities are per voxel of rock. Without
        it every voxel is rock.

    Returns
    -------
    PoreDomain

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces.
    ValueError
        The rock mask is empty or of another shape, or the volume has a single slice along `axis`.

    Examples
    --------
    >>> domain = domain_from_mask(np.ones((2, 2, 2), bool))
    >>> domain.porosity_connected
    1.0
    """
    given_mask("pore", pore, ndim=3)
    inside = _inside(pore, rock)
    connected = connected_pores(inside, axis=axis, ends=ends, sides=sides)
    share = 1.0 if rock is None else float(rock.mean())
    if not connected.any():
        msg = (
            f"the pores ({inside.mean() / share:.1%} of the volume) do not connect the two faces "
            f"across axis {axis}; choose another axis or class, or take the volume's grey levels "
            "and shalelib.flow.domain.domain_from_grey, which finds the threshold that percolates"
        )
        if ends == "periodic" and connected_pores(inside, axis=axis, sides=sides).any():
            msg = (
                f"no pores meet their own copy across the periodic ends of axis {axis}: the first "
                "and the last slice do not fit each other; take ends='mirror'"
            )
        raise DoesNotPercolateError(msg)
    return PoreDomain(
        pore=connected,
        axis=int(axis),
        porosity=float(inside.mean()) / share,
        porosity_connected=float(connected.mean()) / share,
        ends=ends,
        sides=sides,
        rock=share,
    )


def domain_from_labels(
    labels: Labels, pore_class: int, *, rock: Mask | None = None, **options: Any
) -> PoreDomain:
    """Take one class of a phase segmentation as the pores and keep its percolating part.

    Parameters
    ----------
    labels : (z, y, x) integer array
        Class of each voxel, as written by the pixel classifier.
    pore_class : int
        The label that means void.
    rock, options
        ``rock``, ``axis``, ``ends`` and ``sides``, as for `domain_from_mask`.

    Returns
    -------
    PoreDomain

    Raises
    ------
    DoesNotPercolateError
        The class does not connect the two faces.
    ValueError
        The class does not occur, or it surrounds the rock and no rock mask is given
        (`shalelib.outside`).
    """
    given_labels("labels", labels, ndim=3)
    if not is_whole(pore_class):
        msg = f"pore_class must be the label of the pores, a whole number, got {short(pore_class)}"
        raise TypeError(msg)
    pore = labels == pore_class
    if not pore.any():
        present = ", ".join(str(value) for value in np.unique(labels)[:10])
        msg = f"no voxel has the label {pore_class}; the labels present are {present}"
        raise ValueError(msg)
    check_rock(f"the class {pore_class}", np.where(pore, np.uint8(0), np.uint8(255)), rock)
    return domain_from_mask(pore, rock=rock, **options)


def domain_from_grey(
    grey: Grey, *, threshold: int, rock: Mask | None = None, axis: int = 0, **options: Any
) -> PoreDomain:
    """Take the voxels at or below a grey level as the pores and keep their percolating part.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Dark means low density, that is pore.
    threshold : int
        Largest grey level that counts as pore, from 0 to 255.
    rock, axis, options
        ``rock``, ``axis``, ``ends`` and ``sides``, as for `domain_from_mask`.

    Returns
    -------
    PoreDomain

    Raises
    ------
    DoesNotPercolateError
        The pores do not connect the two faces; the message gives the threshold at which they would,
        or says that the rock itself does not reach from face to face.
    ValueError
        The threshold is not a grey level, the rock mask is empty, inverted or of another shape, or
        the volume shows more than rock and no rock mask is given (`shalelib.outside`).

    Warns
    -----
    UserWarning
        No voxel of the rock is lighter than the threshold, so that nothing is solid.
    """
    given_grey("grey", grey, ndim=3)
    check_threshold(threshold)
    check_rock("grey", grey, rock)
    pore = grey <= threshold
    lightest = grey.max() if rock is None else grey[rock].max()
    if lightest <= threshold:
        warnings.warn(
            f"grey <= {threshold} is all of the rock, whose lightest voxel is {lightest}: nothing "
            "is solid; take a smaller threshold, or look whether the volume shows a picture",
            stacklevel=2,
        )
    try:
        domain = domain_from_mask(pore, rock=rock, axis=axis, **options)
    except DoesNotPercolateError as error:
        first = first_percolation(grey, rock=rock, axis=axis, **options)
        share = pore.mean() if rock is None else pore[rock].mean()
        msg = (
            f"grey <= {threshold} ({share:.1%} of the rock) does not connect the two faces across "
            f"axis {axis}; it would at threshold {first}"
        )
        raise DoesNotPercolateError(msg) from error
    return replace(domain, threshold=int(threshold))


def first_percolation(
    grey: Grey, *, rock: Mask | None = None, axis: int = 0, **options: Any
) -> int:
    """Return the smallest threshold at which ``grey <= threshold`` percolates along `axis`.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Dark means low density, that is pore.
    rock : (z, y, x) bool array, optional
        True = rock; voxels outside it are never pores. Without it the volume must be all rock.
    axis, options
        ``axis``, ``ends`` and ``sides``, as for `connected_pores`.

    Returns
    -------
    int
        The grey level.

    Raises
    ------
    DoesNotPercolateError
        The rock itself does not reach from face to face.
    ValueError
        The rock mask is empty, inverted or of another shape, or the volume shows more than rock and
        no rock mask is given (`shalelib.outside`).

    Notes
    -----
    Pores only grow as the threshold rises, so it is found by bisection.

    Examples
    --------
    >>> grey = np.full((3, 2, 2), 90, np.uint8)
    >>> grey[:, 0, 0] = [10, 40, 20]
    >>> first_percolation(grey)
    40
    """
    given_grey("grey", grey, ndim=3)
    check_rock("grey", grey, rock)
    if rock is not None and not connected_pores(_inside(rock, rock), axis=axis, **options).any():
        msg = (
            f"the rock mask ({rock.mean():.1%} of the box) does not reach from face to face across "
            f"axis {axis}; cut the volume to the slices that the rock fills"
        )
        raise DoesNotPercolateError(msg)
    low, high = int(grey.min()), int(grey.max())
    while low < high:
        middle = (low + high) // 2
        if connected_pores(_inside(grey <= middle, rock), axis=axis, **options).any():
            high = middle
        else:
            low = middle + 1
    return low


def _inside(pore: Mask, rock: Mask | None) -> Mask:
    """Return the pores that lie in the rock."""
    check_complete("the volume", pore)
    if rock is None:
        return pore
    given_mask("rock", rock, ndim=3)
    check_same_shape("volume and rock", pore, rock, mend="pass the mask of this volume")
    if not rock.any():
        msg = "the rock mask is empty; it must be True where there is rock"
        raise ValueError(msg)
    return pore & rock
