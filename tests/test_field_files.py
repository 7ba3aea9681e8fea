"""Files as the field's tools leave them: read as what they say, or refused with a mend."""

import contextlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.io import imsave

import shalelib
from companion.datasets import own_place
from shalelib.arrays import check_length
from shalelib.data.directory import load_directory
from shalelib.data.read import as_volume, read_mask, read_volume
from shalelib.data.stacks import write_stack
from shalelib.segmentation import read_label_image
from shalelib.tiff import read_tiff

SHAPE = (6, 12, 9)


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(1, 256, SHAPE, dtype=np.uint8)


@pytest.mark.parametrize("imagej", [False, True])
def test_numbers_of_either_byte_order_are_read_as_they_are(tmp_path, volume, imagej):
    """ImageJ writes the large end first."""
    deep = volume.astype(np.uint16) * 100
    about = {"axes": "ZYX"}
    tifffile.imwrite(tmp_path / "big.tif", deep, byteorder=">", imagej=imagej, metadata=about)
    np.testing.assert_array_equal(read_tiff(tmp_path / "big.tif").pixels, deep)


def test_what_is_not_finite_has_a_mend_that_keeps_the_levels(tmp_path, volume):
    """An infinity that becomes the largest float would make all the rest black."""
    values = volume.astype(np.float32)
    values[0, 0, :3] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "v.tif", values, photometric="minisblack")
    with pytest.raises(ValueError, match=r"^3 pixels of .* inside=numpy\.isfinite") as refusal:
        read_volume(tmp_path / "v.tif", percentiles=(0, 100))
    [mend] = re.findall(r"numpy\.nan_to_num\(.*?\)", str(refusal.value))
    names = {"numpy": np, "array": values, "shalelib": shalelib}
    names["filled"] = eval(mend, names)
    finite = np.isfinite(values)
    whole, masked = re.findall(
        r"shalelib\.data\.as_volume\(filled, .*?(?=, with| or|$)", str(refusal.value)
    )
    for read in (eval(whole, names), eval(masked, names)):
        assert read.window == (values[finite].min(), values[finite].max())
    assert read.inside.sum() == finite.sum()
    with pytest.raises(ValueError, match=r"as_volume\(filled, window=\(0, 255\)\) or"):
        read_volume(tmp_path / "v.tif", window=(0, 255))


def test_grey_with_transparency_is_called_so_and_no_array_neither(tmp_path, volume):
    both = np.stack([volume[0], np.full_like(volume[0], 255)], axis=-1)
    options = {"photometric": "minisblack", "extrasamples": ["unassalpha"]}
    tifffile.imwrite(tmp_path / "v.tif", both, planarconfig="contig", **options)
    with pytest.raises(ValueError, match="2 values a pixel, such as grey and transparency"):
        read_volume(tmp_path / "v.tif")
    for nothing in (None, 5):
        with pytest.raises(TypeError, match="volume must be an array with axes"):
            as_volume(nothing)


def test_the_depth_may_have_a_unit_of_its_own(tmp_path, volume):
    about = {"axes": "ZYX", "unit": "um", "zunit": "nm", "spacing": 80.0}
    tifffile.imwrite(tmp_path / "z.tif", volume, imagej=True, resolution=(20, 20), metadata=about)
    assert read_volume(tmp_path / "z.tif").voxel_size == pytest.approx((80e-9, 50e-9, 50e-9))


def test_a_table_of_colours_that_gets_darker_is_a_negative(tmp_path, volume):
    table = np.stack([255 - np.arange(256, dtype=np.uint16)] * 3) * np.uint16(257)
    tifffile.imwrite(tmp_path / "lut.tif", volume, photometric="palette", colormap=table)
    with pytest.raises(ValueError, match="negative of the numbers"):
        read_volume(tmp_path / "lut.tif")
    inside = (volume > 50).astype(np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", inside, photometric="palette", colormap=table)
    assert (read_mask(tmp_path / "m.tif") == (volume > 50)).all()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.txrm", "txrm2tiff"), ("a.mrc", r"as_volume\(mrcfile\.read\('.*a\.mrc'\)\)"),
        ("a.dcm", r"GetGDCMSeriesFileNames\('[^']*[^/]'\)"), ("a.nii.gz", r"SimpleITK.*a\.nii\.gz"),
        ("a.bmp", "PNG, from Fiji"), ("a.JPG", "PNG, from Fiji"), ("a.am", "Avizo"),
        ("a.czi", "Bio-Formats"), ("a.lif", "Bio-Formats"), ("a.dm4", "DigitalMicrograph"),
        ("a.h5", "h5py"), ("a.tar.gz", "unpack it"), ("a.pth", "it is a network"),
        ("a.am", r"Fiji .*Bio-Formats"), ("a.emd", "h5py"), ("a.hspy", "h5py"),
        ("a.ser", "ncempy"), ("a.mdoc", "stack that lies beside it"), ("a.hx", "is a project"),
        ("a.ORSObject", "from Dragonfly"), ("a.csv", "delimiter=','"), ("a.fits", "astropy"),
        ("a.mat", r"transpose\(\(2, 0, 1\)\)"), ("a.what", r"raw files; save it as a TIFF"),
    ],
)  # fmt: skip
def test_other_kinds_of_file_have_a_way_in(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"what it is")
    for read in (read_volume, read_mask):
        with pytest.raises(ValueError, match=rf"not read here; .*{said}"):
            read(tmp_path / name)
    if "what" not in name:
        (tmp_path / "slices").mkdir()
        (tmp_path / name).rename(tmp_path / "slices" / name)
        with pytest.raises(FileNotFoundError, match=rf"holds no slices .*only a.*{said}"):
            read_volume(tmp_path / "slices")


