"""The permeability of a rock in which some voxels are themselves porous, such as kerogen.

The paper names this as the shortcoming of its flow: "low-density regions are mixes of kerogen and
pore space". Here each phase has a permeability of its own, infinite in open pores, and the gas
creeps through both (Brinkman); see `shalelib.flow.stokes.brinkman_permeability`.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real as RealNumber

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_kind, check_number, given_array, given_labels
from shalelib.arrays import Labels, Real
from shalelib.flow.arguments import cube_edge
from shalelib.flow.laplace import conducting
from shalelib.flow.stokes import brinkman_permeability

_MOST = 1e-8
"""Largest permeability that a porous phase can have [m²]: that of gravel, of 10,000 darcy."""

VOID = np.inf
"""Permeability of an open pore, in which the gas creeps freely: infinite."""

SOLID = 0.0
"""Permeability of a phase that lets nothing through: 0."""


def phase_permeability(labels: Labels, phases: Mapping[int, float]) -> NDArray[np.float64]:
    """Give each voxel of a segmentation the permeability of its phase.

    Parameters
    ----------
    labels : (z, y, x) integer array
        Phase of each voxel.
    phases : mapping of label to float
        Permeability of every label that occurs [m²]: `VOID`, `SOLID`, or the apparent permeability
        of the micro-pores of the phase, slip included.

    Returns
    -------
    (z, y, x) float64 array
        Permeability of each voxel [m²].

    Raises
    ------
    ValueError
        A label that occurs has no permeability, or a permeability is negative, NaN or, though
        finite, above 1e-8 m².
    TypeError
        A permeability is not a number.

    Examples
    --------
    >>> labels = np.array([[[0, 1, 2]]], np.uint8)
    >>> phase_permeability(labels, {0: SOLID, 1: VOID, 2: 1e-20})
    array([[[0.e+00,    inf, 1.e-20]]])
    """
    given_labels("labels", labels)
    check_kind("phases", phases, Mapping, mend="pass the permeability of each, {0: SOLID, 1: VOID}")
    missing = sorted(set(np.unique(labels).tolist()) - set(phases))
    if missing:
        msg = f"phases must give every label a permeability; {missing} are missing"
        raise ValueError(msg)
    found = np.empty(labels.shape)
    for label, value in phases.items():
        found[labels == label] = _checked(label, value)
    return found


def _checked(label: int, value: object) -> float:
    """Return the permeability of a phase [m²]; refuse one that was given in another unit."""
    if isinstance(value, RealNumber) and value == VOID:
        return VOID
    found = check_number(f"the permeability of phase {label}", value, least=0)
    if found > _MOST:
        msg = (
            f"the permeability of phase {label} is in m², and {found:g} m² is more than gravel "
            f"has; of nanodarcy write {found:g} * shalelib.flow.NANODARCY, of an open pore VOID"
        )
        raise ValueError(msg)
    return found


def microporous_permeability(
    voxels: Real, *, voxel_size: float, axis: int = 0, rtol: float = 1e-4
) -> float:
    """Compute the permeability of a volume whose voxels are open, solid or micro-porous.

    Parameters
    ----------
    voxels : (z, y, x) float array
        Permeability of each voxel [m²], see `phase_permeability`. Voxels that are not part of a
        connection between the two faces are left out. The sides are walls, and beyond the two
        faces lies the mirror image of the volume.
    voxel_size : float, or three that are equal
        Edge of a voxel [m].
    axis : int
        Axis along which the gas flows: 0, 1 or 2.
    rtol : float
        Relative change of the permeability in the last pass of the pressure at which it counts as
        settled, see `stokes_permeability`.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    DoesNotPercolateError
        Open and permeable voxels together do not connect the two faces.
    NotConvergedError
        The pressure did not settle.
    TypeError
        `voxels` does not hold floats.
    ValueError
        A permeability is negative or NaN, or some that connect the faces are less than 1e-15 of
        the largest, or of 1 voxel² if that is smaller.

    Notes
    -----
    The flow is solved by finite differences *without slip* in the open pores, unlike the
    permeability of the lattice solver, whose grid error differs, too. Compare two values of this
    function, such as with the kerogen as `SOLID` and with its permeability, and apply their ratio
    to the result of the lattice solver.

    Examples
    --------
    Kerogen alone has its own permeability.

    >>> kerogen = np.full((3, 3, 3), 2e-20)
    >>> f"{microporous_permeability(kerogen, voxel_size=30e-9):.2g}"
    '2e-20'
    """
    given_array("voxels", voxels, ndim=3)
    if not np.issubdtype(voxels.dtype, np.floating):
        msg = (
            f"voxels must hold permeabilities [m²] as floats, got {voxels.dtype}; make them of the "
            "phases by shalelib.flow.microporous.phase_permeability"
        )
        raise TypeError(msg)
    voxels = voxels.astype(np.float64, copy=False)  # which the solvers take alone
    edge = cube_edge("voxel_size", voxel_size)
    check_number("rtol", rtol, above=0, below=1)
    if not (voxels >= 0).all():
        msg = "the permeability of a voxel must be 0, positive or infinite, in m²"
        raise ValueError(msg)
    through = conducting(voxels, axis=axis)
    kappa = np.moveaxis(np.where(through, voxels / edge**2, 0.0), axis, 0)
    walled = np.pad(kappa, ((0, 0), (0, 1), (0, 1)))
    mirrored = np.concatenate([walled, walled[::-1]])
    share = walled[0].size / kappa[0].size  # of the section; the wall is not part of the sample
    return brinkman_permeability(mirrored, rtol=rtol) * share * edge**2
