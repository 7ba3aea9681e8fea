"""The 100 real TXM / FIB-SEM patch pairs of the authors' public repository.

The images are not part of this project. They come from one commit of
github.com/suetri-a/TXM2SEM (MIT licence), are checked against `vaca_muerta_registry.txt` and kept
in the user's cache folder. `SHALELIB_DATA_MIRROR` names a folder or address that serves the same
files instead.
"""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
from skimage.io import imread
from tqdm import tqdm

from shalelib.arrays import Grey
from shalelib.data.cache import cache_folder, open_folder, pooch
from shalelib.data.pairs import PairedSlices
from shalelib.data.rock import connected_rock
from shalelib.files import given_path, write_whole

COMMIT = "5a406000aecaf3f720e4436399b67a47befb5b93"
BASE_URL = f"https://raw.githubusercontent.com/suetri-a/TXM2SEM/{COMMIT}/old_results/image_repair1/"
MIRROR_VARIABLE = "SHALELIB_DATA_MIRROR"
PATCH = 256  # pixels


class DataUnavailableError(RuntimeError):
    """The real patches are available neither from the network nor from a mirror."""


def registry() -> dict[str, str]:
    """Return the SHA-256 of every file, as ``{"txm/000.png": "1f3e...", ...}``."""
    text = (files("shalelib.data") / "vaca_muerta_registry.txt").read_text(encoding="utf-8")
    return dict(line.split() for line in text.splitlines() if line.strip())


def positions() -> pd.DataFrame:
    """Return the place of each patch in the authors' 20 full test slices.

    Returns
    -------
    DataFrame
        100 rows with the columns ``patch`` (name), ``row`` and ``column`` (of the patch's first
        pixel, in the authors' 1024 x 1024 crops), ``slice`` (0 to 19) and ``ncc`` (the normalised
        cross-correlation of the registration).
    """
    source = files("shalelib.data") / "vaca_muerta_positions.csv"
    with source.open(encoding="utf-8") as handle:
        return pd.read_csv(handle, comment="#", dtype={"patch": str})


def fetch_patches(
    *,
    cache: Path | None = None,
    mirror: str | None = None,
    progress: bool = False,
) -> PairedSlices:
    """Load the 100 real patch pairs, fetching those that are not yet in the cache.

    Parameters
    ----------
    cache : path, optional
        Folder for the files; by default, a folder in the user's cache.
    mirror : str, optional
        Folder or base address (``http``, ``https`` or ``file``) to fetch from; by default, the
        value of the environment variable ``SHALELIB_DATA_MIRROR`` or, where that is not set, the
        authors' public repository.
    progress : bool
        Show a progress bar while fetching.

    Returns
    -------
    PairedSlices
        100 pairs of 256 x 256 pixels, 33.6 nm each. `slice_index` counts the slices of the authors'
        test set, 0 to 19; `inside` excludes the zeros stored around the plug, and `valid` is True
        everywhere.

    Raises
    ------
    DataUnavailableError
        Neither the network nor the mirror provides the files.
    ValueError
        A file has the wrong SHA-256, or an image is corrupt.
    OSError
        The cache folder cannot be written.

    Notes
    -----
    The images are not part of this package. They come from one commit of
    github.com/suetri-a/TXM2SEM (MIT licence), and each file is checked against its SHA-256.
    """
    folder = given_path(cache) if cache is not None else cache_folder() / COMMIT[:8]
    source = mirror or os.environ.get(MIRROR_VARIABLE) or BASE_URL
    if source.startswith("file:"):
        source = unquote(urlsplit(source).path)
    names = registry()
    pending = [name for name, sha in names.items() if not _is_good(folder / name, sha)]
    for parent in {(folder / name).parent for name in pending}:
        open_folder(parent)
    for name in tqdm(
        pending, desc="fetch real patches", unit="file", disable=not (progress and pending)
    ):
        _fetch_one(name, names[name], source, folder)
    return _load(folder, positions())


def _is_good(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _fetch_one(name: str, sha256: str, source: str, folder: Path) -> None:
    """Bring one file into the cache, whole or not at all."""
    target = folder / name
    if "://" in source:
        _download(name, sha256, source, target)
        return
    origin = Path(source).expanduser() / name
    if not origin.is_file():
        msg = (
            f"the data mirror has no {origin}; set {MIRROR_VARIABLE} to a folder that holds "
            "txm/NNN.png and sem/NNN.png, or unset it to use the authors' repository"
        )
        raise DataUnavailableError(msg)
    payload = origin.read_bytes()
    if hashlib.sha256(payload).hexdigest() != sha256:
        raise ValueError(_wrong_hash(name, source))
    write_whole(target, payload)


def _download(name: str, sha256: str, source: str, target: Path) -> None:
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        pooch.retrieve(
            f"{source.rstrip('/')}/{name}",
            known_hash=f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=30),
        )
    except OSError as error:  # requests' own errors are OSErrors, some of them ValueErrors too
        msg = (
            f"the real patches could not be fetched from {source} ({type(error).__name__}). "
            f"Connect to the network, or set {MIRROR_VARIABLE} to a folder or address that holds "
            "txm/NNN.png and sem/NNN.png (folder old_results/image_repair1 of "
            f"github.com/suetri-a/TXM2SEM at commit {COMMIT[:8]})"
        )
        raise DataUnavailableError(msg) from error
    except ValueError as error:
        raise ValueError(_wrong_hash(name, source)) from error
    finally:
        logger.setLevel(level)


def _wrong_hash(name: str, source: str) -> str:
    return (
        f"{name} from {source} has a wrong SHA-256 and was refused; the registry lists the files "
        f"of commit {COMMIT[:8]}, point {MIRROR_VARIABLE} to an unchanged copy of them"
    )


def _load(folder: Path, places: pd.DataFrame) -> PairedSlices:
    names = tuple(places["patch"])
    txm = np.stack([read_patch(folder / f"txm/{name}.png") for name in names])
    sem = np.stack([read_patch(folder / f"sem/{name}.png") for name in names])
    return PairedSlices(
        txm=txm,
        sem=sem,
        inside=np.stack([connected_rock(image) for image in txm]),
        valid=np.ones(txm.shape, bool),
        slice_index=places["slice"].to_numpy(np.int64),
        names=names,
    )


def read_patch(path: Path) -> Grey:
    """Read one 256 x 256 patch whose grey level is stored as three equal channels.

    Raises
    ------
    ValueError
        The file is not a readable image, or has another size, depth or colour.
    """
    try:
        image = imread(path)
    except (OSError, SyntaxError, ValueError) as error:
        msg = f"{path} is not a readable image ({error}); fetch_patches() brings it again"
        raise ValueError(msg) from error
    if image.shape != (PATCH, PATCH, 3) or image.dtype != np.uint8:
        msg = (
            f"{path} must be a {PATCH} x {PATCH} RGB image of 8 bits, "
            f"got shape {image.shape} and {image.dtype}"
        )
        raise ValueError(msg)
    if (image != image[..., :1]).any():
        msg = f"{path} must be grey (three equal channels), but its channels differ"
        raise ValueError(msg)
    return image[..., 0]
