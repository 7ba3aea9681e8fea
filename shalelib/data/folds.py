"""Leak-free splits of the real patches.

The 100 patches come from 16 of the authors' 20 test slices and overlap heavily. Splitting them at
random would put the same pixels into training and test. Here whole blocks of slices are tested,
and every patch of a slice next to a tested or validated one is left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from shalelib.data.pairs import Dataset, PairedSlices

PIXEL_SIZE = 33.6e-9  # m
DEFAULT_FOLD = 2  # whose results the book shows


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Slice numbers that are tested and validated on; the rest trains, less the neighbours."""

    test: tuple[int, ...]
    validation: tuple[int, ...]


def folds() -> tuple[Fold, ...]:
    """Return the fixed folds; over all of them each slice is tested once."""
    source = files("shalelib.data") / "vaca_muerta_folds.json"
    rows = json.loads(source.read_text())["folds"]
    return tuple(Fold(test=tuple(row["test"]), validation=tuple(row["validation"])) for row in rows)


def split_patches(patches: PairedSlices, *, fold: int) -> Dataset:
    """Split the real patches by blocks of slices.

    Parameters
    ----------
    patches : PairedSlices
        All 100, from `shalelib.data.fetch.fetch_patches`.
    fold : int
        Number of the fold, from 0.

    Returns
    -------
    Dataset
        No training patch lies in, or in a slice next to, a tested or validated slice. Neither does
        a validation patch with respect to the tested slices.

    Raises
    ------
    ValueError
        There is no such fold.
    """
    rows = folds()
    if not 0 <= fold < len(rows):
        msg = f"fold must be one of 0 to {len(rows) - 1}, got {fold}"
        raise ValueError(msg)
    row = rows[fold]
    index = patches.slice_index
    tested = np.isin(index, row.test)
    validated = np.isin(index, row.validation) & ~_near(index, row.test)
    trained = ~_near(index, row.test) & ~_near(index, row.validation)
    left_out = ~(trained | validated | tested)
    return Dataset(
        name="vaca-muerta-patches",
        description=(
            f"real TXM / FIB-SEM patches of Vaca Muerta shale, fold {fold}: "
            f"{trained.sum()} patches train, {tested.sum()} of slices "
            f"{', '.join(map(str, row.test))} test, {left_out.sum()} between them are left out"
        ),
        train=patches.take(trained),
        validation=patches.take(validated),
        test=patches.take(tested),
        pixel_size=PIXEL_SIZE,
    )


def _near(index: np.ndarray, slices: tuple[int, ...]) -> np.ndarray:
    """Tell which entries of `index` are in `slices` or next to one of them."""
    distance = np.abs(index[:, None] - np.asarray(slices)[None, :])
    return distance.min(axis=1) <= 1
