"""By how much conventions of perimeter and Euler characteristic differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from skimage.measure import euler_number, perimeter, perimeter_crofton

from shalelib.arrays import Mask, Real
from shalelib.metrics.minkowski import minkowski, quad_counts

# What quantimpy 0.2.6 adds for each of the 16 kinds of 2 x 2 neighbourhoods, fitted to its results
# and checked against them in tests/test_minkowski.py, in units of 2 pi (sqrt 2 - 1) / 8.
_QUANTIMPY = np.array([0, 3, 2, 3, 2, 3, 2, 1, 1, 2, 3, 2, 3, 2, 3, 0])
Measure = Callable[[Mask], Any]
_SHAPES = ("disc, radius 10", "disc, radius 20", "disc, radius 40", "square, edge 40")


def quantimpy_perimeter(images: Mask) -> Real:
    """Return the perimeter of each image (n, y, x) as quantimpy 0.2.6 counts it [pixel edge]."""
    return quad_counts(images) @ _QUANTIMPY * (2 * np.pi * (np.sqrt(2) - 1) / 8)


def edge_perimeter(images: Mask) -> Real:
    """Return the number of pixel edges between phase and rest inside each image (n, y, x)."""
    rows = (images[:, 1:] != images[:, :-1]).sum(axis=(1, 2))
    columns = (images[:, :, 1:] != images[:, :, :-1]).sum(axis=(1, 2))
    return rows + columns.astype(float)


def convention_table(low: Mask, *, images: int = 40) -> pd.DataFrame:
    """Compare the conventions on shapes of known perimeter and on a phase.

    Parameters
    ----------
    low : (n, z, y, x) bool array
        The phase.
    images : int
        At most so many x-y images of it, evenly spread.

    Returns
    -------
    DataFrame
        One row a convention: its perimeter divided by the exact one for discs and a square, and
        divided by ours for the phase; its mean Euler characteristic of the phase.
    """
    stack = low.reshape(-1, *low.shape[2:])
    stack = stack[:: -(-len(stack) // images)]
    exact = [2 * np.pi * 10, 2 * np.pi * 20, 2 * np.pi * 40, 4 * 40.0]
    square = np.zeros((1, 48, 48), bool)
    square[:, 4:44, 4:44] = True
    shapes = [_disc(10), _disc(20), _disc(40), square]
    ours = minkowski(stack)[:, 1].mean()
    lines = []
    for name, measure, euler in _conventions():
        ratios = [float(measure(s)[0]) / e for s, e in zip(shapes, exact, strict=True)]
        lines.append(
            {
                "Convention": name,
                **dict(zip(_SHAPES, ratios, strict=True)),
                "low density, relative to ours": float(measure(stack).mean() / ours),
                "low density, Euler": float(euler(stack).mean()),
            }
        )
    return pd.DataFrame(lines)


def _conventions() -> tuple[tuple[str, Measure, Measure], ...]:
    """Return name, perimeter and Euler characteristic of each convention."""
    four, eight = (_each(partial(euler_number, connectivity=k)) for k in (1, 2))
    crofton_4, crofton_2 = (_each(partial(perimeter_crofton, directions=k)) for k in (4, 2))
    return (
        ("ours: four directions, open frame, 4-connected", _column(1), _column(2)),
        ("ours, 8-connected", _column(1), _column(2, connectivity=8)),
        ("scikit-image: perimeter_crofton, 4-connected, frame closed", crofton_4, four),
        ("scikit-image: two directions, 8-connected", crofton_2, eight),
        ("scikit-image: perimeter, 8-connected", _each(perimeter), eight),
        ("edges of pixels, open frame", edge_perimeter, _column(2)),
        ("quantimpy", quantimpy_perimeter, _column(2)),
    )


def _column(place: int, *, connectivity: int = 4) -> Measure:
    return lambda images: minkowski(images, connectivity=connectivity)[:, place]


def _each(measure: Callable[[Mask], float]) -> Measure:
    return lambda images: np.array([measure(np.pad(image, 1)) for image in images])


def _disc(radius: int) -> Mask:
    y, x = np.mgrid[: 2 * radius + 9, : 2 * radius + 9] - radius - 4
    return (y**2 + x**2 <= radius**2)[None]
