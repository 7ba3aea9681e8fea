"""Laws of verdicts: what decides at the level, and which numbers of the results they rest on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from companion import effects, estimates, evidence, scoring, volume_measures
from companion.effects import value
from companion.estimates import Evidence, estimate
from companion.ledger import Claim, judge, translates
from companion.volume_measures import Measured


def asked(cells, **about):
    plain = {"key": "a", "page": "truth", "sentence": "isotropic", "quantity": "Q"}
    claim = Claim(**plain | {"effect": value("q", ("truth",)), "low": 0.05} | about)
    return judge([claim], Evidence(cells=cells))["a"].verdict


@pytest.mark.parametrize(("p", "verdict"), [(0.0499, "does not hold"), (0.0501, "undecided")])
def test_a_test_decides_at_five_per_cent(p, verdict):
    assert asked({("q", "truth"): p}, p_value=True) == verdict


def trainings(row, mean, spread):
    """Three trainings, by so much above the constant predictor in Dice of low density."""
    above = mean + spread * np.array([-1.0, 0.0, 1.0])
    cells = [{("dice_low", row): 0.2 + d, ("dice_low", "constant"): 0.2} for d in above]
    return Evidence(replicates=cells, over="seeds")


@pytest.mark.parametrize(("p", "shown"), [(0.049, True), (0.051, False), (0.09, False)])
def test_a_network_is_shown_to_translate_by_a_two_sided_test(p, shown):
    """Student's t of three: the mean over s / √3 whose p-value is `p`, in both tails together."""
    spread = 0.01
    mean = stats.t.isf(p / 2, 2) * spread / np.sqrt(3)
    assert translates(trainings("feedforward", mean, spread), "feedforward") == shown


@pytest.mark.parametrize("row", ["constant", "affine", "all_low", "random_low", "nearest_slice"])
def test_every_predictor_without_a_network_is_a_rival(row):
    """One that is better than a network takes it every verdict."""
    cells = [{("dice_low", "feedforward"): 0.3 + k / 100, ("dice_low", row): 0.5} for k in range(3)]
    cells = [one | {("dice_low", "constant"): 0.0} | one for one in cells]
    assert not translates(Evidence(replicates=cells, over="seeds"), "feedforward")


def test_no_p_value_is_less_than_resamples_can_tell():
    """Of 99 draws all on one side one of a hundred may lie on the other."""
    draws = [{("q", "no_model"): 1.0 + k / 100} for k in range(99)]
    found = estimate(value("q", ("no_model",)), Evidence(cells=draws[50], draws=draws))
    assert found.at_most(0.0) == pytest.approx(0.01)
    assert found.at_least(0.0) == pytest.approx(0.99)
    assert found.at_most(1.0 + 24.5 / 100) == pytest.approx(25 / 99)


def test_results_are_read_as_they_are(tmp_path, monkeypatch):
    """Seconds of trainings and of replicates; what has no number is no cell."""
    records = [
        {"replicate": f"seed{k}", "row": "feedforward", "means": {"q": 1.0 + k, "none": None},
         "seconds": 10.0 * k}
        for k in range(2)
    ]  # fmt: skip
    monkeypatch.setattr(evidence, "read_replicates", lambda *_: records)
    found = Evidence()
    evidence._add_replicates(found, "laptop", "phantom", tmp_path)
    known = [{("q", "feedforward"): 1.0 + k, ("seconds", "feedforward"): 10.0 * k} for k in (0, 1)]
    assert found.replicates == known
    assert found.over == "seeds"
    evidence._add_replicates(found, "laptop", "vaca-muerta-patches", tmp_path)
    assert found.over == "folds"


def test_gradients_are_in_the_plane():
    """Slices that jump by 100 have none; a ramp along y has half its slope, and one along x."""
    jumping = np.zeros((4, 6, 6), np.uint8)
    jumping[::2] = 100
    assert volume_measures.gradient_xy(jumping) == 0.0
    ramp = np.broadcast_to(np.arange(0, 24, 4, dtype=np.uint8), (4, 6, 6))
    assert (
        volume_measures.gradient_xy(ramp) == volume_measures.gradient_xy(ramp.swapaxes(1, 2)) == 2.0
    )


def test_continuity_is_the_share_of_the_phase_that_goes_on_along_z():
    """And the 3-D error is what is missing in the mean Dice coefficient."""
    two_point = np.array([[0.2, 0.15], [0.2, 0.1], [0.2, 0.05]])
    one = Measured(planes=None, scores={"dice_true": np.array([0.3, 0.5])}, two_point=two_point)
    found = evidence._without_draws(one)
    assert found == {"continuity": pytest.approx(0.75), "error_3d": pytest.approx(0.6)}
    nothing = Measured(planes=None, scores=one.scores, two_point=np.zeros((3, 2)))
    assert np.isnan(evidence._without_draws(nothing)["continuity"])


