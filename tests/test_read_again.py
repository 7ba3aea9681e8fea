"""Files that were read as something else: sets as masks, renamed axes, windows, moved rims."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import tifffile

from shalelib.data.align import Shift, apply_shift
from shalelib.data.masks import read_mask
from shalelib.data.read import as_volume, read_volume
from shalelib.segmentation import UNLABELLED, read_label_image
from shalelib.segmentation.labels import labels_of_slices
from shalelib.tiff import _recoloured

NM = 1e-9


def ome_set(folder, name, slices):
    """Write an OME-TIFF set: one slice a file, each file naming all of them."""
    uuid = [f"urn:uuid:00000000-0000-0000-0000-{z:012d}" for z in range(len(slices))]
    files = [folder / f"{name}_z{z}.ome.tif" for z in range(len(slices))]
    places = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{file.name}">'
        f"{uuid[z]}</UUID></TiffData>"
        for z, file in enumerate(files)
    )
    height, width = slices[0].shape
    for z, file in enumerate(files):
        about = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuid[z]}"><Image ID="Image:0"><Pixels ID="Pixels:0" '
            f'DimensionOrder="XYZCT" Type="uint8" SizeX="{width}" SizeY="{height}" '
            f'SizeZ="{len(slices)}" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" '
            f'SamplesPerPixel="1"/>{places}</Pixels></Image></OME>'
        )
        tifffile.imwrite(file, slices[z], description=about, metadata=None)
    return files[0]


def test_a_mask_that_is_a_set_of_files_is_read_whole(tmp_path):
    mask = np.arange(4)[:, None, None] >= np.zeros((4, 6, 5)) + np.arange(6)[:, None] / 2
    first = ome_set(tmp_path, "mask", list(mask.astype(np.uint8)))
    np.testing.assert_array_equal(read_mask(first), mask)
    np.testing.assert_array_equal(read_mask(first, shape=mask.shape), mask)
    grey = np.random.default_rng(0).integers(60, 120, mask.shape)
    grey = ome_set(tmp_path, "txm", list(np.where(mask, grey, 0).astype(np.uint8)))
    np.testing.assert_array_equal(read_volume(grey, mask=first).inside, mask)


def test_labels_that_are_a_set_of_files_are_read_whole(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 6, (4, 6, 5), dtype=np.uint8)
    first = ome_set(tmp_path, "labels", list(drawn))
    classes = np.where(drawn, drawn.astype(int) - 1, UNLABELLED)
    np.testing.assert_array_equal(read_label_image(first), classes)
    np.testing.assert_array_equal(read_label_image(first, shape=drawn.shape), classes)
    with pytest.raises(ValueError, match="label the same slices"):
        read_label_image(first, shape=drawn.shape[1:])


def test_labels_of_a_set_are_read_one_by_one_where_each_is_a_slice(tmp_path):
    """As in a folder of labels; there a set need not be complete either."""
    drawn = np.random.default_rng(0).integers(1, 6, (4, 6, 5), dtype=np.uint8)
    ome_set(tmp_path, "labels", list(drawn))
    files = sorted(tmp_path.iterdir())
    for chosen in (files, files[2:]):
        found = labels_of_slices(chosen, shape=drawn.shape[1:])
        np.testing.assert_array_equal(found, drawn[-len(chosen) :] - 1)
    files[1].unlink()
    np.testing.assert_array_equal(labels_of_slices(files[:1], shape=(6, 5)), drawn[:1] - 1)
    with pytest.raises(ValueError, match="is not a complete TIFF"):
        read_label_image(files[0])


def test_axes_that_the_caller_names_take_their_edges_along(tmp_path):
    """Pages 50 nm apart, rows 30 nm, columns 10 nm; the pages are columns in truth."""
    values = np.random.default_rng(0).integers(1, 255, (4, 16, 20), dtype=np.uint8)
    path = tmp_path / "x.tif"
    about = {"spacing": 0.05, "unit": "um", "axes": "ZYX"}
    tifffile.imwrite(path, values, imagej=True, resolution=(1 / 0.01, 1 / 0.03), metadata=about)
    as_said = read_volume(path)
    assert as_said.voxel_size == pytest.approx((50 * NM, 30 * NM, 10 * NM))
    turned = read_volume(path, axes="XYZ")
    np.testing.assert_array_equal(turned.pixels, values.transpose(2, 1, 0))
    assert turned.voxel_size == pytest.approx((10 * NM, 30 * NM, 50 * NM))


def test_values_of_one_bit_go_through_a_window_as_others_do():
    values = np.random.default_rng(0).random((3, 8, 8)) < 0.5
    for array in (values, values.astype(np.uint8)):
        volume = as_volume(array, window=(0, 1))
        np.testing.assert_array_equal(volume.pixels, np.where(values, 255, 0))
        assert volume.window == (0, 1)


@pytest.mark.parametrize(("rows", "lost"), [(0.1, 0), (0.6, 1), (2.2, 2), (-2.6, 3)])
def test_what_a_shift_leaves_empty_is_what_lacks_more_than_half(rows, lost):
    image = np.full((12, 12), 100, np.uint8)
    moved = apply_shift(image, Shift(rows=rows, columns=0.1, score=1.0))
    assert (moved == 0).all(axis=1).sum() == lost
    assert not (moved == 0).all(axis=0).any()
    assert (moved[lost:] if rows > 0 else moved[: 12 - lost]).min() == 100


def test_a_dataset_of_hdf5_is_an_array(tmp_path):
    h5py = pytest.importorskip("h5py")
    values = np.random.default_rng(0).integers(1, 255, (3, 8, 8), dtype=np.uint8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g"], file["m"] = values, (values > 9).astype(np.uint8)
        volume = as_volume(file["g"], inside=file["m"])
    np.testing.assert_array_equal(volume.pixels, values)


def test_a_distance_of_slices_that_the_file_does_not_give_disagrees_with_nothing(tmp_path):
    path = tmp_path / "d.tif"
    values = np.random.default_rng(0).integers(1, 255, (3, 8, 8), dtype=np.uint8)
    about = {"resolution": (1e6, 1e6), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, values, photometric="minisblack", **about)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        volume = read_volume(path, voxel_size=(20 * NM, 10 * NM, 10 * NM))
    assert volume.voxel_size == (20 * NM, 10 * NM, 10 * NM)
    with pytest.warns(UserWarning, match="20 x 10 x 10 nm .* 20 x 12 x 12 nm are used"):
        read_volume(path, voxel_size=(20 * NM, 12 * NM, 12 * NM))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("scan.img", {"shape": (2, 3, 4), "dtype": "uint16"}),
        ("gone.zarr", {"level": 1}),
        ("gone.npy", {"level": 1}),
        ("gone", {}),
    ],
)
def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path, name, options):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_volume(tmp_path / name, **options)


def test_levels_of_one_bit_are_looked_up_in_a_table_as_numbers():
    """As booleans they would choose columns by a mask."""
    table = np.zeros((3, 2), np.uint16)
    table[:, 1] = 1 << 8  # the level itself
    for pixels in (np.zeros((2, 2), bool), np.ones((2, 2), bool), np.eye(2, dtype=bool)):
        assert not _recoloured(table, pixels)
    table[:, 1] = 9 << 8
    assert _recoloured(table, np.eye(2, dtype=bool))


@pytest.mark.parametrize("dots", [72, 300, 1200])
def test_the_resolution_of_a_print_is_no_voxel_whoever_passed_it_on(tmp_path, dots):
    """ImageJ keeps it in inches, OME writers in µm; the caller's own voxel is taken in silence."""
    grey = np.random.default_rng(0).integers(60, 200, (4, 24, 20), dtype=np.uint8)
    about = {"axes": "ZYX", "unit": "inch", "spacing": 1 / dots}
    tifffile.imwrite(tmp_path / "v.tif", grey, imagej=True, resolution=(dots, dots), metadata=about)
    edge = round(25400 / dots, 3)
    about = {"axes": "ZYX", "PhysicalSizeX": edge, "PhysicalSizeY": edge, "PhysicalSizeZ": edge}
    tifffile.imwrite(tmp_path / "v.ome.tif", grey, metadata=about)
    for name in ("v.tif", "v.ome.tif"):
        with pytest.warns(UserWarning, match=rf"\({dots} an inch\), as for a print or a screen"):
            assert read_volume(tmp_path / name).voxel_size is None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read_volume(tmp_path / name, voxel_size=30 * NM).edge == pytest.approx(30 * NM)


