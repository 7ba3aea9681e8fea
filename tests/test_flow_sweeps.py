"""The permeability against the grey level: a volume whose levels open one channel after another."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow import sweeps
from shalelib.flow.domain import DoesNotPercolateError, domain_from_grey
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.sweeps import permeability_along_axes, threshold_sweep


def channels():
    """Grey 20 opens a channel of 2 voxels, grey 40 another like it, grey 60 one along axis 1."""
    grey = np.full((6, 9, 9), 200, np.uint8)
    grey[:, 1:3, 1:3] = 20
    grey[:, 5:7, 5:7] = 40
    grey[2:4, :, 1:3] = np.minimum(grey[2:4, :, 1:3], 60)
    return grey


def test_a_second_channel_doubles_cut_and_permeability():
    """Two equal channels in parallel: twice the flow, to the solver's tolerance; one sphere."""
    exactly = SolverOptions(tolerance=1e-6)
    one, two = threshold_sweep(channels(), [20, 40], voxel_size=3e-8, options=exactly)
    assert (one.minimum_cut, two.minimum_cut) == (4, 8)
    assert one.critical_diameter == two.critical_diameter == 2
    assert two.porosity_connected == pytest.approx(2 * one.porosity_connected)
    assert two.permeability == pytest.approx(2 * one.permeability, rel=1e-5)
    assert two.permeability_intrinsic == pytest.approx(2 * one.permeability_intrinsic, rel=1e-5)
    assert one.kn_mean == pytest.approx(two.kn_mean)
    assert one.permeability > one.permeability_intrinsic


def test_an_axis_has_its_own_first_percolation():
    with pytest.raises(DoesNotPercolateError, match="at threshold 60"):
        threshold_sweep(channels(), [40], axis=1, voxel_size=3e-8)
    [row] = threshold_sweep(channels(), [60], axis=1, voxel_size=3e-8)
    assert (row.axis, row.minimum_cut) == (1, 4)


def test_axes_are_solved_each_for_itself():
    pore = np.zeros((4, 5, 6), bool)
    pore[:, 1:3, 1:3] = pore[1:3, :, 1:3] = True
    found = permeability_along_axes(pore, axes=(0, 1), voxel_size=3e-8, slip=NO_SLIP)
    assert {axis: result.axis for axis, result in found.items()} == {0: 0, 1: 1}


def test_with_the_mask_a_sweep_is_that_of_the_rock():
    """In a box of half air: the same cut, porosity and permeability as the rock cut out."""
    alone = channels()
    boxed = np.pad(alone, [(0, 0), (9, 0), (0, 0)], constant_values=0)
    rock = np.pad(np.ones(alone.shape, bool), [(0, 0), (9, 0), (0, 0)])
    with pytest.raises(ValueError, match="Pass rock="):
        threshold_sweep(boxed, [20], voxel_size=3e-8)
    [inside] = threshold_sweep(boxed, [20], rock=rock, voxel_size=3e-8)
    [expected] = threshold_sweep(alone, [20], voxel_size=3e-8)
    assert inside.porosity == pytest.approx(expected.porosity)
    assert inside.minimum_cut == expected.minimum_cut
    assert inside.critical_diameter == expected.critical_diameter
    assert inside.permeability == pytest.approx(expected.permeability, rel=1e-6)
    found = permeability_along_axes(boxed <= 20, axes=[0], rock=rock, voxel_size=3e-8)
    assert found[0].permeability == pytest.approx(expected.permeability, rel=1e-6)
    assert found[0].porosity == pytest.approx(expected.porosity)


@pytest.mark.parametrize("shift", [0, 3, 7])
def test_where_periodic_sides_are_cut_makes_no_difference_to_a_sweep(shift):
    """A channel that lies across the sides is the channel that it is in the middle."""
    grey = np.full((4, 9, 9), 200, np.uint8)
    grey[:, 2:6, 3:6] = 20
    options = {"voxel_size": 3e-8, "sides": "periodic"}
    [middle] = threshold_sweep(grey, [20], **options)
    [row] = threshold_sweep(np.roll(grey, (shift, shift), (1, 2)), [20], **options)
    assert (row.minimum_cut, row.critical_diameter) == (12, 3.0)
    assert (middle.minimum_cut, middle.critical_diameter) == (12, 3.0)
    assert row.permeability == pytest.approx(middle.permeability, rel=1e-6)


def test_ends_that_repeat_have_no_faces_to_disconnect():
    with pytest.raises(ValueError, match=r"pass ends='mirror' or 'pressure'"):
        threshold_sweep(channels(), [20], voxel_size=3e-8, ends="periodic")
    [row] = threshold_sweep(channels(), [20], voxel_size=3e-8, ends="pressure")
    assert row.minimum_cut == 4


def test_a_sweep_builds_the_pores_of_each_level_once(monkeypatch):
    """Also those of the lowest, which say whether all percolate."""
    built = []

    def build(grey, *, threshold, **options):
        built.append(threshold)
        return domain_from_grey(grey, threshold=threshold, **options)

    monkeypatch.setattr(sweeps, "domain_from_grey", build)
    grey = np.full((3, 5, 5), 200, np.uint8)
    grey[:, 1:4, 1:4] = 50
    grey[:, 2, 2] = 20
    rows = threshold_sweep(grey, [60, 30, 100], voxel_size=3e-8)
    assert sorted(built) == [30, 60, 100]
    assert [row.minimum_cut for row in rows] == [9, 1, 9]
