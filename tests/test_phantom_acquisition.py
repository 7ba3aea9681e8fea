"""The phantom's paired data set has the paper's proportions and leaks nothing."""

import dataclasses

import numpy as np
import pytest

from companion.profiles import get_profile
from shalelib.phantom.acquisition import (
    AcquisitionConfig,
    block_start,
    cut_positions,
    keep_cuts,
    phantom_dataset,
    register_cuts,
    split_sizes,
    volume_places,
)
from shalelib.phantom.config import PhantomConfig, SemConfig
from shalelib.phantom.fabric import plug_outline
from shalelib.phantom.volume import Phantom, make_phantom

SMALL = PhantomConfig(depth=40, width=72, diameter=68)
CUBES = AcquisitionConfig(cube=16)
EXACT = AcquisitionConfig(
    misalignment=(0.0, 0.0), rotation=0.0, tilt=0.0, depth_error=0.0, unpaired=0.0
)


@pytest.fixture(scope="module")
def small():
    return make_phantom(SMALL, seed=2)


@pytest.fixture(scope="module")
def dataset(small):
    return phantom_dataset(small, config=CUBES, seed=4)


def empty(config, *, sem=None):
    """A phantom of the right shape without a rock."""
    volume = np.zeros(config.shape, np.uint8)
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=0)
    return Phantom(
        labels=volume,
        sem=volume,
        txm=volume,
        sem_slices=volume if sem is None else sem,
        txm_slices=volume,
        charging=volume,
        outline=outline,
        config=config,
        seed=0,
    )


def test_full_size_has_the_papers_split():
    assert split_sizes(419, 128) == (101, 12, 36)


@pytest.mark.parametrize("seed", range(4))
def test_full_size_has_149_slices_of_which_36_span_the_test_block(seed):
    """The paper has 101, 12 and 36 slices, none twice, the last 36 over 128 slices."""
    config, acquisition = PhantomConfig(), AcquisitionConfig()
    rng = np.random.default_rng([seed, 0xACC])
    cuts = cut_positions(config, acquisition, rng)
    start = block_start(config, acquisition)
    before = np.rint(keep_cuts(cuts[cuts < start - 0.5], 101 + 12, rng))
    within = np.rint(keep_cuts(cuts[cuts >= start - 0.5], 36, rng))
    assert len(set(before) | set(within)) == 149
    assert config.depth - start == 128
    # cuts lie up to 1.5 slices apart, so that the last may miss the end by two
    assert within[0] <= start + 1
    assert within[-1] >= config.depth - 3
    assert before[-1] < start


def test_splits_share_no_slice_and_test_spans_its_block(dataset):
    splits = (dataset.train, dataset.validation, dataset.test)
    index = np.concatenate([split.slice_index for split in splits])
    assert len(np.unique(index)) == len(index)
    assert tuple(map(len, splits)) == split_sizes(40, 16)
    start, stop = dataset.volumes.test_z
    assert (start, stop) == (24, 40)
    # cuts lie up to 1.5 slices apart, so that the first and the last may miss the ends by one
    assert start <= dataset.test.slice_index[0] <= start + 1
    assert stop - 2 <= dataset.test.slice_index[-1] < stop
    assert max(dataset.train.slice_index) < start
    assert max(dataset.validation.slice_index) < min(dataset.train.slice_index)


def test_no_cut_shows_rock_of_another_block():
    """Voxels hold their slice's number; wrong depths, tilts and lost cuts keep to their block."""
    config = PhantomConfig(depth=200, width=72, diameter=68)
    sem = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], config.shape)
    acquisition = AcquisitionConfig(cube=16, depth_error=20.0, tilt=5.0, unpaired=0.5)
    dataset = phantom_dataset(empty(config, sem=sem), config=acquisition, seed=4)
    seen = []
    for pairs in (dataset.validation, dataset.train, dataset.test):
        # up to 17 voxels from the middle: the film outside, 34 off, is moved by 8 at most
        seen.append(pairs.sem[:, 24:48, 24:48])
    assert seen[0].max() < seen[1].min()
    assert seen[1].max() < dataset.volumes.test_z[0] <= seen[2].min()
    train = dataset.train
    middle = np.median(train.sem[:, 30:42, 30:42], axis=(1, 2))
    assert (np.abs(middle - train.slice_index) > 40).any()  # some are lost, and stay


