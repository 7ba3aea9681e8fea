"""The pages on the generator of volumes: its training, and its volumes beside those of slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.pages import flow
from companion.pages.truth import BY_NAME
from companion.results import Result
from companion.rows import PAIRS, THREE_PLANES, TRUTH, get_row
from companion.site.told import told
from companion.style import number, scale_bar
from companion.trainings import validation_place, validation_volume
from shalelib.arrays import Grey, Mask
from shalelib.data.pairs import Dataset
from shalelib.files import read_json
from shalelib.metrics.location import auc_of_grey, darkest, dice_at_share
from shalelib.metrics.volume import two_point_along
from shalelib.models.config import TrainConfig
from shalelib.models.networks import Generator, PatchDiscriminator, count_parameters
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.volumes3d import translate_whole
from shalelib.phantom.fabric_config import LOW

APART = 4  # distance of the correlation [voxel]
APART_FROM = ("psnr", "slice_jump", "slice_jump_x")  # infinite for the truth; of the noise, mostly
RANKING = tuple(name for name in BY_NAME if name not in APART_FROM)
REGULARISED = tuple(key for _, *keys in PAIRS for key in keys)
GOAL = 0.5  # of the regularised rows' error
SHARE_GOAL = 0.2  # of the true share
SEEDS = (0, 1, 2)


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


def two_planes(volumes: Mapping[str, Grey], pixel_size: float, *, side: float = 1.9) -> Figure:
    """Draw the middle x-y plane (top) and the middle x-z plane (bottom) of volumes.

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
    depth, height, width = next(iter(volumes.values())).shape
    heights = [height / width, depth / width]
    fig, axes = plt.subplots(
        2,
        len(volumes),
        figsize=(side * len(volumes), side * sum(heights) + 0.4),
        squeeze=False,
        height_ratios=heights,
    )
    for column, (title, volume) in zip(axes.T, volumes.items(), strict=True):
        planes = (volume[depth // 2], volume[::-1, height // 2])
        for axis, image in zip(column, planes, strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        column[0].set_title(title, fontsize=8)
    for axis, name in zip(axes[:, 0], ("x-y", "x-z"), strict=True):
        axis.set_ylabel(name, fontsize=8)
    scale_bar(axes[0, 0], next(iter(volumes.values()))[depth // 2], pixel_size)
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
        f"In the validation part, which was not trained on, {share[0]} of the voxels are dark "
        f"after {epochs} epochs; in the true FIB-SEM {share[1]} are.",
        f"The darkest voxels, as many as the true phase has, overlap it with a Dice coefficient of "
        f"{dice[0]}, those of the true FIB-SEM with {dice[1]}; grey levels tell the phase from the "
        f"rest with an AUC of {auc[0]}, the true ones with {auc[1]}.",
        f"The {table['measure'].iloc[3]} is {along_z[0]}, along x {along_x[0]}; in the true "
        f"FIB-SEM they are {along_z[1]} and {along_x[1]}.",
        f"Grey levels have a standard deviation of {grey[0]}, in the true FIB-SEM of {grey[1]}.",
    ]


def permeabilities(folder: Path) -> dict[str, float | None]:
    """Read the permeability of the central test volume by row, as voxels have it [nd].

    Parameters
    ----------
    folder : Path
        The results folder, after 09_flow.

    Raises
    ------
    FileNotFoundError
        There is none of today's code.
    """
    record = flow.RESULT.read(folder)
    if record is None:
        msg = f"there is no {flow.RESULT.title} in {folder}; run it with the same parameters first"
        raise FileNotFoundError(msg)
    return {line["key"]: line["permeability_grid_nd"] for line in record["table"]}


def goal_table(table: pd.DataFrame, k: Mapping[str, float | None]) -> pd.DataFrame:
    """Hold the generator of volumes against the goal: half the error of the regularised rows.

    Parameters
    ----------
    table : DataFrame
        Of `companion.pages.truth.truth_table`.
    k : mapping
        Permeability by row [nd], from `permeabilities`.

    Returns
    -------
    DataFrame
        ``measure``, ``truth``, ``volume`` (the generator's), ``regularised`` (the best of them),
        their errors, ``ratio`` of these and whether it is at most `GOAL`. An error is the
        distance from the true FIB-SEM volume's own value, and of k the natural logarithm of the
        ratio to the truth's.
    """
    rows = table.set_index("key").to_dict("index")
    lines = [
        _against(BY_NAME[name].title, {str(key): row[name] for key, row in rows.items()}, _apart)
        for name in RANKING
    ]
    known = {key: value for key, value in k.items() if value}
    if {TRUTH.key, THREE_PLANES.key} <= known.keys():
        lines.append(_against("k", known, _apart_in_logarithm))
    return pd.DataFrame(lines)


def _apart(value: float, true: float) -> float:
    return abs(value - true)


def _apart_in_logarithm(value: float, true: float) -> float:
    return abs(float(np.log(value / true)))


def _against(
    title: str, values: Mapping[str, float], error: Callable[[float, float], float]
) -> dict[str, Any]:
    """Return a line of `goal_table` from the values of all rows."""
    true, own = values[TRUTH.key], values[THREE_PLANES.key]
    errors = {key: error(values[key], true) for key in REGULARISED if key in values}
    best = min(errors, key=lambda key: errors[key]) if errors else None
    line: dict[str, Any] = {"measure": title, "truth": true, "volume": own}
    line["error"] = error(own, true)
    line["regularised"] = values[best] if best else np.nan
    line["row"] = get_row(best).label if best else ""
    line["regularised_error"] = errors[best] if best else np.nan
    line["ratio"] = line["error"] / errors[best] if best and errors[best] else np.nan
    line["reached"] = bool(line["ratio"] <= GOAL)
    return line


def format_goal_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `goal_table` out for readers."""
    return pd.DataFrame(
        {
            "Measure": table["measure"],
            "Truth": [number(v, ".3g") for v in table["truth"]],
            THREE_PLANES.label: [number(v, ".3g") for v in table["volume"]],
            "Best regularised row": [number(v, ".3g") for v in table["regularised"]],
            "which": table["row"],
            "Ratio of errors": [number(v, ".2f") for v in table["ratio"]],
            "At most half": ["yes" if v else "no" for v in table["reached"]],
        }
    )


def seed_table(folder: Path) -> pd.DataFrame:
    """Return the validation part by seed of the training, of those seeds that were trained.

    Parameters
    ----------
    folder : Path
        The results folder of one seed, after 14_volume_training.
    """
    found = {}
    for seed in SEEDS:
        path = folder.parent / f"seed{seed}" / "volume_training.json"
        if path.is_file():
            lines = read_json(path)["validation"]
            found[f"seed {seed}"] = {line["measure"]: line["generator"] for line in lines}
            found["true FIB-SEM"] = {line["measure"]: line["true FIB-SEM"] for line in lines}
    truth = found.pop("true FIB-SEM")
    return pd.DataFrame(found | {"true FIB-SEM": truth}).rename_axis("measure").reset_index()


def share_text(share: float, key: str) -> str:
    """Write the low-density share of a row of volumes, marked as on every page."""
    return told(number(share, ".3f"), f"low_share/{key}/shale")


def findings(goal: pd.DataFrame, seeds: pd.DataFrame) -> list[str]:
    """Say in sentences how far the goal is reached."""
    reached, known = int(goal["reached"].sum()), int(goal["ratio"].notna().sum())
    title = BY_NAME["low_share"].title
    [share] = [line for line in goal.to_dict("records") if line["measure"] == title]
    off = abs(share["volume"] / share["truth"] - 1.0) if share["truth"] else np.inf
    near = "within" if off <= SHARE_GOAL else "not within"
    trained = [name for name in seeds if str(name).startswith("seed")]
    return [
        f"In {reached} of {known} measures the error of the generator of volumes is at most half "
        "that of the best regularised row.",
        f"Its low-density share is {share_text(share['volume'], THREE_PLANES.key)}, the truth's "
        f"{share_text(share['truth'], TRUTH.key)}: {near} "
        f"{SHARE_GOAL:.0%}.",
        *_worse(goal),
        f"It was trained with {len(trained)} seed{'s' * (len(trained) != 1)}.",
    ]


def _worse(goal: pd.DataFrame) -> Iterator[str]:
    """Name the measures in which a regularised row is better."""
    worse = goal.loc[goal["ratio"] > 1.0, "measure"].tolist()
    if worse:
        yield f"A regularised row is nearer to the truth in {', '.join(worse)}."


RESULT = Result(file="rock_in_three_planes.json", notebook="15_three_planes", code=goal_table)
