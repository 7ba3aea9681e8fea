"""Write grey TIFF stacks that can be memory-mapped, and read them back."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from shalelib.arguments import given_grey
from shalelib.arrays import Grey
from shalelib.data.doubts import OF_STACK, say_blank
from shalelib.data.kinds import from_root, kind_of
from shalelib.data.slices import grey_tiff
from shalelib.data.volume import check_fits, check_scale, check_shape, to_grey
from shalelib.databar import STACK, say_bar
from shalelib.files import naming
from shalelib.tiff import TIFF

_LARGEST = 2**32 - 1  # bytes of a slice, counted in 32 bits


def read_stack(
    path: Path | str,
    *,
    shape: tuple[int, int, int] | None = None,
    window: tuple[float, float] | None = None,
    percentiles: tuple[float, float] | None = None,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
) -> Grey:
    """Read only the pixels of a grey TIFF, which `shalelib.data.read_volume` reads with the rest.

    Parameters
    ----------
    path : path
    shape : (z, y, x), optional
        Shape that the stack must have.
    window, percentiles, channel, image, axes
        As for `shalelib.data.read_volume`.

    Returns
    -------
    (z, y, x) uint8 array
        A read-only memory map if the pixels are 8-bit, uncompressed and contiguous, as ImageJ and
        `write_stack` leave them; otherwise an array in memory.

    Raises
    ------
    FileNotFoundError, ValueError, MemoryError
        As for `shalelib.data.read_volume`, or the file is not a TIFF.

    Warns
    -----
    UserWarning
        A microscope has burned a data bar into the foot of the slices, some slices are blank, or
        the window leaves few grey levels.
    """
    path = from_root(path)
    kind = kind_of(path)
    if kind != "TIFF":
        msg = f"a stack is a TIFF, and {path} is not ({kind}); read it by shalelib.data.read_volume"
        raise ValueError(msg)
    tiff = grey_tiff(path, channel=channel, image=image, axes=axes)
    check_fits(tiff.pixels, shape, path)
    grey, _ = to_grey(tiff.pixels, path, window=window, percentiles=percentiles)
    say_blank(grey, path, mend=OF_STACK)
    say_bar(grey, path, said=tiff.said.rows, mend=STACK)
    return grey


def write_stack(
    path: Path | str,
    volume: Grey | Iterable[Grey],
    *,
    voxel_size: float | Sequence[float] | None,
    shape: tuple[int, int, int] | None = None,
) -> Path:
    """Write a grey volume as an ImageJ TIFF, uncompressed, so that it can be memory-mapped.

    Parameters
    ----------
    path : path
        File to write, ending in ``.tif`` or ``.tiff``. It appears complete or not at all, and
        replaces an earlier one.
    volume : (z, y, x) uint8 array, or an iterable of (y, x) uint8 slices
        An iterable is written slice by slice and never held as a whole; it needs `shape`.
    voxel_size : float or (z, y, x) of float, or None
        Edges of a voxel [m], kept in the file's metadata; with None, the file states no size.
    shape : (z, y, x), optional
        Shape of the volume that an iterable yields.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    TypeError, ValueError
        The slices are not grey, do not have the declared shape or number, or are too large for a
        TIFF (4 GB); or the name does not end as that of a TIFF.
    FileExistsError
        `path` is a folder.
    OSError
        The disk is full or the folder cannot be written.
    """
    path = from_root(path)
    if path.suffix.lower() not in TIFF:
        msg = f"a stack is written as a TIFF, and {path.name!r} is no name of one; end it in .tif"
        raise ValueError(msg)
    if path.is_dir():
        msg = f"{path} is a folder; choose another name"
        raise FileExistsError(msg)
    about: dict[str, Any] = {"metadata": {"axes": "ZYXS"}}  # S: one value per pixel
    if voxel_size is not None:
        depth, height, width = (edge * 1e9 for edge in check_scale(voxel_size))
        about["metadata"] |= {"spacing": depth, "unit": "nm"}
        about["resolution"] = (1 / width, 1 / height)
    if isinstance(volume, np.ndarray) and shape is None:
        shape = given_grey("volume", volume, ndim=3).shape
    elif shape is None:
        msg = (
            "shape (z, y, x) is needed to write slices as they come; of a Volume pass its pixels, "
            "volume.pixels"
        )
        raise ValueError(msg)
    declared = check_shape(shape)
    if declared[1] * declared[2] > _LARGEST:
        msg = (
            f"a slice of {declared[1]:,} x {declared[2]:,} pixels is more than a TIFF of ImageJ "
            "holds (4 GB); write the volume by shalelib.data.write_ome_zarr, or mend its shape"
        )
        raise ValueError(msg)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        with (
            naming(path),
            warnings.catch_warnings(),
        ):  # beyond 4 GB only ImageJ's own header counts the slices
            warnings.filterwarnings("ignore", message=".*truncating ImageJ file")
            tifffile.imwrite(
                temporary,
                _checked_slices(volume, declared),
                shape=(*declared, 1),  # without it, a width of 1 is taken for it
                dtype=np.uint8,
                imagej=True,
                photometric="minisblack",
                **about,
            )
        temporary.replace(path)
    finally:
        with naming(path):
            temporary.unlink(missing_ok=True)
    return path


def _checked_slices(slices: Iterable[Grey], shape: tuple[int, ...]) -> Iterator[Grey]:
    """Pass slices on, and insist on their type, shape and number."""
    count = 0
    for image in slices:
        given_grey("slice", image, ndim=2)
        if image.shape != shape[1:] or count == shape[0]:
            msg = f"slice {count} has shape {image.shape}, but the stack is declared {shape}"
            raise ValueError(msg)
        count += 1
        yield np.ascontiguousarray(image)
    if count != shape[0]:
        msg = f"{count} slices came, but the stack is declared {shape}"
        raise ValueError(msg)
