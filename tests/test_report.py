import json
import os
import re
import shlex
import subprocess

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from companion import run
from companion.pages import dataset, dataset_figures
from companion.panels import image_grid
from companion.profiles import get_profile
from companion.site import provenance
from companion.style import scale_bar
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.data.splits import split_patches
from shalelib.files import read_json

mpl.use("Agg")


def test_opening_a_run_checks_every_parameter(tmp_path):
    good = {"profile": "smoke", "dataset": "vaca-muerta-patches", "seed": 0}
    opened = run.open_run(**good, results=str(tmp_path))
    assert opened.folder == tmp_path / "smoke/vaca-muerta-patches/seed0"
    for bad, words in [
        ({"profile": "huge"}, "smoke, laptop, gpu, paper"),
        ({"dataset": "berea"}, "parameter dataset"),
        ({"seed": -1}, "parameter seed"),
        ({"seed": 1.5}, "parameter seed"),
    ]:
        with pytest.raises(ValueError, match=words):
            run.open_run(**(good | bad), results=str(tmp_path))


@pytest.mark.parametrize("name", ["smoke", "laptop"])
def test_figures_of_a_run_are_as_fine_as_its_profile_says(name, tmp_path):
    """What is saved has so many pixels to an inch, whatever the profile before."""
    dpi = get_profile(name).dpi
    with mpl.rc_context():
        run.open_run(profile=name, dataset="phantom", seed=0, results=str(tmp_path))
        figure = plt.figure(figsize=(2, 1))
        figure.savefig(tmp_path / "drawn.png")
        plt.close(figure)
    assert Image.open(tmp_path / "drawn.png").size == (2 * dpi, dpi)


