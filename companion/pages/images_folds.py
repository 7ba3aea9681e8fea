"""Table 1 over several trainings: folds of the real patches, seeds on the digital shale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from companion.effects import limits_of
from companion.pages.images import form_of, named, table_1, with_published
from companion.pages.images_splits import rock_scores
from companion.rows import get_row
from companion.style import interval, lay_out, number
from shalelib.metrics import table1
from shalelib.metrics.bootstrap import student_mean


@dataclass(frozen=True, kw_only=True, eq=False)
class Folded:
    """A row over the folds in which it was trained.

    Attributes
    ----------
    scores : DataFrame
        One line a test patch: the mean of its slice, which is all that an interval over slices
        needs.
    slices : list of int
        The slice of each.
    trainings : int
        How many folds there are.
    published : mapping of metric to float
        Means over the folds of inference as published; empty for rows that need no training.
    """

    scores: pd.DataFrame
    slices: list[int]
    trainings: int
    published: dict[str, float]


def over_folds(records: Sequence[Mapping[str, Any]]) -> dict[str, Folded]:
    """Join the records of each row over the folds that there are of it.

    Parameters
    ----------
    records : sequence of mappings
        From `companion.replicates.read_replicates`.
    """
    held: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        held.setdefault(record["row"], []).append(record)
    found = {}
    for key, parts in held.items():
        lines: list[Mapping[str, float]] = []
        index: list[int] = []
        for part in parts:
            for number_, means in part["slice_means"].items():
                count = part["slice_patches"][number_]
                lines += [means] * count
                index += [int(number_)] * count
        published = pd.DataFrame([part.get("as_published", {}) for part in parts]).astype(float)
        found[key] = Folded(
            scores=pd.DataFrame(lines).astype(float),
            slices=index,
            trainings=len(parts),
            published={str(name): float(value) for name, value in published.mean().items()},
        )
    return found


def covers(records: Sequence[Mapping[str, Any]], networks: Iterable[str], *, planned: int) -> bool:
    """Whether every network was trained on as many folds as are planned.

    Examples
    --------
    >>> records = [{"row": "feedforward", "replicate": f"seed0-fold{n}"} for n in range(5)]
    >>> covers(records, ["feedforward"], planned=5), covers(records, ["srcnn_2x"], planned=5)
    (True, False)
    """
    counts = Counter(record["row"] for record in records)
    return all(counts[key] >= planned for key in networks)


def trainings_behind(counts: Mapping[str, int], *, planned: int) -> str:
    """Say how many trainings stand behind the rows of a table.

    Parameters
    ----------
    counts : mapping of row key to int
    planned : int
        How many there are to be.

    Examples
    --------
    >>> trainings_behind({"feedforward": 5, "srcnn_2x": 1}, planned=5)
    'each network was trained 5 times, but SRCNN 2x 1 time'
    """
    fewer: dict[int, list[str]] = {}
    for key, count in counts.items():
        if count < planned:
            fewer.setdefault(count, []).append(get_row(key).label)
    if all(count < planned for count in counts.values()):
        parts = [f"{count} of {', '.join(labels)}" for count, labels in sorted(fewer.items())]
        return f"of {planned} trainings planned for each network there are {', '.join(parts)}"
    told = "".join(
        f", but {', '.join(labels)} {count} time{'s' * (count > 1)}"
        for count, labels in sorted(fewer.items())
    )
    return f"each network was trained {planned} times{told}"


def table_over_folds(
    own: Mapping[str, Folded],
    records: Sequence[Mapping[str, Any]],
    rock: Mapping[str, Any],
    *,
    resamples: int,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return Table 1 of the real patches over all folds, and how many trainings each row has.

    Parameters
    ----------
    own : mapping of row key to Folded
        Of this page's own trainings: for networks that were replicated nowhere.
    records : sequence of mappings
        From `companion.replicates.read_replicates`.
    rock : mapping
        From `companion.untrained.all_rock`: rows without training.
    resamples : int
        Bootstrap resamples.
    """
    untrained, slices = rock_scores(rock, "slices")
    trained = {**own, **{key: one for key, one in over_folds(records).items() if key in own}}
    parts = [table_1(untrained, slices, resamples=resamples)]
    for key, one in trained.items():
        part = table_1({key: one.scores}, one.slices, resamples=resamples)
        parts.append(with_published(part, {key: one.published}))
    counts = {key: one.trainings for key, one in trained.items()}
    return pd.concat(parts, ignore_index=True), counts


def over_replicates(means: pd.DataFrame) -> pd.DataFrame:
    """Mean of each row and metric over replicates, with Student's 95% interval.

    Parameters
    ----------
    means : DataFrame
        One line for each replicate of a row: ``row``, ``replicate`` and the metrics.

    Returns
    -------
    DataFrame
        As `table_1`, with ``replicates``, how many there are. The limits are NaN where there is one
        replicate alone, which says nothing about their spread; those of a Dice coefficient stay
        between 0 and 1, as it does.
    """
    lines: list[dict[str, Any]] = []
    for metric in table1.METRICS:
        if metric.name not in means:
            continue
        for key, part in means.groupby("row", sort=False):
            values = part[metric.name].dropna().to_numpy(float)
            if not values.size:
                continue
            found = student_mean(values)
            low, high = np.clip((found.low, found.high), *limits_of(metric.name))
            line = {"metric": metric.name, "row": key, "replicates": values.size}
            lines.append(line | {"ours": found.mean, "low": float(low), "high": float(high)})
    return named(pd.DataFrame(lines))


def lay_out_replicates(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `over_replicates` out for reading; every interval beside what stands behind it."""
    return lay_out(
        table,
        {
            "Metric": "heading",
            "Model": "model",
            "Mean": lambda row: number(row["ours"], form_of(row)),
            "95% interval": lambda row: interval(row["low"], row["high"], form_of(row)),
            "Replicates": "replicates",
        },
    )
