"""The claims ledger: verdicts follow from numbers, and gaps are named."""

import math

import numpy as np
import pandas as pd
import pytest

from companion import evidence_files
from companion.claim_effects import PAIRS_WGAN, TRUTH, farthest_from_one
from companion.claim_rows import CLAIMS
from companion.claim_tables import (
    claim_records,
    claim_table,
    estimate,
    headline_table,
    holds_if,
    missing_table,
    verdict_counts,
)
from companion.claims import Claim, judge
from companion.evidence import Evidence, cube_draws, slice_draws, training_cells
from companion.evidence_files import load_evidence
from shalelib.files import write_json

KEYS = {claim.key: claim for claim in CLAIMS}


def claim(**changes):
    """A claim that one cell is above 0."""
    plain = {
        "key": "a",
        "about": "Table 1",
        "sentence": "It is so.",
        "quantity": "Q",
        "effect": lambda reading: reading("q", "row"),
        "low": 0.0,
    }
    return Claim(**(plain | changes))


def trained(*values):
    """Evidence of several trainings."""
    return Evidence(replicates=[{("q", "row"): value} for value in values], over="seeds")


def test_there_are_at_least_twenty_claims_with_keys_of_their_own():
    assert len(CLAIMS) >= 20
    assert len(KEYS) == len(CLAIMS)
    assert len({(c.sentence, c.quantity) for c in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((1.0, 1.1, 1.2), "reproduced"),
        ((-1.0, -1.1, -1.2), "not reproduced"),
        ((-1.0, 0.1, 1.2), "undecided at this profile"),
        ((1.0, 1.0, 3.0), "undecided at this profile"),  # all above 0, but three are few
        ((0.0, 0.0, 0.0), "not reproduced"),
    ],
)
def test_a_verdict_follows_from_the_interval_over_trainings(values, verdict):
    """Student's interval: the mean ± 4.303 s/√3 for three values (2 degrees of freedom)."""
    judgement = judge(claim(), trained(*values), profile="laptop")
    assert judgement.verdict == verdict
    assert judgement.estimate == pytest.approx(np.mean(values))
    half = 4.3026527 * np.std(values, ddof=1) / math.sqrt(3)
    assert judgement.high - judgement.estimate == pytest.approx(half)
    assert judgement.basis == "3 seeds"


def test_a_claim_of_no_change_needs_the_whole_interval_inside():
    same = claim(low=-0.5, high=0.5)
    assert judge(same, trained(0.1, 0.11, 0.09), profile="laptop").verdict == "reproduced"
    assert judge(same, trained(0.9, 0.91, 0.92), profile="laptop").verdict == "not reproduced"
    assert judge(same, trained(-1, 0, 1), profile="laptop").verdict.startswith("undecided")


def test_a_claim_of_some_change_needs_the_interval_to_leave_out_zero():
    changed = claim(low=0.0, high=0.0, outside=True)
    assert judge(changed, trained(-1.0, -1.1, -1.2), profile="laptop").verdict == "reproduced"
    assert judge(changed, trained(-1, 0, 1), profile="laptop").verdict.startswith("undecided")
    assert judge(changed, trained(0, 0, 0), profile="laptop").verdict == "not reproduced"


def test_smoke_decides_nothing_that_was_trained():
    assert judge(claim(), trained(1, 1, 1), profile="smoke").verdict.startswith("undecided")
    untrained = Evidence(cells={("q", "row"): 1.0}, draws=[{("q", "row"): 1.0}] * 9)
    assert judge(claim(trained=False), untrained, profile="smoke").verdict == "reproduced"


def test_one_training_without_an_interval_decides_sizes_and_no_differences():
    single = Evidence(cells={("q", "row"): 1.0})
    assert judge(claim(), single, profile="laptop").verdict.startswith("undecided")
    assert judge(claim(), single, profile="laptop").missing == "a second training"
    assert judge(claim(exact=True), single, profile="laptop").verdict == "reproduced"


def test_a_missing_cell_is_named():
    judgement = judge(claim(), Evidence(), profile="laptop")
    assert judgement.verdict == "undecided at this profile"
    assert judgement.missing == "q of row"
    assert math.isnan(judgement.estimate)


