"""A refusal names options of the function that the caller used, and what it names works."""

import importlib
import inspect
import re
import warnings

import numpy as np
import pytest
import tifffile
import zarr

from shalelib import data, segmentation
from shalelib.data.read import as_volume, read_mask, read_volume
from shalelib.data.stacks import read_stack

SHAPE = (6, 12, 9)
VOLUME = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
CODES = {code: code % 5 for code in range(256)}


def channels(path):
    both = np.stack([VOLUME, 255 - VOLUME], axis=1)
    tifffile.imwrite(path.with_suffix(".tif"), both, imagej=True, metadata={"axes": "ZCYX"})
    return path.with_suffix(".tif")


def images(path):
    with tifffile.TiffWriter(path.with_suffix(".ome.tif")) as file:
        file.write(VOLUME, metadata={"axes": "ZYX"})
        file.write(VOLUME[:, ::2], metadata={"axes": "ZYX"})
    return path.with_suffix(".ome.tif")


def of_tifffile(suffix=".tif", pixels=VOLUME, **options):
    def make(path):
        tifffile.imwrite(path.with_suffix(suffix), pixels, **options)
        return path.with_suffix(suffix)

    return make


def of_bytes(suffix, content):
    def make(path):
        path.with_suffix(suffix).write_bytes(content)
        return path.with_suffix(suffix)

    return make


