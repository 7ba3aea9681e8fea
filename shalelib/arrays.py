"""Array aliases and validators shared by all rooms."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum
from numbers import Real as RealNumber
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.uint8]
"""uint8 grey images: (y, x), (n, y, x) or (z, y, x)."""

Mask: TypeAlias = NDArray[np.bool_]
"""Boolean images of the same shapes; True means inside, void or valid."""

Labels: TypeAlias = NDArray[np.uint8]
"""Phase labels, see `Phase`."""

Real: TypeAlias = NDArray[np.floating[Any]]
"""Floating-point arrays of any shape."""


_CHUNK = 1 << 16  # values of a view that are copied at a time


class Phase(IntEnum):
    """Class of a pixel, one of the five of the paper's Ilastik project.

    Low density is pores and organic matter (dark seams), medium the matrix grains, high the dense
    grains (pyrite, barite); charging is an artefact of imaging and not a phase of the rock.

    Examples
    --------
    >>> Phase.LOW, int(Phase.LOW)
    (<Phase.LOW: 1>, 1)
    """

    BACKGROUND = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CHARGING = 4


def check_grey(name: str, image: object, *, ndim: int | tuple[int, ...] | None = None) -> Grey:
    """Return `image` if it is a non-empty uint8 array; else raise an error with advice.

    Parameters
    ----------
    name : str
        What the error calls the argument.
    image : object
        What the caller passed.
    ndim : int or tuple of int, optional
        The allowed number of dimensions.

    Raises
    ------
    TypeError
        `image` is not a uint8 array.
    ValueError
        It is empty or has the wrong number of dimensions.

    Examples
    --------
    >>> check_grey("txm", np.zeros((2, 2), np.uint8)).shape
    (2, 2)
    """
    if not isinstance(image, np.ndarray):
        msg = f"{name} must be a NumPy array, got {type(image).__name__}{pixels_of(image)}"
        raise TypeError(msg)
    if image.dtype != np.uint8:
        msg = (
            f"{name} must be uint8 grey levels, got {image.dtype}; rescale it to 0-255 first, "
            "for example with skimage.exposure.rescale_intensity(..., out_range='uint8')"
        )
        raise TypeError(msg)
    check_ndim(name, image, ndim)
    return image


def pixels_of(given: object) -> str:
    """Return advice for a caller who gives a `Volume` in place of an array; else nothing."""
    if not hasattr(given, "pixels"):
        return ""
    return "; pass its pixels, volume.pixels, or for a mask volume.pixels <= threshold"


def check_mask(name: str, mask: object, *, ndim: int | tuple[int, ...] | None = None) -> Mask:
    """Return `mask` if it is a non-empty boolean array; else raise an error with advice."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        got = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        mend = pixels_of(mask) or "; write for example `labels == 1`"
        msg = f"{name} must be a boolean array, got {got}{mend}"
        raise TypeError(msg)
    check_ndim(name, mask, ndim)
    return mask


def check_ndim(name: str, array: NDArray[Any], ndim: int | tuple[int, ...] | None) -> None:
    """Refuse an empty array or one whose number of dimensions is not in `ndim`."""
    if array.size == 0:
        msg = f"{name} is empty, its shape is {array.shape}"
        raise ValueError(msg)
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and array.ndim not in allowed:
        wanted = " or ".join(str(n) for n in allowed)
        msg = f"{name} must have {wanted} dimensions, got shape {array.shape}"
        raise ValueError(msg)


def check_same_shape(name: str, first: NDArray[Any], second: NDArray[Any], *, mend: str) -> None:
    """Refuse arrays of different shapes, and anything else; `name` is such as "txm and sem"."""
    for given in (first, second):
        if not isinstance(given, np.ndarray):
            mend = pixels_of(given) or f"; {mend}"
            msg = f"{name} must be NumPy arrays, got {type(given).__name__}{mend}"
            raise TypeError(msg)
    if first.shape != second.shape:
        msg = f"{name} must have the same shape, got {first.shape} and {second.shape}; {mend}"
        raise ValueError(msg)


LENGTHS = (1e-10, 1e-2)
"""Smallest and largest edge of a voxel or a pixel of rock: an atom and a centimetre [m]."""


def check_length(name: str, length: object) -> float:
    """Return a length in metres as a float if it can be that of a voxel or a pixel.

    Parameters
    ----------
    name : str
        What the error calls the argument.
    length : object
        What the caller passed: any real number, also of NumPy (including an array without axes) and
        of the modules decimal and fractions, but not a bool.

    Raises
    ------
    TypeError
        `length` is not a number, or has a unit.
    ValueError
        It is outside `LENGTHS`; if it would fit as nanometres, the message says how to write it.

    Examples
    --------
    >>> round(check_length("voxel_size", np.float32(33.6e-9)) * 1e9, 3)
    33.6
    >>> check_length("voxel_size", 33.6)
    Traceback (most recent call last):
    ValueError: voxel_size is in metres, and 33.6 m is no voxel; for 33.6 nm write 33.6e-9, for \
33.6 µm write 33.6e-6
    """
    if isinstance(length, np.ndarray) and length.ndim == 0:
        length = length.item()
    if not isinstance(length, RealNumber | Decimal) or isinstance(length, bool | np.bool_):
        msg = (
            f"{name} must be a number of metres without a unit, such as 33.6e-9 for 33.6 nm, got "
            f"{length!r}"
        )
        raise TypeError(msg)
    metres = float(length)
    low, high = LENGTHS
    if low <= metres <= high:
        return metres
    if not (math.isfinite(metres) and metres > 0):
        msg = f"{name} must be a positive length in metres, such as 33.6e-9, got {length!r}"
        raise ValueError(msg)
    msg = f"{name} is in metres, and {metres:g} m is no voxel"
    meant = [
        f"for {metres:g} {unit} write {metres:.12g}e{power}"
        for unit, power in (("nm", -9), ("µm", -6))
        if low <= metres * 10.0**power <= high
    ]
    msg += f"; {', '.join(meant) or f'it must lie between {low:g} and {high:g}'}"
    raise ValueError(msg)


def digest(*parts: object) -> str:
    """Return the first 16 hex digits of a SHA-256 over arrays, bytes and reprs.

    Arrays count with their dtype and shape. The digest names every cached artefact.

    Examples
    --------
    >>> digest(np.arange(3), "a") == digest(np.arange(3), "a")
    True
    >>> digest(np.arange(3)) == digest(np.arange(3.0))
    False
    """
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            sha.update(f"{part.dtype.str}{part.shape}".encode())
            for chunk in _chunks(part):
                sha.update(np.ascontiguousarray(chunk).data)
        else:
            raw = part if isinstance(part, bytes) else repr(part).encode()
            sha.update(f"{type(part).__name__}{len(raw)}:".encode())
            sha.update(raw)
    return sha.hexdigest()[:16]


def _chunks(array: NDArray[Any]) -> Iterable[Any]:
    """Return the values of an array in C order: whole if they lie so, of a view few at a time."""
    if array.flags.c_contiguous:
        return [array]
    return np.nditer(
        array, flags=["external_loop", "buffered", "refs_ok"], order="C", buffersize=_CHUNK
    )
