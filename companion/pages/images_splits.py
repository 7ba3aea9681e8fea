"""What Table 1 rests on: the scores of all folds together, and what each way to split lets leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from companion.style import number


def over_folds(
    records: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, pd.DataFrame], list[int]]:
    """Join the records of all folds: each row's scores and the slice of each test patch.

    Parameters
    ----------
    records : sequence of mappings
        From `companion.replicates.read_replicates`; rows that lack a fold are left out. A patch has
        the mean of its slice, which is all that an interval over slices needs.
    """
    held: dict[str, dict[str, Mapping[str, Any]]] = {}
    for record in records:
        held.setdefault(record["row"], {})[record["replicate"]] = record
    folds = sorted({record["replicate"] for record in records})
    scores: dict[str, pd.DataFrame] = {}
    index: list[int] = []
    for key, by_fold in held.items():
        if sorted(by_fold) != folds:
            continue
        lines, index = [], []
        for fold in folds:
            for z, means in by_fold[fold]["slice_means"].items():
                count = by_fold[fold]["slice_patches"][z]
                lines += [means] * count
                index += [int(z)] * count
        scores[key] = pd.DataFrame(lines).astype(float)
    return scores, index


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
        for k in np.unique(split):
            lines.append(
                {
                    "Split by": way,
                    "Number": int(k),
                    "Tiles": int((split == k).sum()),
                    "Rock seen in training": f"{covered[split == k].mean():.0%}",
                    "Copy less constant [dB]": number(float(gain[split == k].mean()), "+.2f"),
                }
            )
    return pd.DataFrame(lines)