def test_a_picture_of_one_bit_that_stores_white_as_zero_is_said_to_be_turned(tmp_path):
    pore = np.random.default_rng(0).random((4, 24, 20)) < 0.3
    tifffile.imwrite(tmp_path / "v.tif", pore, photometric="miniswhite")
    with pytest.warns(
        UserWarning, match=rf"shows white, {1 - pore.mean():.1%}, is read as 1"
    ) as told:
        read = read_volume(tmp_path / "v.tif").pixels
    assert len(told) == 1
    np.testing.assert_array_equal(read, 1 - pore)
    tifffile.imwrite(tmp_path / "v.tif", pore.astype("uint8"), photometric="minisblack")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, pore)


@pytest.mark.parametrize("held", [1, 2, 3])
def test_a_slice_whose_header_counts_the_whole_stack_is_one_slice(tmp_path, held):
    """ImageJ's text copied along; a file with room for more is a stack cut short, as before."""
    slices = np.random.default_rng(0).integers(60, 200, (3, 24, 20), dtype=np.uint8)
    about = "ImageJ=1.54f\nimages=3\nslices=3\nunit=nm\nspacing=30.0\n"
    for z, image in enumerate(slices):
        file = tmp_path / f"{z:03d}.tif"
        tifffile.imwrite(file, image, description=about, metadata=None)
    if held > 1:
        with (tmp_path / "000.tif").open("ab") as stream:
            stream.write(slices[1:held].tobytes())
        with pytest.raises(ValueError, match=r"holds 3 slices|not a complete TIFF"):
            read_volume(tmp_path, voxel_size=30 * NM)
        return
    np.testing.assert_array_equal(read_volume(tmp_path, voxel_size=30 * NM).pixels, slices)


