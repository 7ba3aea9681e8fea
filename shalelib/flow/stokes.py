r"""Creeping flow by finite differences: a second method, which takes micro-porous voxels too.

Nothing of the lattice is used here. Velocity components live on the faces between two voxels that
conduct, pressures in the voxels, and walls are faces of solid voxels, without slip:

.. math:: -\nabla^2 u + \frac{u}{\kappa} + \nabla p = e, \qquad \nabla \cdot u = 0

(Brinkman 1949) with :math:`\kappa` the permeability of a micro-porous voxel, infinite in the void
and 0 in the solid. The pressure solves the Schur complement :math:`D A^{-1} D^T p = D A^{-1} e` by
conjugate gradients, and each velocity component by algebraic multigrid. The permeability is the
power that the remaining force :math:`f = e - D^T p` delivers, :math:`f^T A^{-1} f`. Nothing in it
cancels where open pores, which :math:`e` alone would flood, lie behind tight ones, and its error is
of second order in that of :math:`p`. For open pores this is a check of the lattice solver; for
micro-porous media it is the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyamg  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from shalelib.arguments import check_number, check_whole, given_array, given_mask
from shalelib.arrays import Mask, Real
from shalelib.flow.connectivity import percolating
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import DoesNotPercolateError

# Relative errors in the norm of dissipation, in which open and tight voxels count by what they
# let through.
_VELOCITY = 1e-5  # of a velocity
_PASS = 1e-3  # of the pressure after a pass, relative to its error before the pass
_CONTRAST = 1e-15  # ratio of permeabilities down to which islands are still found


@dataclass(frozen=True, kw_only=True, eq=False)
class _Component:
    """One velocity component: its open faces, their divergence and how to solve for it."""

    divergence: Any  # (pores, faces) sparse
    hierarchy: Any  # of pyamg, for minus the Laplacian

    def solve(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the velocity [voxel²] that a `force` on the faces drives."""
        found, _ = _conjugate_gradients(
            self.hierarchy.levels[0].A, force, self.hierarchy.aspreconditioner(), tol=_VELOCITY
        )
        return found


def stokes_permeability(pore: Mask, *, rtol: float = 1e-3, max_iterations: int = 1000) -> float:
    """Compute the intrinsic permeability along axis 0 by finite differences on a staggered grid.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void. The volume is periodic in all directions; add solid around a box with walls.
    rtol : float
        Relative change of the permeability in the last pass of the pressure at which it counts as
        settled, in (0, 1). Each pass leaves a small part of the error before it.
    max_iterations : int
        Largest number of iterations of the pressure, over all passes.

    Returns
    -------
    float
        Permeability [voxel²].

    Raises
    ------
    DoesNotPercolateError
        No pores lead through the periodic medium along axis 0.
    NotConvergedError
        The permeability did not settle to `rtol`.
    ValueError
        `pore` has no void voxel or no wall, or `rtol` or `max_iterations` is out of range.

    Notes
    -----
    An independent check of `permeability` without slip. The pressure is solved for by conjugate
    gradients, preconditioned by a network of conductances: those of each face are the velocity that
    a unit force alone would drive through it.

    Examples
    --------
    A slit of 8 voxels: of second order, (h² + 2) / 12.

    >>> pore = np.ones((2, 9, 2), bool)
    >>> pore[:, 0] = False
    >>> round(stokes_permeability(pore) * 9 / 8, 3)
    5.5
    """
    given_mask("pore", pore, ndim=3)
    if not pore.any():
        msg = "pore has no void voxel; True means void, so that of a mask of the solid pass ~mask"
        raise ValueError(msg)
    kappa = np.where(pore, np.inf, 0.0)
    return brinkman_permeability(kappa, rtol=rtol, max_iterations=max_iterations)


