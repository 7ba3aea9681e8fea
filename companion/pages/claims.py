"""The page *Claim by claim*: the ledger as tables, as records, and as the headline of the book."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.claims import CLAIMS
from companion.effects import NoTranslationError, value
from companion.estimates import Evidence, Question
from companion.estimates import estimate as estimate_effect
from companion.evidence import load_evidence
from companion.ledger import (
    COUNTED,
    QUESTIONS,
    WITHHELD,
    Claim,
    Judgement,
    Judgements,
    admit,
    judge,
    paper_evidence,
)
from companion.published import published_column
from companion.quotes import SENTENCES
from companion.rows import get_row
from companion.run import Run
from companion.site.display import show_table
from companion.site.told import told
from companion.style import DASH, estimate, number

Ledger = Mapping[Question, Judgements]
Results = Mapping[Question, Evidence]
UNTESTED = "cannot be tested"
"""What is neither a verdict nor withheld: there is nothing to test it on, or no result yet."""


def gather(run: Run, *, pages: Collection[str]) -> Results:
    """Gather the evidence for all three questions.

    Parameters
    ----------
    run : Run
        Of the digital shale; the public patches are read beside it, of the same profile and seed.
    pages : collection of str
        Whose results are read; see `companion.evidence.load_evidence`.
    """
    return {
        "paper": paper_evidence(),
        "patches": load_evidence(run, dataset="vaca-muerta-patches", pages=pages),
        "shale": load_evidence(run, dataset="phantom", pages=pages),
    }


def open_ledger(results: Results) -> Ledger:
    """Ask all questions about all claims."""
    return {question: judge(CLAIMS, evidence) for question, evidence in results.items()}


def claim_table(claims: Sequence[Claim], ledger: Ledger) -> pd.DataFrame:
    """Lay claims out for reading: the sentence, what is tested, and a verdict for each question.

    A dagger marks an interval that rests on one training, a star a limit that we chose.
    """
    rows = []
    for claim in claims:
        sentence = SENTENCES[claim.sentence]
        row = {
            "The paper": f"“{sentence.text}”\n({sentence.where})",
            "Tested": f"{claim.quantity}\n{condition(claim)}",
        }
        for question, judgements in ledger.items():
            judgement = judgements[claim.key]
            found = estimate_text(judgement, claim.form)
            verdict = told(judgement.verdict, f"verdict/{claim.key}/{question}")
            row[QUESTIONS[question]] = "\n".join(filter(None, (verdict, found)))
        rows.append(row)
    repeated = pd.DataFrame(rows)
    same = repeated["The paper"] == repeated["The paper"].shift()
    return repeated.assign(**{"The paper": repeated["The paper"].where(~same, "″")})


def show_claims(
    claims: Sequence[Claim],
    ledger: Ledger,
    *,
    name: str,
    caption: str,
    profile: str,
    csv: Path | None = None,
) -> None:
    """Show claims as a table that offers the CSV of them all."""
    caption = f"{caption} (profile {profile})."
    show_table(claim_table(claims, ledger), name=name, caption=caption, csv=csv)


def condition(claim: Claim) -> str:
    """Say when a claim holds; a range with a star is our reading of the paper's words.

    That a test finds no difference shows nothing.
    """
    if claim.p_value:
        return f"does not hold if below {number(claim.low, '.4g')}"
    return f"holds if {_range(claim)}"


def _range(claim: Claim) -> str:
    star = "*" if claim.chosen else ""
    low, high = number(claim.low, ".4g"), number(claim.high, ".4g")
    if claim.outside:
        return f"not {low} to {high}{star}"
    if np.isinf(claim.low):
        return f"below {high}{star}"
    if np.isinf(claim.high):
        return f"above {low}{star}"
    return f"{low} to {high}{star}"


def estimate_text(judgement: Judgement, form: str) -> str:
    """Write an estimate with its interval and, of several tests, the corrected p-value."""
    if not np.isfinite(judgement.estimate):
        return ""
    text = estimate(judgement.estimate, judgement.low, judgement.high, form)
    dagger = " †" if judgement.basis.startswith("one training") else ""
    left_out = ", ".join(get_row(row).label for row in judgement.refused)
    return f"{text}{dagger}" + (f"\nwithout {left_out}" if left_out else "")


def verdict_counts(ledger: Ledger) -> pd.DataFrame:
    """Count what became of the claims, a column a question: each column adds up to all of them."""
    shown = (*COUNTED, WITHHELD, UNTESTED)
    columns = {}
    for question, judgements in ledger.items():
        verdicts = [one.verdict for one in judgements.values()]
        named = [verdict if verdict in shown else UNTESTED for verdict in verdicts]
        columns[QUESTIONS[question]] = [named.count(verdict) for verdict in shown]
    return pd.DataFrame({"Verdict": shown} | columns)


def claim_records(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the ledger as plain records, one for each claim and question, for JSON and CSV."""
    return [
        {
            "key": claim.key,
            "page": claim.page,
            "sentence": SENTENCES[claim.sentence].text,
            "where": SENTENCES[claim.sentence].where,
            "quantity": claim.quantity,
            "condition": condition(claim),
            "limit_chosen_here": claim.chosen,
            "question": QUESTIONS[question],
            "estimate": _or_none(judgement.estimate),
            "low": _or_none(judgement.low),
            "high": _or_none(judgement.high),
            "interval_over": judgement.basis,
            "p_value": _or_none(judgement.p_value),
            "tests": judgement.tests,
            "verdict": judgement.verdict,
            "missing": judgement.missing,
            "left_out": list(judgement.refused),
        }
        for claim in CLAIMS
        for question, judgement in ((q, judgements[claim.key]) for q, judgements in ledger.items())
    ]


