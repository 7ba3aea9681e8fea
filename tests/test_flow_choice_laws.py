"""Laws of what is solved beside a permeability: which run, pieces, walls and limit."""

from __future__ import annotations

import dataclasses
import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq

from shalelib.flow import resolution, sweeps, tensor
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import domain_from_mask
from shalelib.flow.estimates import slit_estimate, tube_estimate
from shalelib.flow.microporous import SOLID, VOID, microporous_permeability
from shalelib.flow.result import FlowResult
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.validation import FIXED_PATH
from shalelib.flow.validation_slip import slip_rows, staggered_pillars

VOXEL = 3e-8

# Sweeps


def dead_end():
    """A channel of 2 x 3 voxels along axis 1, and 3 voxels of a pore that leads nowhere."""
    grey = np.full((8, 5, 8), 200, np.uint8)
    grey[1:3, :, 1:4] = 20
    grey[5, 2, 2:5] = 20
    return grey


def test_a_row_of_a_sweep_tells_pores_that_connect_from_those_that_do_not():
    """And its sphere passes along its own axis: 2 wide, where along axis 0 nothing does."""
    [row] = sweeps.threshold_sweep(dead_end(), [20], axis=1, voxel_size=VOXEL)
    assert row.porosity_connected == pytest.approx(6 / 64)
    assert row.porosity == pytest.approx(6 / 64 + 3 / (64 * 5))
    assert (row.minimum_cut, row.critical_diameter) == (6, 2.0)


@pytest.mark.parametrize(("sides", "cut"), [("periodic", 6), ("wall", 3)])
def test_the_cut_of_a_row_is_of_its_sides(monkeypatch, sides, cut):
    """Two ways from face to face: one of 3 voxels, one that goes on across the sides."""
    grey = np.full((8, 5, 8), 200, np.uint8)
    grey[4, :, 1:4] = 20
    grey[0, :3, 1:4] = grey[-1, 2:, 1:4] = 20
    run = SimpleNamespace(permeability=1.0, kn_mean=0.1)
    monkeypatch.setattr(sweeps, "permeability", lambda *_, **__: run)
    [row] = sweeps.threshold_sweep(grey, [20], axis=1, sides=sides, voxel_size=VOXEL)
    assert row.minimum_cut == cut


def test_a_row_of_a_sweep_holds_the_run_with_slip_beside_that_without(monkeypatch):
    """Made-up runs; cut and sphere are of the pores that connect, through sides that touch.

    Across the sides lie the two halves of a channel of 4 x 3 voxels, which is 3 wide.
    """
    grey = np.full((8, 5, 8), 200, np.uint8)
    grey[:2, :, 1:4] = grey[-2:, :, 1:4] = 20
    grey[4, 2, 6] = 20
    rock = np.ones(grey.shape, bool)
    rock[..., -1] = False
    told = []

    def solve(domain, **options):
        told.append(options)
        slips = options.get("slip") != NO_SLIP
        return SimpleNamespace(permeability=3.0 if slips else 2.0, kn_mean=0.1 if slips else 0.2)

    monkeypatch.setattr(sweeps, "permeability", solve)
    given = {"axis": 1, "sides": "periodic", "ends": "pressure", "voxel_size": VOXEL}
    [row] = sweeps.threshold_sweep(grey, [20], rock=rock, **given)
    assert told == [given, given | {"slip": NO_SLIP}]
    assert (row.permeability, row.permeability_intrinsic, row.kn_mean) == (3.0, 2.0, 0.1)
    assert (row.minimum_cut, row.critical_diameter) == (12, 3.0)
    assert row.porosity_connected == pytest.approx(12 / 56)
    assert row.porosity == pytest.approx(12 / 56 + 1 / (56 * 5))
    assert (row.threshold, row.axis) == (20, 1)


def test_a_sweep_is_between_walls_and_mirrors_where_nothing_is_said(monkeypatch):
    """Grey at the level itself is pore and one above it is not; without slip whatever was asked."""
    told = []

    def solve(domain, **options):
        told.append((int(domain.pore.sum()), options))
        return SimpleNamespace(permeability=1.0, kn_mean=0.1)

    monkeypatch.setattr(sweeps, "permeability", solve)
    grey = np.full((3, 5, 5), 200, np.uint8)
    grey[:, 1:3, 1:3], grey[:, 3, 3] = 20, 21
    sweeps.threshold_sweep(grey, [20, 21], voxel_size=VOXEL, slip=SECOND_ORDER)
    place = {"axis": 0, "ends": "mirror", "sides": "wall", "voxel_size": VOXEL}
    assert [pores for pores, _ in told] == [12, 12, 15, 15]
    assert [options for _, options in told] == 2 * [
        place | {"slip": SECOND_ORDER},
        place | {"slip": NO_SLIP},
    ]


