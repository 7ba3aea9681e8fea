"""Pore domains, thresholds, local thickness, gas: definitions, limits, errors."""

from __future__ import annotations

import itertools
import tracemalloc
import warnings

import numpy as np
import pytest
from scipy import ndimage

from shalelib.flow.apparent import permeability
from shalelib.flow.domain import (
    DoesNotPercolateError,
    connected_pores,
    domain_from_grey,
    domain_from_labels,
    domain_from_mask,
    first_percolation,
)
from shalelib.flow.gas import METHANE, METHANE_AS_STATED, Gas
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.thickness import local_knudsen, local_thickness
from shalelib.flow.thresholds import common_threshold, connected_threshold, threshold_curve


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


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 8])
def test_slits_of_odd_and_even_width_are_exact(width):
    pore = np.zeros((3, width + 2, 5), bool)
    pore[:, 1:-1] = True
    thickness = local_thickness(pore, beyond=("mirror", "mirror", "mirror"))
    np.testing.assert_array_equal(thickness[pore], width)
    assert (thickness[~pore] == 0).all()


def thickness_by_definition(pore, copies):
    """Try every sphere about every half voxel of a box among its copies, and solid beyond those."""
    tiled = np.pad(np.tile(pore, copies), 1)
    solid = np.argwhere(~tiled)
    half = np.stack(np.meshgrid(*[np.arange(2, 2 * n - 1) for n in tiled.shape], indexing="ij"), -1)
    points = half.reshape(-1, 3) / 2  # corners of voxels are whole numbers
    apart = points[:, None] - (solid + 0.5)
    surface = np.maximum(np.abs(apart) - 0.5, 0)
    radius2 = (surface**2).sum(-1).min(1)
    low = np.array(copies) // 2 * pore.shape
    centres = np.argwhere(pore) + low + 1.5  # of the box in the middle
    covers = ((centres[:, None] - points) ** 2).sum(-1) < radius2
    found = np.zeros(pore.shape)
    found[pore] = 2 * np.sqrt(np.where(covers, radius2, 0).max(1))
    return found


@pytest.mark.parametrize(("share", "seed"), [(0.5, 0), (0.8, 1), (0.95, 2)])
def test_thickness_follows_its_definition(share, seed):
    """Between walls: the search down the pyramid finds what trying all spheres does."""
    pore = np.random.default_rng(seed).random((5, 6, 4)) < share
    np.testing.assert_allclose(
        local_thickness(pore, beyond=("wall",) * 3), thickness_by_definition(pore, (1, 1, 1))
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_wrapped_box_is_as_thick_as_its_copies_side_by_side(axis):
    pore = np.random.default_rng(axis).random((4, 4, 4)) < 0.8
    beyond = ["wall"] * 3
    beyond[axis] = "periodic"
    copies = [1, 1, 1]
    copies[axis] = 5  # spheres between walls 4 voxels apart reach no further than 2 voxels
    np.testing.assert_allclose(
        local_thickness(pore, beyond=tuple(beyond)), thickness_by_definition(pore, tuple(copies))
    )


def thickness_among_images(pore, beyond):
    """Try the spheres about all half voxels of a small box among its copies and mirror images."""
    modes = {"wall": "constant", "periodic": "wrap", "mirror": "symmetric"}
    margin = 4  # a box of two voxels a side has no solid that far from any of its points
    solid = ~pore
    for axis, mode in enumerate(beyond):
        width = np.roll([[margin] * 2, [0] * 2, [0] * 2], axis, 0)
        solid = np.pad(
            solid, width, modes[mode], **({"constant_values": 1} if mode == "wall" else {})
        )
    for axis, n in enumerate(solid.shape):
        point = np.arange(1, 2 * n)  # beside voxel (point - 1) // 2 and voxel point // 2
        solid = solid.take((point - 1) // 2, axis) | solid.take(point // 2, axis)
    squares = np.rint(ndimage.distance_transform_edt(~solid) ** 2)
    points = np.moveaxis(np.indices(squares.shape), 0, -1)
    found = np.zeros(pore.shape)
    for voxel in np.argwhere(pore):
        apart = ((points - 2 * (voxel + margin)) ** 2).sum(-1)
        found[tuple(voxel)] = np.sqrt(squares[apart < squares].max())
    return found


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2)])
def test_boxes_of_one_and_two_voxels_are_as_thick_as_among_their_images(shape):
    """So small that the first list of blocks is the whole box; whatever lies beyond the faces."""
    generator = np.random.default_rng(0)
    for beyond in itertools.product(("wall", "periodic", "mirror"), repeat=3):
        pore = generator.random(shape) < 0.8
        if pore.all() and "wall" not in beyond:
            pore.flat[-1] = False
        np.testing.assert_allclose(
            local_thickness(pore, beyond=beyond), thickness_among_images(pore, beyond)
        )


