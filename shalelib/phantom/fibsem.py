"""Forward model of the FIB-SEM: from phases to grey slices."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import prange
from scipy import ndimage

from shalelib.parallel import parallel_kernel
from shalelib.phantom.noise import every_other, normal, stream, uniforms, value_noise

if TYPE_CHECKING:
    from shalelib.arrays import Grey, Mask, Real
    from shalelib.phantom.config import SemConfig

_U = np.uint64
_NOISE_AT = 100.0  # grey level at which `SemConfig.noise` holds
_DARKEST = 10.0  # below it the noise falls no further


def render_sem(
    grey: Grey, charging: Grey, outline: Mask, config: SemConfig, *, z0: int, seed: int
) -> Grey:
    """Render FIB-SEM slices from a back-scatter level without noise.

    Parameters
    ----------
    grey, charging : (z, y, x) uint8 arrays
        Back-scatter level, and 1 where the FIB-SEM charges, as `make_rock` returns them.
    outline : (y, x) bool array
        True inside the plug.
    config : SemConfig
    z0 : int
        Number of the first slice in the whole volume; with `seed` it fixes the noise.
    seed : int

    Returns
    -------
    (z, y, x) uint8 array
        Zero outside the plug, 1 to 255 inside.

    Notes
    -----
    Not in the paper. The effects are, in this order: saturated charging rims with a dark halo, the
    blur of the probe, drift of the brightness, curtains (stripes along the milling direction y),
    noise of the electronics and of the electrons counted, and the blur of the resampling onto the
    TXM grid. Noise, drift and blur change slowly along z, so that a tilted cut is of one kind
    throughout, and every other run of slices was imaged on a coarser grid; the real patches are of
    two kinds.
    """
    out = np.empty_like(grey)
    key = stream(seed, "sem")
    for k, (level, charged) in enumerate(zip(grey, charging, strict=True)):
        draw = _draw(key, (z0 + k) / config.run)
        coarse = every_other(key, (z0 + k) / config.coarse_run)
        image = np.where(outline, level, config.film).astype(np.float32)
        if charged.any():
            rim = np.float32(config.charge) * charged
            np.maximum(image, rim, out=image)
            image -= config.halo * ndimage.gaussian_filter(rim, config.halo_width)
        image = ndimage.gaussian_filter(image, config.blur)
        noise = config.noise * (1.0 + config.noise_spread * draw[0])
        noise *= config.coarse_noise if coarse else 1.0
        flicker = config.flicker * (2.0 * uniforms(key, z0 + k, 4)[3] - 1.0)  # a draw of its own
        stripes = (config.curtain, config.curtain_size, config.curtain_wide)
        drift = config.drift * draw[1] + flicker
        _detect(key, z0 + k, image, noise, config.electronics, drift, *stripes)
        resample = config.resample * (1.0 + config.resample_spread * draw[2])
        image = ndimage.gaussian_filter(image, np.hypot(resample, coarse * config.coarse))
        out[k] = np.where(outline, np.clip(np.rint(image), 1, 255), 0)
    return out


def _draw(key: np.uint64, place: float) -> Real:
    """Return three numbers between -1 and 1, drawn at whole places and linear between them."""
    first = math.floor(place)
    below, above = (2.0 * uniforms(key, n, 3) - 1.0 for n in (first, first + 1))
    return below + (place - first) * (above - below)


@parallel_kernel()
def _detect(seed, z, image, noise, electronics, drift, curtain, size, wide):
    """Add drift, curtains and noise in place; each row is computed by one thread."""
    ny, nx = image.shape
    for j in prange(ny):
        lattice = np.full((2, 11), np.nan)
        for i in range(nx):
            stripe = value_noise(seed + _U(3), 0.9 * z, j / size[0], i / size[1], lattice, 0)
            stripe += value_noise(seed + _U(4), 0.5 * z, j / wide[0], i / wide[1], lattice, 1)
            level = image[j, i] + drift + curtain * stripe
            counted = max(level, _DARKEST) / _NOISE_AT
            scale = noise * np.sqrt(electronics + (1.0 - electronics) * counted)
            image[j, i] = level + scale * normal(seed, z, j, i)
