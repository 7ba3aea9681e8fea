"""The fabric of the digital shale: a function of the place alone, evaluated voxel by voxel."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit, prange

from shalelib.arguments import check_kind, check_number, check_seed, check_whole, given_mask
from shalelib.memory import check_room
from shalelib.parallel import parallel_kernel
from shalelib.phantom.fabric_config import HIGH, LOW, MEDIUM, SOFT, FabricConfig
from shalelib.phantom.noise import mix, stream, uniforms, unit
from shalelib.phantom.record import as_record
from shalelib.phantom.shapes import (
    FAR,
    Field,
    cluster,
    make_scratch,
    noise,
    seams,
    speck,
)

if TYPE_CHECKING:
    from shalelib.arrays import Grey, Labels, Mask

_U = np.uint64
_NARROWER = "take a narrower plug"


class Rock(NamedTuple):
    """A slab of rock, before any microscope has seen it.

    Attributes
    ----------
    labels : (z, y, x) uint8 array
        Phases, see `shalelib.phantom.fabric_config`.
    grey : (z, y, x) uint8 array
        Back-scatter level without noise.
    attenuation : (z, y, x) uint8 array
        X-ray attenuation; the matrix has 128.
    charging : (z, y, x) uint8 array
        1 where the FIB-SEM charges.
    """

    labels: Labels
    grey: Grey
    attenuation: Grey
    charging: Grey


def plug_outline(*, width: int, diameter: int, seed: int) -> Mask:
    """Return the cross-section of the plug: a milled polygon of 22 facets.

    Parameters
    ----------
    width : int
        Edge of the square image [pixel].
    diameter : int
        Diameter of the plug [pixel], at most `width`.
    seed : int
        Seed of the facets.

    Returns
    -------
    (width, width) bool array
        True inside the plug.

    Raises
    ------
    TypeError, ValueError
        A size or the seed is not a number, or out of range.
    MemoryError
        The image needs more memory than the machine has.
    """
    check_whole("width", width, least=1)
    check_number("diameter", diameter, above=0, most=width)
    check_seed(seed)
    check_room(f"an outline of {width:,} x {width:,} pixels", 48 * int(width) ** 2, mend=_NARROWER)
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
        True inside the plug; all else remains background.
    z0, depth : int
        First slice and number of slices; slabs join seamlessly.
    seed : int

    Returns
    -------
    Rock
        A named tuple of (depth, y, x) uint8 arrays: ``labels``, the phases as in `Phantom`;
        ``grey``, the back-scatter level without noise; ``attenuation`` of X-rays, 128 in the
        matrix; and ``charging``, 1 where the FIB-SEM charges.

    Raises
    ------
    TypeError
        `config` is not a `FabricConfig`, or `outline` is not boolean.
    ValueError
        `outline` is not two-dimensional, or a number is not whole or out of range.
    MemoryError
        The slab needs more memory than the machine has.
    """
    check_kind("config", config, FabricConfig, mend="write FabricConfig()")
    given_mask("outline", outline, ndim=2)
    check_whole("z0", z0, least=0)
    check_whole("depth", depth, least=1)
    check_seed(seed)
    voxels = int(depth) * outline.size
    check_room(f"{depth:,} slices of rock", len(Rock._fields) * voxels, mend="take fewer at a time")
    rock = Rock(*(np.zeros((depth, *outline.shape), np.uint8) for _ in Rock._fields))
    _fill(stream(seed, "fabric"), as_record(config), z0, outline, *rock)
    return rock


@parallel_kernel()
def _fill(seed, fabric, z0, outline, labels, grey, attenuation, charging):
    """Fill the arrays of a `Rock`; each row is written by one thread."""
    nz, ny, nx = labels.shape
    for row in prange(nz * ny):
        k, j = row // ny, row % ny
        lattice, grains, objects = make_scratch()
        for i in range(nx):
            if outline[j, i]:
                z, y, x = float(z0 + k), float(j), float(i)
                label, level, mu, rim = _voxel(seed, fabric[0], z, y, x, lattice, grains, objects)
                labels[k, j, i] = label
                grey[k, j, i] = min(255.0, max(1.0, level))
                attenuation[k, j, i] = min(255.0, max(0.0, mu))
                charging[k, j, i] = rim


