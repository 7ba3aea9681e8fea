"""The evaluation behind Table 1, its tables, and replicates."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion import model_figures, model_tables, replicates
from companion.datasets import load_dataset, load_rock
from companion.evaluation import (
    Evaluation,
    evaluate,
    open_evaluation,
    translate_patches,
)
from companion.profiles import EvaluationConfig
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.files import write_json
from shalelib.metrics.table1 import METRICS, score_patches
from shalelib.metrics.texture import spectral_distance
from shalelib.models.networks import ResnetGenerator, initialise
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS
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
    classifier = train_classifier(np.array(phantom.sem[[2, 20]]), labels)
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


def test_a_generator_of_three_slices_needs_the_neighbours(phantom_data):
    generator = ResnetGenerator(2, slices=3)
    initialise(generator, seed=0)
    rng = np.random.default_rng(0)
    plain = PatchSampler(phantom_data.test, size=32).draw(2, rng=rng)
    with pytest.raises(ValueError, match="without neighbours"):
        translate_patches(generator, plain)
    volume = phantom_data.txm_volume()
    held = PatchSampler(phantom_data.test, size=32, volume=volume).draw(2, rng=rng)
    assert translate_patches(generator, held).shape == (2, 32, 32)
    assert isinstance(Evaluation(test=held).test.stack, np.ndarray)


def table_of(values, metric="PSNR [dB]"):
    rows = [
        {"metric": metric, "model": m, "ours": v, "low": v - 1, "high": v + 2}
        for m, v in values.items()
    ]
    return pd.DataFrame(rows)


def test_networks_that_beat_the_trivial_predictors_are_counted():
    """Three networks around a constant at 15; for a distance, less is better."""
    values = {"a": 14.0, "b": 15.5, "c": 16.0, "Constant": 15.0, "Line": 12.0}
    options = {"trained": ["a", "b", "c"], "trivial": ["Constant", "Line"]}
    row = model_tables.separation_table(table_of(values), **options).iloc[0]
    assert (row["best"], row["worst"], row["trivial"], row["better"]) == (16.0, 14.0, 15.0, 2)
    assert row["width"] == 3.0
    row = model_tables.separation_table(table_of(values, "Spectral distance [dB]"), **options).iloc[
        0
    ]
    assert (row["best"], row["worst"], row["trivial"], row["better"]) == (14.0, 16.0, 12.0, 0)


def test_the_interval_over_replicates_is_students():
    """1, 2, 3: mean 2, standard error 1/sqrt(3), t(0.975; 2) = 4.3027."""
    means = pd.DataFrame(
        {"model": ["a", "a", "a", "b"], "replicate": list("xyzx"), "psnr": [1.0, 2.0, 3.0, 5.0]}
    )
    table = model_tables.replicate_table(means).set_index("model")
    assert table.loc["a", "high"] == pytest.approx(2 + 4.30265 / np.sqrt(3), rel=1e-5)
    assert table.loc["a", "replicates"] == 3
    shown = model_tables.format_replicates(table.reset_index()).set_index("Model")
    assert shown.loc["b", "95 % interval"] == "–"
    assert shown.loc["b", "Replicates"] == 1


def test_the_tables_of_the_regularisers_bench():
    """Means and spread over seeds by hand: 1 and 3 are 2 ± 1.41."""
    steps = {"row": "pix2pix_wgan_reg", "share": "whole step", "plain_s": 0.1}
    ending = {"row": "pix2pix_wgan_reg", "kind": "lazy", "ssim": 0.5, "stsim_1": 0.5, "psnr": 10.0}
    record = {
        "every": 5,
        "steps": [{**steps, "vjp": 2.0, "jvp": 3.0, "lazy": 1.2}],
        "endings": [{**ending, "jacobian": 1.0}, {**ending, "jacobian": 3.0, "psnr": 12.0}],
    }
    cost = model_tables.step_cost_table(record).iloc[0]
    assert cost["Model"] == "Regularized pix2pix (WGAN)"
    assert cost["lazily, every 5th"] == 1.2
    ended = model_tables.endings_table(record).iloc[0]
    assert ended["PSNR [dB]"] == "11.00 ± 1.41"
    assert (ended["Regulariser"], ended["Seeds"]) == ("every 5th step", 2)


def test_stale_replicates_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path))
    current = replicates.config_hash("smoke", "phantom")
    first, second = replicates.planned("phantom")[:2]
    for replicate, config_hash in ((first, current), (second, "other")):
        record = {
            "label": "Feedforward CNN",
            "replicate": replicate.name,
            "config_hash": config_hash,
            "means": {"psnr": 12.0},
        }
        write_json(replicates.folder("smoke", replicate) / "feedforward.json", record)
    records = replicates.read_replicates("smoke", "phantom")
    assert [record["replicate"] for record in records] == ["seed0"]
    assert replicates.replicate_means(records)["psnr"].tolist() == [12.0]


def test_over_the_planned_replicates_every_fold_is_tested_once_and_the_books_own_comes_first():
    folds = [replicate.fold for replicate in replicates.planned("vaca-muerta-patches")]
    assert sorted(folds) == [0, 1, 2, 3, 4]
    assert folds[0] == 2
    assert [replicate.seed for replicate in replicates.planned("phantom")] == [0, 1, 2]
    labels = {row.label for row in VARIANTS + ABLATION + BEYOND}
    assert labels | set(replicates.UNTRAINED.values()) == set(replicates.ORDER)


def test_figures_show_what_they_are_given():
    rng = np.random.default_rng(0)
    stacks = {name: rng.integers(0, 255, (2, 64, 64), dtype=np.uint8) for name in "abc"}
    fig = model_figures.spectra(stacks, pixel_size=33.6e-9)
    assert [line.get_label() for line in fig.axes[0].lines] == ["a", "b", "c"]
    nyquist = 0.5 / 33.6e-3  # cycles in a micrometre
    assert max(fig.axes[0].lines[0].get_xdata()) < nyquist
    plt.close(fig)
    table = pd.DataFrame({"λ_jac": [1e-4, 0.0, 1e-3], "PSNR [dB]": [1.0, 2.0, 3.0]})
    fig = model_figures.sweep(table, ["PSNR [dB]"])
    line = fig.axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [1e-5, 1e-4, 1e-3])  # 0 at the left edge
    assert line.get_ydata().tolist() == [2.0, 1.0, 3.0]
    plt.close(fig)
