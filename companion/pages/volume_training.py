"""The page on the training of the generator of volumes, and what its validation part says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.results import packed, unpacked
from companion.run import Run
from companion.style import Rule, lay_out, number, scale_bar
from companion.trainings import training_key, validation_place, validation_volume
from shalelib.arrays import Grey, Mask
from shalelib.data.pairs import Dataset
from shalelib.metrics.location import auc_of_grey, darkest, dice_at_share
from shalelib.metrics.volume import two_point_along
from shalelib.models.config import TrainConfig
from shalelib.models.networks import Generator, PatchDiscriminator, count_parameters
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.variants import VOLUME
from shalelib.models.volumes3d import translate_whole
from shalelib.phantom.fabric_config import LOW

FLAT = 0.4  # of the width of the x-y plane: least height of the x-z plane below it
APART = 4  # distance of the correlation [voxel]
SEEDS = (0, 1, 2)
CHECKED = "checked/three_planes"  # the stage of `checked_training`


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """The validation part of a volume: TXM, true FIB-SEM and true low-density phase, (z, y, x)."""

    txm: Grey
    sem: Grey
    low: Mask


def validation_part(data: Dataset) -> Shown:
    """Cut the middle out of the slices before the first training slice.

    Raises
    ------
    ValueError
        The data set has no true volume, or no true phases.
    """
    place = validation_place(data)
    held = validation_volume(data)
    assert data.volumes is not None
    if data.volumes.labels is None:
        msg = f"data set {data.name} has no true phases; take the digital shale"
        raise ValueError(msg)
    low = np.asarray(data.volumes.labels[place]) == LOW
    return Shown(txm=held.txm, sem=held.sem, low=low)


def translate(generator: Generator, txm: Grey, *, seed: int) -> Grey:
    """Translate a volume that fits into memory."""
    assert isinstance(generator, VolumeGenerator)
    return translate_whole(generator, txm, seed=seed)


def networks_table(config: TrainConfig) -> pd.DataFrame:
    """Return the networks: what each sees and gives, and its number of parameters."""
    edge = config.patch
    judge = f"a score for each {min(70, edge)} × {min(70, edge)} pixels"
    lines = [
        ("generator", f"TXM and noise, {edge}³", f"FIB-SEM, {edge}³", VolumeGenerator(config.ngf)),
        (
            "discriminator of planes",
            "FIB-SEM, x-y, x-z or y-z",
            judge,
            PatchDiscriminator(1, config.ndf),
        ),
        (
            "discriminator of pairs",
            "TXM and FIB-SEM, x-y",
            judge,
            PatchDiscriminator(2, config.ndf),
        ),
    ]
    return pd.DataFrame(
        [
            {"Network": name, "Sees": sees, "Gives": gives, "Parameters": count_parameters(network)}
            for name, sees, gives, network in lines
        ]
    )


def enlargement(shape: tuple[int, ...]) -> int:
    """Return how many times larger than the x-y plane `two_planes` draws the x-z plane.

    Examples
    --------
    >>> enlargement((20, 216, 216)), enlargement((128, 128, 128))
    (4, 1)
    """
    return max(1, int(FLAT * shape[2] / shape[0]))


def planes_told(shape: tuple[int, ...]) -> str:
    """Say what `two_planes` shows of volumes of a shape.

    Examples
    --------
    >>> planes_told((20, 216, 216))
    'An x-y plane (top) and the middle of an x-z plane, enlarged 4 times (bottom),'
    """
    times = enlargement(shape)
    below = f"the middle of an x-z plane, enlarged {times} times" if times > 1 else "an x-z plane"
    return f"An x-y plane (top) and {below} (bottom){',' * (times > 1)}"


def two_planes(volumes: Mapping[str, Grey], pixel_size: float, *, side: float = 1.9) -> Figure:
    """Draw the middle x-y plane (top) and the middle x-z plane (bottom) of volumes.

    Of a volume with few slices the middle of the x-z plane is enlarged, see `enlargement`.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
        Of one shape.
    pixel_size : float
        [m]
    side : float
        Width of a panel [inch].

    Returns
    -------
    matplotlib Figure
        Grey levels 0 to 255 in every panel, none stretched; z points up.
    """
    depth, height, width = shape = next(iter(volumes.values())).shape
    times = enlargement(shape)
    left, part = (width - width // times) // 2, width // times
    heights = [height / width, depth / part]
    fig, axes = plt.subplots(
        2,
        len(volumes),
        figsize=(side * len(volumes), side * sum(heights) + 0.5),
        squeeze=False,
        height_ratios=heights,
    )
    for column, (title, volume) in zip(axes.T, volumes.items(), strict=True):
        planes = (volume[depth // 2], volume[::-1, height // 2, left : left + part])
        for axis, image in zip(column, planes, strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        column[0].set_title(fill(title, int(side * 13)), fontsize=8)
    for axis, name in zip(axes[:, 0], ("x-y", "x-z"), strict=True):
        axis.set_ylabel(name, fontsize=8)
    for axis in axes[: min(times, 2), 0]:  # the second row where it has a scale of its own
        scale_bar(axis, axis.images[0].get_array(), pixel_size)
    fig.tight_layout(pad=0.4)
    return fig


def correlation(phase: Mask, axis: int, *, apart: int = APART) -> float:
    """Correlation of a phase with itself some voxels further: 1 the same, 0 unrelated.

    Examples
    --------
    >>> stripes = np.arange(16).reshape(1, 1, 16) % 8 < 4
    >>> correlation(stripes, 2, apart=4)
    -1.0
    """
    curve = two_point_along(phase, axis, reach=apart)
    share = float(phase.mean())
    spread = share * (1.0 - share)
    return float((curve[apart] - share**2) / spread) if spread else 0.0


def validation_table(made: Grey, shown: Shown) -> pd.DataFrame:
    """Hold a translated validation part against the truth.

    Dark is what lies at or below the grey level at which the true FIB-SEM has the true share.
    """
    share = float(shown.low.mean())
    level = int(shown.sem[darkest(shown.sem, share)].max(initial=0))
    far = min(APART, len(made) - 1)
    lines = []
    for title, measure in {
        "low density, share": lambda grey: float((grey <= level).mean()),
        "Dice at the true share": lambda grey: dice_at_share(grey, shown.low),
        "AUC of grey": lambda grey: auc_of_grey(grey, shown.low),
        f"correlation {far} voxels along z": lambda grey: correlation(
            darkest(grey, share), 0, apart=far
        ),
        f"correlation {far} voxels along x": lambda grey: correlation(
            darkest(grey, share), 2, apart=far
        ),
        "spread of grey levels": lambda grey: float(grey.std()),
    }.items():
        lines.append(
            {"measure": title, "generator": measure(made), "true FIB-SEM": measure(shown.sem)}
        )
    return pd.DataFrame(lines)


def format_validation(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `validation_table` or `seed_table` out for reading: a line a measure, in its own form."""

    def cell(name: str) -> Rule:
        return lambda row: number(row[name], ".1f" if row["true FIB-SEM"] > 1 else ".3f")

    return lay_out(
        table, {"Measure": "measure", **{name: cell(name) for name in table.columns[1:]}}
    )


