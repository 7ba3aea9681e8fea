"""Laws of trainings, replicates and estimates: what is watched, what is kept, what is averaged."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from companion import estimates, evaluation, replicates, trainings, untrained
from companion.effects import MissingCellError
from companion.replicates import Replicate
from companion.rows import AFFINE, ALL_LOW, CONSTANT, NEAREST, NO_MODEL, RANDOM_LOW
from shalelib.arrays import Phase
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.data.patches import Patches
from shalelib.metrics.baselines import affine_prediction
from shalelib.models.variants import VARIANTS


def slices(count, height, width, index=None, seed=0):
    rng = np.random.default_rng(seed)
    txm, sem = rng.integers(1, 256, (2, count, height, width), dtype=np.uint8)
    rock = np.ones(txm.shape, bool)
    index = np.arange(count) if index is None else np.asarray(index)
    names = tuple(f"mine {k}" for k in range(count))  # of no real patch
    return PairedSlices(txm=txm, sem=sem, inside=rock, valid=rock, slice_index=index, names=names)


def dataset(images, **more):
    parts = {"train": images, "validation": images, "test": images}
    return Dataset(name="mine", description="", pixel_size=1e-8, **parts, **more)


@pytest.mark.parametrize(
    ("shape", "most", "top", "left", "edge"),
    [
        ((10, 200, 151), 128, 36, 11, 128),
        ((10, 200, 151), 64, 68, 43, 64),
        ((10, 64, 51), 128, 8, 1, 48),
        ((3, 130, 128), 128, 1, 0, 128),
    ],
)
def test_the_middle_of_at_most_eight_images_is_watched(shape, most, top, left, edge):
    """As large as a test patch, or the greatest multiple of four that fits."""
    data = dataset(slices(*shape))
    found = trainings.validation_crops(data, most)
    place = np.s_[:8, top : top + edge, left : left + edge]
    np.testing.assert_array_equal(found.txm, data.validation.txm[place])
    np.testing.assert_array_equal(found.sem, data.validation.sem[place])


def test_the_watched_volume_lies_before_the_first_training_slice():
    """Half as wide as the slices, in a multiple of four, around their middle."""
    images = slices(3, 64, 50, index=[12, 7, 9])
    assert trainings.validation_place(dataset(images)) == np.s_[0:7, 20:44, 13:37]
    txm, sem = np.random.default_rng(1).integers(0, 256, (2, 14, 64, 50), dtype=np.uint8)
    data = dataset(images, volumes=Volumes(txm=txm, sem=sem, test_z=(0, 7)))
    found = trainings.validation_volume(data)
    np.testing.assert_array_equal(found.txm, txm[:7, 20:44, 13:37])
    np.testing.assert_array_equal(found.sem, sem[:7, 20:44, 13:37])


def test_who_teaches_at_the_end_is_read_from_the_last_epoch(tmp_path):
    history = pd.DataFrame({"jacobian": [5.0, 4.0], "adversarial_ratio": [0.5, 0.25]})
    about = {"variant": VARIANTS[0], "dataset": "phantom", "folder": tmp_path, "record": {}}
    assert trainings.Training(**about, history=history).ratio == 0.25
    assert math.isnan(trainings.Training(**about, history=history[["jacobian"]]).ratio)


def test_a_replicate_lies_where_its_seed_and_fold_say():
    """The fold that the book shows, the third, has no folder of its own."""
    real = "vaca-muerta-patches"
    assert [Replicate(dataset=real, seed=1, fold=fold).place for fold in (2, 3)] == [
        f"{real}/seed1",
        f"{real}/seed1/fold3",
    ]
    assert Replicate(dataset=real, seed=1, fold=2).name == "seed1-fold2"
    assert Replicate(dataset="phantom", seed=2).name == "seed2"
    assert Replicate(dataset="phantom", seed=2).place == "phantom/seed2"


def test_what_is_kept_of_scores_is_their_mean_in_all_and_by_slice():
    """Of 1, 2, 6 and 12 the mean is no middle value, nor the mean of the slices' means."""
    found = replicates.summary({"psnr": [1.0, 12.0, 2.0, 6.0]}, [9, 4, 9, 9])
    assert found["means"]["psnr"] == pytest.approx(21 / 4)
    assert list(found["slice_means"]) == ["4", "9"]
    assert found["slice_means"]["9"]["psnr"] == pytest.approx(3.0)
    assert found["slice_patches"] == {"4": 1, "9": 3}


