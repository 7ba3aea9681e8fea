import math

import naive
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import f1_score

from shalelib.metrics.bootstrap import bootstrap_mean
from shalelib.metrics.paired import dice, psnr, ssim
from shalelib.metrics.steerable import steerable_pyramid
from shalelib.metrics.stsim import band_terms, stsim_1, stsim_global, stsim_windowed
from shalelib.metrics.table1 import METRICS, score_patches


@pytest.fixture
def pair():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 256, (58, 51), dtype=np.uint8)
    second = np.clip(first * 0.6 + rng.normal(30, 20, first.shape), 0, 255).astype(np.uint8)
    return first, second


def test_psnr_and_ssim_equal_the_reference_library(pair):
    first, second = pair
    assert psnr(*pair) == pytest.approx(peak_signal_noise_ratio(second, first), abs=1e-9)
    assert ssim(*pair) == pytest.approx(structural_similarity(first, second), abs=1e-9)


@pytest.mark.parametrize(
    "metric", [m for m in METRICS if m.compares in ("grey", "rock")], ids=lambda m: m.name
)
def test_metrics_are_symmetric_and_best_for_equal_images(metric, pair):
    """Whichever of more and less is better, no image is better than the true one itself."""
    first, second = (image[:51, :51] for image in pair)
    assert metric.function(first, second) == pytest.approx(metric.function(second, first))
    other, same = metric.function(first, second), metric.function(first, first)
    assert other > same if metric.less_is_better else other < same


def test_stsim_equals_its_naive_twin(pair):
    assert stsim_global(*pair) == pytest.approx(naive.stsim(*pair), rel=1e-12)


def test_windowed_stsim_is_the_mean_over_all_windows(pair):
    first, second = (image[:12, :11] for image in pair)
    windows = [
        naive.stsim(first[i : i + 7, j : j + 7], second[i : i + 7, j : j + 7])
        for i in range(6)
        for j in range(5)
    ]
    assert stsim_windowed(first, second) == pytest.approx(np.mean(windows), rel=1e-12)


def test_stsim_of_stripes_across_and_along():
    """Stripes along x against stripes along y: only the correlation terms differ.

    Period-two stripes have rho = +-(n - 1)/n along the lag that crosses or follows them, so each
    of the two terms r is 1 - (n - 1)/n = 1/n, and STSIM is (1/n²)^(1/4) = n^(-1/2).
    """
    n = 16
    stripes = np.where(np.arange(n) % 2, 200, 50).astype(np.uint8) * np.ones((n, 1), np.uint8)
    assert stsim_global(stripes, stripes.T.copy()) == pytest.approx(n**-0.5, rel=1e-12)


def test_stsim_of_constant_images_is_the_luminance_term():
    first, second = np.full((9, 9), 40, np.uint8), np.full((9, 9), 90, np.uint8)
    c1 = (0.01 * 255) ** 2
    expected = ((2 * 40 * 90 + c1) / (40**2 + 90**2 + c1)) ** 0.25
    assert stsim_global(first, second) == pytest.approx(expected, rel=1e-12)
    assert stsim_windowed(first, second) == pytest.approx(expected, rel=1e-12)


@pytest.fixture
def bands(pair):
    """The second oriented band of the second scale of both images."""
    return [steerable_pyramid(image).bands[1][1] for image in pair]


def test_terms_of_a_band_equal_their_naive_twin(bands):
    terms = band_terms(*bands, constant=0.3)
    assert terms.shape == (4, 23, 20)
    for i, j in [(0, 0), (4, 9), (22, 19)]:
        expected = naive.band_term_at(*bands, i, j, 0.3)
        # 1e-6 added to variances of about 1000 grey levels² keeps flat windows defined
        assert terms[:, i, j] == pytest.approx(expected, rel=1e-8)


def test_terms_of_a_band_lie_in_the_unit_interval(bands):
    terms = band_terms(*bands)
    assert terms.min() >= 0
    assert terms.max() <= 1 + 1e-12


def test_stsim_1_is_the_mean_over_fourteen_bands(pair):
    stacks = [steerable_pyramid(image).stacks() for image in pair]
    scores = [
        (band_terms(x, y).prod(axis=0) ** 0.25).mean()
        for first, second in zip(*stacks, strict=True)
        for x, y in zip(first, second, strict=True)
    ]
    assert len(scores) == 14
    assert stsim_1(*pair) == pytest.approx(np.mean(scores), rel=1e-12)


def test_terms_do_not_depend_on_a_phase_common_to_a_band(bands):
    """All terms are moduli or products with a conjugate, so only the bands' shape matters."""
    first, second = bands
    turned = band_terms(first * np.exp(0.7j), second)
    # rho itself is rounded at 1e-16 of |x|² over the variance, at worst about 1e-9 of a term
    assert turned == pytest.approx(band_terms(first, second), abs=1e-9)


def test_stsim_1_of_constant_images_is_the_luminance_of_the_low_band():
    """The other 13 bands are zero in both images, and all their terms 1.

    Rounding leaves values of 1e-13 in them, whose squares are nothing beside the constants.
    """
    first, second = np.full((64, 64), 40, np.uint8), np.full((64, 64), 90, np.uint8)
    luminance = (2 * 40 * 90 + 1e-3) / (40**2 + 90**2 + 1e-3)
    assert stsim_1(first, second) == pytest.approx((13 + luminance**0.25) / 14, abs=1e-9)


