"""The evaluation behind Table 1, and replicates."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

from companion import replicates
from companion.datasets import load_dataset, load_rock
from companion.evaluation import (
    evaluate,
    open_evaluation,
)
from companion.profiles import EvaluationConfig
from companion.references import read_manifest
from companion.volume_measures import real_images
from shalelib.arrays import Phase
from shalelib.data.pairs import Dataset, Volumes
from shalelib.data.patches import PatchSampler
from shalelib.files import write_json
from shalelib.metrics.table1 import METRICS, score_patches
from shalelib.metrics.texture import spectral_distance
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS
from shalelib.phantom.fabric_config import LOW, SOFT
from shalelib.phantom.truth import true_classes, true_patches
from shalelib.segmentation import draw_labels, save_classifier, train_classifier

mpl.use("Agg")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def phantom_data():
    return load_dataset("phantom", profile="smoke")


@pytest.fixture(scope="module")
def phases(phantom_data, tmp_path_factory):
    """A folder with the digital shale's classifier, as 03_phases leaves it."""
    folder = tmp_path_factory.mktemp("phases")
    phantom = load_rock("smoke")
    labels = draw_labels(true_classes(phantom, [2, 20]), seed=0)
    classifier = train_classifier(np.array(phantom.sem_slices[[2, 20]]), labels)
    save_classifier(classifier, folder / "classifier.npz")
    return folder


def test_dice_of_a_phase_image_by_image():
    """By hand: one of two pixels found; a phase in neither image has no value."""
    true = np.array([[[1, 1]], [[2, 2]]], np.uint8)
    predicted = np.array([[[1, 2]], [[2, 2]]], np.uint8)
    table = score_patches(None, true, predicted_phases=predicted, true_phases=true)
    assert list(table) == ["dice_low", "dice_medium", "dice_high"]  # nothing grey was given
    assert table["dice_low"][0] == pytest.approx(2 / 3)
    assert np.isnan(table["dice_low"][1])
    assert table["dice_medium"].tolist() == [0.0, 1.0]


def test_the_spectral_distance_ignores_place_and_sees_blur():
    """A shift round the image's edge changes no power but for the window; a constant has none left.

    For white noise of variance 255² / 12 every band is at 37.3 dB, the floor of whole grey levels
    at -10.8 dB: a constant is 48.1 dB away, to the scatter of twelve bands.
    """
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 64, 64), dtype=np.uint8)
    assert (spectral_distance(noise, noise) == 0).all()
    flat = np.full_like(noise, 128)
    expected = 10 * np.log10((256**2 - 1) / 12) - 10 * np.log10(1 / 12)
    assert spectral_distance(flat, noise) == pytest.approx([expected] * 2, abs=1.5)
    assert (spectral_distance(np.roll(noise, 16, axis=2), noise) < 3).all()


def test_true_patches_are_cut_where_the_txm_was(phantom_data):
    """The true classes of a patch, looked up by hand in the volume."""
    phantom = load_rock("smoke")
    drawn = PatchSampler(phantom_data.test, size=32).draw(6, rng=np.random.default_rng(0))
    got = true_patches(phantom, drawn)
    for image, z, (_, row, column) in zip(got, drawn.slice_index, drawn.corner, strict=True):
        whole = true_classes(phantom, [int(z)])[0]
        np.testing.assert_array_equal(image, whole[row : row + 32, column : column + 32])


def test_the_truth_scores_perfectly_and_every_metric_is_there(phantom_data, phases):
    config = EvaluationConfig(crops=6, crop=64, resamples=10)
    evaluation = open_evaluation(phantom_data, config, profile="smoke", phases=phases)
    scores = evaluate(evaluation, evaluation.test.sem)
    assert list(scores) == [metric.name for metric in METRICS]
    assert (scores["ssim"] == 1).all()
    assert (scores["dice_low"].dropna() == 1).all()
    assert scores["spectrum"].dropna().eq(0).all()
    whole = evaluation.test.inside.all(axis=(1, 2))
    assert (scores["spectrum"].isna() == ~whole).all()
    assert (scores["dice_medium_truth"] > 0.7).all()  # a classifier that has seen other slices


def test_the_test_patches_do_not_depend_on_the_seed_of_the_training(phantom_data, phases):
    config = EvaluationConfig(crops=4, crop=64, resamples=10)
    first, again = (
        open_evaluation(phantom_data, config, profile="smoke", phases=phases) for _ in range(2)
    )
    np.testing.assert_array_equal(first.test.corner, again.test.corner)
    np.testing.assert_array_equal(first.sem_labels, again.sem_labels)


def test_what_is_scored_is_of_the_test_split(apart, tmp_path):
    config = EvaluationConfig(crops=20, crop=8, resamples=10)
    found = open_evaluation(apart, config, profile="smoke", phases=tmp_path).test
    txm = np.arange(40, dtype=np.uint8)[:, None, None] + np.zeros((24, 24), np.uint8)
    volume = Volumes(txm=2 * txm, test_z=(30, 33))
    whole = replace(apart, name="phantom", volumes=volume)
    for patches, level in ((found, 30), (real_images(whole, 8), 60)):
        assert set(patches.slice_index.tolist()) == {30, 31, 32}
        assert patches.txm.min() == level
    assert real_images(replace(whole, name="directory"), 8).txm.min() == 30


