"""What lies beyond the faces of a volume: the ends, across the flow, and the sides, along it."""

from __future__ import annotations

from typing import Literal, get_args

from shalelib.arguments import short

Ends = Literal["mirror", "periodic", "pressure"]
"""Beyond the first and the last slice along the flow."""

Sides = Literal["wall", "periodic", "mirror"]
"""Beyond the four faces along the flow."""


def check_ends(ends: object) -> None:
    """Refuse what is no `Ends`."""
    _check("ends", ends, get_args(Ends))


def check_sides(sides: object) -> None:
    """Refuse what is no `Sides`."""
    _check("sides", sides, get_args(Sides))


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        msg = f"{name} must be one of {', '.join(map(repr, allowed))}, got {short(value)}"
        raise ValueError(msg)
