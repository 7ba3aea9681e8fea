"""The one door for images: files, folders and arrays of every kind become a `Volume`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from shalelib.arrays import Mask
from shalelib.data.slices import grey_tiff, numbered, read_png, read_slices
from shalelib.data.volume import Volume, check_scale, settled_scale, to_grey
from shalelib.data.zarr_reader import is_zarr, read_zarr, zarr_pixels
from shalelib.scale import Scale, unit_in_metres
from shalelib.tiff import read_tiff

RAW = (".raw", ".bin", ".dat", ".vol")


def read_volume(
    path: Path | str,
    *,
    voxel_size: float | Sequence[float] | None = None,
    mask: Path | str | Mask | None = None,
    window: tuple[float, float] | None = None,
    percentiles: tuple[float, float] | None = None,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
    level: int = 0,
    shape: tuple[int, int, int] | None = None,
    dtype: DTypeLike | None = None,
    byte_order: str = "little",
    offset: int = 0,
) -> Volume:
    """Read a grey volume from a file or a folder.

    Parameters
    ----------
    path : path
        A TIFF, a folder of slices (TIFF or PNG, one number a name), an OME-Zarr folder, a ``.npy``
        array or a raw file.
    voxel_size : float or (z, y, x) of float, optional
        Edge of a voxel [m], in place of what the file says; a disagreement is said.
    mask : path or (z, y, x) bool array, optional
        The rock, see `read_mask`.
    window, percentiles : (low, high), optional
        For 16 bits and floats: the values, or the percentiles [%], that become 0 and 255.
    channel : int or str, optional
        Of a file with several, by number or by name.
    image : int, optional
        Of a TIFF with several.
    axes : str, optional
        What the axes of a TIFF are, where the file says it wrong: ``"ZYX"``.
    level : int
        Resolution of an OME-Zarr volume, 0 the full one.
    shape, dtype, byte_order, offset
        Of a raw file: (z, y, x), the type such as ``"uint16"``, ``"little"`` or ``"big"``, and the
        bytes before the first voxel. For other files `shape` is what the volume must measure.

    Returns
    -------
    Volume
        Axes as the file declares them, brought to (z, y, x).

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is damaged, in colour, ambiguous or not what was asked for.

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
    path = Path(path).expanduser().resolve()
    options: dict[str, Any] = {"channel": channel, "image": image, "axes": axes}
    if path.suffix.lower() in RAW:
        values, found = _read_raw(path, shape, dtype, byte_order, offset), None
    elif path.is_dir() and not is_zarr(path):
        values, found = _read_folder(path, options)
    elif is_zarr(path):
        stored, found = read_zarr(path, level=level, channel=channel)
        values = zarr_pixels(path, stored)
    elif path.suffix.lower() == ".npy":
        values, found = _read_npy(path), None
    else:
        tiff = grey_tiff(path, **options)
        values, found = tiff.pixels, tiff.voxel_size
    if shape is not None and values.shape != tuple(shape):
        msg = f"{path} measures {values.shape}, expected {tuple(shape)}; crop or register it first"
        raise ValueError(msg)
    grey, used = to_grey(values, path, window=window, percentiles=percentiles)
    volume = Volume(
        pixels=grey,
        voxel_size=settled_scale(voxel_size, found, path),
        name=path.name,
        window=used,
    )
    if mask is None:
        return volume
    inside = mask if isinstance(mask, np.ndarray) else read_mask(mask, shape=grey.shape)
    return volume.with_mask(inside)


def as_volume(
    data: Any,
    *,
    voxel_size: float | Sequence[float] | None = None,
    inside: Mask | None = None,
    window: tuple[float, float] | None = None,
    percentiles: tuple[float, float] | None = None,
    name: str = "volume",
) -> Volume:
    """Make a volume of an array: NumPy's, or xarray's with dimensions called z, y and x.

    Parameters
    ----------
    data : (z, y, x) array
        Of an xarray.DataArray the dimensions are brought to z, y, x; evenly spaced coordinates
        along them with an attribute ``units`` give the voxel size.
    voxel_size, window, percentiles
        As for `read_volume`.
    inside : (z, y, x) bool array, optional
        The rock.
    name : str
    """
    found = None
    if hasattr(data, "dims"):
        if sorted(data.dims) != ["x", "y", "z"]:
            msg = (
                f"{name} has the dimensions {data.dims}; rename or select so that z, y, x are left"
            )
            raise ValueError(msg)
        data = data.transpose("z", "y", "x")
        found = _scale_of_coordinates(data)
        data = data.values
    values = np.asarray(data)
    if values.ndim != 3:
        msg = f"{name} must have three axes (z, y, x), got shape {values.shape}"
        raise ValueError(msg)
    source = Path(name)
    grey, used = to_grey(values, source, window=window, percentiles=percentiles)
    scale = settled_scale(voxel_size, found, source)
    return Volume(pixels=grey, voxel_size=scale, inside=inside, name=name, window=used)


