"""Compiled kernels behind the local thickness: distances, and the spheres that cover a voxel.

Arrays in, fills arrays. All run over planes in parallel, each of which a single thread writes.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from shalelib.parallel import parallel_kernel


@njit(cache=True, inline="always")
def _voxel(index, size, wraps):
    """Voxel that `index` is, beyond the faces its copy or its mirror image."""
    if wraps:
        return index % size
    return min(max(index, 0), size - 1)


@parallel_kernel()
def mark_surfaces(pore, wraps, walls, squares, far):
    """Set `squares` to 0 where a half voxel touches solid and to `far` elsewhere."""
    n0, n1, n2 = pore.shape
    for plane in prange(squares.shape[0]):
        a = np.int64(plane)
        shut = walls[0] and (a == 0 or a == 2 * n0)
        low, high = _voxel((a - 1) // 2, n0, wraps[0]), _voxel(a // 2, n0, wraps[0])
        for b in range(squares.shape[1]):
            edge = shut or (walls[1] and (b == 0 or b == 2 * n1))
            left, right = _voxel((b - 1) // 2, n1, wraps[1]), _voxel(b // 2, n1, wraps[1])
            for c in range(squares.shape[2]):
                solid = edge or (walls[2] and (c == 0 or c == 2 * n2))
                one, other = _voxel((c - 1) // 2, n2, wraps[2]), _voxel(c // 2, n2, wraps[2])
                for z in (low, high):
                    for y in (left, right):
                        solid = solid or not pore[z, y, one] or not pore[z, y, other]
                squares[a, b, c] = 0 if solid else far


@parallel_kernel()
def lower_lines(squares, wraps):
    """Replace squares[j] by the least squares[j] + (i - j)² along the middle axis.

    By search outwards from each point, which ends as soon as the way alone is longer.
    """
    n = squares.shape[1]
    reach = n // 2 + 1 if wraps else n
    for plane in prange(squares.shape[0]):
        a = np.int64(plane)
        before = squares[a].copy()
        for i in range(n):
            for c in range(squares.shape[2]):
                best = np.int64(before[i, c])
                k = 1
                while k * k < best and k < reach:
                    for j in (i - k, i + k):
                        if wraps:
                            best = min(best, np.int64(before[j % n, c]) + k * k)
                        elif 0 <= j < n:
                            best = min(best, np.int64(before[j, c]) + k * k)
                    k += 1
                squares[a, i, c] = best


def pyramid(squares: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Largest value of each block of 2, 4, 8 ... points a side, up to the whole.

    Returns
    -------
    flat array, (levels, 4) array
        The blocks of all levels after one another; of each level where it begins, and its shape.
    """
    shapes = [np.array(squares.shape)]
    while shapes[-1].max() > 1:
        shapes.append((shapes[-1] + 1) // 2)
    sizes = [int(shape.prod()) for shape in shapes[1:]]
    starts = np.cumsum([0, *sizes])
    blocks = np.empty(starts[-1], squares.dtype)
    levels = np.array([[start, *shape] for start, shape in zip(starts, shapes[1:], strict=False)])
    finer = squares
    for begin, size, shape in zip(starts.tolist(), sizes, shapes[1:], strict=False):
        coarser = blocks[begin : begin + size].reshape(shape)
        _coarsen(finer, coarser)
        finer = coarser
    return blocks, levels


@parallel_kernel()
def _coarsen(finer, coarser):
    n0, n1, n2 = finer.shape
    for plane in prange(coarser.shape[0]):
        a = np.int64(plane)
        for b in range(coarser.shape[1]):
            for c in range(coarser.shape[2]):
                best = finer[2 * a, 2 * b, 2 * c]
                for i in range(2 * a, min(2 * a + 2, n0)):
                    for j in range(2 * b, min(2 * b + 2, n1)):
                        for k in range(2 * c, min(2 * c + 2, n2)):
                            best = max(best, finer[i, j, k])
                coarser[a, b, c] = best


@njit(cache=True, inline="always")
def _apart(point, low, high, period):
    """Distance along an axis from a point to an interval, over the faces if there is a period."""
    if low <= point <= high:
        return 0
    if period:
        return min((low - point) % period, (point - high) % period)
    return max(low - point, point - high)


@parallel_kernel()
def cover(pore, squares, wraps, blocks, levels, thickness):
    """Fill `thickness` with the diameter of the largest sphere about a half voxel that covers it.

    A search down the pyramid that leaves a block aside if no sphere in it is larger than the best
    one found or could reach the voxel. The sphere over the voxel before is the first to be tried.
    """
    n0, n1, n2 = squares.shape
    p0, p1, p2 = n0 * wraps[0], n1 * wraps[1], n2 * wraps[2]
    top = levels.shape[0] - 1
    for plane in prange(pore.shape[0]):
        stack = np.empty((8 * (top + 2), 4), np.int64)
        z = 2 * np.int64(plane) + 1
        ga, gb, gc = np.int64(0), np.int64(0), np.int64(0)
        for row in range(pore.shape[1]):
            y = 2 * np.int64(row) + 1
            for column in range(pore.shape[2]):
                if not pore[plane, row, column]:
                    continue
                x = 2 * np.int64(column) + 1
                best = np.int64(squares[ga, gb, gc])
                away = _apart(z, ga, ga, p0) ** 2 + _apart(y, gb, gb, p1) ** 2
                if away + _apart(x, gc, gc, p2) ** 2 >= best or best < squares[z, y, x]:
                    ga, gb, gc = z, y, x
                    best = np.int64(squares[z, y, x])
                size = 1
                stack[0] = top, 0, 0, 0
                while size:
                    size -= 1
                    level, i, j, k = stack[size]
                    if level < 0:
                        value = np.int64(squares[i, j, k])
                    else:
                        start, _, m1, m2 = levels[level]
                        value = np.int64(blocks[start + (i * m1 + j) * m2 + k])
                    if value <= best:
                        continue
                    edge = 2 << level if level >= 0 else 1
                    away = _apart(z, i * edge, min((i + 1) * edge, n0) - 1, p0) ** 2
                    away += _apart(y, j * edge, min((j + 1) * edge, n1) - 1, p1) ** 2
                    away += _apart(x, k * edge, min((k + 1) * edge, n2) - 1, p2) ** 2
                    if away >= value:
                        continue
                    if level < 0:
                        best, ga, gb, gc = value, i, j, k
                        continue
                    if level == 0:
                        s0, s1, s2 = n0, n1, n2
                    else:
                        _, s0, s1, s2 = levels[level - 1]
                    for a in range(2 * i, min(2 * i + 2, s0)):
                        for b in range(2 * j, min(2 * j + 2, s1)):
                            for c in range(2 * k, min(2 * k + 2, s2)):
                                stack[size] = level - 1, a, b, c
                                size += 1
                thickness[plane, row, column] = np.sqrt(best)
