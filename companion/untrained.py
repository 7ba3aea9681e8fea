"""The rows of Table 1 that need no training, on all of the real rock and under two splits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from companion.evaluation import Evaluation, evaluate, evaluate_phases, real_classifier
from companion.rows import AFFINE, ALL_LOW, CONSTANT, NEAREST, NO_MODEL, RANDOM_LOW
from companion.run import Run
from shalelib.arrays import Phase
from shalelib.data.fetch import fetch_patches
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.patches import tiles
from shalelib.data.splits import (
    REGIONS,
    folds,
    patch_places,
    places,
    split_by_region,
    split_patches,
)
from shalelib.metrics.baselines import (
    affine_prediction,
    constant_prediction,
    everywhere,
    nearest_slice,
    random_mask,
)
from shalelib.segmentation import ClassifierConfig, classify

EVERY = 2  # patches overlap, so that every second holds nearly all of the rock
TILES = 200  # about as many as those hold


def splits(patches: PairedSlices) -> dict[str, list[Dataset]]:
    """Return all splits of the real patches: by slices, and by region for comparison."""
    return {
        "slices": [split_patches(patches, fold=fold) for fold in range(len(folds()))],
        "region": [split_by_region(patches, region=region) for region in range(REGIONS)],
    }


def score_split(
    data: Dataset, kept: Collection[str], *, size: int, config: ClassifierConfig
) -> tuple[dict[str, pd.DataFrame], np.ndarray, np.ndarray]:
    """Score the rows that need no training on the tiles of a split's test patches.

    Parameters
    ----------
    data : Dataset
        A split of the real patches.
    kept : collection of str
        Names of the patches whose tiles count.
    size : int
        Edge of a tile [pixel].
    config : ClassifierConfig
        Of the pixel classifier, which learns from rock that is not tested.

    Returns
    -------
    scores : dict of row key to DataFrame
    slice_index : (n,) int array
    covered : (n,) float array
        Share of each tile's rock that is in training at the same x-y of another slice.
    """
    train = data.train
    tested = data.test.take(np.isin(data.test.names, list(kept)))
    test = tiles(tested, size=size)
    classifier = real_classifier(data.test, config=config)
    labels = classify(classifier, test.sem, inside=test.inside)
    evaluation = Evaluation(test=test, classifier=classifier, sem_labels=labels)
    place = patch_places(tested, test.corner)
    copied, covered = nearest_slice(test.inside, place, train.sem, train.inside, places(train))
    images = {
        NO_MODEL.key: test.txm,
        CONSTANT.key: constant_prediction(test.inside, train.sem, train.inside),
        AFFINE.key: affine_prediction(test.txm, test.inside, train.txm, train.sem, train.inside),
        NEAREST.key: copied,
    }
    share = float((labels == Phase.LOW).sum() / test.inside.sum())
    guesses = {
        ALL_LOW.key: everywhere(Phase.LOW, test.inside),
        RANDOM_LOW.key: random_mask(Phase.LOW, test.inside, share=share),
    }
    scores = {key: evaluate(evaluation, image) for key, image in images.items()}
    scores |= {key: evaluate_phases(evaluation, guess) for key, guess in guesses.items()}
    return scores, test.slice_index, covered.sum(axis=(1, 2)) / test.inside.sum(axis=(1, 2))


def score_all(
    patches: PairedSlices, *, every: int, size: int, config: ClassifierConfig
) -> dict[str, Any]:
    """Score the rows that need no training on all of the rock, once for each way to split it.

    Parameters
    ----------
    patches : PairedSlices
        All real patches.
    every : int
        One of how many is cut into tiles.
    size : int
        Edge of a tile [pixel].
    config : ClassifierConfig

    Returns
    -------
    dict
        For each way (``slices``, ``region``) ``per_patch`` (row to metric to values, None where
        there is none), ``slice_index``, ``split`` and ``covered`` of every tile.
    """
    kept = set(patches.names[::every])
    record: dict[str, Any] = {}
    for way, datasets in splits(patches).items():
        parts = {
            k: score_split(data, kept, size=size, config=config)
            for k, data in enumerate(datasets)
            if kept & set(data.test.names)
        }
        joined = {
            key: pd.concat([scores[key] for scores, *_ in parts.values()])
            for key in next(iter(parts.values()))[0]
        }
        record[way] = {
            "per_patch": {
                key: {name: _plain(frame[name]) for name in frame} for key, frame in joined.items()
            },
            "slice_index": np.concatenate([part[1] for part in parts.values()]).tolist(),
            "split": [k for k, part in parts.items() for _ in part[1]],
            "covered": np.concatenate([part[2] for part in parts.values()]).tolist(),
        }
    return record


def _plain(values: pd.Series[float]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 6) for value in values]


def all_rock(run: Run) -> dict[str, Any]:
    """Return `score_all` at a run's profile, from the store."""
    patches = fetch_patches()
    size, forest = run.profile.evaluation.crop, run.profile.forest
    every = max(EVERY, TILES // run.profile.evaluation.crops)
    config = ClassifierConfig(n_trees=forest.trees, max_pixels=forest.pixels)
    return run.store.done(
        "untrained",
        lambda _: score_all(patches, every=every, size=size, config=config),
        code=score_all,
        inputs={
            "patches": patches.digest(),
            "every": every,
            "size": size,
            "classifier": config,
        },
    )
