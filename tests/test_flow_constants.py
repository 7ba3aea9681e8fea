"""Constants of the gas and its walls, each against where it comes from."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.gas import METHANE
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER, STOPS

PRESSURE = {"voxel_size": 33.6e-9, "ends": "pressure", "slip": NO_SLIP}


def test_second_order_slip_is_that_of_diffuse_walls():
    """Full accommodation: C1 = 1 - 0.1817, and C2 = 1/π + C1²/2; printed to four digits."""
    c1 = 1 - 0.1817
    assert SECOND_ORDER.c1 == pytest.approx(c1, abs=5e-5)
    assert SECOND_ORDER.c2 == pytest.approx(1 / math.pi + c1**2 / 2, abs=5e-5)


def test_slip_with_stops_function_is_that_of_hard_spheres():
    """Hadjiconstantinou 2003: 1.11 and 0.61, of which the Knudsen layer takes 0.30 in a flux."""
    assert (STOPS.c1, STOPS.c2) == pytest.approx((1.11, 0.61 - 0.30))


def test_maxwells_slip_is_the_mean_free_path_where_all_molecules_are_diffused():
    """(2 - σ) / σ with σ = 1, and nothing of second order; a liquid does not slip at all."""
    assert (MAXWELL.c1, MAXWELL.c2) == (1.0, 0.0)
    assert (NO_SLIP.c1, NO_SLIP.c2) == (0.0, 0.0)


def test_a_mean_knudsen_number_weighs_voxels_and_that_of_the_flux_weighs_the_gas():
    """Slits of 4 and 8 voxels between walls, no slip: each carries h (h² + 1/2), the lattice's.

    Kn is λ/h in each; over the voxels its mean is λ/6, that of the flux is nearer to the wide one,
    and λ over the mean thickness, (16 + 64) / 12, is nearer still.
    """
    path, size = METHANE.mean_free_path, 33.6e-9
    pore = np.zeros((2, 14, 2), bool)
    pore[:, 1:5] = pore[:, 6:14] = True
    exact = {"options": SolverOptions(tolerance=1e-7), "ends": "periodic", "sides": "periodic"}
    found = permeability(pore, voxel_size=size, slip=NO_SLIP, knudsen=True, **exact)
    kn = {height: path / (height * size) for height in (4, 8)}
    carried = {height: height * (height**2 + 0.5) for height in kn}
    mean = sum(carried[height] * kn[height] for height in kn) / sum(carried.values())
    assert found.kn_mean == pytest.approx(path / size / 6)
    assert found.kn_flux == pytest.approx(mean, rel=1e-5)
    assert found.kn_thickness == pytest.approx(path / size * 12 / 80)


def test_four_open_slices_lie_before_and_after_a_sample_where_nothing_is_said():
    """How gas comes upon a plate with a hole depends on them, if by little."""
    pore = np.zeros((2, 5, 5), bool)
    pore[:, 1:4, 1:4] = True
    three, four = (permeability(pore, **PRESSURE, buffer=n).permeability for n in (3, 4))
    assert permeability(pore, **PRESSURE).permeability == four != three


@pytest.mark.parametrize(("kn", "beyond"), [(0.29, False), (0.31, True)])
def test_beyond_three_tenths_the_slip_model_is_said_to_be_off(kn, beyond):
    """Up to there it is within a tenth of kinetic theory, which the validation page shows."""
    height = 4
    pore = np.zeros((2, height + 2, 2), bool)
    pore[:, 1:-1] = True
    given = {"voxel_size": METHANE.mean_free_path / (kn * height), "sides": "periodic"}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert permeability(pore, **given).kn_mean == pytest.approx(kn)
    assert any("kinetic theory" in str(one.message) for one in said) == beyond
