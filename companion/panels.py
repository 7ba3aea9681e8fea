"""Grids of images, for several pages."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill, wrap

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from companion.style import scale_bar
from shalelib.arrays import Grey


def image_grid(
    panels: Mapping[str, Grey],
    *,
    pixel_size: float,
    side: float = 1.9,
    by_row: bool = False,
    size: float = 9.0,
) -> Figure:
    """Draw stacks of images side by side: one column a stack, one row an image.

    Parameters
    ----------
    panels : mapping of title to (n, y, x) uint8 array
        All with the same n.
    pixel_size : float
        Edge of a pixel [m], for the scale bar.
    side : float
        Width of a panel [inch].
    by_row : bool
        One row a stack and one column an image instead, for many stacks.
    size : float
        Of the titles [pt].

    Returns
    -------
    matplotlib Figure
        Grey levels 0 to 255 in every panel, none stretched.
    """
    count = len(next(iter(panels.values())))
    rows, columns = (len(panels), count) if by_row else (count, len(panels))
    per_line = int(side * 72 / (0.56 * size))  # letters of a title that fit beside one another
    lines_of = max(len(wrap(title, per_line)) for title in panels)
    room = 0.06 + 1.35 * size / 72 * lines_of  # for the titles [inch]
    margin = (room, 0.0) if by_row else (0.0, room)
    fig, axes = plt.subplots(
        rows, columns, figsize=(side * columns + margin[0], side * rows + margin[1]), squeeze=False
    )
    lines = axes if by_row else axes.T
    for line, (title, stack) in zip(lines, panels.items(), strict=True):
        for axis, image in zip(line, stack, strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            bare(axis)
        if by_row:
            line[0].set_ylabel(fill(title, per_line), fontsize=size)
        else:
            line[0].set_title(fill(title, per_line), fontsize=size, pad=3)
    scale_bar(axes[-1, 0], next(iter(panels.values()))[0], pixel_size)
    width, height = fig.get_size_inches()
    fig.subplots_adjust(left=margin[0] / width, right=1, bottom=0, top=1 - margin[1] / height)
    fig.subplots_adjust(wspace=0.03, hspace=0.03)
    return fig


def bare(axis: Axes) -> None:
    """Draw an image without ticks and frame."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
