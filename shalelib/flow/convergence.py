r"""When a flow has settled, judged on its physical time scale.

Two slow processes end in the steady state: momentum diffuses across the pores with the viscosity,
and pressure diffuses along the sample with

.. math:: D = \frac{c_s^2 k}{\varphi \nu},

which in tight media is by far the slower. The slowest mode decays as :math:`e^{-t / \tau}`, so the
rate at which k still changes times :math:`\tau` estimates how much k has yet to change. A test of
the change over a fixed number of steps would stop orders of magnitude too early. Where two modes
change k in opposite directions, the rate is less than that of the slower one alone; twice the
estimate is therefore compared with the tolerance.

Where density and momentum are corrected, the corrections leave small remainders of many faster
modes, and their rate times the settling time of the slowest mode is a large overestimate: in a
tight medium of 128\ :sup:`3` voxels forty times the true remaining change. A second estimate is
available there. Each correction solves roughly for all that remains, so as long as the residual
falls well, twice the larger of the changes that the last two corrections made in k exceeds the
change still to come. This estimate is tried first, and the estimate by the rate, which takes more
steps, only where it does not suffice. The spread of the flux must be below the tolerance in any
case: as long as the pressure has not settled, the flux differs between slices by more than the
error of k, since k lies between the smallest and the largest flux.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.flow.problem import Fluxes, Populations, Problem, advance, fluxes

CAUTION = 2.0
"""Factor on the estimated change of k, for modes whose rates cancel in part."""

FALLS = 0.5
"""Largest residual, over that of two corrections before, at which their changes of k are trusted.

If each change is q times the one before, what is left is :math:`q^2 / (1 - q)` times the last but
one, which is less than `CAUTION` times that one for any q up to 0.73, whose square is 0.53."""

SMOOTHING = 10
"""Pairs of steps that damp the fast modes left by a Krylov method before k's rate is measured."""


class NotConvergedError(RuntimeError):
    """A flow or a potential did not settle within the steps allowed; no value is returned."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has come."""

    steps: int
    k_lu: float  # [voxel²]
    spread: float  # of the flux between slices
    elapsed: float  # [s]
    remaining: float  # [s], extrapolated from the decrease of the spread; nan if there is none


def settling_time(problem: Problem, k_lu: float) -> float:
    """Return the decay time of the slowest mode, of momentum or of pressure [steps].

    Notes
    -----
    The momentum time is that of a slit with the same permeability per porosity; it matters in wide
    channels only.
    """
    pore = problem.domain.pore
    viscosity = problem.T_plus / 3
    diffusivity = k_lu / (3 * pore.mean() * viscosity)
    pressure = (pore.shape[0] / np.pi) ** 2 / diffusivity if diffusivity > 0 else np.inf
    width2 = 12 * k_lu / pore.mean()  # the square of the width of a slit of that permeability
    return float(max(pressure, width2 / (np.pi**2 * viscosity)))


def remaining_change(problem: Problem, f: Populations) -> tuple[float, Fluxes]:
    """Estimate the relative change of k still to come; also return the fluxes after a few steps.

    Notes
    -----
    `f` is advanced in place.
    """
    advance(problem, f, SMOOTHING)
    before = fluxes(problem, f)
    advance(problem, f, SMOOTHING)
    after = fluxes(problem, f)
    rate = abs(after.k_lu - before.k_lu) / (2 * SMOOTHING)
    return CAUTION * rate * settling_time(problem, after.k_lu) / abs(after.k_lu), after


def estimate_remaining(history: list[tuple[float, float]], tolerance: float) -> float:
    """Extrapolate the logarithm of the spread over the later half of ``(seconds, spread)``.

    Examples
    --------
    >>> round(estimate_remaining([(0.0, 1.0), (1.0, 0.1), (2.0, 0.01)], 1e-3), 3)
    1.0
    """
    recent = [(t, s) for t, s in history[len(history) // 2 :] if np.isfinite(s) and s > 0]
    if len(recent) < 2:
        return np.nan
    seconds, spreads = np.array(recent).T
    slope = np.polyfit(seconds, np.log(spreads), 1)[0]
    if slope >= 0:
        return np.nan
    return float(max(0.0, (np.log(tolerance) - np.log(spreads[-1])) / slope))
