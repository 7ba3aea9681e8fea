"""Pixels that are no finite numbers: left out by a mask, or refused with what to fill them by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.tiff import TIFF

FILLED = "numpy.nan_to_num(array, {levels})"
"""Expression that fills the values of an array which are not finite."""

LABELLED = "array.copy(data=numpy.nan_to_num(array, {levels}))"
"""The same for an array with named dimensions, which it keeps."""


def where_finite(
    pixels: NDArray[Any], path: Path, inside: Mask | None, filled: str, window: Any, shares: Any
) -> Mask | None:
    """Return where pixels are finite, None if all are; refuse others that no mask leaves out."""
    if pixels.dtype.kind != "f" or (finite := np.isfinite(pixels)).all():
        return None
    if inside is not None and not (inside & ~finite).any():
        return finite
    low, high = (pixels[finite].min(), pixels[finite].max()) if finite.any() else (0, 0)
    levels = f"nan={low:.9g}, neginf={low:.9g}, posinf={high:.9g}"
    taken = f"window={(float(low), float(high)) if window is None else window!r}"
    taken = taken if shares is None else f"percentiles={shares!r}"
    stored = str(path / "*.tif") if path.is_dir() else str(path)
    array = f" (array = tifffile.imread({stored!r}))" * stored.lower().endswith(TIFF)
    msg = (
        f"{int((~finite).sum())} pixels of {path} are not finite; where they are outside the rock, "
        "pass a mask that is zero there; else replace them by grey levels, such as filled = "
        f"{filled.format(levels=levels)}{array}, and read, with the size of its voxels where the "
        f"file has one, shalelib.data.as_volume(filled, {taken}) or "
        f"shalelib.data.as_volume(filled, {taken}, inside=numpy.isfinite(array))"
    )
    raise ValueError(msg)
