"""Kullback-Leibler divergence: closed forms, SciPy, floor, bins, bootstrap, joint histogram."""

from itertools import product

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import entropy, norm

from shalelib.metrics.divergence import (
    BINS,
    FLOOR,
    SAMPLES,
    Divergence,
    common_edges,
    joint_histogram,
    kl_from_counts,
    kl_of_samples,
    kl_of_tables,
)


def one_group(values):
    return np.zeros(len(values), np.int64)


# Analytic


def test_two_gaussians_have_the_closed_form():
    """ln(s2/s1) + (s1² + (m1 - m2)²) / (2 s2²) - 1/2, bins a hundredth of a standard deviation."""
    edges = np.linspace(-12, 12, 2401)
    (m1, s1), (m2, s2) = (0.3, 1.0), (-0.5, 1.4)
    p, q = (np.diff(norm.cdf(edges, m, s)) for m, s in ((m1, s1), (m2, s2)))
    closed = np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
    assert kl_from_counts(p, q, floor=1e-300) == pytest.approx(closed, rel=1e-4)


def test_samples_of_two_gaussians_come_near_the_closed_form():
    """n draws in b bins are biased by about b / 2n (1 + chi²) and spread by the root of 2 D / n."""
    rng = np.random.default_rng(0)
    n = 200_000
    real, made = rng.normal(0, 1, n), rng.normal(0.5, 1, n)
    found = kl_of_samples(real, made, one_group(real), one_group(made), resamples=0)
    assert found.value == pytest.approx(0.5**2 / 2, abs=6 * np.sqrt(2 * 0.125 / n))


def test_distributions_that_share_no_bin_are_the_floor_apart():
    """ln 1e10 = 23.03, where the paper's many values lie; the floor alone decides."""
    p, q = np.array([3, 1, 0, 0]), np.array([0, 0, 5, 5])
    entropy_p = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert kl_from_counts(p, q) == pytest.approx(np.log(1e10) - entropy_p, abs=1e-6)
    assert kl_from_counts([1, 0], [0, 1]) == pytest.approx(np.log(1e10), abs=1e-6)
    assert kl_from_counts([1, 0], [0, 1], floor=1e-4) == pytest.approx(np.log(1e4), abs=2e-4)
    assert FLOOR == 1e-10


def test_one_empty_bin_costs_its_share_of_the_floor():
    p, q = np.array([9, 1]), np.array([1, 0])
    expected = 0.9 * np.log(0.9 / 1) + 0.1 * np.log(0.1 / 1e-10)
    assert kl_from_counts(p, q) == pytest.approx(expected, abs=1e-8)


# Invariants


def test_it_is_zero_for_equal_shares_and_positive_otherwise():
    """Equal but for the floor, which takes its own share from the others: at most bins * floor."""
    rng = np.random.default_rng(1)
    p = rng.integers(0, 50, (20, 16))
    assert kl_from_counts(p, 7 * p).max() < 16.1 * FLOOR
    assert kl_from_counts(p + 1, 7 * (p + 1)).max() < 1e-12
    assert (kl_from_counts(p, rng.integers(0, 50, (20, 16))) > 0).all()


def test_it_is_not_symmetric_but_blind_to_the_order_of_the_bins():
    """An extra kind of image costs little, a missing one much."""
    p, q = np.array([4, 6, 0, 2]), np.array([1, 1, 1, 1])
    assert kl_from_counts(p, q) != pytest.approx(kl_from_counts(q, p))
    assert kl_from_counts(p, q) < 1 < 5 < kl_from_counts(q, p)
    order = [2, 0, 3, 1]
    assert kl_from_counts(p[order], q[order]) == pytest.approx(kl_from_counts(p, q))


def test_joining_bins_never_raises_it():
    """Data processing: what cannot be told apart in fine bins cannot in coarse ones."""
    rng = np.random.default_rng(2)
    p, q = rng.integers(1, 40, (2, 64))
    values = [
        kl_from_counts(p.reshape(-1, width).sum(axis=1), q.reshape(-1, width).sum(axis=1))
        for width in (1, 2, 4, 8, 64)
    ]
    assert np.all(np.diff(values) <= 1e-12)
    assert values[-1] == 0


