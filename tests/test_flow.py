"""The flow solver: symmetries, conservation, its slow twin, and what users meet."""

from __future__ import annotations

import warnings

import numba
import numpy as np
import pytest
from naive_flow import lattice_step
from scipy.ndimage import gaussian_filter

from shalelib.flow._kernels import LANES
from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import domain_from_mask
from shalelib.flow.gas import gas_permeability
from shalelib.flow.lattice import VELOCITIES, Q
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import (
    advance,
    advance_plain,
    build_problem,
    fields,
    fluxes,
    initial,
)
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER, STOPS
from shalelib.flow.solver import solve_steady
from shalelib.flow.validation import medium, viscosity_spread
from shalelib.flow.validation_peers import sphere_octant

TIGHT = SolverOptions(tolerance=1e-10)  # a tenth of what is asked: it bounds an estimate


# Driving


@pytest.mark.parametrize("model", [SECOND_ORDER, STOPS, MAXWELL])
def test_pressure_and_force_drive_the_same_flow(model):
    """A gas at rest under a force is a gas at rest in a pressure gradient, at slip walls too.

    So is what a mirror and an imposed pressure do at the ends, whatever the pores there.
    """
    pore = np.ones((5, 6, 4), bool)
    pore[1, 1:3, :2] = pore[3:, 2:, 2] = False
    kn = np.random.default_rng(0).uniform(0.1, 0.2, pore.shape)
    k = {}
    for ends in ("mirror", "pressure"):
        problem = build_problem(pore, kn=kn, mean_free_path_lu=0.6, slip=model, ends=ends)
        k[ends] = solve_steady(problem, TIGHT).fluxes.k_lu
    assert k["pressure"] == pytest.approx(k["mirror"], rel=1e-8)


