"""What lies beyond a volume: at its ends, across the flow, and at its sides, along it."""

from __future__ import annotations

from typing import Literal, get_args

from shalelib.arguments import short

Ends = Literal["mirror", "periodic", "pressure"]
"""What lies beyond the first and the last slice along the flow."""

Sides = Literal["wall", "periodic", "mirror"]
"""What lies beyond the four faces parallel to the flow."""


def check_ends(ends: object) -> None:
    """Refuse a value that is not one of `Ends`."""
    _check("ends", ends, get_args(Ends))


def check_sides(sides: object) -> None:
    """Refuse a value that is not one of `Sides`."""
    _check("sides", sides, get_args(Sides))


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        msg = f"{name} must be one of {', '.join(map(repr, allowed))}, got {short(value)}"
        raise ValueError(msg)
