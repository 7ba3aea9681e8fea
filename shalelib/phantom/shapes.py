"""Shapes of which the fabric of the digital shale is made: seams, clusters, specks."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from shalelib.phantom.noise import hash3, mix, nearest_cells, round_off, unit, value_noise

_U = np.uint64
_OBJECT = 21  # numbers that describe an object
_HEAD = 36  # row of the list of objects that holds its cell and length
FAR = 15.0  # [voxel] beyond which an outline has no effect
_CLUSTER_REACH = 40.0  # [voxel] beyond which the roughness of a cluster does not matter


class Field(IntEnum):
    """The independent noise fields of the rock; the number seeds the field."""

    WARP_Z = 0
    WARP_Y = 1
    WARP_X = 2
    WARP_FINE_Z = 3
    WARP_FINE_Y = 4
    WARP_FINE_X = 5
    CLUSTER_ROUGH = 6
    CLUSTER_ROUGH_FINE = 7
    OPENING = 8
    OPENING_FINE = 9
    FLECKS = 10
    FLECKS_MIDDLE = 11
    FLECKS_SMALL = 12
    RAGGED = 13
    RAGGED_FINE = 14
    BELT = 15
    FLECK = 16
    CLOUD = 17
    STREAK = 18
    STREAK_FINE = 19
    CROWD = 20
    HAZE = 21
    HAZE_MIDDLE = 22
    SPARK = 23
    HAZE_SMALL = 24
    HAZE_PATCH = 25


_FIELDS = len(Field)


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
    lattice = np.full((_FIELDS, 11), np.nan)
    return lattice, np.full((2, 28, 5), np.nan), np.full((2, _HEAD + 1, _OBJECT), np.nan)


@njit
def noise(seed, slot, scale, z, y, x, lattice):
    """Noise in [-1, 1] with features of `scale` voxels; `slot` is a `Field`."""
    q = 1.0 / scale
    return value_noise(seed + _U(7919 * (slot + 1)), z * q, y * q, x * q, lattice, slot)


@njit
def _warp(seed, f, z, y, x, lattice):
    """Displace a point, so that plane faces become irregular outlines."""
    dz = f.warp * noise(seed, Field.WARP_Z, f.warp_scale, z, y, x, lattice)
    dz += f.warp_fine * noise(seed, Field.WARP_FINE_Z, f.warp_fine_scale, z, y, x, lattice)
    dy = f.warp * noise(seed, Field.WARP_Y, f.warp_scale, z, y, x, lattice)
    dy += f.warp_fine * noise(seed, Field.WARP_FINE_Y, f.warp_fine_scale, z, y, x, lattice)
    dx = f.warp * noise(seed, Field.WARP_X, f.warp_scale, z, y, x, lattice)
    dx += f.warp_fine * noise(seed, Field.WARP_FINE_X, f.warp_fine_scale, z, y, x, lattice)
    return z + f.roughness * dz, y + f.roughness * dy, x + f.roughness * dx


@njit
def seams(seed, f, z, y, x, lattice, grains):
    """Depth [voxel] below the outline of the dark phase, depth in clay, and the grain's hash.

    Large grains are rounded. What lies between them, and here and there a whole cell, is clay:
    small grains with dark seams and porous flecks. Faces between grains that touch are dark where
    they are open.
    """
    wz, wy, wx = _warp(seed, f, z, y * f.bedding, x, lattice)
    opening = f.openness + f.opening * noise(seed, Field.OPENING, f.opening_scale, z, y, x, lattice)
    opening += f.opening_fine * noise(
        seed, Field.OPENING_FINE, f.opening_fine_scale, z, y, x, lattice
    )
    q = 1.0 / f.grain
    near, next_near, grain = nearest_cells(
        seed + _U(17), wz * q, wy * q, wx * q, f.spread, grains, 0
    )
    score = f.seam * opening - f.grain * round_off(near, next_near, f.seam_rounding)
    clay = f.belt + f.belt_varies * noise(seed, Field.BELT, f.belt_scale, z, y, x, lattice)
    clay -= f.grain * round_off(near, next_near, f.rounding)
    if unit(mix(grain + _U(1))) < f.fine_share:
        clay = max(clay, f.grain * near)
    if clay > 0.0:
        score = max(
            score, min(_mottle(seed, f, opening, wz, wy, wx, z, y, x, lattice, grains), clay)
        )
    if score > -FAR:
        ragged = f.ragged * noise(seed, Field.RAGGED, f.ragged_scale, z, y, x, lattice)
        ragged += f.ragged_fine * noise(
            seed, Field.RAGGED_FINE, f.ragged_fine_scale, z, y, x, lattice
        )
        score += f.roughness * ragged
    return score, clay, grain


@njit
def _mottle(seed, f, opening, wz, wy, wx, z, y, x, lattice, grains):
    """Depth [voxel] below the outline of the dark phase inside clay."""
    q = 1.0 / f.grain_small
    near, next_near, _ = nearest_cells(seed + _U(19), wz * q, wy * q, wx * q, f.spread, grains, 1)
    score = f.seam * (opening + f.fine_opening)
    score -= f.grain_small * round_off(near, next_near, f.rounding)
    porous = f.porosity + f.flecks * noise(seed, Field.FLECKS, f.flecks_scale, z, y, x, lattice)
    porous += f.flecks_middle * noise(
        seed, Field.FLECKS_MIDDLE, f.flecks_middle_scale, z, y, x, lattice
    )
    porous += f.flecks_small * noise(
        seed, Field.FLECKS_SMALL, f.flecks_small_scale, z, y, x, lattice
    )
    return max(score, f.fleck_depth * porous)


@njit
def _enter(objects, kind, k, j, i):
    """Return whether a walk has entered another lattice cell, and remember the cell."""
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
    """List the clusters around a cell: centre, radius, flatness, turn (cosine, sine), hollow.

    Each sits in the middle half of its cell, so that they keep apart, and every column of cells
    is shifted along z by its own amount, so that they form no layers.
    """
    count, room = 0, 1.0 - 2.0 * f.cluster_inset
    for n in range(36):
        dk, dj, di = int(k) + n // 9 - 1, int(j) + (n // 3) % 3 - 1, int(i) + n % 3 - 1
        h = hash3(seed + _U(11), dk, dj, di)
        if unit(h) >= f.cluster_share:
            continue
        row = objects[0, count]
        for m in range(7):
            h = mix(h)
            row[m] = unit(h)
        row[7] = row[6]
        row[0] = dk + f.cluster_inset + room * row[0] - unit(hash3(seed + _U(23), 0, dj, di))
        row[1] = dj + f.cluster_inset + room * row[1]
        row[2] = di + f.cluster_inset + room * row[2]
        size = f.cluster_radius + f.cluster_radius_range * row[3] ** f.cluster_power
        row[3] = size * f.cluster
        row[4] = 1.0 + f.cluster_flatness * row[4]
        angle = np.pi * row[5]
        row[5], row[6] = np.cos(angle), np.sin(angle)
        count += 1
    objects[0, _HEAD, 3] = count


@njit
def cluster(seed, f, z, y, x, lattice, objects):
    """Find the nearest high-density cluster.

    Returns
    -------
    depth : float
        Below its outline [voxel]; negative outside.
    core : float
        Depth below the outline of its hollow core [voxel]; negative outside and where it has none.
    """
    q = 1.0 / f.cluster
    k, j, i = np.floor(z * q), np.floor(y * q), np.floor(x * q)
    if _enter(objects, 0, k, j, i):
        _list_clusters(seed, f, k, j, i, objects)
    best, hollow = -1e9, 1e9
    for n in range(int(objects[0, _HEAD, 3])):
        dz = z - objects[0, n, 0] * f.cluster
        dy = y - objects[0, n, 1] * f.cluster
        dx = x - objects[0, n, 2] * f.cluster
        radius, cos, sin = objects[0, n, 3], objects[0, n, 5], objects[0, n, 6]
        u, v = dx * cos + dy * sin, objects[0, n, 4] * (dy * cos - dx * sin)
        square = dz * dz + u * u + v * v
        if square < (radius + _CLUSTER_REACH) ** 2 and radius - np.sqrt(square) > best:
            best = radius - np.sqrt(square)
            hollow = f.hollow * radius if objects[0, n, 7] < f.hollow_share else 1e9
    if best < -_CLUSTER_REACH:
        return best, -1e9
    rough = f.cluster_rough * noise(
        seed, Field.CLUSTER_ROUGH, f.cluster_rough_scale, z, y, x, lattice
    )
    fine = noise(seed, Field.CLUSTER_ROUGH_FINE, f.cluster_rough_fine_scale, z, y, x, lattice)
    rough += f.cluster_rough_fine * fine
    return best + f.roughness * rough, best - hollow - f.hollow_rough * rough


@njit
def _list_specks(seed, f, k, j, i, objects):
    """List the small objects around a cell: centre, size, five faces and two marks of each."""
    count = 0
    for n in range(27):
        dk, dj, di = int(k) + n // 9 - 1, int(j) + (n // 3) % 3 - 1, int(i) + n % 3 - 1
        h = hash3(seed + _U(13), dk, dj, di)
        if unit(h) > f.speck_share:
            continue
        row = objects[1, count]
        for m in range(_OBJECT):
            h = mix(h)
            row[m] = unit(h)
        row[0], row[1], row[2] = row[0] + dk, row[1] + dj, row[2] + di
        row[3] = f.speck * (f.speck_least + f.speck_range * row[3] ** f.speck_power)
        for m in range(4, 19, 3):  # a random normal over the distance of its face
            nz, turn, wide = 2.0 * row[m] - 1.0, 2.0 * np.pi * row[m + 1], f.speck_face + row[m + 2]
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
