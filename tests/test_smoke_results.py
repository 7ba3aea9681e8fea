"""The numbers of the smoke book are those that are kept in ``data/reference/smoke``.

Kept are the records of the pages on which nothing is trained by gradient descent, whose last
digits grow into first ones: data sets, calibration, pixel classifier, validation of the solver.
"""

from pathlib import Path

import pytest
from compare_results import ABSOLUTE, RELATIVE, compare, differences

from companion.references import read_manifest
from shalelib.files import read_json

ROOT = Path(__file__).parents[1]
KEPT = sorted(read_manifest("smoke").kept)


def test_records_of_every_kind_are_kept():
    names = {name.split("/")[-1] for name in KEPT}
    assert names == {"calibration", "dataset", "phases", "validation"}
    assert len(KEPT) == 5  # those of both data sets


@pytest.mark.skipif(
    not (ROOT / "results/smoke/book/_build/html/index.html").is_file(),
    reason="no book at profile smoke: make book PROFILE=smoke",
)
@pytest.mark.parametrize("name", KEPT)
def test_the_smoke_book_has_the_numbers_that_are_kept(name):
    available = read_json(ROOT / "results/data/vaca-muerta-patches.json")["available"]
    if not available and "validation" not in name:
        pytest.skip("the real patches could not be had")
    mend = "if the change is meant: workflow/keep_references.py smoke --only NAME"
    assert compare(ROOT / "results", "smoke")[name] == [], mend


@pytest.mark.parametrize(
    ("mine", "found"),
    [
        ({"a": [1.0 + RELATIVE / 2, "x"]}, 0),
        ({"a": [1.0 + 2 * RELATIVE, "x"]}, 1),
        ({"a": [1.0, "y"]}, 1),
        ({"a": [1.0]}, 1),
        ({"a": [None, "x"]}, 1),
        ({"a": [1.0, "x"], "b": 0}, 1),
        ({}, 1),
    ],
)
def test_a_difference_beyond_the_tolerance_is_seen(mine, found):
    assert len(list(differences(mine, {"a": [1.0, "x"]}))) == found
    assert not list(differences(ABSOLUTE / 2, 0.0))
