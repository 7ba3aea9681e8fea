"""Polygons and label images from other tools."""

import json
import re

import numpy as np
import pytest
import skimage.io
import tifffile

from shalelib.data import write_ome_zarr
from shalelib.segmentation import (
    SHALELIB_CODES,
    UNLABELLED,
    Phase,
    Polygon,
    draw_labels,
    labels_from_masks,
    load_polygons,
    polygon_labels,
    rasterise,
    read_label_image,
)


def test_shipped_polygons_cover_all_classes_on_several_patches():
    """The protocol asks for six patches, every class, and drawings that never contradict."""
    polygons = load_polygons()
    names = sorted({polygon.patch for polygon in polygons})
    labels = polygon_labels(names, (256, 256))
    assert len(names) >= 6
    assert {polygon.phase for polygon in polygons} == set(Phase)
    for phase in Phase:
        assert len([polygon for polygon in polygons if polygon.phase == phase]) >= 5
        assert (labels == phase).sum() > 3000


def test_a_rectangle_fills_its_own_area():
    """Vertices are pixel corners: a rectangle a × b holds exactly a·b pixels."""
    corners = ((2, 3), (2, 9), (7, 9), (7, 3))
    filled = rasterise([Polygon(patch="a", phase=Phase.HIGH, vertices=corners)], (12, 12))
    assert (filled == Phase.HIGH).sum() == 5 * 6
    assert (filled[2:7, 3:9] == Phase.HIGH).all()


@pytest.mark.parametrize(
    ("vertices", "message"),
    [
        (((1, 1), (1, 20), (5, 5)), "within the"),
        (((1, 1), (2, 2)), "three or more"),
        (((1.1, 1.1), (1.1, 1.3), (1.3, 1.3)), "no pixel centre"),
    ],
)
def test_bad_polygons_are_named(vertices, message):
    with pytest.raises(ValueError, match=rf"polygon 0 \(low\) of patch 007.*{message}"):
        rasterise([Polygon(patch="007", phase=Phase.LOW, vertices=vertices)], (10, 10))


def test_overlap_of_two_classes_is_refused():
    square = ((0, 0), (0, 4), (4, 4), (4, 0))
    two = [Polygon(patch="a", phase=phase, vertices=square) for phase in (Phase.LOW, Phase.HIGH)]
    with pytest.raises(ValueError, match="overlaps a polygon of another class"):
        rasterise(two, (8, 8))


def test_polygon_file_errors_name_the_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"polygons": [{"patch": "1", "class": "pore", "vertices": []}]}')
    with pytest.raises(ValueError, match=r"mine.json is no polygon file.*unknown class 'pore'"):
        load_polygons(path)
    path.write_text("polygons")
    with pytest.raises(ValueError, match=r"mine\.json is no polygon file"):
        load_polygons(path)


@pytest.mark.parametrize("code", ["1", "1.0", "true", "null", '["low"]', '"1"', '""'])
def test_a_class_of_a_polygon_is_one_of_the_names(tmp_path, code):
    path = tmp_path / "mine.json"
    path.write_text(f'{{"polygons": [{{"patch": "1", "class": {code}, "vertices": []}}]}}')
    with pytest.raises(ValueError, match=r"mine\.json is no polygon file.*the classes are backgr"):
        load_polygons(path)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 10**5,
        '{"polygons": [{"patch": "1", "class": "low", "vertices": [[1' + "0" * 400 + ", 0]]}]}",
    ],
)
def test_numbers_and_nests_beyond_all_bounds_are_no_polygons(tmp_path, content):
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(ValueError, match=r"mine\.json is no polygon file"):
        load_polygons(tmp_path / "mine.json")


