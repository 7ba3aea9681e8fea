"""Laws of grids, registration and the rock in a slice, and each limit of what is said of images."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from shalelib.arguments import check_number, check_whole
from shalelib.data import align, doubts, resample
from shalelib.data.agreement import say_shared, settled_edge, square_edge
from shalelib.data.pairs import PairedSlices
from shalelib.data.patches import PatchSampler, tiles
from shalelib.data.rock import connected_rock
from shalelib.data.volume import Volume
from shalelib.scale import Said


def silent(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call()


# Resampling


def test_one_bright_pixel_is_keys_kernel():
    """Keys (1981) with a = -1/2 at 1/4, 3/4, 5/4, 7/4: 111, 29, -9 and -3 in 128."""
    image = np.full((20, 20), 100, np.uint8)
    image[:, 10] = 228
    out = resample.rescale(image, from_size=2e-8, to_size=1e-8)
    expected = 100 + np.array([0, -3, -9, 29, 111, 111, 29, -9, -3, 0])
    np.testing.assert_array_equal(out[20, 16:26], expected)
    np.testing.assert_array_equal(resample.rescale(image.T, from_size=2e-8, to_size=1e-8), out.T)


def test_overshoot_at_an_edge_is_cut_and_does_not_wrap():
    image = np.where(np.arange(20) < 10, 0, 255).astype(np.uint8) * np.ones((20, 1), np.uint8)
    out = resample.rescale(image, from_size=2e-8, to_size=1e-8)[20]
    cubes = resample.to_cubes(Volume(pixels=image[None], voxel_size=(1e-8, 1e-8, 2e-8)))
    for row in (out, cubes.pixels[0, 10]):
        assert (np.diff(row.astype(int)) >= 0).all()
        assert (row[0], row[-1]) == (0, 255)


def test_a_cube_of_the_rock_is_that_in_which_its_centre_lies():
    """Three voxels of 26 nm are 7.8 cubes of 10: eight, whose centres lie at 5, 15, ... 75 nm."""
    inside = np.zeros((3, 4, 4), bool)
    inside[[0, 2]] = True
    grey = np.where(inside, 100, 30).astype(np.uint8)
    cubes = resample.to_cubes(Volume(pixels=grey, voxel_size=(26e-9, 1e-8, 1e-8), inside=inside))
    assert cubes.voxel_size == pytest.approx((1e-8,) * 3)
    assert cubes.inside[:, 0, 0].tolist() == [True] * 3 + [False] * 2 + [True] * 3
    assert cubes.pixels[:, 0, 0].tolist() == [100] * 3 + [30] * 2 + [100] * 3


def test_the_rock_goes_on_outside_from_its_nearest_voxel_in_metres():
    """Along z the next slice is 60 nm away, along y another rock two voxels of 10 nm."""
    inside = np.ones((2, 5, 1), bool)
    grey = np.full(inside.shape, 50, np.uint8)
    inside[0, :3], grey[0, 3:] = False, 90
    volume = Volume(pixels=grey, voxel_size=(60e-9, 1e-8, 1e-8), inside=inside)
    assert resample._rock_beyond(volume)[0, :, 0].tolist() == [90] * 5


@pytest.mark.parametrize(
    ("level", "pixels", "charged"), [(250, 4, 4 + 10), (249, 4, 0), (250, 3, 0)]
)
def test_four_saturated_pixels_are_charged_with_a_margin_of_one(level, pixels, charged):
    """A row of n pixels has 2 n + 2 neighbours across edges; 250 itself is saturated."""
    sem = np.full((20, 20), 100, np.uint8)
    sem[9, 5 : 5 + pixels] = level
    assert resample.charging_mask(sem).sum() == charged


# Registration


def test_what_lies_outside_a_mask_does_not_count_in_a_mean_inside():
    mask = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(60, 60)), 4) > 0
    grey = np.where(mask, 70.0, 1e4)
    assert align._smooth_inside(grey, mask, 3.0)[mask] == pytest.approx(70.0)


def test_an_image_is_prepared_by_the_widths_and_percentiles_of_the_page():
    """Hundred levels of hundred pixels: the 1st percentile is 1.99, the 97th 97.03."""
    levels = np.repeat(np.arange(1, 101), 100)
    image = np.random.default_rng(1).permutation(levels).reshape(100, 100).astype(np.uint8)
    mask = np.ones(image.shape, bool)
    found, _ = align._prepare(image, mask, align.SMOOTHING, align.BACKGROUND)
    cut = image.astype(float).clip(1.99, 97.03)
    known = ndimage.gaussian_filter(cut, 2.0) - ndimage.gaussian_filter(cut, 10.0)
    np.testing.assert_allclose(found, known, atol=1e-9 * cut.max())


def test_a_coarse_image_is_the_mean_of_its_rock_in_each_block(monkeypatch):
    """A block of which no more than half is rock does not count; widths shrink with the grid."""
    asked = []
    monkeypatch.setattr(align, "_prepare", lambda *given: asked.append(given))
    image = np.random.default_rng(2).integers(1, 256, (13, 10), dtype=np.uint8)
    mask = np.zeros(image.shape, bool)
    mask[:4, :2], mask[:4, 4:7], mask[4:8, :3], mask[8:, :] = True, True, True, True
    align._prepare_coarse(image, mask, 4)
    [(grey, kept, smoothing, background)] = asked
    assert kept.tolist() == [[False, True], [True, False], [True, True]]
    assert grey[0, 1] == pytest.approx(image[:4, 4:7].mean())
    assert grey[1, 0] == pytest.approx(image[4:8, :3].mean())
    assert grey[2, 1] == pytest.approx(image[8:12, 4:8].mean())
    assert (smoothing, background) == pytest.approx((0.5, 2.5))


@pytest.mark.parametrize(("shift", "sound"), [(69, True), (71, False)])
def test_images_must_overlap_in_three_tenths_of_the_smaller(shift, sound):
    """Of a hundred rows, moved by 69 and by 71; both images are whole."""
    image = np.random.default_rng(3).normal(size=(100, 100))
    mask = np.ones(image.shape, bool)
    scores = align._correlate((image, mask), (np.roll(image, -shift, axis=0), mask), 72)
    assert scores[72 + shift, 72] == pytest.approx(1.0 if sound else -1.0)


@pytest.mark.parametrize(("rows", "columns"), [(0.3, -0.45), (-0.2, 0.1), (1.4, 2.25)])
def test_the_peak_of_a_paraboloid_is_found_between_pixels(rows, columns):
    """Tilted axes; of a paraboloid the fit is exact."""
    y, x = np.mgrid[-5:6, -5:6] - np.array([rows, columns])[:, None, None]
    found = align._peak(0.9 - 0.05 * y**2 - 0.02 * x**2 + 0.01 * x * y, 5)
    assert (found.rows, found.columns) == pytest.approx((rows, columns))


@pytest.mark.parametrize(("at", "expected"), [(0.3, 0.3), (-0.45, -0.45), (0.9, 0.5)])
def test_the_peak_of_a_parabola_lies_half_a_slice_away_at_most(at, expected):
    before, middle, after = (1 - 0.2 * (z - at) ** 2 for z in (-1, 0, 1))
    assert align._vertex(before, middle, after) == pytest.approx(expected)
    assert align._vertex(-before, -middle, -after) == 0.0  # a valley


# The rock in a slice, and patches of it


@pytest.mark.parametrize("turns", range(4))
def test_black_at_any_side_of_the_frame_is_outside_and_across_a_corner_is_not(turns):
    image = np.full((7, 9), 50, np.uint8)
    image[0, 3:5], image[1, 5], image[4, 4] = 0, 0, 0
    rock = connected_rock(np.rot90(image, turns).copy())
    expected = np.ones((7, 9), bool)
    expected[0, 3:5] = False
    np.testing.assert_array_equal(np.rot90(rock, -turns), expected)


@pytest.mark.parametrize(
    ("outside", "broken", "kept"), [(100, 20, True), (101, 0, False), (0, 21, False)]
)
def test_a_patch_is_three_quarters_rock_and_a_twentieth_of_it_may_be_broken(
    toy_pairs, outside, broken, kept
):
    """Of 400 pixels 300 are enough, and 380 sound ones."""
    pairs = toy_pairs.take(np.arange(1))
    inside, valid = np.ones((1, 20, 20), bool), np.ones((1, 20, 20), bool)
    inside.ravel()[:outside], valid.ravel()[:broken] = False, False
    small = {"txm": pairs.txm[:, :20, :20], "sem": pairs.sem[:, :20, :20]}
    pairs = replace(pairs, inside=inside, valid=valid, **small)
    for cut in (lambda: PatchSampler(pairs, size=20), lambda: tiles(pairs, size=20)):
        if kept:
            cut()
        else:
            with pytest.raises(ValueError, match="inside the rock"):
                cut()


def test_patches_are_cut_as_they_are_and_mirrored_both_ways_for_training(toy_pairs):
    """Each of the four ways in about a quarter of 400 draws; six standard errors are 52."""
    pairs = replace(toy_pairs, slice_index=np.arange(6) * 10)
    sampler = PatchSampler(pairs, size=8)
    plain = sampler.draw(50, rng=np.random.default_rng(0))
    ways = np.zeros((2, 2), int)
    mirrored = sampler.draw(400, rng=np.random.default_rng(1), flips=True)
    for found, flips in ((plain, False), (mirrored, True)):
        np.testing.assert_array_equal(found.slice_index, 10 * found.corner[:, 0])
        for txm, sem, (image, row, column) in zip(found.txm, found.sem, found.corner, strict=True):
            place = np.s_[image, row : row + 8, column : column + 8]
            cut = pairs.txm[place]
            turns = [(a, b) for a in (0, 1) for b in (0, 1)
                     if np.array_equal(cut[:: 1 - 2 * a, :: 1 - 2 * b], txm)]  # fmt: skip
            [(a, b)] = turns
            np.testing.assert_array_equal(pairs.sem[place][:: 1 - 2 * a, :: 1 - 2 * b], sem)
            assert flips or (a, b) == (0, 0)
            ways[a, b] += flips
    assert (np.abs(ways - 100) < 52).all()


def test_the_mask_of_a_mirrored_patch_is_mirrored_with_it():
    """Rock is where the TXM is not 0, in every patch that `flips` gives."""
    rng = np.random.default_rng(0)
    txm = rng.integers(0, 9, (2, 12, 12), dtype=np.uint8)
    inside = txm > 0
    about = {"inside": inside, "valid": inside | True, "slice_index": np.arange(2)}
    pairs = PairedSlices(txm=txm, sem=txm, names=("a", "b"), **about)
    drawn = PatchSampler(pairs, size=8, min_inside=0.0).draw(20, rng=rng, flips=True)
    np.testing.assert_array_equal(drawn.inside, drawn.txm > 0)


# What is said of images


def test_levels_that_nearly_all_pixels_have_are_ninety_nine_in_a_hundred():
    """985 of 1000 pixels are alike, five of the others make 990."""
    image = np.concatenate([np.full(985, 7), np.arange(20, 35)]).astype(np.uint8)
    assert doubts._levels(image) == 6


@pytest.mark.parametrize(("levels", "said"), [(15, True), (16, False)])
def test_sixteen_grey_levels_are_a_picture(levels, said):
    """Only the middle slice is looked at."""
    values = np.zeros((3, 40, 40))
    values[1] = np.arange(1600).reshape(40, 40)
    grey = (values * levels // 1600).astype(np.uint8)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        doubts.say_coarse(values, grey, "it", (0, 1))
    assert [f"become {levels} of 256" in str(one.message) for one in told] == [True] * said


@pytest.mark.parametrize(("held", "said"), [(12, True), (11, False)])
def test_a_picture_has_four_times_as_many_values_as_levels(held, said):
    """Of three levels twelve values, the least and the greatest aside; fewer are codes."""
    values = np.arange((held + 2) * 12).reshape(1, 12, -1) % (held + 2)
    grey = (values * 3 // (held + 2)).astype(np.uint8)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        doubts.say_coarse(values, grey, "it", (0, 1))
    assert len(told) == said


def test_the_window_that_is_named_lies_between_the_hundredths():
    values = np.arange(-1, 10_002).reshape(1, 7, -1)
    with pytest.warns(UserWarning, match=r"window=\(100, 9900\)"):
        doubts.say_coarse(values, (values > 5000).astype(np.uint8), "it", (0, 1))


@pytest.mark.parametrize(("count", "listed"), [(4, "0, 1, 2, 3, c"), (5, r"0, 1, 2, 3, \.\.\., c")])
def test_four_blank_slices_are_listed_and_more_counted(count, listed):
    with pytest.warns(UserWarning, match=rf"in {count} of its {count} slices \({listed}ounted"):
        doubts.say_blank(np.zeros((count, 3, 3), np.uint8), "it", mend="")


def test_the_first_image_says_the_pixel_and_one_in_a_thousand_is_a_difference():
    root = Path("mine")
    scales = {root / "a": Said(edges=(9e-9, 5e-9, 5e-9)), root / "b": Said(edges=(7e-9,) * 3)}
    with pytest.warns(UserWarning, match=r"b 7 nm; 5 nm are used, as mine/a says"):
        assert settled_edge(None, scales, root) == 5e-9
    with pytest.warns(UserWarning, match=r"a 5 nm; 7 nm are used, as asked"):
        assert settled_edge(7e-9, scales, root) == 7e-9
    one = {root / "a": Said(edges=(5e-9,) * 3)}
    assert silent(lambda: settled_edge(5e-9 * 1.00099, one, root)) == pytest.approx(5.00495e-9)
    with pytest.warns(UserWarning, match="different things"):
        settled_edge(5e-9 / 1.0011, one, root)
    assert square_edge((9e-9, 5e-9, 5.004e-9), root) == 5.004e-9
    with pytest.raises(ValueError, match="are no squares"):
        square_edge((5e-9, 5e-9, 5.006e-9), root)
    with pytest.warns(UserWarning, match="nothing in mine says"):
        assert math.isnan(settled_edge(None, {}, root))


def test_an_image_of_two_splits_is_named_and_one_twice_in_a_split_is_not(toy_pairs):
    """The first place is named first; three are listed and more are not."""
    train, test = toy_pairs.take(np.arange(4)), toy_pairs.take(np.arange(4, 6))
    twice = toy_pairs.take(np.array([0, 0, 1]))
    silent(lambda: say_shared({"train": twice, "test": test}, Path("mine")))
    with pytest.warns(UserWarning, match=r"splits: e of train and e of test; move"):
        say_shared({"train": toy_pairs.take(np.array([0, 4])), "test": test.take([0])}, Path("m"))
    with pytest.warns(UserWarning, match=r"a of train and a of test, .*, c of [^,]*, \.\.\.; move"):
        say_shared({"train": train, "test": train}, Path("mine"))


@pytest.mark.parametrize(
    ("bounds", "allowed", "refused"),
    [
        ({"above": 0, "below": 1}, (1e-9, 1 - 1e-9), (0, 1)),
        ({"least": 0, "most": 1}, (0, 1), (-1e-9, 1 + 1e-9)),
        ({"above": 0, "most": 1}, (1e-9, 1), (0, 1 + 1e-9)),
        ({"least": 0, "below": 1}, (0, 1 - 1e-9), (-1e-9, 1)),
        ({}, (-1e300,), (math.inf, -math.inf, math.nan)),
    ],
)
def test_a_bound_is_within_or_without(bounds, allowed, refused):
    for number in allowed:
        assert check_number("it", number, **bounds) == number
    for number in refused:
        with pytest.raises(ValueError, match="it must be"):
            check_number("it", number, **bounds)


def test_a_whole_number_may_be_the_least():
    for number in (3, np.int8(3)):
        check_whole("it", number, least=3)
    for number, least in ((2, 3), (3.0, 3), (True, 1)):
        with pytest.raises(ValueError, match=f"it must be a whole number, {least} or more"):
            check_whole("it", number, least=least)
