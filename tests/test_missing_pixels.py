"""Pixels that a file names as missing are no grey levels, pores or classes: refused, with mends."""

import re
import warnings

import numpy as np
import pytest
import tifffile

import shalelib.data
from shalelib.data.masks import read_mask
from shalelib.data.read import as_volume, read_volume
from shalelib.segmentation import read_label_image

VOLUME = np.random.default_rng(6).integers(1, 255, (5, 14, 11), dtype=np.uint8)
GONE = np.zeros(VOLUME.shape, bool)
GONE[:, :4] = True
KNOWN = {"numpy": np, "tifffile": tifffile, "shalelib": shalelib}


def write(path, array, value):
    """As GDAL does: a text in a tag of its own."""
    tag = [(42113, "s", 0, value, True)]
    tifffile.imwrite(path, array, extratags=tag, photometric="minisblack")
    return path


def mends(error):
    """The array, and the expression for what is left of it."""
    array, rest = re.findall(
        r"with array = (.*\)\)) they .*by (shalelib\..*\)); if the",
        str(error.value),
    )[0]
    return eval(array, KNOWN), rest


@pytest.mark.parametrize(
    ("kind", "value"),
    [("float32", "-9999"), ("float64", "-3.4028234663852886e+38"), ("int16", "-32768"),
     ("float32", "-3.4028234663852886e+38"), ("uint16", "65535"), ("uint8", "0"), ("uint8", "255")],
)  # fmt: skip
@pytest.mark.parametrize("depth", [5, 1])
def test_a_value_of_no_data_is_no_grey_level_and_the_mend_leaves_it_out(
    tmp_path, kind, value, depth
):
    volume, gone = VOLUME[:depth], GONE[:depth]
    array = np.where(gone, np.dtype(kind).type(float(value)), volume.astype(kind))
    write(tmp_path / "v.tif", array, value)
    said = rf"{gone.sum()} of the {gone.size} pixels of .*v\.tif are .*names as missing"
    with pytest.raises(ValueError, match=said) as refusal:
        read_volume(tmp_path / "v.tif", window=(0, 255))
    array, mend = mends(refusal)
    deep = mend.replace("inside=", "window=(0, 255), inside=")
    read = eval(deep, KNOWN | {"array": array})
    np.testing.assert_array_equal(read.inside, ~gone)
    np.testing.assert_array_equal(read.pixels[~gone], volume[~gone])
    assert read.pixels[gone].max() <= volume[~gone].min()
    if kind == "uint8":
        np.testing.assert_array_equal(as_volume(array).pixels, array)


@pytest.mark.parametrize(
    ("array", "value"),
    [(VOLUME, "0"), (VOLUME, "255"), (VOLUME, "-9999"), (VOLUME, "0.5"), (VOLUME, "what"),
     (VOLUME, "nan")],
)  # fmt: skip
def test_where_no_pixel_has_the_value_nothing_is_missing(tmp_path, array, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_volume(write(tmp_path / "v.tif", array, value))
    np.testing.assert_array_equal(read.pixels, array)


def test_a_slice_that_lacks_pixels_is_named_and_saving_it_anew_mends(tmp_path):
    for z, image in enumerate(VOLUME):
        write(tmp_path / f"{z}.tif", np.where(GONE[z] & (z == 3), 0, image), "0")
    with pytest.raises(ValueError, match=r"3\.tif are 0, which it names as missing"):
        read_volume(tmp_path)
    array = tifffile.imread(tmp_path / "3.tif")
    tifffile.imwrite(tmp_path / "3.tif", array)
    read = read_volume(tmp_path, mask=(~GONE).astype(np.uint8))
    np.testing.assert_array_equal(read.pixels[~GONE], VOLUME[~GONE])
    np.testing.assert_array_equal(read.inside, ~GONE)


@pytest.mark.parametrize("read", [read_mask, read_label_image])
def test_of_codes_0_may_stand_for_none_and_another_is_no_class(tmp_path, read):
    codes = np.where(GONE, 0, 2).astype(np.uint8)
    expected = read(write(tmp_path / "m.tif", codes, "0"))
    others = np.where(GONE, 5, codes).astype(np.uint8)
    with pytest.raises(ValueError, match=r"m\.tif are 5, which it names as missing") as refusal:
        read(write(tmp_path / "m.tif", others, "5"))
    found = r"with array = (.*\)\)) save .*there, (tifffile\.imwrite\(.*\)), or as"
    [(array, mend)] = re.findall(found, str(refusal.value))
    known = KNOWN | {"array": eval(array, KNOWN), "name": tmp_path / "n.tif"}
    eval(mend, known)
    np.testing.assert_array_equal(read(tmp_path / "n.tif"), expected)
    if read is read_mask:
        np.testing.assert_array_equal(expected, ~GONE)


def test_a_page_of_transparency_is_said_and_can_be_the_mask(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        tif.write(VOLUME[0], photometric="minisblack", metadata=None)
        tif.write(~GONE[0], subfiletype=4, photometric="minisblack", metadata=None)
    with pytest.warns(UserWarning, match="page 1 of .* marks 44 pixels as seen through") as told:
        read = read_volume(tmp_path / "v.tif")
    np.testing.assert_array_equal(read.pixels, VOLUME[:1])
    [mend] = re.findall(r"taken: (tifffile.*)$", str(told[0].message))
    with pytest.warns(UserWarning, match="seen through"):
        masked = read_volume(tmp_path / "v.tif", mask=eval(mend, KNOWN))
    np.testing.assert_array_equal(masked.inside, ~GONE[:1])


class Named:
    """What `as_volume` asks of an array that names its dimensions, as xarray's does."""

    dims = ("z", "y", "x")
    coords = ()

    def __init__(self, values, **attrs):
        self.values, self.attrs = np.asarray(values), attrs

    def __array__(self, dtype=None, copy=None):
        return self.values

    def transpose(self, *dims):
        assert dims == self.dims
        return self

    def where(self, condition, other):
        return Named(np.where(condition, self.values, other), **self.attrs)

    def __ne__(self, other):
        return self.values != other


def of_xarray(values, **attrs):
    return pytest.importorskip("xarray").DataArray(values, dims=("z", "y", "x"), attrs=attrs)


@pytest.mark.parametrize("attribute", ["_FillValue", "missing_value", "nodata"])
@pytest.mark.parametrize("labelled", [Named, of_xarray])
def test_a_fill_of_netcdf_that_was_read_as_it_is_stored_is_no_grey_level(labelled, attribute):
    """As with mask_and_scale=False, or by rioxarray."""
    array = labelled(np.where(GONE, -999, VOLUME.astype(np.int16)), **{attribute: np.int16(-999)})
    with pytest.raises(
        ValueError, match=f"220 values of volume are -999, .*{attribute}"
    ) as refusal:
        as_volume(array, window=(0, 255))
    [mend] = re.findall(r"(shalelib\.data\.as_volume\(.*\)), or, if it", str(refusal.value))
    read = eval(mend.replace("inside=", "window=(0, 255), inside="), KNOWN | {"array": array})
    np.testing.assert_array_equal(read.inside, ~GONE)
    np.testing.assert_array_equal(read.pixels[~GONE], VOLUME[~GONE])
    array.attrs.pop(attribute)
    assert as_volume(array, window=(-999, 255)).pixels[GONE].max() == 0
    whole = labelled(VOLUME, **{attribute: np.nan})
    np.testing.assert_array_equal(as_volume(whole).pixels, VOLUME)
