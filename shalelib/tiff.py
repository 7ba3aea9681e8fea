"""What a TIFF holds: one image with axes z, y, x, as the file declares them, and its scale.

Shared by all rooms, so that grey volumes, masks and label images are read one way. A file's axes
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

from shalelib.files import logged
from shalelib.scale import Scale
from shalelib.tiff_about import channel_names, voxel_scale

_SPACE = "ZYX"
_LOSSY = (6, 7)  # compressions: JPEG, old and new
_PLANES = 2  # how colours lie in a file: one plane after another
_UNNAMED = "QIR"  # what tifffile calls an axis that the file does not name: pages one after another


@dataclass(frozen=True, kw_only=True, eq=False)
class TiffImage:
    """One image of a file.

    Attributes
    ----------
    pixels : (z, y, x) array
        Of the file's type; a read-only memory map where the file's layout allows it.
    voxel_size : (z, y, x) of float or None
        [m]; None where the file gives none.
    white_is_zero : bool
        The file shows its zeros white, or by a table of colours that gets darker with the level.
    depth_said : bool
        The file says how far apart its slices are; else `voxel_size` has the pixel's edge for it.
    recoloured : bool
        A table shows its levels as other greys, or as colours, that do not just get darker.
    bits : int
        Of a pixel.
    """

    pixels: NDArray[Any]
    voxel_size: Scale | None
    depth_said: bool
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
        Which channel, by number or by its name in the file.
    image : int, optional
        Which of several images (series) in the file.
    axes : str, optional
        What the axes are, in place of what the file says: ``"ZYX"``, ``"XYZ"`` ...
    alone : bool
        The file is one slice among others in a folder: what it says of its neighbours (OME-TIFFs
        of a set do) is passed over.
    codes : bool
        It holds labels or a mask: JPEG is refused, which turns codes into others, and where the
        file names no slices, its one other axis counts as them, whatever it is called, since tools
        export so and the shape is known.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is no TIFF, is cut short, in colour, or holds several channels, times or images of which
        none was chosen.
    """
    path = Path(path)
    with _opened(path, alone) as (tif, complaints):
        chosen = _choose_image(tif, path, image)
        if complaints:
            raise ValueError(unreadable(path, "; ".join(complaints)))
        page = chosen[0].keyframe
        if page.samplesperpixel != 1 or page.photometric not in (0, 1, 3):
            kind = tifffile.PHOTOMETRIC(page.photometric).name.lower()
            msg = (
                f"{path} is a colour image ({kind}); convert it to grey, in Fiji with Image > "
                "Type > 8-bit"
            )
            if page.planarconfig == _PLANES:
                msg += (
                    "; or, if its planes are slices (tifffile stores three or four so), write it "
                    "with photometric='minisblack'"
                )
            raise ValueError(msg)
        if codes and page.compression in _LOSSY:
            msg = (
                f"{path} is compressed as JPEG, which turns the codes of labels and masks into "
                "others near every edge; export it again with LZW or uncompressed"
            )
            raise ValueError(msg)
        whole = math.prod(chosen[0].shape) == math.prod(page.shape)  # else of a set, or a stack
        if alone and len(tif.pages) == 1 and (whole or tif.is_ome):
            pixels, names = _page(page, path, complaints), "YX"
        else:
            pixels, names = _pixels(chosen, path, complaints, tif.byteorder)
        if axes is not None:
            names = _given_axes(axes, pixels.ndim, path)
        if codes:
            names = _as_slices(pixels.shape, names)
        number = tif.series.index(chosen[0])
        pixels = _to_space(pixels, names, channel, channel_names(tif, number), path)
        voxel_size, depth_said = voxel_scale(tif, page, number)
        return TiffImage(
            pixels=pixels,
            voxel_size=voxel_size,
            depth_said=depth_said,
            white_is_zero=page.photometric == 0 or _falling(page.colormap),
            recoloured=_recoloured(page.colormap, pixels),
            bits=page.bitspersample,
        )


@contextmanager
def _opened(path: Path, alone: bool) -> Iterator[tuple[Any, list[str]]]:
    """Open a TIFF; yield it with a list that fills with tifffile's complaints."""
    if not path.is_file():
        msg = f"there is no file {path.absolute()}; check the name and the folder"
        raise FileNotFoundError(msg)
    if not is_tiff(path):
        with path.open("rb") as stream:
            start = stream.read(4)
        why = f"it starts with {start!r}" if start else "it is empty"
        msg = f"{unreadable(path, why)}, or name it as the kind of file that it is"
        raise ValueError(msg)
    try:
        with logged("tifffile") as complaints, tifffile.TiffFile(path, _multifile=not alone) as tif:
            yield tif, complaints
    except (tifffile.TiffFileError, EOFError, OverflowError, IndexError, struct.error) as error:
        raise ValueError(unreadable(path, str(error))) from error


def is_tiff(path: Path) -> bool:
    """Tell by its first bytes whether a file is a TIFF, of either byte order and size."""
    with path.open("rb") as stream:
        return stream.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def unreadable(path: Path, why: str) -> str:
    """Return the message for a file that is cut short or no TIFF."""
    return f"{path} is not a complete TIFF ({why}); copy or export it again"


