"""OME-Zarr volumes: what is written comes back, in every resolution and with its voxel size."""

import errno
import json
import re
import sys
import warnings

import numpy as np
import pytest
import tifffile
import zarr

import shalelib
from shalelib.data import ome_zarr
from shalelib.data.ome_zarr import write_ome_zarr
from shalelib.data.read import as_volume, read_mask, read_volume
from shalelib.data.stacks import write_stack
from shalelib.data.zarr_reader import read_zarr

SHAPE = (70, 33, 90)  # chunks that are cut, edges that are odd


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


def test_round_trip_is_exact(tmp_path, volume):
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=33.6e-9)
    back, said = read_zarr(path)
    np.testing.assert_array_equal(np.asarray(back), volume)
    np.testing.assert_array_equal(back[5, :, 3:7], volume[5, :, 3:7])
    assert said.edges == pytest.approx((33.6e-9,) * 3)
    assert read_volume(path).edge == pytest.approx(33.6e-9)
    assert [p.name for p in tmp_path.iterdir()] == ["v.ome.zarr"]


def test_the_metadata_are_those_of_ngff(tmp_path, volume):
    """Version, axes, units and scales as the specification 0.5 has them, in plain JSON."""
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=10e-9)
    about = json.loads((path / "zarr.json").read_text())
    assert (about["zarr_format"], about["node_type"]) == (3, "group")
    assert about["attributes"]["ome"]["version"] == "0.5"
    (scales,) = about["attributes"]["ome"]["multiscales"]
    assert scales["axes"] == [
        {"name": axis, "type": "space", "unit": "nanometer"} for axis in "zyx"
    ]
    (dataset,) = scales["datasets"]
    first = dataset["coordinateTransformations"][0]
    assert first == {"type": "scale", "scale": pytest.approx([10, 10, 10])}
    array = json.loads((path / dataset["path"] / "zarr.json").read_text())
    assert array["dimension_names"] == ["z", "y", "x"]
    assert array["data_type"] == "uint8"
    assert array["shape"] == list(SHAPE)


def test_coarser_levels_are_means_of_eight_voxels_at_twice_the_voxel_size(tmp_path, monkeypatch):
    monkeypatch.setattr(ome_zarr, "SMALLEST", 40)
    monkeypatch.setattr(ome_zarr, "CHUNK", 16)
    volume = np.random.default_rng(1).integers(0, 256, (100, 44, 72), dtype=np.uint8)
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)
    half, near = read_zarr(path, level=1)
    quarter, far = read_zarr(path, level=2)
    assert (half.shape, quarter.shape) == ((50, 22, 36), (25, 11, 18))
    assert (near.edges, far.edges) == (pytest.approx((2e-8,) * 3), pytest.approx((4e-8,) * 3))
    corner = half[10, 20, 30]
    assert corner == np.rint(volume[20:22, 40:42, 60:62].mean())
    expected = np.rint(volume.reshape(50, 2, 22, 2, 36, 2).mean(axis=(1, 3, 5)))
    np.testing.assert_array_equal(np.asarray(half), expected)
    moves = zarr.open_group(path, mode="r").attrs["ome"]["multiscales"][0]["datasets"][2]
    # centres of 4 voxels, 0 to 3: at 1.5
    assert moves["coordinateTransformations"][1]["translation"] == pytest.approx([15] * 3)


def test_an_odd_edge_repeats_its_last_voxel(tmp_path, monkeypatch):
    monkeypatch.setattr(ome_zarr, "SMALLEST", 4)
    volume = np.full((5, 5, 5), 7, np.uint8)
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)
    half, _ = read_zarr(path, level=1)
    np.testing.assert_array_equal(np.asarray(half), np.full((3, 3, 3), 7))


def test_memory_mapped_read_only_and_strided_volumes_are_written(tmp_path, volume):
    np.save(tmp_path / "v.npy", volume)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    for k, same in enumerate((mapped, np.asfortranarray(volume), volume[::-1][::-1])):
        path = write_ome_zarr(tmp_path / f"{k}.ome.zarr", same, voxel_size=1e-8)
        np.testing.assert_array_equal(np.asarray(read_zarr(path)[0]), volume)


