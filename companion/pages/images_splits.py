"""What each way to split the real patches lets leak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from companion.style import number


def rock_scores(record: Mapping[str, Any], way: str) -> tuple[dict[str, pd.DataFrame], list[int]]:
    """Return scores and slices of one way to split, from `companion.untrained.all_rock`."""
    part = record[way]
    scores = {key: pd.DataFrame(m).astype(float) for key, m in part["per_patch"].items()}
    return scores, part["slice_index"]


def leak_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Say of each split how much tested rock training has seen, and what copying it is worth.

    Parameters
    ----------
    record : mapping
        From `companion.untrained.all_rock`.
    """
    lines = []
    for way in ("slices", "region"):
        scores, _ = rock_scores(record, way)
        split, covered = np.array(record[way]["split"]), np.array(record[way]["covered"])
        gain = (scores["nearest_slice"]["psnr"] - scores["constant"]["psnr"]).to_numpy()
        dice = scores["nearest_slice"]["dice_low"].to_numpy()
        for k in np.unique(split):
            lines.append(
                {
                    "Split by": way,
                    "Fold or quadrant": int(k),
                    "Tiles": int((split == k).sum()),
                    "Rock seen in training": f"{covered[split == k].mean():.0%}",
                    "Copy less constant [dB]": number(float(gain[split == k].mean()), "+.2f"),
                    "Dice, low, of the copy": number(float(dice[split == k].mean()), ".3f"),
                }
            )
    return pd.DataFrame(lines)
