"""Closed estimates of the permeability against the pores for which they are exact."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.estimates import (
    archie_exponent,
    channel_width,
    katz_thompson,
    kozeny_carman,
    slit_estimate,
    tube_estimate,
)
from shalelib.flow.gas import METHANE
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import MAXWELL, NO_SLIP, SECOND_ORDER

ROUND_OFF = 1e-12


def test_slits_are_what_the_solver_finds():
    """A slit of h voxels has (h² + 1/2) / 12 on the lattice, and h² / 12 in the estimate."""
    height, voxel = 12, 10e-9
    pore = np.zeros((2, 15, 1), bool)
    pore[:, 1 : 1 + height] = True
    exactly = {"ends": "periodic", "sides": "periodic", "slip": NO_SLIP}
    settled = SolverOptions(tolerance=1e-9)
    solved = permeability(pore, voxel_size=voxel, options=settled, **exactly).permeability
    guessed = slit_estimate(METHANE.mean_free_path / (height * voxel), height / 15)
    assert solved / guessed == pytest.approx(1 + 0.5 / height**2, rel=1e-6)


@pytest.mark.parametrize(("estimate", "number"), [(slit_estimate, 6), (tube_estimate, 8)])
def test_first_order_slip_adds_six_or_eight_knudsen_numbers(estimate, number):
    """u = y (h - y) / 2 + L h / 2 in a slit, (R² - r²) / 4 + L R / 2 in a tube: mean over mean."""
    for kn in (0.01, 0.1):
        ratio = estimate(kn, 0.2, slip=MAXWELL) / estimate(kn, 0.2)
        assert ratio == pytest.approx(1 + number * kn, rel=ROUND_OFF)
    assert estimate(0.1, 0.2, slip=SECOND_ORDER) > estimate(0.1, 0.2, slip=MAXWELL)
    assert estimate(0.1, 0.2, tortuosity=2.0) == pytest.approx(estimate(0.1, 0.05))


def test_kozeny_carman_is_exact_in_slits_and_tubes():
    """Their walls are 2 phi / h and 4 phi / d per volume."""
    porosity, kn = 0.3, 0.05
    width = METHANE.mean_free_path / kn
    slits = kozeny_carman(porosity, 2 * porosity / width, shape=3)
    tubes = kozeny_carman(porosity, 4 * porosity / width, shape=2)
    assert slits == pytest.approx(slit_estimate(kn, porosity), rel=ROUND_OFF)
    assert tubes == pytest.approx(tube_estimate(kn, porosity), rel=ROUND_OFF)


def test_katz_thompson_is_below_straight_tubes_by_its_constant():
    porosity, width = 0.25, 50e-9
    straight = tube_estimate(METHANE.mean_free_path / width, porosity)
    assert straight / katz_thompson(width, 1 / porosity) == pytest.approx(226 / 32)


def test_archie_exponent_inverts_archies_law():
    assert archie_exponent(0.18**-2.4, 0.18) == pytest.approx(2.4, rel=ROUND_OFF)


def test_channel_width_of_even_slits_is_exact():
    slit = np.zeros((5, 12, 5), bool)
    slit[:, 3:9] = True
    assert channel_width(slit) == 6.0
    assert math.isnan(channel_width(np.zeros((3, 3, 3), bool)))
    assert math.isnan(channel_width(np.ones((3, 3, 3), bool)))


@pytest.mark.parametrize("kn", [0.0, -0.1, math.nan, math.inf])
def test_bad_input_is_refused(kn):
    with pytest.raises(ValueError, match="kn must be positive"):
        slit_estimate(kn, 0.2)
    with pytest.raises(ValueError, match="cannot exceed 1"):
        slit_estimate(0.1, 20.0)
    with pytest.raises(ValueError, match="below 1"):
        archie_exponent(10.0, 1.0)


def test_the_width_of_channels_is_that_of_a_volume():
    with pytest.raises(ValueError, match="domain"):
        channel_width(np.eye(4, dtype=bool))


def test_no_way_is_shorter_than_a_straight_one():
    """A conductance taken for a resistance had a negative exponent, slits four times their k."""
    with pytest.raises(ValueError, match=r"tortuosity is at least 1, .* got 0\.5"):
        slit_estimate(0.1, 0.2, tortuosity=0.5)
    for estimate in (lambda: archie_exponent(0.04, 0.2), lambda: katz_thompson(1e-8, 0.04)):
        with pytest.raises(ValueError, match=r"formation_factor is at least 1, .* got 0\.04"):
            estimate()
    assert archie_exponent(1 - 1e-9, 0.2) == pytest.approx(0, abs=1e-8)
