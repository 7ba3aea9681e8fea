"""What every room refuses before it computes: arrays that are masked, numbers that do not count."""

from __future__ import annotations

from typing import Any

import numpy as np

from shalelib.arrays import Grey, Mask, check_grey, check_mask, check_ndim


def is_whole(number: object) -> bool:
    """Tell whether something is a whole number; True and False are none."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def check_whole(name: str, number: object, *, least: int) -> None:
    """Refuse what is no whole number of at least `least`.

    Examples
    --------
    >>> check_whole("batch", 1.5, least=1)
    Traceback (most recent call last):
    ValueError: batch must be a whole number, 1 or more, got 1.5
    """
    if not is_whole(number) or number < least:  # type: ignore[operator]
        msg = f"{name} must be a whole number, {least} or more, got {number!r}"
        raise ValueError(msg)


def check_axis(axis: object) -> None:
    """Refuse an axis other than 0, 1 and 2."""
    if not is_whole(axis) or axis not in (0, 1, 2):
        msg = f"axis must be 0, 1 or 2 (z, y or x), got {axis!r}"
        raise ValueError(msg)


def check_complete(name: str, array: object) -> None:
    """Refuse a masked array: what lies under its mask would count as if it were there."""
    if isinstance(array, np.ma.MaskedArray):
        msg = (
            f"{name} is a masked array; pass its values, {name}.filled(...), and where the mask is "
            "the outside of the rock pass rock= or inside=~numpy.ma.getmaskarray(...)"
        )
        raise TypeError(msg)


def given_grey(name: str, image: object, *, ndim: int | tuple[int, ...] | None = None) -> Grey:
    """Return what a caller gave if it is grey levels, as `check_grey`, none of them masked."""
    check_complete(name, image)
    return check_grey(name, image, ndim=ndim)


def given_mask(name: str, mask: object, *, ndim: int | tuple[int, ...] | None = None) -> Mask:
    """Return what a caller gave if it is a mask, as `check_mask`, none of it masked."""
    check_complete(name, mask)
    return check_mask(name, mask, ndim=ndim)


def given_labels(name: str, labels: object, *, ndim: int | tuple[int, ...] | None = None) -> Any:
    """Return what a caller gave if it is integer labels, none of them masked."""
    check_complete(name, labels)
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        got = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        msg = f"{name} must be an array of integer labels, got {got}; segment the image first"
        raise TypeError(msg)
    check_ndim(name, labels, ndim)
    return labels


def given_array(name: str, array: object, *, ndim: int | tuple[int, ...] | None = None) -> Any:
    """Return what a caller gave if it is an array of numbers, none of them masked."""
    check_complete(name, array)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "buif":
        got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        msg = f"{name} must be a NumPy array of real numbers, got {got}"
        raise TypeError(msg)
    check_ndim(name, array, ndim)
    return array


def given_numbers(name: str, values: Any) -> Any:
    """Return a row of numbers as floats: any sequence of finite ones, none of them masked."""
    check_complete(name, values)
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        got = f"shape {numbers.shape}" if numbers.ndim else type(values).__name__
        wrong = f" of which {(~np.isfinite(numbers)).sum()} are not finite" if numbers.ndim else ""
        msg = f"{name} must be a row of finite numbers, at least one, got {got}{wrong}"
        raise ValueError(msg)
    return numbers
