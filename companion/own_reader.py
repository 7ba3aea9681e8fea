"""The reader's options of the page on one's own images, whose parameters are texts and numbers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from shalelib import data
from shalelib.data.volume import Volume
from shalelib.scale import SAME

PARAMETERS = {"percentiles": "clip", "mask": "rock"}
"""Options of the reader that the page takes under another name."""


PAGE = ("clip", "slice_distance")
"""Parameters of the page whose names the reader does not say."""


@contextmanager
def told_in_parameters() -> Iterator[None]:
    """Have the reader's errors and warnings name the page's parameters, wherever it is run.

    Examples
    --------
    >>> with told_in_parameters():
    ...     raise ValueError("say which, with percentiles=(0.1, 99.9)")
    Traceback (most recent call last):
    ValueError: say which, with clip=0.1
    """
    try:
        with warnings.catch_warnings(record=True) as said:
            yield
    except (ValueError, TypeError) as error:
        error.args = (in_parameters(str(error), PAGE),)
        raise
    finally:
        for one in said:
            told = in_parameters(str(one.message), PAGE)
            warnings.warn_explicit(told, one.category, one.filename, one.lineno)


def in_parameters(said: str, known: Container[str]) -> str:
    """Return what the reader says with the page's parameters in place of its own options.

    Parameters
    ----------
    said : str
    known : container of str
        The parameters of the page; of another one `said` stays as it is.

    Examples
    --------
    >>> said = "with window=(0, 4095) or percentiles=(0.1, 99.9), and voxel_size=(z, y, x) [m]"
    >>> in_parameters(said, ("clip", "slice_distance"))
    'with window=(0, 4095) or clip=0.1, and voxel_size and slice_distance [m]'
    """
    if "clip" in known:
        said = re.sub(r"\bpercentiles=\((\S+), \S+?\)", r"clip=\1", said)
    if "slice_distance" in known:
        said = said.replace("voxel_size=(z, y, x)", "voxel_size and slice_distance")
    return said


def reader_options(
    *,
    voxel_size: float,
    slice_distance: float,
    clip: float,
    window: object,
    channel: object,
    image: object,
    axes: str,
    level: object,
    shape: object,
    dtype: str,
    byte_order: str,
    offset: int,
) -> dict[str, Any]:
    """Return the options of `shalelib.data.read_volume` that the page's parameters stand for.

    Parameters
    ----------
    voxel_size, slice_distance : float
        Edge of a voxel, and along z where it differs [m]; 0 where the file says it.
    clip : float
        Share of the darkest and of the lightest voxels that become 0 and 255 [%]; 0: none.
    window : str or (low, high)
        Two numbers, the values that become 0 and 255.
    channel : str or int
        A number, counted from 0, or a name.
    image, level : str or int
        Numbers.
    shape : str or (z, y, x)
        Three numbers, slices first.
    axes, dtype, byte_order, offset
        As there. What is empty is not given.

    Raises
    ------
    ValueError
        A parameter is no such thing, or two of them exclude each other; the message names them.

    Examples
    --------
    >>> empty = dict.fromkeys(("channel", "image", "axes", "level", "byte_order"), "")
    >>> numbers = {"voxel_size": 5e-8, "slice_distance": 0.0, "clip": 0.0, "offset": 0}
    >>> raw = {"shape": "12 x 648 x 648", "dtype": "uint16", "window": "0,1000"}
    >>> found = reader_options(**empty, **numbers, **raw)
    >>> found["shape"], found["window"], found["voxel_size"]
    ((12, 648, 648), (0.0, 1000.0), 5e-08)
    """
    window, channel, image, level, shape = map(_written, (window, channel, image, level, shape))
    if clip and window:
        msg = "parameters clip and window both say what becomes black and white; give one of them"
        raise ValueError(msg)
    if not 0 <= clip < 50:
        msg = f"parameter clip must be a percentage from 0 to below 50, such as 0.1, got {clip}"
        raise ValueError(msg)
    if slice_distance and not voxel_size:
        msg = "parameter slice_distance needs voxel_size too, the edge of a pixel in the slices [m]"
        raise ValueError(msg)
    edges = (slice_distance, voxel_size, voxel_size) if slice_distance else voxel_size
    given = {
        "voxel_size": edges or None,
        "percentiles": (clip, 100 - clip) if clip else None,
        "window": _numbers("window", window, float, "two numbers, such as 0,65535", 2),
        "channel": int(channel) if channel.isdecimal() else channel,
        "image": _number("image", image),
        "axes": axes.upper(),
        "level": _number("level", level),
        "shape": _numbers(
            "shape", shape, int, "three numbers of voxels, slices first, such as 12,648,648", 3
        ),
        "dtype": dtype,
        "byte_order": byte_order,
        "offset": offset or None,
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


def brought_to_cubes(volume: Volume) -> Volume:
    """Return a volume whose voxels are cubes, as the flow needs them: itself, or resampled."""
    edges = volume.voxel_size
    if edges is None or np.ptp(edges) <= SAME * min(edges):
        return volume
    return data.to_cubes(volume)


def _written(value: object) -> str:
    """Return a parameter as the command line gives it, which a notebook may have as numbers."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _number(name: str, text: str) -> int | None:
    found = _numbers(name, text, int, "a number, counted from 0", 1)
    return None if found is None else found[0]


def _numbers(name: str, text: str, kind: type, wanted: str, count: int) -> tuple[Any, ...] | None:
    """Return the numbers in a text; None if it is empty."""
    if not text.strip():
        return None
    try:
        found = tuple(kind(part) for part in re.split(r"[\s,;x×]+", text.strip(" ()[]")))
    except ValueError:
        found = ()
    if len(found) != count:
        msg = f"parameter {name} must be {wanted}, got {text!r}"
        raise ValueError(msg)
    return found
