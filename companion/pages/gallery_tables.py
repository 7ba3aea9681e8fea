"""What trainings cost: a table of them all, and their steps beside those of the authors' code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from companion.datasets import NAMES
from companion.rows import get_row
from companion.style import number
from companion.trainings import Training

STEP_AIM = 1.5  # times as fast as the authors' code


def trainings_table(trainings: Iterable[Training]) -> pd.DataFrame:
    """Return what each training cost, and what it ended with."""
    return pd.DataFrame(
        [
            {
                "Model": training.variant.label,
                "Data set": NAMES[training.dataset],
                "Parameters": training.record["parameters"],
                "Training [s]": training.seconds,
                "Device": training.record["device"],
                "‖J‖² at the end": training.jacobian,
                "L1 at the end": float(training.history["loss_l1"].iloc[-1]),
                "Adversarial / L1\ngradient at the end": training.ratio,
                "Dark share": float(training.history["dark_share"].iloc[-1]),
            }
            for training in trainings
        ]
    )


def steps_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the time of a training step of each network beside that of the authors' code."""
    return pd.DataFrame(
        [
            {
                "Model": get_row(row["row"]).label,
                "Ours [ms]": row["ours_ms"],
                "Theirs [ms]": row["theirs_ms"],
                "Theirs ÷ ours": row["ratio"],
                "Quartiles": f"{number(row['low'], '.2f')} to {number(row['high'], '.2f')}",
            }
            for row in record["rows"]
        ]
    )


def aimed_at(record: Mapping[str, Any]) -> str:
    """Say in a sentence how many networks take their steps as fast as was aimed at."""
    ratios = [row["ratio"] for row in record["rows"]]
    reached = sum(ratio >= STEP_AIM for ratio in ratios)
    return (
        f"{reached or 'None'} of the {len(ratios)} networks "
        f"{'reach' if reached > 1 else 'reaches'} the ratio of {STEP_AIM:g} that we aimed at; "
        f"the ratios lie between {number(min(ratios), '.2f')} and {number(max(ratios), '.2f')}."
    )
