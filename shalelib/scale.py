"""The size of a voxel as files spell it: units of length in metres, and edges that can be true."""

from __future__ import annotations

from shalelib.arrays import LENGTHS

_METRES = {
    **dict.fromkeys(("å", "a", "angstrom", "ångström"), 1e-10),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1e-9),
    **dict.fromkeys(("um", "µm", "μm", "\\u00b5m", "micron", "microns", "micrometer"), 1e-6),
    **dict.fromkeys(("micrometers", "micrometre", "micrometres"), 1e-6),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1e-3),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 1e-2),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
}

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
    return _METRES.get(str(unit).strip().lower())


def plausible_scale(edges: tuple[float | None, ...]) -> Scale | None:
    """Return three edges [m] if all of them can be a voxel's, else None."""
    known = [float(edge) for edge in edges if edge is not None]
    low, high = LENGTHS
    if len(known) == 3 and all(low <= edge <= high for edge in known):
        return known[0], known[1], known[2]
    return None
