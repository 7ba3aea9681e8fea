"""The fabric of the digital shale: a function of the place alone, evaluated voxel by voxel."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange

from shalelib.parallel import parallel_kernel
from shalelib.phantom.config import HIGH, LOW, MEDIUM, SOFT, FabricConfig
from shalelib.phantom.noise import mix, stream, uniforms, unit
from shalelib.phantom.shapes import (
    FAR,
    Fabric,
    cluster,
    crack,
    make_scratch,
    noise,
    seams,
    speck,
)

if TYPE_CHECKING:
    from shalelib.arrays import Grey, Labels, Mask, Real

_U = np.uint64


class Rock(NamedTuple):
    """A slab of rock, before any microscope has seen it.

    Attributes
    ----------
    labels : (z, y, x) uint8 array
        Phases, see `shalelib.phantom.config`.
    grey : (z, y, x) uint8 array
        Noise-free back-scatter level.
    attenuation : (z, y, x) uint8 array
        X-ray attenuation, 128 = matrix.
    charging : (z, y, x) uint8 array
        1 where the FIB-SEM charges.
    """

    labels: Labels
    grey: Grey
    attenuation: Grey
    charging: Grey


def plug_outline(*, width: int, diameter: int, seed: int) -> Mask:
    """Cross-section of the plug: a milled polygon of 22 facets.

    Parameters
    ----------
    width : int
        Edge of the square image [pixel].
    diameter : int
        Of the plug [pixel].
    seed : int

    Returns
    -------
    (width, width) bool array
    """
    facets = 22
    draw = uniforms(stream(seed, "outline"), 0, facets + 1)
    angle = 2.0 * np.pi * (np.arange(facets) + draw[-1]) / facets
    y, x = np.mgrid[:width, :width] - width // 2
    inside = np.ones((width, width), bool)
    for turn, share in zip(angle, draw, strict=False):
        inside &= np.cos(turn) * y + np.sin(turn) * x <= 0.5 * diameter * (1.0 - 0.03 * share)
    return inside


def make_rock(config: FabricConfig, outline: Mask, *, z0: int, depth: int, seed: int) -> Rock:
    """Evaluate the fabric on `depth` slices from `z0` on.

    Parameters
    ----------
    config : FabricConfig
    outline : (y, x) bool array
        Inside the plug; all else stays background.
    z0, depth : int
        First slice and number of slices; slabs join seamlessly.
    seed : int

    Returns
    -------
    Rock
    """
    fabric = Fabric(*(float(getattr(config, name)) for name in Fabric._fields))
    planes = _crack_planes(config.fractures, len(outline), seed)
    rock = Rock(*(np.zeros((depth, *outline.shape), np.uint8) for _ in Rock._fields))
    _fill(stream(seed, "fabric"), fabric, z0, outline, planes, *rock)
    return rock


def _crack_planes(count: int, width: int, seed: int) -> Real:
    """Steep random planes: (n, 7) normal, point and half-width."""
    draw = np.array([uniforms(stream(seed, "crack"), n, 5) for n in range(count)]).reshape(-1, 5)
    turn, dip = 2.0 * np.pi * draw[:, 0], 0.6 * (draw[:, 1] - 0.5)
    normal = np.stack([np.sin(dip), np.cos(dip) * np.cos(turn), np.cos(dip) * np.sin(turn)], axis=1)
    point = np.stack([np.zeros(count), *(width * (0.25 + 0.5 * draw[:, 2:4].T))], axis=1)
    return np.concatenate([normal, point, 1.0 + draw[:, 4:]], axis=1)


@parallel_kernel()
def _fill(seed, fabric, z0, outline, planes, labels, grey, attenuation, charging):
    """Fill the arrays of a `Rock`; each row is written by one thread."""
    nz, ny, nx = labels.shape
    for row in prange(nz * ny):
        k, j = row // ny, row % ny
        lattice, grains, objects = make_scratch()
        for i in range(nx):
            if outline[j, i]:
                z, y, x = float(z0 + k), float(j), float(i)
                label, level, mu, rim = _voxel(
                    seed, fabric, planes, z, y, x, lattice, grains, objects
                )
                labels[k, j, i] = label
                grey[k, j, i] = min(255.0, max(1.0, level))
                attenuation[k, j, i] = min(255.0, max(0.0, mu))
                charging[k, j, i] = rim


@njit
def _voxel(seed, fabric, planes, z, y, x, lattice, grains, objects):
    """Phase, back-scatter level, attenuation and charging of one voxel."""
    score, grain = seams(seed, fabric, z, y, x, lattice, grains)
    score = max(score, crack(seed, planes, z, y, x, lattice))
    fleck = noise(seed, 18, 5.0, z, y, x, lattice)
    cloud = noise(seed, 19, 45.0, z, y, x, lattice)
    level, mu = _matrix(seed, grain, fleck, cloud, z, y, x, lattice)
    label = MEDIUM
    if score > 0.0:
        label, level, mu = LOW, 16.0 + 14.0 * fleck, mu - 30.0
    elif score > -fabric.soft_margin:
        label, level, mu = SOFT, 74.0 + 9.0 * fleck, mu - 14.0
    bulk = cluster(seed, fabric, z, y, x, lattice, objects)
    if bulk > 0.0:
        streak = noise(seed, 20, 7.0, 0.4 * z, 1.6 * y + 0.8 * x, 0.5 * x, lattice)
        streak += 0.7 * noise(seed, 21, 3.5, z, y, x, lattice)
        if streak > -0.65:
            label, level, mu = HIGH, 222.0 + 50.0 * streak, 225.0
    depth, size, rank, kind = speck(seed, fabric, z, y, x, objects)
    rim = 0
    if depth > -3.0 and _crowd(seed, cloud, bulk, z, y, x, lattice) + 0.6 * rank > 0.58:
        if kind < 0.75:
            if size > 2.5 and abs(depth + 1.2 * fleck - 0.5) < 1.6:
                rim = 1
            elif depth > 1.0 and kind < 0.4:
                label, level, mu = LOW, 25.0, mu - 30.0
        elif depth > 0.0:
            label, level, mu = HIGH, 220.0, 225.0
    if score > -FAR and _charges(seed, score, bulk, z, y, x, lattice):
        rim = 1
    return label, level, mu, rim


@njit
def _crowd(seed, cloud, bulk, z, y, x, lattice):
    """How likely small objects are; more of them close to a cluster."""
    near = max(-0.2, min(0.5, 0.02 * (bulk + 20.0)))
    return 0.5 * cloud + 0.7 * noise(seed, 22, 110.0, z, y, x, lattice) + near


@njit
def _charges(seed, score, bulk, z, y, x, lattice):
    """Tell whether this edge of the dark phase charges; more do close to a cluster."""
    spark = noise(seed, 25, 26.0, z, y, x, lattice) + max(-0.1, min(0.35, 0.015 * (bulk + 25.0)))
    return abs(score + 1.0) < 6.0 * (spark - 0.53)


@njit
def _matrix(seed, grain, fleck, cloud, z, y, x, lattice):
    """Level and attenuation of a grain; much that X-rays see, back-scatter does not."""
    tone, weight = 2.0 * unit(mix(grain + _U(2))) - 1.0, 2.0 * unit(mix(grain + _U(3))) - 1.0
    light = 22.0 * max(0.0, unit(mix(grain + _U(4))) - 0.78) / 0.22
    haze = noise(seed, 23, 70.0, z, y, x, lattice) + noise(seed, 24, 22.0, z, y, x, lattice)
    haze += 1.8 * noise(seed, 26, 9.0, z, y, x, lattice)
    level = 101.5 + light + 8.0 * tone + 3.0 * fleck + 4.0 * cloud
    return level, 128.0 + 18.0 * weight + 20.0 * haze
