"""What data, shale, segmentation and models cannot take is refused in own words (`refusals`)."""

import re

import numpy as np
import pytest
import tifffile
from refusals import checks_of

from shalelib import data, flow, models, phantom, segmentation
from shalelib.segmentation import ClassifierConfig, FeatureConfig, Phase, Polygon

GREY = np.random.default_rng(0).integers(1, 256, (4, 32, 32), dtype=np.uint8)
INSIDE = np.ones(GREY.shape, bool)
LOW = GREY < 90
PORE = np.zeros((6, 6, 6), bool)
PORE[:, 1:4, 1:4] = True
LABELS = (GREY % 3 + 1).astype(np.uint8)
PAIRS = data.PairedSlices(
    txm=GREY,
    sem=GREY[::-1],
    inside=INSIDE,
    valid=INSIDE,
    slice_index=np.arange(4),
    names=tuple("abcd"),
)
SMALL = ClassifierConfig(
    n_trees=1, max_depth=2, features=FeatureConfig(sigmas=(1.0,), kinds=("gaussian",))
)
CLASSIFIER = segmentation.train_classifier(GREY, LABELS, config=SMALL)
RESULT = flow.permeability(PORE, voxel_size=3e-8)
FRAMES = np.ones((419, 1, 1), bool)
SLICES = data.PairedSlices(
    txm=FRAMES.astype(np.uint8),
    sem=FRAMES.astype(np.uint8),
    inside=FRAMES,
    valid=FRAMES,
    slice_index=np.arange(419),
    names=tuple(map(str, range(419))),
)
PLUG = phantom.PhantomConfig(depth=8, width=64, diameter=56)
SQUARE = Polygon(patch="a", phase=Phase.LOW, vertices=((1, 1), (1, 3), (3, 3), (3, 1)))

