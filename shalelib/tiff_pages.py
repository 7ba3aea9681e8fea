"""Check that the pages of a TIFF are stored and shown alike: tifffile reads all like the first."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_STORED = (
    *("shaped", "rowsperstrip", "tilewidth", "tilelength", "tiledepth", "sampleformat"),
    *("bitspersample", "fillorder", "predictor", "compression", "extrasamples"),
)
"""Properties that tifffile takes from the first page of a series to decode the others."""


def check_alike(series: list[Any], path: Path, *, codes: bool) -> None:
    """Refuse pages that are stored or displayed differently from the first of their image.

    Parameters
    ----------
    series : list
        The series of tifffile that make the image.
    path : Path
    codes : bool
        The image holds labels or a mask, whose numbers count as they are, except those of one bit.

    Raises
    ------
    ValueError
        A page differs; the message names the first one, how it differs, and what to do.
    """
    first = series[0].keyframe
    numbers = codes and first.bitspersample > 1
    for page, keyframe in _pages(series):
        how = _difference(page, keyframe, first, numbers=numbers)
        if how:
            msg = f"page {page.index} of {path} {how}: {as_stored(path)}"
            raise ValueError(msg)


def _difference(page: Any, keyframe: Any, first: Any, *, numbers: bool) -> str:
    """Return how a page differs from the first of its series or image; nothing if it does not.

    For `numbers`, such as labels, it does not matter how they are displayed.
    """
    if any(getattr(page, name) != getattr(keyframe, name) for name in _STORED):
        return "is stored in another way than the first (size, bits, strips or compression)"
    if _turn(page) != _turn(first):
        return "is to be shown turned or mirrored otherwise than the first"
    if not numbers and page.photometric != first.photometric:
        return f"shows its zeros {'white' if page.photometric == 0 else 'black'}, unlike the first"
    if not numbers and _table(page) != _table(first):
        return "is shown through another table of colours than the first"
    return ""


def as_stored(path: Path) -> str:
    """Return advice on how to read pages that differ, each as it is stored."""
    return (
        f"numpy.stack([page.asarray() for page in tifffile.TiffFile({str(path)!r}).pages]) takes "
        "each as it is stored, and ~page.asarray() exchanges black and white; pass that array to "
        "shalelib.data.as_volume, or as a mask"
    )


def say_uncounted(series: Any, path: Path, order: str) -> None:
    """Warn of slices after those that an ImageJ file counts, whose one page stands for all.

    Parameters
    ----------
    series : object
        The only series of the file, from tifffile.
    path : Path
    order : str
        Byte order of the file: ``<`` (little-endian) or ``>`` (big-endian).

    Warns
    -----
    UserWarning
        At least one more slice would fit into what follows; the message says how to read them all.
    """
    page = series.keyframe
    if series.dataoffset is None or not page.nbytes:
        return
    more = (path.stat().st_size - series.dataoffset - series.nbytes) // page.nbytes
    if more > 0:
        count = series.nbytes // page.nbytes
        kind = page.dtype.newbyteorder(order).str
        warnings.warn(
            f"{path} counts its slices as {count}, and {more} more would fit into what follows; if "
            f"it holds them, pass numpy.memmap({str(path)!r}, {kind!r}, 'r', "
            f"{series.dataoffset}, {(count + more, *page.shape)}) to shalelib.data.as_volume",
            stacklevel=4,
        )


def _pages(series: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the pages of an image that the file describes one by one, each with its keyframe."""
    for part in series:
        for page in part.pages:
            if page is not None and page.offset is not None:
                yield page.aspage(), part.keyframe


def _turn(page: Any) -> int:
    tag = page.tags.get("Orientation")
    return 1 if tag is None else int(tag.value)


def _table(page: Any) -> bytes | None:
    return None if page.colormap is None else page.colormap.tobytes()
