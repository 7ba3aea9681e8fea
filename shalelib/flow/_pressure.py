r"""A pressure correction that preconditions the Krylov method.

In tight media momentum settles within a few steps and then follows the pressure, which diffuses
slowly. The slow part of the problem is therefore a scalar one, a network of conductances:

.. math:: j = -\frac{\kappa}{3 \nu} \nabla \rho, \qquad -\nabla \cdot (\Psi \nabla \kappa) = 1

where the local permeability :math:`\kappa` (zero at the walls, or a slip length beyond them) is
the velocity that a unit force would drive along an axis if the pressure took no part:
:math:`y (h - y) / 2` in a slit, :math:`(R^2 - r^2) / 4` in a tube. The correction of a residual
takes a pair of steps, gathers what mass they leave unbalanced at each node, solves the network
for the density by one multigrid cycle, and returns populations in equilibrium with that density
and its flow. It changes how fast the Krylov method converges, never where to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyamg  # type: ignore[import-untyped]
from numba import prange
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from shalelib.flow._kernels import BLOCK, CLASS_SHIFT, LANES
from shalelib.flow.lattice import VELOCITIES, WEIGHTS, Q
from shalelib.flow.problem import Populations, Problem, advance
from shalelib.parallel import parallel_kernel

_AXIAL = (1, 3, 5)  # directions along +z, +y, +x
_LIFT = 1e-7  # of the mean diagonal: makes the network of a periodic problem regular


@dataclass(frozen=True, kw_only=True, eq=False)
class PressureCorrection:
    """Network of conductances, its multigrid hierarchy, and the flow that a density drives."""

    problem: Problem
    hierarchy: Any  # of pyamg
    flow: Any  # (3 n, n) sparse matrix
    anchored: bool  # whether an end fixes the pressure; if not its mean is free

    def __call__(self, f: Populations) -> None:
        """Replace a residual by an estimate of the correction, in place."""
        count = self.problem.domain.count
        settled = f.copy()
        advance(self.problem, settled, driven=False)
        mass = np.empty(count)
        _node_mass(settled, mass)
        if not self.anchored:
            mass -= mass.mean()
        density = self.hierarchy.solve(mass, x0=np.zeros(count), maxiter=1, tol=1e-300)
        if not self.anchored:
            density -= density.mean()
        _add_equilibrium(f, density, (self.flow @ density).reshape(3, count))


def pressure_correction(problem: Problem) -> PressureCorrection:
    """Build the network of `problem` and its multigrid hierarchy."""
    upstream, node = _links(problem)
    ends = _ends(problem)
    kappa = _local_permeability(problem, upstream, node)
    per_step = 1 / problem.T_plus  # c_s² / nu
    links = [(kappa[u] + kappa[n]) / 2 * per_step for u, n in zip(upstream, node, strict=True)]
    diagonal = 2 * kappa * per_step * (ends[0] + ends[1])
    network = _laplacian(
        np.concatenate(upstream), np.concatenate(node), np.concatenate(links), diagonal
    )
    network = 2 * network  # a pair of steps
    network = network + sparse.identity(len(kappa)) * (_LIFT * network.diagonal().mean())
    hierarchy = pyamg.ruge_stuben_solver(sparse.csr_matrix(network), max_coarse=100)
    flow = [_mean_flux(*triple, len(kappa)) for triple in zip(upstream, node, links, strict=True)]
    flow[0] = flow[0] + sparse.diags(kappa * per_step * (ends[1] - ends[0]))
    return PressureCorrection(
        problem=problem,
        hierarchy=hierarchy,
        flow=sparse.csr_matrix(sparse.vstack(flow)),
        anchored=bool(ends.any()),
    )


def _links(problem: Problem) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Nodes joined along z, y and x: those upstream and those downstream."""
    domain = problem.domain
    table = domain.links.reshape(-1, Q - 1, LANES)
    upstream, downstream = [], []
    for i in _AXIAL:
        slots = table[:, i - 1].ravel()[: domain.count].astype(np.int64)
        source = slots // BLOCK * LANES + slots % LANES
        here = np.flatnonzero(source != np.arange(domain.count))
        upstream.append(source[here])
        downstream.append(here)
    return upstream, downstream


def _ends(problem: Problem) -> NDArray[np.float64]:
    """(2, n): 1 at the nodes of the first and of the last slice that see an open end."""
    ends = np.zeros((2, problem.domain.count))
    slots = problem.domain.face_slots.astype(np.int64)
    direction = slots % BLOCK // LANES
    nodes = slots // BLOCK * LANES + slots % LANES
    for row in (0, 1):
        ends[row, nodes[direction == row + 1]] = 1
    return ends


def _local_permeability(
    problem: Problem, upstream: list[NDArray[np.int64]], node: list[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Solve the local force balance without pressure; three digits are plenty."""
    domain = problem.domain
    bits = domain.node[: domain.count]
    rates = problem.table[bits >> np.uint32(CLASS_SHIFT)]
    plus, mixed = 1 / rates[:, 0] - 0.5, rates[:, 2]
    slip_length = mixed / (2 - mixed) * plus
    psi = plus / problem.T_plus
    closed = np.zeros(domain.count)
    for i in range(1, 7):
        closed += bits >> np.uint32(i - 1) & np.uint32(1)
    u, n = np.concatenate(upstream), np.concatenate(node)
    matrix = _laplacian(u, n, (psi[u] + psi[n]) / 2, closed * psi / (0.5 + slip_length))
    if not closed.any():
        matrix = matrix + sparse.identity(domain.count)
    kappa, _ = cg(matrix, np.ones(domain.count), rtol=1e-3, maxiter=200)
    return np.maximum(kappa, 1e-3)


def _laplacian(
    u: NDArray[np.int64], n: NDArray[np.int64], link: NDArray[Any], diagonal: NDArray[Any]
) -> Any:
    size = len(diagonal)
    both = (np.concatenate([u, n]), np.concatenate([n, u]))
    off = sparse.coo_matrix((np.tile(link, 2), both), shape=(size, size)).tocsr()
    return sparse.csr_matrix(sparse.diags(np.asarray(off.sum(1)).ravel() + diagonal) - off)


def _mean_flux(u: NDArray[np.int64], n: NDArray[np.int64], link: NDArray[Any], size: int) -> Any:
    """Matrix from the density to the mean of a node's two fluxes along an axis."""
    half = link / 2
    rows, columns = np.concatenate([u, u, n, n]), np.concatenate([u, n, u, n])
    values = np.concatenate([half, -half, half, -half])
    return sparse.coo_matrix((values, (rows, columns)), shape=(size, size)).tocsr()


@parallel_kernel()
def _node_mass(f, mass):  # type: ignore[no-untyped-def]
    for lane in prange(mass.size):
        n = np.int64(lane)
        total = 0.0
        for i in range(Q):
            total += f[n // LANES * BLOCK + i * LANES + n % LANES]
        mass[n] = total


@parallel_kernel()
def _add_equilibrium(f, density, momentum):  # type: ignore[no-untyped-def]
    for lane in prange(density.size):
        n = np.int64(lane)
        for i in range(Q):
            along = 0.0
            for a in range(3):
                along += VELOCITIES[i, a] * momentum[a, n]
            f[n // LANES * BLOCK + i * LANES + n % LANES] += WEIGHTS[i] * (density[n] + 3 * along)
