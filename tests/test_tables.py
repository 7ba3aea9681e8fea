"""PNGs and tables of colours: grey as it is shown, codes as they are stored, or a mend."""

import warnings

import numpy as np
import pytest
import tifffile
from imagecodecs import png_encode
from PIL import Image

from shalelib.data.read import read_mask, read_volume
from shalelib.segmentation import Phase, read_label_image

SHAPE = (6, 12, 9)
FULL = 257  # a grey level of 8 bits as 16: 255 becomes 65535
GLASBEY = np.random.default_rng(3).integers(1, 65536, (3, 256)).astype(np.uint16)  # of label images
GLASBEY[:, 0] = 0
FIRE = np.stack([np.clip(3 * np.arange(256) - start, 0, 255) for start in (0, 255, 510)])
SHUFFLED = np.tile(np.random.default_rng(1).permutation(256), (3, 1))  # greys in no order
STEEPER = np.tile(np.clip(2 * np.arange(256) - 100, 0, 255), (3, 1))  # more contrast
TABLES = {
    "labels": GLASBEY,
    "fire": FIRE * FULL,
    "shuffled": SHUFFLED * FULL,
    "steep": STEEPER * FULL,
}


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(1, 256, SHAPE, dtype=np.uint8)


def with_table(path, pixels, table):
    tifffile.imwrite(path, pixels, photometric="palette", colormap=table.astype(np.uint16))
    return path


@pytest.mark.parametrize("unit", [256, FULL])
def test_a_table_that_shows_each_level_as_itself_is_passed_over(tmp_path, volume, unit):
    table = np.tile(np.arange(256) * unit, (3, 1))
    path = with_table(tmp_path / "v.tif", volume, table)
    np.testing.assert_array_equal(read_volume(path).pixels, volume)


@pytest.mark.parametrize("name", TABLES)
def test_a_picture_that_is_not_the_numbers_is_refused_and_both_mends_load(tmp_path, volume, name):
    """What Fiji does for the mends: Grays leaves the table away, RGB Color applies it."""
    table = TABLES[name]
    path = with_table(tmp_path / "v.tif", volume, table)
    with pytest.raises(ValueError, match=r"v\.tif is shown through a table.*Grays.*RGB Color"):
        read_volume(path)
    tifffile.imwrite(path, volume)
    np.testing.assert_array_equal(read_volume(path).pixels, volume)
    shown = (table[:, volume] >> 8).mean(axis=0).round().astype(np.uint8)
    tifffile.imwrite(path, shown)
    np.testing.assert_array_equal(read_volume(path).pixels, shown)


@pytest.mark.parametrize("name", TABLES)
def test_codes_and_masks_in_a_tiff_are_numbers_whatever_the_table(tmp_path, volume, name):
    codes = volume % 4
    path = with_table(tmp_path / "v.tif", codes, TABLES[name])
    np.testing.assert_array_equal(read_mask(path), codes > 0)
    same = read_label_image(path, codes={code: code for code in range(4)})
    np.testing.assert_array_equal(same, codes)


def with_png_table(path, codes, table):
    image = Image.frombytes("P", codes.shape[::-1], codes.tobytes())
    image.putpalette(table.T.astype(np.uint8).tobytes())
    image.save(path)
    return path


def test_a_png_with_a_table_is_read_as_it_is_shown(tmp_path, volume):
    """Image optimisers number the greys anew; the picture stays."""
    codes = np.argsort(SHUFFLED[0]).astype(np.uint8)[volume[0]]
    path = with_png_table(tmp_path / "v.png", codes, SHUFFLED)
    np.testing.assert_array_equal(read_volume(path).pixels[0], volume[0])
    coloured = with_png_table(tmp_path / "c.png", volume[0], FIRE)
    with pytest.raises(ValueError, match=r"c\.png is a colour image; convert it to grey"):
        read_volume(coloured)


def test_label_images_in_colour_are_codes_with_a_table_and_refused_without(tmp_path, volume):
    codes = volume[0] % 6
    path = with_png_table(tmp_path / "l.png", codes, GLASBEY >> 8)
    found = read_label_image(path)
    assert ((codes == 2) == (found == Phase.LOW)).all()
    Image.fromarray((GLASBEY.T[codes] >> 8).astype(np.uint8)).save(tmp_path / "rgb.png")
    with pytest.raises(ValueError, match=r"rgb\.png is a colour image"):
        read_label_image(tmp_path / "rgb.png")