def _choose_image(tif: Any, path: Path, image: int | None) -> list[Any]:
    """Return the series that make one image: one of them, or pages that were written one by one."""
    if not len(tif.pages) or not tif.series:
        raise ValueError(unreadable(path, "it holds no image"))
    series = [s for s in tif.series if not (s.keyframe.is_mask or s.keyframe.is_reduced)]
    images = [[s] for s in series]
    if all(s.kind != "ome" and s.axes == "YX" for s in series):  # equal pages are slices of one
        alike: dict[Any, list[Any]] = {}
        for s in series:
            alike.setdefault((s.shape, s.dtype.str), []).append(s)
        images = list(alike.values())
    if image is not None:
        if not is_number_of(image, len(images)):
            msg = f"{path} holds {len(images)} images, numbered from 0; there is no image {image}"
            raise ValueError(msg)
        return images[image]
    if len(images) == 1:
        return images[0]
    names = ", ".join(
        f"{n}: {one[0].name or 'unnamed'} {(len(one), *one[0].shape) if one[1:] else one[0].shape}"
        for n, one in enumerate(images)
    )
    several = len({one[0].shape[-2:] for one in images}) > 1
    what = "images of several sizes" if several else f"{len(images)} images"
    msg = f"{path} holds {what} ({names}); choose one with image=0, 1, ..."
    raise ValueError(msg)


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
            return mapped, first.axes
    for page in (page for part in series for page in part.pages if page is not None):
        _check_page(page, path)
    parts = [_decoded(part, path, complaints) for part in series]
    if len(parts) == 1:
        return parts[0], first.axes
    return np.stack(parts), f"I{first.axes}"


def _page(page: Any, path: Path, complaints: list[str]) -> NDArray[Any]:
    _check_page(page, path)
    return _decoded(page, path, complaints)


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
        raise ValueError(unreadable(path, "; ".join(complaints)))
    return pixels


def _check_page(page: Any, path: Path) -> None:
    ends = (a + n for a, n in zip(page.dataoffsets, page.databytecounts, strict=True))
    _check_length(path, max(ends))


def _check_length(path: Path, needed: int) -> None:
    size = path.stat().st_size
    if size < needed:
        raise ValueError(unreadable(path, f"{size} bytes, {needed} expected"))


def _falling(table: NDArray[Any] | None) -> bool:
    """Whether a table of colours gets darker from one level to the next."""
    if table is None:
        return False
    steps = np.diff(table.astype(np.int64).sum(axis=0))
    return bool((steps <= 0).all() and (steps < 0).any())


def _recoloured(table: NDArray[Any] | None, pixels: NDArray[Any]) -> bool:
    """Whether a table shows the levels that there are as others, and does not just get darker."""
    if table is None or _falling(table):
        return False
    used = np.unique(pixels)
    return bool((table[:, used] >> 8 != used).any())  # of 16 bits the upper 8 are the grey level


def _given_axes(axes: str, ndim: int, path: Path) -> str:
    names = axes.upper() if isinstance(axes, str) else ""
    if len(names) != ndim or len(set(names)) != ndim:
        msg = f"axes must name the {ndim} axes of {path}, such as 'ZYX', got {axes!r}"
        raise ValueError(msg)
    return names


def _as_slices(shape: tuple[int, ...], names: str) -> str:
    """Call the only long axis beside y and x z, if none is."""
    long = [name for name, n in zip(names, shape, strict=True) if n > 1 and name not in "YX"]
    return names.replace("Z", "Q").replace(long[0], "Z") if len(long) == 1 else names


def _to_space(
    pixels: NDArray[Any], names: str, channel: int | str | None, labels: list[str], path: Path
) -> NDArray[Any]:
    """Bring an array with named axes to (z, y, x), choosing a channel."""
    if "C" in names:
        at = names.index("C")
        number = _channel_number(channel, pixels.shape[at], labels, path)
        pixels, names = (
            np.take(pixels, number, at) if at else pixels[number],
            names.replace("C", ""),
        )
    elif channel is not None:
        msg = f"{path} has no channels, so none can be chosen"
        raise ValueError(msg)
    if "Z" not in names:  # pages that the file does not name are slices
        names = "".join("Z" if name in _UNNAMED and "Z" not in names else name for name in names)
    for name in [name for name in names if name not in _SPACE]:
        at = names.index(name)
        if pixels.shape[at] > 1:
            what = {"T": "points in time", "S": "colours"}.get(name, f"places along axis {name}")
            msg = (
                f"{path} holds {pixels.shape[at]} {what}; a volume has slices alone. Save one of "
                "them as a file of its own, or, if they are slices, name the axes: axes="
                f"{names.replace(name, 'Z') if 'Z' not in names else 'ZYX'!r}"
            )
            raise ValueError(msg)
        pixels, names = pixels.squeeze(at), names.replace(name, "")
    if "Z" not in names:
        pixels, names = pixels[np.newaxis], f"Z{names}"
    if names != _SPACE:
        pixels = np.ascontiguousarray(pixels.transpose([names.index(name) for name in _SPACE]))
    return pixels


def _channel_number(channel: int | str | None, count: int, names: list[str], path: Path) -> int:
    if channel is None and count == 1:
        return 0
    if isinstance(channel, str) and channel in names:
        return names.index(channel)
    if is_number_of(channel, count):
        return channel  # type: ignore[return-value]
    known = ", ".join([*map(str, range(count)), *map(repr, names)])
    said = "none was chosen" if channel is None else f"none is {channel!r}"
    msg = f"{path} holds {count} channels and {said}; pass channel= one of {known}"
    if channel is None and not names:
        msg += ", or axes='ZYX' if they are the slices of a volume"
    raise ValueError(msg)


def is_number_of(number: object, count: int) -> bool:
    """Whether something is a whole number that counts one of so many; True and False are none."""
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return whole and number in range(count)
