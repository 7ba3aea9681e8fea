"""Checks of arguments that the functions of this room make before they compute."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib._face import name_the_extra
from shalelib.arguments import is_whole, short
from shalelib.arrays import check_length
from shalelib.flow.gas import Gas
from shalelib.flow.slip import SlipModel

_SAME = 1e-3
"""Relative difference up to which two edges count as equal, as in `shalelib.data.Volume.edge`."""


def check_threshold(threshold: object, *, name: str = "threshold") -> None:
    """Refuse what is not an 8-bit grey level; above 255 all voxels would be pores."""
    if not is_whole(threshold) or threshold not in range(256):
        msg = (
            f"{name} must be a grey level, a whole number from 0 to 255, got {threshold!r}; "
            "bring a level of the file through the volume's window first"
        )
        raise ValueError(msg)


def refuse_options(options: Mapping[str, object], *names: str, mend: str) -> None:
    """Refuse keyword arguments that a call sets itself."""
    for name in names:
        if name in options:
            msg = f"{name} cannot be given here; {mend}"
            raise TypeError(msg)


def check_sequence(name: str, values: object) -> None:
    """Refuse a single number or a text in place of a sequence of grey levels, and an empty one."""
    if not np.ndim(values):  # type: ignore[arg-type]
        msg = f"{name} must be a row of grey levels such as [60, 90], got {values!r}"
        raise TypeError(msg)
    if not np.size(values):  # type: ignore[arg-type]
        msg = f"{name} is empty; pass levels, such as those of shalelib.flow.sweep_levels"
        raise ValueError(msg)


def check_gas_and_walls(gas: object, slip: object, buffer: object) -> None:
    """Refuse a gas or a slip law given by name, and a buffer that is not a number of slices."""
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


def check_result(result: object, *fields: str) -> None:
    """Refuse what does not have the fields of a flow."""
    if not all(hasattr(result, name) for name in fields):
        msg = (
            f"result must be what shalelib.flow.permeability returns, got {short(result)}; pass it "
            "whole (a volume alone is written by shalelib.data.write_ome_zarr)"
        )
        raise TypeError(msg)


def settled_drop(pressure_drop: object | None, gas: Gas) -> float:
    """Return the pressure drop [Pa], the paper's by default."""
    drop = 1e-7 * gas.pressure if pressure_drop is None else pressure_drop
    number = isinstance(drop, Real) and not isinstance(drop, bool)
    if not (number and 0 < float(drop) < 2 * gas.pressure):  # type: ignore[arg-type]
        msg = f"pressure_drop must be positive and below twice the pressure, got {drop!r} Pa"
        raise ValueError(msg)
    drop = float(drop)  # type: ignore[arg-type]
    if not gas.pressure + drop / 2 > gas.pressure - drop / 2:
        msg = (
            f"pressure_drop {drop:g} Pa is lost in rounding beside {gas.pressure:g} Pa; take "
            f"{1e-7 * gas.pressure:g} Pa or more"
        )
        raise ValueError(msg)
    return drop


def cube_edge(name: str, voxel_size: object) -> float:
    """Return the edge of a cubic voxel [m], given as one length or as three that are equal.

    Examples
    --------
    >>> cube_edge("voxel_size", (1e-8, 1e-8, 1e-8))
    1e-08
    """
    edges = voxel_size.tolist() if isinstance(voxel_size, np.ndarray) else voxel_size
    if not isinstance(edges, tuple | list):
        return check_length(name, edges)
    if len(edges) != 3:
        msg = f"{name} must be one length, or three equal ones along z, y and x [m], got {edges!r}"
        raise ValueError(msg)
    low, middle, high = sorted(check_length(name, edge) for edge in edges)
    if high > low * (1 + _SAME):
        shown = " x ".join(f"{float(edge) * 1e9:g}" for edge in edges)
        msg = (
            f"the voxels are no cubes ({shown} nm along z, y, x); resample the volume first: "
            f"volume, {name} = shalelib.flow.cubic_voxels(volume, {name})"
        )
        raise ValueError(msg)
    return middle


def check_torch(device: str, dtype: str) -> None:
    """Refuse torch if it is not installed, and a device that it cannot use for this dtype.

    Raises
    ------
    ModuleNotFoundError
        The message names the extra that installs torch.
    ValueError
        The message gives what torch says of the device, and the remedy.
    """
    try:
        import torch  # takes seconds to load
    except ModuleNotFoundError as error:
        name_the_extra("backend='torch'", error)
        raise
    try:
        torch.zeros(1, dtype=getattr(torch, dtype), device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        reason = str(error).splitlines()[0]
        msg = (
            f"torch cannot use device={device!r} for {dtype} here: {reason}; use device='cpu' or "
            "backend='numba'"
        )
        raise ValueError(msg) from error


def check_slices(volume: NDArray[Any], axis: int) -> None:
    """Refuse a volume of a single slice along the flow, whose two faces are the same."""
    if volume.shape[axis] < 2:
        msg = (
            f"the volume has {volume.shape[axis]} slice along axis {axis}, shape {volume.shape}; "
            "pores connect two faces, so that at least 2 are needed"
        )
        raise ValueError(msg)
