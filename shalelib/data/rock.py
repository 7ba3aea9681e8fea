"""Find the rock in slices whose surroundings are black or dark."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from shalelib.arguments import given_grey
from shalelib.arrays import Grey, Mask
from shalelib.outside import find_outside, find_rim, widened


def rock_mask(volume: Grey) -> Mask:
    """Return a mask of the rock in a volume: everything but the black or dark around the plug.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    (z, y, x) bool array
        True in the rock. If the volume shows no surroundings, all of it is: the zeros of an
        interior crop are its pores (`shalelib.outside.find_outside` says what is recognised).
        Otherwise each slice loses what is dark in nearly all slices, and the dark that continues
        from there. Cracks of up to five voxels that run into the rock count as its pores; wider
        ones, and the rim of dark seams, count as surroundings. Where the surroundings are not zero,
        each slice is median-filtered (3 x 3) first, so that single voxels of noise are not rock.
        A border of one dark grey, as a registration leaves one, is no rock either
        (`shalelib.outside.find_rim`).

    Raises
    ------
    TypeError
        `volume` is not uint8.
    ValueError
        `volume` is empty or does not have three axes.
    """
    given_grey("volume", volume, ndim=3)
    return _without_surroundings(volume) & _without_border(volume)


def rock_of_slices(slices: Grey) -> Mask:
    """Return a mask of the rock in slices of which each was shifted by itself.

    Parameters
    ----------
    slices : (n, y, x) uint8 array

    Returns
    -------
    (n, y, x) bool array
        As of `rock_mask`, and each slice loses the dark border of its own.
    """
    within = [_without_border(image[np.newaxis]) for image in slices]
    return _without_surroundings(slices) & np.concatenate(within)


def _without_border(volume: Grey) -> Mask:
    """Return all but the border that a shift left."""
    box = find_rim(volume)
    within = np.full(volume.shape, box is None)
    if box is not None:
        within[box] = True
    return within


def _without_surroundings(volume: Grey) -> Mask:
    """Return all but the surroundings of a plug."""
    found = find_outside(volume)
    if found is None:
        return np.ones(volume.shape, bool)
    level, outside = found
    slices = volume if level == 0 else (ndimage.median_filter(image, 3) for image in volume)
    return np.stack(
        [~widened(image <= level, known) for image, known in zip(slices, outside, strict=True)]
    )


def connected_rock(image: Grey) -> Mask:
    """Return a mask of the rock in a slice: everything but the black connected to its frame.

    Isolated black inside the rock (the darkest pores) stays inside.

    Parameters
    ----------
    image : (y, x) uint8 array

    Returns
    -------
    (y, x) bool array

    Examples
    --------
    >>> slab = np.full((4, 4), 9, np.uint8)
    >>> slab[0], slab[2, 2] = 0, 0
    >>> connected_rock(slab).sum(axis=1)
    array([0, 4, 4, 4])
    """
    zeros, _ = ndimage.label(image == 0)
    frame = np.concatenate([zeros[0], zeros[-1], zeros[:, 0], zeros[:, -1]])
    outside = np.isin(zeros, np.unique(frame[frame > 0]))
    return ~outside
