"""What a TIFF holds: one image with axes z, y, x, as the file declares them, and its scale.

Shared by all rooms, so that grey volumes, masks and label images are read in one way. A file's axes
are believed: channels and times are never slices, and of several images one has to be chosen.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from shalelib.files import logged, not_there
from shalelib.memory import check_room
from shalelib.scale import Said
from shalelib.tiff_about import channel_names, voxel_scale
from shalelib.tiff_axes import as_slices, choose_image, file_axes, given_axes, renamed, to_space
from shalelib.tiff_missing import check_none_missing, say_transparent
from shalelib.tiff_pages import as_stored, check_alike, say_uncounted

TIFF = (".tif", ".tiff")
"""Endings of the names of TIFFs, in lower case."""

_LOSSY = (6, 7, 33007, 34892)  # compressions: JPEG of several kinds
_PERHAPS_LOSSY = (  # JPEG 2000, JPEG XR, JPEG XL, WebP, LERC and Jetraw, as their writer chose
    *(33003, 33004, 33005, 34712),
    *(22610, 34934, 50002, 52546, 34927, 50001, 34887, 48124),
)
_TURNED = {  # meanings of the tag Orientation; 1 is as stored
    2: "mirrored left to right",
    3: "turned by 180 degrees",
    4: "mirrored top to bottom",
    5: "mirrored along its diagonal",
    6: "turned by 90 degrees clockwise",
    7: "mirrored along its other diagonal",
    8: "turned by 90 degrees anticlockwise",
}
_PLANES = 2  # layout of colours in a file: one plane after another


@dataclass(frozen=True, kw_only=True, eq=False)
class TiffImage:
    """One image of a file.

    Attributes
    ----------
    pixels : (z, y, x) array
        In the file's number type; a read-only memory map where the file's layout allows it.
    said : Said
        What the file says of its voxels.
    white_is_zero : bool
        The file displays its zeros as white, or has a colour table that gets darker with the level.
    recoloured : bool
        A colour table displays its levels as other greys or as colours, and not just as ever
        darker ones.
    bits : int
        Bits of a pixel.
    """

    pixels: NDArray[Any]
    said: Said
    white_is_zero: bool
    recoloured: bool
    bits: int


def read_tiff(
    path: Path | str,
    *,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
    alone: bool = False,
    codes: bool = False,
) -> TiffImage:
    """Read one image of a TIFF.

    Parameters
    ----------
    path : path
    channel : int or str, optional
        Channel to read, by number or by its name in the file.
    image : int, optional
        Which of several images (series) in the file to read, from 0.
    axes : str, optional
        The axes, in place of what the file says: ``"ZYX"``, ``"XYZ"`` ...
    alone : bool
        The file is one slice among others in a folder: what it says of its neighbours, as OME-TIFFs
        of a set do, and the number of slices that ImageJ counted in all of them, is ignored.
    codes : bool
        It holds labels or a mask. JPEG is refused, since it turns codes into others, and more than
        two values in a file of which nothing says that its compression kept them; and where the
        file names no slices, its one other axis counts as slices, whatever it is called, since
        tools export such files and the shape is known.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is not a TIFF, is cut short or in colour, holds several channels, times or images of
        which none was chosen, or holds pixels that it names as missing.
    """
    path = Path(path)
    with _opened(path, alone) as (tif, complaints):
        if not len(tif.pages) or not tif.series:
            raise ValueError(unreadable(path, "it holds no image"))
        chosen = choose_image(tif, path, image)
        if alone and len(tif.pages) == 1 and _holds_one(tif.pages[0], path):
            complaints[:] = [line for line in complaints if "ImageJ series" not in line]
        if complaints:
            raise ValueError(_uncounted(tif, path, "; ".join(complaints)))
        if not alone and (missing := sum(page is None for one in chosen for page in one.pages)):
            raise ValueError(_uncounted(tif, path, f"{missing} of its slices are not there"))
        page = chosen[0].keyframe
        mark = page.tags.get("Orientation")
        check_upright(None if mark is None else mark.value, path)
        if page.samplesperpixel != 1 or page.photometric not in (0, 1, 3):
            kind = tifffile.PHOTOMETRIC(page.photometric).name.lower()
            what = f"is a colour image ({kind})"
            if page.photometric in (0, 1):
                what = f"has {page.samplesperpixel} values a pixel, such as grey and transparency"
            msg = f"{path} {what}; convert it to grey, in Fiji with Image > Type > 8-bit"
            if page.planarconfig == _PLANES:
                msg += (
                    "; or, if its planes are slices (tifffile stores three or four so), write it "
                    "by tifffile.imwrite(..., photometric='minisblack')"
                )
            raise ValueError(msg)
        if codes and page.compression in _LOSSY:
            msg = (
                f"{path} is compressed as JPEG, which turns the codes of labels and masks into "
                "others near every edge; export it again with LZW or uncompressed"
            )
            raise ValueError(msg)
        check_alike(chosen, path, codes=codes)
        whole = math.prod(chosen[0].shape) == math.prod(page.shape)  # else of a set, or a stack
        if alone and len(tif.pages) == 1 and (whole or tif.is_ome):
            pixels, names = _page(page, path, complaints), "YX"
        else:
            if tif.is_imagej and len(tif.pages) == 1:
                say_uncounted(chosen[0], path, tif.byteorder)
            pixels, names = _pixels(chosen, path, complaints, tif.byteorder)
        declared = names
        if axes is not None:
            names = given_axes(axes, pixels.ndim, path)
        if codes and axes is None and channel is None:
            names = as_slices(pixels.shape, names)
        number = tif.series.index(chosen[0])
        pixels = to_space(pixels, names, channel, channel_names(tif, number), path)
        check_none_missing(pixels, page, path, codes=codes)
        if codes and page.compression in _PERHAPS_LOSSY:
            _check_two_values(pixels, page, path)
        if not codes:
            say_transparent(tif, path)
        return TiffImage(
            pixels=pixels,
            said=renamed(voxel_scale(tif, page, number), declared, names),
            white_is_zero=page.photometric == 0 or _falling(page.colormap),
            recoloured=_recoloured(page.colormap, pixels),
            bits=page.bitspersample,
        )


@contextmanager
def _opened(path: Path, alone: bool) -> Iterator[tuple[Any, list[str]]]:
    """Open a TIFF; yield it with a list that fills with tifffile's complaints."""
    if not path.is_file():
        raise FileNotFoundError(not_there(path))
    if not is_tiff(path):
        with path.open("rb") as stream:
            start = stream.read(4)
        why = f"it starts with {start!r}" if start else "it is empty"
        msg = f"{unreadable(path, why)}, or name it as the kind of file that it is"
        raise ValueError(msg)
    try:
        with logged("tifffile") as complaints, tifffile.TiffFile(path, _multifile=not alone) as tif:
            complaints[:] = [line for line in complaints if "GDAL_NODATA" not in line]
            _counted(tif, path)
            yield tif, complaints
    except (tifffile.TiffFileError, EOFError, OverflowError, IndexError, struct.error) as error:
        raise ValueError(unreadable(path, str(error))) from error
    except RuntimeError as error:
        msg = f"the pages of {path} are stored in several ways ({error}): {as_stored(path)}"
        raise ValueError(msg) from error


