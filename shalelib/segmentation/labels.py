"""Labels from other sources: known phases, masks, label images of Ilastik or napari."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import (
    check_kind,
    check_number,
    check_seed,
    check_whole,
    given_labels,
    given_mask,
    given_row,
    is_whole,
)
from shalelib.arrays import Labels, Mask, check_same_shape
from shalelib.choice import ChoiceError, without_options
from shalelib.data.kinds import check_options, kind_of
from shalelib.data.slices import check_one_slice, numbered
from shalelib.data.zarr_reader import read_zarr, zarr_pixels
from shalelib.files import given_path
from shalelib.png import read_png_codes
from shalelib.segmentation.phases import UNLABELLED, Phase, phase_of
from shalelib.tiff import TIFF, read_tiff

_LISTED = 8
"""Codes of no class that an error lists at most."""

ILASTIK_CODES: dict[int, int] = {0: UNLABELLED} | {int(phase) + 1: int(phase) for phase in Phase}
"""Codes of Ilastik and napari when the five classes are drawn in the order of `Phase`: 0 is
unlabelled, 1 background, 2 low, 3 medium, 4 high density, 5 charging."""

SHALELIB_CODES: dict[int, int] = {UNLABELLED: UNLABELLED} | {int(p): int(p) for p in Phase}
"""Codes that this package writes: those of `Phase`, and 255 (`UNLABELLED`)."""


def draw_labels(truth: Labels, *, share: float = 0.02, least: int = 300, seed: int = 0) -> Labels:
    """Draw sparse labels from known phases, as a person would leave most pixels unlabelled.

    Parameters
    ----------
    truth : uint8 array of any shape
        Codes of `Phase`.
    share : float
        Share of the pixels of every class to draw, above 0 and at most 1; the classes keep their
        proportions, from which the forest learns how common each is.
    least : int
        Fewest pixels to draw of a class that occurs, or all of them if it has fewer.
    seed : int

    Returns
    -------
    uint8 array of the same shape
        Codes of `Phase` at the drawn pixels, `UNLABELLED` elsewhere.

    Raises
    ------
    TypeError
        `truth` does not hold integers, or `share` is not a number.
    ValueError
        `share`, `least` or `seed` is out of range.

    Examples
    --------
    >>> truth = np.repeat(np.array([1, 2], np.uint8), [10, 90])
    >>> drawn = draw_labels(truth, share=0.1, least=3)
    >>> [int((drawn == code).sum()) for code in (1, 2, UNLABELLED)]
    [3, 9, 88]
    """
    given_labels("truth", truth)
    check_number("share", share, above=0, most=1)
    check_whole("least", least, least=0)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    out = np.full(truth.size, UNLABELLED, np.uint8)
    flat = truth.ravel()
    for phase in Phase:
        where = np.flatnonzero(flat == phase)
        out[rng.permutation(where)[: max(round(share * len(where)), least)]] = phase
    return out.reshape(truth.shape)


def labels_from_masks(
    inside: Mask, *, low: Mask, high: Mask | None = None, charging: Mask | None = None
) -> Labels:
    """Combine one mask for each class, as the authors' folders hold them, into labels.

    Parameters
    ----------
    inside, low, high, charging : bool arrays of one shape
        The rock and its classes. Rock in no mask of a class is medium density; where masks overlap,
        charging takes precedence over high density, and high over low density. Masks do not count
        outside the rock.

    Returns
    -------
    uint8 array of the same shape
        Codes of `Phase`.

    Raises
    ------
    TypeError
        A mask is not boolean.
    ValueError
        The shapes differ, or the masks are empty.

    Examples
    --------
    >>> low = np.array([False, True, False])
    >>> labels_from_masks(np.array([False, True, True]), low=low).tolist()
    [0, 1, 2]
    """
    out = np.where(given_mask("inside", inside), Phase.MEDIUM, Phase.BACKGROUND).astype(np.uint8)
    named = {"low": low, "high": high, "charging": charging}
    for name, mask in named.items():
        if mask is not None:
            given_mask(name, mask)
            check_same_shape(f"inside and {name}", inside, mask, mend="use masks of one split")
            out[mask & inside] = phase_of(name)
    return out


def read_label_image(
    path: Path | str,
    *,
    shape: tuple[int, ...] | None = None,
    codes: Mapping[int, int] | None = None,
    dense: bool = False,
    channel: int | str | None = None,
    image: int | None = None,
    axes: str | None = None,
) -> Labels:
    """Read a label image that Ilastik, napari or this package exported.

    Parameters
    ----------
    path : path
        A TIFF (slice, stack, or any file of an OME-TIFF set, which is read whole), PNG or ``.npy``
        file of integers, a folder of slices, or an OME-Zarr volume.
    shape : tuple of int, optional
        Shape that the labels must have, (y, x) or (z, y, x); axes of length 1 in the file do not
        count.
    codes : mapping of int to int, optional
        From the file's codes to those of `Phase`; by default `ILASTIK_CODES`.
    dense : bool
        Every pixel must have a class, so that the file can stand in for the classifier.
    channel, image, axes
        As for `shalelib.data.read_volume`.

    Returns
    -------
    (y, x) or (z, y, x) uint8 array
        Codes of `Phase`, and `UNLABELLED` unless `dense`. Without `shape`, the axes are those that
        the file has; a TIFF, a folder or an OME-Zarr volume always has three.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it holds no labels, other codes, other axes, or more than one
        image; or `codes` lead to no class, or `shape` is none.
    TypeError
        `codes` is not a mapping, or `shape` is no row.
    """
    options = {"channel": channel, "image": image, "axes": axes}
    given = {name: value for name, value in options.items() if value is not None}
    codes = ILASTIK_CODES if codes is None else _checked(codes)
    raw = _read_integers(given_path(path), alone=False, **given)
    return _classes(raw, given_path(path), shape=shape, codes=codes, dense=dense)


def labels_of_slices(files: Sequence[Path], *, shape: tuple[int, int]) -> Labels:
    """Read one label image of Ilastik or napari from each file, all of one shape.

    Parameters
    ----------
    files : sequence of Path
        As for `read_label_image`, each read as it is, though it belong to a set of files.
    shape : (y, x)
        Shape that each must have.

    Returns
    -------
    (n, y, x) uint8 array
        Codes of `Phase`, and `UNLABELLED`.

    Raises
    ------
    FileNotFoundError, ValueError
        As for `read_label_image`.
    """
    read = []
    with without_options():  # what is chosen is chosen for a file, not for each of several
        for file in files:
            raw = _read_integers(file, alone=True)
            read.append(_classes(raw, file, shape=shape, codes=ILASTIK_CODES, dense=False))
    return np.stack(read)


def _classes(
    raw: NDArray[np.integer],
    path: Path,
    *,
    shape: tuple[int, ...] | None,
    codes: Mapping[int, int],
    dense: bool,
) -> Labels:
    """Return the classes of a file's codes, in the shape that they must have."""
    if shape is not None:
        raw = _fit(raw, shape, path)
    if raw.ndim not in (2, 3):
        msg = f"{path} must have the axes (y, x) or (z, y, x), got shape {raw.shape}; save it so"
        raise ValueError(msg)
    out = np.empty(raw.shape, np.uint8)
    found = np.unique(raw)
    unknown = [int(code) for code in found if int(code) not in codes]
    if unknown:
        raise ValueError(_strange(path, unknown, sorted(codes)))
    for code in found:
        out[raw == code] = codes[int(code)]
    if dense and (out == UNLABELLED).any():
        share = (out == UNLABELLED).mean()
        msg = (
            f"{path} leaves {share:.1%} of the pixels unlabelled; export the classified image "
            '("Simple Segmentation" in Ilastik), not the drawn labels'
        )
        raise ValueError(msg)
    return out