def test_polygons_on_unknown_images_are_refused(tmp_path):
    path = tmp_path / "mine.json"
    entry = {"patch": "900", "class": "low", "vertices": [[0, 0], [0, 3], [3, 3]]}
    path.write_text(json.dumps({"polygons": [entry]}))
    with pytest.raises(ValueError, match=r"drawn on \['900'\]"):
        polygon_labels(["000"], (8, 8), polygons=load_polygons(path))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_ilastik_and_napari_labels(tmp_path, dtype):
    """Ilastik writes uint8, napari int32 or int64; 0 is unlabelled and classes start at 1."""
    raw = np.array([[0, 1, 2], [3, 4, 5]], dtype)
    np.save(tmp_path / "labels.npy", raw)
    tifffile.imwrite(tmp_path / "labels.tif", raw.astype(np.uint8)[None, ..., None])
    for name in ("labels.npy", "labels.tif"):
        labels = read_label_image(tmp_path / name, shape=(2, 3))
        assert labels.tolist() == [[UNLABELLED, 0, 1], [2, 3, 4]]


@pytest.mark.parametrize(
    "codes", [[1, 2], {"1": 1}, {1: 9}, {1: 300}, {1: -1}, {1: "low"}, {1: None}, {1.5: 1}]
)
def test_codes_are_numbers_of_the_file_and_classes(tmp_path, codes):
    np.save(tmp_path / "labels.npy", np.array([[7, 8]], np.uint8))
    with pytest.raises((TypeError, ValueError), match=r"codes must .*Phase") as refusal:
        read_label_image(tmp_path / "labels.npy", codes=codes)
    mend = re.search(r"codes=(\{.*?\})", str(refusal.value))[1]
    known = {code + 6: phase for code, phase in eval(mend, {"Phase": Phase}).items()}
    assert read_label_image(tmp_path / "labels.npy", codes=known).tolist() == [[1, 2]]


def test_own_label_images_stand_in_for_the_classifier(tmp_path):
    dense = np.random.default_rng(0).integers(0, 5, (3, 6, 7)).astype(np.uint8)
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, dense, photometric="minisblack")
    read = read_label_image(path, shape=dense.shape, codes=SHALELIB_CODES, dense=True)
    np.testing.assert_array_equal(read, dense)


def test_label_image_errors_name_file_and_mend(tmp_path):
    path = tmp_path / "labels.tif"
    with pytest.raises(FileNotFoundError, match=r"labels\.tif"):
        read_label_image(path)
    path.write_bytes(b"not a tiff")
    with pytest.raises(ValueError, match="not a readable label image"):
        read_label_image(path)
    tifffile.imwrite(path, np.array([[0, 1], [9, 1]], np.uint8))
    with pytest.raises(ValueError, match=r"holds the codes \[9\]"):
        read_label_image(path)
    with pytest.raises(ValueError, match="label the same slices"):
        read_label_image(path, shape=(4, 4))
    tifffile.imwrite(path, np.array([[0, 1], [1, 1]], np.uint8))
    with pytest.raises(ValueError, match=r"25\.0% of the pixels unlabelled"):
        read_label_image(path, dense=True)
    tifffile.imwrite(path, np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match="not probabilities"):
        read_label_image(path)
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a readable label image"):
        read_label_image(objects)


def test_objects_that_are_numbered_are_no_classes_and_are_not_listed_one_by_one(tmp_path):
    numbers = np.arange(10_000, dtype=np.uint32).reshape(4, 50, 50)
    tifffile.imwrite(tmp_path / "objects.tif", numbers, photometric="minisblack")
    with pytest.raises(ValueError, match=r"9994 codes, 6 to 9999, .*; export classes") as refused:
        read_label_image(tmp_path / "objects.tif")
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("share", [0.002, 0.3, 0.6, 0.97])
def test_label_images_cut_short_are_refused(tmp_path, compression, share):
    """tifffile leaves out the slices that it cannot find; none may go missing in silence."""
    path = tmp_path / "labels.tif"
    dense = np.random.default_rng(3).integers(1, 6, (4, 40, 50)).astype(np.uint8)
    with tifffile.TiffWriter(path) as tif:
        for image in dense:
            tif.write(image, compression=compression)
    np.testing.assert_array_equal(read_label_image(path, dense=True), dense - 1)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"labels\.tif is not a (readable|complete) label image"):
        read_label_image(path, dense=True)


