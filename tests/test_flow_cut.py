"""Minimum cut and critical diameter: exact geometries, duality, symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.cut import critical_diameter, minimum_cut
from shalelib.flow.domain import DoesNotPercolateError, connected_pores
from shalelib.flow.validation import medium


def necklace(*edges, box=9):
    """Square channels of these widths about one line, in series, each 3 voxels long."""
    pore = np.zeros((3 * len(edges), box, box), bool)
    for number, edge in enumerate(edges):
        inside = slice((box - edge) // 2, (box - edge) // 2 + edge)
        pore[3 * number : 3 * number + 3, inside, inside] = True
    return pore


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_cut_is_the_narrowest_section(axis):
    """Square channels of 5, 2 and 4 voxels: 2² voxels close them, in or at the middle channel."""
    pore = np.moveaxis(necklace(5, 2, 4), 0, axis)
    cut = minimum_cut(pore, axis=axis)
    assert cut.count == cut.mask.sum() == 4
    places = np.moveaxis(cut.mask, axis, 0).nonzero()[0]
    assert 2 <= places.min() <= places.max() <= 6


def test_cuts_in_parallel_add_up():
    """Two channels side by side: 4 + 9 voxels, though neither section has them in one slice."""
    pore = np.concatenate([necklace(5, 2), necklace(3, 6)], axis=1)
    assert minimum_cut(pore).count == 4 + 9


def test_a_voxel_counts_once_however_many_paths_meet_in_it():
    """Four channels lead into one voxel from the sides and four out of it: it alone closes all."""
    pore = np.zeros((7, 5, 5), bool)
    for one, two in ((0, 2), (4, 2), (2, 0), (2, 4)):
        pore[:4, one, two] = pore[3:, one, two] = True
    pore[2, 2, 1:4] = pore[2, 1:4, 2] = pore[4, 2, 1:4] = pore[4, 1:4, 2] = True
    pore[3] = False
    pore[3, 2, 2] = pore[2, 2, 2] = pore[4, 2, 2] = True
    cut = minimum_cut(pore)
    assert cut.count == 1
    assert cut.mask[2:5, 2, 2].any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_cut_disconnects_and_no_smaller_one_is_known(seed):
    """The mask closes the pores, has as many voxels as there are disjoint paths, and is minimal.

    By duality a mask of that many voxels that disconnects proves both; besides, giving back any
    one of its voxels must open the pores again.
    """
    pore = medium(20, porosity=0.35, seed=seed)
    cut = minimum_cut(pore)
    assert cut.mask.sum() == cut.count <= pore.sum(axis=(1, 2)).min()
    closed = pore & ~cut.mask
    assert not connected_pores(closed).any()
    for place in np.argwhere(cut.mask):
        opened = closed.copy()
        opened[tuple(place)] = True
        assert connected_pores(opened).any()
    assert minimum_cut(pore[::-1].copy()).count == cut.count


@pytest.mark.parametrize("edge", [1, 2, 3, 4, 5])
def test_the_critical_sphere_of_a_straight_channel_is_as_wide_as_it(edge):
    """Odd and even widths alike, along every axis."""
    for axis in range(3):
        pore = np.moveaxis(necklace(edge, 7, edge, 7), 0, axis)
        assert critical_diameter(pore, axis=axis) == edge


def test_the_widest_way_counts_and_dead_ends_do_not():
    """Beside a channel of 3 lies one of 5 that is shut; a wide chamber does not help."""
    shut = necklace(5, 5, 5)
    shut[4] = False
    chamber = necklace(3, 7, 3)
    assert critical_diameter(np.concatenate([shut, chamber], axis=2)) == 3


def test_a_bend_is_as_narrow_as_the_sphere_that_gets_round_it():
    """Two square channels of 4 voxels, joined at right angles by one of 2 x 4: the sphere is 2."""
    pore = np.zeros((10, 12, 6), bool)
    pore[:5, 1:5, 1:5] = pore[3:5, 1:11, 1:5] = pore[3:, 7:11, 1:5] = True
    assert critical_diameter(pore) == 2


@pytest.mark.parametrize("sides", ["mirror", "periodic"])
def test_where_there_is_no_solid_a_sphere_of_any_size_passes(sides):
    assert critical_diameter(np.ones((3, 4, 5), bool), sides=sides) == np.inf
    assert critical_diameter(np.ones((3, 4, 5), bool)) == 4


def test_what_does_not_percolate_has_neither():
    pore = necklace(3, 3)
    pore[3] = False
    for measure in (minimum_cut, critical_diameter):
        with pytest.raises(DoesNotPercolateError, match="axis 0"):
            measure(pore)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("seed", [0, 1])
def test_cut_and_diameter_of_a_periodic_medium_shift_with_it(seed, axis):
    """Where the sides are cut makes no difference; copies side by side need four times the cut."""
    pore = medium(12, porosity=0.45, seed=seed)
    moved = np.roll(pore, (5, 3), [a for a in range(3) if a != axis])
    one, other = (minimum_cut(p, axis=axis, sides="periodic").count for p in (pore, moved))
    assert one == other >= minimum_cut(pore, axis=axis).count
    wide = np.tile(pore, [1 if a == axis else 2 for a in range(3)])
    assert minimum_cut(wide, axis=axis, sides="periodic").count == 4 * one
    widths = [critical_diameter(p, axis=axis, sides="periodic") for p in (pore, moved, wide)]
    assert widths[0] == widths[1] == widths[2] >= critical_diameter(pore, axis=axis)


def test_the_mirror_image_of_a_side_widens_a_channel_along_it():
    """A channel of 3 by 2 voxels at two sides is one of 6 by 4 with its images."""
    pore = np.zeros((5, 8, 8), bool)
    pore[:, :3, :2] = True
    assert critical_diameter(pore) == 2
    assert critical_diameter(pore, sides="mirror") == 4


def across_the_seam(first, second):
    """A channel 4 voxels wide that enters at one side along `first` and leaves at the other."""
    pore = np.zeros((8, 12, 6), bool)
    pore[:6, :4, 1:5] = pore[2:, -4:, 1:5] = True
    return np.moveaxis(pore, (0, 1), (first, second))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("turn", [1, 2])
def test_a_way_that_leads_through_periodic_sides_is_there_and_no_other_kind_of_side_has_it(
    axis, turn
):
    """It is 4 x 4 voxels throughout, and a sphere of 4 gets round its two bends."""
    pore = across_the_seam(axis, (axis + turn) % 3)
    assert minimum_cut(pore, axis=axis, sides="periodic").count == 16
    assert critical_diameter(pore, axis=axis, sides="periodic") == 4
    for sides in ("wall", "mirror"):
        for measure in (minimum_cut, critical_diameter):
            with pytest.raises(DoesNotPercolateError):
                measure(pore, axis=axis, sides=sides)


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_mirror_images_beside_the_box_open_no_way_through_it(seed):
    """A path that leaves the box comes back where it left: the cut is that between walls."""
    pore = medium(12, porosity=0.45, seed=seed)
    assert minimum_cut(pore, sides="mirror").count == minimum_cut(pore).count
    assert critical_diameter(pore, sides="mirror") >= critical_diameter(pore)


@pytest.mark.parametrize("edge", [7, 8])
def test_a_sphere_among_pillars_touches_four_of_them_wherever_the_cell_is_cut(edge):
    """Square pillars of one voxel: the diagonal between two less a pillar's, (n - 1) √2."""
    for shift in range(edge):
        pore = np.ones((2, edge, edge), bool)
        pore[:, shift, (shift + 3) % edge] = False
        found = critical_diameter(pore, sides="periodic")
        assert found == pytest.approx((edge - 1) * np.sqrt(2), rel=1e-9)