@njit
def _voxel(seed, f, z, y, x, lattice, grains, objects):
    """Return phase, back-scatter level, attenuation and charging of one voxel."""
    score, clay, grain = seams(seed, f, z, y, x, lattice, grains)
    fleck = noise(seed, Field.FLECK, f.fleck_scale, z, y, x, lattice)
    cloud = noise(seed, Field.CLOUD, f.cloud_scale, z, y, x, lattice)
    level, mu = _matrix(seed, f, grain, fleck, cloud, z, y, x, lattice)
    amount = max(0.0, min(1.0, 0.5 + clay / f.clay_edge))
    level, mu = level + f.clay * amount, mu + f.mu_clay * amount
    label = MEDIUM
    if score > 0.0:
        dark = f.low + f.low_edge * np.exp(-score / f.low_reach) + f.low_fleck * fleck
        label, level, mu = LOW, dark, mu + f.mu_low
    elif score > -f.soft_margin:
        label, level, mu = SOFT, f.soft + f.soft_fleck * fleck, mu + f.mu_soft
    bulk, core = cluster(seed, f, z, y, x, lattice, objects)
    if bulk > 0.0 and core < 0.0:
        # sheared coordinates: the streaks of a cluster run oblique to all axes
        streak = noise(seed, Field.STREAK, f.streak, 0.4 * z, 1.6 * y + 0.8 * x, 0.5 * x, lattice)
        fine = noise(seed, Field.STREAK_FINE, f.streak_fine_scale, z, y, x, lattice)
        streak += f.streak_fine * fine
        if streak > f.streak_cut:
            label, level, mu = HIGH, f.high + f.high_streak * streak, f.mu_high
    depth, size, rank, kind = speck(seed, f, z, y, x, objects)
    depth += f.speck_rough * fleck
    rim = 0
    crowded = _crowd(seed, f, cloud, bulk, z, y, x, lattice) + f.crowd_rank * rank > f.crowd_least
    if depth > -f.speck_margin and crowded:
        if kind < f.speck_dull:
            off = abs(depth + f.speck_rim_wander * fleck - f.speck_rim_depth)
            if size > f.speck_rim_size and off < f.speck_rim_width:
                rim = 1
            elif depth > f.speck_pore_depth and kind < f.speck_pore:
                label, level, mu = LOW, f.speck_low, mu + f.mu_low
        elif depth > 0.0:
            label, level, mu = HIGH, f.speck_high, f.mu_high
    if score > -FAR and _charges(seed, f, score, bulk, z, y, x, lattice):
        rim = 1
    return label, level, mu, rim


@njit
def _crowd(seed, f, cloud, bulk, z, y, x, lattice):
    """Return how likely small objects are here; there are more of them close to a cluster."""
    near = f.crowd_near * (bulk + f.crowd_near_from)
    near = max(f.crowd_near_least, min(f.crowd_near_most, near))
    field = noise(seed, Field.CROWD, f.crowd_scale, z, y, x, lattice)
    return f.crowd_cloud * cloud + f.crowd * field + near


@njit
def _charges(seed, f, score, bulk, z, y, x, lattice):
    """Return whether this edge of the dark phase charges; more of them do close to a cluster."""
    near = f.spark_near * (bulk + f.spark_near_from)
    spark = noise(seed, Field.SPARK, f.spark_scale, z, y, x, lattice)
    spark += max(f.spark_near_least, min(f.spark_near_most, near))
    return abs(score + f.spark_depth) < f.spark_width * (spark - f.spark_least)


@njit
def _matrix(seed, f, grain, fleck, cloud, z, y, x, lattice):
    """Return level and attenuation of a grain; X-rays see much that back-scatter does not."""
    tone, weight = 2.0 * unit(mix(grain + _U(2))) - 1.0, 2.0 * unit(mix(grain + _U(3))) - 1.0
    light = max(0.0, unit(mix(grain + _U(4))) - (1.0 - f.light_share))
    patch = noise(seed, Field.HAZE_PATCH, f.haze_patch_scale, z, y, x, lattice)
    fine = f.haze_middle * noise(seed, Field.HAZE_MIDDLE, f.haze_middle_scale, z, y, x, lattice)
    fine += f.haze_small * noise(seed, Field.HAZE_SMALL, f.haze_small_scale, z, y, x, lattice)
    haze = noise(seed, Field.HAZE, f.haze_scale, z, y, x, lattice)
    haze += np.exp(f.haze_patch * patch) * fine
    light = f.light * light / f.light_share
    level = f.matrix + light + f.tone * tone + f.fleck * fleck + f.cloud * cloud
    return level, f.mu_matrix + f.mu_tone * weight + f.haze * haze
