"""The limit of a fine grid: where it is known, and how it is reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shalelib.flow.apparent import permeability
from shalelib.flow.domain import DoesNotPercolateError, domain_from_mask
from shalelib.flow.options import SolverOptions
from shalelib.flow.pressures import klinkenberg
from shalelib.flow.resolution import ORDERS, extrapolated_permeability, limit, ratio_of_pieces
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.sweeps import permeability_along_axes, threshold_sweep
from shalelib.flow.tensor import permeability_tensor
from shalelib.flow.validation import medium

DUCT = 0.0351443  # k / h² of a square duct, by its series


@pytest.mark.parametrize("width", [2, 3, 4])
def test_a_duct_comes_within_two_percent_of_its_series(width):
    """A duct has no edge that juts into it: order 2, so that 1.2 goes a little too far."""
    pore = np.ones((2, width, width), bool)
    found = extrapolated_permeability(pore, voxel_size=1e-8, slip=NO_SLIP)
    exact = DUCT * (width * 1e-8) ** 2
    assert abs(found.permeability / exact - 1) < 0.02
    assert abs(found.permeability - exact) < abs(found.fine.permeability - exact)


def test_the_limit_of_a_tight_medium_is_that_of_finer_grids():
    """Split 1 to 4 times, the order is what edges leave: its limit lies in the range given.

    The limit of four grids takes two terms, of the order of an edge and of a wall.
    """
    pore = medium(12, porosity=0.35)
    size = 30e-9
    options = {"slip": NO_SLIP, "options": SolverOptions(tolerance=2e-4)}
    k = []
    for m in (1, 2, 3, 4):
        split = pore.repeat(m, 0).repeat(m, 1).repeat(m, 2)
        k.append(permeability(split, voxel_size=size / m, **options).permeability)
    parts = np.arange(1.0, 5.0)
    terms = np.stack([np.ones(4), parts ** -ORDERS[0], parts**-2], axis=1)
    finest = np.linalg.lstsq(terms, np.array(k), rcond=None)[0][0]
    found = extrapolated_permeability(pore, voxel_size=size, **options)
    assert (found.coarse.permeability, found.fine.permeability) == pytest.approx(k[:2], rel=1e-3)
    assert k[0] > 1.3 * finest
    assert found.low < finest < found.high
    assert found.permeability == pytest.approx(finest, rel=0.05)
    assert str(found).count("nd") == 1


def test_pieces_stand_for_a_domain_that_repeats_them():
    """All pieces alike: no spread, and the ratio of one of them."""
    piece = np.pad(medium(10, porosity=0.5), ((0, 0), (1, 1), (1, 1)))[:, :10, :10]
    domain = domain_from_mask(np.tile(piece, (1, 2, 2)))
    options = {"voxel_size": 60e-9, "slip": NO_SLIP}
    found = ratio_of_pieces(domain, edge=10, count=3, **options)
    assert len(found.pieces) == 3
    one = extrapolated_permeability(np.ascontiguousarray(domain.pore[:, :10, :10]), **options)
    assert found.mean == pytest.approx(one.ratio, rel=1e-3)
    assert found.spread < 1e-3
    with pytest.raises(DoesNotPercolateError, match="take another edge"):
        ratio_of_pieces(domain, edge=20, **options)


def test_an_error_of_its_order_is_removed_whole():
    for order in (1.0, 1.2, 2.0):
        assert limit(3 + 1, 3 + 0.5**order, order=order) == pytest.approx(3)


GREY = np.where(medium(8, porosity=0.5), 10, 90).astype(np.uint8)
PIECES = domain_from_mask(np.tile(medium(4, porosity=0.6), (1, 2, 1)))
SEVERAL = {
    "halves": (lambda **o: extrapolated_permeability(GREY < 50, **o), ["", "_halved"]),
    "pieces": (
        lambda **o: ratio_of_pieces(PIECES, edge=4, **o),
        ["_piece0", "_piece0_halved", "_piece1", "_piece1_halved"],
    ),
    "axes": (
        lambda **o: permeability_along_axes(GREY < 50, axes=(0, 1), **o),
        ["_axis0", "_axis1"],
    ),
    "sweep": (lambda **o: threshold_sweep(GREY, [10], **o), ["_grey10", "_grey10_bare"]),
    "tensor": (
        lambda **o: permeability_tensor(GREY < 50, **o),
        ["_axis0", "_axis1", "_axis2"],
    ),
    "pressures": (
        lambda **o: klinkenberg(GREY < 50, [4e5, 8.5e5], **o),
        ["_400000Pa", "_850000Pa"],
    ),
}


@pytest.mark.parametrize("what", SEVERAL)
def test_each_of_several_flows_has_a_checkpoint_of_its_own(what, tmp_path):
    solve, names = SEVERAL[what]
    options = SolverOptions(checkpoint=tmp_path / "run.npz", checkpoint_every=0.0)
    slip = {} if what in ("sweep", "pressures") else {"slip": NO_SLIP}
    solve(voxel_size=60e-9, options=options, **slip)
    assert sorted(path.stem for path in tmp_path.iterdir()) == [f"run{name}" for name in names]


def test_pieces_percolate_by_the_sides_with_which_they_are_solved():
    """Steps that leave a piece at one side and come back at the other: none between walls."""
    step = np.zeros((4, 4, 4), bool)
    step[:2, :2] = step[1:, 3:] = True  # neighbours across the sides alone
    domain = domain_from_mask(np.ones((4, 8, 4), bool))
    domain = replace(domain, pore=np.concatenate([step, step], axis=1))
    with pytest.raises(DoesNotPercolateError, match="another edge"):
        ratio_of_pieces(domain, edge=4, voxel_size=1e-8, slip=NO_SLIP)
    found = ratio_of_pieces(domain, edge=4, voxel_size=1e-8, slip=NO_SLIP, sides="periodic")
    assert len(found.pieces) == 2


def test_a_domain_has_the_limit_of_its_mask():
    pore = medium(8, porosity=0.5)
    masks, domains = (
        extrapolated_permeability(given, voxel_size=60e-9, slip=NO_SLIP)
        for given in (pore, domain_from_mask(pore))
    )
    assert masks.permeability == domains.permeability
