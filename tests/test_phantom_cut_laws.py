"""Laws of how cuts are chosen and registered, each seen alone in volumes made for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shalelib.phantom.acquisition import AcquisitionConfig, _displace, keep_cuts, register_cuts
from shalelib.phantom.config import PhantomConfig, TxmConfig
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
        **{"labels": nothing, "txm": nothing, "sem": sem, "seed": 0},
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
    counts_spread=0.0, counts_slope=0.0, jitter=0.0, wobble=0.0, smear=1e-3, fringe=0.0, halo=0.0,
    shading=0.0, edge=0.0, rolloff=0.0, sweep=180.0, tail=0.0, gain=1.0,
)  # fmt: skip


def slices(counts, *, depth=30, start=0):
    """Slices of an even plug, which differ by their photons alone; its middle, without its mean."""
    txm = dataclasses.replace(EVEN, counts=counts)
    config = PhantomConfig(depth=depth, width=64, diameter=60, txm=txm)
    y, x = np.indices((64, 64)) - 32
    outline = y**2 + x**2 < 30**2
    rock = np.repeat((128 * outline)[None], depth, axis=0).astype(np.uint8)
    images = np.array(list(render_txm(rock, rock, outline, config, seed=1, start=start)))
    middle = images[:, 20:44, 20:44].astype(float)
    return middle - middle.mean(axis=0)


def test_four_times_the_photons_are_half_the_noise():
    few, many = (slices(counts).std() for counts in (2e5, 8e5))
    assert many > 2  # grey levels: rounding is little beside it
    assert few / many == pytest.approx(2.0, rel=0.05)


def test_slices_further_apart_have_photons_of_their_own():
    """Neighbours share slices of the microscope's own grid; from three on nothing is shared."""
    noise = slices(2e5).reshape(30, -1)
    related = np.corrcoef(noise)
    apart = np.abs(np.subtract.outer(np.arange(30), np.arange(30))) >= 3
    assert np.abs(related[apart]).max() < 0.35
    assert np.diag(related, 1).mean() > 0.1