def test_a_claim_about_volumes_is_not_testable_on_patches():
    judgement = judge(claim(volume=True), trained(1, 1, 1), profile="laptop", volumes=False)
    assert judgement.verdict == "not testable on these data"


def test_replicates_that_lack_a_cell_do_not_count():
    evidence = trained(1.0, 1.1, 1.2)
    evidence.replicates.append({("other", "row"): 5.0})
    assert judge(claim(), evidence, profile="laptop").estimate == pytest.approx(1.1)


def test_slices_are_resampled_whole_and_together():
    """Two rows that differ by 1 in every patch differ by 1 in every draw."""
    patches = {"a": {"q": [1.0, 2.0, 7.0, 8.0]}, "b": {"q": [0.0, 1.0, 6.0, 7.0]}}
    cells, draws = slice_draws(patches, [3, 3, 9, 9], resamples=200)
    assert cells == {("q", "a"): 4.5, ("q", "b"): 3.5}
    assert {round(draw["q", "a"] - draw["q", "b"], 12) for draw in draws} == {1.0}
    assert {draw["q", "a"] for draw in draws} == {1.5, 4.5, 7.5}


def test_one_slice_gives_no_draws():
    cells, draws = slice_draws({"a": {"q": [1.0, 3.0]}}, [5, 5], resamples=10)
    assert cells == {("q", "a"): 2.0}
    assert judge(
        claim(effect=lambda r: r("q", "a")), Evidence(cells=cells, draws=draws), profile="laptop"
    ).verdict.startswith("undecided")


def test_a_patch_without_a_value_has_no_say():
    patches = {"a": {"dice_low": [0.2, float("nan"), 0.6], "q": [1.0, 2.0, 3.0]}}
    cells, draws = slice_draws(patches, [1, 1, 2], resamples=50)
    assert cells == {("dice_low", "a"): pytest.approx(0.4), ("q", "a"): 2.0}
    assert {round(draw["dice_low", "a"], 9) for draw in draws} <= {0.2, 0.4, 0.6}


def test_volumes_are_resampled_together():
    scores = {"a": {"jump": [1.0, 2.0, 6.0]}, "b": {"jump": [2.0, 3.0, 7.0]}}
    cells, draws = cube_draws(scores, resamples=100)
    assert cells == {("jump", "a"): 3.0, ("jump", "b"): 4.0}
    assert {round(draw["jump", "b"] - draw["jump", "a"], 12) for draw in draws} == {1.0}


def test_training_records_give_their_cost():
    cells = training_cells({"a": {"seconds": 3.5, "final": {"jacobian": 2.0}}})
    assert cells == {("seconds", "a"): 3.5, ("jacobian", "a"): 2.0}


# Tables and records


def test_a_table_shows_verdict_estimate_and_whose_limit_it_is():
    evidence = {"Shale": Evidence(cells={("q", "row"): -1.0})}
    rows = [claim(chosen=True, high=2.0, exact=True)]
    ledger = {t: {"a": judge(rows[0], e, profile="laptop")} for t, e in evidence.items()}
    table = claim_table(rows, ledger)
    assert table.loc[0, "Holds if"] == "0 to 2*"
    assert table.loc[0, "Shale"] == "not reproduced\n−1.00 †"
    assert table.loc[0, "In the paper's tables"] == "unknown"
    [record] = claim_records(rows, ledger)
    assert record["estimate"] == -1
    assert record["low"] is None
    counts = verdict_counts(ledger)
    assert counts["Shale"].sum() == 1


def test_limits_read_as_words():
    assert holds_if(claim()) == "above 0"
    assert holds_if(claim(low=-math.inf, high=-0.5)) == "below −0.5"
    assert holds_if(claim(high=0.0, outside=True)) == "not 0"
    assert holds_if(claim(low=1, high=2, outside=True)) == "not 1 to 2"


def test_no_estimate_is_no_text():
    assert estimate(judge(claim(), Evidence(), profile="laptop"), 2) == ""


