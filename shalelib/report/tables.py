"""The book's tables, as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shalelib.data.pairs import Dataset
from shalelib.metrics.bootstrap import bootstrap_mean
from shalelib.report.published import published_row

TABLE_1_METRICS = {
    # our column: (title, the paper's column, decimals)
    "psnr": ("PSNR [dB]", "psnr", 2),
    "ssim": ("SSIM", "ssim", 3),
    "stsim_global": ("STSIM as printed, global", "stsim", 3),
    "stsim_windowed": ("STSIM as printed, 7 × 7 windows", "stsim", 3),
    "stsim_1": ("STSIM-1, steerable pyramid", "stsim", 3),
}


def table_1(
    scores: Mapping[str, pd.DataFrame], slice_index: pd.Series, *, resamples: int
) -> pd.DataFrame:
    """Compare our 2-D metrics with the paper's Table 1.

    Parameters
    ----------
    scores : mapping of row label to DataFrame
        For each row the metrics of every test patch, from `shalelib.metrics.table1`.
    slice_index : (n,) series or array
        The slice of each test patch; the intervals resample slices.
    resamples : int
        Bootstrap resamples.

    Returns
    -------
    DataFrame
        One row for each metric and model: ``paper`` (NaN where it was not at hand), ``ours``,
        ``difference`` (ours minus paper) and the 95 % limits ``low`` and ``high``.
    """
    rows = []
    for column, (title, theirs, _) in TABLE_1_METRICS.items():
        for label, frame in scores.items():
            ours = bootstrap_mean(frame[column], slice_index, resamples=resamples)
            value = getattr(published_row(label), theirs)
            paper = float("nan") if value is None else value
            rows.append(
                {
                    "metric": title,
                    "model": label,
                    "paper": paper,
                    "ours": ours.mean,
                    "difference": ours.mean - paper,
                    "low": ours.low,
                    "high": ours.high,
                }
            )
    return pd.DataFrame(rows)


def format_table_1(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_1` out for reading: rounded, intervals in one column, gaps as an en dash."""
    decimals = {title: digits for title, _, digits in TABLE_1_METRICS.values()}
    rows = []
    for row in table.to_dict("records"):
        digits = decimals[row["metric"]]
        interval = f"{_number(row['low'], digits)} to {_number(row['high'], digits)}"
        rows.append(
            {
                "Metric": row["metric"],
                "Model": row["model"],
                "Paper": _number(row["paper"], 2),
                "Ours": _number(row["ours"], digits),
                "Ours − paper": _number(row["difference"], 2, sign=True),
                "95 % interval": interval if row["low"] == row["low"] else "–",
            }
        )
    return pd.DataFrame(rows)


def _number(value: float, digits: int, *, sign: bool = False) -> str:
    if value != value:
        return "–"
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def inference_table(
    scores: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], jitter: Mapping[str, float]
) -> pd.DataFrame:
    """Compare evaluation mode with the authors' inference, which leaves dropout on.

    Parameters
    ----------
    scores : mapping of row label to two DataFrames
        Metrics of every test patch in evaluation mode and as published.
    jitter : mapping of row label to float
        Mean absolute difference of two translations of the same patch as published [grey level].
    """
    rows = []
    for label, (evaluated, published) in scores.items():
        rows.append(
            {
                "Model": label,
                "PSNR, eval [dB]": evaluated["psnr"].mean(),
                "PSNR, as published [dB]": published["psnr"].mean(),
                "SSIM, eval": evaluated["ssim"].mean(),
                "SSIM, as published": published["ssim"].mean(),
                "Jitter from dropout [grey level]": jitter[label],
            }
        )
    return pd.DataFrame(rows)


def ablation_table(
    scores: Mapping[str, pd.DataFrame], records: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return mean metrics and the final Jacobian norm of a few trainings, one row each."""
    rows = []
    for label, frame in scores.items():
        means = {title: frame[name].mean() for name, (title, *_) in TABLE_1_METRICS.items()}
        norm = records[label]["final"]["jacobian"]
        rows.append({"Model": label, **means, "‖J‖² at the end": norm})
    return pd.DataFrame(rows)


def cost_table(records: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return what each training cost, and the Jacobian norm that it ended with.

    Parameters
    ----------
    records : mapping of row label to the record that 02_train wrote
    """
    return pd.DataFrame(
        [
            {
                "Model": label,
                "Parameters": record["parameters"],
                "Training [s]": record["seconds"],
                "Device": record["device"],
                "‖J‖² at the end": record["final"]["jacobian"],
                "L1 at the end": record["final"]["loss_l1"],
            }
            for label, record in records.items()
        ]
    )


def split_table(dataset: Dataset) -> pd.DataFrame:
    """Return what each split of a data set holds."""
    rows = []
    for name, pairs in [
        ("training", dataset.train),
        ("validation", dataset.validation),
        ("test", dataset.test),
    ]:
        rows.append(
            {
                "Split": name,
                "Images": len(pairs),
                "Size [pixel]": f"{pairs.txm.shape[1]} × {pairs.txm.shape[2]}",
                "Slices": ", ".join(map(str, sorted(set(pairs.slice_index.tolist())))),
                "Inside the rock": f"{pairs.inside.mean():.1%}",
            }
        )
    return pd.DataFrame(rows)
