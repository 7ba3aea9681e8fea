"""Figure 1: from two microscopes to a permeability, on the digital shale (matplotlib)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from companion.cubes import draw_cube
from companion.flow_scenes import FlowScene
from companion.pages.flow_scene import draw_flow, draw_pressure, pressure_picture
from companion.style import COLOURS, GREY
from shalelib.arrays import Grey

TITLES = (
    "(a) TXM: the whole plug",
    "(a) FIB-SEM: a few slices",
    "(b) aligned pairs",
    "(c) training",
    "(d) translated volume",
    "(e) pores, pressure",
    "(e) flow",
)


def figure_1(
    txm: Grey,
    sem: Grey,
    pairs: Sequence[tuple[Grey, Grey]],
    translated: Grey,
    flow: FlowScene,
    *,
    narrow: bool = False,
) -> Figure:
    """Draw the workflow after the paper's Figure 1.

    Parameters
    ----------
    txm, translated : (z, y, x) uint8 array
    sem : (n, y, x) uint8 array
        Slices that were imaged.
    pairs : sequence of (TXM, FIB-SEM) images
        Two of them.
    flow : FlowScene
        Of the translated volume.
    narrow : bool
        For a phone: two panels beside one another.
    """
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3)]
    if narrow:
        places = [divmod(k, 2) for k in range(7)]
    rows, columns = (4, 2) if narrow else (2, 4)
    size = (3.6, 7.6) if narrow else (7.8, 4.4)
    fig = plt.figure(figsize=size, layout="constrained")
    grid = fig.add_gridspec(rows, columns)
    axes = [fig.add_subplot(grid[place]) for place in places[:2]]
    wide = grid[places[2]] if narrow else grid[0, 2:]
    axes += [fig.add_subplot(wide), *(fig.add_subplot(grid[place]) for place in places[3:])]
    for axis, title in zip(axes, TITLES, strict=True):
        axis.set_title(title, fontsize=7.5 if narrow else 8.5)
        axis.set_axis_off()
    draw_cube(axes[0], txm)
    _draw_slices(axes[1], sem)
    _draw_pairs(axes[2], pairs)
    _draw_training(axes[3])
    draw_cube(axes[4], translated)
    draw_pressure(axes[5], flow, pressure_picture(flow))
    draw_flow(axes[6], flow)
    return fig


def _draw_slices(axis: plt.Axes, sem: Grey) -> None:
    """Draw slices as cards behind one another."""
    for k, image in enumerate(sem[:4]):
        left, low = 0.16 * (3 - k), 0.16 * (3 - k)
        extent = (left, left + 1, low, low + 1)
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=extent, zorder=k)
        frame = plt.Rectangle((left, low), 1, 1, fill=False, edgecolor="white", zorder=k + 0.5)
        axis.add_patch(frame)
    axis.set(xlim=(-0.02, 1.5), ylim=(-0.02, 1.5), aspect="equal")


def _draw_pairs(axis: plt.Axes, pairs: Sequence[tuple[Grey, Grey]]) -> None:
    """Draw pairs beside one another, TXM above FIB-SEM."""
    for k, pair in enumerate(pairs):
        for row, (image, name) in enumerate(zip(pair, ("TXM", "FIB-SEM"), strict=True)):
            left, low = 1.06 * k, 1.06 * (1 - row)
            extent = (left, left + 1, low, low + 1)
            axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=extent)
            if k == 0:
                style: dict[str, Any] = {
                    "ha": "right",
                    "va": "center",
                    "fontsize": 7.5,
                    "rotation": 90,
                }
                axis.text(-0.05, low + 0.5, name, **style)
    axis.set(xlim=(-0.35, 1.06 * len(pairs)), ylim=(-0.02, 2.1), aspect="equal")


def _draw_training(axis: plt.Axes) -> None:
    """Draw generator, prediction, truth and the terms of the loss."""
    boxes = {
        (0.5, 2.4): ("TXM", "#b9bdbf", "black"),
        (2.0, 2.4): ("G", "#efeadd", "black"),
        (3.5, 2.4): ("Ŝ", "#7d8388", "white"),
        (3.5, 0.9): ("S", "#3c4147", "white"),
        (2.0, 0.9): ("D", "#e0d2ae", "black"),
    }
    for (x, y), (text, colour, ink) in boxes.items():
        axis.text(
            x,
            y,
            text,
            ha="center",
            va="center",
            fontsize=8.5,
            color=ink,
            bbox={"boxstyle": "square,pad=0.45", "facecolor": colour, "edgecolor": GREY},
        )
    for start, end in (
        ((0.95, 2.4), (1.65, 2.4)),
        ((2.35, 2.4), (3.1, 2.4)),
        ((3.15, 2.05), (2.3, 1.2)),
        ((3.1, 0.9), (2.35, 0.9)),
    ):
        style = {"arrowstyle": "->", "color": GREY}
        axis.annotate("", xy=end, xytext=start, arrowprops=style)
    axis.text(3.6, 1.65, "L1", fontsize=8, color=COLOURS[1])
    axis.text(2.0, 2.9, "‖J‖²", fontsize=8, color=COLOURS[1], ha="center")
    axis.text(0.4, 0.85, "GAN", fontsize=8, color=COLOURS[1])
    axis.annotate(
        "", xy=(1.1, 0.9), xytext=(1.65, 0.9), arrowprops={"arrowstyle": "->", "color": GREY}
    )
    axis.set(xlim=(0, 4.1), ylim=(0.2, 3.6))
