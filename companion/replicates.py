"""Replicates: the same networks trained again with other seeds, or on other folds.

Seeds and folds are places like any other: ``<dataset>/seed<seed>[/fold<fold>]``. The records of the
replicates that were kept lie in the manifest under ``<place>/replicates/<row>``; what this machine
has computed itself, the page of Table 1 in that place says (``table1.json``).
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
from companion.rows import ROWS, Row
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


def replicate_key(profile: str, replicate: Replicate, row: str) -> str:
    """Return the key of a row's record: its settings and all code that trains and scores it."""
    sizes = get_profile(profile)
    settings: list[Any] = [sizes.train, sizes.evaluation, sizes.forest]
    if replicate.dataset == "phantom":
        settings += [sizes.phantom, sizes.acquisition]
    trained: list[Code] = [train, PatchSampler.draw_training] if row not in UNTRAINED else []
    variants = [one for one in VARIANTS + ABLATION + BEYOND if one.name == row]
    return stage_key(
        f"{replicate.place}/{row}", code=[evaluate, *trained], inputs=[settings, variants]
    )


def read_replicates(
    profile: str, dataset: str, results: Path | None = None
) -> list[dict[str, Any]]:
    """Return the record of every row and replicate, in the order of `planned`.

    Parameters
    ----------
    profile, dataset : str
    results : Path, optional
        The folder of all results. What was computed there goes before what was kept.

    Returns
    -------
    list of dict
        ``replicate``, ``row``, ``label``, ``means`` (metric to mean over the test patches, None
        where it is not defined), ``slice_means`` (the same of each slice) and ``slice_patches``
        (how many patches each slice has); of trained rows that were kept ``final`` and
        ``seconds`` too. Kept records of other code or settings are left out.
    """
    manifest, found = read_manifest(profile), []
    for replicate in planned(dataset):
        table = results / profile / replicate.place / "table1.json" if results else None
        if table and table.is_file():
            record = read_json(table)
            for name, scores in record["per_patch"].items():
                row = _row(name)
                about = {"replicate": replicate.name, "row": row.key, "label": row.label}
                by_slice = _by_slice(scores, record["slice_index"])
                found.append(about | {"means": _means(scores)} | by_slice)
            continue
        kept = f"{replicate.place}/replicates/"
        for name in [name for name in manifest.kept if name.startswith(kept)]:
            key = replicate_key(profile, replicate, name.removeprefix(kept))
            if manifest.kept[name]["key"] == key:
                found.append({"replicate": replicate.name, **manifest.record(name)})
    return found


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


def _row(name: str) -> Row:
    """Return the row of a key or a label."""
    return next(row for row in ROWS if name in (row.key, row.label))


def _means(scores: dict[str, list[float | None]]) -> dict[str, float | None]:
    """Return the mean of every metric where it is defined."""
    defined = {name: [v for v in values if v is not None] for name, values in scores.items()}
    return {name: float(np.mean(v)) if v else None for name, v in defined.items()}


def _by_slice(scores: dict[str, list[float | None]], index: list[int]) -> dict[str, Any]:
    """Return the means of every slice and how many patches it has."""
    of = {z: [k for k, other in enumerate(index) if other == z] for z in sorted(set(index))}
    return {
        "slice_means": {
            str(z): _means({name: [values[k] for k in ks] for name, values in scores.items()})
            for z, ks in of.items()
        },
        "slice_patches": {str(z): len(ks) for z, ks in of.items()},
    }
