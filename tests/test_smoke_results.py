"""The numbers of the smoke book are those that are kept in ``data/reference/smoke``.

Kept are the records of pages with tables: data sets, calibration, pixel classifier, Tables 1 to 3,
thresholds, truth, ladder of fake models, own data, validation of the solver. Lines that a network
trained at this profile stands behind are left out: its last digits grow into first ones.
"""

import copy
import json
from pathlib import Path

import pytest
from compare_results import ABSOLUTE, RELATIVE, TRAINED, compare, differences, plain

from companion.own_inputs import choose_generator, weights_digest
from companion.references import read_manifest
from shalelib import models
from shalelib.files import read_json

ROOT = Path(__file__).parents[1]
PAGES = {
    "calibration",
    "dataset",
    "flow",
    "own_data",
    "phases",
    "regulariser",
    "table1",
    "table2",
    "threshold",
    "truth",
    "validation",
}
KEPT = sorted(read_manifest("smoke").kept)


def test_records_of_every_kind_are_kept():
    names = {name.split("/")[-1] for name in KEPT}
    assert names == PAGES
    assert len(KEPT) == len(PAGES) + 2  # data set and Table 1 of both data sets


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
    ("name", "place", "fault"),
    [  # a tripled slip, a divergence the other way round, a phase mistaken for another
        ("flow", lambda r: next(x for x in r["table"] if x["model"] == "Truth"), "permeability_nd"),
        ("table2", lambda r: next(x for x in r["table"] if x["key"] == "no_model"), "ours"),
        ("table1", lambda r: next(x for x in r["table"] if x["row"] == "no_model"), "ours"),
    ],
)
def test_a_changed_number_of_a_table_is_seen(name, place, fault):
    kept = read_manifest("smoke").record(f"phantom/seed0/{name}")
    changed = copy.deepcopy(kept)
    place(changed)[fault] *= 1.01
    assert len(list(differences(plain(changed), plain(kept)))) == 1
    assert not list(differences(plain(kept), plain(kept)))


@pytest.mark.parametrize("name", KEPT)
def test_what_it_took_a_solver_to_stop_is_not_kept(name):
    # it follows the last bits of a processor; the permeability at the end does not
    assert '"steps":' not in json.dumps(plain(read_manifest("smoke").record(name)))


def test_the_kept_page_on_own_data_is_of_the_generator_that_is_shipped():
    kept = read_manifest("smoke").record("phantom/seed0/own_data")
    shipped = choose_generator("", results=ROOT / "results", profile="smoke")
    assert kept["weights"] == weights_digest(models.load_generator(shipped))


def test_trained_lines_are_left_out():
    kept = read_manifest("smoke").record("phantom/seed0/table1")
    rows = {line["row"] for line in kept["table"]}
    assert "no_model" in rows
    assert not rows & TRAINED


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
