"""Compiled kernels behind the local thickness: distances, and the spheres that cover a voxel.

The kernels take arrays and fill arrays. All run over planes in parallel, and a single thread writes
each plane; the work in a plane is a function of its own, as code in a parallel loop takes longer to
compile.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from shalelib.parallel import parallel_kernel

_TILE = 4  # voxels per side of a tile, which shares a list of the blocks that may reach it
_SHARED = 1  # level of the blocks in the list: 4 points per side
_NONE = np.int64(2**62)


@njit(cache=True, forceinline=True)
def _voxel(index, size, wraps):
    """Return the voxel of an index; beyond the faces, that of the copy or the mirror image."""
    if wraps:
        return index % size
    return min(max(index, 0), size - 1)


@parallel_kernel()
def mark_surfaces(pore, wraps, walls, squares, far):
    """Set `squares` to 0 where a point of the half-voxel grid touches solid, else to `far`."""
    for plane in prange(squares.shape[0]):
        _mark_plane(np.int64(plane), pore, wraps, walls, squares, far)


@njit(cache=True)
def _mark_plane(a, pore, wraps, walls, squares, far):
    """Do what `mark_surfaces` does for one plane."""
    n0, n1, n2 = pore.shape
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
    """Replace squares[i] by the smallest squares[j] + (i - j)² along the middle axis.

    The search goes outwards from each point, and ends as soon as (i - j)² alone is larger.
    """
    for plane in prange(squares.shape[0]):
        _lower_plane(squares[plane], wraps)


@njit(cache=True)
def _lower_plane(plane, wraps):
    """Do what `lower_lines` does for one plane."""
    n = plane.shape[0]
    reach = n // 2 + 1 if wraps else n
    before = plane.copy()
    for i in range(n):
        for c in range(plane.shape[1]):
            best = np.int64(before[i, c])
            k = 1
            while k * k < best and k < reach:
                for j in (i - k, i + k):
                    if wraps:
                        best = min(best, np.int64(before[j % n, c]) + k * k)
                    elif 0 <= j < n:
                        best = min(best, np.int64(before[j, c]) + k * k)
                k += 1
            plane[i, c] = best


def pyramid(squares: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the largest value of each block of 2, 4, 8 ... points per side, up to the whole.

    Returns
    -------
    flat array, (levels, 4) array
        The blocks of all levels, one level after another; for each level the index where it begins,
        and its shape.
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
    for plane in prange(coarser.shape[0]):
        _coarsen_plane(np.int64(plane), finer, coarser)


@njit(cache=True)
def _coarsen_plane(a, finer, coarser):
    """Do what `_coarsen` does for one plane."""
    n0, n1, n2 = finer.shape
    for b in range(coarser.shape[1]):
        for c in range(coarser.shape[2]):
            best = finer[2 * a, 2 * b, 2 * c]
            for i in range(2 * a, min(2 * a + 2, n0)):
                for j in range(2 * b, min(2 * b + 2, n1)):
                    for k in range(2 * c, min(2 * c + 2, n2)):
                        best = max(best, finer[i, j, k])
            coarser[a, b, c] = best


@njit(cache=True, forceinline=True)
def _apart(low, high, first, last, period):
    """Return the distance between two intervals on an axis, across the faces if periodic."""
    if low <= last and first <= high:
        return 0
    if period:
        return min((first - high) % period, (low - last) % period)
    return max(first - high, low - last)


# Arguments of the functions below: `grid` holds the shape of the half-voxel grid, `blocks` and
# `levels` of `pyramid`, and the periods along the axes; `block` holds its level and its place along
# the axes. A row of `stack` and `near` holds a block and the largest sphere in it.


@njit(cache=True, forceinline=True)
def _push(stack, size, block, least, low, high, grid):
    """Stack those parts of a block that hold a sphere above `least` and are near enough for it.

    The sphere must reach the box from `low` to `high`. Returns the new size of the stack.
    """
    level, i, j, k = block
    shape, blocks, levels, periods = grid
    start, s0, s1, s2 = levels[level - 1]
    edge = 1 << level
    for a in range(2 * i, min(2 * i + 2, s0)):
        last = min((a + 1) * edge, shape[0]) - 1
        plane = _apart(low[0], high[0], a * edge, last, periods[0]) ** 2
        for b in range(2 * j, min(2 * j + 2, s1)):
            last = min((b + 1) * edge, shape[1]) - 1
            line = plane + _apart(low[1], high[1], b * edge, last, periods[1]) ** 2
            for c in range(2 * k, min(2 * k + 2, s2)):
                value = np.int64(blocks[start + (a * s1 + b) * s2 + c])
                if value <= least:
                    continue
                last = min((c + 1) * edge, shape[2]) - 1
                if line + _apart(low[2], high[2], c * edge, last, periods[2]) ** 2 < value:
                    stack[size, 0], stack[size, 1], stack[size, 2] = level - 1, a, b
                    stack[size, 3], stack[size, 4] = c, value
                    size += 1
    return size


@njit(cache=True, forceinline=True)
def _scan(block, at, best, sphere, squares, periods):
    """Return the largest sphere about a point of a level-0 block that covers `at`, or the given."""
    _, i, j, k = block
    n0, n1, n2 = squares.shape
    for a in range(2 * i, min(2 * i + 2, n0)):
        plane = _apart(at[0], at[0], a, a, periods[0]) ** 2
        for b in range(2 * j, min(2 * j + 2, n1)):
            line = plane + _apart(at[1], at[1], b, b, periods[1]) ** 2
            for c in range(2 * k, min(2 * k + 2, n2)):
                value = np.int64(squares[a, b, c])
                if value > best and line + _apart(at[2], at[2], c, c, periods[2]) ** 2 < value:
                    best, sphere = value, (a, b, c)
    return best, sphere


@njit(cache=True, forceinline=True)
def _square(at, first, edge, shape, periods):
    """Return the squared distance of a point from a cube."""
    away = 0
    for axis in range(3):
        last = min(first[axis] + edge, shape[axis]) - 1
        away += _apart(at[axis], at[axis], first[axis], last, periods[axis]) ** 2
    return away


@njit(cache=True)
def _least(pore, squares, begin, end):
    """Return the smallest sphere about a pore voxel of a tile; `_NONE` if it has no pores."""
    least = _NONE
    for z in range(begin[0], end[0]):
        for y in range(begin[1], end[1]):
            for x in range(begin[2], end[2]):
                if pore[z, y, x]:
                    least = min(least, np.int64(squares[2 * z + 1, 2 * y + 1, 2 * x + 1]))
    return least


@njit(cache=True)
def _reached(blocks, levels):
    """Return the largest number of `_SHARED` blocks that a sphere may reach from a tile."""
    shared = min(_SHARED, levels.shape[0] - 1)
    across = (2 * _TILE + 2 * np.int64(np.sqrt(blocks[-1]))) // (2 << shared) + 3
    count = np.int64(1)
    for axis in range(3):
        count *= min(levels[shared, axis + 1], across)
    return count


@njit(cache=True)
def _list_near(near, stack, least, low, high, grid):
    """List the `_SHARED` blocks that `_push` finds for a box; return how many there are."""
    top = grid[2].shape[0] - 1
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = top, 0, 0, 0
    stack[0, 4] = grid[1][-1]  # the whole is the last of the blocks
    size, count = 1, 0
    while size:
        size -= 1
        block = (stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3])
        if block[0] > min(_SHARED, top):
            size = _push(stack, size, block, least, low, high, grid)
            continue
        for column in range(5):
            near[count, column] = stack[size, column]
        count += 1
    return count


@njit(cache=True)
def _largest(at, near, order, best, sphere, stack, squares, grid):
    """Return the largest sphere that covers a point, and its centre, given one that does."""
    shape, _, _, periods = grid
    for which in order:
        value, edge = near[which, 4], 2 << near[which, 0]
        if value <= best:
            break
        first = (near[which, 1] * edge, near[which, 2] * edge, near[which, 3] * edge)
        if _square(at, first, edge, shape, periods) >= value:
            continue
        for column in range(5):
            stack[0, column] = near[which, column]
        size = 1
        while size:
            size -= 1
            if stack[size, 4] <= best:
                continue
            block = (stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3])
            if block[0]:
                size = _push(stack, size, block, best, at, at, grid)
            else:
                best, sphere = _scan(block, at, best, sphere, squares, periods)
    return best, sphere


@parallel_kernel()
def cover(pore, squares, wraps, blocks, levels, thickness):
    """Fill `thickness` with the diameter of the largest sphere that covers each voxel.

    Spheres are centred on the points of the half-voxel grid. Blocks that may reach any voxel of a
    tile are listed, the largest sphere first. Each voxel then searches those that hold a sphere
    larger than the best one found so far; the sphere that covers the voxel before is tried first.
    """
    for tile in prange((pore.shape[0] + _TILE - 1) // _TILE):
        _cover_tiles(np.int64(tile), pore, squares, wraps, blocks, levels, thickness)


@njit(cache=True)
def _cover_tiles(tile, pore, squares, wraps, blocks, levels, thickness):
    """Do what `cover` does for the tiles of one layer."""
    m0, m1, m2 = pore.shape
    n0, n1, n2 = squares.shape
    top = levels.shape[0] - 1
    periods = (n0 * wraps[0], n1 * wraps[1], n2 * wraps[2])
    grid = (squares.shape, blocks, levels, periods)
    z0 = tile * _TILE
    z1 = min(z0 + _TILE, m0)
    stack = np.empty((8 * (top + 2), 5), np.int64)
    near = np.empty((_reached(blocks, levels), 5), np.int64)
    for y0 in range(0, m1, _TILE):
        y1 = min(y0 + _TILE, m1)
        for x0 in range(0, m2, _TILE):
            x1 = min(x0 + _TILE, m2)
            least = _least(pore, squares, (z0, y0, x0), (z1, y1, x1))
            if least == _NONE:
                continue
            low = (2 * z0 + 1, 2 * y0 + 1, 2 * x0 + 1)
            high = (2 * z1 - 1, 2 * y1 - 1, 2 * x1 - 1)
            count = _list_near(near, stack, least, low, high, grid)
            order = np.argsort(-near[:count, 4])
            sphere = low
            for z in range(z0, z1):
                for y in range(y0, y1):
                    for x in range(x0, x1):
                        if not pore[z, y, x]:
                            continue
                        at = (2 * z + 1, 2 * y + 1, 2 * x + 1)
                        best, own = np.int64(squares[sphere]), np.int64(squares[at])
                        if best < own or _square(at, sphere, 1, squares.shape, periods) >= best:
                            best, sphere = own, at
                        best, sphere = _largest(at, near, order, best, sphere, stack, squares, grid)
                        thickness[z, y, x] = np.sqrt(best)
