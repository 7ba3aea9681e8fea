r"""Rarefied flow across an array of pillars by the linearised BGK equation at constant temperature.

The gas between pillars of any section, driven across them by a pressure gradient, with diffuse
walls, obeys for each molecular velocity c of the plane

.. math:: c \cdot \nabla h + \delta\, (h - \rho - 2\, c \cdot u) = c_z, \qquad
          \rho = \int w\, h\, dc, \quad u = \int w\, c\, h\, dc, \quad w = e^{-c^2} / \pi,

with lengths in units of the edge :math:`\ell` of the array's cell and the rarefaction
:math:`\delta = \sqrt \pi\, \ell / (2 \lambda)`. What a wall takes it gives back as a gas at rest,
of the density that lets no mass through. Space is discretised into square cells by diamond
differences, velocity into Gauss points in speed and angle; the cells are swept along each velocity
until the flow no longer changes. Nothing of the lattice is used here.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from shalelib.arguments import given_mask
from shalelib.flow.kinetic import rays

_FASTEST = 4.0
"""Speed beyond which 1e-7 of the molecules lie, in units of the most probable one."""

_STRETCH = 20
"""Sweeps between two checks of the flow: a single one may change it little by chance."""

_STEPS = 3
"""Number of changes between checks from which the change still to come is estimated."""

_Field = NDArray[np.float64]


def cell_flow_rate(
    pore: NDArray[np.bool_],
    delta: float,
    *,
    per_quadrant: int = 16,
    tolerance: float = 1e-5,
    max_sweeps: int = 20_000,
) -> float:
    r"""Return the dimensionless flow rate G of a periodic cell along its first axis.

    .. math:: G = 2 \delta\, k / \ell^2

    Parameters
    ----------
    pore : (n, m) bool array
        A section across the pillars, True = void, of square cells, repeated along both axes.
    delta : float
        Rarefaction, with the edge :math:`\ell` of n cells as the length.
    per_quadrant : int
        Angles of the rays in a quadrant.
    tolerance : float
        Relative change of G still to come, estimated from the decrease of its changes.
    max_sweeps : int

    Raises
    ------
    RuntimeError
        The flow did not settle within `max_sweeps`.

    Notes
    -----
    The error is of second order in the size of the cells; the temperature is constant, as on the
    lattice. Where gas flies past the pillars unhindered, both cells and angles matter: with too few
    of either G is too low, by a tenth with 20 cells and 16 angles in a staggered array whose gap is
    one mean free path. For a reference value see `shalelib.flow.validation_slip.array_flow_rate`.

    Examples
    --------
    A slit of 16 cells has G = 1.5387 at delta = 1 in the published table, over its own height.

    >>> pore = np.ones((2, 17), bool)
    >>> pore[:, 0] = False
    >>> height = 16 / 2  # in edges
    >>> found = cell_flow_rate(pore, 1 / height) * 17 / 16 / height
    >>> abs(found / 1.5387 - 1) < 0.01
    True
    """
    given_mask("pore", pore, ndim=2)
    if pore.all() or not pore.any():
        msg = "a cell needs both pores and solid: without a wall nothing holds the gas"
        raise ValueError(msg)
    if not (np.isfinite(delta) and delta > 0):
        msg = f"delta must be positive, got {delta}"
        raise ValueError(msg)
    cz, cy, weight = _velocities(per_quadrant)
    n, m = pore.shape
    moments, found = np.zeros((3, n, m)), np.zeros((3, n, m))
    at_z, at_y = np.zeros((len(cz), m)), np.zeros((len(cz), n))  # what enters across the box
    walls, given = np.zeros((4, n, m)), np.zeros((4, n, m))  # at a cell's faces: +z, -z, +y, -y
    half_flux = float((weight * cz)[cz > 0].sum())
    rates = [0.0]
    for _ in range(max_sweeps // _STRETCH):
        for _ in range(_STRETCH):
            found[:] = given[:] = 0
            _sweep(pore, delta / n, cz, cy, weight, moments, walls, at_z, at_y, found, given)
            moments[:] = found
            walls[:] = given / half_flux
        rates.append(float(2 * moments[1].mean() / n))
        if len(rates) > _STEPS and _to_come(rates) < tolerance * abs(rates[-1]):
            return rates[-1]
    msg = f"the flow through the cell did not settle within {max_sweeps} sweeps; raise max_sweeps"
    raise RuntimeError(msg)


def _to_come(rates: Sequence[float]) -> float:
    """Estimate the change still to come from the slowest decrease of the last changes.

    The larger of the last two changes counts: where the rate turns, one of them may be near zero.
    """
    steps = np.abs(np.diff(rates[-_STEPS - 1 :]))
    falls = steps[1:] / np.maximum(steps[:-1], np.finfo(float).tiny)
    fall = float(np.clip(falls.max(), 0.5, 0.99))
    return float(steps[1:].max()) * fall / (1 - fall)


def _velocities(per_quadrant: int, speeds: int = 12) -> tuple[_Field, _Field, _Field]:
    """Return the components along z and y of the velocities, and their weights, whose sum is 1."""
    angle, share = rays(per_quadrant)
    t, w = np.polynomial.legendre.leggauss(speeds)
    t, w = (t + 1) / 2, w / 2
    c = _FASTEST * t**2  # denser where molecules are slow
    part = 2 * c * np.exp(-(c**2)) * 2 * _FASTEST * t * w
    weight = np.outer(part / part.sum(), share)
    return (
        np.outer(c, np.cos(angle)).ravel(),
        np.outer(c, np.sin(angle)).ravel(),
        weight.ravel(),
    )


@njit(cache=True)
def _sweep(pore, delta, cz, cy, weight, moments, walls, at_z, at_y, found, given):
    """Move the gas of each velocity through all cells once; sum moments and what walls take."""
    n, m = pore.shape
    for k in range(cz.size):
        z, y, w = abs(cz[k]), abs(cy[k]), weight[k]
        dz, dy = (1 if cz[k] > 0 else -1), (1 if cy[k] > 0 else -1)
        ahead_z, behind_z = (0, 1) if cz[k] > 0 else (1, 0)
        ahead_y, behind_y = (2, 3) if cy[k] > 0 else (3, 2)
        for row in range(n):
            i = row if dz > 0 else n - 1 - row
            along_y = at_y[k, i]
            for column in range(m):
                j = column if dy > 0 else m - 1 - column
                if not pore[i, j]:
                    continue
                z_in = at_z[k, j] if pore[(i - dz) % n, j] else walls[behind_z, i, j]
                y_in = along_y if pore[i, (j - dy) % m] else walls[behind_y, i, j]
                drift = cz[k] * moments[1, i, j] + cy[k] * moments[2, i, j]
                source = delta * (moments[0, i, j] + 2 * drift) + cz[k]
                h = (source + 2 * z * z_in + 2 * y * y_in) / (delta + 2 * z + 2 * y)
                z_out, y_out = 2 * h - z_in, 2 * h - y_in
                at_z[k, j], along_y = z_out, y_out
                if not pore[(i + dz) % n, j]:
                    given[ahead_z, i, j] += w * z * z_out
                if not pore[i, (j + dy) % m]:
                    given[ahead_y, i, j] += w * y * y_out
                found[0, i, j] += w * h
                found[1, i, j] += w * cz[k] * h
                found[2, i, j] += w * cy[k] * h
            at_y[k, i] = along_y
