"""The record of a volume, whatever file it came from."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_kind, given_row
from shalelib.arrays import Grey, Mask, check_grey, check_length, check_mask, check_same_shape
from shalelib.choice import ChoiceError
from shalelib.data.doubts import say_coarse
from shalelib.data.finite import FILLED, where_finite
from shalelib.memory import check_room
from shalelib.outside import check_not_inverted
from shalelib.scale import SAME, Said, Scale

_SIGNED = 2**15  # what ImageJ adds to signed numbers of 16 bits before it stores them


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Volume:
    """A grey volume, with its voxel size, the mask of its rock and its grey window.

    Attributes
    ----------
    pixels : (z, y, x) uint8 array
        Grey levels; may be memory-mapped.
    voxel_size : (z, y, x) of float or None
        Edges of a voxel [m]; None where neither the file nor the caller gives them.
    inside : (z, y, x) bool array or None
        True in the rock; None if all of the volume is rock.
    name : str
        For captions and error messages.
    window : (float, float) or None
        Values in the file that became grey levels 0 and 255; None where no window was applied.

    Raises
    ------
    TypeError
        `pixels` is not uint8, `inside` is not boolean, or `name` is not a string.
    ValueError
        The shapes differ, `inside` marks nothing or appears to be inverted, or `voxel_size` is not
        three lengths in metres.
    """

    pixels: Grey
    voxel_size: Scale | None = None
    inside: Mask | None = None
    name: str = "volume"
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_kind("name", self.name, str, mend="such as 'txm'")
        check_grey(self.name, self.pixels, ndim=3)
        if self.voxel_size is not None:
            edges = given_row("voxel_size", self.voxel_size, mend="three edges (z, y, x) [m]")
            object.__setattr__(self, "voxel_size", check_scale(edges))
        if self.window is not None:
            _two("window", self.window)
        if self.inside is not None:
            mask = check_mask("inside", self.inside, ndim=3)
            check_same_shape(
                f"{self.name} and its mask", self.pixels, mask, mend="make them of one grid"
            )
            check_marks(self.name, self.pixels, mask, mend="the mask as an array, ~mask")

    def __repr__(self) -> str:
        """Say in a line what is known."""
        told = [f"{self.name}: {' x '.join(map(str, self.pixels.shape))} voxels"]
        if self.voxel_size is not None:
            edges = [f"{edge * 1e9:.4g}" for edge in self.voxel_size]
            told[0] += f" of {edges[0] if len(set(edges)) == 1 else ' x '.join(edges)} nm"
        if self.inside is not None:
            told.append(f"{self.inside.mean():.1%} of them rock")
        if self.window is not None:
            told.append(f"{self.window[0]:g} to {self.window[1]:g} became grey 0 to 255")
        return ", ".join(told)

    @property
    def edge(self) -> float:
        """Edge of a cubic voxel [m].

        Raises
        ------
        ValueError
            No size is known, or the edges differ; the message says what to do.
        """
        if self.voxel_size is None:
            msg = f"{self.name} says nothing of its voxels; pass voxel_size= [m] when reading it"
            raise ValueError(msg)
        if max(self.voxel_size) > (1 + SAME) * min(self.voxel_size):
            shown = " x ".join(f"{edge * 1e9:g}" for edge in self.voxel_size)
            msg = (
                f"the voxels of {self.name} are no cubes ({shown} nm along z, y, x); go on from "
                "volume = shalelib.data.to_cubes(volume), whose are, before it is translated or "
                "thresholded"
            )
            raise ValueError(msg)
        return float(np.mean(self.voxel_size))

    @property
    def rock(self) -> Mask:
        """Mask of the rock, (z, y, x) bool: all True where `inside` is None."""
        return np.ones(self.pixels.shape, bool) if self.inside is None else self.inside

    def with_mask(self, inside: Mask) -> Volume:
        """Return the same volume with its rock marked by `inside`, (z, y, x) bool."""
        return replace(self, inside=inside)


def check_marks(name: str, pixels: Grey, inside: Mask, *, mend: str) -> None:
    """Refuse a mask that marks nothing, or the outside."""
    if not inside.any():
        msg = f"the mask of {name} marks no voxel as rock; draw it, not zero in the rock"
        raise ValueError(msg)
    check_not_inverted(name, pixels, inside, mend=mend)


def check_scale(voxel_size: object) -> Scale:
    """Return one length, or three along z, y and x, as three edges of a voxel [m]."""
    if isinstance(voxel_size, tuple | list | np.ndarray) and np.ndim(voxel_size) == 1:
        if len(voxel_size) != 3:
            msg = f"voxel_size must be one length or three (z, y, x) [m], got {voxel_size!r}"
            raise ValueError(msg)
        z, y, x = (check_length("voxel_size", edge) for edge in voxel_size)
        return z, y, x
    edge = check_length("voxel_size", voxel_size)
    return edge, edge, edge


def check_shape(shape: object) -> tuple[int, int, int]:
    """Return the shape of a volume, (z, y, x), as three whole numbers of voxels."""
    edges = shape.tolist() if isinstance(shape, np.ndarray) else shape
    if isinstance(edges, tuple | list) and len(edges) == 3 and all(map(_counts_voxels, edges)):
        z, y, x = (int(edge) for edge in edges)
        return z, y, x
    msg = (
        "shape must be three numbers of voxels, (z, y, x) with the slices first, such as "
        f"shape=(12, 648, 648), got {shape!r}"
    )
    if _counts_voxels(edges):
        msg += f"; for a cube write shape=({edges}, {edges}, {edges})"
    raise ValueError(msg)


def check_fits(pixels: NDArray[Any], shape: object | None, path: Path) -> None:
    """Refuse pixels that do not have the shape that the caller states, if one is stated."""
    if shape is not None and pixels.shape != check_shape(shape):
        msg = f"{path} measures {pixels.shape}, expected {shape}; crop or register it first"
        raise ValueError(msg)


def _counts_voxels(edge: object) -> bool:
    whole = isinstance(edge, int | np.integer) and not isinstance(edge, bool)
    return whole and edge >= 1  # type: ignore[operator]


def settled_scale(given: object | None, said: Said, path: Path, *, slices: int) -> Scale | None:
    """Return the caller's voxel size, or that of the file where the caller gives none.

    It warns where the two disagree and, where the caller gives none, if the file's size cannot be
    believed or leaves open how far apart its slices are.
    """
    found = said.edges
    if given is None:
        if said.odd:
            warnings.warn(
                f"{path} gives {said.odd}, which is not taken for the size of its voxels; pass "
                "voxel_size= [m]",
                stacklevel=3,
            )
        if found is not None and not said.depth and slices > 1:
            warnings.warn(
                f"{path} says that its pixels measure {found[2] * 1e9:g} nm, but not how far apart "
                "its slices are: the same is taken; pass voxel_size=(z, y, x) [m] where it is not",
                stacklevel=3,
            )
        return found
    chosen = check_scale(given)
    if found is not None and not said.depth:  # nothing is said of the distance of its slices
        found = (chosen[0], *found[1:])
    if found is not None and not np.allclose(chosen, found, rtol=SAME, atol=0):
        shown = [" x ".join(f"{edge * 1e9:g}" for edge in edges) for edges in (found, chosen)]
        warnings.warn(
            f"{path} says that its voxels measure {shown[0]} nm along z, y, x; {shown[1]} nm are "
            "used, as asked",
            stacklevel=3,
        )
    return chosen


def to_grey(
    pixels: NDArray[Any],
    path: Path,
    *,
    window: tuple[float, float] | None,
    percentiles: tuple[float, float] | None,
    inside: Mask | None = None,
    filled: str = FILLED,
) -> tuple[Grey, tuple[float, float] | None]:
    """Bring pixels of any number type to 8 bits through a window, and return both.

    Parameters
    ----------
    pixels : (z, y, x) array
    path : Path
        For errors.
    window : (low, high), optional
        Values that become 0 and 255.
    percentiles : (low, high), optional
        The same as percentiles of all pixels [%].
    inside : (z, y, x) bool array, optional
        The rock. Pixels beyond it need not be finite; those that are not become 0.
    filled : str
        How errors write an array whose values are all finite, with ``{levels}``.

    Raises
    ------
    ValueError
        The pixels have more than 8 bits and no window was given, or it is empty.
    MemoryError
        The machine cannot hold them.

    Warns
    -----
    UserWarning
        Through the window nearly all pixels become a few grey levels.
    """
    if not pixels.size:
        msg = f"{path} is empty, its shape is {pixels.shape}; export it again"
        raise ValueError(msg)
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8)
    if pixels.dtype == np.uint8 and window is None and percentiles is None:
        return pixels, None
    if not (np.issubdtype(pixels.dtype, np.integer) or np.issubdtype(pixels.dtype, np.floating)):
        msg = f"{path} has pixels of type {pixels.dtype}; save grey levels as integers or floats"
        raise ValueError(msg)
    if window is not None and percentiles is not None:
        msg = "pass window= or percentiles=, not both"
        raise ValueError(msg)
    copies = 2 * pixels.itemsize * (percentiles is not None)  # of a sort, beside the result
    what = f"{path}, {' x '.join(map(str, pixels.shape))} voxels of {pixels.dtype}, at 8 bits"
    check_room(
        what,
        (2 + copies) * pixels.size,
        mend="cut it into pieces and pass one, shalelib.data.as_volume(array[first:last]), or save "
        "it with 8 bits, uncompressed" + ", or pass window=, which takes less" * bool(copies),
    )
    finite = where_finite(pixels, path, inside, filled, window, percentiles)
    seen = pixels if finite is None else pixels[finite]
    darkest, lightest = float(seen.min()), float(seen.max())
    if darkest == lightest and window is None:
        msg = f"all pixels of {path} are {darkest:g}: there is nothing to see; export it again"
        raise ValueError(msg)
    if percentiles is not None:
        first, last = _two("percentiles", percentiles)
        if not 0 <= first < last <= 100:
            msg = f"percentiles must be two of 0 to 100, the smaller first, got {percentiles}"
            raise ValueError(msg)
        if last <= 1:
            msg = (
                f"percentiles count to 100, and {percentiles} would make nearly all pixels white; "
                f"if they are shares, write percentiles=({100 * first:g}, {100 * last:g})"
            )
            raise ValueError(msg)
        wide = seen.dtype != np.float16  # of which counts overflow
        counted = seen if wide else seen.astype(np.float32)
        low, high = (float(level) for level in np.percentile(counted, (first, last)))
    elif window is not None:
        low, high = _two("window", window)
    else:
        what = f"{path} has pixels of type {pixels.dtype}, and grey levels are 8 bits here"
        raise ChoiceError(
            what,
            option=f"say which values become 0 and 255, with window=({seen.min()}, "
            f"{seen.max()}) or percentiles=(0.1, 99.9); the choice is kept with the volume",
            without="bring all slices to 8 bits by one window, in Fiji as one stack (File > Import "
            "> Image Sequence, Image > Type > 8-bit)",
        )
    if not low < high:
        msg = f"the window of {path} must have its lower value first, got {low:g} to {high:g}"
        raise ValueError(msg)
    if darkest < lightest and (lightest <= low or high <= darkest):
        msg = (
            f"a window from {low:g} to {high:g} makes all of {path} one grey level, since its "
            f"pixels are {darkest:g} to {lightest:g}; choose one between these"
        )
        if pixels.dtype == np.uint16 and darkest < high + _SIGNED and low + _SIGNED < lightest:
            msg += f". ImageJ shows signed 16 bits less {_SIGNED}; as stored, the window is "
            msg += f"window=({low + _SIGNED:g}, {high + _SIGNED:g})"
        raise ValueError(msg)
    if finite is not None:
        pixels = np.where(finite, pixels, pixels.dtype.type(low))
    grey = _stretched(pixels, low, high)
    say_coarse(pixels, grey, path, (low, high))
    return grey, (low, high)


def _two(name: str, pair: object) -> tuple[float, float]:
    """Return two finite numbers."""
    try:
        low, high = (float(value) for value in pair)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high)):
        msg = f"{name} must be two numbers (low, high), got {pair!r}"
        raise ValueError(msg)
    return low, high


def _stretched(pixels: NDArray[Any], low: float, high: float) -> Grey:
    """Map a window to 0 to 255, slice by slice."""
    out = np.empty(pixels.shape, np.uint8)
    for target, image in zip(out, pixels, strict=True):
        levels = (image.astype(np.float64) - low) * (255.0 / (high - low))
        target[:] = np.rint(np.clip(levels, 0.0, 255.0))
    return out
