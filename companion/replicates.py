"""Replicates: the same networks trained again with other seeds, or on other folds.

Seeds and folds are places like any other: ``<dataset>/seed<seed>[/fold<fold>]``. A record for each
row and place, ``<place>/replicates/<row>``, lies among the results where this machine computed it
(`companion.replicating`), and in the manifest where it was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.evaluation import evaluate
from companion.profiles import get_profile
from companion.references import read_manifest
from companion.rows import ROWS
from shalelib.data.patches import PatchSampler
from shalelib.data.splits import DEFAULT_FOLD, folds
from shalelib.files import read_json
from shalelib.models.training import train
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS
from shalelib.store import Code, stage_key

SEEDS = (0, 1, 2)  # of the trainings on the phantom
TRIVIAL = {"constant": "Constant", "affine": "Affine map of the TXM"}
UNTRAINED = {"no_model": "No Model", **TRIVIAL}  # row name -> label
ORDER = (
    "No Model",
    *(row.label for row in VARIANTS + ABLATION + BEYOND),
    *TRIVIAL.values(),
)


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One seed on the phantom, or one fold of the real patches."""

    dataset: str
    seed: int = 0
    fold: int = DEFAULT_FOLD

    @property
    def name(self) -> str:
        """What the tables call it."""
        fold = f"-fold{self.fold}" if self.dataset == "vaca-muerta-patches" else ""
        return f"seed{self.seed}{fold}"

    @property
    def place(self) -> str:
        """Return its folder below the profile's."""
        fold = "" if self.fold == DEFAULT_FOLD else f"/fold{self.fold}"
        return f"{self.dataset}/seed{self.seed}{fold}"


def planned(dataset: str) -> tuple[Replicate, ...]:
    """Return the replicates of a data set, first the one that the book's pages show."""
    if dataset == "phantom":
        return tuple(Replicate(dataset=dataset, seed=seed) for seed in SEEDS)
    numbers = sorted(range(len(folds())), key=lambda fold: (fold != DEFAULT_FOLD, fold))
    return tuple(Replicate(dataset=dataset, fold=fold) for fold in numbers)


def replicate_stage(profile: str, replicate: Replicate, row: str) -> dict[str, Any]:
    """Return what a row's record depends on: its settings and all code that trains and scores it.

    ``code`` and ``inputs``, as `shalelib.store.stage_key` takes them.
    """
    sizes = get_profile(profile)
    settings: list[Any] = [sizes.train, sizes.evaluation, sizes.forest]
    if replicate.dataset == "phantom":
        settings += [sizes.phantom, sizes.acquisition, sizes.rock]
    trained: list[Code] = [train, PatchSampler.draw_training] if row not in UNTRAINED else []
    variants = [one for one in VARIANTS + ABLATION + BEYOND if one.name == row]
    return {"code": [evaluate, *trained], "inputs": [settings, variants, replicate]}


def replicate_key(profile: str, replicate: Replicate, row: str) -> str:
    """Return the key of a row's record."""
    return stage_key(f"replicates/{row}", **replicate_stage(profile, replicate, row))


def read_replicates(profile: str, dataset: str, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return the record of every row and replicate, in the order of `planned`.

    Parameters
    ----------
    profile, dataset : str
    folder : Path, optional
        The folder of the profile's results. What was computed there goes before what was kept.

    Returns
    -------
    list of dict
        ``replicate``, ``row``, ``label`` and what `summary` returns; of trained rows ``final``,
        ``seconds`` and ``as_published`` (means of the authors' inference) too. Records of other
        code or settings are left out, and rows need not have been computed for every replicate.
    """
    manifest, found = read_manifest(profile), []
    for replicate in planned(dataset):
        stage = f"{replicate.place}/replicates/"
        for row in (*UNTRAINED, *(one.name for one in VARIANTS + ABLATION + BEYOND)):
            key = replicate_key(profile, replicate, row)
            own = folder / f"{stage}{row}.json" if folder else None
            record = read_json(own) if own and own.is_file() else None
            kept = manifest.kept.get(f"{stage}{row}", {})
            if (record is None or record.get("key") != key) and kept.get("key") == key:
                record = manifest.record(f"{stage}{row}")
            if record is not None and record.get("key") == key:
                found.append({"replicate": replicate.name, **record})
    return found


def label_of(row: str) -> str:
    """Return the label of a row's key."""
    return next(one.label for one in ROWS if one.key == row)


def summary(scores: dict[str, list[float | None]], index: list[int]) -> dict[str, Any]:
    """Return what is kept of a row's scores.

    Parameters
    ----------
    scores : mapping of metric to one value a test patch
        None or NaN where it is not defined.
    index : list of int
        The slice of each test patch.

    Returns
    -------
    dict
        ``means`` (metric to mean over the test patches, None where it is not defined),
        ``slice_means`` (the same of each slice) and ``slice_patches`` (how many patches each has).

    Examples
    --------
    >>> summary({"psnr": [1.0, 3.0, None]}, [4, 7, 7])["slice_means"]
    {'4': {'psnr': 1.0}, '7': {'psnr': 3.0}}
    """
    of = {z: [k for k, other in enumerate(index) if other == z] for z in sorted(set(index))}
    return {
        "means": _means(scores),
        "slice_means": {
            str(z): _means({name: [values[k] for k in ks] for name, values in scores.items()})
            for z, ks in of.items()
        },
        "slice_patches": {str(z): len(ks) for z, ks in of.items()},
    }


def replicate_means(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the mean metrics of every record: ``row``, ``model``, ``replicate`` and the metrics.

    The rows stand in the order of the paper's table, then those that are not the paper's.
    """
    frame = pd.DataFrame(
        [
            {
                "row": record["row"],
                "model": record["label"],
                "replicate": record["replicate"],
                **record["means"],
            }
            for record in records
        ]
    )
    order = {label: k for k, label in enumerate(ORDER)}
    return frame.sort_values("model", key=lambda labels: labels.map(order), kind="stable")


def _means(scores: dict[str, list[float | None]]) -> dict[str, float | None]:
    """Return the mean of every metric where it is defined."""
    defined = {
        name: [v for v in values if v is not None and not np.isnan(v)]
        for name, values in scores.items()
    }
    return {name: float(np.mean(v)) if v else None for name, v in defined.items()}
