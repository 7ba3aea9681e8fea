"""Translating volumes: slice by slice, in tiles, memory-mapped, killed and resumed."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from shalelib import models
from shalelib.data.read import read_volume
from shalelib.data.stacks import read_stack, write_stack
from shalelib.models import translation, volumes
from shalelib.models.inference import predict
from shalelib.models.networks import Generator, ResnetGenerator, initialise
from shalelib.models.translation import LARGEST, MEMORY, PER_PIXEL, fitting_batch
from shalelib.models.volumes import median_along_z, translate_volume


def random_volume(shape=(10, 36, 44), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def generator():
    network = ResnetGenerator(2, dropout=0.5)
    initialise(network, seed=0)
    with torch.no_grad():  # weights of 0.02 give a grey that hardly depends on the input
        for parameter in network.parameters():
            parameter.mul_(4)
    return network.eval()


class Blur(Generator):
    """A mean of 5 x 5 pixels: sees two pixels far, and no mean of the whole image."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 5, padding=2, padding_mode="reflect", bias=False)
        nn.init.constant_(self.layer.weight, 1 / 25)

    def forward(self, x):
        return self.layer(x)


# What comes out


def test_small_slices_come_out_as_translated_whole(tmp_path, generator):
    txm = random_volume()
    found = translate_volume(generator, txm, tmp_path / "v.npy", slab=8)
    np.testing.assert_array_equal(found, predict(generator, txm))
    assert found.std() > 5  # not one grey


def test_the_result_is_a_read_only_map_of_the_file_and_leaves_no_other(tmp_path, generator):
    found = translate_volume(generator, random_volume(), tmp_path / "v.npy")
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert sorted(p.name for p in tmp_path.iterdir()) == ["v.npy", "v.npy.json"]
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), found)


@pytest.mark.parametrize("shape", [(2, 150, 64), (2, 64, 151), (2, 133, 150), (1, 65, 257)])
@pytest.mark.parametrize("overlap", [16, 32])
def test_tiles_of_a_network_that_sees_less_than_a_quarter_overlap_are_the_whole(
    tmp_path, shape, overlap
):
    """It sees two pixels, so the blended tiles agree but for rounding."""
    txm = random_volume(shape)
    found = translate_volume(Blur(), txm, tmp_path / "v.npy", tile=64, overlap=overlap)
    assert np.abs(found.astype(int) - predict(Blur(), txm)).max() <= 1


def test_without_overlap_tiles_show_their_own_edges_alone(tmp_path):
    txm = random_volume((2, 128, 128))
    found = translate_volume(Blur(), txm, tmp_path / "v.npy", tile=64, overlap=0).astype(int)
    different = np.abs(found - predict(Blur(), txm)) > 1
    edge = np.zeros((128, 128), bool)
    edge[62:66] = edge[:, 62:66] = True
    assert different.any()
    assert not different[:, ~edge].any()


def test_tiles_of_a_network_with_instance_normalisation_are_close_to_the_whole(tmp_path):
    """Its mean over a tile is not that over the slice; tiles must differ less than shuffled rock.

    The bound is the change that a shift by one pixel makes, which nobody would see.
    """
    network = ResnetGenerator(4)
    initialise(network, seed=1)
    txm = ndimage.gaussian_filter(random_volume((2, 192, 192)).astype(float), (0, 2, 2))
    txm = np.clip(128 + 8 * (txm - 128), 0, 255).astype(np.uint8)
    whole = predict(network, txm).astype(int)
    tiled = translate_volume(network, txm, tmp_path / "v.npy", tile=128, overlap=64).astype(int)
    assert np.abs(tiled - whole).mean() < np.abs(whole[..., 1:] - whole[..., :-1]).mean()


def test_no_seam_stands_out_between_tiles(tmp_path, generator):
    """The step across the middle of the overlap is no larger than steps elsewhere."""
    txm = random_volume((4, 64, 160))
    found = translate_volume(generator, txm, tmp_path / "v.npy", tile=96, overlap=32).astype(int)
    steps = np.abs(np.diff(found, axis=2)).mean(axis=(0, 1))
    assert steps[60:100].max() < 1.5 * steps.mean()


@pytest.mark.parametrize("shape", [(1, 5, 5), (3, 5, 7), (2, 37, 50)])
def test_any_size(tmp_path, generator, shape):
    assert translate_volume(generator, random_volume(shape), tmp_path / "v.npy").shape == shape


