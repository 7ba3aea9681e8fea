"""Laws of verdicts: what decides at the level, and which numbers of the results they rest on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from companion import evidence, scoring
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
    assert evidence.gradient_xy(jumping) == 0.0
    ramp = np.broadcast_to(np.arange(0, 24, 4, dtype=np.uint8), (4, 6, 6))
    assert evidence.gradient_xy(ramp) == evidence.gradient_xy(ramp.swapaxes(1, 2)) == 2.0


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
