"""Laws of single measures: exact cases, known constants, and predictors that know nothing."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from shalelib.metrics.against_truth import MEASURES, two_point_curves
from shalelib.metrics.baselines import affine_prediction, constant_prediction, nearest_slice
from shalelib.metrics.bootstrap import bootstrap_mean, student_mean
from shalelib.metrics.distance import wasserstein
from shalelib.metrics.functionals import edge_perimeter
from shalelib.metrics.ladder import RUNGS, fake_model
from shalelib.metrics.location import two_point_error
from shalelib.metrics.steerable import steerable_pyramid
from shalelib.metrics.stsim import band_terms
from shalelib.metrics.table1 import METRICS, score_patches, separation
from shalelib.metrics.texture import (
    PERCENTILES,
    frequency_bands,
    grey_histogram,
    power_spectrum,
    spectral_distance,
    two_point_correlation,
)


def test_the_error_of_two_curves_is_the_root_of_the_mean_square():
    """Of 3 and 4 it is √12.5, not their mean 3.5; along each axis alone."""
    true = np.array([[3.0, 4.0], [1.0, -7.0], [0.0, 0.0]])
    assert two_point_error(np.zeros((3, 2)), true) == pytest.approx([12.5**0.5, 5.0, 0.0])


def test_the_constant_of_a_band_is_a_thousandth():
    """Where one mean is 0 and the square of the other as large as the constant, l is a half."""
    none, mean = np.zeros((7, 7)), np.full((7, 7), 0.001**0.5)
    luminance, contrast, *_ = band_terms(none, mean)[:, 0, 0]
    assert luminance == pytest.approx(0.5)
    assert contrast == pytest.approx(1.0)
    turned = np.where(np.indices((7, 7)).sum(axis=0) % 2, 0.001**0.5, -(0.001**0.5))
    variance = turned.var()
    assert band_terms(none, turned)[1, 0, 0] == pytest.approx(0.001 / (variance + 0.001))


def test_a_band_is_the_filter_of_its_formula_in_quadrature():
    """A wave down its direction: the real part is (-i)³ of it, the imaginary part behind.

    Four orientations give the angular factor 2 · 2³ 3! / √(4 · 6!) = 1.789 at the middle, half of
    it each for the two halves of a cosine; at a radius of 1/2 the first ring is 1.
    """
    x = np.arange(64)
    band = steerable_pyramid(np.cos(np.pi / 2 * x) * np.ones((64, 1))).bands[0][0]
    size = 8 * 6 / (4 * 720) ** 0.5
    np.testing.assert_allclose(band[5], size * 1j * np.exp(0.5j * np.pi * x), atol=1e-9 * size)


def test_bands_run_from_two_waves_an_image_to_the_shortest_in_equal_steps():
    edges = frequency_bands(128, bands=6)
    assert (edges[0], edges[-1]) == pytest.approx((2 / 128, 0.5))
    assert edges[1:] / edges[:-1] == pytest.approx([32 ** (1 / 6)] * 6)
    assert PERCENTILES == (1, 5, 25, 50, 75, 95, 99)


def test_a_flat_image_counts_as_the_noise_of_whole_grey_levels():
    """1/12 of a level squared, 10.8 dB below one level."""
    noisy = np.random.default_rng(0).integers(90, 160, (1, 64, 64), dtype=np.uint8)
    flat = np.full(noisy.shape, 120, np.uint8)
    expected = (power_spectrum(noisy) + 10 * np.log10(12)).mean()
    assert spectral_distance(flat, noisy) == pytest.approx([expected])
    assert spectral_distance(noisy, flat) == pytest.approx([expected])
    assert spectral_distance(flat, flat).tolist() == [0.0]


def test_two_points_count_where_both_are_in_the_rock():
    """A phase that goes on outside: of the rock's pairs all are in it."""
    inside = np.random.default_rng(1).random((2, 12, 14)) < 0.5
    found = two_point_correlation(np.ones(inside.shape, bool), inside, reach=3)
    assert found == pytest.approx([1.0] * 4)


def test_a_distance_in_a_unit_of_the_callers():
    assert wasserstein([0.0, 2.0], [3.0, 5.0], unit=4.0) == pytest.approx(0.75)
    assert wasserstein([1.0, 1.0], [3.0], unit=4.0) == pytest.approx(0.5)


def test_edges_between_phase_and_rest_are_counted_along_rows_and_columns():
    """A bar of 2 x 5 pixels has 14, one at the frame less; the frame is no edge."""
    images = np.zeros((3, 9, 9), bool)
    images[0, 3:5, 2:7], images[1, 2:7, 3:5], images[2, :2, 2:7] = True, True, True
    assert edge_perimeter(images).tolist() == [14, 14, 9]


