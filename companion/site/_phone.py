"""A wide matplotlib figure, laid out again for a phone: fewer panels beside one another."""

from __future__ import annotations

import pickle
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 3.6  # inches
STRIP = 2.5  # times as wide as high: an image that takes the whole width
LETTER = 0.6  # of the size of a font: width of a letter
MANY = 8  # small images: four beside one another instead of two
NAMES = 0.45  # of the width, for the names along y
HALF = 2.0  # inches; a panel that is narrower has two ticks


def for_phone(fig: Figure) -> Figure | None:
    """Return a copy of a wide figure for a phone; nothing where it is narrow as it is.

    Images stand two beside one another; of a grid with more columns than rows, whose images have
    no titles of their own, rows become columns. Plots stand below one another; two remain where
    they share names along y.
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
    same = laid is grid
    spec = copy.add_gridspec(rows, columns, height_ratios=_heights(grid) if same else None)
    room = WIDTH * (1 - NAMES if _names(laid[0, 0].yaxis) else 1)
    for place, axis in np.ndenumerate(laid):
        if axis is not None:
            axis.set_subplotspec(spec[place])
            _narrow(axis, room / columns)
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
        if len(first.figure.axes) > grid.size:  # colour bars take their room
            return grid.reshape(-1, 1)
        if columns <= 2 or len(set(_heights(grid))) > 1:
            return grid
        if rows > 1 and not grid[1, 1].get_title():  # rows and columns mean something
            return _turn(grid) if rows < columns else grid
        shape = first.images[0].get_array().shape
        most = 1 if shape[1] > STRIP * shape[0] else 4 if grid.size > MANY else 2
    else:
        named = bool(_names(first.yaxis))
        most = 2 if columns > 1 and named else 1
        if not named:
            _name_all(grid)
    shown = [axis for axis in grid.flat if axis.get_visible()]
    shown += [None] * (-len(shown) % most)
    laid = np.array(shown, dtype=object).reshape(-1, most)
    for axis in laid[:, 0]:
        axis.tick_params(labelleft=True)
    return laid


def _heights(grid: Any) -> list[float]:
    """Return the relative heights of the rows of a grid."""
    ratios = grid[0, 0].get_gridspec().get_height_ratios()
    return [float(ratio) for ratio in ratios]


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
        axis.tick_params(labelleft=True, labelbottom=True)
        for kind, named in (("y", grid[row, 0]), ("x", grid[-1, column])):
            label = getattr(named, f"{kind}axis").label
            if not getattr(axis, f"get_{kind}label")():
                getattr(axis, f"set_{kind}label")(label.get_text(), fontsize=label.get_fontsize())


def _names(axis: Any) -> list[str]:
    """Return the tick labels of an axis if they are words."""
    texts = [label.get_text() for label in axis.get_ticklabels()]
    words = "".join(text for text in texts if "$" not in text)  # 10², in mathematics
    return texts if any(character.isalpha() for character in words) else []


def _narrow(axis: Axes, width: float) -> None:
    """Break names and titles, and thin out ticks, for a panel of a width [inch]."""
    from matplotlib.ticker import MaxNLocator

    for text in (axis.title, axis.yaxis.label):
        text.set_text(_broken(text.get_text(), width, text))
    for one, room in ((axis.yaxis, NAMES * WIDTH), (axis.xaxis, 0.8 * width)):
        if names := _names(one):
            room /= len(names) if one is axis.xaxis else 1
            first = one.get_ticklabels()[0]
            one.set_ticks(one.get_ticklocs(), [_broken(name, room, first) for name in names])
    for one in (axis.xaxis, axis.yaxis):
        locator = one.get_major_locator()
        if isinstance(locator, MaxNLocator):
            locator.set_params(nbins=2 if width < HALF else 4)


def _broken(words: str, width: float, like: Any) -> str:
    """Break words into lines that fit a width [inch], in the size of another text."""
    letters = max(4, int(width * 72 / (LETTER * like.get_fontsize())))
    return fill(words, letters, break_long_words=False, break_on_hyphens=False)


def _legends(fig: Figure) -> None:
    """Put legends that stand outside their panel below the figure, in as many columns as fit."""
    beside = [
        legend
        for axis in fig.axes
        if (legend := axis.get_legend()) and getattr(legend, "_bbox_to_anchor", None)
    ]
    for legend in [*fig.legends, *beside]:
        texts = [text.get_text() for text in legend.get_texts()]
        handles = [handle for handle in legend.legend_handles if handle is not None]
        size = float(legend.get_texts()[0].get_fontsize())
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
