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

BEFORE, AFTER = 2, 1
"""Half-steps before and after each correction."""

ROUGH = 0.1
"""Residual of GMRES, relative: the map itself is no more exact."""

HELPS = 0.5
"""Residual over the one before above which corrections have not helped."""

PATIENCE = 4
"""Corrections that are given to help."""

GROWTH = 4
"""Times as many vectors as at the start that GMRES may take where corrections do not help."""

_SPARE = 2**30
"""Bytes that all vectors of GMRES may take once there are more of them than at the start."""


@dataclass(kw_only=True, eq=False)
class CorrectionState:
    """All that a run needs to go on."""

    f: Populations
    moved: Populations  # float32, what the last correction changed in f
    residual: Moments  # before the last correction
    size: float | NDArray[np.float64]  # norm of what a step changes, before the last correction
    sizes: NDArray[np.float64]  # the last ones, since GMRES has as many vectors as it has
    growth: int | NDArray[np.int64]  # times as many vectors of GMRES as at the start

    @classmethod
    def begin(cls, problem: Problem) -> CorrectionState:
        """Gas at rest."""
        f = initial(problem)
        return cls(
            f=f,
            moved=np.zeros(f.size, np.float32),
            residual=np.zeros(f.size // Q * MOMENTS, np.float32),
            size=np.inf,
            sizes=np.full(PATIENCE + 1, np.inf),
            growth=1,
        )

    def pack(self) -> dict[str, NDArray[Any]]:
        """Arrays by name."""
        return {name: np.asarray(value) for name, value in vars(self).items()}


def most_vectors(pores: int, vectors: int) -> int:
    """Vectors that GMRES may come to take.

    Where all gas goes through a few voxels, GMRES with few vectors forgets the slow flow beyond
    them at each start and stands still.

    Examples
    --------
    >>> most_vectors(10**5, 14), most_vectors(3 * 10**6, 14), most_vectors(10**8, 14)
    (56, 22, 14)
    """
    return max(vectors, min(GROWTH * vectors, _SPARE // (4 * MOMENTS * pores)))


def vectors_now(state: CorrectionState, pores: int, vectors: int) -> int:
    """Return the number of vectors for the next solution, twice as many if the last did not help.

    Parameters
    ----------
    state : CorrectionState
        Its size is that before the next correction.
    pores, vectors : int
        Nodes, and vectors at the start.
    """
    state.sizes = np.append(state.sizes[1:], state.size)
    if state.size > HELPS * state.sizes[0]:
        state.growth = min(2 * int(state.growth), GROWTH)
        state.sizes = np.full(PATIENCE + 1, np.inf)
    return min(vectors * int(state.growth), most_vectors(pores, vectors))


def correction_bytes(pores: int, vectors: int) -> int:
    """Bytes of what a correction moved, of populations to work on, and of density and momentum.

    What a step changes is in float64, and gone when GMRES takes its vectors.
    """
    return (4 * Q + max(8 * Q, 4 * Q + 4 * (vectors + 1) * MOMENTS) + 4 * 3 * MOMENTS) * pores


def build_correction(
    problem: Problem, *, precondition: bool, vectors: int
) -> Callable[[CorrectionState], int]:
    """Return what corrects a state in place and tells the number of lattice steps it took."""
    pressure = pressure_correction(problem) if precondition else None
    count, slots = problem.domain.count, problem.domain.slots
    y = np.empty(slots // Q * MOMENTS, np.float32)

    def balance(v: Moments, work: Populations, after: Moments) -> None:
        """Put into y what is v with what balances its mass."""
        np.copyto(y, v)
        if pressure is not None:
            stream(problem, v, work, after)
            pressure.add(after, y)

    def half_steps(state: CorrectionState, times: int, step: Populations) -> None:
        for _ in range(times):
            change(problem, state.f, step)
            move(state.f, state.moved, step, 0.5)

    def residual_of(state: CorrectionState) -> Moments:
        """Take the half-steps before a correction; return what a step changes after them."""
        step = np.empty(slots)
        half_steps(state, BEFORE, step)
        change(problem, state.f, step)
        state.size = norm(step)
        residual = np.empty_like(y)
        moments(step, count, residual)
        return residual

    def mix(state: CorrectionState, residual: Moments) -> None:
        """Combine a state and its residual with those before the last correction."""
        difference = residual - state.residual
        share = (
            dot(difference, residual) / dot(difference, difference) if state.residual.any() else 0.0
        )
        state.residual[:] = residual
        go_back(state.f, state.moved, np.float32(share))
        remove(difference[None], np.array([share]), residual)

    def solve(state: CorrectionState, residual: Moments, vectors: int) -> int:
        """Add the flow whose density and momentum a step changes by the residual, roughly."""
        work = np.empty(slots, np.float32)

        def apply(v: Moments, out: Moments) -> None:
            balance(v, work, out)
            stream(problem, y, work, out)
            np.subtract(y, out, out=out)

        solution, applied = gmres(apply, residual, vectors=vectors, tolerance=ROUGH)
        balance(solution, work, np.empty_like(y))
        spread(y, work, False)
        move(state.f, state.moved, work, 1.0)
        return applied

    def correct(state: CorrectionState) -> int:
        residual = residual_of(state)
        mix(state, residual)
        applied = solve(state, residual, vectors_now(state, count, vectors))
        half_steps(state, AFTER, np.empty(slots))
        return BEFORE + AFTER + 1 + (2 if precondition else 1) * applied

    return correct
