"""Measures that rank volumes: closed forms, naive twins, the ladder of fake models."""

import warnings

import numpy as np
import pytest
from scipy import ndimage

from shalelib.flow.domain import connected_pores
from shalelib.metrics.against_truth import MEASURES, know, measure, see
from shalelib.metrics.distance import wasserstein
from shalelib.metrics.ladder import RUNGS, TRUE_RUNG, fake_model
from shalelib.metrics.location import auc_of_grey, darkest, dice_at_share
from shalelib.metrics.table2 import COLUMNS, divergences, measure_images, measure_volumes

EDGE = 24


@pytest.fixture(scope="module")
def rock():
    """A smooth random phase, dark in a noisy image; as isotropic as its making."""
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.normal(size=(EDGE,) * 3), 2)
    phase = field < np.quantile(field, 0.2)
    grey = np.where(phase, 60, 140) + rng.normal(0, 15, phase.shape)
    return np.rint(grey).clip(0, 255).astype(np.uint8), phase


def read(grey, phase):
    return see(grey, grey < 100, share=float(phase.mean()), connect=connected_pores)


# Where the phase is


def test_auc_is_the_share_of_ordered_pairs(rock):
    """A naive twin: every pixel of the phase against every other, ties half."""
    grey, phase = rock[0][0] // 20, rock[1][0]
    inside, outside = grey[phase].astype(int), grey[~phase].astype(int)
    difference = outside[None] - inside[:, None]
    naive = (difference > 0).mean() + (difference == 0).mean() / 2
    assert auc_of_grey(grey, phase) == pytest.approx(naive, abs=1e-12)


def test_grey_offset_and_contrast_change_neither_auc_nor_dice(rock):
    grey, phase = rock
    shifted = (grey // 2 + 30).astype(np.uint8)  # monotonous, one to one on pairs of levels
    halved = (grey // 2 * 2).astype(np.uint8)
    for score in (auc_of_grey, dice_at_share):
        assert score(shifted, phase) == score(halved, phase)


def test_dice_at_share_without_ties_is_dice_of_the_darkest():
    rng = np.random.default_rng(1)
    grey = rng.permutation(256).astype(np.uint8).reshape(16, 16)
    phase = rng.random((16, 16)) < 0.25
    dark = darkest(grey, phase.mean())
    assert dark.sum() == phase.sum()
    assert dice_at_share(grey, phase) == pytest.approx((dark & phase).sum() / phase.sum())


def test_a_constant_is_chance(rock):
    grey, phase = rock
    constant = np.full_like(grey, 90)
    assert auc_of_grey(constant, phase) == 0.5
    assert dice_at_share(constant, phase) == pytest.approx(phase.mean())
    assert not darkest(constant, 0.2).any()


def test_nothing_to_find_has_a_value(rock):
    grey, phase = rock
    none = np.zeros_like(phase)
    assert (auc_of_grey(grey, none), dice_at_share(grey, none)) == (0.5, 1.0)
    assert (auc_of_grey(grey, ~none), dice_at_share(grey, ~none)) == (0.5, 1.0)


# Distances


def test_a_shift_is_as_many_standard_deviations():
    sample = np.random.default_rng(2).normal(3, 5, 400)
    assert wasserstein(sample, sample + 10) == pytest.approx(10 / sample.std())
    assert wasserstein(sample, sample[::-1]) == 0


@pytest.mark.parametrize("value", [0.1, 0.3, 1e9 / 3])
def test_numbers_that_do_not_vary_make_no_unit_though_their_deviation_is_rounded(value):
    """Three times 0.1 has a standard deviation of 1.4e-17, no unit for anything."""
    assert wasserstein([value] * 3, [value * 2]) == np.inf
    assert wasserstein([value] * 3, [value]) == 0
    assert wasserstein([value] * 3, [value + 2.0], unit=2.0) == pytest.approx(1)


@pytest.mark.parametrize("wrong", [[], [np.nan], [[1.0]]])
def test_samples_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="finite numbers"):
        wasserstein([1.0, 2.0], wrong)


# Everything at once


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_every_measure_has_a_value_on_every_rung_and_no_warning(rock, rung):
    """Constants and volumes without a dark voxel among them; PSNR of the truth is infinite."""
    grey, phase = rock
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truth = know(grey, grey < 100, phase, connect=connected_pores)
        found = measure(read(fake_model(rung, grey), phase), truth)
        planes = measure_volumes((grey < 100)[None], grey[None], grey[None])
        made = fake_model(rung, grey)
        cells = divergences(
            measure_volumes((made < 100)[None], grey[None], made[None]), planes, resamples=5
        )
    assert {k for k, v in found.items() if not np.isfinite(v)} <= {"psnr"} & (
        {"psnr"} if rung.name == TRUE_RUNG else set()
    )
    assert all(np.isfinite(one.value) for one in cells.values())


def test_the_truth_is_first_in_what_compares_like_with_like(rock):
    grey, phase = rock
    truth = know(grey, grey < 100, phase, connect=connected_pores)
    found = measure(read(grey, phase), truth)
    assert all(found[one.name] == 0 for one in MEASURES if one.unit == "sd")
    assert (found["psnr"], found["ssim"]) == (np.inf, pytest.approx(1))


def test_more_blur_is_a_larger_distance(rock):
    """Perimeters in x-y shrink with every blur, so their distance from the truth grows."""
    grey, phase = rock
    truth = know(grey, grey < 100, phase, connect=connected_pores)
    blurred = [rung for rung in RUNGS if rung.family in ("truth", "blurred")]
    found = [
        measure(read(fake_model(r, grey), phase), truth)["w1_perimeter_xy"] for r in blurred[:4]
    ]
    assert found == sorted(found)


def test_shuffled_slices_are_the_same_in_x_y_and_not_along_z(rock):
    grey, phase = rock
    truth = know(grey, grey < 100, phase, connect=connected_pores)
    [shuffled] = [rung for rung in RUNGS if rung.name == "slices shuffled"]
    found = measure(read(fake_model(shuffled, grey), phase), truth)
    assert found["w1_perimeter_xy"] == pytest.approx(0, abs=1e-12)
    assert found["w1_perimeter_xz_yz"] > 1
    assert found["slice_jump"] > measure(truth.seen, truth)["slice_jump"]


def test_errors_grow_with_what_is_worse():
    by_name = {one.name: one for one in MEASURES}
    assert by_name["auc"].error(0.9, 1) < by_name["auc"].error(0.6, 1)
    assert by_name["slice_jump"].error(4, 10) == by_name["slice_jump"].error(16, 10) == 6
    assert by_name["connected_error"].error(-0.1, 0) == pytest.approx(0.1)


def test_real_images_stand_for_all_plane_families(rock):
    grey, _ = rock
    images = measure_images(grey < 100, grey, grey, np.repeat([4, 9], EDGE // 2))
    for column in COLUMNS:
        assert len(images.functionals[column.family]) == EDGE
        assert images.groups[column.family].max() == 1
    assert images.joint.sum() == grey.size
