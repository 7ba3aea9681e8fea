"""Arguments of another kind than most pass: narrow numbers of NumPy, odd files, odd media."""

from __future__ import annotations

import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from scipy import ndimage

from shalelib import data, flow, metrics, models
from shalelib import segmentation as seg
from shalelib.files import write_whole
from shalelib.flow.stokes import brinkman_permeability


@pytest.fixture(autouse=True)
def no_words_of_numpy():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.mark.parametrize(
    ("estimate", "plain", "narrow"),
    [
        (flow.kozeny_carman, (0.5, 100_000), (0.5, np.int32(100_000))),
        (flow.kozeny_carman, (0.5, 10**10), (0.5, np.int64(10**10))),
        (flow.katz_thompson, (1e-8, 3), (1e-8, np.uint8(3))),
        (flow.katz_thompson, (1e-8, 10), (1e-8, np.float16(10))),
        (flow.slit_estimate, (0.125, 0.25), (np.float16(0.125), np.float16(0.25))),
        (flow.tube_estimate, (0.125, 0.25), (np.float32(0.125), np.array(0.25))),
        (flow.archie_exponent, (25, 0.25), (np.uint8(25), Fraction(1, 4))),
    ],
)
def test_an_estimate_of_narrow_numbers_is_that_of_plain_ones(estimate, plain, narrow):
    found = estimate(*narrow)
    assert type(found) is float
    assert found == estimate(*plain)


def test_the_knudsen_number_of_a_narrow_path_is_finite():
    width = np.full((3, 3, 3), 5.0)
    path = np.float16(1e-6)
    found = flow.local_knudsen(width, mean_free_path=path, voxel_size=1e-8)
    np.testing.assert_array_equal(found, float(path) / 1e-8 / 5)


def test_a_narrow_pressure_drop_is_the_plain_one():
    pore = np.zeros((3, 4, 3), bool)
    pore[:, 1:3] = True
    drop = np.float16(0.08)
    place = {"voxel_size": 1e-8, "sides": "periodic", "slip": flow.NO_SLIP}
    found = flow.permeability(pore, pressure_drop=drop, **place)
    assert (
        found.permeability
        == flow.permeability(pore, pressure_drop=float(drop), **place).permeability
    )


def test_narrow_counts_of_a_flow_are_the_plain_ones():
    pore = np.zeros((3, 12, 12), bool)
    pore[:, 1:-1, 1:-1] = True
    options = flow.SolverOptions(vectors=np.uint8(14), max_steps=np.uint16(60_000))
    assert options == flow.SolverOptions(vectors=14, max_steps=60_000)
    place = {"voxel_size": 1e-8, "ends": "pressure", "slip": flow.NO_SLIP}
    found = flow.permeability(pore, buffer=np.uint8(2), options=options, **place)
    assert (
        found.permeability
        == flow.permeability(pore, buffer=2, options=options, **place).permeability
    )


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32])
def test_the_memory_of_a_translation_does_not_overflow(kind):
    edges = 200 if kind is np.uint8 else 1500
    generator = models.load_generator("three_planes_phantom")
    found = models.translation_memory(generator, np.array([edges] * 3, kind))
    assert type(found) is int
    assert found == models.translation_memory(generator, (edges,) * 3)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int8])
def test_tiles_counted_in_narrow_numbers_are_the_plain_ones(tmp_path, kind):
    txm = np.random.default_rng(0).integers(1, 255, (1, 40, 44), dtype=np.uint8)
    generator = models.load_generator("pix2pix_phantom")
    plain = models.translate_volume(generator, txm, tmp_path / "a.npy", tile=32, overlap=16)
    tiles = {"tile": kind(32), "overlap": kind(16), "slab": kind(1)}
    found = models.translate_volume(generator, txm, tmp_path / "b.npy", **tiles)
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint16, np.uint64])
def test_patches_of_a_narrow_size_are_drawn_from_the_same_places(toy_pairs, kind):
    sizes = (32, kind(32))
    plain, narrow = (data.PatchSampler(toy_pairs, size=size) for size in sizes)
    assert narrow.acceptance == plain.acceptance
    draws = [one.draw(3, rng=np.random.default_rng(0)) for one in (plain, narrow)]
    np.testing.assert_array_equal(draws[0].txm, draws[1].txm)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint64])
