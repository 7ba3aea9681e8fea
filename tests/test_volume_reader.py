"""The one door for images: what a file declares is read, and each mend that is named works."""

import re
import shutil
import warnings

import numpy as np
import pytest
import tifffile
import zarr

from shalelib.data.read import as_volume, read_mask, read_volume
from shalelib.data.resample import to_cubes
from shalelib.data.slices import numbered
from shalelib.data.stacks import write_stack
from shalelib.data.volume import Volume
from shalelib.segmentation.labels import read_label_image

SHAPE = (6, 12, 9)


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(1, 256, SHAPE, dtype=np.uint8)


# ------------------------------------------------------------------- axes


@pytest.mark.parametrize("order", ["ZXY", "YXZ", "XYZ"])
@pytest.mark.parametrize("labels", [False, True])
def test_declared_axes_are_honoured(tmp_path, volume, order, labels):
    stored = (volume % 5 if labels else volume).transpose(["ZYX".index(name) for name in order])
    tifffile.imwrite(tmp_path / "v.tif", stored, metadata={"axes": order})
    if labels:
        codes = {n: n for n in range(5)}
        read = read_label_image(tmp_path / "v.tif", shape=SHAPE, codes=codes)
        np.testing.assert_array_equal(read, volume % 5)
    else:
        np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, volume)


def test_channels_are_never_slices_and_one_is_chosen(tmp_path, volume):
    both = np.stack([volume, 255 - volume], axis=1)
    tifffile.imwrite(tmp_path / "h.tif", both, imagej=True, metadata={"axes": "ZCYX"})
    with pytest.raises(ValueError, match=r"h\.tif holds 2 channels.*channel="):
        read_volume(tmp_path / "h.tif")
    second = read_volume(tmp_path / "h.tif", channel=1)
    np.testing.assert_array_equal(second.pixels, 255 - volume)
    names = {"axes": "CZYX", "Channel": {"Name": ["TXM", "SEM"]}}
    tifffile.imwrite(tmp_path / "o.ome.tif", both.swapaxes(0, 1), metadata=names)
    named = read_volume(tmp_path / "o.ome.tif", channel="SEM")
    np.testing.assert_array_equal(named.pixels, 255 - volume)
    with pytest.raises(ValueError, match="'TXM', 'SEM'"):
        read_volume(tmp_path / "o.ome.tif", channel="BSE")


@pytest.mark.parametrize("kind", ["TIFF", "Zarr"])
def test_a_name_means_one_channel_or_none(tmp_path, volume, kind):
    """Where only the second has a name, that is not the first; two of one name are told apart."""
    for first in ("", "SEM"):
        both = np.stack([255 - volume, volume])
        if kind == "TIFF":
            path = tmp_path / f"{first}.ome.tif"
            about = {"axes": "CZYX", "Channel": {"Name": [first or "nameless", "SEM"]}}
            tifffile.imwrite(path, both, metadata=about)
            written = path.read_bytes().replace(b'Name="nameless"', b" " * 15)
            path.write_bytes(written)
        else:
            path = tmp_path / f"{first}.zarr"
            group = zarr.create_group(path)
            group.create_array("0", data=both)
            axes = [{"name": name} for name in "czyx"]
            labels = [{"label": first} if first else {}, {"label": "SEM"}]
            scales = [{"axes": axes, "datasets": [{"path": "0"}]}]
            group.attrs["ome"] = {"multiscales": scales, "omero": {"channels": labels}}
        if first:
            with pytest.raises(ValueError, match="holds 2 channels"):
                read_volume(path, channel="SEM")
            np.testing.assert_array_equal(read_volume(path, channel=1).pixels, volume)
        else:
            np.testing.assert_array_equal(read_volume(path, channel="SEM").pixels, volume)


@pytest.mark.parametrize("axis", ["T", "C"])
def test_a_stack_that_declares_the_wrong_axis_is_refused_with_a_mend_that_works(
    tmp_path, volume, axis
):
    metadata = {"axes": f"{axis}YX"}
    tifffile.imwrite(tmp_path / "t.tif", volume, imagej=True, metadata=metadata)
    with pytest.raises(ValueError, match="axes='ZYX'"):
        read_volume(tmp_path / "t.tif")
    np.testing.assert_array_equal(read_volume(tmp_path / "t.tif", axes="ZYX").pixels, volume)