def test_a_mapped_read_only_or_strided_volume_gives_the_same(tmp_path, generator):
    txm = random_volume()
    expected = translate_volume(generator, txm, tmp_path / "v.npy")
    write_stack(tmp_path / "txm.tif", txm, voxel_size=1e-8)
    mapped = read_stack(tmp_path / "txm.tif")
    assert isinstance(mapped, np.memmap)
    for k, same in enumerate((mapped, np.asfortranarray(txm), txm[::-1][::-1])):
        found = translate_volume(generator, same, tmp_path / f"{k}.npy")
        np.testing.assert_array_equal(found, expected)


def test_dropout_as_published_is_reproducible_and_differs_from_slab_to_slab(tmp_path, generator):
    txm = np.repeat(random_volume((1, 32, 32)), 4, axis=0)
    options = {"inference": "as_published", "slab": 2}
    one = translate_volume(generator, txm, tmp_path / "1.npy", seed=5, **options)
    two = translate_volume(generator, txm, tmp_path / "2.npy", seed=5, **options)
    other = translate_volume(generator, txm, tmp_path / "3.npy", seed=6, **options)
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    assert (one[:2] != one[2:]).any()


# Killed and resumed


class KilledError(Exception):
    """Stands for the kill."""


def kill_after(monkeypatch, calls):
    """Make the translation of the next slab fail after so many."""
    real, count = volumes.predict, iter(range(calls))

    def translate_or_die(*args, **options):
        if next(count, None) is None:
            raise KilledError
        return real(*args, **options)

    monkeypatch.setattr(volumes, "predict", translate_or_die)


@pytest.mark.parametrize("options", [{}, {"inference": "as_published", "seed": 3}])
@pytest.mark.parametrize("calls", [0, 1, 3])
def test_killed_and_resumed_gives_the_same_bytes(tmp_path, monkeypatch, generator, options, calls):
    txm = random_volume()
    translate_volume(generator, txm, tmp_path / "straight.npy", slab=3, **options)
    out = tmp_path / "killed.npy"
    with monkeypatch.context() as patched:
        kill_after(patched, calls)
        with pytest.raises(KilledError):
            translate_volume(generator, txm, out, slab=3, **options)
    assert not out.exists()
    seen = []
    real = volumes.predict
    monkeypatch.setattr(volumes, "predict", lambda *a, **k: seen.append(1) or real(*a, **k))
    translate_volume(generator, txm, out, slab=3, **options)
    assert out.read_bytes() == (tmp_path / "straight.npy").read_bytes()
    assert len(seen) == 4 - calls  # what was done is not done again


def test_killed_between_the_slices_and_their_record_gives_the_same_bytes(
    tmp_path, monkeypatch, generator
):
    """The slab is on disk, the record does not say so: it is translated again."""
    txm = random_volume()
    translate_volume(generator, txm, tmp_path / "straight.npy", slab=3)
    real, count = volumes.write_json, iter(range(2))

    def write_or_die(*args):
        if next(count, None) is None:
            raise KilledError
        real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(volumes, "write_json", write_or_die)
        with pytest.raises(KilledError):
            translate_volume(generator, txm, tmp_path / "killed.npy", slab=3)
    translate_volume(generator, txm, tmp_path / "killed.npy", slab=3)
    assert (tmp_path / "killed.npy").read_bytes() == (tmp_path / "straight.npy").read_bytes()


@pytest.mark.parametrize("change", ["volume", "generator", "slab", "inference"])
def test_the_part_of_another_translation_is_not_resumed(tmp_path, monkeypatch, generator, change):
    txm, out = random_volume(), tmp_path / "v.npy"
    with monkeypatch.context() as patched:
        kill_after(patched, 2)
        with pytest.raises(KilledError):
            translate_volume(generator, txm, out, slab=3)
    options = {"slab": 3}
    if change == "volume":
        txm = 255 - txm
    elif change == "generator":
        generator = ResnetGenerator(2, dropout=0.5)
        initialise(generator, seed=9)
    elif change == "slab":
        options = {"slab": 5}
    else:
        options["inference"] = "as_published"
    found = translate_volume(generator, txm, out, **options)
    fresh = translate_volume(generator, txm, tmp_path / "fresh.npy", **options)
    np.testing.assert_array_equal(found, fresh)


def test_a_volume_that_is_finished_is_not_translated_again(tmp_path, monkeypatch, generator):
    txm, out = random_volume(), tmp_path / "v.npy"
    before = np.array(translate_volume(generator, txm, out))
    kill_after(monkeypatch, 0)
    np.testing.assert_array_equal(translate_volume(generator, txm, out), before)
    with pytest.raises(KilledError):
        translate_volume(generator, 255 - txm, out)