def test_a_joint_histogram_of_a_narrow_number_of_bins_is_the_plain_one(kind):
    grey = np.random.default_rng(0).integers(0, 256, (2, 5, 5), dtype=np.uint8)
    found = metrics.joint_histogram(grey[0], grey[1], bins=kind(16))
    np.testing.assert_array_equal(found, metrics.joint_histogram(grey[0], grey[1], bins=16))


def test_a_floor_may_be_a_fraction():
    found = metrics.kl_from_counts([1, 2], [2, 1], floor=Fraction(1, 4))
    assert found == metrics.kl_from_counts([1, 2], [2, 1], floor=0.25)


@pytest.mark.parametrize(
    "solve",
    [
        lambda: flow.stokes_permeability(np.ones((4, 4, 4), bool)),
        lambda: brinkman_permeability(np.full((4, 4, 4), np.inf)),
    ],
)
def test_a_medium_that_resists_nowhere_has_no_permeability(solve):
    with pytest.raises(ValueError, match=r"there is no wall .* add solid round"):
        solve()


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (500.0, ValueError, r"write 500 \* shalelib.flow.NANODARCY"),
        (True, TypeError, "a number, got True"),
        ("a", TypeError, "a number, got 'a'"),
        (None, TypeError, "a number, got None"),
        (np.array([1.0, 2.0]), TypeError, "a number, got an array"),
        (float("nan"), ValueError, "got nan"),
    ],
)
def test_a_permeability_in_another_unit_or_of_no_number_is_refused(value, kind, words):
    with pytest.raises(kind, match=words):
        flow.phase_permeability(np.zeros((2, 2, 2), np.uint8), {0: value})


@pytest.mark.parametrize("value", [flow.VOID, np.float32(np.inf), flow.SOLID, 0, 1e-20])
def test_permeabilities_that_are_none_or_endless_are_taken(value):
    found = flow.phase_permeability(np.zeros((2, 2, 2), np.uint8), {0: value})
    assert (found == float(value)).all()


@pytest.mark.parametrize("kind", [np.float16, np.longdouble])
def test_permeabilities_of_other_floats_are_solved_as_doubles(kind):
    voxels = np.full((4, 4, 4), np.inf)
    voxels[:, 0] = 0
    found = flow.microporous_permeability(voxels.astype(kind), voxel_size=1e-8)
    assert found == flow.microporous_permeability(voxels, voxel_size=1e-8)


def test_the_pores_of_a_periodic_domain_flow_as_the_refusal_says():
    pore = np.zeros((3, 4, 4), bool)
    pore[:, 1:3] = True
    domain = flow.domain_from_mask(pore, sides="periodic")
    with pytest.raises(ValueError, match="for the flow of these pores pass them here") as refusal:
        flow.permeability(domain, voxel_size=1e-8, slip=flow.NO_SLIP)
    said = re.search(r"pass them here, (axis=.*?);", str(refusal.value))[1]
    place = eval(f"dict({said})") | {"slip": flow.NO_SLIP}
    found = flow.permeability(domain, voxel_size=1e-8, **place)
    assert found.permeability == flow.permeability(pore, voxel_size=1e-8, **place).permeability


@pytest.mark.parametrize("read", [data.read_volume, data.read_mask, seg.read_label_image])
def test_a_png_that_is_shown_turned_is_refused(tmp_path, read):
    exif = Image.Exif()
    exif[274] = 6
    picture = np.random.default_rng(0).integers(0, 5, (12, 9), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "e.png", exif=exif)
    with pytest.raises(ValueError, match="turned by 90 degrees clockwise"):
        read(tmp_path / "e.png")


def test_bands_are_neither_masked_nor_lost_in_half_floats():
    bands = np.random.default_rng(0).random((2, 16, 16)).astype(np.float16)
    found = metrics.band_terms(*(bands * np.float16(300)), constant=Fraction(1, 1000))
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    with pytest.raises(TypeError, match="first is a masked array"):
        metrics.band_terms(np.ma.masked_less(bands[0], 0.2), bands[1])


