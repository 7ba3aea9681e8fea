"""The flow solver against exact solutions, kinetic theory, the literature and a second solver."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from companion.datasets import load_cubes
from shalelib.flow import validation, validation_peers
from shalelib.flow.apparent import permeability
from shalelib.flow.options import SolverOptions
from shalelib.flow.solver import solve_steady
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
    drag_factor,
    literature,
    plane_poiseuille,
    poiseuille_rows,
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


def test_a_law_is_held_on_another_volume_and_another_drop(monkeypatch):
    """Made-up permeabilities: each deviation is that of the run it is named after."""
    pore = medium(8, porosity=0.5)
    told = []

    def solve(given, **options):
        told.append((given, options.get("axis", 0), options.get("pressure_drop")))
        return SimpleNamespace(permeability=(2.0, 2.2, 2.6, 3.0)[len(told) - 1])

    monkeypatch.setattr(validation, "permeability", solve)
    found = {row["law"]: row["deviation"] for row in invariants(pore)}
    plain, turned, mirrored, drop = told
    np.testing.assert_array_equal(plain[0], pore)
    np.testing.assert_array_equal(turned[0], np.moveaxis(pore, 0, 2))
    np.testing.assert_array_equal(mirrored[0], pore[:, ::-1])
    np.testing.assert_array_equal(drop[0], pore)
    assert [run[1] for run in told] == [0, 2, 0, 0]
    assert drop[2] == 8e4 != inspect.signature(permeability).parameters["pressure_drop"].default
    assert [run[2] for run in told[:3]] == [None] * 3
    assert found["k turns with the volume"] == pytest.approx(0.1)
    assert found["the mirror image has the same k"] == pytest.approx(0.3)
    assert found["k does not depend on the pressure drop"] == pytest.approx(0.5)


def test_a_medium_is_three_tenths_of_a_field_less_what_does_not_connect():
    """Where nothing is said; one of more pores holds it, and surface a volume goes with 1/width."""
    pore = medium(24)
    assert 0.27 < pore.mean() < 0.3
    more = medium(24, porosity=0.4)
    assert 0.37 < more.mean() < 0.4
    assert not (pore & ~more).any()
    smooth = [(one[1:] != one[:-1]).mean() for one in (medium(24, width=2.4), pore)]
    assert smooth[0] == pytest.approx(smooth[1] / 2, rel=0.15)
    assert smooth[1] == pytest.approx(0.154, rel=0.05)


def test_differences_between_viscosities_are_from_the_first(monkeypatch):
    ks = iter([4.0, 5.0, 3.0])
    told = []
    monkeypatch.setattr(validation, "build_problem", lambda pore, **how: told.append(how))
    monkeypatch.setattr(
        validation,
        "solve_steady",
        lambda *_: SimpleNamespace(fluxes=SimpleNamespace(k_lu=next(ks)), steps=7),
    )
    rows = viscosity_spread(medium(8, porosity=0.5), (0.1, 0.5, 1.2))
    assert [row["difference"] for row in rows] == pytest.approx([0.0, 0.25, -0.25])
    assert [how["T_plus"] for how in told] == [row["T_plus"] for row in rows] == [0.1, 0.5, 1.2]
    assert {how["mean_free_path_lu"] for how in told} == {0.5}
    assert all((how["kn"] == 0.1).all() for how in told)


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


def test_rows_of_the_slit_are_those_up_to_two_with_the_flow_of_a_fine_grid(monkeypatch):
    """G = 2 delta k / h² less the lattice's own part, on 24 voxels where nothing is said."""
    for height in (6, 24):
        kn, delta = 0.2, np.sqrt(np.pi) / 2 / 0.2
        found = plane_poiseuille({"kn": kn, "delta": delta}, height=height, slip=FIXED_PATH)
        known = 2 * delta * (1 / 12 + FIXED_PATH.c1 * kn / 2 + FIXED_PATH.c2 * kn**2)
        assert found == pytest.approx(known, rel=1e-5)
    heights, built = [], validation_peers.slit

    def watched(height, **options):
        heights.append(height)
        return built(height, **options)

    monkeypatch.setattr(validation_peers, "slit", watched)
    row = {"kn": 0.5, "delta": np.sqrt(np.pi)}  # the path near the walls is shorter
    found = [plane_poiseuille(row, height=height) for height in (6, 12)]
    assert found == pytest.approx([plane_poiseuille(row)] * 2, rel=1e-5)
    assert heights == [6, 12, 24]
    told = []

    def flow(row, *, height):
        told.append((row["kn"], height))
        return 1.1 * row["G"]

    monkeypatch.setattr(validation_peers, "plane_poiseuille", flow)
    rows = poiseuille_rows()
    assert told == [(row["kn"], 24) for row in rows]
    assert max(row["kn"] for row in rows) == 1.772  # of the table's the last below 2
    assert [row["error"] for row in rows] == pytest.approx([0.1] * len(rows))


