"""Klinkenberg's law: exact in a slit with slip of first order, bent by one of second order."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.estimates import slit_estimate
from shalelib.flow.gas import METHANE
from shalelib.flow.options import SolverOptions
from shalelib.flow.pressures import klinkenberg, klinkenberg_fit
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER, STOPS

HEIGHT, VOXEL = 8, 20e-9  # of the slit [voxel], [m]
PRESSURES = [0.4e6, 0.8e6, 1.6e6, 3.2e6]  # Kn 0.115 to 0.014
EXACT = {
    "voxel_size": VOXEL,
    "ends": "periodic",
    "sides": "periodic",
    "options": SolverOptions(tolerance=1e-9),
}


def slit():
    pore = np.zeros((2, HEIGHT + 2, 1), bool)
    pore[:, 1:-1] = True
    return pore


def test_first_order_slip_in_a_slit_is_a_straight_line():
    """k = h²/12 + L h/2 with L p constant: k_inf is that without slip, b = 6 L p / h.

    On the lattice k_inf is (h² + 1/2) / 12 of a voxel², exactly; the mass that crosses between
    slices beside a slipping wall is short of the formula by up to L / 6, 1 / (3 h) of the slip's.
    """
    fit = klinkenberg(slit(), PRESSURES, slip=MAXWELL, **EXACT)
    intrinsic = permeability(slit(), slip=NO_SLIP, **EXACT).permeability
    width = HEIGHT * VOXEL
    b = 6 * METHANE.mean_free_path * METHANE.pressure / width
    assert fit.residual < 1e-7
    assert fit.k_inf == pytest.approx(intrinsic, rel=1e-6)
    assert fit.b == pytest.approx(b / (1 + 0.5 / HEIGHT**2), rel=1 / (3 * HEIGHT))


def test_second_order_slip_bends_the_line():
    """A share 12 C2 Kn² of k, 0.1 at most here, bends the line; the residual says so."""
    fit = klinkenberg(slit(), PRESSURES, slip=SECOND_ORDER, **EXACT)
    assert 1e-4 < fit.residual < 0.1


def test_the_fit_weighs_every_pressure_alike():
    """Scaling pressures or permeabilities scales b or k_inf, and nothing else."""
    rng = np.random.default_rng(0)
    p = np.array([1e5, 3e5, 1e6, 5e6])
    k = 1e-19 * (1 + 4e5 / p) * (1 + 0.02 * rng.standard_normal(4))
    fit = klinkenberg_fit(p, k)
    scaled = klinkenberg_fit(7 * p, 1e-3 * k)
    assert scaled.b == pytest.approx(7 * fit.b, rel=1e-9)
    assert scaled.k_inf == pytest.approx(1e-3 * fit.k_inf, rel=1e-9)
    assert scaled.residual == pytest.approx(fit.residual, rel=1e-9)
    assert fit.k_inf == pytest.approx(1e-19, rel=0.1)  # two parameters from 2% of noise


def test_bad_series_are_refused():
    with pytest.raises(ValueError, match="two different pressures"):
        klinkenberg_fit([1e5, 1e5], [1e-18, 1e-18])
    with pytest.raises(ValueError, match="two different pressures"):  # before any flow is solved
        klinkenberg(np.zeros((2, 2, 2), bool), [1e5, 1e5], voxel_size=1e-8)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="finite"):
            klinkenberg_fit([1e5, bad], [1e-18, 1e-18])
    for series in (([1e5, -1.0], [1e-18, 1e-18]), ([1e5, 2e5], [1e-18, 0.0])):
        with pytest.raises(ValueError, match="pressures and permeabilities must be positive"):
            klinkenberg_fit(*series)


@pytest.mark.parametrize("b", [1e3, 1e6, 1e11])
def test_what_is_left_of_much_slip_is_a_permeability_as_long_as_it_is_no_rounding(b):
    """An exact line of which a millionth is left at the highest pressure, b / p being 1e6."""
    p = np.array([1e5, 3e5, 1e6])
    fit = klinkenberg_fit(p, 2e-18 * (1 + b / p))
    assert fit.k_inf == pytest.approx(2e-18, rel=1e-6, abs=0)
    assert fit.b == pytest.approx(b, rel=1e-6)


def test_pressures_that_leave_nothing_at_infinity_give_no_number():
    """Slip of second order at low pressures alone bends the line below zero; so does k like 1 / p.

    Both had an answer: minus 0.8 times the permeability, and a b of -4e20 Pa.
    """
    low = [1e3, 1e4, 1e5]
    gases = [replace(METHANE, pressure=p) for p in low]
    k = [slit_estimate(g.mean_free_path / 2e-7, 0.3, slip=STOPS, gas=g) for g in gases]
    for pressure, apparent in ((low, k), ([1e5, 2e5], [20e-18, 10e-18])):
        with pytest.warns(UserWarning, match="no permeability; add pressures above"):
            fit = klinkenberg_fit(pressure, apparent)
        assert math.isnan(fit.k_inf)
        assert math.isnan(fit.b)
        assert fit.permeability == tuple(apparent)
