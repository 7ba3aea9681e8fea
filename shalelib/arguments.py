"""Checks of arguments, shared by all rooms: masked arrays and unsuitable numbers are refused."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real as RealNumber
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Grey, Mask, check_grey, check_mask, check_ndim, pixels_of


def is_whole(number: object) -> bool:
    """Return whether something is a whole number, which True and False are not."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def check_whole(name: str, number: object, *, least: int, most: float = math.inf) -> int:
    """Return a whole number within bounds as an int, which does not overflow.

    Examples
    --------
    >>> check_whole("batch", np.uint8(16), least=1)
    16
    >>> check_whole("batch", 1.5, least=1)
    Traceback (most recent call last):
    ValueError: batch must be a whole number, 1 or more, got 1.5
    """
    if not is_whole(number) or not least <= number <= most:  # type: ignore[operator]
        bounds = f"{least} or more" if most == math.inf else f"{least} to {most}"
        msg = f"{name} must be a whole number, {bounds}, got {number!r}"
        raise ValueError(msg)
    return int(number)  # type: ignore[call-overload]


def check_number(
    name: str,
    number: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> float:
    """Return a finite number within bounds as a float; True and False are not numbers here.

    Examples
    --------
    >>> check_number("share", np.float32(0.5), least=0, most=1)
    0.5
    >>> check_number("rtol", "1e-3", above=0, below=1)
    Traceback (most recent call last):
    TypeError: rtol must be positive and below 1, a number, got '1e-3'
    """
    value = number.item() if isinstance(number, np.ndarray) and number.ndim == 0 else number
    bounds = (("above", above), ("at least", least), ("below", below), ("at most", most))
    words = [f"{word} {bound:g}" for word, bound in bounds if math.isfinite(bound)]
    said = " and ".join(words).replace("above 0", "positive") or "finite"
    msg = f"{name} must be {said}, a number"
    if not isinstance(value, RealNumber) or isinstance(value, bool):
        msg += f", got {short(number)}"
        raise TypeError(msg)
    found = float(value)
    if not (math.isfinite(found) and above < found < below and least <= found <= most):
        msg += f", got {number}"
        raise ValueError(msg)
    return found


def check_seed(seed: object) -> None:
    """Refuse anything but a seed: a whole number, 0 or more, that repeats the same draws."""
    check_whole("seed", seed, least=0)


def check_kind(name: str, given: object, kind: type | tuple[type, ...], *, mend: str) -> None:
    """Refuse anything but an object of a class; `mend` says where to get one.

    Examples
    --------
    >>> check_kind("pairs", None, dict, mend="take one of shalelib.data.load_directory")
    Traceback (most recent call last):
    TypeError: pairs must be a dict, got None; take one of shalelib.data.load_directory
    """
    if not isinstance(given, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join(one.__name__ for one in kinds)
        msg = f"{name} must be a {wanted}, got {short(given)}; {mend}"
        raise TypeError(msg)


def check_choice(name: str, given: object, known: Iterable[Any]) -> None:
    """Refuse anything but one of a few values."""
    choices = list(known)
    kinds = tuple({type(choice) for choice in choices})
    plain = given.item() if isinstance(given, np.generic) else given
    if isinstance(plain, bool) or not isinstance(plain, kinds) or plain not in choices:
        two = len(choices) == 2
        shown = (" or " if two else ", ").join(map(repr, choices))
        msg = f"{name} must be {'' if two else 'one of '}{shown}, got {short(given)}"
        raise ValueError(msg)


def given_row(name: str, values: object, *, mend: str) -> list[Any]:
    """Return a sequence as a list; refuse text, a single thing or a mapping.

    Examples
    --------
    >>> given_row("volumes", 5, mend="pass them as [volume, ...]")
    Traceback (most recent call last):
    TypeError: volumes must be a row, got 5; pass them as [volume, ...]
    """
    if isinstance(values, str | bytes | dict) or not np.iterable(values):
        msg = f"{name} must be a row, got {short(values)}; {mend}"
        raise TypeError(msg)
    return list(values)


def short(given: object) -> str:
    """Return how an error shows what was given: arrays by type and shape, the rest as it is.

    Examples
    --------
    >>> short(np.zeros((2, 3), np.uint8)), short("a")
    ('an array of uint8, shape (2, 3)', "'a'")
    """
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype}, shape {given.shape}"
    shown = repr(given)
    return shown if len(shown) <= 60 else f"a {type(given).__name__}"


def check_axis(axis: object) -> None:
    """Refuse an axis other than 0, 1 and 2."""
    if not is_whole(axis) or axis not in (0, 1, 2):
        msg = f"axis must be 0, 1 or 2 (z, y or x), got {axis!r}"
        raise ValueError(msg)


def check_complete(name: str, array: object) -> None:
    """Refuse a masked array, whose values under the mask would count as valid."""
    if isinstance(array, np.ma.MaskedArray):
        msg = (
            f"{name} is a masked array; pass its values, {name}.filled(...), and where the mask is "
            "the outside of the rock pass rock= or inside=~numpy.ma.getmaskarray(...)"
        )
        raise TypeError(msg)


def given_grey(name: str, image: object, *, ndim: int | tuple[int, ...] | None = None) -> Grey:
    """Return the caller's array if it holds grey levels (`check_grey`), none of them masked."""
    check_complete(name, image)
    return check_grey(name, image, ndim=ndim)


def given_mask(name: str, mask: object, *, ndim: int | tuple[int, ...] | None = None) -> Mask:
    """Return the caller's array if it is boolean (`check_mask`), none of it masked."""
    check_complete(name, mask)
    return check_mask(name, mask, ndim=ndim)


def given_labels(name: str, labels: object, *, ndim: int | tuple[int, ...] | None = None) -> Any:
    """Return the caller's array if it holds integer labels, none of them masked."""
    check_complete(name, labels)
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        got = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        msg = f"{name} must be an array of integer labels, got {got}; segment the image first"
        msg += pixels_of(labels)
        raise TypeError(msg)
    check_ndim(name, labels, ndim)
    return labels


def given_array(name: str, array: object, *, ndim: int | tuple[int, ...] | None = None) -> Any:
    """Return the caller's array if it holds real numbers, none of them masked."""
    check_complete(name, array)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "buif":
        got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        msg = f"{name} must be a NumPy array of real numbers, got {got}{pixels_of(array)}"
        raise TypeError(msg)
    check_ndim(name, array, ndim)
    return array


def given_values(name: str, values: Any) -> NDArray[np.float64]:
    """Return an array, table or sequence of numbers as floats of any shape, none of them masked."""
    check_complete(name, values)
    try:
        return _as_floats(values)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be an array of numbers, got {short(values)}; leave out what is none"
        raise TypeError(msg) from error


def _as_floats(values: Any) -> NDArray[np.float64]:
    """Return numbers as floats; refuse complex ones, text and dates, which NumPy would turn."""
    array = np.asarray(values)
    if array.dtype.kind not in "buifO":
        msg = f"{array.dtype} holds no real numbers"
        raise TypeError(msg)
    return array.astype(float, copy=False)


def given_numbers(name: str, values: Any) -> Any:
    """Return a sequence of finite numbers as floats, at least one and none of them masked."""
    check_complete(name, values)
    try:
        numbers = _as_floats(values)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        got = f"shape {numbers.shape}" if numbers.ndim else type(values).__name__
        wrong = f" of which {(~np.isfinite(numbers)).sum()} are not finite" if numbers.ndim else ""
        msg = f"{name} must be a row of finite numbers, at least one, got {got}{wrong}"
        raise ValueError(msg)
    return numbers