@pytest.mark.parametrize("name", ["a.h5", "a.nc", "a.nrrd", "a.mhd", "a.vti", "a.zip", "a"])
def test_other_kinds_of_file_are_named_with_a_mend_that_works(tmp_path, volume, name):
    (tmp_path / name).write_bytes(volume.tobytes())
    with pytest.raises(ValueError, match=r"of a kind that is not read here.*as_volume"):
        read_volume(tmp_path / name)
    np.testing.assert_array_equal(as_volume(volume).pixels, volume)
    given = {"shape": volume.shape, "dtype": "uint8"}
    np.testing.assert_array_equal(read_volume(tmp_path / name, **given).pixels, volume)


def test_the_way_that_a_refusal_names_leads_to_the_volume(tmp_path, volume):
    np.savez(tmp_path / "v.npz", grey=volume)
    with pytest.raises(ValueError, match="of a kind that is not read here") as refusal:
        read_volume(tmp_path / "v.npz")
    [way] = re.findall(r"as_volume: (as_volume\(.*\))$", str(refusal.value))
    known = {"as_volume": as_volume, "numpy": np, "name": "grey"}
    np.testing.assert_array_equal(eval(way, known).pixels, volume)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"\x89HDF\r\n", r"as_volume\(h5py"), (bytes(128) + b"DICM", "GetGDCMSeriesFileNames"),
        (bytes(208) + b"MAP ", r"as_volume\(mrcfile"), (b"CDF\1", r"as_volume\(xarray"),
        (b"# AmiraMesh BINARY", "Avizo"), (b"PK\3\4", "unpack it"), (b"\x1f\x8b\x08", "unpack"),
        (b"SIMPLE  =", "astropy"),
    ],
)  # fmt: skip
def test_a_file_without_an_ending_is_known_by_how_it_begins(tmp_path, start, said):
    """As DICOM's are: IM0001."""
    (tmp_path / "IM0001").write_bytes(start + bytes(300))
    with pytest.raises(ValueError, match=rf"not read here; .*{said}"):
        read_volume(tmp_path / "IM0001")
    with pytest.raises(FileNotFoundError, match=rf"only IM0001.*{said}"):
        read_volume(tmp_path)


