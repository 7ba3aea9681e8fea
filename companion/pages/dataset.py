"""The page on a data set: what its splits hold."""

from __future__ import annotations

import pandas as pd

from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.splits import folds, split_patches


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
