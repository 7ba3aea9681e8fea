"""What our results say about the rows of the paper's tables, with all that is known of its spread.

`companion.claims` judges sentences of the paper on it. A *cell* is one quantity of one row,
such as ("psnr", "pix2pix (WGAN)"). A set of cells is one reading of the tables. Several readings
tell how far the numbers can be trusted:

- replicates: the same networks trained again with other seeds, or on other folds;
- draws: resampled slices or cubes of a single training, which do not say what another training
  would give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

Cells: TypeAlias = dict[tuple[str, str], float]
"""(quantity, row) -> value."""


class MissingCellError(KeyError):
    """A claim asks for a cell that no result has."""

    def __init__(self, quantity: str, row: str) -> None:
        super().__init__(f"{quantity} of {row}")
        self.cell = f"{quantity} of {row}"


class Reading:
    """Cells to look up; a missing one is an error that names it."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def __call__(self, quantity: str, row: str) -> float:
        """Return one cell."""
        value = self._cells.get((quantity, row))
        if value is None or not np.isfinite(value):
            raise MissingCellError(quantity, row)
        return value


@dataclass(kw_only=True)
class Evidence:
    """All readings for one data set.

    Attributes
    ----------
    cells : Cells
        The run that the pages of the book show.
    replicates : list of Cells
        One for each training of the networks.
    over : str
        What the replicates are, such as "seeds".
    draws : list of Cells
        Resampled slices and cubes of the one training.
    read, missing : list of str
        Results that were there and that were not, with the notebook that makes them.
    """

    cells: Cells = field(default_factory=dict)
    replicates: list[Cells] = field(default_factory=list)
    over: str = ""
    draws: list[Cells] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add_draws(self, cells: Cells, drawn: Sequence[Cells]) -> None:
        """Add cells with their draws, as many as there are already."""
        self.cells |= cells
        if not self.draws:
            self.draws = [{} for _ in drawn]
        for draw, more in zip(self.draws, drawn, strict=True):
            draw |= more


def slice_draws(
    per_patch: Mapping[str, Mapping[str, Sequence[float]]],
    slice_index: Sequence[int],
    *,
    resamples: int,
    seed: int = 0,
) -> tuple[Cells, list[Cells]]:
    """Return the means of every row and metric, and those of resampled slices.

    Parameters
    ----------
    per_patch : mapping of row to mapping of metric to values
        As ``table1.json`` holds them.
    slice_index : (n,) sequence of int
        The slice of each patch; whole slices are drawn, the same for all rows. A patch without a
        value (NaN) has no say in that metric.
    resamples, seed : int

    Returns
    -------
    Cells, list of Cells
        No draws where there is a single slice.
    """
    keys = [(name, row) for row, metrics in per_patch.items() for name in metrics]
    values = np.array([per_patch[row][name] for name, row in keys], float)  # (cells, patches)
    _, member = np.unique(slice_index, return_inverse=True)
    slices = int(member.max()) + 1
    held = np.isfinite(values)
    sums, counts = (
        np.stack([np.bincount(member, line, minlength=slices) for line in lines])
        for lines in (np.where(held, values, 0.0), held.astype(float))
    )
    with np.errstate(invalid="ignore"):  # a cell without any value is not finite, and so missing
        means = sums.sum(axis=1) / counts.sum(axis=1)
        cells = dict(zip(keys, means.tolist(), strict=True))
        if slices == 1:
            return cells, [{} for _ in range(resamples)]
        drawn = np.random.default_rng(seed).integers(slices, size=(resamples, slices))
        resampled = sums[:, drawn].sum(axis=2) / counts[:, drawn].sum(axis=2)
    return cells, [dict(zip(keys, column, strict=True)) for column in resampled.T.tolist()]


def cube_draws(
    scores: Mapping[str, Mapping[str, Sequence[float]]], *, resamples: int, seed: int = 0
) -> tuple[Cells, list[Cells]]:
    """Return the means of every row and measure over the test volumes, and over resampled ones.

    Parameters
    ----------
    scores : mapping of row to mapping of measure to values, one for each volume
        The same volumes are drawn for all rows.
    resamples, seed : int
    """
    keys = [(name, row) for row, measures in scores.items() for name in measures]
    values = np.array([scores[row][name] for name, row in keys], float)
    drawn = np.random.default_rng(seed).integers(values.shape[1], size=(resamples, values.shape[1]))
    means = values[:, drawn].mean(axis=2)
    cells = dict(zip(keys, values.mean(axis=1).tolist(), strict=True))
    return cells, [dict(zip(keys, column, strict=True)) for column in means.T.tolist()]


def training_cells(records: Mapping[str, Mapping[str, Any]]) -> Cells:
    """Return what each training cost: its processor seconds and final Jacobian norm.

    Parameters
    ----------
    records : mapping of row to the record that 04_training writes
    """
    cells: Cells = {}
    for row, record in records.items():
        cells["seconds", row] = float(record["seconds"])
        if (norm := record["final"].get("jacobian")) is not None:
            cells["jacobian", row] = float(norm)
    return cells