def test_the_thickness_of_a_periodic_medium_shifts_with_it():
    pore = np.random.default_rng(5).random((7, 8, 9)) < 0.9
    once = local_thickness(pore, beyond=("periodic",) * 3)
    for shift in ((3, 0, 0), (0, 5, 1), (6, 7, 8)):
        moved = local_thickness(np.roll(pore, shift, (0, 1, 2)), beyond=("periodic",) * 3)
        np.testing.assert_array_equal(moved, np.roll(once, shift, (0, 1, 2)))


def test_pores_wider_than_sixteen_bits_hold():
    """A slit of 300 voxels: its squared width, 90,000, is beyond 65,535."""
    pore = np.ones((1, 300, 1), bool)
    thickness = local_thickness(pore, beyond=("mirror", "wall", "mirror"))
    np.testing.assert_array_equal(thickness, 300)


def test_thickness_takes_thirty_bytes_a_voxel():
    pore = np.random.default_rng(0).random((64, 64, 64)) < 0.7
    for beyond in (("mirror", "wall", "wall"), ("periodic",) * 3):
        local_thickness(pore[:4, :4, :4], beyond=beyond)  # compiled before memory is traced
        tracemalloc.start()
        local_thickness(pore, beyond=beyond)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 30 * pore.size


def test_no_solid_no_thickness():
    assert np.isinf(local_thickness(np.ones((2, 2, 2), bool), beyond=("mirror",) * 3)).all()
    np.testing.assert_array_equal(local_thickness(np.ones((3, 5, 5), bool))[:, 2, 2], 5)


# Periodic boxes


@pytest.mark.parametrize("ends", ["mirror", "periodic"])
def test_where_a_periodic_medium_is_cut_makes_no_difference(ends):
    """Shifted across its periodic faces it has the same pores, shifted."""
    pore = np.random.default_rng(2).random((12, 12, 12)) < 0.36
    once = connected_pores(pore, ends=ends, sides="periodic")
    assert 0 < once.sum() < pore.sum()
    shifts = [(0, 5, 0), (0, 3, 7)] + [(6, 0, 0), (1, 2, 3)] * (ends == "periodic")
    for shift in shifts:
        moved = connected_pores(np.roll(pore, shift, (0, 1, 2)), ends=ends, sides="periodic")
        np.testing.assert_array_equal(moved, np.roll(once, shift, (0, 1, 2)))


