"""The steady state of a flow problem, by a Krylov method or by plain stepping."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.flow._complete import CompleteState, build_complete, complete_bytes
from shalelib.flow._correction import (
    CorrectionState,
    build_correction,
    correction_bytes,
)
from shalelib.flow._krylov import norm
from shalelib.flow.checkpoint import load_checkpoint, problem_key, save_checkpoint
from shalelib.flow.convergence import (
    CAUTION,
    FALLS,
    SMOOTHING,
    NotConvergedError,
    Progress,
    estimate_remaining,
    remaining_change,
)
from shalelib.flow.lattice import Q
from shalelib.flow.options import SolverOptions, settled_options
from shalelib.flow.problem import Fluxes, Populations, Problem, advance, fluxes, initial
from shalelib.parallel import threads_for

_ROUND_OFF = 1e-13
"""Change in a step, relative to the populations, that is round-off if it no longer decreases."""

_FOLLOWS = 2.0
"""Longest lifetime of the odd populations [step] at which they follow density and momentum."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Steady:
    """A settled flow in lattice units."""

    populations: Populations
    fluxes: Fluxes
    change: float  # estimated relative change of k still to come
    steps: int  # lattice steps taken, those inside the Krylov method included
    seconds: float
    memory: int  # bytes of populations, links and Krylov vectors


@dataclass(kw_only=True)
class _Run:
    """Bookkeeping of a run: clock, history, reports, checkpoints."""

    problem: Problem
    options: SolverOptions
    report: Callable[[Progress], None] | None
    key: str
    steps: int = 0
    earlier: float = 0.0  # seconds before a restart
    start: float = field(default_factory=time.perf_counter)
    history: list[tuple[float, float]] = field(default_factory=list)
    saved: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return self.earlier + time.perf_counter() - self.start

    @property
    def checkpoint(self) -> Path | None:
        given: Any = self.options.checkpoint  # `SolverOptions` settled it as a path
        return given

    def look(self, f: Populations) -> Fluxes:
        """Measure the fluxes and report them."""
        found = fluxes(self.problem, f)
        self.history.append((self.seconds, found.spread))
        if self.report is not None:
            self.report(
                Progress(
                    steps=self.steps,
                    k_lu=found.k_lu,
                    spread=found.spread,
                    elapsed=self.seconds,
                    remaining=estimate_remaining(self.history, self.options.tolerance),
                )
            )
        return found

    def save(self, arrays: dict[str, NDArray[Any]], *, now: bool = False) -> None:
        """Write a checkpoint if one is due."""
        due = time.perf_counter() - self.saved > self.options.checkpoint_every
        if self.checkpoint is not None and (now or due):
            counters = {"steps": np.array(self.steps), "seconds": np.array(self.seconds)}
            save_checkpoint(self.checkpoint, self.key, arrays | counters)
            self.saved = time.perf_counter()

    def stored(self) -> dict[str, NDArray[Any]] | None:
        """Return the arrays of the checkpoint, if there is one."""
        if self.checkpoint is None or not self.checkpoint.is_file():
            return None
        arrays = load_checkpoint(self.checkpoint, self.key)
        self.steps, self.earlier = int(arrays.pop("steps")), float(arrays.pop("seconds"))
        return arrays

    def give_up(self, spread: float, mend: str = "raise max_steps") -> NotConvergedError:
        return NotConvergedError(
            f"after {self.steps} lattice steps the flux still differs by {spread:.1e} between "
            f"slices or k still drifts (tolerance {self.options.tolerance:.0e}); {mend}"
            + (", or use method='krylov'" if self.options.method == "step" else "")
        )


