"""Sliders and choices under an interactive figure: native HTML, so the keyboard reaches them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Control:
    """What the reader can change in a Plotly figure.

    Attributes
    ----------
    title : str
        What it changes, such as "Cut along z".
    labels : sequence of str
        What to call each state.
    updates : sequence of mappings
        For each state the attributes of traces that it sets, as `Plotly.restyle` takes them: a
        list has one value for each trace of `traces`.
    traces : sequence of int
        Indices of the traces that it changes.
    start : int
        The state that the figure has at first.
    kind : str
        ``slider``, or ``choice`` for a list to choose from.
    """

    title: str
    labels: Sequence[str]
    updates: Sequence[Mapping[str, Any]]
    traces: Sequence[int]
    start: int = 0
    kind: Literal["slider", "choice"] = "slider"

    def __post_init__(self) -> None:
        if not self.labels or len(self.labels) != len(self.updates):
            msg = (
                f"{self.title!r}: every state needs a label and an update, got "
                f"{len(self.labels)} labels and {len(self.updates)} updates"
            )
            raise ValueError(msg)
        if not 0 <= self.start < len(self.labels):
            msg = (
                f"{self.title!r}: start must be one of {len(self.labels)} states, got {self.start}"
            )
            raise ValueError(msg)


def constant(value: float, shape: tuple[int, int]) -> dict[str, Any]:
    """Stand for a two-dimensional array of one value; the page makes it.

    Examples
    --------
    >>> constant(0.5, (2, 3))
    {'constant': 0.5, 'rows': 2, 'columns': 3}
    """
    return {"constant": value, "rows": shape[0], "columns": shape[1]}


def show_one_of(title: str, groups: Mapping[str, Sequence[int]], *, start: int = 0) -> Control:
    """Return a choice that shows one group of traces and hides the others.

    Parameters
    ----------
    title : str
    groups : mapping of label to indices of traces
    start : int
        The group that is visible at first; the figure's traces must agree.

    Examples
    --------
    >>> show_one_of("Model", {"a": [0, 1], "b": [2]}).updates
    [{'visible': [True, True, False]}, {'visible': [False, False, True]}]
    """
    traces = [index for group in groups.values() for index in group]
    updates = [{"visible": [index in group for index in traces]} for group in groups.values()]
    return Control(
        title=title,
        labels=list(groups),
        updates=updates,
        traces=traces,
        start=start,
        kind="choice",
    )


def markup(controls: Sequence[Control]) -> str:
    """Write the controls as HTML; `custom.js` joins them to the figure."""
    if not controls:
        return ""
    rows = "".join(_row(control) for control in controls)
    content = [{"updates": c.updates, "traces": list(c.traces)} for c in controls]
    data = json.dumps(content).replace("<", "\\u003c")
    return (
        f'<div class="shown-controls">{rows}<script type="application/json">{data}</script></div>'
    )


def _row(control: Control) -> str:
    title, first = escape(control.title), escape(control.labels[control.start])
    if control.kind == "choice":
        options = "".join(
            f"<option{' selected' if index == control.start else ''}>{escape(label)}</option>"
            for index, label in enumerate(control.labels)
        )
        return f"<label><span>{title}</span><select>{options}</select></label>"
    labels = escape(json.dumps(list(control.labels)))
    return (
        f'<label><span>{title}</span><input type="range" min="0" max="{len(control.labels) - 1}" '
        f'value="{control.start}" step="1" data-labels="{labels}" aria-valuetext="{first}">'
        f"<output>{first}</output></label>"
    )
