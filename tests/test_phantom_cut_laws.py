"""Laws of how cuts are chosen and registered, each seen alone in volumes made for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from shalelib.data.patches import Patches
from shalelib.phantom import acquisition
from shalelib.phantom.acquisition import (
    AcquisitionConfig,
    _displace,
    cut_positions,
    keep_cuts,
    register_cuts,
)
from shalelib.phantom.config import PhantomConfig, TxmConfig
from shalelib.phantom.fabric_config import MEDIUM, SOFT
from shalelib.phantom.truth import true_classes, true_patches
from shalelib.phantom.txm import render_txm
from shalelib.phantom.volume import Phantom

EXACT = AcquisitionConfig(
    misalignment=(0.0, 0.0), rotation=0.0, tilt=0.0, depth_error=0.0, unpaired=0.0
)


def phantom(*, sem, charging=None):
    """A box that is all rock, with nothing in its other volumes."""
    depth, width = sem.shape[:2]
    nothing = np.zeros(sem.shape, np.uint8)
    return Phantom(
        **dict.fromkeys(("labels", "txm", "txm_slices", "sem"), nothing),
        sem_slices=sem,
        seed=0,
        charging=nothing if charging is None else charging,
        outline=np.ones((width, width), bool),
        config=PhantomConfig(depth=depth, width=width, diameter=width - 2),
    )


def registered(volume, *, seed=0, charging=None, **given):
    """Every slice of a volume as a cut."""
    return register_cuts(
        phantom(sem=volume, charging=charging),
        np.arange(float(len(volume))),
        config=dataclasses.replace(EXACT, **given),
        rng=np.random.default_rng(seed),
    )


def square(count, edge=64, half=8):
    """Slices with a bright square in the middle."""
    volume = np.zeros((count, edge, edge), np.uint8)
    volume[:, edge // 2 - half : edge // 2 + half, edge // 2 - half : edge // 2 + half] = 250
    return volume


def centres(images):
    """Centre of each bright square along y and x, from the middle [voxel]."""
    grey, place = images.astype(float), np.arange(images.shape[1]) - (images.shape[1] - 1) / 2
    total = grey.sum(axis=(1, 2))
    return [
        (grey.sum(axis=2) @ place) / total,
        (grey.sum(axis=1) @ place) / total,
    ]


def test_cuts_are_shifted_by_1_to_8_voxels_in_any_direction():
    """Lengths even between the two, directions even round the circle."""
    y, x = centres(registered(square(400), misalignment=(1.0, 8.0)).sem)
    length, direction = np.hypot(y, x), np.arctan2(y, x)
    assert length.min() > 0.9
    assert length.max() < 8.1
    assert length.mean() == pytest.approx(4.5, abs=0.4)  # four standard errors
    counts = np.histogram(direction, 8, (-np.pi, np.pi))[0]
    assert counts.min() > 25  # of 50, seven standard deviations of 7
    assert abs(np.corrcoef(y, x)[0, 1]) < 0.2


def test_cuts_are_turned_by_degrees():
    """A bar's direction has the standard deviation that was asked for, and no shift comes in."""
    volume = np.zeros((300, 64, 64), np.uint8)
    volume[:, 30:34, 8:56] = 250
    images = registered(volume, rotation=2.0).sem.astype(float)
    place = np.arange(64) - 31.5
    total = images.sum(axis=(1, 2))
    related = np.einsum("nyx,y,x->n", images, place, place) / total
    along = (images.sum(axis=1) @ place**2) / total
    turn = np.rad2deg(related / along)
    assert turn.std() == pytest.approx(2.0, rel=0.15)
    assert abs(turn.mean()) < 0.5
    assert np.abs(centres(images)).max() < 0.1


