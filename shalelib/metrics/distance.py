r"""Wasserstein distance of two samples of numbers, in units of the spread of the real one.

.. math:: W_1(p, q) = \int |P(x) - Q(x)| \, dx

with the cumulative distributions P and Q. It needs no bins and no floor, and it grows with the
distance between two samples, where the Kullback-Leibler divergence of
:mod:`shalelib.metrics.divergence` only says that they are apart.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import wasserstein_distance

from shalelib.arguments import given_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def wasserstein(real: ArrayLike, synthesised: ArrayLike, *, unit: float | None = None) -> float:
    r"""Compute the Wasserstein distance of two samples in units of the spread of the real one.

    .. math:: W_1(p, q) = \int |P(x) - Q(x)| \, dx

    with the cumulative distributions P and Q.

    Parameters
    ----------
    real, synthesised : (n,) and (m,) arrays
        A number for each image, such as the area of the low-density phase.
    unit : float, optional
        What the distance is divided by, in the unit of the samples; by default the standard
        deviation of `real`.

    Returns
    -------
    float
        0 for equal samples. If the real numbers do not vary and no `unit` is given, 0 if all
        synthesised numbers equal them, and infinite otherwise.

    Raises
    ------
    ValueError
        A sample is empty or holds a value that is not finite, or `unit` is not positive and finite.

    Examples
    --------
    >>> wasserstein([0.0, 2.0], [3.0, 5.0])
    3.0
    >>> wasserstein([1.0, 1.0], [1.0]), wasserstein([1.0, 1.0], [2.0])
    (0.0, inf)
    """
    one, other = given_numbers("real", real), given_numbers("synthesised", synthesised)
    if unit is not None and not (isinstance(unit, Real) and 0 < unit < np.inf):
        msg = f"unit must be a positive number, got {unit}"
        raise ValueError(msg)
    distance = float(wasserstein_distance(one, other))
    varies = bool(np.ptp(one))  # of equal numbers the deviation may be a rounding error, not 0
    spread = float(one.std()) * varies if unit is None else unit
    if not spread:
        return float("inf") if distance else 0.0
    return distance / spread