def test_a_write_that_fails_leaves_the_earlier_volume(tmp_path, volume, monkeypatch):
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)

    def full(*_):
        msg = "No space left on device"
        raise OSError(msg)

    monkeypatch.setattr(ome_zarr, "_metadata", full)
    with pytest.raises(OSError, match="No space"):
        write_ome_zarr(path, 255 - volume, voxel_size=1e-8)
    np.testing.assert_array_equal(np.asarray(read_zarr(path)[0]), volume)
    assert [p.name for p in tmp_path.iterdir()] == ["v.ome.zarr"]


def test_it_replaces_a_volume_but_nothing_else(tmp_path, volume):
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)
    write_ome_zarr(path, 255 - volume, voxel_size=1e-8)
    np.testing.assert_array_equal(np.asarray(read_zarr(path)[0]), 255 - volume)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "kept.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="another name"):
        write_ome_zarr(tmp_path / "notes", volume, voxel_size=1e-8)
    assert (tmp_path / "notes" / "kept.txt").read_text() == "kept"


def test_bad_volumes_and_voxel_sizes_are_refused(tmp_path, volume):
    with pytest.raises(TypeError, match="uint8"):
        write_ome_zarr(tmp_path / "v", volume.astype(float), voxel_size=1e-8)
    with pytest.raises(ValueError, match="3 dimensions"):
        write_ome_zarr(tmp_path / "v", volume[0], voxel_size=1e-8)
    for size in (0, -1e-8, float("nan"), 33.6):
        with pytest.raises(ValueError, match="voxel_size"):
            write_ome_zarr(tmp_path / "v", volume, voxel_size=size)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_no_volume_are_named(tmp_path, volume):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_volume(tmp_path / "none")
    zarr.create_group(tmp_path / "plain")
    with pytest.raises(ValueError, match="no OME-Zarr image"):
        read_zarr(tmp_path / "plain")
    path = write_ome_zarr(tmp_path / "v", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match="level 3"):
        read_zarr(path, level=3)


def test_where_there_is_no_image_the_message_says_where_one_is(tmp_path, volume):
    """A set of images, as Bio-Formats writes it, and an array without a name."""
    group = zarr.create_group(tmp_path / "set.zarr")
    write_ome_zarr(tmp_path / "set.zarr/0", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match=r"is no image but holds 0; name one of them") as refusal:
        read_volume(tmp_path / "set.zarr")
    named = str(refusal.value).rpartition(": ")[2]
    np.testing.assert_array_equal(read_volume(named).pixels, volume)
    group.create_array("bare", data=volume)
    with pytest.raises(ValueError, match=r"array without the names of its axes.*as_volume"):
        read_volume(tmp_path / "set.zarr/bare")


