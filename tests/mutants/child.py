"""Runs pytest in a process forked from one that has loaded the libraries: seconds a fault saved."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = ["pytest", "torch", "numba", "pandas", "scipy.stats", "scipy.ndimage"]
LIBRARIES += ["skimage.metrics", "tifffile", "tqdm", "safetensors.torch", "matplotlib.pyplot"]
OURS = {"shalelib", "companion", "mutants", "scratch_checkout", "imports", "conftest"}
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(LIBRARIES)


def run_pytest(
    root: Path, arguments: Sequence[str], variables: Mapping[str, str], *, said: Path, limit: float
) -> int:
    """Run pytest in a folder and return its exit status; its words go to a file.

    Raises
    ------
    TimeoutError
        It ran longer than the limit [s] and was stopped.
    """
    child = SERVER.Process(target=_main, args=(root, list(arguments), dict(variables), said))
    child.start()
    child.join(limit)
    if child.is_alive():
        child.kill()
        child.join()
        msg = f"pytest ran longer than {limit} s"
        raise TimeoutError(msg)
    return int(child.exitcode or 0)


def _main(root: Path, arguments: list[str], variables: dict[str, str], said: Path) -> None:
    os.environ.update(variables)
    os.chdir(root)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(root))
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]
    words = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(words, 1)
    os.dup2(words, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    import pytest

    import shalelib

    assert Path(shalelib.__file__).is_relative_to(root), shalelib.__file__
    status = pytest.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status))