def test_times_are_refused_where_there_are_slices_too(tmp_path, volume):
    both = np.stack([volume, volume])
    tifffile.imwrite(tmp_path / "t.tif", both, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(ValueError, match="2 points in time"):
        read_volume(tmp_path / "t.tif")


def test_of_several_images_one_has_to_be_chosen(tmp_path, volume):
    with tifffile.TiffWriter(tmp_path / "two.ome.tif") as tif:
        tif.write(volume, metadata={"axes": "ZYX"})
        tif.write(255 - volume, metadata={"axes": "ZYX"})
    with pytest.raises(ValueError, match=r"holds 2 images.*image=0"):
        read_volume(tmp_path / "two.ome.tif")
    second = read_volume(tmp_path / "two.ome.tif", image=1)
    np.testing.assert_array_equal(second.pixels, 255 - volume)


def test_transparency_masks_and_pyramid_levels_are_no_slices(tmp_path, volume):
    with tifffile.TiffWriter(tmp_path / "mask.tif") as tif:
        tif.write(volume[0], photometric="minisblack", metadata=None)
        tif.write(volume[0] > 3, subfiletype=4, photometric="minisblack", metadata=None)
    np.testing.assert_array_equal(read_volume(tmp_path / "mask.tif").pixels, volume[:1])
    with tifffile.TiffWriter(tmp_path / "pyramid.ome.tif") as tif:
        tif.write(volume, subifds=1, metadata={"axes": "ZYX"})
        tif.write(volume[:, ::2, ::2], subfiletype=1)
    np.testing.assert_array_equal(read_volume(tmp_path / "pyramid.ome.tif").pixels, volume)


def test_a_slice_that_names_its_neighbours_is_one_slice(tmp_path, volume):
    """Bio-Formats writes each slice of a set as an OME-TIFF whose metadata describe all of them."""
    folder = tmp_path / "txm"
    folder.mkdir()
    entries = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="s{z:03d}.ome.tif">urn:uuid:{z:032d}</UUID></TiffData>'
        for z in range(len(volume))
    )
    for z, image in enumerate(volume):
        about = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/'
            f'Schemas/OME/2016-06" UUID="urn:uuid:{z:032d}"><Image ID="Image:0"><Pixels '
            f'ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="{SHAPE[2]}" '
            f'SizeY="{SHAPE[1]}" SizeZ="{SHAPE[0]}" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" '
            f'SamplesPerPixel="1"/>{entries}</Pixels></Image></OME>'
        )
        target = folder / f"s{z:03d}.ome.tif"
        tifffile.imwrite(target, image, description=about, metadata=None)
    np.testing.assert_array_equal(read_volume(folder).pixels, volume)


# ------------------------------------------------------------------- scale


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("nm", 1e-9), ("micron", 1e-6), ("microns", 1e-6), ("um", 1e-6),
     ("\\u00B5m", 1e-6), ("micrometer", 1e-6), ("nanometers", 1e-9), ("inch", 0.0254),
     ("mm", 1e-3)],
)  # fmt: skip
def test_units_of_imagej(tmp_path, volume, unit, metres):
    edges = (100e-9, 33.6e-9, 50e-9)  # z, y, x
    tifffile.imwrite(
        tmp_path / "v.tif",
        volume,
        imagej=True,
        resolution=(metres / edges[2], metres / edges[1]),
        metadata={"axes": "ZYX", "spacing": edges[0] / metres, "unit": unit},
    )
    # resolutions are ratios of 32-bit integers
    assert read_volume(tmp_path / "v.tif").voxel_size == pytest.approx(edges, rel=1e-4)