@pytest.mark.parametrize("kind", ["a set", "an array", "labels"])
def test_what_is_more_than_a_volume_is_never_replaced(tmp_path, volume, kind):
    """Of a group of images, or labels that somebody drew, nothing is lost."""
    path = tmp_path / "v.zarr"
    if kind == "an array":
        zarr.create_array(path, data=volume)
    else:
        root = path
        if kind == "a set":
            zarr.create_group(path)
            root = path / "0"
        write_ome_zarr(root, volume, voxel_size=1e-8)
        zarr.open_group(root, mode="a").create_group("labels").create_array("rock", data=volume)
    files = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with pytest.raises(FileExistsError, match=r"v\.zarr is there and .*; choose another name"):
        write_ome_zarr(path, 255 - volume, voxel_size=1e-8)
    assert files == {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    write_ome_zarr(tmp_path / "w.zarr", 255 - volume, voxel_size=1e-8)


def ngff(path, volume, *, unit=None, scale=(50, 50, 50), axes="zyx"):
    """An image of another writer, whose metadata may be odd."""
    group = zarr.create_group(path)
    group.create_array("0", data=volume)
    move = {"type": "scale"} | ({"scale": list(scale)} if scale else {"path": "elsewhere"})
    named = [{"name": name} | ({"unit": unit} if unit else {}) for name in axes]
    dataset = {"path": "0", "coordinateTransformations": [move]}
    group.attrs["ome"] = {"multiscales": [{"axes": named, "datasets": [dataset]}]}
    return path


def test_arrays_of_a_group_that_have_no_axes_come_in_as_the_refusal_says(tmp_path, volume):
    """As xarray writes them."""
    zarr.create_group(tmp_path / "v.zarr").create_array("grey", data=volume)
    with pytest.raises(ValueError, match="its arrays grey have no axes; pass one") as refusal:
        read_volume(tmp_path / "v.zarr")
    [mend] = re.findall(r"shalelib\.data\.(as_volume\(.*\))", str(refusal.value))
    mend = mend.replace("...", "1e-8")
    read = eval(mend, {"as_volume": as_volume, "zarr": zarr})
    np.testing.assert_array_equal(read.pixels, volume)


@pytest.mark.parametrize(
    "odd", [{"scale": None}, {"scale": (1, 2)}, {"axes": "yx"}, {"axes": "tzyx", "scale": [1] * 4}]
)
def test_metadata_that_make_no_sense_name_the_file_and_a_way_in(tmp_path, volume, odd):
    path = ngff(tmp_path / "v.zarr", volume, **odd)
    with pytest.raises(ValueError, match=r"v\.zarr is no OME-Zarr image.*as_volume") as refusal:
        read_volume(path)
    [array] = re.findall(r"zarr\.open\(.*?\)\[name\]\[:\]", str(refusal.value))
    values = eval(array, {"zarr": zarr, "name": "0"})
    np.testing.assert_array_equal(as_volume(values, voxel_size=1e-8).pixels, volume)


@pytest.mark.parametrize(
    ("unit", "said"), [(None, "a length of 50 without a unit"), ("furlong", "50 in 'furlong'")]
)
def test_a_length_that_cannot_be_told_is_said_and_the_mend_is_silent(tmp_path, volume, unit, said):
    path = ngff(tmp_path / "v.zarr", volume, unit=unit)
    with pytest.warns(UserWarning, match=rf"{said}.*pass voxel_size=") as told:
        assert read_volume(path).voxel_size is None
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(path, voxel_size=5e-8, level=np.int64(0)).edge == 5e-8
        read_volume(ngff(tmp_path / "one.zarr", volume, scale=(1, 1, 1)))  # says nothing


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ([{"type": "affine", "affine": [[50, 0, 0, 0]]}], "a transformation 'affine' in place of"),
        (
            [{"type": "scale", "scale": [2, 2, 2]}, {"type": "rotation"}],
            "transformation 'rotation'",
        ),
        ([{"type": "translation", "translation": [9, 9, 9]}], ""),
        ([], ""),
    ],
)
def test_without_a_scale_a_voxel_has_no_size(tmp_path, volume, moves, said):
    """Its unit alone would make it 1 nm."""
    path = ngff(tmp_path / "v.zarr", volume, unit="nanometer")
    group = zarr.open_group(path)
    about = group.attrs["ome"]
    about["multiscales"][0]["datasets"][0]["coordinateTransformations"] = moves
    group.attrs["ome"] = about
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert read_volume(path).voxel_size is None
    assert len(heard) == bool(said)
    assert all(said in str(one.message) for one in heard)
    assert read_volume(path, voxel_size=5e-8).edge == 5e-8


def test_without_zarr_the_refusal_says_what_to_install(tmp_path, volume, monkeypatch):
    path = write_ome_zarr(tmp_path / "v.zarr", volume, voxel_size=1e-8)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ValueError, match=r"v\.zarr is an OME-Zarr volume; .*pip install zarr"):
        read_volume(path)


@pytest.mark.parametrize("options", [{"level": -1}, {"level": "0"}, {"channel": 0}])
def test_levels_and_channels_that_are_not_there_are_refused(tmp_path, volume, options):
    path = write_ome_zarr(tmp_path / "v.zarr", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match=r"level must be 0|has no channels"):
        read_volume(path, **options)


@pytest.mark.parametrize("write", [write_ome_zarr, write_stack])
def test_a_full_disk_is_named_and_the_earlier_volume_stays(tmp_path, volume, monkeypatch, write):
    path = tmp_path / "v.tif"
    write(path, volume, voxel_size=1e-8)
    before = np.array(read_volume(path).pixels)

    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ome_zarr, "_halve", full)
    monkeypatch.setattr(ome_zarr, "SMALLEST", 40)
    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(OSError, match=r"No space left on device: .*v\.tif could not be written"):
        write(path, 255 - volume, voxel_size=1e-8)
    np.testing.assert_array_equal(read_volume(path).pixels, before)
    assert [file.name for file in tmp_path.iterdir()] == ["v.tif"]


