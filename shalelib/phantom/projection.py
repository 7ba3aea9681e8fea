"""Parallel projections and filtered back-projection: a compiled `radon` and `iradon`."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import prange
from scipy import fft

from shalelib.parallel import parallel_kernel

if TYPE_CHECKING:
    from shalelib.arrays import Real


def project(
    image: Real, angles: Real, *, bins: int, pitch: float = 1.0, shift: Real | None = None
) -> Real:
    r"""Sum an image along parallel rays (its Radon transform).

    .. math:: p(s, \theta) = \int f(s \cos\theta + t \sin\theta, t \cos\theta - s \sin\theta) \, dt

    with f(x, y), y downwards, as in `skimage.transform.radon`.

    Parameters
    ----------
    image : (n, n) float array
    angles : (m,) float array
        Directions [degree].
    bins : int
        Detector pixels; the rotation axis falls on pixel ``bins // 2``.
    pitch : float
        Edge of a detector pixel, in image pixels.
    shift : (m,) float array, optional
        Error of the stage at each direction [detector pixel].

    Returns
    -------
    (m, bins) float32 array
        In units of the image times an image pixel.
    """
    out = np.zeros((len(angles), bins), np.float32)
    theta = np.deg2rad(np.asarray(angles, np.float64))
    error = np.zeros(len(theta)) if shift is None else np.asarray(shift, np.float64)
    _project(np.asarray(image, np.float32), theta, pitch, error, out)
    return out


@parallel_kernel()
def _project(image, theta, pitch, shift, out):
    n = image.shape[0]
    centre = n // 2
    bins = out.shape[1]
    for a in prange(theta.size):
        cos, sin = np.cos(theta[a]), np.sin(theta[a])
        for b in range(bins):
            s = (b - bins // 2 + shift[a]) * pitch
            half = (n / 2.0) ** 2 - s * s
            if half <= 0.0:
                continue
            reach = int(np.sqrt(half))
            total = 0.0
            for step in range(-reach, reach + 1):
                x = centre + s * cos + step * sin
                y = centre - s * sin + step * cos
                j, i = int(y), int(x)
                if x < 0.0 or y < 0.0 or j >= n - 1 or i >= n - 1:
                    continue
                v, u = y - j, x - i
                total += (image[j, i] * (1 - u) + image[j, i + 1] * u) * (1 - v)
                total += (image[j + 1, i] * (1 - u) + image[j + 1, i + 1] * u) * v
            out[a, b] = total


def back_project(sinogram: Real, angles: Real, *, size: int, rolloff: float = 0.0) -> Real:
    """Reconstruct a slice from its parallel projections by filtered back-projection.

    Parameters
    ----------
    sinogram : (m, bins) float array
    angles : (m,) float array
        Directions [degree], covering half a turn.
    size : int
        Edge of the slice [detector pixel].
    rolloff : float
        Frequency [cycle/detector pixel] at which the response of the instrument begins to fall;
        0 for the plain ramp filter.

    Returns
    -------
    (size, size) float32 array
        Per detector pixel.
    """
    bins = sinogram.shape[1]
    padded = max(64, 1 << int(np.ceil(np.log2(2 * bins))))
    spectrum = fft.rfft(sinogram, n=padded, axis=1) * _ramp(padded, rolloff)
    rows = fft.irfft(spectrum, n=padded, axis=1)[:, :bins].astype(np.float32)
    out = np.zeros((size, size), np.float32)
    _back_project(rows, np.deg2rad(np.asarray(angles, np.float64)), out)
    return out * np.float32(np.pi / (2 * len(angles)))


def _ramp(padded: int, rolloff: float) -> Real:
    """Ramp filter sampled in space (Kak and Slaney 1988, eq. 3.61) times the response."""
    n = np.concatenate([np.arange(1, padded // 2 + 1, 2), np.arange(padded // 2 - 1, 0, -2)])
    kernel = np.zeros(padded)
    kernel[0] = 0.25
    kernel[1::2] = -1.0 / (np.pi * n) ** 2
    ramp = 2.0 * fft.rfft(kernel).real
    if rolloff > 0.0:
        ramp *= (1.0 + (fft.rfftfreq(padded) / rolloff) ** 2) ** -0.625
    return ramp.astype(np.float32)


@parallel_kernel()
def _back_project(rows, theta, out):
    size, bins = out.shape[0], rows.shape[1]
    cos, sin = np.cos(theta), np.sin(theta)
    for j in prange(size):
        y = j - size // 2
        for a in range(theta.size):
            row = rows[a]
            shift = bins // 2 - y * sin[a]
            for i in range(size):
                s = (i - size // 2) * cos[a] + shift
                b = int(np.floor(s))
                if 0 <= b < bins - 1:
                    u = s - b
                    out[j, i] += row[b] * (1.0 - u) + row[b + 1] * u
