"""Slices that show nothing, and windows that leave no contrast, are said; the mends are silent."""

import re
import warnings
from functools import partial

import numpy as np
import pytest
import tifffile

from shalelib.data.directory import load_directory
from shalelib.data.read import as_volume, read_volume
from shalelib.data.stacks import read_stack, write_stack

SHAPE = (6, 20, 24)
VOLUME = np.random.default_rng(0).integers(1, 256, SHAPE, dtype=np.uint8)


def silent(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call()


# ------------------------------------------------------------------------------ blank slices


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("blank", [[0, 1, 5], [3], [2, 3]])
def test_slices_of_one_grey_level_are_said_unless_a_mask_leaves_them_out(tmp_path, blank, level):
    """At the ends and between: one that was not exported breaks the rock in two."""
    volume = VOLUME.copy()
    volume[blank] = level
    write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    listed = ", ".join(map(str, blank))
    said = rf"shows nothing in {len(blank)} of its 6 slices \({listed}, counted from 0\)"
    for read in (read_volume, read_stack):
        with pytest.warns(UserWarning, match=said) as told:
            read(tmp_path / "v.tif")
        assert len(told) == 1
    rock = np.ones(SHAPE, bool)
    with pytest.warns(UserWarning, match=said):
        as_volume(volume, inside=rock)
    rock[blank] = False
    silent(lambda: as_volume(volume, inside=rock))
    silent(lambda: as_volume(np.delete(volume, blank, axis=0)))


def test_one_pixel_is_enough_for_a_picture_and_a_slice_of_one_pixel_is_none():
    volume = np.zeros((3, 200, 300), np.uint8)
    volume[:, 0, 0] = 1
    volume[1, 0, 0], volume[1, 131, 77] = 0, 1  # beyond a first glance
    silent(lambda: as_volume(volume))
    silent(lambda: as_volume(VOLUME[:, :1, :1]))


@pytest.mark.parametrize("kind", ["txm", "sem"])
def test_a_blank_slice_among_pairs_is_named_and_moving_it_mends(tmp_path, kind):
    for number, split in enumerate(("train", "val", "test")):
        for shift, part in enumerate(("txm", "sem")):
            (tmp_path / "mine" / split / part).mkdir(parents=True)
            for z in range(2):
                image = np.roll(VOLUME[2 * number + z], shift, axis=0)
                tifffile.imwrite(tmp_path / "mine" / split / part / f"{z:03}.tif", image)
    load = partial(load_directory, tmp_path / "mine", pixel_size=1e-8)
    silent(load)
    tifffile.imwrite(tmp_path / "mine/train" / kind / "001.tif", np.zeros((20, 24), np.uint8))
    said = rf"train/{kind} shows nothing in 1 of its 2 slices \(001\.tif\).*TXM and SEM alike"
    with pytest.warns(UserWarning, match=said):
        load()
    for part in ("txm", "sem"):
        (tmp_path / "mine/train" / part / "001.tif").rename(tmp_path / f"{part}.tif")
    assert len(silent(load).train) == 1


# ------------------------------------------------------------------------------ lost contrast


def hot(deep):
    """One pixel of a dead detector, in each slice."""
    deep = deep.astype(np.uint16) * 4 + 1000
    deep[:, 3, 3] = 65535
    return deep


def unscanned(deep):
    """A fill value that is no grey level, as tomography writes round its field of view."""
    values = deep.astype(np.float32) / 255
    values[:, :4, 1:] = -1e30
    return values


LOST = {
    "12 bits in 16": (VOLUME.astype(np.uint16) * 8, {"window": (0, 65535)}),
    "a pixel that does not count": (hot(VOLUME), {"window": (1004, 65535)}),
    "a value for none": (unscanned(VOLUME), {"percentiles": (0.1, 99.9)}),
    "another volume's window": (VOLUME.astype(np.int16) - 1000, {"window": (-32768, 32767)}),
    "nearly all white": (VOLUME.astype(np.uint16), {"window": (0, 3)}),
}


@pytest.mark.parametrize("case", LOST)
def test_a_window_that_leaves_a_few_levels_is_said_and_the_one_it_names_is_silent(tmp_path, case):
    deep, given = LOST[case]
    np.save(tmp_path / "v.npy", deep)
    with pytest.warns(UserWarning, match=r"nearly all pixels of .* of 256 grey levels") as told:
        read_volume(tmp_path / "v.npy", **given)
    assert len(told) == 1
    [pair] = re.findall(r"window=\((.*?)\)", str(told[0].message))
    window = tuple(float(value) for value in pair.split(", "))
    volume = silent(lambda: read_volume(tmp_path / "v.npy", window=window))
    assert len(np.unique(volume.pixels)) > 200


def test_codes_and_good_windows_are_no_reason_to_warn():
    for deep, given in (
        ((VOLUME % 4).astype(np.uint16), {"window": (0, 3)}),  # classes
        (VOLUME.astype(np.uint16) * 200, {"window": (0, 51000)}),
        (np.where(VOLUME > 100, VOLUME, 0).astype(np.int32), {"percentiles": (0.1, 99.9)}),
        (hot(VOLUME), {"percentiles": (1, 99)}),
    ):
        silent(lambda deep=deep, given=given: as_volume(deep, **given))


def test_where_no_window_is_known_none_is_named():
    """Two values that count for nothing, far apart: what lies between is for a histogram to say."""
    deep = VOLUME.astype(np.float64)
    deep[:, :5], deep[:, 5:10] = -1e9 - VOLUME[:, :5], 1e9 + VOLUME[:, 5:10]
    with pytest.warns(UserWarning, match=r"by the grey levels of the rock in a histogram"):
        as_volume(deep, percentiles=(0, 100))
