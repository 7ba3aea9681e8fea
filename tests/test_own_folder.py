"""A folder of one's own goes through the notebooks, from the images to a trained generator."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from notebook_runs import run_cells, run_notebook
from run_notebook import defaults
from scipy import ndimage

from companion.datasets import load_dataset, own_place
from companion.own_inputs import volume_of_pairs
from shalelib.segmentation import Phase, classify, save_classifier, train_classifier

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    """Small slices in the authors' layout: the SEM is a sharp function of a blurred TXM."""
    rng = np.random.default_rng(0)
    for split, count in {"train": 3, "val": 1, "test": 2}.items():
        for kind in ("txm", "sem"):
            (tmp_path / "mine" / split / kind).mkdir(parents=True)
        for number in range(count):
            field = ndimage.gaussian_filter(rng.normal(size=(72, 80)), 3.0)
            images = {"txm": 128 + 400 * field, "sem": np.where(field > 0, 140, 60)}
            for kind, image in images.items():
                image = np.clip(image, 1, 250).astype(np.uint8)
                tifffile.imwrite(tmp_path / "mine" / split / kind / f"{number:03d}.tif", image)
    return tmp_path / "mine"


def run(notebook, folder, **parameters):
    own = {"dataset": "directory", "path": folder, "results": folder.parent / "results"}
    run_cells(notebook, **own, **parameters)
    return folder.parent / "results/smoke" / own_place(folder) / "seed0"


def test_own_images_are_shown_and_trained_on(folder):
    results = run("01_dataset", folder)
    assert json.loads((results / "dataset.json").read_text())["images"] == {
        "train": 3,
        "validation": 1,
        "test": 2,
    }
    results = run("04_training", folder, variant="feedforward")
    assert (results / "feedforward/generator.safetensors").is_file()
    results = run("07_images", folder)
    rows = json.loads((results / "table1.json").read_text())["per_patch"]
    assert {"no_model", "feedforward"} <= rows.keys()
    assert "pix2pix_wgan" not in rows


def test_every_page_that_takes_a_folder_takes_the_size_of_its_pixels():
    for path in (ROOT / "notebooks").glob("*.py"):
        known = defaults(path)
        assert ("path" in known) == ("pixel_size" in known), path.name


def test_a_folder_without_its_data_set_is_refused_and_the_mend_runs(folder, monkeypatch):
    """Without the word the pages would show the authors' patches as if they were one's own."""
    own = {"path": folder, "results": folder.parent / "results"}
    with pytest.raises(ValueError, match=r"parameter path .* add -p dataset directory"):
        run_cells("01_dataset", **own)
    shown = []
    page = "companion.pages.dataset.told_pixel"
    monkeypatch.setattr(page, lambda edge: shown.append(edge) or "")
    run("01_dataset", folder, pixel_size=5e-8)
    assert shown == [5e-8]


@pytest.mark.parametrize("lacking", ["size", "rock"])
def test_a_profile_whose_patches_do_not_fit_names_one_whose_do(folder, monkeypatch, lacking):
    """Slices of 72 x 80 pixels, or of 144 x 160 of which a strip is rock, hold none of 128."""
    if lacking == "rock":
        for path in folder.rglob("*.tif"):
            image = np.tile(tifffile.imread(path), (2, 2))
            (path.parents[1] / "rock").mkdir(exist_ok=True)
            rock = np.arange(160)[None] < 70
            tifffile.imwrite(path, image)
            mask = np.broadcast_to(np.uint8(255) * rock, image.shape)
            tifffile.imwrite(path.parents[1] / "rock" / path.name, mask)
    own = {"dataset": "directory", "path": folder, "results": folder.parent / "results"}
    with pytest.raises(ValueError, match=r"profile 'laptop' does not fit: in train") as told:
        run_cells("01_dataset", **own, profile="laptop", pixel_size=5e-8)
    [mend] = re.findall(r"-p profile (\w+) \(patches of 32 pixels\)", str(told.value))
    assert load_dataset("directory", path=folder, profile="laptop", patches=False).train
    run_cells("01_dataset", **own, profile=mend, pixel_size=5e-8)


