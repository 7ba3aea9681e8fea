"""Files that are bare arrays: NumPy's and raw ones."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.typing import DTypeLike, NDArray

from shalelib.data.volume import check_shape
from shalelib.files import not_there

RAW = (".raw", ".bin", ".dat", ".vol")
_ORDERS: dict[str | None, Literal["<", ">"]] = {"little": "<", "big": ">"}
_NOISE = 1.0  # roughness of noise: for independent values it is 4/3 and more
_MOST = 0.5  # share of subnormal numbers above which it is no image
_SMOOTHER = 0.5  # how much less rough the other order has to be


def read_npy(path: Path) -> NDArray[Any]:
    """Map a ``.npy`` file with three axes, or with two, which is one slice."""
    _check_file(path)
    with path.open("rb") as stream:
        start = stream.read(len(MAGIC_PREFIX))
    if start != MAGIC_PREFIX:
        msg = (
            f"{path} is no NumPy array (it starts with {start!r}); save it again with numpy.save, "
            "or name it as the kind of file that it is"
        )
        raise ValueError(msg)
    try:
        values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        msg = f"{path} is no readable NumPy array ({error}); save it again with numpy.save"
        raise ValueError(msg) from error
    if values.ndim not in (2, 3):
        msg = (
            f"{path} must have three axes (z, y, x), got shape {values.shape}; pass three of them "
            "as an array to shalelib.data.as_volume"
        )
        raise ValueError(msg)
    return values if values.ndim == 3 else values[np.newaxis]


def read_raw(
    path: Path,
    *,
    shape: tuple[int, int, int] | None,
    dtype: DTypeLike | None,
    byte_order: str | None,
    offset: int,
) -> NDArray[Any]:
    """Map a raw file, whose length must agree with its shape, type and offset.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is not as stated.

    Warns
    -----
    UserWarning
        It looks like noise, but like an image in the other byte order.
    """
    _check_file(path)
    size = path.stat().st_size
    if shape is None or dtype is None:
        msg = (
            f"{path} is a raw file of {size} bytes, which says nothing of itself: pass "
            "shape=(z, y, x), dtype such as 'uint8' or 'uint16', and byte_order; x is the axis "
            "whose voxels lie side by side (ImageJ's width)"
        )
        raise ValueError(msg)
    edges = check_shape(shape)
    kind = _number_type(dtype, byte_order)
    if not isinstance(offset, int | np.integer) or isinstance(offset, bool) or offset < 0:
        msg = f"offset must be the number of bytes before the first voxel, got {offset!r}"
        raise ValueError(msg)
    needed = offset + math.prod(edges) * kind.itemsize
    if size != needed:
        msg = (
            f"{path} has {size} bytes, but {edges} voxels of {kind.name} after {offset} bytes are "
            f"{needed}; mend shape, dtype or offset"
        )
        raise ValueError(msg)
    values = np.memmap(path, kind, "r", offset, edges)
    _say_turned(values, path)
    return values


def _say_turned(values: NDArray[Any], path: Path) -> None:
    """Warn of numbers that appear to be read in the wrong byte order."""
    image = np.asarray(values[len(values) // 2])
    if image.itemsize == 1:
        return
    turned = image.view(image.dtype.newbyteorder())
    rough, other = _roughness(image), _roughness(turned)
    if rough > _NOISE and other < _SMOOTHER * rough:
        order = "little" if image.dtype.newbyteorder(">") == image.dtype else "big"
        warnings.warn(
            f"{path} looks like noise as it is read, and like an image with the other end of its "
            f"numbers first; if it should be one, pass dtype={image.dtype.name!r}, "
            f"byte_order={order!r}",
            stacklevel=4,
        )


def _roughness(image: NDArray[Any]) -> float:
    """Return the mean step from one pixel to the next, over the mean distance from the median.

    Infinite where numbers are not finite, or where most of them are subnormal; 0 where all pixels
    are of one grey level.
    """
    if image.dtype.kind == "f" and _tiny(image).mean() > _MOST:
        return math.inf
    with np.errstate(all="ignore"):
        levels = image.astype(np.float64)
        spread = float(np.abs(levels - np.median(levels)).mean())
        steps = float(np.abs(np.diff(levels)).mean()) if levels.shape[1] > 1 else 0.0
    if not math.isfinite(steps) or not math.isfinite(spread):
        return math.inf
    return steps / spread if spread else 0.0


def _tiny(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers are subnormal, by their bits: a processor may count them as zero."""
    kind = image.dtype
    bits = image.view(kind.str[0] + f"u{kind.itemsize}")
    least = np.array(np.finfo(kind).tiny, kind).view(bits.dtype)
    size = bits & bits.dtype.type(np.iinfo(bits.dtype).max >> 1)  # without the sign
    return np.asarray((size > 0) & (size < least))


def _number_type(dtype: DTypeLike, byte_order: str | None) -> np.dtype[Any]:
    """Return the type of a voxel: little-endian unless `dtype` or `byte_order` says otherwise."""
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError) as error:
        msg = f"there is no number type {dtype!r}; write for example dtype='uint16'"
        raise ValueError(msg) from error
    if kind.kind not in "iuf":
        msg = (
            f"dtype {dtype!r} is no type of grey levels; write one of integers or floats, such as "
            "'uint8', also for a mask of zeros and ones"
        )
        raise ValueError(msg)
    said = isinstance(dtype, str | np.dtype) and str(dtype)[:1] in "<>"
    if byte_order is None:
        return kind if said else kind.newbyteorder("<")
    if byte_order not in list(_ORDERS):
        msg = f"byte_order must be 'little' or 'big', got {byte_order!r}"
        raise ValueError(msg)
    ordered = kind.newbyteorder(_ORDERS[byte_order])
    if said and ordered != kind:
        msg = f"dtype {dtype!r} and byte_order {byte_order!r} say different things; pass one"
        raise ValueError(msg)
    return ordered


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(not_there(path))