@pytest.mark.parametrize("given", [{"window": (10, 190)}, {"percentiles": (0, 100)}])
def test_pixels_that_are_no_numbers_may_lie_outside_of_a_mask(tmp_path, given):
    values = np.random.default_rng(0).integers(20, 180, (4, 24, 20)).astype(np.float32)
    rock = np.ones(values.shape, bool)
    rock[:, :5, :7] = False
    tifffile.imwrite(
        tmp_path / "v.tif", np.where(rock, values, np.float32(np.nan)), photometric="minisblack"
    )
    (tmp_path / "v").mkdir()
    for z, image in enumerate(np.where(rock, values, np.nan)):
        tifffile.imwrite(tmp_path / "v" / f"{z:03d}.tif", image)
    low, high = given.get("window", (values[rock].min(), values[rock].max()))
    levels = np.rint(np.clip((values.astype(float) - low) * 255 / (high - low), 0, 255))
    for name in ("v.tif", "v"):
        read = read_volume(tmp_path / name, mask=rock, **given)
        np.testing.assert_array_equal(read.pixels, np.where(rock, levels, 0))
        np.testing.assert_array_equal(read.inside, rock)
        with pytest.raises(ValueError, match="outside the rock, pass a mask") as refusal:
            read_volume(tmp_path / name, **given)
        [array] = re.findall(r"array = (tifffile\.imread\(.*?\))", str(refusal.value))
        found = np.isfinite(eval(array))
        np.testing.assert_array_equal(found, rock)
    with pytest.raises(ValueError, match="are not finite"):
        read_volume(tmp_path / "v.tif", mask=np.ones(rock.shape, bool), **given)


@pytest.mark.parametrize("codec", ["jpeg2000", "jpegxl"])
def test_a_mask_that_a_compression_may_have_changed_is_refused(tmp_path, codec):
    pytest.importorskip("imagecodecs")
    mask = np.zeros((64, 64), np.uint8)
    mask[20:45, 13:50] = 255
    mask[np.random.default_rng(0).random(mask.shape) < 0.05] = 255
    lossy, kept = (
        {"compression": codec, "compressionargs": {"level": level, **more}}
        for level, more in ((30, {}), (0, {"lossless": True} if codec == "jpegxl" else {}))
    )
    tifffile.imwrite(tmp_path / "m.tif", mask, **lossy)
    for read in (read_mask, read_label_image):
        with pytest.raises(ValueError, match=r"may turn the codes .* export it again with LZW"):
            read(tmp_path / "m.tif")
    tifffile.imwrite(tmp_path / "m.tif", mask, **kept)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif")[0], mask > 0)


def test_a_distance_of_slices_that_is_no_number_is_said(tmp_path):
    grey = np.random.default_rng(0).integers(60, 200, (4, 24, 20), dtype=np.uint8)
    about = {"axes": "ZYX", "unit": "nm", "spacing": "10,0"}
    tifffile.imwrite(tmp_path / "v.tif", grey, imagej=True, resolution=(0.1, 0.1), metadata=about)
    with pytest.warns(
        UserWarning, match=r"'10,0' between its slices, which is no number, which .* pass"
    ):
        assert read_volume(tmp_path / "v.tif").voxel_size is None


def test_a_window_in_the_signed_numbers_that_imagej_shows_is_named_as_stored(tmp_path):
    signed = np.random.default_rng(0).integers(-100, 900, (4, 24, 20))
    about = {"axes": "ZYX", "cf": 0, "c0": -32768.0, "c1": 1.0, "vunit": "Gray Value"}
    stored = (signed + 32768).astype(np.uint16)
    tifffile.imwrite(tmp_path / "v.tif", stored, imagej=True, metadata=about)
    with pytest.raises(ValueError, match="ImageJ shows signed 16 bits less 32768") as refusal:
        read_volume(tmp_path / "v.tif", window=(-100, 900))
    window = eval(re.search(r"the window is window=(\(.*?\))", str(refusal.value))[1])
    read = read_volume(tmp_path / "v.tif", window=window).pixels
    np.testing.assert_array_equal(read, np.rint((signed + 100) * 0.255))


def test_what_is_no_image_in_a_zarr_folder_is_an_error_of_a_public_kind(tmp_path):
    zarr = pytest.importorskip("zarr")
    zarr.open_group(tmp_path / "v.zarr", mode="w").create_array("0", data=np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match=r"pass one .*as_volume") as refusal:
        read_volume(tmp_path / "v.zarr")
    assert not refusal.type.__name__.startswith("_")
