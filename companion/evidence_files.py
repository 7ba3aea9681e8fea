"""Reads the result files that the claims ledger rests on; those that are missing it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from companion.claim_effects import TRUTH
from companion.evidence import Cells, Evidence, cube_draws, slice_draws, training_cells
from companion.evidence_volumes import volume_cells
from companion.replicates import read_replicates
from companion.rows import get_row
from shalelib.files import read_json
from shalelib.models.variants import VARIANTS


def load_evidence(folder: Path, *, profile: str, dataset: str, resamples: int) -> Evidence:
    """Gather what the notebooks of one data set have found.

    Parameters
    ----------
    folder : Path
        ``results/<profile>/<dataset>/seed<seed>``.
    profile, dataset : str
        Whose replicates are read.
    resamples : int
        Draws behind an interval over images.
    """
    evidence = Evidence()
    _add_table_1(evidence, folder, resamples)
    _add_training(evidence, folder)
    _add_replicates(evidence, profile, dataset)
    if dataset == "phantom":
        _add_volumes(evidence, folder, resamples)
        _add_truth(evidence, folder)
        _add_flow(evidence, folder, resamples)
    return evidence


def _record(evidence: Evidence, path: Path, notebook: str) -> dict[str, Any] | None:
    text = f"{path.name} (notebook {notebook})"
    if path.is_file():
        evidence.read.append(text)
        return read_json(path)
    evidence.missing.append(text)
    return None


def _add_table_1(evidence: Evidence, folder: Path, resamples: int) -> None:
    record = _record(evidence, folder / "table1.json", "07_images")
    if record:
        per_patch = {get_row(key).label: scores for key, scores in record["per_patch"].items()}
        drawn = slice_draws(per_patch, record["slice_index"], resamples=resamples)
        evidence.add_draws(*drawn)


def _add_training(evidence: Evidence, folder: Path) -> None:
    """Add what each training cost."""
    records = {}
    for row in VARIANTS:
        path = folder / row.name / "train.json"
        if path.is_file():
            records[row.label] = read_json(path)
    if records:
        evidence.read.append(f"{len(records)} trainings (notebook 04_training)")
    if absent := len(VARIANTS) - len(records):
        evidence.missing.append(f"{absent} trainings (notebook 04_training)")
    evidence.cells |= training_cells(records)


def _add_replicates(evidence: Evidence, profile: str, dataset: str) -> None:
    """Add the same networks trained again: other seeds on the phantom, folds of the patches."""
    by_name: dict[str, Cells] = {}
    for record in read_replicates(profile, dataset):
        cells = by_name.setdefault(record["replicate"], {})
        means = {(k, record["label"]): v for k, v in record["means"].items() if v is not None}
        cells |= means
        if "final" in record:
            cells |= training_cells({record["label"]: record})
    evidence.replicates = list(by_name.values())
    evidence.over = "seeds" if dataset == "phantom" else "folds"
    if by_name:
        evidence.read.append(f"{len(by_name)} {evidence.over} (make replicates)")
    else:
        evidence.missing.append(f"{evidence.over} of this profile (make replicates)")


def _add_volumes(evidence: Evidence, folder: Path, resamples: int) -> None:
    if _record(evidence, folder / "table2.json", "08_volumes"):
        for cells, draws in volume_cells(folder, resamples=resamples):
            evidence.add_draws(cells, draws)


def _add_truth(evidence: Evidence, folder: Path) -> None:
    record = _record(evidence, folder / "truth.json", "12_truth")
    if record:
        for row in record["isotropy"]:
            name = f"isotropy of the {row['phase']}"
            worst = evidence.cells.get((name, TRUTH), 1.0)
            evidence.cells[name, TRUTH] = min(worst, row["p_value"])


def _add_flow(evidence: Evidence, folder: Path, resamples: int) -> None:
    """Add the flow through each model's pores and the true ones, with draws of the test volumes.

    What was solved in the central volume alone comes without draws.
    """
    record = _record(evidence, folder / "flow.json", "09_flow")
    if not record:
        return
    for row in record["table"]:
        cells = {(q, row["model"]): v for q, v in row.items() if isinstance(v, float)}
        evidence.cells |= cells
    evidence.add_draws(*cube_draws(record["volumes"], resamples=resamples))
