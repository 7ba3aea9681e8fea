r"""Structural texture similarity: as the paper prints it, and STSIM-1 on a steerable pyramid.

The paper prints, in the pixel domain,

.. math:: \mathrm{STSIM} = l^{1/4}\, c^{1/4}\, r(0,1)^{1/4}\, r(1,0)^{1/4}

with the luminance and contrast terms of SSIM and the terms

.. math::
   r(X, Y; m, n) = 1 - \tfrac12 |\rho(X; m, n) - \rho(Y; m, n)|, \qquad
   \rho(X; k, l) = \frac{E[(X_{ij} - \mu)(X_{i+k,j+l} - \mu)]}{\sigma^2}

that compare the correlation of neighbouring pixels. The paper prints the lags of the second
:math:`\rho` swapped, which would compare horizontal with vertical correlation; both lags enter the
product, and here like is compared with like.

Zujovic, Pappas and Neuhoff (2013), whom the paper follows, define STSIM-1 by the same four terms on
each band of a steerable pyramid. For the paper's patches `stsim_1` is the lower of the two, and the
paper's figure for the untranslated TXM is nearer to it.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shalelib.arguments import check_complete, check_number, short
from shalelib.arrays import Grey, Real, check_same_shape
from shalelib.metrics.paired import check_pair
from shalelib.metrics.steerable import Complex, steerable_pyramid

C1 = (0.01 * 255) ** 2  # of the luminance term, as in SSIM
C2 = (0.03 * 255) ** 2  # of the contrast term, as in SSIM
WINDOW = 7  # pixels, as scikit-image's SSIM
BAND_C = 1e-3  # of the luminance and contrast terms of a band [grey level²]
BAND_FLAT = 1e-6  # variance [grey level²] far below a grey level's rounding, where rho fades to 0
SCALES, ORIENTATIONS = 3, 4  # of the pyramid behind STSIM-1


def stsim_global(first: Grey, second: Grey) -> float:
    r"""Return STSIM as the paper prints it, with means over the whole image.

    .. math:: \mathrm{STSIM} = l^{1/4}\, c^{1/4}\, r(0,1)^{1/4}\, r(1,0)^{1/4}

    with the luminance and contrast terms of SSIM, and terms r that compare the correlation of
    neighbouring pixels.

    Parameters
    ----------
    first, second : (y, x) uint8 arrays

    Returns
    -------
    float
        Between 0 and 1, and 1 for equal images.

    Raises
    ------
    TypeError, ValueError
        As for `check_pair`.

    Notes
    -----
    The autocovariance is the biased estimator (a sum over the pairs inside the image, divided by
    the number of pixels), so the absolute value of the correlation is at most 1 and every term lies
    in [0, 1]. For a constant image the correlation is 0 / 0 and is taken as 0.

    Source: Anderson et al. 2021, Methods; after Zujovic, Pappas and Neuhoff 2013.

    Examples
    --------
    >>> image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    >>> stsim_global(image, image)
    1.0
    """
    check_pair(first, second)
    return float(_stsim(first[None].astype(float), second[None].astype(float))[0])


def stsim_windowed(first: Grey, second: Grey) -> float:
    """Return STSIM as the paper prints it, with means over sliding windows.

    The formula of `stsim_global` is evaluated in every window of 7 x 7 pixels that lies inside the
    image, and the results are averaged.

    Parameters
    ----------
    first, second : (y, x) uint8 arrays
        At least 7 x 7 pixels.

    Returns
    -------
    float
        Between 0 and 1, and 1 for equal images.

    Raises
    ------
    TypeError, ValueError
        As for `check_pair`, or the images are smaller than a window.
    """
    check_pair(first, second)
    if min(first.shape) < WINDOW:
        msg = f"windowed STSIM needs images of at least {WINDOW} x {WINDOW}, got {first.shape}"
        raise ValueError(msg)
    windows = [
        sliding_window_view(image.astype(float), (WINDOW, WINDOW)).reshape(-1, WINDOW, WINDOW)
        for image in (first, second)
    ]
    return float(_stsim(*windows).mean())


def stsim_1(first: Grey, second: Grey) -> float:
    r"""Return STSIM-1, the mean over 14 bands of the similarity in sliding 7 x 7 windows.

    .. math::
       \mathrm{STSIM\text{-}1} = \frac{1}{N_b} \sum_b \left\langle
       \left( l_b\, c_b\, c_b(0,1)\, c_b(1,0) \right)^{1/4} \right\rangle

    over the high-pass band, 3 scales x 4 orientations and the low-pass band of the complex
    steerable pyramid; the terms are those of `band_terms`.

    Parameters
    ----------
    first, second : (y, x) uint8 arrays
        At least 49 x 49 pixels, so that the coarsest band holds a window.

    Returns
    -------
    float
        Between 0 and 1, and 1 for equal images.

    Raises
    ------
    TypeError, ValueError
        As for `check_pair`, or the images are smaller than that.

    Notes
    -----
    Source: Zujovic, Pappas and Neuhoff 2013, IEEE Trans. Image Process. 22(7): STSIM-1 in sliding
    windows, additive pooling over bands. Our own choices are: complex bands on the scale of the
    grey levels, each on its own coarser grid, with a window of 7 pixels of that grid; periodic
    boundaries; windows of equal weights that lie wholly inside a band; constants of 0.001.
    ``bench/metrics.py`` measures how much these choices matter.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    >>> stsim_1(image, image)
    1.0
    """
    check_pair(first, second)
    smallest = 2**SCALES * (WINDOW - 1) + 1
    if min(first.shape) < smallest:
        msg = (
            f"STSIM-1 needs images of at least {smallest} x {smallest} ({WINDOW} x {WINDOW} on the "
            f"coarsest of {SCALES} scales), got {first.shape}; compare larger crops"
        )
        raise ValueError(msg)
    one, two = (
        steerable_pyramid(image.astype(float), scales=SCALES, orientations=ORIENTATIONS)
        for image in (first, second)
    )
    scores = [
        (band_terms(x, y).prod(axis=0) ** 0.25).mean(axis=(-2, -1))
        for x, y in zip(one.stacks(), two.stacks(), strict=True)
    ]
    return float(np.concatenate(scores).mean())


def band_terms(first: Real | Complex, second: Real | Complex, *, constant: float = BAND_C) -> Real:
    r"""Compare the local statistics of two bands.

    .. math::
       l = \frac{2 |\mu_x| |\mu_y| + C}{|\mu_x|^2 + |\mu_y|^2 + C}, \quad
       c = \frac{2 \sigma_x \sigma_y + C}{\sigma_x^2 + \sigma_y^2 + C}, \quad
       c(k, l) = 1 - \tfrac12 |\rho_x(k, l) - \rho_y(k, l)|

    with :math:`\rho(k, l) = E[(x_{ij} - \mu)(x_{i+k,j+l} - \mu)^*] / \sigma^2`, which for a complex
    band lies in the unit disc.

    Parameters
    ----------
    first, second : (..., y, x) real or complex arrays
        The same band, or stack of bands, of the pyramids of two images; at least 7 x 7 pixels.
    constant : float
        The constant C [grey level²].

    Returns
    -------
    (4, ..., y - 6, x - 6) float array
        The terms l, c, c(0, 1) and c(1, 0) in every 7 x 7 window inside the band, each in [0, 1].

    Raises
    ------
    TypeError
        A band is not an array of real or complex floats, or is masked.
    ValueError
        The bands are smaller than a window, their shapes differ, or `constant` is not positive.

    Notes
    -----
    As in `stsim_global`, the autocovariance is a sum over the pairs inside the window, divided by
    its 49 pixels. In a flat window :math:`\rho` is 0 / 0 and is taken as 0.
    """
    for name, band in (("first", first), ("second", second)):
        check_complete(name, band)
        if not isinstance(band, np.ndarray) or band.dtype.kind not in "fc" or band.ndim < 2:
            msg = f"{name} must be a band (..., y, x) of real or complex floats, got {short(band)}"
            raise TypeError(msg)
        if min(band.shape[-2:]) < WINDOW:
            msg = f"{name} must measure {WINDOW} pixels at least, got shape {band.shape}"
            raise ValueError(msg)
    constant = check_number("constant", constant, above=0)
    check_same_shape("the two bands", first, second, mend="decompose images of the same shape")
    first, second = (b.astype(np.float64) if b.dtype == np.float16 else b for b in (first, second))
    mean_1, var_1, right_1, down_1 = _local_statistics(first)
    mean_2, var_2, right_2, down_2 = _local_statistics(second)
    luminance = (2 * mean_1 * mean_2 + constant) / (mean_1**2 + mean_2**2 + constant)
    contrast = (2 * np.sqrt(var_1 * var_2) + constant) / (var_1 + var_2 + constant)
    horizontal = 1 - 0.5 * np.abs(right_1 - right_2)
    vertical = 1 - 0.5 * np.abs(down_1 - down_2)
    return np.stack([luminance, contrast, horizontal, vertical])


def _local_statistics(band: Real | Complex) -> tuple[Real, Real, Real | Complex, Real | Complex]:
    """Modulus of the mean, variance, rho(0, 1) and rho(1, 0) in every window of (..., y, x)."""
    # moments about the band's own mean: about zero they would cancel in a low-pass band
    offset = band.mean(axis=(-2, -1), keepdims=True)
    x = band - offset
    mean = _window_sums(x, WINDOW, WINDOW) / WINDOW**2
    power = _window_sums(np.abs(x) ** 2, WINDOW, WINDOW) / WINDOW**2
    variance = np.maximum(power - np.abs(mean) ** 2, 0.0)  # rounding may leave -1e-12
    right = _lag_right(x, mean) / (variance + BAND_FLAT)
    down = _lag_right(x.swapaxes(-2, -1), mean.swapaxes(-2, -1)).swapaxes(-2, -1)
    return np.abs(mean + offset), variance, right, down / (variance + BAND_FLAT)


def _lag_right(x: Real | Complex, mean: Real | Complex) -> Real | Complex:
    """Covariance of the pixels of a window with their right neighbours in the window."""
    pairs = _window_sums(x[..., :-1] * x[..., 1:].conj(), WINDOW, WINDOW - 1)
    part = _window_sums(x, WINDOW, WINDOW - 1)
    left, right = part[..., :-1], part[..., 1:].conj()
    count = WINDOW * (WINDOW - 1)
    about_mean = pairs - mean.conj() * left - mean * right + count * np.abs(mean) ** 2
    return about_mean / WINDOW**2


def _window_sums(x: Real | Complex, rows: int, columns: int) -> Real | Complex:
    """Sum over every window of rows x columns inside (..., y, x)."""
    # adding whole shifted arrays is three times as fast as summing over a sliding view
    height, width = x.shape[-2] - rows + 1, x.shape[-1] - columns + 1
    lines = x[..., :height, :].copy()
    for i in range(1, rows):
        lines += x[..., i : i + height, :]
    sums = lines[..., :width].copy()
    for j in range(1, columns):
        sums += lines[..., j : j + width]
    return sums


def _stsim(first: Real, second: Real) -> Real:
    """Evaluate the printed formula on each pair of images (n, y, x)."""
    mean_1, var_1, down_1, right_1 = _moments(first)
    mean_2, var_2, down_2, right_2 = _moments(second)
    luminance = (2 * mean_1 * mean_2 + C1) / (mean_1**2 + mean_2**2 + C1)
    contrast = (2 * np.sqrt(var_1 * var_2) + C2) / (var_1 + var_2 + C2)
    vertical = 1 - 0.5 * np.abs(down_1 - down_2)
    horizontal = 1 - 0.5 * np.abs(right_1 - right_2)
    return (luminance * contrast * vertical * horizontal) ** 0.25


def _moments(images: Real) -> tuple[Real, Real, Real, Real]:
    """Mean, variance and the two lag-one correlations of images (n, y, x)."""
    mean = images.mean(axis=(1, 2))
    centred = images - mean[:, None, None]
    pixels = images[0].size
    variance = np.einsum("nij,nij->n", centred, centred) / pixels
    down = np.einsum("nij,nij->n", centred[:, 1:], centred[:, :-1]) / pixels
    right = np.einsum("nij,nij->n", centred[:, :, 1:], centred[:, :, :-1]) / pixels
    varies = variance > 0
    scale = np.where(varies, variance, 1.0)
    return mean, variance, down * varies / scale, right * varies / scale
