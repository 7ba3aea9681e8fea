"""Laws of pairs and patches, held against the plain definition."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shalelib.data import patches, splits
from shalelib.data.cubes import CubeSampler
from shalelib.data.fetch import positions
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.data.splits import (
    DEFAULT_FOLD,
    REGIONS,
    Fold,
    folds,
    places,
    split_by_region,
    split_patches,
)
from shalelib.models.variants import ABLATION, BEYOND, SWEEP, VARIANTS


def test_a_windows_share_is_the_mean_of_its_pixels():
    mask = np.random.default_rng(0).random((9, 7)) < 0.4
    windows = np.lib.stride_tricks.sliding_window_view(mask, (3, 3))
    np.testing.assert_allclose(patches._window_share(mask, 3), windows.mean(axis=(2, 3)))


def test_tiles_are_those_with_enough_rock_and_few_artefacts(toy_pairs):
    """Six images of four tiles; rock and valid pixels are counted tile by tile."""
    rng = np.random.default_rng(1)
    rock = np.kron(rng.choice([0.7, 0.8], (6, 2, 2)), np.ones((32, 32)))
    sound = np.kron(rng.choice([0.9, 0.99], (6, 2, 2)), np.ones((32, 32)))
    order = np.kron(np.ones((6, 2, 2)), (np.arange(32 * 32).reshape(32, 32) + 0.5) / 32**2)
    pairs = replace(toy_pairs, inside=order < rock, valid=order < sound)
    found = patches.tiles(pairs, size=32)
    kept = (rock > 0.75) & (sound > 0.95)
    expected = [
        (image, row, column)
        for image in range(6)
        for row in (0, 32)
        for column in (0, 32)
        if kept[image, row, column]
    ]
    assert 0 < len(expected) < 24
    np.testing.assert_array_equal(found.corner, expected)
    image, row, column = expected[0]
    cut = pairs.txm[image, row : row + 32, column : column + 32]
    np.testing.assert_array_equal(found.txm[0], cut)


def test_real_patches_lie_where_they_were_registered_and_others_at_the_origin(toy_pairs):
    known = positions().iloc[[3, 50]]
    few = toy_pairs.take(np.arange(2))
    real = replace(few, names=tuple(known["patch"]))
    np.testing.assert_array_equal(places(real)[:, 1:], known[["row", "column"]])
    mixed = replace(few, names=(known["patch"].iloc[0], "mine"))
    np.testing.assert_array_equal(places(mixed)[:, 1:], 0)


def test_the_volume_counts_in_a_digest_where_it_is_asked_for(toy_pairs):
    splits = {"train": toy_pairs, "validation": toy_pairs, "test": toy_pairs}
    one, other = (
        Dataset(
            name="mine",
            description="",
            pixel_size=1e-8,
            volumes=Volumes(txm=np.full((8, 64, 64), level, np.uint8), test_z=(4, 8)),
            **splits,
        )
        for level in (10, 11)
    )
    assert one.digest() == other.digest()
    assert one.digest(volume=True) != other.digest(volume=True)
    assert one.digest() != one.digest(volume=True)


@pytest.mark.parametrize(
    "row", [*VARIANTS, *ABLATION, *BEYOND, *SWEEP], ids=lambda variant: variant.name
)
def test_srgan_judges_the_image_alone_and_pix2pix_both(row):
    """SRGAN's discriminator is not conditional (Ledig et al. 2017), pix2pix's is (Isola et al.)."""
    if row.objective != "l1":
        assert row.conditional == (row.generator == "resnet")


@pytest.fixture(scope="module")
def registered():
    """The places of the hundred real patches, without what they show."""
    known = positions()
    shape = (len(known), 256, 256)
    rock = np.broadcast_to(np.True_, shape)
    grey = np.broadcast_to(np.uint8(90), shape)
    return PairedSlices(
        txm=grey,
        sem=grey,
        inside=rock,
        valid=rock,
        slice_index=known["slice"].to_numpy(),
        names=tuple(known["patch"]),
    )


@pytest.mark.parametrize("region", range(REGIONS))
def test_quadrants_are_counted_row_by_row(registered, region):
    """0 above left, 1 above right, 2 below left, 3 below right of the median corner."""
    found = places(split_by_region(registered, region=region).test)
    middle = np.median(places(registered)[:, 1:], axis=0)
    assert ((found[:, 1] > middle[0]) == (region >= 2)).all()
    assert ((found[:, 2] > middle[1]) == (region % 2 == 1)).all()


@pytest.mark.parametrize("region", range(REGIONS))
def test_a_patch_of_a_region_trains_or_validates_or_tests(registered, region):
    """The last two slices validate, and none of their patches trains."""
    data = split_by_region(registered, region=region)
    names = [*data.train.names, *data.validation.names, *data.test.names]
    assert len(set(names)) == len(names)
    last = np.unique(registered.slice_index)[-2:]
    assert set(data.validation.slice_index) <= set(last)
    assert not set(data.train.slice_index) & set(last)


def test_a_pixel_of_the_real_patches_is_that_of_the_paper(registered):
    assert split_by_region(registered, region=0).pixel_size == 33.6e-9
    assert split_patches(registered, fold=0).pixel_size == 33.6e-9


def test_the_fold_where_none_is_named_is_the_one_that_the_book_says_it_shows():
    page = Path(__file__).parents[1] / "notebooks/01_dataset.py"
    [said] = re.findall(r"pages show fold (\d)", page.read_text(encoding="utf-8"))
    assert int(said) == DEFAULT_FOLD


def test_a_patch_at_the_median_itself_counts_to_the_upper_left(registered):
    """Of 99 patches one begins at the median row; it is chosen so that it lies to the right."""
    corner = places(registered)[:, 1:]
    kept = np.array([np.delete(np.arange(100), one) for one in range(100)])
    middle = np.median(corner[kept], axis=1)
    at = (corner[kept, 0] == middle[:, :1]) & (corner[kept, 1] > middle[:, 1:])
    chosen = kept[at.any(axis=1).argmax()]
    below = (corner[chosen] > np.median(corner[chosen], axis=0)).all(axis=1)
    assert at.any()
    found = split_by_region(registered.take(chosen), region=3).test.names
    assert found == tuple(registered.names[n] for n in chosen[below])


@pytest.mark.parametrize("fold", range(5))
def test_a_fold_leaves_out_what_is_next_to_its_tested_and_validated_slices(registered, fold):
    """By the definition, slice by slice; what is one slice away is out, what is two away is in."""
    rule = folds()[fold]
    data = split_patches(registered, fold=fold)
    known = {"train": [], "validation": [], "test": []}
    for name, z in zip(registered.names, registered.slice_index, strict=True):
        to_test, to_validated = (
            min(abs(z - one) for one in these) for these in (rule.test, rule.validation)
        )
        if to_test == 0:
            known["test"].append(name)
        elif to_test > 1 and to_validated == 0:
            known["validation"].append(name)
        elif to_test > 1 and to_validated > 1:
            known["train"].append(name)
    for part, names in known.items():
        assert list(getattr(data, part).names) == names, part


def test_a_validated_slice_next_to_a_tested_one_is_left_out(monkeypatch, toy_pairs):
    """Of slices 0 to 5 one is tested; of the two that validate its neighbour does not count."""
    fold = Fold(test=(1,), validation=(2, 3))
    monkeypatch.setattr(splits, "folds", lambda: (fold,))
    data = split_patches(toy_pairs, fold=0)
    assert data.test.slice_index.tolist() == [1]
    assert data.validation.slice_index.tolist() == [3]
    assert data.train.slice_index.tolist() == [5]


@pytest.mark.parametrize("region", range(REGIONS))
def test_patches_side_by_side_share_no_pixel_and_one_pixel_nearer_they_do(monkeypatch, region):
    """On a grid of 8 x 8 places, patches of 4 pixels: every one that shares none trains."""
    row, column = (one.ravel() for one in np.indices((8, 8)) * 2)
    grey = np.zeros((64, 4, 4), np.uint8)
    whole = np.ones(grey.shape, bool)
    z = np.arange(64) % 7
    pairs = PairedSlices(
        txm=grey, sem=grey, inside=whole, valid=whole, slice_index=z,
        names=tuple(map(str, range(64))),
    )  # fmt: skip
    monkeypatch.setattr(splits, "places", lambda _: np.column_stack([z, row, column]))
    data = split_by_region(pairs, region=region)
    quadrant = 2 * (row > 7) + (column > 7)
    tested = np.flatnonzero(quadrant == region)
    known = {"test": tested.tolist(), "validation": [], "train": []}
    for n in range(64):
        pixels = {(row[n] + j, column[n] + i) for j in range(4) for i in range(4)}
        shared = any(
            pixels & {(row[t] + j, column[t] + i) for j in range(4) for i in range(4)}
            for t in tested
        )
        if not shared:
            known["validation" if z[n] >= 5 else "train"].append(n)
    for part, numbers in known.items():
        assert [int(name) for name in getattr(data, part).names] == numbers, part


def test_a_place_in_an_image_counts_from_where_the_image_lies(registered):
    corner = np.array([[3, 10, 20], [70, 0, 5]])
    found = splits.patch_places(registered, corner)
    known = places(registered)[[3, 70]] + np.array([[0, 10, 20], [0, 0, 5]])
    np.testing.assert_array_equal(found, known)


def test_cubes_are_mirrored_along_each_axis_by_itself_and_planes_turned_as_well():
    """All eight mirror images of a cube, and all eight orientations of a plane, are as likely.

    Of 400 cubes and 800 planes five standard errors.
    """
    z, y, x = np.indices((8, 6, 4)).astype(np.uint8)
    volume = z + 8 * y + 48 * x
    whole = np.ones((6, 6, 4), bool)
    pairs = PairedSlices(
        txm=volume[1:7], sem=volume[1:7], inside=whole, valid=whole, slice_index=np.arange(1, 7),
        names=tuple("abcdef"),
    )  # fmt: skip
    sampler = CubeSampler(pairs, volume, edge=3, planes=2)
    cubes, place, sem, planes = sampler.draw_training(400, np.random.default_rng(0))
    np.testing.assert_array_equal(cubes[np.arange(400), place], sem)
    assert set(np.unique(cubes % 8)) == set(range(1, 7))  # the slices that there are pairs of
    levels = cubes.astype(int)
    seen = [
        tuple(np.sign(c[1, 1, 1] - c[tuple(at)]) for at in 1 - np.eye(3, dtype=int)) for c in levels
    ]
    turned = [
        (abs(p[1, 0] - p[0, 0]) > 20, p[1, 0] > p[0, 0], p[0, 1] > p[0, 0])
        for p in planes.astype(int)
    ]
    for found in (seen, turned):
        counts = np.array([found.count(one) for one in set(found)])
        mean = len(found) / 8
        assert len(counts) == 8
        assert np.abs(counts - mean).max() < 5 * np.sqrt(mean)


def test_a_volume_that_ends_a_slice_early_does_not_hold_its_slices(toy_pairs):
    """Six slices, numbered 0 to 5, of a volume of five; with the sixth they are held."""
    CubeSampler(toy_pairs, toy_pairs.txm, edge=4, planes=1)
    with pytest.raises(ValueError, match="does not hold the 6 paired slices"):
        CubeSampler(toy_pairs, toy_pairs.txm[:5], edge=4, planes=1)
