"""The solver against exact solutions, as tested and as shown in the book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from shalelib.arrays import Mask, Real
from shalelib.flow._kernels import LANES
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import connected_pores
from shalelib.flow.lattice import Q
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import (
    Problem,
    advance,
    advance_plain,
    build_problem,
    fields,
    initial,
)
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER, SlipModel, unchanged
from shalelib.flow.solver import solve_steady

FIXED_PATH = SlipModel(name="second order, fixed path", c1=0.8183, c2=0.6531, effective=unchanged)
"""The default coefficients with one mean free path everywhere: exact in slits."""


def medium(n: int, *, porosity: float = 0.3, width: float = 1.2, seed: int = 3) -> Mask:
    """Return the connected pores of a thresholded Gaussian field, an (n, n, n) array."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((n,) * 3), width)
    return connected_pores(field < np.quantile(field, porosity))


def slit(height: int, **options: Any) -> Problem:
    """Return a slit between two walls, periodic along the flow and across it."""
    pore = np.ones((2, height, 1), bool)
    return build_problem(pore, ends="periodic", sides=("wall", "periodic"), **options)


def slit_errors(heights: Sequence[int], T_plus: Sequence[float]) -> list[dict[str, float]]:
    """Return the relative error of the permeability of slits without slip.

    Notes
    -----
    Half-way walls and magic 3/16 put the nodes on the parabola; the mean over the nodes of
    y (h - y) / 2 is (h² + 1/2) / 12 voxel², for any T+.
    """
    rows = []
    for height in heights:
        exact = (height**2 + 0.5) / 12
        for value in T_plus:
            steady = solve_steady(slit(height, T_plus=value), SolverOptions(tolerance=1e-10))
            k = steady.fluxes.k_lu
            rows.append({"height": height, "T_plus": value, "k": k, "error": k / exact - 1})
    return rows


def grid_part(height: int, slip_length: float) -> float:
    r"""Return what a slit transports on the lattice beyond a fine grid, over G [voxel²].

    .. math:: \frac{1}{24} - \frac{A}{6} \left( 1 - \frac{1}{3 h} \right), \quad A = C_1 \lambda_e .

    Notes
    -----
    The mean of a parabola over the nodes is 1/24 more than over the section. At each wall the nodes
    move :math:`\tfrac16 A (u_w' + \tfrac16 u_w'')` more than crosses between slices: half of what
    the diagonal links bring from the wall and take to it, :math:`f_\mathrm{in} - f_\mathrm{out}`,
    which follows from the profile of :math:`p` and :math:`m` near the wall. In a slit
    :math:`u_w' = G h / 2` and :math:`u_w'' = -G`, with G the driving force over the viscosity.

    Examples
    --------
    >>> round(grid_part(4, 0.0) * 24, 12)
    1.0
    """
    return 1 / 24 - slip_length / 6 * (1 - 1 / (3 * height))


def slip_profile(height: int, kn: float, *, T_plus: float = 0.5) -> tuple[Real, Real, Real]:
    """Return the velocity across a slit with slip, and the exact one.

    Parameters
    ----------
    height : int
        [voxel].
    kn : float
        Mean free path over height.
    T_plus : float

    Returns
    -------
    three (height,) arrays
        Distance from the wall [voxel]; velocity; exact velocity, both times the viscosity over the
        driving force [voxel²].

    Notes
    -----
    Second-order slip gives y (h - y) / 2 + C1 L h / 2 + C2 L² with L the mean free path.
    """
    path = kn * height
    problem = slit(
        height,
        kn=np.full((2, height, 1), kn),
        mean_free_path_lu=path,
        slip=FIXED_PATH,
        T_plus=T_plus,
    )
    steady = solve_steady(problem, SolverOptions(tolerance=1e-11))
    _, velocity = fields(problem, steady.populations)
    y = np.arange(height) + 0.5
    slip = FIXED_PATH.c1 * path * height / 2 + FIXED_PATH.c2 * path**2
    return y, velocity[0, 0, :, 0] * T_plus / 3, y * (height - y) / 2 + slip


def duct_errors(sizes: Sequence[int]) -> list[dict[str, float]]:
    """Return the relative error of the permeability of square ducts against the exact series.

    Notes
    -----
    k = h²/12 (1 - 192/pi^5 sum tanh(n pi/2)/n^5) over odd n; the error is of second order.
    """
    odd = np.arange(1, 40, 2)
    series = (1 - 192 / np.pi**5 * (np.tanh(odd * np.pi / 2) / odd**5).sum()) / 12
    rows = []
    for size in sizes:
        problem = build_problem(np.ones((2, size, size), bool), ends="periodic")
        k = solve_steady(problem, SolverOptions(tolerance=1e-7)).fluxes.k_lu / size**2
        rows.append({"size": size, "k": k, "exact": series, "error": k / series - 1})
    return rows


