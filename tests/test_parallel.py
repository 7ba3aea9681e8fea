"""One threading layer, whatever is imported first, and one caller at a time."""

import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from shalelib.parallel import LAYER, SMALL, threads_for

ROOT = Path(__file__).parents[1]
SOLVE = """
import numpy as np
from shalelib.flow.problem import build_problem
from shalelib.flow.solver import solve_steady

solve = lambda: solve_steady(build_problem(np.ones((4, 4, 4), bool))).fluxes.k_lu
"""
PRINT = "\nimport numba\nsolve()\nprint(numba.threading_layer())"
TOGETHER = """
from concurrent.futures import ThreadPoolExecutor

alone = solve()
with ThreadPoolExecutor(4) as pool:
    print({pool.submit(solve).result() for _ in range(4)} == {alone})
    print(set(pool.map(lambda _: solve(), range(12))) == {alone})
"""


def run(code, **environment):
    """Run `code` in a new interpreter and return the words that it prints."""
    import os

    clean = {k: v for k, v in os.environ.items() if k != "NUMBA_THREADING_LAYER"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("first", ["", "import torch", "import numba", "import torch, numba"])
def test_the_layer_is_the_same_whatever_is_imported_first(first):
    """torch brings libgomp along and numba may have compiled before; neither decides."""
    assert run(first + SOLVE + PRINT) == [LAYER]


def test_the_environment_still_wins():
    assert run(SOLVE + PRINT, NUMBA_THREADING_LAYER="omp") == ["omp"]


def test_python_threads_may_solve_at_once():
    """The work queue ends a process that two threads enter; the lock lets them in one by one."""
    assert run(SOLVE + TOGETHER, NUMBA_NUM_THREADS="2") == ["True", "True"]


def test_every_parallel_kernel_is_declared_in_one_way():
    """A kernel that asks numba itself could launch another layer, and would pass the lock by."""
    files = (ROOT / "shalelib").rglob("*.py")
    asking = {p.name for p in files if re.search(r"parallel\s*=\s*True", p.read_text())}
    assert asking == {"parallel.py"}


def test_few_items_take_one_thread():
    before = numba.get_num_threads()
    with threads_for(SMALL - 1):
        assert numba.get_num_threads() == 1
    with threads_for(SMALL):
        assert numba.get_num_threads() == before
    assert numba.get_num_threads() == before
