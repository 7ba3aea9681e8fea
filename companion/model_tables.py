"""Tables about the networks beside Table 1: what separates them, replicates, the regulariser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from companion.style import Row, interval, lay_out, number
from companion.tables import FALLING, TABLE_1_METRICS
from shalelib.models.variants import get_variant


def separation_table(
    table: pd.DataFrame, *, trained: Sequence[str], trivial: Sequence[str]
) -> pd.DataFrame:
    """Say of each metric whether it tells the networks from predictors that know nothing.

    Parameters
    ----------
    table : DataFrame
        From `companion.tables.table_1`.
    trained : sequence of str
        Labels of the trained rows.
    trivial : sequence of str
        Labels of the trivial predictors.

    Returns
    -------
    DataFrame
        For each metric the ``best`` and ``worst`` network, the best trivial predictor, how many
        networks beat it, and the middle ``width`` of the networks' 95 % intervals.
    """
    rows = []
    for title in dict.fromkeys(table["metric"]):
        part = table[table["metric"] == title].set_index("model")
        networks = part.loc[[label for label in trained if label in part.index]]
        rivals = part.loc[[label for label in trivial if label in part.index]]
        if networks.empty or rivals.empty:
            continue
        sign = -1.0 if title in _FALLING_TITLES else 1.0
        ranked = (sign * networks["ours"]).sort_values(ascending=False)
        held = (sign * rivals["ours"]).max()
        rows.append(
            {
                "metric": title,
                "best": sign * ranked.iloc[0],
                "worst": sign * ranked.iloc[-1],
                "width": float((networks["high"] - networks["low"]).median()),
                "trivial": sign * held,
                "better": int((ranked > held).sum()),
                "networks": len(ranked),
            }
        )
    return pd.DataFrame(rows)


_FALLING_TITLES = {TABLE_1_METRICS[name][0] for name in FALLING}


def format_separation(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `separation_table` out for reading."""
    return lay_out(
        table,
        {
            "Metric": "metric",
            "Best network": ("best", ".3f"),
            "Worst network": ("worst", ".3f"),
            "Width of an interval": ("width", ".3f"),
            "Best trivial predictor": ("trivial", ".3f"),
            "Networks above it": lambda row: f"{row['better']} of {row['networks']}",
        },
    )


def replicate_table(means: pd.DataFrame) -> pd.DataFrame:
    """Mean of each row and metric over replicates, with Student's 95 % interval.

    Parameters
    ----------
    means : DataFrame
        One row for each replicate of a model: ``model``, ``replicate`` and the metrics, from
        `companion.replicates.replicate_means`.

    Returns
    -------
    DataFrame
        ``metric``, ``model``, ``replicates`` (how many), ``ours``, ``low`` and ``high``. The limits
        are NaN where there is one replicate alone, which says nothing about their spread.
    """
    rows = []
    for column, (title, *_) in TABLE_1_METRICS.items():
        for label in dict.fromkeys(means["model"]):
            if column not in means:
                continue
            values = means.loc[means["model"] == label, column].dropna().to_numpy(float)
            if not values.size:
                continue
            n, half = values.size, float("nan")
            if n > 1:
                half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
            rows.append(
                {
                    "metric": title,
                    "model": label,
                    "replicates": n,
                    "ours": values.mean(),
                    "low": values.mean() - half,
                    "high": values.mean() + half,
                }
            )
    return pd.DataFrame(rows)


def format_replicates(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `replicate_table` out for reading; every interval beside what stands behind it."""
    decimals = {title: digits for title, _, digits in TABLE_1_METRICS.values()}

    def form(row: Row) -> str:
        return f".{decimals[row['metric']]}f"

    return lay_out(
        table,
        {
            "Metric": "metric",
            "Model": "model",
            "Mean": lambda row: number(row["ours"], form(row)),
            "95 % interval": lambda row: interval(row["low"], row["high"], form(row)),
            "Replicates": "replicates",
        },
    )


def regulariser_table(
    scores: Mapping[str, pd.DataFrame],
    records: Mapping[str, Mapping[str, Any]],
    change: Mapping[str, float],
    metrics: Sequence[str] = ("psnr", "ssim", "stsim_1", "dice_low", "spectrum"),
) -> pd.DataFrame:
    """Set trainings that differ by a regulariser beside one another.

    Parameters
    ----------
    scores : mapping of row label to DataFrame
        From `companion.evaluation.evaluate`.
    records : mapping of row label to record
        Of the training: ``lambda_jac``, ``jacobian`` and ``seconds``.
    change : mapping of row label to float
        Mean absolute difference of neighbouring translated slices [grey level].
    metrics : sequence of str
    """
    rows = []
    for label, record in records.items():
        cells = {
            "Model": label,
            "λ_jac": record["lambda_jac"],
            "‖J‖² at the end": record["jacobian"],
            "|∂Ŝ/∂z| [grey level a slice]": change[label],
        }
        for name in metrics:
            if label in scores and name in scores[label]:
                cells[TABLE_1_METRICS[name][0]] = scores[label][name].mean()
        rows.append(cells | {"Training [s]": record["seconds"]})
    return pd.DataFrame(rows)


def jitter_table(evaluated: Mapping[str, float], published: Mapping[str, float]) -> pd.DataFrame:
    """Compare the change along z in evaluation mode with that of inference as published.

    Parameters
    ----------
    evaluated, published : mapping of row label to float
        Mean absolute difference of neighbouring translated slices [grey level]; the rows of
        `published` are shown.
    """
    return pd.DataFrame(
        [
            {
                "Model": label,
                "Evaluation mode": evaluated[label],
                "As published": value,
                "From dropout": f"{1 - evaluated[label] / value:.0%}" if value else "–",
            }
            for label, value in published.items()
        ]
    )


def step_cost_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the cost of a regularised step over a plain one, from bench/regulariser.py."""
    lazy = f"lazily, every {record['every']}th"
    return pd.DataFrame(
        [
            {
                "Model": get_variant(row["row"]).label,
                "Share": row["share"],
                "Plain step [s]": row["plain_s"],
                "VJP": row["vjp"],
                "JVP": row["jvp"],
                lazy: row["lazy"],
            }
            for row in record["steps"]
        ]
    )


def endings_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return how the small trainings of bench/regulariser.py end: means ± spread over seeds."""
    kinds = {"plain": "no term", "vjp": "every step", "lazy": f"every {record['every']}th step"}
    titles = {"jacobian": "‖J‖²", "psnr": "PSNR [dB]", "ssim": "SSIM", "stsim_1": "STSIM-1"}
    forms = {"jacobian": ".0f", "psnr": ".2f", "ssim": ".3f", "stsim_1": ".3f"}
    frame = pd.DataFrame(record["endings"])
    rows = []
    for (name, kind), part in frame.groupby(["row", "kind"], sort=False):
        cells = {"Model": get_variant(str(name)).label, "Regulariser": kinds[str(kind)]}
        for key, title in titles.items():
            mean, spread = part[key].mean(), part[key].std()
            cells[title] = f"{number(mean, forms[key])} ± {number(spread, forms[key])}"
        rows.append(cells | {"Seeds": len(part)})
    return pd.DataFrame(rows)
