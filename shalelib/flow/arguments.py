"""What the functions of this room refuse before they compute."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.flow.gas import Gas
from shalelib.flow.slip import SlipModel


def check_axis(axis: object) -> None:
    """Refuse an axis other than 0, 1 and 2."""
    if not is_whole(axis) or axis not in (0, 1, 2):
        msg = f"axis must be 0, 1 or 2 (z, y or x), got {axis!r}"
        raise ValueError(msg)


def check_threshold(threshold: object) -> None:
    """Refuse what is no grey level of 8 bits: above them all voxels would be pores."""
    if not is_whole(threshold) or threshold not in range(256):
        msg = (
            f"threshold must be a grey level, a whole number from 0 to 255, got {threshold!r}; "
            "bring a level of the file through the volume's window first"
        )
        raise ValueError(msg)


def check_complete(name: str, volume: NDArray[Any]) -> None:
    """Refuse a masked array: what lies under its mask would drop out of every share."""
    if isinstance(volume, np.ma.MaskedArray):
        msg = (
            f"{name} is a masked array; pass its values, {name}.filled(...), and where the mask is "
            "the outside of the rock pass rock=~numpy.ma.getmaskarray(...)"
        )
        raise TypeError(msg)


def check_gas_and_walls(gas: object, slip: object, buffer: object) -> None:
    """Refuse a gas or walls by name, and a buffer that is no number of slices."""
    for name, given, kind, known in (
        ("gas", gas, Gas, "METHANE"),
        ("slip", slip, SlipModel, "NO_SLIP"),
    ):
        if not isinstance(given, kind):
            msg = f"{name} must be a {kind.__name__} such as shalelib.flow.{known}, got {given!r}"
            raise TypeError(msg)
    if not is_whole(buffer) or buffer < 0:  # type: ignore[operator]
        msg = f"buffer must be a number of open slices, 0 or more, got {buffer!r}"
        raise ValueError(msg)


def settled_drop(pressure_drop: object | None, gas: Gas) -> float:
    """Return the pressure drop [Pa], the paper's by default."""
    drop = 1e-7 * gas.pressure if pressure_drop is None else pressure_drop
    number = isinstance(drop, Real) and not isinstance(drop, bool)
    if not (number and 0 < drop < 2 * gas.pressure):  # type: ignore[operator]
        msg = f"pressure_drop must be positive and below twice the pressure, got {drop!r} Pa"
        raise ValueError(msg)
    return float(drop)  # type: ignore[arg-type]


def is_whole(number: object) -> bool:
    """Tell whether something is a whole number; True and False are none."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
