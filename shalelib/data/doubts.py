"""Warnings of images that look wrong: slices that show nothing, and contrast that is lost."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Grey, Mask
from shalelib.outside import find_rim, is_even

_FEW = 16  # grey levels that are too few for a picture
_NEARLY = 0.99  # of the pixels of a slice
_MORE = 4  # times as many values that a picture has in its file; else it is of codes
_TAILS = (1, 99)  # percentiles between which a window is proposed


def say_blank(
    pixels: Grey,
    name: object,
    *,
    mend: str,
    inside: Mask | None = None,
    slices: Sequence[object] = (),
) -> None:
    """Warn of slices of one grey level that no mask leaves out: black ones would be pores.

    Parameters
    ----------
    pixels : (z, y, x) uint8 array
    name : object
        What the warning calls the volume.
    mend : str
        What to do where they show no rock.
    inside : (z, y, x) bool array, optional
        The rock.
    slices : sequence, optional
        What each slice is called; by default its number.

    Warns
    -----
    UserWarning
        It names the slices and says what to do.
    """
    blank = [z for z, image in enumerate(pixels) if is_even(image)]
    blank = [z for z in blank if inside is None or inside[z].any()]
    if blank:
        called = [str(slices[z]) if slices else str(z) for z in blank]
        shown = ", ".join(called[:4]) + ", ..." * (len(blank) > 4)
        counted = "" if slices else ", counted from 0"
        warnings.warn(
            f"{name} shows nothing in {len(blank)} of its {len(pixels)} slices ({shown}{counted}), "
            f"each of one grey level, and black counts as pores; where they show no rock {mend}, "
            "and where there should be some export them again",
            stacklevel=3,
        )


OF_VOLUME = "leave them out, array[first:last], or pass a mask that is zero there"
"""Advice for callers who have a volume."""

OF_STACK = "leave them out, stack[first:last]"
"""Advice for callers who have an array."""

OF_PAIRS = "move them elsewhere, TXM and SEM alike"
"""Advice for callers who name a folder."""


def say_rim(pixels: Grey, name: object, *, inside: Mask | None = None) -> None:
    """Warn of a dark border, as a registration leaves one, that no mask leaves out.

    Parameters
    ----------
    pixels : (z, y, x) uint8 array
    name : object
        What the warning calls the volume.
    inside : (z, y, x) bool array, optional
        The rock.

    Warns
    -----
    UserWarning
        It gives the sides and widths of the border, and what to do. Slices that are blank as a
        whole are those of `say_blank`.
    """
    box = find_rim(pixels)
    if box is None:
        return
    _, rows, columns = box
    _, height, width = pixels.shape
    sides = {
        "top": (rows.start, "rows"),
        "bottom": (height - rows.stop, "rows"),
        "left": (columns.start, "columns"),
        "right": (width - columns.stop, "columns"),
    }
    found = [f"{count} {what} at the {side}" for side, (count, what) in sides.items() if count]
    beyond = np.ones((height, width), bool)
    beyond[rows, columns] = False
    if not found or not (inside is None or any((mask & beyond).any() for mask in inside)):
        return
    crop = f"[:, {rows.start}:{rows.stop}, {columns.start}:{columns.stop}]"
    warnings.warn(
        f"{name} is of one dark grey at its border ({', '.join(found)}), which counts as pores. "
        "Crop it, volume = shalelib.data.as_volume(volume.pixels"
        f"{crop}, voxel_size=volume.voxel_size), or the file in Fiji with Edit > Selection > "
        f"Specify (width {columns.stop - columns.start}, height {rows.stop - rows.start}, X "
        f"{columns.start}, Y {rows.start}) and Image > Crop; or leave it out by a mask, volume = "
        "volume.with_mask(shalelib.data.rock_mask(volume.pixels))",
        stacklevel=3,
    )


def say_coarse(values: NDArray[Any], grey: Grey, name: object, window: Sequence[float]) -> None:
    """Warn of a window that leaves the middle slice only a few grey levels.

    A single stray pixel, or a value that stands for missing data, can make a window so wide that
    all other pixels become alike.

    Parameters
    ----------
    values : (z, y, x) array
        As in the file.
    grey : (z, y, x) uint8 array
        The same through the window.
    name : object
        What the warning calls the volume.
    window : (low, high)

    Warns
    -----
    UserWarning
        It counts the levels and proposes a window that gives more, if there is one.
    """
    before, after = np.asarray(values[len(grey) // 2], np.float64), grey[len(grey) // 2]
    levels = _levels(after)
    held = before[(before > before.min()) & (before < before.max())]
    if levels >= _FEW or len(np.unique(held)) < _MORE * levels:
        return
    low, high = np.percentile(held, _TAILS)
    steps = np.clip((before - low) / max(high - low, np.finfo(float).tiny), 0, 1)
    mend = "choose a narrower one, by the grey levels of the rock in a histogram"
    if _levels(np.rint(255 * steps).astype(np.uint8)) >= _FEW:
        mend = f"most of them lie between these: window=({low:.6g}, {high:.6g})"
    warnings.warn(
        f"through the window from {window[0]:g} to {window[1]:g} nearly all pixels of {name} "
        f"become {levels} of 256 grey levels; {mend}",
        stacklevel=4,
    )


def _levels(image: Grey) -> int:
    """Count the fewest grey levels that make up nearly all pixels."""
    counts = np.sort(np.bincount(image.ravel()))[::-1]
    return int(np.searchsorted(counts.cumsum(), _NEARLY * image.size)) + 1
