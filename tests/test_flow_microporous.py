"""Micro-porous voxels: Brinkman's channel, and the limits in which grey is open or solid."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.domain import DoesNotPercolateError
from shalelib.flow.microporous import SOLID, VOID, microporous_permeability, phase_permeability
from shalelib.flow.stokes import brinkman_permeability, stokes_permeability
from shalelib.flow.validation import medium
from shalelib.flow.voxels import split_voxels

VOXEL = 30e-9  # [m]


def brinkman_channel(height, wall, kappa):
    """Permeability of a void of `height` between slabs of `wall`, periodic across: exact.

    u'' = -1 in the void and u'' = u / kappa - 1 in the slab; u and u' are continuous. With y from
    the middle of the void and s from the middle of the slabs u = U - y²/2 and
    u = kappa + B cosh(a s), a² = 1 / kappa, where B a sinh(a w) = h / 2 at the wall.
    """
    a = kappa**-0.5
    at_wall = kappa + height / (2 * a) / np.tanh(a * wall)
    void = height**3 / 12 + at_wall * height
    slabs = 2 * (kappa * wall + height / (2 * a * a))
    return (void + slabs) / (height + 2 * wall)


@pytest.mark.parametrize("kappa", [4.0, 1.0, 0.25])
def test_brinkmans_channel_is_approached_to_second_order(kappa):
    """Void of 4, slabs of 3 voxels on both sides: half the voxel, a quarter of the error."""
    exact = brinkman_channel(4, 3, kappa)
    line = np.full((2, 10, 1), kappa)
    line[:, 3:7] = VOID
    errors = []
    for parts in (1, 2, 4):
        fine = split_voxels(line, parts) * parts**2  # of finer voxels kappa is more
        errors.append(brinkman_permeability(fine, rtol=1e-8) / parts**2 / exact - 1)
    assert 0 < errors[0] < 0.12
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.35)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("kappa", [1e-2, 1e-4, 1e-8])
def test_a_slab_that_hardly_conducts_is_a_wall_with_a_slip_length(kappa):
    """The discrete slit has (h² + 2) / 12; the slab adds sqrt(kappa) h / 2 of slip, and its own.

    Both are known to the first order of sqrt(kappa) only: hence its square, 4 of it for h = 4.
    """
    line = np.full((2, 10, 1), kappa)
    line[:, 3:7] = VOID
    found = brinkman_permeability(line, rtol=1e-8) * 10
    slit = 4 * (4**2 + 2) / 12 + kappa**0.5 * 4**2 / 2
    assert found == pytest.approx(slit, abs=40 * kappa + 1e-9)


def test_grey_media_end_in_the_ordinary_ones():
    """Nothing let through is solid, everything is void, and k rises in between."""
    pore = np.pad(medium(12, porosity=0.4), ((0, 0), (0, 1), (0, 1)))
    pore = np.concatenate([pore, pore[::-1]])
    solid = stokes_permeability(pore, rtol=1e-6)
    rising = [
        brinkman_permeability(np.where(pore, VOID, kappa), rtol=1e-6)
        for kappa in (1e-12, 1e-6, 1e-3, 1e-1, 10.0)
    ]
    assert rising[0] == pytest.approx(solid, rel=1e-5)  # sqrt(kappa) = 1e-6 of slip
    assert (np.diff(rising) > 0).all()
    uniform = np.full((4, 4, 4), 1e6)
    assert brinkman_permeability(uniform, rtol=1e-8) == pytest.approx(1e6, rel=1e-6)


def test_layers_are_in_series_across_the_flow():
    """One flux, and resistances that add: the harmonic mean, over six orders of magnitude."""
    kappa = np.array([1e-7, 1e-1, 1e-4, 3e-6])
    layers = np.tile(kappa[:, None, None], (1, 3, 2))
    exact = len(kappa) / (1 / kappa).sum()
    assert brinkman_permeability(layers, rtol=1e-6) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kerogen", [1e-21, 1e-23, 1e-25, 1e-30])
def test_a_plug_of_kerogen_holds_the_gas_back(axis, kerogen):
    """A channel of 4² voxels, 2 of 10 slices kerogen: the kerogen's resistance is all there is.

    k = kerogen's x 10 / 2 x the channel's share, however tight. At the side walls a layer of the
    root of the kerogen's permeability rests: half of that, as walls and section measure 16 both.
    """
    voxels = np.full((10, 6, 6), SOLID)
    voxels[:, 1:5, 1:5] = VOID
    voxels[4:6, 1:5, 1:5] = kerogen
    voxels = np.moveaxis(voxels, 0, axis)
    found = microporous_permeability(voxels, voxel_size=VOXEL, axis=axis)
    layer = kerogen**0.5 / VOXEL / 2  # 5e-4 and less
    assert found == pytest.approx(kerogen * 5 * 16 / 36 * (1 - layer), rel=0.1 * layer + 1e-7)


def test_a_sample_and_its_mirror_image_let_through_what_the_sample_does():
    """Beyond the two faces lie mirror images: a channel that moves aside is not cut off there."""
    voxels = np.full((4, 4, 3), 1e-20)
    voxels[:2, :2], voxels[2:, 2:] = VOID, VOID
    both = np.concatenate([voxels, voxels[::-1]])
    found = [microporous_permeability(v, voxel_size=VOXEL, rtol=1e-6) for v in (voxels, both)]
    assert found[1] == pytest.approx(found[0], rel=1e-6)


@pytest.mark.parametrize("tight", [1e-6, 1e-10, 1e-14])
def test_a_cavity_in_tight_kerogen_is_a_hole_in_a_conductor(tight):
    """Open pores that nothing drains keep one pressure: k over the kerogen's tends to a limit.

    It is Laplace's problem with a hole of infinite conductivity, which knows no scale of k.
    """
    rock = np.full((8, 6, 6), tight)
    rock[2:6, 1:5, 2:4] = VOID
    ratio = brinkman_permeability(rock, rtol=1e-6) / tight
    conductor = np.where(np.isinf(rock), 1e6 * tight, tight)
    harmonic = brinkman_permeability(conductor * 1e-4, rtol=1e-6) / (1e-4 * tight)
    assert ratio == pytest.approx(harmonic, rel=0.01)


@pytest.mark.parametrize("tight", [1e-6, 1e-13, 1e-15])
def test_many_islands_hold_the_gas_back_as_one(tight):
    """Every other voxel of a wire is tight, 20 in all: their resistances add, however small."""
    wire = np.ones((40, 1, 1))
    wire[::2] = tight
    assert brinkman_permeability(wire) == pytest.approx(2 * tight / (1 + tight), rel=1e-9)


def test_islands_in_kerogen_are_known_in_the_same_way_at_any_contrast():
    rock = np.full((8, 8, 8), VOID)
    rock[::4] = rock[:, ::4] = rock[:, :, ::4] = 1.0
    found = []
    for tight in (1e-10, 1e-15):
        found.append(brinkman_permeability(np.where(rock == 1, tight, rock)) / tight)
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    with pytest.raises(ValueError, match="write 0 for the smallest"):
        brinkman_permeability(np.where(rock == 1, 1e-17, rock))


def test_a_medium_that_meets_itself_nowhere_does_not_percolate():
    """A void that ends before the box does carries nothing along the axis."""
    kappa = np.full((4, 3, 3), SOLID)
    kappa[:3, 1, 1] = VOID
    with pytest.raises(DoesNotPercolateError, match="axis 0"):
        brinkman_permeability(kappa)


def test_phases_of_a_segmentation():
    labels = np.array([[[1, 2], [3, 3]]], np.uint8)
    found = phase_permeability(labels, {1: VOID, 2: SOLID, 3: 1e-21})
    assert found.tolist() == [[[np.inf, 0.0], [1e-21, 1e-21]]]
    with pytest.raises(ValueError, match=r"\[3\] are missing"):
        phase_permeability(labels, {1: VOID, 2: SOLID})
    with pytest.raises(ValueError, match="phase 2 must be at least 0, a number, got -1"):
        phase_permeability(labels, {1: VOID, 2: -1.0, 3: 0.0})


def test_bad_input_is_refused():
    voxels = np.full((3, 3, 3), 1e-20)
    with pytest.raises(ValueError, match="infinite"):
        microporous_permeability(np.where(voxels > 0, np.nan, 0), voxel_size=VOXEL)
    voxels[1] = SOLID
    with pytest.raises(DoesNotPercolateError):
        microporous_permeability(voxels, voxel_size=VOXEL)
