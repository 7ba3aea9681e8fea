r"""The complex steerable pyramid: an image as oriented bands of one octave each.

Filters are products of a radial and an angular part in the Fourier domain (Simoncelli and Freeman
1995; Portilla and Simoncelli 2000). With the frequency in polar coordinates :math:`(r, \theta)`,
:math:`r = 1` at the Nyquist frequency of the image, the radial parts are

.. math::
   L(r) = \cos\!\left(\tfrac{\pi}{2} \min(1, \max(0, \log_2 2 r))\right), \qquad
   H(r) = \sqrt{1 - L(r)^2}

and scale :math:`j = 0, 1, \ldots` has the ring :math:`L(2^j r)\, H(2^{j+1} r)`. Its
:math:`K` orientations have, on the half plane around their direction
:math:`\theta_k = k \pi / K` only,

.. math::
   2\, (-i)^{K-1}\, \frac{2^{K-1} (K-1)!}{\sqrt{K\, (2K - 2)!}}\, \cos^{K-1}(\theta - \theta_k).

The real part of such a band is that of the real steerable pyramid, its imaginary part the same in
quadrature. The squares of all filters sum to 1, so the pyramid is a tight frame, and each ring ends
before the Nyquist frequency of its coarser grid, so nothing is aliased.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Real, check_ndim

Complex: TypeAlias = NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pyramid:
    """The bands of one image, all on the scale of its grey levels.

    Attributes
    ----------
    high : (y, x) float array
        What lies beyond the finest ring, mostly the corners of the Fourier domain.
    bands : tuple of (orientations, y_j, x_j) complex arrays
        The finest scale first; scale j keeps every 2^j-th pixel (sizes round up).
    low : (y_n, x_n) float array
        What lies below the coarsest ring, every 2^n-th pixel for n scales.
    """

    high: Real
    bands: tuple[Complex, ...]
    low: Real

    def stacks(self) -> list[Real | Complex]:
        """Return all bands as arrays (bands, y, x): high, finest to coarsest scale, low."""
        return [self.high[None], *self.bands, self.low[None]]


def steerable_pyramid(image: Real, *, scales: int = 3, orientations: int = 4) -> Pyramid:
    r"""Decompose an image into oriented bands.

    Parameters
    ----------
    image : (y, x) real array
        Taken as periodic.
    scales : int
        Number of octaves, each on a grid half as fine as the one before.
    orientations : int
        Bands per scale; band k responds to waves that vary along
        :math:`(\cos k\pi/K, \sin k\pi/K)` in (x, y), y down: band 0 to vertical stripes.

    Returns
    -------
    Pyramid
        The mean squares add up: :math:`\langle x^2 \rangle = \langle h^2 \rangle +
        \tfrac12 \sum \langle |b|^2 \rangle + \langle l^2 \rangle`.

    Raises
    ------
    TypeError
        The image is not real.
    ValueError
        It holds NaN or infinity, or is too small for that many scales.

    Notes
    -----
    Any size is allowed: a grid of n pixels is followed by one of ceil(n/2), and for odd n its
    pixels lie n / ceil(n/2) apart.

    Examples
    --------
    >>> stripes = np.cos(np.pi / 2 * np.arange(64)) * np.ones((64, 1))
    >>> pyramid = steerable_pyramid(stripes)
    >>> (np.abs(pyramid.bands[0]) ** 2).mean(axis=(1, 2)).round(3)
    array([0.8, 0.1, 0. , 0.1])
    """
    pixels = _check_image(image)
    _check_shape(pixels.shape, scales, orientations)
    spectrum = np.fft.fft2(pixels)
    filters = _filters(pixels.shape, scales, orientations)
    return Pyramid(
        high=np.fft.ifft2(spectrum * filters.high).real,
        bands=tuple(
            _coarsen(spectrum * rings, _grid(pixels.shape, scale))
            for scale, rings in enumerate(filters.bands)
        ),
        low=_coarsen(spectrum * filters.low, _grid(pixels.shape, scales)).real,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Filters:
    """Transfer functions on the grid of `numpy.fft.fft2`."""

    high: Real
    bands: tuple[Complex, ...]  # (orientations, y, x) each
    low: Real


@lru_cache(maxsize=4)
def _filters(shape: tuple[int, ...], scales: int, orientations: int) -> _Filters:
    fy = 2 * np.fft.fftfreq(shape[0])[:, None]  # 1 at the Nyquist frequency
    fx = 2 * np.fft.fftfreq(shape[1])[None, :]
    radius, angle = np.hypot(fy, fx), np.arctan2(fy, fx)
    power = orientations - 1
    norm = 2**power * math.factorial(power)
    norm /= math.sqrt(orientations * math.factorial(2 * power))
    wedges: Complex = np.empty((orientations, *radius.shape), np.complex128)
    for k in range(orientations):
        towards = np.cos(angle - k * np.pi / orientations)
        wedges[k] = 2 * (-1j) ** power * norm * np.where(towards > 0, towards, 0.0) ** power
    rings = [_low(2**j * radius) * _high(2 ** (j + 1) * radius) for j in range(scales)]
    bands: list[Complex] = [wedges * ring for ring in rings]
    return _Filters(high=_high(radius), bands=tuple(bands), low=_low(2**scales * radius))


def _octave(radius: Real) -> Real:
    """Return how far the radius is from 1/2 (0) to 1 (1), in octaves."""
    return np.log2(np.maximum(2 * radius, 1.0)).clip(0, 1)


def _low(radius: Real) -> Real:
    # exactly 0 from the Nyquist frequency on, where cos(pi/2) would leave 6e-17
    return np.where(radius < 1, np.cos(np.pi / 2 * _octave(radius)), 0.0)


def _high(radius: Real) -> Real:
    return np.sin(np.pi / 2 * _octave(radius))


def _grid(shape: tuple[int, ...], scale: int) -> tuple[int, int]:
    return -(-shape[0] // 2**scale), -(-shape[1] // 2**scale)


def _kept(size: int, coarse: int) -> NDArray[np.int64]:
    """Return the indices of the `coarse` lowest frequencies, in the coarse FFT's order."""
    return np.rint(np.fft.fftfreq(coarse) * coarse).astype(np.int64) % size


