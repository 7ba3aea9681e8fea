"""What the constants of the two microscopes stand for, each found again in an image of little else.

Lengths of stripes and of slow shading are found by a law of similarity: a picture of features as
large as so many voxels, seen at every so many voxels, is that of features of the size of one.
"""

from __future__ import annotations

import dataclasses
from itertools import islice
from math import erf, pi, sqrt

import numpy as np
import pytest

from shalelib.phantom import txm as txm_module
from shalelib.phantom.config import PhantomConfig, SemConfig, TxmConfig
from shalelib.phantom.fabric_config import HIGH, MEDIUM
from shalelib.phantom.fibsem import render_sem
from shalelib.phantom.txm import render_txm

QUIET = {
    "noise": 0.0, "drift": 0.0, "flicker": 0.0, "curtain": 0.0, "blur": 0.0, "resample": 0.0,
    "coarse": 0.0, "coarse_noise": 1.0, "electronics": 0.0, "run": 1.0,
}  # fmt: skip


def sem(shape, *, charging=None, level=128, z0=0, **given):
    """FIB-SEM slices of a grey plane, without noise or blur."""
    grey = np.full(shape, level, np.uint8)
    charging = np.zeros(shape, np.uint8) if charging is None else charging
    config = SemConfig(**QUIET | given)
    return render_sem(grey, charging, np.ones(shape[1:], bool), config, z0=z0, seed=2)


def test_without_noise_and_curtains_the_fib_sem_shows_the_level():
    assert (sem((2, 8, 8)) == 128).all()


# The FIB-SEM


def test_the_halo_of_a_charging_edge_falls_off_as_a_gaussian_does():
    """Beside a half plane that charges: at its edge half of 0.3 times 322 levels are gone.

    And at a distance of the halo's width, 5 voxels, that times 1 - erf(1 / sqrt 2).
    """
    charging = np.zeros((1, 5, 160), np.uint8)
    charging[..., :80] = 1
    dark = 200.0 - sem((1, 5, 160), charging=charging, level=200)[0, 2, 80:].astype(float)
    distance = np.arange(len(dark)) + 0.5  # pixel centres, from the edge between two
    known = [0.3 * 322 * (1 - erf(d / 5 / sqrt(2))) / 2 for d in distance]
    assert dark == pytest.approx(known, abs=0.6)  # rounded to whole levels
    assert dark[0] > 40


def test_what_charges_is_that_much_lighter_than_white():
    """Inside a wide plane of charging: 322 less its own halo, 225; a rim of one pixel is white."""
    wide = np.ones((1, 5, 5), np.uint8)
    assert sem((1, 5, 5), charging=wide)[0, 2, 2] == round(322 * (1 - 0.3))
    thin = np.zeros((1, 41, 41), np.uint8)
    thin[0, 20] = 1
    assert sem((1, 41, 41), charging=thin)[0, 20, 20] == 255


STRIPES = {"curtain_size": (180.0, 3.0), "curtain_wide": (90.0, 9.0)}  # length, width [voxel]


@pytest.mark.parametrize("name", STRIPES)
def test_curtains_are_so_long_and_so_wide(name):
    """Along y and along x; the other kind of curtain is one without end."""
    [other] = set(STRIPES) - {name}
    length, width = (int(edge) for edge in STRIPES[name])
    about = {"curtain": 50.0, other: (1e9, 1e9)}
    large = sem((3, 6 * length, 30 * width), **about)
    small = sem((3, 6, 30), **about | {name: (1.0, 1.0)})
    assert small.std() > 5
    np.testing.assert_array_equal(large[:, ::length, ::width], small)


def test_the_two_kinds_of_curtains_are_of_different_places():
    """And both are curtains: with sizes exchanged another picture, though of the same strength."""
    about = {"curtain": 50.0, "curtain_size": (40.0, 4.0), "curtain_wide": (1e9, 1e9)}
    swapped = {"curtain": 50.0, "curtain_size": (1e9, 1e9), "curtain_wide": (40.0, 4.0)}
    one, two = (sem((1, 200, 200), **given)[0].astype(float) for given in (about, swapped))
    assert two.std() == pytest.approx(one.std(), rel=0.2)
    assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.2


def test_slices_differ_in_noise_drift_and_blur_each_for_itself():
    """Four draws, here a slice: one that is light is not therefore noisy, nor blurred.

    Each is seen alone, over 200 slices: correlations of independent draws stay below 0.25.
    """
    shape = (200, 24, 24)
    drift = sem(shape, drift=10.0).mean(axis=(1, 2))
    flicker = sem(shape, flicker=10.0).mean(axis=(1, 2))
    noise = sem(shape, noise=20.0, noise_spread=0.6).std(axis=(1, 2))
    edges = sem(shape, noise=20.0, noise_spread=0.0, resample=0.84).std(axis=(1, 2))
    related = np.corrcoef([drift, flicker, noise, edges]) - np.eye(4)
    assert np.abs(related).max() < 0.25
    assert drift.std() == pytest.approx(10 / sqrt(3), rel=0.15)  # even between - 10 and 10
    assert flicker.std() == pytest.approx(10 / sqrt(3), rel=0.15)
    assert noise.std() / noise.mean() == pytest.approx(0.6 / sqrt(3), rel=0.15)


