"""Slip flow by the public call beside the linearised BGK equation: slit, tube, duct and array."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from shalelib.arrays import Mask
from shalelib.flow.apparent import KNUDSEN_RANGE, permeability
from shalelib.flow.gas import METHANE
from shalelib.flow.kinetic import flow_rate
from shalelib.flow.kinetic_array import cell_flow_rate
from shalelib.flow.slip import SECOND_ORDER, SlipModel

Pore = Literal["slit", "tube", "square", "array"]
"""Slit, tube, square duct, and a staggered array of square pillars with the flow across them."""

PILLAR = 0.4
"""Edge of a pillar over that of the array's cell, in which there are two."""


def staggered_pillars(edge: int) -> Mask:
    """Return a section of an array's cell, True = void: pillars of `PILLAR` of the edge, staggered.

    Parameters
    ----------
    edge : int
        Of the cell [voxel], a multiple of 10.

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

    It owes nothing to the lattice's own grid: on a coarse one a reference would be as coarse.

    Parameters
    ----------
    delta : float
        Rarefaction of the cell's edge, see `shalelib.flow.kinetic_array.cell_flow_rate`.
    cells : int
        Along the edge, a multiple of 20. The error of second order is removed by half as many.
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
    """Dimensionless flow rate of pores by `shalelib.flow.permeability` and by kinetic theory.

    Parameters
    ----------
    pores : sequence of {"slit", "tube", "square", "array"}
    kns : sequence of float
        Mean free path over height, diameter, edge, or the gap between two pillars of a row.
    slip : SlipModel
    width : int
        Height, diameter and edge [voxel], even; the cell of the array is twice as wide.
    cells : int
        Of the array's reference, see `array_flow_rate`.

    Returns
    -------
    list of dict
        ``pore``, ``kn``, ``kn_mean`` (mean of the local Knudsen number, which the range of the
        model is stated in), ``bgk``, ``G``, their ``error``, and whether the call ``warns``.

    Notes
    -----
    G is that of the square of height, radius, edge or cell, see `shalelib.flow.kinetic.flow_rate`.
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
        warnings.simplefilter("ignore", UserWarning)  # the row itself tells
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
        "warns": result.kn_mean > KNUDSEN_RANGE,
    }


def _geometry(pore: Pore, width: int) -> tuple[Mask, float, float]:
    """Mask, the length that G is made with and the one that Kn is [voxel]."""
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