def checked_training(run: Run, data: Dataset, made: Grey, shown: Shown) -> pd.DataFrame:
    """Return the `validation_table` of a training, kept under the training's key.

    Parameters
    ----------
    run : Run
    data : Dataset
        What was trained on.
    made : (z, y, x) uint8 array
        What the generator makes of the validation part.
    shown : Shown
        The validation part.
    """

    def compute(_: Path) -> dict[str, Any]:
        return {"table": packed(validation_table(made, shown))}

    return unpacked(run.store.done(CHECKED, compute, **_checked(run, data))["table"])


def _checked(run: Run, data: Dataset) -> dict[str, Any]:
    """Return what a checked training depends on."""
    code = [translate, validation_part, validation_table]
    return {"code": code, "inputs": [training_key(run, data, VOLUME)]}


def validation_findings(table: pd.DataFrame, *, epochs: int) -> list[str]:
    """Say in sentences what a training reached on the validation part.

    Parameters
    ----------
    table : DataFrame
        Of `validation_table`.
    epochs : int
        Of the training.
    """
    columns = ("generator", "true FIB-SEM")
    ours, true = ([number(value, ".3f") for value in table[name]] for name in columns)
    share, dice, auc, along_z, along_x, _ = zip(ours, true, strict=True)
    grey = [number(table[name].iloc[-1], ".1f") for name in columns]
    return [
        "In the validation part, which was not trained on, but on which epochs and the weight of "
        f"L1 were chosen, {share[0]} of the voxels are dark "
        f"after {epochs} epochs; in the true FIB-SEM {share[1]} are.",
        f"The darkest voxels, as many as the true phase has, overlap it with a Dice coefficient of "
        f"{dice[0]}, those of the true FIB-SEM with {dice[1]}; grey levels tell the phase from the "
        f"rest with an AUC of {auc[0]}, the true ones with {auc[1]}.",
        f"Of the dark phase, the {table['measure'].iloc[3]} is {along_z[0]} and along x "
        f"{along_x[0]}; in the true FIB-SEM they are {along_z[1]} and {along_x[1]}.",
        f"The grey levels have a standard deviation of {grey[0]}; those of the true FIB-SEM, "
        f"{grey[1]}.",
    ]


def seed_table(runs: Sequence[Run], data: Dataset) -> pd.DataFrame:
    """Return `checked_training` by the seed of the training, for those seeds that were trained.

    Parameters
    ----------
    runs : sequence of Run
        One a seed.
    data : Dataset

    Raises
    ------
    ValueError
        No seed was trained and checked by today's code.
    """
    tables = {}
    for run in runs:
        record = run.store.have(CHECKED, **_checked(run, data))
        if record is not None:
            tables[run.seed] = unpacked(record["table"]).set_index("measure")
    if not tables:
        msg = "no training of today's code was checked; run notebooks/14_volume_training.py first"
        raise ValueError(msg)
    first = next(iter(tables.values()))
    found = {f"seed {seed}": table["generator"] for seed, table in tables.items()}
    return pd.DataFrame(found | {"true FIB-SEM": first["true FIB-SEM"]}).reset_index()


def seed_origins(runs: Sequence[Run], *stages: str) -> list[str]:
    """Say of every seed that has them where the results of stages come from."""
    return [
        f"seed {run.seed}, {stage}: {run.origin(stage)}"
        for run in runs
        for stage in stages
        if stage in run.store.origins
    ]