def test_scale_of_ome_and_its_units(tmp_path, volume):
    size = {"PhysicalSizeX": 33.6, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 33.6,
            "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 0.1}  # fmt: skip
    tifffile.imwrite(tmp_path / "v.ome.tif", volume, metadata={"axes": "ZYX", **size})
    read = read_volume(tmp_path / "v.ome.tif")
    assert read.voxel_size == pytest.approx((100e-9, 33.6e-9, 33.6e-9))
    with pytest.raises(ValueError, match=r"no cubes.*to_cubes"):
        _ = read.edge
    cubes = to_cubes(read)
    assert cubes.edge == pytest.approx(33.6e-9)
    assert cubes.pixels.shape == (round(6 * 100 / 33.6), 12, 9)


def test_the_caller_overrides_the_file_and_hears_of_it(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=50e-9)
    with pytest.warns(UserWarning, match="50 x 50 x 50 nm.*33.6"):
        assert read_volume(path, voxel_size=33.6e-9).edge == pytest.approx(33.6e-9)
    assert read_volume(path, voxel_size=np.float32(50e-9)).edge == pytest.approx(50e-9)
    with pytest.raises(ValueError, match=r"33\.6e-9"):
        read_volume(path, voxel_size=33.6)
    with pytest.raises(TypeError, match="number of metres"):
        read_volume(path, voxel_size=True)


def test_a_grid_that_is_resampled_keeps_a_linear_field(tmp_path):
    """Keys' kernel is exact for a ramp, away from the ends, where the edge is mirrored."""
    ramp = np.broadcast_to(10 * np.arange(20, dtype=np.uint8)[:, None, None], (20, 4, 4)).copy()
    cubes = to_cubes(as_volume(ramp, voxel_size=(60e-9, 30e-9, 30e-9)))
    expected = 10 * ((np.arange(40) + 0.5) / 2 - 0.5)
    np.testing.assert_allclose(cubes.pixels[4:-4, 2, 2], expected[4:-4], atol=0.51)  # rounding


def test_slices_a_little_thicker_than_a_pixel_are_resampled_though_none_is_added():
    """20 slices of 10.2 nm are 20.4 cubes: as many, but each where it is."""
    ramp = np.broadcast_to(10 * np.arange(20, dtype=np.uint8)[:, None, None], (20, 4, 4)).copy()
    cubes = to_cubes(as_volume(ramp, voxel_size=(10.2e-9, 10e-9, 10e-9)))
    assert cubes.pixels.shape == (20, 4, 4)
    expected = 10 * ((np.arange(20) + 0.5) / 1.02 - 0.5)
    np.testing.assert_allclose(cubes.pixels[3:-3, 2, 2], expected[3:-3], atol=0.51)  # rounding


@pytest.mark.parametrize(("spacing", "edge"), [((4, 1, 1), None), ((1, 1, 1), 1.5), ((1, 1, 1), 3)])
def test_no_dark_rim_grows_round_a_rock_that_is_resampled(spacing, edge):
    """A tilted plug of one grey in air stays of that grey, and the air black, wherever it ends."""
    z, y, x = np.indices((20, 60, 60))
    inside = (y - 20 - z) ** 2 + (x - 30) ** 2 < 18**2
    grey = np.where(inside, 100, 0).astype(np.uint8)
    scale = tuple(n * 10e-9 for n in spacing)
    cubes = to_cubes(as_volume(grey, voxel_size=scale, inside=inside), edge=edge and edge * 10e-9)
    assert set(cubes.pixels[cubes.inside]) == {100}
    assert not cubes.pixels[~cubes.inside].any()


# ------------------------------------------------------------------- other kinds of file


@pytest.mark.parametrize("kind", ["uint16", "int16", "float32", "uint32"])
def test_more_than_8_bits_need_a_window_which_is_kept(tmp_path, kind):
    deep = np.linspace(100, 1120, 6 * 12 * 9).reshape(SHAPE).astype(kind)
    tifffile.imwrite(tmp_path / "v.tif", deep, metadata={"axes": "ZYX"})
    with pytest.raises(ValueError, match=r"window=\(100") as refused:
        read_volume(tmp_path / "v.tif")
    low, high = map(float, re.search(r"window=\((\S+), (\S+)\)", str(refused.value)).groups())
    read = read_volume(tmp_path / "v.tif", window=(low, high))
    assert (read.pixels.min(), read.pixels.max(), read.window) == (0, 255, (low, high))
    expected = (deep.astype(float) - low) * 255 / (high - low)
    assert np.abs(read.pixels - expected).max() <= 0.5  # rounding
    middle = read_volume(tmp_path / "v.tif", percentiles=(10, 90))
    assert middle.window == pytest.approx(np.percentile(deep, (10, 90)))
    with pytest.raises(ValueError, match="lower value first"):
        read_volume(tmp_path / "v.tif", window=(5, 5))


@pytest.mark.parametrize("order", ["little", "big"])
def test_raw_volumes(tmp_path, order):
    deep = np.arange(6 * 12 * 9, dtype="<u2" if order == "little" else ">u2").reshape(SHAPE)
    path = tmp_path / "v.raw"
    path.write_bytes(b"head" + deep.tobytes())
    read = read_volume(
        path, shape=SHAPE, dtype="uint16", byte_order=order, offset=4, window=(0, 647)
    )
    np.testing.assert_array_equal(read.pixels, np.rint(deep.astype(float) * 255 / 647))
    with pytest.raises(ValueError, match=r"shape=\(z, y, x\)"):
        read_volume(path)
    with pytest.raises(ValueError, match="1300 bytes, but"):
        read_volume(path, shape=SHAPE, dtype="uint16")


def test_numpy_and_zarr_files(tmp_path, volume):
    np.save(tmp_path / "v.npy", volume)
    np.testing.assert_array_equal(read_volume(tmp_path / "v.npy").pixels, volume)
    group = zarr.create_group(tmp_path / "v.ome.zarr")
    group.create_array("0", data=np.stack([volume, 255 - volume]))
    axes = [{"name": "c"}, *({"name": n, "unit": "micrometer"} for n in "zyx")]
    move = {"type": "scale", "scale": [1, 0.1, 0.0336, 0.0336]}
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [
            {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [move]}]}
        ],
        "omero": {"channels": [{"label": "TXM"}, {"label": "SEM"}]},
    }
    read = read_volume(tmp_path / "v.ome.zarr", channel="SEM")
    np.testing.assert_array_equal(read.pixels, 255 - volume)
    assert read.voxel_size == pytest.approx((100e-9, 33.6e-9, 33.6e-9))
    with pytest.raises(ValueError, match="2 channels"):
        read_volume(tmp_path / "v.ome.zarr")


