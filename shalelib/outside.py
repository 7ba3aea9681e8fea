"""Where a volume ends: telling the black round a plug from the darkest pores of a crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shalelib.arguments import given_mask
from shalelib.arrays import Grey, Mask, check_same_shape

_BLACK = (0, 5)  # grey levels up to which a plug's surroundings may go; the first that shows them
_SHARE = 0.9  # of the slices in which a pixel outside the plug is black
_REACH = 0.04  # radius of a disc that fits outside, over the shorter edge of a slice
_REACH_FEW = 0.12  # the same where there are too few slices to compare
_FEW = 4  # slices
_NEAR = 5  # grey levels that the noise of a fill lies from its median
_FILLED = 0.9  # share so near to it that makes a fill
_PICTURED = 0.5  # share below which the rest shows a picture
_LEAST = 3.0  # what a disc must measure in the smallest of volumes [voxel]


def find_outside(volume: Grey) -> Mask | None:
    """Find what is not rock in a volume whose surroundings are black.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    (y, x) bool array or None
        True where nearly all slices are black, out to the frame; None if there is no such region.
        Black is zero or, where nothing else stands out, the noise of a few grey levels above it.
        The zeros of an interior crop are pores: they differ from slice to slice and are narrow, so
        that no disc of a twenty-fifth of the slice's edge, or three voxels, fits into what they
        have in common.
    """
    level = outside_level(volume)
    return None if level is None else _common(volume, level)


def outside_level(volume: Grey) -> int | None:
    """Return the grey level up to which the surroundings of a plug go; None if there are none."""
    return next((level for level in _BLACK if _common(volume, level) is not None), None)


def _common(volume: Grey, level: int) -> Mask | None:
    """Find a wide region out to the frame that nearly all slices show at most this grey."""
    black = np.zeros(volume.shape[1:], np.int64)
    for image in volume:
        black += image <= level
    common = black >= _SHARE * len(volume)
    pieces, _ = ndimage.label(common)
    frame = np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    outside = np.isin(pieces, np.unique(frame[frame > 0]))
    if not outside.any() or (level and common.all()):  # codes or a binary volume, no surroundings
        return None
    share = _REACH if len(volume) > _FEW else _REACH_FEW
    reach = max(_LEAST, share * min(outside.shape))
    beyond = np.pad(outside, 1, mode="edge")  # the region goes on outside the frame
    return outside if ndimage.distance_transform_edt(beyond).max() >= reach else None


def check_no_outside(name: str, volume: Grey) -> None:
    """Refuse a volume that shows more than rock, where no mask says so.

    Raises
    ------
    ValueError
        Naming the share outside and the mend.
    """
    outside = find_outside(volume)
    if outside is not None:
        share = outside.mean()
        level = outside_level(volume)
        black = "zero" if level == 0 else f"nearly black (grey 0 to {level})"
        msg = (
            f"{share:.0%} of {name} is {black} in nearly all slices and reaches the frame: outside "
            "the rock, where black would count as pores. Pass rock=, a mask from "
            "shalelib.data.read_mask or shalelib.data.rock_mask(volume), or crop the volume to the "
            "rock; if it is all rock, pass rock=np.ones(volume.shape, bool)"
        )
        raise ValueError(msg)


def check_rock(name: str, volume: Grey, rock: Mask | None) -> None:
    """Refuse a volume and a mask of its rock that cannot belong together.

    Parameters
    ----------
    name : str
        How the error calls the volume.
    volume : (z, y, x) uint8 array
    rock : (z, y, x) bool array, optional
        True = rock; without it the volume must be all rock.

    Raises
    ------
    TypeError
        The mask is not boolean.
    ValueError
        It is empty, of another shape or inverted, or there is none and the volume shows more.
    """
    if rock is None:
        check_no_outside(name, volume)
        return
    given_mask("rock", rock, ndim=3)
    check_same_shape(f"{name} and rock", volume, rock, mend="pass the mask of this volume")
    if not rock.any():
        msg = "the rock mask is empty; it must be True where there is rock"
        raise ValueError(msg)
    check_not_inverted(name, volume, rock, mend="rock=~mask")


def check_not_inverted(name: str, volume: Grey, inside: Mask, *, mend: str) -> None:
    """Refuse a mask that takes the fill round a plug for the rock, and the picture for outside.

    Inside nearly all voxels are then of one grey level, up to noise; what is left out is not. A
    rock that is all of one grey next to an outside that is, too, shows no such difference.

    Examples
    --------
    >>> plug = np.zeros((1, 8, 8), np.uint8)
    >>> plug[:, 1:7, 1:7] = np.arange(36).reshape(6, 6) * 7
    >>> check_not_inverted("plug", plug, plug > 0, mend="~mask")
    >>> check_not_inverted("plug", plug, plug == 0, mend="~mask")
    Traceback (most recent call last):
    ValueError: the mask of plug is inverted: 100% of what it marks as rock is grey 0 to 5, ...
    """
    levels = np.zeros((2, 256), np.int64)  # outside, inside
    for image, mask in zip(volume, inside, strict=True):
        both = np.bincount(image.ravel(), minlength=256)
        within = np.bincount(image[mask], minlength=256)
        levels += np.stack([both - within, within])
    if not levels.sum(axis=1).all():
        return
    (rest, _), (share, middle) = map(_near_median, levels)
    if share >= _FILLED and rest < _PICTURED:
        msg = (
            f"the mask of {name} is inverted: {share:.0%} of what it marks as rock is grey "
            f"{max(0, middle - _NEAR)} to {min(255, middle + _NEAR)}, which is a fill, and the "
            f"picture is in the rest; pass {mend}, True in the rock"
        )
        raise ValueError(msg)


def _near_median(counts: NDArray[np.int64]) -> tuple[float, int]:
    """Return which share of grey levels lies near their median, and the median."""
    middle = int(np.searchsorted(counts.cumsum(), counts.sum() / 2))
    near = counts[max(0, middle - _NEAR) : middle + _NEAR + 1]
    return float(near.sum() / counts.sum()), middle
