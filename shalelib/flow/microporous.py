"""The permeability of a rock part of whose voxels are themselves porous, such as kerogen.

The paper names it as the shortcoming of its flow: "low-density regions are mixes of kerogen and
pore space". Here each phase has a permeability of its own, infinite in open pores, and the gas
creeps through both (Brinkman); see `shalelib.flow.stokes.brinkman_permeability`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_kind, check_number, given_array, given_labels
from shalelib.arrays import Labels, Real
from shalelib.flow.arguments import cube_edge
from shalelib.flow.domain import domain_from_mask
from shalelib.flow.stokes import brinkman_permeability

VOID = np.inf
"""Permeability of an open pore, in which the gas creeps freely."""

SOLID = 0.0
"""Permeability of what lets nothing through."""


def phase_permeability(labels: Labels, phases: Mapping[int, float]) -> NDArray[np.float64]:
    """Give each phase of a segmentation its permeability [m²].

    Parameters
    ----------
    labels : (z, y, x) integer array
    phases : mapping of label to float
        Permeability of every label that occurs [m²]: `VOID`, `SOLID`, or what the micro-pores of
        the phase let through, slip included.

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
        if not value >= 0:
            msg = f"the permeability of phase {label} must not be negative, got {value}"
            raise ValueError(msg)
        found[labels == label] = value
    return found


def microporous_permeability(
    voxels: Real, *, voxel_size: float, axis: int = 0, rtol: float = 1e-4
) -> float:
    """Permeability of a volume whose voxels are open, solid or permeable in themselves [m²].

    Parameters
    ----------
    voxels : (z, y, x) float array
        Permeability of each voxel [m²], see `phase_permeability`; those that do not connect the
        two faces are left out. Walls at the sides, the mirror image beyond the two faces.
    voxel_size : float
        [m].
    axis : int
        0, 1 or 2.
    rtol : float
        Residual of the pressure at the end, relative; the error of k goes with its square.

    Raises
    ------
    DoesNotPercolateError
        Open and permeable voxels together do not connect the two faces.
    NotConvergedError
        The pressure did not settle.

    Notes
    -----
    Finite differences *without slip* in the open pores, other than the lattice solver's k, whose
    grid error is another one too: compare two values of this function, such as with the kerogen
    as `SOLID` and with what it lets through, and carry their ratio over.

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
    edge = cube_edge("voxel_size", voxel_size)
    check_number("rtol", rtol, above=0, below=1)
    if not (voxels >= 0).all():
        msg = "the permeability of a voxel must be 0, positive or infinite, in m²"
        raise ValueError(msg)
    through = domain_from_mask(np.asarray(voxels > 0), axis=axis).pore
    kappa = np.moveaxis(np.where(through, voxels / edge**2, 0.0), axis, 0)
    walled = np.pad(kappa, ((0, 0), (0, 1), (0, 1)))
    mirrored = np.concatenate([walled, walled[::-1]])
    share = walled[0].size / kappa[0].size  # of the section, the wall being no part of the sample
    return brinkman_permeability(mirrored, rtol=rtol) * share * edge**2