def read_mask(path: Path | str, *, shape: tuple[int, ...] | None = None) -> Mask:
    """Read a mask: True wherever the file's pixels are not zero.

    Parameters
    ----------
    path : path
        As for `read_volume`.
    shape : (z, y, x), optional
        What the mask must fit; one slice stands for all.

    Returns
    -------
    (z, y, x) bool array
        Of 8 bits and more non-zero is inside, whatever the lookup table shows (ImageJ's Convert to
        Mask inverts it); one bit a pixel counts as it is displayed, white inside.

    Raises
    ------
    ValueError
        The mask does not fit, or marks nothing.
    """
    path = Path(path).expanduser().resolve()
    if path.is_dir() and not is_zarr(path):
        parts = [read_mask(file)[0] for _, file in numbered(path)]
        inside = np.stack(parts)
    elif is_zarr(path):
        inside = zarr_pixels(path, read_zarr(path)[0]) != 0
    elif path.suffix.lower() == ".npy":
        inside = _read_npy(path) != 0
    elif path.suffix.lower() == ".png":
        inside = read_png(path) != 0
    else:
        tiff = read_tiff(path, alone=True)
        inside = np.asarray(tiff.pixels) != 0
        if tiff.bits == 1 and tiff.white_is_zero:
            inside = ~inside
    if shape is not None and len(inside) == 1:
        inside = np.broadcast_to(inside, (shape[0], *inside.shape[1:]))
    if shape is not None and inside.shape != tuple(shape):
        msg = (
            f"{path} measures {inside.shape}, but the volume {tuple(shape)}; make them of one grid"
        )
        raise ValueError(msg)
    return inside


def _read_folder(folder: Path, options: dict[str, Any]) -> tuple[NDArray[Any], Scale | None]:
    if any(value is not None for value in options.values()):
        msg = f"channel, image and axes are for one file; {folder} is a folder of slices"
        raise ValueError(msg)
    return read_slices([file for _, file in numbered(folder, whole=True)])


def _read_npy(path: Path) -> NDArray[Any]:
    if not path.is_file():
        msg = f"there is no file {path.absolute()}; check the name and the folder"
        raise FileNotFoundError(msg)
    try:
        values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        msg = f"{path} is no readable NumPy array ({error}); save it again with numpy.save"
        raise ValueError(msg) from error
    if values.ndim != 3:
        msg = f"{path} must have three axes (z, y, x), got shape {values.shape}"
        raise ValueError(msg)
    return values


def _read_raw(
    path: Path,
    shape: tuple[int, int, int] | None,
    dtype: DTypeLike | None,
    byte_order: str,
    offset: int,
) -> NDArray[Any]:
    """Map a raw file, whose length must be what shape and type say."""
    if not path.is_file():
        msg = f"there is no file {path.absolute()}; check the name and the folder"
        raise FileNotFoundError(msg)
    if shape is None or dtype is None:
        msg = (
            f"{path} is a raw file of {path.stat().st_size} bytes, which says nothing of itself: "
            "pass shape=(z, y, x), dtype such as 'uint8' or 'uint16', and byte_order"
        )
        raise ValueError(msg)
    if byte_order not in ("little", "big"):
        msg = f"byte_order must be 'little' or 'big', got {byte_order!r}"
        raise ValueError(msg)
    kind = np.dtype(dtype).newbyteorder("<" if byte_order == "little" else ">")
    needed = offset + int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if path.stat().st_size != needed:
        msg = (
            f"{path} has {path.stat().st_size} bytes, but {shape} voxels of {kind.name} after "
            f"{offset} bytes are {needed}; mend shape, dtype or offset"
        )
        raise ValueError(msg)
    return np.memmap(path, kind, "r", offset, tuple(shape))


def _scale_of_coordinates(data: Any) -> Scale | None:
    """Return the spacing of an xarray's coordinates [m], if they are even and have units."""
    edges = []
    for axis in "zyx":
        if axis not in data.coords or data.sizes[axis] < 2:
            return None
        unit = unit_in_metres(data.coords[axis].attrs.get("units", ""))
        steps = np.diff(np.asarray(data.coords[axis].values, float))
        if unit is None or not np.allclose(steps, steps[0]):
            return None
        edges.append(abs(float(steps[0])) * unit)
    return check_scale(edges)
