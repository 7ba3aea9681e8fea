"""The linearised BGK equation against published flows, and the public call against it."""

from __future__ import annotations

import functools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from shalelib.flow import kinetic, kinetic_array, validation_slip
from shalelib.flow.apparent import KNUDSEN_RANGE, permeability
from shalelib.flow.gas import METHANE
from shalelib.flow.kinetic import flow_rate
from shalelib.flow.kinetic_array import cell_flow_rate
from shalelib.flow.slip import MAXWELL, SECOND_ORDER, SlipModel, bosanquet
from shalelib.flow.validation_peers import literature
from shalelib.flow.validation_slip import array_flow_rate, slip_rows, staggered_pillars

PATH = METHANE.mean_free_path


@pytest.mark.parametrize("row", literature("poiseuille_bgk.csv"), ids=lambda r: f"Kn{r['kn']}")
def test_slits_of_the_published_table(row):
    """Linear hats on 24 nodes, whose error grows with the rarefaction delta to 0.18% at 10."""
    if row["delta"] <= 10:
        assert flow_rate("slit", row["delta"]) == pytest.approx(row["G"], rel=2e-3)


@pytest.mark.parametrize(
    ("delta", "published"), [(0.01, 1.4768), (0.02, 1.4608), (0.04, 1.4391), (0.08, 1.4131)]
)
def test_a_tube_of_the_published_table(delta, published):
    """BGK, diffuse walls: Sharipov and Seleznev 1998, after Cercignani and Sernagiotto 1966.

    As quoted by Karniadakis, Beskok and Aluru 2005, Table 15.5. With half as many nodes again
    the last digit stays; the table is of another discretisation.
    """
    assert flow_rate("tube", delta) == pytest.approx(published, rel=1e-3)


def test_free_molecules_in_a_tube():
    """8 / (3 sqrt(pi)), Knudsen's; T0 falls by less than 1e-3 over the radius."""
    assert flow_rate("tube", 1e-4) == pytest.approx(8 / (3 * np.sqrt(np.pi)), rel=1e-3)


@pytest.mark.parametrize("section", ["slit", "tube", "square"])
def test_flows_of_twice_as_many_nodes_are_nearly_those_where_nothing_is_said(section):
    """What is left of the second order after half the nodes have removed most of it."""
    for delta, error in ((0.1, 1e-3), (2.0, 1e-3), (8.0, 7e-3)):
        fine = flow_rate(section, delta, points=36)
        assert flow_rate(section, delta) == pytest.approx(fine, rel=error)


def test_rays_are_as_many_as_a_thin_gas_in_a_slit_needs(monkeypatch):
    """Molecules that fly along it count most, and twice as many rays find hardly more of them."""
    found = flow_rate("slit", 1e-3)
    many = functools.partial(kinetic.rays, 48)
    monkeypatch.setattr(kinetic, "rays", many)
    assert found == pytest.approx(flow_rate("slit", 1e-3), rel=1e-3)


@pytest.mark.parametrize(
    ("section", "shape", "ratio"), [("slit", 12, 2), ("tube", 8, 2), ("square", 28.454, 4)]
)
def test_a_dense_gas_flows_as_stokes_and_slips_as_maxwell(section, shape, ratio):
    """G = 2 delta / s + 2 sigma A / P, with k = l² / s and P / A the wall of a section of edge 1.

    The mean slope at the wall is A / P, and sigma = 1.0162 is Cercignani's coefficient of slip;
    what is left is of second order, 1 / delta², and 1% of the nodes.
    """
    delta = 20.0
    known = 2 * delta / shape + 2 * 1.0162 / ratio
    assert flow_rate(section, delta, points=28) == pytest.approx(known, rel=0.015)


@pytest.mark.parametrize("kn", [0.1, 0.3])
def test_the_public_call_in_a_slit(kn):
    """Within 5%: 2% of the slip model, and A/6 that the lattice transports less.

    A mean free path twice as long would give 48 and 83% more.
    """
    height = 24
    pore = np.ones((2, height + 1, 2), bool)
    pore[:, 0] = False
    size = PATH / (kn * height)
    result = permeability(pore, voxel_size=size, ends="periodic", sides="periodic")
    delta = np.sqrt(np.pi) / (2 * kn)
    found = 2 * delta * result.permeability / result.porosity / (height * size) ** 2
    assert result.kn_mean == pytest.approx(kn)
    assert found == pytest.approx(flow_rate("slit", delta), rel=0.05)


