"""The page that holds the generator of volumes beside the networks of slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.pages import flow
from companion.pages.truth import BY_NAME
from companion.results import Result
from companion.rows import PAIRS, THREE_PLANES, TRUTH, get_row
from companion.site.told import told
from companion.style import number

APART_FROM = ("psnr", "slice_jump", "slice_jump_x")  # infinite for the truth; of the noise, mostly
RANKING = tuple(name for name in BY_NAME if name not in APART_FROM)
REGULARISED = tuple(key for _, *keys in PAIRS for key in keys)
GOAL = 0.5  # of the regularised rows' error
SHARE_GOAL = 0.2  # of the true share


def permeabilities(folder: Path) -> dict[str, float | None]:
    """Read the permeability of the central test volume by row, as voxels have it [nd].

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
    return {line["key"]: line["permeability_grid_nd"] for line in record["table"]}


def goal_table(table: pd.DataFrame, k: Mapping[str, float | None]) -> pd.DataFrame:
    """Hold the generator of volumes against the goal: half the error of the regularised rows.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.truth.truth_table`.
    k : mapping
        Permeability by row [nd], from `permeabilities`.

    Returns
    -------
    DataFrame
        ``measure``, ``truth``, ``volume`` (the generator's), ``regularised`` (the best of them),
        their errors, ``ratio`` of these and whether it is at most `GOAL`. An error is the
        distance from the true FIB-SEM volume's own value, and of k the natural logarithm of the
        ratio to the truth's.
    """
    rows = table.set_index("key").to_dict("index")
    lines = [
        _against(BY_NAME[name].title, {str(key): row[name] for key, row in rows.items()}, _apart)
        for name in RANKING
    ]
    known = {key: value for key, value in k.items() if value}
    if {TRUTH.key, THREE_PLANES.key} <= known.keys():
        lines.append(_against("k", known, _apart_in_logarithm))
    return pd.DataFrame(lines)


def _apart(value: float, true: float) -> float:
    return abs(value - true)


def _apart_in_logarithm(value: float, true: float) -> float:
    return abs(float(np.log(value / true)))


def _against(
    title: str, values: Mapping[str, float], error: Callable[[float, float], float]
) -> dict[str, Any]:
    """Return a line of `goal_table` from the values of all rows."""
    true, own = values[TRUTH.key], values[THREE_PLANES.key]
    errors = {key: error(values[key], true) for key in REGULARISED if key in values}
    best = min(errors, key=lambda key: errors[key]) if errors else None
    line: dict[str, Any] = {"measure": title, "truth": true, "volume": own}
    line["error"] = error(own, true)
    line["regularised"] = values[best] if best else np.nan
    line["row"] = get_row(best).label if best else ""
    line["regularised_error"] = errors[best] if best else np.nan
    line["ratio"] = line["error"] / errors[best] if best and errors[best] else np.nan
    line["reached"] = bool(line["ratio"] <= GOAL)
    return line


def format_goal_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `goal_table` out for readers."""
    return pd.DataFrame(
        {
            "Measure": table["measure"],
            "Truth": [number(v, ".3g") for v in table["truth"]],
            THREE_PLANES.label: [number(v, ".3g") for v in table["volume"]],
            "Best regularised row": [number(v, ".3g") for v in table["regularised"]],
            "which": table["row"],
            "Ratio of errors": [number(v, ".2f") for v in table["ratio"]],
            "At most half": ["yes" if v else "no" for v in table["reached"]],
        }
    )


def share_text(share: float, key: str) -> str:
    """Write the low-density share of a row of volumes, marked as on every page."""
    return told(number(share, ".3f"), f"low_share/{key}/shale")


def findings(goal: pd.DataFrame, seeds: pd.DataFrame) -> list[str]:
    """Say in sentences how far the goal is reached."""
    reached, known = int(goal["reached"].sum()), int(goal["ratio"].notna().sum())
    title = BY_NAME["low_share"].title
    [share] = [line for line in goal.to_dict("records") if line["measure"] == title]
    off = abs(share["volume"] / share["truth"] - 1.0) if share["truth"] else np.inf
    near = "within" if off <= SHARE_GOAL else "not within"
    trained = [name for name in seeds if str(name).startswith("seed")]
    return [
        f"In {reached} of {known} measures the error of the generator of volumes is at most half "
        "that of the best regularised row.",
        f"Its low-density share is {share_text(share['volume'], THREE_PLANES.key)}, the truth's "
        f"{share_text(share['truth'], TRUTH.key)}: {near} "
        f"{SHARE_GOAL:.0%}.",
        *_worse(goal),
        f"It was trained with {len(trained)} seed{'s' * (len(trained) != 1)}.",
    ]


def _worse(goal: pd.DataFrame) -> Iterator[str]:
    """Name the measures in which a regularised row is better."""
    worse = goal.loc[goal["ratio"] > 1.0, "measure"].tolist()
    if worse:
        yield f"A regularised row is nearer to the truth in {', '.join(worse)}."


RESULT = Result(file="rock_in_three_planes.json", notebook="15_three_planes", code=goal_table)