@pytest.mark.parametrize(
    "choice", [{"ends": "pressure"}, {"sides": "mirror"}, {"ends": "periodic"}]
)
def test_what_lies_beyond_is_the_same_for_all_axes_and_for_one(monkeypatch, choice):
    """Each axis is solved with the ends and sides that were asked for."""
    told = []

    def solve(domain, **options):
        told.append(options)

    monkeypatch.setattr(sweeps, "permeability", solve)
    sweeps.permeability_along_axes(np.ones((4, 4, 4), bool), voxel_size=VOXEL, **choice)
    known = {"ends": "mirror", "sides": "wall", "voxel_size": VOXEL} | choice
    assert told == [known | {"axis": axis} for axis in range(3)]


# The limit of a fine grid


def test_the_orders_are_those_of_an_edge_of_270_degrees():
    """Creeping flow around it: the least root of sin(3 pi s / 2) = s; along it 2 / 3.

    The permeability is an energy, whose error goes with twice the exponent (Moffatt 1964).
    """
    around = brentq(lambda s: np.sin(1.5 * np.pi * s) - s, 0.3, 0.65)
    assert pytest.approx((2 * around, 2 * 2 / 3), rel=1e-4) == resolution.ORDERS
    assert resolution.ORDERS[0] < resolution.ORDER < resolution.ORDERS[1]
    assert pytest.approx(np.mean(resolution.ORDERS), rel=0.02) == resolution.ORDER


@pytest.mark.parametrize("given", [{}, {"buffer": 3}])
def test_halved_voxels_have_a_buffer_as_thick_and_half_the_edge(monkeypatch, given):
    told = []

    def solve(pore, **options):
        told.append((getattr(pore, "pore", pore).shape, options))
        edge = options["voxel_size"]
        return SimpleNamespace(permeability=1.0 + 0.1 * edge / VOXEL, voxel_size=edge)

    monkeypatch.setattr(resolution, "permeability", solve)
    found = resolution.extrapolated_permeability(
        np.ones((2, 3, 4), bool), voxel_size=VOXEL, **given
    )
    (one, coarse), (two, fine) = told
    assert (one, two) == ((2, 3, 4), (4, 6, 8))
    assert fine["voxel_size"] == pytest.approx(VOXEL / 2)
    default = inspect.signature(permeability).parameters["buffer"].default
    assert fine["buffer"] == 2 * coarse.get("buffer", default)
    limits = [1.05 - 0.05 / (2**order - 1) for order in (resolution.ORDER, *resolution.ORDERS)]
    told.clear()
    domain = domain_from_mask(np.ones((2, 3, 4), bool), axis=1)
    resolution.extrapolated_permeability(domain, voxel_size=VOXEL, **given)
    assert [shape for shape, _ in told] == [(2, 3, 4), (4, 6, 8)]
    assert [found.permeability, found.low, found.high] == pytest.approx(limits)


def test_what_is_said_of_a_limit_is_of_the_limit(monkeypatch):
    """In nanodarcy of 9.869e-22 m²; the ratio is to the voxels as they are."""
    one, two = (FlowResult.__new__(FlowResult) for _ in range(2))
    for run, k in ((one, 5e-19), (two, 4e-19)):
        object.__setattr__(run, "permeability", k)
    found = resolution.Extrapolated(
        permeability=3e-19, low=2e-19, high=3.5e-19, coarse=one, fine=two
    )
    assert found.ratio == pytest.approx(3 / 5)
    assert found.permeability_nd == pytest.approx(3e-19 / 9.869233e-22, rel=1e-6)
    assert str(found) == "304 nd (203 to 355); one part a voxel 507, two 405"


def test_pieces_percolate_along_the_axis_of_their_domain(pieces):
    """Of four cubes two are open along axis 2, and all along axis 0."""
    pore = np.zeros((4, 8, 8), bool)
    pore[:, 1, :] = pore[:, 5, :] = True
    pore[:, :, ::4] = True
    domain = domain_from_mask(pore, axis=2)
    pore = domain.pore.copy()
    pore[:, 4:, 3::4] = False
    resolution.ratio_of_pieces(
        dataclasses.replace(domain, pore=pore), voxel_size=VOXEL, edge=4, count=4
    )
    assert len(pieces) == 2
    assert {options["axis"] for _, options in pieces} == {2}


@pytest.fixture
def pieces(monkeypatch):
    """The pieces that are solved; the ratio of each is the share of it that is pore."""
    solved = []

    def extrapolate(domain, **options):
        solved.append((domain.pore, options | {"axis": domain.axis}))
        return SimpleNamespace(ratio=float(domain.pore.mean()))

    monkeypatch.setattr(resolution, "extrapolated_permeability", extrapolate)
    return solved


def test_four_pieces_of_64_voxels_are_chosen_evenly_from_first_to_last(pieces):
    """Of nine in a row, told apart by their pores: the first, the last and two between."""
    pore = np.ones((64, 64, 9 * 64 + 10), bool)
    for number in range(9):
        pore[0, : number + 1, 64 * number] = False
    domain = domain_from_mask(pore)
    found = resolution.ratio_of_pieces(domain, voxel_size=VOXEL)
    assert {piece.shape for piece, _ in pieces} == {(64, 64, 64)}
    assert [int((~piece).sum()) - 1 for piece, _ in pieces] == [0, 3, 5, 8]
    ratios = [piece.mean() for piece, _ in pieces]
    assert found.mean == pytest.approx(np.mean(ratios))
    assert {options["axis"] for _, options in pieces} == {0}