def test_drift_goes_straight_from_one_run_to_the_next():
    """As many slices later it is what the draws of single slices are, and linear in between."""
    drawn = sem((5, 8, 8), drift=50.0).mean(axis=(1, 2))
    slow = sem((41, 8, 8), drift=50.0, run=10.0).mean(axis=(1, 2))
    known = np.interp(np.arange(41) / 10, np.arange(5), drawn)
    assert drawn.std() > 10
    assert np.abs(slow - known).max() <= 1.01  # both are rounded


def test_every_other_run_of_slices_is_coarser():
    """Six fine, six coarse: blurred by a Gaussian of 1 pixel, and with half of the noise."""
    given = {"noise": 20.0, "noise_spread": 0.0, "coarse_run": 6.0}
    fine, noise = (sem((48, 64, 64), coarse_noise=c, **given) for c in (1.0, 0.5))
    ratio = noise.std(axis=(1, 2)) / fine.std(axis=(1, 2))
    coarse = ratio < 0.75
    assert ratio == pytest.approx(np.where(coarse, 0.5, 1.0), abs=0.02)
    [change] = np.nonzero(np.diff(coarse))
    assert set(np.diff(change)) == {6}
    blurred = sem((48, 64, 64), coarse=1.0, **given)
    np.testing.assert_array_equal(blurred[~coarse], fine[~coarse])
    left = blurred[coarse].std() / fine[coarse].std()
    assert left == pytest.approx(1 / (2 * sqrt(pi)), rel=0.05)  # of white noise


def test_the_noise_of_a_slice_is_its_own_wherever_rendering_begins():
    whole = sem((6, 16, 16), noise=20.0, drift=10.0)
    np.testing.assert_array_equal(whole[2:], sem((4, 16, 16), noise=20.0, drift=10.0, z0=2))


@pytest.mark.parametrize(("level", "as_of"), [(100, 100), (36, 36), (9, 10), (225, 225)])
def test_noise_grows_with_the_root_of_the_level(level, as_of):
    """Given at 100; below 10 it falls no further. White and black are 5 deviations off."""
    noise = 1.5 / sqrt(as_of / 100)
    found = sem((4, 64, 64), level=level, noise=noise, noise_spread=0.0).astype(float).std()
    assert found == pytest.approx(sqrt(1.5**2 + 1 / 12), rel=0.02)  # and that of rounding


def test_the_noise_of_the_electronics_knows_no_level():
    """All of it: as much at any level. Half of it: at level 225 of the variance 1 + 2.25 halves."""
    for share, known in ((1.0, 2.0), (0.5, 2.0 * sqrt((1 + 2.25) / 2))):
        given = {"noise": 2.0, "noise_spread": 0.0, "electronics": share}
        found = sem((4, 64, 64), level=225, **given).astype(float).std()
        assert found == pytest.approx(sqrt(known**2 + 1 / 12), rel=0.02)


# The TXM

BARE = TxmConfig(
    window=0.0, window_mean=0.0,
    counts=1e14, counts_spread=0.0, jitter=0.0, wobble=0.0, smear=1e-3, fringe=0.0, halo=0.0,
    shading=0.0, edge=0.0, rolloff=0.0, sweep=180.0, tail=0.0,
)  # fmt: skip


def test_dense_minerals_brighten_what_lies_around_them_far_and_wide():
    """Beside a half plane of them: a Gaussian's step of 195 units over 40 voxels.

    The attenuation itself is even, so that nothing but the halo shows. Along the middle line, in
    the middle half of the plug, as the reconstruction rings at its outline.
    """
    txm = dataclasses.replace(BARE, halo=195.0, gain=0.5, angles=2000)
    config = PhantomConfig(depth=8, width=360, diameter=356, txm=txm)
    y, x = np.indices((360, 360)) - 180
    outline = y**2 + x**2 < 178**2
    dense = np.repeat((128 * outline)[None], 8, axis=0).astype(np.uint8)
    labels = np.full(config.shape, MEDIUM, np.uint8)
    labels[..., 180:] = HIGH
    image = next(render_txm(dense, labels, outline, config, seed=0))[0].astype(float)
    line = image[160:200, 90:270].mean(axis=0) / 0.5
    known = [195 / 2 * (1 + erf((d + 0.5) / 40 / sqrt(2))) for d in range(-90, 90)]
    change = line - line.mean(), known - np.mean(known)
    assert np.polyfit(change[1], change[0], 1)[0] == pytest.approx(1.0, rel=0.03)
    assert np.abs(change[0] - change[1]).max() < 5


SHADED = dataclasses.replace(
    BARE, gain=1e-9, shading=60.0, shading_fine=0.0, angles=8, mean=128.0, blur=0.1, blur_z=0.1
)