def _counted(tif: Any, path: Path) -> None:
    """Make tifffile count its images; refuse a file whose counts are not numbers."""
    try:
        len(tif.series)
    except (TypeError, AttributeError, KeyError, ArithmeticError) as error:
        why = f"what it says of its images makes no sense: {error}"
        raise ValueError(_uncounted(tif, path, why)) from error


def _check_two_values(pixels: NDArray[Any], page: Any, path: Path) -> None:
    """Refuse codes that a compression may have changed: those of a clean mask have two values."""
    count = len(np.unique(pixels))
    if count > 2:
        msg = (
            f"{path} is compressed as {page.compression.name}, which may turn the codes of labels "
            f"and masks into others near every edge, and it holds {count} values; export it again "
            "with LZW or uncompressed"
        )
        raise ValueError(msg)


def _holds_one(page: Any, path: Path) -> bool:
    """Return whether a file has no room for a second page, whatever its header counts."""
    return path.stat().st_size < page.dataoffsets[0] + 2 * page.nbytes


def is_tiff(path: Path) -> bool:
    """Return whether a file is a TIFF by its first bytes, of either byte order and size."""
    with path.open("rb") as stream:
        return stream.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def check_upright(orientation: int | None, path: Path) -> None:
    """Refuse an image marked to be shown turned or mirrored, which only some programs do."""
    if orientation in _TURNED:
        msg = (
            f"{path} is marked to be shown {_TURNED[orientation]} (orientation {orientation}), "
            "which some programs do and others, as Fiji, do not; save it from the program that "
            "shows it as it is meant: from Fiji it comes without the mark"
        )
        raise ValueError(msg)