def test_a_large_file_of_matlab_has_a_way_in_of_its_own(tmp_path, volume):
    """From 7.3 on it is HDF5, which Matlab's order of axes turns round: (y, x, z) are (z, x, y)."""
    h5py = pytest.importorskip("h5py", reason="writes the file")
    path = tmp_path / "v.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["grey"] = volume.transpose(0, 2, 1)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    with pytest.raises(ValueError, match=r"as_volume\(h5py\.File\(") as refusal:
        read_volume(path)
    [way] = re.findall(r"as_volume: (as_volume\(.*\))$", str(refusal.value))
    found = eval(way, {"as_volume": as_volume, "h5py": h5py, "name": "grey"})
    np.testing.assert_array_equal(found.pixels, volume)


def test_a_matlab_file_of_7_3_is_told_from_an_earlier_one(tmp_path):
    for start, said in ((b"MATLAB 7.3 MAT-file", "h5py"), (b"MATLAB 5.0 MAT-file", "loadmat")):
        (tmp_path / "v.mat").write_bytes(start)
        with pytest.raises(ValueError, match=rf"as_volume\({said}|as_volume\(scipy.*{said}"):
            read_volume(tmp_path / "v.mat")


def of_xarray(volume, *, steps=(60.0, 30.0, 30.0), units="nm"):
    """The volume with coordinates."""
    xarray = pytest.importorskip("xarray", reason="reads nothing without xarray")
    about = {"units": units}
    axes = zip("zyx", volume.shape, steps, strict=True)
    along = {axis: (axis, np.arange(n) * step, about) for axis, n, step in axes}
    return xarray.DataArray(volume, dims=("z", "y", "x"), coords=along, name="grey")


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_netcdf_comes_in_by_xarray_with_its_scale(tmp_path, volume, engine):
    grey = of_xarray(volume)
    pytest.importorskip(engine if engine == "h5netcdf" else "netCDF4", reason="writes the file")
    grey.transpose("x", "z", "y").to_netcdf(tmp_path / "v.nc", engine=engine)
    with pytest.raises(ValueError, match=r"as_volume\(xarray\.open_dataset\(") as refusal:
        read_volume(tmp_path / "v.nc")
    [way] = re.findall(r"as_volume: (as_volume\(.*\))$", str(refusal.value))
    known = {"as_volume": as_volume, "xarray": pytest.importorskip("xarray"), "name": "grey"}
    found = eval(way, known)
    np.testing.assert_array_equal(found.pixels, volume)
    assert found.voxel_size == pytest.approx((60e-9, 30e-9, 30e-9))


def test_of_xarray_one_array_evenly_spaced_is_taken(volume):
    grey = of_xarray(volume)
    with pytest.raises(ValueError, match=r"set of arrays, 'grey'; pass one of them"):
        as_volume(grey.to_dataset())
    np.testing.assert_array_equal(as_volume(grey.to_dataset()["grey"]).pixels, volume)
    uneven = grey.isel(z=[0, 1, 2, 5])
    with pytest.raises(ValueError, match=r"not evenly spaced along z: its steps are 60 to 180"):
        as_volume(uneven, voxel_size=30e-9)
    even = uneven.interp(z=[0.0, 60.0, 120.0]).astype(np.uint8)
    assert as_volume(even).voxel_size[0] == pytest.approx(60e-9)
    assert as_volume(uneven.drop_vars("z"), voxel_size=30e-9).edge == 30e-9
    assert as_volume(of_xarray(volume, units="pixel")).voxel_size is None
    with pytest.warns(UserWarning, match=r"gives 60 x 30 x 30 m along z, y, x.*voxel_size="):
        assert as_volume(of_xarray(volume, units="m")).voxel_size is None
    holes = grey.where(grey > 99)
    with pytest.raises(ValueError, match="pixels of volume are not finite"):
        as_volume(holes, window=(0, 255))


def test_what_is_masked_is_no_grey_level_and_the_mend_loads(volume):
    """As netCDF4 returns arrays with missing values; what lies under the mask means nothing."""
    missing = np.ma.array(volume, mask=volume < 50)
    with pytest.raises(ValueError, match=r"masked.*\.filled\(0\).*inside=~array\.mask"):
        as_volume(missing)
    found = as_volume(missing.filled(0), inside=~missing.mask)
    np.testing.assert_array_equal(found.inside, volume >= 50)
    assert not found.pixels[~found.inside].any()
    np.testing.assert_array_equal(as_volume(np.ma.array(volume)).pixels, volume)


def test_an_array_takes_a_mask_as_a_file_does(volume):
    inside = volume > 99
    for mask in (inside, np.uint8(255) * inside, inside.astype(float)):
        np.testing.assert_array_equal(as_volume(volume, inside=mask).inside, inside)
    one = as_volume(volume, inside=inside[0])
    np.testing.assert_array_equal(one.inside, np.broadcast_to(inside[0], volume.shape))
    with pytest.raises(ValueError, match="masked"):
        as_volume(volume, inside=np.ma.array(inside, mask=inside))


def test_a_scale_without_a_depth_is_said_to_be_a_guess(tmp_path, volume):
    """ImageJ leaves the depth out of single slices, and out of stacks where it is one unit."""
    about = {"axes": "ZYX", "unit": "nm"}
    tifffile.imwrite(tmp_path / "v.tif", volume, imagej=True, resolution=(0.1, 0.1), metadata=about)
    folder = tmp_path / "slices"
    folder.mkdir()
    for k, image in enumerate(volume):
        given = {"imagej": True, "resolution": (0.1, 0.1), "metadata": {"unit": "nm"}}
        tifffile.imwrite(folder / f"{k}.tif", image, **given)
    for path in (tmp_path / "v.tif", folder):
        with pytest.warns(UserWarning, match=r"10 nm, but not how far apart .*\(z, y, x\)"):
            assert read_volume(path).edge == pytest.approx(10e-9)
        with warnings.catch_warnings(action="error"):  # as the warning says
            found = read_volume(path, voxel_size=(20e-9, 10e-9, 10e-9))
        assert found.voxel_size == (20e-9, 10e-9, 10e-9)
    with warnings.catch_warnings(action="error"):
        read_volume(folder / "0.tif")
        write_stack(tmp_path / "said.tif", volume, voxel_size=10e-9)
        read_volume(tmp_path / "said.tif")


def test_a_mask_as_jpeg_is_refused_and_the_mend_loads(tmp_path, volume):
    """Round every edge JPEG leaves grey levels that are not zero: another mask."""
    mask = np.kron(volume > 99, np.ones((1, 8, 8), np.uint8)) * np.uint8(255)
    tifffile.imwrite(tmp_path / "m.tif", mask, compression="jpeg")
    with pytest.raises(ValueError, match=r"m\.tif is compressed as JPEG.*LZW or uncompressed"):
        read_mask(tmp_path / "m.tif")
    with pytest.raises(ValueError, match="compressed as JPEG"):
        read_label_image(tmp_path / "m.tif", codes={0: 0, 255: 1})
    tifffile.imwrite(tmp_path / "m.tif", mask, compression="lzw")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif"), mask > 0)


def test_a_boolean_array_of_tifffile_is_said_to_be_shown_inverted(tmp_path, volume):
    """It writes them as one bit with white as zero: what is shown is not what was written."""
    inside = volume > 99
    tifffile.imwrite(tmp_path / "m.tif", inside)
    shown = (~inside).mean()
    with pytest.warns(UserWarning, match=rf"white, {shown:.1%}\. If its ones were meant .*invert"):
        found = read_mask(tmp_path / "m.tif")
    np.testing.assert_array_equal(~found, inside)


@pytest.mark.parametrize("depth", [3, 4])
def test_few_slices_that_tifffile_stores_as_colours_have_a_mend_that_loads(tmp_path, depth):
    """To grey they would become one slice."""
    few = np.random.default_rng(0).integers(1, 256, (depth, 12, 9), dtype=np.uint8)
    colours = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "v.tif", few, **colours)
    with pytest.raises(ValueError, match=r"planes are slices .*photometric='minisblack'"):
        read_volume(tmp_path / "v.tif")
    tifffile.imwrite(tmp_path / "v.tif", few, photometric="minisblack")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, few)


