"""Slow, obvious twins of the compiled flow kernels."""

from __future__ import annotations

import numpy as np

from shalelib.flow.lattice import OPPOSITE, VELOCITIES, WEIGHTS


def lattice_step(f, pore, *, omega_plus, omega_minus, r, force):
    """One step of the two-relaxation-time scheme on a dense box, periodic in all directions.

    f (19, z, y, x) are the populations before the rebound at the walls; returns the same one step
    later. A wall link is one that ends in solid, or that passes through an edge between two
    voxels that touch along an edge only.
    """
    wall = np.array([closed_links(pore, c) for c in VELOCITIES])
    f = f.copy()
    # Rebound: the population i that arrives from a wall, stored in i, left along the opposite.
    still = np.array([1.5 * w * c[0] * force for w, c in zip(WEIGHTS, VELOCITIES, strict=True)])
    arrives = np.array([wall[OPPOSITE[i]] for i in range(19)])
    weight = sum(WEIGHTS[i] * arrives[i] for i in range(19))
    total = sum(np.where(arrives[i], f[i] + still[i], 0) for i in range(19))
    for i in range(1, 19):
        share = WEIGHTS[i] * total / np.where(weight > 0, weight, 1)
        mixed = r * (f[i] + still[i]) + (1 - r) * share - still[i]
        f[i] = np.where(arrives[i], mixed, f[i])
    density = f.sum(0)
    momentum = np.tensordot(VELOCITIES.T, f, 1)
    momentum[0] += force / 2
    post = np.empty_like(f)
    for i in range(19):
        j = OPPOSITE[i]
        along = sum(VELOCITIES[i, a] * momentum[a] for a in range(3))
        even = (f[i] + f[j]) / 2 - WEIGHTS[i] * density
        odd = (f[i] - f[j]) / 2 - 3 * WEIGHTS[i] * along
        source = (1 - omega_minus / 2) * 3 * WEIGHTS[i] * VELOCITIES[i, 0] * force
        post[i] = f[i] - omega_plus * even - omega_minus * odd + source
    out = np.zeros_like(f)
    for i in range(19):
        arriving = np.roll(post[i], VELOCITIES[i], axis=(0, 1, 2))
        out[i] = np.where(arrives[i], post[OPPOSITE[i]], arriving) * pore
    return out


def closed_links(pore, c):
    """Where the link along c from a pore voxel is closed, in a periodic box."""

    def at(d):
        return np.roll(pore, [-v for v in d], axis=(0, 1, 2))

    closed = ~at(c)
    moving = np.flatnonzero(c)
    if len(moving) == 2:
        one, two = np.zeros(3, int), np.zeros(3, int)
        one[moving[0]], two[moving[1]] = c[moving[0]], c[moving[1]]
        closed = closed | (~at(one) & ~at(two))
    return closed & (np.any(c != 0))
