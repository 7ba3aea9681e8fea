"""Reads the result files that the claims ledger rests on; those that are missing it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shalelib.files import read_json
from shalelib.models.variants import VARIANTS
from shalelib.report.evidence import Evidence, slice_draws, training_cells


def load_evidence(folder: Path, replicates: Path, *, profile: str, resamples: int) -> Evidence:
    """Gather what the notebooks of one data set have found.

    Parameters
    ----------
    folder : Path
        ``results/<profile>/<dataset>/seed<seed>``.
    replicates : Path
        Where `make replicates` keeps its records.
    profile : str
        Replicates of other profiles are left out.
    resamples : int
        Draws behind an interval over images.
    """
    evidence = Evidence()
    _add_table_1(evidence, folder, resamples)
    _add_training(evidence, folder)
    return evidence


def _record(evidence: Evidence, path: Path, notebook: str) -> dict[str, Any] | None:
    text = f"{path.name} (notebook {notebook})"
    if path.is_file():
        evidence.read.append(text)
        return read_json(path)
    evidence.missing.append(text)
    return None


def _add_table_1(evidence: Evidence, folder: Path, resamples: int) -> None:
    record = _record(evidence, folder / "table1.json", "03_images")
    if record:
        cells, draws = slice_draws(record["per_patch"], record["slice_index"], resamples=resamples)
        evidence.add_draws(cells, draws)


def _add_training(evidence: Evidence, folder: Path) -> None:
    records = {}
    for row in VARIANTS:
        path = folder / row.name / "train.json"
        if path.is_file():
            records[row.label] = read_json(path)
    if records:
        evidence.read.append(f"{len(records)} trainings (notebook 02_train)")
    if absent := len(VARIANTS) - len(records):
        evidence.missing.append(f"{absent} trainings (notebook 02_train)")
    evidence.cells |= training_cells(records)
