"""Texture measures against values worked out by hand."""

import numpy as np
import pytest

from shalelib.metrics.texture import (
    chord_lengths,
    correlation_coefficient,
    dark_phase,
    frequency_bands,
    grey_histogram,
    grey_percentiles,
    power_spectrum,
    two_point_correlation,
)


def test_white_noise_has_a_flat_spectrum_at_its_variance():
    """Level 10 log10 v in every band, whatever the window; rounding adds 1/12 to v.

    A band of m pixels averages 24 m / 2 independent exponential values (F(-f) repeats F(f)), and
    the Hann window correlates neighbours by 2/3 and 1/6, which divides that by 1 + 2 (4/9 + 1/36)
    along each axis. Four standard errors are allowed.
    """
    rng = np.random.default_rng(1)
    images = np.rint(rng.normal(128, 20, (24, 96, 96))).astype(np.uint8)
    difference = power_spectrum(images, bands=8) - 10 * np.log10(400 + 1 / 12)
    edges, f = frequency_bands(96, bands=8), np.fft.fftfreq(96)
    pixels = np.histogram(np.hypot(f[:, None], f), edges)[0]
    standard_error = 10 / np.log(10) / np.sqrt(24 * pixels / 2 / (35 / 18) ** 2)
    assert (np.abs(difference) < 4 * standard_error).all()


def test_a_wave_stands_in_its_own_band():
    x = np.arange(128)
    image = np.rint(128 + 60 * np.cos(2 * np.pi * 16 / 128 * x)) + np.zeros((128, 1))
    spectrum = power_spectrum(image[None].astype(np.uint8))
    edges = frequency_bands(128)
    assert np.argmax(spectrum) == np.searchsorted(edges, 16 / 128, side="right") - 1


def test_spectrum_ignores_brightness():
    rng = np.random.default_rng(2)
    images = rng.integers(40, 90, (2, 64, 64)).astype(np.uint8)
    assert power_spectrum(images + np.uint8(90)) == pytest.approx(power_spectrum(images))


def test_histogram_and_percentiles_see_the_foreground_only():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    inside = images >= 128
    histogram = grey_histogram(images, inside, bins=4)
    assert histogram.tolist() == [0, 0, 0.5, 0.5]
    assert grey_percentiles(images, inside, percentiles=(0, 50, 100)).tolist() == [128, 191.5, 255]


def test_correlation_is_one_with_itself_and_minus_one_with_the_negative():
    image = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    inside = np.ones(image.shape, bool)
    assert correlation_coefficient(image, image, inside) == pytest.approx(1)
    assert correlation_coefficient(image, 255 - image, inside) == pytest.approx(-1)


def test_chords_of_stripes_are_their_widths():
    """Stripes of 3 pixels: every row crosses 4 whole ones; the columns run along them."""
    phase = np.zeros((1, 6, 30), bool)
    phase[..., [c for c in range(30) if c % 6 in (2, 3, 4)]] = True
    assert np.unique(chord_lengths(phase, np.ones(phase.shape, bool))).tolist() == [3]
    assert chord_lengths(phase, np.ones(phase.shape, bool)).size == 6 * 5


def test_chords_cut_by_the_outline_do_not_count():
    phase = np.array([[[0, 1, 1, 1, 0, 1, 0]]], bool)
    inside = np.array([[[1, 1, 1, 0, 1, 1, 1]]], bool)
    assert chord_lengths(phase, inside).tolist() == [1]


def test_two_point_correlation_of_noise_is_the_square_of_its_share():
    """S2(0) = p and S2(r > 0) = p^2; 2 x 65536 pairs give a standard error below 0.002."""
    rng = np.random.default_rng(3)
    phase = rng.random((1, 256, 256)) < 0.3
    s2 = two_point_correlation(phase, np.ones(phase.shape, bool), reach=4)
    assert s2[0] == pytest.approx(phase.mean())
    assert s2[1:] == pytest.approx(np.full(4, 0.09), abs=0.01)


def test_two_point_correlation_of_stripes_is_periodic():
    """Columns of width 1, period 2: along x 1/2, 0, 1/2, ...; along y always 1/2."""
    phase = np.zeros((1, 20, 20), bool)
    phase[..., ::2] = True
    s2 = two_point_correlation(phase, np.ones(phase.shape, bool), reach=2)
    assert s2 == pytest.approx([0.5, 0.25, 0.5])


def test_distances_that_the_rock_does_not_span_have_no_correlation():
    """A square of 4 pixels holds no two that are 4 apart: nothing is known of them, not zero."""
    inside = np.zeros((1, 12, 12), bool)
    inside[0, 3:7, 5:9] = True
    s2 = two_point_correlation(inside, inside, reach=6)
    np.testing.assert_array_equal(s2, [1, 1, 1, 1, np.nan, np.nan, np.nan])


def test_bands_without_a_wave_are_refused():
    """Of 20 in 96 pixels one lies between the waves that fit; its mean would be NaN."""
    images = np.random.default_rng(0).integers(0, 256, (1, 96, 96), dtype=np.uint8)
    with pytest.raises(ValueError, match="20 bands hold no wave that fits into 96"):
        power_spectrum(images, bands=20)


def test_dark_phase_is_what_lies_below_the_threshold():
    image = np.full((1, 21, 21), 100, np.uint8)
    image[:, 5:16, 5:16] = 10
    dark = dark_phase(image)
    assert dark[0, 10, 10]
    assert not dark[0, 1, 1]
    assert not dark_phase(image, threshold=10.0, sigma=0.0).any()  # at it is not below it


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda i, m: grey_histogram(i.astype(float), m), TypeError, "uint8"),
        (lambda i, m: grey_histogram(i, ~m), ValueError, "no foreground"),
        (lambda i, m: grey_histogram(i, m[:, :4]), ValueError, "same shape"),
        (lambda i, m: power_spectrum(i[:, :5]), ValueError, "square"),
        (lambda i, m: power_spectrum(i), ValueError, "bands"),
        (lambda i, m: two_point_correlation(m, m), ValueError, "reach"),
        (lambda i, m: correlation_coefficient(i, i, m), ValueError, "contrast"),
        (lambda i, m: chord_lengths(i, m), TypeError, "boolean"),
    ],
)
def test_bad_input_is_refused_with_the_mend(call, error, match):
    images, inside = np.zeros((1, 8, 8), np.uint8), np.ones((1, 8, 8), bool)
    with pytest.raises(error, match=match):
        call(images, inside)
