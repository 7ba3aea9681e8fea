"""The memory of the machine, checked before a large array is made."""

from __future__ import annotations

import os


def machine_memory() -> float:
    """Return the memory of the machine [byte]; infinite where that is not known."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return float("inf")


def check_room(what: str, needed: float, *, mend: str) -> None:
    """Refuse what needs more memory than the machine has.

    Parameters
    ----------
    what : str
        What the error calls the array that was asked for.
    needed : float
        Memory that it needs [byte].
    mend : str
        What to do about it.

    Raises
    ------
    MemoryError
        Its message gives the memory needed, that of the machine, and `mend`.

    Examples
    --------
    >>> check_room("a cube of a million voxels a side", 1e18, mend="cut it into pieces")
    Traceback (most recent call last):
    MemoryError: a cube of a million voxels a side needs about 1,000,000,000.0 GB of memory, and ...
    """
    there = machine_memory()
    if needed > there:
        msg = (
            f"{what} needs about {needed / 1e9:,.1f} GB of memory, and the machine has "
            f"{there / 1e9:,.1f} GB; {mend}"
        )
        raise MemoryError(msg)
