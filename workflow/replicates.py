"""Train every row again: other seeds on the phantom, other folds of the real patches.

``replicates.py PROFILE [--jobs N] [--datasets NAME ...]``. One record for each row and replicate
goes to ``data/reference/replicates`` (see `companion.replicates`). What is done is not done
again. It may be stopped at any time (Ctrl-C, SIGTERM) and started again: finished records stay, and
a training that was cut goes on from its last checkpoint. The pixel classifiers of 03_phases must be
there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from companion.datasets import load_dataset
from companion.evaluation import (
    Evaluation,
    evaluate,
    open_evaluation,
    translate_patches,
)
from companion.profiles import get_profile
from companion.replicates import UNTRAINED, Replicate, config_hash, folder, planned
from companion.site import provenance
from shalelib.arrays import Grey
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.files import read_json, write_json
from shalelib.metrics.baselines import affine_prediction, constant_prediction
from shalelib.models.state import TrainingDivergedError
from shalelib.models.training import Trained, train
from shalelib.models.translate import load_generator
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS, Variant

ROOT = Path(__file__).resolve().parents[1]
DATASETS = ("phantom", "vaca-muerta-patches")
Task = tuple[str, Path, Replicate, str]


def rows(dataset: str) -> list[str]:
    """Return the names of the rows, those without training first."""
    trained = VARIANTS + ABLATION + (BEYOND if dataset == "phantom" else ())
    return [*UNTRAINED, *(row.name for row in trained)]


def variant_of(name: str) -> Variant | None:
    """Return the variant that a row trains; None for rows without training."""
    return next((row for row in VARIANTS + ABLATION + BEYOND if row.name == name), None)


def tasks(profile: str, results: Path, datasets: list[str]) -> list[Task]:
    """Return all (profile, results, replicate, row): whole replicates one after another."""
    plans = [list(planned(dataset)) for dataset in datasets]
    longest = max(map(len, plans))
    ordered = [plan[k] for k in range(longest) for plan in plans if k < len(plan)]
    return [(profile, results, rep, row) for rep in ordered for row in rows(rep.dataset)]


@lru_cache(maxsize=2)
def loaded(profile: str, results: Path, replicate: Replicate) -> tuple[Dataset, Evaluation]:
    """Load a replicate's data and test patches, once for all rows that a process works on."""
    data = load_dataset(replicate.dataset, profile=profile, fold=replicate.fold)
    phases = results / profile / "phantom" / "seed0"
    config = get_profile(profile).evaluation
    return data, open_evaluation(data, config, profile=profile, phases=phases)


def untrained(name: str, data: Dataset, evaluation: Evaluation) -> Grey:
    """Return what a predictor that is not trained makes of the test patches."""
    test, seen = evaluation.test, data.train
    if name == "no_model":
        return test.txm
    if name == "constant":
        return constant_prediction(test.inside, seen.sem, seen.inside)
    return affine_prediction(test.txm, test.inside, seen.txm, seen.sem, seen.inside)


def train_row(
    variant: Variant, data: Dataset, replicate: Replicate, profile: str, results: Path
) -> Trained:
    """Train a row, or find it finished; the book's own replicate where its pages put it."""
    place = results / profile / "replicates" / replicate.dataset / replicate.name
    if replicate == planned(replicate.dataset)[0]:
        place = results / profile / replicate.dataset / f"seed{replicate.seed}"
    config = get_profile(profile).train
    volume = data.txm_volume() if variant.needs_volume else None
    return train(
        PatchSampler(data.train, size=config.patch, volume=volume).draw_training,
        variant,
        config,
        seed=replicate.seed,
        data_hash=data.digest(volume=variant.needs_volume),
        folder=place / variant.name,
        progress=False,
    )


def summary(scores: pd.DataFrame, slice_index: np.ndarray) -> dict[str, Any]:
    """Return mean metrics, and those of every slice, with the number of patches behind them."""

    def plain(means: pd.Series) -> dict[str, float | None]:
        return {k: None if np.isnan(v) else round(float(v), 6) for k, v in means.items()}

    by_slice = scores.groupby(slice_index)
    return {
        "means": plain(scores.mean()),
        "slice_means": {str(k): plain(part.mean()) for k, part in by_slice},
        "slice_patches": {str(k): len(part) for k, part in by_slice},
    }


def make(task: Task) -> str:
    """Make one record, unless a current one is there; returns what was done."""
    profile, results, replicate, name = task
    path = folder(profile, replicate) / f"{name}.json"
    current = config_hash(profile, replicate.dataset)
    if path.is_file() and read_json(path)["config_hash"] == current:
        return f"{path.stem}: there"
    data, evaluation = loaded(profile, results, replicate)
    variant = variant_of(name)
    fold = replicate.fold if replicate.dataset == "vaca-muerta-patches" else None
    record: dict[str, Any] = {
        "row": name,
        "label": variant.label if variant else UNTRAINED[name],
        "profile": profile,
        "dataset": replicate.dataset,
        "replicate": replicate.name,
        "seed": replicate.seed,
        "fold": fold,
        "config_hash": current,
        "data_hash": data.digest(),
        "evaluation_hash": evaluation.key(get_profile(profile).evaluation),
        "date": datetime.now(UTC).date().isoformat(),
        "provenance": provenance.collect(profile=profile, dataset=replicate.dataset),
    }
    try:
        if variant is None:
            predicted = untrained(name, data, evaluation)
        else:
            trained = train_row(variant, data, replicate, profile, results)
            predicted = translate_patches(load_generator(trained.generator), evaluation.test)
            record |= {
                "final": {k: float(v) for k, v in trained.history.iloc[-1].items()},
                "seconds": trained.seconds,
                "device": trained.device,
            }
        record |= summary(evaluate(evaluation, predicted), evaluation.test.slice_index)
    except TrainingDivergedError as error:  # told in the record; the other rows go on
        record |= {"failed": str(error), "means": {}}
    write_json(path, record)
    return f"{replicate.dataset} {replicate.name} {name}"


def quiet_worker() -> None:
    """Leave Ctrl-C to the parent; one thread a process, since processes share the cores."""
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)


def stop(_signal: int, _frame: Any) -> None:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt


def main() -> None:
    """Work through all rows of all replicates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=DATASETS)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args()
    todo = tasks(get_profile(options.profile).name, options.results, options.datasets)
    signal.signal(signal.SIGTERM, stop)
    os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")  # forked workers would inherit busy threads
    with context.Pool(options.jobs, initializer=quiet_worker) as pool:
        try:
            done = pool.imap_unordered(make, todo)
            for said in tqdm(done, total=len(todo), desc="replicates", unit="row"):
                tqdm.write(said, file=sys.stderr)
        except KeyboardInterrupt:
            pool.terminate()
            print("Stopped. What is finished is kept; start again to go on.", file=sys.stderr)
            sys.exit(130)


if __name__ == "__main__":
    main()
