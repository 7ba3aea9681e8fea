"""One replicate of one row: trained, translated and scored as on the page of Table 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from companion.datasets import load_dataset
from companion.evaluation import Evaluation, evaluate, open_evaluation
from companion.replicates import UNTRAINED, Replicate, label_of, replicate_stage, summary
from companion.run import open_run
from companion.trainings import train_row
from shalelib.arrays import Grey
from shalelib.data.pairs import Dataset
from shalelib.metrics.baselines import affine_prediction, constant_prediction
from shalelib.models.inference import predict
from shalelib.models.variants import get_variant


def replicate(profile: str, which: Replicate, row: str, *, results: str = "") -> dict[str, Any]:
    """Train and score one row of one replicate, or find that it was done.

    Parameters
    ----------
    profile : str
    which : Replicate
    row : str
        Of `companion.rows.by_importance`.
    results : str
        As for `companion.run.open_run`.

    Returns
    -------
    dict
        The record that `companion.replicates.read_replicates` reads. A training that is
        interrupted goes on from its last epoch.
    """
    place: dict[str, Any] = {"profile": profile, "results": results}
    run = open_run(dataset=which.dataset, seed=which.seed, fold=which.fold, **place)

    def compute(_: Path) -> dict[str, Any]:
        data = load_dataset(which.dataset, profile=profile, fold=which.fold)
        phases = open_run(dataset="phantom", seed=0, **place).folder
        evaluation = open_evaluation(data, run.profile.evaluation, profile=profile, phases=phases)
        about: dict[str, Any] = {"row": row, "label": label_of(row)}
        if row in UNTRAINED:
            predicted = _untrained(row, data, evaluation)
        else:
            training = train_row(run, data, get_variant(row), progress=False)
            predicted = predict(training.generator(), evaluation.test.txm)
            masked = predict(training.generator(), evaluation.test.txm, inference="as_published")
            about |= {
                "final": training.record["final"],
                "seconds": training.seconds,
                "as_published": _summary(masked, evaluation)["means"],
            }
        return about | _summary(predicted, evaluation)

    return run.store.done(f"replicates/{row}", compute, **replicate_stage(profile, which, row))


def _summary(predicted: Grey, evaluation: Evaluation) -> dict[str, Any]:
    scores = evaluate(evaluation, predicted)
    columns = {str(name): scores[name].astype(object).tolist() for name in scores}
    return summary(columns, evaluation.test.slice_index.tolist())


def _untrained(row: str, data: Dataset, evaluation: Evaluation) -> Grey:
    """Return what a predictor that needs no training makes of the test patches."""
    test, train = evaluation.test, data.train
    if row == "constant":
        return constant_prediction(test.inside, train.sem, train.inside)
    if row == "affine":
        return affine_prediction(test.txm, test.inside, train.txm, train.sem, train.inside)
    return test.txm
