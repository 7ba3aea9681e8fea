"""What a pixel classifier learns from and is judged by, for each data set, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from companion.datasets import NAMES, check_own, load_dataset, load_rock
from companion.style import number
from shalelib.arrays import Grey, Labels, Mask, Phase
from shalelib.choice import without_options
from shalelib.data.directory import label_files, load_masks
from shalelib.data.pairs import PairedSlices
from shalelib.phantom.truth import true_classes
from shalelib.segmentation import (
    PHASE_NAMES,
    ClassifierConfig,
    cross_validate,
    draw_labels,
    labels_from_masks,
    read_label_image,
)
from shalelib.segmentation.labels import labels_of_slices

_SLICES = 4  # of the digital shale, trained on and judged
SPEED_FORMATS = {
    # of the classifier's benchmark: times, then Dice coefficients and accuracy as on every page
    **dict.fromkeys(["training [s]", "features [s/megapixel]", "all [s/megapixel]"], ".2f"),
    **dict.fromkeys([f"Dice, {phase}" for phase in ("low", "medium", "high", "charging")], ".3f"),
    "accuracy": ".3f",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class PhaseTask:
    """FIB-SEM slices with labels, and other slices with what is known of them.

    Attributes
    ----------
    images, labels : (n, y, x) uint8 arrays
        To train on; the labels are sparse.
    judged, truth : (m, y, x) uint8 arrays
        To classify and to compare with; pixels of unknown class do not count.
    inside : (m, y, x) bool array
        The rock in the judged slices.
    slice_index : list of int
        The judged slices.
    pixel_size : float or None
        Edge of a pixel [m]; None where it is not known.
    """

    images: Grey
    labels: Labels
    judged: Grey
    truth: Labels
    inside: Mask
    slice_index: list[int]
    pixel_size: float | None


def phase_task(
    dataset: str,
    *,
    profile: str,
    path: str = "",
    pixel_size: float = 0.0,
    seed: int,
    progress: bool = False,
) -> PhaseTask:
    """Collect labelled and judged slices of a data set.

    Parameters
    ----------
    dataset : str
        ``phantom`` (labels are drawn from its known classes) or ``directory``.
    profile : str
        Size of the digital shale.
    path : str
        Folder of your own images, with label images or phase masks of training and test slices
        (`shalelib.data.directory`).
    pixel_size : float
        As for `companion.datasets.load_dataset`.
    seed : int
        Of the drawn labels.
    progress : bool
        Show a progress bar.

    Raises
    ------
    ValueError, FileNotFoundError
        The data set has no labels to learn from; the message says which to add.
    """
    check_own(dataset, path=path, pixel_size=pixel_size)
    if dataset == "phantom":
        return _phantom_task(profile, seed, progress)
    if dataset != "directory":
        msg = (
            f"parameter dataset: {dataset!r} has no known classes to be judged by; "
            "choose phantom, directory"
        )
        raise ValueError(msg)
    data = load_dataset(dataset, profile=profile, path=path, pixel_size=pixel_size, patches=False)
    labels = _own_labels(Path(path), "train", data.train)
    if not label_files(path, "train"):  # masks have a class for every pixel
        labels = draw_labels(labels, seed=seed)
    return PhaseTask(
        images=data.train.sem,
        labels=labels,
        judged=data.test.sem,
        truth=_own_labels(Path(path), "test", data.test),
        inside=data.test.inside,
        slice_index=data.test.slice_index.tolist(),
        pixel_size=None if np.isnan(data.pixel_size) else data.pixel_size,
    )


def held_out_counts(
    images: Grey, labels: Labels, slice_index: NDArray[np.int64], *, config: ClassifierConfig
) -> pd.DataFrame:
    """Count labelled pixels by true (rows) and found class, each judged without its own slice.

    Parameters
    ----------
    images, labels : (n, y, x) uint8 arrays
    slice_index : (n,) int array
    config : ClassifierConfig
    """
    counts = cross_validate(images, labels, slice_index, config=config)
    return pd.DataFrame(counts, columns=[PHASE_NAMES[phase] for phase in Phase])


def _phantom_task(profile: str, seed: int, progress: bool) -> PhaseTask:
    """Label a few slices of the upper half sparsely; judge others of the lowest quarter."""
    phantom = load_rock(profile, progress=progress)
    depth = len(phantom.sem)
    seen = np.linspace(0, depth // 2, _SLICES, dtype=int)
    judged = np.linspace(3 * depth // 4, depth - 1, _SLICES, dtype=int)
    truth = true_classes(phantom, judged.tolist())
    return PhaseTask(
        images=np.array(phantom.sem_slices[seen]),
        labels=draw_labels(true_classes(phantom, seen.tolist()), seed=seed),
        judged=np.array(phantom.sem_slices[judged]),
        truth=truth,
        inside=np.broadcast_to(phantom.outline, truth.shape),
        slice_index=judged.tolist(),
        pixel_size=phantom.config.voxel_size,
    )


def _own_labels(path: Path, split: str, pairs: PairedSlices) -> Labels:
    """Read the label images of a split or, where there are none, combine its phase masks."""
    files = label_files(path, split)
    if files:
        if len(files) == len(pairs):
            return labels_of_slices(files, shape=pairs.sem.shape[1:])
        with without_options():
            return read_label_image(files[0], shape=pairs.sem.shape)  # a stack
    masks = load_masks(path, split)
    if "lowdensity" not in masks:
        msg = (
            f"{path / split} has no labels; add label images of Ilastik or napari as "
            f"{path / split / 'labels'}/001.tif ..., or masks in a folder lowdensity"
        )
        raise FileNotFoundError(msg)
    return labels_from_masks(
        pairs.inside,
        low=masks["lowdensity"],
        high=masks.get("highdensity"),
        charging=masks.get("charge"),
    )


def findings(outlined: pd.DataFrame, judged: pd.DataFrame, *, dataset: str) -> list[str]:
    """Say in sentences how well the phases are told apart.

    Parameters
    ----------
    outlined, judged : DataFrame
        `shalelib.segmentation.confusion_table` of the outlined regions of the real patches, and of
        the judged slices.
    dataset : str
        Of the judged slices, as `phase_task` takes it.
    """
    rock = NAMES[dataset]
    low = PHASE_NAMES[Phase.LOW]
    counts = _of_rock(judged)
    taken, true = (
        float(part.sum() / counts.to_numpy().sum()) for part in (counts[low], counts.loc[low])
    )
    return [
        f"Of the clear regions of rock outlined on the real patches, {_right(outlined)} is "
        "classified correctly by a forest that never saw the slice; borders, where most errors are "
        f"made, were not outlined. Dice coefficients: {_each(outlined)}.",
        f"On held-out slices ({rock}) {_right(judged)} of the rock is classified correctly. Dice "
        f"coefficients: {_each(judged)}.",
        f"There, {number(judged['recall'][low], '.0%')} of the low density is found, and "
        f"{number(judged['precision'][low], '.0%')} of what is taken for it is right: "
        f"{number(taken, '.3f')} of the rock is taken for low density where {number(true, '.3f')} "
        "is.",
    ]


def _of_rock(table: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of pixels by true (rows) and predicted class, without true background."""
    return table[list(table.index)].drop(index=PHASE_NAMES[Phase.BACKGROUND])


def _right(table: pd.DataFrame) -> str:
    counts = _of_rock(table)
    right = sum(float(counts.loc[name, name]) for name in counts.index)
    return number(right / counts.to_numpy().sum(), ".1%")


def _each(table: pd.DataFrame) -> str:
    return ", ".join(f"{name} {number(dice, '.3f')}" for name, dice in table["dice"].items())
