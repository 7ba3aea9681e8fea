r"""The lattice as a map of density and momentum alone.

After a few steps a gas follows its density and momentum: the rest of its nineteen populations
decays by the factors :math:`1 - \omega_\pm`, which vanish if :math:`T_\pm = 1/2`. The slow part of
the problem thus has four numbers per node. They are stored like populations, in blocks of `LANES`
nodes, the density first and then the momentum along z, y and x.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit, prange, uint64
from numpy.typing import NDArray

from shalelib.flow import _kernels
from shalelib.flow._kernels import BLOCK, CHUNK, LANES
from shalelib.flow.lattice import OPPOSITE, VELOCITIES, WEIGHTS, Q
from shalelib.flow.problem import Populations, Problem
from shalelib.parallel import parallel_kernel

MOMENTS = 4
SLOW = MOMENTS * LANES
"""Numbers per block."""

Moments = NDArray[np.float32]


def stream(problem: Problem, y: Moments, work: Populations, out: Moments) -> None:
    """Fill `out` with density and momentum one undriven step after the equilibrium of `y`.

    `work` is an array of populations that is overwritten.
    """
    domain = problem.domain
    if problem.walls_slip:
        spread(y, work, False)
        table = problem.table.astype(work.dtype)
        _kernels.even_step(work, domain.node, table, True, work.dtype.type(0))
    else:
        spread(y, work, True)  # at equilibrium a collision changes nothing
    _kernels.turn_faces(work, domain.face_slots, domain.face_gain, 0.0)
    collect(work, domain.links, domain.count, out)


@njit(cache=True)
def _keep(total, b, count, y):
    """Write the moments of a block; the unused lanes of the last one stay empty."""
    for a in range(MOMENTS):
        for k in range(LANES):
            inside = b * LANES + k < count
            y[uint64(b * SLOW + a * LANES + k)] = total[a, uint64(k)] if inside else 0


@parallel_kernel()
def spread(y, f, turned):
    """Fill `f` with the equilibrium populations of `y`, in the opposite slots if `turned`."""
    blocks = f.size // BLOCK
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            for i in range(Q):
                place = b * BLOCK + (OPPOSITE[i] if turned else i) * LANES
                w = f.dtype.type(WEIGHTS[i])
                cz = f.dtype.type(3 * WEIGHTS[i] * VELOCITIES[i, 0])
                cy = f.dtype.type(3 * WEIGHTS[i] * VELOCITIES[i, 1])
                cx = f.dtype.type(3 * WEIGHTS[i] * VELOCITIES[i, 2])
                for k in range(LANES):
                    at = uint64(b * SLOW + k)
                    along = cz * y[at + uint64(LANES)] + cy * y[at + uint64(2 * LANES)]
                    f[uint64(place + k)] = w * y[at] + along + cx * y[at + uint64(3 * LANES)]


@parallel_kernel()
def collect(f, links, count, y):
    """Fill `y` with the moments of what arrives at each node from the slots of its links."""
    blocks = f.size // BLOCK
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        total = np.empty((MOMENTS, LANES), y.dtype)
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            total[:] = 0
            for k in range(LANES):
                total[0, uint64(k)] = f[uint64(b * BLOCK + k)]
            for i in range(1, Q):
                start = b * (BLOCK - LANES) + (i - 1) * LANES
                cz = y.dtype.type(VELOCITIES[i, 0])
                cy = y.dtype.type(VELOCITIES[i, 1])
                cx = y.dtype.type(VELOCITIES[i, 2])
                for k in range(LANES):
                    arrived = f[uint64(links[uint64(start + k)])]
                    total[0, uint64(k)] += arrived
                    total[1, uint64(k)] += cz * arrived
                    total[2, uint64(k)] += cy * arrived
                    total[3, uint64(k)] += cx * arrived
            _keep(total, b, count, y)


@parallel_kernel()
def moments(f, count, y):
    """Fill `y` with the density and momentum of populations where they lie."""
    blocks = f.size // BLOCK
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        total = np.empty((MOMENTS, LANES), y.dtype)
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            total[:] = 0
            for i in range(Q):
                for k in range(LANES):
                    value = f[uint64(b * BLOCK + i * LANES + k)]
                    total[0, uint64(k)] += value
                    for a in range(3):
                        total[1 + a, uint64(k)] += y.dtype.type(VELOCITIES[i, a]) * value
            _keep(total, b, count, y)


@parallel_kernel()
def move(f, moved, change, share):
    """Add a share of `change` to `f` and to the record of how far it has moved."""
    for chunk in prange((f.size // BLOCK + CHUNK - 1) // CHUNK):
        lo = np.int64(chunk) * CHUNK * BLOCK
        for i in range(lo, min(f.size, lo + CHUNK * BLOCK)):
            part = share * change[i]
            f[i] += part
            moved[i] += part


@parallel_kernel()
def go_back(f, moved, share):
    """Undo a share of how far `f` has moved, and restart its record with that."""
    for chunk in prange((f.size // BLOCK + CHUNK - 1) // CHUNK):
        lo = np.int64(chunk) * CHUNK * BLOCK
        for i in range(lo, min(f.size, lo + CHUNK * BLOCK)):
            moved[i] *= -share
            f[i] += moved[i]
