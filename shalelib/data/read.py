"""Read images: files, folders and arrays of every kind become a `Volume`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from shalelib.arguments import check_kind
from shalelib.arrays import Mask, pixels_of
from shalelib.choice import without_options
from shalelib.data.doubts import OF_VOLUME, say_blank, say_rim
from shalelib.data.finite import FILLED, LABELLED
from shalelib.data.kinds import check_options, from_root, kind_of
from shalelib.data.labelled import check_none_filled, in_space, scale_of_coordinates
from shalelib.data.masks import fitted, not_zero, read_mask
from shalelib.data.plain import read_npy, read_raw
from shalelib.data.slices import grey_tiff, numbered, read_slices
from shalelib.data.volume import (
    Volume,
    check_fits,
    settled_scale,
    to_grey,
)
from shalelib.data.zarr_reader import read_zarr, zarr_pixels
from shalelib.databar import ARRAY, say_bar
from shalelib.memory import check_room
from shalelib.png import png_scale, read_png
from shalelib.scale import Said


def read_volume(
    path: Path | str,
    *,
    voxel_size: float | Sequence[float] | None = None,
    mask: Any = None,
    window: tuple[float, float] | None = None,
    percentiles: tuple[float, float] | None = None,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
    level: int | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: DTypeLike | None = None,
    byte_order: str | None = None,
    offset: int | None = None,
) -> Volume:
    """Read a grey volume from a file or a folder.

    Parameters
    ----------
    path : path
        A TIFF, a folder of slices (TIFF or PNG, ordered by a number in their names), a single PNG,
        an OME-Zarr folder, a ``.npy`` array or a raw file: ``.raw``, ``.bin``, ``.dat``, ``.vol``
        or, where `dtype` is given, any file of no other kind.
    voxel_size : float or (z, y, x) of float, optional
        Edges of a voxel [m], a single number for all three. It replaces what the file says; a
        disagreement is warned of.
    mask : path or array, optional
        The rock, where the mask is not zero (see `read_mask`): (z, y, x), or one slice that stands
        for all. Pixels that are not finite must lie outside.
    window, percentiles : (low, high), optional
        Values, or percentiles of all pixels [%], that become grey levels 0 and 255. One of the two
        is needed for pixels that are not 8-bit grey levels, such as 16 bits and floats.
    channel : int or str, optional
        Channel to read from a TIFF or OME-Zarr volume with several, by number from 0 or by name.
    image : int, optional
        Image to read from a TIFF with several, by number from 0.
    axes : str, optional
        Axes of a TIFF, such as ``"ZYX"``, where the file declares them wrongly.
    level : int, optional
        Resolution of an OME-Zarr volume; 0, the default, is the full one.
    shape : (z, y, x), optional
        Shape of a raw file, where x is the axis whose voxels are adjacent in the file (ImageJ's
        width). For other files, the shape that the volume must have.
    dtype : dtype, optional
        Number type of a raw file, such as ``"uint16"``.
    byte_order : str, optional
        ``"little"`` (the default, unless `dtype` states the order) or ``"big"``, for a raw file.
    offset : int, optional
        Bytes before the first voxel of a raw file, by default 0.

    Returns
    -------
    Volume
        Its axes are those that the file declares, in the order (z, y, x).

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is damaged, in colour, ambiguous or not what was asked for;
        or an option was given that files of its kind do not have.
    TypeError
        `path` is not a path, or `mask` is neither a file nor an array.
    MemoryError
        The machine cannot hold the volume.

    Warns
    -----
    UserWarning
        Voxel sizes disagree, cannot be believed or leave the spacing of slices open; slices are
        blank or carry a burned-in data bar; the volume has a dark border, as registration leaves
        one; or the window leaves few grey levels.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "txm.raw"
    >>> np.arange(24, dtype=">u2").tofile(file)
    >>> read = read_volume(file, shape=(2, 3, 4), dtype="uint16", byte_order="big", window=(0, 23))
    >>> read.pixels[1, 2].tolist(), read.window
    ([222, 233, 244, 255], (0.0, 23.0))
    >>> folder.cleanup()
    """
    path = from_root(path)
    kind = kind_of(path, raw=dtype is not None)
    options: dict[str, Any] = {"channel": channel, "image": image, "axes": axes, "level": level}
    options |= {"dtype": dtype, "byte_order": byte_order, "offset": offset}
    given = {name: value for name, value in options.items() if value is not None}
    check_options(path, kind, given)
    said = Said()
    if kind == "raw file":
        values = read_raw(path, shape=shape, dtype=dtype, byte_order=byte_order, offset=offset or 0)
    elif kind == "folder of slices":
        values, said = read_slices([file for _, file in numbered(path, whole=True)])
    elif kind == "OME-Zarr volume":
        stored, said = read_zarr(path, **given)
        values = zarr_pixels(path, stored)
    elif kind == "NumPy array":
        values = read_npy(path)
    elif kind == "PNG":
        values, said = read_png(path)[np.newaxis], png_scale(path)
    else:
        tiff = grey_tiff(path, **given)
        values, said = tiff.pixels, tiff.said
    check_fits(values, shape, path)
    inside = None if mask is None else _marked(mask, values.shape)
    grey, used = to_grey(values, path, window=window, percentiles=percentiles, inside=inside)
    say_blank(grey, path, mend=OF_VOLUME, inside=inside)
    if not say_bar(grey, path, said=said.rows, mend=ARRAY, inside=inside):
        say_rim(grey, path, inside=inside)
    return Volume(
        pixels=grey,
        voxel_size=settled_scale(voxel_size, said, path, slices=len(grey)),
        inside=inside,
        name=path.name,
        window=used,
    )


def as_volume(
    data: Any,
    *,
    voxel_size: float | Sequence[float] | None = None,
    inside: Any = None,
    window: tuple[float, float] | None = None,
    percentiles: tuple[float, float] | None = None,
    name: str = "volume",
) -> Volume:
    """Make a volume from an array: NumPy's, or one it can convert, such as dask's and xarray's.

    Parameters
    ----------
    data : (z, y, x) array
        Any array that NumPy can convert, tensors included. The dimensions of an xarray.DataArray
        must be called z, y and x, in any order; evenly spaced coordinates along them with an
        attribute ``units`` give the voxel size.
    voxel_size, window, percentiles
        As for `read_volume`.
    inside : array or path, optional
        The rock, where the mask is not zero: (z, y, x), or one slice that stands for all.
    name : str
        Name of the volume in captions and error messages.

    Returns
    -------
    Volume

    Raises
    ------
    TypeError
        NumPy cannot convert `data`, such as a tensor on a GPU, or it is a path or a `Volume`.
    ValueError
        It has other axes, unevenly spaced coordinates or missing values, or needs a window.
    MemoryError
        The machine cannot hold the volume.

    Warns
    -----
    UserWarning
        As for `read_volume`.
    """
    check_kind("name", name, str, mend="such as 'txm'")
    said, filled = Said(), FILLED
    if hasattr(data, "data_vars"):
        known = ", ".join(map(repr, data.data_vars))
        msg = f"{name} is a set of arrays, {known}; pass one of them, such as dataset[name]"
        raise ValueError(msg)
    if isinstance(data, str | Path):
        msg = f"as_volume takes an array, and {str(data)!r} is a name; read it by read_volume"
        raise TypeError(msg)
    if isinstance(data, Volume):
        msg = (
            f"{data.name} is a Volume already; take it as it is, mark its rock by "
            "volume.with_mask(...), or pass its pixels, volume.pixels"
        )
        raise TypeError(msg)
    if hasattr(data, "coords"):
        data, filled = in_space(data, name), LABELLED
        said = scale_of_coordinates(data, name)
        if inside is None:
            check_none_filled(data, name)
    values = _complete(data, name)
    if not values.ndim:
        msg = f"{name} must be an array with axes (z, y, x), got {type(data).__name__}"
        raise TypeError(msg)
    if values.ndim != 3:
        msg = (
            f"{name} must have three axes (z, y, x), got shape {values.shape}; a slice alone is "
            "numpy.asarray(array)[numpy.newaxis], and of more axes pass three, as array[..., 0]"
        )
        raise ValueError(msg)
    source = Path(name)
    mask = None if inside is None else _marked(inside, values.shape)
    grey, used = to_grey(
        values, source, window=window, percentiles=percentiles, inside=mask, filled=filled
    )
    say_blank(grey, source, mend=OF_VOLUME, inside=mask)
    if not say_bar(grey, source, said=None, mend=ARRAY, inside=mask):
        say_rim(grey, source, inside=mask)
    scale = settled_scale(voxel_size, said, source, slices=len(grey))
    return Volume(pixels=grey, voxel_size=scale, inside=mask, name=name, window=used)


def _marked(mask: Any, shape: tuple[int, ...]) -> Mask:
    """Return the rock that a file or an array marks."""
    if isinstance(mask, str | Path):
        with without_options():
            return read_mask(mask, shape=shape)
    if hasattr(mask, "coords"):
        mask = in_space(mask, "mask", flat=True)
    marks = _complete(mask, "mask")
    if not marks.ndim or marks.dtype == object:
        msg = f"mask must be a file or an array, got {type(mask).__name__}{pixels_of(mask)}"
        raise TypeError(msg)
    slices = marks[np.newaxis] if marks.ndim == 2 else marks
    if slices.ndim != 3:
        msg = f"mask must have axes (z, y, x), or be one slice (y, x), got shape {marks.shape}"
        raise ValueError(msg)
    return fitted(not_zero(slices, Path("mask")), shape, "mask")


def _complete(data: Any, name: str) -> NDArray[Any]:
    """Return a NumPy array; refuse masked values, since those under a mask are not grey levels."""
    if np.ma.is_masked(data):
        count = int(np.ma.count_masked(data))
        msg = (
            f"{count} values of {name} are masked, that is missing; replace them by a grey level, "
            ".filled(0), and where they are outside the rock mark them: inside=~array.mask"
        )
        raise ValueError(msg)
    try:
        lazy = 0 if isinstance(data, np.ndarray) else getattr(data, "nbytes", 0)
        check_room(name, lazy, mend=f"pass a part of it, such as {name}[first:last]")
        return np.asarray(data)
    except ValueError as error:
        msg = f"{name} is no array of slices of one size ({error}); crop or pad them to one"
        raise ValueError(msg) from error
    except (TypeError, RuntimeError) as error:
        msg = (
            f"{name} does not become a NumPy array by itself ({error}); pass one, of PyTorch such "
            "as tensor.detach().cpu().float().numpy()"
        )
        raise TypeError(msg) from error
