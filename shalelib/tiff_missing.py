"""Pixels that a TIFF names as missing: by a value of no data, or on a page of transparency."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NO_DATA = 42113  # the tag of GDAL, whose text is a number


def check_none_missing(pixels: NDArray[Any], page: Any, path: Path, *, codes: bool) -> None:
    """Refuse pixels with the value for missing data, which is no grey level, pore or class.

    Parameters
    ----------
    pixels : (z, y, x) array
    page : tifffile.TiffPage
        First page of the image.
    path : Path
    codes : bool
        The image holds labels or a mask, in which 0 may well stand for missing data.

    Raises
    ------
    ValueError
        There are such pixels; the message counts them and says what to do for each meaning that
        the value may have.
    """
    value = _no_data(page, pixels.dtype)
    if value is None or (codes and not value):
        return
    missing = pixels == value
    if not missing.any():
        return
    array = f"array = tifffile.imread({str(path)!r}).reshape({pixels.shape})"
    msg = (
        f"{np.count_nonzero(missing)} of the {pixels.size} pixels of {path} are {value}, which it "
        f"names as missing (GDAL's value of no data); with {array} "
    )
    if codes:
        msg += (
            f"save it anew with 0 there, tifffile.imwrite(name, numpy.where(array == {value}, 0, "
            "array), photometric='minisblack'), or as it is, without numpy.where, if the value is "
            "a code as the others"
        )
        raise ValueError(msg)
    if missing.all():
        msg += "see what there is: it has no other pixel"
        raise ValueError(msg)
    least = pixels[~missing].min()
    msg += (
        f"they are left out of the rock by shalelib.data.as_volume(numpy.where(array == {value}, "
        f"{least}, array), inside=array != {value}); if the value is a grey level as the others, "
        "pass array as it is. Slices in a folder save anew, tifffile.imwrite(name, array), and "
        "mark the rock in a mask"
    )
    raise ValueError(msg)


def _no_data(page: Any, dtype: np.dtype[Any]) -> Any:
    """Return the value for missing data in the pixels' type; None where no pixel can have it."""
    tag = page.tags.get(_NO_DATA)
    if tag is None:
        return None
    written = tag.value.decode("ascii", "replace") if isinstance(tag.value, bytes) else tag.value
    try:
        value = float(str(written).strip(" \0"))
    except ValueError:
        return None
    if dtype.kind == "f":
        return None if math.isnan(value) else dtype.type(value).item()
    if dtype.kind not in "iu" or not value.is_integer():
        return None
    limits = np.iinfo(dtype)
    return int(value) if limits.min <= value <= limits.max else None


def say_transparent(tif: Any, path: Path) -> None:
    """Warn of a page that marks pixels as transparent, which is not used.

    Parameters
    ----------
    tif : tifffile.TiffFile
    path : Path

    Warns
    -----
    UserWarning
        It counts the pixels and says how to use the page.
    """
    pages = (series.keyframe for series in tif.series)
    page = next((page for page in pages if page.is_mask and not page.is_reduced), None)
    through = 0 if page is None else int(np.count_nonzero(page.asarray() == 0))
    if page is not None and through:
        warnings.warn(
            f"page {page.index} of {path} marks {through} pixels as seen through, which is not "
            "used; if the rest is the rock, pass this where a mask is taken: "
            f"tifffile.TiffFile({str(path)!r}).pages[{page.index}].asarray()",
            stacklevel=4,
        )
