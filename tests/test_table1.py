"""Table 1's protocol: one record declares a metric, which is then scored, summed up and shown."""

import math

import numpy as np
import pandas as pd
import pytest

from companion.pages import images, images_folds
from companion.published import published_value
from companion.scoring import Scores
from companion.site.told import pieces, plain
from shalelib.metrics import table1
from shalelib.metrics.table1 import METRICS, Metric, score_patches, separation

TWO_SLICES = np.array([1, 1, 2, 2])


def mean_absolute_error(predicted, true):
    return float(np.abs(predicted.astype(float) - true).mean())


@pytest.fixture
def patches():
    """Four predicted and true patches."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 200, (4, 64, 64), dtype=np.uint8)
    return true + rng.integers(1, 50, true.shape, dtype=np.uint8), true


@pytest.fixture
def scores(patches):
    """Two rows of Table 1 on four patches in two slices."""
    predicted, true = patches
    return {
        "no_model": score_patches(predicted, true),
        "feedforward": score_patches((predicted // 2 + true // 2).astype(np.uint8), true),
    }


def test_a_metric_that_is_declared_is_scored_and_shown_with_its_interval(monkeypatch, patches):
    """One record in one place: scores, table, separation and the laid-out Table 1 all have it."""
    added = Metric(
        name="mae",
        title="Mean absolute error",
        function=mean_absolute_error,
        unit="grey level",
        digits=1,
        less_is_better=True,
    )
    monkeypatch.setattr(table1, "METRICS", (*METRICS, added))
    predicted, true = patches
    scores = {
        "constant": score_patches(predicted, true),
        "feedforward": score_patches((predicted // 2 + true // 2).astype(np.uint8), true),
    }
    errors = [mean_absolute_error(a, b) for a, b in zip(predicted, true, strict=True)]
    assert scores["constant"]["mae"].tolist() == errors
    table = images.table_1(scores, TWO_SLICES, resamples=50)
    line = table[(table["metric"] == "mae") & (table["row"] == "constant")].iloc[0]
    assert line["ours"] == pytest.approx(np.mean(errors))
    assert line["low"] < line["ours"] < line["high"]
    assert math.isnan(line["paper"])
    told = separation(table, networks=["feedforward"], rivals=["constant"]).set_index("metric")
    assert told.loc["mae", "better"] == 1  # less is better
    more = images.lay_out_table_1(table[~table["metric"].isin(images.PAPER_COLUMNS)])
    cell = more.set_index("Model").loc["Constant", "Mean absolute error [grey level]"]
    assert cell == f"{line['ours']:.1f}\n[{line['low']:.1f}, {line['high']:.1f}]"


def test_names_and_headings_are_unique():
    for field in ("name", "heading"):
        found = [getattr(metric, field) for metric in METRICS]
        assert len(set(found)) == len(found)
    assert set(images.PAPER_COLUMNS) <= {metric.name for metric in METRICS}


def test_what_is_compared_decides_what_is_scored(patches):
    """Metrics of what was not given are left out; those of the rock see whole patches alone."""
    predicted, true = patches
    inside = np.ones(true.shape, bool)
    inside[1, 0, 0] = False
    labels = (true // 100).astype(np.uint8)
    scored = score_patches(
        predicted,
        true,
        inside=inside,
        predicted_phases=labels,
        true_phases=labels,
        true_classes=labels,
    )
    assert list(scored) == [metric.name for metric in METRICS]
    assert scored["spectrum"].isna().tolist() == [False, True, False, False]
    grey = [metric.name for metric in METRICS if metric.compares == "grey"]
    assert list(score_patches(predicted, true)) == grey
    assert score_patches(None, true).empty


def test_patches_that_do_not_belong_together_are_refused(patches):
    predicted, true = patches
    with pytest.raises(ValueError, match=r"predicted and true .*same shape"):
        score_patches(predicted[:3], true)
    with pytest.raises(ValueError, match=r"inside and true .*same shape"):
        score_patches(predicted, true, inside=np.ones((4, 8, 8), bool))
    with pytest.raises(ValueError, match="choose one of: psnr"):
        table1.get_metric("mae")


def test_table_1_compares_ours_with_the_paper(scores):
    table = images.table_1(scores, TWO_SLICES, resamples=50)
    assert len(table) == 2 * len(scores["no_model"].columns)
    row = table[(table["row"] == "no_model") & (table["metric"] == "psnr")].iloc[0]
    assert row["paper"] == published_value("no_model", "psnr", table=1)
    assert (row["model"], row["heading"]) == ("No Model", "PSNR [dB]")
    assert row["ours"] == pytest.approx(scores["no_model"]["psnr"].mean())
    assert row["difference"] == pytest.approx(row["ours"] - row["paper"])
    assert row["low"] <= row["ours"] <= row["high"]


def test_table_1_has_a_line_a_model_and_a_column_a_metric(scores):
    """As the paper's; data that are not its rock have ours alone."""
    shown = images.lay_out_table_1(images.table_1(scores, TWO_SLICES, resamples=50))
    assert shown[("", "Model")].tolist() == ["No Model", "Feedforward CNN"]
    assert list(shown.columns)[1] == ("PSNR [dB]", images.PAIR)
    cells = [cell.split(" | ")[0] for cell in shown[("PSNR [dB]", images.PAIR)]]
    assert cells == ["13.59", "15.82"]
    table = images.table_1(scores, TWO_SLICES, resamples=50)
    marked = images.lay_out_table_1(table, of="patches")[("SSIM", images.PAIR)][0]
    assert pieces(marked)[1][1] == "ssim/no_model/patches"
    assert plain(marked) == shown[("SSIM", images.PAIR)][0]
    alone = images.lay_out_table_1(images.table_1(scores, TWO_SLICES, resamples=50, paper=False))
    assert list(alone)[:3] == ["Model", "PSNR [dB]", "SSIM"]


