"""Registration recovers known shifts; resampling keeps what it must; grey levels even out."""

import numpy as np
import pytest
from scipy import ndimage

from shalelib.data.align import Shift, apply_shift, find_shift, find_slice
from shalelib.data.resample import (
    charging_mask,
    rescale,
    rescale_slices,
    rescaled_shape,
)


def rock(seed, shape=(256, 256)):
    """Return a smooth field of structure, as both microscopes see it from different sides."""
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.normal(size=shape), 3.0, mode="wrap") / 0.094


def grey(values, noise, seed):
    noisy = values + np.random.default_rng(seed).normal(0, noise, values.shape)
    return np.clip(noisy, 1, 255).astype(np.uint8)


def modalities(seed, shift):
    """Return TXM: blurred, shaded, noisy; SEM: sharp, curved contrast, charged, moved by `shift`.

    The field is moved in Fourier space, which is exact for its period.
    """
    field = rock(seed)
    y, x = np.mgrid[: field.shape[0], : field.shape[1]]
    txm = grey(130 + 12 * ndimage.gaussian_filter(field, 2.0) + 30 * np.cos(y / 90), 6, seed + 1)
    moved = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(field), shift)).real
    sem = grey(110 - 70 * (moved < -0.8) + 15 * np.tanh(moved), 20, seed + 2)
    sem[(moved > 2.2) | (np.hypot(y - 60, x - 200) < 9)] = 255
    return txm, sem


@pytest.mark.parametrize("shift", [(0.0, 0.0), (7.0, -12.0), (3.3, -0.6), (-20.45, 15.7)])
@pytest.mark.parametrize("seed", [0, 10])
def test_a_known_shift_between_modalities_is_recovered(seed, shift):
    """The project's aim is 0.2 px, with different contrast, noise, shading and charging."""
    txm, sem = modalities(seed, shift)
    found = find_shift(txm, sem, moving_mask=~charging_mask(sem), max_shift=32)
    assert found.rows == pytest.approx(-shift[0], abs=0.2)
    assert found.columns == pytest.approx(-shift[1], abs=0.2)


def test_swapping_the_images_reverses_the_shift():
    """Correlation is symmetric, so the two answers are opposite to the rounding of the sums."""
    txm, sem = modalities(3, (4.0, 9.0))
    there, back = find_shift(txm, sem, max_shift=16), find_shift(sem, txm, max_shift=16)
    assert there.rows == pytest.approx(-back.rows, abs=1e-6)
    assert there.columns == pytest.approx(-back.columns, abs=1e-6)


def test_the_outline_of_the_plug_does_not_decide():
    """Both images end at the same circle; without masks it would pull the shift to zero."""
    txm, sem = modalities(4, (6.0, -5.0))
    y, x = np.mgrid[:256, :256]
    outside = np.hypot(y - 128, x - 128) > 110
    txm[outside], sem[outside] = 0, 0
    found = find_shift(txm, sem, moving_mask=~charging_mask(sem) & (sem > 0), max_shift=16)
    assert found.rows == pytest.approx(-6.0, abs=0.2)
    assert found.columns == pytest.approx(5.0, abs=0.2)


def test_a_masked_score_is_the_correlation_of_the_overlap():
    """The score at a whole shift is Pearson's correlation of the prepared overlap, computed out."""
    from shalelib.data.align import _correlate, _prepare

    txm, sem = modalities(5, (0.0, 0.0))
    first = _prepare(txm, txm > 40, 2.0, 20.0)
    second = _prepare(sem, sem < 200, 2.0, 20.0)
    scores = _correlate(first, second, 8)
    both = np.zeros(txm.shape, bool)
    both[3:, :-5] = first[1][3:, :-5] & second[1][:-3, 5:]
    f = first[0][both]
    g = np.roll(second[0], (3, -5), axis=(0, 1))[both]
    assert scores[8 + 3, 8 - 5] == pytest.approx(np.corrcoef(f, g)[0, 1], abs=1e-9)


