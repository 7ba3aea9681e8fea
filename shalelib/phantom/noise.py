"""Counter-based random numbers and the noise fields made from them, for Numba kernels.

Every value is a pure function of a seed and of the place in space, so that the rock is the same
whatever the chunks, the order or the number of threads in which it is computed.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import hashlib
import math

import numpy as np
from numba import njit

_U = np.uint64
_PRIME_Z = _U(0x9E3779B97F4A7C15)
_PRIME_Y = _U(0xC2B2AE3D27D4EB4F)
_PRIME_X = _U(0x165667B19E3779F9)
_MIX_1 = _U(0xBF58476D1CE4E5B9)
_MIX_2 = _U(0x94D049BB133111EB)
_TO_UNIT = 1.0 / 2**53


def stream(seed: int, name: str) -> np.uint64:
    """Return the seed of one independent stream of random numbers.

    Examples
    --------
    >>> int(stream(1, "sem") - stream(1, "sem")), stream(1, "sem") in {stream(2, "sem")}
    (0, False)
    """
    return _U(int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "little"))


def every_other(seed: np.uint64, place: float) -> bool:
    """Return whether a place lies in every other unit interval; the first begins at random.

    Examples
    --------
    >>> [every_other(stream(1, "sem"), n / 2) for n in range(8)]
    [False, False, True, True, False, False, True, True]
    """
    return math.floor(place + 2.0 * uniforms(seed, -1, 1)[0]) % 2 == 1


@njit
def mix(h):
    """Finalise a 64-bit hash (the output function of SplitMix64)."""
    h = (h ^ (h >> _U(30))) * _MIX_1
    h = (h ^ (h >> _U(27))) * _MIX_2
    return h ^ (h >> _U(31))


@njit
def hash3(seed, z, y, x):
    """Hash a seed and three integers, negative ones too, to 64 bits."""
    return mix(seed + _U(z) * _PRIME_Z + _U(y) * _PRIME_Y + _U(x) * _PRIME_X)


@njit
def unit(h):
    """Map a hash to [0, 1)."""
    return (h >> _U(11)) * _TO_UNIT


@njit
def normal(seed, z, y, x):
    """Return a standard normal deviate for one voxel (Box-Muller)."""
    h = hash3(seed, z, y, x)
    radius = np.sqrt(-2.0 * np.log(unit(h) + _TO_UNIT))
    return radius * np.cos(2.0 * np.pi * unit(mix(h + _PRIME_Z)))


@njit(cache=True)  # called from Python too
def uniforms(seed, key, count):
    """Return `count` deviates from [0, 1) that belong to an integer key."""
    return np.array([unit(hash3(_U(seed), key, n, 0)) for n in range(count)])


@njit(cache=True)  # called from Python too
def normals(seed, key, count):
    """Return `count` standard normal deviates that belong to an integer key."""
    return np.array([normal(seed, key, n, 0) for n in range(count)])


@njit
def _fade(t):
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


@njit
def value_noise(seed, z, y, x, lattice, slot):
    """Smooth noise in [-1, 1] with lattice spacing 1.

    `lattice` (n, 11) is scratch, filled with NaN at first: eight lattice values and the three
    indices of the cell last seen in `slot`, so that a walk along x hashes only when it enters a
    new cell.
    """
    k, j, i = np.floor(z), np.floor(y), np.floor(x)
    if lattice[slot, 10] != i or lattice[slot, 9] != j or lattice[slot, 8] != k:
        lattice[slot, 8], lattice[slot, 9], lattice[slot, 10] = k, j, i
        for n in range(8):
            h = hash3(seed, int(k) + (n >> 2), int(j) + ((n >> 1) & 1), int(i) + (n & 1))
            lattice[slot, n] = 2.0 * unit(h) - 1.0
    u, v, w = _fade(z - k), _fade(y - j), _fade(x - i)
    a = lattice[slot, 0] + w * (lattice[slot, 1] - lattice[slot, 0])
    b = lattice[slot, 2] + w * (lattice[slot, 3] - lattice[slot, 2])
    c = lattice[slot, 4] + w * (lattice[slot, 5] - lattice[slot, 4])
    d = lattice[slot, 6] + w * (lattice[slot, 7] - lattice[slot, 6])
    near, far = a + v * (b - a), c + v * (d - c)
    return near + u * (far - near)


@njit
def nearest_cells(seed, z, y, x, spread, sites, slot):
    """Find the random site nearest to a point, its distances to the next cells and its hash.

    The sites form a jittered lattice of spacing 1. `spread` is the weight of the sites in the
    power diagram: 0 gives equal grains, larger values a wide size distribution.
    `sites` (n, 28, 5) is scratch, filled with NaN at first: 27 sites, then the cell last seen.

    Returns
    -------
    first, second : float
        From the point to the two nearest faces of its (power) Voronoi cell.
    h : uint64
        Hash of the site; names the grain.
    """
    k, j, i = np.floor(z), np.floor(y), np.floor(x)
    if sites[slot, 27, 2] != i or sites[slot, 27, 1] != j or sites[slot, 27, 0] != k:
        sites[slot, 27, 0], sites[slot, 27, 1], sites[slot, 27, 2] = k, j, i
        for n in range(27):
            dk, dj, di = int(k) + n // 9 - 1, int(j) + (n // 3) % 3 - 1, int(i) + n % 3 - 1
            h = hash3(seed, dk, dj, di)
            sites[slot, n, 0] = dk + unit(h)
            h = mix(h)
            sites[slot, n, 1] = dj + unit(h)
            h = mix(h)
            sites[slot, n, 2] = di + unit(h)
            sites[slot, n, 3] = spread * unit(mix(h))
    best, least = 0, 1e30
    for n in range(27):
        dz, dy, dx = z - sites[slot, n, 0], y - sites[slot, n, 1], x - sites[slot, n, 2]
        power = dz * dz + dy * dy + dx * dx + sites[slot, n, 3]
        sites[slot, n, 4] = power
        if power < least:
            best, least = n, power
    cz, cy, cx = sites[slot, best, 0], sites[slot, best, 1], sites[slot, best, 2]
    first, second = 1e30, 1e30  # squares of the distances to the two nearest faces
    for n in range(27):
        if n != best:
            dz, dy, dx = sites[slot, n, 0] - cz, sites[slot, n, 1] - cy, sites[slot, n, 2] - cx
            gap = 4.0 * (dz * dz + dy * dy + dx * dx)
            more = (sites[slot, n, 4] - least) ** 2
            if more < second * gap:
                second = more / gap
                if second < first:
                    first, second = second, first
    b = best
    h = hash3(seed + _U(1), int(k) + b // 9 - 1, int(j) + (b // 3) % 3 - 1, int(i) + b % 3 - 1)
    return np.sqrt(first), np.sqrt(second), h


@njit
def round_off(first, second, rounding):
    """Distance to the nearest of two faces, rounded where they are about as near.

    It falls short of `first` by up to a quarter of `rounding`, so that a grain that ends at a
    given distance is rounded at edges and corners.
    """
    edge = max(0.0, 1.0 - (second - first) / rounding)
    return first - 0.25 * rounding * edge * edge
