"""The ledger: quotations are the paper's, verdicts follow from numbers, gaps are named."""

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from companion import evidence as gathering
from companion import volume_measures
from companion.claims import CLAIMS, claims_of
from companion.effects import Reading, Span, differences, largest_change, misfit, second, value
from companion.estimates import Evidence, estimate
from companion.evidence import grouped_draws, load_evidence, volume_draws
from companion.ledger import COUNTED, Claim, holm, judge, paper_evidence, translates
from companion.pages import claims as page
from companion.pages import flow, images
from companion.quotes import SENTENCES
from companion.rows import trained_rows
from companion.run import open_run
from shalelib.files import write_json
from shalelib.store import code_digest

ROOT = Path(__file__).parents[1]
PAIR = (("pix2pix_wgan_reg", "pix2pix_wgan"),)
NO_VERDICT = "no verdict: this model does not translate"


def bare(text):
    """A text without what printing changes: white space, hyphens, minus signs, raised digits."""
    text = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    return re.sub(r"[\s‐‑\-−­]", "", text)


ARTICLE = bare((ROOT / "tests/literature/paper.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_of_the_ledger_stands_in_the_article(key):
    assert bare(SENTENCES[key].text) in ARTICLE


PROSE = [ROOT / "README.md", *(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py")]


@pytest.mark.parametrize("path", PROSE, ids=lambda p: p.name)
def test_what_stands_in_curly_quotes_is_the_papers(path):
    """Curly quotes are for quotations of the paper, and for nothing else in the book."""
    text = re.sub(r"\n# ?", "\n", path.read_text(encoding="utf-8"))
    for quotation in re.findall(r"“([^”]+)”", text):
        assert bare(quotation) in ARTICLE, quotation


def prose(path):
    """Return the text that a reader sees: of a notebook the markdown; no code, formula or link."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        cells = re.split(r"^# %%", text, flags=re.MULTILINE)
        text = "\n".join(cell for cell in cells if cell.startswith(" [markdown]"))
        text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", PROSE, ids=lambda p: p.name)
def test_what_stands_in_straight_quotes_is_a_word_or_the_papers(path):
    """A quotation in straight quotes is one all the same: from four words on it is looked up."""
    for quotation in re.findall(r'"([^"]+)"', prose(path)):
        if len(quotation.split()) > 3:
            assert bare(quotation) in ARTICLE, quotation


def test_an_invented_quotation_would_be_found():
    assert bare("The models show a significant worsening") not in ARTICLE
    assert bare("show a signif-\nicant improvement in the perimeter") in ARTICLE


def claim(**changes):
    """A claim that one cell is above 0."""
    plain = {"key": "a", "page": "images", "sentence": "improve", "quantity": "Q", "low": 0.0}
    plain |= {"effect": value("q", ("no_model",))}
    return Claim(**(plain | changes))


def folds(*values, row="no_model", **more):
    """Evidence of several folds."""
    cells = [{("q", row): value} for value in values]
    return Evidence(question="patches", replicates=cells, over="folds", **more)


def verdict(item, evidence):
    return judge([item], evidence)[item.key].verdict


def test_claims_have_keys_of_their_own_and_every_sentence_is_tested():
    assert len({c.key for c in CLAIMS}) == len(CLAIMS)
    assert len({(c.sentence, c.quantity) for c in CLAIMS}) == len(CLAIMS)
    assert {c.sentence for c in CLAIMS} == set(SENTENCES)
    assert sum(len(claims_of(name)) for name in ("images", "volumes", "flow", "truth")) == len(
        CLAIMS
    )


def test_a_claim_without_a_quotation_is_refused():
    with pytest.raises(ValueError, match="'so-it-is'; add it to quotes"):
        claim(sentence="so-it-is")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1.0, 1.1, 1.2), "holds"),
        ((-1.0, -1.1, -1.2), "does not hold"),
        ((-1.0, 0.1, 1.2), "undecided"),
        ((1.0, 1.0, 3.0), "undecided"),  # all above 0, but three are few
        ((0.0, 0.0, 0.0), "does not hold"),  # no change at all is no improvement
    ],
)
def test_a_verdict_follows_from_students_interval(values, expected):
    """The mean ± 4.303 s/√3 for three values (2 degrees of freedom)."""
    judgement = judge([claim()], folds(*values))["a"]
    assert judgement.verdict == expected
    half = 4.3026527 * np.std(values, ddof=1) / math.sqrt(3)
    assert judgement.high - judgement.estimate == pytest.approx(half)
    assert judgement.basis == "3 folds"


def test_the_p_value_is_that_of_students_test():
    values = [1.0, 1.5, 0.7, 1.2]
    expected = stats.ttest_1samp(values, 0.0).pvalue
    assert judge([claim()], folds(*values))["a"].p_value == pytest.approx(expected)


def test_a_claim_of_no_change_needs_the_whole_interval_inside():
    same = claim(low=-0.5, high=0.5)
    assert verdict(same, folds(0.1, 0.11, 0.09)) == "holds"
    assert verdict(same, folds(0.9, 0.91, 0.92)) == "does not hold"
    assert verdict(same, folds(-1, 0, 1)) == "undecided"
    other = claim(low=-0.5, high=0.5, outside=True)
    assert verdict(other, folds(0.1, 0.11, 0.09)) == "does not hold"
    assert verdict(other, folds(0.9, 0.91, 0.92)) == "holds"


def test_several_tests_of_a_sentence_are_corrected_for_one_another():
    """t = 1.0 / (0.3 / √3) = 5.77, p = 0.029 decides alone; as the least of two it is 0.057."""
    values = (1.0, 1.3, 0.7)
    alone = judge([claim()], folds(*values))["a"]
    assert (alone.verdict, alone.tests) == ("holds", 1)
    assert alone.p_value == pytest.approx(0.0287, abs=1e-4)
    both = judge([claim(), claim(key="b", low=0.9)], folds(*values))
    assert both["a"].p_value == pytest.approx(2 * alone.p_value)
    assert both["a"].verdict == "undecided"
    other = judge([claim(), claim(key="b", low=0.9, sentence="most")], folds(*values))
    assert other["a"].verdict == "holds"


def test_tests_are_counted_within_the_sentence():
    """Two sentences of one and three claims: the ledger's column says 1 and 3, not 2 and 2."""
    claims = [claim(), *(claim(key=k, sentence="most") for k in "bcd")]
    found = judge(claims, folds(1.0, 1.3, 0.7))
    assert [found[key].tests for key in "abcd"] == [1, 3, 3, 3]


def test_holms_rule():
    """Holm (1979): 0.01 x 4, then 0.01 (kept from before), 0.03 x 2, and no p-value above one."""
    assert holm([0.01, 0.005, 0.03, 0.9]) == pytest.approx([0.03, 0.02, 0.06, 0.9])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_least_of_three_p_values_is_not_the_verdict():
    """The isotropy tests: 0.02 among three is 0.06, and what is not significant shows nothing."""
    tests = [
        claim(key=key, effect=value(key, ("truth",)), p_value=True, sentence="isotropic")
        for key in ("x", "y", "z")
    ]
    cells = {("x", "truth"): 0.02, ("y", "truth"): 0.4, ("z", "truth"): 0.8}
    found = judge(tests, Evidence(cells=cells))
    assert {one.verdict for one in found.values()} == {"undecided"}
    found = judge(tests, Evidence(cells=cells | {("x", "truth"): 0.01}))
    assert [one.verdict for one in found.values()] == ["does not hold", "undecided", "undecided"]


# The precondition


def shale(own, *rivals, over="seeds"):
    """Three trainings: Dice of low density of a network and of trivial predictors, and a number."""
    return Evidence(
        over=over,
        replicates=[
            {("dice_low", "pix2pix_wgan"): own + k / 1000, ("q", "pix2pix_wgan"): 1 + k / 10}
            | {("dice_low", key): score for key, score in rivals}
            for k in range(3)
        ],
    )


def test_a_row_that_does_not_beat_every_trivial_predictor_gets_no_verdict():
    item = claim(effect=value("q", ("pix2pix_wgan",)))
    good = shale(0.3, ("constant", 0.0), ("all_low", 0.24))
    assert translates(good, "pix2pix_wgan")
    assert verdict(item, good) == "holds"
    poor = shale(0.2, ("constant", 0.0), ("all_low", 0.24))
    assert not translates(poor, "pix2pix_wgan")
    assert verdict(item, poor) == NO_VERDICT
    assert NO_VERDICT not in COUNTED
    assert verdict(item, shale(0.3)) == NO_VERDICT  # with nothing to compare it is not shown


def test_a_smoothed_volume_is_judged_by_its_network_and_no_model_needs_no_proof():
    evidence = shale(0.3, ("constant", 0.0))
    evidence.replicates = [
        {(name, key.replace("wgan", "wgan_reg")): v for (name, key), v in cells.items()}
        for cells in evidence.replicates
    ]
    assert translates(evidence, "pix2pix_wgan_reg_median")
    assert translates(evidence, "no_model")
    assert not translates(evidence, "pix2pix_wgan")


def test_a_row_without_translation_is_left_out_and_named():
    item = claim(
        effect=differences("q", [(row, "no_model") for row in ("pix2pix_wgan", "srcnn_2x")])
    )
    evidence = shale(0.3, ("constant", 0.1))
    for cells in evidence.replicates:
        cells |= {("q", "srcnn_2x"): -99.0, ("dice_low", "srcnn_2x"): 0.0, ("q", "no_model"): 0.0}
    judgement = judge([item], evidence)["a"]
    assert judgement.estimate == pytest.approx(1.1)
    assert judgement.refused == ("srcnn_2x",)


def test_the_second_best_of_a_single_row_is_no_verdict():
    item = claim(effect=value("q", ("pix2pix_wgan",), second))
    assert verdict(item, shale(0.3, ("constant", 0.0))) == NO_VERDICT


def test_untrained_rows_take_all_folds_but_not_seeds():
    """Another seed does not change the untranslated TXM: three equal numbers are no interval."""
    assert judge([claim()], folds(1.0, 1.2, 1.1))["a"].basis == "3 folds"
    seeds = Evidence(
        cells={("q", "no_model"): 1.0},
        replicates=[{("q", "no_model"): 1.0}] * 3,
        over="seeds",
        draws=[{("q", "no_model"): v} for v in np.linspace(0.5, 1.5, 99)],
    )
    assert judge([claim()], seeds)["a"].basis == "resampled images or volumes"


def test_untrained_rows_are_judged_on_all_of_the_rock_and_networks_on_their_own_patches():
    """PSNR 14 over all folds, 12 on the patches of the network, which has 15 there."""
    psnr = {"no_model": 12.0, "pix2pix_wgan": 15.0}
    cells = {("psnr", row): found for row, found in psnr.items()}
    steps = (-0.5, 0.0, 0.5)
    evidence = Evidence(
        question="patches",
        cells=cells,
        draws=[{key: found + step for key, found in cells.items()} for step in steps],
        rock={("psnr", "no_model"): 14.0},
        rock_draws=[{("psnr", "no_model"): 14.0 + step} for step in steps],
    )
    alone = estimate(value("psnr", ("no_model",)), evidence)
    assert (alone.value, alone.basis) == (14.0, "all folds, resampled images")
    assert alone.low == pytest.approx(13.525)
    both = estimate(differences("psnr", (("pix2pix_wgan", "no_model"),)), evidence)
    assert both.value == pytest.approx(3.0)


def test_the_number_of_all_of_the_rock_is_its_own_and_not_the_mean_of_its_draws():
    """Draws are skew: what is printed is the effect on the rock, and they give the interval."""
    draws = [{("psnr", "no_model"): 14.0 + step} for step in (-0.1, 0.0, 0.0, 0.9)]
    evidence = Evidence(question="patches", rock={("psnr", "no_model"): 14.0}, rock_draws=draws)
    assert estimate(value("psnr", ("no_model",)), evidence).value == 14.0


def test_no_interval_of_a_dice_coefficient_leaves_zero_to_one_but_that_of_a_difference_may():
    """Three small numbers: Student's lower limit, 0.02 - 4.303 s/√3, is below zero."""
    rows = ("no_model", "constant")
    cells = [{("dice_low", row): v for row in rows} for v in (0.0, 0.01, 0.05)]
    evidence = Evidence(cells=cells[0], replicates=cells, over="folds")
    found = estimate(value("dice_low", rows[:1]), evidence)
    assert (found.low, found.value) == (0.0, pytest.approx(0.02))
    half = 4.3026527 * np.std([0.0, 0.01, 0.05], ddof=1) / math.sqrt(3)
    assert found.high == pytest.approx(0.02 + half)
    for row, cell in enumerate(cells):
        cell["dice_low", "constant"] = float(row)
    assert estimate(differences("dice_low", [rows]), evidence).low < -1.0


def test_smoke_decides_nothing_that_was_trained():
    evidence = shale(0.3, ("constant", 0.0))
    evidence.profile = "smoke"
    judgement = judge([claim(effect=value("q", ("pix2pix_wgan",)))], evidence)["a"]
    assert (judgement.verdict, judgement.missing) == ("no result", "longer training")


def test_a_single_number_decides_sizes_alone_and_a_missing_one_is_named():
    single = Evidence(cells={("q", "no_model"): 1.0})
    assert judge([claim()], single)["a"].missing == "a second training"
    assert verdict(claim(exact=True), single) == "holds"
    judgement = judge([claim()], Evidence())["a"]
    assert (judgement.verdict, judgement.missing) == ("no result", "q of no_model")
    assert page.estimate_text(judgement, ".2f") == ""


# The paper's own tables


def test_a_difference_within_rounding_decides_nothing():
    """0.17 - 0.15 is 0.02 ± 0.01: neither at most 0.02 nor above it; 0.25 - 0.25 is 0.00 ± 0.01."""
    own = judge(CLAIMS, paper_evidence())
    assert own["not-2d-ssim"].verdict == "within rounding"
    assert own["not-2d-dice-high"].verdict == "within rounding"
    assert own["pix2pix-best-ssim"].verdict == "within rounding"
    assert (own["srgan-best-stsim-1"].low, own["srgan-best-stsim-1"].verdict) == (
        0.0,
        "within rounding",
    )


def test_text_and_caption_of_table_2_contradict_each_other():
    """The perimeter in x-y: better in the text, worse in the caption; 7.60 became 10.33."""
    own = judge(CLAIMS, paper_evidence())
    assert own["significant-regularised-perimeter-xy"].verdict == "does not hold"
    assert own["planes-regularised-perimeter-xy"].verdict == "holds"


def test_a_factor_of_five_is_not_slightly():
    own = judge(CLAIMS, paper_evidence())["slightly-permeability"]
    assert own.estimate == pytest.approx(81.4 / 410, rel=1e-3)
    assert own.verdict == "does not hold"


def test_the_findings_are_computed_from_the_cells():
    euler, flow, _ = page.paper_findings()
    assert "1.31 nat" in euler
    assert "5.32 to 23.05" in euler
    assert "410 nd" in flow
    assert "a factor of 5.0" in flow


# Spans


def test_spans_hold_every_number_that_rounds_to_them():
    """Random true numbers within the roundings never leave the span of an effect."""
    rng = np.random.default_rng(3)
    cells = {("q", key): 0.1 * k for k, key in enumerate(("a", "b", "c", "d"), 3)}
    half = Fraction(1, 20)
    spans = {
        key: Span(Fraction(str(round(v, 1))) - half, Fraction(str(round(v, 1))) + half)
        for key, v in cells.items()
    }
    pairs = (("a", "b"), ("c", "d"))
    for effect in (
        differences("q", pairs),
        differences("q", pairs, largest_change),
        misfit("q", pairs),
    ):
        span = effect(Reading(spans))
        for _ in range(200):
            drawn = {key: v + rng.uniform(-0.05, 0.05) for key, v in cells.items()}
            found = effect(Reading(drawn)).low
            assert float(span.low) - 1e-12 <= found <= float(span.high) + 1e-12


# Draws


def test_slices_are_resampled_whole_and_together():
    """Two rows that differ by 1 in every patch differ by 1 in every draw."""
    patches = {"a": {"q": [1.0, 2.0, 7.0, 8.0]}, "b": {"q": [0.0, 1.0, 6.0, 7.0]}}
    cells, draws = grouped_draws(patches, [3, 3, 9, 9], resamples=200)
    assert cells == {("q", "a"): 4.5, ("q", "b"): 3.5}
    assert {round(draw["q", "a"] - draw["q", "b"], 12) for draw in draws} == {1.0}
    assert {draw["q", "a"] for draw in draws} == {1.5, 4.5, 7.5}


def test_one_slice_gives_no_draws():
    cells, draws = grouped_draws({"no_model": {"q": [1.0, 3.0]}}, [5, 5], resamples=10)
    assert cells == {("q", "no_model"): 2.0}
    found = judge([claim()], Evidence(cells=cells, draws=draws))["a"]
    assert found.verdict == "no result"


def test_a_patch_without_a_value_has_no_say():
    patches = {"a": {"dice_low": [0.2, float("nan"), 0.6], "q": [1.0, 2.0, 3.0]}}
    cells, draws = grouped_draws(patches, [1, 1, 2], resamples=50)
    assert cells == {("dice_low", "a"): pytest.approx(0.4), ("q", "a"): 2.0}
    assert {round(draw["dice_low", "a"], 9) for draw in draws} <= {0.2, 0.4, 0.6}


def test_volumes_are_resampled_together():
    scores = {"a": {"jump": [1.0, 2.0, 6.0]}, "b": {"jump": [2.0, 3.0, 7.0]}}
    cells, draws = volume_draws(scores, resamples=100)
    assert cells == {("jump", "a"): 3.0, ("jump", "b"): 4.0}
    assert {round(draw["jump", "b"] - draw["jump", "a"], 12) for draw in draws} == {1.0}


def test_the_gradient_of_a_ramp_is_its_slope():
    ramp = np.tile(np.arange(0, 30, 3, dtype=np.uint8), (2, 10, 1))
    assert volume_measures.gradient_xy(ramp) == 1.5  # 3 along x and 0 along y


# Reading results, and the page

ALL = ["07_images", "07_images_phantom", "08_volumes", "09_flow", "13_truth"]


def opened(folder, profile="smoke"):
    return open_run(profile=profile, dataset="phantom", seed=0, results=folder)


def write_result(result, folder, record):
    """Write a record as the page does that makes it."""
    write_json(folder / result.file, record | {"code": code_digest(result.code)})


@pytest.fixture
def no_replicates(monkeypatch):
    """Leave the replicates of the checkout out of it."""
    monkeypatch.setattr(gathering, "read_replicates", lambda *_: [])


def test_files_that_are_missing_are_named_and_nothing_fails(tmp_path, no_replicates):
    found = load_evidence(opened(tmp_path, "laptop"), dataset="phantom", pages=ALL)
    assert dict(found.cells) == {}
    assert any("table1.json" in text for text in found.missing)
    results = {"paper": paper_evidence(), "shale": found}
    ledger = page.open_ledger(results)
    assert not {one.verdict for one in ledger["shale"].values()} & set(COUNTED)
    assert set(page.missing_table(results)["Found"]) == {"no"}
    headline = page.headline_table(results, ledger).set_index("")
    assert headline.loc["PSNR of the untranslated TXM [dB]"].tolist() == ["13.59", "–"]
    assert headline.loc["Permeability, regularised SRGAN 4x [nd]", "Paper"] == "81.4"
    table = page.claim_table(claims_of("flow"), ledger)
    assert table["The paper"][0].startswith("“Results show permeability values")
    assert table["The paper"][1] == "″"
    records = page.claim_records(ledger)
    assert len(records) == 2 * len(CLAIMS)


def test_a_result_of_other_code_is_not_read(tmp_path, no_replicates):
    """It may have another layout, or numbers that today's code would not give."""
    run = opened(tmp_path)
    write_json(run.folder / "flow.json", {"rows": [], "code": "0" * 16})
    write_json(run.folder / "table1.json", {"per_patch": {}})
    found = load_evidence(run, dataset="phantom", pages=ALL)
    assert {flow.RESULT.title, images.RESULT.title} <= set(found.missing)
    assert not found.read


def test_of_pages_that_are_not_needed_nothing_is_read_or_missed(tmp_path, no_replicates):
    run = opened(tmp_path)
    write_result(flow.RESULT, run.folder, {"no": "layout"})
    found = load_evidence(run, dataset="phantom", pages=["07_images_phantom"])
    assert found.read == []
    networks = str(len(trained_rows("phantom", "paper")))
    assert [text.split()[0] for text in found.missing] == ["table1.json", networks, "seeds"]


def test_dice_on_the_shale_is_against_the_true_classes(tmp_path, no_replicates):
    patches = {"No Model": {"dice_low": [0.1, 0.1], "dice_low_truth": [0.3, 0.3]}}
    run = opened(tmp_path)
    for folder in (run.folder, run.above / "vaca-muerta-patches" / "seed0"):
        write_result(images.RESULT, folder, {"per_patch": patches, "slice_index": [1, 2]})
    shale = load_evidence(run, dataset="phantom", pages=ALL)
    assert shale.cells["dice_low", "no_model"] == 0.3
    other = load_evidence(run, dataset="vaca-muerta-patches", pages=ALL)
    assert other.cells["dice_low", "no_model"] == 0.1


def test_replicates_and_flow_are_read_by_key(tmp_path, monkeypatch):
    records = [
        {"replicate": f"seed{k}", "row": row, "label": "", "means": {"dice_low": dice, "q": None}}
        for k in range(3)
        for row, dice in (("srgan_4x_vanilla", 0.2 + k / 100), ("constant", 0.0))
    ]
    monkeypatch.setattr(gathering, "read_replicates", lambda *_: records)
    k = {
        "truth": [100.0, 110.0],
        "srgan_4x_vanilla": [300.0, 400.0],
        "srgan_4x_vanilla_first": [3.0, 4.0],
    }
    volumes = {key: dict.fromkeys(flow.QUANTITIES, values) for key, values in k.items()}
    ratios = {key: {"ratio": 0.5, "spread": 0.05} for key in k}
    run = opened(tmp_path, "laptop")
    record = {"table": [], "volumes": volumes, "fine_grid": ratios}
    write_result(flow.RESULT, run.folder, record)
    records = [r | {"means": {"dice_low_truth": r["means"]["dice_low"]}} for r in records]
    found = load_evidence(run, dataset="phantom", pages=ALL)
    judged = judge(CLAIMS, found)
    assert judged["order-original"].verdict == "holds"
    assert judged["order-original-first"].verdict == "does not hold"
    assert judged["order-original"].basis == "one training, resampled images or volumes"
    assert judged["order-regularised"].verdict == NO_VERDICT
    assert "3 seeds (make replicates)" in found.read
    table = flow.table_3(volumes, ratios, resamples=run.profile.evaluation.resamples)
    line = table[(table["quantity"] == flow.LIMIT) & (table["key"] == "truth")].iloc[0]
    printed = found.printed["permeability_nd", "truth"]
    assert printed == (line["ours"], line["low"], line["high"])  # as Table 3 prints it
    assert printed[1] < 100 < 105 == printed[0]
    assert found.printed["permeability_nd_first", "srgan_4x_vanilla"][0] == 3.5


def test_counts_of_verdicts_add_up_to_the_claims():
    evidence = {"paper": paper_evidence(), "shale": Evidence(question="shale")}
    counts = page.verdict_counts(page.open_ledger(evidence)).set_index("Verdict")
    assert counts.sum().tolist() == [len(CLAIMS)] * 2
    assert list(counts.index[-2:]) == ["no verdict: this model does not translate", page.UNTESTED]
    asked = sum("paper" in one.asks for one in CLAIMS)
    assert counts.loc[page.UNTESTED].iloc[0] == len(CLAIMS) - asked


def test_limits_read_as_words():
    assert page.condition(claim()) == "holds if above 0"
    assert page.condition(claim(low=-math.inf, high=-0.5)) == "holds if below −0.5"
    assert page.condition(claim(high=2.0, chosen=True)) == "holds if 0 to 2*"
    assert page.condition(claim(low=1, high=2, outside=True)) == "holds if not 1 to 2"
    assert page.condition(claim(low=0.05, p_value=True)) == "does not hold if below 0.05"


def test_claims_about_flow_are_written_as_the_pages_on_flow_write_them():
    """k with three digits, Kn too; what rounding leaves is an interval where it can be seen."""
    own = judge(CLAIMS, paper_evidence())
    text = {one.key: page.estimate_text(own[one.key], one.form) for one in CLAIMS}
    assert text["order-original"] == "410"
    assert text["order-regularised"] == "81.4 [81.3, 81.5]"
    assert text["slightly-permeability"] == "0.20"
    [gas] = [one for one in CLAIMS if one.key == "gas-viscosity"]
    assert page.condition(gas) == "holds if 0.051 to 0.15*"
    assert text["gas-viscosity"] == "0.000276 [0.000240, 0.000313]"


def test_each_fold_has_the_guesses_of_its_own_rock(tmp_path, monkeypatch):
    """Two tiles in fold 0 and one in fold 2; a fold that no network was trained on is left out."""
    low = {"no_model": [0.1, 0.3, None], "all_low": [0.2, 0.4, 0.5]}
    patches = {row: {"dice_low": values} for row, values in low.items()}
    rock = {"per_patch": patches, "slice_index": [1, 1, 9], "split": [0, 0, 2]}
    (tmp_path / "seed0").mkdir()
    (tmp_path / "seed0/untrained.json").touch()
    monkeypatch.setattr(gathering, "read_record", lambda _: {"slices": rock})
    trained = {"row": "pix2pix_vanilla", "means": {"dice_low": 0.15}}
    records = [{"replicate": f"seed0-fold{k}", **trained} for k in (1, 2)]
    monkeypatch.setattr(gathering, "read_replicates", lambda *_: records)
    evidence = Evidence(question="patches")
    gathering._add_replicates(evidence, "laptop", "vaca-muerta-patches", tmp_path / "seed0")
    ours = ("dice_low", "pix2pix_vanilla"), 0.15
    assert evidence.replicates == [dict([ours]), dict([ours, (("dice_low", "all_low"), 0.5)])]
    found = gathering._guesses_by_fold(tmp_path / "seed0/untrained.json")
    assert found["seed0-fold0"]["dice_low", "no_model"] == pytest.approx(0.2)
