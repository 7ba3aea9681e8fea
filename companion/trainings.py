"""Finished trainings, as other pages read them: record, losses, generator and samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from shalelib.arrays import Grey
from shalelib.files import read_json
from shalelib.models.networks import Generator
from shalelib.models.training import read_samples
from shalelib.models.translate import load_generator
from shalelib.models.variants import Variant, get_variant

RECORD, GENERATOR, HISTORY = "train.json", "generator.safetensors", "history.csv"


@dataclass(frozen=True, kw_only=True)
class Training:
    """A row that 04_training has trained.

    Attributes
    ----------
    variant : Variant
    dataset : str
    folder : Path
    record : dict
        ``parameters``, ``seconds``, ``device`` and the ``final`` line of the history.
    history : DataFrame
        Mean losses of every epoch, see `shalelib.models.training.train`.
    """

    variant: Variant
    dataset: str
    folder: Path
    record: dict[str, Any]
    history: pd.DataFrame

    @property
    def seconds(self) -> float:
        """What it took: processor seconds, or seconds of the clock on a GPU."""
        return float(self.record["seconds"])

    @property
    def jacobian(self) -> float:
        """The generator's squared Jacobian norm at the end, for a patch of 128 x 128 pixels."""
        return float(self.history["jacobian"].iloc[-1])

    def generator(self) -> Generator:
        """Load the trained generator."""
        return load_generator(self.folder / GENERATOR)

    def samples(self) -> dict[str, Grey]:
        """Read the images that were translated on the way; empty where none were kept."""
        return read_samples(self.folder)


def read_training(folder: Path, name: str, *, dataset: str) -> Training:
    """Read what the training of a row left.

    Parameters
    ----------
    folder : Path
        The results folder of the data set.
    name : str
        Of the variant.
    dataset : str

    Raises
    ------
    FileNotFoundError
        It was not trained; the message says how to.
    """
    place = folder / name
    if not all((place / file).is_file() for file in (RECORD, GENERATOR, HISTORY)):
        msg = (
            f"there is no finished training in {place}; train it with notebooks/04_training.py, "
            f"-p dataset {dataset} -p variant {name}"
        )
        raise FileNotFoundError(msg)
    return Training(
        variant=get_variant(name),
        dataset=dataset,
        folder=place,
        record=read_json(place / RECORD),
        history=pd.read_csv(place / HISTORY),
    )


def read_trainings(folder: Path, names: Iterable[str], *, dataset: str) -> dict[str, Training]:
    """Read several trainings, see `read_training`: name to training."""
    return {name: read_training(folder, name, dataset=dataset) for name in names}


def finished(folder: Path, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are trained."""
    files = (RECORD, GENERATOR, HISTORY)
    return [name for name in names if all((folder / name / file).is_file() for file in files)]