def winding(shift, length=6):
    """A channel along axis 0 that is `shift` voxels further along axis 1 after each box."""
    pore = np.zeros((length, 8, 3), bool)
    for y in range(shift + 1):
        pore[length // 2, y, 1] = True
    pore[: length // 2, 0, 1] = pore[length // 2 :, shift, 1] = True
    return pore


def test_a_slanted_channel_must_meet_itself():
    """After one box it is 3 of 8 voxels aside, and 3 has no part in common with 0."""
    straight = winding(0)
    assert connected_pores(straight, ends="periodic").sum() == 6
    slanted = winding(3)
    assert connected_pores(slanted).sum() == slanted.sum()
    assert not connected_pores(slanted, ends="periodic").any()
    with pytest.raises(DoesNotPercolateError, match="take ends='mirror'"):
        domain_from_mask(slanted, ends="periodic")


def test_a_channel_may_meet_itself_two_boxes_on():
    """Two channels that change places on their way: each leads into the other's copy."""
    pore = np.zeros((6, 5, 5), bool)
    pore[:2, 2, 0] = pore[4:, 2, 4] = pore[:3, 2, 4] = pore[4:, 2, 0] = True
    pore[1, :2, 0] = pore[1, 0] = pore[1:5, 0, 4] = pore[4, :2, 4] = True
    pore[2, 3:, 4] = pore[2, 4] = pore[2:5, 4, 0] = pore[4, 3:, 0] = True
    np.testing.assert_array_equal(connected_pores(pore, ends="periodic"), pore)
    cut = pore.copy()
    cut[3, 4, 0] = False  # one of them
    assert connected_pores(cut).any()
    assert not connected_pores(cut, ends="periodic").any()


def test_a_loop_around_the_sides_carries_nothing_along_the_flow():
    pore = np.zeros((4, 6, 3), bool)
    pore[1] = True
    assert not connected_pores(pore, ends="periodic", sides="periodic").any()


def test_periodic_sides_join_what_touches_across_them():
    pore = np.zeros((4, 5, 3), bool)
    pore[:2, 0, 1] = pore[1:, 4, 1] = True
    assert not connected_pores(pore).any()
    assert connected_pores(pore, sides="periodic").sum() == pore.sum()


# Rock masks


def test_outside_the_rock_there_are_no_pores():
    """A plug in a box of zeros: porosity and threshold are those of the plug alone."""
    rng = np.random.default_rng(4)
    y, x = np.indices((16, 16)) - 7.5
    rock = np.broadcast_to(y**2 + x**2 < 50, (10, 16, 16)).copy()
    grey = rng.integers(1, 256, rock.shape).astype(np.uint8)
    outside = np.where(rock, grey, 0).astype(np.uint8)
    filled = np.where(rock, grey, 255).astype(np.uint8)
    first = first_percolation(outside, rock=rock)
    with pytest.raises(ValueError, match="outside the rock"):  # it would be 0, around the rock
        first_percolation(outside)
    assert first == first_percolation(filled)
    assert connected_threshold(outside, rock=rock) == connected_threshold(filled)
    domain = domain_from_grey(outside, threshold=first, rock=rock)
    assert not domain.pore[~rock].any()
    assert domain.porosity == pytest.approx((grey[rock] <= first).mean())
    total, connected = threshold_curve(outside, [first], rock=rock)[0]
    assert (total, connected) == pytest.approx((domain.porosity, domain.porosity_connected))


def test_a_threshold_above_the_rock_leaves_nothing_solid():
    """A volume of one grey level, or a level of another volume: no rock has only pores."""
    grey = np.full((4, 5, 5), 10, np.uint8)
    rock = np.ones(grey.shape, bool)
    for threshold in (10, 255):
        with pytest.warns(UserWarning, match="is all of the rock, whose lightest voxel is 10"):
            assert domain_from_grey(grey, threshold=threshold).porosity == 1
    grey[:, 0], rock[:, 0] = 200, False
    assert domain_from_grey(grey, threshold=10).porosity == 0.8
    with pytest.warns(UserWarning, match="is all of the rock"):
        domain_from_grey(grey, threshold=10, rock=rock)


def test_a_mask_of_pores_that_surround_a_plug_is_warned_of():
    """The domain made with the rock's mask is not, nor is a crop from inside the rock."""
    y, x = np.indices((40, 40)) - 19.5
    rock = np.broadcast_to(np.hypot(y, x) < 17, (6, 40, 40)).copy()
    crack = np.zeros(rock.shape, bool)
    crack[:, 18:22] = True
    with pytest.warns(UserWarning, match="rock=mask"):
        around = permeability(crack | ~rock, voxel_size=3e-8, slip=NO_SLIP)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        domain = domain_from_mask(crack | ~rock, rock=rock)
        inside = permeability(domain, voxel_size=3e-8, slip=NO_SLIP)
        permeability(crack, voxel_size=3e-8, slip=NO_SLIP)
    assert around.permeability > 2 * inside.permeability


def test_a_class_that_lies_round_the_rock_needs_the_mask():
    """A classifier calls black surroundings low density: as pores they would carry all the gas."""
    y, x = np.indices((40, 40)) - 19.5
    rock = np.broadcast_to(np.hypot(y, x) < 17, (6, 40, 40)).copy()
    labels = np.where(rock, 2, 1).astype(np.uint8)
    labels[:, 18:22, 18:22] = 1
    with pytest.raises(ValueError, match=r"of the class 1 is zero.* Pass rock="):
        domain_from_labels(labels, 1)
    domain = domain_from_labels(labels, 1, rock=rock)
    assert domain.porosity == pytest.approx(6 * 16 / rock.sum())
    assert not domain.pore[~rock].any()


def test_a_rock_mask_must_fit():
    grey = np.full((4, 3, 3), 10, np.uint8)
    grey[:, 0] = 90
    with pytest.raises(ValueError, match="mask of this volume"):
        domain_from_grey(grey, threshold=20, rock=np.ones((3, 3, 3), bool))
    with pytest.raises(ValueError, match="empty"):
        domain_from_grey(grey, threshold=20, rock=np.zeros(grey.shape, bool))
    short = np.ones(grey.shape, bool)
    short[0] = False
    with pytest.raises(DoesNotPercolateError, match="does not reach from face to face"):
        domain_from_grey(grey, threshold=20, rock=short)


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
