"""The examples of the page of how-tos run as a reader would run them, and find what is there."""

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from companion.datasets import load_cubes, load_rock
from shalelib.data import write_stack
from shalelib.flow import domain_from_mask, permeability
from shalelib.segmentation import UNLABELLED, Phase, draw_labels

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "book/howto.md").read_text(encoding="utf-8")
SOFT = 5  # the digital shale has a mineral more than there are classes
SLICE, ROWS, COLUMNS = 6, 3, -2  # which slice the FIB-SEM shows, and how it was moved


def examples():
    """The code of each section by its heading."""
    for section in PAGE.split("\n## ")[1:]:
        code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
        yield pytest.param(code, id=section.splitlines()[0])


@pytest.fixture(scope="module")
def cubes():
    return load_cubes("smoke")


@pytest.fixture
def folder(cubes, tmp_path, monkeypatch):
    """A folder with the files that the examples name."""
    monkeypatch.chdir(tmp_path)
    sem = load_rock("smoke").sem[:12, 24:104, 24:104]  # inside the plug
    noise = np.random.default_rng(0).normal(scale=10.0, size=sem.shape)
    blurred = gaussian_filter(sem.astype(float), 1.5) + noise
    write_stack("txm.tif", np.clip(blurred, 1, 255).astype(np.uint8), voxel_size=33.6e-9)
    moved = np.roll(sem[SLICE], (-ROWS, -COLUMNS), axis=(0, 1))
    write_stack("fibsem_slice.tif", moved[None], voxel_size=33.6e-9)
    write_stack("sem.tif", cubes.sem[0], voxel_size=33.6e-9)
    grey = np.where(slit(), 50, 200).astype(np.uint8)
    tifffile.imwrite("fibsem.tif", grey, photometric="minisblack")
    classes = np.where(cubes.labels == SOFT, Phase.MEDIUM, cubes.labels).astype(np.uint8)
    drawn = draw_labels(classes[0])
    codes = np.where(drawn == UNLABELLED, 0, drawn + 1).astype(np.uint8)
    tifffile.imwrite("ilastik_labels.tif", codes, photometric="minisblack")
    tifffile.imwrite("segmentation.tif", classes[4] + np.uint8(1), photometric="minisblack")
    tifffile.imwrite("plug.tif", plug(), photometric="minisblack")
    deep = np.random.default_rng(0).integers(0, 60000, (8, 40, 48))
    deep.astype(">u2").tofile("portal.raw")
    return tmp_path


def plug():
    """Rock in a cylinder with one channel along z, and black round it."""
    y, x = np.mgrid[:64, :64] - 31.5
    grey = np.where(np.hypot(y, x) < 26, 150, 0).astype(np.uint8)[None].repeat(10, axis=0)
    grey[:, 30:34, 30:34] = 40
    return grey


def slit():
    """A slit along z in voxels twice as long along z as along y and x."""
    pore = np.zeros((3, 10, 4), bool)
    pore[:, 3:7] = True
    return pore


@pytest.mark.parametrize("code", list(examples()))
def test_each_example_runs_by_itself(code, folder, cubes):
    found = {}
    exec(compile(code, "howto.md", "exec"), found)
    if "match" in found:
        assert found["match"].z == SLICE
        shift = found["match"].shift
        assert (round(shift.rows), round(shift.columns)) == (ROWS, COLUMNS)
    if "cubes" in found:  # two cubes along z for each voxel, none lost along y and x
        whole = np.repeat(slit(), 2, axis=0)
        assert np.array_equal(found["cubes"], whole)
        assert found["edge"] == 10e-9
        result = permeability(whole, voxel_size=10e-9)
        assert found["permeability"](whole, voxel_size=10e-9).permeability == result.permeability
    if "phases" in found:  # labels were drawn from the truth: most pixels come out right
        low = np.isin(found["phases"], Phase.LOW)
        assert np.mean(low == cubes.low[0]) > 0.9
        assert (folder / "classifier.npz").is_file()
        assert found["domain"].porosity == cubes.low[4].mean()
    if "inner" in found:
        around, inside = plug(), np.s_[:, 30:34, 30:34]
        assert found["inner"].pore[inside].all()
        assert found["inner"].pore.sum() == 10 * 4 * 4
        wrong = domain_from_mask(around <= found["threshold"])  # what the refusal keeps from us
        assert wrong.pore[around == 0].sum() / wrong.pore.sum() > 0.9
        through, past = (permeability(d, voxel_size=33.6e-9) for d in (found["inner"], wrong))
        assert past.permeability > 10 * through.permeability
    if "raw" in found:
        np.testing.assert_array_equal(found["raw"].pixels, found["same"].pixels)
        assert found["same"].voxel_size == (2e-6,) * 3
    if "results" in found:
        assert sorted(found["results"]) == [0, 1, 2]
    if "row" in found:  # more pores never conduct less
        assert found["row"].threshold == found["first"] + 15
    if "again" in found:
        assert np.array_equal(found["again"].pixels, cubes.sem[0])
        assert found["again"].voxel_size == pytest.approx((33.6e-9,) * 3)


def test_every_file_that_the_page_reads_is_there(folder):
    read = set(re.findall(r'read_(?:volume|label_image)\("([^"]+)"', PAGE))
    assert {name for name in read if not (folder / name).exists()} == {"sem.ome.zarr"}


UNSHOWN = ("find_slice", "cubic_voxels", "read_label_image", "permeability_along_axes")
UNSHOWN += ("threshold_sweep", "write_ome_zarr")


@pytest.mark.parametrize("name", UNSHOWN)
def test_a_feature_that_no_chapter_shows_has_an_example(name):
    assert any(f"{name}(" in parameter.values[0] for parameter in examples())
