"""Replicates: the same networks trained again with other seeds, or on other folds.

``make replicates`` (workflow/replicates.py) writes one small record for each row and replicate to
``data/reference/replicates/<profile>/<dataset>/seed<seed>[-fold<fold>]/<row>.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from companion.profiles import get_profile
from companion.reference import reference_folder
from shalelib import data, metrics, models, segmentation
from shalelib.arrays import digest
from shalelib.config import settings
from shalelib.data.folds import DEFAULT_FOLD, folds
from shalelib.files import read_json
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS

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
        """Name of its folder."""
        fold = f"-fold{self.fold}" if self.dataset == "vaca-muerta-patches" else ""
        return f"seed{self.seed}{fold}"


def planned(dataset: str) -> tuple[Replicate, ...]:
    """Return the replicates of a data set, first the one that the book's pages show."""
    if dataset == "phantom":
        return tuple(Replicate(dataset=dataset, seed=seed) for seed in SEEDS)
    numbers = sorted(range(len(folds())), key=lambda fold: (fold != DEFAULT_FOLD, fold))
    return tuple(Replicate(dataset=dataset, fold=fold) for fold in numbers)


def folder(profile: str, replicate: Replicate) -> Path:
    """Return where the records of a replicate lie."""
    return reference_folder() / "replicates" / profile / replicate.dataset / replicate.name


def config_hash(profile: str, dataset: str) -> str:
    """Return the hash of all settings and versions that a record depends on."""
    sizes = get_profile(profile)
    parts: list[Any] = [settings(part) for part in (sizes.train, sizes.evaluation, sizes.forest)]
    if dataset == "phantom":
        parts += [get_profile(profile).phantom, get_profile(profile).acquisition]
    rooms = (data, models, metrics, segmentation)
    return digest(*parts, *(room.VERSION for room in rooms))


def read_replicates(profile: str, dataset: str) -> list[dict[str, Any]]:
    """Read the records that are there, in the order of `planned`; stale ones are left out.

    A record is stale when a setting or a version that it depends on has changed since.
    """
    current = config_hash(profile, dataset)
    records = [
        read_json(path)
        for replicate in planned(dataset)
        for path in sorted(folder(profile, replicate).glob("*.json"))
    ]
    return [record for record in records if record["config_hash"] == current]


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
