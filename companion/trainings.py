"""The trained rows of a run: each trained once, kept under its key, and never shown out of date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.datasets import in_volume
from companion.run import Run
from shalelib.arrays import Grey
from shalelib.data.cubes import CubeSampler
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.models.config import TrainConfig
from shalelib.models.inference import load_generator
from shalelib.models.networks import Generator, count_parameters
from shalelib.models.state import TrainingState
from shalelib.models.state3d import SLICES, VolumeTrainingState
from shalelib.models.training import GENERATOR, HISTORY, read_samples, train
from shalelib.models.variants import Variant, get_variant
from shalelib.models.watch import Validation
from shalelib.store import Code, stage_key

WATCHED = 8  # validation images that are measured after every epoch


@dataclass(frozen=True, kw_only=True)
class Training:
    """A row that is trained.

    Attributes
    ----------
    variant : Variant
    dataset : str
    folder : Path
        Holds the generator, its history and samples.
    record : dict
        ``label``, ``parameters``, ``seconds``, ``device`` and the ``final`` line of the history.
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

    @property
    def ratio(self) -> float:
        """The adversarial gradient at the end over that of the weighted L1 term; NaN without."""
        if "adversarial_ratio" not in self.history:
            return float("nan")
        return float(self.history["adversarial_ratio"].iloc[-1])

    def generator(self) -> Generator:
        """Load the trained generator."""
        return load_generator(self.folder / GENERATOR)

    def samples(self) -> dict[str, Grey]:
        """Read the translations of `validation_crops` on the way; empty where none were kept."""
        return read_samples(self.folder)


def validation_crops(data: Dataset, most: int = 128) -> Validation:
    """Cut the middle of the first validation images, as they are, without picking.

    Its edge is `most` pixels, those of a test patch, or as many as the images have.
    """
    images = data.validation.take(slice(0, WATCHED))
    height, width = images.txm.shape[1:]
    edge = min(most, height, width) // 4 * 4
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = np.s_[:, top : top + edge, left : left + edge]
    return Validation(txm=images.txm[cut], sem=images.sem[cut])


def validation_volume(data: Dataset) -> Validation:
    """Cut the middle out of a true volume, before the first training slice.

    Raises
    ------
    ValueError
        The data set has no true volume.
    """
    volumes = data.volumes
    if volumes is None or volumes.sem is None:
        msg = f"data set {data.name} has no true volume; take the digital shale"
        raise ValueError(msg)
    place = validation_place(data)
    return Validation(txm=np.array(volumes.txm[place]), sem=np.array(volumes.sem[place]))


def validation_place(data: Dataset) -> tuple[slice, slice, slice]:
    """Return where the validation volume lies along z, y and x: inside the plug."""
    height, width = data.train.txm.shape[1:]
    edge = min(height, width) // 2 // 4 * 4
    top, left = (height - edge) // 2, (width - edge) // 2
    first = int(data.train.slice_index.min())
    return slice(0, first), slice(top, top + edge), slice(left, left + edge)


def train_row(run: Run, data: Dataset, row: Variant, *, progress: bool = True) -> Training:
    """Train a row of Table 1, find it trained, or take it from the references.

    Parameters
    ----------
    run : Run
        Its folder receives ``<row>.json`` and ``<row>/generator.safetensors``, ``history.csv`` and
        ``samples``.
    data : Dataset
    row : Variant
    progress : bool
        Show a progress bar.
    """

    def compute(folder: Path) -> dict[str, Any]:
        config = _sizes(run, row)
        done = train(
            _sampler(data, row, config).draw_training,
            row,
            config,
            seed=run.seed,
            data_hash=_digest(data, row),
            folder=folder / row.name,
            validation=_validation(run, data, row),
            progress=progress,
            state=_state(row),
        )
        return {
            "label": row.label,
            "parameters": count_parameters(load_generator(done.generator)),
            "seconds": done.seconds,
            "device": done.device,
            "final": {k: float(v) for k, v in done.history.iloc[-1].dropna().items()},
        }

    about = _stage(run, row, _digest(data, row))
    files = [f"{row.name}/{GENERATOR}", f"{row.name}/{HISTORY}"]
    return _training(run, row, run.store.done(row.name, compute, files=files, **about))