def shading(shape, *, start=0, count=None, alone=True, **given):
    """Slices of slow shading and no rock, saved by themselves or of the volume."""
    depth, width = shape
    config = PhantomConfig(
        depth=depth, width=width, diameter=width - 2, txm=dataclasses.replace(SHADED, **given)
    )
    rock = np.zeros(config.shape, np.uint8)
    slices = render_txm(rock, rock, np.ones((width, width), bool), config, seed=3, start=start)
    return np.stack([pair[int(alone)] for pair in islice(slices, count)]).astype(float)


def test_two_grey_windows_take_turns():
    """Of contrast exp(0.5) and exp(-0.5) about a median of 128 less and more 10, every 4 slices."""
    plain = shading((24, 64), shading_scale=8.0)
    seen = shading((24, 64), shading_scale=8.0, window=0.5, window_mean=-10.0, window_run=4.0)
    gain = seen.std(axis=(1, 2)) / plain.std(axis=(1, 2))
    hard = gain > 1
    assert gain == pytest.approx(np.exp(np.where(hard, 0.5, -0.5)), rel=0.05)
    assert np.median(seen, axis=(1, 2)) == pytest.approx(np.where(hard, 118, 138), abs=0.51)
    [change] = np.nonzero(np.diff(hard))
    assert set(np.diff(change)) == {4}


def test_the_volume_has_one_grey_scale_between_the_windows():
    given = {"shading_scale": 8.0, "window": 0.5, "window_mean": -10.0, "window_run": 4.0}
    plain = shading((24, 64), shading_scale=8.0)
    np.testing.assert_array_equal(shading((24, 64), alone=False, **given), plain)


def test_a_steady_fib_sem_shows_every_slice_at_one_setting():
    """Its noise is one, between the two kinds', and no slice is brighter than another."""
    config = dataclasses.replace(SemConfig(), curtain=0.0)
    grey, charging = np.full((96, 64, 64), 100, np.uint8), np.zeros((96, 64, 64), np.uint8)
    rock = grey, charging, np.ones((64, 64), bool)
    kinds, steady = (
        render_sem(*rock, one, z0=0, seed=2).astype(float) for one in (config, config.steady())
    )
    noise = {"kinds": kinds.std(axis=(1, 2)), "steady": steady.std(axis=(1, 2))}
    assert np.ptp(noise["steady"]) / noise["steady"].mean() < 0.15
    low, high = np.percentile(noise["kinds"], [10, 90])
    assert high > 2 * low
    assert low < noise["steady"].mean() < high
    assert steady.mean(axis=(1, 2)).std() < 1
    assert kinds.mean(axis=(1, 2)).std() > 2


def test_shading_is_170_voxels_large_in_the_plane():
    """Its mean over a slice is set; so contrasts are compared."""
    large = shading((8, 510), count=1)[0, ::17, ::17]
    small = shading((8, 30), count=1, shading_scale=10.0)[0]
    assert small.std() > 10
    change = large - large.mean() - (small - small.mean())
    assert np.abs(change).max() <= 1.01  # both are rounded


def test_shading_is_200_slices_long():
    large = shading((201, 64), shading_scale=16.0)[::20]
    small = shading((11, 64), shading_scale=16.0, shading_scale_z=10.0)
    assert np.abs(np.diff(small, axis=0)).mean() > 2
    assert np.abs(large - small).max() <= 1.01


@pytest.fixture
def directions(monkeypatch):
    """What the projector is told of a plug of 30 µm: directions and errors of the stage."""
    told = []

    def project(image, angles, *, bins, pitch, shift):
        told.append((angles, shift))
        return np.zeros((len(angles), bins), np.float32)

    def nothing(sinogram, angles, *, size, rolloff):
        return np.zeros((size, size), np.float32)

    monkeypatch.setattr(txm_module, "project", project)
    monkeypatch.setattr(txm_module, "back_project", nothing)

    def look(**given):
        config = PhantomConfig(depth=8, width=64, diameter=60, txm=TxmConfig(**given))
        rock = np.zeros(config.shape, np.uint8)
        list(render_txm(rock, rock, np.ones((64, 64), bool), config, seed=1))
        return tuple(np.array(part) for part in zip(*told, strict=True))

    return look


def test_directions_err_by_a_tenth_of_a_degree_and_the_stage_by_a_pixel(directions):
    """Each for itself, and in each slice anew. The sweep of 168° begins at -6°."""
    angles, shift = directions(angles=15000)
    count = angles.shape[1]
    assert count == round(15000 * 60 * 33.6e-9 / 30e-6)
    error = angles + 6 - np.arange(count) * 168 / count
    assert len(error) == 9  # slices of the detector's grid, and the one beyond
    assert error.std() == pytest.approx(0.1, rel=0.03)
    assert shift.std() == pytest.approx(1.0, rel=0.03)
    assert abs(np.corrcoef(error.ravel(), shift.ravel())[0, 1]) < 0.05
    assert np.abs(np.corrcoef(error) - np.eye(9)).max() < 0.15
    assert np.abs(np.corrcoef(shift) - np.eye(9)).max() < 0.15
