"""One notebook's run: checked parameters, its results folder and its provenance."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from shalelib.config import Profile, get_profile
from shalelib.data.datasets import DATASETS
from shalelib.files import repository_root, write_json, write_whole
from shalelib.report import provenance


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a notebook needs to know about itself.

    Attributes
    ----------
    profile : Profile
    dataset : str
    seed : int
    folder : Path
        ``results/<profile>/<dataset>/seed<seed>``, where results are read and written.
    provenance : dict
        See `shalelib.report.provenance.collect`; goes into every result file.
    """

    profile: Profile
    dataset: str
    seed: int
    folder: Path
    provenance: dict[str, Any] = field(repr=False)

    def write_json(self, name: str, record: dict[str, Any]) -> Path:
        """Write a result record with its provenance as ``<folder>/<name>``."""
        path = self.folder / name
        write_json(path, {**record, "provenance": self.provenance})
        return path

    def write_table(self, name: str, frame: pd.DataFrame) -> Path:
        """Write a table as CSV to ``<folder>/<name>``."""
        path = self.folder / name
        write_whole(path, frame.to_csv(index=False))
        return path


def open_run(*, profile: str, dataset: str, seed: int, results: str = "results") -> Run:
    """Check a notebook's parameters and open its results folder.

    Parameters
    ----------
    profile, dataset : str
    seed : int
        Not negative.
    results : str
        Folder for all results, relative to the repository root unless absolute.

    Raises
    ------
    ValueError
        A parameter has a value that is not one of those there are; the message names both.
    PermissionError
        The results folder cannot be written.
    """
    if dataset not in DATASETS:
        msg = f"parameter dataset: no data set is called {dataset!r}; choose {', '.join(DATASETS)}"
        raise ValueError(msg)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        msg = f"parameter seed must be an integer of at least 0, got {seed!r}"
        raise ValueError(msg)
    chosen = get_profile(profile)
    folder = repository_root() / results / profile / dataset / f"seed{seed}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except (PermissionError, NotADirectoryError, FileExistsError):
        writable = False
    if not writable:
        msg = (
            f"the results folder {folder} cannot be written; free it (chmod u+w) or name "
            "another in the parameter results"
        )
        raise PermissionError(msg)
    about = provenance.collect(profile=profile, dataset=dataset, seed=seed)
    return Run(profile=chosen, dataset=dataset, seed=seed, folder=folder, provenance=about)
