r"""The apparent permeability at several gas pressures, and what is left of it without slip.

.. math:: k = k_\infty \left(1 + \frac{b}{p}\right)

(Klinkenberg 1941). The mean free path of an ideal gas goes with 1 / p, so that the law is exact
for slip of first order in pores of one width; a broad spread of widths and slip of second order
bend it, and the residual of the fit says by how much.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shalelib.arguments import given_numbers
from shalelib.arrays import Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.arguments import check_gas_and_walls
from shalelib.flow.domain import PoreDomain
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.slip import NO_SLIP

_ROUND_OFF = 1e-9


@dataclass(frozen=True, kw_only=True)
class Klinkenberg:
    """A series of pressures and the straight line of k against 1 / p through it."""

    pressure: tuple[float, ...]  # [Pa], absolute
    permeability: tuple[float, ...]  # apparent, [m²]
    k_inf: float  # [m²], at infinite pressure; NaN where the line leaves nothing
    b: float  # [Pa]
    residual: float  # largest deviation of k from the line, relative


def klinkenberg_fit(pressure: Sequence[float], permeability: Sequence[float]) -> Klinkenberg:
    """Fit Klinkenberg's law to measured or computed permeabilities.

    Parameters
    ----------
    pressure : sequence of float
        Absolute [Pa], at least two different ones.
    permeability : sequence of float
        Apparent [m²], one for each pressure.

    Returns
    -------
    Klinkenberg

    Warns
    -----
    UserWarning
        The line leaves nothing at infinite pressure, as where all pressures are low; `k_inf` and
        `b` are NaN then.

    Notes
    -----
    Least squares of the relative deviations, so that no pressure outweighs the others. Where `b`
    is many times the highest pressure `k_inf` is a small rest of what was fitted, and no surer
    than the residual times b / p of it.

    Examples
    --------
    >>> fit = klinkenberg_fit([1e5, 2e5, 4e5], [30e-18, 20e-18, 15e-18])
    >>> f"{fit.k_inf:.3g}", round(fit.b), fit.residual < 1e-12
    ('1e-17', 200000, True)
    """
    p, k = given_numbers("pressure", pressure), given_numbers("permeability", permeability)
    if len(p) != len(k):
        msg = f"a permeability at each of {len(p)} pressures, got {len(k)}"
        raise ValueError(msg)
    if not ((p > 0).all() and (k > 0).all()):
        msg = "pressures and permeabilities must be positive and finite, in Pa and m²"
        raise ValueError(msg)
    if len(set(p.tolist())) < 2:
        msg = f"the law has two unknowns; give at least two different pressures, got {pressure}"
        raise ValueError(msg)
    mean = math.exp(np.log(p).mean())  # keeps the two columns of one size
    (k_inf, slope), *_ = np.linalg.lstsq(np.stack([1 / k, mean / p / k], axis=1), np.ones(len(k)))
    line = k_inf + slope * mean / p
    if k_inf <= _ROUND_OFF * k.min():
        warnings.warn(
            f"the line through k against 1 / p leaves {k_inf:.3g} m² at infinite pressure, which "
            f"is no permeability; add pressures above {p.max():g} Pa, where slip matters less",
            stacklevel=2,
        )
        k_inf = math.nan
    return Klinkenberg(
        pressure=tuple(p.tolist()),
        permeability=tuple(k.tolist()),
        k_inf=float(k_inf),
        b=float(slope * mean / k_inf),
        residual=float(np.abs(line / k - 1).max()),
    )


def klinkenberg(
    pore: Mask | PoreDomain, pressure: Sequence[float], *, gas: Gas = METHANE, **options: Any
) -> Klinkenberg:
    """Solve at each pressure and fit the law; `options` are those of `permeability`.

    Parameters
    ----------
    pore : (z, y, x) bool array or PoreDomain
    pressure : sequence of float
        Absolute [Pa], at least two different ones.
    gas : Gas
        Its pressure is replaced; its viscosity stays, as an ideal gas's does.

    Raises
    ------
    DoesNotPercolateError, NotConvergedError
        As `permeability` does.

    Examples
    --------
    >>> pore = np.zeros((2, 6, 2), bool)
    >>> pore[:, 1:5] = True
    >>> fit = klinkenberg(pore, [0.4e6, 0.8e6, 1.6e6], voxel_size=30e-9)
    >>> fit.permeability[0] > fit.permeability[2] > fit.k_inf
    True
    """
    check_gas_and_walls(gas, options.get("slip", NO_SLIP), 0)
    pressures = given_numbers("pressure", pressure).tolist()
    solved = [
        permeability(pore, gas=replace(gas, pressure=value), **options).permeability
        for value in pressures
    ]
    return klinkenberg_fit(pressures, solved)