@pytest.mark.parametrize("kn", [0.1, 0.3])
@pytest.mark.parametrize("section", ["tube", "square"])
def test_the_public_call_in_a_tube_and_a_square_duct(section, kn):
    """At most 12% low: a staircase is rougher than a slit, and corners slip less."""
    width = 20
    pore = np.ones((2, width, width), bool)
    if section == "tube":
        y, x = np.indices((width, width)) - (width - 1) / 2
        pore[:] = y**2 + x**2 < (width / 2) ** 2
    size = PATH / (kn * width)
    result = permeability(pore, voxel_size=size, ends="periodic")
    edge = width * size / (2 if section == "tube" else 1)
    delta = np.sqrt(np.pi) / 2 * edge / PATH
    found = 2 * delta * result.permeability / result.porosity / edge**2
    assert -0.12 < found / flow_rate(section, delta, points=16) - 1 < 0.02


@pytest.mark.parametrize("delta", [0.1, 1.0, 5.0])
def test_without_pillars_the_cells_are_a_slit(delta):
    """Second order in the cells: 16 leave 0.2% at delta = 5, the quadrature 0.1%."""
    height = 16
    pore = np.ones((2, height + 1), bool)
    pore[:, 0] = False
    found = cell_flow_rate(pore, delta * 2 / height) * (height + 1) / height * 2 / height
    assert found == pytest.approx(flow_rate("slit", delta), rel=4e-3)


def test_an_array_lets_as_much_through_backwards():
    """Reciprocity of linear flow; the pillars are made lopsided so that it says something."""
    pore = staggered_pillars(10)
    pore[0, 4] = False
    along, across = cell_flow_rate(pore, 3.0), cell_flow_rate(pore[::-1, ::-1].copy(), 3.0)
    assert along == pytest.approx(across, rel=1e-4)


def test_the_reference_of_an_array_is_that_of_small_cells_and_many_angles():
    """Half the cells, or half the angles, change it by less than the 5% that models differ by.

    On the 20 cells of a coarse lattice, unextrapolated, it is low by more than that.
    """
    delta = np.sqrt(np.pi) / 2 / 0.6  # the gap is one mean free path
    found = array_flow_rate(delta)
    assert array_flow_rate(delta, cells=40) == pytest.approx(found, rel=0.03)
    assert array_flow_rate(delta, per_quadrant=16) == pytest.approx(found, rel=0.05)
    assert cell_flow_rate(staggered_pillars(20), delta, tolerance=1e-4) < 0.95 * found


def test_the_public_call_in_a_staggered_array():
    """Within 6% up to the Knudsen number beyond which the call warns, and it warns beyond."""
    [below] = slip_rows(["array"], [0.1], cells=40)  # 0.1% from that of 80
    [above] = slip_rows(["array"], [1.0], cells=20)  # what it warns of needs no fine reference
    assert abs(below["error"]) < 0.06
    assert not below["warns"]
    assert above["warns"]


def swept(pore, delta, moments, *, sweeps, inflow=0.0):
    """Moments after some sweeps of few rays, and the velocities."""
    cz, cy, weight = kinetic_array._velocities(6)
    n, m = pore.shape
    moments, found = moments.copy(), np.zeros((3, n, m))
    walls, given = np.zeros((4, n, m)), np.zeros((4, n, m))
    start = np.broadcast_to(inflow, cz.shape)[:, None]
    at_z, at_y = np.repeat(start, m, 1), np.repeat(start, n, 1)
    half_flux = (weight * cz)[cz > 0].sum()
    for _ in range(sweeps):
        found[:] = given[:] = 0
        kinetic_array._sweep(
            pore, delta / n, cz, cy, weight, moments, walls, at_z, at_y, found, given
        )
        moments[:], walls[:] = found, given / half_flux
    return moments