def test_errors_of_jumps_are_distances_from_the_true_one():
    """A prediction too smooth errs as one that is too rough: by a size."""
    jumps = {("slice_jump", "truth"): 5.0, ("slice_jump", "a"): 3.0, ("slice_jump", "b"): 7.0}
    found = evidence._errors(jumps | {("low_share", "a"): 0.1})
    errors = {key: v for key, v in found.items() if key[0] == "jump_error"}
    assert errors == {("jump_error", row): e for row, e in (("truth", 0), ("a", 2), ("b", 2))}


def test_dropout_is_drawn_twice_and_the_jitter_is_their_difference(monkeypatch):
    """What is translated twice as published differs by 7 levels; in evaluation mode by none."""
    level = {("eval", 0): 50, ("as_published", 1): 100, ("as_published", 2): 107}

    def predict(network, txm, *, inference="eval", seed=0):
        return np.full(txm.shape, level[inference, seed], np.uint8)

    class Store:
        def done(self, name, compute, **about):
            return compute(None)

    monkeypatch.setattr(scoring, "predict", predict)
    monkeypatch.setattr(scoring, "evaluate", lambda evaluation, images: int(images[0, 0, 0]))
    monkeypatch.setattr(scoring, "packed", lambda scores: scores)
    monkeypatch.setattr(scoring, "unpacked", lambda scores: scores)
    monkeypatch.setattr(scoring, "_judge", lambda evaluation: [])
    thing = type("Thing", (), {})
    run, training, held = thing(), thing(), thing()
    run.store = Store()
    training.variant, training.record, training.generator = thing(), {"key": ""}, lambda: None
    training.variant.name = "feedforward"
    held.test = thing()
    held.test.txm = np.zeros((2, 4, 4), np.uint8)
    found = scoring.score_network(run, training, held)
    assert (found.evaluated, found.published, found.jitter) == (50, 100, 7.0)


# Effects


def spans(count, seed, least=-4.0):
    ends = np.sort(np.random.default_rng(seed).uniform(least, 5.0, (count, 2)), axis=1)
    return [effects.Span(low, high) for low, high in ends]


def reading(cells, admits=lambda _: True):
    return effects.Reading({("q", row): value for row, value in cells.items()}, admits)


@pytest.mark.parametrize("seed", range(4))
def test_a_span_holds_what_any_numbers_of_its_parts_give_and_is_no_wider(seed):
    """Interval arithmetic: of all pairs of numbers within, difference and ratio lie in the span.

    And its ends are reached, since both fall and rise with either number.
    """
    for one, other in zip(spans(8, seed), spans(8, seed + 9), strict=True):
        ends = [(a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
        known = [a - b for a, b in ends]
        found = one - other
        assert (found.low, found.high) == pytest.approx((min(known), max(known)))
        sizes = [abs(a) for a in np.linspace(one.low, one.high, 4001)]
        size = abs(one)
        assert (size.low, size.high) == pytest.approx((min(sizes), max(sizes)), abs=3e-3)
    for one, other in zip(spans(8, seed, 0.1), spans(8, seed + 9, 0.1), strict=True):
        known = [a / b for a in (one.low, one.high) for b in (other.low, other.high)]
        found = one / other
        assert (found.low, found.high) == pytest.approx((min(known), max(known)))


def test_over_nothing_a_ratio_has_no_end():
    assert effects.Span(1, 2) / effects.Span(0, 4) == effects.Span(0.25, np.inf)
    assert effects.Span(1, 2) / effects.Span(0, 0) == effects.Span(np.inf, np.inf)


def test_the_second_of_rows_is_the_runner_up():
    cells = reading({"a": 1.0, "b": 7.0, "c": 4.0, "d": 2.0, "e": 3.0})
    assert effects.value("q", "abcde", effects.second)(cells).low == 4.0
    with pytest.raises(effects.NoTranslationError):
        effects.value("q", "a", effects.second)(cells)


def test_rows_lead_by_their_least_over_the_greatest_of_the_others():
    """Where nothing is said; pairs are averaged, and the first stands before the second."""
    cells = reading({"a": 5.0, "b": 9.0, "c": 1.0, "d": 2.0})
    assert effects.lead("q", "ab", "cd")(cells).low == 3.0
    pairs = [("a", "c"), ("b", "d")]
    assert effects.differences("q", pairs)(cells).low == 5.5
    assert effects.ratios("q", pairs)(cells).low == 4.75
    assert effects.spread("q", "abcd")(cells).low == 9.0
    for pair in ("cd", "dc"):  # a factor of two, whichever way round
        assert effects.misfit("q", [("a", "b"), tuple(pair)])(cells).low == 2.0


def test_a_pair_of_which_one_row_does_not_count_counts_not_at_all():
    cells = reading({"a": 5.0, "b": 9.0, "c": 1.0, "d": 2.0}, lambda row: row != "d")
    assert effects.differences("q", [("a", "c"), ("b", "d")])(cells).low == 4.0
    assert (cells.rows, cells.refused) == ({"a", "c"}, {"d"})


def test_the_lead_of_an_improvement_is_over_other_quantities():
    """From 2 to 6 and 10 the mean is fourfold; the others grow two- and threefold."""
    cells = effects.Reading(
        {("q", "base"): 2.0, ("q", "a"): 6.0, ("q", "b"): 10.0}
        | {("r", "base"): 1.0, ("r", "a"): 1.0, ("r", "b"): 3.0}
        | {("s", "base"): 1.0, ("s", "a"): 3.0, ("s", "b"): 3.0}
    )
    for against, known in ((effects.greatest, 1.0), (effects.least, 2.0)):
        found = effects.improvement_lead("q", ["r", "s"], ["a", "b"], "base", against)(cells)
        assert found.low == pytest.approx(known)


def test_ranks_are_correlated_of_four_rows_at_least():
    """Kendall's: of six pairs five agree; of rows that count alone."""
    level = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 0.0}
    error = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 3.0, "e": 9.0}
    cells = {("q", row): v for row, v in level.items()} | {
        ("r", row): v for row, v in error.items()
    }
    agree = effects.rank_agreement("q", "r", "abcde")
    assert agree(effects.Reading(cells, lambda row: row != "e")).low == pytest.approx(4 / 6)
    with pytest.raises(effects.NoTranslationError):
        agree(effects.Reading(cells, lambda row: row in "abc"))
    tied = cells | {("q", "b"): 1.0}  # of five pairs that differ in it four agree, one does not
    found = agree(effects.Reading(tied, lambda row: row != "e")).low
    assert found == pytest.approx(3 / np.sqrt(5 * 6))


