r"""Kullback-Leibler divergence between real and synthesised images, as in the paper's Table 2.

.. math:: D(p \| q) = \sum_i p_i \ln \frac{p_i}{\max(q_i, \varepsilon)}

p is the distribution over the real images, q over the synthesised ones, both as shares of the same
bins. The result is in nats. An empty bin of q gets the floor :math:`\varepsilon` instead, and q is
normalised again, so that it remains a distribution whatever the floor. The paper states neither
bins nor floor; many of its values lie near 23.03 = ln 1e10, which a floor of 1e-10 gives where all
real images fall into a bin without a synthesised one. Two of its values, 23.04 and 23.05, are above
that, so this cannot be all that was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shalelib.arguments import (
    check_choice,
    check_complete,
    check_number,
    check_seed,
    check_whole,
    given_array,
    given_grey,
    given_labels,
    given_numbers,
    given_values,
    is_whole,
)
from shalelib.arrays import Grey, check_same_shape
from shalelib.metrics.bootstrap import draw_groups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from shalelib.arrays import Real

BINS = 32  # of one functional
GREY_BINS = 64  # of each axis of the joint histogram: four grey levels wide
FLOOR = 1e-10
RULES = ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt")  # of NumPy, for bins
SAMPLES = 2000  # bootstrap resamples


@dataclass(frozen=True, kw_only=True, eq=False)
class Divergence:
    """A KL divergence and its bootstrap resamples.

    Attributes
    ----------
    value : float
        [nat]
    samples : (r,) float array
        The divergence in each resample [nat]; empty if either side has a single group.
    """

    value: float
    samples: Real

    @property
    def interval(self) -> tuple[float, float]:
        """Two-sided 95% percentile interval [nat]; NaN if nothing could be resampled."""
        if not len(self.samples):
            return float("nan"), float("nan")
        low, high = np.quantile(self.samples, [0.025, 0.975])
        return float(low), float(high)


def kl_from_counts(real: NDArray[Any], synthesised: NDArray[Any], *, floor: float = FLOOR) -> Real:
    r"""Compute the KL divergence of histograms along the last axis.

    .. math:: D(p \| q) = \sum_i p_i \ln \frac{p_i}{\max(q_i, \varepsilon)}

    with the shares p of the real and q of the synthesised histogram.

    Parameters
    ----------
    real, synthesised : (..., bins) arrays
        Counts or shares, not negative. They are normalised here.
    floor : float
        Smallest share of a bin of `synthesised`, in (0, 1); empty bins get it, and the shares are
        normalised again.

    Returns
    -------
    (...) float array
        Divergence [nat]. Zero for equal histograms, except for what the floors of empty bins take
        from the others.

    Raises
    ------
    ValueError
        The numbers of bins differ, a histogram is empty or has negative or infinite counts, or the
        floor is out of range.

    Examples
    --------
    >>> round(float(kl_from_counts(np.array([1, 0]), np.array([0, 7]))), 2)  # ln 1e10
    23.03
    """
    floor = check_number("floor", floor, above=0, below=1)
    for name, counts in (("real", real), ("synthesised", synthesised)):
        check_complete(name, counts)
    p, q = given_values("real", real), given_values("synthesised", synthesised)
    if not p.ndim or not q.ndim:
        msg = "a histogram has an axis of bins; pass arrays, not a number"
        raise ValueError(msg)
    if p.shape[-1] != q.shape[-1]:
        msg = f"both histograms need the same bins, got {p.shape[-1]} and {q.shape[-1]}"
        raise ValueError(msg)
    for name, a in (("real", p), ("synthesised", q)):
        if (a < 0).any() or not np.isfinite(a).all() or not (a.sum(axis=-1) > 0).all():
            msg = f"the {name} histogram is empty or has negative or infinite counts"
            raise ValueError(msg)
    p = p / p.sum(axis=-1, keepdims=True)
    q = np.maximum(q / q.sum(axis=-1, keepdims=True), floor)
    q = q / q.sum(axis=-1, keepdims=True)
    ratio = np.where(p > 0, p, 1.0) / q
    return np.maximum(np.sum(p * np.log(np.where(p > 0, ratio, 1.0)), axis=-1), 0.0)


def common_edges(real: ArrayLike, synthesised: ArrayLike, *, bins: int | str = BINS) -> Real:
    """Return the edges of equal bins over the range of both samples together.

    Parameters
    ----------
    real, synthesised : (n,) and (m,) arrays
    bins : int or str
        Number of bins, or a rule of `numpy.histogram_bin_edges` such as ``fd``.

    Returns
    -------
    (bins + 1,) float array
        In the unit of the samples.

    Raises
    ------
    ValueError
        A sample is empty or holds a value that is not finite, or there is no such rule.
    """
    if isinstance(bins, str):
        check_choice("bins", bins, RULES)
    else:
        check_whole("bins", bins, least=1)
    both = np.concatenate([given_numbers("real", real), given_numbers("synthesised", synthesised)])
    return np.histogram_bin_edges(both, bins=bins)


def kl_of_samples(
    real: Real,
    synthesised: Real,
    groups_real: NDArray[np.int64],
    groups_synthesised: NDArray[np.int64],
    *,
    bins: int | str = BINS,
    floor: float = FLOOR,
    resamples: int = SAMPLES,
    seed: int = 0,
) -> Divergence:
    """Compute the KL divergence of a number per image, with a bootstrap over groups of images.

    Parameters
    ----------
    real, synthesised : (n,) and (m,) arrays
        A number for each image, such as the area of the low-density phase.
    groups_real, groups_synthesised : (n,) and (m,) int arrays
        The group that each image belongs to: its slice, or its block of planes in a volume. Each
        side numbers its groups from 0 without gaps.
    bins, floor
        See `common_edges` and `kl_from_counts`. The bins cover both samples and stay the same in
        all resamples.
    resamples, seed
        See `kl_of_tables`.

    Returns
    -------
    Divergence

    Raises
    ------
    ValueError
        A sample is empty or not finite, or its groups are not numbered in this way.
    """
    real = given_numbers("real", real)
    synthesised = given_numbers("synthesised", synthesised)
    edges = common_edges(real, synthesised, bins=bins)
    for name, sample, groups in (
        ("groups_real", real, groups_real),
        ("groups_synthesised", synthesised, groups_synthesised),
    ):
        given_labels(name, groups, ndim=1)
        if len(groups) != len(sample) or groups.min() < 0:
            msg = (
                f"{name} must number the group of each of the {len(sample)} images from 0 on, got "
                f"{len(groups)} numbers from {groups.min()} on"
            )
            raise ValueError(msg)
    tables = [
        np.stack([np.histogram(x[groups == g], edges)[0] for g in range(int(groups.max()) + 1)])
        for x, groups in ((real, groups_real), (synthesised, groups_synthesised))
    ]
    return kl_of_tables(*tables, floor=floor, resamples=resamples, seed=seed)


def kl_of_tables(
    real: NDArray[Any],
    synthesised: NDArray[Any],
    *,
    floor: float = FLOOR,
    resamples: int = SAMPLES,
    seed: int = 0,
) -> Divergence:
    """Compute the KL divergence of two histograms that are given group by group.

    Parameters
    ----------
    real, synthesised : (groups, bins) arrays
        Counts in each group. The two may differ in their number of groups, which are not paired.
    floor : float
        See `kl_from_counts`.
    resamples, seed : int
        Number of bootstrap resamples, and the seed of their draw. On each side groups are drawn
        with replacement. The draws depend on the seed and the number of groups alone, so that rows
        of a table with equally many groups can be compared resample by resample.

    Returns
    -------
    Divergence

    Raises
    ------
    ValueError
        A group is empty, or the numbers of bins differ.
    """
    for name, table in (("real", real), ("synthesised", synthesised)):
        given_array(name, table, ndim=2)
        if len(empty := np.flatnonzero(table.sum(axis=1) == 0)):
            msg = f"{name} groups {empty.tolist()} hold no image; number the groups from 0 on"
            raise ValueError(msg)
    check_seed(seed)
    value = kl_from_counts(real.sum(axis=0), synthesised.sum(axis=0), floor=floor)
    times_real = draw_groups(len(real), resamples=resamples, seed=seed)
    times_made = draw_groups(len(synthesised), resamples=resamples, seed=seed + 1)
    tables = real.astype(float), synthesised.astype(float)  # whose products are fast, and as exact
    samples = [  # in parts: the joint histogram has thousands of bins
        kl_from_counts(a @ tables[0], b @ tables[1], floor=floor)
        for a, b in zip(_parts(times_real, times_made), _parts(times_made, times_real), strict=True)
    ]
    return Divergence(value=float(value), samples=np.concatenate(samples))


def _parts(times: NDArray[np.int64], others: NDArray[np.int64]) -> list[Real]:
    """Cut the draws of one side into parts of about 250; none if either side has a single group."""
    count = min(len(times), len(others))
    return np.array_split(times[:count].astype(float), max(1, count // 250))


def joint_histogram(txm: Grey, sem: Grey, *, bins: int = GREY_BINS) -> NDArray[np.int64]:
    """Count the joint histogram p(T, S) of TXM and FIB-SEM grey levels.

    Parameters
    ----------
    txm, sem : uint8 arrays of one shape
    bins : int
        Number of bins for each modality, a power of two from 2 to 256. They are equal intervals of
        the grey levels 0 to 255.

    Returns
    -------
    (bins * bins,) int array
        Number of pixels in each pair of bins. The bin of the FIB-SEM changes fastest.

    Raises
    ------
    ValueError
        The shapes differ, or `bins` is not such a number.

    Examples
    --------
    >>> grey = np.array([[0, 255]], np.uint8)
    >>> joint_histogram(grey, grey, bins=2).tolist()
    [1, 0, 0, 1]
    """
    given_grey("txm", txm)
    given_grey("sem", sem)
    check_same_shape("txm and sem", txm, sem, mend="translate the same volume")
    if not is_whole(bins) or bins not in (2, 4, 8, 16, 32, 64, 128, 256):
        msg = f"bins must be a power of two from 2 to 256, got {bins}"
        raise ValueError(msg)
    bins = int(bins)
    width = 256 // bins
    code = (txm // width).astype(np.int64) * bins + sem // width
    return np.bincount(code.ravel(), minlength=bins * bins)
