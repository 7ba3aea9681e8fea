"""Compiled kernels on sparse populations: arrays in, fills arrays, no checks, no allocation.

Populations are flat arrays in blocks of `LANES` nodes (see `shalelib.flow.sparse`). Each thread
takes a run of blocks; no two nodes write the same slot, so that every kernel is free of races and
gives the same bits for any number of threads. Indices are cast to unsigned integers, which spares
the test for negative ones and lets the loops over lanes vectorise.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit, prange, uint64

from shalelib.flow._prefetch import LINE, prefetch
from shalelib.flow.lattice import Q
from shalelib.parallel import parallel_kernel

LANES = 16
"""Nodes in a block: two 512-bit vectors of float64."""

BLOCK = Q * LANES
CHUNK = 64
"""Blocks that a thread takes at a time."""

AHEAD = 8
"""Number of blocks by which the odd step prefetches memory ahead of its use."""

CLASS_SHIFT = 18
"""Bits of `node` below the class: one for each moving direction, set at a wall."""

FIRST = np.int64(0)
"""Offset of the first block; a literal 0 would have the functions below compiled once more."""

_CONTRACT = {"contract"}  # fused multiply-add alone: rounds once instead of twice


@njit(cache=True, fastmath=_CONTRACT)
def _collide(g, o, plus, minus, force):
    """Relax one block at offset `o` of `g` and leave each population in the opposite place."""
    s = LANES
    u = uint64
    for k in range(LANES):
        p = o + k
        wp = plus[u(k)]
        wm = minus[u(k)]
        g0 = g[u(p)]
        z1, z2 = g[u(p + s)], g[u(p + 2 * s)]
        y1, y2 = g[u(p + 3 * s)], g[u(p + 4 * s)]
        x1, x2 = g[u(p + 5 * s)], g[u(p + 6 * s)]
        a1, a2 = g[u(p + 7 * s)], g[u(p + 8 * s)]
        b1, b2 = g[u(p + 9 * s)], g[u(p + 10 * s)]
        c1, c2 = g[u(p + 11 * s)], g[u(p + 12 * s)]
        d1, d2 = g[u(p + 13 * s)], g[u(p + 14 * s)]
        e1, e2 = g[u(p + 15 * s)], g[u(p + 16 * s)]
        h1, h2 = g[u(p + 17 * s)], g[u(p + 18 * s)]
        sz, dz = z1 + z2, z1 - z2
        sy, dy = y1 + y2, y1 - y2
        sx, dx = x1 + x2, x1 - x2
        sa, da = a1 + a2, a1 - a2
        sb, db = b1 + b2, b1 - b2
        sc, dc = c1 + c2, c1 - c2
        sd, dd = d1 + d2, d1 - d2
        se, de = e1 + e2, e1 - e2
        sh, dh = h1 + h2, h1 - h2
        rho = g0 + ((sz + sy) + (sx + sa)) + ((sb + sc) + (sd + se)) + sh
        half = g.dtype.type(0.5)
        qz = (wm * (dz + ((da + db) + (dc + dd))) + force) * g.dtype.type(1 / 6)
        qy = (wm * (dy + ((da - db) + (de + dh)))) * g.dtype.type(1 / 6)
        qx = (wm * (dx + ((dc - dd) + (de - dh)))) * g.dtype.type(1 / 6)
        kp = half - half * wp
        km = half - half * wm
        er = wp * rho
        g[u(p)] = (kp + kp) * g0 + er * g.dtype.type(1 / 3)
        er = er * g.dtype.type(1 / 18)
        t, v = kp * sz + er, km * dz + qz
        g[u(p + s)], g[u(p + 2 * s)] = t - v, t + v
        t, v = kp * sy + er, km * dy + qy
        g[u(p + 3 * s)], g[u(p + 4 * s)] = t - v, t + v
        t, v = kp * sx + er, km * dx + qx
        g[u(p + 5 * s)], g[u(p + 6 * s)] = t - v, t + v
        er = er * half
        qz, qy, qx = qz * half, qy * half, qx * half
        t, v = kp * sa + er, km * da + (qz + qy)
        g[u(p + 7 * s)], g[u(p + 8 * s)] = t - v, t + v
        t, v = kp * sb + er, km * db + (qz - qy)
        g[u(p + 9 * s)], g[u(p + 10 * s)] = t - v, t + v
        t, v = kp * sc + er, km * dc + (qz + qx)
        g[u(p + 11 * s)], g[u(p + 12 * s)] = t - v, t + v
        t, v = kp * sd + er, km * dd + (qz - qx)
        g[u(p + 13 * s)], g[u(p + 14 * s)] = t - v, t + v
        t, v = kp * se + er, km * de + (qy + qx)
        g[u(p + 15 * s)], g[u(p + 16 * s)] = t - v, t + v
        t, v = kp * sh + er, km * dh + (qy - qx)
        g[u(p + 17 * s)], g[u(p + 18 * s)] = t - v, t + v


@njit(cache=True, fastmath=_CONTRACT)
def _rebound(g, o, node, n0, slip, force):
    """Turn what left through the walls of a block's nodes into what comes back.

    f_i = r f_opp + (1 - r) (w_i / sum w) sum f_out over the wall links of the node; `slip` holds
    1 - r per lane. The mixing acts on the populations less those of a gas at rest under the force,
    so that a force and a pressure gradient drive the same flow.
    """
    s = LANES
    u = uint64
    far = g.dtype.type(1 / 12) * force  # 1.5 w force on the axes
    near = g.dtype.type(1 / 24) * force  # and on the diagonals
    axis, diagonal = g.dtype.type(1 / 18), g.dtype.type(1 / 36)
    for k in range(LANES):
        p = o + k
        wall = np.int64(node[u(n0 + k)])
        z1 = g[u(p + 1 * s)] + far
        z2 = g[u(p + 2 * s)] - far
        y1 = g[u(p + 3 * s)]
        y2 = g[u(p + 4 * s)]
        x1 = g[u(p + 5 * s)]
        x2 = g[u(p + 6 * s)]
        a1 = g[u(p + 7 * s)] + near
        a2 = g[u(p + 8 * s)] - near
        b1 = g[u(p + 9 * s)] + near
        b2 = g[u(p + 10 * s)] - near
        c1 = g[u(p + 11 * s)] + near
        c2 = g[u(p + 12 * s)] - near
        d1 = g[u(p + 13 * s)] + near
        d2 = g[u(p + 14 * s)] - near
        e1 = g[u(p + 15 * s)]
        e2 = g[u(p + 16 * s)]
        h1 = g[u(p + 17 * s)]
        h2 = g[u(p + 18 * s)]
        mz1 = g.dtype.type((wall >> 0) & 1)
        mz2 = g.dtype.type((wall >> 1) & 1)
        my1 = g.dtype.type((wall >> 2) & 1)
        my2 = g.dtype.type((wall >> 3) & 1)
        mx1 = g.dtype.type((wall >> 4) & 1)
        mx2 = g.dtype.type((wall >> 5) & 1)
        ma1 = g.dtype.type((wall >> 6) & 1)
        ma2 = g.dtype.type((wall >> 7) & 1)
        mb1 = g.dtype.type((wall >> 8) & 1)
        mb2 = g.dtype.type((wall >> 9) & 1)
        mc1 = g.dtype.type((wall >> 10) & 1)
        mc2 = g.dtype.type((wall >> 11) & 1)
        md1 = g.dtype.type((wall >> 12) & 1)
        md2 = g.dtype.type((wall >> 13) & 1)
        me1 = g.dtype.type((wall >> 14) & 1)
        me2 = g.dtype.type((wall >> 15) & 1)
        mh1 = g.dtype.type((wall >> 16) & 1)
        mh2 = g.dtype.type((wall >> 17) & 1)
        faces = mz1 + mz2 + my1 + my2 + mx1 + mx2
        edges = ma1 + ma2 + mb1 + mb2 + mc1 + mc2
        edges += md1 + md2 + me1 + me2 + mh1 + mh2
        total = mz1 * z1 + mz2 * z2 + my1 * y1 + my2 * y2 + mx1 * x1 + mx2 * x2
        total += ma1 * a1 + ma2 * a2 + mb1 * b1 + mb2 * b2 + mc1 * c1 + mc2 * c2
        total += md1 * d1 + md2 * d2 + me1 * e1 + me2 * e2 + mh1 * h1 + mh2 * h2
        mean = total / max(axis * faces + diagonal * edges, diagonal)
        on_axis, on_diagonal = axis * mean, diagonal * mean
        mixed = slip[u(k)]
        g[u(p + 1 * s)] = z1 - far + mixed * mz1 * (on_axis - z1)
        g[u(p + 2 * s)] = z2 + far + mixed * mz2 * (on_axis - z2)
        g[u(p + 3 * s)] = y1 + mixed * my1 * (on_axis - y1)
        g[u(p + 4 * s)] = y2 + mixed * my2 * (on_axis - y2)
        g[u(p + 5 * s)] = x1 + mixed * mx1 * (on_axis - x1)
        g[u(p + 6 * s)] = x2 + mixed * mx2 * (on_axis - x2)
        g[u(p + 7 * s)] = a1 - near + mixed * ma1 * (on_diagonal - a1)
        g[u(p + 8 * s)] = a2 + near + mixed * ma2 * (on_diagonal - a2)
        g[u(p + 9 * s)] = b1 - near + mixed * mb1 * (on_diagonal - b1)
        g[u(p + 10 * s)] = b2 + near + mixed * mb2 * (on_diagonal - b2)
        g[u(p + 11 * s)] = c1 - near + mixed * mc1 * (on_diagonal - c1)
        g[u(p + 12 * s)] = c2 + near + mixed * mc2 * (on_diagonal - c2)
        g[u(p + 13 * s)] = d1 - near + mixed * md1 * (on_diagonal - d1)
        g[u(p + 14 * s)] = d2 + near + mixed * md2 * (on_diagonal - d2)
        g[u(p + 15 * s)] = e1 + mixed * me1 * (on_diagonal - e1)
        g[u(p + 16 * s)] = e2 + mixed * me2 * (on_diagonal - e2)
        g[u(p + 17 * s)] = h1 + mixed * mh1 * (on_diagonal - h1)
        g[u(p + 18 * s)] = h2 + mixed * mh2 * (on_diagonal - h2)


@njit(cache=True)
def _look_up(node, n0, table, plus, minus, slip):
    """Copy the rates and 1 - r of the classes of a block's nodes into lanes."""
    for k in range(LANES):
        c = uint64(node[uint64(n0 + k)] >> np.uint32(CLASS_SHIFT))
        plus[uint64(k)] = table[c, uint64(0)]
        minus[uint64(k)] = table[c, uint64(1)]
        slip[uint64(k)] = table[c, uint64(2)]


