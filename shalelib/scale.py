"""The size of a voxel as files spell it: units of length in metres, and edges that can be true."""

from __future__ import annotations

from dataclasses import dataclass

from shalelib.arrays import LENGTHS

_METRES = {
    **dict.fromkeys(("pm", "picometer", "picometers", "picometre", "picometres"), 1e-12),
    **dict.fromkeys(("å", "a", "angstrom", "ångström"), 1e-10),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1e-9),
    **dict.fromkeys(("um", "µm", "μm", "\\u00b5m", "micron", "microns", "micrometer"), 1e-6),
    **dict.fromkeys(("micrometers", "micrometre", "micrometres"), 1e-6),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1e-3),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 1e-2),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
}

NO_UNITS = ("", "none", "pixel", "pixels", "px", "voxel", "voxels")
"""What files write for no unit, in small letters."""

Scale = tuple[float, float, float]
"""Edges of a voxel along z, y and x [m]."""

SAME = 1e-3
"""Relative difference of two lengths that say the same."""


def unit_in_metres(unit: object) -> float | None:
    """Return a unit of length in metres, however ImageJ, OME or Zarr spell it; None if it is none.

    Examples
    --------
    >>> unit_in_metres("microns"), unit_in_metres("nanometer"), unit_in_metres("pixel")
    (1e-06, 1e-09, None)
    """
    written = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
    return _METRES.get(written.strip().lower())


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a file says of its voxels.

    Attributes
    ----------
    edges : (z, y, x) of float or None
        [m]; None where it says nothing that a voxel can measure.
    depth : bool
        It says how far apart its slices are; else the edge of a pixel stands for that.
    odd : str
        What it says in place of edges that a voxel can have; else empty.
    rows : int or None
        Of the picture, where a microscope says it; those below are a bar with letters.
    """

    edges: Scale | None = None
    depth: bool = True
    odd: str = ""
    rows: int | None = None


def said_scale(edges: tuple[float | None, ...], *, depth: bool = True) -> Said:
    """Return what a file says by three edges [m], of which some may be left open.

    Examples
    --------
    >>> said_scale((None, 5e-9, 5e-9)), said_scale((1.0, 1.0, 1.0)).odd
    (Said(edges=None, depth=True, odd='', rows=None), '1 x 1 x 1 m along z, y, x')
    """
    known = [float(edge) for edge in edges if edge is not None]
    low, high = LENGTHS
    if len(known) < 3:
        return Said(depth=depth)
    if all(low <= edge <= high for edge in known):
        return Said(edges=(known[0], known[1], known[2]), depth=depth)
    return Said(odd=f"{' x '.join(f'{edge:g}' for edge in known)} m along z, y, x")
