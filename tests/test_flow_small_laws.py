"""Laws of what surrounds a flow: the gas, units, buffers, estimates, levels and streamlines."""

from __future__ import annotations

import dataclasses
import inspect
import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import curve_fit, minimize_scalar
from scipy.spatial.distance import cdist

from shalelib.flow import pressures
from shalelib.flow.estimates import channel_width, kozeny_carman
from shalelib.flow.gas import METHANE, METHANE_AS_STATED, Gas, R
from shalelib.flow.kinetic import flow_rate
from shalelib.flow.laplace import effective_conductivity
from shalelib.flow.problem import build_problem
from shalelib.flow.slip import SECOND_ORDER, STOPS
from shalelib.flow.stokes import brinkman_permeability
from shalelib.flow.thresholds import common_threshold, connected_threshold, sweep_levels
from shalelib.flow.tracing import streamlines
from shalelib.flow.units import lattice_units
from shalelib.flow.voxels import central_piece, cubic_voxels

# The gas

BOLTZMANN, AVOGADRO = 1.380649e-23, 6.02214076e23  # exact since 2019


def test_the_gas_constant_is_that_of_the_si():
    assert pytest.approx(BOLTZMANN * AVOGADRO, rel=1e-9) == R


def test_methane_is_at_the_papers_state():
    """370 K and 0.8 MPa; CH4 weighs 12.011 + 4 x 1.008 g/mol and has 13.4 µPa s there (NIST)."""
    assert (METHANE.temperature, METHANE.pressure) == (370.0, 0.8e6)
    assert METHANE.molar_mass == pytest.approx(12.011e-3 + 4 * 1.008e-3, rel=1e-6)
    assert METHANE.viscosity == pytest.approx(13.4e-6, rel=5e-3)
    stated = dataclasses.asdict(METHANE_AS_STATED) | {"name": "", "viscosity": 0}
    assert stated == dataclasses.asdict(METHANE) | {"name": "", "viscosity": 0}


def test_the_mean_free_path_of_air_is_65_nm():
    """Dry air at 20 °C and 1 atm: 65.43 nm (Jennings 1988), whose half is 0.4987445."""
    air = Gas(
        name="air", temperature=293.15, pressure=101325, viscosity=18.192e-6, molar_mass=28.964e-3
    )
    assert air.mean_free_path / (0.4987445 / 0.5) == pytest.approx(65.43e-9, rel=1e-3)
    assert air.density == pytest.approx(1.2041, rel=1e-3)


def test_a_gas_is_as_viscous_as_its_molecules_carry_momentum():
    """Half density times mean speed, the root of 8 R T / (pi M), times mean free path."""
    for gas in (METHANE, dataclasses.replace(METHANE, temperature=300.0, molar_mass=4e-3)):
        mean = math.sqrt(8 * BOLTZMANN * AVOGADRO * gas.temperature / (math.pi * gas.molar_mass))
        assert gas.density * mean * gas.mean_free_path / 2 == pytest.approx(gas.viscosity)


@pytest.mark.parametrize(("name", "most"), [("molar_mass", 1.0), ("viscosity", 1e-3)])
def test_a_gas_in_other_units_is_refused_from_there_on(name, most):
    """1 kg/mol and 1 mPa s, water's viscosity, are the last that pass."""
    assert getattr(dataclasses.replace(METHANE, **{name: most}), name) == most
    with pytest.raises(ValueError, match=f"no gas has a {name}"):
        dataclasses.replace(METHANE, **{name: 1.05 * most})


# Units