@pytest.mark.parametrize(
    "values",
    [
        np.array([1 + 1j, 2, 3]),
        ["1", "2", "3"],
        np.array(["2020", "2021", "2023"], "M8[Y]"),
    ],
)
@pytest.mark.parametrize(
    "compute",
    [
        metrics.student_mean,
        lambda values: metrics.kl_from_counts(values, [1, 2, 3]),
        lambda values: metrics.bootstrap_mean(values, [0, 1, 2]),
        lambda values: metrics.common_edges(values, [1.0, 2.0]),
    ],
)
def test_what_is_no_real_number_is_not_computed_with(values, compute):
    with pytest.raises((TypeError, ValueError), match="numbers"):
        compute(values)


def test_a_confusion_counts_any_integers():
    truth, found = np.array([1, 1, 2], np.uint8), np.array([1, 2, 2])
    tables = [seg.confusion(truth, found.astype(kind)) for kind in (np.uint8, np.uint64)]
    np.testing.assert_array_equal(*tables)


def test_a_generator_is_loaded_onto_a_device_of_this_name():
    generator = models.load_generator("pix2pix_phantom", device="cpu")
    assert next(generator.parameters()).device.type == "cpu"
    with pytest.raises(TypeError, match="write 'cpu' or 'cuda'"):
        models.load_generator("pix2pix_phantom", device=0)
    with pytest.raises(ValueError, match=r"torch has no device 'gpu'.*; write 'cpu' or 'cuda'"):
        models.load_generator("pix2pix_phantom", device="gpu")


def test_a_seed_of_more_bits_than_torch_has_is_refused():
    txm = np.random.default_rng(0).integers(1, 255, (1, 8, 8), dtype=np.uint8)
    generator = models.load_generator("pix2pix_phantom", device="cpu")
    with pytest.raises(ValueError, match="seed must be a whole number, 0 to "):
        models.translate(generator, txm, seed=2**70)


def test_pieces_of_a_domain_are_solved_without_a_word_of_their_corners():
    pore = np.ones((4, 8, 4), bool)
    pore[:, ::4] = False
    domain = flow.domain_from_mask(pore)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = flow.ratio_of_pieces(domain, voxel_size=1e-7, edge=4, slip=flow.NO_SLIP)
    assert len(found.pieces) == 2


def test_a_missing_classifier_is_said_with_how_to_make_one(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"there is no classifier .* train_classifier and save"
    ):
        seg.load_classifier(tmp_path / "typo.npz")


def test_a_folder_in_place_of_a_file_to_be_written_is_said(tmp_path):
    with pytest.raises(OSError, match="is a folder, where a file is to be written; name a file"):
        write_whole(tmp_path, b"bytes")
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*"))


def test_masks_of_no_folder_are_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nope/train has neither a folder txm nor a stack"):
        data.load_masks(tmp_path / "nope", "train")


@pytest.mark.parametrize("shape", [4, (4.0, 1.0, 5.0), (3,), (0, 5), (1, 1, 4, 5)])
def test_labels_in_a_shape_that_is_none_are_refused(tmp_path, shape):
    tifffile.imwrite(tmp_path / "l.tif", np.ones((5, 1, 5), np.uint8), photometric="minisblack")
    with pytest.raises((TypeError, ValueError), match=r"^shape must be .*\(y, x\) or \(z, y, x\)"):
        seg.read_label_image(tmp_path / "l.tif", shape=shape)


def test_labels_in_a_shape_given_as_an_array_are_read(tmp_path):
    tifffile.imwrite(tmp_path / "l.tif", np.ones((4, 6, 5), np.uint8), photometric="minisblack")
    found = seg.read_label_image(tmp_path / "l.tif", shape=np.array([4, 6, 5]))
    assert found.shape == (4, 6, 5)


@pytest.mark.parametrize("shape", [(), (3,), (1, 2, 3, 4)])
def test_labels_of_other_axes_are_refused(tmp_path, shape):
    np.save(tmp_path / "l.npy", np.ones(shape, np.uint8))
    with pytest.raises(ValueError, match=r"must have the axes \(y, x\) or \(z, y, x\), got shape"):
        seg.read_label_image(tmp_path / "l.npy")