def unreadable(path: Path, why: str) -> str:
    """Return the message for a file that is cut short or no TIFF."""
    return f"{path} is not a complete TIFF ({why}); copy or export it again"


def _uncounted(tif: Any, path: Path, why: str) -> str:
    """Return the message for a file that does not hold as many images as its metadata say.

    Examples are a recording that was stopped, and a file of a set by itself or under another name.
    """
    there = f". If its {len(tif.pages)} pages are all the slices, {as_stored(path)}"
    return unreadable(path, why) + there * (len(tif.pages) > 1)


def _pixels(
    series: list[Any], path: Path, complaints: list[str], order: str
) -> tuple[NDArray[Any], str]:
    """Read or map the pixels, refusing what tifffile would fill with zeros."""
    first = series[0]
    native = first.dtype.newbyteorder(order).isnative  # tifffile names every type in our own order
    if len(series) == 1 and first.dataoffset is not None and native:
        _check_length(path, first.dataoffset + first.nbytes)
        if first.dtype != np.bool_:
            mapped = np.memmap(path, first.dtype, "r", first.dataoffset, first.shape)
            return mapped, file_axes(first)
    _check_room(series, path)
    for page in (page for part in series for page in part.pages if page is not None):
        _check_page(page, path)
    parts = [_decoded(part, path, complaints) for part in series]
    if len(parts) == 1:
        return parts[0], file_axes(first)
    return np.stack(parts), f"I{file_axes(first)}"


def _page(page: Any, path: Path, complaints: list[str]) -> NDArray[Any]:
    _check_room([page], path)
    _check_page(page, path)
    return _decoded(page, path, complaints)


def _check_room(parts: list[Any], path: Path) -> None:
    """Refuse more pixels than the machine can hold; a damaged header may ask for any number."""
    shapes = ", ".join(" x ".join(map(str, part.shape)) for part in parts[:3])
    check_room(
        f"{path}, {shapes} pixels{', ...' * (len(parts) > 3)},",
        sum(math.prod(part.shape) * np.dtype(part.dtype).itemsize for part in parts),
        mend="save it uncompressed and with 8 bits, so that it is read as it is used, or cut it "
        "into pieces; if it is smaller than that it is damaged: copy or export it again",
    )


def _decoded(part: Any, path: Path, complaints: list[str]) -> NDArray[Any]:
    """Decode a page or a series."""
    try:
        pixels: NDArray[Any] = part.asarray()
    except (ValueError, RuntimeError, OSError, ImportError, zlib.error) as error:
        if "imagecodecs" in str(error) or isinstance(error, ImportError):
            compression = part.keyframe.compression.name
            msg = (
                f"{path} is compressed ({compression}); to read it, install imagecodecs (pip "
                "install imagecodecs), or save it uncompressed"
            )
            raise ValueError(msg) from error
        raise ValueError(unreadable(path, str(error))) from error
    if complaints:
        raise ValueError(_uncounted(part.keyframe.parent, path, "; ".join(complaints)))
    return pixels


def _check_page(page: Any, path: Path) -> None:
    ends = (a + n for a, n in zip(page.dataoffsets, page.databytecounts, strict=True))
    _check_length(path, max(ends))


def _check_length(path: Path, needed: int) -> None:
    size = path.stat().st_size
    if size < needed:
        raise ValueError(unreadable(path, f"{size} bytes, {needed} expected"))


def _falling(table: NDArray[Any] | None) -> bool:
    """Return whether a colour table gets darker from level to level."""
    if table is None:
        return False
    steps = np.diff(table.astype(np.int64).sum(axis=0))
    return bool((steps <= 0).all() and (steps < 0).any())


def _recoloured(table: NDArray[Any] | None, pixels: NDArray[Any]) -> bool:
    """Return whether a colour table displays the levels present as others, not just inverted."""
    if table is None or _falling(table):
        return False
    used = np.unique(pixels).astype(np.intp)  # of one bit they would be a mask
    return bool((table[:, used] >> 8 != used).any())  # of 16 bits the upper 8 are the grey level
