"""The claims ledger: sentences of the paper, each tested on what was computed here.

A claim says that an *effect*, a number computed from cells of our tables, lies in some range. The
verdict compares an interval of the effect with that range; no verdict is written down anywhere.
The same effect of the paper's own cells tells whether the sentence holds in the paper's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np
from scipy import stats

from companion.evidence import Evidence, MissingCellError, Reading
from companion.published import COLUMNS, published_keys, published_row
from companion.rows import get_row
from shalelib.flow.gas import METHANE, METHANE_AS_STATED

Verdict = Literal[
    "reproduced", "not reproduced", "undecided at this profile", "not testable on these data"
]
Effect = Callable[[Reading], float]
DECIDING = ("laptop", "gpu", "paper")  # profiles whose trainings are long enough to mean anything


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One testable sentence of the paper.

    Attributes
    ----------
    key : str
    about : str
        The table or part of the paper.
    sentence : str
        The claim in our words.
    quantity : str
        What the effect is, with its unit.
    effect : callable
        From a reading to the effect.
    low, high : float
        The claim holds if the effect is between these.
    outside : bool
        The claim holds if the effect is *not* between these.
    chosen : bool
        The limits are our reading of words such as "significantly", and not the paper's.
    volume : bool
        It needs volumes, which the real patches are not.
    truth : bool
        It needs the true volume, so the paper could not test it.
    trained : bool
        It depends on trained networks.
    exact : bool
        One computation decides, as it is a matter of size and not of a small difference.
    timed : bool
        The effect is a processor time, which no two runs have in common.
    digits : int
        Decimals of the effect.
    """

    key: str
    about: str
    sentence: str
    quantity: str
    effect: Effect
    low: float = -inf
    high: float = inf
    outside: bool = False
    chosen: bool = False
    volume: bool = False
    truth: bool = False
    trained: bool = True
    exact: bool = False
    timed: bool = False
    digits: int = 2


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one data set says about one claim.

    Attributes
    ----------
    estimate, low, high : float
        The effect and its 95 % interval; NaN where there is none.
    basis : str
        What the interval is over.
    verdict : Verdict
    missing : str
        What would be needed, if something was.
    """

    estimate: float = nan
    low: float = nan
    high: float = nan
    basis: str = ""
    verdict: Verdict
    missing: str = ""


def judge(claim: Claim, evidence: Evidence, *, profile: str, volumes: bool = True) -> Judgement:
    """Judge a claim on one data set.

    Parameters
    ----------
    claim : Claim
    evidence : Evidence
    profile : str
        `smoke` decides nothing that depends on a training.
    volumes : bool
        Whether the data set has volumes.

    Returns
    -------
    Judgement
        Reproduced if the whole interval lies where the claim says, not reproduced if none of it
        does, undecided otherwise and where there is no interval.
    """
    if claim.volume and not volumes:
        return Judgement(verdict="not testable on these data", missing="a volume")
    try:
        estimate, low, high, basis = _interval(claim, evidence)
    except MissingCellError as error:
        return Judgement(verdict="undecided at this profile", missing=error.cell)
    verdict: Verdict = "undecided at this profile"
    missing = ""
    if claim.trained and profile not in DECIDING:
        missing = "longer training"
    elif np.isfinite([low, high]).all():
        verdict = _compare(claim, low, high)
    elif claim.exact:
        verdict = _compare(claim, estimate, estimate)
    else:
        missing = "a second training"
    return Judgement(
        estimate=estimate, low=low, high=high, basis=basis, verdict=verdict, missing=missing
    )


def _interval(claim: Claim, evidence: Evidence) -> tuple[float, float, float, str]:
    """Return estimate, limits and what they are over: replicates before draws before neither."""
    effects = _effects(claim, evidence.replicates)
    if claim.trained and len(effects) > 1:
        mean, spread = float(np.mean(effects)), float(np.std(effects, ddof=1))
        half = float(stats.t.ppf(0.975, len(effects) - 1)) * spread / len(effects) ** 0.5
        return mean, mean - half, mean + half, f"{len(effects)} {evidence.over}"
    estimate = claim.effect(Reading(evidence.cells))
    trainings = "one training, " if claim.trained else ""
    drawn = _effects(claim, evidence.draws)
    if len(drawn) > 1:
        low, high = np.quantile(drawn, [0.025, 0.975])
        drawn_from = "volumes" if claim.volume else "images"
        return estimate, float(low), float(high), f"{trainings}resampled {drawn_from}"
    return estimate, nan, nan, f"{trainings}no interval"


def _effects(claim: Claim, readings: Sequence[dict[tuple[str, str], float]]) -> list[float]:
    """Return the effect of each reading that has all the cells."""
    found = []
    for cells in readings:
        try:
            found.append(claim.effect(Reading(cells)))
        except MissingCellError:
            continue
    return found


def _compare(claim: Claim, low: float, high: float) -> Verdict:
    """Compare an interval with the claim's range; no change at all is no improvement.

    Examples
    --------
    >>> claim = Claim(key="a", about="", sentence="", quantity="", effect=lambda r: 0.0, low=0)
    >>> _compare(claim, 0.1, 0.3), _compare(claim, -2, -1), _compare(claim, -1, 1)
    ('reproduced', 'not reproduced', 'undecided at this profile')
    """
    if claim.outside:
        inside = high < claim.low or low > claim.high
        disjoint = claim.low <= low and high <= claim.high
    else:
        inside = claim.low < low and high < claim.high
        disjoint = high <= claim.low or low >= claim.high
    if inside:
        return "reproduced"
    return "not reproduced" if disjoint else "undecided at this profile"


def in_own_tables(claim: Claim) -> str:
    """Say whether a claim holds in the paper's own tables: yes, no, unknown or not in them."""
    if claim.truth:
        return "not in them"
    try:
        effect = claim.effect(Reading(published_cells()))
    except MissingCellError:
        return "unknown"
    return "yes" if _compare(claim, effect, effect) == "reproduced" else "no"


def published_cells() -> dict[tuple[str, str], float]:
    """Return the cells of the paper's tables, in our names.

    With them what its Knudsen numbers, which fit methane as it is, would be with the stated
    viscosity in pores of the same width.
    """
    cells = {
        (OURS.get(name, name), get_row(key).label): cell.value
        for table in COLUMNS
        for key in published_keys(table)
        for name, cell in published_row(key, table=table).items()
        if cell is not None
    }
    numbers = [cells["kn", get_row(key).label] for key in published_keys(3)]
    stated = METHANE_AS_STATED.mean_free_path / METHANE.mean_free_path
    cells["kn_stated_viscosity", "Truth"] = sum(numbers) / len(numbers) * stated
    return cells


OURS = {"stsim": "stsim_1"}  # of the three readings, the one that gives the paper's "No Model"
