"""Read and write grey TIFF slices and stacks, memory-mapped where the file allows it."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from shalelib.arrays import Grey, check_grey
from shalelib.files import logged

_UNITS = {"nm": 1e-9, "nanometer": 1e-9, "um": 1e-6, "\\u00B5m": 1e-6, "µm": 1e-6, "micron": 1e-6}
_UNITS |= {"mm": 1e-3, "cm": 1e-2, "m": 1.0}


def read_stack(path: Path | str, *, shape: tuple[int, int, int] | None = None) -> Grey:
    """Read a multi-page grey TIFF.

    Parameters
    ----------
    path : path
    shape : (z, y, x), optional
        What the stack must measure.

    Returns
    -------
    (z, y, x) uint8 array
        A read-only memory map if the pixels lie uncompressed and in one piece, as ImageJ and
        `write_stack` leave them; else an array.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is no TIFF, is cut short, in colour, not of 8 bits, or has another shape.
    """
    path = Path(path)
    with _opened(path) as (tif, complaints):
        series = _grey_series(tif, path, complaints)
        first = series[0]
        pages = (sum(part.size for part in series) // int(np.prod(first.shape[-2:])),)
        pages += first.shape[-2:]
        mappable = first.dataoffset is not None and first.dtype == np.uint8
        if len(series) == 1 and mappable:
            _check_length(path, first.dataoffset + first.nbytes)
            volume: Grey = np.memmap(path, np.uint8, "r", first.dataoffset, pages)
        else:
            volume = _decode(series, path, complaints)
    _check_shape(path, volume.shape, shape)
    return volume


def read_slice(path: Path | str, *, shape: tuple[int, int] | None = None) -> Grey:
    """Read a TIFF of one grey slice.

    Parameters
    ----------
    path : path
    shape : (y, x), optional
        What the slice must measure.

    Returns
    -------
    (y, x) uint8 array

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_stack`, or the file holds several slices.
    """
    stack = read_stack(path)
    if len(stack) != 1:
        msg = f"{path} holds {len(stack)} slices, expected one; save one file a slice"
        raise ValueError(msg)
    _check_shape(Path(path), stack.shape[1:], shape)
    return np.array(stack[0])


def read_voxel_size(path: Path | str) -> float | None:
    """Return the pixel width [m] that ImageJ's metadata give, None if they give none."""
    path = Path(path)
    with _opened(path) as (tif, _):
        tag = tif.pages.first.tags.get("XResolution")
        scale = _UNITS.get(str((tif.imagej_metadata or {}).get("unit", "")))
    if scale is None or tag is None or not all(tag.value):
        return None
    pixels, units = tag.value
    return float(units / pixels * scale)


def write_stack(
    path: Path | str,
    volume: Grey | Iterable[Grey],
    *,
    voxel_size: float,
    shape: tuple[int, int, int] | None = None,
) -> Path:
    """Write a grey volume as an ImageJ TIFF, uncompressed, so that it can be memory-mapped.

    Parameters
    ----------
    path : path
        The file appears whole or not at all.
    volume : (z, y, x) uint8 array, or an iterable of (y, x) uint8 slices
        An iterable is written as it comes and never held as a whole; it needs `shape`.
    voxel_size : float
        Edge of a voxel [m], kept in the file's metadata.
    shape : (z, y, x), optional
        Of what an iterable yields.

    Returns
    -------
    Path
        Where it was written.
    """
    path = Path(path)
    if not voxel_size > 0:
        msg = f"voxel_size must be a positive length in metres, got {voxel_size}"
        raise ValueError(msg)
    if isinstance(volume, np.ndarray):
        shape = check_grey("volume", volume, ndim=3).shape
    elif shape is None:
        msg = "shape (z, y, x) is needed to write slices as they come"
        raise ValueError(msg)
    temporary = path.with_name(path.name + ".part")
    per_nanometre = 1e-9 / voxel_size
    try:
        with warnings.catch_warnings():  # beyond 4 GB only ImageJ's own header counts the slices
            warnings.filterwarnings("ignore", message=".*truncating ImageJ file")
            tifffile.imwrite(
                temporary,
                _checked_slices(volume, shape),
                shape=shape,
                dtype=np.uint8,
                imagej=True,
                photometric="minisblack",
                resolution=(per_nanometre, per_nanometre),
                metadata={"axes": "ZYX", "spacing": voxel_size * 1e9, "unit": "nm"},
            )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _checked_slices(slices: Iterable[Grey], shape: tuple[int, ...]) -> Iterator[Grey]:
    """Pass slices on, and insist on their type, shape and number."""
    count = 0
    for image in slices:
        check_grey("slice", image, ndim=2)
        if image.shape != shape[1:] or count == shape[0]:
            msg = f"slice {count} has shape {image.shape}, but the stack is declared {shape}"
            raise ValueError(msg)
        count += 1
        yield np.ascontiguousarray(image)
    if count != shape[0]:
        msg = f"{count} slices came, but the stack is declared {shape}"
        raise ValueError(msg)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, list[str]]]:
    """Open a TIFF; yield it with a list that fills with tifffile's complaints."""
    if not path.is_file():
        msg = f"there is no file {path}; check the name and the folder"
        raise FileNotFoundError(msg)
    try:
        with logged("tifffile") as complaints, tifffile.TiffFile(path) as tif:
            yield tif, complaints
    except (tifffile.TiffFileError, EOFError, OverflowError, IndexError) as error:
        raise ValueError(_unreadable(path, str(error))) from error


def _unreadable(path: Path, why: str) -> str:
    return f"{path} is not a complete TIFF ({why}); copy or export it again, uncompressed"


def _grey_series(tif: Any, path: Path, complaints: list[str]) -> list[Any]:
    """Return the file's image series if they are grey, of 8 bits, alike and complete."""
    if not len(tif.pages) or not tif.series or complaints:
        raise ValueError(_unreadable(path, "; ".join(complaints) or "it holds no image"))
    page = tif.pages.first
    if page.samplesperpixel != 1 or page.photometric not in (0, 1):
        msg = (
            f"{path} is a colour image ({page.photometric.name.lower()}); convert it to grey, in "
            "Fiji with Image > Type > 8-bit"
        )
        raise ValueError(msg)
    if page.photometric == 0 and page.bitspersample == 8:
        msg = (
            f"{path} stores white as zero (an inverted lookup table); save it with black as zero, "
            "in Fiji with Image > Lookup Tables > Invert LUT, then Edit > Invert"
        )
        raise ValueError(msg)
    for series in tif.series:
        if series.dtype not in (np.uint8, np.bool_):  # masks may have one bit a pixel
            msg = (
                f"{path} has pixels of type {series.dtype}, expected 8 bits (uint8); rescale it, "
                "in Fiji with Image > Adjust > Brightness/Contrast, then Image > Type > 8-bit"
            )
            raise ValueError(msg)
    sizes = sorted({series.shape[-2:] for series in tif.series})
    if len(sizes) > 1:
        msg = f"{path} holds images of several sizes {sizes}; save them as separate files"
        raise ValueError(msg)
    return list(tif.series)


def _check_length(path: Path, needed: int) -> None:
    size = path.stat().st_size
    if size < needed:
        raise ValueError(_unreadable(path, f"{size} bytes, {needed} expected"))


def _decode(parts: list[Any], path: Path, complaints: list[str]) -> Grey:
    """Read compressed or scattered pages, refusing what tifffile would fill with zeros."""
    for page in (page for series in parts for page in series.pages if page is not None):
        ends = (a + n for a, n in zip(page.dataoffsets, page.databytecounts, strict=True))
        _check_length(path, max(ends))
    try:
        pixels = np.concatenate([part.asarray().reshape(-1, *part.shape[-2:]) for part in parts])
    except (ValueError, RuntimeError, OSError, zlib.error, tifffile.TiffFileError) as error:
        raise ValueError(_unreadable(path, str(error))) from error
    if complaints:
        raise ValueError(_unreadable(path, "; ".join(complaints)))
    return pixels.astype(np.uint8, copy=False)


def _check_shape(path: Path, got: tuple[int, ...], wanted: tuple[int, ...] | None) -> None:
    if wanted is not None and got != wanted:
        msg = f"{path} measures {got}, expected {wanted}; crop or register it to its twin first"
        raise ValueError(msg)
