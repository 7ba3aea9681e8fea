"""Cells of Table 2 and errors against the truth, with draws that all rows have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from companion.claim_effects import TRUTH
from companion.evidence import Cells, cube_draws
from companion.volume_measures import Measured, read_rows
from companion.volume_rows import FOLDER, volume_rows
from companion.volume_rows import TRUTH as TRUE_ROW
from companion.volume_tables import divergences

RANKED = "euler_xz_yz"  # the column of Table 2 whose order of the models is held against the truth
MODELS = "All models"

Drawn = tuple[Cells, list[Cells]]


def volume_cells(folder: Path, *, resamples: int) -> Iterator[Drawn]:
    """Yield cells and their draws: Table 2, the agreement of ranks, and the errors of the volumes.

    Parameters
    ----------
    folder : Path
        The results folder in which 08_volumes has measured its rows.
    resamples : int
        Draws of blocks of planes, and of volumes.
    """
    rows = [row for row in volume_rows(folder) if (folder / FOLDER / f"{row.name}.json").is_file()]
    measured = read_rows(tuple(rows), folder)
    by_label = {TRUTH if row == TRUE_ROW else row.label: measured[row.name] for row in rows}
    table = divergences(by_label, by_label[TRUTH], resamples=resamples)
    keys = [(column, label) for label, cells in table.items() for column in cells]
    found = [one for cells in table.values() for one in cells.values()]
    values = np.array([one.value for one in found])
    samples = np.stack([one.samples for one in found], axis=1)
    if not len(samples):  # a single block says nothing of the spread
        samples = np.full((resamples, len(values)), np.nan)
    yield _as_cells(keys, values), [_as_cells(keys, line) for line in samples]

    models = [row.label for row in rows if row.kind == "paper"]
    places = [keys.index((RANKED, label)) for label in models]
    error = [1 - by_label[label].scores["dice_true"].mean() for label in models]
    yield _agreement(values[places], error), [_agreement(line[places], error) for line in samples]

    cells, draws = cube_draws(_scores(by_label), resamples=resamples)
    yield _errors(cells), [_errors(drawn) for drawn in draws]


def _as_cells(keys: Sequence[tuple[str, str]], values: NDArray[np.float64]) -> Cells:
    return dict(zip(keys, values.tolist(), strict=True))


def _agreement(divergence: NDArray[np.float64], error: Sequence[float]) -> Cells:
    """Return Kendall's rank correlation of a divergence with the true error."""
    return {(f"kendall_{RANKED}", MODELS): float(kendalltau(divergence, error).statistic)}


def _scores(measured: Mapping[str, Measured]) -> dict[str, dict[str, list[float]]]:
    return {label: {"jump": one.scores["jump"].tolist()} for label, one in measured.items()}


def _errors(cells: Cells) -> Cells:
    """Return how far the mean change from slice to slice is from the true one [grey level]."""
    true = cells["jump", TRUTH]
    return {("jump_error", label): abs(value - true) for (_, label), value in cells.items()}
