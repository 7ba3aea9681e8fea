"""Tables of the page Against the truth: measures that rank, and what the paper's metrics reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from companion.pages.volumes import ALL_COLUMNS, Results
from companion.rows import TRUTH, Row
from companion.run import Run
from companion.style import DASH, Rule, estimate, lay_out, number, p_value
from companion.style import Row as Line
from companion.volume_measures import CLASSIFIER, Measured, classify_volumes, true_volumes
from shalelib.arrays import Mask, Phase, Real
from shalelib.flow.domain import connected_pores
from shalelib.metrics.against_truth import MEASURES, Measure, measure, see
from shalelib.metrics.isotropy import isotropy_test
from shalelib.metrics.ladder import RUNGS, TRUE_RUNG, fake_model
from shalelib.metrics.minkowski import FAMILIES, FUNCTIONALS, minkowski
from shalelib.metrics.table2 import PlaneMeasures, divergences, measure_volumes
from shalelib.phantom.cubes import Cubes
from shalelib.segmentation import PixelClassifier, load_classifier

BY_NAME = {one.name: one for one in MEASURES}
LOCATION = ("psnr", "ssim", "dice_true", "dice_at_share", "auc", "low_error")
STRUCTURE = tuple(name for name in BY_NAME if name not in LOCATION)
ERRORS = ("ssim", "dice_true", "dice_at_share", "auc", "two_point_z", "two_point_x", "slice_jump")
"""Measures whose order of the models Table 2 is held against."""


def truth_table(rows: tuple[Row, ...], measured: Mapping[str, Measured]) -> pd.DataFrame:
    """Judge every row by the truth.

    Returns
    -------
    DataFrame
        One line a row: ``key``, ``model``, ``kind`` and for each measure its mean over the test
        volumes, ``<measure>_low`` and ``<measure>_high``, the least and the largest of them.
    """
    lines = []
    for row in rows:
        line: dict[str, object] = {"key": row.key, "model": row.label, "kind": row.kind}
        for name, values in measured[row.key].scores.items():
            line[name] = float(np.mean(values))
            line[f"{name}_low"], line[f"{name}_high"] = float(np.min(values)), float(np.max(values))
        lines.append(line)
    return pd.DataFrame(lines)


def format_truth_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Lay some measures of `truth_table` out, with the range over the volumes in brackets."""

    def write(one: Measure) -> Rule:
        limits = ("", "_low", "_high")
        return lambda row: estimate(*(row[one.name + end] for end in limits), f".{one.digits}f")

    spec: dict[str, Rule] = {"Model": "model"}
    return lay_out(table, spec | {BY_NAME[name].heading: write(BY_NAME[name]) for name in names})


def true_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Turn `truth_table` into errors, larger is worse, one column for each of `ERRORS`."""
    [true] = table.loc[table["key"] == TRUTH.key].to_dict("records")
    return pd.DataFrame(
        {"key": table["key"]}
        | {
            name: [BY_NAME[name].error(value, true[name]) for value in table[name]]
            for name in ERRORS
        }
    )


def rank_agreement(
    rows: tuple[Row, ...], results: Results, measured: Mapping[str, Measured]
) -> pd.DataFrame:
    """Kendall's rank correlation of distances of planes with true errors, over models.

    Parameters
    ----------
    rows : tuple of Row
        The models that are ranked.
    results : Results
        The divergences of Table 2.
    measured : mapping of key to Measured
        The truth among them.

    Returns
    -------
    DataFrame
        ``column``, ``error``, ``tau``, ``p_value`` and ``models``; tau is NaN where one of the two
        is the same for all models. The columns are those of Table 2 and the Wasserstein distances.
    """
    table = truth_table((TRUTH, *rows), measured)
    errors = true_errors(table).iloc[1:]
    columns = {
        f"KL: {one.title}, {one.family}": [results[row.key][one.name].value for row in rows]
        for one in ALL_COLUMNS
    } | {one.title: table[one.name].iloc[1:].tolist() for one in MEASURES if one.unit == "sd"}
    lines = []
    for column, values in columns.items():
        for name in ERRORS:
            tau, p = _kendall(np.array(values), errors[name].to_numpy(float))
            lines.append(
                {
                    "column": column,
                    "error": BY_NAME[name].title,
                    "tau": tau,
                    "p_value": p,
                    "models": len(values),
                }
            )
    return pd.DataFrame(lines)


def _kendall(one: Real, other: Real) -> tuple[float, float]:
    if len(set(one)) < 2 or len(set(other)) < 2:
        return float("nan"), float("nan")
    found = kendalltau(one, other)
    return float(found.statistic), float(found.pvalue)


def format_rank_agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `rank_agreement` out: a line a column of Table 2, τ with its p-value in brackets."""

    def write(row: Line) -> str:
        tau = number(row["tau"], ".2f")
        return tau if tau == DASH else f"{tau} ({p_value(row['p_value'])})"

    return lay_out(table, {"Distance of planes": "column", "": write}, across=("error",))