CALLS = {
    "classify": (
        segmentation.classify,
        {"classifier": CLASSIFIER, "grey": GREY},
        {"classifier": [None, "classifier.npz", SMALL]},
    ),
    "train_classifier": (
        segmentation.train_classifier,
        {"images": GREY, "labels": LABELS, "config": SMALL},
        {"labels": [None, LOW], "config": [5, "small", {}, GREY]},
    ),
    "cross_validate": (
        segmentation.cross_validate,
        {"images": GREY, "labels": LABELS, "slice_index": np.arange(4), "config": SMALL},
        {"images": [None, 5], "slice_index": [None, np.arange(3), np.ones(4)]},
    ),
    "ClassifierConfig": (
        ClassifierConfig,
        {"n_trees": 4},
        {"n_trees": [None, 0, 1.5, "4"], "features": [None, GREY], "seed": [None, -1]},
    ),
    "FeatureConfig": (
        FeatureConfig,
        {"sigmas": (1.0,)},
        {"sigmas": [None, 5, GREY[0], "1"], "kinds": [None, 5, "gaussian", (5,)]},
    ),
    "confusion_table": (
        segmentation.confusion_table,
        {"table": np.ones((5, 5), int)},
        {"table": [None, [[1]], np.ones((4, 4), int)]},
    ),
    "dice_from_confusion": (
        segmentation.dice_from_confusion,
        {"table": np.ones((5, 5), int)},
        {"table": [None, np.ones(5), np.ones((2, 3))]},
    ),
    "draw_labels": (
        segmentation.draw_labels,
        {"truth": LABELS},
        {"truth": [None, LOW], "share": [None, 0, "1"], "least": [-1, None], "seed": [-1, None]},
    ),
    "rasterise": (
        segmentation.rasterise,
        {"polygons": [SQUARE], "shape": (4, 4)},
        {"polygons": [None, 5, [5], "ab"], "shape": [None, 4, (4, 4, 4), (4, 0)]},
    ),
    "polygon_labels": (
        segmentation.polygon_labels,
        {"names": ["a"], "shape": (4, 4), "polygons": [SQUARE]},
        {"names": [None, 5, "a"], "polygons": [5, "a"]},
    ),
    "Polygon": (
        Polygon,
        {"patch": "a", "phase": Phase.LOW, "vertices": SQUARE.vertices},
        {"phase": [None, "low", 9], "vertices": [None, 5, ((1, 2, 3),), "ab"]},
    ),
    "PatchSampler": (
        data.PatchSampler,
        {"pairs": PAIRS, "size": 8},
        {
            "pairs": [None, GREY],
            "size": [None, 0, -1, True, 2.5],
            "min_inside": [None, -1, 2, "0.5"],
            "min_valid": [None, np.nan],
        },
    ),
    "CubeSampler": (
        data.CubeSampler,
        {"pairs": PAIRS, "volume": GREY, "edge": 4, "planes": 1},
        {
            "pairs": [None],
            "volume": [None, 5],
            "edge": [None, 0, True],
            "planes": [None, 0, "1"],
            "others": [None, 5, (GREY,)],
        },
    ),
    "split_patches": (
        data.split_patches,
        {"patches": SLICES, "fold": 0},
        {"fold": [None, 0.0, -1, "0", True]},
    ),
    "rescale_slices": (
        lambda **given: list(data.rescale_slices(**given)),
        {"volume": GREY, "from_size": 1e-8, "to_size": 2e-8},
        {"axes": [None, "xyz", 3, GREY]},
    ),
    "PairedSlices": (
        data.PairedSlices,
        {
            "txm": GREY,
            "sem": GREY,
            "inside": INSIDE,
            "valid": INSIDE,
            "slice_index": np.arange(4),
            "names": ("a", "b", "c", "d"),
        },
        {"slice_index": [None, 5], "names": [None, 5, "abcd"]},
    ),
    "Volume": (
        data.Volume,
        {"pixels": GREY},
        {"voxel_size": [3e-8, (1, 2, 3), "abc", ()], "window": [5, (1,), "ab"], "name": [None, 5]},
    ),
    "as_volume": (
        data.as_volume,
        {"data": GREY},
        {"inside": [np.array(1), np.ones((2, 2, 2, 2)), 5], "name": [None, 5]},
    ),
    "Volumes": (
        data.Volumes,
        {"txm": GREY, "test_z": (0, 4)},
        {"txm": [None, LOW], "test_z": [None, (0, 9), (2, 1), 4]},
    ),
    "Dataset": (
        data.Dataset,
        {
            "name": "a",
            "description": "b",
            "train": PAIRS,
            "validation": PAIRS,
            "test": PAIRS,
            "pixel_size": 1e-8,
        },
        {"train": [None, GREY], "validation": [None], "test": [5], "volumes": [GREY]},
    ),
    "PhantomConfig": (
        phantom.PhantomConfig,
        {"depth": 8, "width": 64, "diameter": 56},
        {"voxel_size": [None, "3e-8", 0.0, np.ones(3)]},
    ),
    "SemConfig": (phantom.SemConfig, {}, {"noise": [None, -1, "3"], "drift": [GREY]}),
    "AcquisitionConfig": (
        phantom.AcquisitionConfig,
        {"cube": 64},
        {"spacing": [None, 3e-8, (1e-8,), "ab"], "misalignment": [None, 5], "unpaired": [2.0]},
    ),
    "plug_outline": (
        phantom.plug_outline,
        {"width": 24, "diameter": 20, "seed": 0},
        {"width": [None, 0, -1, 2.5], "diameter": [None, -1, np.nan], "seed": [None, -1]},
    ),
    "make_phantom": (
        phantom.make_phantom,
        {"config": PLUG, "seed": 0},
        {"config": [None, GREY, "small"], "seed": [None, -1, 0.5], "slab": [None, 0, 1.5]},
    ),
    "get_variant": (models.get_variant, {"name": "srcnn_2x"}, {"name": [None, GREY, "spam"]}),
    "build_generator": (
        models.build_generator,
        {
            "variant": models.get_variant("srcnn_2x"),
            "config": models.TrainConfig(ngf=4, sr_width=8),
        },
        {"variant": [None, "srcnn_2x"], "config": [None, {}]},
    ),
    "TrainConfig": (models.TrainConfig, {}, {"epochs": [None, 0, "5"], "epochs_decay": [None, -1]}),
    "translation_memory": (
        models.translation_memory,
        {"generator": models.VolumeGenerator(4), "shape": (8, 8, 8)},
        {"generator": [None, "three_planes"], "shape": [None, 8, (8, 8)], "block": [None, 0]},
    ),
    "load_generator": (
        models.load_generator,
        {"path": "three_planes_phantom"},
        {"path": [None, 5, ""], "device": ["gpu", 0]},
    ),
}

