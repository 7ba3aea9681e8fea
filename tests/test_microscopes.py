"""The pixel that JEOL, Hitachi, TESCAN and Olympus SIS write is read; of Gatan the way is named."""

import struct
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from PIL import Image

from shalelib.data.directory import load_directory
from shalelib.data.read import as_volume, read_volume
from shalelib.microscopes import beside, of_tags

IMAGE = np.random.default_rng(0).integers(1, 256, (12, 9), dtype=np.uint8)

JEOL = """$CM_FORMAT JEOL-SEM
$CM_MAG 10000
$CM_FULL_SIZE 9 12
$$SM_MICRON_BAR 200
$$SM_MICRON_MARKER {marker}
"""
HITACHI = "[SemImageFile]\nInstructName=SU8000\nDataSize=1280x960\nPixelSize={size}\n"
TESCAN = "[MAIN]\nDevice=MIRA3\nPixelSizeX={x}\nPixelSizeY={y}\n[SEM]\nHV=5000\n"

BESIDE = {
    "JEOL": ("sem.txt", JEOL.format(marker="1um").encode(), (5e-9, 5e-9)),
    "JEOL, nanometres": ("sem.TXT", JEOL.format(marker="100nm").encode(), (5e-10, 5e-10)),
    "JEOL, a space": ("sem.Txt", JEOL.format(marker="0.5 um").encode(), (2.5e-9, 2.5e-9)),
    "Hitachi": ("sem.txt", HITACHI.format(size="9.921875").encode(), (9.921875e-9,) * 2),
    "Hitachi, UTF-16": ("sem.txt", HITACHI.format(size="5").encode("utf-16"), (5e-9,) * 2),
    "Hitachi, unmarked": ("sem.txt", HITACHI.format(size="5").encode("utf-16-le"), (5e-9,) * 2),
    "TESCAN": ("sem-tif.hdr", TESCAN.format(x="5e-9", y="6e-9").encode(), (6e-9, 5e-9)),
    "TESCAN, shorter": ("sem.hdr", TESCAN.format(x="5e-009", y="5e-009").encode(), (5e-9,) * 2),
}


@pytest.mark.parametrize("case", BESIDE)
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_the_text_beside_an_image_gives_its_pixel(tmp_path, case, suffix):
    name, text, edges = BESIDE[case]
    if suffix == "tif":
        tifffile.imwrite(tmp_path / "sem.tif", IMAGE)
    else:
        Image.fromarray(IMAGE).save(tmp_path / "sem.png")
        name = name.replace("-tif", "-png")
    (tmp_path / name).write_bytes(text)
    assert read_volume(tmp_path / f"sem.{suffix}").voxel_size[1:] == pytest.approx(edges)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"notes of a day at the microscope: PixelSize=5",
        b"$$SM_MICRON_BAR 200\n",
        b"$$SM_MICRON_BAR 0\n$$SM_MICRON_MARKER 1um\n",
        b"$$SM_MICRON_BAR 200\n$$SM_MICRON_MARKER 1 furlong\n",
        b"[SemImageFile]\nPixelSize=unknown\n",
        b"[SemImageFile]\nPixelSize=0\n",
        b"PixelSizeX=\n",
        bytes(range(256)),
    ],
)
def test_a_text_that_says_nothing_of_pixels_is_passed_over(tmp_path, text):
    tifffile.imwrite(tmp_path / "sem.tif", IMAGE)
    (tmp_path / "sem.txt").write_bytes(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(tmp_path / "sem.tif").voxel_size is None


def test_a_pixel_beside_the_image_that_none_can_have_is_said(tmp_path):
    tifffile.imwrite(tmp_path / "sem.tif", IMAGE)
    (tmp_path / "sem.hdr").write_text(TESCAN.format(x=5, y=5))
    with pytest.warns(UserWarning, match=r"gives 5 x 5 x 5 m along z, y, x"):
        assert read_volume(tmp_path / "sem.tif").voxel_size is None


def test_the_tag_in_an_image_goes_before_the_text_beside_it(tmp_path):
    tag = (50431, "s", 0, TESCAN.format(x="5e-9", y="6e-9"), True)
    tifffile.imwrite(tmp_path / "sem.tif", IMAGE, extratags=[tag])
    (tmp_path / "sem.txt").write_text(JEOL.format(marker="1mm"))
    assert read_volume(tmp_path / "sem.tif").voxel_size[1:] == pytest.approx((6e-9, 5e-9))


def test_the_tag_of_tescan_is_read_as_bytes_too(tmp_path):
    text = TESCAN.format(x="7e-9", y="7e-9").encode()
    tag = (50431, "B", len(text), text, True)
    tifffile.imwrite(tmp_path / "sem.tif", IMAGE, extratags=[tag])
    assert read_volume(tmp_path / "sem.tif").voxel_size[1:] == pytest.approx((7e-9, 7e-9))


def test_the_pixel_of_olympus_sis_is_read(tmp_path):
    """A block whose fields stand at a place in the file: two lengths and their exponent."""
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 0, 1, 1, 120, b"sem", 1)
    fields = struct.pack("<10xhdd8xd2x34s32s", -9, 5.0, 6.0, 1000.0, b"camera", b"picture")
    block = head + struct.pack("<hhI", 1, 1, 0) + fields
    path = tmp_path / "sis.tif"
    tag = (33560, "B", len(block), block, True)
    tifffile.imwrite(path, IMAGE, extratags=[tag], byteorder="<")
    content = bytearray(path.read_bytes())
    start = content.index(b"SIS0")
    struct.pack_into("<I", content, start + 64, start + 68)
    path.write_bytes(content)
    assert read_volume(path).voxel_size[1:] == pytest.approx((6e-9, 5e-9))


