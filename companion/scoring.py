"""Scores of rows on the test patches, as Table 1 needs them: computed once for each row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.evaluation import Evaluation, evaluate
from companion.results import packed, unpacked
from companion.run import Run
from companion.trainings import Training
from shalelib.arrays import Grey
from shalelib.data.pairs import Dataset
from shalelib.metrics import baselines
from shalelib.models.inference import predict

PARTS = ("evaluated", "published")


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What one network's translations of the test patches are worth.

    Attributes
    ----------
    evaluated, published : DataFrame
        Every metric (columns) of every test patch (rows), see `companion.evaluation.evaluate`: in
        evaluation mode, and with dropout left on as the authors translate.
    jitter : float
        Mean absolute difference of two translations of one patch with dropout on [grey level].
    """

    evaluated: pd.DataFrame
    published: pd.DataFrame
    jitter: float


def score_network(run: Run, training: Training, evaluation: Evaluation) -> Scores:
    """Translate and score the test patches, or find that it was done.

    Parameters
    ----------
    run : Run
        Its store keeps the record ``scores/<row>``.
    training : Training
    evaluation : Evaluation
    """

    def compute(_: Path) -> dict[str, Any]:
        generator, txm = training.generator(), evaluation.test.txm
        first, second = (
            predict(generator, txm, inference="as_published", seed=seed) for seed in (1, 2)
        )
        return {
            "evaluated": packed(evaluate(evaluation, predict(generator, txm))),
            "published": packed(evaluate(evaluation, first)),
            "jitter": float(np.abs(first.astype(float) - second).mean()),
        }

    record = run.store.done(
        f"scores/{training.variant.name}",
        compute,
        code=[predict, evaluate],
        inputs=[training.record["key"], *_judge(evaluation)],
    )
    frames = {part: unpacked(record[part]) for part in PARTS}
    return Scores(**frames, jitter=record["jitter"])


def score_untrained(
    run: Run, row: str, predicted: Grey, evaluation: Evaluation, data: Dataset
) -> pd.DataFrame:
    """Score what a predictor of `shalelib.metrics.baselines` makes of the test patches, or find it.

    Parameters
    ----------
    run, evaluation
        As for `score_network`.
    row : str
        Names the record, ``scores/<row>``.
    predicted : (n, y, x) uint8 array
    data : Dataset
        The images from which it was predicted.
    """
    record = run.store.done(
        f"scores/{row}",
        lambda _: {"evaluated": packed(evaluate(evaluation, predicted))},
        code=[baselines, evaluate],
        inputs=[data.digest(), *_judge(evaluation)],
    )
    return unpacked(record["evaluated"])


def _judge(evaluation: Evaluation) -> list[Any]:
    """Return what scores depend on besides the network: images, true classes and the classifier.

    The classes that it sees in the FIB-SEM images follow from these.
    """
    test, classifier = evaluation.test, evaluation.classifier
    instrument = None if classifier is None else (classifier.config, classifier.forest)
    return [test.txm, test.sem, test.inside, evaluation.true_labels, instrument]