def phase_by_axis(phase: Mask) -> Real:
    """Return the functionals of all planes of a phase, by the axis that the planes cut across.

    Parameters
    ----------
    phase : (n, z, y, x) bool array
        Cubes.

    Returns
    -------
    (n, 3, planes, 3) float array
        Cube, axis (z, y, x), plane, functional.
    """
    return np.array([[minkowski(np.moveaxis(one, axis, 0)) for axis in range(3)] for one in phase])


def measured_by_axis(planes: PlaneMeasures, cubes: int) -> Real:
    """Return the measured functionals of a row in the order of `phase_by_axis`."""
    across_z, others = (planes.functionals[family] for family in FAMILIES)
    first = across_z.reshape(cubes, 1, -1, len(FUNCTIONALS))
    return np.concatenate([first, others.reshape(cubes, 2, -1, len(FUNCTIONALS))], axis=1)


def isotropy_table(planes: Mapping[str, Real]) -> pd.DataFrame:
    """Test, for each phase, whether x-y planes differ from x-z and y-z planes.

    Parameters
    ----------
    planes : mapping of label to (n, 3, planes, 3) array
        As `phase_by_axis` returns it.

    Returns
    -------
    DataFrame
        ``phase``, ``quantity``, its means over planes across ``z``, ``y`` and ``x``, the KL
        ``divergence`` of x-y from x-z and y-z planes [nat] and the ``p_value``.
    """
    lines = []
    for label, values in planes.items():
        for place, quantity in enumerate(FUNCTIONALS):
            test = isotropy_test(values[..., place])
            means = values[..., place].mean(axis=(0, 2))
            lines.append(
                {
                    "phase": label,
                    "quantity": quantity,
                    **dict(zip("zyx", map(float, means), strict=True)),
                    "divergence": test.divergence,
                    "p_value": test.p_value,
                }
            )
    return pd.DataFrame(lines)


