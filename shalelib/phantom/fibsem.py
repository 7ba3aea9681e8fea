"""Forward model of the FIB-SEM: from phases to grey slices."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import prange
from scipy import ndimage

from shalelib.parallel import parallel_kernel
from shalelib.phantom.noise import normal, stream, uniforms, value_noise

if TYPE_CHECKING:
    from shalelib.arrays import Grey, Mask
    from shalelib.phantom.config import SemConfig

_U = np.uint64
_NOISE_AT = 100.0  # grey level at which `SemConfig.noise` holds
_DARKEST = 10.0  # below it the noise falls no further


def render_sem(
    grey: Grey, charging: Grey, outline: Mask, config: SemConfig, *, z0: int, seed: int
) -> Grey:
    """Render FIB-SEM slices from a noise-free back-scatter level.

    Parameters
    ----------
    grey, charging : (z, y, x) uint8 arrays
        As in `shalelib.phantom.fabric.Rock`.
    outline : (y, x) bool array
        Inside the plug.
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
    Not in the paper. In this order: saturated charging rims with a dark halo, the blur of the
    probe, drift of the brightness from slice to slice, curtains (stripes along the milling
    direction y), noise that grows with the root of the level, and the blur of the resampling onto
    the TXM grid, which differs from slice to slice as in the real patches.
    """
    out = np.empty_like(grey)
    key = stream(seed, "sem")
    for k, (level, charged) in enumerate(zip(grey, charging, strict=True)):
        draw = 2.0 * uniforms(key, z0 + k, 3) - 1.0
        image = np.where(outline, level, config.film).astype(np.float32)
        if charged.any():
            rim = np.float32(config.charge) * charged
            np.maximum(image, rim, out=image)
            image -= config.halo * ndimage.gaussian_filter(rim, config.halo_width)
        image = ndimage.gaussian_filter(image, config.blur)
        noise = config.noise * (1.0 + config.noise_spread * draw[0])
        stripes = (config.curtain, config.curtain_size, config.curtain_wide)
        _detect(key, z0 + k, image, noise, config.drift * draw[1], *stripes)
        resample = config.resample * (1.0 + config.resample_spread * draw[2])
        image = ndimage.gaussian_filter(image, resample)
        out[k] = np.where(outline, np.clip(np.rint(image), 1, 255), 0)
    return out


@parallel_kernel()
def _detect(seed, z, image, noise, drift, curtain, size, wide):
    """Add drift, curtains and noise in place; one thread a row."""
    ny, nx = image.shape
    for j in prange(ny):
        lattice = np.full((2, 11), np.nan)
        for i in range(nx):
            stripe = value_noise(seed + _U(3), 0.9 * z, j / size[0], i / size[1], lattice, 0)
            stripe += value_noise(seed + _U(4), 0.5 * z, j / wide[0], i / wide[1], lattice, 1)
            level = image[j, i] + drift + curtain * stripe
            scale = noise * np.sqrt(max(level, _DARKEST) / _NOISE_AT)
            image[j, i] = level + scale * normal(seed, z, j, i)
