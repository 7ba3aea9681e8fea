"""Laws of what is rock: which dark is outside, and which images are asked about."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.data.rock import connected_rock, rock_mask
from shalelib.outside import check_not_inverted, check_rock, find_outside

EDGE = 96


def plug_between_two_greys(left, right):
    """A disc of textured rock; what surrounds it is of one grey on each side."""
    y, x = np.mgrid[:EDGE, :EDGE] - EDGE / 2
    disc = x**2 + y**2 < (0.45 * EDGE) ** 2
    rock = np.random.default_rng(0).integers(60, 200, (8, EDGE, EDGE))
    return np.where(disc, rock, np.where(x < 0, left, right)).astype(np.uint8), disc


@pytest.mark.parametrize(("left", "right"), [(0, 20), (20, 0), (5, 30)])
def test_of_two_greys_round_a_plug_both_are_outside(left, right):
    """The lightest dark corner counts first: the darkest would leave half of it as rock."""
    volume, disc = plug_between_two_greys(left, right)
    level, outside = find_outside(volume)
    assert level == max(left, right)
    np.testing.assert_array_equal(outside, np.broadcast_to(~disc, volume.shape))


def test_black_is_zero_and_no_other_level():
    """Pixels of grey 1 that reach the frame are rock."""
    image = np.full((6, 6), 90, np.uint8)
    image[0], image[-1] = 0, 1
    assert connected_rock(image).sum(axis=1).tolist() == [0, 6, 6, 6, 6, 6]


def test_a_mask_is_made_of_slices_and_not_of_an_image():
    with pytest.raises(ValueError, match="volume"):
        rock_mask(np.full((8, 8), 90, np.uint8))


@pytest.mark.parametrize(("bright", "found"), [(3, True), (4, False)])
def test_a_corner_is_dark_if_97_of_its_100_voxels_are(bright, found):
    """Four slices of 100 x 100 pixels: a corner is five wide, a twentieth, and 100 voxels large."""
    y, x = np.mgrid[:100, :100] - 49.5
    disc = x**2 + y**2 < 45**2
    rock = np.random.default_rng(0).integers(60, 200, (4, 100, 100))
    volume = np.where(disc, rock, 0).astype(np.uint8)
    for rows in (slice(5), slice(-5, None)):
        for columns in (slice(5), slice(-5, None)):
            corner = volume[:, rows, columns]
            for number in range(bright):
                corner[number % 4, 2, number] = 90
    assert (find_outside(volume) is not None) == found


@pytest.mark.parametrize(("even", "inverted"), [(48, True), (52, False)])
def test_a_picture_is_where_less_than_half_is_of_one_grey(even, inverted):
    """A mask that marks a fill is inverted if the rest shows a picture; else both are fills."""
    rest = np.full(100, 100, np.uint8)
    apart = (100 - even) // 2
    rest[:apart], rest[-apart:] = np.arange(apart), 255 - np.arange(apart)
    volume = np.stack([np.zeros((10, 10), np.uint8), rest.reshape(10, 10)])
    fill = volume == 0
    fill[1] = False
    if inverted:
        with pytest.raises(ValueError, match="the mask of rock is inverted"):
            check_not_inverted("rock", volume, fill, mend="~mask")
    else:
        check_not_inverted("rock", volume, fill, mend="~mask")


def test_a_mask_of_an_image_is_told_that_a_volume_has_three_axes():
    volume = np.full((4, 8, 8), 90, np.uint8)
    with pytest.raises(ValueError, match="rock must have 3 dimensions"):
        check_rock("volume", volume, np.ones((8, 8), bool))
