r"""Wasserstein distance of two samples of numbers, in units of the real one's spread.

.. math:: W_1(p, q) = \int |P(x) - Q(x)| \, dx

with the cumulative distributions P and Q. It has no bins and no floor, and it grows with the
distance where the Kullback-Leibler divergence of :mod:`shalelib.metrics.divergence` only says that
two samples are apart.
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
    """Wasserstein distance in units of the standard deviation of the real numbers.

    Parameters
    ----------
    real, synthesised : (n,) and (m,) arrays
        Such as the area of the low-density phase in every image.
    unit : float, optional
        By default the standard deviation of `real`.

    Returns
    -------
    float
        0 for equal samples. If the real numbers do not vary, there is no unit: 0 if all others
        equal them, else infinite.

    Raises
    ------
    ValueError
        A sample is empty or holds what is not finite.

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
