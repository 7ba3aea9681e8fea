r"""Slip at the walls: from kinetic theory to the wall coefficient and the relaxation rates.

At a flat wall half a link off the nodes the scheme

.. math:: f_i = r f_{\bar i} + (1 - r) \frac{w_i}{\sum w} \sum f_\mathrm{out}

gives, exactly for a parabolic profile,

.. math:: u_w = A u' - \left(\tfrac23 \Lambda - \tfrac18 - \tfrac16 A\right) u'',
          \qquad A = \frac{1 - r}{1 + r} T_+ .

Asking for :math:`u_w = C_1 \lambda_e u' - C_2 \lambda_e^2 u''` with :math:`\lambda_e = \lambda
\Psi` fixes

.. math:: A = C_1 \lambda_e, \qquad
          \Lambda = \tfrac{3}{16} + \tfrac32 C_2 \lambda_e^2 + \tfrac14 C_1 \lambda_e .

The term :math:`\tfrac16 A` is there because the mixing acts on the populations *less those of the
gas at rest under the force*. Otherwise a wall that mixes would drag along a gas that a force and a
pressure gradient hold in balance, and the two ways of driving the same flow would give different
permeabilities (by a quarter in pores a few voxels wide); for a force alone the term would drop out.

:math:`T_+` remains free. Near the walls a gas is less viscous: :math:`\nu_e = \nu \Psi`, so the
:math:`T_+` of a node is that of the bulk times :math:`\Psi`, and r is the same at every node. For
strong slip or a small :math:`T_+` r is negative, as it should be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_number, short
from shalelib.flow.lattice import MAGIC


def bosanquet(kn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Bosanquet's interpolation between bulk and wall collisions, 1 / (1 + 2 Kn).

    Examples
    --------
    >>> float(bosanquet(np.array(0.5)))
    0.5
    """
    return 1 / (1 + 2 * kn)


def stops(kn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Stops' function as fitted by Guo, Zhao and Shi 2006: (2/pi) arctan(sqrt(2) Kn^(-3/4)).

    Examples
    --------
    >>> round(float(stops(np.array(0.5))), 3)
    0.747
    """
    return 2 / np.pi * np.arctan2(np.sqrt(2), kn**0.75)


def unchanged(kn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1: no correction of the mean free path."""
    return np.ones_like(kn)


@dataclass(frozen=True, kw_only=True)
class SlipModel:
    r"""A slip law: the velocity of the gas at a wall.

    .. math:: u_w = C_1 \lambda_e u' - C_2 \lambda_e^2 u'', \qquad \lambda_e = \lambda \Psi(Kn)

    with the mean free path :math:`\lambda`, the local Knudsen number Kn and derivatives along the
    normal of the wall.

    Attributes
    ----------
    name : str
        How results name the law.
    c1 : float
        C1, the coefficient of the first derivative, not negative.
    c2 : float
        C2, the coefficient of the second derivative, not negative.
    effective : callable
        Takes an array of Knudsen numbers and returns the correction Psi of the mean free path at
        each of them.

    Raises
    ------
    TypeError
        A coefficient is not a number, or `effective` is not callable.
    ValueError
        A coefficient is negative or not finite.
    """

    name: str
    c1: float
    c2: float
    effective: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def __post_init__(self) -> None:
        for name in ("c1", "c2"):
            check_number(f"SlipModel.{name}", getattr(self, name), least=0)
        if not callable(self.effective):
            msg = (
                "SlipModel.effective must be a function of the Knudsen numbers, such as "
                f"shalelib.flow.slip.bosanquet, got {short(self.effective)}"
            )
            raise TypeError(msg)


SECOND_ORDER = SlipModel(name="second order, Bosanquet", c1=0.8183, c2=0.6531, effective=bosanquet)
"""Second-order slip with Bosanquet's mean free path, the default: C1 = 0.8183, C2 = 0.6531 and
Psi = 1 / (1 + 2 Kn) (Guo and Zheng 2008)."""

STOPS = SlipModel(name="second order, Stops", c1=1.11, c2=0.31, effective=stops)
"""Second-order slip with the mean free path of Stops: C1 = 1.11, C2 = 0.31 and
Psi = (2/pi) arctan(sqrt(2) Kn^(-3/4)) (Hadjiconstantinou 2003; Guo, Zhao and Shi 2006)."""

MAXWELL = SlipModel(name="first order, Maxwell", c1=1.0, c2=0.0, effective=unchanged)
"""Maxwell's first-order slip: C1 = 1, C2 = 0, Psi = 1."""

NO_SLIP = SlipModel(name="no slip", c1=0.0, c2=0.0, effective=unchanged)
"""No slip, as of a liquid: the velocity at the wall is zero, C1 = C2 = 0."""


def relative_path(model: SlipModel, kn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a model says of the mean free path near walls, relative to that of the bulk.

    Raises
    ------
    ValueError
        The model does not return a positive, finite number for each Knudsen number.
    """
    psi = np.asarray(model.effective(kn))
    real = psi.shape == kn.shape and psi.dtype.kind in "iuf"
    if not (real and np.isfinite(psi).all() and (psi > 0).all()):
        found = f", from {psi.min():g} to {psi.max():g}" if real and psi.size else ""
        msg = (
            f"SlipModel.effective of {model.name!r} must return a positive, finite number for each "
            f"Knudsen number, an array of shape {kn.shape}, got {short(psi)}{found}"
        )
        raise ValueError(msg)
    return psi


def slip_rates(
    kn: NDArray[np.float64],
    *,
    mean_free_path_lu: float,
    model: SlipModel,
    T_plus: float,
) -> NDArray[np.float64]:
    r"""Return the relaxation rates and the wall coefficient at given local Knudsen numbers.

    Parameters
    ----------
    kn : (n,) array
        Local Knudsen numbers, not negative.
    mean_free_path_lu : float
        Mean free path [voxel].
    model : SlipModel
    T_plus : float
        Three times the lattice viscosity of the bulk gas.

    Returns
    -------
    (n, 3) array
        :math:`\omega_+`, :math:`\omega_-` and :math:`1 - r`.

    Raises
    ------
    ValueError
        The model does not return a positive, finite number for each Knudsen number.

    Examples
    --------
    >>> slip_rates(np.array([0.1]), mean_free_path_lu=0.3, model=NO_SLIP, T_plus=0.5).round(4)
    array([[1.    , 1.1429, 0.    ]])
    """
    psi = relative_path(model, kn)
    effective = mean_free_path_lu * psi
    plus = T_plus * psi
    magic = MAGIC + 1.5 * model.c2 * effective**2 + model.c1 * effective / 4
    slip = model.c1 * effective / plus
    r = (1 - slip) / (1 + slip)
    return np.stack([1 / (plus + 0.5), 1 / (magic / plus + 0.5), 1 - r], axis=1)
