r"""A pressure correction that preconditions the Krylov method.

In tight media momentum settles within a few steps and then follows the pressure, which diffuses
slowly. The slow part of the problem is therefore a scalar one, a network of conductances:

.. math:: j = -\frac{\kappa}{3 \nu} \nabla \rho, \qquad -\nabla^2 \kappa = 1

where the local permeability :math:`\kappa` (zero at the walls, or a slip length beyond them) is
the velocity that a unit force would drive along an axis if the pressure played no part:
:math:`y (h - y) / 2` in a slit, :math:`(R^2 - r^2) / 4` in a tube. The correction of a residual
takes a step, gathers the mass that it leaves unbalanced at each node, solves the network for the
density by one multigrid cycle, and adds that density and its flow. It affects how fast the Krylov
method converges, never to what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from shalelib.flow._kernels import BLOCK, CLASS_SHIFT, LANES
from shalelib.flow._multigrid import Hierarchy, build_hierarchy, cycle
from shalelib.flow._reduced import SLOW, Moments
from shalelib.flow.lattice import Q
from shalelib.flow.problem import Problem
from shalelib.parallel import parallel_kernel

_AXIAL = (1, 3, 5)  # directions along +z, +y, +x
_LIFT = 1e-7  # of the mean diagonal: makes the network of a periodic problem regular

_T = 0.5
"""T+ of the gas that `shalelib.flow._reduced.stream` moves: at equilibrium before every step."""

_Nodes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PressureCorrection:
    """Network of conductances and its multigrid hierarchy."""

    problem: Problem
    hierarchy: Hierarchy
    links: NDArray[np.float32]  # (3, n) conductance to the node upstream along each axis
    ends: NDArray[np.float32]  # (n,) conductance of the open ends, positive at the last slice
    anchored: bool  # whether an end fixes the pressure; if not, its mean is free

    @property
    def nbytes(self) -> int:
        """Bytes of the network and its hierarchy."""
        return self.hierarchy.nbytes + self.links.nbytes + self.ends.nbytes

    def add(self, after: Moments, y: Moments) -> None:
        """Add to y the density, and its flow, that balance the mass left after a step."""
        mass = np.empty(self.ends.size, np.float32)
        _take_mass(after, mass)
        if not self.anchored:
            mass -= mass.mean(dtype=np.float64)
        density = cycle(self.hierarchy, mass)
        if not self.anchored:
            density -= density.mean(dtype=np.float64)
        _add_flow(density, self.links, self.ends, self.problem.domain.links, y)


def pressure_correction(problem: Problem) -> PressureCorrection:
    """Build the network of `problem` and its multigrid hierarchy."""
    count = problem.domain.count
    upstream, node = axis_links(problem)
    ends = _ends(problem)
    kappa = _local_permeability(problem, upstream, node)
    per_step = 1 / _T  # c_s² / nu
    values = [(kappa[u] + kappa[n]) / 2 * per_step for u, n in zip(upstream, node, strict=True)]
    diagonal = 2 * kappa * per_step * (ends[0] + ends[1])
    network = _laplacian(
        np.concatenate(upstream), np.concatenate(node), np.concatenate(values), diagonal
    )
    network = network + sparse.identity(count) * (_LIFT * network.diagonal().mean())
    links = np.zeros((3, count), np.float32)
    for row, n, value in zip(links, node, values, strict=True):
        row[n] = value
    return PressureCorrection(
        problem=problem,
        hierarchy=build_hierarchy(network),
        links=links,
        ends=(kappa * per_step * (ends[1] - ends[0])).astype(np.float32),
        anchored=bool(ends.any()),
    )


def axis_links(problem: Problem) -> tuple[list[_Nodes], list[_Nodes]]:
    """Return the pairs of nodes linked along z, y and x: those upstream and those downstream."""
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
    """Return a (2, n) array, 1 at the nodes of the first and of the last slice at an open end."""
    ends = np.zeros((2, problem.domain.count))
    slots = problem.domain.face_slots.astype(np.int64)
    direction = slots % BLOCK // LANES
    nodes = slots // BLOCK * LANES + slots % LANES
    for row in (0, 1):
        ends[row, nodes[direction == row + 1]] = 1
    return ends


def _local_permeability(
    problem: Problem, upstream: list[_Nodes], node: list[_Nodes]
) -> NDArray[np.float64]:
    """Solve the local force balance without pressure; three digits suffice."""
    domain = problem.domain
    bits = domain.node[: domain.count]
    mixed = problem.table[bits >> np.uint32(CLASS_SHIFT), 2]
    slip_length = mixed / (2 - mixed) * _T
    closed = np.zeros(domain.count)
    for i in range(1, 7):
        closed += bits >> np.uint32(i - 1) & np.uint32(1)
    u, n = np.concatenate(upstream), np.concatenate(node)
    matrix = _laplacian(u, n, np.ones(len(u)), closed / (0.5 + slip_length))
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


@parallel_kernel()
def _take_mass(y, mass):  # type: ignore[no-untyped-def]
    for lane in prange(mass.size):
        n = np.int64(lane)
        mass[n] = y[n // LANES * SLOW + n % LANES]


@parallel_kernel()
def _add_flow(density, conductance, ends, links, y):  # type: ignore[no-untyped-def]
    """Add the density, and the mean of a node's two fluxes along each axis, to y."""
    for lane in prange(density.size):
        n = np.int64(lane)
        place = n // LANES * SLOW + n % LANES
        entry = n // LANES * (BLOCK - LANES) + n % LANES
        here = density[n]
        y[place] += here
        for axis in range(3):
            flux = np.float32(0)
            before = np.int64(links[entry + 2 * axis * LANES])
            behind = np.int64(links[entry + (2 * axis + 1) * LANES])
            up = before // BLOCK * LANES + before % LANES
            down = behind // BLOCK * LANES + behind % LANES
            if up != n:
                flux += conductance[axis, n] * (density[up] - here)
            if down != n:
                flux += conductance[axis, down] * (here - density[down])
            y[place + (axis + 1) * LANES] += np.float32(0.5) * flux
        y[place + LANES] += ends[n] * here