def tilted_errors(widths: Sequence[int]) -> list[dict[str, float]]:
    """Return the relative error of slits at 45°, whose walls are staircases closed at their edges.

    Parameters
    ----------
    widths : sequence of int
        Width of the opening along an axis [voxel]; that of the slit is less by a factor of the
        square root of 2.

    Notes
    -----
    Half the periodic box is open, and force and flux are both projected on the slit.
    """
    rows = []
    for width in widths:
        n = 2 * width
        z, y = np.indices((n, n))
        pore = (((z - y) % n) < width)[:, :, None]
        problem = build_problem(pore, ends="periodic", sides=("periodic", "periodic"))
        exact = 0.5 * 0.5 * (width**2 / 2) / 12
        k = solve_steady(problem, SolverOptions(tolerance=1e-7)).fluxes.k_lu
        rows.append({"width": width, "k": k, "exact": exact, "error": k / exact - 1})
    return rows


def viscosity_spread(
    pore: Mask, T_plus: Sequence[float], *, slip: SlipModel = SECOND_ORDER
) -> list[dict[str, float]]:
    """Return the permeability of a periodic medium for several T+, on which it must not depend.

    Parameters
    ----------
    pore : (z, y, x) bool array
    T_plus : sequence of float
    slip : SlipModel
        Taken at a local Knudsen number of 0.1 and a mean free path of half a voxel.
    """
    rows = []
    for value in T_plus:
        problem = build_problem(
            pore,
            kn=np.full(pore.shape, 0.1),
            mean_free_path_lu=0.5,
            slip=slip,
            ends="periodic",
            sides=("periodic", "periodic"),
            T_plus=value,
        )
        steady = solve_steady(problem, SolverOptions(tolerance=1e-6))
        rows.append({"T_plus": value, "k": steady.fluxes.k_lu, "steps": steady.steps})
    first = rows[0]["k"]
    return [row | {"difference": row["k"] / first - 1} for row in rows]


def invariants(pore: Mask) -> list[dict[str, Any]]:
    """Check symmetries and conservation laws on one medium.

    Parameters
    ----------
    pore : (z, y, x) bool array
        A cube that percolates along axis 0.

    Returns
    -------
    list of dict
        Each ``law``, and the relative ``deviation`` from it.
    """
    options: dict[str, Any] = {"voxel_size": 30e-9, "options": SolverOptions(tolerance=1e-8)}
    k = permeability(pore, **options).permeability
    turned = permeability(np.moveaxis(pore, 0, 2), axis=2, **options).permeability
    mirrored = permeability(pore[:, ::-1].copy(), **options).permeability
    drop = permeability(pore, pressure_drop=8e4, **options).permeability
    return [
        {"law": "a step conserves mass", "deviation": _mass_change(pore)},
        {"law": "in-place pairs equal two-array steps", "deviation": _twin_difference(pore)},
        {"law": "k turns with the volume", "deviation": abs(turned / k - 1)},
        {"law": "the mirror image has the same k", "deviation": abs(mirrored / k - 1)},
        {"law": "k does not depend on the pressure drop", "deviation": abs(drop / k - 1)},
    ]


def _closed_problem(pore: Mask) -> Problem:
    """Return a periodic problem with slip, which nothing enters or leaves."""
    return build_problem(
        pore,
        kn=np.full(pore.shape, 0.2),
        mean_free_path_lu=0.6,
        slip=SECOND_ORDER,
        ends="periodic",
        sides=("periodic", "periodic"),
    )


def _mass_change(pore: Mask) -> float:
    """Return the change of mass in ten steps, relative to the sum of the populations' moduli."""
    problem = _closed_problem(pore)
    f = np.random.default_rng(0).standard_normal(problem.domain.slots)
    nodes = np.arange(problem.domain.count)
    inside = np.zeros_like(f).reshape(-1, Q, LANES)
    inside[nodes // LANES, :, nodes % LANES] = 1
    before, size = (f * inside.ravel()).sum(), np.abs(f).sum()
    advance(problem, f, 5)
    return float(abs((f * inside.ravel()).sum() - before) / size)


def _twin_difference(pore: Mask) -> float:
    """Return the largest relative difference of populations after two steps taken in both ways."""
    problem = _closed_problem(pore)
    f = initial(problem)
    once, twice = np.zeros_like(f), np.zeros_like(f)
    advance_plain(problem, f, once)
    advance_plain(problem, once, twice)
    advance(problem, f)
    return float(np.abs(f - twice).max() / np.abs(f).max())


def method_comparison(pore: Mask, *, max_steps: int = 200_000) -> list[dict[str, Any]]:
    """Solve one medium with mirror ends by every method, without slip, to a tolerance of 1e-3.

    Returns
    -------
    list of dict
        ``method``, lattice ``steps``, ``k`` [voxel²] and ``spread`` of the flux.
    """
    problem = build_problem(pore, slip=NO_SLIP)
    methods = {
        "GMRES, pressure correction": SolverOptions(),
        "GMRES": SolverOptions(precondition=False),
        "plain steps": SolverOptions(method="step", max_steps=max_steps),
    }
    rows = []
    for name, options in methods.items():
        steady = solve_steady(problem, options)
        found = steady.fluxes
        rows.append(
            {"method": name, "steps": steady.steps, "k": found.k_lu, "spread": found.spread}
        )
    return rows