# Invariants


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
def test_permeability_does_not_depend_on_the_lattice_viscosity(slip):
    """Steady TRT solutions depend on Lambda alone (1e-4: the spheres' iterative tolerance)."""
    rows = viscosity_spread(sphere_octant(24, 0.3), (0.1, 0.5, 1.2), slip=slip)
    k = [row["k"] for row in rows]
    assert np.ptp(k) / k[0] < 1e-4


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
@pytest.mark.parametrize("sides", ["wall", "periodic", "mirror"])
def test_a_step_conserves_mass(slip, sides):
    """What a closed periodic box holds changes by round-off alone, slip walls included."""
    pore = medium(12)
    kn = np.full(pore.shape, 0.2)
    problem = build_problem(
        pore,
        kn=kn,
        mean_free_path_lu=0.6,
        slip=slip,
        ends="periodic",
        sides=(sides, sides),
    )
    f = np.random.default_rng(0).standard_normal(problem.domain.slots)
    mask = np.zeros_like(f).reshape(-1, Q, LANES)
    nodes = np.arange(problem.domain.count)
    mask[nodes // LANES, :, nodes % LANES] = 1
    before = (f * mask.ravel()).sum()
    size = np.abs(f).sum()
    advance(problem, f, 5)
    assert abs((f * mask.ravel()).sum() - before) < 1e-14 * size


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
def test_half_the_mirrored_domain_is_enough(slip):
    """The antisymmetric ends give the flow of the doubled, periodic domain to the tolerance."""
    pore = medium(12)
    kn = np.random.default_rng(0).uniform(0.05, 0.3, pore.shape)
    common = {"mean_free_path_lu": 0.4, "slip": slip}
    half = build_problem(pore, kn=kn, ends="mirror", **common)
    double = build_problem(
        np.concatenate([pore, pore[::-1]]),
        kn=np.concatenate([kn, kn[::-1]]),
        ends="periodic",
        **common,
    )
    f, g = initial(half), initial(double)
    advance(half, f, 40)
    advance(double, g, 40)
    one, two = fields(half, f), fields(double, g)
    np.testing.assert_allclose(two[1][:, : len(pore)], one[1], atol=1e-12)
    np.testing.assert_allclose(two[0][: len(pore)], one[0], atol=1e-12)


def test_permeability_turns_with_the_domain():
    """Rotations and reflections of the box give the same k along the turned axis."""
    pore = medium(16, porosity=0.4)
    options = {"voxel_size": 30e-9, "options": SolverOptions(tolerance=1e-8)}
    k = permeability(pore, **options).permeability
    turned = np.moveaxis(pore, 0, 2)
    assert permeability(turned, axis=2, **options).permeability == pytest.approx(k, rel=1e-9)
    for other in (np.rot90(pore, axes=(1, 2)), pore[::-1], pore[:, ::-1]):
        found = permeability(other.copy(), **options).permeability
        assert found == pytest.approx(k, rel=1e-7)


def test_velocity_and_pressure_have_the_volumes_axes():
    pore = medium(16, porosity=0.4)
    along = permeability(pore, voxel_size=30e-9, axis=0, options=TIGHT)
    turned = permeability(np.moveaxis(pore, 0, 1), voxel_size=30e-9, axis=1, options=TIGHT)
    scale = np.abs(along.velocity).max()
    moved = np.moveaxis(turned.velocity, 2, 1)[[1, 0, 2]]
    np.testing.assert_allclose(moved, along.velocity, atol=1e-7 * scale)
    np.testing.assert_allclose(np.moveaxis(turned.pressure, 1, 0), along.pressure, rtol=1e-12)


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
def test_where_a_periodic_medium_is_cut_makes_no_difference(slip):
    """Shifted along any axis it has the same k, to the tolerance of two runs."""
    field = gaussian_filter(np.random.default_rng(1).standard_normal((16,) * 3), 1.2, mode="wrap")
    pore = field < np.quantile(field, 0.3)
    options = {"voxel_size": 60e-9, "slip": slip, "ends": "periodic", "sides": "periodic"}
    options["options"] = SolverOptions(tolerance=1e-5)
    k = permeability(pore, **options).permeability
    for shift in ((8, 0, 0), (0, 8, 0), (3, 5, 11)):
        moved = np.roll(pore, shift, (0, 1, 2))
        assert permeability(moved, **options).permeability == pytest.approx(k, rel=1e-4)


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
def test_permeability_is_the_mass_that_crosses_every_slice(slip):
    """k, spread and flux are one quantity; with slip the nodes' mean velocity is more."""
    pore = medium(16, porosity=0.4)
    result = permeability(
        pore, voxel_size=33.6e-9, slip=slip, options=SolverOptions(tolerance=1e-8)
    )
    gradient = result.pressure_drop / (16 * result.voxel_size)
    from_nodes = result.gas.viscosity * result.velocity[0].mean() / gradient
    if slip is NO_SLIP:
        assert from_nodes == pytest.approx(result.permeability, rel=1e-6)
    else:
        assert 1.005 < from_nodes / result.permeability < 1.1


def test_the_flux_is_per_section_of_rock():
    """A channel in a box half of which is rock: the same gas through half the section."""
    pore = np.zeros((4, 6, 8), bool)
    pore[:, 2:4, 1:3] = True
    rock = np.zeros(pore.shape, bool)
    rock[:, :, :4] = True
    whole = permeability(pore, voxel_size=30e-9).permeability
    domain = domain_from_mask(pore, rock=rock)
    assert permeability(domain, voxel_size=30e-9).permeability == pytest.approx(2 * whole)


# The slow twin


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("r", [1.0, 0.4, -0.3])
def test_kernels_agree_with_the_dense_twin(r, dtype):
    """In-place pairs, the two-array kernel and NumPy give the same populations.

    Tolerance: 2 steps of about 100 operations on numbers of order 1.
    """
    pore = np.random.default_rng(1).random((6, 5, 7)) < 0.6
    pore[:, 0, 0] = True
    plus, minus = 1 / (0.3 + 0.5), 1 / (0.25 / 0.3 + 0.5)  # T+ and T-, whose product is 1/4
    problem = build_problem(pore, ends="periodic", sides=("periodic", "periodic"))
    problem.table[:] = plus, minus, 1 - r
    dense = np.random.default_rng(2).standard_normal((Q, *pore.shape)) * pore
    f = np.zeros((problem.domain.slots // (Q * LANES), Q, LANES), dtype)
    nodes = np.arange(problem.domain.count)
    f[nodes // LANES, :, nodes % LANES] = dense[:, pore].T
    f = f.ravel()
    for _ in range(2):
        dense = lattice_step(
            dense, pore, omega_plus=plus, omega_minus=minus, r=r, force=problem.force
        )
    once, twice = np.zeros_like(f), np.zeros_like(f)
    advance_plain(problem, f, once)
    advance_plain(problem, once, twice)
    advance(problem, f)
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    for found in (f, twice):
        packed = found.reshape(-1, Q, LANES)[nodes // LANES, :, nodes % LANES].T
        np.testing.assert_allclose(packed, dense[:, pore], atol=tolerance)


def test_nothing_flows_through_an_edge():
    """Two channels that touch along an edge: the flow of one does not reach the other."""
    pore = np.zeros((4, 4, 2), bool)
    pore[:, 0], pore[:, 1] = True, False
    alone = build_problem(pore, ends="periodic", sides=("wall", "periodic"))
    cross = pore.copy()
    cross[1, 1], cross[0, 1] = False, False
    joined = np.zeros((4, 4, 2), bool)
    joined[:2, 0], joined[2:, 1] = True, True
    blocked = build_problem(joined, ends="periodic", sides=("wall", "periodic"))
    f = initial(blocked)
    advance(blocked, f, 200)
    assert abs(fluxes(blocked, f).crossing).max() < 1e-12
    assert solve_steady(alone).fluxes.k_lu > 0


# The solver


@pytest.mark.parametrize("precondition", [True, False])
def test_krylov_ends_where_stepping_ends(precondition):
    """Same populations, to the tolerance of the slower (stepping) run."""
    pore = medium(12, porosity=0.4)
    problem = build_problem(pore)
    krylov = solve_steady(
        problem, SolverOptions(tolerance=1e-9, precondition=precondition)
    ).populations
    steps = solve_steady(problem, SolverOptions(method="step", tolerance=1e-9)).populations
    count = problem.domain.count // LANES * LANES * Q  # whole blocks: padding lanes ring
    scale = np.abs(steps[:count]).max()
    assert np.abs(krylov[:count] - steps[:count]).max() < 1e-6 * scale


def test_float32_stepping_agrees():
    """Deviations from rest keep float32's digits: 1e-4 on k."""
    problem = build_problem(medium(12, porosity=0.4))
    double = solve_steady(problem).fluxes.k_lu
    single = solve_steady(problem, SolverOptions(method="step", dtype="float32")).fluxes.k_lu
    assert single == pytest.approx(double, rel=1e-3)


def test_threads_do_not_change_a_bit():
    problem = build_problem(medium(16, porosity=0.4))
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found.append(solve_steady(problem).populations)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("method", ["krylov", "step"])
def test_a_restart_is_bit_identical(tmp_path, method):
    problem = build_problem(medium(12, porosity=0.35))
    common = {"method": method, "tolerance": 1e-6, "check_every": 20}
    whole = solve_steady(problem, SolverOptions(**common))
    path = tmp_path / "run.npz"
    with pytest.raises(NotConvergedError, match="raise max_steps"):
        solve_steady(problem, SolverOptions(checkpoint=path, max_steps=60, **common))
    again = solve_steady(problem, SolverOptions(checkpoint=path, **common))
    np.testing.assert_array_equal(again.populations, whole.populations)
    assert again.steps == whole.steps
    other = build_problem(medium(12, seed=4, porosity=0.35))
    with pytest.raises(ValueError, match="another problem"):
        solve_steady(other, SolverOptions(checkpoint=path, **common))


def test_the_result_does_not_depend_on_the_pressure_drop():
    """The problem is linear and no digits are lost: 1e-7 of the pressure or a tenth of it."""
    pore = medium(12, porosity=0.4)
    k = [
        permeability(pore, voxel_size=30e-9, pressure_drop=drop).permeability
        for drop in (1e-6, 0.08, 8e4)
    ]
    np.testing.assert_allclose(k, k[0], rtol=1e-9)


def test_pressure_falls_from_inlet_to_outlet():
    result = permeability(np.ones((8, 3, 3), bool), voxel_size=1e-8, slip=NO_SLIP)
    expected = 0.8e6 + 0.08 * (0.5 - (np.arange(8) + 0.5) / 8)
    np.testing.assert_allclose(result.pressure.mean(axis=(1, 2)), expected, rtol=1e-12)


def test_slip_raises_the_permeability_and_the_stated_viscosity_does_not():
    from shalelib.flow.gas import METHANE_AS_STATED

    pore = medium(16, porosity=0.4)
    intrinsic = permeability(pore, voxel_size=33.6e-9, slip=NO_SLIP)
    apparent = permeability(pore, voxel_size=33.6e-9)
    stated = permeability(pore, voxel_size=33.6e-9, gas=METHANE_AS_STATED)
    assert apparent.permeability > 1.3 * intrinsic.permeability
    assert stated.permeability == pytest.approx(intrinsic.permeability, rel=0.01)
    assert 0 < intrinsic.spread < 1e-3


def test_magic_is_three_sixteenths():
    problem = build_problem(np.ones((4, 4, 4), bool), T_plus=0.7)
    plus, minus, _ = problem.table[0]
    assert 1 / plus - 0.5 == pytest.approx(0.7)
    assert (1 / plus - 0.5) * (1 / minus - 0.5) == pytest.approx(3 / 16)
    assert VELOCITIES.sum() == 0


# Bad input


@pytest.mark.parametrize(
    ("pore", "error", "message"),
    [
        (np.zeros((4, 4, 4), bool), ValueError, "do not connect"),
        (np.ones((4, 4, 4)), TypeError, "boolean"),
        (np.full((4, 4, 4), np.nan), TypeError, "boolean"),
        (np.ones((4, 4), bool), ValueError, "3 dimensions"),
        (np.ones((1, 4, 4), bool), ValueError, "at least 2"),
    ],
)
def test_bad_volumes_get_clear_errors(pore, error, message):
    with pytest.raises(error, match=message):
        permeability(pore, voxel_size=1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"voxel_size": -1e-8}, "voxel_size"),
        ({"voxel_size": np.nan}, "voxel_size"),
        ({"voxel_size": 1e-8, "axis": 3}, "axis"),
        ({"voxel_size": 1e-8, "pressure_drop": -1.0}, "pressure_drop"),
        ({"voxel_size": 33.6}, "for 33.6 nm write 33.6e-9"),
        ({"voxel_size": 1e-8, "sides": "mirror"}, "no wall"),
        ({"voxel_size": 1e-8, "sides": "periodic"}, "no wall"),
        ({"voxel_size": 1e-8, "ends": "open"}, "ends"),
        ({"voxel_size": 1e-8, "sides": "open"}, "sides"),
    ],
)
def test_bad_options_get_clear_errors(options, message):
    with pytest.raises(ValueError, match=message):
        permeability(np.ones((4, 4, 4), bool), **options)


def test_a_domain_of_another_flow_is_refused():
    """What does not connect along its axis is gone; along another it might have."""
    domain = domain_from_mask(medium(12, porosity=0.5), axis=0)
    assert permeability(domain, voxel_size=1e-7, slip=NO_SLIP).axis == 0
    for other in ({"axis": 1}, {"ends": "periodic"}, {"sides": "periodic"}):
        with pytest.raises(
            ValueError, match="the domain holds the pores that connect along axis 0"
        ):
            permeability(domain, voxel_size=1e-7, **other)


@pytest.mark.parametrize("T_plus", [0.0, -1.0, 1e-5, 100.0])
def test_a_viscosity_at_which_nothing_settles_is_refused(T_plus):
    with pytest.raises(ValueError, match=r"T_plus must lie between 0\.001 and 3"):
        SolverOptions(T_plus=T_plus)
    with pytest.raises(ValueError, match="T_plus must lie between"):
        build_problem(np.ones((4, 4, 4), bool), T_plus=T_plus)


def test_a_viscosity_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="T_plus must be finite, a number, got nan"):
        SolverOptions(T_plus=np.nan)
    with pytest.raises(ValueError, match="T_plus must be finite, a number, got nan"):
        build_problem(np.ones((4, 4, 4), bool), T_plus=np.nan)


@pytest.mark.parametrize("model", [SECOND_ORDER, STOPS, MAXWELL])
def test_the_papers_pressure_mode_computes_without_a_warning(model):
    """At the default T+ the buffers' nodes once divided by zero."""
    with np.errstate(all="raise"):
        result = permeability(
            np.ones((8, 4, 4), bool), voxel_size=33.6e-9, slip=model, ends="pressure"
        )
    assert result.permeability > 0


def test_beyond_the_range_of_the_slip_model_a_warning_says_so():
    pore = np.ones((4, 4, 4), bool)
    with pytest.warns(UserWarning, match="kinetic theory"):
        permeability(pore, voxel_size=3e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        permeability(pore, voxel_size=30e-9)
        permeability(pore, voxel_size=3e-9, slip=NO_SLIP, knudsen=True)


def test_outlet_above_inlet():
    state = {"viscosity": 1e-5, "length": 1.0, "outlet_flux": 1.0}
    with pytest.raises(ValueError, match="must be below the inlet"):
        gas_permeability(inlet_pressure=1e5, outlet_pressure=2e5, **state)
    with pytest.raises(ValueError, match="inlet_pressure must be positive"):
        gas_permeability(inlet_pressure=-1e5, outlet_pressure=2e5, **state)