def test_rows_stand_in_the_order_of_the_papers_table_and_replicates_as_they_came():
    labels = ["Constant", VARIANTS[1].label, "No Model", VARIANTS[0].label]
    records = [
        {"row": label, "label": label, "replicate": place, "means": {"psnr": number}}
        for number, place in enumerate(("b", "a"))
        for label in labels
    ]
    found = replicates.replicate_means(records)
    order = ["No Model", VARIANTS[0].label, VARIANTS[1].label, "Constant"]
    assert found["model"].tolist() == np.repeat(order, 2).tolist()
    assert found["replicate"].tolist() == ["b", "a"] * 4


def of(row):
    return lambda reading: reading("psnr", row)


def test_the_limits_of_a_cell_end_its_interval():
    """Of 0.97 and 0.99 Student's half width is 12.7 x 0.01: beyond 1 no Dice coefficient lies."""
    found = estimates._student([0.97, 0.99], limits=(0.0, 1.0))
    assert (found.value, found.high) == pytest.approx((0.98, 1.0))
    assert found.low == pytest.approx(0.98 - stats.t.ppf(0.975, 1) * 0.01)
    low = estimates._student([0.01, 0.03], limits=(0.0, 1.0))
    assert low.low == 0.0
    assert low.high == pytest.approx(0.02 + stats.t.ppf(0.975, 1) * 0.01)


def test_replicates_without_spread_leave_no_doubt():
    found = estimates._student([2.0, 2.0, 2.0], limits=(-math.inf, math.inf))
    assert [found.at_most(limit) for limit in (1.9, 2.0, 2.1)] == [0.0, 1.0, 1.0]
    assert [found.at_least(limit) for limit in (1.9, 2.0, 2.1)] == [1.0, 1.0, 0.0]


def test_the_interval_of_draws_holds_nineteen_in_twenty():
    """Of 0 to 1000 the 2.5th and 97.5th percentile; p-values are shares, a limit itself counts."""
    found = estimates._drawn(7.0, range(1001))
    assert (found.value, found.low, found.high) == pytest.approx((7.0, 25.0, 975.0))
    assert found.at_most(200) == pytest.approx(201 / 1001)
    assert found.at_least(200) == pytest.approx(801 / 1001)
    assert found.at_most(-1) == pytest.approx(1 / 1002, rel=1e-9)
    assert found.at_least(-1) == pytest.approx(1001 / 1002, rel=1e-9)


def test_an_effect_is_of_those_replicates_that_have_its_cells():
    cells = [{("psnr", "no_model"): 1.0}, {("psnr", "other"): 2.0}, {("psnr", "no_model"): 3.0}]
    found, last = estimates._effects(of("no_model"), cells, lambda _: True)
    assert found == [1.0, 3.0]
    assert last.read == {("psnr", "no_model")}


@pytest.mark.parametrize(("over", "basis"), [("folds", "3 folds"), ("seeds", "no interval")])
def test_folds_are_replicates_of_what_needs_no_training_and_seeds_are_not(over, basis):
    values = (1.0, 2.0, 6.0)
    known = estimates.Evidence(
        cells={("psnr", "no_model"): 5.0},
        replicates=[{("psnr", "no_model"): value} for value in values],
        over=over,
    )
    found = estimates.estimate(of("no_model"), known, exact=True)
    assert found.basis == basis
    assert found.value == (3.0 if over == "folds" else 5.0)
    assert not found.trained