def test_masks_in_pngs_with_tables(tmp_path, volume):
    """Where black is code 0 both readings agree; one bit is read as shown; else nobody knows."""
    codes = volume[0] % 4
    path = with_png_table(tmp_path / "black.png", codes, GLASBEY >> 8 | (np.arange(256) > 0))
    np.testing.assert_array_equal(read_mask(path)[0], codes > 0)
    white_first = np.tile([255, 0], (3, 1))
    outside = (codes == 0).astype(np.uint8)
    path = with_png_table(tmp_path / "bit.png", 1 - outside, white_first)
    np.testing.assert_array_equal(read_mask(path)[0], outside > 0)
    path = with_png_table(tmp_path / "white.png", codes, np.tile([255, 170, 85, 0], (3, 1)))
    with pytest.raises(ValueError, match=r"white\.png has a table .* two masks; save it in grey"):
        read_mask(path)
    Image.fromarray(codes).save(path)
    np.testing.assert_array_equal(read_mask(path)[0], codes > 0)


@pytest.mark.parametrize("kind", ["grey", "grey and opaque", "colour", "colour and opaque"])
def test_grey_pngs_of_any_form_are_the_same_slice(tmp_path, volume, kind):
    grey, opaque = volume[0], np.full(SHAPE[1:], 255, np.uint8)
    planes = [grey] * (3 if "colour" in kind else 1) + [opaque] * ("opaque" in kind)
    Image.fromarray(np.dstack(planes).squeeze()).save(tmp_path / "v.png")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.png").pixels[0], grey)


@pytest.mark.parametrize("planes", [1, 3])
def test_a_transparent_png_is_refused_and_flattening_it_mends(tmp_path, volume, planes):
    clear = np.where(volume[0] > 99, np.uint8(255), np.uint8(0))
    picture = np.dstack([volume[0]] * planes + [clear])
    Image.fromarray(picture).save(tmp_path / "v.png")
    with pytest.raises(ValueError, match="transparent in part; flatten it"):
        read_volume(tmp_path / "v.png")
    Image.fromarray(np.where(clear > 0, volume[0], 0)).save(tmp_path / "v.png")
    assert not read_volume(tmp_path / "v.png").pixels[0][clear == 0].any()


@pytest.mark.parametrize("planes", [2, 3, 4])
def test_of_16_bits_none_is_lost_without_a_word(tmp_path, volume, planes):
    deep = volume[0].astype(np.uint16) * 200
    (tmp_path / "v.png").write_bytes(png_encode(np.dstack([deep] * planes)))
    with pytest.raises(ValueError, match="16 bits in colours; convert it to grey of 16 bits"):
        read_volume(tmp_path / "v.png", window=(0, 51000))
    (tmp_path / "v.png").write_bytes(png_encode(deep))
    found = read_volume(tmp_path / "v.png", window=(0, 51000))
    np.testing.assert_array_equal(found.pixels[0], volume[0])


def test_a_file_that_is_called_png_and_is_none(tmp_path, volume):
    """A TIFF under such a name lost all slices but the first."""
    with warnings.catch_warnings(action="error"):
        for n, content in enumerate((b"", b"\x89PNG", b"GIF89a")):
            (tmp_path / f"{n}.png").write_bytes(content)
            with pytest.raises(ValueError, match=rf"{n}\.png is not a readable PNG .*name it as"):
                read_volume(tmp_path / f"{n}.png")
    tifffile.imwrite(tmp_path / "v.tif", volume)
    (tmp_path / "v.tif").rename(tmp_path / "v.png")
    with pytest.raises(ValueError, match=r"v\.png is not a readable PNG .*II.*name it as"):
        read_volume(tmp_path / "v.png")
    (tmp_path / "v.png").rename(tmp_path / "v.tif")
    np.testing.assert_array_equal(read_volume(tmp_path / "v.tif").pixels, volume)


@pytest.mark.parametrize("other", [np.uint16, np.bool_])
def test_slices_of_two_types_in_a_folder_are_refused(tmp_path, volume, other):
    for k, image in enumerate(volume):
        tifffile.imwrite(tmp_path / f"{k}.tif", image.astype(other) if k == 4 else image)
    with pytest.raises(ValueError, match=r"4\.tif has pixels of type .*, but 0\.tif uint8"):
        read_volume(tmp_path, window=(0, 255))
    tifffile.imwrite(tmp_path / "4.tif", volume[4])
    np.testing.assert_array_equal(read_volume(tmp_path).pixels, volume)
