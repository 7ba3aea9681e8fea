"""What a file says of its scale, whoever wrote it: it is used, or said where it cannot be true."""

import re
import warnings

import numpy as np
import pytest
import tifffile

import shalelib
from shalelib.data.directory import load_directory
from shalelib.data.read import as_volume, read_volume

VOLUME = np.random.default_rng(0).integers(1, 256, (6, 12, 9), dtype=np.uint8)


def zeiss(*lines):
    """The tag that the electron microscopes of Zeiss leave: a name in capitals, then its value."""
    text = "\r\n".join(["", "0", "AP_MAG", "Mag = 10.00 K X", *lines, ""])
    return {"extratags": [(34118, "s", 0, text.encode("cp1252"), True)]}


def fei(code, section, **values):
    """A tag of FEI, now Thermo Fisher: sections with lengths in metres."""
    lines = [f"{name}={value}" for name, value in values.items()]
    text = "\r\n".join(["[User]", "Date=10/06/2021", f"[{section}]", *lines, ""])
    return {"extratags": [(code, "s", 0, text, True)]}


IMAGE = ("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 5.000 nm")
MICROSCOPES = {
    "Zeiss": (zeiss(*IMAGE), (5e-9, 5e-9)),
    "Zeiss, picometres": (zeiss(IMAGE[0], "Image Pixel Size = 558.2 pm"), (558.2e-12,) * 2),
    "Zeiss, micrometres": (zeiss(IMAGE[0], "Image Pixel Size = 0.05 µm"), (50e-9,) * 2),
    "Zeiss, the screen's too": (zeiss("AP_PIXEL_SIZE", "Pixel Size = 9.0 nm", *IMAGE), (5e-9,) * 2),
    "Zeiss, long ago": (zeiss("AP_PIXEL_SIZE", "Pixel Size = 9.0 nm"), (9e-9, 9e-9)),
    "FEI": (fei(34682, "Scan", PixelWidth=5e-9, PixelHeight=6e-9), (6e-9, 5e-9)),
    "FEI, field emission": (fei(34680, "Scan", PixelWidth=5e-9, PixelHeight=5e-9), (5e-9, 5e-9)),
    "FEI, one column": (fei(34682, "IScan", PixelWidth=5e-9, PixelHeight=5e-9), (5e-9, 5e-9)),
    "too fine for a print": (
        {"resolution": (1e-2 / 5e-9, 1e-2 / 6e-9), "resolutionunit": "CENTIMETER"},
        (6e-9, 5e-9),
    ),
}


@pytest.mark.parametrize("case", MICROSCOPES)
def test_the_pixel_that_a_microscope_writes_is_used(tmp_path, case):
    """Of slices, whose distance it does not know: that is said where there are several."""
    options, edges = MICROSCOPES[case]
    tifffile.imwrite(tmp_path / "sem.tif", VOLUME[0], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_volume(tmp_path / "sem.tif").voxel_size
    assert found[1:] == pytest.approx(edges, rel=1e-5)
    for z in range(2):
        tifffile.imwrite(tmp_path / f"sem{z}.tif", VOLUME[z], **options)
    (tmp_path / "sem.tif").unlink()
    with pytest.warns(UserWarning, match="not how far apart its slices are"):
        assert read_volume(tmp_path).voxel_size[1:] == pytest.approx(edges, rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        zeiss("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = unknown"),
        zeiss("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 5 furlongs"),
        {"extratags": [(34118, "s", 0, "no such text", True)]},
        fei(34682, "Scan", PixelWidth="", PixelHeight=""),
        fei(34682, "Beam", HV=20000),
        {"resolution": (1, 1), "resolutionunit": "NONE"},
        {"imagej": True, "metadata": {"unit": "pixel"}, "resolution": (1, 1)},
    ],
)
def test_where_nothing_is_said_of_the_scale_nothing_is_made_of_it(tmp_path, options):
    tifffile.imwrite(tmp_path / "sem.tif", VOLUME[0], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(tmp_path / "sem.tif").voxel_size is None


def imagej(unit, edge):
    about = {"axes": "ZYX", "unit": unit, "spacing": edge}
    return {"imagej": True, "resolution": (1 / edge, 1 / edge), "metadata": about}


ODD = {
    "a metre": (imagej("m", 1), "1 x 1 x 1 m along z, y, x"),
    "a unit of nobody": (imagej("furlong", 1), "a length in 'furlong', which is no unit"),
    "a screen": ({"resolution": (72, 72), "resolutionunit": "INCH"}, "72 pixels an inch"),
    "a print": ({"resolution": (118, 118), "resolutionunit": 3}, "118 pixels a centimetre"),
    "a kilometre by FEI": (fei(34682, "Scan", PixelWidth=1e3, PixelHeight=1e3), "1000 x 1000"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_scale_that_no_voxel_has_is_said_and_the_mend_is_silent(tmp_path, case):
    options, said = ODD[case]
    tifffile.imwrite(tmp_path / "odd.tif", VOLUME, photometric="minisblack", **options)
    with pytest.warns(UserWarning, match=rf"odd\.tif gives {said}.*pass voxel_size=") as told:
        assert read_volume(tmp_path / "odd.tif").voxel_size is None
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(tmp_path / "odd.tif", voxel_size=5e-9).edge == pytest.approx(5e-9)


def test_of_many_slices_an_odd_scale_is_said_once_and_one_that_is_none_goes_before(tmp_path):
    for z, image in enumerate(VOLUME):
        tifffile.imwrite(tmp_path / f"{z}.tif", image, resolution=(72, 72), resolutionunit="INCH")
    with pytest.warns(UserWarning, match="72 pixels an inch") as told:
        assert read_volume(tmp_path).voxel_size is None
    assert len(told) == 1
    tifffile.imwrite(tmp_path / "3.tif", VOLUME[3], **zeiss(*IMAGE))
    with pytest.warns(UserWarning, match="pixels measure 5 nm"):
        assert read_volume(tmp_path).edge == pytest.approx(5e-9)


def test_pairs_of_an_odd_scale_say_it_and_take_that_of_the_caller(tmp_path):
    for split in ("train", "val", "test"):
        for kind in ("txm", "sem"):
            (tmp_path / split / kind).mkdir(parents=True)
            image = np.random.default_rng(len(split) * 9 + (kind == "sem")).integers(1, 256, (9, 9))
            image[0, 0] = ("train", "val", "test").index(split)
            tifffile.imwrite(
                tmp_path / split / kind / "1.tif",
                image.astype(np.uint8),
                resolution=(72, 72),
                resolutionunit="INCH",
            )
    with pytest.warns(UserWarning, match=r"says how large a pixel is \(.* gives 72 pixels an inch"):
        assert np.isnan(load_directory(tmp_path).pixel_size)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_directory(tmp_path, pixel_size=5e-9).pixel_size == 5e-9


def test_cuboid_voxels_are_refused_where_a_cube_is_meant_and_the_mend_works():
    volume = as_volume(VOLUME, voxel_size=(10e-9, 5e-9, 5e-9))
    with pytest.raises(ValueError, match=r"10 x 5 x 5 nm along z, y, x\); go on from") as refusal:
        _ = volume.edge
    [mend] = re.findall(r"volume = (shalelib\.data\.to_cubes\(volume\))", str(refusal.value))
    cubes = eval(mend, {"shalelib": shalelib, "volume": volume})
    assert cubes.edge == pytest.approx(5e-9)
    assert cubes.pixels.shape == (12, 12, 9)
