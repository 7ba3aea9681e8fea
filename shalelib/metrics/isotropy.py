"""Whether a volume is the same in all directions, as a comparison between planes assumes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from shalelib.arguments import given_array
from shalelib.arrays import Real
from shalelib.metrics.divergence import BINS, FLOOR, kl_from_counts


@dataclass(frozen=True, kw_only=True)
class IsotropyTest:
    """Divergence between planes across z and those across y and x, and its p-value.

    Attributes
    ----------
    divergence : float
        [nat]
    p_value : float
        Of the permutation test.
    arrangements : int
        Number of arrangements that it compares, 3^n for n cubes.
    """

    divergence: float
    p_value: float
    arrangements: int


def isotropy_test(values: Real, *, bins: int = BINS, floor: float = FLOOR) -> IsotropyTest:
    """Test whether planes across z differ from planes across y and x.

    If the rock is isotropic, it makes no difference which axis of a cube is called z. All 3^n ways
    to choose an axis in each of n cubes are therefore equally likely, and the p-value is the share
    of them in which the divergence is at least as large as with the true z (an exact permutation
    test).

    Parameters
    ----------
    values : (n, 3, planes) array
        A number for each plane, such as the area of a phase, by cube (at most 10), axis that the
        planes cut across (z, y, x) and plane.
    bins : int
        Number of equal bins over the range of all values.
    floor : float
        See `kl_from_counts`.

    Returns
    -------
    IsotropyTest

    Raises
    ------
    ValueError
        The array has another shape, a value is not finite, or there are more than 10 cubes.

    Examples
    --------
    >>> values = np.zeros((4, 3, 8))
    >>> values[:, 0] = 1.0  # z is unlike y and x in each cube
    >>> isotropy_test(values).p_value == 1 / 3**4
    True
    """
    given_array("values", values, ndim=3)
    if not np.isfinite(values).all():
        msg = f"{(~np.isfinite(values)).sum()} of {values.size} values are not finite"
        raise ValueError(msg)
    if values.shape[1] != 3:
        msg = f"values must be (cubes, 3 axes, planes), got shape {values.shape}"
        raise ValueError(msg)
    if len(values) > 10:
        msg = f"{len(values)} cubes have too many arrangements; pass at most 10"
        raise ValueError(msg)
    edges = np.histogram_bin_edges(values, bins=bins)
    counts = np.array([[np.histogram(line, edges)[0] for line in cube] for cube in values])
    cubes = np.arange(len(values))
    chosen = np.array(list(product(range(3), repeat=len(values))))  # the first is z everywhere
    across = counts[cubes, chosen].sum(axis=1)
    rest = counts.sum(axis=(0, 1)) - across
    found = kl_from_counts(across, rest, floor=floor)
    share = float((found >= found[0] - 1e-12).mean())
    return IsotropyTest(divergence=float(found[0]), p_value=share, arrangements=len(found))