@pytest.mark.parametrize("compression", ["lzw", "jpeg", "zstd", "zlib"])
def test_compressed_tiffs(tmp_path, volume, compression):
    flat = np.repeat(np.repeat(volume, 4, 1), 4, 2)
    tifffile.imwrite(tmp_path / "v.tif", flat, compression=compression, metadata={"axes": "ZYX"})
    read = read_volume(tmp_path / "v.tif").pixels
    off = np.abs(read.astype(int) - flat).mean()
    assert off == 0 if compression != "jpeg" else off < 30  # JPEG loses


# ------------------------------------------------------------------- folders of slices


def test_the_part_of_the_name_that_varies_counts(tmp_path, volume):
    for z, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"slice_{z:04d}_8bit.tif", image)
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)
    assert [number for number, _ in numbered(tmp_path)] == list(range(6))


def test_what_macs_and_windows_leave_is_passed_over(tmp_path, volume):
    for z, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"{z:03d}.tif", image)
        (tmp_path / f"._{z:03d}.tif").write_bytes(b"\0\5\x16\7")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)


def test_a_gap_is_refused_and_filling_it_mends(tmp_path, volume):
    for z in (0, 1, 2, 4, 5):
        tifffile.imwrite(tmp_path / f"{z:03d}.tif", volume[z])
    with pytest.raises(ValueError, match="no slice 3"):
        read_volume(tmp_path)
    assert len(numbered(tmp_path)) == 5  # cuts with gaps, as pairs have, are no error
    tifffile.imwrite(tmp_path / "003.tif", volume[3])
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)


def test_two_sets_in_one_folder_are_told_apart_by_moving_one(tmp_path, volume):
    for z, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"a{z}.tif", image)
        tifffile.imwrite(tmp_path / f"b{z}.tif", 255 - image)
    with pytest.raises(ValueError, match="move one of the two sets"):
        read_volume(tmp_path)
    (tmp_path / "b").mkdir()
    for z in range(6):
        shutil.move(tmp_path / f"b{z}.tif", tmp_path / "b")
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)
    np.testing.assert_array_equal(read_volume(tmp_path / "b").pixels, 255 - volume)


# ------------------------------------------------------------------- masks, and white as zero


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_masks_count_what_is_not_zero_whatever_the_table(tmp_path, volume, photometric):
    inside = volume > 99
    stored = np.where(inside, 255, 0).astype(np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", stored, photometric=photometric, metadata={"axes": "ZYX"})
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif", shape=SHAPE), inside)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_one_bit_masks_count_as_they_are_displayed(tmp_path, volume, photometric):
    inside = volume[0] > 99
    stored = inside if photometric == "minisblack" else ~inside
    tifffile.imwrite(tmp_path / "m.tif", stored, photometric=photometric)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif")[0], inside)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif", shape=SHAPE)[5], inside)


