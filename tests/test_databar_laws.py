"""Each limit of what is taken for a bar: at it one is found, a pixel or grey level beyond none."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from shalelib.databar import find_bar, say_bar

HEIGHT = WIDTH = 200
FIRST = 180


def strip(first=FIRST, *, height=HEIGHT, width=WIDTH, ground=0, letter=255):
    """A grey picture over a strip of one colour with a block of letters."""
    image = np.full((height, width), 120, np.uint8)
    image[first:] = ground
    image[first + 2 : first + 6, 4:28] = letter
    return image


def pixels(count, *, value, first=FIRST):
    """A strip without letters but for so many pixels, at most 95 in a row of 200."""
    image = strip(first, letter=0)
    rows, columns = np.divmod(np.arange(count), 95)
    image[first + 1 + rows, 2 + columns] = value
    return image


@pytest.mark.parametrize(("height", "width", "found"), [(48, 48, 36), (47, 48, None)])
@pytest.mark.parametrize("turned", [False, True])
def test_an_image_of_48_pixels_has_room_for_a_bar(height, width, found, turned):
    """Along both edges."""
    height, width = (max(height, 48), min(height, width)) if turned else (height, width)
    assert find_bar(strip(36, height=height, width=width)) == found


@pytest.mark.parametrize(("first", "found"), [(150, 150), (149, None), (192, 192), (193, None)])
def test_a_bar_is_of_8_rows_to_a_quarter_of_the_image(first, found):
    assert find_bar(strip(first)) == found


@pytest.mark.parametrize(("ground", "found"), [(8, FIRST), (9, None), (247, FIRST), (246, None)])
def test_a_bar_is_at_most_8_grey_levels_from_black_or_white(ground, found):
    letter = 255 if ground < 128 else 0
    assert find_bar(strip(ground=ground, letter=letter)) == found


@pytest.mark.parametrize(
    ("ground", "letter", "found"), [(0, 128, FIRST), (0, 127, None), (255, 127, FIRST),
                                    (255, 128, None)]
)  # fmt: skip
def test_a_letter_is_beyond_the_middle_grey(ground, letter, found):
    assert find_bar(strip(ground=ground, letter=letter)) == found


@pytest.mark.parametrize(("other", "found"), [(10, FIRST), (11, None)])
def test_the_first_row_is_of_one_colour_but_for_a_twentieth(other, found):
    """Ten of 200 pixels may be of another."""
    image = strip()
    image[FIRST, :other] = 120
    assert find_bar(image) == found


def test_a_row_of_the_bar_has_three_tenths_of_its_colour():
    """Of letters and lines 140 of 200 pixels: with one more the bar is torn and begins below."""
    image = strip()
    image[FIRST + 7, :140] = 255
    assert find_bar(image) == FIRST
    image[FIRST + 7, 140] = 255
    assert find_bar(image) != FIRST


@pytest.mark.parametrize(("dark", "found"), [(160, FIRST), (161, None)])
def test_the_row_above_is_of_the_bars_colour_in_four_fifths_at_most(dark, found):
    """Else it is the rock's own dark that ends the image."""
    image = strip()
    image[FIRST - 1, :dark] = 0
    assert find_bar(image) == found


@pytest.mark.parametrize(("count", "found"), [(11, None), (12, FIRST), (1800, FIRST), (1801, None)])
def test_letters_are_from_3_in_a_thousand_to_45_in_a_hundred_pixels_of_the_bar(count, found):
    """Of 20 rows of 200 pixels: 12 to 1800."""
    assert find_bar(pixels(count, value=255)) == found


def test_a_picture_that_is_black_and_white_in_more_than_four_fifths_has_no_bar():
    image = strip()
    image[:FIRST, :80], image[:FIRST, 80:160] = 0, 255
    assert find_bar(image) == FIRST
    image[0, 160] = 255
    assert find_bar(image) is None


@pytest.mark.parametrize(("said", "believed"), [(150, True), (149, False), (199, True)])
def test_rows_that_a_microscope_says_are_believed_down_to_three_quarters(said, believed):
    volume = np.full((2, HEIGHT, WIDTH), 120, np.uint8)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        say_bar(volume, "it", said=said, mend="cut to {rows}")
    assert [f"rows {said} to 199" in str(one.message) for one in told] == [True] * believed


@pytest.mark.parametrize("without", [0, 2, 4])
def test_the_first_the_middle_and_the_last_slice_must_agree(without):
    """Of five; in the others nobody looks."""
    volume = np.stack([strip()] * 5)
    volume[[1, 3]] = 120
    with pytest.warns(UserWarning, match="rows 180 to 199"):
        say_bar(volume, "it", said=None, mend="cut to {rows}")
    volume[without] = 120
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        say_bar(volume, "it", said=None, mend="cut to {rows}")
