"""The claims ledger as tables and as a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from companion.claims import Claim, Judgement, Verdict, in_own_tables, published_cells
from companion.evidence import Cells, Evidence
from companion.site.display import show_table
from companion.style import estimate as write_estimate
from companion.style import number

Ledger = Mapping[str, Mapping[str, Judgement]]
"""Title of the data set -> key of the claim -> judgement."""


def claim_table(claims: Sequence[Claim], ledger: Ledger) -> pd.DataFrame:
    """Lay claims out for reading: for each data set the verdict, the estimate and its interval.

    A dagger marks an interval that rests on one training, a star a limit that we chose.
    """
    rows = []
    for claim in claims:
        row = {
            "Claim of the paper": f"{claim.sentence}\n{claim.quantity}",
            "Holds if": holds_if(claim),
        }
        for title, judgements in ledger.items():
            judgement = judgements[claim.key]
            found = estimate(judgement, claim.digits)
            row[title] = f"{judgement.verdict}\n{found}" if found else judgement.verdict
        row["In the paper's tables"] = in_own_tables(claim)
        rows.append(row)
    return pd.DataFrame(rows)


def show_claims(
    claims: Sequence[Claim],
    ledger: Ledger,
    *,
    name: str,
    caption: str,
    profile: str,
    csv: Path,
) -> None:
    """Show a group of claims as a table that offers the CSV of them all."""
    caption = f"{caption} (profile {profile})."
    show_table(claim_table(claims, ledger), name=name, caption=caption, csv=csv)


def holds_if(claim: Claim) -> str:
    """Write a claim's range in words; one with a star is our reading of the paper's words."""
    star = "*" if claim.chosen else ""
    low, high = (number(limit) for limit in (claim.low, claim.high))
    if claim.outside:
        return f"not {low}{star}" if low == high else f"not {low} to {high}{star}"
    if np.isinf(claim.low):
        return f"below {high}{star}"
    if np.isinf(claim.high):
        return f"above {low}{star}"
    return f"{low} to {high}{star}"


def estimate(judgement: Judgement, digits: int) -> str:
    """Write an estimate with its interval; nothing if there is no estimate.

    Examples
    --------
    >>> estimate(Judgement(estimate=-1, low=-2, high=0.5, verdict="reproduced"), 1)
    '−1.0 [−2.0, 0.5]'
    """
    if not np.isfinite(judgement.estimate):
        return ""
    text = write_estimate(judgement.estimate, judgement.low, judgement.high, f".{digits}f")
    return f"{text} †" if judgement.basis.startswith("one training") else text


def verdict_counts(ledger: Ledger) -> pd.DataFrame:
    """Count the verdicts of each data set."""
    return pd.DataFrame(
        [
            {"Verdict": verdict}
            | {
                title: sum(judgement.verdict == verdict for judgement in judgements.values())
                for title, judgements in ledger.items()
            }
            for verdict in get_args(Verdict)
        ]
    )


def claim_records(claims: Sequence[Claim], ledger: Ledger) -> list[dict[str, Any]]:
    """Return the ledger as plain records, one for each claim and data set, for JSON and CSV."""
    records = []
    for claim in claims:
        for title, judgements in ledger.items():
            judgement = judgements[claim.key]
            records.append(
                {
                    "key": claim.key,
                    "about": claim.about,
                    "claim": claim.sentence,
                    "quantity": claim.quantity,
                    "holds_if": holds_if(claim),
                    "limit_chosen_here": claim.chosen,
                    "data": title,
                    "estimate": _finite(judgement.estimate),
                    "low": _finite(judgement.low),
                    "high": _finite(judgement.high),
                    "interval_over": judgement.basis,
                    "verdict": judgement.verdict,
                    "missing": judgement.missing,
                    "in_own_tables": in_own_tables(claim),
                }
            )
    return records


def headline_table(evidence: Mapping[str, Evidence], ledger: Ledger) -> pd.DataFrame:
    """Return the few numbers that stand on the front page: the paper's beside ours.

    Parameters
    ----------
    evidence : mapping of title of the data set to Evidence
    ledger : Ledger
    """
    published = published_cells()
    rows = []
    for text, quantity, label, form in HEADLINES:
        row = {"": text, "Paper": _cell(published, quantity, label, form)}
        for title, found in evidence.items():
            row[title] = _cell(found.cells, quantity, label, form)
        rows.append(row)
    for count in verdict_counts(ledger).to_dict("records"):
        row = {"": f"Claims {count['Verdict']}", "Paper": ""}
        rows.append(row | {title: str(count[title]) for title in ledger})
    return pd.DataFrame(rows)


HEADLINES = (
    # text, quantity, row of the table, form of the number
    ("PSNR of the untranslated TXM [dB]", "psnr", "No Model", ".2f"),
    ("PSNR of an affine map of the TXM [dB]", "psnr", "Affine map of the TXM", ".2f"),
    ("PSNR of pix2pix (WGAN) [dB]", "psnr", "pix2pix (WGAN)", ".2f"),
    ("STSIM-1 of the untranslated TXM", "stsim_1", "No Model", ".2f"),
    ("STSIM-1 of pix2pix (WGAN)", "stsim_1", "pix2pix (WGAN)", ".2f"),
    ("Permeability of the true rock [nd]", "permeability_nd", "Truth", ".3g"),
    ("Permeability, SRGAN 4x [nd]", "permeability_nd", "SRGAN 4x (Vanilla)", ".3g"),
    (
        "Permeability, regularised SRGAN 4x [nd]",
        "permeability_nd",
        "Regularized SRGAN 4x (Vanilla)",
        ".3g",
    ),
)


def _cell(cells: Cells, quantity: str, label: str, form: str) -> str:
    value = cells.get((quantity, label))
    return number(value, form)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def missing_table(evidence: Mapping[str, Evidence]) -> pd.DataFrame:
    """Return for each data set which results were read and which were missing."""
    rows = []
    for title, found in evidence.items():
        rows += [{"Data": title, "Result": text, "Found": "yes"} for text in found.read]
        rows += [{"Data": title, "Result": text, "Found": "no"} for text in found.missing]
    return pd.DataFrame(rows)