def test_chunks_that_are_not_there_are_counted(tmp_path):
    """Those of a volume of our own are all written, so that one that is missing was lost."""
    volume = np.zeros(SHAPE, np.uint8)
    volume[0] = 9
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)
    chunks = [file for file in sorted((path / "0").rglob("*/*")) if file.is_file()]
    assert len(chunks) == 4
    with warnings.catch_warnings(action="error", category=UserWarning):
        warnings.filterwarnings("ignore", message=".*shows nothing in")
        np.testing.assert_array_equal(read_volume(path).pixels, volume)
    chunks[0].unlink()
    for read in (read_volume, read_mask):
        with pytest.warns(UserWarning, match=r"1 of the 4 chunks of .* are not there, and read as"):
            read(path)
    for chunk in chunks[1:]:
        chunk.unlink()
    with pytest.raises(ValueError, match="has none of its 4 chunks; copy or export it again"):
        read_volume(path)


@pytest.mark.parametrize("version", [2, 3])
def test_a_writer_that_leaves_empty_chunks_out_is_read(tmp_path, version):
    volume = np.zeros((8, 8, 8), np.uint8)
    volume[4:] = 9
    group = zarr.open_group(tmp_path / "v.zarr", mode="w", zarr_format=version)
    group.create_array("0", data=volume, chunks=(4, 4, 4))
    scales = [{"axes": [{"name": name} for name in "zyx"], "datasets": [{"path": "0"}]}]
    about = {"multiscales": scales}
    group.attrs.update(about if version == 2 else {"ome": about})
    with pytest.warns(UserWarning, match="4 of the 8 chunks"):
        np.testing.assert_array_equal(read_volume(tmp_path / "v.zarr").pixels, volume)


def test_a_volume_without_its_record_is_said_to_lack_it(tmp_path, volume):
    path = write_ome_zarr(tmp_path / "v.ome.zarr", volume, voxel_size=1e-8)
    (path / "zarr.json").unlink()
    with pytest.raises(ValueError, match=r"lacks the record .*; copy or export it again"):
        read_volume(path)


def image(path, volume, *, inner="0", axes=None, **about):
    """An image of version 0.1 or 0.4, as its writer leaves it."""
    group = zarr.open_group(path, mode="a", zarr_format=2)
    array = group.create_array(inner, shape=volume.shape, dtype=volume.dtype, chunks=volume.shape)
    array[...] = volume
    named = {} if axes is None else {"axes": [{"name": n, "type": "space"} for n in axes]}
    return {**named, "datasets": [{"path": inner}], **about}


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_before_axes_had_names_they_were_t_c_z_y_x(tmp_path, volume, version):
    """https://ngff.openmicroscopy.org/0.1 and /0.2: arrays of five dimensions in this order."""
    about = image(tmp_path / "v.zarr", volume[None, None], version=version)
    zarr.open_group(tmp_path / "v.zarr", mode="a").attrs["multiscales"] = [about]
    read = read_volume(tmp_path / "v.zarr")
    np.testing.assert_array_equal(read.pixels, volume)
    assert read.voxel_size is None


@pytest.mark.parametrize("axes", ["abc", "xxy", "zyy"])
def test_axes_that_are_not_those_of_space_are_said_and_the_mend_loads(tmp_path, volume, axes):
    about = image(tmp_path / "v.zarr", volume, axes=axes)
    zarr.open_group(tmp_path / "v.zarr", mode="a").attrs["multiscales"] = [about]
    with pytest.raises(ValueError, match=f"calls its axes {', '.join(axes)}") as refusal:
        read_volume(tmp_path / "v.zarr")
    [mend] = re.findall(r"(shalelib\.data\.as_volume\(.*\))$", str(refusal.value))
    known = {"shalelib": shalelib, "zarr": zarr}
    found = eval(mend.replace("voxel_size=...", "voxel_size=5e-9"), known)
    np.testing.assert_array_equal(found.pixels, volume)


def test_of_several_images_the_first_is_read_and_another_is_named(tmp_path, volume):
    path = tmp_path / "v.zarr"
    several = [
        image(path, volume, inner="raw", axes="zyx"),
        image(path, 255 - volume, inner="denoised", axes="zyx"),
    ]
    zarr.open_group(path, mode="a").attrs["multiscales"] = several
    with pytest.warns(UserWarning, match="2 images, of which the first is read") as told:
        np.testing.assert_array_equal(read_volume(path).pixels, volume)
    [mend] = re.findall(r"(shalelib\.data\.as_volume\(.*\))$", str(told[0].message))
    known = {"shalelib": shalelib, "zarr": zarr}
    found = eval(mend.replace("voxel_size=...", "voxel_size=5e-9"), known)
    np.testing.assert_array_equal(found.pixels, 255 - volume)