def test_the_ratio_farthest_from_one_may_be_below_it():
    assert farthest_from_one([1.5, 0.5, 1.9]) == 0.5
    assert farthest_from_one([1.5, -1.0]) == -1.0


# Reading result files


@pytest.fixture(autouse=True)
def no_references(tmp_path, monkeypatch):
    """Leave the replicates of the checkout out of it."""
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path / "references"))


def test_files_that_are_missing_are_named_and_nothing_fails(tmp_path):
    found = load_evidence(tmp_path, dataset="phantom", profile="laptop", resamples=10)
    assert found.cells == {}
    assert any("table1.json" in text for text in found.missing)
    for item in CLAIMS:
        verdict = judge(item, found, profile="laptop").verdict
        assert verdict == "undecided at this profile"
    table = missing_table({"Shale": found})
    assert set(table["Found"]) == {"no"}
    ledger = {"Shale": {c.key: judge(c, found, profile="laptop") for c in CLAIMS}}
    headline = headline_table({"Shale": found}, ledger)
    assert headline.loc[0, "Paper"] == "13.59"
    assert headline.loc[0, "Shale"] == "–"


def test_table_1_is_read(tmp_path):
    patches = {"No Model": {"psnr": [13.5, 13.7], "ssim": [0.2, 0.2]}}
    write_json(tmp_path / "table1.json", {"per_patch": patches, "slice_index": [1, 2]})
    found = load_evidence(tmp_path, dataset="phantom", profile="smoke", resamples=50)
    judgement = judge(KEYS["no-model-psnr"], found, profile="smoke")
    assert judgement.verdict == "reproduced"
    assert judgement.estimate == pytest.approx(13.6)
    assert pd.notna(judgement.low)


def test_flow_and_truth_are_read(tmp_path):
    rows = [{"model": TRUTH, "permeability_nd": 7.0, "kn_stated_viscosity": 3e-4}]
    volumes = {
        TRUTH: {"permeability_nd": [100.0, 100.0]},
        "SRGAN 4x (Vanilla)": {"permeability_nd": [200.0, 400.0], "kn": [0.1, None]},
        "Regularized SRGAN 4x (Vanilla)": {"permeability_nd": [50.0, 130.0]},
    }
    write_json(tmp_path / "flow.json", {"table": rows, "volumes": volumes})
    tests = [{"phase": "true phase", "p_value": 0.3}, {"phase": "true phase", "p_value": 0.01}]
    write_json(tmp_path / "truth.json", {"isotropy": tests})
    found = load_evidence(tmp_path, dataset="phantom", profile="laptop", resamples=50)
    verdicts = {key: judge(KEYS[key], found, profile="laptop") for key in KEYS}
    assert verdicts["k-order"].verdict == "reproduced"
    assert verdicts["accurate-k"].verdict == "not reproduced"  # 2 to 4 times
    assert verdicts["accurate-k"].estimate == 3  # of means, not of the central volume
    assert verdicts["stated-viscosity"].verdict == "not reproduced"  # without an interval
    assert verdicts["regularised-lower-k"].verdict == "reproduced"  # in either volume
    assert verdicts["regularised-lower-k"].basis == "one training, resampled volumes"
    assert verdicts["kn-range"].missing == "kn of SRGAN 4x (Vanilla)"
    assert verdicts["isotropy-phase"].verdict == "not reproduced"


def test_replicates_are_read(tmp_path, monkeypatch):
    """One record for each row and seed; the claim is judged on the seeds that have all rows."""
    monkeypatch.setattr(evidence_files, "read_replicates", lambda *_: records)
    names = [row for pair in PAIRS_WGAN for row in pair]
    records = [
        {"replicate": f"seed{k}", "label": row, "means": {"psnr": k + ("WGAN" in row), "q": None}}
        for k in range(3)
        for row in names
    ]
    found = load_evidence(tmp_path, dataset="phantom", profile="laptop", resamples=50)
    judgement = judge(KEYS["wgan-psnr"], found, profile="laptop")
    assert (judgement.estimate, judgement.low, judgement.high) == (1, 1, 1)
    assert judgement.basis == "3 seeds"
    assert judgement.verdict == "reproduced"
    assert "3 seeds (make replicates)" in found.read
