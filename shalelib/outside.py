"""Find where the rock ends: tell the dark around a plug from the darkest pores of a crop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import convex_hull_image

from shalelib.arguments import given_mask
from shalelib.arrays import Grey, Mask, check_same_shape

_CORNER = 0.05  # edge of the window in a corner, over the shorter edge of a slice
_DARKEST = 40  # grey level up to which the middle of the surroundings may lie
_NOISE = 3.2  # from the median to what is no longer noise, over that to the ninetieth percentile
_SPREAD = (5, 26)  # grey levels from the median to there: at least, at most
_KNOWN = 0.97  # share of a window that is no lighter
_SHARE = 0.9  # of the slices in which a pixel outside the plug is dark
_REACH = 0.04  # radius of a disc that fits outside, over the shorter edge of a slice
_REACH_FEW = 0.12  # the same where there are too few slices to compare
_FEW = 4  # slices
_LEAST = 3  # radius of a disc that no crack holds, and the least that others measure [voxel]
_MOST = 1 / 3  # of all that is dark so is outside; the rest are pores
_ROCK = 0.1  # of a slice at least is rock
_GAP = 10  # grey levels that set surroundings and rock apart
_GROWTH = 0.3  # share by which surroundings that are wide may grow over the gap
_WRAPPED = 0.2  # share of them that may lie in hollows of the rock
_NEAR = 5  # grey levels that the noise of a fill lies from its median
_FILLED = 0.9  # share so near to it that makes a fill
_PICTURED = 0.5  # share below which the rest shows a picture
_GLANCE = 8  # rows and columns of a plane that are looked at first
_GREYS = 3  # grey levels of a picture at least; fewer are codes


def find_outside(volume: Grey) -> tuple[int, Mask] | None:
    """Find what is not rock in a volume whose surroundings are dark.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    level : int
        The grey level up to which the surroundings go.
    outside : (z, y, x) bool array
        True where nearly all slices across one of the axes are dark: a broadcast view, the same in
        all these slices.

    Without such a region, None is returned.

    Notes
    -----
    A region must have five marks to be found: it fills a corner of the frame with a single grey of
    at most 40 and its noise, of a standard deviation of at most 6; nine slices in ten show it in
    the same place; a disc fits into it whose radius is a twenty-fifth of the slice's edge, or an
    eighth where there are four slices or fewer; ten more grey levels hardly widen it; and the rock
    is not wrapped around it. This finds the surroundings of plugs and slabs, upright or lying,
    whole or cut. It does not find surroundings that are lighter, noisier or graded, that nowhere
    reach a corner, or that move through the slices by as much as they are wide. The pores of an
    interior crop lack one mark or another, however dark they are. Only a crop that ends at a
    straight crack, black to the frame and two corners, looks the same as a slab, and is taken for
    one; so may a crop be that is so small that a seam fills a quarter of it.
    """
    for axis in range(3):
        for level in _levels(volume, axis):
            outside = _wide(volume, level, axis)
            if outside is not None:
                return level, np.broadcast_to(np.expand_dims(outside, axis), volume.shape)
    return None


def _levels(volume: Grey, axis: int) -> Iterator[int]:
    """Yield the highest grey level of each corner that is dark and even, the lightest first."""
    first, second = (n for k, n in enumerate(volume.shape) if k != axis)
    edge = max(_LEAST, round(_CORNER * min(first, second)))
    levels = set()
    for rows in (slice(edge), slice(first - edge, None)):
        for columns in (slice(edge), slice(second - edge, None)):
            place: list[slice] = [rows, columns]
            place.insert(axis, slice(None))
            window = volume[tuple(place)]
            middle, light = np.percentile(window, (50, 90))
            noise = max(_SPREAD[0], np.ceil(_NOISE * (light - middle)))
            level = int(middle + (noise if window.max() > window.min() else 0))
            even = noise <= _SPREAD[1] and (window <= level).mean() >= _KNOWN
            if even and middle <= _DARKEST and 2 * edge <= min(first, second):
                levels.add(level)
    yield from sorted(levels, reverse=True)


def _wide(volume: Grey, level: int, axis: int) -> Mask | None:
    """Return what is dark around the rock in nearly all slices, if it has the marks of an outside.

    Returns
    -------
    (n, m) bool array or None
        In the plane of the two axes other than `axis`.
    """
    common = _common(volume, level, axis)
    if common.all():  # codes or a binary volume, no surroundings
        return None
    share = _REACH if volume.shape[axis] > _FEW else _REACH_FEW
    even = ndimage.median_filter(common, 3)  # without the specks of a noise
    wide = _in_corners(_opened(even, max(_LEAST, share * min(common.shape))))
    rock = _opened(~common, _LEAST)
    if rock.mean() < _ROCK or wide.sum() < _MOST * common.sum():
        return None
    grown = _common(volume, level + _GAP, axis) & ~common
    hollows = wide & convex_hull_image(rock)
    if grown.sum() > _GROWTH * wide.sum() or hollows.sum() > _WRAPPED * wide.sum():
        return None
    return widened(common, _with_frame(common, wide))


def _common(volume: Grey, level: int, axis: int) -> Mask:
    """Return where nearly all slices across an axis are at most this grey."""
    if axis:  # slice by slice along z, as a volume lies in its file
        dark = np.stack([(image <= level).sum(axis=axis - 1) for image in volume])
    else:
        dark = np.zeros(volume.shape[1:], np.int64)
        for image in volume:
            dark += image <= level
    return np.asarray(dark >= _SHARE * volume.shape[axis])


def _opened(region: Mask, radius: float) -> Mask:
    """Return the part of a region that discs inside it cover; it continues beyond the frame.

    Parameters
    ----------
    region : (y, x) bool array
    radius : float
        Of the discs [pixel].
    """
    margin = int(radius) + 1
    beyond = np.pad(region, margin, mode="edge")
    inner = (slice(margin, -margin),) * 2
    centres = ndimage.distance_transform_edt(beyond)[inner] >= radius
    if not centres.any():
        return centres
    return np.asarray((ndimage.distance_transform_edt(~centres) < radius) & region)


def _with_frame(region: Mask, wide: Mask) -> Mask:
    """Add what continues along the frame from a wide part: next to a plug it may be thin."""
    inner = (slice(_LEAST, -_LEAST),) * 2
    strip = region.copy()
    strip[inner] = False
    pieces, _ = ndimage.label(strip | (wide & region))
    return np.isin(pieces, np.unique(pieces[wide & region]))


def widened(region: Mask, known: Mask) -> Mask:
    """Return the known part of a region and what continues widely from it, but not thin seams.

    Parameters
    ----------
    region, known : (y, x) bool arrays
    """
    pieces, _ = ndimage.label(_opened(region, _LEAST) | (region & known))
    reached = np.isin(pieces, np.unique(pieces[region & known]))
    return np.asarray(region & ndimage.binary_dilation(reached))


def _in_corners(region: Mask) -> Mask:
    """Return the pieces that reach a corner: the outside of a convex rock has no others."""
    pieces, _ = ndimage.label(region)
    corners = pieces[[0, 0, -1, -1], [0, -1, 0, -1]]
    return np.isin(pieces, corners[corners > 0])


def find_rim(volume: Grey) -> tuple[slice, slice, slice] | None:
    """Find the border that a shift of a volume leaves: outermost planes of a single dark grey.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    tuple of three slices, or None
        The box within the border, ``volume[box]``; None where there is none. A border of any width
        counts whose grey is below 40 and the mean of the middle: no face of a rock is of one grey.
        Around codes and binary volumes there is none.
    """
    box = tuple(_within(volume, axis) for axis in range(3))
    inner = volume[box]
    if inner.shape == volume.shape or not inner.size:
        return None
    if len(np.unique(inner[len(inner) // 2])) < _GREYS:
        return None
    return box[0], box[1], box[2]


def _within(volume: Grey, axis: int) -> slice:
    """Return where, along one axis, the planes are no longer those of a border."""
    planes = np.moveaxis(volume, axis, 0)
    lightest = min(float(_DARKEST), float(planes[len(planes) // 2].mean()))
    ends = []
    for one in (planes, planes[::-1]):
        width = 0
        while width < len(one) and is_even(one[width]) and one[width][0, 0] < lightest:
            width += 1
        ends.append(width)
    return slice(ends[0], len(planes) - ends[1])


def is_even(image: Grey) -> bool:
    """Return whether all pixels of an image, of two at least, are of one grey."""
    step, stride = (max(1, n // _GLANCE) for n in image.shape)
    glance = image[::step, ::stride]  # of a memory map few pages
    return image.size > 1 and np.ptp(glance) == 0 and bool((image == image[0, 0]).all())


def check_no_outside(name: str, volume: Grey, *, argument: str = "rock") -> None:
    """Refuse a volume that shows more than rock, where no mask says so.

    Parameters
    ----------
    name : str
        What the error calls the volume.
    volume : (z, y, x) uint8 array
    argument : str
        Name of the caller's argument for a mask.

    Raises
    ------
    ValueError
        It shows more; the message gives the share outside and says what to do.
    """
    found = find_outside(volume)
    if found is not None:
        level, outside = found
        dark = "zero" if level == 0 else f"dark (grey {level} at most)"
        msg = (
            f"{outside.mean():.0%} of {name} is {dark} in nearly all slices and reaches the frame: "
            f"outside the rock, where it would count as pores. Pass {argument}= with a mask from "
            "shalelib.data.read_mask or shalelib.data.rock_mask(volume), or crop the volume to the "
            f"rock; if it is all rock, pass {argument}= with np.ones(volume.shape, bool)"
        )
        raise ValueError(msg)


def check_rock(name: str, volume: Grey, rock: Mask | None, *, argument: str = "rock") -> None:
    """Refuse a volume and a mask of its rock that cannot belong together.

    Parameters
    ----------
    name : str
        What the error calls the volume.
    volume : (z, y, x) uint8 array
    rock : (z, y, x) bool array, optional
        True in the rock; without it, the volume must be all rock.
    argument : str
        Name of the caller's argument for the mask.

    Raises
    ------
    TypeError
        The mask is not boolean.
    ValueError
        It is empty, of another shape or inverted, or there is none and the volume shows more.
    """
    if rock is None:
        check_no_outside(name, volume, argument=argument)
        return
    given_mask(argument, rock, ndim=3)
    check_same_shape(f"{name} and {argument}", volume, rock, mend="pass the mask of this volume")
    if not rock.any():
        msg = f"the mask in {argument}= is empty; it must be True where there is rock"
        raise ValueError(msg)
    check_not_inverted(name, volume, rock, mend=f"{argument}= with ~mask")


def check_not_inverted(name: str, volume: Grey, inside: Mask, *, mend: str) -> None:
    """Refuse a mask that takes the fill around a plug for the rock, and the picture for outside.

    Nearly all voxels inside such a mask are of one grey level, up to noise, and those outside are
    not. A rock of a single grey next to an outside of a single grey shows no such difference.

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
    """Return the share of grey levels that lie near their median, and the median."""
    middle = int(np.searchsorted(counts.cumsum(), counts.sum() / 2))
    near = counts[max(0, middle - _NEAR) : middle + _NEAR + 1]
    return float(near.sum() / counts.sum()), middle
