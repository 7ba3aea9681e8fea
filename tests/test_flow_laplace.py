"""Formation factor and tortuosity: exact media, bounds, symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.domain import DoesNotPercolateError
from shalelib.flow.laplace import diffusive_tortuosity, effective_conductivity, formation_factor
from shalelib.flow.validation import medium

ROUND_OFF = 1e-9  # of the conductivity; it goes with the square of the potential's error


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


@pytest.mark.parametrize("tight", [1e-6, 1e-10, 1e-13])
def test_a_tight_layer_in_series_counts_however_tight_it_is(tight):
    """It alone resists: the sum of the resistances, which no residual of the currents shows."""
    layers = np.ones((8, 6, 6))
    layers[3] = tight
    assert effective_conductivity(layers) == pytest.approx(8 / (7 + 1 / tight), rel=ROUND_OFF)


@pytest.mark.parametrize("tight", [1e-6, 1e-10, 1e-13])
@pytest.mark.parametrize("length", [5, 41, 301])
def test_conductors_between_tight_voxels_keep_what_leaks_through(length, tight):
    """Every other voxel of a wire is tight: its conductors float, each held by leaks alone.

    Short wires are solved at once, long ones by multigrid.
    """
    wire = np.ones((length, 1, 1))
    wire[1::2] = tight
    expected = length / (1 / wire).sum()
    assert effective_conductivity(wire) == pytest.approx(expected, rel=ROUND_OFF)


def test_islands_in_a_tight_matrix_conduct_in_proportion_to_it():
    """As what joins them tends to 0 the islands become short circuits, and all goes with it.

    The next order is the contrast itself, times a factor of the geometry, below 100 here. Turned
    about, the current is the same, however little it is.
    """
    islands = np.random.default_rng(0).random((12, 12, 12)) < 0.3
    found = [effective_conductivity(np.where(islands, 1.0, c)) / c for c in (1e-8, 1e-10, 1e-12)]
    assert found[0] == pytest.approx(found[2], rel=1e-6)
    assert found[1] == pytest.approx(found[2], rel=1e-8)
    turned = np.where(islands[::-1], 1.0, 1e-12)
    assert effective_conductivity(turned) / 1e-12 == pytest.approx(found[2], rel=ROUND_OFF)


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1e150])
def test_the_unit_of_the_conductivity_does_not_matter(scale):
    values = np.random.default_rng(1).lognormal(0, 2, (6, 5, 4))
    found = effective_conductivity(values * scale)
    assert found / scale == pytest.approx(effective_conductivity(values), rel=1e-12)


def test_levels_of_half_precision_count_as_what_they_are():
    """Products of two of them are beyond the largest number of 16 bits."""
    layers = np.tile(np.array([300.0, 500.0])[:, None, None], (1, 2, 2)).astype(np.float16)
    assert effective_conductivity(layers) == pytest.approx(375, rel=ROUND_OFF)


def test_what_rounding_leaves_nothing_of_is_refused():
    layers = np.ones((4, 3, 3))
    layers[1] = 1e-14
    with pytest.raises(ValueError, match="from 1e-14 to 1, further apart"):
        effective_conductivity(layers)


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
