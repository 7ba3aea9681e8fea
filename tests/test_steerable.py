import math

import naive
import numpy as np
import pytest

from shalelib.metrics.steerable import Pyramid, _filters, _kept, steerable_pyramid

SHAPES = [(128, 128), (64, 96), (65, 51), (49, 130)]


@pytest.fixture
def image():
    return np.random.default_rng(5).integers(0, 256, (64, 64)).astype(float)


def wave(angle, frequency=0.25, size=64):
    """A grating along (cos angle, sin angle) in (x, y), rounded to a periodic one."""
    kx, ky = (round(size * frequency * part) for part in (math.cos(angle), math.sin(angle)))
    y, x = np.mgrid[:size, :size]
    return np.cos(2 * np.pi * (kx * x + ky * y) / size)


def power(pyramid):
    """Mean square of each oriented band, (scales, orientations)."""
    return np.array([(np.abs(scale) ** 2).mean(axis=(1, 2)) for scale in pyramid.bands])


def refined(band, shape):
    """The spectrum on the fine grid of a band (..., y, x) on a coarse one."""
    grid = band.shape[-2:]
    rows, columns = (_kept(n, m) for n, m in zip(shape, grid, strict=True))
    spectrum = np.zeros((*band.shape[:-2], *shape), complex)
    spectrum[..., rows[:, None], columns] = np.fft.fft2(band) * math.prod(shape) / math.prod(grid)
    return spectrum


def reconstruct(pyramid):
    """The image of a pyramid: the frame is tight, so its adjoint is its inverse."""
    shape = pyramid.high.shape
    filters = _filters(shape, len(pyramid.bands), pyramid.bands[0].shape[0])
    spectrum = np.fft.fft2(pyramid.high) * filters.high
    spectrum += refined(pyramid.low, shape) * filters.low
    for band, rings in zip(pyramid.bands, filters.bands, strict=True):
        # half, since |filter|² of the two half planes sums to 2 and the real part keeps half
        spectrum += 0.5 * (refined(band, shape) * rings.conj()).sum(axis=0)
    return np.fft.ifft2(spectrum).real


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("scales", "orientations"), [(3, 4), (1, 2), (2, 3), (4, 6)])
def test_pyramid_rebuilds_its_image(shape, scales, orientations):
    """Rounding grows with grey level and log2 of the pixels: 255 x 2e-16 x 14, about 1e-12."""
    image = np.random.default_rng(1).integers(0, 256, shape)
    pyramid = steerable_pyramid(image, scales=scales, orientations=orientations)
    assert np.abs(reconstruct(pyramid) - image).max() < 1e-10


@pytest.mark.parametrize("shape", SHAPES)
def test_mean_squares_add_up(shape):
    """A tight frame; each complex band holds its energy twice, once in either part."""
    image = np.random.default_rng(2).normal(100, 50, shape)
    pyramid = steerable_pyramid(image)
    total = (pyramid.high**2).mean() + 0.5 * power(pyramid).sum() + (pyramid.low**2).mean()
    assert total == pytest.approx((image**2).mean(), rel=1e-12)


def test_sizes_of_the_bands():
    pyramid = steerable_pyramid(np.zeros((65, 130)))
    assert pyramid.high.shape == (65, 130)
    assert [b.shape for b in pyramid.bands] == [(4, 65, 130), (4, 33, 65), (4, 17, 33)]
    assert pyramid.low.shape == (9, 17)
    assert sum(len(stack) for stack in pyramid.stacks()) == 14


def test_a_constant_image_is_all_low_pass():
    pyramid = steerable_pyramid(np.full((64, 64), 200.0))
    assert pyramid.low == pytest.approx(200, abs=1e-11)
    assert np.abs(pyramid.high).max() < 1e-11
    assert power(pyramid).max() < 1e-22


@pytest.mark.parametrize("k", range(4))
def test_a_grating_wakes_its_own_orientation(k):
    """Along band k the power in band m is cos^6((m - k) 45 degrees): 1, 1/8, 0, 1/8 of band k's."""
    share = power(steerable_pyramid(wave(k * math.pi / 4))).sum(axis=0)
    expected = np.roll([1, 1 / 8, 0, 1 / 8], k)
    assert share / share[k] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("scale", range(3))
def test_a_grating_wakes_its_own_scale(scale):
    """Rings peak half-way (in octaves) between their limits and vanish an octave away."""
    share = power(steerable_pyramid(wave(0.0, frequency=0.25 / 2**scale))).sum(axis=1)
    assert share == pytest.approx(np.eye(3)[scale], abs=1e-12)


