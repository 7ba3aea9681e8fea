"""TIFF stacks: what is written comes back mapped, and every bad file is named with a mend."""

import numpy as np
import pytest
import tifffile

from shalelib.data.read import as_volume, read_volume
from shalelib.data.slices import read_slices
from shalelib.data.stacks import read_stack, write_stack

SHAPE = (5, 12, 9)


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


def test_a_volume_and_a_folder_are_told_from_pixels_and_a_file(tmp_path):
    """Before all slices are written, and not after."""
    volume = as_volume(np.random.default_rng(0).integers(1, 256, (3, 9, 8), dtype=np.uint8))
    with pytest.raises(TypeError, match=r"is a Volume already; .* its pixels, volume\.pixels"):
        as_volume(volume)
    with pytest.raises(ValueError, match=r"of a Volume pass its pixels, volume\.pixels"):
        write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    (tmp_path / "v.tif").mkdir()
    with pytest.raises(FileExistsError, match=r"v\.tif is a folder; choose another name"):
        write_stack(tmp_path / "v.tif", volume.pixels, voxel_size=1e-8)
    written = write_stack(tmp_path / "w.tif", volume.pixels, voxel_size=1e-8)
    np.testing.assert_array_equal(read_stack(written), volume.pixels)


def test_round_trip_is_exact_and_memory_mapped(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=33.6e-9)
    back = read_stack(path, shape=SHAPE)
    assert isinstance(back, np.memmap)
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, volume)


@pytest.mark.parametrize("shape", [(1, 4, 1), (2, 1, 1), (3, 4, 1), (3, 1, 4), (1, 1, 1)])
def test_a_volume_one_voxel_wide_comes_back_as_it_was(tmp_path, shape):
    volume = np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    np.testing.assert_array_equal(read_stack(path, shape=shape), volume)


def test_imagej_reads_axes_and_voxel_size(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=33.6e-9)
    with tifffile.TiffFile(path) as tif:
        assert tif.is_imagej
        assert tif.series[0].axes == "ZYX"
        assert tif.imagej_metadata["spacing"] == pytest.approx(33.6)
        assert tif.imagej_metadata["unit"] == "nm"
    assert read_volume(path).voxel_size == pytest.approx((33.6e-9,) * 3, rel=1e-6)


def test_a_stack_keeps_how_far_its_slices_are_apart(tmp_path, volume):
    """Of three different edges each comes back in its place."""
    edges = (50e-9, 30e-9, 20e-9)
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=edges)
    assert read_volume(path).voxel_size == pytest.approx(edges, rel=1e-6)


def test_voxel_size_is_none_where_the_file_gives_none(tmp_path, volume):
    tifffile.imwrite(tmp_path / "plain.tif", volume, photometric="minisblack")
    assert read_volume(tmp_path / "plain.tif").voxel_size is None


