"""Pages of a TIFF that are stored or shown otherwise than the first are refused, not read as it."""

import re
import struct
import warnings

import numpy as np
import pytest
import tifffile

from shalelib.data import as_volume, read_mask, read_volume, write_stack
from shalelib.segmentation import read_label_image

VOLUME = np.random.default_rng(0).integers(1, 256, (12, 24, 30), dtype=np.uint8)
KINDS = {
    "plain": {"metadata": None},
    "shaped": {},
    "ImageJ": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ImageJ, packed": {"imagej": True, "metadata": {"axes": "ZYX"}, "compression": "zlib"},
    "OME": {"ome": True, "metadata": {"axes": "ZYX"}},
    "big": {"bigtiff": True, "metadata": None},
}
PHOTOMETRIC, ORIENTATION = 262, 274


def changed(path, page, code, value):
    """Give a tag of one page, a short number, another value."""
    with tifffile.TiffFile(path) as file:
        at = file.pages[page].tags[code].valueoffset
        order = file.byteorder
    content = bytearray(path.read_bytes())
    struct.pack_into(f"{order}H", content, at, value)
    path.write_bytes(content)
    return path


def mended(refusal):
    """Carry out what a refusal says."""
    expression = re.search(r"numpy\.stack\(.*?\.pages\]\)", str(refusal)).group()
    return eval(expression, {"numpy": np, "tifffile": tifffile})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", [1, 3, 11])
def test_a_page_that_shows_its_zeros_white_is_no_slice_among_others(tmp_path, kind, page):
    tifffile.imwrite(tmp_path / "v.tif", VOLUME, photometric="minisblack", **KINDS[kind])
    path = changed(tmp_path / "v.tif", page, PHOTOMETRIC, 0)
    with pytest.raises(ValueError, match=r"zeros white") as refused:
        read_volume(path)
    np.testing.assert_array_equal(as_volume(mended(refused.value)).pixels, VOLUME)


