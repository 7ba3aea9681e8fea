"""A wide matplotlib figure, laid out again for a phone: fewer panels beside one another."""

from __future__ import annotations

import pickle
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

WIDTH = 3.6  # inches
STRIP = 2.5  # times as wide as high: an image that takes the whole width
LETTER = 0.56  # of the size of a font: width of a letter
MANY = 8  # small images: four beside one another instead of two
TICKS = 4  # on an axis of a narrow panel, about


def for_phone(fig: Figure) -> Figure | None:
    """Return a copy of a wide figure for a phone; nothing where it is narrow as it is.

    Images stand two beside one another, and a grid that names its rows is turned, so that rows
    become columns. Plots stand below one another; two remain where they share names along y.
    """
    import matplotlib.pyplot as plt

    if fig.get_figwidth() <= WIDTH * 1.1 or not _panels(fig):
        return None
    copy: Figure = pickle.loads(pickle.dumps(fig))
    plt.close(copy)  # of pyplot, which would keep it
    grid = np.array(_panels(copy), dtype=object)
    height = fig.get_figheight() / len(grid)
    width = fig.get_figwidth() / len(grid[0])
    copy.set_layout_engine("compressed" if grid[0, 0].images else "constrained")
    laid = _lay_out(grid)
    rows, columns = laid.shape
    spec = copy.add_gridspec(rows, columns)
    for place, axis in np.ndenumerate(laid):
        if axis is not None:
            axis.set_subplotspec(spec[place])
            _narrow(axis, WIDTH / columns)
    if grid[0, 0].images:
        height *= WIDTH / columns / width
    copy.set_size_inches(WIDTH, rows * height)
    _legends(copy)
    return copy


def _panels(fig: Figure) -> list[list[Axes]]:
    """Return the panels row by row; nothing of a figure that is not a plain grid of them."""
    found: dict[int, list[Axes]] = {}
    for axis in fig.axes:
        spec = axis.get_subplotspec()
        if spec is None:
            continue  # a colour bar
        if len(spec.rowspan) > 1 or len(spec.colspan) > 1:
            return []
        found.setdefault(spec.rowspan.start, []).append(axis)
    return [found[row] for row in sorted(found)]


def _lay_out(grid: Any) -> Any:
    """Place the panels of a grid in one that is narrower."""
    rows, columns = grid.shape
    first = grid[0, 0]
    if first.images:
        if columns <= 2:  # noqa: PLR2004
            return grid
        if rows > 1 and grid[1, 0].get_ylabel() and not grid[1, 1].get_title():
            return _turn(grid)
        shape = first.images[0].get_array().shape
        most = 1 if shape[1] > STRIP * shape[0] else 4 if grid.size > MANY else 2
    else:
        most = 2 if columns > 1 and _names(first.yaxis) else 1
        _name_all(grid)
    shown = [axis for axis in grid.flat if axis.get_visible()]
    shown += [None] * (-len(shown) % most)
    return np.array(shown, dtype=object).reshape(-1, most)


def _turn(grid: Any) -> Any:
    """Make rows of a grid its columns: names of the rows become titles, and titles names."""
    rows, heads = [axis.get_ylabel() for axis in grid[:, 0]], [a.get_title() for a in grid[0]]
    size = grid[0, 0].yaxis.label.get_fontsize()
    for axis in grid.flat:
        axis.set(title="", ylabel="")
    for axis, name in zip(grid[:, 0], rows, strict=True):
        axis.set_title(name, fontsize=size)
    for axis, name in zip(grid[0], heads, strict=True):
        axis.set_ylabel(name, fontsize=size)
    return grid.T


def _name_all(grid: Any) -> None:
    """Give every plot the name of its axes, where those of its row or column stood for it."""
    for (row, column), axis in np.ndenumerate(grid):
        if not _names(axis.yaxis):
            axis.tick_params(labelleft=True)
        axis.tick_params(labelbottom=True)
        for kind, named in (("y", grid[row, 0]), ("x", grid[-1, column])):
            label = getattr(named, f"{kind}axis").label
            if not getattr(axis, f"get_{kind}label")():
                getattr(axis, f"set_{kind}label")(label.get_text(), fontsize=label.get_fontsize())


def _names(axis: Any) -> list[str]:
    """Return the tick labels of an axis if they are words."""
    texts = [label.get_text() for label in axis.get_ticklabels()]
    return texts if any(character.isalpha() for character in "".join(texts)) else []


def _narrow(axis: Axes, width: float) -> None:
    """Break names and titles, and thin out ticks, for a panel of a width [inch]."""
    from matplotlib.ticker import MaxNLocator

    title = axis.title
    axis.set_title(fill(title.get_text(), _letters(width, title)), fontsize=title.get_fontsize())
    label = axis.yaxis.label
    label.set_text(fill(label.get_text(), _letters(width, label)))
    if names := _names(axis.yaxis):
        lines = [fill(name, _letters(0.35 * WIDTH, label)) for name in names]
        axis.set_yticks(axis.get_yticks(), lines)
    if names := _names(axis.xaxis):
        lines = [fill(name, _letters(0.8 * width / len(names), label)) for name in names]
        axis.set_xticks(axis.get_xticks(), lines)
    for one in (axis.xaxis, axis.yaxis):
        locator = one.get_major_locator()
        if isinstance(locator, MaxNLocator):
            locator.set_params(nbins=TICKS)


def _letters(width: float, text: Any) -> int:
    """Count the letters of a text that fit a width [inch]."""
    return max(4, int(width * 72 / (LETTER * text.get_fontsize())))


def _legends(fig: Figure) -> None:
    """Put legends that stand outside their panel below the figure, in as many columns as fit."""
    beside = [
        legend
        for axis in fig.axes
        if (legend := axis.get_legend()) and legend._bbox_to_anchor is not None  # noqa: SLF001
    ]
    for legend in [*fig.legends, *beside]:
        texts = [text.get_text() for text in legend.get_texts()]
        handles, size = legend.legend_handles, legend.get_texts()[0].get_fontsize()
        legend.remove()
        widest = max(map(len, texts)) * LETTER * size / 72 + 0.5
        fig.legend(
            handles,
            texts,
            loc="outside lower center",
            ncols=max(1, int(WIDTH / widest)),
            frameon=False,
            fontsize=size,
        )
