"""Predictors of chance, the split by region and the rows that need no training."""

import numpy as np
import pandas as pd
import pytest

from companion import untrained
from companion.evaluation import real_classifier
from companion.pages import images, images_folds, images_splits
from companion.rows import ROWS
from shalelib.arrays import Phase
from shalelib.data.patches import tiles
from shalelib.data.splits import REGIONS, folds, places, split_by_region, split_patches
from shalelib.metrics.baselines import everywhere, nearest_slice, random_mask
from shalelib.metrics.paired import dice
from shalelib.segmentation import ClassifierConfig

SMALL = ClassifierConfig(n_trees=2, max_pixels=300)


@pytest.fixture
def truth():
    """A quarter of the rock is of low density, in rows."""
    labels = np.full((1, 256, 256), Phase.MEDIUM, np.uint8)
    labels[:, ::4] = Phase.LOW
    return labels


def test_everything_low_has_the_dice_that_its_share_says(truth):
    """Share f: 2f / (1 + f), here 0.4."""
    guess = everywhere(Phase.LOW, np.ones(truth.shape, bool))
    assert dice(guess, truth, Phase.LOW) == pytest.approx(0.4, abs=1e-12)


def test_a_random_mask_of_the_true_share_has_that_share_as_dice(truth):
    """Both masks of share f in n pixels: expected Dice f, its standard error about
    sqrt(f (1 - f) / (f n)) / 1; for f = 1/4 and n = 65536, 0.007; four of them are allowed."""
    inside = np.ones(truth.shape, bool)
    guess = random_mask(Phase.LOW, inside, share=0.25)
    assert dice(guess, truth, Phase.LOW) == pytest.approx(0.25, abs=0.028)
    np.testing.assert_array_equal(guess, random_mask(Phase.LOW, inside, share=0.25))
    assert (random_mask(Phase.LOW, ~inside, share=1.0) == Phase.BACKGROUND).all()
    with pytest.raises(ValueError, match=r"share must be at least 0 and at most 1, .* got 1\.5"):
        random_mask(Phase.LOW, inside, share=1.5)


def test_each_pixel_is_copied_from_the_nearest_slice_that_holds_it():
    """Two training images over a test image of 4 x 4: the nearer one wins where both lie."""
    inside = np.ones((1, 4, 4), bool)
    train = np.stack([np.full((4, 4), 10), np.full((4, 4), 30)]).astype(np.uint8)
    rock = np.ones(train.shape, bool)
    rock[0, 0, 0] = False  # a hole in the nearer one
    where = [[7, 2, 2], [9, 2, 0]]  # the test image lies at slice 6, from row and column 2
    copied, covered = nearest_slice(inside, [[6, 2, 2]], train, rock, where)
    expected = np.full((4, 4), 10)
    expected[0, 0] = 30  # from slice 9, whose column 2 is this one
    np.testing.assert_array_equal(copied[0], expected)
    assert covered.all()
    copied, covered = nearest_slice(inside, [[6, 2, 5]], train, rock, where)
    assert covered[0].sum(axis=0).tolist() == [4, 0, 0, 0]  # columns 5 and beyond 6 are bare
    mean = round(float(train[rock].mean()))
    np.testing.assert_array_equal(copied[0][:, 1:], mean)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_places_without_a_sign_are_places_like_others(kind):
    """Slice 5 is nearer to 6 than 9 is, and an image may begin left of another."""
    train = np.stack([np.full((2, 4), 10), np.full((2, 4), 30)]).astype(np.uint8)
    rock = np.ones(train.shape, bool)
    here, there = [[6, 0, 1]], [[9, 0, 0], [5, 0, 2]]
    found = nearest_slice(rock[:1], np.array(here, kind), train, rock, np.array(there, kind))
    np.testing.assert_array_equal(found[0][0], [[10, 30, 30, 30]] * 2)
    assert found[1].all()


def test_regions_test_every_patch_once_and_share_no_place_of_the_plane(real_patches):
    """The copy of the nearest slice, which the split by slices lets in, finds nothing here."""
    tested = []
    for region in range(REGIONS):
        data = split_by_region(real_patches, region=region)
        tested += data.test.names
        assert min(len(data.train), len(data.validation), len(data.test)) > 0
        for part in (data.train, data.validation):
            _, covered = nearest_slice(
                data.test.inside, places(data.test), part.sem, part.inside, places(part)
            )
            assert not covered.any()
    assert sorted(tested) == sorted(real_patches.names)
    with pytest.raises(ValueError, match="one of 0 to 3"):
        split_by_region(real_patches, region=4)


def test_the_split_by_slices_leaks_rock(real_patches):
    """In every fold most of the tested rock lies in training at the same x-y."""
    for fold in range(len(folds())):
        data = split_patches(real_patches, fold=fold)
        _, covered = nearest_slice(
            data.test.inside,
            places(data.test),
            data.train.sem,
            data.train.inside,
            places(data.train),
        )
        assert covered.sum() / data.test.inside.sum() > 0.5


