"""Projection and reconstruction against scikit-image and against the exact disc."""

import numpy as np
import pytest
from skimage.transform import iradon, radon

from shalelib.phantom.config import PhantomConfig, TxmConfig
from shalelib.phantom.fabric import plug_outline
from shalelib.phantom.fabric_config import MEDIUM
from shalelib.phantom.projection import back_project, project
from shalelib.phantom.txm import render_txm

ANGLES = np.arange(0.0, 180.0, 3.0)


def disc(size, radius):
    y, x = np.mgrid[:size, :size] - size // 2
    return (np.hypot(y, x) <= radius).astype(np.float32)


@pytest.fixture(scope="module")
def image():
    """Smooth random texture inside a disc, as `radon(circle=True)` demands."""
    rng = np.random.default_rng(0)
    return disc(96, 44) * rng.random((96, 96), np.float32)


def test_projection_is_scikit_image_radon(image):
    """Both interpolate linearly and add up along rows; float32 sums of 90 values of order 1."""
    expected = radon(image, ANGLES, circle=True).T
    assert project(image, ANGLES, bins=96) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("size", [95, 96])
def test_reconstruction_is_scikit_image_iradon(size):
    """The same ramp in space and linear interpolation; float32 throughout here."""
    sinogram = np.random.default_rng(1).random((len(ANGLES), size))
    expected = iradon(sinogram.T, ANGLES, circle=True, filter_name="ramp")
    inside = disc(size, size // 2 - 2) > 0
    ours = back_project(sinogram, ANGLES, size=size)
    assert ours[inside] == pytest.approx(expected[inside], abs=2e-4 * np.abs(expected).max())


def test_projection_of_a_disc_is_its_chord():
    """2 sqrt(R^2 - s^2), to within a pixel at each end of the ray."""
    radius = 40
    s = np.arange(96) - 48
    chord = 2 * np.sqrt(np.maximum(radius**2 - s**2, 0.0))
    difference = project(disc(96, radius), ANGLES, bins=96) - chord
    assert np.abs(difference[:, np.abs(s) < 30]).max() < 2.0


def test_finer_detector_sees_the_same_line_integrals(image):
    fine = project(image, ANGLES, bins=193, pitch=0.5)
    assert fine[:, ::2] == pytest.approx(project(image, ANGLES, bins=97), abs=1e-4)


def test_stage_error_shifts_a_projection(image):
    shifted = project(image, ANGLES, bins=96, shift=np.full(len(ANGLES), 3.0))
    assert shifted[:, :-3] == pytest.approx(project(image, ANGLES, bins=96)[:, 3:], abs=1e-4)


def test_reconstruction_returns_the_disc():
    """Level 1 inside, 0 outside, away from the edge; 60 directions alias by a few per cent."""
    phantom = disc(96, 30)
    angles = np.arange(0.0, 180.0, 1.0)
    out = back_project(project(phantom, angles, bins=96), angles, size=96)
    assert out[disc(96, 24) > 0].mean() == pytest.approx(1.0, abs=0.02)
    assert out[(disc(96, 44) - disc(96, 36)) > 0].mean() == pytest.approx(0.0, abs=0.02)


def test_a_slice_comes_out_the_same_wherever_rendering_starts():
    config = PhantomConfig(depth=10, width=48, diameter=44)
    outline = plug_outline(width=48, diameter=44, seed=1)
    rock = np.random.default_rng(2).integers(0, 255, config.shape).astype(np.uint8)
    slices = list(render_txm(rock, np.full_like(rock, MEDIUM), outline, config, seed=1))
    later = list(render_txm(rock, np.full_like(rock, MEDIUM), outline, config, seed=1, start=6))
    np.testing.assert_array_equal(slices[6:], later)  # of the volume and by themselves


def test_txm_shows_what_attenuates():
    """Without noise, shading and margin a dense core stands out from a uniform plug by its excess.

    64 attenuation units are 77 grey levels; the tail of the blur takes up to its share, 30%, of
    a core of 32 pixels, and the reconstruction of the tail's rest leaves a few levels.
    """
    txm = TxmConfig(
        counts=1e12, jitter=0.0, wobble=0.0, halo=0.0, fringe=0.0, shading=0.0, edge=0.0,
        rolloff=0.0, angles=1800, sweep=180.0, window=0.0, window_mean=0.0,
    )  # fmt: skip
    config = PhantomConfig(depth=8, width=128, diameter=120, txm=txm)
    outline = plug_outline(width=128, diameter=120, seed=1)
    rock = np.repeat((128 * outline + 64 * (disc(128, 16) > 0))[None], 8, axis=0).astype(np.uint8)
    image, _ = next(render_txm(rock, np.full_like(rock, MEDIUM), outline, config, seed=1))
    ring = (disc(128, 40) - disc(128, 32)) > 0
    contrast = image[disc(128, 8) > 0].mean() - image[ring].mean()
    assert 0.65 * 64 * txm.gain < contrast < 1.05 * 64 * txm.gain
    assert np.median(image[outline]) == pytest.approx(txm.mean, abs=0.5)
