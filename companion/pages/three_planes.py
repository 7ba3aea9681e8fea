"""The page that holds the generator of volumes beside the networks of slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from companion.pages.truth import BY_NAME
from companion.pages.truth_ladder import in_words
from companion.results import Result
from companion.rows import NO_MODEL, PAIRS, THREE_PLANES, TRUTH, get_row
from companion.site.told import told
from companion.style import Row, Rule, lay_out, listed, number, stacked
from shalelib.arrays import Real
from shalelib.metrics.against_truth import MEASURES
from shalelib.metrics.bootstrap import draw_groups

APART_FROM = ("psnr", "slice_jump", "slice_jump_x")  # infinite for the truth; of the noise, mostly
RANKING = tuple(name for name in BY_NAME if name not in APART_FROM)
REGULARISED = tuple(key for _, *keys in PAIRS for key in keys)
GOAL = 0.5  # of the regularised rows' error
SHARE_GOAL = 0.2  # of the true share
FORMS = {one.title: f".{one.digits}f" for one in MEASURES}


def goal_table(
    scores: Mapping[str, Mapping[str, Real]],
    k: Mapping[str, Sequence[float | None]],
    *,
    resamples: int,
) -> pd.DataFrame:
    """Hold the generator of volumes against the goal: half the error of the regularised rows.

    Parameters
    ----------
    scores : mapping of a row's key to mapping of measure to array
        The value of every test volume, from `companion.volume_measures`.
    k : mapping
        Permeability of every volume by row [nd], from `companion.pages.flow.permeabilities`. A row
        of which a volume has none has no say.
    resamples : int
        Draws of volumes, the same for all rows.

    Returns
    -------
    DataFrame
        ``measure``, ``truth``, ``volume`` (the generator's), ``regularised`` (the best of them),
        their errors, ``ratio`` of these, whether it is at most `GOAL`, and ``low`` and ``high``,
        the 95% limits of the generator's error less that of the best row. An error is the distance
        of the mean from the true FIB-SEM volumes' own, or from 0 where the measure is an error
        itself; of k, shown as its geometric mean, the mean distance of its natural logarithm from
        that of the true pores.
    """
    volumes = len(next(iter(scores[TRUTH.key].values())))
    drawn = draw_groups(volumes, resamples=resamples)
    times = np.vstack([np.ones((1, volumes), int), drawn])  # first the volumes as they are
    lines = []
    for name in RANKING:
        one = BY_NAME[name]
        means = {key: times @ found[name] / times.sum(axis=1) for key, found in scores.items()}
        aim = means[TRUTH.key] if one.best in ("more", "truth") else 0.0
        errors = {key: np.abs(mean - aim) for key, mean in means.items()}
        lines.append(_against(one.title, {key: v[0] for key, v in means.items()}, errors))
    logs = {
        key: np.log(np.array(found, float)) for key, found in k.items() if len(found) and all(found)
    }
    if {TRUTH.key, THREE_PLANES.key} <= logs.keys():
        means = {key: np.exp(one.mean()) for key, one in logs.items()}
        apart = {
            key: times @ np.abs(one - logs[TRUTH.key]) / times.sum(axis=1)
            for key, one in logs.items()
        }
        lines.append(_against("k", means, apart))
    return pd.DataFrame(lines)


def _against(title: str, values: Mapping[str, float], errors: Mapping[str, Real]) -> dict[str, Any]:
    """Return a line of `goal_table` from the values of all rows, and their errors in all draws."""
    there = [key for key in REGULARISED if key in values]
    best = min(there, key=lambda key: errors[key][0]) if there else None
    own = errors[THREE_PLANES.key]
    theirs = errors[best] if best else np.full(len(own), np.nan)
    more = (own - theirs)[1:]
    low, high = np.quantile(more, [0.025, 0.975]) if len(more) else (np.nan, np.nan)
    line: dict[str, Any] = {"measure": title, "truth": float(values[TRUTH.key])}
    line |= {"volume": float(values[THREE_PLANES.key]), "error": float(own[0])}
    line["regularised"] = float(values[best]) if best else np.nan
    line["row"] = get_row(best).label if best else ""
    line["regularised_error"] = float(theirs[0])
    line["ratio"] = float(own[0] / theirs[0]) if best and theirs[0] else np.nan
    line["reached"] = bool(line["ratio"] <= GOAL)
    return line | {"low": float(low), "high": float(high)}


def format_goal_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `goal_table` out for readers."""

    def cell(name: str) -> Rule:
        return lambda row: number(row[name], FORMS.get(row["measure"], "#.3g"))

    return lay_out(
        table,
        {
            "Measure": lambda row: in_words(row["measure"]),
            "Truth": cell("truth"),
            THREE_PLANES.label: cell("volume"),
            "Best regularised row": cell("regularised"),
            "Which row": "row",
            "Ratio of errors": ("ratio", ".2f"),
            "Error less the best row's": _difference,
            "At most half": "reached",
        },
    )


def _difference(row: Row) -> str:
    form = FORMS.get(row["measure"], ".2f").replace(".", "+.")
    return stacked(row["error"] - row["regularised_error"], row["low"], row["high"], form)


def share_text(share: float, key: str) -> str:
    """Write the low-density share of a row of volumes, marked as on every page."""
    return told(number(share, ".3f"), f"low_share/{key}/shale")


def auc_of_input(table: pd.DataFrame) -> float:
    """Return the AUC of the untranslated TXM, from `companion.pages.truth.truth_table`."""
    return float(table.set_index("key")["auc"][NO_MODEL.key])


def compared(lines: Sequence[Mapping[Any, Any]]) -> str:
    """Say in how many measures the generator of volumes has the larger error, and how surely.

    Parameters
    ----------
    lines : sequence of mapping
        Of `goal_table`.
    """
    known = [line for line in lines if line["ratio"] is not None and line["ratio"] >= 0]
    larger = [line for line in known if line["ratio"] > 1.0]
    surely = [in_words(line["measure"]) for line in larger if (line["low"] or 0.0) > 0.0]
    smaller = [in_words(line["measure"]) for line in known if (line["high"] or 0.0) < 0.0]
    return (
        f"The error of the training shown in figures is larger than that of the best regularised "
        f"row in {len(larger)} of {len(known)} measures, and beyond what another choice of volumes "
        f"may change in {_named(surely)}; it is smaller beyond that in {_named(smaller)}."
    )


def _named(measures: Sequence[str]) -> str:
    return f"{len(measures)} ({'; '.join(measures)})" if measures else "none"


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What every training reaches, in the order of `companion.pages.three_planes_seeds.seeds_goal`.

    Attributes
    ----------
    seeds : tuple of int
    measures : int
        How many there are.
    met, smaller : tuple of int
        In how many the goal is met, and the error smaller than that of the best regularised row.
    shares, aucs : tuple of float
        The low-density share, and how well grey levels tell that phase from the rest.
    """

    seeds: tuple[int, ...]
    measures: int
    met: tuple[int, ...]
    smaller: tuple[int, ...]
    shares: tuple[float, ...]
    aucs: tuple[float, ...]


def reached(table: pd.DataFrame) -> Reached:
    """Count what `companion.pages.three_planes_seeds.seeds_goal` has by training."""
    parts = table.groupby("seed", sort=False)
    values = {
        name: table.loc[table["measure"] == BY_NAME[name].title, "volume"]
        for name in ("low_share", "auc")
    }
    return Reached(
        seeds=tuple(table["seed"].unique().tolist()),
        measures=int(parts["ratio"].count().max()),
        met=tuple(int(part["reached"].sum()) for _, part in parts),
        smaller=tuple(int((part["ratio"] < 1.0).sum()) for _, part in parts),
        shares=tuple(values["low_share"]),
        aucs=tuple(values["auc"]),
    )


def findings(goal: pd.DataFrame, by_seed: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Say in sentences how far the goal is reached, and by which trainings.

    Parameters
    ----------
    goal, by_seed, table : DataFrame
        Of `goal_table`, `companion.pages.three_planes_seeds.seeds_goal` and
        `companion.pages.truth.truth_table`.
    """
    found = reached(by_seed)
    lines = {line["measure"]: line for line in goal.to_dict("records")}
    share, place = (lines[BY_NAME[name].title] for name in ("low_share", "auc"))
    near = sum(abs(one / share["truth"] - 1.0) <= SHARE_GOAL for one in found.shares)
    several = len(found.seeds) > 1
    first = share_text(found.shares[0], THREE_PLANES.key)
    shares = [first, *(number(one, ".3f") for one in found.shares[1:])]
    who = (
        f"its {len(found.seeds)} trainings, which differ in their seed"
        if several
        else "its one training"
    )
    return [
        f"At most half the error of the best regularised row, which was the goal, is reached in "
        f"{listed(list(map(str, found.met)))} of {found.measures} measures by "
        f"{who}; a smaller one in {listed(list(map(str, found.smaller)))}. {_apart(by_seed)}",
        f"The low-density share is {listed(shares)}, the truth's "
        f"{share_text(share['truth'], TRUTH.key)}: within {SHARE_GOAL:.0%} in {near} of "
        f"{len(shares)}. The AUC for where that phase lies is "
        f"{listed([number(one, '.3f') for one in found.aucs])} (0.5 is chance), of the "
        f"untranslated TXM {number(auc_of_input(table), '.3f')}, of the best regularised row "
        f"{number(place['regularised'], '.3f')}.",
        compared(list(lines.values())),
    ]


def _apart(by_seed: pd.DataFrame) -> str:
    """Say how far the errors of trainings lie apart that differ in nothing but their seed."""
    ratios = by_seed.pivot_table("ratio", "measure", "seed").dropna()
    if ratios.shape[1] < 2:
        return "Another seed may give another result."
    times = ratios.max(axis=1) / ratios.min(axis=1)
    return (
        f"The largest of the {ratios.shape[1]} errors is {number(times.median(), '.1f')} times the "
        "smallest (median of the measures), so that a single training says little."
    )


RESULT = Result(file="rock_in_three_planes.json", notebook="15_three_planes", code=goal_table)