def test_grey_with_white_as_zero_is_refused_and_both_mends_load(tmp_path, volume):
    tifffile.imwrite(tmp_path / "w.tif", volume, photometric="miniswhite", metadata={"axes": "ZYX"})
    with pytest.raises(ValueError, match=r"Invert LUT.*Edit > Invert"):
        read_volume(tmp_path / "w.tif")
    for mended in (volume, 255 - volume):  # the numbers are right; the picture is right
        tifffile.imwrite(tmp_path / "m.tif", mended, photometric="minisblack",
                         metadata={"axes": "ZYX"})  # fmt: skip
        np.testing.assert_array_equal(read_volume(tmp_path / "m.tif").pixels, mended)


def test_a_mask_of_another_grid_is_refused(tmp_path, volume):
    path = write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match=r"\(6, 12, 9\)"):
        read_volume(path, mask=np.ones((6, 12, 8), bool))
    write_stack(tmp_path / "m.tif", (volume > 50).astype(np.uint8), voxel_size=1e-8)
    assert (read_volume(path, mask=tmp_path / "m.tif").inside == (volume > 50)).all()
    write_stack(tmp_path / "short.tif", (volume[:3] > 50).astype(np.uint8), voxel_size=1e-8)
    with pytest.raises(ValueError, match="but the volume"):
        read_volume(path, mask=tmp_path / "short.tif")


def test_volumes_are_checked_when_they_are_made(volume):
    with pytest.raises(TypeError, match="uint8"):
        Volume(pixels=volume.astype(float))
    with pytest.raises(ValueError, match="says nothing of its voxels"):
        _ = Volume(pixels=volume).edge


def test_the_edge_of_voxels_that_are_nearly_cubes_is_the_mean_of_the_three(volume):
    found = as_volume(volume, voxel_size=(30e-9, 30.01e-9, 30.02e-9))
    assert found.edge == pytest.approx(30.01e-9, rel=1e-9)


# ------------------------------------------------------------------- names with signs, strangers


def named(folder, volume, names):
    folder.mkdir(exist_ok=True)
    for name, image in zip(names, volume, strict=True):
        tifffile.imwrite(folder / name, image)
    return folder


@pytest.mark.parametrize(
    ("form", "first"),
    [("z{:04d}.tif", -3), ("z_{:04d}.tif", -9), ("{:04d}.tif", -9), ("x={:d} z={:d}.tif", -2),
     ("slice-{:03d}.tif", 7), ("2021-11-{:02d}.tif", 1), ("a_{:d}-8bit.tif", 0),
     ("z{:+d}.tif", -3)],
)  # fmt: skip
def test_a_minus_counts_down_and_a_hyphen_does_not(tmp_path, volume, form, first):
    names = [form.format(*[n] * form.count("{")) for n in range(first, first + len(volume))]
    np.testing.assert_array_equal(read_volume(named(tmp_path, volume, names)).pixels, volume)


@pytest.mark.parametrize("form", ["z{:.1f}.tif", "{:.1f}um.tif", "z{:.1f}_8bit.tif"])
def test_decimals_do_not_count_slices_and_whole_numbers_do(tmp_path, volume, form):
    """The digits behind the point would put 1.0 before 0.1."""
    images = np.resize(volume, (10, *volume.shape[1:]))
    names = [form.format((z + 1) / 10) for z in range(10)]
    for read in (read_volume, read_mask):
        with pytest.raises(ValueError, match=r"in decimals, such as 1\.0; number them without"):
            read(named(tmp_path / read.__name__, images, names))
    whole = [form.format((z + 1) / 10).replace(".", "", 1) for z in range(10)]
    found = read_volume(named(tmp_path / "whole", images, whole)).pixels
    np.testing.assert_array_equal(found, images)
    thousandths = [f"z0.{z:03d}.tif" for z in range(10)]
    found = read_volume(named(tmp_path / "thousandths", images, thousandths)).pixels
    np.testing.assert_array_equal(found, images)


def test_several_files_are_named_by_their_folder(tmp_path, volume):
    folder = named(tmp_path / "v", volume, [f"{z}.tif" for z in range(len(volume))])
    with pytest.raises(FileNotFoundError, match="of several files name the folder that holds"):
        read_volume(folder / "*.tif")
    with pytest.raises(TypeError, match="of several files name the folder that holds"):
        read_volume(sorted(folder.iterdir()))
    np.testing.assert_array_equal(read_volume(folder).pixels, volume)