def test_stsim_1_forgives_another_place_in_a_texture_but_not_another_texture():
    """What the metric is for: half a period away SSIM is negative."""
    rng = np.random.default_rng(4)
    stripes = 127 + 60 * np.sin(2 * np.pi * np.arange(128) / 8) + rng.normal(0, 8, (128, 128))
    texture = stripes.clip(0, 255).astype(np.uint8)
    shifted, turned = np.roll(texture, 4, axis=1), texture.T.copy()
    assert ssim(texture, shifted) < 0
    assert stsim_1(texture, shifted) > stsim_1(texture, turned) + 0.1


def test_stsim_1_does_not_know_rows_from_columns(pair):
    """Transposing swaps bands 0 and 2, and the two lags."""
    first, second = (image[:48, :48] for image in pair)
    first, second = (np.pad(image, 8, mode="reflect") for image in (first, second))
    score = stsim_1(first, second)
    assert stsim_1(first.T.copy(), second.T.copy()) == pytest.approx(score, abs=1e-9)


def _labels():
    rng = np.random.default_rng(6)
    true = rng.integers(0, 5, (3, 20, 30)).astype(np.uint8)
    return np.where(rng.random(true.shape) < 0.3, np.uint8(2), true), true


@pytest.mark.parametrize("phase", range(5))
def test_dice_equals_the_reference_library(phase):
    predicted, true = _labels()
    reference = f1_score(true.ravel() == phase, predicted.ravel() == phase)
    assert dice(predicted, true, phase) == pytest.approx(reference, abs=1e-12)
    assert dice(true, predicted, phase) == dice(predicted, true, phase)
    assert dice(true, true, phase) == 1.0


def test_dice_of_a_phase_in_one_or_in_neither():
    predicted, true = _labels()
    assert dice(np.where(predicted == 3, 2, predicted), true, 3) == 0.0
    assert math.isnan(dice(predicted, true, 9))


@pytest.mark.parametrize(
    ("predicted", "true", "phase", "error", "words"),
    [
        (np.zeros((4, 4)), np.zeros((4, 4)), 1, TypeError, "predicted must be .* float64"),
        ([[1]], np.zeros((1, 1), int), 1, TypeError, "got list"),
        (np.zeros((4, 4), int), np.zeros((4, 5), int), 1, ValueError, "same shape"),
        (np.zeros((0, 4), int), np.zeros((0, 4), int), 1, ValueError, "empty"),
        (np.zeros((4, 4), int), np.zeros((4, 4), int), 1.5, TypeError, "one integer label"),
        (np.zeros((4, 4), int), np.zeros((4, 4), int), True, TypeError, "one integer label"),
    ],
)
def test_labels_that_cannot_be_compared_are_refused(predicted, true, phase, error, words):
    with pytest.raises(error, match=words):
        dice(predicted, true, phase)


def test_images_that_cannot_be_compared_are_refused(pair):
    first, second = pair
    with pytest.raises(ValueError, match="same shape"):
        psnr(first, second[:-1])
    with pytest.raises(TypeError, match="uint8"):
        ssim(first / 255, second / 255)
    for metric in (ssim, stsim_windowed):
        with pytest.raises(ValueError, match="7 x 7"):
            metric(first[:6], second[:6])
    with pytest.raises(ValueError, match="at least 49 x 49"):
        stsim_1(first[:, :48], second[:, :48])
    with pytest.raises(ValueError, match="same shape"):
        band_terms(first.astype(float), second[1:].astype(float))


def test_scores_are_those_of_each_image(pair):
    first, second = pair
    frame = score_patches(np.stack([first, second]), np.stack([second, second]))
    assert frame["psnr"].tolist() == [psnr(first, second), math.inf]
    assert frame["ssim"].tolist() == [ssim(first, second), 1.0]


def test_bootstrap_of_independent_values_has_the_textbook_width():
    """For n groups of one value each, the half-width tends to 1.96 s / sqrt(n).

    4,000 resamples fix a 2.5% quantile to about 4% of the half-width (one sigma).
    """
    x = np.random.default_rng(0).normal(size=400)
    got = bootstrap_mean(x, np.arange(400), resamples=4000)
    half = 1.96 * x.std() / 20
    assert got.high - got.mean == pytest.approx(half, rel=0.12)
    assert got.mean - got.low == pytest.approx(half, rel=0.12)


def test_repeating_values_within_a_slice_does_not_narrow_the_interval():
    x = np.random.default_rng(1).normal(size=30)
    once = bootstrap_mean(x, np.arange(30), seed=4)
    repeated = bootstrap_mean(np.repeat(x, 7), np.repeat(np.arange(30), 7), seed=4)
    assert repeated.low == pytest.approx(once.low, rel=1e-9)
    assert repeated.high == pytest.approx(once.high, rel=1e-9)


def test_one_slice_gives_no_interval():
    got = bootstrap_mean([1.0, 2.0], [8, 8])
    assert got.mean == 1.5
    assert math.isnan(got.low)
    assert math.isnan(got.high)


@pytest.mark.parametrize(
    ("values", "groups", "words"),
    [
        ([], [], "equally long"),
        ([1.0], [0, 1], "equally long"),
        ([1.0, math.inf], [0, 1], "1 of 2 values are not finite"),
    ],
)
def test_bad_values_are_refused(values, groups, words):
    with pytest.raises(ValueError, match=words):
        bootstrap_mean(values, groups)
