"""A bar with letters at the foot of an image is noticed, by its looks or by what a microscope says.

The mends that are named are carried out. Nothing that is no bar is taken for one: the real patches,
a digital shale, a plug with zeros round it, a slab, codes.
"""

import re
import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageDraw

import shalelib
from shalelib import phantom
from shalelib.data.directory import load_directory
from shalelib.data.fetch import fetch_patches
from shalelib.data.read import as_volume, read_volume
from shalelib.data.stacks import read_stack, write_stack
from shalelib.databar import find_bar

HEIGHT, WIDTH, ROWS = 200, 240, 184


def picture(seed=0, shape=(HEIGHT, WIDTH)):
    return np.random.default_rng(seed).integers(20, 230, shape, dtype=np.uint8)


def with_bar(image, *, ground=0, border=False, rows=ROWS):
    """Burn in a bar of black or white with letters and a scale, as the exports of microscopes."""
    drawn = Image.fromarray(image)
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, rows, WIDTH, HEIGHT), fill=ground)
    pen.text((4, rows + 3), "5.00 kV  x 10,000  WD 4.1 mm", fill=255 - ground)
    pen.line((180, rows + 10, 230, rows + 10), fill=255 - ground, width=2)
    if border:
        pen.line((0, rows, WIDTH, rows), fill=255 - ground)
    return np.array(drawn)


