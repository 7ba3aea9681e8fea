r"""Corrections of the slow part of a flow: GMRES for density and momentum between lattice steps.

What a lattice step changes in the populations has a density and a momentum, :math:`r`. The map

.. math:: S\, y = y - M B L\, y

takes density and momentum to equilibrium populations (:math:`L`), moves them by one undriven step
(:math:`B`) and takes their density and momentum (:math:`M`). Solving :math:`S y = r` roughly and
adding :math:`L y` removes what is slow. GMRES is preconditioned from the left: what it minimises is
then nearly the error, in which the slow pressure counts, and not the residual, in which it hardly
shows. A step before and after removes what is fast. If :math:`T_\pm = 1/2`, the map is that of the
gas and the step is a whole one. Otherwise it is half a step, the mean of the populations before and
after one, which removes what alternates from step to step, and the corrections converge more
slowly. Each correction is combined with the one before so that the residual is smallest (Anderson
1965, of depth 1).

The populations and what a step changes in them are float64; all else is float32, which affects how
fast the corrections converge, but not to what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.flow._krylov import dot, gmres, norm, remove
from shalelib.flow._pressure import pressure_correction
from shalelib.flow._reduced import MOMENTS, Moments, go_back, moments, move, spread, stream
from shalelib.flow.lattice import Q
from shalelib.flow.problem import Populations, Problem, change, initial

ROUGH = 0.1
"""Relative residual of GMRES; the map itself is no more exact."""


@dataclass(kw_only=True, eq=False)
class CorrectionState:
    """All that a run needs to continue."""

    f: Populations
    moved: Populations  # float32, what the last correction changed in f
    residual: Moments  # before the last correction
    size: float | NDArray[np.float64]  # norm of what a step changes, before the last correction

    @classmethod
    def begin(cls, problem: Problem) -> CorrectionState:
        """Return the state of a gas at rest."""
        f = initial(problem)
        return cls(
            f=f,
            moved=np.zeros(f.size, np.float32),
            residual=np.zeros(f.size // Q * MOMENTS, np.float32),
            size=np.inf,
        )

    def pack(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {name: np.asarray(value) for name, value in vars(self).items()}


def correction_bytes(pores: int, vectors: int) -> int:
    """Return the bytes of what a correction moved, of work arrays, and of density and momentum.

    What a step changes is in float64, and is freed before GMRES allocates its vectors.
    """
    return (4 * Q + max(8 * Q, 4 * Q + 4 * (vectors + 1) * MOMENTS) + 4 * 3 * MOMENTS) * pores


def build_correction(
    problem: Problem, *, precondition: bool, vectors: int
) -> Callable[[CorrectionState], int]:
    """Return a function that corrects a state in place and returns the lattice steps it took."""
    pressure = pressure_correction(problem) if precondition else None
    count, slots = problem.domain.count, problem.domain.slots
    after = np.empty(slots // Q * MOMENTS, np.float32)
    share = share_of_step(problem)

    def residual_of(state: CorrectionState) -> Moments:
        """Step before a correction; return what a step then changes."""
        step = np.empty(slots)
        change(problem, state.f, step)
        move(state.f, state.moved, step, share)
        change(problem, state.f, step)
        state.size = norm(step)
        residual = np.empty_like(after)
        moments(step, count, residual)
        return residual

    def mix(state: CorrectionState, residual: Moments) -> None:
        """Combine a state and its residual with those before the last correction."""
        difference = residual - state.residual
        back = (
            dot(difference, residual) / dot(difference, difference) if state.residual.any() else 0.0
        )
        state.residual[:] = residual
        go_back(state.f, state.moved, np.float32(back))
        remove(difference[None], np.array([back]), residual)

    def solve(state: CorrectionState, residual: Moments) -> int:
        """Add the flow whose density and momentum a step changes by roughly the residual."""
        work = np.empty(slots, np.float32)

        def balance(v: Moments) -> None:
            """Add to v what balances the mass that a step of it leaves."""
            if pressure is not None:
                stream(problem, v, work, after)
                pressure.add(after, v)

        def apply(v: Moments, out: Moments) -> None:
            stream(problem, v, work, out)
            np.subtract(v, out, out=out)
            balance(out)

        balance(residual)
        solution, applied = gmres(apply, residual, vectors=vectors, tolerance=ROUGH)
        spread(solution, work, False)
        move(state.f, state.moved, work, 1.0)
        return applied

    def correct(state: CorrectionState) -> int:
        residual = residual_of(state)
        mix(state, residual)
        applied = solve(state, residual)
        step = np.empty(slots)
        change(problem, state.f, step)
        move(state.f, state.moved, step, share)
        return steps_of(applied, precondition)

    return correct


def share_of_step(problem: Problem) -> float:
    """Return the share of a step taken before and after a correction: all of it if T± = 1/2."""
    return 1.0 if (problem.table[:, :2] == 1).all() else 0.5


def steps_of(applied: int, precondition: bool) -> int:
    """Return the lattice steps of a correction: three, one per product and one per balance."""
    return 3 + applied + (applied + 1 if precondition else 0)
