"""Shapes that the fabric of the digital shale is made of: seams, clusters, specks, cracks."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from shalelib.phantom.noise import hash3, mix, nearest_cells, unit, value_noise

_U = np.uint64
_NOISES = 28  # independent noise fields that one row of voxels may use
_OBJECT = 21  # numbers that describe an object
_HEAD = 36  # row of the list of objects that holds its cell and length
FAR = 15.0  # [voxel] beyond which an outline decides nothing


class Fabric(NamedTuple):
    """The numbers of `FabricConfig` as a Numba kernel takes them; see there."""

    grain: float
    grain_small: float
    fine_share: float
    spread: float
    roughness: float
    seam: float
    openness: float
    porosity: float
    soft_margin: float
    cluster: float
    cluster_share: float
    speck: float
    bedding: float


@njit
def make_scratch():
    """Allocate what a walk along a row remembers of the lattice cells it is in; NaN is no cell.

    Returns
    -------
    lattice : (noises, 11) array
        For `value_noise`.
    grains : (2, 28, 5) array
        For `nearest_cells`: large and small grains.
    objects : (2, 37, 21) array
        Clusters and specks near a cell; the last row holds the cell and their number.
    """
    lattice = np.full((_NOISES, 11), np.nan)
    return lattice, np.full((2, 28, 5), np.nan), np.full((2, _HEAD + 1, _OBJECT), np.nan)


@njit
def noise(seed, slot, scale, z, y, x, lattice):
    """Noise field `slot` in [-1, 1] with features of `scale` voxels."""
    q = 1.0 / scale
    return value_noise(seed + _U(7919 * (slot + 1)), z * q, y * q, x * q, lattice, slot)


@njit
def _warp(seed, f, z, y, x, lattice):
    """Displace a point, so that plane faces become irregular outlines."""
    dz = 9.0 * noise(seed, 0, 34.0, z, y, x, lattice) + 3.5 * noise(seed, 3, 10.0, z, y, x, lattice)
    dy = 9.0 * noise(seed, 1, 34.0, z, y, x, lattice) + 3.5 * noise(seed, 4, 10.0, z, y, x, lattice)
    dx = 9.0 * noise(seed, 2, 34.0, z, y, x, lattice) + 3.5 * noise(seed, 5, 10.0, z, y, x, lattice)
    return z + f.roughness * dz, y + f.roughness * dy, x + f.roughness * dx


@njit
def seams(seed, f, z, y, x, lattice, grains):
    """Depth [voxel] below the outline of the dark phase, and the hash of the grain.

    Dark are the open parts of the faces between large grains, and, where a large grain is a
    fine-grained region, those between its small grains and porous flecks.
    """
    wz, wy, wx = _warp(seed, f, z, y * f.bedding, x, lattice)
    opening = f.openness + 0.7 * noise(seed, 8, 48.0, z, y, x, lattice)
    opening += 0.8 * noise(seed, 9, 24.0, z, y, x, lattice)
    q = 1.0 / f.grain
    distance, grain = nearest_cells(seed + _U(17), wz * q, wy * q, wx * q, f.spread, grains, 0)
    score = f.seam * opening - distance * f.grain
    if unit(mix(grain + _U(1))) < f.fine_share:
        q = 1.0 / f.grain_small
        distance, grain = nearest_cells(seed + _U(19), wz * q, wy * q, wx * q, f.spread, grains, 1)
        score = max(score, f.seam * (opening + 0.15) - distance * f.grain_small)
        porous = f.porosity + 0.5 * noise(seed, 10, 36.0, z, y, x, lattice)
        porous += 0.6 * noise(seed, 11, 15.0, z, y, x, lattice)
        porous += 0.6 * noise(seed, 12, 6.0, z, y, x, lattice)
        score = max(score, 4.0 * porous)
    if score > -FAR:
        ragged = 1.6 * noise(seed, 13, 4.0, z, y, x, lattice) + 1.2 * noise(
            seed, 14, 2.2, z, y, x, lattice
        )
        score += f.roughness * ragged
    return score, grain


@njit
def crack(seed, planes, z, y, x, lattice):
    """Depth [voxel] below the walls of the widest crack here; planes: normal, point, width."""
    best = -1e9
    for n in range(planes.shape[0]):
        p = planes[n]
        off = (z - p[3]) * p[0] + (y - p[4]) * p[1] + (x - p[5]) * p[2]
        if abs(off) > 30.0:
            continue
        off += 8.0 * noise(seed, 15, 40.0, z, y, x, lattice) + 3.0 * noise(
            seed, 16, 12.0, z, y, x, lattice
        )
        width = p[6] * (0.6 + 1.2 * noise(seed, 17, 70.0, z, y, x, lattice))
        best = max(best, width - abs(off))
    return best


@njit
def _enter(objects, kind, k, j, i):
    """Tell whether a walk has come into another lattice cell, and remember the cell."""
    if (
        objects[kind, _HEAD, 2] == i
        and objects[kind, _HEAD, 1] == j
        and objects[kind, _HEAD, 0] == k
    ):
        return False
    objects[kind, _HEAD, 0], objects[kind, _HEAD, 1], objects[kind, _HEAD, 2] = k, j, i
    return True


@njit
def _list_clusters(seed, f, k, j, i, objects):
    """List the clusters around a cell: centre, radius, flatness, cosine and sine of their turn.

    Each sits in the middle half of its cell, so that they keep apart, and every column of cells
    is shifted along z by its own amount, so that they form no layers.
    """
    count = 0
    for n in range(36):
        dk, dj, di = int(k) + n // 9 - 1, int(j) + (n // 3) % 3 - 1, int(i) + n % 3 - 1
        h = hash3(seed + _U(11), dk, dj, di)
        if unit(h) >= f.cluster_share:
            continue
        row = objects[0, count]
        for m in range(6):
            h = mix(h)
            row[m] = unit(h)
        row[0] = dk + 0.25 + 0.5 * row[0] - unit(hash3(seed + _U(23), 0, dj, di))
        row[1], row[2] = dj + 0.25 + 0.5 * row[1], di + 0.25 + 0.5 * row[2]
        row[3] = (0.14 + 0.20 * row[3]) * f.cluster
        row[4] = 1.0 + 1.2 * row[4]
        angle = np.pi * row[5]
        row[5], row[6] = np.cos(angle), np.sin(angle)
        count += 1
    objects[0, _HEAD, 3] = count


@njit
def cluster(seed, f, z, y, x, lattice, objects):
    """Depth [voxel] below the outline of the nearest high-density cluster; negative outside."""
    q = 1.0 / f.cluster
    k, j, i = np.floor(z * q), np.floor(y * q), np.floor(x * q)
    if _enter(objects, 0, k, j, i):
        _list_clusters(seed, f, k, j, i, objects)
    best = -1e9
    for n in range(int(objects[0, _HEAD, 3])):
        dz = z - objects[0, n, 0] * f.cluster
        dy = y - objects[0, n, 1] * f.cluster
        dx = x - objects[0, n, 2] * f.cluster
        radius, cos, sin = objects[0, n, 3], objects[0, n, 5], objects[0, n, 6]
        u, v = dx * cos + dy * sin, objects[0, n, 4] * (dy * cos - dx * sin)
        square = dz * dz + u * u + v * v
        if square < (radius + 40.0) ** 2:
            best = max(best, radius - np.sqrt(square))
    if best < -40.0:  # beyond the reach of the outline's roughness
        return best
    best += f.roughness * 20.0 * noise(seed, 6, 36.0, z, y, x, lattice)
    return best + f.roughness * 9.0 * noise(seed, 7, 11.0, z, y, x, lattice)


@njit
def _list_specks(seed, f, k, j, i, objects):
    """List the small objects around a cell: centre, size, five faces and two marks of each."""
    count = 0
    for n in range(27):
        dk, dj, di = int(k) + n // 9 - 1, int(j) + (n // 3) % 3 - 1, int(i) + n % 3 - 1
        h = hash3(seed + _U(13), dk, dj, di)
        if unit(h) > 0.6:
            continue
        row = objects[1, count]
        for m in range(_OBJECT):
            h = mix(h)
            row[m] = unit(h)
        row[0], row[1], row[2] = row[0] + dk, row[1] + dj, row[2] + di
        row[3] = f.speck * (0.06 + 0.32 * row[3] ** 2.5)
        for m in range(4, 19, 3):  # a random normal over the distance of its face
            nz, turn, wide = 2.0 * row[m] - 1.0, 2.0 * np.pi * row[m + 1], 0.5 + row[m + 2]
            flat = np.sqrt(1.0 - nz * nz)
            row[m] = nz / wide
            row[m + 1], row[m + 2] = flat * np.cos(turn) / wide, flat * np.sin(turn) / wide
        count += 1
    objects[1, _HEAD, 3] = count


@njit
def speck(seed, f, z, y, x, objects):
    """Find the nearest small angular object.

    Returns
    -------
    depth : float
        Below its outline [voxel], negative outside.
    size : float
        [voxel]
    rank, kind : float
        Two uniform random marks of the object.
    """
    q = 1.0 / f.speck
    k, j, i = np.floor(z * q), np.floor(y * q), np.floor(x * q)
    if _enter(objects, 1, k, j, i):
        _list_specks(seed, f, k, j, i, objects)
    best, chosen = -1e9, 0
    for n in range(int(objects[1, _HEAD, 3])):
        size = objects[1, n, 3]
        dz = z - objects[1, n, 0] * f.speck
        dy = y - objects[1, n, 1] * f.speck
        dx = x - objects[1, n, 2] * f.speck
        if dz * dz + dy * dy + dx * dx > 9.0 * size * size:
            continue
        reach = 0.0
        for m in range(4, 19, 3):
            face = objects[1, n, m] * dz + objects[1, n, m + 1] * dy + objects[1, n, m + 2] * dx
            reach = max(reach, abs(face))
        if size - reach > best:
            best, chosen = size - reach, n
    return best, objects[1, chosen, 3], objects[1, chosen, 19], objects[1, chosen, 20]
