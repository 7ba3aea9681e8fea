"""Laws of the paper's tables of images and volumes: which side is which, which cell is which."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from shalelib.flow.domain import connected_pores
from shalelib.metrics.against_truth import know, measure, see
from shalelib.metrics.baselines import affine_prediction, nearest_slice
from shalelib.metrics.bootstrap import bootstrap_mean, student_mean
from shalelib.metrics.divergence import BINS, FLOOR, SAMPLES, kl_of_samples
from shalelib.metrics.functionals import FAMILIES, FUNCTIONALS
from shalelib.metrics.ladder import RUNGS, fake_model
from shalelib.metrics.table1 import separation, table_1
from shalelib.metrics.table2 import (
    BLOCKS,
    COLUMNS,
    JOINT,
    PlaneMeasures,
    divergences,
    measure_images,
    measure_volumes,
)

IMAGES = 64


def planes(values, joint):
    """Measures whose every functional of every family is `values`, in one group."""
    column = np.repeat(np.asarray(values, float)[:, None], len(FUNCTIONALS), axis=1)
    return PlaneMeasures(
        functionals=dict.fromkeys(FAMILIES, column),
        groups=dict.fromkeys(FAMILIES, np.zeros(len(column), int)),
        joint=np.asarray(joint)[None],
    )


@pytest.mark.parametrize("column", [column.name for column in (*COLUMNS, JOINT)])
def test_table_2_is_the_divergence_of_the_synthesised_from_the_real(column):
    """KL(real ‖ synthesised): the real images in one bin of the two of the others, ln 2.

    The other way round half of q meets an empty bin: ln(1/2) + ln(1e10) / 2 = 10.8 nat.
    """
    real = planes([0.0] * 2, [2, 0])
    made = planes([0.0, 1.0], [1, 1])
    found = divergences(made, real, resamples=1)[column]
    assert found.value == pytest.approx(np.log(2), abs=BINS * FLOOR)  # of the empty bins


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_a_column_of_table_2_is_its_functional_in_its_planes(column):
    """What is moved in one functional of one family is seen in that cell alone."""
    real = planes(np.arange(IMAGES), [1, 1])
    moved = real.functionals[column.family].copy()
    moved[:, FUNCTIONALS.index(column.functional)] += 3 * IMAGES
    made = dataclasses.replace(real, functionals={**real.functionals, column.family: moved})
    found = divergences(made, real, resamples=1)
    assert {name for name, cell in found.items() if cell.value > 0} == {column.name}


def test_the_joint_column_is_of_grey_levels_alone():
    real, made = planes(np.arange(IMAGES), [1, 1, 2]), planes(np.arange(IMAGES), [2, 1, 1])
    found = divergences(made, real, resamples=1)
    assert {name for name, cell in found.items() if cell.value > 0} == {JOINT.name}
    assert found[JOINT.name].value == pytest.approx(0.25 * np.log(2))  # 1/4 ln 1/2 + 1/2 ln 2


def test_a_bin_of_table_2_is_a_thirty_second_of_the_range_of_both_samples():
    """Of the levels 0 to 63 each bin holds two, 2k and 2k + 1, for 63 / 32 is just below two.

    Even and odd levels are alike in 32 bins; the even bins and the odd ones are as far apart as the
    floor: sixteen bins of a sixteenth each, ln(1e10 / 16). In half as many bins those are alike.
    """
    level = np.arange(2 * BINS)
    group = np.zeros(BINS, np.int64)
    even, odd = level[level % 2 == 0], level[level % 2 == 1]
    assert kl_of_samples(even, odd, group, group, resamples=0).value < 1e-12
    here, there = level[level // 2 % 2 == 0], level[level // 2 % 2 == 1]
    found = kl_of_samples(here, there, group, group, resamples=0).value
    assert found == pytest.approx(np.log(1e10 / 16), abs=1e-6)
    assert BINS == 32


def test_an_interval_rests_on_two_thousand_resamples():
    """Where a caller does not say how many."""
    values, groups = np.arange(8.0), np.arange(8)
    cell = kl_of_samples(values, values, groups, groups)
    assert len(cell.samples) == SAMPLES == 2000
    assert bootstrap_mean(values, groups) == bootstrap_mean(values, groups, resamples=2000)
    scores = {"row": pd.DataFrame({"psnr": values})}
    pd.testing.assert_frame_equal(table_1(scores, groups), table_1(scores, groups, resamples=2000))


def bars(edge=8):
    """A volume whose planes of one family are alike and are known by hand: a bar along y."""
    low = np.zeros((edge,) * 3, bool)
    low[2, :, 3:5] = True
    return low


def test_planes_of_a_volume_are_measured_by_family_and_block():
    """A bar of 1 x 8 x 2 voxels along y, by hand.

    Planes across z: one holds 8 x 2 = 16 pixels; across y: each 2; across x: two of 8. The blocks
    are of edge / 4 planes, numbered volume by volume.
    """
    low = np.stack([bars(), np.zeros_like(bars())])
    grey = np.zeros(low.shape, np.uint8)
    found = measure_volumes(low, grey, grey)
    area = {family: found.functionals[family][:, 0] for family in FAMILIES}
    assert area["x-y"].tolist() == [0, 0, 16, 0, 0, 0, 0, 0] + [0] * 8
    assert area["x-z, y-z"].tolist() == [2] * 8 + [0, 0, 0, 8, 8, 0, 0, 0] + [0] * 16
    blocks = np.repeat(np.arange(2 * BLOCKS), 2)
    np.testing.assert_array_equal(found.groups["x-y"], blocks)
    assert found.joint.shape[0] == 2 * BLOCKS
    assert found.joint.sum(axis=1).tolist() == [2 * 8 * 8] * 2 * BLOCKS


@pytest.mark.parametrize("edge", [4, 5, 6, 9, 11])
def test_blocks_of_any_edge_are_numbered_without_a_gap(edge):
    """A number that no plane has would be a group without images, and no interval could be made."""
    low = np.random.default_rng(edge).random((2, edge, edge, edge)) < 0.3
    grey = low.astype(np.uint8)
    found = measure_volumes(low, grey, grey)
    for family in FAMILIES:
        numbers = np.unique(found.groups[family])
        np.testing.assert_array_equal(numbers, np.arange(len(found.joint)))
    itself = divergences(found, found, resamples=5)["area_xy"]
    assert itself.value == pytest.approx(0, abs=32 * 1e-10)  # the floors of empty bins
    assert len(itself.samples) == 5


def test_volumes_that_are_no_cubes_are_refused():
    """Blocks along y would bear numbers of the next volume's, areas be of other planes."""
    low = np.zeros((2, 8, 16, 12), bool)
    grey = low.astype(np.uint8)
    with pytest.raises(ValueError, match=r"cubes, .* got \(2, 8, 16, 12\)"):
        measure_volumes(low, grey, grey)