def test_an_unwritable_results_folder_is_named(tmp_path, monkeypatch):
    good = {"profile": "smoke", "dataset": "vaca-muerta-patches", "seed": 0}
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError, match=r"names a file.*; name a folder"):
        run.open_run(**good, results=str(tmp_path / "file"))
    with pytest.raises(PermissionError, match="cannot be written; free it"):
        run.open_run(**good, results=str(tmp_path / "file" / "below"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="parameter results"):
        run.open_run(**good, results=str(tmp_path / "locked"))


def test_results_carry_their_provenance(tmp_path):
    opened = run.open_run(
        profile="smoke", dataset="vaca-muerta-patches", seed=2, results=str(tmp_path)
    )
    record = json.loads(opened.write_json("x.json", {"psnr": 1.5}).read_text())
    assert record["psnr"] == 1.5
    about = record["provenance"]
    assert (about["profile"], about["seed"]) == ("smoke", 2)
    assert about["packages"]["torch"].startswith("2.13.0")
    text = provenance.sentence(about)
    for part in ("profile smoke", "seed 2", "commit", "torch 2.13.0", "cores"):
        assert part in text


def test_outside_a_checkout_the_commit_is_said_to_be_unknown(monkeypatch):
    def missing():
        raise FileNotFoundError

    monkeypatch.setattr(provenance, "repository_root", missing)
    assert provenance.collect()["commit"].startswith("unknown")


def test_what_git_asks_for_in_a_checkout_of_another_user_is_a_line_that_a_shell_takes(
    monkeypatch, tmp_path
):
    root = tmp_path / "my checkout's"

    def refuse(*_):
        raise subprocess.CalledProcessError(128, "git", stderr="fatal: detected dubious ownership")

    monkeypatch.setattr(provenance, "repository_root", lambda: root)
    monkeypatch.setattr(provenance, "_git", refuse)
    told = provenance._commit()
    [line] = re.findall(r"git asks for (.+)\)$", told)
    assert shlex.split(line)[-1] == str(root)


def test_the_scale_bar_is_as_long_as_it_says():
    """A 5 um bar at 33.6 nm a pixel is 148.8 pixels long; 256 pixels are 8.6 um."""
    stack = np.zeros((1, 256, 256), np.uint8)
    fig = image_grid({"a": stack}, pixel_size=33.6e-9)
    line, text = fig.axes[0].lines[0], fig.axes[0].texts[0]
    length = float(np.ptp(line.get_xdata())) * 33.6e-9
    shown, unit = text.get_text().split()
    assert unit == "µm"
    assert length == pytest.approx(float(shown) * 1e-6, rel=1e-9)
    plt.close(fig)


@pytest.mark.parametrize("pixel", [3.36e-9, 20e-9, 33.6e-9])
def test_a_short_scale_bar_is_labelled_in_nanometres(pixel):
    units = {"nm": 1e-9, "µm": 1e-6}
    figure, axis = plt.subplots()
    scale_bar(axis, np.zeros((100, 100), np.uint8), pixel)
    length, unit = axis.texts[0].get_text().split()
    left, right = axis.lines[0].get_xdata()
    assert float(length) * units[unit] == pytest.approx((right - left) * pixel)
    plt.close(figure)


def test_no_scale_bar_is_drawn_where_the_size_of_a_pixel_is_not_known():
    fig = image_grid({"a": np.zeros((1, 64, 64), np.uint8)}, pixel_size=float("nan"))
    assert not fig.axes[0].lines
    assert not fig.axes[0].texts
    plt.close(fig)


def test_images_are_never_stretched():
    """A dark image must look dark: every panel shows grey levels 0 to 255."""
    stack = np.full((2, 8, 8), 40, np.uint8)
    fig = image_grid({"a": stack, "b": stack + 1}, pixel_size=1e-8)
    assert {axis.images[0].get_clim() for axis in fig.axes} == {(0, 255)}
    plt.close(fig)


def test_a_grid_by_row_names_each_row_and_shows_each_image_once():
    panels = {name: np.full((3, 8, 8), grey, np.uint8) for name, grey in (("a", 1), ("b", 2))}
    fig = image_grid(panels, pixel_size=1e-8, by_row=True)
    shown = np.array([axis.images[0].get_array()[0, 0] for axis in fig.axes]).reshape(2, 3)
    np.testing.assert_array_equal(shown, [[1, 1, 1], [2, 2, 2]])
    assert [fig.axes[0].get_ylabel(), fig.axes[3].get_ylabel()] == ["a", "b"]
    plt.close(fig)


def test_the_map_of_the_real_splits_shows_every_patch(real_patches):
    fig = dataset_figures.split_map(split_patches(real_patches, fold=2))
    drawn = sum(len(c.get_segments()) for c in fig.axes[0].collections)
    assert drawn == 100
    plt.close(fig)


def test_the_folds_account_for_every_patch(real_patches):
    """100 in each fold; over all folds each patch is tested once, since each slice is."""
    table = dataset.fold_table(real_patches)
    parts = ["Training", "Validation", "Test", "Left out"]
    assert set(table[parts].sum(axis=1)) == {100}
    assert table["Test"].sum() == 100
    assert (table["Left out"] > 0).any()


def test_a_data_set_opens_with_what_was_counted_in_it(toy_pairs):
    """Slices 0 to 2 train, 4 and 5 test: all at one x-y. The FIB-SEM is 60 or 200, never below."""
    about = {"name": "directory", "description": "toy", "pixel_size": 1e-8}
    parts = {"train": [0, 1, 2], "validation": [3], "test": [4, 5]}
    splits = {name: toy_pairs.take(np.array(index)) for name, index in parts.items()}
    first, seen, dark, leak = dataset.findings(Dataset(**about, **splits), acceptance=0.256)
    assert first.startswith("3 pairs of images from 3 slices train the networks, 1 from 1")
    assert "2 from 2 test" in first
    assert "26% are fit" in first
    r = np.corrcoef(splits["train"].txm.ravel(), splits["train"].sem.ravel())[0, 1]
    assert f"have a correlation of {r:.2f}" in seen
    assert f"explains {r * r:.0%}" in seen
    assert "0.000 of the rock in the training images and 0.000 in" in dark
    assert "is 2 to 3 slices from" in leak
    assert "100% of the tested rock" in leak


def test_the_map_of_slices_shows_each_slice_of_each_split(toy_pairs):
    data = Dataset(
        name="directory",
        description="toy",
        train=toy_pairs,
        validation=toy_pairs.take(np.array([0])),
        test=toy_pairs.take(np.array([1, 2])),
        pixel_size=1e-8,
    )
    fig = dataset_figures.split_map(data)
    assert [len(c.get_segments()) for c in fig.axes[0].collections] == [6, 1, 2]
    plt.close(fig)


def test_the_workflow_shows_four_slices_and_patches(toy_pairs):
    patches = PatchSampler(toy_pairs, size=32).draw(4, rng=np.random.default_rng(0))
    fig = dataset_figures.workflow(toy_pairs, patches)
    assert len(fig.axes) == 3 + 4
    outlined = (patches.corner[:, 0] == patches.corner[0, 0]).sum()
    assert len(fig.axes[0].patches) == outlined
    assert {(box.get_width(), box.get_height()) for box in fig.axes[0].patches} == {(32, 32)}
    plt.close(fig)


def test_a_table_in_a_record_is_its_rows_and_no_number_is_none(tmp_path):
    here = run.open_run(profile="smoke", dataset="phantom", seed=0, results=tmp_path)
    table = pd.DataFrame({"row": ["a", "b"], "k": [1.5, np.nan], "n": [1, 2]})
    written = read_json(here.write_json("flow.json", {"table": table, "count": 2}))
    assert written["table"] == [{"row": "a", "k": 1.5, "n": 1}, {"row": "b", "k": None, "n": 2}]
    assert written["count"] == 2
