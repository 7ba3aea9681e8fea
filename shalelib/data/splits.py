"""Splits of the real patches, by blocks of slices and by regions of the x-y plane.

The 100 patches come from 16 of the authors' 20 test slices and overlap heavily. Splitting them at
random would put the same pixels into training and test. `split_patches` tests whole blocks of
slices and leaves out every patch of a slice next to a tested or validated one. It still leaks rock:
the same grains continue through several slices, and most of the tested rock is seen at the same x-y
a few slices away (`shalelib.metrics.baselines.nearest_slice` measures what that is worth).
`split_by_region` tests a quadrant of the plane in all slices instead, and does not leak that way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from shalelib.arguments import check_kind, is_whole
from shalelib.data.fetch import positions
from shalelib.data.pairs import Dataset, PairedSlices

PIXEL_SIZE = 33.6e-9  # m
DEFAULT_FOLD = 2  # whose networks the book shows
REGIONS = 4  # quadrants of the x-y plane


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Slice numbers for testing and for validation; the others train, except their neighbours.

    Attributes
    ----------
    test, validation : tuple of int
        Numbers of the authors' test slices, 0 to 19.
    """

    test: tuple[int, ...]
    validation: tuple[int, ...]


def folds() -> tuple[Fold, ...]:
    """Return the fixed folds, which between them test each slice once."""
    source = files("shalelib.data") / "vaca_muerta_folds.json"
    rows = json.loads(source.read_text(encoding="utf-8"))["folds"]
    return tuple(Fold(test=tuple(row["test"]), validation=tuple(row["validation"])) for row in rows)


def split_patches(patches: PairedSlices, *, fold: int) -> Dataset:
    """Split the real patches by blocks of slices.

    Parameters
    ----------
    patches : PairedSlices
        All 100, from `shalelib.data.fetch.fetch_patches`.
    fold : int
        Number of the fold, from 0; see `folds`.

    Returns
    -------
    Dataset
        No training patch lies in a test or validation slice, or in a slice next to one; no
        validation patch lies in a test slice, or in a slice next to one.

    Raises
    ------
    TypeError
        `patches` is not a `PairedSlices`.
    ValueError
        There is no such fold.

    Notes
    -----
    The patches overlap heavily, and a random split would put the same pixels into training and
    test. Blocks of slices still leak rock: the same grains continue through several slices, and
    most of the tested rock is seen at the same x-y a few slices away
    (`shalelib.metrics.baselines.nearest_slice` measures what that is worth).
    """
    rows = folds()
    check_kind("patches", patches, PairedSlices, mend="take those of shalelib.data.fetch_patches")
    if not is_whole(fold) or not 0 <= fold < len(rows):
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


def places(pairs: PairedSlices) -> np.ndarray:
    """Return where the first pixel of each image lies in the frame that all slices share.

    Parameters
    ----------
    pairs : PairedSlices
        Real patches lie where they were registered; whole slices of other data at the origin.

    Returns
    -------
    (n, 3) int array
        Slice, row and column.
    """
    known = positions().set_index("patch")
    corner = np.zeros((len(pairs), 2), int)
    if set(pairs.names) <= set(known.index):
        corner = known.loc[list(pairs.names), ["row", "column"]].to_numpy()
    return np.column_stack([pairs.slice_index, corner])


def patch_places(pairs: PairedSlices, corner: np.ndarray) -> np.ndarray:
    """Return where patches cut from images lie, in the form of `places`.

    Parameters
    ----------
    pairs : PairedSlices
    corner : (n, 3) int array
        Image number, row and column of each patch's first pixel in its image.
    """
    return places(pairs)[corner[:, 0]] + np.pad(corner[:, 1:], ((0, 0), (1, 0)))


def split_by_region(patches: PairedSlices, *, region: int) -> Dataset:
    """Split the real patches by quadrants of the x-y plane, for comparison.

    Parameters
    ----------
    patches : PairedSlices
        All 100, from `shalelib.data.fetch.fetch_patches`.
    region : int
        Number of the quadrant, from 0.

    Returns
    -------
    Dataset
        Every patch whose middle lies in the quadrant is tested, whatever its slice. No other patch
        shares a pixel of the plane with a tested one, in any slice; those of the last two slices
        are for validation.

    Raises
    ------
    ValueError
        There is no such region.
    """
    if not 0 <= region < REGIONS:
        msg = f"region must be one of 0 to {REGIONS - 1}, got {region}"
        raise ValueError(msg)
    corner = places(patches)[:, 1:]
    edge = np.array(patches.txm.shape[1:])
    beyond = corner > np.median(corner, axis=0)
    tested = (beyond == [region // 2, region % 2]).all(axis=1)
    apart = (np.abs(corner[:, None] - corner[tested][None]) >= edge).any(axis=2).all(axis=1)
    last = patches.slice_index >= np.unique(patches.slice_index)[-2]
    return Dataset(
        name="vaca-muerta-patches",
        description=(
            f"real TXM / FIB-SEM patches of Vaca Muerta shale, region {region}: "
            f"{(apart & ~last).sum()} patches train, {tested.sum()} of one quadrant test"
        ),
        train=patches.take(apart & ~last),
        validation=patches.take(apart & last),
        test=patches.take(tested),
        pixel_size=PIXEL_SIZE,
    )


def _near(index: np.ndarray, slices: tuple[int, ...]) -> np.ndarray:
    """Return which entries of `index` are in `slices` or next to one of them."""
    distance = np.abs(index[:, None] - np.asarray(slices)[None, :])
    return distance.min(axis=1) <= 1
