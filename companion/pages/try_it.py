"""The page Try it: states computed beforehand, between which a reader moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from scipy.stats import rankdata

from companion.intervals import LABEL, broken
from companion.pages.threshold_paper import paper_at
from companion.pages.truth_ladder import metric_titles
from companion.pages.volumes import row_divergences
from companion.published import published_column
from companion.rows import TRUTH, get_row
from companion.site.controls import Control
from companion.style import COLOURS, GREY, number, panel
from companion.volume_measures import Measured
from shalelib.arrays import Grey
from shalelib.flow.estimates import slit_estimate
from shalelib.flow.gas import METHANE
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.units import NANODARCY
from shalelib.metrics.divergence import BINS, FLOOR
from shalelib.metrics.ladder import TRUE_RUNG
from shalelib.metrics.table2 import COLUMNS, PlaneMeasures

PRESSURES = tuple(1e6 * p for p in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6))  # [Pa]
ACROSS = np.linspace(0.0, 1.0, 41)  # places across a slit, over its width
RULES = tuple((bins, floor) for floor in (FLOOR, 1e-6, 1e-3) for bins in (8, 16, 32, 64, 128))


def slit_states(width: float) -> pd.DataFrame:
    """Return Knudsen number, velocity profile and permeability of a slit at each of `PRESSURES`.

    Parameters
    ----------
    width : float
        [m]

    Returns
    -------
    DataFrame
        ``pressure`` [Pa], ``kn``, ``k`` and ``k_no_slip`` [nd], ``profile`` (velocity at `ACROSS`
        times the viscosity over force and width squared; the parabola plus slip of second order).
    """
    lines = []
    for pressure in PRESSURES:
        gas = replace(METHANE, pressure=pressure)
        kn = gas.mean_free_path / width
        psi = float(SECOND_ORDER.effective(np.array([kn]))[0])
        slip = SECOND_ORDER.c1 * psi * kn / 2 + SECOND_ORDER.c2 * (psi * kn) ** 2
        k, plain = (
            slit_estimate(kn, 1.0, slip=law, gas=gas) / NANODARCY for law in (SECOND_ORDER, NO_SLIP)
        )
        profile = (ACROSS * (1 - ACROSS) / 2 + slip) / psi
        lines.append(
            {"pressure": pressure, "kn": kn, "k": k, "k_no_slip": plain, "profile": profile}
        )
    return pd.DataFrame(lines)


def slit_figure(states: pd.DataFrame) -> tuple[go.Figure, list[Control]]:
    """Draw the velocity across a slit, with a slider over the pressure."""
    start = int(np.abs(states["pressure"] - METHANE.pressure).to_numpy().argmin())
    plain = ACROSS * (1 - ACROSS) / 2
    fig = go.Figure(
        [
            go.Scatter(x=ACROSS, y=plain, name="no slip", line={"color": GREY, "dash": "dot"}),
            go.Scatter(
                x=ACROSS,
                y=states["profile"][start],
                name="with slip",
                line={"color": COLOURS[1], "width": 3},
            ),
        ]
    )
    most = 1.05 * max(profile.max() for profile in states["profile"])
    fig.update_layout(
        height=380,
        xaxis={"title": {"text": "distance from the wall ÷ width"}},
        yaxis={"title": {"text": "velocity · μ ÷ (force · width²)"}, "range": [0, most]},
        legend={"orientation": "h", "y": 1.12},
    )
    labels = [
        f"{number(line['pressure'] / 1e6, '.3g')} MPa: Kn {number(line['kn'], '#.3g')}, "
        f"k {number(line['k'], '#.3g')} nd, {number(line['k'] / line['k_no_slip'], '#.3g')} times "
        "that without slip"
        for line in states.to_dict("records")
    ]
    updates = [{"y": [profile.round(5).tolist()]} for profile in states["profile"]]
    return fig, [
        Control(title="Gas pressure", labels=labels, updates=updates, traces=[1], start=start)
    ]


def rank_states(
    measured: Mapping[str, Measured], real: PlaneMeasures
) -> dict[tuple[int, float], pd.DataFrame]:
    """Rank the rows of Table 2 by each of its Minkowski columns, for all of `RULES`.

    Returns
    -------
    mapping of (bins, floor) to DataFrame
        Rows by label, columns by title and planes; 1 is the least divergence. Ties share the mean.
    """
    heads = [f"{column.title}, {column.family}" for column in COLUMNS]
    labels = [get_row(key).label for key in measured]
    ranks = {}
    for bins, floor in RULES:
        found = row_divergences(measured, real, resamples=0, bins=bins, floor=floor)
        values = np.array([[cells[c.name].value for c in COLUMNS] for cells in found.values()])
        ranks[bins, floor] = pd.DataFrame(rankdata(values, axis=0), index=labels, columns=heads)
    return ranks


def rank_figure(
    ranks: Mapping[tuple[int, float], pd.DataFrame],
) -> tuple[go.Figure, list[Control]]:
    """Draw the ranks as a coloured table, with a slider over bins and floor."""
    rules = list(ranks)
    start = rules.index((BINS, FLOOR))
    first = ranks[BINS, FLOOR]
    texts = [[[number(v, ".3g") for v in row] for row in one.to_numpy()] for one in ranks.values()]
    fig = go.Figure(
        go.Heatmap(
            x=[broken(head, 10) for head in first.columns],
            y=[broken(label, LABEL) for label in first.index],
            z=first.to_numpy().tolist(),
            text=texts[start],
            texttemplate="%{text}",
            colorscale=[[0, "#f3e7d0"], [1, "#1f5a7a"]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    fig.update_layout(
        height=90 + 32 * len(first),
        margin={"l": 130, "r": 10, "t": 70, "b": 10},
        xaxis={"side": "top", "tickfont": {"size": 10}, "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "tickfont": {"size": 10}},
    )
    updates = [
        {"z": [one.to_numpy().tolist()], "text": [text]}
        for one, text in zip(ranks.values(), texts, strict=True)
    ]
    labels = [f"{bins} bins, floor {number(floor, '.0e')}" for bins, floor in rules]
    return fig, [
        Control(title="Bins and floor", labels=labels, updates=updates, traces=[0], start=start)
    ]


def ladder_figure(errors: pd.DataFrame) -> tuple[go.Figure, list[Control]]:
    """Draw what every metric says of a fake model beside the truth, with a slider over the ladder.

    Parameters
    ----------
    errors : DataFrame
        Of `companion.pages.truth_ladder.ladder_errors`.
    """
    titles = {key: title for key, title in metric_titles().items() if key in errors}
    table = errors.set_index("rung")[list(titles)]
    finite = table.where(np.isfinite(table))
    spread = (finite.max() - finite.min()).replace(0.0, np.nan)
    shown = ((finite - finite.loc[TRUE_RUNG]) / spread).fillna(0.0)
    perfect = table.columns[np.isneginf(table.loc[TRUE_RUNG])]
    shown.loc[shown.index != TRUE_RUNG, perfect] = 1.0
    rungs = [rung for rung in shown.index if rung != TRUE_RUNG]
    names = [broken(title, LABEL) for title in titles.values()][::-1]

    def state(rung: str) -> dict[str, Any]:
        values = shown.loc[rung].to_numpy(float)[::-1]
        colours = [COLOURS[1] if value < 0 else COLOURS[0] for value in values]
        return {"x": [values.round(4).tolist()], "marker.color": [colours]}

    first = state(rungs[0])
    fig = go.Figure(
        go.Bar(
            y=names, x=first["x"][0], orientation="h", marker={"color": first["marker.color"][0]}
        )
    )
    fig.update_layout(
        height=90 + 32 * len(names),
        margin={"l": 140, "r": 10, "t": 20, "b": 60},
        xaxis={
            "title": {"text": "error above the truth's<br>÷ spread over the ladder"},
            "range": [-1.05, 1.05],
        },
        yaxis={"tickfont": {"size": 10}, "fixedrange": True},
    )
    ahead = [int((shown.loc[rung] < -1e-12).sum()) for rung in rungs]
    labels = [
        f"{rung}: before the truth by {count} of {len(names)} metrics"
        for rung, count in zip(rungs, ahead, strict=True)
    ]
    return fig, [
        Control(
            title="Fake model",
            labels=labels,
            updates=[state(rung) for rung in rungs],
            traces=[0],
        )
    ]


def weight_states(
    translated: Mapping[str, Grey], rows: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, Grey], list[str]]:
    """Return pictures of a slab, z upwards, by networks of rising λ_jac, and what to call them.

    Parameters
    ----------
    translated : mapping of row key to (z, y, x) uint8 array
    rows : mapping of row key to record
        Of ``regulariser.json``: ``lambda_jac``, ``jacobian`` and ``slice_jump``.
    """
    keys = sorted(translated, key=lambda key: rows[key]["lambda_jac"])
    planes = {
        "x-y": np.stack([translated[key][len(translated[key]) // 2] for key in keys]),
        "x-z": np.stack([translated[key][::-1, translated[key].shape[1] // 2] for key in keys]),
    }
    labels = [
        f"λ_jac {number(rows[key]['lambda_jac'], '.0e')}: |∂Ŝ/∂z| "
        f"{number(rows[key]['slice_jump'], '.2f')} grey levels, ‖J‖² "
        f"{number(rows[key]['jacobian'], '.3g')}"
        for key in keys
    ]
    return planes, labels


def reach_plot(reaches: Mapping[str, tuple[float, float]], *, edge: int) -> Figure:
    """Draw between which permeabilities each knob moves k, beside the paper's two.

    Parameters
    ----------
    reaches : mapping of knob to (least, greatest) permeability [nd]
    edge : int
        Of the domains [voxel], to which the paper's permeabilities are scaled.
    """
    fig, axis = plt.subplots(figsize=(6.4, 1.0 + 0.5 * len(reaches)), layout="constrained")
    for place, (least, most) in enumerate(reaches.values()):
        axis.plot([least, most], [place, place], "o-", color=COLOURS[0], ms=6, linewidth=3)
    for k in paper_at(edge):
        axis.axvline(k, color=COLOURS[1], linestyle=":", linewidth=1.5)
    axis.set_yticks(range(len(reaches)), list(reaches), fontsize=8.5)
    axis.set_ylim(len(reaches) - 0.5, -0.5)
    axis.set(xscale="log", xlabel=f"permeability [nd]\ndotted: the paper's two, scaled to {edge}³")
    panel(axis)
    return fig


def findings(
    reaches: Mapping[str, tuple[float, float]],
    states: pd.DataFrame,
    ranks: Mapping[tuple[int, float], pd.DataFrame],
    rewards: pd.DataFrame,
) -> list[str]:
    """Say what moving the knobs shows; `rewards` is that of the ladder of fake models."""
    before, after = published_column("permeability_nd", table=3).values()
    factors = [
        f"{number(most / least, '#.3g')} ({knob})" for knob, (least, most) in reaches.items()
    ]
    moved = " and ".join(filter(None, [", ".join(factors[:-1]), factors[-1]]))
    first, last = states.iloc[0], states.iloc[-1]
    models = [label for label in next(iter(ranks.values())).index if label != TRUTH.label]
    best = {
        head: {one.loc[models][head].idxmin() for one in ranks.values()}
        for head in next(iter(ranks.values()))
    }
    firm = sum(len(names) == 1 for names in best.values())
    kl = rewards[rewards["metric"].str.startswith("kl_")]
    others = rewards.drop(kl.index)
    fooled, lower = (int((part["before"] != "").sum()) for part in (kl, others))
    return [
        f"One knob alone moves k by factors of {moved}; the paper's two permeabilities are a "
        f"factor of {number(before / after, '#.3g')} apart.",
        f"In a slit as wide as the paper's pores, slip multiplies k by "
        f"{number(first['k'] / first['k_no_slip'], '#.3g')} at "
        f"{number(first['pressure'] / 1e6, '.3g')} MPa and by "
        f"{number(last['k'] / last['k_no_slip'], '#.3g')} at "
        f"{number(last['pressure'] / 1e6, '.3g')} MPa.",
        f"Over {len(ranks)} choices of bins and floor, the same row (the truth aside) stays first "
        f"in {firm} of {len(best)} columns of Table 2.",
        f"{fooled} of the {len(kl)} columns of Table 2 {'puts' if fooled == 1 else 'put'} a volume "
        "that was made worse on purpose ahead of the truth, by more than their sampling explains; "
        f"{lower} of the {len(others)} other metrics, those that know the true phase among them, "
        f"{'has' if lower == 1 else 'have'} a lower error for such a volume, sampling aside.",
    ]
