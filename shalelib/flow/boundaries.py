"""What lies beyond the faces of a volume: the ends, across the flow, and the sides, along it."""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np

from shalelib.arguments import short

Ends = Literal["mirror", "periodic", "pressure"]
"""Beyond the first and the last slice along the flow."""

Sides = Literal["wall", "periodic", "mirror"]
"""Beyond the four faces along the flow."""

BUFFER_SHARE = 0.02
"""Of the pressure drop, up to which open slices before and after a sample are let pass."""


def check_ends(ends: object) -> None:
    """Refuse what is no `Ends`."""
    _check("ends", ends, get_args(Ends))


def check_sides(sides: object) -> None:
    """Refuse what is no `Sides`."""
    _check("sides", sides, get_args(Sides))


def buffer_share(k_lu: float, shape: tuple[int, ...], buffer: int) -> float:
    """Share of a pressure drop that open slices before and after a sample between walls take.

    Parameters
    ----------
    k_lu : float
        Found with them [voxel²], as if the sample took all of the drop.
    shape : (length, height, width)
        Of the sample [voxel].
    buffer : int
        Their number on either side, each a slice of a duct without slip.

    Examples
    --------
    An open sample of 8 slices between 4 and 4 is half of a duct, which has 0.0351 h² in all.

    >>> round(buffer_share(0.0351 * 6**2 / 2, (8, 6, 6), 4), 2)
    0.5
    """
    length, *section = shape
    height, width = sorted(section)
    odd = np.arange(1, 40, 2)
    corners = (np.tanh(odd * np.pi * width / height / 2) / odd**5).sum() * height / width
    duct = height**2 / 12 * (1 - 192 / np.pi**5 * corners)
    return float(2 * buffer / length * k_lu / duct)


def say_buffers(k_lu: float, shape: tuple[int, ...], buffer: int) -> None:
    """Warn where open slices resist so much that the sample's permeability is another one."""
    share = buffer_share(k_lu, shape, buffer)
    if share > BUFFER_SHARE:
        warnings.warn(
            f"the {buffer} open slices at either end take about {share:.0%} of the pressure drop, "
            "which counts as the sample's, so that its permeability comes out too small by that; "
            "take ends='mirror', or a longer sample",
            stacklevel=3,
        )


def _check(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        msg = f"{name} must be one of {', '.join(map(repr, allowed))}, got {short(value)}"
        raise ValueError(msg)