def _coarsen(spectrum: Complex, grid: tuple[int, int]) -> Complex:
    """Invert the lowest frequencies of a spectrum (..., y, x) on a coarser grid."""
    rows, columns = (_kept(n, m) for n, m in zip(spectrum.shape[-2:], grid, strict=True))
    share = grid[0] * grid[1] / (spectrum.shape[-2] * spectrum.shape[-1])
    return np.fft.ifft2(spectrum[..., rows[:, None], columns]) * share


def _check_image(image: Real) -> Real:
    check_ndim("image", image, 2)
    if not np.issubdtype(image.dtype, np.integer) and not np.issubdtype(image.dtype, np.floating):
        msg = f"image must hold real numbers, got {image.dtype}; convert it with .astype(float)"
        raise TypeError(msg)
    pixels = image.astype(float)
    if not np.isfinite(pixels).all():
        msg = f"{(~np.isfinite(pixels)).sum()} pixels of the image are not finite; fill them first"
        raise ValueError(msg)
    return pixels


def _check_shape(shape: tuple[int, ...], scales: int, orientations: int) -> None:
    if scales < 1 or orientations < 2:
        msg = f"scales must be at least 1 and orientations 2, got {scales} and {orientations}"
        raise ValueError(msg)
    if min(shape) < 2 ** (scales + 1):
        msg = (
            f"a pyramid of {scales} scales needs images of at least {2 ** (scales + 1)} x "
            f"{2 ** (scales + 1)}, got {shape}; take fewer scales or a larger image"
        )
        raise ValueError(msg)
