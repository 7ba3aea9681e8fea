"""Slow, obvious twins of the compiled flow kernels, and an independent Stokes solver."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg, splu

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


def stokes_permeability(pore):
    """Permeability along z [voxel²] by finite differences on a staggered grid, no slip, periodic.

    Velocities live on the faces between two pore voxels and pressures in the voxels. Conjugate
    gradients on the pressure, with an exact sparse solve for each velocity component.
    """
    cells = np.cumsum(pore).reshape(pore.shape) - 1
    divergence, solvers, faces = [], [], []
    for axis in range(3):
        after = np.roll(pore, -1, axis)
        face = pore & after  # face n lies between voxel n and the next along the axis
        number = np.cumsum(face).reshape(face.shape) - 1
        count = int(face.sum())
        ahead = np.roll(cells, -1, axis)[face]
        columns = np.tile(np.arange(count), 2)
        values = np.repeat([1.0, -1.0], count)
        rows = np.concatenate([cells[face], ahead])
        shape = (int(pore.sum()), count)
        divergence.append(sparse.coo_matrix((values, (rows, columns)), shape=shape).tocsr())
        solvers.append(splu(_face_laplacian(pore, face, number, axis).tocsc()))
        faces.append(count)

    def apply(p):
        return sum(d @ s.solve(d.T @ p) for d, s in zip(divergence, solvers, strict=True))

    free = solvers[0].solve(np.ones(faces[0]))
    n = int(pore.sum())
    pressure, info = cg(LinearOperator((n, n), apply), divergence[0] @ free, rtol=1e-5, maxiter=999)
    assert info == 0
    return float((free - solvers[0].solve(divergence[0].T @ pressure)).sum() / pore.size)


def _face_laplacian(pore, face, number, axis):
    """Minus the Laplacian of the velocity component on its open faces, 0 at the walls.

    A neighbouring face that is closed by one solid voxel is a place of rest one voxel away; one
    between two solid voxels lies behind a wall half a voxel away, which counts twice.
    """
    count = int(face.sum())
    diagonal = np.zeros(count)
    rows, columns = [], []
    for other in range(3):
        for step in (1, -1):
            open_there = np.roll(face, -step, other)[face]
            there = np.roll(number, -step, other)[face]
            voxel = np.roll(pore, -step, other)
            solid = ~voxel & ~np.roll(voxel, -1, axis)
            diagonal += np.where(solid[face], 2, 1)
            rows.append(np.flatnonzero(open_there))
            columns.append(there[open_there])
    indices = (np.concatenate(rows), np.concatenate(columns))
    off = sparse.coo_matrix((np.ones(len(indices[0])), indices), shape=(count, count))
    return sparse.diags(diagonal) - off
