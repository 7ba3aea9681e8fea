r"""The apparent permeability at several gas pressures, and its limit without slip.

.. math:: k = k_\infty \left(1 + \frac{b}{p}\right)

(Klinkenberg 1941). The mean free path of an ideal gas is proportional to 1 / p, so the law is exact
for first-order slip in pores of one width. A broad spread of widths and second-order slip bend the
line, and the residual of the fit says by how much.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import given_numbers
from shalelib.arrays import Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.arguments import check_gas_and_walls
from shalelib.flow.checkpoint import own_checkpoint
from shalelib.flow.domain import PoreDomain
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.slip import NO_SLIP

_ROUND_OFF = 1e-9
_REMAINDER = 100.0  # times the highest pressure: a slippage factor beyond it leaves k_inf to chance
_RISES = 1e-3  # times the lowest pressure: a negative slippage factor that is more than rounding


@dataclass(frozen=True, kw_only=True)
class Klinkenberg:
    """Permeabilities at several pressures, and a straight line of k against 1 / p through them.

    Attributes
    ----------
    pressure : tuple of float
        Absolute pressures [Pa].
    permeability : tuple of float
        Apparent permeability at each pressure [m²].
    k_inf : float
        Permeability at infinite pressure [m²]; NaN if that of the line is not positive.
    b : float
        Slippage factor b of Klinkenberg's law [Pa]; NaN if `k_inf` is.
    residual : float
        Largest deviation between the line and a permeability, relative to the permeability.
    """

    pressure: tuple[float, ...]
    permeability: tuple[float, ...]
    k_inf: float
    b: float
    residual: float


def klinkenberg_fit(pressure: Sequence[float], permeability: Sequence[float]) -> Klinkenberg:
    r"""Fit Klinkenberg's law to measured or computed permeabilities.

    .. math:: k = k_\infty \left(1 + \frac{b}{p}\right)

    Parameters
    ----------
    pressure : sequence of float
        Absolute pressures [Pa], at least two different ones.
    permeability : sequence of float
        Apparent permeability at each pressure [m²].

    Returns
    -------
    Klinkenberg

    Raises
    ------
    ValueError
        A value is not positive and finite, the sequences differ in length, or there are fewer than
        two different pressures.

    Warns
    -----
    UserWarning
        The line does not leave a positive permeability at infinite pressure, as may happen if all
        pressures are low; `k_inf` and `b` are then NaN. Or `b` is more than 100 times the highest
        pressure, so that `k_inf` is a remainder, or is negative, which no slip makes it.

    Notes
    -----
    Klinkenberg 1941. The fit minimises the squares of the relative deviations, so that no pressure
    outweighs the others. A line always goes through two pressures, so that a residual needs three.
    Where `b` is many times the highest pressure p, `k_inf` is a small
    remainder of the fitted values, and its relative uncertainty is no less than the residual times
    b / p.

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
    _check_pressures(p)
    _check_positive(k)
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
    b = float(slope * mean / k_inf)
    if b > _REMAINDER * p.max():
        warnings.warn(
            f"k_inf is a small remainder: b, {b:.3g} Pa, is {b / p.max():.0f} times the highest "
            f"pressure; add pressures above {p.max():g} Pa, where slip matters less",
            stacklevel=2,
        )
    if b < -_RISES * p.min():
        warnings.warn(
            f"the permeability rises with the pressure (b = {b:.3g} Pa), which slip does not make "
            "it; check that pressures and permeabilities are in one order",
            stacklevel=2,
        )
    return Klinkenberg(
        pressure=tuple(p.tolist()),
        permeability=tuple(k.tolist()),
        k_inf=float(k_inf),
        b=b,
        residual=float(np.abs(line / k - 1).max()),
    )


def klinkenberg(
    pore: Mask | PoreDomain, pressure: Sequence[float], *, gas: Gas = METHANE, **options: Any
) -> Klinkenberg:
    """Compute the permeability at each of several pressures and fit Klinkenberg's law.

    Parameters
    ----------
    pore : (z, y, x) bool array or PoreDomain
        True = void.
    pressure : sequence of float
        Absolute pressures [Pa], at least two different ones.
    gas : Gas
        Its pressure is replaced by each of these; its viscosity stays, as that of an ideal gas
        does not depend on the pressure.
    options
        Further keyword arguments of `shalelib.flow.permeability`; ``voxel_size`` is required.

    Returns
    -------
    Klinkenberg

    Raises
    ------
    DoesNotPercolateError, NotConvergedError
        As for `permeability`.
    ValueError
        As for `permeability` and `klinkenberg_fit`.

    Warns
    -----
    UserWarning
        As for `permeability` and `klinkenberg_fit`.

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
    _check_pressures(np.array(pressures))
    solved = []
    for value in pressures:
        own = own_checkpoint(options, f"{value:.9g}Pa")
        solved.append(permeability(pore, gas=replace(gas, pressure=value), **own).permeability)
    return klinkenberg_fit(pressures, solved)


def _check_pressures(pressure: NDArray[np.float64]) -> None:
    """Refuse pressures through which no line can be laid."""
    _check_positive(pressure)
    if len(set(pressure.tolist())) < 2:
        msg = (
            "the law has two unknowns; give at least two different pressures, got "
            f"{pressure.tolist()}"
        )
        raise ValueError(msg)


def _check_positive(values: NDArray[np.float64]) -> None:
    """Refuse pressures or permeabilities of which one is not positive."""
    if not (values > 0).all():
        msg = "pressures and permeabilities must be positive and finite, in Pa and m²"
        raise ValueError(msg)
