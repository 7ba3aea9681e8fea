"""What an effect is on a set of results, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isinf, nan
from typing import Any, Literal

import numpy as np
from scipy import stats

from companion.effects import Cells, Effect, MissingCellError, Reading, Span, limits_of
from companion.rows import get_row

Question = Literal["paper", "patches", "shale"]


@dataclass(kw_only=True)
class Evidence:
    """All that is known of one data set's tables.

    Attributes
    ----------
    question : str
        Which question it answers: ``paper``, ``patches`` or ``shale``.
    profile : str
    cells : mapping of (quantity, row key) to float or Span
        The run that the pages of the book show.
    replicates : list of Cells
        One for each training of the networks.
    over : str
        What the replicates are: ``seeds``, or ``folds``, of which untrained rows have as many.
    draws : list of Cells
        Resampled slices and cubes of the one training.
    rock : mapping of (quantity, row key) to float
        Rows that need no training, on all of the real rock: over all folds.
    rock_draws : list of Cells
        Their resampled slices.
    printed : mapping of (quantity, row key) to (value, low, high)
        What Table 1 prints, over all folds where there are such, and Table 3.
    read, missing : list of str
        Results that were there and that were not, with the notebook that makes them.
    """

    question: Question = "shale"
    profile: str = "laptop"
    cells: Mapping[tuple[str, str], float | Span] = field(default_factory=dict)
    replicates: list[Cells] = field(default_factory=list)
    over: str = ""
    draws: list[Cells] = field(default_factory=list)
    rock: Cells = field(default_factory=dict)
    rock_draws: list[Cells] = field(default_factory=list)
    printed: dict[tuple[str, str], tuple[float, float, float]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def has(self, quantity: str, row: str) -> bool:
        """Say whether a cell is known, of the run, of all the rock or of a replicate."""
        return any((quantity, row) in one for one in (self.cells, self.rock, *self.replicates))

    def add_draws(self, cells: Cells, drawn: Sequence[Cells]) -> None:
        """Add cells with their draws, as many as there are already, or with none."""
        self.cells = dict(self.cells) | cells
        if not drawn:
            return
        if not self.draws:
            self.draws = [{} for _ in drawn]
        for draw, more in zip(self.draws, drawn, strict=True):
            draw |= more


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An effect, its 95% interval, and where it may lie.

    Attributes
    ----------
    value, low, high : float
        NaN limits where there is no interval.
    basis : str
        What the interval is over.
    at_most, at_least : callable
        From a limit to the one-sided p-value of the effect being at most, or at least, that.
    trained : bool
        Whether a network has a part in it.
    refused : tuple of str
        Rows that were left out.
    """

    value: float
    low: float = nan
    high: float = nan
    basis: str = ""
    at_most: Callable[[float], float]
    at_least: Callable[[float], float]
    trained: bool = False
    refused: tuple[str, ...] = ()


def estimate(
    effect: Effect,
    evidence: Evidence,
    admits: Callable[[str], bool] = lambda _: True,
    *,
    exact: bool = False,
) -> Estimate | None:
    """Estimate an effect: over trainings where there are several, else over images or volumes.

    What needs no training is taken from all of the real rock, where that is known; else folds are
    replicates of it too, and seeds are not.

    Parameters
    ----------
    effect : callable
    evidence : Evidence
    admits : callable
        Whether a row counts.
    exact : bool
        A single number without an interval is enough.

    Returns
    -------
    Estimate or None
        None where there is a single number, and that is not enough.

    Raises
    ------
    MissingCellError, NoTranslationError
        The effect cannot be computed.
    """
    drawn, reading = _effects(effect, evidence.rock_draws, admits)
    if len(drawn) > 1:
        whole = float(effect(Reading(evidence.rock, admits)).low)
        return _drawn(whole, drawn, basis="all folds, resampled images")
    effects, reading = _effects(effect, evidence.replicates, admits)
    if len(effects) < 2 or (evidence.over != "folds" and not _trained(reading)):
        effects = []
        reading = Reading(evidence.cells, admits)
        span = effect(reading)
    about = {"trained": _trained(reading), "refused": tuple(sorted(reading.refused))}
    one = "one training, " if about["trained"] else ""
    if effects:
        basis = f"{len(effects)} {evidence.over}"
        return _student(effects, limits=_limits(reading), basis=basis, **about)
    drawn, _ = _effects(effect, evidence.draws, admits)
    if evidence.question == "paper":
        return _printed(span, basis="rounding", **about)
    if len(drawn) > 1:
        return _drawn(float(span.low), drawn, basis=f"{one}resampled images or volumes", **about)
    if exact:
        return _printed(span, basis=f"{one}no interval", **about)
    return None


def _effects(
    effect: Effect, readings: Sequence[Cells], admits: Callable[[str], bool]
) -> tuple[list[float], Reading]:
    """Return the effect of each reading that has all the cells, and the last of those readings."""
    found, last = [], Reading({}, admits)
    for cells in readings:
        reading = Reading(cells, admits)
        try:
            found.append(float(effect(reading).low))
        except MissingCellError:
            continue
        last = reading
    return found, last


def _trained(reading: Reading) -> bool:
    return any(get_row(row).variant is not None for row in reading.rows)


def _limits(reading: Reading) -> tuple[float, float]:
    """Return the limits of an effect that is one cell, such as a Dice coefficient; else none."""
    quantities = [quantity for quantity, _ in reading.read]
    return limits_of(quantities[0]) if len(quantities) == 1 else (-inf, inf)


def _student(effects: Sequence[float], *, limits: tuple[float, float], **about: Any) -> Estimate:
    """Student's interval of a mean over trainings; without spread there is no doubt."""
    number, mean = len(effects), float(np.mean(effects))
    error = float(np.std(effects, ddof=1)) / number**0.5
    half = float(stats.t.ppf(0.975, number - 1)) * error

    def tail(distance: float) -> float:
        """Return the p-value of a mean that is `distance` or more inside a limit."""
        if error == 0 or isinf(distance):
            return 0.0 if distance > 0 else 1.0
        return float(stats.t.sf(distance / error, number - 1))

    return Estimate(
        value=mean,
        low=max(mean - half, limits[0]),
        high=min(mean + half, limits[1]),
        at_most=lambda limit: tail(mean - limit),
        at_least=lambda limit: tail(limit - mean),
        **about,
    )


def _drawn(value: float, drawn: Sequence[float], **about: Any) -> Estimate:
    """Percentile interval over resamples; no p-value is less than they can tell."""
    draws = np.asarray(drawn)
    least = 1 / (len(draws) + 1)

    def share(these: np.ndarray) -> float:
        return float(np.clip(these.mean(), least, 1 - least))

    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(
        value=value,
        low=float(low),
        high=float(high),
        at_most=lambda limit: share(draws <= limit),
        at_least=lambda limit: share(draws >= limit),
        **about,
    )


def _printed(span: Span, **about: Any) -> Estimate:
    """Return a number that lies between two limits and nowhere else."""

    def at_most(limit: float) -> float:
        return 0.0 if span.low > limit else (1.0 if span.high <= limit else 0.5)

    def at_least(limit: float) -> float:
        return 0.0 if span.high < limit else (1.0 if span.low >= limit else 0.5)

    low, high = float(span.low), float(span.high)
    same = low == high
    return Estimate(
        value=span.middle,
        low=nan if same else low,
        high=nan if same else high,
        at_most=at_most,
        at_least=at_least,
        **about,
    )
