"""What all configurations share: checks of fields, and the settings that name an artefact."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from shalelib.arguments import check_number, check_whole, given_row, is_whole, short

SMALLEST, LARGEST = 1e-12, 1e15
"""Smallest and largest magnitude of a number in a configuration, in any unit, other than zero."""


def check_positive(config: Any, *names: str) -> None:
    """Refuse a configuration whose fields `names` are not positive."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, above=0)


def settle_numbers(config: Any) -> None:
    """Convert the numbers of a configuration to Python's own, and refuse unsuitable ones.

    A field holds what its default does: a whole number that is not negative, a number, or a
    non-empty sequence of either.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Size:
    ...     edges: tuple[int, ...] = (8, 16)
    ...     blur: float = 1.0
    >>> size = Size(edges=[4], blur=2)
    >>> settle_numbers(size)
    >>> size
    Size(edges=(4,), blur=2.0)
    >>> settle_numbers(Size(edges=(4, 8.5)))
    Traceback (most recent call last):
    ValueError: Size.edges[1] must be a whole number, 0 or more, got 8.5
    """
    for item in fields(config):
        name, value = f"{type(config).__name__}.{item.name}", getattr(config, item.name)
        if isinstance(item.default, tuple):
            row = given_row(name, value, mend=f"such as {item.default}")
            if not row:
                msg = f"{name} is empty; give one number at least, such as {item.default}"
                raise ValueError(msg)
            kind = type(item.default[0])
            plain: Any = tuple(_plain(f"{name}[{n}]", one, kind) for n, one in enumerate(row))
        elif type(item.default) in (int, float):
            plain = _plain(name, value, type(item.default))
        else:
            continue
        object.__setattr__(config, item.name, plain)


def _plain(name: str, number: Any, kind: type) -> int | float:
    """Return a number of a configuration as Python's own int or float."""
    if is_whole(number) and abs(number) > LARGEST:  # which may be more than a float holds
        msg = f"{name} must be at most {LARGEST:g}, got {short(number)}"
        raise ValueError(msg)
    if kind is int:
        check_whole(name, number, least=0)
        return int(number)
    found = check_number(name, number)
    if found and not SMALLEST <= abs(found) <= LARGEST:
        msg = f"{name} must be 0, or {SMALLEST:g} to {LARGEST:g} in size, got {number}"
        raise ValueError(msg)
    return found


def settings(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration that differ from their defaults, labels left out.

    Their hash names artefacts: if a field is added later, with a default that changes nothing, all
    artefacts made before keep their names.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Size:
    ...     edge: int = 8
    ...     label: str = ""
    >>> settings(Size(edge=12))
    {'edge': 12}
    """
    return {
        item.name: getattr(config, item.name)
        for item in fields(config)
        if item.name != "label"
        and (item.default is MISSING or getattr(config, item.name) != item.default)
    }
