"""The one door to every data set."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from companion.profiles import PROFILES, Profile, get_profile
from shalelib.arrays import digest
from shalelib.data.directory import load_directory
from shalelib.data.fetch import fetch_patches
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.patches import PatchSampler
from shalelib.data.splits import DEFAULT_FOLD, split_patches
from shalelib.files import given_path, sha256
from shalelib.phantom.acquisition import phantom_dataset
from shalelib.phantom.cubes import Cubes, cut_cubes
from shalelib.phantom.volume import Phantom, load_phantom

SHALE = "phantom"
OWN = "directory"
DATASETS = ("vaca-muerta-patches", SHALE, OWN)
_PAIRED = ("txm", "sem")  # names of what a network is trained on
LONGEST = 60  # letters of a name that names a folder of results; a letter has four bytes at most
NAMES = {DATASETS[0]: "real patches", DATASETS[1]: "digital shale", OWN: "own images"}
"""What a reader calls the data sets."""


def load_dataset(
    name: str,
    *,
    profile: str = "laptop",
    path: str | Path = "",
    pixel_size: float = 0.0,
    fold: int = DEFAULT_FOLD,
    progress: bool = False,
    patches: bool = True,
) -> Dataset:
    """Load a data set by its name.

    Parameters
    ----------
    name : str
        ``vaca-muerta-patches`` (100 real pairs), ``phantom`` (the digital shale, made where it is
        not in the cache) or ``directory`` (your own images).
    profile : str
        Size of the digital shale.
    path : path
        The folder of your own images, in the layout of `shalelib.data.directory`.
    pixel_size : float
        Edge of a pixel of your own images [m]; 0: what they say.
    fold : int
        Which block of slices is tested (real patches only).
    progress : bool
        Show a progress bar.
    patches : bool
        Patches of the profile's sizes will be drawn from your own images, which must hold some.

    Raises
    ------
    ValueError
        There is no such data set; ``directory`` came without a path, or another with one; or your
        own images hold no such patches, and the message names a profile whose they hold.
    shalelib.data.fetch.DataUnavailableError
        The real patches could not be had.
    """
    check_own(name, path=path, pixel_size=pixel_size)
    if name == "vaca-muerta-patches":
        return split_patches(fetch_patches(progress=progress), fold=fold)
    if name == "phantom":
        phantom = load_rock(profile, progress=progress)
        sizes = get_profile(profile)
        return phantom_dataset(phantom, config=sizes.acquisition, seed=sizes.rock)
    if name == OWN:
        if not str(path):
            msg = "data set 'directory' needs a path: the folder that holds your images"
            raise ValueError(msg)
        data = load_directory(path, pixel_size=pixel_size or None)
        if patches:
            _check_patches(data, profile)
        return data
    msg = f"no data set is called {name!r}; choose one of: {', '.join(DATASETS)}"
    raise ValueError(msg)


def in_volume(data: Dataset, pairs: PairedSlices) -> PairedSlices:
    """Return paired slices whose TXM has the grey scale of the data set's volume.

    The slices of the digital shale are saved in grey windows of their own, its volume in one; those
    of other data sets are returned as they are.

    Parameters
    ----------
    data : Dataset
    pairs : PairedSlices
        A split of it.
    """
    if data.name != "phantom":
        return pairs
    return replace(pairs, txm=np.asarray(data.txm_volume()[pairs.slice_index]))


def check_own(name: str, *, path: str | Path, pixel_size: float = 0.0) -> None:
    """Refuse what is said of images of one's own where another data set is asked for."""
    if name != OWN and (str(path) or pixel_size):
        given = "path" if str(path) else "pixel_size"
        msg = (
            f"parameter {given} is for images of your own, and data set {name!r} was asked for; "
            f"add -p dataset {OWN}, or leave {given} out"
        )
        raise ValueError(msg)


