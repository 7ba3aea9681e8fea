"""Which kind of file a path is, by its name and, for folders, by what lies in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shalelib.data.elsewhere import way_in
from shalelib.data.plain import RAW
from shalelib.data.zarr_reader import is_zarr
from shalelib.files import given_path, not_there
from shalelib.tiff import TIFF, is_tiff

_OPTIONS = {  # options of `read_volume` for each kind of file
    "TIFF": ("channel", "image", "axes"),
    "OME-Zarr volume": ("channel", "level"),
    "raw file": ("dtype", "byte_order", "offset"),
}


def from_root(path: Path | str) -> Path:
    """Return an absolute path in the names that the caller knows: links are not followed."""
    return Path(os.path.abspath(given_path(path)))


def kind_of(path: Path, *, raw: bool = False) -> str:
    """Name the kind of a file or folder, by its name and, for folders, what lies in it."""
    suffix = path.suffix.lower()
    if path.is_dir():
        if suffix == ".zarr" and not is_zarr(path):
            msg = f"{path} lacks the record that a Zarr volume begins with; copy or export it again"
            raise ValueError(msg)
        return "OME-Zarr volume" if is_zarr(path) else "folder of slices"
    if not path.exists():
        raise FileNotFoundError(not_there(path))
    known = {".npy": "NumPy array", ".png": "PNG", **dict.fromkeys(RAW, "raw file")}
    if suffix in (*known, *TIFF):
        return known.get(suffix, "TIFF")
    if raw and path.is_file():
        return "raw file"
    if path.is_file() and not is_tiff(path):
        way = way_in(path) or (
            "there are TIFF, PNG, OME-Zarr, .npy and, by shalelib.data.read_volume(path, "
            "shape=..., dtype=...), raw files; save it as a TIFF, or read it with another library "
            "and pass the array to shalelib.data.as_volume"
        )
        msg = f"{path} is of a kind that is not read here; {way}"
        raise ValueError(msg)
    return "TIFF"


def check_options(path: Path, kind: str, given: dict[str, Any]) -> None:
    """Refuse options that do not exist for a file of this kind."""
    wrong = [name for name in given if name not in _OPTIONS.get(kind, ())]
    if wrong:
        article = "an" if kind[0] in "AEIO" else "a"
        names = " and ".join(wrong)
        msg = f"{path} is {article} {kind}, which has no {names} to choose; leave that out"
        raise ValueError(msg)
