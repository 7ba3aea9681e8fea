"""The page that holds the generator of volumes beside the networks of slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.pages import flow
from companion.pages.truth import BY_NAME
from companion.pages.truth_ladder import in_words
from companion.results import Result
from companion.rows import PAIRS, THREE_PLANES, TRUTH, get_row
from companion.site.told import told
from companion.style import Rule, lay_out, number
from shalelib.metrics.against_truth import MEASURES

APART_FROM = ("psnr", "slice_jump", "slice_jump_x")  # infinite for the truth; of the noise, mostly
RANKING = tuple(name for name in BY_NAME if name not in APART_FROM)
REGULARISED = tuple(key for _, *keys in PAIRS for key in keys)
GOAL = 0.5  # of the regularised rows' error
SHARE_GOAL = 0.2  # of the true share


def permeabilities(folder: Path) -> dict[str, list[float | None]]:
    """Read the permeability of every test volume by row, as voxels have it [nd].

    Parameters
    ----------
    folder : Path
        The results folder, after 09_flow.

    Raises
    ------
    FileNotFoundError
        There is none of today's code.
    """
    record = flow.RESULT.read(folder)
    if record is None:
        msg = f"there is no {flow.RESULT.title} in {folder}; run it with the same parameters first"
        raise FileNotFoundError(msg)
    return {key: numbers["permeability_grid_nd"] for key, numbers in record["volumes"].items()}


def goal_table(table: pd.DataFrame, k: Mapping[str, Sequence[float | None]]) -> pd.DataFrame:
    """Hold the generator of volumes against the goal: half the error of the regularised rows.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.truth.truth_table`.
    k : mapping
        Permeability of every volume by row [nd], from `permeabilities`. A row of which a volume has
        none has no say.

    Returns
    -------
    DataFrame
        ``measure``, ``truth``, ``volume`` (the generator's), ``regularised`` (the best of them),
        their errors, ``ratio`` of these and whether it is at most `GOAL`. An error is the
        distance from the true FIB-SEM volume's own value, and of k, shown as its geometric mean
        over the volumes, the mean distance of its natural logarithm from the truth's.
    """
    rows = table.set_index("key")
    lines = []
    for name in RANKING:
        values = {str(key): float(value) for key, value in rows[name].items()}
        errors = {key: abs(value - values[TRUTH.key]) for key, value in values.items()}
        lines.append(_against(BY_NAME[name].title, values, errors))
    logs = {
        key: np.log(np.array(found, float)) for key, found in k.items() if len(found) and all(found)
    }
    if {TRUTH.key, THREE_PLANES.key} <= logs.keys():
        means = {key: float(np.exp(one.mean())) for key, one in logs.items()}
        apart = {key: float(np.abs(one - logs[TRUTH.key]).mean()) for key, one in logs.items()}
        lines.append(_against("k", means, apart))
    return pd.DataFrame(lines)


def _against(
    title: str, values: Mapping[str, float], errors: Mapping[str, float]
) -> dict[str, Any]:
    """Return a line of `goal_table` from the values and the errors of all rows."""
    there = [key for key in REGULARISED if key in values]
    best = min(there, key=lambda key: errors[key]) if there else None
    line: dict[str, Any] = {"measure": title, "truth": values[TRUTH.key]}
    line |= {"volume": values[THREE_PLANES.key], "error": errors[THREE_PLANES.key]}
    line["regularised"] = values[best] if best else np.nan
    line["row"] = get_row(best).label if best else ""
    line["regularised_error"] = errors[best] if best else np.nan
    line["ratio"] = line["error"] / errors[best] if best and errors[best] else np.nan
    line["reached"] = bool(line["ratio"] <= GOAL)
    return line


def format_goal_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `goal_table` out for readers."""
    forms = {one.title: f".{one.digits}f" for one in MEASURES}

    def cell(name: str) -> Rule:
        return lambda row: number(row[name], forms.get(row["measure"], "#.3g"))

    return lay_out(
        table,
        {
            "Measure": lambda row: in_words(row["measure"]),
            "Truth": cell("truth"),
            THREE_PLANES.label: cell("volume"),
            "Best regularised row": cell("regularised"),
            "Which row": "row",
            "Ratio of errors": ("ratio", ".2f"),
            "At most half": "reached",
        },
    )


def share_text(share: float, key: str) -> str:
    """Write the low-density share of a row of volumes, marked as on every page."""
    return told(number(share, ".3f"), f"low_share/{key}/shale")


def findings(goal: pd.DataFrame, seeds: pd.DataFrame) -> list[str]:
    """Say in sentences how far the goal is reached."""
    reached, known = int(goal["reached"].sum()), int(goal["ratio"].notna().sum())
    lines = {line["measure"]: line for line in goal.to_dict("records")}
    share, place = (lines[BY_NAME[name].title] for name in ("low_share", "auc"))
    off = abs(share["volume"] / share["truth"] - 1.0) if share["truth"] else np.inf
    near = "within" if off <= SHARE_GOAL else "not within"
    return [
        f"In {reached} of {known} measures, the error of the generator of volumes is at most half "
        "that of the best regularised row.",
        f"Its low-density share is {share_text(share['volume'], THREE_PLANES.key)}, the truth's "
        f"{share_text(share['truth'], TRUTH.key)}: {near} {SHARE_GOAL:.0%}. "
        f"It locates that phase with an AUC of {number(place['volume'], '.3f')} (0.5 is chance), "
        f"the best regularised row with {number(place['regularised'], '.3f')}.",
        *_worse(goal),
        _seeds(seeds),
    ]


def _seeds(seeds: pd.DataFrame) -> str:
    """Say with how many seeds it was trained, and between which shares they lie."""
    names = [name for name in seeds if str(name).startswith("seed")]
    told = f"It was trained with {'a single seed' if len(names) == 1 else f'{len(names)} seeds'}"
    lines = seeds[seeds["measure"] == BY_NAME["low_share"].title]
    if len(names) < 2 or lines.empty:
        return f"{told}."
    shares = lines[names].to_numpy(float)
    least, most, true = (
        number(float(v), ".3f") for v in (shares.min(), shares.max(), lines["true FIB-SEM"].iloc[0])
    )
    return (
        f"{told}, and in the validation part its low-density share lies between {least} and "
        f"{most}; the truth's is {true} there."
    )


def _worse(goal: pd.DataFrame) -> Iterator[str]:
    """Name the measures in which a regularised row is better."""
    worse = goal.loc[goal["ratio"] > 1.0, "measure"].map(in_words).tolist()
    if worse:
        yield f"A regularised row is nearer to the truth in these measures: {'; '.join(worse)}."


RESULT = Result(file="rock_in_three_planes.json", notebook="15_three_planes", code=goal_table)
