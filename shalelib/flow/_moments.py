"""Compiled sums over sparse populations: fluxes per slice, velocity and density per node."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit, prange

from shalelib.flow._kernels import CLASS_SHIFT, LANES
from shalelib.flow.lattice import VELOCITIES, WEIGHTS, Q
from shalelib.parallel import parallel_kernel

_WALLS = np.uint32((1 << CLASS_SHIFT) - 1)


@njit(cache=True)
def _arrived(f, n, bits, slip, force, g):
    """Copy the populations that reach node `n` into `g`, after the rebound at its walls."""
    total = 0.0
    weight = 0.0
    for i in range(Q):
        g[i] = f[(n // LANES * Q + i) * LANES + n % LANES]
        if i and bits & (1 << (i - 1)):
            total += g[i] + 1.5 * WEIGHTS[i] * VELOCITIES[i, 0] * force
            weight += WEIGHTS[i]
    if weight > 0 and slip != 0:
        for i in range(1, Q):
            if bits & (1 << (i - 1)):
                still = 1.5 * WEIGHTS[i] * VELOCITIES[i, 0] * force
                g[i] += slip * (WEIGHTS[i] * total / weight - (g[i] + still))


@parallel_kernel()
def slice_sums(f, node, first, out):
    """Fill `out` (2, slices): arrivals from the slice below and from the slice above.

    ``first[z]`` is the first node of slice z. Only open links count, not what a wall sends back, so
    ``out[0, z] - out[1, z - 1]`` is exactly the mass that crossed between slices z - 1 and z.
    """
    for plane in prange(first.size - 1):
        up = 0.0
        down = 0.0
        for n in range(first[plane], first[plane + 1]):
            bits = node[n] & _WALLS
            for i in range(1, Q):
                if bits & (1 << (i - 1)) == 0:
                    if VELOCITIES[i, 0] == 1:
                        up += f[(n // LANES * Q + i) * LANES + n % LANES]
                    elif VELOCITIES[i, 0] == -1:
                        down += f[(n // LANES * Q + i) * LANES + n % LANES]
        out[0, plane] = up
        out[1, plane] = down


@parallel_kernel()
def node_moments(f, node, table, force, first, density, velocity):
    """Fill the density deviation (n,) and the momentum (n, 3), half the force included.

    The nodes are the n from `first` on.
    """
    for row in prange(density.size):
        n = first + np.int64(row)
        g = np.empty(Q)
        _arrived(f, n, node[n] & _WALLS, table[node[n] >> CLASS_SHIFT, 2], force, g)
        density[row] = g.sum()
        for a in range(3):
            momentum = force / 2 if a == 0 else 0.0
            for i in range(1, Q):
                momentum += VELOCITIES[i, a] * g[i]
            velocity[row, a] = momentum