@pytest.mark.parametrize("wrong", [True, 1.0, -1, 2, "two"])
def test_a_channel_and_an_image_are_chosen_by_whole_numbers(tmp_path, volume, wrong):
    both = np.stack([volume, 255 - volume], axis=1)
    tifffile.imwrite(tmp_path / "c.tif", both, imagej=True, metadata={"axes": "ZCYX"})
    found = read_volume(tmp_path / "c.tif", channel=np.int64(1))
    np.testing.assert_array_equal(found.pixels, 255 - volume)
    with pytest.raises(ValueError, match="pass channel= one of 0, 1"):
        read_volume(tmp_path / "c.tif", channel=wrong)
    with tifffile.TiffWriter(tmp_path / "i.ome.tif", ome=True) as file:
        file.write(volume, metadata={"axes": "ZYX"})
        file.write(255 - volume, metadata={"axes": "ZYX"})
    np.testing.assert_array_equal(
        read_volume(tmp_path / "i.ome.tif", image=np.int64(1)).pixels, 255 - volume
    )
    with pytest.raises(ValueError, match="numbered from 0; there is no image"):
        read_volume(tmp_path / "i.ome.tif", image=wrong)


@pytest.mark.parametrize("suffix", ["tif", "png", "npy"])
def test_a_link_is_read_by_its_own_name(tmp_path, volume, suffix):
    """Stores of data keep the files under names without an ending."""
    save(tmp_path / f"v.{suffix}", volume[0])
    (tmp_path / f"v.{suffix}").rename(tmp_path / "4f2a")
    (tmp_path / f"link.{suffix}").symlink_to("4f2a")
    found = read_volume(tmp_path / f"link.{suffix}")
    np.testing.assert_array_equal(found.pixels[0], volume[0])
    assert found.name == f"link.{suffix}"
    (tmp_path / "4f2a").rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError, match=r"is a link to 4f2a, which is not there; put the"):
        read_volume(tmp_path / f"link.{suffix}")
    (tmp_path / "moved").rename(tmp_path / "4f2a")
    np.testing.assert_array_equal(read_volume(tmp_path / f"link.{suffix}").pixels[0], volume[0])


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("v.tif", {"dtype": "uint8"}, r"is a TIFF, which has no dtype"),
        ("v.tif", {"level": 1}, r"is a TIFF, which has no level"),
        ("v.npy", {"axes": "ZYX"}, r"is a NumPy array, which has no axes"),
        ("v.raw", {"channel": 0}, r"is a raw file, which has no channel"),
        ("v.tif", {"window": (0, np.inf)}, r"window must be two numbers"),
        ("v.tif", {"window": 5}, r"window must be two numbers"),
    ],
)
def test_options_that_do_nothing_or_make_no_sense_are_refused(
    tmp_path, volume, name, options, said
):
    tifffile.imwrite(tmp_path / "v.tif", volume)
    np.save(tmp_path / "v.npy", volume)
    volume.tofile(tmp_path / "v.raw")
    with pytest.raises(ValueError, match=said):
        read_volume(tmp_path / name, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": "foo"}, "no number type 'foo'"),
        ({"dtype": "u1", "shape": (12, -1, 1)}, "three numbers of voxels"),
        ({"dtype": "u1", "shape": (12, 320)}, "three numbers of voxels"),
        ({"dtype": ">u2", "byte_order": "little"}, "say different things"),
        ({"dtype": "u1", "offset": -1}, "number of bytes before the first voxel"),
        ({"dtype": "u2"}, "mend shape, dtype or offset"),
    ],
)
def test_what_is_said_of_a_raw_file_is_checked(tmp_path, volume, options, said):
    volume.tofile(tmp_path / "v.raw")
    with pytest.raises(ValueError, match=said):
        read_volume(tmp_path / "v.raw", **{"shape": volume.shape} | options)