@pytest.mark.parametrize("seed", range(12))
def test_validation_has_a_block_in_the_smallest_plug(seed):
    """A slice of its own, though the first cut of training is the very next one."""
    config = PhantomConfig(depth=25, width=72, diameter=68, voxel_size=50e-9)
    close = AcquisitionConfig(cube=16, spacing=(26e-9, 60e-9))
    sem = np.broadcast_to(np.arange(1, 26, dtype=np.uint8)[:, None, None], config.shape)
    data = phantom_dataset(empty(config, sem=sem), config=close, seed=seed)
    assert data.validation.slice_index.tolist() == [0]
    shown, trained = (part.sem[:, 24:48, 24:48] for part in (data.validation, data.train))
    assert shown.max() < trained.min()


def test_a_film_brighter_than_white_is_white():
    config = dataclasses.replace(SMALL, sem=SemConfig(film=300.0))
    sem = np.full(SMALL.shape, 200, np.uint8)
    moved = dataclasses.replace(EXACT, misalignment=(5.0, 5.0))
    rng = np.random.default_rng(0)
    pairs = register_cuts(empty(config, sem=sem), np.arange(4.0), config=moved, rng=rng)
    assert pairs.sem[pairs.inside].min() == 200
    assert pairs.sem[pairs.inside].max() == 255


def test_pairs_are_the_volumes_slices(small, dataset):
    test = dataset.test
    np.testing.assert_array_equal(test.txm, small.txm_slices[test.slice_index])
    assert np.array_equal(test.inside[0], small.outline)
    assert not test.sem[:, ~small.outline].any()
    assert dataset.volumes.labels is small.labels


def test_data_set_is_the_same_for_a_seed(small, dataset):
    assert phantom_dataset(small, config=CUBES, seed=4).digest() == dataset.digest()
    assert phantom_dataset(small, config=CUBES, seed=5).digest() != dataset.digest()


def test_charging_is_not_valid(small, dataset):
    """Charged pixels, displaced with the slice, are masked; little else is."""
    config = dataclasses.replace(EXACT, cube=16)
    z = small.charging.sum(axis=(1, 2)).argmax()
    pairs = register_cuts(small, np.array([float(z)]), config=config, rng=np.random.default_rng(0))
    assert not pairs.valid[0][small.charging[z] == 1].any()
    assert 0 < np.mean(~pairs.valid[0]) < 25 * small.charging[z].mean()
    np.testing.assert_array_equal(pairs.sem[0], small.sem_slices[z])


def test_misalignment_moves_the_sem_by_what_was_drawn():
    """A bright square's centroid wanders with the drawn shift: 1 to 8 voxels in any direction.

    The mean square along one axis is half that of the length, (8^3 - 1) / (3 * 7) / 2 = 12.2.
    """
    config = PhantomConfig(depth=60, width=128, diameter=120)
    sem = np.zeros(config.shape, np.uint8)
    sem[:, 56:72, 56:72] = 250
    rng = np.random.default_rng(1)
    pairs = register_cuts(
        empty(config, sem=sem),
        np.arange(60.0),
        config=dataclasses.replace(EXACT, misalignment=(1.0, 8.0)),
        rng=rng,
    )
    bright = pairs.sem > 125
    y = (bright * np.arange(128)[:, None]).sum(axis=(1, 2)) / bright.sum(axis=(1, 2))
    # 60 draws of a square between 0 and 64, standard deviation 14: four standard errors, 7.3
    assert np.mean((y - 63.5) ** 2) == pytest.approx(12.2, abs=7.3)


