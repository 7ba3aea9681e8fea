"""Tables of the page Against the truth: measures that rank, and what the paper's metrics reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from companion.ledger import LEVEL, holm
from companion.pages.truth_ladder import in_words
from companion.pages.volumes import ALL_COLUMNS, Results
from companion.results import Result
from companion.rows import NO_MODEL, ROWS, TRUTH, Row
from companion.style import DASH, Rule, lay_out, number, p_value, stacked
from companion.style import Row as Line
from companion.volume_measures import Measured
from shalelib.arrays import Grey, Mask, Real
from shalelib.metrics.against_truth import MEASURES, Measure, two_point_curves
from shalelib.metrics.functionals import FAMILIES, FUNCTIONALS, minkowski
from shalelib.metrics.isotropy import isotropy_test
from shalelib.metrics.location import auc_of_grey
from shalelib.metrics.table2 import PlaneMeasures

BY_NAME = {one.name: one for one in MEASURES}
IN_WORDS = {"euler": "Euler characteristic"}
WITH_UNITS = {
    "area": "area [pixel²]",
    "perimeter": "perimeter [pixel]",
    "euler": "Euler characteristic",
}
LEVELLED = 32.0  # standard deviation of a levelled slice [grey level]
LOCATION = ("psnr", "ssim", "dice_true", "dice_at_share", "auc", "low_share")
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
        def written(row: Line) -> str:
            mean, low, high = (row[one.name + end] for end in ("", "_low", "_high"))
            return stacked(mean, low, high, f".{one.digits}f")

        return written

    spec: dict[str, Rule] = {"Model": "model"}
    measures = {in_words(BY_NAME[name].heading): write(BY_NAME[name]) for name in names}
    return lay_out(table, spec | measures)


def mean_curves(phase: Mask) -> Real:
    """Two-point correlation of a phase (n, z, y, x) along z, y and x, mean of the volumes."""
    return np.mean([two_point_curves(one) for one in phase], axis=0)


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
    }
    for one in MEASURES:
        if one.unit == "sd":
            columns[in_words(one.title)] = table[one.name].iloc[1:].tolist()
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
            "Quantity": lambda row: WITH_UNITS[row["quantity"]],
            **{f"across {axis}, mean": (axis, ".1f") for axis in "zyx"},
            "KL [nat]": ("divergence", ".3f"),
            "p": lambda row: p_value(row["p_value"]),
        },
    )


def auc_of_levelled(txm: Grey, low: Mask) -> float:
    """Return the AUC of the TXM for the true phase when every slice is set to one mean and spread.

    Networks may gain by that alone, as the brightness of the TXM changes along z.

    Parameters
    ----------
    txm : (n, z, y, x) uint8 array
    low : (n, z, y, x) bool array
        The true phase.

    Returns
    -------
    float
        Mean over the volumes.

    Examples
    --------
    >>> low = np.array([[[[True, False]], [[True, False]]]])
    >>> auc_of_levelled(np.array([[[[10, 20]], [[110, 130]]]], np.uint8), low)
    1.0
    """
    grey = txm.astype(float)
    spread = grey.std(axis=(2, 3), keepdims=True)
    level = (grey - grey.mean(axis=(2, 3), keepdims=True)) / np.where(spread > 0, spread, 1.0)
    levelled = np.clip(np.rint(128 + LEVELLED * level), 0, 255).astype(np.uint8)
    return float(np.mean([auc_of_grey(one, part) for one, part in zip(levelled, low, strict=True)]))


def findings(
    table: pd.DataFrame, rewards: pd.DataFrame, isotropy: pd.DataFrame, *, levelled: float
) -> list[str]:
    """Say in sentences what the truth shows.

    Parameters
    ----------
    table : DataFrame
        Of `truth_table`, No Model among its rows.
    rewards : DataFrame
        Of `companion.pages.truth_ladder.rewards_table`.
    isotropy : DataFrame
        Of `isotropy_table`.
    levelled : float
        Of `auc_of_levelled`.
    """
    known = table.set_index("key")
    networks = [row.key for row in ROWS if row.variant and row.key in known.index]
    blind = known.loc[NO_MODEL.key]
    before = rewards[rewards["metric"].str.startswith("kl_")]
    others = rewards.drop(before.index)
    fooled, lower = (int((part["before"] != "").sum()) for part in (before, others))
    better = int((known.loc[networks, "auc"] > blind["auc"]).sum())
    return [
        f"The untranslated TXM locates low density with an AUC of "
        f"{number(float(known['auc'][NO_MODEL.key]), '.3f')} (0.5 is chance); "
        f"{better} of {len(networks)} rows of networks, median-filtered ones included, do "
        f"better, and the best has {number(max(known['auc'].reindex(networks).tolist()), '.3f')}. "
        "The TXM itself, every slice set to one mean and spread, has "
        f"{number(levelled, '.3f')}.",
        f"{fooled} of the {len(before)} columns of Table 2 "
        f"{'puts' if fooled == 1 else 'put'} a volume that was made worse on "
        f"purpose ahead of the truth, by more than their sampling explains; {lower} of the "
        f"{len(others)} other metrics here {'has' if lower == 1 else 'have'} a lower error for "
        "such a volume, sampling aside.",
        *_directions(isotropy),
    ]


def _directions(isotropy: pd.DataFrame) -> list[str]:
    """Say for each phase whether its planes tell a direction: all tests are one family."""
    tests = isotropy.assign(corrected=holm(isotropy["p_value"].tolist()))
    told = []
    for phase, part in tests.groupby("phase", sort=False):
        differ = part[part["corrected"] < LEVEL]
        least = part["corrected"].min()
        alone = part["p_value"].min()
        family = (
            f"the smallest of its {len(part)} p-values, corrected for all {len(tests)} tests; "
            f"uncorrected {p_value(alone)}"
        )
        if len(differ):
            names = " and ".join(f"the {IN_WORDS.get(one, one)}" for one in differ["quantity"])
            told.append(
                f"In the {phase}, planes across z differ from the others in {names} (p "
                f"{_equals(least)}, {family})."
            )
        else:
            told.append(
                f"In the {phase}, nothing shows that planes across z differ from the others (p "
                f"{_equals(least)}, {family}), which is no proof that they do not."
            )
    return told


def _equals(p: float) -> str:
    """Write a p-value with its sign."""
    text = p_value(p)
    return text.replace("<", "< ") if text.startswith("<") else f"= {text}"


RESULT = Result(file="truth.json", notebook="13_truth", code=isotropy_table)