def test_soft_matter_is_no_low_density_in_the_true_classes_of_table_1(apart, tmp_path, monkeypatch):
    data = replace(apart, name="phantom")
    labels = np.full((40, 24, 24), SOFT, np.uint8)
    labels[:, :, :12] = LOW
    rock = SimpleNamespace(labels=labels, charging=np.zeros_like(labels))
    monkeypatch.setattr("companion.evaluation.load_rock", lambda _: rock)
    monkeypatch.setattr("companion.evaluation.load_classifier", lambda _: None)
    monkeypatch.setattr("companion.evaluation.classify", lambda *_, **__: None)
    config = EvaluationConfig(crops=20, crop=8, resamples=10)
    found = open_evaluation(data, config, profile="smoke", phases=tmp_path)
    column = found.test.corner[:, 2, None] + np.arange(8)
    expected = np.where(column < 12, Phase.LOW, Phase.MEDIUM)
    np.testing.assert_array_equal(found.true_labels, np.repeat(expected[:, None], 8, axis=1))


def test_your_own_images_are_scored_without_a_classifier(toy_pairs, tmp_path):
    data = Dataset(
        name="directory",
        description="toy",
        train=toy_pairs,
        validation=toy_pairs,
        test=toy_pairs,
        pixel_size=1e-8,
    )
    config = EvaluationConfig(crops=3, crop=64, resamples=10)
    evaluation = open_evaluation(data, config, profile="smoke", phases=tmp_path)
    scored = list(evaluate(evaluation, evaluation.test.txm))
    assert scored == [metric.name for metric in METRICS if metric.compares in ("grey", "rock")]


def test_stale_replicates_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path))
    manifest = read_manifest("smoke")
    first, second = replicates.planned("phantom")[:2]
    for replicate, key in ((first, None), (second, "other")):
        record = {
            "row": "feedforward",
            "label": "Feedforward CNN",
            "means": {"psnr": 12.0, "ssim": None},
            "key": key or replicates.replicate_key("smoke", replicate, "feedforward"),
            "made": {"commit": "abc"},
        }
        name = f"{replicate.place}/replicates/feedforward"
        manifest.keep({name: (record, {})}, f"{replicate.place}/replicates.json")
    manifest.write()
    records = replicates.read_replicates("smoke", "phantom")
    assert [record["replicate"] for record in records] == ["seed0"]
    assert replicates.replicate_means(records)["psnr"].tolist() == [12.0]


def test_own_replicates_go_before_kept_ones(tmp_path, monkeypatch):
    """And one of other code or settings goes before nothing."""
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path / "kept"))
    second = replicates.planned("phantom")[1]
    key = replicates.replicate_key("smoke", second, "feedforward")
    kept = {"row": "feedforward", "means": {"psnr": 1.0}, "key": key, "made": {"commit": "abc"}}
    manifest = read_manifest("smoke")
    name = f"{second.place}/replicates/feedforward"
    manifest.keep({name: (kept, {})}, f"{second.place}/replicates.json")
    manifest.write()
    own = tmp_path / "results" / f"{name}.json"
    write_json(own, {"row": "feedforward", "means": {"psnr": 2.0}, "key": key})
    [record] = replicates.read_replicates("smoke", "phantom", tmp_path / "results")
    assert (record["replicate"], record["means"]) == ("seed1", {"psnr": 2.0})
    write_json(own, {"row": "feedforward", "means": {"psnr": 2.0}, "key": "stale"})
    [record] = replicates.read_replicates("smoke", "phantom", tmp_path / "results")
    assert record["means"] == {"psnr": 1.0}


def test_seed_fold_and_row_are_part_of_a_replicates_key():
    first, second = replicates.planned("vaca-muerta-patches")[:2]
    rows = [(first, "constant"), (second, "constant"), (first, "no_model"), (first, "feedforward")]
    keys = [replicates.replicate_key("smoke", one, row) for one, row in rows]
    assert len(set(keys)) == len(rows)


def test_what_is_not_a_number_is_no_part_of_a_mean():
    found = replicates.summary({"psnr": [1.0, 3.0], "dice": [None, float("nan")]}, [4, 7])
    assert found == {
        "means": {"psnr": 2.0, "dice": None},
        "slice_means": {"4": {"psnr": 1.0, "dice": None}, "7": {"psnr": 3.0, "dice": None}},
        "slice_patches": {"4": 1, "7": 1},
    }


def test_over_the_planned_replicates_every_fold_is_tested_once_and_the_books_own_comes_first():
    folds = [replicate.fold for replicate in replicates.planned("vaca-muerta-patches")]
    assert sorted(folds) == [0, 1, 2, 3, 4]
    assert folds[0] == 2
    assert [replicate.seed for replicate in replicates.planned("phantom")] == [0, 1, 2]
    labels = {row.label for row in VARIANTS + ABLATION + BEYOND}
    assert labels | set(replicates.UNTRAINED.values()) == set(replicates.ORDER)