def brinkman_permeability(kappa: Real, *, rtol: float = 1e-3, max_iterations: int = 1000) -> float:
    r"""Compute the permeability along axis 0 of a medium with micro-porous voxels.

    Parameters
    ----------
    kappa : (z, y, x) float array
        Permeability of each voxel [voxel²]: infinite = void, 0 = solid, in between = micro-porous.
        Periodic in all directions.
    rtol, max_iterations
        As for `stokes_permeability`.

    Returns
    -------
    float
        Permeability [voxel²].

    Raises
    ------
    DoesNotPercolateError, NotConvergedError
        As for `stokes_permeability`.
    ValueError
        A permeability is negative or NaN, nothing resists the flow, or some that connect are less
        than 1e-15 of the largest, or of 1 voxel² if that is smaller.

    Notes
    -----
    The viscosity in the micro-porous voxels is that of the fluid. At the flat wall of such a voxel
    the velocity has fallen to zero :math:`\tanh(\alpha / 2) / \alpha` beyond the centre, with
    :math:`\alpha^2 = 1 / \kappa`: half a voxel in the void, where this gives plain second-order
    differences, and 0 in a solid, where it is the wall.

    Examples
    --------
    Layers of 1e-4 and 3e-4 across the flow are in series.

    >>> layers = np.full((4, 2, 2), 1e-4)
    >>> layers[2:] = 3e-4
    >>> round(brinkman_permeability(layers) * 1e4, 6)
    1.5
    """
    check_number("rtol", rtol, above=0, below=1)
    check_whole("max_iterations", max_iterations, least=1)
    given_array("kappa", kappa)
    if kappa.ndim != 3 or not (kappa >= 0).all():
        msg = f"kappa must be a volume of permeabilities, not negative, got shape {kappa.shape}"
        raise ValueError(msg)
    pore = percolating(kappa > 0, axis=0, ends="periodic", sides="periodic")
    if not pore.any():
        msg = "no way through the voxels that conduct leads along axis 0"
        raise DoesNotPercolateError(msg)
    if np.isinf(kappa).all():
        msg = (
            "there is no wall and no micro-porous voxel, so that nothing holds the gas back and it "
            "has no permeability; add solid round a box with walls"
        )
        raise ValueError(msg)
    least, largest = float(kappa[pore].min()), min(float(kappa[pore].max()), 1.0)
    if least < _CONTRAST * largest:
        msg = (
            f"the permeabilities that connect the faces go down to {least:.1e} voxel², less than "
            f"{_CONTRAST:.0e} of the largest (1 voxel² in the void), which rounding leaves nothing "
            "of; write 0 for the smallest if they carry nothing, or raise them to that"
        )
        raise ValueError(msg)
    with np.errstate(divide="ignore"):
        resistance = 1 / np.where(pore, kappa, 0)
    cells = np.cumsum(pore).reshape(pore.shape) - 1
    components = [_component(resistance, cells, axis) for axis in range(3)]
    pores = int(pore.sum())

    def apply(pressure: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros(pores)
        for part in components:
            total += part.divergence @ part.solve(part.divergence.T @ pressure)
        return total

    smooth = pyamg.ruge_stuben_solver(_network(components)).aspreconditioner()
    complement = LinearOperator((pores, pores), apply, dtype=float)
    pressure, used, before = np.zeros(pores), 0, np.inf
    while True:
        power, excess = 0.0, np.zeros(pores)
        for axis, part in enumerate(components):
            force = float(axis == 0) - part.divergence.T @ pressure
            velocity = part.solve(force)
            power += force @ velocity
            excess += part.divergence @ velocity
        if before - power <= rtol * power:
            return float(power / pore.size)
        before = power
        if used >= max_iterations:
            msg = f"the pressure did not settle to {rtol:.0e} in {max_iterations} iterations"
            raise NotConvergedError(msg)
        change, steps = _conjugate_gradients(
            complement, excess, smooth, tol=_PASS, most=max_iterations - used
        )
        pressure += change
        used += steps


def _conjugate_gradients(
    matrix: Any, right: NDArray[np.float64], smooth: Any, *, tol: float, most: int | None = None
) -> tuple[NDArray[np.float64], int]:
    """Solve to a relative error of `tol` in the norm of `matrix`; also return the steps taken."""
    size = float(np.sqrt(max(right @ smooth(right), 0.0)))
    if size == 0:
        return np.zeros_like(right), 0
    residuals: list[float] = []
    found, _ = pyamg.krylov.cg(
        matrix, right, tol=tol * size, criteria="rMr", maxiter=most, M=smooth, residuals=residuals
    )
    return found, len(residuals) - 1


def _component(resistance: Real, cells: NDArray[np.int64], axis: int) -> _Component:
    pore = np.isfinite(resistance)
    face = pore & np.roll(pore, -1, axis)  # face n lies between voxel n and the next
    count = int(face.sum())
    rows = np.concatenate([cells[face], np.roll(cells, -1, axis)[face]])
    columns = np.tile(np.arange(count), 2)
    values = np.repeat([1.0, -1.0], count)
    shape = (int(pore.sum()), count)
    divergence = sparse.coo_matrix((values, (rows, columns)), shape=shape).tocsr()
    hierarchy = pyamg.ruge_stuben_solver(_face_operator(resistance, face, axis))
    return _Component(divergence=divergence, hierarchy=hierarchy)


def _network(components: Sequence[_Component]) -> Any:
    """Return the conductances between cells if a unit force alone drove each face."""
    total: Any = 0
    for part in components:
        free = part.solve(np.ones(part.divergence.shape[1]))
        total = total + part.divergence @ sparse.diags(free) @ part.divergence.T
    return sparse.csr_matrix(total)


def _face_operator(resistance: Real, face: Mask, axis: int) -> Any:
    """Minus the Laplacian of a velocity component on its open faces, plus the drag.

    The distance between two neighbouring faces is the sum of a part on the side of each: half a
    voxel in the void, and less the more its two voxels resist, down to 0 between two solid ones. At
    a closed face the velocity is 0.
    """
    beyond = np.roll(resistance, -1, axis)
    reach = _reach(np.minimum(resistance, beyond))
    count = int(face.sum())
    number = np.cumsum(face).reshape(face.shape) - 1
    diagonal = (resistance[face] + beyond[face]) / 2
    rows, columns, values = [], [], []
    for other in range(3):
        for step in (1, -1):
            open_there = np.roll(face, -step, other)[face]
            link = 1 / (reach[face] + np.roll(reach, -step, other)[face])
            diagonal += link
            rows.append(np.flatnonzero(open_there))
            columns.append(np.roll(number, -step, other)[face][open_there])
            values.append(link[open_there])
    indices = (np.concatenate(rows), np.concatenate(columns))
    off = sparse.coo_matrix((np.concatenate(values), indices), shape=(count, count))
    return sparse.csr_matrix(sparse.diags(diagonal) - off)


def _reach(resistance: Real) -> NDArray[np.float64]:
    """Return tanh(a / 2) / a with a² the resistance: 1/2 if that is 0, and 0 if it is infinite."""
    root = np.sqrt(np.maximum(resistance, 1e-12))  # below, the limit to the last digit
    return np.asarray(np.tanh(root / 2) / root, float)
