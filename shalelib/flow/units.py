"""Darcies, and from lattice units to SI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.flow.gas import Gas
from shalelib.flow.problem import Problem

DARCY = 9.869232667160130e-13
"""One darcy, 9.869232667160130e-13 m²."""

NANODARCY = 1e-9 * DARCY
"""One nanodarcy, 1e-9 darcy [m²]."""


def nanodarcy_text(permeability: float) -> str:
    """Write a permeability in nanodarcy with three significant digits, as the book's tables do.

    Parameters
    ----------
    permeability : float
        [m²]. From 10,000 nd on the digits are grouped in threes; below 0.0001 nd and from 1e9 nd on
        the text has a power of ten.

    Examples
    --------
    >>> [nanodarcy_text(k * NANODARCY) for k in (128_812, 2880.4, 75.04, 0.8)]
    ['129,000', '2880', '75.0', '0.800']
    """
    value = permeability / NANODARCY
    text = f"{value:.2e}"
    if not 1e-4 <= abs(value) < 1e9:
        return text
    rounded, decimals = float(text), max(2 - int(text.split("e")[1]), 0)
    return f"{rounded:,.{decimals}f}" if rounded >= 10_000 else f"{rounded:.{decimals}f}"


@dataclass(frozen=True, kw_only=True)
class LatticeUnits:
    """SI value of one lattice unit, and the ranges of the scheme's parameters over the nodes."""

    length: float  # of a voxel [m]
    time: float  # of a step [s]
    mean_free_path_lu: float  # [voxel]
    T_plus: tuple[float, float]  # smallest and largest
    T_minus: tuple[float, float]
    magic: tuple[float, float]
    r: tuple[float, float]  # share of bounce-back at the walls

    @property
    def velocity(self) -> float:
        """Velocity of one voxel per step [m/s]."""
        return self.length / self.time

    @property
    def viscosity(self) -> float:
        """Kinematic viscosity of one voxel² per step [m²/s]."""
        return self.length**2 / self.time

    def __str__(self) -> str:
        def span(values: tuple[float, float]) -> str:
            low, high = values
            return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"

        return "\n".join(
            [
                f"voxel            {self.length:.4g} m",
                f"step             {self.time:.4g} s",
                f"voxel per step   {self.velocity:.4g} m/s",
                f"mean free path   {self.mean_free_path_lu:.4g} voxel",
                f"T+               {span(self.T_plus)}",
                f"T-               {span(self.T_minus)}",
                f"Lambda           {span(self.magic)}",
                f"r                {span(self.r)}",
            ]
        )


def lattice_units(problem: Problem, *, gas: Gas, voxel_size: float) -> LatticeUnits:
    """Return the SI values of the lattice units, and the ranges of the parameters of the nodes.

    Parameters
    ----------
    problem : Problem
    gas : Gas
        Its kinematic viscosity sets the time step.
    voxel_size : float
        Edge of a voxel [m].

    Examples
    --------
    >>> from shalelib.flow.gas import METHANE
    >>> from shalelib.flow.problem import build_problem
    >>> problem = build_problem(np.ones((2, 3, 3), bool))
    >>> units = lattice_units(problem, gas=METHANE, voxel_size=33.6e-9)
    >>> units.T_plus, round(units.magic[0], 4), units.r, round(units.time * 1e12, 1)  # ps
    ((0.5, 0.5), 0.1875, (1.0, 1.0), 58.6)
    """
    plus = 1 / problem.table[:, 0] - 0.5
    minus = 1 / problem.table[:, 1] - 0.5

    def span(values: np.ndarray) -> tuple[float, float]:
        return float(values.min()), float(values.max())

    return LatticeUnits(
        length=voxel_size,
        time=problem.T_plus / 3 * voxel_size**2 / gas.kinematic_viscosity,
        mean_free_path_lu=gas.mean_free_path / voxel_size,
        T_plus=span(plus),
        T_minus=span(minus),
        magic=span(plus * minus),
        r=span(1 - problem.table[:, 2]),
    )