def test_the_spread_of_two_pieces_is_their_difference_over_root_two(pieces):
    """The standard deviation of a sample of two."""
    pore = np.ones((4, 8, 4), bool)
    pore[:, 0] = False
    found = resolution.ratio_of_pieces(domain_from_mask(pore), voxel_size=VOXEL, edge=4)
    assert len(pieces) == 2
    assert found.spread == pytest.approx(0.25 / np.sqrt(2))


# The tensor


def test_asymmetry_is_the_largest_difference_over_the_largest_component(monkeypatch):
    """Of made-up flows whose columns are not mirrored: 10, 4, 0; 2, 20, 5; 0, 5, 30."""
    columns = np.array([[10.0, 4.0, 0.0], [2.0, 20.0, 5.0], [0.0, 5.0, 30.0]])

    def solve(pore, *, axis, ends, sides, **options):
        assert (ends, sides) == ("periodic", "periodic")
        velocity = np.ones((3, *pore.shape)) * columns[:, axis, None, None, None]
        return SimpleNamespace(permeability=columns[axis, axis], velocity=7 * velocity)

    monkeypatch.setattr(tensor, "permeability", solve)
    found = tensor.permeability_tensor(np.ones((2, 2, 2), bool), voxel_size=VOXEL)
    assert found.asymmetry == pytest.approx(2 / 30)
    assert found.tensor == pytest.approx((columns + columns.T) / 2)
    for value, direction in zip(found.principal, found.directions, strict=True):
        assert found.tensor @ direction == pytest.approx(value * direction)


# Estimates


def test_slip_of_second_order_is_half_as_strong_in_a_tube_as_in_a_slit():
    """u'' across a tube is half of that across a slit: C2 L² / 2 and C2 L² are added to k.

    With one mean free path everywhere; the widths of the estimates are that path over Kn.
    """
    kn, only = 0.1, FIXED_PATH
    for estimate, shape, first, curvature in (
        (slit_estimate, 12, 1 / 2, 1.0),
        (tube_estimate, 32, 1 / 4, 0.5),
    ):
        found = estimate(kn, 0.2, slip=only) / estimate(kn, 0.2)
        added = only.c1 * first * kn + only.c2 * curvature * kn**2  # in squares of the width
        assert found == pytest.approx(1 + shape * added, rel=1e-12)
    assert (only.c1, only.c2) == (SECOND_ORDER.c1, SECOND_ORDER.c2)


# Micro-porous voxels


def test_an_open_box_is_walled_on_all_four_sides():
    """As a duct: the same whichever way it lies, and far below a slit as wide as its short side."""
    flat, tall = (
        microporous_permeability(np.full((2, *section), VOID), voxel_size=VOXEL)
        for section in ((3, 6), (6, 3))
    )
    assert flat == pytest.approx(tall, rel=1e-6)
    slit = (3**2 + 2) / 12 * VOXEL**2  # on this grid
    assert 0.5 * slit < flat < 0.8 * slit  # 0.69 for a duct of 1 : 2 by its series


def test_beyond_the_faces_lies_the_mirror_image():
    """A channel that enters at one corner and leaves at another goes on there, not back at once.

    It is as long as its voxels: kerogen all along, of which each voxel resists the same.
    """
    kerogen = 1e-21
    voxels = np.full((5, 4, 3), SOLID)
    voxels[:3, 0, 1] = voxels[2, :4, 1] = voxels[2:, 3, 1] = kerogen
    count = int((voxels > 0).sum())
    found = microporous_permeability(voxels, voxel_size=VOXEL, rtol=1e-6)
    assert found == pytest.approx(kerogen * 5 / (4 * 3) / count, rel=0.01)


# Slip beside kinetic theory


@pytest.mark.parametrize("edge", [10, 20, 40])
def test_pillars_take_a_third_of_the_cell(edge):
    """Two of 0.4 of the edge, staggered: 1 - 2 x 0.16, and half a cell on the same again."""
    pore = staggered_pillars(edge)
    assert pore.mean() == pytest.approx(0.68)
    np.testing.assert_array_equal(np.roll(pore, (edge // 2, edge // 2), (0, 1)), pore)
    assert (~pore[0]).sum() == 0.4 * edge


def test_the_public_call_is_near_kinetic_theory_in_every_pore_of_one_width():
    """Within 12% at a mean free path of a tenth of height, diameter or edge."""
    rows = slip_rows(["slit", "tube", "square"], [0.1], width=12)
    assert [row["pore"] for row in rows] == ["slit", "tube", "square"]
    assert rows[0]["kn_mean"] == pytest.approx(0.1)
    for row in rows:
        assert abs(row["error"]) < 0.12, row
        assert row["G"] == pytest.approx(row["bgk"] * (1 + row["error"]))