def test_a_row_that_the_paper_does_not_have_stays_empty(scores):
    """No difference is computed from a number that is not there."""
    table = images.table_1({"constant": scores["no_model"]}, TWO_SLICES, resamples=50)
    assert table["paper"].isna().all()
    assert table["difference"].isna().all()


def test_one_test_slice_shows_no_interval(scores):
    table = images.table_1(scores, np.array([8, 8, 8, 8]), resamples=50, paper=False)
    assert not images.lay_out_table_1(table)["PSNR [dB]"].str.contains(r"\[").any()


def test_a_patch_without_a_phase_has_no_say(scores):
    """NaN values are left out of mean and interval; a metric nobody has is left out altogether."""
    frame = scores["no_model"].assign(dice_low=[0.5, math.nan, 0.7, math.nan], dice_high=math.nan)
    table = table1.table_1({"no_model": frame}, TWO_SLICES, resamples=50)
    row = table[table["metric"] == "dice_low"].iloc[0]
    assert row["ours"] == pytest.approx(0.6)
    assert (row["low"], row["high"]) == (pytest.approx(0.5), pytest.approx(0.7))
    assert "dice_high" not in set(table["metric"])


def test_equal_images_have_an_infinite_psnr_and_no_interval(patches):
    """The first sanity check of many a user: TXM and FIB-SEM are the same files."""
    _, true = patches
    table = images.table_1({"no_model": score_patches(true, true)}, TWO_SLICES, resamples=50)
    row = table.set_index("metric").loc["psnr"]
    assert row["ours"] == math.inf
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])
    told = images.findings(
        table,
        separation(table, networks=[], rivals=[]),
        plates={"srcnn_2x": True, "srcnn_4x": False},
    )
    assert told[-1].endswith("contrast: SRCNN 2x.")


