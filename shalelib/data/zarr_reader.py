"""Read OME-Zarr volumes of any writer; the Zarr library is loaded only when one is read."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import is_whole
from shalelib.choice import ChoiceError
from shalelib.memory import check_room
from shalelib.scale import Said, said_scale, unit_in_metres
from shalelib.tiff_axes import channel_number

_FIXED = "tczyx"  # the axes of versions 0.1 and 0.2, which do not name them
_SHIFTS = ("identity", "translation")  # transformations that leave the size of a voxel as it is


def is_zarr(path: Path) -> bool:
    """Return whether a folder is a Zarr group or array, of version 2 or 3."""
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))


class NoImageError(ValueError):
    """There is no image in a Zarr folder, and the message says where one is."""


def read_zarr(path: Path, *, level: int = 0, channel: int | str | None = None) -> tuple[Any, Said]:
    """Open one resolution of an OME-Zarr volume, of any writer (versions 0.1 to 0.5).

    Parameters
    ----------
    path : Path
    level : int
        Resolution; 0 is the full one.
    channel : int or str, optional
        Channel of a volume with several, by number or by name.

    Returns
    -------
    (z, y, x) Zarr array or array
        Index it, or pass it to `numpy.asarray`.
    Said
        What it says of the size of its voxels: nothing where it gives no unit.

    Raises
    ------
    ValueError
        It is not an OME-Zarr image, has no such level, has several times or several channels of
        which none was chosen, or has none of its chunks.
    MemoryError
        The machine cannot hold that resolution.

    Warns
    -----
    UserWarning
        It holds several images, of which the first is read; or some chunks are missing. They are
        read as the array's fill value, as the format prescribes: most writers leave out chunks that
        hold nothing else (the black around a plug), so a volume cannot be refused for it, but an
        incomplete copy looks just the same.
    """
    try:
        import zarr
    except ImportError as error:
        msg = f"{path} is an OME-Zarr volume; to read it, install zarr (pip install zarr)"
        raise ValueError(msg) from error
    if not is_whole(level) or level < 0:
        msg = f"level must be 0 for the full resolution, 1, 2, ..., got {level!r}"
        raise ValueError(msg)
    try:
        group: Any = zarr.open(path, mode="r")
        if isinstance(group, zarr.Array):
            msg = (
                f"{path} is a Zarr array without the names of its axes; pass it to "
                f"shalelib.data.as_volume(zarr.open({str(path)!r})[:], voxel_size=...)"
            )
            raise NoImageError(msg)
        _check_image(group, path)
        about: Any = dict(group.attrs).get("ome", dict(group.attrs))
        scales = about["multiscales"][0]
        named = scales.get("axes", _FIXED)
        axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in named]
        dataset = scales["datasets"][level]
        array: Any = group[dataset["path"]]
        names = [str(axis["name"]).lower() for axis in axes]
        size = _zarr_scale(axes, names, scales, dataset)
        if len(names) != array.ndim:
            msg = f"{len(names)} axes are named, and there are {array.ndim}"
            raise ValueError(msg)
        _check_axes(names, dataset["path"], path)
    except NoImageError:
        raise
    except (KeyError, IndexError, TypeError, ValueError) as error:
        msg = (
            f"{path} is no OME-Zarr image with a level {level} ({error!r}); name another level, "
            "export it again, or pass one of its arrays to shalelib.data.as_volume, "
            f"zarr.open({str(path)!r})[name][:], with voxel_size"
        )
        raise ValueError(msg) from error
    kept = [n for name, n in zip(names, array.shape, strict=True) if name in "zyx"]
    _check_room(path, kept, array.dtype)
    _check_chunks(array, path)
    _say_others(about["multiscales"], path)
    return _to_space(array, names, channel, about, path), size


def _check_image(group: Any, path: Path) -> None:
    """Refuse a group that is not itself an image, and name an image or array that it holds."""
    about = dict(group.attrs)
    if "multiscales" in about.get("ome", about):
        return
    if inner := sorted(name for name, _ in group.groups()):
        msg = (
            f"{path} is no image but holds {', '.join(inner)}; name one of them: {path / inner[0]}"
        )
        raise NoImageError(msg)
    if arrays := sorted(name for name, _ in group.arrays()):
        msg = (
            f"{path} is no OME-Zarr image, its arrays {', '.join(arrays)} have no axes; pass one "
            f"to shalelib.data.as_volume(zarr.open({str(path)!r})[{arrays[0]!r}][:], "
            "voxel_size=...)"
        )
        raise NoImageError(msg)


def _check_axes(names: list[str], inner: str, path: Path) -> None:
    """Refuse axes without y or x, and axes of which two have the same name."""
    if len(set(names)) < len(names) or not set("yx") <= set(names):
        msg = (
            f"{path} calls its axes {', '.join(names)}, and a volume has z, y and x; if these are "
            "they, pass the array with them in this order: shalelib.data.as_volume(zarr.open("
            f"{str(path)!r})[{inner!r}][:].transpose(0, 1, 2), voxel_size=...)"
        )
        raise NoImageError(msg)


def _say_others(images: Sequence[Any], path: Path) -> None:
    """Warn of further images: the first is the one that the format says to read."""
    inner = [image["datasets"][0]["path"] for image in images[1:] if image.get("datasets")]
    if inner:
        warnings.warn(
            f"{path} holds {len(images)} images, of which the first is read; another is "
            f"shalelib.data.as_volume(zarr.open({str(path)!r})[{inner[0]!r}][:], voxel_size=...)",
            stacklevel=4,
        )


def _check_chunks(array: Any, path: Path) -> None:
    """Warn of missing chunks, and refuse an array that has none at all."""
    there, needed = array.nchunks_initialized, array.nchunks
    if not there:
        msg = f"{path} has none of its {needed} chunks; copy or export it again"
        raise ValueError(msg)
    if there < needed:
        warnings.warn(
            f"{needed - there} of the {needed} chunks of {path} are not there, and read as "
            f"{array.fill_value}: most writers leave out chunks that hold nothing else, but a copy "
            "that was cut short lacks them, too. If there should be rock, copy or export it again",
            stacklevel=4,
        )


def _check_room(path: Path, shape: Sequence[int], dtype: np.dtype[Any]) -> None:
    check_room(
        f"{path}, {' x '.join(map(str, shape))} voxels of {dtype},",
        math.prod(shape) * dtype.itemsize,
        mend="choose a coarser resolution, level=1 or more, or pass a part of it as an array: "
        f"shalelib.data.as_volume(zarr.open({str(path)!r})[name][first:last])",
    )


def zarr_pixels(path: Path, stored: Any, index: Any = ...) -> NDArray[Any]:
    """Read the pixels of an opened volume, whole or what `index` chooses.

    Raises
    ------
    ValueError
        A chunk is damaged; the message names the volume.
    """
    try:
        return np.asarray(stored[index])
    except (RuntimeError, ValueError, OSError) as error:
        msg = f"{path} has a damaged chunk ({error}); copy or export it again"
        raise ValueError(msg) from error


def _zarr_scale(axes: list[dict[str, Any]], names: list[str], scales: Any, dataset: Any) -> Said:
    """Multiply the scales of the level and of the whole image, axis by axis."""
    factors = np.ones(len(names))
    parts = (part.get("coordinateTransformations", []) for part in (scales, dataset))
    moves = [move for part in parts for move in part if move.get("type") not in _SHIFTS]
    if not moves:
        return Said()
    for move in moves:
        if move.get("type") != "scale":
            return Said(odd=f"a transformation {move.get('type')!r} in place of a scale")
        factors = factors * np.asarray(move["scale"], float)
    edges: list[float | None] = []
    for at in (names.index(name) if name in names else None for name in "zyx"):
        written = "" if at is None else str(axes[at].get("unit") or "").strip()
        unit = unit_in_metres(written)
        if at is not None and unit is None and (written or factors[at] != 1):
            of = f"in {written!r}, which is no unit known here" if written else "without a unit"
            return Said(odd=f"a length of {factors[at]:g} {of}")
        edges.append(None if at is None or unit is None else float(factors[at]) * unit)
    if "z" not in names:
        edges[0] = edges[2]
    return said_scale(tuple(edges))


def _to_space(
    array: Any, names: list[str], channel: int | str | None, about: Any, path: Path
) -> Any:
    """Bring a Zarr array to (z, y, x), one channel and one time of it."""
    if names == ["z", "y", "x"] and channel is None:
        return array
    if channel is not None and "c" not in names:
        msg = f"{path} has no channels, so none can be chosen"
        raise ValueError(msg)
    index: list[Any] = [slice(None)] * len(names)
    for at, name in enumerate(names):
        count = array.shape[at]
        if name == "c":
            labels = [c.get("label") for c in about.get("omero", {}).get("channels", [])]
            index[at] = channel_number(channel, count, labels)
            if index[at] is None:
                known = f" ({', '.join(map(str, labels))})" if labels else ""
                what = f"{path} holds {count} channels{known}"
                raise ChoiceError(
                    what,
                    option=f"choose one with channel=0 to {count - 1} or a name, got {channel!r}",
                    without="save one of them as a volume of its own",
                )
        elif name not in "zyx":
            if count > 1:
                place = ", ".join(":" if other in "zyx" else "0" for other in names)
                msg = (
                    f"{path} holds {count} places along {name}, and a volume has slices alone; "
                    "pass one as an array: shalelib.data.as_volume(zarr.open("
                    f"{str(path)!r})[{array.path!r}][{place}])"
                )
                raise ValueError(msg)
            index[at] = 0
    values = zarr_pixels(path, array, tuple(index))
    left = [name for name in names if name in ("z", "y", "x")]
    if "z" not in left:
        values, left = values[np.newaxis], ["z", *left]
    return values.transpose([left.index(name) for name in ("z", "y", "x")])
