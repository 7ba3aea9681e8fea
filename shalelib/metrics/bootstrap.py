"""Confidence intervals that resample slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and its two-sided confidence limits."""

    mean: float
    low: float
    high: float


def bootstrap_mean(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a mean whose values come in dependent groups.

    Patches of one slice share grains, pores and often pixels, so whole slices are drawn with
    replacement, not patches (the cluster bootstrap).

    Parameters
    ----------
    values : (n,) array
    groups : (n,) array
        The slice of each value.
    resamples : int
        Number of bootstrap samples.
    level : float
        Two-sided confidence level, between 0 and 1.
    seed : int
        Of the resampling.

    Returns
    -------
    Interval
        ``low`` = ``high`` = ``mean`` when the values do not vary; NaN limits with a single group,
        which says nothing about the spread between slices.

    Raises
    ------
    ValueError
        Shapes differ, there are no values, a value is not finite, or the level is out of range.

    Examples
    --------
    >>> bootstrap_mean([1.0, 1.0, 1.0], [0, 0, 1])
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    x, slices = np.asarray(values, float), np.asarray(groups)
    if x.ndim != 1 or x.shape != slices.shape or x.size == 0:
        msg = f"values and groups must be equally long, got shapes {x.shape} and {slices.shape}"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        msg = f"{(~np.isfinite(x)).sum()} of {x.size} values are not finite; leave them out first"
        raise ValueError(msg)
    if not 0 < level < 1:
        msg = f"level must be between 0 and 1, got {level}"
        raise ValueError(msg)
    _, member = np.unique(slices, return_inverse=True)
    sums, counts = np.bincount(member, x), np.bincount(member)
    if len(counts) == 1:
        return Interval(mean=float(x.mean()), low=float("nan"), high=float("nan"))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(counts), size=(resamples, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(x.mean()), low=float(low), high=float(high))
