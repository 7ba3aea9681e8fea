"""Volumes on other grids: exact repeats, slits of cuboid voxels, pieces."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.voxels import central_piece, cubic_voxels, pieces, split_voxels

NM = 1e-9


@pytest.mark.parametrize(("dz", "dy"), [(10, 10), (20, 10), (10, 20), (30, 10)])
def test_a_slit_of_cuboid_voxels_has_its_width_in_metres(dz, dy):
    """Walls across y: 4 voxels of dy between them, whatever dz, and h² / 12 to the lattice's 1/2.

    On cubes of e the solver has (h² + e² / 2) / 12, times the open share of the section.
    """
    pore = np.zeros((3, 6, 2), bool)
    pore[:, 1:5] = True
    cubes, edge = cubic_voxels(pore, (dz * NM, dy * NM, 10 * NM))
    assert cubes.shape == (3 * dz // 10, 6 * dy // 10, 2)
    assert edge == pytest.approx(10 * NM)
    exact = {"ends": "periodic", "sides": "periodic", "slip": NO_SLIP}
    found = permeability(
        cubes, voxel_size=edge, options=SolverOptions(tolerance=1e-9), **exact
    ).permeability
    width = 4 * dy * NM
    assert found == pytest.approx(4 / 6 * (width**2 + edge**2 / 2) / 12, rel=1e-6)


def test_edges_that_do_not_fit_move_walls_by_at_most_half_a_cube():
    """Voxels of 25 nm on cubes of 10: each wall lies at the nearest face of a cube."""
    volume = np.arange(6, dtype=np.uint8)[:, None, None]
    cubes, edge = cubic_voxels(volume, (25 * NM, 10 * NM, 10 * NM))
    walls = np.flatnonzero(np.diff(cubes[:, 0, 0])) + 1
    assert len(cubes) == 15
    assert np.abs(walls * edge - 25 * NM * np.arange(1, 6)).max() <= edge / 2 * (1 + 1e-9)
    finer, _ = cubic_voxels(volume, (25 * NM, 10 * NM, 10 * NM), voxel_size=5 * NM)
    assert np.array_equal(finer, volume.repeat(5, 0).repeat(2, 1).repeat(2, 2))


def test_cubes_stay_as_they_are():
    grey = np.random.default_rng(0).integers(0, 256, (4, 5, 6), dtype=np.uint8)
    cubes, edge = cubic_voxels(grey, (30 * NM,) * 3)
    assert np.array_equal(cubes, grey)
    assert edge == 30 * NM
    assert np.array_equal(split_voxels(grey, 1), grey)


def test_bad_spacings_are_refused():
    pore = np.ones((2, 2, 2), bool)
    with pytest.raises(ValueError, match="three edges"):
        cubic_voxels(pore, (1e-8, 1e-8))
    with pytest.raises(ValueError, match="would skip voxels"):
        cubic_voxels(pore, (1e-8, 1e-8, 2e-8), voxel_size=1.5e-8)
    with pytest.raises(ValueError, match="spacing"):
        cubic_voxels(pore, (1e-8, -1e-8, 2e-8))
    with pytest.raises(ValueError, match="1 or more"):
        split_voxels(pore, 0)


def test_pieces_fill_the_volume_once():
    volume = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    cubes = list(pieces(volume, 2))
    assert len(cubes) == 2 * 2 * 3
    assert len(np.unique(cubes)) == 12 * 8
    assert np.array_equal(central_piece(volume, 2), volume[1:3, 1:3, 2:4])
    assert np.array_equal(central_piece(volume, 9), volume)


def test_boxes_have_an_edge_along_each_axis():
    volume = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    boxes = list(pieces(volume, (2, 5, 3)))
    expected = [volume[z : z + 2, :, x : x + 3] for z in (0, 2) for x in (0, 3)]
    assert len(boxes) == 4
    for box, known in zip(boxes, expected, strict=True):
        np.testing.assert_array_equal(box, known)
        assert box.flags.c_contiguous
    for one, other in zip(pieces(volume, 2), pieces(volume, [2, 2, 2]), strict=True):
        np.testing.assert_array_equal(one, other)
    for bad in ((2, 2), (2, 2, 2, 2), ()):
        with pytest.raises(ValueError, match="one number of voxels, or three along z, y and x"):
            next(pieces(volume, bad))
    for bad in (0, 1.5, "2", None, (2, 0, 2), (2, 2, True)):
        with pytest.raises(ValueError, match="edge must be a whole number, 1 or more"):
            next(pieces(volume, bad))


def test_an_edge_without_a_sign_is_an_edge_like_others():
    volume = np.arange(4 * 5 * 300).reshape(4, 5, 300)
    for edge in (np.uint8(2), np.uint8(5)):
        plain = int(edge)
        np.testing.assert_array_equal(central_piece(volume, edge), central_piece(volume, plain))
        cut = list(pieces(volume, edge))
        assert len(cut) == len(list(pieces(volume, plain)))
