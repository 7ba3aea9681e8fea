"""Confidence intervals: a bootstrap over groups, and Student's for a handful of replicates."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from shalelib.arguments import check_complete, check_seed, check_whole, given_numbers, given_values


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and its two-sided confidence limits.

    Attributes
    ----------
    mean, low, high : float
        In the unit of the values. The limits are NaN if the values do not say how much they spread.
    """

    mean: float
    low: float
    high: float


def draw_groups(groups: int, *, resamples: int, seed: int = 0) -> NDArray[np.int64]:
    """Draw groups with replacement for a bootstrap.

    Parameters
    ----------
    groups : int
        Number of groups, at least 1; each resample draws as many.
    resamples : int
        Number of resamples.
    seed : int
        Of the draw.

    Returns
    -------
    (resamples, groups) int array
        How often each group is drawn in each resample. With a single group there are no resamples
        and the shape is (0, 1), as one group says nothing about the spread between groups.

    Examples
    --------
    >>> draw_groups(3, resamples=2).sum(axis=1).tolist(), draw_groups(1, resamples=2).shape
    ([3, 3], (0, 1))
    """
    check_whole("groups", groups, least=1)
    check_whole("resamples", resamples, least=0)
    check_seed(seed)
    drawn = np.random.default_rng(seed).integers(groups, size=(resamples, groups))
    times = np.zeros((resamples if groups > 1 else 0, groups), np.int64)
    np.add.at(times, (np.arange(len(times))[:, None], drawn[: len(times)]), 1)
    return times


def bootstrap_mean(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of a mean whose values come in dependent groups.

    Patches of one slice share grains, pores and often pixels, so whole slices are drawn with
    replacement, not patches (the cluster bootstrap).

    Parameters
    ----------
    values : (n,) array
    groups : (n,) array
        The group of each value, such as its slice.
    resamples : int
        Number of bootstrap resamples.
    level : float
        Two-sided confidence level, between 0 and 1.
    seed : int
        Of the resampling.

    Returns
    -------
    Interval
        ``low`` = ``high`` = ``mean`` if the values do not vary; NaN limits with a single group,
        which says nothing about the spread between groups.

    Raises
    ------
    ValueError
        Shapes differ, there are no values, a value is not finite, or the level is out of range.

    Examples
    --------
    >>> bootstrap_mean([1.0, 1.0, 1.0], [0, 0, 1])
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    check_complete("values", values)
    check_complete("groups", groups)
    check_whole("resamples", resamples, least=1)
    check_seed(seed)
    x, slices = given_values("values", values), np.asarray(groups)
    if x.ndim != 1 or x.shape != slices.shape or x.size == 0:
        msg = f"values and groups must be equally long, got shapes {x.shape} and {slices.shape}"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        msg = f"{(~np.isfinite(x)).sum()} of {x.size} values are not finite; leave them out first"
        raise ValueError(msg)
    if not isinstance(level, Real) or not 0 < level < 1:
        msg = f"level must be between 0 and 1, got {level}"
        raise ValueError(msg)
    level = float(level)
    _, member = np.unique(slices, return_inverse=True)
    sums, counts = np.bincount(member, x), np.bincount(member)
    if len(counts) == 1:
        return Interval(mean=float(x.mean()), low=float("nan"), high=float("nan"))
    times = draw_groups(len(counts), resamples=resamples, seed=seed)
    means = times @ sums / (times @ counts)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(x.mean()), low=float(low), high=float(high))


def student_mean(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return Student's interval of a mean of a few independent values, such as one per training.

    Parameters
    ----------
    values : (n,) array
    level : float
        Two-sided confidence level, between 0 and 1.

    Returns
    -------
    Interval
        NaN limits for a single value, which says nothing about the spread.

    Raises
    ------
    ValueError
        There are no values, a value is not finite, or the level is out of range.

    Examples
    --------
    >>> found = student_mean([1.0, 2.0, 3.0])
    >>> round(found.high - found.mean, 3)  # t(0.975; 2) / sqrt(3)
    2.484
    """
    x = given_numbers("values", values)
    if not isinstance(level, Real) or not 0 < level < 1:
        msg = f"level must be between 0 and 1, got {level}"
        raise ValueError(msg)
    level = float(level)
    half = float("nan")
    if x.size > 1:
        quantile = stats.t.ppf((1 + level) / 2, x.size - 1)
        half = float(quantile * x.std(ddof=1) / np.sqrt(x.size))
    mean = float(x.mean())
    return Interval(mean=mean, low=mean - half, high=mean + half)