def test_an_octant_stands_for_the_array():
    """Mirrored along all axes an eighth of a cell has the permeability of the periodic array."""
    from shalelib.flow.options import SolverOptions
    from shalelib.flow.problem import build_problem
    from shalelib.flow.solver import solve_steady

    part = sphere_octant(16, 0.3)
    for axis in range(3):
        part = np.concatenate([np.flip(part, axis), part], axis=axis)
    whole = build_problem(part, ends="periodic", sides=("periodic", "periodic"))
    k = solve_steady(whole, SolverOptions(tolerance=1e-6)).fluxes.k_lu / 16**2
    [row] = sphere_errors(0.3, [16])
    assert row["k"] == pytest.approx(k, rel=1e-4)


def test_drag_of_sparse_spheres_is_hasimotos():
    """1 / K = 1 - 1.7601 c^(1/3) + c - 1.5593 c² (Hasimoto 1959); its next term is c^(8/3).

    The spline begins with his slope; from there to the first row it is 0.1% off at most.
    """
    for c in (1e-6, 0.001, 0.003, 0.01, 0.027):
        known = 1 / (1 - 1.7601 * np.cbrt(c) + c - 1.5593 * c**2)
        assert drag_factor(c) == pytest.approx(known, rel=1.2e-3)
    for row in literature("zick_homsy_sc.csv"):
        assert drag_factor(row["solid_fraction"]) == pytest.approx(row["K"], rel=1e-9)


@pytest.mark.parametrize("solid_fraction", [0.064, 0.343])
def test_spheres_on_a_coarse_grid_are_as_permeable_as_published(solid_fraction):
    """An eighth of the cell is an octant of the voxels; the staircase errs by a tenth at most."""
    octant = sphere_octant(40, solid_fraction)
    assert octant.shape == (20, 20, 20)
    assert 1 - octant.mean() == pytest.approx(solid_fraction, rel=0.02)
    assert not octant[0, 0, 0]
    for axis in (0, 1):
        np.testing.assert_array_equal(octant, octant.swapaxes(axis, 2))
    [row] = sphere_errors(solid_fraction, [16])
    assert -0.1 < row["error"] < 0.0
    assert row["error"] == pytest.approx(row["k"] / row["exact"] - 1, rel=1e-9)
    assert (row["edge"], row["solid_fraction"]) == (16, solid_fraction)


def test_the_summary_of_spheres_is_of_the_finest_grid_and_of_the_first_order():
    """Of errors 0.02 + 0.8 / n the limit is 0.02; of 0.8 / n the order is 1."""
    rows = [
        {"solid_fraction": c, "edge": n, "error": c + 0.8 / n} for n in (16, 32, 64)
        for c in (0.02, 0.0)
    ]  # fmt: skip
    none, some = sphere_summary(rows)
    assert (none["solid_fraction"], some["solid_fraction"]) == (0.0, 0.02)
    assert (none["order"], none["finest"]) == pytest.approx((1.0, 0.0125))
    assert none["limit"] == pytest.approx(0.0, abs=1e-12)
    assert some["limit"] == pytest.approx(0.02)


def test_both_solvers_are_extrapolated_by_terms_of_first_and_second_order(monkeypatch):
    """Made-up: k = 2 + 3 / m + 5 / m² of unsplit voxels by one, twice that by the other."""

    def parts(pore):
        return pore.shape[2] // len(cell[0, 0])

    def k(m):
        return (2 + 3 / m + 5 / m**2) * m**2

    cell = np.zeros((2, 4, 4), bool)  # with a wall it has 4 x 4
    monkeypatch.setattr(validation_peers, "stokes_permeability", lambda p: 2 * k(parts(p)))
    monkeypatch.setattr(validation_peers, "build_problem", lambda p, **how: p)
    monkeypatch.setattr(
        validation_peers,
        "solve_steady",
        lambda p: SimpleNamespace(fluxes=SimpleNamespace(k_lu=k(parts(p)))),
    )
    *rows, limit = stokes_comparison(np.ones((2, 3, 3), bool), (1, 2, 4))
    assert [row["refinement"] for row in rows] == [1, 2, 4]
    assert [row["lattice"] for row in rows] == pytest.approx([10.0, 4.75, 3.0625])
    assert limit["lattice"] == pytest.approx(2.0)
    assert limit["finite_differences"] == pytest.approx(4.0)
    assert len(stokes_comparison(np.ones((2, 3, 3), bool), (1, 2))) == 2


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