def test_images_that_are_too_small_for_every_profile_are_said_to_be(tmp_path):
    for split in ("train", "val", "test"):
        for number, kind in enumerate(("txm", "sem")):
            (tmp_path / split / kind).mkdir(parents=True)
            image = np.random.default_rng(number).integers(1, 255, (24, 24), dtype=np.uint8)
            tifffile.imwrite(tmp_path / split / kind / "0.tif", image)
    with pytest.raises(ValueError, match=r"do not fit into slices of 24 x 24; take larger images"):
        load_dataset("directory", path=tmp_path, profile="smoke", pixel_size=5e-8)


def test_a_changed_image_is_another_place_and_a_label_is_not(folder):
    """No network is met by images that it was not trained on."""
    before = own_place(folder)
    assert before.startswith("mine-")
    (folder / "train/lowdensity").mkdir()
    tifffile.imwrite(folder / "train/lowdensity/000.tif", np.zeros((72, 80), np.uint8))
    assert own_place(folder) == before
    (folder / ".txm").write_text("hidden", encoding="utf-8")
    assert own_place(folder) == before
    image = tifffile.imread(folder / "train/txm/000.tif")
    image[0, 0] += 1
    tifffile.imwrite(folder / "train/txm/000.tif", image)
    assert own_place(folder) != before


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("", ValueError, "needs a path"),
        ("/nowhere/at/all", FileNotFoundError, "no file or folder /nowhere"),
    ],
)
def test_a_folder_that_is_none_is_named(path, error, said):
    with pytest.raises(error, match=said):
        own_place(path)


def test_a_folder_without_images_is_named(tmp_path):
    (tmp_path / ".hidden").write_text("no image")
    with pytest.raises(ValueError, match="holds no images; name the folder that does"):
        own_place(tmp_path)


def with_record(base):
    """The folders of results of the page on own volumes."""
    return {path.parent for path in (base / "results/smoke").glob("*/seed0/own_data.json")}


def test_pairs_become_a_permeability_and_a_classifier_may_find_the_pores(folder):
    """One command trains, translates and solves; the second finds both and takes the classifier."""
    rng = np.random.default_rng(1)
    field = ndimage.gaussian_filter(rng.normal(size=(8, 72, 80)), 2.0)
    stack = np.clip(128 + 800 * field, 1, 250).astype(np.uint8)
    tifffile.imwrite(folder / "test/txm_full_stack.tif", stack)
    base = folder.parent
    given = {"pairs": "mine", "voxel_size": "5e-8", "results": "results"}
    done = run_notebook("18_own_data", "own.ipynb", cwd=base, **given)
    assert done.returncode == 0, done.stderr
    trained = base / "results/smoke" / own_place(folder) / "seed0"
    assert (trained / "pix2pix_vanilla/generator.safetensors").is_file()
    [place] = with_record(base)
    first = json.loads((place / "own_data.json").read_text())
    assert first["permeability_nd"] > 0

    sem = np.load(place / "own/sem_pred.npy")
    low = sem <= first["threshold"]
    labels = np.where(low, Phase.LOW, Phase.MEDIUM).astype(np.uint8)
    classifier = train_classifier(sem, labels)
    save_classifier(classifier, base / "pores.npz")
    run_cells("18_own_data", cwd=base, **given, classifier="pores.npz")
    [other] = with_record(base) - {place}
    second = json.loads((other / "own_data.json").read_text())
    assert second["sources"]["generator"] == first["sources"]["generator"]  # found, not trained
    pore = classify(classifier, sem) == Phase.LOW
    assert second["porosity"] == pytest.approx(pore.mean())
    cases = [row["Case"] for row in second["spread"]]
    assert cases[0] == "classified pores"
    assert f"threshold {second['threshold']}" in cases


def test_pairs_without_a_volume_say_where_one_may_lie(folder):
    with pytest.raises(FileNotFoundError, match=r"no TXM volume test/txm_full_stack; add one"):
        volume_of_pairs(str(folder))
