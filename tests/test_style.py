"""Numbers and tables as text."""

import re
import tokenize
from pathlib import Path

import pandas as pd
import pytest

from companion.style import beside, estimate, lay_out, number, p_value


@pytest.mark.parametrize("form", ["", "2f", ".2", ",.0f", ".2d"])
def test_forms_that_are_none_are_refused(form):
    with pytest.raises(ValueError, match="a form is such as"):
        number(1.0, form)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0004, ".3f", "0.000"),  # a rounded nothing has no sign
        (99_999.6, ".3g", "100,000"),
        (42_399.8, ".3g", "42,400"),
        (9999.6, ".0f", "10000"),
        (0.1, ".3g", "0.1"),
        (float("inf"), ".2f", "–"),
        (-4.1e-7, ".2g", "−4.1 × 10⁻⁷"),
        (0.5, "+.1f", "+0.5"),
    ],
)
def test_numbers_are_written_as_they_are_read(value, form, text):
    assert number(value, form) == text


@pytest.mark.parametrize(
    ("low", "high", "text"), [(0.6, 1.4, "1"), (0.6, 1.6, "1 [1, 2]"), (0.4, 1.4, "1 [0, 1]")]
)
def test_limits_that_print_as_the_value_are_left_out(low, high, text):
    assert estimate(1.0, low, high, ".0f") == text
    assert beside(2.0, 1.0, low, high, ".0f") == f"2.00 | {text}".replace(" [", "\n[")


@pytest.mark.parametrize(
    ("p", "text"), [(0.0099, "<0.01"), (0.01, "0.01"), (0.04, "0.04"), (0.051, "0.05"), (1, "1.00")]
)
def test_only_p_values_below_a_hundredth_are_a_bound(p, text):
    assert p_value(p) == text


def test_values_across_become_headings_in_their_order():
    table = pd.DataFrame(
        {
            "model": ["b", "b", "a", "a"],
            "plane": ["z", "x", "z", "x"],
            "ours": [1.0, 2.0, 3.0, 4.0],
            "low": [0.5, 1.5, 2.5, 3.5],
        }
    )
    spec = {
        "Model": "model",
        "ours": lambda row: estimate(row["ours"], row["low"], 9.0, ".1f"),
        "low": ("low", ".2f"),
    }
    found = lay_out(table, spec, across=("plane",))
    assert list(found.columns) == [
        ("", "Model"),
        ("z", "ours"),
        ("z", "low"),
        ("x", "ours"),
        ("x", "low"),
    ]
    assert found.iloc[0].tolist() == ["b", "1.0 [0.5, 9.0]", "0.50", "2.0 [1.5, 9.0]", "1.50"]
    single = lay_out(table, {"Model": "model", "": ("ours", ".0f")}, across=("plane",))
    assert list(single.columns) == ["Model", "z", "x"]


def test_significant_digits_of_a_column_are_as_many_in_each_line():
    table = pd.DataFrame({"a": [1.038, 1.0]})
    assert lay_out(table, {"A": ("a", ".4g")})["A"].tolist() == ["1.038", "1.000"]


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="psnr"):
        lay_out(pd.DataFrame({"model": ["a"]}), {"PSNR": "psnr"})


ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(path for top in ("book", "companion", "notebooks") for path in ROOT.glob(f"{top}/**/*")),
]


def words(path):
    """The text of a page of prose, or the strings and comments of a module, without doctests."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8").splitlines()
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    texts = [one.string for one in tokens if one.type in (tokenize.STRING, tokenize.COMMENT)]
    lines = [line for text in texts for line in text.splitlines()]
    return [line for line in lines if not line.lstrip().startswith((">>>", "..."))]


def test_percent_is_written_in_prose_as_in_computed_text():
    """Without a space, as `number` writes it."""
    assert number(0.95, ".0%") == "95%"
    read = [path for path in PAGES if path.suffix in (".md", ".py")]
    assert len(read) > 100
    apart = re.compile(r"\d\s%(?!\s?\w)")
    assert not [(path, line) for path in read for line in words(path) if apart.search(line)]