@pytest.mark.parametrize("shut", [np.s_[:, :1], np.s_[:, 2:4]])
def test_in_a_closed_pore_the_gas_is_at_rest_and_as_dense_as_the_drive_holds_it(shut):
    """h = z exactly: a wall gives back all that it takes, and density rises by one a cell."""
    pore = np.ones((6, 7), bool)
    pore[0] = False
    pore[shut] = False
    pore[2, 5] = False
    density, *speeds = swept(pore, 2.0, np.zeros((3, 6, 7)), sweeps=800)
    assert np.abs(speeds).max() < 1e-9
    known = np.where(pore, np.arange(6.0)[:, None], 0)
    level = (density - known)[pore].mean()
    np.testing.assert_allclose(density[pore], (known + level)[pore], atol=1e-6)


def test_a_gas_that_moves_as_a_whole_moves_on():
    """h = rho + 2 c u is what collisions leave as it is: along either axis, beside a drive."""
    pore = np.ones((3, 4), bool)
    cz, cy, weight = kinetic_array._velocities(6)
    assert weight.sum() == pytest.approx(1.0, rel=1e-12)
    for square in (cz**2, cy**2):  # of the part of molecules that is slower than four
        assert 2 * (weight * square).sum() == pytest.approx(1.0, rel=1e-5)
    assert (weight * cz * cy).sum() == pytest.approx(0.0, abs=1e-12)
    still = swept(pore, 2.0, np.zeros((3, 3, 4)), sweeps=1)
    for rho, uz, uy in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, -0.3, 0.7)):
        known = np.array([rho, uz, uy])[:, None, None] * np.ones((3, 3, 4))
        moving = swept(pore, 2.0, known, sweeps=1, inflow=rho + 2 * (cz * uz + cy * uy))
        np.testing.assert_allclose(moving - still, known, atol=2e-5)


def test_as_much_gas_crosses_every_plane_between_lopsided_pillars():
    """Mass is conserved cell by cell and wall by wall, along the drive and across it.

    The flow rate is what crosses them, for the same rays.
    """
    pore = staggered_pillars(10)
    pore[0, 4] = pore[2, 4] = pore[6, 9] = False
    pore[2, :2] = True
    _, along, across = swept(pore, 3.0, np.zeros((3, 10, 10)), sweeps=1500)
    planes, columns = along.sum(axis=1), across.sum(axis=0)
    np.testing.assert_allclose(planes, planes.mean(), rtol=1e-6)
    np.testing.assert_allclose(columns, columns.mean(), atol=1e-6 * planes.mean())
    assert np.abs(across).max() > 0.1 * along.max()
    found = cell_flow_rate(pore, 3.0, per_quadrant=6)
    assert found == pytest.approx(2 * along.mean() / 10, rel=2e-3)


@pytest.mark.parametrize("delta", [0.3, 1.0, 3.0, 10.0, 30.0])
def test_the_flow_through_a_cell_has_settled_as_far_as_asked(delta):
    """It turns on the way, and stands still for a moment then."""
    pore = staggered_pillars(10)
    settled = cell_flow_rate(pore, delta, per_quadrant=8, tolerance=1e-9)
    for tolerance in (1e-4, 1e-5):
        found = cell_flow_rate(pore, delta, per_quadrant=8, tolerance=tolerance)
        assert found == pytest.approx(settled, rel=2 * tolerance, abs=0)


def test_the_flow_through_a_slit_has_settled_where_nothing_is_said():
    pore = np.ones((2, 9), bool)
    pore[:, 0] = False
    for delta in (0.2, 3.0):
        settled = cell_flow_rate(pore, delta, tolerance=1e-8)
        assert cell_flow_rate(pore, delta) == pytest.approx(settled, rel=2e-5, abs=0)


# The rows that set both beside each other