def test_magnitude_of_a_grating_is_even():
    """Quadrature: a complex band answers a pure wave with constant modulus, sqrt(0.8) for K = 4."""
    band = steerable_pyramid(wave(0.0)).bands[0][0]
    assert np.abs(band) == pytest.approx(math.sqrt(0.8), abs=1e-12)
    assert band.real.std() == pytest.approx(math.sqrt(0.4), abs=1e-12)


def test_a_quarter_turn_permutes_the_orientations(image):
    """Turned about pixel (0, 0), so that coarse grids fall on each other: band k goes to k + 2.

    Half planes that turn past the half circle come back mirrored, which for a real image is the
    complex conjugate.
    """

    def turn(x):
        return np.roll(np.rot90(x, -1), 1, axis=1)  # (x, y) to (-y, x), y down

    before, after = steerable_pyramid(image), steerable_pyramid(turn(image))
    assert after.high == pytest.approx(turn(before.high), abs=1e-10)
    assert after.low == pytest.approx(turn(before.low), abs=1e-10)
    for old, new in zip(before.bands, after.bands, strict=True):
        for k in range(4):
            turned = turn(old[k])
            expected = turned if k < 2 else -turned.conj()
            assert new[(k + 2) % 4] == pytest.approx(expected, abs=1e-10)


def test_shifts_by_the_coarsest_step_shift_every_band(image):
    """Eight pixels are 8, 4, 2 and 1 samples of the four grids."""
    before = steerable_pyramid(image)
    after = steerable_pyramid(np.roll(image, (8, -16), axis=(0, 1)))
    for j, (old, new) in enumerate(zip(before.bands, after.bands, strict=True)):
        shifted = np.roll(old, (8 >> j, -16 >> j), axis=(1, 2))
        assert new == pytest.approx(shifted, abs=1e-10)
    assert after.low == pytest.approx(np.roll(before.low, (1, -2), axis=(0, 1)), abs=1e-10)


def test_power_of_the_bands_does_not_change_with_any_shift(image):
    """No aliasing: unlike a critically sampled wavelet's, the power knows no grid."""
    before, after = steerable_pyramid(image), steerable_pyramid(np.roll(image, (3, 5), (0, 1)))
    assert power(after) == pytest.approx(power(before), rel=1e-11)


def test_coarse_bands_are_samples_of_the_fine_naive_twin():
    rng = np.random.default_rng(8)
    image = rng.normal(size=(16, 24))
    bands = steerable_pyramid(image, scales=2, orientations=3).bands
    for scale, k in [(0, 1), (1, 0), (1, 2)]:
        full = np.array(naive.steerable_band(image, scale, k * math.pi / 3, 3))
        step = 2**scale
        assert bands[scale][k] == pytest.approx(full[::step, ::step], abs=1e-12)


def test_decomposition_is_linear(image):
    other = image[::-1] ** 2
    one, two = steerable_pyramid(image), steerable_pyramid(other)
    both = steerable_pyramid(3 * image - other)
    for a, b, c in zip(one.stacks(), two.stacks(), both.stacks(), strict=True):
        assert c == pytest.approx(3 * a - b, abs=1e-8)  # other reaches 65,000


def test_leaving_out_a_band_takes_out_its_part(image):
    pyramid = steerable_pyramid(image)
    silent = tuple(np.zeros_like(scale) for scale in pyramid.bands)
    rest = Pyramid(high=pyramid.high, bands=silent, low=pyramid.low)
    only = Pyramid(high=0 * pyramid.high, bands=pyramid.bands, low=0 * pyramid.low)
    assert reconstruct(rest) + reconstruct(only) == pytest.approx(image, abs=1e-10)
    assert reconstruct(only).mean() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize(
    ("image", "options", "error", "words"),
    [
        (np.zeros((64, 64, 3)), {}, ValueError, "2 dimensions"),
        (np.zeros((0, 64)), {}, ValueError, "empty"),
        (np.zeros((64, 15)), {}, ValueError, "at least 16 x 16"),
        (np.zeros((64, 64), complex), {}, TypeError, "real numbers"),
        (np.zeros((64, 64), bool), {}, TypeError, "real numbers"),
        (np.full((64, 64), np.nan), {}, ValueError, "4096 pixels of the image are not finite"),
        (np.zeros((64, 64)), {"scales": 0}, ValueError, "at least 1"),
        (np.zeros((64, 64)), {"orientations": 1}, ValueError, "orientations 2"),
    ],
)
def test_what_cannot_be_decomposed_is_refused(image, options, error, words):
    with pytest.raises(error, match=words):
        steerable_pyramid(image, **options)
