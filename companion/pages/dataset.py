"""The page on a data set: what its splits hold, and what was found in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from companion.style import number
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.splits import folds, places, split_patches
from shalelib.metrics.baselines import nearest_slice
from shalelib.metrics.texture import correlation_coefficient, dark_phase
from shalelib.models.watch import DARK


def fold_table(patches: PairedSlices) -> pd.DataFrame:
    """Return how many of the real patches train, validate, test and are left out in each fold."""
    rows = []
    for place, fold in enumerate(folds()):
        data = split_patches(patches, fold=place)
        sizes = [len(split) for split in (data.train, data.validation, data.test)]
        rows.append(
            {
                "Fold": place,
                "Tested slices": ", ".join(map(str, fold.test)),
                **dict(zip(("Training", "Validation", "Test"), sizes, strict=True)),
                "Left out": len(patches) - sum(sizes),
            }
        )
    return pd.DataFrame(rows)


def split_table(dataset: Dataset) -> pd.DataFrame:
    """Return what each split of a data set holds."""
    rows = []
    for name, pairs in [
        ("training", dataset.train),
        ("validation", dataset.validation),
        ("test", dataset.test),
    ]:
        rows.append(
            {
                "Split": name,
                "Images": len(pairs),
                "Size [pixel]": f"{pairs.txm.shape[1]} × {pairs.txm.shape[2]}",
                "Slices": ", ".join(map(str, sorted(set(pairs.slice_index.tolist())))),
                "Inside the rock": f"{pairs.inside.mean():.1%}",
            }
        )
    return pd.DataFrame(rows)


def told_pixel(pixel_size: float) -> str:
    """Say how large a pixel is.

    Parameters
    ----------
    pixel_size : float
        [m]; NaN where it is not known.

    Examples
    --------
    >>> told_pixel(33.6e-9), told_pixel(float("nan"))
    ('One pixel is 33.6 nm.', 'The images do not say how large a pixel is.')
    """
    if np.isnan(pixel_size):
        return "The images do not say how large a pixel is."
    return f"One pixel is {pixel_size * 1e9:.1f} nm."


def slices_apart(dataset: Dataset) -> tuple[int, int]:
    """Return how many slices lie between a test slice and the nearest training slice.

    Returns
    -------
    tuple of int
        The least and the most of the test slices.
    """
    test, train = dataset.test.slice_index, dataset.train.slice_index
    apart = np.abs(test[:, None] - train[None, :]).min(axis=1)
    return int(apart.min()), int(apart.max())


def gapped(pairs: PairedSlices) -> int:
    """Count the images whose TXM lacks a third or more of the grey levels between its quartiles."""
    found = 0
    for txm, inside in zip(pairs.txm, pairs.inside, strict=True):
        low, high = np.quantile(txm[inside], (0.25, 0.75))
        levels = np.unique(txm[inside])
        held = np.count_nonzero((levels >= low) & (levels <= high))
        found += bool(held < 2 / 3 * (high - low + 1))
    return found


def findings(dataset: Dataset, *, acceptance: float) -> list[str]:
    """Say in sentences what a data set holds, what its TXM shows and what its split gives away.

    Parameters
    ----------
    dataset : Dataset
    acceptance : float
        Share of all places that hold a training patch.
    """
    train, test = dataset.train, dataset.test
    trained, validated, tested = (
        f"{len(pairs)}{unit[0]} from {len(set(pairs.slice_index.tolist()))}{unit[1]}"
        for pairs, unit in (
            (train, (" pairs of images", " slices")),
            (dataset.validation, ("", "")),
            (test, ("", "")),
        )
    )
    seen = correlation_coefficient(train.txm, train.sem, train.inside)
    dark = [number(_dark_share(pairs), ".3f") for pairs in (train, test)]
    near, far = slices_apart(dataset)
    _, covered = nearest_slice(test.inside, places(test), train.sem, train.inside, places(train))
    return [
        f"{trained} train the networks, {validated} validate them and {tested} test them. Of all "
        f"positions in the training images, {number(acceptance, '.0%')} are fit for a patch.",
        "In the training images, the grey levels of TXM and FIB-SEM have a correlation of "
        f"{number(seen, '.2f')}: pixel by pixel, a straight line from one to the other explains "
        f"{number(seen**2, '.0%')} of the variance.",
        f"In the lightly smoothed FIB-SEM, {dark[0]} of the rock in the training images and "
        f"{dark[1]} in the test images lies below grey level {number(DARK, '.0f')}.",
        f"A test slice is {near} to {far} slices from the nearest training slice, and "
        f"{number(float(covered.sum() / test.inside.sum()), '.0%')} of the tested rock lies at the "
        "same x-y as rock that is trained on.",
    ]


def _dark_share(pairs: PairedSlices) -> float:
    """Return the share of the rock that is dark in the lightly smoothed FIB-SEM."""
    dark = dark_phase(pairs.sem, threshold=DARK) & pairs.inside
    return float(dark.sum() / pairs.inside.sum())