@pytest.mark.parametrize("kind", ["u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize(("end", "order"), [("<", "little"), (">", "big")])
def test_numbers_read_from_the_wrong_end_are_said_and_the_mend_reads_them(
    tmp_path, kind, end, order
):
    """As of portals, whose raw files are big-endian where ImageJ wrote them."""
    y, x = np.indices((40, 48))
    rng = np.random.default_rng(3)
    smooth = 20000 + 9000 * np.sin(x / 7) * np.cos(y / 9) + rng.normal(0, 300, (3, 40, 48))
    deep = smooth.round().astype(f"{end}{kind}")
    (tmp_path / "v.raw").write_bytes(deep.tobytes())
    given = {"shape": deep.shape, "window": (11000, 29000)}
    wrong = {"little": "big", "big": "little"}[order]
    said = rf"looks like noise.*pass dtype='{deep.dtype.name}', byte_order='{order}'"
    with pytest.warns(UserWarning, match=said), contextlib.suppress(ValueError):  # of no numbers
        read_volume(tmp_path / "v.raw", dtype=kind, byte_order=wrong, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_volume(tmp_path / "v.raw", dtype=deep.dtype.name, byte_order=order, **given)
    expected = (deep.astype(float) - 11000) * 255 / 18000
    assert np.abs(read.pixels - expected.clip(0, 255)).max() <= 0.5  # rounding


def test_the_wrong_end_is_seen_where_subnormal_numbers_count_as_zero(tmp_path):
    """After a training in the same process; of doubles, most are subnormal from the wrong end."""
    torch = pytest.importorskip("torch")
    levels = np.arange(3 * 40 * 48, dtype="<f8").reshape(3, 40, 48)
    levels.tofile(tmp_path / "v.raw")
    given = {"shape": levels.shape, "dtype": "f8", "byte_order": "big", "window": (0, 6000)}
    torch.set_flush_denormal(True)
    try:
        with pytest.warns(UserWarning, match="noise"), contextlib.suppress(ValueError):
            read_volume(tmp_path / "v.raw", **given)
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize("order", ["little", "big"])
def test_noise_is_noise_from_either_end(tmp_path, order):
    noise = np.random.default_rng(4).integers(0, 65536, (3, 40, 48), dtype=np.uint16)
    noise.tofile(tmp_path / "v.raw")
    given = {"shape": noise.shape, "dtype": "uint16", "window": (0, 65535)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_volume(tmp_path / "v.raw", byte_order=order, **given)


def test_a_type_may_say_which_end_comes_first(tmp_path, volume):
    volume.astype(">u2").tofile(tmp_path / "v.raw")
    given = {"shape": volume.shape, "window": (0, 255)}
    found = read_volume(tmp_path / "v.raw", dtype=">u2", **given)
    np.testing.assert_array_equal(found.pixels, volume)


def test_of_two_numbers_in_a_name_the_one_without_gaps_counts(tmp_path, volume):
    for k, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"s{k:03}_t{1000 + 7 * k}.tif", image)
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)


def test_two_counts_that_do_not_agree_are_refused(tmp_path, volume):
    for k, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"s{k:03}_z{500 - k}.tif", image)
    with pytest.raises(ValueError, match="two ways that do not agree; leave one number"):
        read_volume(tmp_path)


def test_slices_of_different_scales_are_said(tmp_path, volume):
    for k, image in enumerate(volume):
        edge = 60e-9 if k == 3 else 50e-9
        write_stack(tmp_path / f"{k}.tif", image[None], voxel_size=edge)
    with pytest.warns(UserWarning, match=r"3\.tif says .* 60 nm, and 0\.tif 50 nm"):
        assert read_volume(tmp_path).edge == pytest.approx(50e-9)


@pytest.mark.parametrize("suffix", ["tif", "png", "npy"])
def test_masks_of_every_kind_one_slice_or_all(tmp_path, volume, suffix):
    inside = volume > 99
    for k, image in enumerate(inside):
        save(tmp_path / f"m{k}.{suffix}", np.uint8(255) * image)
    if suffix == "npy":
        np.save(tmp_path / "all.npy", inside)
        found = read_mask(tmp_path / "all.npy")
    else:
        found = read_mask(tmp_path)
    np.testing.assert_array_equal(found, inside)
    one = read_mask(tmp_path / f"m0.{suffix}", shape=volume.shape)
    np.testing.assert_array_equal(one, np.broadcast_to(inside[0], inside.shape))


def test_masks_as_arrays_of_any_number_type(tmp_path, volume):
    tifffile.imwrite(tmp_path / "v.tif", volume)
    inside = volume > 99
    for mask in (inside, inside.astype(np.uint8), inside * 255.0, inside.tolist()):
        found = read_volume(tmp_path / "v.tif", mask=mask).inside
        np.testing.assert_array_equal(found, inside)
    with pytest.raises(ValueError, match="marks no voxel as rock"):
        read_volume(tmp_path / "v.tif", mask=np.zeros(volume.shape))
    for wrong in (5, {"rock": inside}, read_volume(tmp_path / "v.tif")):
        with pytest.raises(TypeError, match="mask must be a file or an array, got"):
            read_volume(tmp_path / "v.tif", mask=wrong)


def test_pages_of_a_mask_are_slices_whatever_they_are_called(tmp_path, volume):
    mask = np.uint8(255) * (volume > 99)
    tifffile.imwrite(tmp_path / "t.tif", mask, imagej=True, metadata={"axes": "TYX"})
    np.testing.assert_array_equal(read_mask(tmp_path / "t.tif"), mask > 0)


def test_a_volume_says_what_is_known_of_it(tmp_path, volume):
    write_stack(tmp_path / "v.tif", volume, voxel_size=33.6e-9)
    shown = " x ".join(map(str, volume.shape))
    mask = np.zeros(volume.shape, bool)
    mask[: len(volume) // 2] = True
    found = repr(read_volume(tmp_path / "v.tif", mask=mask))
    assert found == f"v.tif: {shown} voxels of 33.6 nm, {mask.mean():.1%} of them rock"


def save(path, image):
    """Write a slice as what its name says."""
    if path.suffix == ".npy":
        np.save(path, image)
    elif path.suffix == ".png":
        imsave(path, image, check_contrast=False)
    else:
        tifffile.imwrite(path, image)


def test_a_mask_of_one_long_image_is_read_whole(tmp_path, volume):
    """ImageJ writes stacks beyond 4 GB as one page; so does tifffile where it is asked to."""
    mask = volume > 128
    tifffile.imwrite(tmp_path / "m.tif", mask.astype(np.uint8), truncate=True)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif", shape=volume.shape), mask)


def test_each_image_of_an_ome_tiff_has_its_own_scale_and_channels(tmp_path, volume):
    units = {f"PhysicalSize{axis}Unit": "nm" for axis in "XYZ"}
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for edge, names in ((33.6, ["A", "B"]), (67.2, ["C", "D"])):
            about = units | {f"PhysicalSize{axis}": edge for axis in "XYZ"}
            about |= {"axes": "CZYX", "Channel": {"Name": names}}
            pixels = np.stack([volume, volume + np.uint8(edge)])
            writer.write(pixels, photometric="minisblack", metadata=about)
    for image, edge, name in ((0, 33.6, "B"), (1, 67.2, "D")):
        read = read_volume(path, image=image, channel=name)
        assert read.edge == pytest.approx(edge * 1e-9)
        np.testing.assert_array_equal(read.pixels, volume + np.uint8(edge))
        with pytest.raises(ValueError, match="channel="):
            read_volume(path, image=image, channel="D" if image == 0 else "B")


def test_axes_that_are_named_count_for_pages_that_were_written_one_by_one(tmp_path, volume):
    with tifffile.TiffWriter(tmp_path / "p.tif") as writer:
        for page in volume:
            writer.write(page, contiguous=False)
    read = read_volume(tmp_path / "p.tif", axes="XYZ", voxel_size=33.6e-9)
    np.testing.assert_array_equal(read.pixels, volume.T)


def test_a_thumbnail_beside_pages_is_an_image_of_its_own(tmp_path, volume):
    """The refusal's own mend reads the volume."""
    with tifffile.TiffWriter(tmp_path / "t.tif") as writer:
        for page in (*volume, volume[0, ::4, ::4].copy()):
            writer.write(page, contiguous=False)
    with pytest.raises(ValueError, match="image=0"):
        read_volume(tmp_path / "t.tif", voxel_size=33.6e-9)
    read = read_volume(tmp_path / "t.tif", image=0, voxel_size=33.6e-9)
    np.testing.assert_array_equal(read.pixels, volume)


def test_classes_that_are_no_mask_are_refused_and_the_mend_loads(tmp_path, volume):
    """ilastik's classes count from 1: 1 outside, 2 rock."""
    classes = np.where(volume > 128, np.uint8(2), np.uint8(1))
    tifffile.imwrite(tmp_path / "classes.tif", classes)
    for mask in (classes, tmp_path / "classes.tif", np.where(classes == 2, 1, -1)):
        with pytest.raises(ValueError, match=r"as an array, such as array == [12]"):
            as_volume(volume, inside=mask, voxel_size=33.6e-9)
    read = tifffile.imread(tmp_path / "classes.tif")
    marked = as_volume(volume, inside=read == 2, voxel_size=33.6e-9)
    np.testing.assert_array_equal(marked.inside, volume > 128)
    assert as_volume(volume, inside=np.full_like(classes, 255), voxel_size=33.6e-9).inside.all()


@pytest.mark.parametrize("dtype", [np.uint16, np.dtype("uint16"), "uint16"])
def test_a_raw_file_of_the_big_end_takes_any_spelling_of_its_type(tmp_path, dtype):
    levels = np.arange(24, dtype=">u2").reshape(2, 3, 4)
    levels.tofile(tmp_path / "v.raw")
    read = read_volume(
        tmp_path / "v.raw",
        shape=(2, 3, 4),
        dtype=dtype,
        byte_order="big",
        window=(0, 255),
        voxel_size=33.6e-9,
    )
    np.testing.assert_array_equal(read.pixels, levels)


def test_a_length_in_micrometres_is_told_how_to_write_it():
    with pytest.raises(ValueError, match=r"for 0\.05 µm write 0\.05e-6"):
        check_length("voxel_size", 0.05)


@pytest.mark.parametrize("suffix", [".jpg", ".BMP"])
def test_a_slice_of_a_kind_that_is_not_read_is_no_end_of_the_volume(tmp_path, volume, suffix):
    """Between others it would be a gap; after the last nothing would tell."""
    for k, image in enumerate(volume[:-1]):
        tifffile.imwrite(tmp_path / f"s{k:03}.tif", image)
    last = tmp_path / f"s{len(volume) - 1:03}{suffix}"
    for name in (last.name, f"s000{suffix}", f"overview_001{suffix}"):
        Image.fromarray(volume[-1]).save(tmp_path / name)
    with pytest.raises(ValueError, match=rf"{last.name} is named as a slice, and of a kind"):
        read_volume(tmp_path)
    tifffile.imwrite(last.with_suffix(".tif"), volume[-1])
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)


@pytest.mark.parametrize("bits", [2, 4])
def test_a_few_bits_a_pixel_are_no_levels_up_to_255_and_the_mend_loads(tmp_path, volume, bits):
    few = volume >> (8 - bits)
    tifffile.imwrite(tmp_path / "v.tif", few, bitspersample=bits, photometric="minisblack")
    with pytest.raises(ValueError, match=rf"{bits} bits a pixel.* end at {2**bits - 1}; save"):
        read_volume(tmp_path / "v.tif")
    shown = few * np.uint8(255 // (2**bits - 1))
    tifffile.imwrite(tmp_path / "v.tif", shown, photometric="minisblack")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, shown)


@pytest.mark.parametrize("read", [read_volume, read_mask, load_directory, own_place])
def test_an_address_is_said_to_be_one_and_a_file_has_a_name(tmp_path, volume, monkeypatch, read):
    for address in ("https://zenodo.org/v.tif", "s3://rocks/v.zarr", Path("HTTP://a.org/v.tif")):
        with pytest.raises(ValueError, match=r"is an address.*download it"):
            read(address)
    tifffile.imwrite(tmp_path / "v.tif", volume)
    with pytest.raises(ValueError, match="is an address") as told:
        read_volume((tmp_path / "v.tif").as_uri())
    named = str(told.value).rpartition("write ")[2]
    np.testing.assert_array_equal(read_volume(named).pixels, volume)
    monkeypatch.chdir(tmp_path)
    Path("run:").mkdir()
    Path("v.tif").rename("run:/v.tif")
    np.testing.assert_array_equal(read_volume("run:/v.tif").pixels, volume)


def test_probabilities_are_no_mask_and_the_mend_loads(tmp_path, volume):
    """As ilastik exports them: nearly nowhere are they exactly zero."""
    tifffile.imwrite(tmp_path / "v.tif", volume)
    inside = np.round(volume / np.float32(255), 1)
    inside[:, 0, 0] = 0
    np.save(tmp_path / "p.npy", inside)
    for mask in (inside, tmp_path / "p.npy"):
        with pytest.raises(ValueError, match="has fractions, as probabilities have") as told:
            read_volume(tmp_path / "v.tif", mask=mask)
    [mend] = re.findall(r"such as (array > 0\.5)", str(told.value))
    marked = read_volume(tmp_path / "v.tif", mask=eval(mend, {"array": inside}))
    assert 0.2 < marked.inside.mean() < 0.8


def test_a_home_that_is_none_is_said_and_the_whole_path_loads(tmp_path, volume):
    tifffile.imwrite(tmp_path / "v.tif", volume)
    with pytest.raises(ValueError, match=r"~nobody-here/v\.tif begins with the home of somebody"):
        read_volume("~nobody-here/v.tif")
    np.testing.assert_array_equal(read_volume(str(tmp_path / "v.tif")).pixels, volume)


def test_slices_of_several_sizes_are_no_array_and_cropping_mends(volume):
    with pytest.raises(ValueError, match=r"volume is no array of slices of one size.*crop"):
        as_volume([volume[0], volume[1, :5]])
    assert as_volume([volume[0, :5], volume[1, :5]]).pixels.shape == (2, 5, volume.shape[2])


def test_rooms_are_there_when_they_are_asked_for():
    code = "import shalelib; print(shalelib.flow.__name__, 'torch' in __import__('sys').modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.split() == ["shalelib.flow", "False"]
    with pytest.raises(AttributeError, match="no attribute 'flows'"):
        shalelib.flows  # noqa: B018


@pytest.mark.parametrize(
    "about",
    [
        {"imagej": True, "metadata": {"axes": "ZYX", "unit": "nm", "spacing": "wide"}},
        {"metadata": {"axes": "ZYX", "PhysicalSizeX": "wide", "PhysicalSizeY": "wide"}},
        {"description": '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
         'OME/2016-06"><BinaryOnly MetadataFile="v.companion.ome"/></OME>', "metadata": None},
    ],
)  # fmt: skip
def test_what_is_said_of_the_scale_in_no_numbers_is_not_believed(tmp_path, volume, about):
    """The third names the file that has it, as Bio-Formats leaves the files of a set."""
    name = "v.tif" if "imagej" in about else "v.ome.tif"
    tifffile.imwrite(tmp_path / name, volume, resolution=(0.1, 0.1), **about)
    found = read_volume(tmp_path / name)
    assert found.voxel_size is None
    np.testing.assert_array_equal(found.pixels, volume)


def test_a_grey_level_of_a_png_that_is_seen_through_is_refused(tmp_path, volume):
    image = Image.fromarray(volume[0])
    image.save(tmp_path / "v.png", transparency=int(volume[0, 0, 0]))
    with pytest.raises(ValueError, match="transparent in part; flatten it"):
        read_volume(tmp_path / "v.png")
    image.save(tmp_path / "v.png")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.png").pixels[0], volume[0])


@pytest.mark.parametrize("read", [read_volume, read_mask])
def test_pictures_that_follow_one_another_in_a_png_are_not_read_as_the_first(
    tmp_path, volume, read
):
    first, *others = [Image.fromarray(image) for image in volume]
    first.save(tmp_path / "v.png", save_all=True, append_images=others)
    with pytest.raises(ValueError, match=rf"v\.png holds {len(volume)} pictures.*save each as"):
        read(tmp_path / "v.png")
    for number, image in enumerate(volume):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "v.png").rename(tmp_path.parent / "v.png")
    found = read(tmp_path)
    expected = volume if read is read_volume else volume != 0
    np.testing.assert_array_equal(getattr(found, "pixels", found), expected)


def test_a_volume_for_a_mask_is_told_where_its_pixels_are(volume):
    mask = as_volume((volume > 99).astype(np.uint8))
    with pytest.raises(TypeError, match=r"got Volume; pass its pixels, volume\.pixels"):
        as_volume(volume, inside=mask)
    np.testing.assert_array_equal(as_volume(volume, inside=mask.pixels).inside, volume > 99)