def test_tiles_lie_side_by_side_inside_the_rock(toy_pairs):
    cut = tiles(toy_pairs, size=32)
    assert cut.corner[:4].tolist() == [[0, 0, 0], [0, 0, 32], [0, 32, 0], [0, 32, 32]]
    np.testing.assert_array_equal(cut.txm[1], toy_pairs.txm[0, :32, 32:])
    assert len(cut.txm) == 4 * len(toy_pairs)
    with pytest.raises(ValueError, match="choose a smaller size"):
        tiles(toy_pairs, size=128)


def test_the_classifier_never_sees_the_rock_that_it_judges(real_patches, monkeypatch):
    """Of a fold's test slices none; of a region's patches no pixel."""
    seen = []
    monkeypatch.setattr(
        "companion.evaluation.train_classifier", lambda sem, labels, config: seen.append(sem)
    )
    for data in (
        *(split_patches(real_patches, fold=fold) for fold in range(len(folds()))),
        *(split_by_region(real_patches, region=region) for region in range(REGIONS)),
    ):
        real_classifier(data.test, config=SMALL)
        learnt = {image.tobytes() for image in seen.pop()}
        assert learnt
        tested = set(data.test.slice_index.tolist())
        corner = places(data.test)
        for name, image, place in zip(
            real_patches.names, real_patches.sem, places(real_patches), strict=True
        ):
            if image.tobytes() not in learnt:
                continue
            assert name not in data.test.names
            near = (np.abs(corner - place) < (1, *image.shape)).all(axis=1)
            assert not near.any()
            if len(tested) < 5:  # a fold
                assert int(place[0]) not in tested


def test_every_row_that_needs_no_training_is_scored(real_patches):
    """On tiles of two slices' patches; the copy beats nothing by construction, but is there."""
    data = split_patches(real_patches, fold=1)
    scores, index, covered = untrained.score_split(
        data, data.test.names[:2], size=128, config=SMALL
    )
    wanted = {r.key for r in ROWS if r.kind in ("trivial", "chance")} | {"no_model"}
    assert scores.keys() == wanted
    assert all(len(frame) == len(index) == len(covered) for frame in scores.values())
    assert set(scores["all_low"]) == {"dice_low", "dice_medium", "dice_high"}


def test_folds_are_joined_by_slices_and_each_row_says_how_many_it_has():
    """By hand: 3 patches of slice 1 and 1 of slice 5; the second row lacks a fold."""

    def record(row, fold, number, count, psnr, **more):
        return {
            "row": row,
            "replicate": f"seed0-fold{fold}",
            "slice_means": {number: {"psnr": psnr, "dice_low": None}},
            "slice_patches": {number: count},
            **more,
        }

    found = images_folds.over_folds(
        [
            record("feedforward", 0, "1", 3, 10.0, as_published={"psnr": 9.0}),
            record("feedforward", 1, "5", 1, 14.0, as_published={"psnr": 11.0}),
            record("constant", 0, "1", 3, 12.0),
        ]
    )
    both, one = found["feedforward"], found["constant"]
    assert (both.trainings, one.trainings) == (2, 1)
    assert both.slices == [1, 1, 1, 5]
    assert both.scores["psnr"].mean() == 11.0
    assert both.scores["dice_low"].isna().all()
    assert both.published == {"psnr": 10.0}
    assert one.published == {}
    told = images_folds.trainings_behind({"feedforward": 2, "srcnn_2x": 1}, planned=2)
    assert told == "each network was trained 2 times, but SRCNN 2x 1 time"
    assert "of 5 trainings" in images_folds.trainings_behind({"feedforward": 2}, planned=5)


def test_inference_as_published_is_a_column_of_table_1():
    table = pd.DataFrame(
        [
            {"metric": "psnr", "row": row, "ours": 10.0, "low": 9.0, "high": 11.0, "paper": paper}
            for row, paper in (("no_model", 9.5), ("feedforward", 17.0))
        ]
    )
    laid = images.lay_out_table_1(
        images.with_published(images.named(table), {"feedforward": {"psnr": 9.25}})
    )
    column = next(name for name in laid.columns if "left on" in str(name))
    assert laid[column].tolist()[1] == "9.25"
    bare = images.lay_out_table_1(images.named(table))
    assert not any("left on" in str(name) for name in bare.columns)


def test_what_a_split_gives_away_is_shown_beside_one_that_gives_nothing():
    def part(covered, copied):
        copy = {"psnr": copied, "dice_low": [0.25, 0.125]}
        per_patch = {"constant": {"psnr": [12.0, 14.0]}, "nearest_slice": copy}
        return {
            "per_patch": per_patch,
            "slice_index": [1, 2],
            "split": [0, 2],
            "covered": covered,
        }

    record = {"slices": part([1.0, 0.5], [13.0, 13.5]), "region": part([0.0, 0.0], [12.0, 14.0])}
    table = images_splits.leak_table(record)
    assert table["Fold or quadrant"].tolist() == [0, 2, 0, 2]
    assert table["Rock seen in training"].tolist() == ["100%", "50%", "0%", "0%"]
    assert table["Copy less constant [dB]"].tolist() == ["+1.00", "−0.50", "+0.00", "+0.00"]
    assert table["Dice, low, of the copy"].tolist() == ["0.250", "0.125"] * 2