@pytest.mark.parametrize(("level", "limits"), [(0.4, (0.5, 0.5)), (0.9, (0.0, 1.0))])
def test_an_interval_of_two_groups_by_hand(level, limits):
    """Of 0 and 1 a resample is 0, 1/2 or 1 with chances of 1/4, 1/2 and 1/4."""
    found = bootstrap_mean([0.0, 1.0], [3, 8], level=level)
    assert (found.low, found.high) == pytest.approx(limits)


def test_a_large_group_that_is_drawn_counts_by_its_values():
    """One value of 0 and nine of 1: a resample is 0, 9/10 or 1, with chances of 1/4, 1/2, 1/4."""
    found = bootstrap_mean([0.0] + [1.0] * 9, [0] + [1] * 9, level=0.4)
    assert (found.low, found.mean, found.high) == pytest.approx((0.9, 0.9, 0.9))


@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_an_interval_of_a_few_is_students(level):
    values = [1.0, 2.0, 4.0, 9.0]
    found = student_mean(values, level=level)
    known = stats.t.interval(level, 3, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(known)


def test_curves_reach_two_fifths_of_the_shortest_edge():
    """Ten voxels of 25, one curve an axis: layers across z are a whole line along y and x."""
    phase = np.zeros((25, 30, 26), bool)
    phase[::2] = True
    curves = two_point_curves(phase)
    assert curves.shape == (3, 11)
    assert curves[1:] == pytest.approx(np.full((2, 11), 13 / 25))
    assert curves[0, 1::2].tolist() == [0.0] * 5
    assert len(two_point_curves(np.ones((99, 99, 99), bool))[0]) == 1 + 39  # 39.6 of 99


def test_an_error_of_the_connected_share_is_its_distance_from_none():
    """It is a difference already, whatever that of the true volume, a classifier's, is."""
    [one] = [measure for measure in MEASURES if measure.name == "connected_error"]
    assert (one.error(-0.2, 0.3), one.error(0.3, 0.3)) == (0.2, 0.3)


@pytest.mark.parametrize("bins", [5, 64, 256])
def test_each_interval_of_grey_levels_has_as_many_of_them(bins):
    """Of all 256 once, a fifth of which ends at 51.2; 64 intervals where nothing is said."""
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    given = {} if bins == 64 else {"bins": bins}
    histogram = grey_histogram(images, np.ones(images.shape, bool), **given)
    levels = np.bincount(np.arange(256) * bins // 256)
    np.testing.assert_array_equal(histogram, levels / 256)


def test_a_spectrum_is_seen_through_the_window_of_hann():
    """The square of a sine from 0 at one side to 0 at the other: a slow wave hardly leaks."""
    size, bands = 48, 6
    place = np.arange(size)
    wave = np.rint(127 + 120 * np.sin(2 * np.pi * 2.5 * place / size)).astype(np.uint8)
    image = np.tile(wave, (size, 1))
    window = np.sin(np.pi * place / (size - 1)) ** 2
    window = window[:, None] * window
    power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2 / (window**2).sum()
    frequency = np.fft.fftfreq(size)
    radius, edges = np.hypot(frequency[:, None], frequency), frequency_bands(size, bands=bands)
    level = [power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)]
    found = power_spectrum(image[None], bands=bands)
    assert found == pytest.approx(10 * np.log10(level), abs=1e-6)


def test_jumps_are_along_z_and_along_x():
    """A ramp of 3 a slice and 5 a column, and of 7 a row that no measure looks along."""
    z, y, x = np.indices((4, 5, 6))
    seen = SimpleNamespace(grey=(3 * z + 7 * y + 5 * x).astype(np.uint8))
    named = {one.name: one.function for one in MEASURES}
    assert named["slice_jump"](seen, None) == 3.0
    assert named["slice_jump_x"](seen, None) == 5.0


# Predictors that know nothing


def images(*rows):
    return np.array([[row] for row in rows], np.uint8)


def test_a_constant_is_the_mean_of_the_training_rock():
    """Of 0, 0, 90 and what is outside it is 30, not their middle."""
    train = images([0, 0, 90, 250])
    rock = np.array([[[True, True, True, False]]])
    assert constant_prediction(rock, train, rock).tolist() == [[[30, 30, 30, 0]]]


def test_a_fitted_line_is_numpys_and_ends_at_black_and_white():
    rng = np.random.default_rng(2)
    txm, sem = rng.integers(0, 256, (2, 1, 20, 20), dtype=np.uint8)
    sem = (sem // 4 + txm // 2 * 1.5).astype(np.uint8)
    rock = rng.random(txm.shape) < 0.7
    slope, base = np.polyfit(txm[rock].astype(float), sem[rock].astype(float), 1)
    expected = np.where(rock, np.rint(base + slope * txm), 0)
    np.testing.assert_array_equal(affine_prediction(txm, rock, txm, sem, rock), expected)
    steep = images([100, 110]), images([50, 200]), np.ones((1, 1, 2), bool)  # 15 a level
    ends = affine_prediction(images([90, 99, 112, 120]), np.ones((1, 1, 4), bool), *steep)
    assert ends.tolist() == [[[0, 35, 230, 255]]]


def test_of_two_slices_the_nearer_is_copied_and_of_equals_the_first():
    rock = np.ones((1, 1, 1), bool)
    train, all_rock = images([10], [20], [30]), np.ones((3, 1, 1), bool)
    for slices, copied in (((9, 4, 2), 20), ((7, 3, 20), 10), ((1, 9, 5), 30)):
        place = [[z, 0, 0] for z in slices]
        found, covered = nearest_slice(rock, [[5, 0, 0]], train, all_rock, place)
        assert (found.item(), covered.item()) == (copied, True)


# Fake models


def test_the_rungs_of_the_ladder_are_those_of_the_page():
    amounts = {family: [r.amount for r in RUNGS if r.family == family] for family in
               ("truth", "blurred", "smoothed along z", "noisier", "z jittered")}  # fmt: skip
    assert amounts["blurred"] == [0.7, 1.5, 3.0, 6.0]
    assert amounts["smoothed along z"] == [1.5, 1.0]
    assert amounts["noisier"] == [10.0, 30.0]
    assert amounts["z jittered"] == [1, 3, 8, np.inf]


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_a_rung_does_to_the_volume_what_its_name_says(rung):
    """Slices are known by their one grey level, noise by its spread (three standard errors)."""
    if rung.family == "z jittered":
        volume = np.repeat(np.arange(250, dtype=np.uint8), 4).reshape(250, 2, 2)
        made = fake_model(rung, volume)
        moved = made[:, 0, 0].astype(int) - np.arange(250)
        if np.isinf(rung.amount):
            assert sorted(made[:, 0, 0]) == list(range(250))
            assert np.abs(moved).mean() == pytest.approx(250 / 3, rel=0.15)
        else:
            reach = int(rung.amount)
            assert set(moved[8:-8]) == set(range(-reach, reach + 1))
        return
    volume = np.random.default_rng(3).integers(110, 146, (20, 22, 24), dtype=np.uint8)
    made = fake_model(rung, volume)
    if rung.family == "noisier":
        spread = (made.astype(float) - volume).std()
        assert spread == pytest.approx(rung.amount, rel=0.03)
        assert not np.array_equal(made, fake_model(rung, volume, seed=1))
        return
    along = (rung.amount, 0, 0) if rung.family == "smoothed along z" else rung.amount
    known = {
        "truth": lambda: volume,
        "constant": lambda: np.full(volume.shape, np.rint(volume.mean())),
        "median along z": lambda: ndimage.median_filter(volume, (3, 1, 1), mode="nearest"),
    }
    soft = partial(ndimage.gaussian_filter, volume.astype(float), along, mode="nearest")
    expected = known.get(rung.name, soft)()
    assert np.abs(made - expected).max() <= 0.501


# Table 1


def test_only_a_distance_is_better_when_less():
    assert [metric.name for metric in METRICS if metric.less_is_better] == ["spectrum"]


def test_spectra_are_compared_of_images_that_are_wholly_rock():
    true = np.random.default_rng(4).integers(1, 256, (2, 64, 64), dtype=np.uint8)
    inside = np.ones(true.shape, bool)
    inside[1, 5, 5] = False
    scores = score_patches(true[:, ::-1].copy(), true, inside=inside)
    assert np.isfinite(scores["spectrum"]).tolist() == [True, False]
    assert np.isfinite(scores["psnr"]).all()


@pytest.mark.parametrize(("metric", "best", "worst"), [("psnr", 9.0, 1.0), ("spectrum", 1.0, 9.0)])
def test_a_network_that_equals_a_rival_is_not_better(metric, best, worst):
    """Networks of 1, 4 and 9 against rivals of 4 and one beyond reach of no network."""
    ours = {"a": 1.0, "b": 4.0, "c": 9.0}
    rivals = {"r": 4.0, "s": 2.0 if metric == "psnr" else 6.0}
    table = pd.DataFrame(
        [
            {"metric": metric, "row": row, "ours": value, "low": value, "high": value + width}
            for (row, value), width in zip(
                {**ours, **rivals}.items(), (1.0, 2.0, 6.0, 50.0, 50.0), strict=True
            )
        ]
    )
    [line] = separation(table, networks=list(ours), rivals=list(rivals)).to_dict("records")
    assert (line["best"], line["worst"], line["rival"]) == (best, worst, 4.0)
    assert (line["better"], line["networks"], line["width"]) == (1, 3, 2.0)