def test_a_file_of_another_name_is_named_and_moving_it_mends(tmp_path, volume):
    names = [f"slice_{z:03d}.tif" for z in range(5)]
    folder = named(tmp_path / "v", volume, [*names, "scan_overview_005.tif"])
    for read in (read_volume, read_mask):
        with pytest.raises(ValueError, match=r"scan_overview_005\.tif has another name than slice"):
            read(folder)
    (folder / "scan_overview_005.tif").rename(tmp_path / "overview.tif")
    np.testing.assert_array_equal(read_volume(folder).pixels, volume[:5])
    tifffile.imwrite(folder / "slice_005.tif", volume[0, :5])
    with pytest.raises(ValueError, match=r"slice_005\.tif measures .*move the file elsewhere"):
        read_volume(folder)


def test_two_halves_of_a_volume_are_one(tmp_path, volume):
    names = [f"{'top' if z < 3 else 'bottom'}_{z:03d}.tif" for z in range(6)]
    np.testing.assert_array_equal(read_volume(named(tmp_path, volume, names)).pixels, volume)


def test_a_gap_in_the_slices_of_a_mask_is_refused(tmp_path, volume):
    folder = named(tmp_path, volume[:5], [f"{z:03d}.tif" for z in (0, 1, 2, 4, 5)])
    with pytest.raises(ValueError, match="no slice 3"):
        read_mask(folder)


# ------------------------------------------------------------------- turned images


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_that_is_to_be_shown_turned_is_refused(tmp_path, volume, orientation):
    """Programs disagree on it: a mask drawn in one would not fit in another."""
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, volume, extratags=[(274, "H", 1, orientation, True)])
    if orientation == 1:
        np.testing.assert_array_equal(read_volume(path).pixels, volume)
        return
    for read in (read_volume, read_mask, read_label_image):
        with pytest.raises(ValueError, match=rf"orientation {orientation}\).*without the mark"):
            read(path)


@pytest.mark.parametrize("depth", [1, 6])
def test_ome_that_gives_the_pixel_and_no_depth_is_believed_and_said(tmp_path, volume, depth):
    size = {f"PhysicalSize{axis}": 33.6 for axis in "XY"}
    size |= {f"PhysicalSize{axis}Unit": "nm" for axis in "XY"}
    about = {"axes": "ZYX", **size}
    tifffile.imwrite(tmp_path / "v.ome.tif", volume[:depth], metadata=about)
    with warnings.catch_warnings(record=True) as heard:
        assert read_volume(tmp_path / "v.ome.tif").edge == pytest.approx(33.6e-9)
    assert ["not how far apart" in str(one.message) for one in heard] == [True] * (depth > 1)


def test_an_image_of_one_value_is_said_to_show_nothing():
    flat = np.full(SHAPE, 7, np.uint16)
    for given in ({}, {"percentiles": (1, 99)}):
        with pytest.raises(ValueError, match="all pixels of volume are 7"):
            as_volume(flat, **given)
    assert as_volume(flat, window=(0, 255)).pixels.max() == 7


@pytest.mark.parametrize("dtype", ["16-bit", "uint17", "unsigned short int"])
def test_a_number_type_that_is_none_is_named(tmp_path, volume, dtype):
    volume.astype("<u2").tofile(tmp_path / "v.raw")
    about = {"shape": volume.shape, "window": (0, 255)}
    with pytest.raises(ValueError, match=r"no number type .*; write for example dtype='uint16'"):
        read_volume(tmp_path / "v.raw", dtype=dtype, **about)
    found = read_volume(tmp_path / "v.raw", dtype="uint16", **about)
    np.testing.assert_array_equal(found.pixels, volume)


def test_a_name_that_is_too_long_is_said_to_be(tmp_path, volume):
    for length in (252, 300):  # beside the first a temporary one is longer
        with pytest.raises((OSError, ValueError), match="choose a shorter") as refusal:
            write_stack(tmp_path / f"{'x' * (length - 4)}.tif", volume, voxel_size=1e-8)
        assert len(str(refusal.value)) < 600
    with pytest.raises(ValueError, match="choose a shorter one"):
        read_volume(tmp_path / ("x" * 300))
    assert not list(tmp_path.iterdir())
