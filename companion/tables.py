"""The book's tables, as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from companion.published import published_keys, published_value
from companion.rows import ROWS
from companion.style import Row, Rule, interval, lay_out, number
from shalelib.data.folds import folds, split_patches
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.metrics.bootstrap import bootstrap_mean

TABLE_1_METRICS = {
    # our column: (title, the paper's column, decimals)
    "psnr": ("PSNR [dB]", "psnr", 2),
    "ssim": ("SSIM", "ssim", 3),
    "stsim_global": ("STSIM as printed, global", "stsim", 3),
    "stsim_windowed": ("STSIM as printed, 7 × 7 windows", "stsim", 3),
    "stsim_1": ("STSIM-1, steerable pyramid", "stsim", 3),
    "dice_low": ("Dice, low density", "dice_low", 3),
    "dice_medium": ("Dice, medium density", "", 3),
    "dice_high": ("Dice, high density", "dice_high", 3),
    "dice_low_truth": ("Dice, low density, true classes", "", 3),
    "dice_medium_truth": ("Dice, medium density, true classes", "", 3),
    "dice_high_truth": ("Dice, high density, true classes", "", 3),
    "spectrum": ("Spectral distance [dB]", "", 2),
}
FALLING = {"spectrum"}  # metrics of which less is better


def table_1(
    scores: Mapping[str, pd.DataFrame],
    slice_index: NDArray[np.int64],
    *,
    resamples: int,
    paper: bool = True,
) -> pd.DataFrame:
    """Compare our 2-D metrics with the paper's Table 1.

    Parameters
    ----------
    scores : mapping of row label to DataFrame
        For each row the metrics of every test patch, from `companion.evaluation`. A patch
        without a value (NaN) has no say in that metric.
    slice_index : (n,) int array
        The slice of each test patch; the intervals resample slices.
    resamples : int
        Bootstrap resamples.
    paper : bool
        Compare with the paper; False for data that are not its rock.

    Returns
    -------
    DataFrame
        One row for each metric and model: ``ours``, the 95 % limits ``low`` and ``high``, and with
        `paper` its value ``paper`` (NaN where it has no such cell) and ``difference`` from it.
    """
    keys = {row.label: row.key for row in ROWS}
    rows = []
    for column, (title, theirs, _) in TABLE_1_METRICS.items():
        for label, frame in scores.items():
            if column not in frame or frame[column].isna().all():
                continue
            held = frame[column].notna().to_numpy()
            ours = bootstrap_mean(frame[column][held], slice_index[held], resamples=resamples)
            row: dict[str, Any] = {"metric": title, "model": label, "ours": ours.mean}
            row |= {"low": ours.low, "high": ours.high}
            if paper:
                key = keys[label]
                has = theirs and key in published_keys(1)
                row["paper"] = published_value(key, theirs, table=1) if has else float("nan")
                row["difference"] = ours.mean - row["paper"]
            rows.append(row)
    return pd.DataFrame(rows)


def format_table_1(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_1` out for reading."""
    decimals = {title: digits for title, _, digits in TABLE_1_METRICS.values()}

    def form(row: Row) -> str:
        return f".{decimals[row['metric']]}f"

    spec: dict[str, Rule] = {
        "Metric": "metric",
        "Model": "model",
        "Paper": ("paper", ".2f"),
        "Ours": lambda row: number(row["ours"], form(row)),
        "Ours − paper": ("difference", "+.2f"),
        "95 % interval": lambda row: interval(row["low"], row["high"], form(row)),
    }
    if "paper" not in table:
        del spec["Paper"], spec["Ours − paper"]
    return lay_out(table, spec)


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
        means = {
            title: frame[name].mean()
            for name, (title, *_) in TABLE_1_METRICS.items()
            if name in frame
        }
        norm = records[label]["final"]["jacobian"]
        rows.append({"Model": label, **means, "‖J‖² at the end": norm})
    return pd.DataFrame(rows)


def cost_table(records: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return what each training cost, and the Jacobian norm that it ended with.

    Parameters
    ----------
    records : mapping of row label to the record that 04_training wrote
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


def fold_table(patches: PairedSlices) -> pd.DataFrame:
    """Return how many of the real patches train, validate, test and are left out in each fold."""
    rows = []
    for place, fold in enumerate(folds()):
        data = split_patches(patches, fold=place)
        sizes = [len(split) for split in (data.train, data.validation, data.test)]
        rows.append(
            {
                "Fold": place,
                "Tested slices": ", ".join(map(str, fold.test)),
                **dict(zip(("Training", "Validation", "Test"), sizes, strict=True)),
                "Left out": len(patches) - sum(sizes),
            }
        )
    return pd.DataFrame(rows)


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