def read_trainings(
    run: Run, data: Dataset, names: Iterable[str], *, required: bool = True, least: int = 0
) -> dict[str, Training]:
    """Return rows that were trained by the code and the settings of today: name to training.

    Parameters
    ----------
    run, data
        As for `train_row`.
    names : iterable of str
        Of the variants.
    required : bool
        Refuse rows that are not trained; otherwise they are left out.
    least : int
        How many there must be all the same.

    Raises
    ------
    FileNotFoundError
        A row is not trained, or was by other code or settings; the message says how to.
    """
    rows = [get_variant(name) for name in names]
    hashes = {volumes: _digest(data, row) for row in rows for volumes in [_of_volumes(row)]}
    found = {}
    for row in rows:
        record = run.store.have(row.name, **_stage(run, row, hashes[_of_volumes(row)]))
        if record is not None:
            found[row.name] = _training(run, row, record)
        elif required:
            msg = (
                f"{row.name} is not trained in {run.folder} by this code and these settings; "
                f"{how_to_train(row, run.dataset)} {run.given}"
            )
            raise FileNotFoundError(msg)
    if len(found) < least:
        known = ", ".join(row.name for row in rows)
        msg = (
            f"there is no trained network in {run.folder} of this code and these settings ({known} "
            f"would do); for {rows[0].name}, "
            f"{how_to_train(rows[0], run.dataset)} {run.given}"
        )
        raise FileNotFoundError(msg)
    return found


def training_key(run: Run, data: Dataset, row: Variant) -> str:
    """Return the key of a row's training by today's code and settings, trained or not."""
    return stage_key(row.name, **_stage(run, row, _digest(data, row)))


def how_to_train(row: Variant, dataset: str) -> str:
    """Return in words which notebook trains a row, and with which parameters.

    Examples
    --------
    >>> how_to_train(get_variant("feedforward"), "phantom")
    'train it with notebooks/04_training.py, -p dataset phantom -p variant feedforward'
    """
    if _of_volumes(row):
        return "train it with notebooks/14_volume_training.py"
    return f"train it with notebooks/04_training.py, -p dataset {dataset} -p variant {row.name}"


def _stage(run: Run, row: Variant, data_hash: str) -> dict[str, Any]:
    code: list[Code] = [train, PatchSampler.draw_training, validation_crops]
    sizes: list[Any] = [_sizes(run, row)]
    if _of_volumes(row):
        code = [train, CubeSampler.draw_training, validation_volume, VolumeTrainingState]
    else:
        sizes += [run.profile.evaluation.crop]  # of the images that the history measures
    return {"code": code, "inputs": [row, *sizes, run.seed, data_hash]}


def _of_volumes(row: Variant) -> bool:
    return row.generator == "volume"


def _digest(data: Dataset, row: Variant) -> str:
    return data.digest(volume=_of_volumes(row))


def _sizes(run: Run, row: Variant) -> TrainConfig:
    return run.profile.train_3d if _of_volumes(row) else run.profile.train


def _state(row: Variant) -> type[TrainingState]:
    return VolumeTrainingState if _of_volumes(row) else TrainingState


def _validation(run: Run, data: Dataset, row: Variant) -> Validation:
    if _of_volumes(row):
        return validation_volume(data)
    return validation_crops(data, run.profile.evaluation.crop)


def _sampler(data: Dataset, row: Variant, config: TrainConfig) -> PatchSampler | CubeSampler:
    if _of_volumes(row):
        return CubeSampler(
            in_volume(data, data.train),
            data.txm_volume(),
            edge=config.patch,
            planes=3 * SLICES,
            others=(data.validation, data.test),
        )
    return PatchSampler(data.train, size=config.patch)


def _training(run: Run, row: Variant, record: dict[str, Any]) -> Training:
    folder = run.folder / row.name
    history = pd.read_csv(folder / HISTORY)
    return Training(variant=row, dataset=run.dataset, folder=folder, record=record, history=history)
