"""The flow solver against exact solutions, kinetic theory, the literature and a second solver."""

from __future__ import annotations

import numpy as np
import pytest

from companion.datasets import load_cubes
from shalelib.flow.solver import SolverOptions, solve_steady
from shalelib.flow.stokes import stokes_permeability
from shalelib.flow.validation import (
    FIXED_PATH,
    duct_errors,
    grid_part,
    invariants,
    medium,
    method_comparison,
    slip_profile,
    slit,
    slit_errors,
    tilted_errors,
    viscosity_spread,
)
from shalelib.flow.validation_peers import (
    literature,
    plane_poiseuille,
    sphere_errors,
    sphere_octant,
    sphere_summary,
    stokes_comparison,
)
from shalelib.phantom.volume import flow_domain

# Exact solutions


@pytest.mark.parametrize("T_plus", [0.02, 0.1, 0.5, 1.5])
@pytest.mark.parametrize("height", [1, 4, 9])
def test_slit_permeability_is_exact(height, T_plus):
    """TRT with magic 3/16 puts the wall half-way: nodes lie on the parabola, for any T+."""
    [row] = slit_errors([height], [T_plus])
    assert abs(row["error"]) < 1e-9


@pytest.mark.parametrize("kn", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("height", [3, 8, 16])
@pytest.mark.parametrize("T_plus", [0.1, 0.6])
def test_slip_velocity_profile_is_exact(height, kn, T_plus):
    """u = G [y(h - y)/2 + C1 L h/2 + C2 L²] at every node, by the derivation of r and Lambda."""
    y, found, exact = slip_profile(height, kn, T_plus=T_plus)
    np.testing.assert_allclose(found, exact, rtol=1e-10)
    path = kn * height
    by_hand = y * (height - y) / 2 + 0.8183 * path * height / 2 + 0.6531 * path**2
    np.testing.assert_allclose(exact, by_hand, rtol=1e-13)


@pytest.mark.parametrize("kn", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("height", [1, 2, 3, 8, 16])
def test_what_a_slip_slit_transports_is_exact(height, kn):
    """k = h²/12 + 1/24 + A h/2 + C2 L² - A/6 (1 - 1/(3 h)): derived, to the iterative tolerance."""
    path = kn * height
    walls = {"kn": np.full((2, height, 1), kn), "mean_free_path_lu": path, "slip": FIXED_PATH}
    options = SolverOptions(tolerance=1e-10, precondition=False)
    k = solve_steady(slit(height, T_plus=0.6, **walls), options).fluxes.k_lu
    a = 0.8183 * path
    by_hand = height**2 / 12 + 1 / 24 + a * height / 2 + 0.6531 * path**2
    by_hand -= a / 6 * (1 - 1 / (3 * height))
    assert k == pytest.approx(by_hand, rel=1e-9)
    fine = height**2 / 12 + a * height / 2 + 0.6531 * path**2
    assert by_hand - fine == pytest.approx(grid_part(height, a))


def test_square_duct_against_the_series():
    """Second order: the node average alone is off by about 1/h²; extrapolation leaves h⁻⁴."""
    coarse, fine = duct_errors([12, 24])
    assert abs(fine["error"]) < 1 / 24**2
    assert (4 * fine["k"] - coarse["k"]) / 3 == pytest.approx(fine["exact"], rel=1e-4)


@pytest.mark.parametrize("width", [6, 12])
def test_tilted_slit(width):
    """A staircase at 45°, closed at its edges, errs by -1/4 of the voxels across, squared."""
    [row] = tilted_errors([width])
    assert row["error"] == pytest.approx(-0.25 / width**2, rel=0.01)


def test_laws_hold():
    """Conservation and in-place storage to round-off; symmetries to the solver's tolerance."""
    found = {row["law"]: row["deviation"] for row in invariants(medium(12, porosity=0.4))}
    assert found["a step conserves mass"] < 1e-14
    assert found["in-place pairs equal two-array steps"] < 1e-13
    assert max(found.values()) < 1e-7


def test_permeability_of_spheres_does_not_depend_on_the_viscosity():
    rows = viscosity_spread(sphere_octant(24, 0.3), (0.1, 0.5, 1.2))
    assert max(abs(row["difference"]) for row in rows) < 1e-4


def test_all_methods_end_in_the_same_flow():
    """Each stops within 1e-3 of the steady state."""
    k = [row["k"] for row in method_comparison(medium(16))]
    assert np.ptp(k) < 2e-3 * k[0]


# Kinetic theory and other solvers


@pytest.mark.parametrize(
    "row",
    [row for row in literature("poiseuille_bgk.csv") if row["kn"] <= 10],
    ids=lambda r: f"Kn{r['kn']}",
)
def test_plane_poiseuille_of_the_boltzmann_equation(row):
    """G = 2 delta k / h² of the linearised BGK equation: within 3% for Kn <= 1.

    Beyond, the slip model is known to fail; there only its sign of error is held.
    """
    flow_rate = plane_poiseuille(row)
    if row["kn"] <= 1:
        assert flow_rate == pytest.approx(row["G"], rel=0.03)
    else:
        assert flow_rate < 1.03 * row["G"]


def test_an_octant_stands_for_the_array():
    """Mirrored along all axes an eighth of a cell has the permeability of the periodic array."""
    from shalelib.flow.problem import build_problem
    from shalelib.flow.solver import SolverOptions, solve_steady

    part = sphere_octant(16, 0.3)
    for axis in range(3):
        part = np.concatenate([np.flip(part, axis), part], axis=axis)
    whole = build_problem(part, ends="periodic", sides=("periodic", "periodic"))
    k = solve_steady(whole, SolverOptions(tolerance=1e-6)).fluxes.k_lu / 16**2
    [row] = sphere_errors(0.3, [16])
    assert row["k"] == pytest.approx(k, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("solid_fraction", [0.064, 0.125, 0.343, 0.5236])
def test_simple_cubic_spheres(solid_fraction):
    """Zick and Homsy 1982: within 1% in the limit of a fine grid, and an error that falls.

    A staircase acts as a sphere slightly larger than its volume: an error of first order, negative.
    """
    rows = sphere_errors(solid_fraction, (32, 48, 64, 96))
    [summary] = sphere_summary(rows)
    assert abs(summary["limit"]) < 0.01
    assert abs(summary["finest"]) < abs(rows[0]["error"])
    assert all(row["error"] < 0 for row in rows)


def test_finite_differences_in_a_slit():
    """Second order with the wall half a voxel off: (h² + 2) / 12 at the nodes' mean."""
    pore = np.ones((2, 7, 2), bool)
    pore[:, 0] = False
    assert stokes_permeability(pore) * 7 / 6 == pytest.approx((6**2 + 2) / 12, rel=1e-4)


def test_stokes_finite_differences_come_near_at_two_grids():
    """Lattice and finite differences approach each other as voxels are split."""
    coarse, fine = stokes_comparison(medium(8, porosity=0.5, width=2.0), (1, 2))
    apart = [abs(row["lattice"] / row["finite_differences"] - 1) for row in (coarse, fine)]
    assert apart[1] < apart[0]
    assert apart[1] < 0.1


@pytest.mark.slow
def test_stokes_finite_differences_extrapolate_to_the_same_permeability():
    """Two schemes on a piece of the digital shale, 32³ with its mirror image, meet within 5%."""
    shale = flow_domain(load_cubes("smoke").labels[0][:16])
    *_, limit = stokes_comparison(shale, (1, 2, 3))
    assert limit["refinement"] == np.inf
    assert limit["lattice"] == pytest.approx(limit["finite_differences"], rel=0.05)
