"""Joins generator, classifier and metrics: the test patches behind Table 1 and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from companion.datasets import load_rock
from companion.profiles import EvaluationConfig, get_profile
from shalelib.arrays import Grey, Labels
from shalelib.data.fetch import fetch_patches
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.patches import Patches, PatchSampler
from shalelib.data.splits import places
from shalelib.metrics.table1 import score_patches
from shalelib.phantom.truth import true_patches
from shalelib.segmentation import (
    UNLABELLED,
    ClassifierConfig,
    PixelClassifier,
    classify,
    load_classifier,
    polygon_labels,
    train_classifier,
)

TEST_SEED = (0, 1)  # the test patches are the same whatever the seed of the training
CLASSIFIER = "classifier.npz"  # of the digital shale, as 03_phases writes it


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What translations are held against.

    Attributes
    ----------
    test : Patches
        Drawn from the held-out slices.
    classifier : PixelClassifier or None
        None for data without one: the Dice coefficients are then left out.
    sem_labels : (n, y, x) uint8 array or None
        The true FIB-SEM patches, classified.
    true_labels : (n, y, x) uint8 array or None
        The true classes: the digital shale's alone.
    """

    test: Patches
    classifier: PixelClassifier | None = None
    sem_labels: Labels | None = None
    true_labels: Labels | None = None


def load_phases(folder: Path) -> PixelClassifier:
    """Load the digital shale's pixel classifier from a folder of results.

    Raises
    ------
    FileNotFoundError
        It was not trained; the message names the notebook that does.
    """
    try:
        return load_classifier(folder / CLASSIFIER)
    except FileNotFoundError as error:
        msg = (
            f"there is no {folder / CLASSIFIER}; run notebooks/03_phases.py with the same "
            "parameters first"
        )
        raise FileNotFoundError(msg) from error


def open_evaluation(
    data: Dataset, config: EvaluationConfig, *, profile: str, phases: Path
) -> Evaluation:
    """Draw the test patches of a data set and classify their FIB-SEM images.

    The classifier of the real patches is trained here, on rock that is not tested; your own images
    have none.

    Parameters
    ----------
    data : Dataset
    config : EvaluationConfig
    profile : str
        Size of the digital shale, for its true classes.
    phases : Path
        The results folder of 03_phases, which holds the digital shale's classifier.

    Raises
    ------
    FileNotFoundError
        The classifier was not trained.
    """
    phantom = data.name == "phantom"
    sampler = PatchSampler(data.test, size=config.crop)
    test = sampler.draw(config.crops, rng=np.random.default_rng(TEST_SEED))
    if data.name == "directory":
        return Evaluation(test=test)
    if phantom:
        classifier = load_phases(phases)
        truth = true_patches(load_rock(profile), test)
    else:
        forest = get_profile(profile).forest
        classes = ClassifierConfig(n_trees=forest.trees, max_pixels=forest.pixels)
        classifier, truth = real_classifier(data.test, config=classes), None
    return Evaluation(
        test=test,
        classifier=classifier,
        sem_labels=classify(classifier, test.sem, inside=test.inside),
        true_labels=truth,
    )


def evaluate(evaluation: Evaluation, predicted: Grey) -> pd.DataFrame:
    """Classify translated test patches and score them by every metric of Table 1.

    Parameters
    ----------
    evaluation : Evaluation
    predicted : (n, y, x) uint8 array

    Returns
    -------
    DataFrame
        One row a patch, see `shalelib.metrics.table1.score_patches`.
    """
    test, classifier = evaluation.test, evaluation.classifier
    labels = None if classifier is None else classify(classifier, predicted, inside=test.inside)
    return score_patches(
        predicted,
        test.sem,
        inside=test.inside,
        predicted_phases=labels,
        true_phases=evaluation.sem_labels,
        true_classes=evaluation.true_labels,
    )


def evaluate_phases(evaluation: Evaluation, labels: Labels) -> pd.DataFrame:
    """Score phases that were predicted without an image, as `evaluate` does."""
    return score_patches(
        None,
        evaluation.test.sem,
        predicted_phases=labels,
        true_phases=evaluation.sem_labels,
        true_classes=evaluation.true_labels,
    )


def real_classifier(tested: PairedSlices, *, config: ClassifierConfig) -> PixelClassifier:
    """Train the pixel classifier of the real patches on rock that is not to be judged.

    Parameters
    ----------
    tested : PairedSlices
        Real patches; it learns from outlined patches that share no pixel with any of them, so that
        of a fold's test slices it sees none.
    config : ClassifierConfig

    Raises
    ------
    ValueError
        No outlined patch is left.
    """
    patches = fetch_patches()
    labels = polygon_labels(patches.names, patches.sem.shape[1:])
    here, there = places(patches), places(tested)
    apart = np.abs(here[:, None] - there[None]) >= (1, *patches.sem.shape[1:])
    seen = (labels != UNLABELLED).any(axis=(1, 2)) & apart.any(axis=2).all(axis=1)
    if not seen.any():
        msg = "every outlined patch shares pixels with a tested one; test fewer patches"
        raise ValueError(msg)
    return train_classifier(patches.sem[seen], labels[seen], config=config)
