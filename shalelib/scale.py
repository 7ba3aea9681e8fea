"""The size of a voxel as files write it: units of length in metres, and credible edges."""

from __future__ import annotations

from dataclasses import dataclass

from shalelib.arrays import LENGTHS

_PREFIXES = {
    **{"": ("", 0), "d": ("deci", -1), "c": ("centi", -2), "m": ("milli", -3)},
    **{"µ": ("micro", -6), "μ": ("micro", -6), "u": ("micro", -6), "n": ("nano", -9)},
    **{"p": ("pico", -12), "f": ("femto", -15), "a": ("atto", -18), "z": ("zepto", -21)},
    **{"y": ("yocto", -24), "da": ("deca", 1), "h": ("hecto", 2), "k": ("kilo", 3)},
    **{"M": ("mega", 6), "G": ("giga", 9), "T": ("tera", 12), "P": ("peta", 15)},
    **{"E": ("exa", 18), "Z": ("zetta", 21), "Y": ("yotta", 24)},
}
"""Prefixes of the metre: symbol, full name and power of ten."""

_SYMBOLS = {f"{sign}m": float(f"1e{power}") for sign, (_, power) in _PREFIXES.items()}
"""Symbols, whose case matters: a Mm is a million metres, a mm a thousandth of one."""

_METRES = {
    **{
        f"{spelt}{unit}": float(f"1e{power}")
        for spelt, power in _PREFIXES.values()
        for unit in ("meter", "meters", "metre", "metres")
    },
    **{sign.lower(): metres for sign, metres in _SYMBOLS.items() if metres <= 1},
    **dict.fromkeys(("\\u00b5m", "micron", "microns"), 1e-6),
    **dict.fromkeys(("å", "a", "angstrom", "angstroms", "ångström"), 1e-10),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
    **dict.fromkeys(("thou", "mil"), 0.0254e-3),
    **{"pt": 0.0254 / 72, "li": 0.0254 / 12},  # OME's point and line
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("yd", "yard", "yards"), 0.9144),
    **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
}
"""Other spellings of units, in lower case: their case does not matter."""

NO_UNITS = ("", "none", "pixel", "pixels", "px", "voxel", "voxels", "reference frame")
"""What files write where there is no unit, in lower case."""

Scale = tuple[float, float, float]
"""Edges of a voxel along z, y and x [m]."""

_PRINTED = 1e-6  # a resolution with larger pixels may be that of a print or a screen [m]
_PRINTS = (72, 96, 100, 150, 200, 300, 400, 600, 1200)  # pixels an inch, of prints and screens
_ROUNDED = 1e-4  # relative difference that digits of such a resolution leave
_INCH = 0.0254  # [m]

SAME = 1e-3
"""Relative difference up to which two lengths agree."""


def unit_in_metres(unit: object) -> float | None:
    """Return a unit of length in metres, in any spelling of ImageJ, OME or Zarr; None if unknown.

    Examples
    --------
    >>> unit_in_metres("microns"), unit_in_metres("nanometer"), unit_in_metres("pixel")
    (1e-06, 1e-09, None)
    >>> unit_in_metres("mm"), unit_in_metres("Mm"), unit_in_metres("MM")
    (0.001, 1000000.0, 0.001)
    """
    written = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
    return _SYMBOLS.get(written.strip(), _METRES.get(written.strip().lower()))


def names_no_unit(unit: object) -> bool:
    """Return whether a written unit means that there is none, such as ``pixel``."""
    return str(unit).strip().lower() in NO_UNITS


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a file says of its voxels.

    Attributes
    ----------
    edges : (z, y, x) of float or None
        [m]; None where it says nothing that a voxel can measure.
    depth : bool
        True if it says how far apart its slices are; else the edge of a pixel stands for that.
    odd : str
        What it says where that cannot be the edges of a voxel; else empty.
    rows : int or None
        Rows of the picture, where a microscope gives them; those below are a data bar.
    """

    edges: Scale | None = None
    depth: bool = True
    odd: str = ""
    rows: int | None = None


def said_scale(edges: tuple[float | None, ...], *, depth: bool = True) -> Said:
    """Return what a file says by three edges [m], some of which may be missing.

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


def resolution_scale(height: float, width: float, written: str) -> Said:
    """Return what a picture's resolution says of its pixels: nothing for prints and screens.

    Parameters
    ----------
    height, width : float
        Edges of a pixel [m].
    written : str
        The resolution as the file writes it.

    Examples
    --------
    >>> resolution_scale(5e-9, 5e-9, "").edges, resolution_scale(3e-4, 3e-4, "72 an inch").odd
    ((5e-09, 5e-09, 5e-09), '72 an inch, as for a print or a screen')
    """
    if max(height, width) < _PRINTED:
        return said_scale((width, height, width), depth=False)
    return Said(odd=f"{written}, as for a print or a screen")


def print_aside(said: Said) -> Said:
    """Return what a calibration says, unless it passes on the resolution of a print or a screen.

    Examples
    --------
    >>> print_aside(said_scale((3.5e-4, 352.777e-6, 352.777e-6))).odd
    'pixels of 352777 nm (72 an inch), as for a print or a screen'
    >>> print_aside(said_scale((5e-9, 5e-9, 5e-9))).edges
    (5e-09, 5e-09, 5e-09)
    """
    if said.edges is None:
        return said
    _, height, width = said.edges
    for dots in _PRINTS:
        if max(abs(edge * dots / _INCH - 1) for edge in (height, width)) < _ROUNDED:
            odd = f"pixels of {width * 1e9:.0f} nm ({dots} an inch), as for a print or a screen"
            return Said(odd=odd, rows=said.rows)
    return said
