"""The permeability tensor: aligned and inclined slits, reciprocity, rotation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.tensor import permeability_tensor

OPTIONS = {"voxel_size": 1e-8, "slip": NO_SLIP, "options": SolverOptions(tolerance=1e-7)}


def in_voxels(found):
    return found.tensor / OPTIONS["voxel_size"] ** 2


@pytest.mark.parametrize("across", [0, 1, 2])
def test_aligned_slits_have_their_formula_along_and_nothing_across(across):
    """(h² + 1/2) / 12 voxel² of the open share, h = 4 of 6."""
    pore = np.zeros((6, 3, 3), bool)
    pore[1:5] = True
    found = permeability_tensor(np.moveaxis(pore, 0, across).copy(), **OPTIONS)
    expected = np.eye(3) * 4 / 6 * (4**2 + 0.5) / 12
    expected[across, across] = 0
    assert in_voxels(found) == pytest.approx(expected, abs=1e-6)
    assert found.principal[0] == pytest.approx(0, abs=1e-12 * found.principal[2])
    assert abs(found.directions[0][across]) == pytest.approx(1)


def test_slits_at_45_degrees_have_equal_components_in_their_plane():
    """K = phi h²/12 (1 - n n) with n the normal: all four components in the z-y plane are equal.

    By symmetry exactly so, whatever the staircase of the walls does to h; across the slits there
    is nothing, along them twice a component.
    """
    width = 6
    z, y = np.indices((2 * width, 2 * width))
    pore = np.repeat((((z - y) % (2 * width)) < width)[:, :, None], 2, axis=2)
    found = permeability_tensor(pore, **OPTIONS)
    k = in_voxels(found)
    assert k[:2, :2] == pytest.approx(np.full((2, 2), k[0, 0]), rel=1e-5)
    assert k[2, :2] == pytest.approx(0, abs=1e-6 * k[0, 0])
    assert found.principal[0] == pytest.approx(0, abs=1e-5 * found.principal[1])
    assert found.principal[1] == pytest.approx(2 * k[0, 0] * OPTIONS["voxel_size"] ** 2, rel=1e-5)
    exact = 0.5 * 0.5 * (width**2 / 2) / 12  # a sharp wall; the staircase has rougher ones
    assert 0.7 * exact < k[0, 0] < 1.1 * exact


def test_steep_slits_carry_more_across_than_along():
    """Two up for one along: K is a multiple of (4, 2; 2, 1), exactly, whatever the staircase."""
    z, y = np.indices((12, 6))
    pore = np.repeat((((z - 2 * y) % 12) < 6)[:, :, None], 2, axis=2)
    found = permeability_tensor(pore, **OPTIONS)
    k = in_voxels(found)
    assert k[:2, :2] == pytest.approx(k[1, 1] * np.array([[4, 2], [2, 1]]), rel=1e-4)
    assert found.asymmetry < 1e-4


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 2)])
def test_slits_that_rise_have_the_sign_of_those_that_fall(one, other):
    """Mirrored across an axis, components with that axis change sign; the easy way lies along."""
    first, second = np.indices((8, 8))
    rising, falling = (
        np.moveaxis(np.repeat((w % 8 < 4)[:, :, None], 2, 2), (0, 1), (one, other))
        for w in (first - second, first + second)
    )
    k, turned = (permeability_tensor(np.ascontiguousarray(p), **OPTIONS) for p in (rising, falling))
    assert k.tensor[one, other] == pytest.approx(k.tensor[one, one], rel=1e-5, abs=0)
    assert turned.tensor[one, other] == pytest.approx(-k.tensor[one, one], rel=1e-5, abs=0)
    for found, sign in ((k, 1), (turned, -1)):
        along = [way for way in found.directions if abs(way[one] * way[other]) > 0.4]
        assert sign * along[-1][one] * along[-1][other] == pytest.approx(0.5, rel=1e-4)


def periodic_medium(shear):
    """Layered grains, periodic, tilted out of the axes by smoothing along a diagonal."""
    noise = np.random.default_rng(4).standard_normal((16, 16, 16))
    smooth = gaussian_filter(noise, (1, 1, 2.5), mode="wrap")
    tilted = np.stack([np.roll(plane, shear * x, axis=0) for x, plane in enumerate(smooth.T)]).T
    return tilted < np.quantile(tilted, 0.6)


def test_media_are_reciprocal_and_positive():
    """K is symmetric as the Stokes operator is, to the tolerance, and dissipation is positive."""
    found = permeability_tensor(periodic_medium(1), **OPTIONS)
    assert found.asymmetry < 1e-4
    assert (found.principal > 0).all()
    assert np.abs(found.tensor[np.triu_indices(3, 1)]).max() > 0.02 * found.principal[2]


def test_the_tensor_turns_with_the_medium():
    """Exchanging axes exchanges components."""
    pore = periodic_medium(1)
    k = in_voxels(permeability_tensor(pore, **OPTIONS))
    turned = in_voxels(permeability_tensor(pore.transpose(2, 0, 1).copy(), **OPTIONS))
    assert turned == pytest.approx(k[np.ix_([2, 0, 1], [2, 0, 1])], abs=1e-4 * k.max())


def test_the_place_of_the_cell_does_not_matter():
    """A shifted cell is the same medium."""
    pore = periodic_medium(1)
    k = in_voxels(permeability_tensor(pore, **OPTIONS))
    shifted = in_voxels(permeability_tensor(np.roll(pore, (5, 3, 8), (0, 1, 2)), **OPTIONS))
    assert shifted == pytest.approx(k, abs=1e-4 * k.max())


def test_options_of_the_three_solves_are_not_to_be_given():
    with pytest.raises(
        TypeError, match="axis cannot be given here; a tensor is of a periodic medium"
    ):
        permeability_tensor(np.ones((3, 3, 3), bool), axis=1, **OPTIONS)