@pytest.mark.parametrize("again", [{}, {"slab": 3}])
def test_a_volume_whose_retranslation_was_killed_at_once_can_be_translated(
    tmp_path, monkeypatch, generator, again
):
    txm, out = random_volume(), tmp_path / "v.npy"
    before = np.array(translate_volume(generator, txm, out))
    with pytest.raises(ValueError, match="inference must be"):
        translate_volume(generator, txm, out, inference="as-published")
    with monkeypatch.context() as patched:
        kill_after(patched, 0)
        np.testing.assert_array_equal(translate_volume(generator, txm, out), before)  # is there
        with pytest.raises(KilledError):
            translate_volume(generator, 255 - txm, out)
    np.testing.assert_array_equal(translate_volume(generator, txm, out, **again), before)


def test_an_earlier_volume_stays_until_the_new_one_is_whole(tmp_path, monkeypatch, generator):
    txm, out = random_volume(), tmp_path / "v.npy"
    before = np.array(translate_volume(generator, txm, out))
    kill_after(monkeypatch, 1)
    with pytest.raises(KilledError):
        translate_volume(generator, 255 - txm, out, slab=3)
    np.testing.assert_array_equal(np.load(out), before)


@pytest.mark.parametrize("damage", ["record", "cut", "empty"])
def test_a_damaged_part_is_begun_anew(tmp_path, monkeypatch, generator, damage):
    txm, out = random_volume(), tmp_path / "v.npy"
    with monkeypatch.context() as patched:
        kill_after(patched, 2)
        with pytest.raises(KilledError):
            translate_volume(generator, txm, out, slab=3)
    part = tmp_path / "v.npy.part"
    if damage == "record":
        (tmp_path / "v.npy.json").write_text("{")
    else:
        part.write_bytes(part.read_bytes()[:500] if damage == "cut" else b"")
    found = translate_volume(generator, txm, out, slab=3)
    fresh = translate_volume(generator, txm, tmp_path / "fresh.npy", slab=3)
    np.testing.assert_array_equal(found, fresh)


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_a_finished_volume_that_was_damaged_since_is_translated_again(tmp_path, generator, damage):
    txm, out = random_volume(), tmp_path / "v.npy"
    before = np.array(translate_volume(generator, txm, out))
    if damage == "other":
        np.save(out, before[:3])
    else:
        out.write_bytes(out.read_bytes()[:500] if damage == "cut" else b"")
    np.testing.assert_array_equal(translate_volume(generator, txm, out), before)


def test_the_record_of_a_part_that_was_deleted_does_not_vouch_for_an_earlier_volume(
    tmp_path, monkeypatch, generator
):
    txm, out = random_volume(), tmp_path / "v.npy"
    before = np.array(translate_volume(generator, txm, out))
    with monkeypatch.context() as patched:
        kill_after(patched, 1)
        with pytest.raises(KilledError):
            translate_volume(generator, 255 - txm, out, slab=3)
    (tmp_path / "v.npy.part").unlink()
    assert (translate_volume(generator, 255 - txm, out, slab=3) != before).any()


def test_progress_shows_slices_and_starts_where_it_was_stopped(
    tmp_path, monkeypatch, generator, capsys
):
    txm, out = random_volume(), tmp_path / "v.npy"
    with monkeypatch.context() as patched:
        kill_after(patched, 1)
        with pytest.raises(KilledError):
            translate_volume(generator, txm, out, slab=4)
    assert capsys.readouterr().err == ""
    translate_volume(generator, txm, out, slab=4, progress=True)
    said = capsys.readouterr().err
    assert "4/10" in said
    assert "10/10" in said


# Bad input


@pytest.mark.parametrize(
    "options", [{"tile": 30}, {"overlap": 6}, {"tile": 64, "overlap": 36}, {"slab": 0}]
)
def test_sizes_that_do_not_fit_are_refused(tmp_path, generator, options):
    with pytest.raises(ValueError, match=r"multiples of 4|slab must be a whole number"):
        translate_volume(generator, random_volume(), tmp_path / "v.npy", **options)


def test_what_is_no_grey_volume_is_refused(tmp_path, generator):
    with pytest.raises(TypeError, match="uint8"):
        translate_volume(generator, random_volume().astype(float), tmp_path / "v.npy")
    for wrong in (random_volume()[0], random_volume()[:0]):
        with pytest.raises(ValueError, match=r"3 dimensions|empty"):
            translate_volume(generator, wrong, tmp_path / "v.npy")
    assert list(tmp_path.iterdir()) == []


