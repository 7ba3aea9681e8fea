"""From a generator file and TXM images to predicted FIB-SEM images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from shalelib.arguments import check_choice, check_kind
from shalelib.arrays import Grey, check_grey
from shalelib.files import given_path
from shalelib.models.checkpoints import read_tensors
from shalelib.models.config import TrainConfig
from shalelib.models.networks import Generator, build_generator
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.variants import Variant

Inference = Literal["eval", "as_published"]

SHIPPED, SUFFIX = "generators", ".safetensors"  # folder within shalelib.models


def choose_device() -> torch.device:
    """Return the GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """Return what a record calls the device: the name of the GPU, or ``processor``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"


def to_tensor(images: Grey, device: torch.device) -> Tensor:
    """Return grey levels (n, ..., y, x) uint8 as a tensor (n, 1, ..., y, x) in [-1, 1]."""
    pixels = torch.from_numpy(np.require(images, requirements=["C", "W"]))
    return pixels.to(device)[:, None].float() / 127.5 - 1.0


def to_grey(tensor: Tensor) -> Grey:
    """Return a tensor (n, 1, y, x) in [-1, 1] as grey levels (n, y, x) uint8, rounded."""
    levels = (tensor[:, 0].float() + 1.0) * 127.5
    return levels.round().clamp(0, 255).to(torch.uint8).cpu().numpy()


def shipped_generators() -> list[str]:
    """Return the names of the generators that come with shalelib.

    They are trained at profile ``laptop`` on the digital shale or on the authors' patches of Vaca
    Muerta shale. Those of the variant ``three_planes`` translate volumes as a whole, the others
    slice by slice.

    Examples
    --------
    >>> shipped_generators()
    ['pix2pix_phantom', 'pix2pix_vaca_muerta', 'three_planes_phantom']
    """
    found = (Path(entry.name) for entry in (files("shalelib.models") / SHIPPED).iterdir())
    return sorted(path.stem for path in found if path.suffix == SUFFIX)


def load_generator(path: Path | str, *, device: torch.device | str | None = None) -> Generator:
    """Load a trained generator, ready for `translate`, or for `translate_volume`.

    Parameters
    ----------
    path : path
        A ``.safetensors`` file from a training (`train`), or the name of a generator that comes
        with shalelib (`shipped_generators`).
    device : torch.device or str, optional
        Device to compute on, such as "cpu" or "cuda"; by default, a GPU where there is one, else
        the processor.

    Returns
    -------
    Generator
        On the device, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        There is neither such a file nor a shipped generator of this name.
    ValueError
        The file is damaged, of another kind, or not a generator of shalelib; or torch knows no such
        device.
    TypeError
        `path` is not a path, or `device` is neither a torch.device nor the name of one.

    Examples
    --------
    >>> load_generator("pix2pix_phantom").factor
    1
    """
    if device is not None:
        device = _settled(device)
    shipped = shipped_generators()
    if isinstance(path, str) and path in shipped:
        with as_file(files("shalelib.models") / SHIPPED / f"{path}{SUFFIX}") as file:
            tensors, about = read_tensors(file)
    elif (named := given_path(path)).exists():
        check_own_file(named)
        tensors, about = read_tensors(named)
    else:
        msg = (
            f"there is no generator file {path}; train one (notebooks/04_training.py) or name one "
            f"that is shipped: {', '.join(shipped)}"
        )
        raise FileNotFoundError(msg)
    try:
        variant, config = Variant(**about["variant"]), TrainConfig(**about["config"])
        with torch.random.fork_rng(devices=[]):  # building layers draws weights
            generator = (
                VolumeGenerator(config.ngf)
                if variant.generator == "volume"
                else build_generator(variant, config)
            )
        generator.load_state_dict(tensors)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        msg = f"{path} holds no generator that this version of shalelib knows; train it again"
        raise ValueError(msg) from error
    return generator.to(device or choose_device()).eval()


def _settled(device: torch.device | str) -> torch.device:
    """Return a device that was given by its name or as it is."""
    check_kind("device", device, (torch.device, str), mend="write 'cpu' or 'cuda'")
    try:
        return torch.device(device)
    except RuntimeError as error:
        msg = f"torch has no device {device!r} ({error}); write 'cpu' or 'cuda'"
        raise ValueError(msg) from error


def check_own_file(path: Path) -> None:
    """Refuse a network in a file of another kind than shalelib's, by the end of its name.

    Raises
    ------
    ValueError
        It is not a ``.safetensors`` file; the message says how to get one.
    """
    if path.suffix.lower() != SUFFIX:
        msg = (
            f"{path} is no file of shalelib's: a training leaves generator{SUFFIX}, and nothing "
            "else is read, since a .pth or .pt is a pickle, which can run code, and the networks "
            "of the authors' code are built otherwise, so that none can be converted. Name a "
            f"shipped one ({', '.join(shipped_generators())}), or train one on the same pairs by "
            "notebooks/04_training.py"
        )
        raise ValueError(msg)


@torch.inference_mode()
def predict(
    generator: Generator,
    txm: Grey,
    *,
    batch: int = 8,
    inference: Inference = "eval",
    seed: int = 0,
) -> Grey:
    """Translate TXM images as they are; `shalelib.models.translate` takes a mask of the rock.

    Parameters
    ----------
    generator, txm, inference, seed
        As for `shalelib.models.translate`.
    batch : int
        Images at a time; one at a time for ``as_published``.

    Returns
    -------
    (n, y, x) uint8 array
        Where y or x is not a multiple of 4, images are extended by mirroring first, and the result
        is cropped.

    Raises
    ------
    ValueError
        There is no such inference mode, or the generator sees volumes.
    """
    check_grey("txm", txm, ndim=3)
    if isinstance(generator, VolumeGenerator):
        msg = "this generator sees volumes, not slices; use shalelib.models.translate_volume"
        raise ValueError(msg)
    check_choice("inference", inference, ("eval", "as_published"))
    device = next(generator.parameters()).device
    batch = 1 if inference == "as_published" else batch
    height, width = txm.shape[-2:]
    margin = (0, -width % 4, 0, -height % 4)
    parts = []
    devices = [device] if device.type == "cuda" else []
    with _mode(generator, inference), torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        for start in range(0, len(txm), batch):
            images = to_tensor(txm[start : start + batch], device)
            padded = functional.pad(images, margin, mode="reflect")
            parts.append(to_grey(generator(generator.view(padded))[..., :height, :width]))
    return np.concatenate(parts)


@contextmanager
def _mode(generator: Generator, inference: Inference) -> Iterator[None]:
    """Evaluate, or translate as published, and leave the network as it was.

    Batch norm, where its statistics are those of the batch, would move the running ones.
    """
    training = {module: module.training for module in generator.modules()}
    buffers = {name: buffer.clone() for name, buffer in generator.named_buffers()}
    generator.train(inference == "as_published")
    try:
        yield
    finally:
        for module, was in training.items():
            module.training = was
        for name, buffer in generator.named_buffers():
            buffer.copy_(buffers[name])
