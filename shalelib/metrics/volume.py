"""Metrics of a predicted volume and the true one, which the paper could not measure."""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity

from shalelib.arguments import check_axis, given_grey, given_mask, is_whole
from shalelib.arrays import Grey, Mask, Real, check_same_shape

_WINDOW = 7  # voxels, as in two dimensions


def volume_psnr(predicted: Grey, true: Grey) -> float:
    """Return the peak signal-to-noise ratio of a volume over all voxels.

    Parameters
    ----------
    predicted, true : (z, y, x) uint8 arrays

    Returns
    -------
    float
        [dB], as of `psnr`; infinite for equal volumes.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    _check_volumes(predicted, true)
    error = np.square(predicted.astype(np.float32) - true).mean(dtype=float)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def volume_ssim(predicted: Grey, true: Grey) -> float:
    """Return the structural similarity (SSIM) in three dimensions.

    Parameters
    ----------
    predicted, true : (z, y, x) uint8 arrays
        At least 7 voxels along each axis.

    Returns
    -------
    float
        At most 1, and 1 for equal volumes.

    Raises
    ------
    ValueError
        The volumes are smaller than a window, or their shapes differ.

    Notes
    -----
    That of scikit-image with a uniform window of 7 x 7 x 7 voxels and a data range of 255.
    """
    _check_volumes(predicted, true)
    if min(true.shape) < _WINDOW:
        msg = f"SSIM needs volumes of at least {_WINDOW} voxels an axis, got {true.shape}"
        raise ValueError(msg)
    one, two = predicted.astype(np.float32), true.astype(np.float32)
    return float(structural_similarity(one, two, win_size=_WINDOW, data_range=255))


def slice_jump(volume: Grey, *, axis: int = 0) -> float:
    r"""Return the mean absolute change from slice to slice.

    .. math:: \langle |S_{z+1} - S_z| \rangle

    Parameters
    ----------
    volume : (z, y, x) uint8 array
        At least two slices along `axis`.
    axis : int
        Axis along which slices follow one another: 0 for z; 1 or 2 for the change along y or x, to
        compare with it.

    Returns
    -------
    float
        [grey level per slice]

    Raises
    ------
    ValueError
        There are fewer than two slices, or no such axis.

    Examples
    --------
    >>> volume = np.zeros((3, 2, 2), np.uint8)
    >>> volume[1] = 10
    >>> slice_jump(volume)
    10.0
    """
    given_grey("volume", volume, ndim=3)
    check_axis(axis)
    if volume.shape[axis] < 2:
        msg = f"a change along axis {axis} needs at least two slices, got shape {volume.shape}"
        raise ValueError(msg)
    return float(np.abs(np.diff(volume.astype(np.int16), axis=axis)).mean())


def two_point_along(phase: Mask, axis: int, *, reach: int) -> Real:
    r"""Return the probability that two points a distance r apart on an axis are both in the phase.

    .. math:: S_2(r) = \langle I(x) \, I(x + r e) \rangle

    with the unit vector e along the axis.

    Parameters
    ----------
    phase : (z, y, x) bool array
        True in the phase.
    axis : int
        0, 1 or 2.
    reach : int
        Largest distance [voxel], less than the edge of the volume along `axis`.

    Returns
    -------
    (reach + 1,) float array
        For r = 0, 1, ..., `reach`. The first value is the share of the phase.

    Raises
    ------
    ValueError
        `reach` is out of range, or there is no such axis.

    Examples
    --------
    >>> phase = np.zeros((4, 1, 1), bool)
    >>> phase[:2] = True
    >>> two_point_along(phase, 0, reach=2).round(2)
    array([0.5 , 0.33, 0.  ])
    """
    given_mask("phase", phase, ndim=3)
    check_axis(axis)
    if not is_whole(reach) or not 0 <= reach < phase.shape[axis]:
        msg = (
            "reach must be a whole number, 0 or more and less than the volume's edge "
            f"{phase.shape[axis]}, got {reach!r}"
        )
        raise ValueError(msg)
    line = np.moveaxis(phase, axis, 0)
    size = len(line)
    return np.array([(line[: size - r] & line[r:]).mean() for r in range(reach + 1)])


def _check_volumes(predicted: Grey, true: Grey) -> None:
    given_grey("predicted", predicted, ndim=3)
    given_grey("true", true, ndim=3)
    check_same_shape("predicted and true", predicted, true, mend="cut both from the same place")