def test_lattice_units_are_lengths_over_times():
    """At Kn 0.1 and a path of 0.3 voxels: the walls' product and rates, and the diffusive time."""
    pore, kn = np.ones((3, 4, 4), bool), 0.1
    problem = build_problem(
        pore, kn=np.full(pore.shape, kn), mean_free_path_lu=0.3, slip=STOPS, T_plus=0.8
    )
    units = lattice_units(problem, gas=METHANE, voxel_size=30e-9)
    psi = 2 / math.pi * math.atan(math.sqrt(2) / kn**0.75)
    path = 0.3 * psi
    product = 3 / 16 + 1.5 * STOPS.c2 * path**2 + STOPS.c1 * path / 4
    assert units.T_plus == pytest.approx((0.8 * psi,) * 2)
    assert units.magic == pytest.approx((product,) * 2)
    assert units.T_minus == pytest.approx((product / (0.8 * psi),) * 2)
    assert units.mean_free_path_lu * 30e-9 == pytest.approx(METHANE.mean_free_path)
    assert units.velocity * units.time == pytest.approx(30e-9)
    assert units.viscosity == pytest.approx(30e-9 * units.velocity)
    assert units.viscosity * 0.8 / 3 == pytest.approx(METHANE.kinematic_viscosity)


def test_units_name_the_smallest_and_the_largest_of_the_nodes():
    pore = np.ones((2, 3, 3), bool)
    kn = np.linspace(0.05, 0.5, pore.size).reshape(pore.shape)
    problem = build_problem(pore, kn=kn, mean_free_path_lu=0.3, slip=SECOND_ORDER, T_plus=0.5)
    units = lattice_units(problem, gas=METHANE, voxel_size=30e-9)
    assert "T+               0.25 to 0.4545" in str(units).splitlines()
    low, high = units.T_plus
    assert (low, high) == pytest.approx((0.5 / (1 + 2 * 0.5), 0.5 / (1 + 2 * 0.05)))


# Pressures

SERIES = np.array([1e5, 2e5, 5e5, 2e6]), np.array([62e-18, 33e-18, 19e-18, 10.5e-18])


def test_klinkenbergs_line_has_the_least_relative_deviations():
    """As SciPy's fit with errors in proportion; the residual is the worst of the four."""
    p, k = SERIES
    scaled = curve_fit(lambda x, a, s: a + s * x, 1e5 / p, k * 1e18, sigma=k * 1e18)[0]
    found = pressures.klinkenberg_fit(p, k)
    assert found.k_inf == pytest.approx(scaled[0] * 1e-18, rel=1e-6)
    assert found.b == pytest.approx(scaled[1] / scaled[0] * 1e5, rel=1e-6)
    off = [abs(found.k_inf * (1 + found.b / one) / of - 1) for one, of in zip(p, k, strict=True)]
    assert found.residual == pytest.approx(max(off))
    assert max(off) > 1.2 * np.mean(off)


def test_a_series_of_pressures_is_of_one_gas_with_the_walls_asked_for(monkeypatch):
    """Only the pressure changes, in the order given."""
    told = []

    def solve(pore, *, gas, **options):
        told.append((gas, options))
        return SimpleNamespace(permeability=1e-18 * (1 + 3e5 / gas.pressure))

    monkeypatch.setattr(pressures, "permeability", solve)
    warm = dataclasses.replace(METHANE, temperature=400.0)
    given = {"voxel_size": 3e-8, "slip": STOPS, "axis": 1}
    found = pressures.klinkenberg(np.ones((2, 2, 2), bool), [4e5, 1e5], gas=warm, **given)
    assert told == [(dataclasses.replace(warm, pressure=p), given) for p in (4e5, 1e5)]
    assert (found.k_inf, found.b) == pytest.approx((1e-18, 3e5))
    assert found.pressure == (4e5, 1e5)
    default = inspect.signature(pressures.klinkenberg).parameters["gas"].default
    assert default == METHANE


# Estimates


def test_packed_grains_have_carmans_180():
    """Spheres of diameter d: k = d² phi³ / (180 (1 - phi)²)."""
    for porosity in (0.2, 0.4):
        found = kozeny_carman(porosity, 6 * (1 - porosity) / 2e-6)
        assert found == pytest.approx(4e-12 * porosity**3 / (180 * (1 - porosity) ** 2))


