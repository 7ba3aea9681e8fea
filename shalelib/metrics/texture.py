"""Texture of grey images and phase masks: histograms, spectra, chords, two-point correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from shalelib.arguments import check_number, check_whole, given_grey, given_mask, given_numbers
from shalelib.arrays import check_same_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shalelib.arrays import Grey, Mask, Real

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)


def grey_histogram(images: Grey, inside: Mask, *, bins: int = 64) -> Real:
    """Return the share of the foreground in equal intervals of the grey levels 0 to 255.

    Parameters
    ----------
    images : (n, y, x) uint8 array
    inside : (n, y, x) bool array
        True in the foreground.
    bins : int
        Number of intervals.

    Returns
    -------
    (bins,) float array
        Sums to 1.

    Raises
    ------
    ValueError
        There is no foreground, or the shapes differ.

    Examples
    --------
    >>> images = np.array([[[0, 255], [255, 255]]], np.uint8)
    >>> grey_histogram(images, np.ones(images.shape, bool), bins=2)
    array([0.25, 0.75])
    """
    check_whole("bins", bins, least=1)
    levels = _foreground(images, inside)
    return np.histogram(levels, bins=bins, range=(0, 256))[0] / levels.size


def grey_percentiles(
    images: Grey, inside: Mask, *, percentiles: tuple[int, ...] = PERCENTILES
) -> Real:
    """Return percentiles of the grey levels of the foreground.

    Parameters
    ----------
    images : (n, y, x) uint8 array
    inside : (n, y, x) bool array
        True in the foreground.
    percentiles : tuple of int
        Between 0 and 100.

    Returns
    -------
    (len(percentiles),) float array
        [grey level]

    Raises
    ------
    ValueError
        A percentile is out of range, there is no foreground, or the shapes differ.
    """
    levels = given_numbers("percentiles", percentiles)
    if levels.min() < 0 or levels.max() > 100:
        msg = f"percentiles must lie between 0 and 100, got {percentiles}"
        raise ValueError(msg)
    return np.percentile(_foreground(images, inside), percentiles)


def correlation_coefficient(first: Grey, second: Grey, inside: Mask) -> float:
    """Return the Pearson correlation of two modalities over the foreground.

    Parameters
    ----------
    first, second : (n, y, x) uint8 arrays
    inside : (n, y, x) bool array
        True in the foreground.

    Returns
    -------
    float
        Between -1 and 1.

    Raises
    ------
    ValueError
        An image has no contrast, there is no foreground, or the shapes differ.
    """
    a, b = _foreground(first, inside), _foreground(second, inside)
    if a.std() == 0 or b.std() == 0:
        msg = "the correlation of an image without contrast is not defined; choose other crops"
        raise ValueError(msg)
    return float(np.corrcoef(a, b)[0, 1])


def frequency_bands(size: int, *, bands: int = 12) -> Real:
    """Return the edges of frequency bands that are equally wide in log frequency.

    Parameters
    ----------
    size : int
        Edge of the images [pixel], at least 5.
    bands : int
        Number of bands.

    Returns
    -------
    (bands + 1,) float array
        From two periods per image to the Nyquist frequency [cycle/pixel].
    """
    check_whole("size", size, least=5)
    check_whole("bands", bands, least=1)
    return np.geomspace(2.0 / size, 0.5, bands + 1)


def power_spectrum(images: Grey, *, bands: int = 12) -> Real:
    r"""Return the radially averaged power spectrum of images, averaged over them.

    .. math:: P = 10 \log_{10} \left\langle |F[w (f - \bar f)]|^2 / \textstyle\sum w^2 \right\rangle

    with the Hann window w; white noise of variance v has the level 10 log10 v in every band.

    Parameters
    ----------
    images : (n, size, size) uint8 array
        They must lie wholly inside the rock, as an outline would swamp the spectrum.
    bands : int
        Number of bands, see `frequency_bands`; at most a quarter of `size`.

    Returns
    -------
    (bands,) float array
        Level in each band [dB re 1 grey level²].

    Raises
    ------
    ValueError
        The images are not square, or are too small for so many bands.
    """
    given_grey("images", images, ndim=3)
    check_whole("bands", bands, least=1)
    n, height, width = images.shape
    if height != width:
        msg = f"spectra need square images, got {height} x {width}; crop them first"
        raise ValueError(msg)
    if height < 4 * bands:
        msg = f"{bands} bands need images of at least {4 * bands} pixels, got {height}; use fewer"
        raise ValueError(msg)
    frequency = np.fft.fftfreq(height)
    edges = frequency_bands(height, bands=bands)
    band = np.digitize(np.hypot(frequency[:, None], frequency), edges)
    if not np.isin(np.arange(1, bands + 1), band).all():
        msg = f"some of {bands} bands hold no wave that fits into {height} pixels; use fewer"
        raise ValueError(msg)
    window = np.hanning(height)[:, None] * np.hanning(height)
    total = np.zeros((height, height))
    for image in images:
        total += np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2
    power = total / (n * np.sum(window**2))
    mean = ndimage.mean(power, band, np.arange(1, bands + 1))
    return 10.0 * np.log10(np.maximum(mean, np.finfo(float).tiny))


def spectral_distance(predicted: Grey, true: Grey, *, bands: int = 12) -> Real:
    r"""Return the mean absolute difference of the power spectra of each pair of images.

    .. math:: \frac{1}{B} \sum_b | P_b(\hat S) - P_b(S) |

    over the bands of `frequency_bands`. Where something lies does not matter, only how much of
    each size there is: a blurred image is far from a sharp one, whatever its PSNR.

    Parameters
    ----------
    predicted, true : (n, size, size) uint8 arrays
        They must lie wholly inside the rock (see `power_spectrum`).
    bands : int
        Number of bands.

    Returns
    -------
    (n,) float array
        [dB]. Levels below that of 1/12 grey level², the noise of rounding to whole grey levels, are
        raised to it.

    Raises
    ------
    ValueError
        The shapes differ, or as for `power_spectrum`.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 100, (1, 64, 64), dtype=np.uint8)
    >>> spectral_distance(2 * image, image).round(2)  # 20 log10(2)
    array([6.02])
    """
    given_grey("predicted", predicted, ndim=3)
    given_grey("true", true, ndim=3)
    check_same_shape("predicted and true", predicted, true, mend="translate the same patches")
    floor = 10.0 * np.log10(1.0 / 12.0)
    distances = []
    for a, b in zip(predicted, true, strict=True):
        levels = [np.maximum(power_spectrum(x[None], bands=bands), floor) for x in (a, b)]
        distances.append(np.abs(levels[0] - levels[1]).mean())
    return np.array(distances)


def dark_phase(sem: Grey, *, threshold: float = 60.0, sigma: float = 1.0) -> Mask:
    """Segment the dark phase by a fixed threshold on lightly smoothed images.

    Parameters
    ----------
    sem : (n, y, x) uint8 array
        FIB-SEM images.
    threshold : float
        Grey level below which a pixel is dark.
    sigma : float
        Standard deviation of the Gaussian that smooths each image [pixel].

    Returns
    -------
    (n, y, x) bool array
        True in the dark phase.

    Notes
    -----
    This simple rule is meant only for the comparison of two sets of images, applied to both. The
    outside of the rock is dark, too, and must be masked by the caller.
    """
    given_grey("sem", sem, ndim=3)
    check_number("threshold", threshold)
    check_number("sigma", sigma, least=0)
    smooth = ndimage.gaussian_filter(sem.astype(np.float32), (0, sigma, sigma))
    return smooth < threshold


def chord_lengths(phase: Mask, inside: Mask) -> NDArray[np.int64]:
    """Return the lengths of all runs of a phase along rows and columns.

    Parameters
    ----------
    phase : (n, y, x) bool array
        True in the phase.
    inside : (n, y, x) bool array
        True in the rock. Runs that touch the edge of the image or the outside of the rock are cut
        off there, and do not count.

    Returns
    -------
    (m,) int array
        [pixel]; first those along rows, then those along columns.

    Examples
    --------
    >>> phase = np.array([[[0, 1, 1, 0, 1, 0]]], bool)
    >>> chord_lengths(phase, np.ones(phase.shape, bool)).tolist()
    [2, 1]
    """
    given_mask("phase", phase, ndim=3)
    given_mask("inside", inside, ndim=3)
    check_same_shape("phase and inside", phase, inside, mend="cut both from the same place")
    lengths = [
        _runs(np.swapaxes(phase, 1, 2), np.swapaxes(inside, 1, 2)),
        _runs(phase, inside),
    ]
    return np.concatenate(lengths[::-1])


def _runs(phase: Mask, inside: Mask) -> NDArray[np.int64]:
    """Return the lengths of the runs along the last axis that are bounded by rock on both sides."""
    # 1 in the phase, 0 in the rest of the rock, 2 outside; a column of 2 separates the rows
    state = np.where(inside, phase.astype(np.int8), np.int8(2)).reshape(-1, phase.shape[-1])
    line = np.pad(state, ((0, 0), (0, 1)), constant_values=2).ravel()
    change = np.flatnonzero(np.diff(line)) + 1
    edges = np.concatenate([[0], change, [line.size]])
    value = line[edges[:-1]]
    before, after = np.concatenate([[2], value[:-1]]), np.concatenate([value[1:], [2]])
    whole = (value == 1) & (before == 0) & (after == 0)
    return np.diff(edges)[whole]


def two_point_correlation(phase: Mask, inside: Mask, *, reach: int = 40) -> Real:
    r"""Return the probability that two points a distance r apart are both in the phase.

    .. math:: S_2(r) = \langle I(x) I(x + r) \rangle

    over pairs of pixels along rows and columns that are both inside the rock.

    Parameters
    ----------
    phase : (n, y, x) bool array
        True in the phase.
    inside : (n, y, x) bool array
        True in the rock.
    reach : int
        Largest distance [pixel], less than the shorter edge of the images.

    Returns
    -------
    (reach + 1,) float array
        For r = 0, 1, ..., `reach`. The first value is the share of the phase in the rock; NaN if no
        two pixels of the rock are that far apart.

    Raises
    ------
    ValueError
        `reach` is too large, or the shapes differ.
    """
    given_mask("phase", phase, ndim=3)
    given_mask("inside", inside, ndim=3)
    check_same_shape("phase and inside", phase, inside, mend="cut both from the same place")
    check_whole("reach", reach, least=0)
    if reach >= min(phase.shape[1:]):
        msg = f"reach must be less than the image's edge {min(phase.shape[1:])}, got {reach}"
        raise ValueError(msg)
    phase = phase & inside
    both, pairs = np.zeros(reach + 1), np.zeros(reach + 1)
    for axis in (1, 2):
        p, m = np.moveaxis(phase, axis, -1), np.moveaxis(inside, axis, -1)
        for r in range(reach + 1):
            end = p.shape[-1] - r
            both[r] += np.count_nonzero(p[..., :end] & p[..., r:])
            pairs[r] += np.count_nonzero(m[..., :end] & m[..., r:])
    return both / np.where(pairs > 0, pairs, np.nan)


def _foreground(images: Grey, inside: Mask) -> Grey:
    given_grey("images", images)
    given_mask("inside", inside)
    check_same_shape("images and inside", images, inside, mend="make one mask an image")
    if not inside.any():
        msg = "inside is empty, there is no foreground to measure; look at the mask"
        raise ValueError(msg)
    return images[inside]
