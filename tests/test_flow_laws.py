"""Laws of the public call: the closed form of a slit that slips, its units, and its axes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import settling_time
from shalelib.flow.gas import METHANE
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import build_problem
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER, STOPS, SlipModel
from shalelib.flow.thickness import local_thickness

HEIGHT = 6
PATH = METHANE.mean_free_path


def slit(height=HEIGHT):
    """A slit across y with one voxel of wall, periodic along z and x."""
    pore = np.ones((2, height + 1, 2), bool)
    pore[:, 0] = False
    return pore


def flow(pore, **options):
    exact = {"options": SolverOptions(tolerance=1e-7)}
    return permeability(pore, **{"ends": "periodic", "sides": "periodic"} | exact | options)


def transport(model: SlipModel, kn: float, height: int = HEIGHT) -> float:
    r"""Return k over the porosity [voxel²] of a slit, by hand.

    With λe = λ Ψ and A = C1 λe the nodes lie on y(h - y)/2 + A h/2 + C2 λe², over the viscosity's
    Ψ; their mean has h²/12 + 1/24, and what the lattice does not transport beside a wall that slips
    is A/6 (1 - 1/(3 h)) (`shalelib.flow.validation.grid_part`).
    """
    psi = float(model.effective(np.array(kn)))
    path = kn * height * psi
    slip = model.c1 * path
    k = height**2 / 12 + 1 / 24 + slip * height / 2 + model.c2 * path**2
    return (k - slip / 6 * (1 - 1 / (3 * height))) / psi


@pytest.mark.parametrize("model", [NO_SLIP, MAXWELL, STOPS, SECOND_ORDER], ids=lambda m: m.name)
@pytest.mark.parametrize("kn", [0.05, 0.2])
def test_the_public_call_in_a_slit_is_exact(model, kn):
    """Gas, voxel and slip model go through to the lattice, exactly.

    A mean free path twice as long anywhere on the way gives 11% more at the least.
    """
    size = PATH / (kn * HEIGHT)
    found = flow(slit(), voxel_size=size, slip=model, knudsen=True)
    assert [found.kn_mean, found.kn_flux] == pytest.approx([kn, kn])  # the same at every node
    k = transport(model, kn)
    assert found.permeability_lu / found.porosity == pytest.approx(k, rel=1e-5)
    assert found.permeability == pytest.approx(found.permeability_lu * size**2)


def test_the_gas_counts_by_its_mean_free_path_alone():
    """Twice the pressure and half the voxel are the same Kn: k goes as the area of a voxel."""
    dense = dataclasses.replace(METHANE, name="dense", pressure=2 * METHANE.pressure)
    one = flow(slit(), voxel_size=50e-9)
    two = flow(slit(), voxel_size=25e-9, gas=dense)
    assert two.kn_mean == pytest.approx(one.kn_mean)
    assert two.permeability == pytest.approx(one.permeability / 4, rel=1e-6)


def test_k_is_of_the_axis_that_is_asked_for():
    """A duct of 3 x 5 voxels along each axis has one k, and each field its own component."""
    duct = np.zeros((2, 5, 7), bool)
    duct[:, 1:4, 1:6] = True
    found = []
    for axis in range(3):
        turned = np.moveaxis(duct, 0, axis)
        result = permeability(turned, voxel_size=33.6e-9, axis=axis, ends="periodic")
        speed = np.abs(result.velocity).sum(axis=(1, 2, 3))
        assert speed.argmax() == axis
        assert result.velocity[axis][turned].min() > 0
        found.append(result.permeability)
    assert found == pytest.approx([found[0]] * 3, rel=1e-6)


def test_velocity_is_the_flux_of_darcys_law():
    """The mean of u over the section is k/μ times the drop over the length."""
    drop, size = 0.05, 33.6e-9
    result = flow(slit(), voxel_size=size, pressure_drop=drop, slip=NO_SLIP)
    flux = result.velocity[0].mean()  # solid voxels, where it is zero, among them
    expected = result.permeability / METHANE.viscosity * drop / (result.pore.shape[0] * size)
    assert flux == pytest.approx(expected, rel=1e-6)


def test_a_flow_settles_as_momentum_or_pressure_diffuses():
    """A slit's momentum takes h²/(π² ν), whatever its porosity; a long box its pressure L²/(π² D).

    ν = T+/3 and D = k/(3 φ ν): the slower of the two counts.
    """
    problem = build_problem(slit(), ends="periodic", sides=("periodic", "periodic"))
    viscosity, share = problem.T_plus / 3, HEIGHT / (HEIGHT + 1)
    momentum = HEIGHT**2 / (np.pi**2 * viscosity)
    assert settling_time(problem, share * HEIGHT**2 / 12) == pytest.approx(momentum)
    tight = 1e-3  # voxel²: pressure has the last word
    pressure = 2**2 / (np.pi**2 * tight / (3 * share * viscosity))
    assert settling_time(problem, tight) == pytest.approx(pressure)


@pytest.mark.parametrize("ends", ["mirror", "periodic"])
def test_pores_at_the_ends_are_as_wide_as_with_what_lies_beyond(ends):
    """A chamber at one end is cut off by the wall at the other only where the sample repeats."""
    pore = np.zeros((5, 6, 6), bool)
    pore[:, 2:4, 2:4] = pore[3:, 1:5, 1:5] = True
    size = 33.6e-9
    found = permeability(pore, voxel_size=size, ends=ends, slip=NO_SLIP, knudsen=True)
    width = local_thickness(pore, beyond=(ends, "wall", "wall"))
    other = local_thickness(
        pore, beyond=("periodic" if ends == "mirror" else "mirror", "wall", "wall")
    )
    np.testing.assert_allclose(found.kn[pore], PATH / size / width[pore])
    assert (width != other).any()


# Pressures at the ends, beyond open slices


def behind(pore, buffer, **options):
    """Flow between pressures, without slip, with open slices before and after the pores."""
    given = {"ends": "pressure", "sides": "wall", "slip": NO_SLIP, "voxel_size": 33.6e-9}
    return flow(pore, buffer=buffer, **given | options)


@pytest.mark.parametrize("buffer", [0, 1, 5])
def test_open_slices_resist_but_not_as_a_part_of_the_sample(buffer):
    """An open duct goes on in them: k is the duct's, and the drop falls evenly along it."""
    duct = np.ones((4, 5, 3), bool)
    found = behind(duct, buffer)
    alone = flow(duct, sides="wall", slip=NO_SLIP, voxel_size=33.6e-9)
    assert found.permeability == pytest.approx(alone.permeability, rel=1e-7)
    np.testing.assert_allclose(found.velocity, alone.velocity, rtol=1e-6, atol=1e-13)
    fallen = (found.pressure.mean(axis=(1, 2)) - METHANE.pressure) / found.pressure_drop
    np.testing.assert_allclose(fallen, [0.375, 0.125, -0.125, -0.375], atol=1e-6)


