"""Select image, channel and axes of a TIFF; what the file leaves open has to be chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.choice import ChoiceError
from shalelib.scale import Said
from shalelib.tiff_pages import as_stored

_SPACE = "ZYX"
_UNNAMED = "QIR"  # tifffile's names of an axis that the file does not name: consecutive pages


def choose_image(tif: Any, path: Path, image: int | None) -> list[Any]:
    """Return the series that make one image: a single one, or pages written one by one."""
    series = [s for s in tif.series if not (s.keyframe.is_mask or s.keyframe.is_reduced)]
    images = [[s] for s in series]
    if all(s.kind != "ome" and s.axes == "YX" for s in series):  # equal pages are slices of one
        alike: dict[Any, list[Any]] = {}
        for s in series:
            alike.setdefault((s.shape, s.dtype.str), []).append(s)
        images = list(alike.values())
    if image is not None:
        if not is_number_of(image, len(images)):
            msg = f"{path} holds {len(images)} images, numbered from 0; there is no image {image}"
            raise ValueError(msg)
        return images[image]
    if len(images) == 1:
        return images[0]
    names = ", ".join(
        f"{n}: {one[0].name or 'unnamed'} {(len(one), *one[0].shape) if one[1:] else one[0].shape}"
        for n, one in enumerate(images)
    )
    several = len({one[0].shape[-2:] for one in images}) > 1
    what = "images of several sizes" if several else f"{len(images)} images"
    problem = f"{path} holds {what} ({names})"
    mixed = len({one[0].keyframe.photometric for one in images}) > 1 and not several
    slices = f", or, if they are slices of one volume, {as_stored(path)}" if mixed else ""
    raise ChoiceError(
        problem + ", of which some show zeros white" * mixed,
        option="choose one with image=0, 1, ..." + slices,
        without="save the one that is meant as a file of its own" + slices,
    )


def file_axes(series: Any) -> str:
    """Return tifffile's names of the axes of an image, one letter each.

    Where the writer of an array has not named its axes, tifffile guesses them by their lengths, and
    takes y and x from the front if the last length is 1; here they are always the last two.
    """
    axes = str(series.axes)
    guessed = series.kind == "shaped" and set(axes) <= set("QYX")
    return "YX".rjust(len(axes), "Q") if guessed else axes


def given_axes(axes: str, ndim: int, path: Path) -> str:
    """Return the axes that the caller names, one letter each."""
    names = axes.upper() if isinstance(axes, str) else ""
    if len(names) != ndim or len(set(names)) != ndim or not set("YX") <= set(names):
        msg = f"axes must name the {ndim} axes of {path}, such as 'ZYX', got {axes!r}"
        raise ValueError(msg)
    return names


def renamed(said: Said, declared: str, names: str) -> Said:
    """Return what a file says of its voxels where the caller names its axes: edges go with them.

    Examples
    --------
    >>> renamed(Said(edges=(5e-8, 3e-8, 1e-8)), "ZYX", "XYZ").edges
    (1e-08, 3e-08, 5e-08)
    """
    if said.edges is None or names == declared:
        return said
    known = dict(zip(_SPACE, said.edges, strict=True))
    edges = {
        name: known.get("Z" if old in _UNNAMED else old)
        for name, old in zip(names, declared, strict=True)
    }
    z, y, x = (edges.get(axis, known[axis]) for axis in _SPACE)
    return said if z is None or y is None or x is None else replace(said, edges=(z, y, x))


def as_slices(shape: tuple[int, ...], names: str) -> str:
    """Rename as z the only axis longer than 1 other than y and x, if there is just one."""
    long = [at for at, name in enumerate(names) if shape[at] > 1 and name not in "YX"]
    return _named(names.replace("Z", "Q"), long[0], "Z") if len(long) == 1 else names


def _named(names: str, at: int, name: str) -> str:
    """Return the names of axes with the one at `at` renamed, or removed."""
    return names[:at] + name + names[at + 1 :]


def to_space(
    pixels: NDArray[Any], names: str, channel: int | str | None, labels: list[str], path: Path
) -> NDArray[Any]:
    """Bring an array with named axes to (z, y, x), choosing a channel."""
    if "C" in names:
        at = names.index("C")
        stack = channel is None and not any(labels) and pixels.ndim == len(_SPACE)
        number = _chosen(channel, pixels.shape[at], labels, path, stack=stack)
        pixels, names = (
            np.take(pixels, number, at) if at else pixels[number],
            names.replace("C", ""),
        )
    elif channel is not None:
        msg = f"{path} has no channels, so none can be chosen"
        raise ValueError(msg)
    unnamed = [at for at, name in enumerate(names) if name in _UNNAMED]
    if "Z" not in names and unnamed:  # pages that the file does not name are slices
        names = _named(names, max(unnamed, key=lambda at: pixels.shape[at] > 1), "Z")
    for at in reversed([at for at, name in enumerate(names) if name not in _SPACE]):
        name = names[at]
        if pixels.shape[at] > 1:
            what = {"T": "points in time", "S": "colours"}.get(name, f"places along axis {name}")
            apart = "save one of them as a file of its own"
            slices = f", or, if they are slices, name the axes: axes={names.replace(name, 'Z')!r}"
            problem = f"{path} holds {pixels.shape[at]} {what}, and a volume has slices alone"
            raise ChoiceError(
                problem,
                option=apart + slices * ("Z" not in names),
                without=f"{apart}, or, if they are slices, as a stack of slices",
            )
        pixels, names = pixels.squeeze(at), _named(names, at, "")
    if "Z" not in names:
        pixels, names = pixels[np.newaxis], f"Z{names}"
    if names != _SPACE:
        pixels = np.ascontiguousarray(pixels.transpose([names.index(name) for name in _SPACE]))
    return pixels


def _chosen(
    channel: int | str | None, count: int, names: list[str], path: Path, *, stack: bool
) -> int:
    number = channel_number(channel, count, names)
    if number is not None:
        return number
    known = ", ".join([*map(str, range(count)), *(repr(name) for name in names if name)])
    said = "none was chosen" if channel is None else f"none is {channel!r}"
    if isinstance(channel, str) and channel in names:
        said = f"{names.count(channel)} are called {channel!r}"
    slices = ", or axes='ZYX' if they are the slices of a volume"
    problem = f"{path} holds {count} channels and {said}"
    raise ChoiceError(
        problem,
        option=f"pass channel= one of {known}" + slices * stack,
        without="save one of them as a file of its own (in Fiji, Image > Color > Split Channels)",
    )


def channel_number(channel: int | str | None, count: int, names: list[Any]) -> int | None:
    """Return the number of the channel that a number or a name means; None if it is not unique.

    Examples
    --------
    >>> channel_number("SE", 2, ["", "SE"]), channel_number("SE", 2, ["SE", "SE"])
    (1, None)
    """
    if channel is None and count == 1:
        return 0
    if isinstance(channel, str):
        return names.index(channel) if names.count(channel) == 1 else None
    return channel if is_number_of(channel, count) else None


def is_number_of(number: object, count: int) -> bool:
    """Return whether something is a whole number from 0 to `count` - 1; True and False are not."""
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return whole and number in range(count)