def test_all_of_the_rock_goes_before_folds_and_images():
    cell = ("psnr", "no_model")
    known = estimates.Evidence(
        cells={cell: 5.0}, replicates=[{cell: 1.0}, {cell: 2.0}], over="folds",
        draws=[{cell: 4.0}] * 9, rock={cell: 7.0}, rock_draws=[{cell: 6.0}, {cell: 8.0}],
    )  # fmt: skip
    found = estimates.estimate(of("no_model"), known)
    assert (found.value, found.low, found.high) == pytest.approx((7.0, 6.05, 7.95))
    two = estimates.estimate(of("no_model"), replace(known, rock_draws=[]))
    assert (two.value, two.basis) == (1.5, "2 folds")
    one = replace(known, rock_draws=known.rock_draws[:1], replicates=known.replicates[:1])
    assert estimates.estimate(of("no_model"), one).value == 5.0  # of images
    none = replace(one, draws=[{cell: 4.0}])
    assert estimates.estimate(of("no_model"), none) is None
    with pytest.raises(MissingCellError):
        estimates.estimate(of("affine"), known)


def test_draws_of_another_quantity_stand_beside_those_there_are():
    known = estimates.Evidence(cells={("a", "x"): 0.0})
    known.add_draws({("b", "x"): 1.0}, [{("b", "x"): 1.5}, {("b", "x"): 2.5}])
    known.add_draws({("c", "x"): 2.0}, [{("c", "x"): 3.5}, {("c", "x"): 4.5}])
    known.add_draws({("d", "x"): 9.0}, [])
    assert known.draws == [{("b", "x"): 1.5, ("c", "x"): 3.5}, {("b", "x"): 2.5, ("c", "x"): 4.5}]
    assert [known.cells[key, "x"] for key in "abcd"] == [0.0, 1.0, 2.0, 9.0]


def test_a_translation_is_classified_in_the_rock_and_held_against_both_truths(monkeypatch):
    """Of low density 2 pixels are predicted; the classifier sees 1 of them, truth has 4 more."""
    images = slices(1, 8, 8)
    inside = images.inside.copy()
    inside[0, 0] = False
    made, seen, true = (np.full((1, 8, 8), Phase.MEDIUM, np.uint8) for _ in range(3))
    made[0, 1, :2], seen[0, 1, 1], true[0, 1, :6] = Phase.LOW, Phase.LOW, Phase.LOW

    def classify(classifier, grey, inside):
        assert classifier == "it"
        np.testing.assert_array_equal(inside[0, :2, 0], [False, True])
        np.testing.assert_array_equal(grey, images.txm)
        return made

    monkeypatch.setattr(evaluation, "classify", classify)
    test = Patches(
        txm=images.txm, sem=images.sem, inside=inside, slice_index=images.slice_index,
        corner=np.zeros((1, 3), int),
    )  # fmt: skip
    known = SimpleNamespace(test=test, classifier="it", sem_labels=seen, true_labels=true)
    monkeypatch.setattr(evaluation, "score_patches", lambda predicted, sem, **more: (sem, more))
    sem, more = evaluation.evaluate(known, images.txm)
    np.testing.assert_array_equal(sem, images.sem)
    for name, expected in (("predicted_phases", made), ("true_phases", seen),
                           ("true_classes", true), ("inside", inside)):  # fmt: skip
        np.testing.assert_array_equal(more[name], expected)
    monkeypatch.undo()
    scores = evaluation.evaluate_phases(known, made).iloc[0]
    assert scores["dice_low"] == pytest.approx(2 * 1 / 3)
    assert scores["dice_low_truth"] == pytest.approx(2 * 2 / 8)
    assert "psnr" not in scores


def test_test_patches_are_drawn_by_a_seed_of_their_own(monkeypatch):
    """The same whatever is trained; of your own images the same as of all others."""
    data = replace(dataset(slices(3, 40, 40)), name="directory")
    config = SimpleNamespace(crop=8, crops=25)
    found = evaluation.open_evaluation(data, config, profile="smoke", phases=None).test
    assert found.txm.shape == (25, 8, 8)
    known = np.random.default_rng((0, 1)).integers(3 * 33 * 33, size=25)
    places = np.stack(np.unravel_index(known, (3, 33, 33)), axis=1)
    np.testing.assert_array_equal(found.corner, places)


