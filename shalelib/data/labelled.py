"""Arrays that name their dimensions, as xarray's: in the order z, y, x, and their scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from shalelib.scale import NO_UNITS, SAME, Said, said_scale, unit_in_metres

_ROUNDED = 4  # roundings of a coordinate that the distance of two may be off by


def in_space(data: Any, name: str, *, flat: bool = False) -> Any:
    """Return an array with its dimensions in the order z, y, x.

    Parameters
    ----------
    data : xarray.DataArray
    name : str
        How the error calls it.
    flat : bool
        One slice, y and x alone, will do.

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


def scale_of_coordinates(data: Any, name: str) -> Said:
    """Return the spacing of coordinates along z, y and x [m], if they have units.

    Raises
    ------
    ValueError
        It is uneven by more than the coordinates are rounded.
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
            strange = str(written).strip().lower() not in NO_UNITS
            return Said(odd=f"a length in {written!r}, which is no unit known here" * strange)
        edges.append(abs(float(steps.mean())) * unit)
    return said_scale(tuple(edges))