def test_a_medium_once_more_resists_as_one_that_repeats_for_ever():
    """The pressure that finding the way in and out takes is the same for two copies and three.

    Slits of 4 voxels: that they are half of the section makes the ends tell, and h of a copy is
    long enough for the flow to develop.
    """
    copy = np.zeros((8, 8, 1), bool)
    copy[:, 2:6] = True
    sides = {"sides": "periodic"}
    resists = []
    for copies in (1, 2):
        pore = np.tile(copy, (copies, 1, 1))
        resists.append(copies / behind(pore, 3, **sides).permeability)
    ends, for_ever = resists[0] - np.diff(resists)[0], 1 / behind(copy, 0, **sides).permeability
    assert np.diff(resists)[0] == pytest.approx(for_ever, rel=1e-4)
    assert abs(ends) < 0.02 * for_ever


def test_pressures_at_the_faces_are_those_that_the_gas_meets():
    """A wide and a narrow slit behind the same slices: the wide one's pressure counts, by its flux.

    The work done on the sample is what it dissipates, so that k is hardly less than between
    mirrors, where the pressure is the same all over a face; the mean over the area gives 5% less.
    """
    pore = np.zeros((8, 12, 1), bool)
    pore[:, 1:6] = pore[:, 8:10] = True
    even = behind(pore, 0, sides="mirror").permeability
    assert 0.97 * even < behind(pore, 4, sides="mirror").permeability < 1.02 * even
