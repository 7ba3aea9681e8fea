"""A place that cannot be written is named by every writer, with the mend; nothing is left there."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

from shalelib import data, flow, segmentation
from shalelib.files import whole_folder, write_json

VOLUME = np.random.default_rng(0).integers(1, 256, (4, 20, 24), dtype=np.uint8)
LABELS = np.full(VOLUME.shape, segmentation.UNLABELLED, np.uint8)
LABELS[0, :5], LABELS[0, 10:] = segmentation.Phase.LOW, segmentation.Phase.MEDIUM
FLOW = SimpleNamespace(
    velocity=np.zeros((3, 2, 2, 2)),
    pressure=np.zeros((2, 2, 2)),
    pore=np.ones((2, 2, 2), bool),
    kn=None,
    voxel_size=1e-8,
)
SMALL = segmentation.ClassifierConfig(n_trees=1, max_depth=2)


def folder_of(path):
    with whole_folder(path) as part:
        (part / "a.txt").write_text("a")


WRITERS = {
    "stack.tif": lambda path: data.write_stack(path, VOLUME, voxel_size=1e-8),
    "volume.zarr": lambda path: data.write_ome_zarr(path, VOLUME, voxel_size=1e-8),
    "flow.vti": lambda path: flow.write_vtk(path, FLOW),
    "classifier.npz": lambda path: segmentation.save_classifier(
        segmentation.train_classifier(VOLUME, LABELS, config=SMALL), path
    ),
    "record.json": lambda path: write_json(path, {}),
    "folder": folder_of,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_in_place_of_the_folder_is_named(tmp_path, name):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OSError, match=rf"{name} could not be written \(.*; name another place"):
        WRITERS[name](tmp_path / "out" / name)
    assert (tmp_path / "out").read_text() == "mine"
    WRITERS[name](tmp_path / "other" / name)
    assert [path.name for path in (tmp_path / "other").iterdir()] == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_written_is_named(tmp_path, name):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.access(closed, os.W_OK):
        pytest.skip("this user writes everywhere")
    with pytest.raises(PermissionError, match=r"could not be written .* or make that folder"):
        WRITERS[name](closed / name)
    assert not list(closed.iterdir())
    closed.chmod(0o755)
    WRITERS[name](closed / name)
    assert [path.name for path in closed.iterdir()] == [name]
