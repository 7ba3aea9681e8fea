"""The data bar, with letters and a scale, that electron microscopes burn into the foot of an image.

Its letters would count as rock and pores. It is recognised from what the microscope says of its
rows, or by its look: a strip of one colour over the whole width, black or white, that begins at one
row, with letters of the other colour.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Grey, Mask

_LEAST = 8  # fewest rows of a bar, which has letters
_SHORTEST = 48  # fewest rows and columns of an image that has room for a bar
_MOST = 0.25  # of the rows of an image
_NEAR = 8  # grey levels from black and white
_MIDDLE = 128  # grey level beyond which a pixel belongs to a letter, whose edges are grey
_PLAIN = 0.95  # of the first row, which is of one colour
_GROUND = 0.3  # of any row of the bar is of its colour, letters and marks aside
_ABOVE = 0.8  # of the row above at most is of that colour
_LETTERS = (0.003, 0.45)  # share of the bar
_PICTURE = 0.8  # of the picture at most is black or white; else it is binary and has no bar


def find_bar(image: Grey) -> int | None:
    """Return the first row of a data bar at the foot of an image; None if there is none.

    Parameters
    ----------
    image : (y, x) uint8 array

    Returns
    -------
    int or None
        Counted from 0 at the top [pixel].

    Examples
    --------
    >>> image = np.full((100, 80), 120, np.uint8)
    >>> find_bar(image)
    >>> image[90:] = 0
    >>> image[93:97, 10:60:3] = 255
    >>> find_bar(image)
    90
    """
    rows = len(image)
    if rows < _SHORTEST or image.shape[1] < _SHORTEST:
        return None
    black, white = image <= _NEAR, image >= 255 - _NEAR
    for ground, other, letters in (
        (black, white, image >= _MIDDLE),
        (white, black, image < _MIDDLE),
    ):
        first = _first_row(ground.mean(axis=1), other.mean(axis=1))
        if first is None:
            continue
        share = letters[first:].mean()
        extremes = black[:first].mean() + white[:first].mean()
        if _LETTERS[0] <= share <= _LETTERS[1] and extremes <= _PICTURE:
            return first
    return None


def _first_row(ground: NDArray[np.float64], other: NDArray[np.float64]) -> int | None:
    """Return the row where a strip begins, by the share of either colour in each row."""
    rows = len(ground)
    plain = np.maximum(ground, other) >= _PLAIN
    belongs = plain | (ground >= _GROUND)
    strip = rows - int(np.argmin(belongs[::-1])) if not belongs.all() else 0
    for first in range(max(strip, 1, rows - int(_MOST * rows)), rows - _LEAST + 1):
        if plain[first] and not plain[first - 1] and ground[first - 1] <= _ABOVE:
            return first
    return None


def say_bar(
    pixels: Grey, name: object, *, said: int | None, mend: str, inside: Mask | None = None
) -> bool:
    """Warn of a data bar at the foot of slices, where no mask leaves it out.

    Parameters
    ----------
    pixels : (z, y, x) uint8 array
    name : object
        What the warning calls them.
    said : int, optional
        Rows of the picture above the bar, as the microscope says [pixel].
    mend : str
        What to do, with ``{rows}`` for the rows of the picture.
    inside : (z, y, x) bool array, optional
        The rock.

    Returns
    -------
    bool
        Whether it warned.

    Warns
    -----
    UserWarning
        It gives the rows of the bar and says what to do.
    """
    height = pixels.shape[1]
    if said is not None and (1 - _MOST) * height <= said < height:
        first: int | None = said
    else:
        chosen = sorted({0, len(pixels) // 2, len(pixels) - 1})
        found = {find_bar(pixels[z]) for z in chosen}
        first = found.pop() if len(found) == 1 else None
    if first is None or (inside is not None and not inside[:, first:].any()):
        return False
    warnings.warn(
        f"{name} has a bar with letters burned into rows {first} to {height - 1} (of {height}, "
        f"counted from 0), which would count as rock and pores; {mend.format(rows=first)}",
        stacklevel=3,
    )
    return True


ARRAY = (
    "cut it off, volume = shalelib.data.as_volume(volume.pixels[:, :{rows}], "
    "voxel_size=volume.voxel_size)"
)
"""Advice for callers who have a volume."""

STACK = "cut it off, stack = stack[:, :{rows}]"
"""Advice for callers who have an array."""

FOLDER = (
    "cut all images, TXM and SEM alike, to their first {rows} rows: array[..., :{rows}, :] before "
    "it is saved, or a rectangle and Image > Crop in Fiji"
)
"""Advice for callers who name a folder."""
