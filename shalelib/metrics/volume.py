"""Metrics of a predicted volume beside the true one: what the paper could not measure."""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity

from shalelib.arguments import check_axis, given_grey, given_mask, is_whole
from shalelib.arrays import Grey, Mask, Real, check_same_shape

_WINDOW = 7  # voxels, as in two dimensions


def volume_psnr(predicted: Grey, true: Grey) -> float:
    """Peak signal-to-noise ratio over all voxels [dB]; see `shalelib.metrics.paired.psnr`."""
    _check_volumes(predicted, true)
    error = np.square(predicted.astype(np.float32) - true).mean(dtype=float)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def volume_ssim(predicted: Grey, true: Grey) -> float:
    """Structural similarity in three dimensions: scikit-image's, 7 x 7 x 7 uniform window.

    Parameters
    ----------
    predicted, true : (z, y, x) uint8 arrays
        At least 7 voxels along each axis.
    """
    _check_volumes(predicted, true)
    if min(true.shape) < _WINDOW:
        msg = f"SSIM needs volumes of at least {_WINDOW} voxels an axis, got {true.shape}"
        raise ValueError(msg)
    one, two = predicted.astype(np.float32), true.astype(np.float32)
    return float(structural_similarity(one, two, win_size=_WINDOW, data_range=255))


def slice_jump(volume: Grey, *, axis: int = 0) -> float:
    r"""Mean absolute change from slice to slice, :math:`\langle |S_{z+1} - S_z| \rangle`.

    Parameters
    ----------
    volume : (z, y, x) uint8 array
        At least two slices.
    axis : int
        0 from slice to slice along z; 2 for the change along x, to compare with it.

    Returns
    -------
    float
        [grey level per slice]

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
    r"""Probability that two points a distance r apart along one axis are both in the phase.

    .. math:: S_2(r) = \langle I(x) \, I(x + r e) \rangle

    Parameters
    ----------
    phase : (z, y, x) bool array
    axis : int
        0, 1 or 2.
    reach : int
        Largest distance [voxel].

    Returns
    -------
    (reach + 1,) float array
        Starts at the phase's share.

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
