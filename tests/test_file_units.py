"""Units of length as OME, ImageJ and Zarr spell them: in metres, or said where they are none."""

import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image

from shalelib.data.read import read_volume
from shalelib.scale import unit_in_metres

VOLUME = np.random.default_rng(5).integers(1, 256, (5, 14, 11), dtype=np.uint8)


def ome(folder, **sizes):
    tifffile.imwrite(folder / "v.ome.tif", VOLUME, metadata={"axes": "ZYX", **sizes})
    return folder / "v.ome.tif"


def along(unit, *edges):
    """What OME says along z, y and x."""
    sizes = dict(zip("ZYX", edges, strict=True))
    known = {f"PhysicalSize{axis}": edge for axis, edge in sizes.items()}
    return known | {f"PhysicalSize{axis}Unit": unit for axis in sizes}


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("dm", 0.1), ("cm", 1e-2), ("mm", 1e-3), ("µm", 1e-6), ("nm", 1e-9), ("pm", 1e-12),
        ("Å", 1e-10), ("fm", 1e-15), ("km", 1e3), ("thou", 0.0254e-3), ("pt", 0.0254 / 72),
        ("li", 0.0254 / 12), ("in", 0.0254), ("ft", 0.3048), ("yd", 0.9144), ("mi", 1609.344),
    ],
)  # fmt: skip
def test_every_length_of_ome_is_in_metres(tmp_path, unit, metres):
    """Of its enumeration UnitsLength all but those of astronomy."""
    edges = (90e-9, 60e-9, 30e-9)
    read = read_volume(ome(tmp_path, **along(unit, *(edge / metres for edge in edges))))
    assert read.voxel_size == pytest.approx(edges, rel=1e-6)
    np.testing.assert_array_equal(read.pixels, VOLUME)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("decimeter", 0.1), ("femtometer", 1e-15), ("megameter", 1e6), ("foot", 0.3048),
     ("yoctometer", 1e-24), ("Micrometre", 1e-6), ("angstrom", 1e-10)],
)  # fmt: skip
def test_units_of_zarr_are_spelt_out(unit, metres):
    assert unit_in_metres(unit) == pytest.approx(metres)


def test_a_capital_is_another_unit_where_it_is_one():
    """0.5 Mm are 500 km and no half millimetre; in capitals alone it may be either's."""
    assert [unit_in_metres(unit) for unit in ("Mm", "mm", "MM", "Pm", "NM")] == [
        1e6, 1e-3, 1e-3, 1e15, 1e-9,
    ]  # fmt: skip


SAID = {
    "a unit of nobody": (along("furlong", 1, 1, 1), "a length in 'furlong', which is no unit"),
    "megametres": (along("Mm", 0.5, 0.5, 0.5), "500000 x 500000 x 500000 m"),
    "a decimal comma": (along("µm", "0,5", "0,5", "0,5"), "'0,5', which is no number, along z"),
    "the width alone": ({"PhysicalSizeX": 0.5, "PhysicalSizeZ": 1}, "along x alone"),
    "below zero": (along("µm", 0.5, -0.5, -0.5), "5e-07 x -5e-07 x -5e-07 m"),
}


@pytest.mark.parametrize("case", SAID)
def test_a_size_of_ome_that_is_none_is_said_and_the_mend_is_silent(tmp_path, case):
    """Nor is the resolution of the TIFF, which may be that of a screen, asked in its place."""
    sizes, said = SAID[case]
    path = tmp_path / "v.ome.tif"
    finer = {"resolution": (1e6, 1e6), "resolutionunit": "CENTIMETER"}  # 10 nm
    tifffile.imwrite(path, VOLUME, metadata={"axes": "ZYX", **sizes}, **finer)
    with pytest.warns(UserWarning, match=rf"v\.ome\.tif gives .*{said}.*voxel_size=") as told:
        assert read_volume(path).voxel_size is None
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(path, voxel_size=5e-9).edge == pytest.approx(5e-9)


@pytest.mark.parametrize("unit", ["pixel", "reference frame"])
def test_ome_that_knows_no_unit_says_nothing(tmp_path, unit):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(ome(tmp_path, **along(unit, 1, 1, 1))).voxel_size is None


def imagej(folder, **units):
    about = {"axes": "ZYX", "unit": "nm", "spacing": 25.0, **units}
    path = folder / "v.tif"
    tifffile.imwrite(path, VOLUME, imagej=True, resolution=(0.1, 0.125), metadata=about)
    return path


def test_edges_of_imagej_have_units_of_their_own(tmp_path):
    path = imagej(tmp_path, yunit="um", zunit="inch", spacing=1e-6)
    assert read_volume(path).voxel_size == pytest.approx((25.4e-9, 8e-6, 10e-9))


def test_a_depth_of_imagej_in_pixels_is_not_known(tmp_path):
    with pytest.warns(UserWarning, match="pixels measure 10 nm, but not how far apart its slices"):
        found = read_volume(imagej(tmp_path, zunit="pixel")).voxel_size
    assert found == pytest.approx((10e-9, 8e-9, 10e-9))


@pytest.mark.parametrize("units", [{"yunit": "pixel"}, {"zunit": "furlong"}])
def test_edges_of_imagej_in_units_that_do_not_go_together_are_said(tmp_path, units):
    """What was taken for nanometres, because the width is in them."""
    other = next(iter(units.values()))
    with pytest.warns(UserWarning, match=rf"in 'nm' and another edge in '{other}'"):
        assert read_volume(imagej(tmp_path, **units)).voxel_size is None


def test_the_resolution_of_a_png_is_that_of_a_microscope_where_no_print_has_it(tmp_path):
    """PNG counts pixels a metre, in whole numbers."""
    fine, coarse = (25.4e-3 / 33.6e-9, 25.4e-3 / 50e-9), (72, 72)
    for name, dpi in (("fine", fine), ("coarse", coarse)):
        Image.fromarray(VOLUME[0]).save(tmp_path / f"{name}.png", dpi=dpi)
    found = read_volume(tmp_path / "fine.png").voxel_size
    assert found[1:] == pytest.approx((50e-9, 33.6e-9), rel=1e-6)
    with pytest.warns(UserWarning, match=r"coarse\.png gives 72.* pixels an inch, as for a print"):
        assert read_volume(tmp_path / "coarse.png").voxel_size is None
    for z in range(3):
        (tmp_path / "slices").mkdir(exist_ok=True)
        Image.fromarray(VOLUME[z]).save(tmp_path / f"slices/{z}.png", dpi=fine)
    with pytest.warns(UserWarning, match=r"pixels measure 33\.6 nm, but not how far apart"):
        found = read_volume(tmp_path / "slices").voxel_size
    assert found == pytest.approx((33.6e-9, 50e-9, 33.6e-9), rel=1e-6)