def test_the_width_of_channels_is_the_mean_over_their_ridge():
    """Of random pores, by the distances to all solid voxels and the 26 neighbours of each."""
    rng = np.random.default_rng(0)
    pore = np.ones((9, 9, 9), bool)
    pore[tuple(rng.integers(0, 9, (3, 12)))] = False
    distance = np.zeros(pore.shape)
    distance[pore] = cdist(np.argwhere(pore), np.argwhere(~pore)).min(1)
    ridge = []
    for z, y, x in np.argwhere(pore):
        low = [max(0, a - 1) for a in (z, y, x)]
        around = distance[low[0] : z + 2, low[1] : y + 2, low[2] : x + 2]
        if distance[z, y, x] == around.max():
            ridge.append(distance[z, y, x])
    assert len(set(ridge)) > 3
    assert channel_width(pore) == pytest.approx(2 * np.mean(ridge))


# Levels


def joined(count, of=100, top=30):
    """A volume with `count` of `of` dark voxels in a channel; at `top` all are joined."""
    grey = np.full((count, 3, 2 + 2 * (of - count)), 200, np.uint8)
    grey[:, 1, 0] = 10
    grey[0, 1, 2 : 2 + 2 * (of - count) : 2] = 10
    grey[0, 1, 1 : 1 + 2 * (of - count) : 2] = top
    return grey


@pytest.mark.parametrize(("count", "level"), [(89, 30), (90, 10), (91, 10)])
def test_nine_tenths_of_the_pores_are_enough_and_less_are_not(count, level):
    """90 of 100 is nine tenths; with 89 the level is the next, at which all are joined."""
    assert connected_threshold(joined(count)) == level
    both = [joined(count), joined(95)]
    assert common_threshold(both) == common_threshold(both[::-1]) == level


def test_rock_that_opens_at_white_has_a_threshold():
    """At 255, the last there is, all is pore; a sweep from there holds it alone."""
    grey = np.full((3, 3, 3), 255, np.uint8)
    assert connected_threshold(grey) == 255
    assert sweep_levels(grey, 3, last=100) == [255]


# Voxels


def test_cubes_a_hundredth_too_large_are_refused():
    """Of an edge that differs by rounding alone they are not."""
    volume = np.zeros((2, 2, 2), bool)
    assert cubic_voxels(volume, (1e-8,) * 3, voxel_size=1e-8 * (1 + 1e-12))[0].shape == (2, 2, 2)
    with pytest.raises(ValueError, match="would skip voxels"):
        cubic_voxels(volume, (1e-8,) * 3, voxel_size=1.01e-8)


def test_an_axis_has_its_own_edge_and_its_own_middle():
    grey = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    found, edge = cubic_voxels(grey, (3e-8, 1e-8, 2e-8))
    np.testing.assert_array_equal(found, grey.repeat(3, 0).repeat(2, 2))
    assert edge == 1e-8
    assert len(cubic_voxels(grey.repeat(2, 2), (1e-8, 1.25e-8, 1e-8))[0][0]) == 4  # of 3.75
    line = np.arange(4 * 5 * 7).reshape(4, 5, 7)
    np.testing.assert_array_equal(central_piece(line, 3), line[0:3, 1:4, 2:5])


# Contrasts


@pytest.mark.parametrize(
    ("solve", "most"), [(effective_conductivity, 1e13), (brinkman_permeability, 1e15)]
)
def test_what_conducts_is_refused_from_its_contrast_on(solve, most):
    """In series with as much that conducts; up to there the tight half is all there is."""
    layers = np.ones((4, 2, 2))
    layers[:2] = 1.02 / most
    assert solve(layers) * most == pytest.approx(2 * 1.02, rel=1e-5)
    layers[:2] = 0.98 / most
    with pytest.raises(ValueError, match="write 0 for the smallest"):
        solve(layers)


# Streamlines


def turning(edge=17):
    """A rigid rotation about the middle of the inlet; linear interpolation is exact in it."""
    z, _, x = np.indices((edge, 3, edge), float)
    velocity = np.stack([x - (edge - 1) / 2, 0 * x, -z])
    return SimpleNamespace(velocity=velocity, axis=0, voxel_size=2.0)


