"""What a PNG holds: one slice of grey levels, or the codes behind a colour table.

Shared by all rooms, so that grey slices, masks and label images are read in one way.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shalelib.arrays import Mask
from shalelib.files import not_there
from shalelib.microscopes import beside
from shalelib.scale import Said, resolution_scale
from shalelib.tiff import check_upright

_SIZE = (16, 20)  # bytes at which width and height begin
_INCH = 0.0254  # [m]
_ORIENTATION = 274  # tag of the mark, in PNGs as in TIFFs
_DEPTH, _HEADER = 24, 33  # the byte that says the bits of a sample, and where the header ends


def read_png(path: Path) -> NDArray[Any]:
    """Read the grey levels that a PNG displays, of any bit depth.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (y, x) array

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it is damaged, of another kind than its name says, in colour,
        partly transparent, or has 16 bits in a form of which only 8 would be read.
    """
    image, depth = _opened(path)
    if depth > 8 and not image.mode.startswith("I"):
        msg = f"{path} holds {depth} bits in colours; convert it to grey of {depth} bits"
        raise ValueError(msg)
    seen_through = image.mode == "L" and "transparency" in image.info
    if seen_through or (image.mode not in ("1", "L") and not image.mode.startswith("I")):
        image = image.convert("RGBA")
    pixels = np.asarray(image)
    if pixels.ndim == 3:
        if (pixels[..., 3] != np.iinfo(np.uint8).max).any():
            msg = f"{path} is transparent in part; flatten it, and save without transparency"
            raise ValueError(msg)
        if (pixels[..., :3] != pixels[..., :1]).any():
            msg = f"{path} is a colour image; convert it to grey"
            raise ValueError(msg)
        pixels = pixels[..., 0]
    return pixels


def png_scale(path: Path) -> Said:
    """Return what is said of a PNG's pixels: by a microscope's text next to it, or its resolution.

    Parameters
    ----------
    path : Path
        Path of a PNG that can be read.

    Returns
    -------
    Said
        Nothing where the resolution has no unit, so that it is only an aspect ratio.
    """
    said = beside(path)
    if said.edges is not None or said.odd:
        return said
    with _without_a_word_of_size(), Image.open(path, formats=["PNG"]) as image:
        across, down = image.info.get("dpi", (0, 0))  # from before the pixels
    if not across or not down:
        return Said()
    return resolution_scale(_INCH / down, _INCH / across, f"{across:g} pixels an inch")


def read_png_codes(path: Path) -> NDArray[Any]:
    """Read the numbers that a PNG stores: the indices of colours where it has a colour table.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (y, x) array

    Raises
    ------
    FileNotFoundError, ValueError
        As for `read_png`.
    """
    image, _ = _opened(path)
    return np.asarray(image) if image.mode == "P" else read_png(path)


def read_png_mask(path: Path) -> Mask:
    """Read a mask: True where it is not zero or, with one bit per pixel, not shown black.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (y, x) bool array

    Raises
    ------
    FileNotFoundError, ValueError
        As for `read_png`; or a colour table shows code 0 in colour, or another in black.
    """
    image, depth = _opened(path)
    if image.mode != "P":
        return np.asarray(read_png(path) != 0)
    shown = np.asarray(image.convert("RGB")).any(axis=2)
    if depth > 1 and (shown != (np.asarray(image) != 0)).any():
        msg = (
            f"{path} has a table of colours in which black is not the code 0, so that the picture "
            "and the numbers are two masks; save it in grey, without a table"
        )
        raise ValueError(msg)
    return np.asarray(shown)


def _opened(path: Path) -> tuple[Image.Image, int]:
    """Return an image and the bits of a sample in its file."""
    if not path.is_file():
        raise FileNotFoundError(not_there(path))
    with path.open("rb") as stream:
        start = stream.read(_HEADER)
    try:
        with _without_a_word_of_size(), Image.open(path, formats=["PNG"]) as image:
            frames = getattr(image, "n_frames", 1)
            image.load()
    except Image.DecompressionBombError as error:
        width, height = (int.from_bytes(start[k : k + 4], "big") for k in _SIZE)
        msg = (
            f"{path} measures {height:,} x {width:,} pixels, more than are read from one PNG; save "
            "it as a TIFF"
        )
        raise ValueError(msg) from error
    except (OSError, SyntaxError, ValueError, IndexError) as error:
        msg = (
            f"{path} is not a readable PNG (it starts with {start[:4]!r}; {error}); copy or export "
            "it again, or name it as the kind of file that it is"
        )
        raise ValueError(msg) from error
    check_upright(image.getexif().get(_ORIENTATION), path)
    if frames > 1:
        msg = f"{path} holds {frames} pictures that follow one another; save each as a file"
        raise ValueError(msg)
    return image, start[_DEPTH]


def _without_a_word_of_size() -> warnings.catch_warnings[None]:
    """Open large images without Pillow's warning; those that it would refuse are still refused."""
    return warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning)