def _checked(codes: Mapping[int, int]) -> Mapping[int, int]:
    """Refuse codes that are not numbers, or that are given no class of `Phase`."""
    mend = "such as codes={1: Phase.LOW, 2: Phase.MEDIUM}"
    check_kind("codes", codes, Mapping, mend=mend)
    for code, phase in codes.items():
        if not is_whole(code) or not is_whole(phase) or phase not in SHALELIB_CODES:
            msg = (
                f"codes must give numbers of the file classes of Phase, or {UNLABELLED} for none, "
                f"{mend}, got {code!r}: {phase!r}"
            )
            raise ValueError(msg)
    return codes


def _strange(path: Path, unknown: list[int], expected: list[int]) -> str:
    """Return the error message for codes that belong to no class."""
    if len(unknown) <= _LISTED:
        return (
            f"{path} holds the codes {unknown}, expected {expected}; pass codes={{code: "
            "Phase, ...}, or the order of the classes in the tool was another"
        )
    return (
        f"{path} holds {len(unknown)} codes, {unknown[0]} to {unknown[-1]}, that are none of "
        f"{expected}: it numbers objects or shows grey levels; export classes from the tool, in "
        "Ilastik by Pixel Classification"
    )


def _read_integers(path: Path, *, alone: bool, **options: Any) -> NDArray[np.integer]:
    """Read a file's codes; `alone`, a file as it is, though it belong to a set of files."""
    if not path.exists():
        msg = f"there is no label image {path}"
        raise FileNotFoundError(msg)
    raw = _of_folder(path, options) if path.is_dir() else _of_file(path, alone, options)
    if not raw.size:
        msg = f"{path} is not a complete label image (it holds no pixel); export it again"
        raise ValueError(msg)
    if raw.dtype == np.bool_:
        msg = (
            f"{path} has one bit a pixel, a mask and no classes; read it by shalelib.data.read_mask"
            ", and make pores of it by shalelib.flow.domain_from_mask"
        )
        raise ValueError(msg)
    if not np.issubdtype(raw.dtype, np.integer):
        msg = (
            f"{path} must hold integer codes, got {raw.dtype}; export labels or a segmentation, "
            "not probabilities"
        )
        raise ValueError(msg)
    return raw


