"""The solver against kinetic theory, a sphere array and a second Stokes solver."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from shalelib.arrays import Mask
from shalelib.flow.domain import connected_pores
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import build_problem
from shalelib.flow.slip import SECOND_ORDER, SlipModel
from shalelib.flow.solver import solve_steady
from shalelib.flow.stokes import stokes_permeability
from shalelib.flow.validation import grid_part, slit

LITERATURE = Path(__file__).parent / "literature"
KNUDSEN_SHOWN = 2.0

DILUTE = 1.7601
"""Slope of the drag of a simple-cubic array over c^(1/3) where spheres are far apart."""


def literature(name: str, *, folder: Path = LITERATURE) -> list[dict[str, float]]:
    """Read a published table; lines that begin with # are remarks and name the source."""
    text = (folder / name).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line[:1] != "#"]
    return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(rows)]


def plane_poiseuille(
    row: dict[str, float], *, height: int = 24, slip: SlipModel = SECOND_ORDER
) -> float:
    r"""Dimensionless flow rate G of a slit at the Knudsen number of a row of the BGK table.

    .. math:: G = 2 \delta \frac{k}{h^2}, \qquad \delta = \frac{\sqrt \pi}{2\, Kn},

    with the permeability of a fine grid, see `shalelib.flow.validation.grid_part`.
    """
    kn = row["kn"]
    problem = slit(height, kn=np.full((2, height, 1), kn), mean_free_path_lu=kn * height, slip=slip)
    options = SolverOptions(tolerance=1e-6, precondition=False)
    psi = float(slip.effective(np.array(kn)))
    k = solve_steady(problem, options).fluxes.k_lu
    k -= grid_part(height, slip.c1 * kn * height * psi) / psi
    return float(2 * row["delta"] * k / height**2)


def poiseuille_rows(*, height: int = 24) -> list[dict[str, float]]:
    """Return G of our slit and G of the linearised BGK equation, for rows up to `KNUDSEN_SHOWN`.

    Slip models are not meant for larger Knudsen numbers.
    """
    rows = []
    table = literature("poiseuille_bgk.csv")
    for row in (row for row in table if row["kn"] <= KNUDSEN_SHOWN):
        found = plane_poiseuille(row, height=height)
        rows.append({"kn": row["kn"], "bgk": row["G"], "G": found, "error": found / row["G"] - 1})
    return rows


def drag_factor(solid_fraction: float) -> float:
    """Interpolate the drag factor K of Zick and Homsy by a spline of log K over c^(1/3).

    At a solid fraction c = 0 it begins at 1 with the slope of Hasimoto 1959, `DILUTE`; below the
    first row it is within 0.1% of his series.

    Examples
    --------
    >>> round(drag_factor(0.343), 6), round(drag_factor(0.003), 2)
    (15.4, 1.33)
    """
    rows = literature("zick_homsy_sc.csv")
    c = np.array([0.0] + [row["solid_fraction"] for row in rows])
    drag = np.array([1.0] + [row["K"] for row in rows])
    ends = ((1, DILUTE), "not-a-knot")
    spline = CubicSpline(np.cbrt(c), np.log(drag), bc_type=ends)
    return float(np.exp(spline(np.cbrt(solid_fraction))))


