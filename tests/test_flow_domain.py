"""Pore domains, thresholds, local thickness, gas: definitions, limits, errors."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.domain import (
    DoesNotPercolateError,
    common_threshold,
    connected_pores,
    connected_threshold,
    domain_from_grey,
    domain_from_labels,
    domain_from_mask,
    first_percolation,
    threshold_curve,
)
from shalelib.flow.gas import METHANE, METHANE_AS_STATED, Gas
from shalelib.flow.thickness import local_knudsen, local_thickness, medial_thickness


def staircase():
    """A channel that moves sideways through an edge contact only."""
    pore = np.zeros((4, 4, 3), bool)
    pore[:2, 1, 1] = pore[2:, 2, 1] = True
    return pore


def test_an_edge_contact_does_not_connect():
    assert not connected_pores(staircase()).any()
    joined = staircase()
    joined[2, 1, 1] = True
    assert connected_pores(joined).sum() == 5


def test_a_cluster_must_touch_both_faces():
    pore = np.zeros((5, 5, 5), bool)
    pore[:, 2, 2] = True
    pore[:4, 4, 4] = True  # touches the inlet only
    domain = domain_from_mask(pore)
    assert domain.pore.sum() == 5
    assert domain.porosity == pytest.approx(9 / 125)
    assert domain.porosity_connected == pytest.approx(5 / 125)
    with pytest.raises(DoesNotPercolateError, match="axis 1"):
        domain_from_mask(pore, axis=1)


def test_thresholds_follow_their_definitions():
    """Scanned by hand: every threshold below the answer fails the rule, the answer meets it."""
    rng = np.random.default_rng(3)
    grey = rng.integers(0, 256, (12, 12, 12), dtype=np.uint8)
    first = first_percolation(grey)
    assert connected_pores(grey <= first).any()
    assert not connected_pores(grey <= first - 1).any()
    found = connected_threshold(grey)

    def share(t):
        return connected_pores(grey <= t).sum() / (grey <= t).sum()

    assert share(found) >= 0.9
    assert all(share(t) < 0.9 for t in range(first, found))
    brighter = np.minimum(grey, 245) + np.uint8(10)
    assert common_threshold([grey, brighter]) >= found
    total, connected = threshold_curve(grey, [found])[0]
    assert connected / total == pytest.approx(share(found))


def test_a_volume_that_does_not_percolate_says_at_which_threshold_it_would():
    grey = np.full((4, 3, 3), 200, np.uint8)
    grey[:, 1, 1] = [10, 20, 77, 30]
    with pytest.raises(DoesNotPercolateError, match="at threshold 77"):
        domain_from_grey(grey, threshold=50)
    assert domain_from_grey(grey, threshold=77).pore.sum() == 4


def test_labels():
    labels = np.ones((3, 3, 3), np.uint8)
    labels[:, 1, 1] = 4
    assert domain_from_labels(labels, 4).pore.sum() == 3
    with pytest.raises(ValueError, match="labels present are 1, 4"):
        domain_from_labels(labels, 2)


@pytest.mark.parametrize("measure", [local_thickness, medial_thickness])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 8])
def test_slits_of_odd_and_even_width_are_exact(width, measure):
    pore = np.zeros((3, width + 2, 5), bool)
    pore[:, 1:-1] = True
    thickness = measure(pore, beyond=("mirror", "mirror", "mirror"))
    np.testing.assert_array_equal(thickness[pore], width)
    assert (thickness[~pore] == 0).all()


def test_thickness_beyond_the_faces():
    """Walls bound a box; a wrapped box is as thick as its copies side by side."""
    pore = np.ones((3, 5, 5), bool)
    np.testing.assert_array_equal(local_thickness(pore)[:, 2, 2], 5)
    rng = np.random.default_rng(0)
    pore = rng.random((5, 5, 5)) < 0.8
    wrapped = local_thickness(pore, beyond=("periodic",) * 3)
    copies = local_thickness(np.tile(pore, (5, 5, 5)), beyond=("mirror",) * 3)
    np.testing.assert_array_equal(wrapped, copies[10:15, 10:15, 10:15])


def test_a_sphere_is_as_thick_as_its_diameter():
    """Solid voxels have their centre outside the sphere and a corner sqrt(3)/2 nearer at most."""
    z, y, x = np.indices((21, 21, 21)) - 10
    pore = z**2 + y**2 + x**2 < 8.5**2
    thickness = local_thickness(pore)[10, 10, 10]
    assert 17 - np.sqrt(3) <= thickness <= 17 + 1


def test_local_knudsen_is_the_free_path_over_the_thickness():
    kn = local_knudsen(np.array([[[0.0, 3.0]]]), mean_free_path=9e-9, voxel_size=30e-9)
    np.testing.assert_allclose(kn, [[[0, 0.1]]])


def test_methane_at_the_papers_state():
    """The issue's hand figures: 9.2 nm, 3.2e-2 cm²/s; as stated in the paper, 0.03 nm."""
    assert METHANE.mean_free_path == pytest.approx(9.2e-9, rel=0.01)
    assert METHANE.kinematic_viscosity == pytest.approx(3.2e-6, rel=0.01)
    assert METHANE_AS_STATED.kinematic_viscosity == pytest.approx(1e-8, rel=1e-12)
    assert METHANE_AS_STATED.mean_free_path == pytest.approx(0.03e-9, rel=0.05)


@pytest.mark.parametrize("field", ["temperature", "pressure", "viscosity", "molar_mass"])
def test_a_gas_must_be_physical(field):
    state = {"temperature": 370.0, "pressure": 8e5, "viscosity": 1e-5, "molar_mass": 0.016}
    for wrong in (-1.0, 0.0, np.nan):
        with pytest.raises(ValueError, match=f"Gas.{field} must be positive"):
            Gas(name="x", **(state | {field: wrong}))