def test_streamlines_of_a_rotation_are_half_circles_back_to_the_inlet():
    """Of fourth order: radii stay to 1e-5, points lie 0.2 voxel apart, speed goes with radius."""
    for line in streamlines(turning(), count=40, seed=3):
        z, x, speed = line[:, 0] / 2.0 - 0.5, line[:, 2] / 2.0 - 8.5, line[:, 3]
        inside = (z >= 0) & (np.abs(x) <= 8)  # beyond the last centres the velocity is theirs
        if not inside[:3].all():
            continue
        radius = np.hypot(z, x)[inside]
        np.testing.assert_allclose(radius, radius[0], rtol=1e-4 if radius[0] < 2 else 1e-6)
        np.testing.assert_allclose(speed[inside], radius, rtol=1e-9)
        steps = np.linalg.norm(np.diff(line[inside, :3], axis=0), axis=1) / 2.0
        assert steps[0] == pytest.approx(0.2, rel=0.01)
        assert inside.sum() == pytest.approx(np.pi * radius[0] / steps[0], abs=2)
        assert -0.5 <= z[-1] < -0.25


def test_lines_start_where_gas_enters_and_fill_its_voxels():
    """At the first face of the rotation gas enters on one half, the more the further out."""
    flow = turning()
    flow.velocity[0, -1] *= -1  # the outlet has no say
    lines = streamlines(flow, count=2000, seed=0, max_length=0.1)
    x = np.array([line[0, 2] for line in lines]) / flow.voxel_size - 0.5
    y = np.array([line[0, 1] for line in lines]) / flow.voxel_size
    assert {line[0, 0] for line in lines} == {0.5 * flow.voxel_size}
    share = np.arange(1, 9) / 36
    found = np.bincount(np.rint(x).astype(int), minlength=17)[9:] / 2000
    assert np.rint(x).min() >= 9
    np.testing.assert_allclose(found, share, atol=4 * math.sqrt(0.22 * 0.78 / 2000))
    assert 0 < y.min() < 0.1 < 2.9 < y.max() < 3  # the whole of three voxels


def test_a_line_is_at_most_as_long_as_was_said():
    """In lengths of the sample along the flow and steps of 0.2 voxel; else twenty of them."""
    velocity = np.zeros((3, 9, 2, 30))
    velocity[0] = 1.0
    flow = SimpleNamespace(velocity=velocity, axis=0, voxel_size=1.0)
    [line] = streamlines(flow, count=1, max_length=0.5)
    assert len(line) == int(0.5 * 9 / 0.2)
    assert line[-1, 0] == pytest.approx(0.5 + 0.2 * (len(line) - 1))
    default = inspect.signature(streamlines).parameters
    assert (default["count"].default, default["max_length"].default) == (100, 20.0)


# Kinetic theory


@pytest.mark.parametrize(("section", "slope"), [("slit", 1 / 6), ("tube", 1 / 4)])
def test_a_dense_gas_flows_as_a_liquid_that_slips(section, slope):
    """G is delta times twice Poiseuille's k, the slip 1.0162 of BGK, and what goes as 1 / delta."""
    low, high = (d * (flow_rate(section, d, points=64) - d * slope) for d in (6.0, 12.0))
    assert (high - low) / 6 == pytest.approx(1.0162, rel=0.03)


def test_free_molecules_in_a_square_duct():
    """0.8387 of the published tables (Sharipov 1999)."""
    assert flow_rate("square", 1e-4) == pytest.approx(0.8387, rel=2e-3)


def test_the_flow_of_a_slit_is_least_near_a_rarefaction_of_one():
    """Knudsen's minimum: delta 0.95 to 1, G 1.54 (Cercignani 1963)."""
    found = minimize_scalar(
        lambda d: flow_rate("slit", d, points=12), bounds=(0.5, 2.0), options={"xatol": 0.02}
    )
    assert 0.85 < found.x < 1.15
    assert found.fun == pytest.approx(1.5387, rel=3e-3)
