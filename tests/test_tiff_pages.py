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