def test_volumes_pair_each_voxel_with_its_translation():
    """TXM and FIB-SEM differ by a known map, so that the joint histogram has one cell a level."""
    low = np.zeros((1, 4, 4, 4), bool)
    txm = np.arange(64, dtype=np.uint8).reshape(low.shape) * 4
    found = measure_volumes(low, txm, 255 - txm).joint.sum(axis=0).reshape(64, 64)
    np.testing.assert_array_equal(found, np.eye(64, dtype=int)[::-1])


def test_real_images_are_grouped_by_slice():
    low = np.zeros((3, 4, 4), bool)
    txm = np.zeros(low.shape, np.uint8)
    found = measure_images(low, txm, txm, np.array([7, 2, 7]))
    assert found.groups["x-y"].tolist() == [1, 0, 1]
    assert found.joint[:, 0].tolist() == [16, 32]


def test_real_images_pair_each_pixel_of_the_txm_with_its_sem():
    """As of volumes: TXM and FIB-SEM differ by a known map, so the cell says which is which."""
    txm = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 4
    found = measure_images(txm > 9, txm, txm + np.uint8(128), np.array([3])).joint
    rows, columns = np.nonzero(found[0].reshape(64, 64))
    np.testing.assert_array_equal(columns - rows, 32)


# Against the truth


@pytest.fixture(scope="module")
def volumes():
    """A true volume and a translated one that differs in every respect."""
    rng = np.random.default_rng(1)
    field = ndimage.gaussian_filter(rng.normal(size=(16,) * 3), (1, 1.5, 2))
    phase = field < np.quantile(field, 0.35)
    sem = np.where(phase, 60, 140).astype(np.uint8)
    grey = (sem + rng.integers(0, 60, sem.shape)).astype(np.uint8)
    truth = know(sem, sem < 100, phase, connect=connected_pores)
    return see(grey, grey < 95, share=float(phase.mean()), connect=connected_pores), truth


def test_measures_are_of_the_volume_and_not_of_the_truth(volumes):
    """Twins from the definitions; S₂ and W₁ have theirs elsewhere."""
    seen, truth = volumes
    found = measure(seen, truth)
    jump = np.abs(np.diff(seen.grey.astype(float), axis=0)).mean()
    across = np.abs(np.diff(seen.grey.astype(float), axis=2)).mean()
    assert found["slice_jump"] == pytest.approx(jump)
    assert found["slice_jump_x"] == pytest.approx(across)
    assert found["low_share"] == seen.low.mean()
    both = 2 * (seen.low & truth.phase).sum()
    assert found["dice_true"] == pytest.approx(both / (seen.low.sum() + truth.phase.sum()))
    assert found["connected_error"] == seen.connected - truth.connected
    assert seen.low.mean() != truth.phase.mean()
    assert jump != pytest.approx(np.abs(np.diff(truth.seen.grey.astype(float), axis=0)).mean())


