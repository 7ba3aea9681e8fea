"""Slices in a folder: which files they are, in which order, and their pixels."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.choice import without_options
from shalelib.data.elsewhere import is_picture, way_in
from shalelib.data.names import slice_numbers, stranger
from shalelib.png import png_scale, read_png
from shalelib.scale import SAME, Said
from shalelib.tiff import TIFF, TiffImage, read_tiff

_OF_PAIRS = ("train", "val", "test", "txm", "sem")  # folders within one of pairs
_HIDDEN = ("thumbs.db", "desktop.ini")


def numbered(
    folder: Path, *, whole: bool = False, beside: Sequence[Path] = ()
) -> list[tuple[int, Path]]:
    """List the slices in a folder by the part of their names that counts them.

    Parameters
    ----------
    folder : Path
        Hidden files, those that macOS or Windows leaves (``._001.tif``, ``Thumbs.db``) and other
        kinds of file are ignored.
    whole : bool
        The slices must make a volume: a gap in the numbers, or a file with a name of another
        pattern, is refused.
    beside : sequence of Path
        Folders of the same kind of slices, which show what varies in a name where `folder` holds a
        single file (`shalelib.data.names.slice_numbers`).

    Returns
    -------
    list of (int, Path)
        Number and file of each slice, in the order of the numbers.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no slice, or the names do not number them.
    """
    here = [file for file in sorted(folder.iterdir()) if not _passed_over(file)]
    files = [file for file in here if _read(file)]
    if not files:
        inner = next((file.name for file in sorted(folder.iterdir()) if file.is_dir()), None)
        instead = f", only the folder {inner}" if inner else ""
        if inner in _OF_PAIRS:
            instead += " (shalelib.data.load_directory reads pairs)"
        if here:
            instead = f", only {here[0].name}"
        msg = (
            f"the folder {folder.absolute()} holds no slices (.tif or .png){instead}; put one file "
            "a slice there, as TIFF or PNG, or name the folder that has them"
        )
        if here and way_in(here[0]):
            msg += f". Of {here[0].name}: {way_in(here[0])}"
        raise FileNotFoundError(msg)
    bare = next((file for file in files if not re.search(r"\d", file.stem)), None)
    if bare is not None:
        msg = (
            f"{bare} has no slice number in its name; give it one, such as 001{bare.suffix}, or "
            "move it elsewhere if it is no slice"
        )
        raise ValueError(msg)
    names = [file.stem for file in files]
    if whole or len({len(re.findall(r"\d+", name)) for name in names}) > 1:
        _check_alike(files)
    others = [[file.stem for file in _slices_in(other)] for other in beside]
    found: dict[int, Path] = {}
    for number, file in zip(slice_numbers(names, folder, beside=others), files, strict=True):
        if number in found:
            msg = (
                f"the names in {folder} do not tell its slices apart: {found[number].name} and "
                f"{file.name} are both slice {number}; give each file a number of its own, or move "
                "one of the two sets to a folder of its own"
            )
            raise ValueError(msg)
        found[number] = file
    if whole:
        _check_gaps(found, folder)
        _check_all_read(here, files)
    return sorted(found.items())


def _slices_in(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if not _passed_over(file) and _read(file)]


def _read(file: Path) -> bool:
    return file.suffix.lower() in (*TIFF, ".png")


def _check_alike(files: Sequence[Path]) -> None:
    """Refuse a file whose name has another pattern than most of them."""
    names = stranger([file.stem for file in files])
    if names is not None:
        odd, usual = (next(file for file in files if file.stem == name) for name in names)
        msg = (
            f"{odd} has another name than {usual.name} and most slices beside it; move it "
            "elsewhere if it is none of them, or name it as they are"
        )
        raise ValueError(msg)


def _check_gaps(found: dict[int, Path], folder: Path) -> None:
    """Refuse slices whose numbers have a gap."""
    numbers = sorted(found)
    if numbers[-1] - numbers[0] != len(numbers) - 1:
        gap = next(a for a, b in pairwise(numbers) if b != a + 1) + 1
        msg = (
            f"{folder} has no slice {gap}, between {found[numbers[0]].name} and "
            f"{found[numbers[-1]].name}; a volume needs all of them: add it, or number the slices "
            "without gaps if none is missing"
        )
        raise ValueError(msg)


def _check_all_read(here: Sequence[Path], files: Sequence[Path]) -> None:
    """Refuse a picture of a kind not read whose name is that of an otherwise missing slice."""
    stems = {file.stem for file in files}
    patterns = {re.sub(r"\d+", "#", stem) for stem in stems}
    for file in here:
        named = file.stem not in stems and re.sub(r"\d+", "#", file.stem) in patterns
        if named and is_picture(file):
            msg = (
                f"{file} is named as a slice, and of a kind that is not read here; {way_in(file)}, "
                "or move it elsewhere if it is none"
            )
            raise ValueError(msg)


def read_slices(files: Sequence[Path]) -> tuple[NDArray[Any], Said]:
    """Read one grey slice from each file, all of one size and type.

    Returns
    -------
    (z, y, x) array
    Said
        What the first file that states a voxel size says of it.
    """
    slices: list[NDArray[Any]] = []
    said = Said()
    for file in files:
        if file.suffix.lower() == ".png":
            pixels, size = read_png(file)[None], png_scale(file)
        else:
            with without_options():  # what is chosen is chosen for a file, not a folder
                tiff = grey_tiff(file, alone=True)
            pixels, size = tiff.pixels, tiff.said
        check_one_slice(file, pixels, files[0], slices[0] if slices else pixels)
        _check_one_type(file, pixels, files[0], slices[0] if slices else pixels)
        slices.append(np.asarray(pixels))
        said = _one_scale(said, size, file, files[0])
    return np.concatenate(slices), said


def check_one_slice(file: Path, pixels: NDArray[Any], first: Path, others: NDArray[Any]) -> None:
    """Refuse a file of several slices, or of another size than the first."""
    if len(pixels) != 1:
        msg = (
            f"{file} holds {len(pixels)} slices, expected one; save one file a slice, or name that "
            "file in place of its folder if it is the volume"
        )
        raise ValueError(msg)
    if pixels.shape[1:] != others.shape[1:]:
        msg = (
            f"{file} measures {pixels.shape[1:]} pixels, but {first.name} {others.shape[1:]}; crop "
            "the slices to one size, or move the file elsewhere that is no slice of them"
        )
        raise ValueError(msg)


def _check_one_type(file: Path, pixels: NDArray[Any], first: Path, others: NDArray[Any]) -> None:
    """Refuse a slice whose pixels are of another number type than those of the first."""
    if pixels.dtype != others.dtype:
        msg = (
            f"{file} has pixels of type {pixels.dtype}, but {first.name} {others.dtype}; save all "
            "slices with one type, or move the file elsewhere that is no slice of them"
        )
        raise ValueError(msg)


def _one_scale(known: Said, size: Said, file: Path, first: Path) -> Said:
    """Return the scale that the slices agree on; warn of one that does not."""
    if known.edges is None:
        return size if size.edges or not known.odd else known
    if size.edges is not None and not np.allclose(known.edges, size.edges, rtol=SAME, atol=0):
        warnings.warn(
            f"{file} says that its pixels measure {size.edges[2] * 1e9:g} nm, and {first.name} "
            f"{known.edges[2] * 1e9:g} nm; those of {first.name} are taken",
            stacklevel=4,
        )
    return known


def _passed_over(file: Path) -> bool:
    return file.name.startswith(".") or file.name.lower() in _HIDDEN or file.is_dir()


def grey_tiff(path: Path, **options: Any) -> TiffImage:
    """Read a TIFF that must be grey, with black as zero, and displayed as the numbers it holds."""
    tiff = read_tiff(path, **options)
    if tiff.recoloured:
        msg = (
            f"{path} is shown through a table of colours or greys, so that the picture is not the "
            "numbers. If the numbers are right, take Image > Lookup Tables > Grays in Fiji and "
            "save; if the picture is right, take Image > Type > RGB Color and then 8-bit"
        )
        raise ValueError(msg)
    if 1 < tiff.bits < np.iinfo(np.uint8).bits:
        msg = (
            f"{path} has {tiff.bits} bits a pixel, shown from black to white, and its numbers end "
            f"at {2**tiff.bits - 1}; save it with 8 bits, in which white is 255"
        )
        raise ValueError(msg)
    if tiff.white_is_zero and tiff.bits > 1:
        msg = (
            f"{path} stores white as zero (an inverted lookup table), so the picture is the "
            "negative of the numbers. If the numbers are right, take Image > Lookup Tables > "
            "Invert LUT in Fiji and save; if the picture is right, take Edit > Invert after it"
        )
        raise ValueError(msg)
    if tiff.white_is_zero:
        white = np.asarray(tiff.pixels) == 0
        warnings.warn(
            f"{path} stores white as zero; what it shows white, {white.mean():.1%}, is read as 1. "
            "If its ones were meant (tifffile writes boolean arrays so), save it with 8 bits, "
            "array.astype('uint8')",
            stacklevel=3,
        )
        return replace(tiff, pixels=white, white_is_zero=False)
    return tiff
