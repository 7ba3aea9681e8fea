"""A test of the tests: a few faults planted in a copy of the checkout; ``make mutants`` has all."""

import ast
import random

import pytest
from mutants import plan
from mutants.faults import draw, faults_of
from mutants.judge import Copy

QUICK = ("metrics/paired", "metrics/divergence", "metrics/table2", "metrics/baselines", "flow/gas")
SAMPLE = 3


def quick():
    """Planted faults whose tests take seconds, a few drawn of them."""
    files = {f"shalelib/{name}.py" for name in QUICK}
    titles = sorted(t for t, fault in plan.planted().items() if fault.path in files)
    return random.Random(0).sample(titles, SAMPLE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the checkout that may be spoilt."""
    return Copy(tmp_path_factory.mktemp("spoilt"))


def test_planted_faults_turn_tests_red_that_are_green_without_them(copy):
    noticed = []
    for title in quick():
        fault = plan.planted()[title]
        before = (copy.root / fault.path).read_text(encoding="utf-8")
        verdict = copy.judge(fault, plan.tests_of(fault.path))
        assert verdict.caught, title
        assert "::" in verdict.by, title  # a test said so, not the interpreter
        assert (copy.root / fault.path).read_text(encoding="utf-8") == before
        noticed.append(verdict.by)
    assert copy.red_of(noticed) == []


SOURCE = '''
"""A docstring with 1 < 2."""
LIMIT = 0.5

def f(x, axis: int = 0):
    if x < 0:
        msg = f"x must not be negative, got {x - 1}"
        raise ValueError(msg)
    return -x.sum(axis=axis) + LIMIT if x > 1 and x != 3 else max(x, 2 * x)
'''


def test_faults_are_one_token_and_leave_a_program():
    """Constants, operators, comparisons, signs, arguments; not what is said or refused."""
    found = faults_of("f.py", SOURCE)
    for fault in found:
        spoilt = fault.spoil(SOURCE)
        assert spoilt != SOURCE
        ast.parse(spoilt)
    changes = {(fault.right, fault.wrong) for fault in found}
    assert {("0.5", "0.55"), ("+", "-"), (">", "<"), (">", ">="), ("and", "or")} <= changes
    assert {("max", "min"), ("axis=axis", ""), ("*", "/"), ("!=", "==")} <= changes
    assert any(fault.kind == "sign" for fault in found)
    assert ("<", ">") not in changes  # of the docstring and of the refusal


def test_a_draw_is_the_same_for_a_seed_and_stays_when_other_lines_change():
    def names(source, seed):
        return {fault.name for fault in draw({"f.py": faults_of("f.py", source)}, **seed)}

    first = {"count": 4, "seed": 0}
    assert names(SOURCE, first) == names('"""Longer."""\n\n' + SOURCE, first)
    assert names(SOURCE, first) != names(SOURCE, first | {"seed": 1})


def test_more_than_a_hundred_faults_are_drawn_and_every_part_and_kind_is_among_them():
    drawn = plan.seeded(0)
    assert drawn.keys() == plan.table("parts").keys()
    assert sum(map(len, drawn.values())) >= 100
    kinds = {fault.kind for faults in drawn.values() for fault in faults}
    assert len(kinds) == 10
    assert len(plan.planted()) >= 39


def test_a_survivor_has_a_reason():
    assert all(len(reason) > 20 for reason in plan.table("survivors").values())


def test_numbers_in_si_are_compared_as_shares_of_themselves():
    """A permeability of 1e-17 m² is not twice itself, nor an edge of 33.6 nm one of 33.7 nm."""
    assert pytest.approx(1e-17) != 2e-17
    assert pytest.approx(33.6e-9, rel=1e-4) != 33.7e-9
    assert pytest.approx([1e-17, 1e-17], rel=1e-6) != [1e-17, 1.1e-17]


def test_a_test_file_that_is_not_there_notices_nothing(copy):
    with pytest.raises(AssertionError, match="not found"):
        copy.run(["tests/test_of_nothing.py"])