def test_untrained_rows_are_scored_split_by_split_on_every_second_patch(monkeypatch):
    """Splits without a patch that counts are left out, but keep their numbers."""
    images = slices(6, 8, 8)
    parts = [[1, 3], [4, 0], [2, 5]]
    made = [replace(dataset(images), test=images.take(np.array(part))) for part in parts]
    monkeypatch.setattr(untrained, "splits", lambda _: {"slices": made})

    def score_split(data, kept, *, size, config):
        assert (kept, size, config) == ({"mine 0", "mine 2", "mine 4"}, 8, "config")
        names = [int(name[-1]) for name in data.test.names if name in kept]
        scores = pd.DataFrame({"psnr": [name / 3 for name in names], "dice": np.nan})
        return {"row": scores}, np.array(names) * 10, np.array(names) / 10

    monkeypatch.setattr(untrained, "score_split", score_split)
    found = untrained.score_all(images, every=2, size=8, config="config")["slices"]
    assert found["split"] == [1, 1, 2]
    assert found["slice_index"] == [40, 0, 20]
    assert found["covered"] == [0.4, 0.0, 0.2]
    assert found["per_patch"]["row"] == {"psnr": [1.333333, 0.0, 0.666667], "dice": [None] * 3}


def test_rows_of_chance_have_the_share_of_low_density_in_the_rock(monkeypatch):
    """A quarter of each tile is outside, half of the rock is low: half of the rock is drawn.

    The classifier sees the true images; three standard errors of 6144 pixels are 0.019.
    """
    images = slices(2, 64, 64, index=[4, 9])
    inside = images.inside.copy()
    inside[:, :16] = False
    test, train = replace(images, inside=inside), slices(1, 64, 64, index=[7], seed=1)
    data = replace(dataset(images), train=train, test=test)
    low = np.indices(images.txm.shape)[2] % 2 == 0

    def classify(classifier, grey, inside):
        np.testing.assert_array_equal(grey, test.sem)
        return np.where(inside, np.where(low, Phase.LOW, Phase.MEDIUM), Phase.BACKGROUND)

    def real_classifier(tested, config):
        assert tested is data.test  # also of the patches that are not cut into tiles

    monkeypatch.setattr(untrained, "real_classifier", real_classifier)
    monkeypatch.setattr(untrained, "classify", classify)
    monkeypatch.setattr(untrained, "evaluate", lambda _, image: image)
    monkeypatch.setattr(untrained, "evaluate_phases", lambda _, labels: labels)
    found, index, covered = untrained.score_split(data, ["mine 0", "mine 1"], size=64, config=None)
    assert index.tolist() == [4, 9]
    assert covered == pytest.approx([1.0, 1.0])
    np.testing.assert_array_equal(found[NO_MODEL.key], test.txm)
    np.testing.assert_array_equal(found[NEAREST.key], np.where(inside, train.sem, 0))
    assert set(np.unique(found[CONSTANT.key])) == {0, round(float(train.sem.mean()))}
    line = affine_prediction(test.txm, inside, train.txm, train.sem, train.inside)
    np.testing.assert_array_equal(found[AFFINE.key], line)
    assert (found[ALL_LOW.key][inside] == Phase.LOW).all()
    share = (found[RANDOM_LOW.key][inside] == Phase.LOW).mean()
    assert share == pytest.approx(0.5, abs=0.019)


def test_a_patch_teaches_if_it_is_a_slice_or_an_edge_away_from_all_that_are_tested(monkeypatch):
    """Of five outlined patches of 8 pixels three share no pixel with the tested one."""
    images, tested = slices(5, 8, 8), slices(1, 8, 8)
    here = np.array([[5, 0, 0], [6, 0, 0], [5, 8, 0], [5, 0, 8], [5, 7, 7]])
    monkeypatch.setattr(evaluation, "fetch_patches", lambda: images)
    monkeypatch.setattr(evaluation, "polygon_labels", lambda *_: np.ones((5, 8, 8), np.uint8))
    monkeypatch.setattr(evaluation, "places", lambda of: here if of is images else here[:1])
    monkeypatch.setattr(evaluation, "train_classifier", lambda sem, labels, config: sem)
    found = evaluation.real_classifier(tested, config=None)
    np.testing.assert_array_equal(found, images.sem[[1, 2, 3]])
