"""Checkpoints of a run: written whole, refused for another problem, restarted bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import digest
from shalelib.files import whole_file
from shalelib.flow.problem import Problem


def problem_key(problem: Problem, method: str) -> str:
    """Return the key of a problem and method; a checkpoint restarts only if its key agrees."""
    domain = problem.domain
    return digest(
        domain.pore,
        domain.node,
        problem.table,
        domain.ends,
        domain.sides,
        problem.force,
        problem.pressure,
        problem.length,
        method,
    )


def own_checkpoint(options: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the options of one of several flows: its checkpoint, if any, is a file of its own."""
    solver: Any = options.get("options")
    given = getattr(solver, "checkpoint", None)
    if given is None:
        return options
    own = given.with_name(f"{given.stem}_{name}{given.suffix}")
    return options | {"options": replace(solver, checkpoint=own)}


def save_checkpoint(path: Path, key: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays and the key of their problem as an .npz file, whole or not at all."""
    with whole_file(path) as stream:
        members: dict[str, Any] = {"key": np.array(key), **arrays}
        np.savez(stream, **members)


def load_checkpoint(path: Path, key: str) -> dict[str, NDArray[Any]]:
    """Read a checkpoint of the problem called `key`.

    Raises
    ------
    ValueError
        The file belongs to another problem or method, or is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        found = str(arrays.pop("key"))
    except (
        ValueError,
        KeyError,
        OSError,
        EOFError,
        AttributeError,
        RuntimeError,
        BadZipFile,
        error,
    ) as fault:
        msg = (
            f"{path} is damaged or no checkpoint ({type(fault).__name__}); move it away to start "
            "anew, or name another file"
        )
        raise ValueError(msg) from fault
    if found != key:
        msg = f"{path} is the checkpoint of another problem or method; name another file"
        raise ValueError(msg)
    return arrays