@pytest.mark.parametrize("turn", [0.3, -0.3, np.pi / 2])
def test_what_is_turned_keeps_its_size_and_its_middle(turn):
    image = np.zeros((65, 65), np.uint8)
    image[20:30, 26:46] = 200
    moved = _displace(image, np.ones(image.shape, bool), np.zeros(2), turn, 0.0).astype(float)
    assert moved.sum() == pytest.approx(image.sum(dtype=float), rel=0.01)
    before, after = (np.hypot(*(part[0] for part in centres(one[None]))) for one in (image, moved))
    assert after == pytest.approx(before, rel=0.01)
    assert not np.array_equal(moved, image)


def test_charging_is_masked_with_a_margin_of_two_voxels():
    """A pixel and what is at most two steps from it: 1 + 4 + 8."""
    charging = np.zeros((8, 20, 20), np.uint8)
    charging[3, 10, 9] = 1
    valid = registered(np.full(charging.shape, 100, np.uint8), charging=charging).valid
    assert (~valid).sum(axis=(1, 2)).tolist() == [0, 0, 0, 13, 0, 0, 0, 0]
    y, x = np.nonzero(~valid[3])
    assert (np.abs(y - 10) + np.abs(x - 9)).max() == 2


def numbered(count, edge=33):
    """Slices that hold their own number, of 200 at most."""
    number = np.arange(count, dtype=np.uint8)
    return np.broadcast_to(number[:, None, None], (count, edge, edge))


def test_cuts_are_paired_four_slices_off():
    found = registered(numbered(200), depth_error=4.0)
    off = (found.sem[:, 16, 16].astype(float) - found.slice_index)[20:-20]  # the ends hold on
    assert off.std() == pytest.approx(4.0, rel=0.15)
    assert abs(off.mean()) < 1.5


def test_cuts_are_tilted_about_both_axes_each_for_itself():
    found = registered(numbered(200), tilt=5.0, depth_error=0.0).sem[30:-30].astype(float)
    y, x = np.indices((33, 33)) - 16
    slopes = [(found * way).sum(axis=(1, 2)) / (way**2).sum() for way in (y, x)]
    for slope in slopes:
        angle = np.rad2deg(np.arctan(slope))
        assert angle.std() == pytest.approx(5.0, rel=0.2)
        assert abs(angle.mean()) < 2
    assert abs(np.corrcoef(slopes)[0, 1]) < 0.35