def of_zarr(path, names="czyx"):
    group = zarr.create_group(path.with_suffix(".zarr"))
    group.create_array("0", data=np.stack([VOLUME, VOLUME]))
    axes = [{"name": name} for name in names]
    group.attrs["ome"] = {"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]}
    return path.with_suffix(".zarr")


def transparent(path):
    with tifffile.TiffWriter(path.with_suffix(".tif")) as file:
        file.write(VOLUME[0], photometric="minisblack", metadata=None)
        file.write(VOLUME[0] > 99, subfiletype=4, photometric="minisblack", metadata=None)
    return path.with_suffix(".tif")


def images_of_zarr(path):
    group = zarr.open_group(of_zarr(path, "tzyx"), mode="a")
    group.create_array("1", data=VOLUME)
    about = [{"axes": list("zyx"), "datasets": [{"path": "1"}]}] * 2
    group.attrs["ome"] = {"multiscales": about}
    return path.with_suffix(".zarr")


def no_data(value):
    return {"photometric": "minisblack", "extratags": [(42113, "s", 0, value, True)]}


FURLONG = {f"PhysicalSize{axis}Unit": "furlong" for axis in "XYZ"}
FURLONG |= {f"PhysicalSize{axis}": 1 for axis in "XYZ"}
FILES = {
    "missing pixels": of_tifffile(**no_data(str(VOLUME[0, 0, 0]))),
    "nothing but missing pixels": of_tifffile(pixels=VOLUME * 0 + 7, **no_data("7")),
    "a page of transparency": transparent,
    "a unit of nobody": of_tifffile(".ome.tif", metadata={"axes": "ZYX", **FURLONG}),
    "counts that make no sense": of_tifffile(
        photometric="minisblack", description="ImageJ=1.5\nimages=five\n", metadata=None
    ),
    "images of a Zarr": images_of_zarr,
    "strange axes of a Zarr": lambda path: of_zarr(path, "abcd"),
    "a large file of Matlab": of_bytes(".mat", b"MATLAB 7.3 MAT-file"),
    "a project": of_bytes(".ORSSession", b"what"),
    "channels": channels,
    "images": images,
    "times": of_tifffile(imagej=True, metadata={"axes": "TYX"}),
    "times of slices": of_tifffile(
        pixels=np.stack([VOLUME] * 2), imagej=True, metadata={"axes": "TZYX"}
    ),
    "16 bits": of_tifffile(pixels=VOLUME.astype(np.uint16) * 200),
    "floats with a hole": of_tifffile(pixels=np.where(VOLUME > 9, VOLUME, np.nan).astype("f4")),
    "classes": of_tifffile(pixels=VOLUME % 3 + 1),
    "planes of colour": of_tifffile(pixels=VOLUME[:3], photometric="rgb", planarconfig="separate"),
    "white is zero": of_tifffile(photometric="miniswhite"),
    "turned": of_tifffile(extratags=[(274, "H", 1, 6, True)]),
    "JPEG": of_tifffile(pixels=np.kron(VOLUME, np.ones((1, 8, 8), "u1")), compression="jpeg"),
    "no scale of depth": of_tifffile(
        imagej=True, resolution=(0.1, 0.1), metadata={"axes": "ZYX", "unit": "nm"}
    ),
    "raw": of_bytes(".raw", VOLUME.tobytes()),
    "an unknown kind": of_bytes(".xyz", b"what"),
    "a kind of other software": of_bytes(".mrc", b"what"),
    "channels of a Zarr": of_zarr,
    "times of a Zarr": lambda path: of_zarr(path, "tzyx"),
    "cut short": of_bytes(".tif", b"II*\0" + bytes(9)),
    "nothing": lambda path: path.with_suffix(".tif"),
}
DOORS = {
    "read_volume": (read_volume, read_volume),
    "read_stack": (read_stack, read_stack),
    "read_mask": (read_mask, read_mask),
    "the mask of read_volume": (read_volume, lambda path: as_volume(VOLUME, inside=str(path))),
    "the mask of as_volume": (as_volume, lambda path: as_volume(VOLUME, inside=str(path))),
    "read_label_image": (
        segmentation.read_label_image,
        lambda path: segmentation.read_label_image(path, shape=SHAPE),
    ),
    "a folder, read_volume": (read_volume, lambda path: read_volume(alone(path))),
    "a folder, read_mask": (read_mask, lambda path: read_mask(alone(path))),
    "load_directory": (data.load_directory, lambda path: data.load_directory(paired(path))),
    "load_masks": (data.load_masks, lambda path: data.load_masks(paired(path), "train")),
}
CALL = re.compile(r"\b((?:\w+\.)+\w+)\(((?:[^()]|\([^()]*\))*)\)")


def alone(path):
    """The file as the one slice of a folder."""
    folder = path.parent / "slices"
    folder.mkdir()
    if path.exists():
        path.rename(folder / f"000{path.suffix}")
    return folder


def paired(path):
    """The file as one slice, and as one mask, of a folder of pairs."""
    for split in ("train", "val", "test"):
        for kind in ("txm", "sem", "charge"):
            folder = path.parent / "pairs" / split / kind
            folder.mkdir(parents=True)
            target = folder / f"000{path.suffix}"
            if path.is_file() and kind != "sem":
                target.write_bytes(path.read_bytes())
            else:
                tifffile.imwrite(target.with_suffix(".tif"), VOLUME[0])
    return path.parent / "pairs"


def check_options(message, door):
    """Every option in a message belongs to the call that it stands in, or else to the door."""
    for place, inner in CALL.findall(message):
        module, _, name = place.rpartition(".")
        if module.startswith("shalelib"):
            function = getattr(importlib.import_module(module), name)
            named = re.findall(r"(\w+)=", CALL.sub("", inner))
            assert set(named) <= set(inspect.signature(function).parameters), message
    named = re.findall(r"(?<!\w)([a-z_]+)=(?!=)", CALL.sub("", message))
    assert set(named) <= set(inspect.signature(door).parameters), message


def told(call, path):
    """What is said where a file is read: warnings, and the refusal if there is one."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("ignore", ResourceWarning)  # of files that earlier tests left open
        try:
            call(path)
        except (ValueError, FileNotFoundError) as refusal:
            return [str(refusal), *(str(one.message) for one in heard)]
    return [str(one.message) for one in heard]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("file", FILES)
def test_what_is_said_names_options_that_the_door_has(tmp_path, file, door):
    function, call = DOORS[door]
    for message in told(call, FILES[file](tmp_path / "v")):
        check_options(message, function)
        assert "delete" not in message
        assert "\n" not in message


@pytest.mark.parametrize("door", [read_volume, read_stack, read_mask])
def test_the_options_that_are_named_choose(tmp_path, door):
    expected = {read_mask: VOLUME > 0}.get(door, VOLUME)
    for make, option in ((channels, {"channel": 0}), (images, {"image": 0})):
        path = make(tmp_path / "v")
        with pytest.raises(ValueError, match=f"{next(iter(option))}="):
            door(path)
        found = door(path, **option)
        np.testing.assert_array_equal(getattr(found, "pixels", found), expected)


def test_labels_of_one_channel_or_image_are_read(tmp_path):
    expected = VOLUME % 5
    for make, option in ((channels, {"channel": 0}), (images, {"image": 0})):
        path = make(tmp_path / "v")
        with pytest.raises(ValueError, match=f"{next(iter(option))}="):
            segmentation.read_label_image(path, codes=CODES)
        found = segmentation.read_label_image(path, codes=CODES, **option)
        np.testing.assert_array_equal(found, expected)
    np.save(tmp_path / "v.npy", VOLUME)
    with pytest.raises(ValueError, match="no TIFF and has no channel to choose"):
        segmentation.read_label_image(tmp_path / "v.npy", codes=CODES, channel=0)


def test_a_stack_of_16_bits_has_a_window_and_other_kinds_have_read_volume(tmp_path):
    path = FILES["16 bits"](tmp_path / "v")
    with pytest.raises(ValueError, match="window="):
        read_stack(path)
    np.testing.assert_array_equal(read_stack(path, window=(0, 51000)), VOLUME)
    np.save(tmp_path / "v.npy", VOLUME)
    with pytest.raises(ValueError, match=r"NumPy array\); read it by shalelib\.data\.read_volume"):
        read_stack(tmp_path / "v.npy")


def test_a_bare_zarr_array_is_passed_on_as_the_refusal_says(tmp_path):
    stored = zarr.create_array(tmp_path / "v.zarr", shape=SHAPE, dtype="u1")
    stored[:] = VOLUME
    with pytest.raises(ValueError, match="without the names of its axes") as refusal:
        read_volume(tmp_path / "v.zarr")
    [way] = re.findall(r"shalelib\.data\.(as_volume\(.*\))$", str(refusal.value))
    found = eval(way.replace("...", "1e-8"), {"as_volume": as_volume, "zarr": zarr})
    np.testing.assert_array_equal(found.pixels, VOLUME)
    assert found.edge == pytest.approx(1e-8)


def test_one_time_of_a_zarr_is_passed_on_as_the_refusal_says(tmp_path):
    path = of_zarr(tmp_path / "v", "tzyx")
    with pytest.raises(ValueError, match="2 places along t") as refusal:
        read_volume(path)
    [way] = re.findall(r"shalelib\.data\.(as_volume\(.*\))$", str(refusal.value))
    found = eval(way, {"as_volume": as_volume, "zarr": zarr})
    np.testing.assert_array_equal(found.pixels, VOLUME)