def test_damaged_and_empty_label_images_are_refused(tmp_path):
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, np.ones((64, 64), np.uint8), compression="zlib")
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[0].dataoffsets[0]
    raw = bytearray(path.read_bytes())
    raw[start + 2 : start + 10] = b"\xff" * 8
    path.write_bytes(raw)
    with pytest.raises(ValueError, match="not a readable label image"):
        read_label_image(path)
    np.save(tmp_path / "none.npy", np.zeros((0, 4), np.uint8))
    with pytest.raises(ValueError, match="it holds no pixel"):
        read_label_image(tmp_path / "none.npy")


def test_drawn_labels_are_true_and_keep_the_proportions():
    truth = np.random.default_rng(2).choice([1, 2, 3], (50, 60, 40), p=[0.2, 0.79, 0.01])
    truth = truth.astype(np.uint8)
    drawn = draw_labels(truth, share=0.05, least=100, seed=1)
    seen = drawn != UNLABELLED
    np.testing.assert_array_equal(drawn[seen], truth[seen])
    for code in (1, 2, 3):
        assert (drawn == code).sum() == max(round(0.05 * (truth == code).sum()), 100)
    with pytest.raises(ValueError, match="share must be"):
        draw_labels(truth, share=0.0)


def test_masks_combine_in_order_and_only_inside():
    inside = np.array([True, True, True, True, False])
    low = np.array([True, True, False, False, True])
    high = np.array([False, True, True, False, True])
    charging = np.array([False, False, True, False, True])
    labels = labels_from_masks(inside, low=low, high=high, charging=charging)
    assert labels.tolist() == [Phase.LOW, Phase.HIGH, Phase.CHARGING, Phase.MEDIUM, 0]
    with pytest.raises(ValueError, match="same shape"):
        labels_from_masks(inside, low=low[:3])


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "zarr"])
def test_labels_of_a_folder_of_slices_or_an_ome_zarr_volume_are_read(tmp_path, kind):
    drawn = np.random.default_rng(0).integers(1, 6, (12, 6, 7), dtype=np.uint8)
    path = tmp_path / "segmented"
    if kind == "zarr":
        pytest.importorskip("zarr")
        write_ome_zarr(path, drawn, voxel_size=5e-8)
    else:
        path.mkdir()
        for z, image in enumerate(drawn):
            skimage.io.imsave(path / f"slice{z}.{kind[:3]}".lower(), image, check_contrast=False)
    np.testing.assert_array_equal(read_label_image(path, dense=True), drawn - 1)
    with pytest.raises(ValueError, match="which has no axes to choose; leave that out"):
        read_label_image(path, axes="ZYX")


def test_a_folder_of_labels_that_lacks_a_slice_or_has_another_size_is_refused(tmp_path):
    for z in (1, 2, 4):
        tifffile.imwrite(tmp_path / f"s{z}.tif", np.ones((6, 7), np.uint8))
    with pytest.raises(ValueError, match="3"):
        read_label_image(tmp_path)
    tifffile.imwrite(tmp_path / "s3.tif", np.ones((6, 8), np.uint8))
    with pytest.raises(ValueError, match=r"s3\.tif measures \(6, 8\) pixels"):
        read_label_image(tmp_path)


def test_labels_of_a_raw_file_have_a_mend_that_reads_them(tmp_path, monkeypatch):
    drawn = np.random.default_rng(0).integers(1, 6, (12, 6, 7), dtype=np.uint8)
    path = tmp_path / "segmented.raw"
    drawn.tofile(path)
    with pytest.raises(ValueError, match=r"numpy\.save") as refusal:
        read_label_image(path)
    said = str(refusal.value)
    names = {"numpy": np, **dict(zip("zyx", drawn.shape, strict=True))}
    names["array"] = eval(re.search(r"array = (numpy.*\))$", said)[1], names)
    monkeypatch.chdir(tmp_path)
    eval(re.search(r"numpy\.save\('labels\.npy', array\)", said)[0], names)
    np.testing.assert_array_equal(read_label_image("labels.npy", dense=True), drawn - 1)


def test_a_segmentation_of_one_bit_is_a_mask(tmp_path):
    np.save(tmp_path / "pores.npy", np.eye(6, dtype=bool))
    with pytest.raises(ValueError, match=r"read it by shalelib\.data\.read_mask"):
        read_label_image(tmp_path / "pores.npy")
