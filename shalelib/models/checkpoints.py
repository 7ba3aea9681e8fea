"""Model files: safetensors with a JSON description, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from shalelib.files import write_whole


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write named tensors and a description to `path`, replacing it only when complete.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an earlier file is left as it was.
    """
    write_whole(path, pack_tensors(tensors, about))


def pack_tensors(tensors: dict[str, Tensor], about: dict[str, Any]) -> bytes:
    """Return the bytes of the file that `write_tensors` writes."""
    return save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()},
        metadata={"about": json.dumps(about)},  # in the order given, as of a table's columns
    )


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is truncated, not a safetensors file, or lacks the description.
    """
    if not path.is_file():
        msg = f"there is no model file {path}; train it first (notebooks/04_training.py)"
        raise FileNotFoundError(msg)
    try:
        with safe_open(path, framework="pt") as archive:
            about = json.loads((archive.metadata() or {})["about"])
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        msg = f"{path} is damaged or no model file of shalelib ({error}); copy it again, "
        msg += "or train it (notebooks/04_training.py)"
        raise ValueError(msg) from error
    return tensors, about


def pack(prefix: str, state: dict[str, Any]) -> dict[str, Tensor]:
    """Flatten a nested state dictionary of tensors and numbers to named tensors."""
    flat: dict[str, Tensor] = {}
    for name, value in state.items():
        key = f"{prefix}/{name}"
        if isinstance(value, dict):
            flat.update(pack(key, value))
        else:
            flat[key] = torch.as_tensor(value)
    return flat


def unpack(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Invert `pack`; numbers are returned as tensors."""
    state: dict[str, Any] = {}
    for key, value in tensors.items():
        if key.startswith(f"{prefix}/"):
            *parents, name = key.removeprefix(f"{prefix}/").split("/")
            node = state
            for parent in parents:
                node = node.setdefault(parent, {})
            node[name] = value
    return state