@pytest.mark.parametrize(
    ("pore", "length", "gap", "periodic"),
    [("slit", 8, 8, True), ("tube", 4, 8, False), ("square", 8, 8, False), ("array", 20, 12, True)],
)
def test_a_pore_is_as_rarefied_for_the_lattice_as_for_kinetic_theory(
    monkeypatch, pore, length, gap, periodic
):
    """Made-up flows: the path is Kn of the gap in voxels, delta = √π/2 of lengths in paths.

    Kn is over the height, diameter, edge or gap; G is with the height, radius, edge or cell. An
    array's k is that of the whole cell, the others' of the pore alone.
    """
    kn, told, k, kn_mean = 0.2, [], 3e-17, 0.7
    width = 10 if pore == "array" else 8

    def rate(*delta, points=0, cells=0):
        told.append(delta[-1])
        return 2.5

    def solve(mask, *, voxel_size, **options):
        told.append((mask.mean(), voxel_size, options))
        return SimpleNamespace(permeability=k, porosity=0.5, kn_mean=kn_mean)

    monkeypatch.setattr(validation_slip, "flow_rate", rate)
    monkeypatch.setattr(validation_slip, "array_flow_rate", rate)
    monkeypatch.setattr(validation_slip, "permeability", solve)
    [row] = slip_rows([pore], [kn], slip=MAXWELL, width=width)
    delta, (_, size, options) = told
    assert size == pytest.approx(METHANE.mean_free_path / (kn * gap), rel=1e-9)
    assert delta == pytest.approx(np.sqrt(np.pi) / 2 * length / (kn * gap), rel=1e-9)
    sides = "periodic" if periodic else "wall"
    assert options == {"slip": MAXWELL, "ends": "periodic", "sides": sides}
    known = 2 * delta * k / (0.5 if pore != "array" else 1.0) / (length * size) ** 2
    assert row["G"] == pytest.approx(known, rel=1e-9)
    assert row["error"] == pytest.approx(known / 2.5 - 1, rel=1e-9)
    assert (row["pore"], row["kn"], row["kn_mean"], row["bgk"]) == (pore, kn, kn_mean, 2.5)
    assert kn < KNUDSEN_RANGE < kn_mean
    assert row["warns"]
    kn_mean = 0.99 * KNUDSEN_RANGE
    assert not slip_rows([pore], [1.0], width=width)[0]["warns"]


@pytest.mark.parametrize(("c1", "c2", "warned"), [(0.0, 0.5, False), (1.0, 0.0, True)])
def test_a_row_says_that_the_call_warns_where_it_does(monkeypatch, c1, c2, warned):
    """A law without a first-order term says nothing of a range that it could leave."""
    law = SlipModel(name="made up", c1=c1, c2=c2, effective=bosanquet)
    monkeypatch.setattr(validation_slip, "flow_rate", lambda *_, **__: 2.5)
    [row] = slip_rows(["slit"], [1.0], slip=law, width=4)
    assert row["kn_mean"] > KNUDSEN_RANGE
    assert row["warns"] is warned
    pore = np.ones((2, 5, 2), bool)
    pore[:, 0] = False
    how = {"voxel_size": PATH / 4, "slip": law, "ends": "periodic", "sides": "periodic"}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        permeability(pore, **how)
    assert any("mean Knudsen number" in str(one.message) for one in told) is warned


def test_slip_is_shown_in_four_pores_at_three_knudsen_numbers_twenty_voxels_wide(monkeypatch):
    """And the reference of an array comes of two grids: the error of second order cancels."""
    told = []
    monkeypatch.setattr(
        validation_slip, "_slip_row", lambda pore, kn, **how: told.append((pore, kn, how))
    )
    slip_rows()
    pores, kns = ("slit", "tube", "square", "array"), (0.1, 0.3, 1.0)
    how = {"slip": SECOND_ORDER, "width": 20, "cells": 80}
    assert told == [(pore, kn, how) for pore in pores for kn in kns]
    grids = []

    def flow(pore, delta, **how):
        grids.append((len(pore), how))
        return 2.0 - 7.0 / len(pore) ** 2

    monkeypatch.setattr(validation_slip, "cell_flow_rate", flow)
    assert validation_slip.array_flow_rate(1.0) == pytest.approx(2.0, rel=1e-12)
    how = {"per_quadrant": 32, "tolerance": 1e-4}
    assert grids == [(80, how), (40, how)]
