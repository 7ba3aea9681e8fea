"""What a matplotlib figure draws, as CSV: curves, points, bars, bands and small maps of colours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from companion.site.told import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

HEAD = ("panel", "series", "x", "y", "value")
PIXELS = 1024  # a map with more is a picture
PIECES = 400  # of one collection of lines; more are a drawing
LARGEST = 200_000  # characters

_NUMBER = re.compile(r"[-+−]?[\d.]*|\$.*\$")

Point = tuple[str, float, float, str]  # series, x, y, value


def csv_of(fig: Figure, name: str) -> tuple[str, bytes] | None:
    """Return file name and content of what a figure draws, a line a point.

    None for pictures, and for what is too long. A panel that shows a picture is left out, places
    on an axis that has names are named.
    """
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    out.writerow(HEAD)
    empty = True
    for number, axes in enumerate((a for a in fig.axes if a.get_label() != "<colorbar>"), 1):
        panel = plain(axes.get_title() or axes.get_ylabel() or f"panel {number}")
        names = _names(axes.xaxis), _names(axes.yaxis)
        for series, x, y, value in _points(axes):
            places = [_named(at, of) for at, of in zip((x, y), names, strict=True)]
            out.writerow([panel, plain(series), *places, value])
            empty = False
    text = stream.getvalue()
    return None if empty or len(text) > LARGEST else (f"{name}.csv", text.encode())


def _points(axes: Axes) -> Iterator[Point]:
    """Yield all that a panel draws in its own coordinates."""
    from matplotlib import collections, patches
    from matplotlib.container import BarContainer

    if any(np.size(np.asarray(image.get_array())) > PIXELS for image in axes.images):
        return
    for image in axes.images:
        values = np.asarray(image.get_array())
        if values.ndim == 2:
            for (row, column), value in np.ndenumerate(values):
                yield "map", float(column), float(row), f"{value:.6g}"
    bars = [group for group in axes.containers if isinstance(group, BarContainer)]
    for group in bars:
        for bar in group:
            box = bar.get_bbox()
            upright = group.orientation == "vertical"
            x, y = ((box.x0 + box.x1) / 2, box.y1) if upright else (box.x1, (box.y0 + box.y1) / 2)
            yield _label(group, "bars"), float(x), float(y), ""
    for line in axes.lines:
        if line.get_transform() == axes.transData:
            yield from _rows(_label(line, "line"), line.get_xydata())
    for patch in axes.patches:
        if isinstance(patch, patches.StepPatch):
            values, edges, _ = patch.get_data()
            yield from _rows(_label(patch, "steps"), np.column_stack([edges[:-1], values]))
        elif isinstance(patch, patches.Polygon) and patch.get_data_transform() == axes.transData:
            yield from _rows(_label(patch, "outline"), patch.get_xy())
    for many in axes.collections:
        if isinstance(many, collections.PathCollection):
            yield from _rows(_label(many, "points"), np.ma.filled(many.get_offsets(), np.nan))
        elif isinstance(many, collections.LineCollection) and len(many.get_paths()) <= PIECES:
            for piece in many.get_segments():
                yield from _rows(_label(many, "interval"), piece)
        elif isinstance(many, collections.PolyCollection):
            for path in many.get_paths():
                yield from _rows(_label(many, "band"), path.vertices)


def _rows(series: str, points: ArrayLike) -> Iterator[Point]:
    for x, y in np.asarray(points, float):
        if np.isfinite([x, y]).all():
            yield series, float(x), float(y), ""


def _label(artist: Any, otherwise: str) -> str:
    label = str(artist.get_label())
    return label if label and not label.startswith("_") else otherwise


def _names(axis: Axis) -> dict[float, str]:
    """Return the names that an axis bears in place of numbers, by their places."""
    from matplotlib.ticker import FixedLocator

    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {}
    ticks = axis.get_major_ticks()
    texts = {float(tick.get_loc()): plain(tick.label1.get_text()) for tick in ticks}
    return {at: text for at, text in texts.items() if not _NUMBER.fullmatch(text)}


def _named(at: float, names: dict[float, str]) -> str:
    return names.get(at) or f"{at:.6g}"