def test_slices_are_written_as_they_come(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", iter(volume), voxel_size=1e-8, shape=SHAPE)
    np.testing.assert_array_equal(read_stack(path), volume)


@pytest.mark.parametrize("count", [4, 6])
def test_a_wrong_number_of_slices_leaves_no_file(tmp_path, volume, count):
    slices = (volume[i % 5] for i in range(count))
    with pytest.raises(ValueError, match="declared"):
        write_stack(tmp_path / "v.tif", slices, voxel_size=1e-8, shape=SHAPE)
    assert list(tmp_path.iterdir()) == []


def test_compressed_and_single_files_are_read(tmp_path, volume):
    tifffile.imwrite(tmp_path / "z.tif", volume, compression="zlib", photometric="minisblack")
    np.testing.assert_array_equal(read_stack(tmp_path / "z.tif"), volume)
    with tifffile.TiffWriter(tmp_path / "pages.tif") as tif:
        for image in volume:
            tif.write(image)
    np.testing.assert_array_equal(read_stack(tmp_path / "pages.tif"), volume)
    tifffile.imwrite(tmp_path / "one.tif", volume[0])
    np.testing.assert_array_equal(read_slices([tmp_path / "one.tif"])[0][0], volume[0])
    assert read_stack(tmp_path / "one.tif").shape == (1, 12, 9)


def test_masks_of_one_bit_read_as_zeros_and_ones(tmp_path, volume):
    tifffile.imwrite(tmp_path / "bits.tif", volume[0] > 99, photometric="minisblack")
    np.testing.assert_array_equal(read_stack(tmp_path / "bits.tif")[0], volume[0] > 99)


def test_missing_16_bit_rgb_and_wrong_size_are_named(tmp_path, volume):
    with pytest.raises(FileNotFoundError, match=r"none\.tif"):
        read_stack(tmp_path / "none.tif")
    tifffile.imwrite(tmp_path / "deep.tif", volume.astype(np.uint16), photometric="minisblack")
    with pytest.raises(ValueError, match=r"deep\.tif has pixels of type uint16.*percentiles="):
        read_stack(tmp_path / "deep.tif")
    tifffile.imwrite(tmp_path / "rgb.tif", volume[0, :, :, None].repeat(3, 2), photometric="rgb")
    with pytest.raises(ValueError, match=r"rgb\.tif is a colour image.*convert it to grey"):
        read_stack(tmp_path / "rgb.tif")
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match=r"v\.tif measures \(5, 12, 9\), expected \(5, 12, 10\)"):
        read_stack(path, shape=(5, 12, 10))
    with pytest.raises(ValueError, match="holds 5 slices"):
        read_slices([path])


@pytest.mark.parametrize("kind", ["imagej", "pages", "zlib"])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.4, 0.7, 0.98])
def test_truncated_files_are_refused(tmp_path, kind, share):
    """Cut anywhere: in the header, between pages, or in the pixels."""
    volume = np.random.default_rng(1).integers(0, 256, (6, 40, 50), dtype=np.uint8)
    path = tmp_path / "cut.tif"
    if kind == "imagej":
        write_stack(path, volume, voxel_size=1e-8)
    else:
        with tifffile.TiffWriter(path) as tif:
            for image in volume:
                tif.write(image, compression="zlib" if kind == "zlib" else None)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"cut\.tif is not a complete TIFF.*export it again"):
        read_stack(path)


def test_files_that_are_no_tiff_or_are_damaged_are_refused(tmp_path):
    path = tmp_path / "bad.tif"
    for content in (b"", b"%PDF-1.7 not an image at all", b"II*\0\xff\xff\xff\x7f"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"bad\.tif is not a complete TIFF"):
            read_stack(path)
    tifffile.imwrite(path, np.zeros((3, 64, 64), np.uint8), compression="zlib",
                     photometric="minisblack")  # fmt: skip
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[1].dataoffsets[0]
    raw = bytearray(path.read_bytes())
    raw[start : start + 8] = b"\xff" * 8
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"bad\.tif is not a complete TIFF"):
        read_stack(path)


def test_images_of_several_sizes_are_refused(tmp_path, volume):
    with tifffile.TiffWriter(tmp_path / "mix.tif") as tif:
        tif.write(volume[0])
        tif.write(volume[0, :8])
    with pytest.raises(ValueError, match=r"mix\.tif holds images of several sizes"):
        read_stack(tmp_path / "mix.tif")


def test_writing_checks_its_input(tmp_path, volume):
    with pytest.raises(TypeError, match="uint8"):
        write_stack(tmp_path / "v.tif", volume.astype(float), voxel_size=1e-8)
    with pytest.raises(ValueError, match="voxel_size"):
        write_stack(tmp_path / "v.tif", volume, voxel_size=33.6)
    with pytest.raises(ValueError, match="shape"):
        write_stack(tmp_path / "v.tif", iter(volume), voxel_size=1e-8)


def test_a_stack_of_unknown_scale_says_nothing_of_it(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=None)
    found = read_volume(path)
    assert found.voxel_size is None
    np.testing.assert_array_equal(found.pixels, volume)
