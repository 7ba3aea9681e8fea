"""Slip flow by the public call and by the linearised BGK equation: slit, tube, duct and array."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from shalelib.arrays import Mask
from shalelib.flow.apparent import beyond_range, permeability
from shalelib.flow.gas import METHANE
from shalelib.flow.kinetic import flow_rate
from shalelib.flow.kinetic_array import cell_flow_rate
from shalelib.flow.slip import SECOND_ORDER, SlipModel

Pore = Literal["slit", "tube", "square", "array"]
"""Slit, tube, square duct, and a staggered array of square pillars with the flow across them."""

PILLAR = 0.4
"""Edge of a pillar over that of the array's cell, which holds two pillars."""


def staggered_pillars(edge: int) -> Mask:
    """Return a section of the cell of an array of staggered pillars, True = void.

    Parameters
    ----------
    edge : int
        Edge of the cell [voxel], a multiple of 10; that of a pillar is `PILLAR` of it.

    Examples
    --------
    >>> staggered_pillars(10).mean()
    np.float64(0.68)
    """
    if edge < 10 or edge % 10:
        msg = f"edge must be a positive multiple of 10, got {edge}"
        raise ValueError(msg)
    side = round(PILLAR * edge)
    solid = np.zeros((edge, edge), bool)
    solid[:side, :side] = True
    return ~(solid | np.roll(solid, (edge // 2, edge // 2), (0, 1)))


def array_flow_rate(delta: float, *, cells: int = 80, per_quadrant: int = 32) -> float:
    """Return the flow rate G of the staggered array in the limit of small cells.

    It does not use the grid of the lattice: on a coarse grid the reference would be as inaccurate.

    Parameters
    ----------
    delta : float
        Rarefaction of the cell's edge, see `shalelib.flow.kinetic_array.cell_flow_rate`.
    cells : int
        Number of cells along the edge, a multiple of 20. A second run with half as many removes
        the error of second order.
    per_quadrant : int
        Angles of the rays in a quadrant.
    """
    fine, coarse = (
        cell_flow_rate(staggered_pillars(n), delta, per_quadrant=per_quadrant, tolerance=1e-4)
        for n in (cells, cells // 2)
    )
    return fine + (fine - coarse) / 3


def slip_rows(
    pores: Sequence[Pore] = get_args(Pore),
    kns: Sequence[float] = (0.1, 0.3, 1.0),
    *,
    slip: SlipModel = SECOND_ORDER,
    width: int = 20,
    cells: int = 80,
) -> list[dict[str, Any]]:
    """Return the dimensionless flow rate of pores by `permeability` and by kinetic theory.

    Parameters
    ----------
    pores : sequence of {"slit", "tube", "square", "array"}
    kns : sequence of float
        Mean free path over height, diameter, edge, or the gap between two pillars of a row.
    slip : SlipModel
    width : int
        Height, diameter and edge [voxel], even; the cell of the array is twice as wide.
    cells : int
        Of the reference for the array, see `array_flow_rate`.

    Returns
    -------
    list of dict
        ``pore``, ``kn``, ``kn_mean`` (mean of the local Knudsen number, by which the range of the
        model is stated), ``bgk`` (the reference), ``G``, its relative ``error``, and whether the
        call ``warns``.

    Notes
    -----
    G refers to the square of the height, radius, edge or cell, see `shalelib.flow.kinetic`.
    """
    sizes = {"width": width, "cells": cells}
    return [_slip_row(pore, kn, slip=slip, **sizes) for pore in pores for kn in kns]


def _slip_row(pore: Pore, kn: float, *, slip: SlipModel, width: int, cells: int) -> dict[str, Any]:
    mask, length, gap = _geometry(pore, width)
    delta = np.sqrt(np.pi) / 2 * length / (kn * gap)
    if pore == "array":
        exact = array_flow_rate(delta, cells=cells)
    else:
        exact = flow_rate(pore, delta, points=16)
    size = METHANE.mean_free_path / (kn * gap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the row says so itself
        result = permeability(
            mask,
            voxel_size=size,
            slip=slip,
            ends="periodic",
            sides="periodic" if pore in ("slit", "array") else "wall",
        )
    k = result.permeability / (1 if pore == "array" else result.porosity)
    found = 2 * delta * k / (length * size) ** 2
    return {
        "pore": pore,
        "kn": kn,
        "kn_mean": result.kn_mean,
        "bgk": exact,
        "G": found,
        "error": found / exact - 1,
        "warns": beyond_range(slip, result.kn_mean),
    }


def _geometry(pore: Pore, width: int) -> tuple[Mask, float, float]:
    """Return the mask, the length in G and the length in the Knudsen number [voxel]."""
    if pore == "array":
        edge = 2 * width
        return staggered_pillars(edge)[:, :, None], edge, (1 - PILLAR) * edge
    if pore == "slit":
        mask = np.ones((2, width + 1, 2), bool)
        mask[:, 0] = False
        return mask, width, width
    mask = np.ones((2, width, width), bool)
    if pore == "square":
        return mask, width, width
    y, x = np.indices((width, width)) - (width - 1) / 2
    mask[:] = y**2 + x**2 < (width / 2) ** 2
    return mask, width / 2, width