@parallel_kernel()
def even_step(f, node, table, walls_slip, force):
    """Rebound and collide where the populations lie; write each into the opposite slot."""
    blocks = node.size // LANES
    uniform = table.shape[0] == 1
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        lane = np.empty((3, LANES), f.dtype)
        _look_up(np.zeros(LANES, np.uint32), FIRST, table, lane[0], lane[1], lane[2])
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            if not uniform:
                _look_up(node, b * LANES, table, lane[0], lane[1], lane[2])
            if walls_slip:
                _rebound(f, b * BLOCK, node, b * LANES, lane[2], force)
            _collide(f, b * BLOCK, lane[0], lane[1], force)


@njit(cache=True)
def _block_above(links, b):
    """Return the last block that block `b` reads in the next slice; `b` if all links are closed."""
    last = np.uint32(0)
    for k in range(LANES):
        last = max(last, links[uint64(b * (BLOCK - LANES) + LANES + k)])
    return np.int64(last) // BLOCK


@parallel_kernel()
def odd_step(f, links, node, table, walls_slip, force):
    """Gather from the neighbours, rebound, collide, and scatter to the same slots.

    Reads from the next slice are the first to touch that part of memory, and are scattered. It is
    therefore prefetched, in order and whole blocks at a time.
    """
    blocks = node.size // LANES
    uniform = table.shape[0] == 1
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        lane = np.empty((3, LANES), f.dtype)
        g = np.empty(BLOCK, f.dtype)
        _look_up(np.zeros(LANES, np.uint32), FIRST, table, lane[0], lane[1], lane[2])
        asked = _block_above(links, np.int64(chunk) * CHUNK)
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            while asked < min(_block_above(links, b) + AHEAD, blocks):
                for k in range(0, BLOCK, LINE // f.itemsize):
                    prefetch(f, np.int64(asked * BLOCK + k))  # type: ignore[call-arg]
                asked += 1
            start = b * (BLOCK - LANES)
            for k in range(LANES):
                g[uint64(k)] = f[uint64(b * BLOCK + k)]
            for k in range(BLOCK - LANES):
                g[uint64(LANES + k)] = f[uint64(links[uint64(start + k)])]
            if not uniform:
                _look_up(node, b * LANES, table, lane[0], lane[1], lane[2])
            if walls_slip:
                _rebound(g, FIRST, node, b * LANES, lane[2], force)
            _collide(g, FIRST, lane[0], lane[1], force)
            for k in range(LANES):
                f[uint64(b * BLOCK + k)] = g[uint64(k)]
            for k in range(BLOCK - LANES):
                f[uint64(links[uint64(start + k)])] = g[uint64(LANES + k)]


@njit(cache=True)
def turn_faces(f, slots, gain, pressure):
    """Reverse the sign of what enters through the ends and add the imposed pressure."""
    for k in range(slots.size):
        f[slots[k]] = f.dtype.type(pressure * gain[k]) - f[slots[k]]


@parallel_kernel()
def step_change(f, out, links, node, table, walls_slip, force):
    """Fill `out` with what one step changes: rebound, collide, scatter, less what was there."""
    blocks = node.size // LANES
    uniform = table.shape[0] == 1
    for chunk in prange((blocks + CHUNK - 1) // CHUNK):
        lane = np.empty((3, LANES), f.dtype)
        g = np.empty(BLOCK, f.dtype)
        _look_up(np.zeros(LANES, np.uint32), FIRST, table, lane[0], lane[1], lane[2])
        for b in range(np.int64(chunk) * CHUNK, min(blocks, (np.int64(chunk) + 1) * CHUNK)):
            for k in range(BLOCK):
                g[uint64(k)] = f[uint64(b * BLOCK + k)]
            if not uniform:
                _look_up(node, b * LANES, table, lane[0], lane[1], lane[2])
            if walls_slip:
                _rebound(g, FIRST, node, b * LANES, lane[2], force)
            _collide(g, FIRST, lane[0], lane[1], force)
            for k in range(LANES):
                here = uint64(b * BLOCK + k)
                out[here] = g[uint64(k)] - f[here]
            start = b * (BLOCK - LANES)
            for k in range(BLOCK - LANES):
                there = uint64(links[uint64(start + k)])
                out[there] = g[uint64(LANES + k)] - f[there]


@njit(cache=True)
def turn_changes(f, out, slots, gain, pressure):
    """Reverse what enters through the ends, as `turn_faces` does, where `out` is a change."""
    for k in range(slots.size):
        s = slots[k]
        out[s] = pressure * gain[k] - out[s] - 2 * f[s]
