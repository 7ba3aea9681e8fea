"""Numbers and tables as text."""

import pandas as pd
import pytest

from companion.style import estimate, lay_out, number


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


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="psnr"):
        lay_out(pd.DataFrame({"model": ["a"]}), {"PSNR": "psnr"})
