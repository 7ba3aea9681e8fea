"""The 2-D evaluation behind Table 1: test patches, their phases and a translation's scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.datasets import load_rock
from companion.profiles import EvaluationConfig
from shalelib.arrays import Grey, Labels, digest
from shalelib.config import settings
from shalelib.data.pairs import Dataset
from shalelib.data.patches import Patches, PatchSampler
from shalelib.metrics import VERSION
from shalelib.metrics.table1 import score_patches, score_phases
from shalelib.metrics.texture import spectral_distance
from shalelib.models.networks import Generator
from shalelib.models.translate import translate
from shalelib.phantom.truth import true_patches
from shalelib.segmentation import Phase, PixelClassifier, classify, load_classifier

TEST_SEED = (0, 1)  # the test patches are the same whatever the seed of the training
PHASES = {"low": int(Phase.LOW), "medium": int(Phase.MEDIUM), "high": int(Phase.HIGH)}
CLASSIFIERS = {"vaca-muerta-patches": "classifier_real.npz", "phantom": "classifier.npz"}
"""What 03_phases writes; your own images have none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What translations are held against.

    Attributes
    ----------
    test : Patches
        Drawn from the held-out slices; with their neighbours where there is a TXM volume.
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

    def key(self, config: EvaluationConfig) -> str:
        """Hash of everything that scores depend on, besides the translation."""
        labels = [part for part in (self.sem_labels, self.true_labels) if part is not None]
        return digest(
            VERSION, settings(config), self.test.txm, self.test.sem, self.test.inside, *labels
        )


def open_evaluation(
    data: Dataset, config: EvaluationConfig, *, profile: str, phases: Path
) -> Evaluation:
    """Draw the test patches of a data set and classify their FIB-SEM images.

    Parameters
    ----------
    data : Dataset
    config : EvaluationConfig
    profile : str
        Size of the digital shale, for its true classes.
    phases : Path
        The results folder of 03_phases, which holds the classifiers.

    Raises
    ------
    FileNotFoundError
        The classifier was not trained.
    """
    phantom = data.name == "phantom"
    volume = data.txm_volume() if phantom else None
    sampler = PatchSampler(data.test, size=config.crop, volume=volume)
    test = sampler.draw(config.crops, rng=np.random.default_rng(TEST_SEED))
    if data.name not in CLASSIFIERS:
        return Evaluation(test=test)
    classifier = load_classifier(phases / CLASSIFIERS[data.name])
    truth = None
    if phantom:
        truth = true_patches(load_rock(profile), test)
    return Evaluation(
        test=test,
        classifier=classifier,
        sem_labels=classify(classifier, test.sem, inside=test.inside),
        true_labels=truth,
    )


def translate_patches(generator: Generator, test: Patches, **options: Any) -> Grey:
    """Translate test patches, with their neighbours for a generator that sees them.

    Parameters
    ----------
    generator : Generator
    test : Patches
    **options
        Of `shalelib.models.translate.translate`.

    Returns
    -------
    (n, y, x) uint8 array
    """
    seen = test.stack if generator.slices == 3 else test.txm
    if seen is None:
        msg = "the generator sees three slices, but the test patches come without neighbours"
        raise ValueError(msg)
    return translate(generator, seen, **options)


def evaluate(evaluation: Evaluation, predicted: Grey) -> pd.DataFrame:
    """Score translated test patches.

    Parameters
    ----------
    evaluation : Evaluation
    predicted : (n, y, x) uint8 array

    Returns
    -------
    DataFrame
        One row a patch: the metrics of `shalelib.metrics.table1.METRICS`, ``spectrum`` (NaN for
        patches not wholly inside the rock), and the Dice coefficient of each phase against the
        classified FIB-SEM image (``dice_low`` ...) and against the true classes
        (``dice_low_truth`` ...), where there are such (NaN for a phase in neither image).
    """
    test = evaluation.test
    scores = score_patches(predicted, test.sem)
    scores["spectrum"] = spectral_distance(predicted, test.sem)
    scores.loc[~test.inside.all(axis=(1, 2)), "spectrum"] = np.nan
    if evaluation.classifier is None:
        return scores
    labels = classify(evaluation.classifier, predicted, inside=test.inside)
    for suffix, truth in (("", evaluation.sem_labels), ("_truth", evaluation.true_labels)):
        if truth is not None:
            dice = score_phases(labels, truth, PHASES)
            scores = scores.join(dice.add_prefix("dice_").add_suffix(suffix))
    return scores


def change_along_z(volume: Grey) -> float:
    """Mean absolute difference of neighbouring slices.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    float
        [grey level a slice]

    Examples
    --------
    >>> change_along_z(np.array([[[0]], [[3]], [[2]]], np.uint8))
    2.0
    """
    return float(np.abs(np.diff(volume.astype(np.int16), axis=0)).mean())
