"""Masks: what is not zero is inside, however the file is displayed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.choice import without_options
from shalelib.data.kinds import check_options, from_root, kind_of
from shalelib.data.plain import read_npy
from shalelib.data.slices import check_one_slice, numbered
from shalelib.data.volume import check_shape
from shalelib.data.zarr_reader import read_zarr, zarr_pixels
from shalelib.png import read_png_mask
from shalelib.tiff import read_tiff

_CLASSES = 16  # values without a 0 among them, up to which they are no mask but classes


def read_mask(
    path: Path | str,
    *,
    shape: tuple[int, ...] | None = None,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
    level: int | None = None,
) -> Mask:
    """Read a mask: True wherever the file's pixels are not zero.

    Parameters
    ----------
    path : path
        As for `read_volume`, but not a raw file.
    shape : (z, y, x), optional
        Shape that the mask must have; a single slice is repeated along z to fit it.
    channel, image, axes, level
        As for `read_volume`.

    Returns
    -------
    (z, y, x) bool array
        With 8 or more bits per pixel, True where the stored value is not zero, whatever the lookup
        table displays (ImageJ's Convert to Mask inverts it). With one bit per pixel, True where the
        image is displayed white.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file; or the mask does not fit, lacks a slice, is damaged or ambiguous, or
        is a raw file.

    Warns
    -----
    UserWarning
        A TIFF with one bit per pixel stores white as zero.
    """
    options = {"channel": channel, "image": image, "axes": axes, "level": level}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    path = from_root(path)
    inside = _read(path, alone=False, **given)
    return inside if shape is None else fitted(inside, check_shape(shape), str(path))


def _read(path: Path, *, alone: bool, **given: Any) -> Mask:
    """Read a mask; `alone`, a file as it is, though it belong to a set of files."""
    kind = kind_of(path)
    check_options(path, kind, given)
    if kind == "folder of slices":
        inside = mask_of_slices([file for _, file in numbered(path, whole=True)])
    elif kind == "OME-Zarr volume":
        inside = not_zero(zarr_pixels(path, read_zarr(path, **given)[0]), path)
    elif kind == "NumPy array":
        inside = not_zero(read_npy(path), path)
    elif kind == "PNG":
        inside = read_png_mask(path)[np.newaxis]
    elif kind == "raw file":
        msg = (
            f"{path} is a raw file, which says nothing of itself; read it by numpy.fromfile and "
            "pass the array where a mask is taken, or save it as .npy"
        )
        raise ValueError(msg)
    else:
        tiff = read_tiff(path, alone=alone, codes=True, **given)
        inside = not_zero(np.asarray(tiff.pixels), path)
        if tiff.bits == 1 and tiff.white_is_zero:
            inside = ~inside
            warnings.warn(
                f"{path} stores white as zero; inside is what it shows white, {inside.mean():.1%}. "
                "If its ones were meant (tifffile writes boolean arrays so), invert what is read",
                stacklevel=3,
            )
    return inside


def mask_of_slices(files: Sequence[Path]) -> Mask:
    """Read one mask from each file, all of one size, as slices (z, y, x)."""
    with without_options():  # what is chosen is chosen for a file, not a folder
        parts = [_read(file, alone=True) for file in files]
    for file, part in zip(files, parts, strict=True):
        check_one_slice(file, part, files[0], parts[0])
    return np.concatenate(parts)


def not_zero(values: NDArray[Any], path: Path) -> Mask:
    """Return where values are not zero; refuse values that no mask would have."""
    if values.dtype.kind not in "buif":
        msg = f"{path} has values of type {values.dtype}; a mask needs 0 outside and 1 inside"
        raise ValueError(msg)
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        msg = f"{path} has values that are no numbers; a mask needs 0 outside and 1 inside"
        raise ValueError(msg)
    if np.issubdtype(values.dtype, np.floating) and (values != np.rint(values)).any():
        msg = (
            f"{path} has fractions, as probabilities have, of which few are 0; say from where "
            "on it is rock, such as array > 0.5, and pass that"
        )
        raise ValueError(msg)
    if not values.size:
        msg = f"{path} is empty, its shape is {values.shape}; export it again"
        raise ValueError(msg)
    classes = np.unique(values) if values.all() else values[:0]
    if 1 < len(classes) <= _CLASSES:
        msg = (
            f"{path} has no 0 but {', '.join(map(str, classes))}; a mask needs 0 outside, "
            "1 inside. If one of them is the rock (ilastik counts classes from 1), pass that as "
            f"an array, such as array == {classes[-1]}; tifffile.imread reads one from a TIFF"
        )
        raise ValueError(msg)
    if len(classes) > _CLASSES:
        msg = (
            f"{path} has {len(classes)} different values and no 0, so that it is an image and no "
            "mask; mark the rock in it, such as array > 40, and pass that"
        )
        raise ValueError(msg)
    return np.asarray(values != 0)


def fitted(inside: Mask, shape: tuple[int, ...], name: str) -> Mask:
    """Return a mask in the volume's shape, with a single slice repeated; refuse another size."""
    if len(inside) == 1:
        inside = np.broadcast_to(inside, (shape[0], *inside.shape[1:]))
    if inside.shape != tuple(shape):
        msg = (
            f"{name} measures {inside.shape}, but the volume {tuple(shape)}; make them of one grid"
        )
        raise ValueError(msg)
    return inside
