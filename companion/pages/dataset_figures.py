"""Figures of a data set: the workflow on its own images, its splits, its grey levels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Patch, Rectangle

from companion.style import COLOURS, panel
from shalelib.arrays import Grey, Labels
from shalelib.data.fetch import positions
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.patches import Patches
from shalelib.phantom.fabric_config import HIGH, LOW, MEDIUM, SOFT
from shalelib.segmentation.phases import PHASE_COLOURS, PHASE_NAMES, Phase

SPLITS = ("training", "validation", "test")
TRUTH_COLOURS = {
    LOW: ("low density", PHASE_COLOURS[Phase.LOW]),
    SOFT: ("darker than matrix", "#56b4e9"),
    MEDIUM: ("medium density", PHASE_COLOURS[Phase.MEDIUM]),
    HIGH: ("high density", PHASE_COLOURS[Phase.HIGH]),
}
"""Name and colour of the digital shale's phases, by their codes."""


def workflow(pairs: PairedSlices, patches: Patches, *, narrow: bool = False) -> Figure:
    """Draw the way from a registered pair of slices to training patches (the paper's Figure 1).

    Parameters
    ----------
    pairs : PairedSlices
        The training slices.
    patches : Patches
        At least four, drawn from them; those of the first one's slice are outlined.
    narrow : bool
        For a phone: two rows in place of one.

    Returns
    -------
    matplotlib Figure
        From left to right: TXM slice, FIB-SEM slice, what may be learnt from, patch pairs.
    """
    image = int(patches.corner[0, 0])
    edge = patches.txm.shape[1]
    usable = np.stack([pairs.inside[image], pairs.valid[image]]).all(axis=0)
    shown = np.where(usable, pairs.sem[image] // 2 + 110, pairs.sem[image] // 4)
    panels = [
        ("TXM slice", pairs.txm[image]),
        ("FIB-SEM slice, registered", pairs.sem[image]),
        ("usable: rock, no artefact", shown),
    ]
    size = 7.5 if narrow else 9
    fig = plt.figure(figsize=(3.6, 4.2) if narrow else (10.2, 2.9))
    room = {"left": 0, "right": 1, "bottom": 0.02, "top": 0.94 if narrow else 0.88}
    room |= {"wspace": 0.35, "hspace": 0.3 if narrow else 0.08}
    grid = fig.add_gridspec(4 if narrow else 2, 8 if narrow else 16, **room)
    places = [(2 * (k // 2), 4 * (k % 2)) if narrow else (0, 4 * k) for k in range(4)]
    axes = [fig.add_subplot(grid[top : top + 2, left : left + 4]) for top, left in places[:3]]
    top, left = places[3]
    for axis, (title, picture) in zip(axes, panels, strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axis.set_title(title, fontsize=size)
        axis.set_axis_off()
        for _, row, column in patches.corner[patches.corner[:, 0] == image][:4]:
            corner = (int(column), int(row))
            axis.add_patch(
                Rectangle(corner, edge, edge, edgecolor=COLOURS[1], fill=False, linewidth=1.3)
            )
    for k in range(4):
        start = left + 2 * (k % 2)
        axis = fig.add_subplot(grid[top + k // 2, start : start + 2])
        axis.imshow((patches.txm, patches.sem)[k % 2][k // 2], cmap="gray", vmin=0, vmax=255)
        axis.set_axis_off()
        if k < 2:
            axis.set_title(("TXM patch", "FIB-SEM patch")[k], fontsize=size)
    for one, other in pairwise(axes[:2] if narrow else axes):
        _arrow(fig, one, other)
    return fig


def _arrow(fig: Figure, left: plt.Axes, right: plt.Axes) -> None:
    fig.add_artist(
        ConnectionPatch(
            xyA=(1.0, 0.5),
            xyB=(0.0, 0.5),
            coordsA=left.transAxes,
            coordsB=right.transAxes,
            arrowstyle="-|>",
            color=COLOURS[0],
        )
    )


def split_map(dataset: Dataset) -> Figure:
    """Draw where the images of each split lie in the volume, slice by slice.

    For the real patches their columns too, since a slice there is covered by patches in part.
    """
    if dataset.name == "vaca-muerta-patches":
        return _patch_map(dataset, positions())
    fig, axis = plt.subplots(figsize=(7.5, 1.9))
    parts = (dataset.train, dataset.validation, dataset.test)
    for height, (pairs, colour) in enumerate(zip(parts, COLOURS, strict=False)):
        axis.vlines(pairs.slice_index, height - 0.35, height + 0.35, color=colour, linewidth=1.2)
        axis.text(1.01, height, f"{len(pairs)}", transform=axis.get_yaxis_transform(), va="center")
        axis.set_ylim(2.6, -0.6)
    axis.set_yticks(range(3), SPLITS)
    axis.set_xlabel("slice of the TXM volume (z)")
    panel(axis)
    fig.tight_layout()
    return fig


def _patch_map(dataset: Dataset, places: pd.DataFrame) -> Figure:
    role = dict.fromkeys(places["patch"], "left out")
    for split, pairs in zip(SPLITS, (dataset.train, dataset.validation, dataset.test), strict=True):
        role.update(dict.fromkeys(pairs.names, split))
    colour = dict(zip(SPLITS, COLOURS, strict=False))
    fig, axis = plt.subplots(figsize=(7.5, 3.4))
    for split in (*SPLITS, "left out"):
        chosen = places[places["patch"].map(role) == split]
        axis.hlines(
            chosen["slice"],
            chosen["column"],
            chosen["column"] + dataset.train.txm.shape[2],
            color=colour.get(split, "#bbbbbb"),
            linewidth=5,
            alpha=0.45,
            label=f"{split} ({len(chosen)})",
        )
    axis.set_xlabel("column in the slice [pixel]")
    axis.set_ylabel("slice")
    axis.set_yticks(range(0, 20, 2))
    axis.invert_yaxis()
    panel(axis)
    axis.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    fig.tight_layout()
    return fig


def grey_histograms(splits: Mapping[str, PairedSlices]) -> Figure:
    """Draw the grey-level histograms of both modalities inside the rock, one line a split."""
    fig, axes = plt.subplots(1, 2, figsize=(7.5, 2.8), sharey=True)
    for axis, modality in zip(axes, ("txm", "sem"), strict=True):
        for colour, (name, pairs) in zip(COLOURS, splits.items(), strict=False):
            grey = getattr(pairs, modality)[pairs.inside]
            share = np.bincount(grey, minlength=256) / grey.size
            axis.plot(100 * share, color=colour, label=name, linewidth=1.2)
        axis.set_xlabel("grey level")
        axis.set_title({"txm": "TXM", "sem": "FIB-SEM"}[modality], fontsize=10)
        panel(axis)
    axes[0].set_ylabel("share of pixels [%]")
    axes[0].legend(frameon=False)
    fig.tight_layout()
    return fig


def cuts(volumes: Mapping[str, Grey], *, row: int, phases: Labels | None = None) -> Figure:
    """Draw an x-y and an x-z cut, z upwards, of each volume, below one another.

    Parameters
    ----------
    volumes : mapping of title to (z, y, x) uint8 array
        One a column.
    row : int
        y of the x-z cut; the x-y cut is the middle slice.
    phases : (z, y, x) uint8 array, optional
        Phases of the digital shale, drawn in colour in a last column.
    """
    panels: dict[str, Grey] = dict(volumes)
    looks: dict[str, dict[str, object]] = {
        title: {"cmap": "gray", "vmin": 0, "vmax": 255} for title in panels
    }
    if phases is not None:
        panels["phases (truth)"] = phases
        shades = [TRUTH_COLOURS.get(code, ("", "#000000"))[1] for code in range(SOFT + 1)]
        looks["phases (truth)"] = {"cmap": ListedColormap(shades), "vmin": -0.5, "vmax": SOFT + 0.5}
    size = (3.1 * len(panels), 5.3)
    fig, axes = plt.subplots(2, len(panels), figsize=size, height_ratios=_heights(panels))
    for (top, bottom), (title, volume) in zip(axes.T, panels.items(), strict=True):
        for axis, image in ((top, volume[len(volume) // 2]), (bottom, volume[::-1, row])):
            axis.imshow(image, interpolation="nearest", **looks[title])
            axis.set(xticks=[], yticks=[])
        top.set_title(title, fontsize=9)
    axes[0, 0].set_ylabel("x-y", fontsize=9)
    axes[1, 0].set_ylabel("x-z", fontsize=9)
    if phases is not None:
        handles = [Patch(color=colour, label=name) for name, colour in TRUTH_COLOURS.values()]
        fig.legend(handles=handles, loc="lower center", ncols=5, frameon=False, fontsize=8)
    fig.tight_layout(pad=0.4, rect=(0, 0.0 if phases is None else 0.06, 1, 1))
    return fig


def _heights(volumes: Mapping[str, Grey]) -> tuple[int, int]:
    depth, height, _ = next(iter(volumes.values())).shape
    return height, depth


def phase_overlay(images: Grey, labels: Labels, *, title: str) -> Figure:
    """Draw FIB-SEM images above the same with their classes in colour.

    Parameters
    ----------
    images : (n, y, x) uint8 array
    labels : (n, y, x) uint8 array
        Codes of `shalelib.segmentation.Phase`; other codes stay grey.
    title : str
        Of the second row.
    """
    fig, axes = plt.subplots(2, len(images), figsize=(2.5 * len(images), 5.4), squeeze=False)
    for (top, bottom), image, classes in zip(axes.T, images, labels, strict=True):
        top.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        coloured = np.repeat(image[..., None] / 255.0, 3, axis=2)
        for phase, colour in PHASE_COLOURS.items():
            chosen = classes == phase
            coloured[chosen] = 0.35 * coloured[chosen] + 0.65 * np.array(to_rgb(colour))
        bottom.imshow(coloured, interpolation="nearest")
        for axis in (top, bottom):
            axis.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("FIB-SEM", fontsize=9)
    axes[1, 0].set_ylabel(title, fontsize=9)
    handles = [
        Patch(color=colour, label=PHASE_NAMES[phase]) for phase, colour in PHASE_COLOURS.items()
    ]
    fig.legend(handles=handles, loc="lower center", ncols=5, frameon=False, fontsize=8)
    fig.tight_layout(pad=0.4, rect=(0, 0.06, 1, 1))
    return fig
