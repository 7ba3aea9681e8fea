"""Formation factor and tortuosity: exact media, bounds, symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.domain import DoesNotPercolateError
from shalelib.flow.laplace import diffusive_tortuosity, effective_conductivity, formation_factor
from shalelib.flow.validation import medium

ROUND_OFF = 1e-9  # the conductivity's error is the square of the solver's residual, 1e-6


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_straight_channels_have_one_over_the_porosity(axis):
    """Whatever their sections; a pore that leads nowhere adds nothing."""
    pore = np.zeros((7, 10, 9), bool)
    pore[:, 1:4, 2:8] = pore[:, 6, 1] = True
    conducting = pore.mean()
    pore[2:5, 8, 6] = True
    pore = np.moveaxis(pore, 0, axis)
    assert formation_factor(pore, axis=axis) == pytest.approx(1 / conducting, rel=ROUND_OFF)
    assert diffusive_tortuosity(pore, axis=axis) == pytest.approx(1, rel=ROUND_OFF)


def test_layers_are_resistances_in_series_and_in_parallel():
    """The harmonic mean across the layers and the arithmetic one along them."""
    values = np.array([0.2, 5.0, 1.0, 1.0, 40.0, 3.0])
    layers = np.tile(values[:, None, None], (1, 4, 3))
    across = effective_conductivity(layers)
    assert across == pytest.approx(len(values) / (1 / values).sum(), rel=ROUND_OFF)
    for axis in (1, 2):
        along = effective_conductivity(layers, axis=axis)
        assert along == pytest.approx(values.mean(), rel=ROUND_OFF)


def test_a_bent_channel_is_as_long_as_its_voxels():
    """One voxel wide, it is a row of unit resistors: a half at each end and one between voxels."""
    pore = np.zeros((5, 6, 3), bool)
    pore[:3, 1, 1] = pore[2, 1:5, 1] = pore[2:, 4, 1] = True
    voxels = int(pore.sum())
    expected = voxels * (6 * 3) / 5  # resistance times section over length
    assert formation_factor(pore) == pytest.approx(expected, rel=ROUND_OFF)


def test_a_few_spheres_follow_maxwell():
    """An eighth of a sphere in a corner, mirrored at all sides, is a cubic array.

    Maxwell's (3 - phi) / (2 phi) holds for it to the order of solid^(10/3) (Rayleigh), 1e-3 of the
    effect here. The staircase of the voxels turns the current more than a smooth surface, by an
    error of first order: it halves when the voxels do, and nothing is left of it in the limit, to
    1% of the effect, the scatter of the number of voxels in a sphere.
    """
    off = []
    for radius in (8, 16):
        z, y, x = np.indices((2 * radius,) * 3) + 0.5
        pore = z**2 + y**2 + x**2 >= radius**2
        maxwell = (3 - pore.mean()) / (2 * pore.mean())
        off.append((formation_factor(pore) - 1) / (maxwell - 1) - 1)
    assert off[0] > off[1] > 0  # Maxwell's is the bound of Hashin and Shtrikman
    assert off[1] < 0.05
    assert 2 * off[1] - off[0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("seed", [0, 1])
def test_media_obey_the_bounds_and_turn_with_the_volume(seed):
    """Not better than straight channels; the same whichever way the current runs."""
    pore = medium(24, porosity=0.35, seed=seed)
    factor = formation_factor(pore)
    assert factor > 1 / pore.mean()
    assert diffusive_tortuosity(pore) == pytest.approx(factor * pore.mean(), rel=ROUND_OFF)
    assert formation_factor(pore[::-1].copy()) == pytest.approx(factor, rel=1e-8)
    turned = np.moveaxis(pore, 0, 2)
    assert formation_factor(turned, axis=2) == pytest.approx(factor, rel=1e-8)


def test_conducting_kerogen_lies_between_the_bounds_of_series_and_parallel():
    pore = medium(20, porosity=0.35)
    mixed = np.where(pore, 1.0, 0.1)
    found = effective_conductivity(mixed)
    assert 1 / (1 / mixed).mean() < found < mixed.mean()
    assert found > 1 / formation_factor(pore)


def test_bad_input_is_refused():
    blocked = np.ones((4, 3, 3), bool)
    blocked[2] = False
    with pytest.raises(DoesNotPercolateError, match="axis 0"):
        formation_factor(blocked)
    for bad in (-1.0, np.nan, np.inf):
        values = np.ones((3, 3, 3))
        values[1, 1, 1] = bad
        with pytest.raises(ValueError, match="finite and not negative"):
            effective_conductivity(values)