def _of_file(path: Path, alone: bool, options: dict[str, Any]) -> NDArray[Any]:
    """Read the codes of a TIFF, PNG or ``.npy`` file."""
    suffix = path.suffix.lower()
    if suffix not in (*TIFF, ".png", ".npy"):
        msg = (
            f"{path} must be a TIFF, PNG or npy file; export it as TIFF from Ilastik or napari, or "
            "save its codes by numpy.save('labels.npy', array), of a raw file array = "
            f"numpy.fromfile({str(path)!r}, 'uint8').reshape(z, y, x)"
        )
        raise ValueError(msg)
    if options and suffix not in TIFF:
        msg = f"{path} is no TIFF and has no {' and '.join(options)} to choose; leave that out"
        raise ValueError(msg)
    try:
        if suffix in TIFF:
            return np.asarray(read_tiff(path, alone=alone, codes=True, **options).pixels)
        if suffix == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        return read_png_codes(path)
    except ChoiceError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        msg = f"{path} is not a readable label image: {error}"
        raise ValueError(msg) from error


def _of_folder(path: Path, given: dict[str, Any]) -> NDArray[Any]:
    """Read the codes of a folder of slices, or of an OME-Zarr volume."""
    kind = kind_of(path)
    check_options(path, kind, given)
    if kind == "OME-Zarr volume":
        return zarr_pixels(path, read_zarr(path, **given)[0])
    files = [file for _, file in numbered(path, whole=True)]
    with without_options():
        parts = [_read_integers(file, alone=True) for file in files]
    slices = [part.reshape(-1, *part.shape[-2:]) for part in parts]
    for file, part in zip(files, slices, strict=True):
        check_one_slice(file, part, files[0], slices[0])
    return np.concatenate(slices)


def _fit(raw: NDArray[np.integer], shape: tuple[int, ...], path: Path) -> NDArray[np.integer]:
    """Drop the axes of length 1 that exports add, and insist on the shape."""
    edges = given_row("shape", shape, mend="write (y, x) or (z, y, x)")
    if len(edges) not in (2, 3) or not all(is_whole(n) and n >= 1 for n in edges):
        msg = f"shape must be (y, x) or (z, y, x), whole numbers of pixels, got {shape!r}"
        raise ValueError(msg)
    if raw.squeeze().shape != tuple(n for n in edges if n != 1):
        msg = f"{path} has shape {raw.shape}, but the images have {shape}; label the same slices"
        raise ValueError(msg)
    return raw.reshape(edges)
