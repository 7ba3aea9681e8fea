"""Laws of the public call: the closed form of a slit that slips, its units, and its axes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import settling_time
from shalelib.flow.gas import METHANE
from shalelib.flow.problem import build_problem
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER, STOPS, SlipModel
from shalelib.flow.solver import SolverOptions

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
