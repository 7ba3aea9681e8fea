"""Arrays with named dimensions, such as xarray's: brought to the order z, y, x, and their scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from shalelib.scale import SAME, Said, names_no_unit, said_scale, unit_in_metres

_FILLS = ("_FillValue", "missing_value", "nodata")
"""Attributes that name the value of missing data, where it was not replaced when reading."""

_ROUNDED = 4  # roundings of a coordinate by which the distance of two may be off


def in_space(data: Any, name: str, *, flat: bool = False) -> Any:
    """Return an array with its dimensions in the order z, y, x.

    Parameters
    ----------
    data : xarray.DataArray
    name : str
        What the error calls it.
    flat : bool
        A single slice, with y and x alone, is allowed.

    Raises
    ------
    ValueError
        It has other dimensions.
    """
    axes = ["z", "y", "x"] if not flat or "z" in data.dims else ["y", "x"]
    if sorted(map(str, data.dims)) != sorted(axes):
        msg = f"{name} has the dimensions {data.dims}; rename or select so that z, y, x are left"
        raise ValueError(msg)
    return data.transpose(*axes)


def check_none_filled(data: Any, name: str) -> None:
    """Refuse an array that holds the value which its attributes name as missing.

    Parameters
    ----------
    data : xarray.DataArray
    name : str
        What the error calls it.

    Raises
    ------
    ValueError
        There are such values; the message counts them and says what to do.
    """
    for attribute in _FILLS:
        value = np.asarray(data.attrs.get(attribute, np.nan))
        if value.size != 1 or value.dtype.kind not in "iuf" or not np.isfinite(value).all():
            continue
        gone = np.asarray(data.values == value.item())
        if gone.any():
            written = value.item()
            least = data.values[~gone].min() if not gone.all() else 0
            msg = (
                f"{np.count_nonzero(gone)} values of {name} are {written}, which its attribute "
                f"{attribute} names as missing; they are left out of the rock by shalelib.data."
                f"as_volume(array.where(array != {written}, {least}), inside=array != {written}), "
                f"or, if it is a grey level as the others, take the attribute away: "
                f"array.attrs.pop({attribute!r})"
            )
            raise ValueError(msg)


def scale_of_coordinates(data: Any, name: str) -> Said:
    """Return the spacing of coordinates along z, y and x [m], if they have units.

    Raises
    ------
    ValueError
        It varies by more than the coordinates are rounded.
    """
    edges = []
    for axis in "zyx":
        if axis not in data.coords or data.sizes[axis] < 2:
            return Said()
        places = np.asarray(data.coords[axis].values)
        if places.dtype.kind not in "iuf":  # dates, names
            return Said()
        rounded = np.finfo(places.dtype).eps * abs(places).max() if places.dtype.kind == "f" else 0
        steps = np.diff(places.astype(float))
        if not np.isfinite(steps).all() or not np.allclose(
            steps, steps.mean(), rtol=SAME, atol=_ROUNDED * rounded
        ):
            msg = (
                f"{name} is not evenly spaced along {axis}: its steps are {abs(steps).min():g} to "
                f"{abs(steps).max():g}; interpolate it to an even grid, .interp({axis}=...), or "
                f"take the coordinate away if it says it wrong, .drop_vars({axis!r})"
            )
            raise ValueError(msg)
        written = data.coords[axis].attrs.get("units", "")
        unit = unit_in_metres(written)
        if unit is None:
            strange = not names_no_unit(written)
            return Said(odd=f"a length in {written!r}, which is no unit known here" * strange)
        edges.append(abs(float(steps.mean())) * unit)
    return said_scale(tuple(edges))
