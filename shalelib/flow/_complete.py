r"""Corrections of all populations, for flows that density and momentum do not determine.

A gas follows its density and momentum if the rest of its populations decays within a few steps.
With strong slip it does not: :math:`T_- = \Lambda / T_+` grows with the square of the mean free
path, and odd populations live for :math:`T_- + 1/2` steps, thousands at a Knudsen number of 10.
There `shalelib.flow._correction` would correct what is not slow, and would stop where density and
momentum no longer change although the populations do. Here the change of all populations is
therefore the residual, and GMRES solves for all of them, with nineteen numbers per node and vector
instead of four.

The pressure correction of `shalelib.flow._pressure` may precondition it, which is what a tight
medium needs; in a single wide channel, where the pressure plays no part, all that it adds is
rounding. So after a correction that did not help, the next one switches the preconditioner on or
off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.flow._krylov import gmres, norm
from shalelib.flow._pressure import pressure_correction
from shalelib.flow._reduced import MOMENTS, moments, spread
from shalelib.flow.lattice import Q
from shalelib.flow.problem import Populations, Problem, change, initial
from shalelib.parallel import SMALL

HELPS = 0.5
"""Residual, relative to the one before, above which a correction has not helped."""

_ROUGH = 0.1
"""Relative residual of GMRES; the corrections are repeated with the residual in float64."""


@dataclass(kw_only=True, eq=False)
class CompleteState:
    """All that a run needs to continue."""

    f: Populations
    size: float | NDArray[np.float64]  # norm of what a step changes, before the last correction
    bare: bool | NDArray[np.bool_]  # without the pressure correction, for now

    @classmethod
    def begin(cls, problem: Problem) -> CompleteState:
        """Return the state of a gas at rest."""
        return cls(f=initial(problem), size=np.inf, bare=True)

    def pack(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {name: np.asarray(value) for name, value in vars(self).items()}


def complete_bytes(pores: int, vectors: int) -> int:
    """Return the bytes of what a step changes, of GMRES, and of density and momentum."""
    return (8 * Q + 4 * Q * (_affordable(pores, vectors) + 4) + 2 * 4 * MOMENTS) * pores


def _affordable(pores: int, vectors: int) -> int:
    """Return the number of GMRES vectors: three times as many if a vector is small."""
    return 3 * vectors if pores < SMALL else vectors


def build_complete(
    problem: Problem, *, precondition: bool, vectors: int
) -> Callable[[CompleteState], int]:
    """Return a function that corrects a state in place and returns the lattice steps it took."""
    pressure = pressure_correction(problem) if precondition else None
    slots, count = problem.domain.slots, problem.domain.count
    vectors = _affordable(count, vectors)
    step = np.empty(slots)
    part, full = np.empty((2, slots), np.float32)
    mass, y = np.empty((2, slots // Q * MOMENTS), np.float32)

    def flow_of(v: NDArray[np.float32], bare: bool) -> NDArray[np.float32]:
        """Add to v, in `full`, what balances the mass that a step of it leaves."""
        np.copyto(full, v)
        if pressure is not None and not bare:
            change(problem, v, part, driven=False)
            np.add(part, v, out=part)
            moments(part, count, mass)
            y[:] = 0
            pressure.add(mass, y)
            spread(y, part, False)
            np.add(full, part, out=full)
        return full

    def correct(state: CompleteState) -> int:
        change(problem, state.f, step)
        state.f += np.multiply(step, 0.5, out=step)  # removes what alternates from step to step
        change(problem, state.f, step)
        before, bare = state.size, bool(state.bare)
        state.size = norm(step)
        if state.size > HELPS * before:
            state.bare = bare = not bare

        def apply(v: NDArray[np.float32], out: NDArray[np.float32]) -> None:
            change(problem, flow_of(v, bare), out, driven=False)
            np.negative(out, out=out)

        solution, applied = gmres(apply, step.astype(np.float32), vectors=vectors, tolerance=_ROUGH)
        state.f += flow_of(solution, bare)
        return 2 + (1 if pressure is None or bare else 2) * (applied + 1)

    return correct