test_the_calls_work, test_what_cannot_be_taken_is_refused = checks_of(CALLS)


@pytest.mark.parametrize("bad", [None, 5, True, [], b"x", GREY, ""])
def test_what_names_no_file_is_refused(bad, tmp_path):
    calls = [
        lambda: flow.write_vtk(bad, RESULT),
        lambda: segmentation.save_classifier(CLASSIFIER, bad),
        lambda: segmentation.load_classifier(bad),
        lambda: segmentation.read_label_image(bad),
        lambda: models.load_generator(bad),
        lambda: models.read_samples(bad),
        lambda: data.read_volume(bad),
        lambda: data.load_directory(bad),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError), match="file or folder"):
            call()


@pytest.mark.parametrize("bad", [None, 5, GREY, "result"])
def test_what_is_no_result_is_not_written(bad, tmp_path):
    with pytest.raises(TypeError, match=r"result must be what .*permeability returns"):
        flow.write_vtk(tmp_path / "flow.vti", bad)
    with pytest.raises(TypeError, match="classifier must be a PixelClassifier"):
        segmentation.save_classifier(bad, tmp_path / "classifier.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("split", [None, 5, "tests", "../train", GREY])
def test_a_split_is_one_of_three(split, tmp_path):
    with pytest.raises(ValueError, match="split must be one of 'train', 'val', 'test'"):
        data.load_masks(tmp_path, split)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".npz", ""])
def test_a_network_of_another_library_names_the_ways_to_one_of_shalelibs(tmp_path, suffix):
    path = tmp_path / f"latest_net_G{suffix}"
    path.write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"latest_net_G.* is no file of shalelib's") as refusal:
        models.load_generator(path)
    [shipped] = [name for name in models.shipped_generators() if "vaca" in name]
    assert shipped in str(refusal.value)
    assert models.load_generator(shipped).factor == 1


def test_a_grey_image_is_no_mask():
    """It would mark all as rock, also what lies round a plug."""
    grey = np.arange(1, 65, dtype=np.uint8).reshape(1, 8, 8)
    with pytest.raises(ValueError, match=r"64 different values and no 0.*array > 40") as told:
        data.as_volume(grey, inside=grey)
    [mend] = re.findall(r"array > 40", str(told.value))
    marked = data.as_volume(grey, inside=eval(mend, {"array": grey}))
    assert marked.inside.sum() == 24


@pytest.mark.parametrize("axes", ["ABC", "ZYZ", "ZY", "TCI", 5])
def test_axes_have_y_and_x(tmp_path, axes):
    tifffile.imwrite(tmp_path / "v.tif", GREY, photometric="minisblack")
    with pytest.raises(ValueError, match=r"axes must name the 3 axes of .*such as 'ZYX'"):
        data.read_volume(tmp_path / "v.tif", axes=axes)


def test_a_folder_of_pairs_names_its_reader(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(FileNotFoundError, match=r"only the folder train \(.*load_directory reads"):
        data.read_volume(tmp_path)
