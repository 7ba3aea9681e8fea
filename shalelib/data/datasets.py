"""The one door to every data set."""

from __future__ import annotations

from pathlib import Path

from shalelib.data.acquisition import acquisition_config, phantom_dataset
from shalelib.data.directory import load_directory
from shalelib.data.fetch import fetch_patches
from shalelib.data.folds import DEFAULT_FOLD, split_patches
from shalelib.data.pairs import Dataset
from shalelib.data.phantom import load_phantom
from shalelib.data.phantom_config import phantom_config

DATASETS = ("vaca-muerta-patches", "phantom", "directory")
ROCK_SEED = 0  # of the digital shale; the seed of a run is that of its training


def load_dataset(
    name: str,
    *,
    profile: str = "laptop",
    path: str | Path = "",
    fold: int = DEFAULT_FOLD,
    progress: bool = False,
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
    fold : int
        Which block of slices is tested (real patches only).
    progress : bool
        Show a progress bar.

    Raises
    ------
    ValueError
        There is no such data set, or ``directory`` came without a path.
    shalelib.data.fetch.DataUnavailableError
        The real patches could not be had.
    """
    if name == "vaca-muerta-patches":
        return split_patches(fetch_patches(progress=progress), fold=fold)
    if name == "phantom":
        phantom = load_phantom(phantom_config(profile), seed=ROCK_SEED, progress=progress)
        return phantom_dataset(phantom, config=acquisition_config(profile), seed=ROCK_SEED)
    if name == "directory":
        if not str(path):
            msg = "data set 'directory' needs a path: the folder that holds your images"
            raise ValueError(msg)
        return load_directory(path)
    msg = f"no data set is called {name!r}; choose one of: {', '.join(DATASETS)}"
    raise ValueError(msg)
