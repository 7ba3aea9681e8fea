r"""Conduction and diffusion through the pores: the formation factor and the tortuosity.

A potential of 1 on the first face and 0 on the last drives a current through the voxels,

.. math:: \nabla \cdot (\sigma \nabla \phi) = 0 ,

insulated at the sides and at the solid. Each voxel is a node; two neighbours are joined by their
two halves in series, which makes layers exact, and the faces lie half a voxel off the nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyamg  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from shalelib.arguments import check_axis, given_array
from shalelib.arrays import Mask, Real
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import domain_from_mask

_RESIDUAL = 1e-6  # relative; the error of the conductivity goes with its square


def effective_conductivity(conductivity: Real, *, axis: int = 0) -> float:
    """Conductivity of a whole volume along `axis`, in the units of its voxels'.

    Parameters
    ----------
    conductivity : (z, y, x) float array
        Of each voxel, 0 where nothing is conducted; for example the diffusivity of a gas in the
        pores and in the kerogen.
    axis : int
        0, 1 or 2.

    Returns
    -------
    float

    Raises
    ------
    DoesNotPercolateError
        Nothing conducts from face to face.
    ValueError
        A conductivity is negative or not finite.

    Examples
    --------
    Layers of 1 and 3, across and along: 1 / (1/2 + 1/6) and (1 + 3) / 2.

    >>> layers = np.ones((4, 3, 3))
    >>> layers[2:] = 3.0
    >>> along = effective_conductivity(layers, axis=1)
    >>> round(effective_conductivity(layers), 6), round(along, 6)
    (1.5, 2.0)
    """
    given_array("conductivity", conductivity, ndim=3)
    check_axis(axis)
    if not (np.isfinite(conductivity).all() and (conductivity >= 0).all()):
        msg = (
            "conductivities must be finite and not negative, got "
            f"{conductivity.min()} to {conductivity.max()}; write 0 where nothing is conducted"
        )
        raise ValueError(msg)
    through = domain_from_mask(np.asarray(conductivity > 0), axis=axis).pore
    voxels = np.moveaxis(np.where(through, conductivity, 0.0), axis, 0)
    matrix, inflow = _network(np.ascontiguousarray(voxels))
    hierarchy = pyamg.ruge_stuben_solver(matrix, max_coarse=100)
    potential, info = cg(matrix, inflow, rtol=_RESIDUAL, M=hierarchy.aspreconditioner())
    if info:
        msg = f"the potential did not settle in {info} iterations of conjugate gradients"
        raise NotConvergedError(msg)
    # inflow · (1 - potential), written so that the residual enters with its square alone
    current = inflow.sum() - (2 * inflow - matrix @ potential) @ potential
    return float(current * len(voxels) / voxels[0].size)


def formation_factor(pore: Mask, *, axis: int = 0) -> float:
    """Resistance of the volume along `axis` over that of the same box without the solid.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void, which conducts; the solid does not.
    axis : int
        0, 1 or 2.

    Notes
    -----
    Archie 1942. Straight channels have 1 / porosity. For any isotropic medium it is at least
    (3 - porosity) / (2 porosity), Maxwell's for a few spheres (Hashin and Shtrikman 1962).

    Examples
    --------
    >>> pore = np.zeros((3, 4, 4), bool)
    >>> pore[:, :2, :2] = True
    >>> round(formation_factor(pore), 6)
    4.0
    """
    return 1 / effective_conductivity(
        domain_from_mask(pore, axis=axis).pore.astype(float), axis=axis
    )


def diffusive_tortuosity(pore: Mask, *, axis: int = 0) -> float:
    """Return formation factor times the porosity that conducts: 1 for straight channels.

    It divides the diffusivity, D_eff = porosity D / tortuosity; some authors call its square root
    the tortuosity. Pores that do not connect the two faces do not count.

    Examples
    --------
    >>> round(diffusive_tortuosity(np.ones((3, 2, 2), bool)), 6)
    1.0
    """
    domain = domain_from_mask(pore, axis=axis)
    return domain.porosity_connected * formation_factor(domain.pore, axis=axis)


def _network(conductivity: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
    """Matrix of the currents out of the conducting voxels, and what flows in from the first face.

    A current through half a voxel sees twice its conductivity, and through two halves in series
    2 a b / (a + b).
    """
    inside = conductivity > 0
    count = int(inside.sum())
    number = np.cumsum(inside).reshape(inside.shape) - 1
    diagonal = np.zeros(inside.shape)
    diagonal[0] += 2 * conductivity[0]
    diagonal[-1] += 2 * conductivity[-1]
    rows, columns, values = [], [], []
    for axis in range(3):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        one, two = conductivity[before], conductivity[after]
        joined = inside[before] & inside[after]
        link = np.zeros(one.shape)
        np.divide(2 * one * two, one + two, out=link, where=joined)
        diagonal[before] += link
        diagonal[after] += link
        rows += [number[before][joined], number[after][joined]]
        columns += [number[after][joined], number[before][joined]]
        values += [-link[joined]] * 2
    places = np.concatenate(rows), np.concatenate(columns)
    links = sparse.coo_matrix((np.concatenate(values), places), shape=(count, count))
    inflow = np.zeros(inside.shape)
    inflow[0] = 2 * conductivity[0]
    return sparse.csr_matrix(links + sparse.diags(diagonal[inside])), inflow[inside]