def test_tilted_cuts_run_through_many_slices():
    """Each voxel of the volume holds its slice's number; a tilted cut shows a plane of them."""
    config = PhantomConfig(depth=60, width=128, diameter=120)
    sem = np.broadcast_to(np.arange(60, dtype=np.uint8)[:, None, None], config.shape)
    acquisition = dataclasses.replace(EXACT, tilt=5.0)
    pairs = register_cuts(
        empty(config, sem=sem), np.array([30.0]), config=acquisition, rng=np.random.default_rng(3)
    )
    inside = pairs.inside[0]
    y, x = np.nonzero(inside)
    plane = np.stack([y, x, np.ones(len(y))], axis=1)
    fit, *_ = np.linalg.lstsq(plane, pairs.sem[0][inside].astype(float), rcond=None)
    assert np.abs(plane @ fit - pairs.sem[0][inside]).max() < 1.0  # rounded to whole slices
    assert np.hypot(*fit[:2]) > 0.01  # 5 degrees rise 0.087 a voxel
    assert plane.mean(axis=0) @ fit == pytest.approx(30.0, abs=1.0)


def test_a_fixed_share_is_paired_with_nothing():
    """A cut 40 slices off shows another number; the others show their own."""
    config = PhantomConfig(depth=100, width=32, diameter=28)
    sem = np.broadcast_to(np.arange(1, 101, dtype=np.uint8)[:, None, None], config.shape)
    acquisition = dataclasses.replace(EXACT, unpaired=0.15)
    cuts = np.arange(5.0, 100.0, 5.0)[:20]
    pairs = register_cuts(
        empty(config, sem=sem), cuts, config=acquisition, rng=np.random.default_rng(0)
    )
    off = np.abs(np.median(pairs.sem[:, pairs.inside[0]], axis=1) - (cuts + 1))
    assert (off >= 40).sum() == round(0.15 * len(cuts))
    assert np.isin(off, 0).sum() == len(cuts) - round(0.15 * len(cuts))


def test_cuts_lie_30_to_50_nm_apart():
    cuts = cut_positions(PhantomConfig(), AcquisitionConfig(), np.random.default_rng(0))
    steps = np.diff(cuts) * 33.6
    assert steps.min() >= 30 - 1e-9
    assert steps.max() <= 50 + 1e-9
    assert cuts[0] == 0
    assert 416 < cuts[-1] <= 418


def test_kept_cuts_have_gaps_and_runs():
    """149 of 419: an even choice has every step near 2.8; real acquisition has runs and gaps."""
    rng = np.random.default_rng(3)
    cuts = cut_positions(PhantomConfig(), AcquisitionConfig(), rng)
    kept = keep_cuts(cuts, 149, rng)
    steps = np.diff(np.rint(kept))
    assert len(kept) == 149
    assert steps.min() == 1
    assert steps.max() > 8
    assert kept[0] == cuts[0]
    assert kept[-1] == cuts[-1]


@pytest.mark.parametrize("profile", ["smoke", "laptop", "paper"])
def test_five_test_volumes_fit_and_do_not_overlap(profile):
    config = get_profile(profile).phantom
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=0)
    nothing = dict.fromkeys(("labels", "sem", "txm", "sem_slices", "txm_slices", "charging"))
    phantom = Phantom(**nothing, outline=outline, config=config, seed=0)
    acquisition = get_profile(profile).acquisition
    places = volume_places(phantom, config=acquisition)
    count = np.zeros(outline.shape, int)
    for z, y, x in places:
        assert z.stop - z.start == y.stop - y.start == x.stop - x.start == acquisition.cube
        assert z.stop <= config.depth
        count[y, x] += 1
    assert len(places) == 5
    assert count.max() == 1
    assert outline[count > 0].all()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: phantom_dataset(empty(SMALL), seed=0), "deeper plug"),
        (lambda: volume_places(empty(SMALL), config=AcquisitionConfig(cube=30)), "wider plug"),
        (lambda: split_sizes(18, 16), "deeper plug or a smaller cube"),
        (lambda: keep_cuts(np.arange(3.0), 5, np.random.default_rng(0)), "smaller spacing"),
        (lambda: AcquisitionConfig(cube=0), "cube"),
        (lambda: AcquisitionConfig(spacing=(5e-8, 3e-8)), "smaller first"),
        (lambda: AcquisitionConfig(misalignment=(-1.0, 2.0)), "misalignment"),
        (lambda: AcquisitionConfig(tilt=-1.0), "tilt"),
        (lambda: AcquisitionConfig(unpaired=1.5), "unpaired"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_mend(call, match):
    with pytest.raises(ValueError, match=match):
        call()