def test_slices_and_pairs_have_the_pixel_of_the_texts_beside_them(tmp_path):
    for split, start in (("train", 0), ("val", 10), ("test", 20)):
        for number, kind in enumerate(("txm", "sem")):
            (tmp_path / split / kind).mkdir(parents=True)
            image = IMAGE + np.uint8(start + number)
            tifffile.imwrite(tmp_path / split / kind / "001.tif", np.maximum(image, 1))
            (tmp_path / split / kind / "001.txt").write_text(JEOL.format(marker="1um"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_directory(tmp_path).pixel_size == pytest.approx(5e-9)
    assert read_volume(tmp_path / "test" / "sem").voxel_size[1:] == pytest.approx((5e-9, 5e-9))


@pytest.mark.parametrize("suffix", [".dm3", ".dm4"])
def test_a_file_of_gatan_names_the_export_and_the_libraries(tmp_path, suffix):
    (tmp_path / f"sem{suffix}").write_bytes(struct.pack(">III", int(suffix[-1]), 99, 1))
    with pytest.raises(ValueError, match=r"DigitalMicrograph.*as_volume\(image\['data'\]") as told:
        read_volume(tmp_path / f"sem{suffix}")
    for word in ("ncempy.io.dm.dmReader", "rosettasciio", "voxel_size=", "pixelUnit"):
        assert word in str(told.value)
    image = {"data": IMAGE, "pixelSize": [5.0, 5.0], "pixelUnit": ["nm", "nm"]}  # as ncempy has it
    volume = as_volume(image["data"][np.newaxis], voxel_size=image["pixelSize"][0] * 1e-9)
    assert volume.edge == pytest.approx(5e-9)


def tagged(**said):
    """A TIFF of which the tags of makers say this, and the others nothing."""
    tags = SimpleNamespace(first=SimpleNamespace(tags=SimpleNamespace(valueof=lambda _: None)))
    nothing = dict.fromkeys(("sem_metadata", "fei_metadata", "sis_metadata"))
    return SimpleNamespace(pages=tags, **(nothing | said))


def test_height_and_width_of_a_pixel_are_told_apart():
    """Along y is the height; how far slices are apart is taken for the width, and not believed."""
    scan = {"Scan": {"PixelWidth": 5e-9, "PixelHeight": 6e-9}, "Image": {"ResolutionY": 884}}
    said = of_tags(tagged(fei_metadata=scan))
    assert said.edges == pytest.approx((5e-9, 6e-9, 5e-9))
    assert (said.depth, said.rows) == (False, 884)
    sis = {"pixelsizex": 5e-9, "pixelsizey": 6e-9}
    assert of_tags(tagged(sis_metadata=sis)).edges == pytest.approx((5e-9, 6e-9, 5e-9))


def test_the_pixel_of_the_image_goes_before_that_of_the_scan():
    """Zeiss writes both; those of the image are of what was saved."""
    both = {"ap_pixel_size": ("Pixel Size", 7, "nm"), "ap_image_pixel_size": ("Image", 5, "nm")}
    assert of_tags(tagged(sem_metadata=both)).edges == pytest.approx((5e-9,) * 3)
    del both["ap_image_pixel_size"]
    assert of_tags(tagged(sem_metadata=both)).edges == pytest.approx((7e-9,) * 3)
    parts = {"EScan": {"PixelWidth": 3e-9, "PixelHeight": 3e-9}}
    assert of_tags(tagged(fei_metadata=parts)).edges == pytest.approx((3e-9,) * 3)
    parts["Scan"] = {"PixelWidth": 4e-9, "PixelHeight": 4e-9}
    assert of_tags(tagged(fei_metadata=parts)).edges == pytest.approx((4e-9,) * 3)
    found = of_tags(tagged(fei_metadata=parts, sem_metadata=both))
    assert found.edges == pytest.approx((7e-9,) * 3)


@pytest.mark.parametrize(("more", "edges"), [(0, (5e-9,) * 3), (1, None)])
def test_a_text_of_a_mebibyte_is_read_and_a_longer_one_is_none_of_an_image(tmp_path, more, edges):
    text = HITACHI.format(size="5").encode()
    (tmp_path / "sem.txt").write_bytes(text + b"\n" * (2**20 - len(text) + more))
    assert beside(tmp_path / "sem.tif").edges == (edges and pytest.approx(edges))


def test_the_rows_of_a_picture_are_the_second_of_jeols_two_numbers(tmp_path):
    (tmp_path / "sem.txt").write_text(JEOL.format(marker="1um").replace("9 12", "1280 960"))
    said = beside(tmp_path / "sem.png")
    assert (said.rows, said.depth) == (960, False)
    assert said.edges == pytest.approx((5e-9,) * 3)