def paper_findings() -> list[str]:
    """Say in words what the paper's own tables say, computed from their cells."""
    euler = published_column("euler_xz_yz", table=2)
    none = euler.pop("no_model")
    original, regularised = published_column("permeability_nd", table=3).values()
    widths = list(published_column("kn", table=3).values())
    psnr = published_column("psnr", table=1)
    best = max(psnr, key=lambda key: psnr[key])
    return [
        "Euler characteristic in x-z and y-z planes: the untranslated TXM has a divergence of "
        f"{number(none, '.2f')} nat; the networks, regularised and smoothed ones included, have "
        f"{number(min(euler.values()), '.2f')} to {number(max(euler.values()), '.2f')} nat. In the "
        "column for which the regulariser is praised, not translating is best by far.",
        f"Permeability: {number(original, '.3g')} nd without and {number(regularised, '.3g')} nd "
        f"with the regulariser, a factor of {number(original / regularised, '.1f')}, while the "
        f"Knudsen number falls from {number(widths[0], '.3f')} to {number(widths[1], '.3f')}, so "
        "the pores are wider.",
        f"The highest PSNR, that of {get_row(best).label}, is {number(psnr[best], '.2f')} dB; the "
        f"untranslated TXM has {number(psnr['no_model'], '.2f')} dB.",
    ]


SAID = {  # of one, of several
    "holds": ("holds", "hold"),
    "does not hold": ("does not hold", "do not hold"),
    "undecided": ("is undecided", "are undecided"),
    "within rounding": ("lies within rounding", "lie within rounding"),
}


def findings(ledger: Ledger) -> list[str]:
    """Say how many claims came out how, one sentence a question."""
    told = []
    for question, judgements in ledger.items():
        verdicts = [one.verdict for one in judgements.values()]
        found = {verdict: verdicts.count(verdict) for verdict in COUNTED}
        counts = [f"{many} {SAID[verdict][many > 1]}" for verdict, many in found.items() if many]
        refused = verdicts.count(WITHHELD)
        blind = f"; {refused} {'get' if refused > 1 else 'gets'} “{WITHHELD}”"
        left = len(verdicts) - sum(found.values()) - refused
        rest = f"; {left} cannot be tested there" if left else ""
        decided = ", ".join(counts) or "none is decided"
        told.append(
            f"{QUESTIONS[question]}: of {len(verdicts)} claims, {decided}"
            f"{blind if refused else ''}{rest}."
        )
    return told


HEADLINES = (
    # text, quantity, row, form of the number
    ("PSNR of the untranslated TXM [dB]", "psnr", "no_model", ".2f"),
    ("PSNR of an affine map of the TXM [dB]", "psnr", "affine", ".2f"),
    ("PSNR of pix2pix (WGAN) [dB]", "psnr", "pix2pix_wgan", ".2f"),
    ("STSIM-1 of the untranslated TXM", "stsim_1", "no_model", ".3f"),
    ("STSIM-1 of pix2pix (WGAN)", "stsim_1", "pix2pix_wgan", ".3f"),
    ("Permeability of the true pores, on a fine grid [nd]", "permeability_nd", "truth", "#.3g"),
    ("Permeability, SRGAN 4x [nd]", "permeability_nd", "srgan_4x_vanilla", "#.3g"),
    ("Permeability, regularised SRGAN 4x [nd]", "permeability_nd", "srgan_4x_vanilla_reg", "#.3g"),
)


def headline_table(results: Results, ledger: Ledger) -> pd.DataFrame:
    """Return the few numbers that stand on the front page: the paper's beside ours."""
    titles: dict[Question, str] = {
        "paper": "Paper",
        "patches": "Public patches",
        "shale": "Digital shale",
    }
    rows = []
    for text, quantity, key, form in HEADLINES:
        shown = {titles[q]: _shown(quantity, key, form, found) for q, found in results.items()}
        rows.append({"": text} | shown)
    for verdict in COUNTED:
        found = {q: [one.verdict for one in ledger[q].values()].count(verdict) for q in ledger}
        rows.append(
            {"": f"Claims: {verdict}"} | {titles[q]: str(count) for q, count in found.items()}
        )
    others = {
        titles[q]: str(sum(one.verdict not in COUNTED for one in found.values()))
        for q, found in ledger.items()
    }
    return pd.DataFrame([*rows, {"": "Claims without a verdict"} | others])


def _shown(quantity: str, key: str, form: str, evidence: Evidence) -> str:
    """Write a cell, as Table 1 or 3 prints it if one does; none of what does not translate."""
    printed = evidence.printed.get((quantity, key))
    if printed is None and not evidence.has(quantity, key):
        return DASH
    try:
        found = estimate_effect(value(quantity, (key,)), evidence, admit(evidence), exact=True)
    except NoTranslationError:
        return WITHHELD.replace(": ", ":\n")  # in a narrow cell
    if found is None:
        return DASH
    if evidence.question == "paper":
        return number(found.value, form.replace(".3f", ".2f"))  # as printed
    text = number(printed[0] if printed else found.value, form)
    return told(text, f"{quantity}/{key}/{evidence.question}") if printed else text


def missing_table(results: Results) -> pd.DataFrame:
    """Return for each data set which results were read and which were missing."""
    return pd.DataFrame(
        [
            {"Question": QUESTIONS[question], "Result": text, "Found": found}
            for question, evidence in results.items()
            if question != "paper"
            for found, texts in (("yes", evidence.read), ("no", evidence.missing))
            for text in texts
        ]
    )


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