def test_metrics_in_which_no_network_beats_a_simple_predictor_are_named():
    values = {"a": 14.0, "constant": 15.0, "no_model": 13.0}
    lines = [{"row": key, "ours": v, "low": v - 1, "high": v + 2} for key, v in values.items()]
    table = pd.DataFrame(
        [{"metric": name, **one} for name in ("psnr", "spectrum") for one in lines]
    )
    table = images.named(table.replace({"row": {"a": "srcnn_2x"}}))
    apart = separation(table, networks=["srcnn_2x"], rivals=["constant"])
    told = images.findings(table, apart, plates={})[-1]
    assert told.startswith("No network beats the best predictor without one, the nearest training")
    assert "in 1 of 2 metrics (PSNR). " in told
    lost = images.findings(table, apart.assign(better=0), plates={})[-1]
    titles = [table1.get_metric(name).title for name in ("psnr", "spectrum")]
    assert lost.endswith(f"in 2 of 2 metrics ({'; '.join(titles)}).")
    won = images.findings(table, apart.assign(better=1), plates={})[-1]
    assert won.startswith(
        "In each of 2 metrics a network beats the best predictor without one. Net"
    )


def test_the_reading_nearest_to_the_paper_may_be_above_it():
    """The paper prints 0.70; 0.74 is nearer than 0.40, which is less."""
    readings = {"stsim_global": 0.40, "stsim_windowed": 0.30, "stsim_1": 0.74}
    lines = [
        {"metric": m, "row": "no_model", "ours": v, "low": v, "high": v, "paper": np.nan}
        for m, v in readings.items()
    ]
    table = images.named(pd.DataFrame(lines))
    none = pd.DataFrame()
    told = [one for one in images.findings(table, none, plates={}) if "readings" in one]
    assert len(told) == 1
    assert told[0].endswith("untranslated TXM: STSIM-1, steerable pyramid.")


@pytest.mark.parametrize(
    ("metric", "best", "worst", "rival", "better"),
    [("psnr", 16.0, 14.0, 15.0, 2), ("spectrum", 14.0, 16.0, 12.0, 0)],
)
def test_networks_that_beat_predictors_that_know_nothing_are_counted(
    metric, best, worst, rival, better
):
    """Three networks around a constant at 15 and a line at 12; for a distance, less is better."""
    values = {"a": 14.0, "b": 15.5, "c": 16.0, "constant": 15.0, "affine": 12.0}
    table = pd.DataFrame(
        [
            {"metric": metric, "row": key, "ours": v, "low": v - 1, "high": v + 2}
            for key, v in values.items()
        ]
    )
    row = separation(table, networks=["a", "b", "c"], rivals=["constant", "affine"]).iloc[0]
    assert (row["best"], row["worst"], row["rival"]) == (best, worst, rival)
    assert (row["better"], row["networks"], row["width"]) == (better, 3, 3.0)


def test_the_interval_over_replicates_is_students():
    """1, 2, 3: mean 2, standard error 1/sqrt(3), t(0.975; 2) = 4.3027."""
    means = pd.DataFrame(
        {
            "row": ["feedforward"] * 3 + ["no_model"],
            "replicate": list("xyzx"),
            "psnr": [1.0, 2.0, 3.0, 5.0],
        }
    )
    table = images_folds.over_replicates(means)
    line = table.set_index("row").loc["feedforward"]
    assert line["high"] == pytest.approx(2 + 4.30265 / np.sqrt(3), rel=1e-5)
    assert line["replicates"] == 3
    shown = images_folds.lay_out_replicates(table).set_index("Model")
    assert shown.loc["No Model", "95% interval"] == "–"
    assert shown.loc["No Model", "Replicates"] == 1


def test_inference_in_evaluation_mode_is_told_apart_from_the_published_one():
    frames = [pd.DataFrame({"psnr": [p, p + 2], "ssim": [s, s]}) for p, s in ((1, 0.3), (5, 0.4))]
    found = Scores(evaluated=frames[0], published=frames[1], jitter=0.7)
    [line] = images.inference_table({"pix2pix_wgan": found}).to_dict("records")
    assert list(line.values()) == ["pix2pix (WGAN)", 2.0, 6.0, 0.3, 0.4, 0.7]
