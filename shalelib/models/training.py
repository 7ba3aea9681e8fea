"""The training loop."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tifffile
import torch
from tqdm import tqdm

from shalelib._inputs import describe
from shalelib.arguments import check_kind, check_seed, short
from shalelib.arrays import Grey, check_grey
from shalelib.files import given_path, logged, write_whole
from shalelib.models.checkpoints import read_tensors, write_tensors
from shalelib.models.config import TrainConfig
from shalelib.models.inference import choose_device, device_name
from shalelib.models.state import TrainingState
from shalelib.models.variants import Variant
from shalelib.models.watch import Validation, measure
from shalelib.store import stage_key

GENERATOR, HISTORY, SAMPLES = "generator.safetensors", "history.csv", "samples"
SAMPLINGS = 20  # most times in a training that validation images are kept


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training.

    Attributes
    ----------
    generator : Path
        The file of the generator, for `load_generator`.
    history : DataFrame
        One row for each epoch, see `train`.
    seconds : float
        Duration of all epochs [s]: processor time, or wall-clock time on a GPU.
    device : str
        The name of the GPU, or ``processor``.
    """

    generator: Path
    history: pd.DataFrame
    seconds: float
    device: str


def training_key(
    draw: Callable[..., Any],
    variant: Variant,
    config: TrainConfig,
    *,
    seed: int,
    data_hash: str,
    validation: Validation | None = None,
    state: type[TrainingState] = TrainingState,
) -> str:
    """Return the key of a training: a hash of its settings, seed, data and all code that it runs.

    It is kept in the generator's file and in checkpoints. `draw` counts with all that it holds,
    such as the settings of a sampler.

    Raises
    ------
    TypeError
        What `draw` holds cannot be read, such as an open file.
    """
    try:
        drawn = describe(draw)
    except TypeError as error:
        msg = (
            f"draw holds something that cannot name a training ({error}); let its object, or the "
            "variables around it, hold settings and arrays alone, and open files in the call"
        )
        raise TypeError(msg) from error
    inputs = [variant, config, seed, data_hash, validation, drawn]
    return stage_key("training", code=[train, state], inputs=inputs)