def format_isotropy_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `isotropy_table` out for reading."""
    return lay_out(
        table,
        {
            "Phase": "phase",
            "Quantity": "quantity",
            **{f"across {axis}, mean": (axis, ".2f") for axis in "zyx"},
            "KL [nat]": ("divergence", ".3f"),
            "p": lambda row: p_value(row["p_value"]),
        },
    )


def ladder_table(run: Run, cubes: Cubes, real: PlaneMeasures) -> pd.DataFrame:
    """Measure fake models made from the central true volume by every metric, once.

    Parameters
    ----------
    run : Run
        Its folder holds the pixel classifier.
    cubes : Cubes
    real : PlaneMeasures
        The real side of Table 2.

    Returns
    -------
    DataFrame
        One line a rung: ``rung``, ``family``, the columns of Table 2 as ``kl_<column>`` [nat] and
        the measures of `shalelib.metrics.against_truth`.
    """
    classifier = load_classifier(run.folder / CLASSIFIER)

    def compute(_: Path) -> dict[str, Any]:
        return {"rungs": _ladder(cubes, classifier, real)}

    inputs = (cubes.digest(), classifier.config, classifier.forest, real)
    return pd.DataFrame(
        run.store.done("ladder", compute, code=_ladder, inputs=inputs)["rungs"]
    ).astype(dict.fromkeys(BY_NAME, float))


def _ladder(cubes: Cubes, classifier: PixelClassifier, real: PlaneMeasures) -> list[dict[str, Any]]:
    sem, txm = cubes.sem[0], cubes.txm[:1]
    lines: list[dict[str, Any]] = []
    truth = None
    for rung in RUNGS:
        volume = fake_model(rung, sem)[None]
        low = classify_volumes(classifier, volume) == Phase.LOW
        if truth is None:  # the first rung is the true volume
            [truth] = true_volumes(cubes, low)[:1]
        planes = measure_volumes(low, txm, volume)
        found = divergences(planes, real, resamples=0)
        seen = see(volume[0], low[0], share=float(truth.phase.mean()), connect=connected_pores)
        scores = measure(seen, truth)
        line: dict[str, Any] = {"rung": rung.name, "family": rung.family}
        line |= {f"kl_{name}": one.value for name, one in found.items()}
        lines.append(line | {k: v if np.isfinite(v) else None for k, v in scores.items()})
    return lines


def ladder_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Turn `ladder_table` into errors, larger is worse: ``rung``, then a column a metric."""
    true = table.set_index("rung").loc[TRUE_RUNG]
    columns = {f"kl_{one.name}": table[f"kl_{one.name}"] for one in ALL_COLUMNS}
    for one in MEASURES:
        best = {"more": -np.inf}.get(one.best, 0.0)  # infinite PSNR is kept as a gap
        columns[one.name] = [
            best if value != value else one.error(value, float(true[one.name]))
            for value in table[one.name]
        ]
    return pd.DataFrame({"rung": table["rung"], **columns})


def metric_titles() -> dict[str, str]:
    """Return the title of each column of `ladder_errors`."""
    titles = {f"kl_{one.name}": f"KL: {one.title}, {one.family}" for one in ALL_COLUMNS}
    return titles | {one.name: one.title for one in MEASURES}


def rewards_table(errors: pd.DataFrame) -> pd.DataFrame:
    """Say of every metric which fake models it puts before the truth.

    Parameters
    ----------
    errors : DataFrame
        Of `ladder_errors`.

    Returns
    -------
    DataFrame
        ``metric``, ``title``, the errors of the ``truth`` and of the ``best`` fake model, its name
        ``rung``, and ``before``, the names of all that have a lower error than the truth.
    """
    by_rung = errors.set_index("rung")
    fakes = by_rung.drop(TRUE_RUNG)
    lines = []
    for name, title in metric_titles().items():
        true = float(by_rung.loc[TRUE_RUNG, name])
        lower = fakes.index[fakes[name] < true - 1e-12]
        lines.append(
            {
                "metric": name,
                "title": title,
                "truth": true,
                "best": float(fakes[name].min()),
                "rung": str(fakes[name].idxmin()),
                "before": ", ".join(map(str, lower)),
            }
        )
    return pd.DataFrame(lines)


def format_ladder(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `ladder_table` out: a line a metric, a column a rung."""
    forms = {f"kl_{one.name}": ".2f" for one in ALL_COLUMNS}
    forms |= {one.name: f".{one.digits}f" for one in MEASURES}
    titles = metric_titles()
    lines = []
    for name, form in forms.items():
        cells = zip(table["rung"], table[name], strict=True)
        lines.append({"Metric": titles[name]} | {rung: number(v, form) for rung, v in cells})
    return pd.DataFrame(lines)