def test_two_masks_have_a_dice_coefficient():
    first, second = np.random.default_rng(0).random((2, 6, 6)) < 0.5
    plain = metrics.dice(first.astype(np.uint8), second.astype(np.uint8), 1)
    assert metrics.dice(first, second, 1) == metrics.dice(first, second.astype(int), 1) == plain


def test_small_images_are_aligned_without_a_word_of_how_far():
    grey = ndimage.gaussian_filter(np.random.default_rng(0).random((48, 48)), 2)
    grey = np.interp(grey, (grey.min(), grey.max()), (1, 255)).astype(np.uint8)
    moved = np.roll(grey, 3, axis=0)
    found = data.find_shift(moved, grey)
    assert found == data.find_shift(moved, grey, max_shift=47)
    assert round(found.rows) == 3
    volume = np.stack([grey.T, moved, grey.T[::-1]])
    match = data.find_slice(moved, volume, z_range=np.array([0, 3]))
    assert match.z == 1
    assert type(match.z) is int


@pytest.mark.parametrize("step", [float("nan"), float("inf"), None])
def test_a_shift_that_is_no_number_is_refused(step):
    shift = data.Shift(rows=step, columns=0, score=1)
    with pytest.raises((TypeError, ValueError), match=r"Shift\.rows must be finite, a number"):
        data.apply_shift(np.eye(8, dtype=np.uint8), shift)


def test_axes_are_given_as_any_row_of_integers():
    pore = np.zeros((3, 4, 4), bool)
    pore[:, 1:3, 1:3] = True
    place = {"voxel_size": 1e-8, "slip": flow.NO_SLIP}
    found = flow.permeability_along_axes(pore, axes=np.zeros(1, np.uint8), **place)
    assert [type(axis) for axis in found] == [int]
    for axes in (0, "012", ()):
        with pytest.raises((TypeError, ValueError), match=r"axes .* such as"):
            flow.permeability_along_axes(pore, axes=axes, **place)


def test_a_choice_may_be_a_number_of_numpy():
    images = np.random.default_rng(0).random((2, 6, 6)) < 0.5
    found = metrics.minkowski(images, connectivity=np.int64(8), frame=np.False_)
    np.testing.assert_array_equal(found, metrics.minkowski(images, connectivity=8))
    assert flow.SolverOptions(precondition=np.True_) == flow.SolverOptions()
    with pytest.raises(ValueError, match="connectivity must be 4 or 8"):
        metrics.minkowski(images, connectivity=np.True_)


@pytest.mark.parametrize("law", [lambda _: None, lambda kn: -kn, lambda _: 1.0, lambda kn: kn * 1j])
def test_a_slip_law_that_returns_no_numbers_is_refused(law):
    pore = np.zeros((3, 4, 4), bool)
    pore[:, 1:3, 1:3] = True
    model = flow.SlipModel(name="mine", c1=1.0, c2=0.0, effective=law)
    with pytest.raises(ValueError, match=r"effective of 'mine' must return a positive, finite"):
        flow.permeability(pore, voxel_size=1e-7, slip=model)


@pytest.mark.parametrize(
    ("inputs", "kind", "words"),
    [
        (np.ones((1, 1, 8, 8)), TypeError, r"write torch\.from_numpy"),
        (torch.ones((1, 1, 8, 8), dtype=torch.int64), ValueError, r"write inputs\.float\(\)"),
    ],
)
def test_a_jacobian_of_what_holds_no_floats_is_refused(inputs, kind, words):
    with pytest.raises(kind, match=words):
        models.forward_with_norm(lambda x: x, inputs, generator=torch.Generator())


def test_a_level_may_be_a_fraction():
    level = Fraction(9, 10)
    found = metrics.student_mean([1.0, 2.0, 3.0], level=level)
    assert found == metrics.student_mean([1.0, 2.0, 3.0], level=0.9)
    found = metrics.bootstrap_mean([1.0, 2.0, 3.0], [0, 1, 2], level=level)
    assert found == metrics.bootstrap_mean([1.0, 2.0, 3.0], [0, 1, 2], level=0.9)
