"""How tables and panels of the book look: said once, for all pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from companion.site.numbers import DASH, column_form, number
from companion.site.told import told
from shalelib.arrays import Grey

__all__ = [
    "COLOURS",
    "DASH",
    "GREY",
    "beside",
    "estimate",
    "interval",
    "lay_out",
    "number",
    "p_value",
    "panel",
    "scale_bar",
    "stacked",
]

COLOURS = ("#1f5a7a", "#c4692f", "#4d7c4f", "#7a4d7a", "#8a7a3f")
GREY = "#555555"

Row = Mapping[Any, Any]
Rule = str | tuple[str, str] | Callable[[Row], Any]
"""A column as it is, a column and the form of its numbers, or a function of the row."""


def interval(low: float, high: float, form: str) -> str:
    """Write the limits of an interval; without limits (NaN) an en dash.

    Examples
    --------
    >>> interval(-1.0, 2.5, ".1f")
    '[−1.0, 2.5]'
    """
    return DASH if np.isnan([low, high]).any() else f"[{number(low, form)}, {number(high, form)}]"


def estimate(value: float, low: float, high: float, form: str, *, of: str = "") -> str:
    """Write a number with the limits of its interval, if it has any.

    Limits that are both written as the number is are left out: they say no more than its digits.
    `of` is the quantity, where other pages print it too (`companion.site.told`).

    Examples
    --------
    >>> estimate(0.5, 0.25, 1.0, ".1f"), estimate(0.5, float("nan"), float("nan"), ".1f")
    ('0.5 [0.2, 1.0]', '0.5')
    >>> estimate(0.1985, 0.1982, 0.1988, ".2f")
    '0.20'
    """
    text = number(value, form)
    limits = _limits(text, low, high, form)
    text = told(text, of) if of and text != DASH else text
    return text if limits == DASH else f"{text} {limits}"


def stacked(value: float, low: float, high: float, form: str, *, of: str = "") -> str:
    """Write an `estimate` with the limits of its interval below it, for tables of many columns.

    Examples
    --------
    >>> stacked(0.5, 0.25, 1.0, ".1f").splitlines()
    ['0.5', '[0.2, 1.0]']
    """
    return estimate(value, low, high, form, of=of).replace(" [", "\n[")


def beside(paper: float, value: float, low: float, high: float, form: str, *, of: str = "") -> str:
    """Write the paper's number and ours in one cell, ``paper | ours``, with our limits below.

    Parameters
    ----------
    paper, value, low, high : float
        NaN where there is none.
    form : str
        Of ours; the paper's has two decimals, as printed.
    of : str
        The quantity that ours is of, where other pages print it too (`companion.site.told`).

    Examples
    --------
    >>> beside(0.22, 0.202, 0.19, 0.21, ".3f").splitlines()
    ['0.22 | 0.202', '[0.190, 0.210]']
    """
    ours = number(value, form)
    limits = _limits(ours, low, high, form)
    ours = told(ours, of) if of and ours != DASH else ours
    text = f"{number(paper, '.2f')} | {ours}"
    return text if limits == DASH else f"{text}\n{limits}"


def _limits(text: str, low: float, high: float, form: str) -> str:
    """Write the limits of an interval; an en dash where both would be written as `text`."""
    limits = interval(low, high, form)
    return DASH if limits == f"[{text}, {text}]" else limits


def p_value(p: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> p_value(0.0004), p_value(0.25)
    ('<0.01', '0.25')
    """
    return "<0.01" if p < 0.01 else number(p, ".2f")


def listed(words: Sequence[str]) -> str:
    """Write words as a sentence lists them.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def lay_out(
    table: pd.DataFrame, spec: Mapping[str, Rule], *, across: Sequence[str] = ()
) -> pd.DataFrame:
    """Lay a table of results out for reading.

    Parameters
    ----------
    table : DataFrame
        One line a result.
    spec : mapping of heading to rule
        The columns to show. A rule is the name of a column, shown as it is; a name and the form of
        its numbers (see `number`); or a function of the line.
    across : sequence of str
        Columns of `table` whose values become headings over those of `spec`: then there is one line
        for each value of the first column of `spec`, in the order in which they come.

    Returns
    -------
    DataFrame
        For `companion.site.display.show_table`; with `across`, headings of several levels. A single
        heading under each, without text, is left out.

    Raises
    ------
    KeyError
        A rule names a column that the table does not have.

    Examples
    --------
    >>> table = pd.DataFrame({"model": ["a", "b"], "psnr": [13.594, float("nan")]})
    >>> lay_out(table, {"Model": "model", "PSNR [dB]": ("psnr", ".2f")})
      Model PSNR [dB]
    0     a     13.59
    1     b         –
    """
    lines = table.to_dict("records")
    spec = {head: _shared(rule, table) for head, rule in spec.items()}
    if not across:
        return pd.DataFrame([{head: _cell(line, spec[head]) for head in spec} for line in lines])
    first, *rest = spec
    shown: dict[Any, dict[tuple[str, ...], Any]] = {}
    for line in lines:
        place = tuple(str(line[name]) for name in across)
        cells = shown.setdefault(_cell(line, spec[first]), {})
        cells |= {(*place, head): _cell(line, spec[head]) for head in rest}
    blank = ("",) * len(across)
    frame = pd.DataFrame([{(*blank, first): name, **cells} for name, cells in shown.items()])
    heads = [tuple(map(str, head)) for head in frame.columns]
    if rest == [""]:
        return frame.set_axis([" ".join(filter(None, head)) for head in heads], axis=1)
    return frame.set_axis(pd.MultiIndex.from_tuples(heads), axis=1)


def _shared(rule: Rule, table: pd.DataFrame) -> Rule:
    """Give all numbers of a column the digits that one of them needs."""
    if not isinstance(rule, tuple):
        return rule
    name, form = rule
    return name, column_form(table[name].astype(float), form)


def _cell(line: Row, rule: Rule) -> Any:
    if isinstance(rule, str):
        return line[rule]
    if isinstance(rule, tuple):
        return number(line[rule[0]], rule[1])
    return rule(line)


def panel(axis: Axes) -> None:
    """Draw a panel of a plot with the axes of its numbers alone, without a frame."""
    axis.spines[["top", "right"]].set_visible(False)


def scale_bar(axis: Axes, image: Grey, pixel_size: float) -> None:
    """Draw a bar of a round length, about a quarter of the width, at an image's lower left.

    Parameters
    ----------
    axis : matplotlib Axes
    image : (y, x) uint8 array
    pixel_size : float
        [m]; no bar is drawn where it is NaN, not known.
    """
    if np.isnan(pixel_size):
        return
    height, width = image.shape
    wanted = 0.25 * width * pixel_size
    power = 10 ** np.floor(np.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted * 1.2)
    left, base = 0.05 * width, height - 0.06 * width
    axis.plot([left, left + length / pixel_size], [base, base], color="white", linewidth=3)
    label = f"{length * 1e6:g} µm" if length >= 1e-6 else f"{length * 1e9:g} nm"
    box = {"facecolor": "black", "alpha": 0.5, "pad": 1.5, "edgecolor": "none"}
    axis.text(left, base - 0.03 * width, label, color="white", fontsize=8, va="bottom", bbox=box)