def test_cuts_that_could_be_registered_come_in_runs():
    """Of a normal field smoothed over 2 cuts, 0.15 of noise upon it, the better half is kept.

    How often a cut and the k-th after it are both kept or both lost follows from their
    correlation: 1 - arccos(rho) / pi, with exp(-k² / 16) of the smooth part.
    """
    count = 60_000
    cuts = np.arange(float(count))
    kept = np.isin(cuts, keep_cuts(cuts, count // 2, np.random.default_rng(1)))
    smooth = 1 / (2 * 2.0 * np.sqrt(np.pi))  # variance of white noise smoothed over 2
    for lag in (1, 2, 4):
        rho = smooth * np.exp(-(lag**2) / 16) / (smooth + 0.15**2)
        found = (kept[lag:] == kept[:-lag]).mean()
        assert found == pytest.approx(1 - np.arccos(rho) / np.pi, abs=0.008)


# Photons

EVEN = TxmConfig(
    counts_spread=0.0, counts_slope=0.0, counts_fall=0.0, jitter=0.0, wobble=0.0, smear=1e-3,
    fringe=0.0, halo=0.0,
    shading=0.0, edge=0.0, rolloff=0.0, sweep=180.0, tail=0.0, gain=1.0,
    window=0.0, window_mean=0.0,
)  # fmt: skip


def slices(counts, *, depth=30, **given):
    """Slices of an even plug, which differ by their photons alone; its middle, without its mean."""
    txm = dataclasses.replace(EVEN, counts=counts, **given)
    config = PhantomConfig(depth=depth, width=64, diameter=60, txm=txm)
    y, x = np.indices((64, 64)) - 32
    outline = y**2 + x**2 < 30**2
    rock = np.repeat((128 * outline)[None], depth, axis=0).astype(np.uint8)
    images = np.array([image for image, _ in render_txm(rock, rock, outline, config, seed=1)])
    middle = images[:, 20:44, 20:44].astype(float)
    return middle - middle.mean(axis=0)


def test_four_times_the_photons_are_half_the_noise():
    few, many = (slices(counts).std() for counts in (2e5, 8e5))
    assert many > 2  # grey levels: rounding is little beside it
    assert few / many == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(("direction", "axis"), [(0.0, 1), (90.0, 2)])
def test_the_last_rays_are_noisiest_and_their_noise_lies_along_them(direction, axis):
    """Of 12 projections each has exp(40 / 11) = 38 times the photons of the next.

    The last one, 15 degrees before the sweep would close, then holds 97% of the variance, in
    streaks along y or x: their means along it keep all of that, and rounding's share is lost.
    """
    last = {"angles": 178, "start": direction + 15.0, "counts_fall": 20.0}
    noise = slices(2e13, **last)
    assert noise.std() > 2
    along = noise.mean(axis=axis).var() / noise.var()
    across = noise.mean(axis=3 - axis).var() / noise.var()
    assert along > 0.9
    assert across < 0.1


def test_one_side_of_the_detector_has_more_photons():
    """By exp(2 d slope) of d detector half-widths; seen along the last rays, which are alone."""
    slope = 2.0
    last = {"angles": 178, "start": 15.0, "counts_fall": 20.0, "counts_slope": slope}
    noise = slices(2e13, depth=60, **last)
    column = np.log(noise.mean(axis=1).var(axis=0))
    x = np.arange(24) * 33.6 / 31.2
    found = np.polyfit(x, column, 1)[0]
    half = np.ceil(64 * 33.6 / 31.2) / 2
    assert abs(found) == pytest.approx(slope / half, rel=0.2)


def test_slices_further_apart_have_photons_of_their_own():
    """Neighbours share slices of the microscope's own grid; from three on nothing is shared."""
    noise = slices(2e5).reshape(30, -1)
    related = np.corrcoef(noise)
    apart = np.abs(np.subtract.outer(np.arange(30), np.arange(30))) >= 3
    assert np.abs(related[apart]).max() < 0.35
    assert np.diag(related, 1).mean() > 0.1


# Which rock


def test_blocks_meet_halfway_between_the_last_validated_cut_and_the_first_trained(monkeypatch):
    """To half a slice; the test block begins where it is said to."""
    told = []

    def register(phantom, cuts, *, block, config, rng):
        told.append((cuts, block))

    monkeypatch.setattr(acquisition, "register_cuts", register)
    monkeypatch.setattr(acquisition, "volume_places", lambda *_, **__: ())
    monkeypatch.setattr(acquisition, "Dataset", lambda **given: given)
    for seed in range(5):
        told.clear()
        box = phantom(sem=np.zeros((80, 12, 12), np.uint8))
        acquisition.phantom_dataset(box, config=AcquisitionConfig(cube=20), seed=seed)
        (trained, train), (validated, validation), (tested, test) = told
        halfway = (validated[-1] + trained[0]) / 2
        assert abs(validation.stop - halfway) <= 0.5
        assert (validation.start, validation.stop) == (0, train.start)
        assert (train.stop, test) == (60, range(60, 80))
        assert trained[-1] < 59.5 <= tested[0]


@pytest.mark.parametrize("voxel_size", [20e-9, 33.6e-9])
def test_cuts_are_30_to_50_nm_apart_whatever_the_voxels(voxel_size):
    config = PhantomConfig(depth=300, width=12, diameter=10, voxel_size=voxel_size)
    steps = np.diff(cut_positions(config, AcquisitionConfig(), np.random.default_rng(0)))
    nanometres = steps * voxel_size * 1e9
    assert 30 <= nanometres.min() < 32
    assert 48 < nanometres.max() <= 50


def test_a_cut_is_lost_to_a_place_at_least_as_far_as_was_said():
    """Of eleven slices one alone is ten away from the first."""
    lost = dataclasses.replace(EXACT, unpaired=1.0, unpaired_by=10)
    rng = np.random.default_rng(0)
    [place] = acquisition._places(np.array([0]), range(11), lost, rng)
    assert place.z == 10
    beyond = dataclasses.replace(lost, unpaired_by=11)
    [place] = acquisition._places(np.array([0]), range(11), beyond, rng)
    assert place.z == 0


def test_what_is_shifted_in_from_outside_is_the_level_of_the_film():
    """And it does not charge: a cut of a plug of one level, shifted by eight voxels."""
    sem = np.full((8, 40, 40), 200, np.uint8)
    box = phantom(sem=sem, charging=np.ones_like(sem))
    y, x = np.indices((40, 40)) - 19.5
    box = dataclasses.replace(box, outline=np.hypot(y, x) < 15)
    config = dataclasses.replace(EXACT, misalignment=(8.0, 8.0))
    found = register_cuts(box, np.arange(8.0), config=config, rng=np.random.default_rng(0))
    film = box.config.sem.film
    levels = found.sem[:, box.outline]
    assert 0 < film < 200
    assert levels.min() == round(film)
    assert 0.2 < (levels == round(film)).mean() < 0.4  # 1 - the share that two discs share, 0.33
    assert (levels == 200).mean() > 0.6
    assert (found.sem[:, ~box.outline] == 0).all()
    deep = ndimage.binary_erosion(found.sem[0] == round(film), iterations=4)
    assert found.valid[0][deep].all()


def test_a_cut_that_rises_along_y_shows_other_slices_along_y_alone():
    """Voxels hold their slice's number; half a slice a voxel is 3.5 slices to either end of 15."""
    volume = np.broadcast_to(np.arange(30, dtype=np.uint8)[:, None, None], (30, 15, 15))
    everywhere = np.ones((15, 15), bool)
    for axis in (0, 1):
        place = acquisition._Place(z=12.0, slope=0.5 * np.eye(2)[axis], shift=np.zeros(2), turn=0.0)
        found = acquisition._cut(volume, range(30), everywhere, place, 0.0)
        along = np.rint(12.0 + 0.5 * (np.arange(15) - 7))
        np.testing.assert_array_equal(np.moveaxis(found, axis, 0), np.repeat(along[:, None], 15, 1))


def test_a_slice_that_is_moved_by_parts_of_a_voxel_keeps_its_mean():
    """Levels between two are rounded to the nearest, not down, which would cost half a level."""
    image = np.random.default_rng(0).integers(50, 200, (64, 64)).astype(np.uint8)
    moved = _displace(image, np.ones((64, 64), bool), np.array([0.3, 0.6]), 0.0, 0.0)
    inner = np.s_[4:-4, 4:-4]
    known = ndimage.shift(image.astype(float), (0.3, 0.6), order=1)[inner].mean()
    assert moved[inner].mean() == pytest.approx(known, abs=0.03)


def test_true_classes_of_a_patch_are_those_of_its_place():
    """Rows and columns differ; what is darker than the matrix is medium, if nothing is said."""
    labels = np.random.default_rng(0).integers(0, 4, (8, 12, 12), dtype=np.uint8)
    labels[labels == 0] = SOFT
    box = dataclasses.replace(phantom(sem=labels), labels=labels)
    corner = np.array([[0, 1, 7], [1, 6, 2], [2, 8, 0]])
    grey = np.zeros((3, 4, 4), np.uint8)
    patches = Patches(
        txm=grey, sem=grey, inside=grey == 0, slice_index=np.array([5, 2, 5]), corner=corner
    )
    known = [
        labels[z, row : row + 4, column : column + 4]
        for z, (_, row, column) in zip((5, 2, 5), corner, strict=True)
    ]
    for found, one in zip(true_patches(box, patches), known, strict=True):
        np.testing.assert_array_equal(found, np.where(one == SOFT, MEDIUM, one))
    np.testing.assert_array_equal(
        true_classes(box, [3]), np.where(labels[[3]] == SOFT, MEDIUM, labels[[3]])
    )
