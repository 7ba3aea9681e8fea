"""The generator of volumes against the truth, by the seed of its training."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.flow_cases import solve_cases
from companion.flow_volumes import row_cases
from companion.pages.three_planes import FORMS, goal_table
from companion.pages.truth_ladder import in_words
from companion.rows import THREE_PLANES
from companion.run import Run
from companion.style import Row, lay_out, number
from companion.trainings import read_trainings
from companion.volume_measures import measure_rows, measures_stage
from companion.volumes import make_volume, volume_key
from shalelib.arrays import Grey, Real
from shalelib.data.pairs import Dataset
from shalelib.files import write_whole
from shalelib.flow.apparent import permeability
from shalelib.flow.thresholds import connected_threshold
from shalelib.models.variants import VOLUME
from shalelib.phantom.cubes import Cubes

MEASURES = measures_stage(THREE_PLANES)  # of which `measure_seed` is made
FLOWS = "flow/three_planes_volumes"
PLANES = "volumes/three_planes_planes"


@dataclass(frozen=True, kw_only=True, eq=False)
class Measures:
    """What was measured on the test volumes that a generator made.

    Attributes
    ----------
    scores : mapping of measure to (n,) array
        As of `companion.volume_measures.Measured`.
    permeability_nd : list of float or None
        On the voxels as they are, 90% connected; None where the gas does not get through.
    """

    scores: Mapping[str, Real]
    permeability_nd: Sequence[float | None]


def measure_seed(run: Run, first: Run, cubes: Cubes, data: Dataset) -> Measures | None:
    """Measure the test volumes of another training as those of the book's are measured.

    Parameters
    ----------
    run : Run
        Of the other seed; its folder receives the volumes and what is measured on them.
    first : Run
        Of the book's seed, whose folder holds the pixel classifier.
    cubes : Cubes
    data : Dataset

    Returns
    -------
    Measures or None
        None where that seed was not trained.
    """
    if not read_trainings(run, data, [VOLUME.name], required=False):
        return None
    rows = (THREE_PLANES,)
    measured = measure_rows(rows, run, cubes, data, phases=first.folder, progress=False)
    return Measures(
        scores=measured[THREE_PLANES.key].scores,
        permeability_nd=_permeabilities(run, cubes, data),
    )


def _permeabilities(run: Run, cubes: Cubes, data: Dataset) -> list[float | None]:
    def compute(_: Path) -> dict[str, Any]:
        make_volume(THREE_PLANES, run, cubes, data)
        records = solve_cases(row_cases(THREE_PLANES, run, cubes), run, progress=False)
        return {"permeability_nd": [one["permeability_nd"] for one in records.values()]}

    key, size = volume_key(THREE_PLANES, run, cubes), run.profile.flow.cube_edge
    record = run.store.done(
        FLOWS,
        compute,
        code=[permeability, connected_threshold],
        inputs=(key, size, cubes.voxel_size),
    )
    return list(record["permeability_nd"])


def middle_planes(run: Run, cubes: Cubes, data: Dataset) -> Grey:
    """Return the middle x-y and x-z plane of a seed's central volume, (2, n, n), z upwards."""

    def compute(folder: Path) -> dict[str, Any]:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, planes_of(make_volume(THREE_PLANES, run, cubes, data)[0]))
        write_whole(folder / "three_planes_planes.npz", buffer.getvalue())
        return {}

    key = volume_key(THREE_PLANES, run, cubes)
    files = ["three_planes_planes.npz"]
    run.store.done(PLANES, compute, files=files, code=planes_of, inputs=key)
    with np.load(run.folder / f"{PLANES}.npz", allow_pickle=False) as archive:
        planes: Grey = archive["arr_0"]
    return planes


def planes_of(volume: Grey) -> Grey:
    """Cut the middle x-y and x-z plane out of a cube, (2, n, n), z upwards."""
    middle = len(volume) // 2
    return np.stack([volume[middle], volume[::-1, middle]])


def seeds_goal(
    scores: Mapping[str, Mapping[str, Real]],
    k: Mapping[str, Sequence[float | None]],
    seeds: Mapping[int, Measures],
) -> pd.DataFrame:
    """Hold the trainings of all seeds against the goal.

    Parameters
    ----------
    scores, k : mapping
        As for `companion.pages.three_planes.goal_table`.
    seeds : mapping of seed to Measures
        What stands in place of the generator of volumes there.

    Returns
    -------
    DataFrame
        The ``measure``, ``truth``, ``volume``, ``ratio`` and ``reached`` of `goal_table`, a line a
        measure and ``seed``.
    """
    own = THREE_PLANES.key
    columns = ["measure", "truth", "volume", "ratio", "reached"]
    return pd.concat(
        [
            goal_table({**scores, own: one.scores}, {**k, own: one.permeability_nd}, resamples=0)[
                columns
            ].assign(seed=seed)
            for seed, one in seeds.items()
        ],
        ignore_index=True,
    )


def format_seeds_goal(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `seeds_goal` out for readers: a row a measure, value and ratio of errors by seed."""
    spec: dict[str, Any] = {
        "Measure": lambda row: in_words(row["measure"]),
        "value": lambda row: _value(row, "volume"),
        "ratio": ("ratio", ".2f"),
    }
    named = table.assign(seed=[f"seed {seed}" for seed in table["seed"]])
    frame = lay_out(named, spec, across=("seed",))
    once = table.drop_duplicates("measure").to_dict("records")
    frame.insert(1, ("", "Truth"), [_value(row, "truth") for row in once])
    return frame


def _value(row: Row, name: str) -> str:
    return number(row[name], FORMS.get(row["measure"], "#.3g"))


def nearest(validation: pd.DataFrame) -> str:
    """Say in how many measures of the validation part each training comes nearest to the truth.

    Parameters
    ----------
    validation : DataFrame
        Of `companion.pages.volume_training.seed_table`.

    Examples
    --------
    >>> table = {"measure": ["a", "b"], "seed 0": [1.0, 5.0], "seed 1": [3.0, 6.0]}
    >>> nearest(pd.DataFrame(table | {"true FIB-SEM": [2.1, 5.0]}))
    'seed 0 in 1, seed 1 in 1'
    """
    seeds = [name for name in validation if str(name).startswith("seed")]
    off = validation[seeds].sub(validation["true FIB-SEM"], axis=0).abs()
    counts = off.idxmin(axis=1).value_counts()
    return ", ".join(f"{name} in {counts.get(name, 0)}" for name in seeds)