def memory_bytes(problem: Problem, options: SolverOptions) -> int:
    """Return the bytes that a run needs for mask, links, populations and correction vectors.

    The multigrid hierarchy of the pressure correction is not counted.
    """
    domain = problem.domain
    fixed = domain.pore.nbytes + domain.links.nbytes + domain.node.nbytes
    populations = domain.slots * np.dtype(options.dtype).itemsize
    if options.method == "step":
        return fixed + populations
    return (
        fixed
        + populations
        + krylov_bytes(domain.slots // Q, options.vectors, complete=needs_complete(problem.table))
    )


def krylov_bytes(pores: int, vectors: int, *, complete: bool) -> int:
    """Return the bytes of the correction vectors, of all populations if they are `complete`."""
    return (complete_bytes if complete else correction_bytes)(pores, vectors)


def needs_complete(table: NDArray[np.float64]) -> bool:
    """Decide from the rates of a problem's classes whether corrections take all populations."""
    return bool(1 / table[:, 1].min() > _FOLLOWS)


def solve_steady(
    problem: Problem,
    options: SolverOptions | None = None,
    *,
    report: Callable[[Progress], None] | None = None,
) -> Steady:
    """Find the steady state of `problem`.

    Parameters
    ----------
    problem : Problem
        See `shalelib.flow.problem.build_problem`.
    options : SolverOptions, optional
    report : callable, optional
        Is handed a `Progress` at every check of the fluxes.

    Raises
    ------
    NotConvergedError
        The tolerance was not met within `max_steps`; the checkpoint, if any, holds the state.
    ModuleNotFoundError, ValueError
        torch or its device was asked for and is not available.

    Notes
    -----
    Settled means that the flux between slices agrees to the tolerance everywhere *and* that the
    estimated change of k still to come is below it (`shalelib.flow.convergence`).
    """
    options = settled_options(options)
    run = _Run(
        problem=problem,
        options=options,
        report=report,
        key=problem_key(
            problem,
            f"{options.method} {options.vectors} vectors {options.precondition} {options.dtype}",
        ),
    )
    with threads_for(problem.domain.count):
        f, found, change = (_by_krylov if options.method == "krylov" else _by_steps)(run)
    return Steady(
        populations=f,
        fluxes=found,
        change=change,
        steps=run.steps,
        seconds=run.seconds,
        memory=memory_bytes(problem, options),
    )


def _by_steps(run: _Run) -> tuple[Populations, Fluxes, float]:
    """Step until settled; the change of k is estimated once the spread is below the tolerance."""
    options, problem = run.options, run.problem
    stored = run.stored()
    f = initial(problem, options.dtype) if stored is None else stored["f"]
    found = fluxes(problem, f)
    move = _stepper(run)
    while run.steps < options.max_steps:
        pairs = max(1, min(options.check_every, options.max_steps - run.steps + 1) // 2)
        move(f, pairs)
        run.steps += 2 * pairs
        found = run.look(f)
        run.save({"f": f})
        if found.spread < options.tolerance:
            change, found = remaining_change(problem, f)
            run.steps += 4 * SMOOTHING
            if change < options.tolerance:
                return f, found, change
    run.save({"f": f}, now=True)
    raise run.give_up(found.spread)


def _stepper(run: _Run) -> Callable[[Populations, int], None]:
    """Return the function that advances populations by pairs of steps."""
    if run.options.backend == "numba":
        return lambda f, pairs: advance(run.problem, f, pairs)
    from shalelib.flow._torch import stepper  # torch takes seconds to load

    return stepper(run.problem, run.options.dtype, run.options.device)


def _by_krylov(run: _Run) -> tuple[Populations, Fluxes, float]:
    """Correct until settled; see `shalelib.flow._correction` and `shalelib.flow._complete`."""
    options, problem = run.options, run.problem
    stored = run.stored()
    aim, k, moved, size = (
        (options.tolerance, *[np.inf] * 3) if stored is None else stored.pop("aim_k_moved_size")
    )
    state, correct = _corrections(problem, options, stored)
    spread = np.inf
    while run.steps < options.max_steps:
        earlier, size, k_before, moved_before = size, float(state.size), k, moved
        run.steps += correct(state)
        if size / 2 < state.size <= _ROUND_OFF * norm(state.f) or state.size == 0:
            return _at_round_off(run, state.f)
        if not np.isfinite(state.size):
            raise run.give_up(spread, "the corrections diverge, so take T_plus=0.5, the default")
        found = run.look(state.f)
        k, spread = found.k_lu, found.spread
        moved = abs(k - k_before) / abs(k)
        change = CAUTION * max(moved, moved_before) if state.size <= FALLS * earlier else np.inf
        if spread < options.tolerance and change < options.tolerance:
            return state.f, found, change
        if spread <= aim and moved < options.tolerance:
            f = state.f.copy()
            change, found = remaining_change(problem, f)
            run.steps += 4 * SMOOTHING
            if change < options.tolerance and found.spread < options.tolerance:
                return f, found, change
            aim = spread / 2  # the same run goes on, to a tighter aim
        so_far = {"aim_k_moved_size": np.array([aim, k, moved, size])}
        run.save(state.pack() | so_far, now=run.steps >= options.max_steps)
    raise run.give_up(spread)


def _corrections(
    problem: Problem, options: SolverOptions, stored: dict[str, NDArray[Any]] | None
) -> tuple[Any, Callable[[Any], int]]:
    """Return the state, new or stored, and the function that corrects it."""
    complete = needs_complete(problem.table)
    kind: Any = CompleteState if complete else CorrectionState
    build: Any = build_complete if complete else build_correction
    if options.backend == "torch":
        if complete:
            msg = (
                "so much slip needs corrections of all populations, which backend='torch' does not "
                "have; take backend='numba'"
            )
            raise ValueError(msg)
        from shalelib.flow._torch_correction import build_torch_correction  # torch loads slowly

        build = functools.partial(build_torch_correction, device=options.device)
    correct = build(problem, precondition=options.precondition, vectors=options.vectors)
    return kind.begin(problem) if stored is None else kind(**stored), correct


def _at_round_off(run: _Run, f: Populations) -> tuple[Populations, Fluxes, float]:
    """Accept a state that steps no longer change, if its fluxes agree."""
    change, found = remaining_change(run.problem, f)
    run.steps += 4 * SMOOTHING
    if not found.spread < run.options.tolerance:
        mend = f"rounding leaves no less: take a tolerance above {found.spread:.0e}"
        raise run.give_up(found.spread, mend)
    return f, found, change