def test_every_dice_lies_between_nothing_and_all_and_a_difference_of_two_does_not():
    for name in ("dice", "dice_low", "dice_true", "dice_at_share"):
        assert effects.limits_of(name) == (0.0, 1.0)
    for name in ("psnr", "kl_area_xy", "euler_dice"):
        assert effects.limits_of(name) == (-np.inf, np.inf)
    of = effects.value("dice_low", ["feedforward"])
    cells = {("dice_low", "feedforward"): 0.9, ("dice_low", "pix2pix_wgan"): 0.8}
    one = effects.Reading(cells)
    of(one)
    assert estimates._limits(one) == (0.0, 1.0)
    effects.differences("dice_low", [("feedforward", "pix2pix_wgan")])(
        both := effects.Reading(cells)
    )
    assert estimates._limits(both) == (-np.inf, np.inf)


def test_an_effect_is_of_a_training_where_a_network_has_a_part_in_it():
    """Seeds are replicates of a difference of a network and a row without one."""
    rows = ("feedforward", "no_model")
    drawn = [{("q", rows[0]): 1.0 + k, ("q", rows[1]): 0.5} for k in range(3)]
    found = estimate(
        effects.differences("q", [rows]), Evidence(cells=drawn[0], replicates=drawn, over="seeds")
    )
    assert (found.trained, found.basis) == (True, "3 seeds")
    assert found.value == pytest.approx(1.5)


def test_a_row_that_does_not_count_in_a_replicate_is_left_out_there_too():
    """Of what was drawn of trainings and of images alike."""
    drawn = [{("q", "feedforward"): 1.0 + k, ("q", "srcnn_2x"): 9.0 + k} for k in range(3)]
    both = value("q", ("feedforward", "srcnn_2x"))
    for known in (
        Evidence(cells=drawn[0], replicates=drawn, over="seeds"),
        Evidence(cells=drawn[1], draws=drawn),
    ):
        found = estimate(both, known, lambda row: row != "srcnn_2x")
        assert (found.value, found.refused) == (2.0, ("srcnn_2x",))
        assert found.high < 6


def test_what_is_printed_is_known_up_to_its_rounding_whatever_was_drawn():
    printed = Evidence(question="paper", cells={("q", "no_model"): effects.Span(1.5, 2.5)})
    printed.draws = [{("q", "no_model"): 7.0 + k} for k in range(9)]
    found = estimate(value("q", ("no_model",)), printed)
    assert (found.low, found.high, found.basis) == (1.5, 2.5, "rounding")