def test_scale_and_shift_of_the_measure_do_not_matter():
    """Equal bins over the common range move along, so a perimeter's common factor drops out."""
    rng = np.random.default_rng(3)
    real, made = rng.normal(5, 2, 300), rng.normal(6, 3, 200)
    groups = one_group(real), one_group(made)
    one = kl_of_samples(real, made, *groups, resamples=0).value
    # a power of two keeps every value in its bin, exactly
    assert kl_of_samples(4 * real, 4 * made, *groups, resamples=0).value == one


# SciPy


def test_scipy_agrees():
    rng = np.random.default_rng(4)
    p, q = rng.integers(1, 30, (2, 10, 25))
    np.testing.assert_allclose(kl_from_counts(p, q), entropy(p, q, axis=1), rtol=1e-12)
    p[:, :5] = 0
    shares = [a / a.sum(axis=1, keepdims=True) for a in (p, q)]
    np.testing.assert_allclose(kl_from_counts(p, q), rel_entr(*shares).sum(axis=1), rtol=1e-12)


def test_scipy_agrees_where_the_floor_enters():
    p, q = np.array([5, 3, 2, 0]), np.array([0, 6, 3, 1])
    assert kl_from_counts(p, q) == pytest.approx(entropy(p, np.maximum(q / 10, 1e-10)), rel=1e-12)


# Bins


def test_the_bins_cover_both_samples():
    edges = common_edges([3.0, 4.0], [1.0, 2.0])
    assert len(edges) == BINS + 1
    assert (edges[0], edges[-1]) == (1, 4)
    assert np.diff(edges) == pytest.approx(3 / BINS)
    both = np.arange(1000.0)
    assert common_edges(both[:400], both[400:], bins="fd") == pytest.approx(
        np.histogram_bin_edges(both, "fd")
    )


def test_equal_samples_without_any_spread_have_no_divergence():
    real = np.full(8, 3.0)
    found = kl_of_samples(real, real, one_group(real), one_group(real), resamples=0)
    assert found.value < (BINS + 0.1) * FLOOR


def test_samples_are_binned_by_the_common_edges():
    rng = np.random.default_rng(5)
    real, made = rng.normal(0, 1, 80), rng.normal(1, 1, 120)
    groups = rng.permutation(np.arange(80) % 4), rng.permutation(np.arange(120) % 4)
    edges = np.linspace(min(real.min(), made.min()), max(real.max(), made.max()), 11)
    p, q = (np.histogram(x, edges)[0] for x in (real, made))
    found = kl_of_samples(real, made, *groups, bins=10, resamples=0)
    assert found.value == pytest.approx(float(kl_from_counts(p, q)))


# Bootstrap


def test_every_resample_is_the_divergence_of_the_groups_that_were_drawn():
    """Two groups a side, drawn on their own: nine different draws of known chances."""
    real, made = np.array([[8, 2], [3, 7]]), np.array([[5, 5], [1, 9]])
    found = kl_of_tables(real, made, seed=1)
    assert len(found.samples) == SAMPLES
    draws = [((2, 0), 0.25), ((1, 1), 0.5), ((0, 2), 0.25)]
    chances = {}
    for (one, p), (other, q) in product(draws, draws):
        value = round(float(kl_from_counts(np.array(one) @ real, np.array(other) @ made)), 9)
        chances[value] = chances.get(value, 0) + p * q
    shares = {value: np.isclose(found.samples, value, atol=1e-8).mean() for value in chances}
    assert sum(shares.values()) == pytest.approx(1)
    # four standard errors of a share of SAMPLES draws
    for value, chance in chances.items():
        error = np.sqrt(chance * (1 - chance) / SAMPLES)
        assert shares[value] == pytest.approx(chance, abs=4 * error)
    assert found.value == pytest.approx(float(kl_from_counts(real.sum(0), made.sum(0))))