def silent(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call()


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize("border", [False, True])
@pytest.mark.parametrize("rows", [184, 160, 190])
def test_a_bar_is_found_at_its_first_row(ground, border, rows):
    """Of 5, 8 and 20 % of the image; a line may lie above it."""
    assert find_bar(with_bar(picture(), ground=ground, border=border, rows=rows)) == rows


def test_a_volume_with_bars_says_it_and_the_mend_is_silent(tmp_path):
    volume = np.stack([with_bar(picture(seed)) for seed in range(3)])
    tifffile.imwrite(tmp_path / "sem.tif", volume, photometric="minisblack")
    said = rf"sem\.tif has a bar .* rows {ROWS} to {HEIGHT - 1} \(of {HEIGHT}"
    with pytest.warns(UserWarning, match=said) as told:
        volume = read_volume(tmp_path / "sem.tif", voxel_size=5e-9)
    assert len(told) == 1
    [mend] = re.findall(r"volume = (shalelib\.data\.as_volume\(.*\))", str(told[0].message))
    cut = silent(lambda: eval(mend, {"shalelib": shalelib, "volume": volume}))
    assert cut.pixels.shape == (3, ROWS, WIDTH)
    assert cut.edge == pytest.approx(5e-9)


def test_a_stack_with_bars_says_it_and_the_mend_is_silent(tmp_path):
    bars = np.stack([with_bar(picture(seed)) for seed in range(3)])
    tifffile.imwrite(tmp_path / "sem.tif", bars, photometric="minisblack")
    with pytest.warns(UserWarning, match=rf"bar .* rows {ROWS} to {HEIGHT - 1}") as told:
        stack = read_stack(tmp_path / "sem.tif")
    [mend] = re.findall(r"stack = (stack\[.*\])", str(told[0].message))
    write_stack(tmp_path / "cut.tif", eval(mend, {"stack": stack}), voxel_size=None)
    cut = silent(lambda: read_stack(tmp_path / "cut.tif"))
    np.testing.assert_array_equal(cut, bars[:, :ROWS])


def test_a_mask_that_leaves_the_bar_out_is_enough(tmp_path):
    volume = np.stack([with_bar(picture(seed)) for seed in range(3)])
    inside = np.zeros(volume.shape, bool)
    inside[:, :ROWS] = True
    silent(lambda: as_volume(volume, inside=inside))
    with pytest.warns(UserWarning, match="has a bar with letters"):
        as_volume(volume, inside=np.ones(volume.shape, bool))


def test_a_bar_in_one_slice_alone_is_no_bar_of_the_volume():
    volume = np.stack([picture(0), with_bar(picture(1)), picture(2)])
    silent(lambda: as_volume(volume))


def test_pairs_with_bars_say_it_and_the_mend_is_silent(tmp_path):
    for split, start in (("train", 0), ("val", 10), ("test", 20)):
        for number, kind in enumerate(("txm", "sem")):
            (tmp_path / split / kind).mkdir(parents=True)
            image = picture(start + number)
            image = with_bar(image) if kind == "sem" else image
            tifffile.imwrite(tmp_path / split / kind / "001.tif", image)
    said = rf"sem has a bar .*TXM and SEM alike, to their first {ROWS} rows"
    with pytest.warns(UserWarning, match=said) as told:
        load_directory(tmp_path, pixel_size=5e-9)
    assert len(told) == 3  # one in each split
    for file in tmp_path.rglob("001.tif"):
        array = tifffile.imread(file)
        [mend] = re.findall(r"(array\[.*?\]) before", str(told[0].message))
        tifffile.imwrite(file, eval(mend, {"array": array}))
    found = silent(lambda: load_directory(tmp_path, pixel_size=5e-9))
    assert found.train.sem.shape == (1, ROWS, WIDTH)


def fei(rows):
    text = f"[Scan]\r\nPixelWidth=5e-9\r\nPixelHeight=5e-9\r\n[Image]\r\nResolutionY={rows}\r\n"
    return {"extratags": [(34682, "s", 0, text, True)]}


def test_rows_that_fei_says_are_believed_whatever_the_bar_looks_like(tmp_path):
    """A bar in grey, which no look would find."""
    image = picture()
    image[180:] = 128
    tifffile.imwrite(tmp_path / "sem.tif", image, **fei(180))
    with pytest.warns(UserWarning, match="bar with letters burned into rows 180 to 199"):
        read_volume(tmp_path / "sem.tif")
    for rows in (HEIGHT, 400, 20, 0):  # all picture, cut already, of another image
        tifffile.imwrite(tmp_path / "sem.tif", image, **fei(rows))
        silent(lambda: read_volume(tmp_path / "sem.tif"))


def test_rows_that_jeol_says_beside_the_image_are_believed(tmp_path):
    tifffile.imwrite(tmp_path / "sem.tif", picture())
    text = "$CM_FULL_SIZE 240 180\n$$SM_MICRON_BAR 200\n$$SM_MICRON_MARKER 1um\n"
    (tmp_path / "sem.txt").write_text(text)
    with pytest.warns(UserWarning, match="rows 180 to 199"):
        read_volume(tmp_path / "sem.tif")


def test_the_real_patches_have_no_bars(real_patches):
    pairs = fetch_patches()
    assert not [name for name, sem in zip(pairs.names, pairs.sem, strict=True) if find_bar(sem)]
    assert not [name for name, txm in zip(pairs.names, pairs.txm, strict=True) if find_bar(txm)]


def test_a_digital_shale_has_no_bars():
    """Its plug has zeros round it in the TXM, and a film in the FIB-SEM."""
    config = phantom.PhantomConfig(depth=8, width=160, diameter=140)
    made = phantom.make_phantom(config, seed=0)
    for volume in (made.txm, made.sem):
        assert not [z for z, image in enumerate(volume) if find_bar(np.ascontiguousarray(image))]


def disc(shape=(HEIGHT, WIDTH), radius=90):
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (y - shape[0] / 2) ** 2 + (x - shape[1] / 2) ** 2 < radius**2


NO_BARS = {
    "a plug": np.where(disc(), picture(), 0),
    "a plug in white": np.where(disc(), picture(), 255),
    "a cut plug": np.where(disc(radius=110), picture(), 0),
    "a slab": np.where(np.arange(HEIGHT)[:, None] < 180, picture(), 0),
    "a slab on white": np.where(np.arange(HEIGHT)[:, None] < 180, picture(), 255),
    "codes": np.where(picture() > 90, 255, 0),
    "pores": np.where(picture(shape=(HEIGHT, WIDTH)) > 90, 200, 0),
    "a lighter layer": np.where(np.arange(HEIGHT)[:, None] < 180, picture(), 250),
    "all black": np.zeros((HEIGHT, WIDTH)),
    "small": with_bar(picture())[ROWS - 20 :],
    "noise in the dark": np.where(
        np.arange(HEIGHT)[:, None] < 180, picture(), picture(seed=1) // 25
    ),
}


@pytest.mark.parametrize("case", NO_BARS)
def test_what_is_no_bar_is_not_taken_for_one(case):
    assert find_bar(NO_BARS[case].astype(np.uint8)) is None
