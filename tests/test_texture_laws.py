"""Textures where nothing is said: the settings that the calibration page is drawn with."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.metrics.texture import (
    dark_phase,
    grey_histogram,
    power_spectrum,
    spectral_distance,
    two_point_correlation,
)

IMAGES = np.random.default_rng(0).integers(20, 220, (2, 64, 64), dtype=np.uint8)
ROCK = np.ones(IMAGES.shape, bool)


def test_the_dark_phase_is_below_60_after_a_blur_of_one_pixel():
    """One black pixel of a rock of grey 70 is 70 (1 - w²), w = 0.399 the Gaussian's middle: 59."""
    image = np.full((1, 9, 9), 70, np.uint8)
    image[0, 4, 4] = 0
    assert np.argwhere(dark_phase(image)).tolist() == [[0, 4, 4]]
    assert dark_phase(np.full((1, 4, 4), 59, np.uint8)).all()
    assert not dark_phase(np.full((1, 4, 4), 60, np.uint8)).any()
    image[0, 4, 4] = 15  # 70 - 55 w² = 61.2
    assert not dark_phase(image).any()


def test_distributions_are_of_64_levels_12_bands_and_40_pixels():
    assert len(grey_histogram(IMAGES, ROCK)) == 64
    assert power_spectrum(IMAGES).shape[-1] == 12
    assert len(two_point_correlation(IMAGES < 60, ROCK)) == 40 + 1
    other = IMAGES[:, ::-1] // 2
    known = spectral_distance(IMAGES, other, bands=12)
    assert spectral_distance(IMAGES, other) == pytest.approx(known, rel=1e-12)


def test_a_spectrum_knows_no_brightness_of_an_image():
    """The mean of each image is taken out, not that of all: light ones leak into the first band."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 8, (2, 64, 64), dtype=np.uint8)
    lighter = images + np.array([0, 200], np.uint8)[:, None, None]
    np.testing.assert_allclose(power_spectrum(lighter), power_spectrum(images), atol=1e-9)
