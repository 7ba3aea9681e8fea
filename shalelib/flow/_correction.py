r"""Corrections of the slow part of a flow: GMRES for density and momentum between lattice steps.

What a lattice step changes in the populations has a density and a momentum, :math:`r`. The map

.. math:: S\, y = y - M B L\, y

takes density and momentum to equilibrium populations (:math:`L`), moves them by one undriven step
(:math:`B`) and takes their density and momentum (:math:`M`). Solving :math:`S y = r` roughly and
adding :math:`L y` removes what is slow; half-steps, the mean of populations before and after a
step, remove what is fast, and what alternates from step to step. Where :math:`T_\pm` differ from
1/2 the map is not that of the gas and the corrections converge more slowly; each is then combined
with the one before so that the residual is least (Anderson 1965, of depth 1).

The populations and what a step changes in them are float64; all else is float32, which changes how
fast the corrections converge, not where to.
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

_BEFORE, _AFTER = 2, 1
"""Half-steps before and after each correction."""

_ROUGH = 0.1
"""Residual of GMRES, relative: the map itself is no more exact."""


@dataclass(kw_only=True, eq=False)
class CorrectionState:
    """All that a run needs to go on."""

    f: Populations
    moved: Populations  # float32, what the last correction changed in f
    residual: Moments  # before the last correction
    size: float | NDArray[np.float64]  # norm of what a step changes, before the last correction

    @classmethod
    def begin(cls, problem: Problem) -> CorrectionState:
        """Gas at rest."""
        f = initial(problem)
        return cls(
            f=f,
            moved=np.zeros(f.size, np.float32),
            residual=np.zeros(f.size // Q * MOMENTS, np.float32),
            size=np.inf,
        )

    def pack(self) -> dict[str, NDArray[Any]]:
        """Arrays by name."""
        return {name: np.asarray(value) for name, value in vars(self).items()}


def correction_bytes(pores: int, vectors: int) -> int:
    """Bytes of what a step changes, of what a correction moved, and of density and momentum."""
    return (8 * Q + 4 * Q + 4 * (vectors + 6) * MOMENTS) * pores


def build_correction(
    problem: Problem, *, precondition: bool, vectors: int
) -> Callable[[CorrectionState], int]:
    """Return what corrects a state in place and tells the number of lattice steps it took."""
    pressure = pressure_correction(problem) if precondition else None
    step = np.empty(problem.domain.slots)
    work = step.view(np.float32)[: step.size]  # the two are not needed at once
    count = problem.domain.count
    shape = problem.domain.slots // Q * MOMENTS
    after, y = np.empty(shape, np.float32), np.empty(shape, np.float32)

    def flow_of(v: Moments) -> Moments:
        """Add to v, in y, what balances its mass."""
        np.copyto(y, v)
        if pressure is not None:
            stream(problem, v, work, after)
            pressure.add(after, y)
        return y

    def apply(v: Moments, out: Moments) -> None:
        flow_of(v)
        stream(problem, y, work, out)
        np.subtract(y, out, out=out)

    def half_steps(state: CorrectionState, times: int) -> None:
        for _ in range(times):
            change(problem, state.f, step)
            move(state.f, state.moved, step, 0.5)

    def correct(state: CorrectionState) -> int:
        half_steps(state, _BEFORE)
        residual = np.empty(shape, np.float32)
        change(problem, state.f, step)
        state.size = norm(step)
        moments(step, count, residual)
        difference = residual - state.residual
        share = (
            dot(difference, residual) / dot(difference, difference) if state.residual.any() else 0.0
        )
        state.residual[:] = residual
        go_back(state.f, state.moved, np.float32(share))
        remove(difference[None], np.array([share]), residual)
        solution, applied = gmres(apply, residual, vectors=vectors, tolerance=_ROUGH)
        spread(flow_of(solution), work, False)
        move(state.f, state.moved, work, 1.0)
        half_steps(state, _AFTER)
        return _BEFORE + _AFTER + 1 + (2 if precondition else 1) * applied

    return correct
