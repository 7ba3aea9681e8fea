"""Pixel-wise similarity of predicted and true images or segmentations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from shalelib.arguments import given_grey, given_labels, given_mask
from shalelib.arrays import Grey, check_same_shape


def check_pair(first: Grey, second: Grey) -> None:
    """Refuse two images that cannot be compared pixel by pixel.

    Parameters
    ----------
    first, second : (y, x) uint8 arrays

    Raises
    ------
    TypeError
        An image is not a uint8 array.
    ValueError
        An image is empty or not two-dimensional, or their shapes differ.
    """
    given_grey("first", first, ndim=2)
    given_grey("second", second, ndim=2)
    check_same_shape("the two images", first, second, mend="crop them to the same region")


def psnr(predicted: Grey, true: Grey) -> float:
    r"""Return the peak signal-to-noise ratio.

    .. math:: \mathrm{PSNR} = 10 \log_{10} \frac{255^2}{\langle (\hat S - S)^2 \rangle}

    Parameters
    ----------
    predicted, true : (y, x) uint8 arrays

    Returns
    -------
    float
        [dB]; infinite for equal images.

    Raises
    ------
    TypeError, ValueError
        As for `check_pair`.

    Examples
    --------
    >>> black = np.zeros((4, 4), np.uint8)
    >>> psnr(black, black + np.uint8(255))
    0.0
    """
    check_pair(predicted, true)
    error = np.square(predicted.astype(float) - true).mean()
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def ssim(predicted: Grey, true: Grey) -> float:
    """Return the structural similarity (SSIM).

    Parameters
    ----------
    predicted, true : (y, x) uint8 arrays
        At least 7 x 7 pixels.

    Returns
    -------
    float
        At most 1, and 1 for equal images.

    Raises
    ------
    TypeError, ValueError
        As for `check_pair`, or the images are smaller than a window.

    Notes
    -----
    That of scikit-image with a uniform window of 7 x 7 pixels and a data range of 255.
    """
    check_pair(predicted, true)
    if min(true.shape) < 7:
        msg = f"SSIM needs images of at least 7 x 7, got {true.shape}"
        raise ValueError(msg)
    return float(structural_similarity(predicted, true, win_size=7, data_range=255))


def dice(predicted: NDArray[Any], true: NDArray[Any], phase: int) -> float:
    r"""Return the Dice coefficient of one phase.

    .. math:: D = \frac{2 |\hat P \cap P|}{|\hat P| + |P|}

    with the pixels :math:`\hat P` that are predicted to be the phase and the pixels :math:`P` that
    truly are.

    Parameters
    ----------
    predicted, true : integer or bool arrays of one shape
        Phase labels of images or volumes, or masks, in which True is the label 1. Every pixel
        counts; leave out beforehand those that should not.
    phase : int
        The label, for example 1 for the low-density phase.

    Returns
    -------
    float
        Between 0 and 1; 0 if the phase occurs in only one of the two. NaN if it occurs in neither,
        as there is nothing to find; leave such an image out of a mean.

    Raises
    ------
    TypeError
        The labels are neither integers nor masks, or the phase is no integer.
    ValueError
        The arrays are empty or their shapes differ.

    Examples
    --------
    >>> predicted, true = np.array([1, 1, 2, 2]), np.array([1, 2, 2, 2])
    >>> dice(predicted, true, 2)
    0.8
    >>> dice(predicted, true, 3)
    nan
    """
    for name, labels in (("predicted", predicted), ("true", true)):
        if getattr(labels, "dtype", None) == np.bool_:
            given_mask(name, labels)
        else:
            given_labels(name, labels)
    if isinstance(phase, bool) or not isinstance(phase, (int, np.integer)):
        msg = f"phase must be one integer label, got {phase!r}; call dice once for each phase"
        raise TypeError(msg)
    check_same_shape("predicted and true", predicted, true, mend="segment the same slices")
    found, real = predicted == phase, true == phase
    total = int(found.sum()) + int(real.sum())
    return 2 * int((found & real).sum()) / total if total else float("nan")