# Median


def test_the_median_is_scipys_along_z_alone():
    volume = random_volume((7, 9, 8))
    expected = ndimage.median_filter(volume, footprint=np.ones((3, 1, 1)), mode="nearest")
    np.testing.assert_array_equal(median_along_z(volume), expected)
    inner = np.median(np.stack([volume[:-2], volume[1:-1], volume[2:]]), axis=0)
    np.testing.assert_array_equal(median_along_z(volume)[1:-1], inner)


def test_the_median_takes_out_a_single_slice_and_keeps_steps():
    volume = np.full((9, 4, 4), 50, np.uint8)
    volume[5:] = 200
    stained = volume.copy()
    stained[2] = 255
    np.testing.assert_array_equal(median_along_z(stained), volume)
    np.testing.assert_array_equal(median_along_z(volume), volume)


def test_the_median_turns_with_the_slices_and_leaves_its_input():
    volume = random_volume((6, 5, 5))
    before = volume.copy()
    turned = median_along_z(np.rot90(volume, axes=(1, 2)))
    np.testing.assert_array_equal(turned, np.rot90(median_along_z(volume), axes=(1, 2)))
    np.testing.assert_array_equal(volume, before)
    with pytest.raises(TypeError, match="uint8"):
        median_along_z(volume.astype(float))


# Output


def test_a_translated_volume_goes_to_tiff_with_axes_and_voxel_size(tmp_path, generator):
    found = translate_volume(generator, random_volume(), tmp_path / "v.npy")
    path = write_stack(tmp_path / "v.tif", found, voxel_size=33.6e-9)
    np.testing.assert_array_equal(read_stack(path), found)
    assert read_volume(path).edge == pytest.approx(33.6e-9, rel=1e-6)


@pytest.mark.parametrize("where", [0, 5, -1])
def test_a_byte_that_changed_in_a_finished_volume_is_mended(tmp_path, generator, where):
    """Its length and its record say nothing of it; the digest of its slab does."""
    txm, out = random_volume(), tmp_path / "v.npy"
    expected = np.array(translate_volume(generator, txm, out, slab=3))
    raw = np.load(out)
    raw[where, 0, 0] ^= 1
    np.save(out, raw)
    np.testing.assert_array_equal(translate_volume(generator, txm, out, slab=3), expected)


# ------------------------------------------------------------------- the same in memory


def test_a_plug_is_refused_without_its_mask_and_black_outside_with_it(generator):
    txm = np.random.default_rng(0).integers(1, 256, (2, 48, 48), dtype=np.uint8)
    y, x = np.mgrid[:48, :48] - 23.5
    rock = np.broadcast_to(np.hypot(y, x) < 20, txm.shape)
    txm[~rock] = 0
    with pytest.raises(ValueError, match=r"outside the rock.*rock="):
        models.translate(generator, txm)
    found = models.translate(generator, txm, rock=rock)
    np.testing.assert_array_equal(found, np.where(rock, predict(generator, txm), 0))
    with pytest.raises(ValueError, match="the mask of this volume"):
        models.translate(generator, txm, rock=rock[:1])


def test_an_image_of_any_size_is_that_of_its_mirrored_continuation(generator):
    """Heights and widths of all remainders by 4, the size that the networks halve twice."""
    txm = random_volume((2, 28, 28))
    for height, width in ((25, 26), (26, 27), (27, 25)):
        cut = txm[:, :height, :width]
        whole = np.pad(cut, ((0, 0), (0, 28 - height), (0, 28 - width)), mode="reflect")
        expected = models.translate(generator, whole)[:, :height, :width]
        np.testing.assert_array_equal(models.translate(generator, cut), expected)


def test_images_are_translated_in_the_batch_that_is_asked_for(monkeypatch, generator):
    taken = []

    def watched(given, txm, *, batch, **options):
        taken.append(batch)
        return predict(given, txm, batch=batch, **options)

    monkeypatch.setattr(translation, "predict", watched)
    txm = random_volume((3, 16, 16))
    models.translate(generator, txm, batch=2)
    models.translate(generator, txm)
    assert taken == [2, fitting_batch(txm.shape)]


def test_a_batch_takes_no_more_than_two_gigabytes_or_one_image():
    for edge in (16, 512, 1024, 2048, 8192):
        size = fitting_batch((9, edge, edge))
        assert size == 1 or size * PER_PIXEL * edge**2 <= MEMORY
        assert size == LARGEST or (size + 1) * PER_PIXEL * edge**2 > MEMORY