def test_bad_pairs_are_refused():
    txm, sem = modalities(6, (0.0, 0.0))
    with pytest.raises(ValueError, match="same shape"):
        find_shift(txm, sem[:200])
    with pytest.raises(ValueError, match="no contrast"):
        find_shift(txm, np.full_like(sem, 9))
    with pytest.raises(ValueError, match="search limit"):
        find_shift(txm, np.roll(txm, 9, axis=0), max_shift=9)
    with pytest.raises(ValueError, match="max_shift must lie below"):
        find_shift(txm, sem, max_shift=256)


def test_the_slice_of_a_volume_is_found():
    """Structure changes over about 4 slices; the cut slice lies 6 rows and -9 columns off."""
    rng = np.random.default_rng(7)
    field = ndimage.gaussian_filter(rng.normal(size=(24, 192, 192)), (3, 3, 3), mode="wrap")
    field /= field.std()
    volume = np.stack([grey(130 + 20 * ndimage.gaussian_filter(f, 1.5), 6, 50) for f in field])
    moved = np.roll(field[13], (-6, 9), axis=(0, 1))
    image = grey(110 - 70 * (moved < -0.8) + 15 * np.tanh(moved), 20, 51)
    match = find_slice(image, volume, max_shift=16)
    assert match.z == 13
    assert match.z_between == pytest.approx(13, abs=0.5)
    assert match.shift.rows == pytest.approx(6, abs=0.2)
    assert match.shift.columns == pytest.approx(-9, abs=0.2)
    with pytest.raises(ValueError, match="z_range"):
        find_slice(image, volume, z_range=(20, 30))
    with pytest.raises(ValueError, match="search limit"):
        find_slice(image, volume, max_shift=8)
    with pytest.raises(ValueError, match="max_shift must lie below"):
        find_slice(image, volume, max_shift=192)


def test_applying_the_found_shift_registers():
    """Fractional moves agree with the exact ones in Fourier space to the grey rounding."""
    smooth = ndimage.gaussian_filter(rock(8), 2.0, mode="wrap")
    moved = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(smooth), (2.5, -3.25))).real
    image, expected = (np.rint(128 + 30 * f).astype(np.uint8) for f in (smooth, moved))
    ours = apply_shift(image, Shift(rows=2.5, columns=-3.25, score=1.0))
    inner = (slice(12, -12), slice(12, -12))
    assert np.abs(ours[inner].astype(int) - expected[inner]).max() <= 1


@pytest.mark.parametrize("by", [(0.5, 0.0), (0.3, -0.4), (-2.5, 3.5)])
def test_a_shift_between_pixels_leaves_no_dark_rim(by):
    """A disc of one grey stays of it; a black pore inside goes on into its neighbours' grey."""
    y, x = np.indices((60, 60))
    disc = np.where((y - 30) ** 2 + (x - 30) ** 2 < 20**2, 100, 0).astype(np.uint8)
    shift = Shift(rows=by[0], columns=by[1], score=1)
    moved = apply_shift(disc, shift)
    assert set(moved[moved > 0]) == {100}
    assert (moved > 0).sum() == pytest.approx((disc > 0).sum(), rel=0.04)  # of a rim of 5 %
    disc[30, 30] = 0
    pore = 100 - apply_shift(disc, shift)[moved > 0].astype(float)
    assert pore.sum() == pytest.approx(100, abs=5)  # rounding of some twenty pixels


def test_rescaling_keeps_constants_planes_and_scale():
    """Keys' kernel reproduces polynomials up to degree two, so a plane is exact to rounding."""
    y, x = np.mgrid[:280, :140]
    plane = np.rint(20 + 0.5 * y + 0.25 * x).astype(np.uint8)
    out = rescale(plane, from_size=31.2e-9, to_size=33.6e-9)
    assert out.shape == (260, 130)
    factor = 33.6 / 31.2
    i, j = np.mgrid[:260, :130]
    expected = 20 + 0.5 * ((i + 0.5) * factor - 0.5) + 0.25 * ((j + 0.5) * factor - 0.5)
    inner = (slice(4, -4), slice(4, -4))
    assert np.abs(out[inner] - expected[inner]).max() <= 1.0  # rounding before and after
    assert (rescale(np.full((40, 40), 77, np.uint8), from_size=1e-8, to_size=2.5e-8) == 77).all()


