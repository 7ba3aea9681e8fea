"""The ledger of claims: sentences of the paper, each tested by one rule on what was computed.

A claim says that an *effect*, a number computed from cells of tables, lies in some range. Three
questions are asked of it, apart from one another: does it hold in the paper's own tables, on the
public patches, and against the digital shale's truth. Every verdict of the book comes from `judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import inf, nan
from typing import Any, Literal

import numpy as np

from companion.effects import (
    Effect,
    MissingCellError,
    NoTranslationError,
    Span,
    differences,
    least,
)
from companion.estimates import Estimate, Evidence, Question, estimate
from companion.published import COLUMNS, published_keys, published_row
from companion.quotes import SENTENCES
from companion.rows import ROWS, get_row
from shalelib.flow.gas import METHANE, METHANE_AS_STATED

QUESTIONS: dict[Question, str] = {
    "paper": "In the paper's own tables",
    "patches": "On the public patches",
    "shale": "Against the digital shale's truth",
}
Page = Literal["images", "volumes", "flow", "truth"]
Verdict = Literal[
    "holds",
    "does not hold",
    "undecided",
    "within rounding",
    "no verdict: this model does not translate",
    "no result",
    "not testable",
]
WITHHELD: Verdict = "no verdict: this model does not translate"
COUNTED: tuple[Verdict, ...] = ("holds", "does not hold", "undecided", "within rounding")
LEVEL = 0.05  # of a verdict, after the correction for several tests
GUESSES = tuple(row.key for row in ROWS if row.kind in ("trivial", "chance"))
"""Rows that know nothing of the image or nothing but its grey levels."""
DECIDING = ("laptop", "gpu", "paper")  # profiles whose trainings are long enough to mean anything


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One test of one sentence of the paper.

    Attributes
    ----------
    key : str
    page : str
        Whose page of the book it stands on.
    sentence : str
        Key in `companion.quotes.SENTENCES`. Claims of one sentence are one family of tests.
    quantity : str
        What the effect is, with its unit.
    effect : callable
        From a reading to the effect.
    low, high : float
        The sentence holds if the effect is between these.
    outside : bool
        It holds if the effect is *not* between these.
    chosen : bool
        The limits are our reading of words such as "significantly", and not the paper's.
    asks : tuple of str
        The questions that it can be asked.
    exact : bool
        One computation decides, as it is a matter of size and not of a small difference.
    p_value : bool
        The effect is the p-value of a test whose null hypothesis is the sentence.
    of_finding : bool
        The sentence is about what networks find, so that those that find nothing have no say; one
        about what their training costs is not.
    form : str
        Of the effect's numbers, as its page has it (`companion.style.number`).
    """

    key: str
    page: Page
    sentence: str
    quantity: str
    effect: Effect
    low: float = -inf
    high: float = inf
    outside: bool = False
    chosen: bool = False
    asks: tuple[Question, ...] = ("paper", "patches", "shale")
    exact: bool = False
    p_value: bool = False
    of_finding: bool = True
    form: str = ".2f"

    def __post_init__(self) -> None:
        if self.sentence not in SENTENCES:
            msg = f"claim {self.key}: no sentence is called {self.sentence!r}; add it to quotes.py"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The answer to one question about one claim.

    Attributes
    ----------
    estimate, low, high : float
        The effect and its 95% interval, or the limits that rounding leaves; NaN where unknown.
    basis : str
        What the interval is over.
    p_value : float
        Two-sided, corrected for all tests of the same sentence; NaN where nothing was tested.
    tests : int
        How many those are.
    verdict : Verdict
    missing : str
        What would be needed, if something was.
    refused : tuple of str
        Keys of the rows that were left out since they do not translate.
    """

    estimate: float = nan
    low: float = nan
    high: float = nan
    basis: str = ""
    p_value: float = nan
    tests: int = 0
    verdict: Verdict
    missing: str = ""
    refused: tuple[str, ...] = ()


Judgements = dict[str, Judgement]
"""Key of the claim -> its judgement."""


def judge(claims: Sequence[Claim], evidence: Evidence) -> Judgements:
    """Ask one question about claims: the one verdict function.

    A claim holds if its effect lies in its range and a two-sided test at 5% leaves no other
    choice, does not hold if it lies outside likewise, and is undecided otherwise. All tests of one
    sentence are corrected for one another by Holm's rule. What was not shown to translate
    (`translates`) is left out of an effect; with no row left there is no verdict. In the paper's
    tables nothing is uncertain but the last digit: what that decides is within rounding.

    Parameters
    ----------
    claims : sequence of Claim
        Of a sentence all or none, as the correction counts them.
    evidence : Evidence
        `paper_evidence()`, or from `companion.evidence.load_evidence`.
    """
    found: Judgements = {}
    admits = admit(evidence)
    tested: dict[str, list[tuple[Claim, Estimate, float, bool]]] = {}
    for claim in claims:
        told = _estimate(claim, evidence, admits)
        if isinstance(told, Judgement):
            found[claim.key] = told
            continue
        inside, outside = _p_values(claim, told)
        tested.setdefault(claim.sentence, []).append(
            (claim, told, min(inside, outside), inside < outside)
        )
    for family in tested.values():
        corrected = holm([p for _, _, p, _ in family])
        for (claim, told, _, inside), p in zip(family, corrected, strict=True):
            verdict: Verdict = "within rounding" if evidence.question == "paper" else "undecided"
            if p <= LEVEL:
                verdict = "holds" if inside else "does not hold"
            found[claim.key] = Judgement(
                estimate=told.value,
                low=told.low,
                high=told.high,
                basis=told.basis,
                p_value=p,
                tests=len(family),
                verdict=verdict,
                refused=told.refused,
            )
    return {claim.key: found[claim.key] for claim in claims}


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number, step by step from the least (Holm 1979).

    Examples
    --------
    >>> holm([0.02, 0.01, 0.5])
    [0.04, 0.03, 0.5]
    """
    corrected = [0.0] * len(p_values)
    reached = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        reached = max(reached, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = reached
    return corrected


def translates(evidence: Evidence, key: str) -> bool:
    """Say whether a row was shown to translate: the precondition of every verdict about it.

    It does where it `outdoes` every trivial and chance predictor: constant, affine map, everything
    low, a random mask of the true share, the nearest training slice. Rows without a network need no
    such proof, and no row of the paper's own tables can give it.
    """
    network = get_row(key).variant
    if network is None or evidence.question == "paper":
        return True
    return outdoes(evidence, network.name, GUESSES)


def outdoes(evidence: Evidence, row: str, rivals: Iterable[str]) -> bool:
    """Say whether a row is above all rivals there are by its Dice coefficient of low density.

    That phase is what the paper's volumes and flow are about.
    """
    pairs = [(row, rival) for rival in rivals if evidence.has("dice_low", rival)]
    if not pairs:
        return False
    above = differences("dice_low", pairs, least)
    try:
        told = estimate(above, evidence)
    except MissingCellError:
        return False
    return told is not None and 2 * told.at_most(0.0) <= LEVEL


def admit(evidence: Evidence) -> Callable[[str], bool]:
    """Return `translates` on one set of results, which finds each row's answer once."""
    return cache(partial(translates, evidence))


@cache
def paper_evidence() -> Evidence:
    """Return the cells of the paper's tables, in the book's names.

    Of three readings of STSIM it is the one that gives the paper's "No Model". With the cells
    stands what the paper's Knudsen numbers, which fit methane as it is, would be with the stated
    viscosity in pores of the same width.
    """
    cells: dict[tuple[str, str], Any] = {
        ("stsim_1" if name == "stsim" else name, key): Span(cell.low, cell.high)
        for table in COLUMNS
        for key in published_keys(table)
        for name, cell in published_row(key, table=table).items()
        if cell is not None
    }
    stated = METHANE_AS_STATED.mean_free_path / METHANE.mean_free_path
    numbers = [cells["kn", key] for key in published_keys(3)]
    low, high = (min(n.low for n in numbers), max(n.high for n in numbers))
    cells["kn_stated_viscosity", "truth"] = Span(float(low) * stated, float(high) * stated)
    return Evidence(question="paper", cells=cells)


def _estimate(
    claim: Claim, evidence: Evidence, admits: Callable[[str], bool]
) -> Estimate | Judgement:
    """Return a claim's effect, or the judgement where there is none to be had."""
    if evidence.question not in claim.asks:
        return Judgement(verdict="not testable")
    try:
        counts = admits if claim.of_finding else lambda _: True
        told = estimate(claim.effect, evidence, counts, exact=claim.exact or claim.p_value)
    except NoTranslationError:
        return Judgement(verdict=WITHHELD)
    except MissingCellError as error:
        return Judgement(verdict="no result", missing=error.cell)
    if told is None:
        return Judgement(verdict="no result", missing="a second training")
    if told.trained and evidence.profile not in DECIDING:
        return Judgement(verdict="no result", missing="longer training")
    return told


def _p_values(claim: Claim, told: Estimate) -> tuple[float, float]:
    """Return two-sided p-values: small where the sentence holds, small where it does not."""
    if claim.p_value:  # that a test is not significant shows nothing
        return 1.0, min(1.0, told.value)
    inside = 2 * max(told.at_most(claim.low), told.at_least(claim.high))
    outside = 2 * min(1 - told.at_most(claim.low), 1 - told.at_least(claim.high))
    inside, outside = min(1.0, inside), min(1.0, outside)
    return (outside, inside) if claim.outside else (inside, outside)