def test_distances_are_of_like_functionals_of_like_planes(volumes):
    """A volume that differs in the areas of its x-y planes alone differs in that distance alone."""
    _, truth = volumes
    for family in FAMILIES:
        for place, functional in enumerate(FUNCTIONALS):
            moved = truth.seen.functionals[family].copy()
            spread = moved[:, place].std()
            moved[:, place] += 3 * spread
            planes_of = {**truth.seen.functionals, family: moved}
            seen = dataclasses.replace(truth.seen, functionals=planes_of)
            found = {k: v for k, v in measure(seen, truth).items() if k.startswith("w1_")}
            [far] = [name for name, value in found.items() if value > 1e-9]
            assert far.startswith(f"w1_{functional}_")
            assert far.endswith(family.replace("-", "").replace(", ", "_"))
            assert found[far] == pytest.approx(3)  # standard deviations


@pytest.mark.parametrize(("axis", "name"), list(enumerate("zyx")))
def test_the_error_of_the_two_point_curve_is_along_its_axis(volumes, axis, name):
    _, truth = volumes
    curves = truth.two_point.copy()
    curves[axis, 1:] += 0.01
    found = measure(dataclasses.replace(truth.seen, two_point=curves), truth)
    same = measure(dataclasses.replace(truth.seen, two_point=truth.two_point), truth)
    changed = {k for k in found if not np.isclose(found[k], same[k])}
    assert changed == {f"two_point_{name}"}


# Rows that know nothing, and intervals


def test_the_affine_map_saturates_at_black_and_white():
    """FIB-SEM = 2 TXM - 60 on levels 40 to 150: at 0 it would be -60, at 255 it would be 450."""
    txm = np.arange(40, 151, dtype=np.uint8)[None, None]
    inside = np.ones((1, 1, 256), bool)
    every = np.arange(256, dtype=np.uint8)[None, None]
    sem = (2 * txm.astype(int) - 60).clip(0, 255).astype(np.uint8)
    found = affine_prediction(every, inside, txm, sem, np.ones(txm.shape, bool))
    np.testing.assert_array_equal(found, (2 * every.astype(int) - 60).clip(0, 255))


def test_students_interval_is_as_wide_below_as_above():
    found = student_mean([1.0, 2.0, 4.0])
    assert found.mean - found.low == pytest.approx(found.high - found.mean)
    assert found.low < found.mean


def test_a_metric_that_one_side_lacks_separates_nothing():
    """PSNR of networks alone says nothing of rivals; nor does Dice of rivals alone."""
    lines = [("psnr", "network"), ("dice_low", "rival"), ("ssim", "network"), ("ssim", "rival")]
    table = pd.DataFrame(
        [{"metric": m, "row": row, "ours": 1.0, "low": 0.5, "high": 1.5} for m, row in lines]
    )
    found = separation(table, networks=["network"], rivals=["rival"])
    assert found["metric"].tolist() == ["ssim"]


def test_a_single_value_has_a_mean_and_no_interval():
    """Nothing is known of the spread of one, and NumPy is not asked for it: it would warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = student_mean([3.0])
    assert found.mean == 3.0
    assert np.isnan([found.low, found.high]).all()


def test_of_two_slices_equally_near_the_first_is_copied():
    """Ten slices at each distance from 6 down to 1: the first of the last ten, the 51st."""
    grey = np.arange(1, 61, dtype=np.uint8)[:, None, None]
    places = [(10 + away, 0, 0) for away in np.repeat(np.arange(6, 0, -1), 10)]
    rock = np.ones((1, 1, 1), bool)
    copied, _ = nearest_slice(rock, [(10, 0, 0)], grey, np.ones(grey.shape, bool), places)
    assert copied.item() == 51


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_fake_models_stay_within_the_grey_levels(rung):
    """Of a volume half black, half white, what is added saturates and none wraps to the other end.

    Noise goes six standard deviations far at most, in 2,048 voxels; what blurs, smooths or shuffles
    along z leaves the outer quarters on their sides of the middle; a constant is the middle.
    """
    volume = np.zeros((8, 16, 32), np.uint8)
    volume[:, :, 16:] = 255
    made = fake_model(rung, volume).astype(int)
    reach = 6 * rung.amount if rung.family == "noisier" else 128
    assert made[:, :, :8].max() <= reach
    assert made[:, :, -8:].min() >= 255 - reach