def sphere_octant(edge: int, solid_fraction: float) -> Mask:
    """Return an eighth of a cell of a simple-cubic array, the sphere's centre at the origin.

    Parameters
    ----------
    edge : int
        Edge of the whole cell [voxel], even.
    solid_fraction : float

    Notes
    -----
    Mirrored along all axes it is the array; a voxel is solid if its centre lies in the sphere.
    """
    radius = edge * (3 * solid_fraction / (4 * np.pi)) ** (1 / 3)
    z, y, x = np.indices((edge // 2,) * 3) + 0.5
    return np.asarray(z**2 + y**2 + x**2 > radius**2)


def sphere_errors(solid_fraction: float, edges: Sequence[int]) -> list[dict[str, float]]:
    """Return the relative error of the permeability of a simple-cubic sphere array, by grid.

    Returns
    -------
    list of dict
        ``edge`` of the cell [voxel], ``k`` over the square of the edge, ``error`` against
        L³ / (6 pi a K), with the radius a of the solid that the voxels hold.
    """
    options = SolverOptions(tolerance=1e-5, method="step")
    rows = []
    for edge in edges:
        pore = sphere_octant(edge, solid_fraction)
        problem = build_problem(pore, ends="mirror", sides=("mirror", "mirror"), T_plus=1.5)
        k = solve_steady(problem, options).fluxes.k_lu / edge**2
        c = 1 - float(pore.mean())
        exact = 1 / (6 * np.pi * (3 * c / (4 * np.pi)) ** (1 / 3) * drag_factor(c))
        rows.append(
            {
                "solid_fraction": solid_fraction,
                "edge": edge,
                "k": k,
                "exact": exact,
                "error": k / exact - 1,
            }
        )
    return rows


def observed_order(sizes: Sequence[float], errors: Sequence[float]) -> float:
    """Return the order of an error: minus the slope of log |error| against log size.

    Examples
    --------
    >>> observed_order([8, 16, 32], [0.04, 0.01, 0.0025])
    2.0
    """
    slope = np.polyfit(np.log(sizes), np.log(np.abs(errors)), 1)[0]
    return round(float(-slope), 12)


def extrapolated(sizes: Sequence[float], values: Sequence[float], *, order: int = 1) -> float:
    """Return the limit of a quantity whose error goes as size to the minus `order`, by a fit.

    Examples
    --------
    >>> round(extrapolated([8, 16, 32], [1.25, 1.125, 1.0625]), 9)
    1.0
    """
    terms = np.stack([np.ones(len(sizes)), np.asarray(sizes, float) ** -order], axis=1)
    return float(np.linalg.lstsq(terms, np.asarray(values), rcond=None)[0][0])


def sphere_summary(rows: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return the error on the finest grid, its limit and the order, for each solid fraction.

    The limit assumes an error of first order: a staircase acts as a sphere that is larger by a
    fixed part of a voxel.
    """
    found = []
    for c in sorted({row["solid_fraction"] for row in rows}):
        part = [row for row in rows if row["solid_fraction"] == c]
        edges, errors = [row["edge"] for row in part], [row["error"] for row in part]
        found.append(
            {
                "solid_fraction": c,
                "finest": errors[-1],
                "limit": extrapolated(edges, errors),
                "order": observed_order(edges, errors),
            }
        )
    return found


def stokes_comparison(pore: Mask, refinements: Sequence[int]) -> list[dict[str, float]]:
    """Return the permeability of a box by the lattice and by finite differences, on finer grids.

    Parameters
    ----------
    pore : (z, y, x) bool array
        Percolating along axis 0; it is taken with its mirror image, between walls.
    refinements : sequence of int
        Numbers of parts that each voxel is split into along every axis.

    Returns
    -------
    list of dict
        ``refinement``, and the permeabilities ``lattice`` and ``finite_differences`` [voxel² of the
        unsplit box]. The last row, of infinite refinement, is the limit. As corners leave terms of
        first and second order, it needs three grids, and is left out with fewer.
    """
    pore = connected_pores(pore)
    walled = np.pad(np.concatenate([pore, pore[::-1]]), ((0, 0), (1, 0), (1, 0)))
    rows = []
    for m in refinements:
        fine = walled.repeat(m, 0).repeat(m, 1).repeat(m, 2)
        problem = build_problem(fine[: len(fine) // 2], sides=("periodic", "periodic"))
        lattice = solve_steady(problem).fluxes.k_lu / m**2
        rows.append(
            {
                "refinement": float(m),
                "lattice": lattice,
                "finite_differences": stokes_permeability(fine) / m**2,
            }
        )
    if len(rows) >= 3:
        terms = np.array([[1, 1 / m, 1 / m**2] for m in refinements])
        limits = {
            name: float(np.linalg.lstsq(terms, [row[name] for row in rows], rcond=None)[0][0])
            for name in ("lattice", "finite_differences")
        }
        rows.append({"refinement": np.inf, **limits})
    return rows