def train(
    draw: Callable[..., Any],
    variant: Variant,
    config: TrainConfig,
    *,
    seed: int,
    data_hash: str,
    folder: Path,
    device: torch.device | None = None,
    progress: bool = True,
    validation: Validation | None = None,
    state: type[TrainingState] = TrainingState,
) -> Trained:
    """Train one row of Table 1, or resume where an interrupted run stopped.

    Parameters
    ----------
    draw : callable
        ``draw(count, rng)`` returns TXM and SEM patches, each (count, patch, patch) uint8, such as
        ``PatchSampler(...).draw_training`` of `shalelib.data.patches.PatchSampler`.
    variant : Variant
    config : TrainConfig
    seed : int
        Initial weights, batches and dropout depend on it alone.
    data_hash : str
        Names the training data, such as ``Dataset.digest()``. A checkpoint of other data or other
        code is not resumed.
    folder : path
        Receives ``generator.safetensors`` and ``history.csv``, and during the training
        ``checkpoint.safetensors``. A finished training that it holds already is returned.
    device : torch.device, optional
        By default, a GPU where there is one, else the processor.
    progress : bool
        Show a progress bar with losses and time left.
    validation : Validation, optional
        Images (`shalelib.models.watch.Validation`) to translate and measure after every epoch, and
        to keep up to 20 times as ``samples/epoch<number>.tif``; they do not affect the network.
        Those of an earlier training in the folder are removed when another begins.
    state : type
        Class of what is trained: by default, a generator of slices; with `VolumeTrainingState` one
        of volumes, for which `draw` draws cubes (`shalelib.data.cubes.CubeSampler`) and
        `validation` is one volume.

    Returns
    -------
    Trained
        Its history has a row for each epoch: ``epoch``, from 1; ``learning_rate``; mean losses;
        ``output_std``, the standard deviation of the generator's output in [-1, 1]; ``seconds``, of
        processor time or, on a GPU, wall-clock time; ``jacobian``, the squared Jacobian norm of the
        generator for a 128 x 128 patch; ``adversarial_ratio``, the adversarial gradient at its
        output over that of the weighted L1 term (adversarial rows only); and, with `validation`,
        what `shalelib.models.watch.measure` returns. The training of volumes leaves out
        ``jacobian`` and ``adversarial_ratio``.

    Raises
    ------
    TypeError, ValueError
        An argument is of another kind, `seed` is not a whole number, `draw` draws patches of
        another size than that of `config`, or `state` does not train the generator of `variant`.
    shalelib.models.state.TrainingDivergedError
        A loss is not finite or the generator collapsed; the last good checkpoint is kept.

    Notes
    -----
    Every step seeds its own batch, dropout and probes from (seed, step), so a run that was killed
    and resumed ends in the same weights, bit for bit, on one machine's processor.
    """
    if not callable(draw):
        msg = (
            f"draw must be a function of a number of patches and a generator, got {short(draw)}; "
            "shalelib.data.PatchSampler draws them"
        )
        raise TypeError(msg)
    check_kind("variant", variant, Variant, mend="take one of shalelib.models.get_variant(name)")
    check_kind("config", config, TrainConfig, mend="write TrainConfig(patch=64)")
    check_seed(seed)
    seed = int(seed)  # which JSON can hold, as it cannot NumPy's
    check_kind("state", state, type, mend="pass a class, such as VolumeTrainingState")
    folder = given_path(folder)
    device = choose_device() if device is None else device
    check_kind("device", device, torch.device, mend="write torch.device('cpu')")
    key = training_key(
        draw,
        variant,
        config,
        seed=seed,
        data_hash=data_hash,
        validation=validation,
        state=state,
    )
    final = folder / GENERATOR
    done = _finished(final, key)
    if done is not None:
        return done

    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), _flushing_denormals():
        now = state(variant, config, seed=seed, device=device, key=key)
        now.resume(folder / "checkpoint.safetensors")
        if now.epoch == 0:
            for _, earlier in _sample_files(folder):
                earlier.unlink()
        bar = tqdm(total=config.total_epochs, initial=now.epoch, unit="epoch", disable=not progress)
        bar.set_description(variant.label)
        interval = -(-config.total_epochs // SAMPLINGS)
        digits = max(3, len(str(config.total_epochs)))
        while now.epoch < config.total_epochs:
            now.train_epoch(draw)
            if validation is not None:
                predicted = now.translate(validation.txm)
                now.history[-1] |= measure(predicted, validation.sem)
                if now.epoch % interval == 0:
                    _write_samples(folder, f"{now.epoch:0{digits}d}", predicted)
            bar.set_postfix({k: f"{v:.3g}" for k, v in now.history[-1].items() if "loss" in k})
            bar.update()
            if now.epoch % config.checkpoint_every == 0:
                now.save(folder / "checkpoint.safetensors")
        bar.close()

    about = {
        "key": key,
        "device": device_name(device),
        "variant": asdict(variant),
        "config": asdict(config),
        "seed": seed,
        "history": now.history,
    }
    write_tensors(final, now.trained.state_dict(), about)
    (folder / "checkpoint.safetensors").unlink(missing_ok=True)
    return _trained(final, about)


@contextmanager
def _flushing_denormals() -> Iterator[None]:
    """Count denormals as zero: they slow processors down and carry no information."""
    before = sys.float_info.min / 2 == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _write_samples(folder: Path, epoch: str, predicted: Grey) -> None:
    payload = io.BytesIO()
    tifffile.imwrite(payload, predicted, photometric="minisblack")
    write_whole(folder / SAMPLES / f"epoch{epoch}.tif", payload.getvalue())


def _sample_files(folder: Path) -> list[tuple[int, Path]]:
    """Return the epochs of the validation images that were kept, and their files, in order."""
    files = (folder / SAMPLES).glob("epoch*.tif")
    named = [(file.stem.removeprefix("epoch"), file) for file in files]
    return sorted((int(epoch), file) for epoch, file in named if epoch.isdecimal())


def read_samples(folder: Path) -> dict[str, Grey]:
    """Read the validation images that a training kept in ``samples`` in its folder.

    Parameters
    ----------
    folder : path
        The folder of the training, as passed to `train`.

    Returns
    -------
    dict of str to (n, y, x) uint8 array
        Translated images by epoch, such as ``epoch 3``, in order; empty where none were kept.

    Warns
    -----
    UserWarning
        A file is damaged; it is left out.
    """
    found = {}
    for epoch, file in _sample_files(given_path(folder)):
        try:
            with logged("tifffile") as lines:
                image = tifffile.imread(file)
            check_grey(str(file), image, ndim=3)
            damage = "; ".join(lines)
        except (OSError, ValueError, TypeError) as error:  # tifffile's own are ValueErrors
            damage = str(error)
        if damage:
            warnings.warn(f"{file} is damaged ({damage}); it is not shown", stacklevel=2)
        else:
            found[f"epoch {epoch}"] = image
    return found


def _finished(generator: Path, key: str) -> Trained | None:
    """Return the training with this key if it is there and intact; warn of a damaged one."""
    if not generator.is_file():
        return None
    try:
        about = read_tensors(generator)[1]
    except ValueError as error:
        warnings.warn(f"{error}; it is trained again", stacklevel=3)
        return None
    own = about.get("key") == key and "precision" not in about  # a reference is rounded
    return _trained(generator, about) if own else None


def _trained(generator: Path, about: dict[str, Any]) -> Trained:
    """Return a finished training; write its history next to it where that is missing."""
    history = pd.DataFrame(about["history"])
    table, path = history.to_csv(index=False), generator.with_name(HISTORY)
    if not path.is_file() or path.read_bytes() != table.encode("utf-8"):
        write_whole(path, table)
    return Trained(
        generator=generator,
        history=history,
        seconds=float(history["seconds"].sum()),
        device=about["device"],
    )
