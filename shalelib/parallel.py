"""How compiled loops share the processor, for every room.

Numba's default on Linux is libgomp, whose threads spin while they wait at a barrier: next to any
other busy process, a small solve takes twenty times as long. The threads of Numba's work queue
sleep instead. It has one flaw: two Python threads that enter it at once end the process. So every
parallel kernel of the package is declared by `parallel_kernel`, which chooses the layer and lets
one caller in at a time; ``NUMBA_THREADING_LAYER`` in the environment still takes precedence.

A process that has run a parallel kernel of its own before the first import of this module keeps
the layer that this kernel launched, and its own kernels are not let in one at a time.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba

from shalelib._first_call import announce_compilation

LAYER = "workqueue"

SMALL = 20_000
"""Items (pores, voxels) below which handing work to a second thread costs more than it saves."""

_ONE_AT_A_TIME = threading.RLock()

if "NUMBA_THREADING_LAYER" not in os.environ:
    numba.config.THREADING_LAYER = LAYER  # type: ignore[attr-defined]

announce_compilation()


def parallel_kernel(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function with parallel loops, for callers in Python.

    Parameters
    ----------
    options
        Options of `numba.njit` other than ``parallel`` and ``cache``.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled = numba.njit(parallel=True, cache=True, **options)(function)

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            with _ONE_AT_A_TIME:
                return compiled(*arguments)

        return call

    return decorate


@contextmanager
def threads_for(items: int) -> Iterator[None]:
    """Use a single thread within the block if `items` are few, else all threads."""
    before = numba.get_num_threads()
    if items < SMALL:
        numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