def _check_patches(data: Dataset, profile: str) -> None:
    """Refuse images that hold no patches of a profile; name a profile whose they hold."""
    problem = _lacking(data, get_profile(profile))
    if problem:
        sizes = {p.name: p.train.patch for p in PROFILES if not _lacking(data, p)}
        smaller = "".join(f"-p profile {k} (patches of {n} pixels), or " for k, n in sizes.items())
        msg = (
            f"profile {profile!r} does not fit: {problem}; take {smaller}larger images, or look at "
            "the masks of rock and of charging"
        )
        raise ValueError(msg)


def _lacking(data: Dataset, profile: Profile) -> str:
    """Return which patches of a profile images do not hold; nothing where they hold all."""
    drawn = ("train", data.train, profile.train.patch), ("test", data.test, profile.evaluation.crop)
    for split, pairs, size in drawn:
        try:
            PatchSampler(pairs, size=size)
        except ValueError as error:
            return f"in {split}, {str(error).partition(';')[0]}"
    return ""


def place_of(name: str, *, path: str | Path, how: Mapping[str, str] | None = None) -> str:
    """Return the folder below ``results/<profile>`` of a data set.

    Parameters
    ----------
    name : str
        The data set.
    path : path
        Of your own images; see `own_place`.
    how : mapping of str to str, optional
        What the results depend on besides the data set, such as hashes of a network and of a mask:
        with other ones they lie elsewhere.

    Raises
    ------
    ValueError, FileNotFoundError
        See `own_place`.
    """
    if name == OWN:
        return own_place(path, how=how)
    return f"{name}-{_short(name, how)}" if how else name


def own_place(path: str | Path, *, how: Mapping[str, str] | None = None) -> str:
    """Return the folder below ``results/<profile>`` of your own images: their name and a hash.

    The hash covers the images (`data_hash`) and `how`, which is that of `place_of`.

    Raises
    ------
    ValueError, FileNotFoundError
        See `data_hash`.
    """
    held = data_hash(path)
    full = given_path(path).resolve()
    name = re.sub(r"[^\w.-]+", "-", full.stem if full.is_file() else full.name).lstrip(".-")
    return f"{name[:LONGEST] or 'own'}-{_short(held, how) if how else held[:8]}"


def _short(held: str, how: Mapping[str, str]) -> str:
    return digest(held, sorted(how.items()))[:8]


def data_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file, or one over the names and the bytes of a folder's files.

    Of a folder of pairs it covers all TXM and SEM images, and not the labels: what is trained on
    other images is another training, and labels may come later. Hidden files do not count.

    Raises
    ------
    ValueError
        No path was given, or a folder without files.
    FileNotFoundError
        There is no such file or folder.
    """
    if not str(path):
        msg = "data set 'directory' needs a path: the folder that holds your images"
        raise ValueError(msg)
    folder = given_path(path).resolve()
    if not folder.exists():
        msg = f"there is no file or folder {folder}"
        raise FileNotFoundError(msg)
    if folder.is_file():
        return sha256(folder)
    files = {p.relative_to(folder).parts: p for p in sorted(folder.rglob("*")) if p.is_file()}
    shown = {k: p for k, p in files.items() if not any(part.startswith(".") for part in k)}
    if not shown:
        msg = f"{folder} holds no images; name the folder that does, or put them there"
        raise ValueError(msg)
    paired = {k: p for k, p in shown.items() if any(part.split(".")[0] in _PAIRED for part in k)}
    held = hashlib.sha256()
    for parts, file in (paired or shown).items():
        held.update(f"{'/'.join(parts)} {sha256(file)}\n".encode())
    return held.hexdigest()


def load_rock(profile: str, *, progress: bool = False) -> Phantom:
    """Load the digital shale of a profile, made where it is not in the cache."""
    sizes = get_profile(profile)
    return load_phantom(sizes.phantom, seed=sizes.rock, progress=progress)


def load_cubes(profile: str) -> Cubes:
    """Load the test volumes of a profile: 128³ voxels each as in the paper, 32³ at ``smoke``."""
    return cut_cubes(load_rock(profile), config=get_profile(profile).acquisition)