def test_a_volume_is_rescaled_along_z_as_along_y():
    volume = np.random.default_rng(9).integers(0, 256, (28, 42, 14), dtype=np.uint8)
    out = rescale(volume, from_size=31.2e-9, to_size=33.6e-9)
    assert (
        out.shape
        == rescaled_shape(volume.shape, from_size=31.2e-9, to_size=33.6e-9)
        == (26, 39, 13)
    )
    turned = rescale(volume.transpose(1, 0, 2).copy(), from_size=31.2e-9, to_size=33.6e-9)
    assert np.abs(out.transpose(1, 0, 2).astype(int) - turned).max() <= 1
    planes = list(rescale_slices(volume, from_size=31.2e-9, to_size=33.6e-9))
    np.testing.assert_array_equal(np.stack(planes), out)


@pytest.mark.parametrize("edge", [3, 4, 5, 7])
def test_one_pixel_of_a_whole_image_does_not_know_left_from_right(edge):
    """The kernel is four times as wide as the image, which is mirrored again and again."""
    image = np.random.default_rng(edge).integers(0, 256, (edge, edge), dtype=np.uint8)
    once = rescale(image, from_size=10e-9, to_size=edge * 10e-9)
    again = rescale(image[::-1, ::-1].copy(), from_size=10e-9, to_size=edge * 10e-9)
    assert once.shape == (1, 1)
    np.testing.assert_array_equal(once, again)


def test_coarsening_does_not_alias():
    """A wave of 2.5 pixels can't be carried at three times the pixel size: it must vanish.

    Taken point by point it would come back as a wave of full amplitude.
    """
    x = np.arange(240)
    wave = np.tile(np.rint(128 + 100 * np.cos(2 * np.pi * x / 2.5)), (240, 1)).astype(np.uint8)
    out = rescale(wave, from_size=1e-8, to_size=3e-8)
    assert np.abs(out[:, 4:-4].astype(int) - 128).max() <= 5


def test_beyond_its_edges_an_image_is_its_mirror_image():
    """The same as of a larger image that is continued so."""
    image = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    large = rescale(np.pad(image, 8, mode="symmetric"), from_size=1e-8, to_size=2e-8)
    found = rescale(image, from_size=1e-8, to_size=2e-8)
    np.testing.assert_array_equal(found, large[4:-4, 4:-4])


@pytest.mark.parametrize(
    ("before", "after"), [(0.0, 1e-8), (1e-8, -1e-8), (1e-8, 1e-6), (31.2, 33.6e-9), (1e-8, np.inf)]
)
def test_rescaling_refuses_impossible_sizes(before, after):
    """One in nanometres and the other in metres would ask for more pixels than any memory has."""
    with pytest.raises(ValueError, match=r"_size (is in metres|must be a positive)|no pixel left"):
        rescale(np.zeros((8, 8), np.uint8), from_size=before, to_size=after)


def test_charging_needs_saturation_in_a_patch():
    sem = np.full((20, 20), 100, np.uint8)
    sem[3, 3] = 255
    assert not charging_mask(sem).any()
    sem[10:13, 10:13] = 252
    assert charging_mask(sem, halo=0).sum() == 9


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_shift": 2.5}, "max_shift must be a whole number"),
        ({"coarse": 0}, "coarse must be a whole number, 1 or more"),
        ({"z_range": 3}, r"z_range must be two slices .* got 3"),
        ({"z_range": (0.0, 2.0)}, "z_range must be two slices"),
        ({"z_range": (2, 1)}, "z_range must be two slices"),
    ],
)
def test_a_search_is_given_whole_numbers(options, said):
    volume = np.random.default_rng(0).integers(1, 256, (4, 80, 80), dtype=np.uint8)
    with pytest.raises(ValueError, match=said):
        find_slice(volume[0], volume, **options)


@pytest.mark.parametrize("options", [{"level": "250"}, {"least": 1.5}, {"halo": -1}])
def test_charging_is_given_whole_numbers(options):
    with pytest.raises(ValueError, match="must be a whole number, 0 or more"):
        charging_mask(np.zeros((8, 8), np.uint8), **options)