def test_pages_that_were_written_one_by_one_are_compared_too(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as file:
        for image, shown in zip(VOLUME[:2], ("minisblack", "miniswhite"), strict=True):
            file.write(image, photometric=shown, contiguous=False)
    with pytest.raises(ValueError, match=r"page 1 of .*v\.tif shows its zeros white, unlike") as no:
        read_volume(tmp_path / "v.tif")
    np.testing.assert_array_equal(mended(no.value), VOLUME[:2])


def test_a_mask_of_one_bit_is_not_turned_round_in_some_slices(tmp_path):
    rock = VOLUME > 100
    tifffile.imwrite(tmp_path / "m.tif", rock, photometric="minisblack", metadata=None)
    path = changed(tmp_path / "m.tif", 3, PHOTOMETRIC, 0)
    with pytest.raises(ValueError, match="zeros white") as refused:
        read_mask(path)
    np.testing.assert_array_equal(mended(refused.value), rock)


def test_numbers_of_masks_and_labels_count_however_they_are_shown(tmp_path):
    labels = (VOLUME // 100 + 1).astype(np.uint8)
    labels[:, 0] = 0
    tifffile.imwrite(tmp_path / "l.tif", labels, photometric="minisblack", metadata=None)
    path = changed(tmp_path / "l.tif", 3, PHOTOMETRIC, 0)
    np.testing.assert_array_equal(read_mask(path), labels > 0)
    read = read_label_image(path, shape=labels.shape)
    np.testing.assert_array_equal(read[labels > 0], labels[labels > 0] - 1)


def test_a_page_in_other_strips_is_not_read_as_the_first(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as file:
        for number, image in enumerate(VOLUME):
            rows = 24 if number != 3 else 5
            file.write(image, rowsperstrip=rows, metadata=None, contiguous=False)
    with pytest.raises(ValueError, match=r"stored in (several|another) way") as refused:
        read_volume(tmp_path / "v.tif")
    np.testing.assert_array_equal(mended(refused.value), VOLUME)


def test_a_turned_page_among_others_is_refused(tmp_path):
    upright = [(ORIENTATION, "H", 1, 1, False)]
    tifffile.imwrite(tmp_path / "v.tif", VOLUME, metadata=None, extratags=upright)
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, VOLUME)
    with pytest.raises(ValueError, match=r"page 5 of .* turned or mirrored otherwise"):
        read_volume(changed(tmp_path / "v.tif", 5, ORIENTATION, 3))


def test_what_is_alike_is_read_as_before(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, options in KINDS.items():
            tifffile.imwrite(tmp_path / f"{name}.tif", VOLUME, photometric="minisblack", **options)
            np.testing.assert_array_equal(read_volume(tmp_path / f"{name}.tif").pixels, VOLUME)
        path = write_stack(tmp_path / "w.tif", VOLUME, voxel_size=None)
        np.testing.assert_array_equal(read_volume(path).pixels, VOLUME)


OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels '
    'ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="30" SizeY="24" SizeZ="{slices}" '
    'SizeC="1" SizeT="1">{planes}</Pixels></Image></OME>'
)


def of_set(path, slices, planes):
    """Twelve pages whose metadata count `slices` and name `planes`."""
    about = OME.format(slices=slices, planes=planes)
    with tifffile.TiffWriter(path) as file:
        for number, page in enumerate(VOLUME):
            text = None if number else about
            file.write(page, description=text, metadata=None, contiguous=False)
    return path


@pytest.mark.parametrize(
    ("slices", "planes"),
    [
        (12, "".join(f'<TiffData FirstZ="{z}" IFD="{z}" PlaneCount="1"/>' for z in (0, 1, 2, 11))),
        (20, "<TiffData/>"),
        (8, "<TiffData/>"),
        (12, '<TiffData IFD="0" PlaneCount="12"><UUID FileName="old.ome.tif">urn:uuid:1</UUID>'
         "</TiffData>"),
    ],
    ids=["names four", "was stopped", "counts too few", "was renamed"],
)  # fmt: skip
def test_slices_that_are_not_there_are_no_zeros_and_what_is_there_loads(tmp_path, slices, planes):
    """Zeros would count as pores."""
    path = of_set(tmp_path / "new.ome.tif", slices, planes)
    with pytest.raises(ValueError, match=r"not a complete TIFF.*If its 12 pages are all") as no:
        read_volume(path)
    np.testing.assert_array_equal(as_volume(mended(no.value)).pixels, VOLUME)


@pytest.mark.parametrize("count", [1, 5])
def test_imagej_slices_behind_those_that_are_counted_are_said(tmp_path, count):
    """Beyond 4 GB one page stands for all, and its text counts them."""
    deep = VOLUME.astype(">u2") * 200
    tifffile.imwrite(tmp_path / "v.tif", deep[:count], imagej=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(tmp_path / "v.tif") as file:
        start, order = file.pages[0].dataoffsets[0], file.byteorder
        for page in file.pages[1:]:
            assert page.dataoffsets[0] == start + page.index * page.nbytes
        end = file.pages[0].offset
        tags = struct.unpack_from(f"{order}H", (tmp_path / "v.tif").read_bytes(), end)[0]
    content = bytearray((tmp_path / "v.tif").read_bytes()[: start + deep[:count].nbytes])
    struct.pack_into(f"{order}I", content, end + 2 + 12 * tags, 0)  # no page follows the first
    content += deep[count:].tobytes()
    (tmp_path / "v.tif").write_bytes(content)
    with pytest.warns(UserWarning, match=rf"its slices as {count}, and {12 - count} more") as said:
        read_volume(tmp_path / "v.tif", window=(0, 51000))
    mend = re.search(r"numpy\.memmap\(.*\)\)", str(said[0].message)).group()
    whole = as_volume(eval(mend, {"numpy": np}), window=(0, 51000))
    np.testing.assert_array_equal(whole.pixels, VOLUME)


@pytest.mark.parametrize("shape", [(6, 40, 1), (1, 1, 1), (5, 1, 1), (1, 5, 1), (1, 1, 4, 5)])
def test_an_array_whose_axes_nobody_named_keeps_their_order(tmp_path, shape):
    """Of what is one pixel wide tifffile takes the first axes for y and x."""
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    tifffile.imwrite(tmp_path / "v.tif", pixels, photometric="minisblack")
    found = read_volume(tmp_path / "v.tif").pixels
    np.testing.assert_array_equal(found, pixels.reshape(shape[-3:]))


def test_two_long_axes_without_names_are_refused_and_one_part_loads(tmp_path):
    four = VOLUME.reshape(3, 4, 24, 30)
    tifffile.imwrite(tmp_path / "v.tif", four, photometric="minisblack")
    for read in (read_volume, read_mask):
        with pytest.raises(ValueError, match=r"v\.tif holds 4 places along axis Q.*save one"):
            read(tmp_path / "v.tif")
    tifffile.imwrite(tmp_path / "v.tif", four[0], photometric="minisblack")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, VOLUME[:4])


def test_slices_from_below_lie_as_far_apart(tmp_path):
    about = {"axes": "ZYX", "unit": "nm", "spacing": -60.0}
    tifffile.imwrite(
        tmp_path / "v.tif", VOLUME, imagej=True, resolution=(1 / 30, 1 / 30), metadata=about
    )
    read = read_volume(tmp_path / "v.tif")
    assert read.voxel_size == pytest.approx((60e-9, 30e-9, 30e-9))


@pytest.mark.parametrize(
    ("counts", "said"),
    [("images=five\nslices=x", "makes no sense"), ("images=9\nslices=9", "failed to reshape")],
)
def test_a_count_of_imagej_that_is_wrong_is_said_and_the_mend_takes_what_is_there(
    tmp_path, counts, said
):
    """As of a recording that was stopped, or a header that was edited."""
    volume = np.random.default_rng(7).integers(1, 256, (5, 14, 11), dtype=np.uint8)
    about = {"description": f"ImageJ=1.53t\n{counts}\n", "metadata": None}
    tifffile.imwrite(tmp_path / "v.tif", volume, photometric="minisblack", **about)
    with pytest.raises(ValueError, match=rf"not a complete TIFF \(.*{said}") as refusal:
        read_volume(tmp_path / "v.tif")
    [mend] = re.findall(r"If its 5 pages are all the slices, (numpy.*\]\))", str(refusal.value))
    pages = eval(mend, {"numpy": np, "tifffile": tifffile})
    np.testing.assert_array_equal(as_volume(pages).pixels, volume)


@pytest.mark.parametrize("order", ["XYZCT", "XYCZT", "XYZTC", "XYTZC", "XYCTZ", "XYTCZ"])
def test_every_order_of_pages_that_ome_knows_is_honoured(tmp_path, order):
    """As Bio-Formats writes them: two channels of five slices, the first letter fastest."""
    volume = np.random.default_rng(8).integers(1, 256, (5, 14, 11), dtype=np.uint8)
    pages = np.stack([volume, 255 - volume]).transpose(1, 0, 2, 3)  # z, c
    if order.index("Z") < order.index("C"):
        pages = pages.swapaxes(0, 1)
    about = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
        'OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" Type="uint8" DimensionOrder='
        f'"{order}" SizeX="11" SizeY="14" SizeZ="5" SizeC="2" SizeT="1" PhysicalSizeX="33.6" '
        'PhysicalSizeXUnit="nm" PhysicalSizeY="0.0336" PhysicalSizeZ="50" PhysicalSizeZUnit="nm">'
        '<Channel ID="Channel:0:0" Name="TXM"/><Channel ID="Channel:0:1" Name="SEM"/><TiffData/>'
        "</Pixels></Image></OME>"
    )
    pages = pages.reshape(10, 14, 11)
    options = {"photometric": "minisblack", "metadata": None, "description": about}
    tifffile.imwrite(tmp_path / "v.ome.tif", pages, **options)
    for channel, expected in (("TXM", volume), (1, 255 - volume)):
        read = read_volume(tmp_path / "v.ome.tif", channel=channel)
        np.testing.assert_array_equal(read.pixels, expected)
        assert read.voxel_size == pytest.approx((50e-9, 33.6e-9, 33.6e-9))
