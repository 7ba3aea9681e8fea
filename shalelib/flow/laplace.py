r"""Conduction and diffusion through the pores: the formation factor and the tortuosity.

A potential of 1 on the first face and 0 on the last drives a current through the voxels,

.. math:: \nabla \cdot (\sigma \nabla \phi) = 0 ,

insulated at the sides and at the solid. Each voxel is a node; two neighbours are linked by their
two halves in series, which is exact for layers, and the faces lie half a voxel off the nodes.
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
from shalelib.flow.domain import DoesNotPercolateError, connected_pores, domain_from_mask

_RESIDUAL = 1e-7  # relative residual of the currents at which a correction of the potential ends
_ERROR = 1e-10  # relative error of the conductivity
_CORRECTIONS, _STEPS = 20, 500  # corrections of the potential; conjugate gradient steps in each
_CONTRAST = 1e13  # beyond this, rounding loses what leaves a conductor through its surroundings


def effective_conductivity(conductivity: Real, *, axis: int = 0) -> float:
    """Compute the effective conductivity of a volume along `axis`.

    A potential difference between the two faces across the axis drives a current through the
    voxels; the sides are insulated.

    Parameters
    ----------
    conductivity : (z, y, x) float array
        Conductivity of each voxel, 0 where nothing is conducted; for example the diffusivity of a
        gas in the pores and in the kerogen.
    axis : int
        0, 1 or 2.

    Returns
    -------
    float
        In the unit of `conductivity`.

    Raises
    ------
    DoesNotPercolateError
        No conducting voxels connect the two faces.
    ValueError
        A conductivity is negative or not finite, or those of the voxels that connect the faces
        differ by more than a factor of 1e13.
    NotConvergedError
        The potential did not settle.

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
    through = conducting(conductivity, axis=axis)
    largest = float(conductivity[through].max())
    least = float(conductivity[through].min())
    if least * _CONTRAST < largest:
        msg = (
            f"the conductivities that connect the faces go from {least:g} to {largest:g}, further "
            f"apart than the {_CONTRAST:.0e} that rounding leaves of use; write 0 for the smallest "
            "if they carry nothing, or raise them to the least that matters"
        )
        raise ValueError(msg)
    voxels = np.moveaxis(np.where(through, conductivity.astype(float) / largest, 0.0), axis, 0)
    current = _current(*_network(np.ascontiguousarray(voxels)))
    return current * largest * len(voxels) / voxels[0].size


def formation_factor(pore: Mask, *, axis: int = 0) -> float:
    """Compute the formation factor of a pore space along `axis`.

    It is the electrical resistance of the volume, with insulated sides, over that of the same box
    without the solid.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void, which conducts; the solid does not.
    axis : int
        0, 1 or 2.

    Returns
    -------
    float
        At least 1.

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces.
    NotConvergedError
        The potential did not settle.

    Notes
    -----
    Archie 1942. Straight channels have 1 / porosity. For any isotropic medium the factor is at
    least (3 - porosity) / (2 porosity), Maxwell's result for dilute spheres (Hashin and Shtrikman
    1962).

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
    """Compute the diffusive tortuosity of a pore space along `axis`.

    It is the formation factor times the connected porosity. The effective diffusivity of the volume
    is D_eff = porosity D / tortuosity; some authors call the square root the tortuosity.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void. Pores that do not connect the two faces do not count.
    axis : int
        0, 1 or 2.

    Returns
    -------
    float
        1 for straight channels.

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces.
    NotConvergedError
        The potential did not settle.

    Examples
    --------
    >>> round(diffusive_tortuosity(np.ones((3, 2, 2), bool)), 6)
    1.0
    """
    domain = domain_from_mask(pore, axis=axis)
    return domain.porosity_connected * formation_factor(domain.pore, axis=axis)


def conducting(values: Real, *, axis: int) -> Mask:
    """Return where numbers are positive and connect the two faces across `axis`.

    Raises
    ------
    DoesNotPercolateError
        None do.
    """
    through = connected_pores(np.asarray(values > 0), axis=axis)
    if not through.any():
        msg = (
            f"what is above 0 ({(values > 0).mean():.1%} of the volume) does not connect the two "
            f"faces across axis {axis}; choose another axis"
        )
        raise DoesNotPercolateError(msg)
    return through


def _current(differences: Any, links: NDArray[np.float64], drive: NDArray[np.float64]) -> float:
    r"""Return the current through a network, which is the minimum of the power in its links.

    .. math:: P = \sum_l g_l (d_l - (B \phi)_l)^2 .

    A potential with an error e takes :math:`e^T A e` more power, where :math:`A = B^T G B`. With
    the unbalanced currents r this is :math:`r^T A^{-1} r`, which one multigrid cycle estimates well
    enough. The size of r alone does not: where a conductor leaks only through a poor one, a small r
    goes with a large error.
    """
    matrix = sparse.csr_matrix(differences.T @ sparse.diags(links) @ differences)
    hierarchy = pyamg.ruge_stuben_solver(matrix, max_coarse=100, coarse_solver="splu")
    cycle = hierarchy.aspreconditioner()
    potential = np.zeros(matrix.shape[0])
    for _ in range(_CORRECTIONS):
        drops = drive - differences @ potential  # exact, not the small difference of two currents
        unbalanced = differences.T @ (links * drops)
        power = float(links @ drops**2)
        if unbalanced @ (cycle @ unbalanced) <= _ERROR * power:
            return power
        potential += cg(matrix, unbalanced, rtol=_RESIDUAL, maxiter=_STEPS, M=cycle)[0]
    msg = (
        f"the potential did not settle in {_CORRECTIONS} corrections; conductivities that differ "
        "less, or 0 in place of the smallest, settle"
    )
    raise NotConvergedError(msg)


def _network(conductivity: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64], Any]:
    """Return the links of the conducting voxels: potential differences, conductances and drive.

    Half a voxel has a conductance of twice its conductivity, and two halves in series have
    2 a b / (a + b). The first face is at a potential of 1, the last at 0.
    """
    inside = conductivity > 0
    number = np.cumsum(inside).reshape(inside.shape) - 1
    ends, starts, links = [], [], []
    for axis in range(3):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        joined = inside[before] & inside[after]
        one, two = conductivity[before][joined], conductivity[after][joined]
        links.append(2 * one * (two / (one + two)))
        ends.append(number[before][joined])
        starts.append(number[after][joined])
    between = sum(map(len, links))
    first, last = number[0][inside[0]], number[-1][inside[-1]]
    links += [2 * conductivity[0][inside[0]], 2 * conductivity[-1][inside[-1]]]
    count = between + len(first) + len(last)
    rows = np.concatenate([np.arange(count), np.arange(between)])
    columns = np.concatenate([*ends, first, last, *starts])
    values = np.concatenate([np.ones(count), -np.ones(between)])
    differences = sparse.coo_matrix((values, (rows, columns)), shape=(count, int(inside.sum())))
    drive = np.zeros(count)
    drive[between : between + len(first)] = 1.0
    return differences.tocsr(), np.concatenate(links), drive
