"""The five classes of a FIB-SEM pixel: codes, names and colours."""

from __future__ import annotations

from shalelib.arrays import Phase

UNLABELLED = 255
"""Code of pixels without a label in sparse labels, 255; never a result of classification."""

PHASE_NAMES: dict[Phase, str] = {
    Phase.BACKGROUND: "background",
    Phase.LOW: "low density",
    Phase.MEDIUM: "medium density",
    Phase.HIGH: "high density",
    Phase.CHARGING: "charging",
}
"""Names of the phases in words, by `Phase`."""

# Okabe and Ito's palette, which can be told apart with any colour vision.
PHASE_COLOURS: dict[Phase, str] = {
    Phase.BACKGROUND: "#000000",
    Phase.LOW: "#0072b2",
    Phase.MEDIUM: "#999999",
    Phase.HIGH: "#e69f00",
    Phase.CHARGING: "#cc79a7",
}
"""Colours of the phases in figures, by `Phase`, as hexadecimal RGB."""


def phase_of(name: str) -> Phase:
    """Return the class that a label file calls `name`.

    Parameters
    ----------
    name : str
        ``background``, ``low``, ``medium``, ``high`` or ``charging``.

    Raises
    ------
    ValueError
        There is no such class.

    Examples
    --------
    >>> phase_of("high")
    <Phase.HIGH: 3>
    """
    known = {phase.name.lower(): phase for phase in Phase}
    if not isinstance(name, str) or name.lower() not in known:
        msg = f"unknown class {name!r}; the classes are {', '.join(known)}"
        raise ValueError(msg)
    return known[name.lower()]
