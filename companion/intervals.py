"""Companions of tables: the same numbers as points with intervals, to hover over (Plotly)."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, estimate, number

LINE_HEIGHT = 15  # of a label [pixel]
LABEL = 22  # letters of a label that leave room on a phone


def interval_view(
    table: pd.DataFrame,
    *,
    group: str,
    label: str = "model",
    forms: Mapping[str, str] | None = None,
) -> tuple[go.Figure, list[Control]]:
    """Draw every row of a long table as a point with its interval, one group at a time.

    Parameters
    ----------
    table : DataFrame
        With the columns `group`, `label`, ``ours``, ``low`` and ``high``, and ``paper`` if there
        are values to compare with. A point without an interval has NaN limits.
    group : str
        Column whose values the reader chooses from, such as the metric.
    label : str
        Column that names the rows.
    forms : mapping of group to str, optional
        The form of a group's numbers, as its table has it (`companion.style.number`).

    Returns
    -------
    Plotly figure, list of Control
        For `companion.site.display.show_plotly`.

    Raises
    ------
    ValueError
        The table has no rows.
    """
    if table.empty:
        msg = "the table has no rows, so there is nothing to draw"
        raise ValueError(msg)
    groups = list(dict.fromkeys(table[group]))
    traces: list[go.Scatter] = []
    shown = {}
    for title in groups:
        part = table[table[group] == title]
        form = (forms or {}).get(str(title), ".4g")
        first = not traces
        shown[str(title)] = [len(traces), len(traces) + 1]
        traces += [
            _ours(part, label, form, visible=first),
            _paper(part, label, form, visible=first),
        ]
    fig = go.Figure(traces)
    labels = list(dict.fromkeys(table[label]))
    texts = [broken(str(label), LABEL) for label in labels]
    lines = max(2, *(1 + text.count("<br>") for text in texts))
    fig.update_layout(
        height=130 + LINE_HEIGHT * lines * len(labels),
        margin={"l": 10, "r": 10, "t": 70, "b": 40},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        yaxis={
            "categoryorder": "array",
            "categoryarray": labels[::-1],
            "range": [-0.5, len(labels) - 0.5],  # rows without a point too
            "tickvals": labels,
            "ticktext": texts,
            "tickfont": {"size": 11},
            "automargin": True,
        },
        xaxis={"title": {"text": ""}},
        hovermode="closest",
    )
    return fig, [show_one_of("Show", shown)]


def _ours(part: pd.DataFrame, label: str, form: str, *, visible: bool) -> go.Scatter:
    value, low, high = (part[name].to_numpy(float) for name in ("ours", "low", "high"))
    text = [
        f"{row}<br>{estimate(v, a, b, form)}"
        for row, v, a, b in zip(part[label], value, low, high, strict=True)
    ]
    return go.Scatter(
        x=value,
        y=part[label].tolist(),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num(high - value),
            "arrayminus": np.nan_to_num(value - low),
            "thickness": 1.5,
            "width": 3,
        },
        mode="markers",
        marker={"color": COLOURS[0], "size": 8},
        text=text,
        hoverinfo="text",
        name="ours",
        visible=visible,
    )


def _paper(part: pd.DataFrame, label: str, form: str, *, visible: bool) -> go.Scatter:
    known = part[part["paper"].notna()] if "paper" in part else part.iloc[:0].assign(paper=[])
    rows, values = known[label].tolist(), known["paper"].to_numpy(float)
    return go.Scatter(
        x=values,
        y=rows,
        mode="markers",
        marker={"color": COLOURS[1], "size": 10, "symbol": "x"},
        text=[f"{row}<br>paper: {number(v, form)}" for row, v in zip(rows, values, strict=True)],
        hoverinfo="text",
        name="paper",
        showlegend=bool(rows),
        visible=visible,
    )


def broken(text: str, width: int) -> str:
    """Break a label of a Plotly figure into lines of some letters, so that it leaves room."""
    return "<br>".join(wrap(text, width))
