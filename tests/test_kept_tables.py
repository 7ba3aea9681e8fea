"""Tables and scores that the store keeps: computed once, the same when they are found again."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from companion import scoring
from companion.evaluation import Evaluation
from companion.results import kept_table, packed, unpacked
from companion.run import open_run
from shalelib.metrics.table1 import score_patches


@pytest.fixture
def run(tmp_path):
    return open_run(profile="smoke", dataset="phantom", seed=0, results=tmp_path)


def squares(numbers, *, scale=1.0):
    """Rows as the validation's functions return them."""
    return [{"n": n, "square": scale * n**2, "even": n % 2 == 0} for n in numbers]


def test_a_kept_table_is_found_with_its_numbers_and_types(run):
    first = kept_table(run, "page/squares", squares, (1, 2, 3))
    assert run.store.origins["page/squares"] == "computed"
    written = run.store.path("page/squares").stat().st_mtime_ns
    again = kept_table(run, "page/squares", squares, (1, 2, 3))
    assert run.store.path("page/squares").stat().st_mtime_ns == written
    pd.testing.assert_frame_equal(first, pd.DataFrame(squares((1, 2, 3))))
    pd.testing.assert_frame_equal(again, first)


@pytest.mark.parametrize("change", [{"given": (1, 2, 4)}, {"scale": 2.0}])
def test_other_arguments_compute_it_anew(run, change):
    kept_table(run, "page/squares", squares, (1, 2, 3))
    given, scale = change.get("given", (1, 2, 3)), change.get("scale", 1.0)
    found = kept_table(run, "page/squares", squares, given, scale=scale)
    pd.testing.assert_frame_equal(found, pd.DataFrame(squares(given, scale=scale)))


def test_what_json_has_no_number_for_comes_back():
    table = pd.DataFrame(
        {
            "psnr": [np.inf, np.nan, 1 / 3],
            "met": pd.Series([True, None, False], dtype=object),
            "phase": ["low", None, "inf"],
            "count": [1, 2, 3],
        }
    )
    pd.testing.assert_frame_equal(unpacked(packed(table)), table)


def halved(generator, images, *, inference="eval", seed=0):
    """Stand in for a network: with dropout on, each seed gives other grey levels."""
    assert (inference == "eval") == (seed == 0)
    return images // 2 + np.uint8(10 * seed)


def test_scores_of_a_network_follow_its_training(run, monkeypatch):
    """Three translations: one to be judged, two with dropout on, whose difference is the jitter."""
    monkeypatch.setattr(scoring, "predict", halved)
    txm, sem = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8)
    inside = np.ones(sem.shape, bool)
    evaluation = Evaluation(test=SimpleNamespace(txm=txm, sem=sem, inside=inside))
    loaded = []

    def score(key):
        training = SimpleNamespace(
            variant=SimpleNamespace(name="row"),
            record={"key": key},
            generator=lambda: loaded.append(key),
        )
        return scoring.score_network(run, training, evaluation)

    judged = score_patches(txm // 2, sem, inside=inside)
    published = score_patches(txm // 2 + np.uint8(10), sem, inside=inside)
    for key in ("one", "one", "another"):
        found = score(key)
        pd.testing.assert_frame_equal(found.evaluated, judged)
        pd.testing.assert_frame_equal(found.published, published)
        assert found.jitter == 10
    assert loaded == ["one", "another"]