def test_the_same_seed_draws_the_same_groups_in_every_row():
    """Rows can then be compared resample by resample: the row itself differs by nothing."""
    rng = np.random.default_rng(6)
    real, made = rng.integers(1, 30, (2, 8, 12))
    one, two = (kl_of_tables(real, made, seed=3, resamples=50) for _ in range(2))
    np.testing.assert_array_equal(one.samples, two.samples)
    assert (kl_of_tables(real, made, seed=4, resamples=50).samples != one.samples).any()


def test_the_interval_is_of_the_resamples_and_empty_without_groups():
    samples = np.arange(1001.0)
    assert Divergence(value=0, samples=samples).interval == (25, 975)
    single = kl_of_tables(np.array([[1, 2]]), np.array([[2, 1]]))
    assert np.isnan(single.interval).all()


# Joint histogram


def test_the_joint_histogram_is_numpys():
    rng = np.random.default_rng(7)
    txm, sem = rng.integers(0, 256, (2, 3, 20, 30), dtype=np.uint8)
    edges = np.arange(0, 257, 4)
    expected = np.histogram2d(txm.ravel(), sem.ravel(), (edges, edges))[0]
    np.testing.assert_array_equal(joint_histogram(txm, sem).reshape(64, 64), expected)


@pytest.mark.parametrize("bins", [2, 16, 256])
def test_its_margins_are_the_histograms_of_both(bins):
    rng = np.random.default_rng(8)
    txm, sem = rng.integers(0, 256, (2, 5, 9), dtype=np.uint8)
    table = joint_histogram(txm, sem, bins=bins).reshape(bins, bins)
    for axis, image in ((1, txm), (0, sem)):
        one = np.histogram(image, bins, range=(0, 256))[0]
        np.testing.assert_array_equal(table.sum(axis=axis), one)


def test_the_joint_histogram_sees_what_belongs_together():
    """Shuffling one of the images keeps both histograms, not the joint one."""
    rng = np.random.default_rng(9)
    sem = rng.integers(0, 256, (4, 32, 32), dtype=np.uint8)
    shuffled = rng.permutation(sem.ravel()).reshape(sem.shape)
    right, wrong = joint_histogram(sem, sem, bins=8), joint_histogram(sem, shuffled, bins=8)
    assert kl_from_counts(right, wrong) == pytest.approx(np.log(8), rel=0.02)


# Bad input


@pytest.mark.parametrize("floor", [0, -1e-10, float("nan")])
def test_a_floor_that_is_not_positive_is_refused(floor):
    with pytest.raises(ValueError, match="floor must be positive"):
        kl_from_counts([1, 1], [1, 1], floor=floor)


@pytest.mark.parametrize(
    ("real", "made", "message"),
    [
        ([1, 2], [1, 2, 3], "the same bins, got 2 and 3"),
        ([0, 0], [1, 2], "real histogram is empty"),
        ([1, 2], [0, 0], "synthesised histogram is empty"),
        ([1, -1], [1, 2], "negative"),
        ([1, float("nan")], [1, 2], "real histogram is empty or has"),
        ([1, 2], [float("inf"), 1], "synthesised histogram is empty or has"),
    ],
)
def test_histograms_that_are_none_are_refused(real, made, message):
    with pytest.raises(ValueError, match=message):
        kl_from_counts(real, made)


def test_tables_may_have_other_groups_but_none_empty():
    assert len(kl_of_tables(np.ones((3, 4)), np.ones((2, 4)), resamples=7).samples) == 7
    with pytest.raises(ValueError, match="same bins"):
        kl_of_tables(np.ones((3, 4)), np.ones((3, 5)))
    made = np.ones((3, 4))
    made[1] = 0
    with pytest.raises(ValueError, match=r"synthesised groups \[1\] hold no image"):
        kl_of_tables(np.ones((3, 4)), made)


def test_images_of_the_joint_histogram_must_fit():
    grey = np.zeros((2, 3), np.uint8)
    with pytest.raises(ValueError, match="same shape"):
        joint_histogram(grey, grey.T)
    with pytest.raises(TypeError, match="uint8"):
        joint_histogram(grey, grey.astype(float))
    with pytest.raises(ValueError, match="power of two"):
        joint_histogram(grey, grey, bins=10)
