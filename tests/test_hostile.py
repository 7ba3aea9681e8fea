"""Full disks, read-only folders and files that are not what they should be: said, and mended."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from notebook_runs import run_notebook

from companion.profiles import get_profile
from shalelib import files
from shalelib.files import read_json, write_json
from shalelib.models.checkpoints import read_tensors
from shalelib.models.inference import load_generator
from shalelib.models.training import read_samples, train
from shalelib.models.variants import get_variant

ROOT = Path(__file__).parents[1]

needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not sys.platform.startswith("linux"),
    reason="only root on Linux can mount a file system of its own",
)


class Bomb:
    """A pickle of it leaves a trace where it is loaded."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def mounted(tmp_path):
    """A small file system in memory; call it with the mount options."""
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine mounts nothing: {done.stderr}")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True)


def noise_training(folder):
    """A tiny training on noise."""
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32), dtype=np.uint8)
    return train(
        lambda count, rng: (images[:count], images[::-1][:count]),
        get_variant("srcnn_2x"),
        get_profile("smoke").train,
        seed=0,
        data_hash="noise",
        folder=folder,
        progress=False,
    )


@needs_mounts
def test_a_full_disk_is_named_and_finished_files_stay(mounted):
    folder = mounted("size=64k")
    write_json(folder / "result.json", {"psnr": 1.0})
    with pytest.raises(OSError, match=r"No space left on device: .*large\.bin .*free some"):
        files.write_whole(folder / "large.bin", b"x" * 100_000)
    assert [p.name for p in folder.iterdir()] == ["result.json"]
    assert read_json(folder / "result.json") == {"psnr": 1.0}


@needs_mounts
def test_a_training_that_met_a_full_disk_goes_on_when_there_is_room(mounted, tmp_path):
    """Room for the history and not for a checkpoint; then the same folder with more."""
    folder = mounted("size=16k")
    with pytest.raises(OSError, match="No space left on device"):
        noise_training(folder)
    assert not [p for p in folder.iterdir() if "safetensors" in p.name]
    subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
    mended, undisturbed = noise_training(folder), noise_training(tmp_path / "undisturbed")
    mine, theirs = (read_tensors(done.generator)[0] for done in (mended, undisturbed))
    assert all(torch.equal(mine[name], weights) for name, weights in theirs.items())


@needs_mounts
def test_a_notebook_on_a_full_disk_says_so(mounted, tmp_path, real_patches):
    folder = mounted("size=16k")
    output = tmp_path / "01_dataset.ipynb"
    done = run_notebook("04_training", output, results=folder, variant="srcnn_2x")
    assert done.returncode == 1
    assert "04_training.py failed in code cell" in done.stderr
    assert "No space left on device" in done.stderr
    assert output.with_suffix(".failed.ipynb").is_file()
    assert not output.exists()


@needs_mounts
def test_a_full_disk_for_the_executed_copies_is_named(mounted, tmp_path):
    folder = mounted("size=8k")
    done = run_notebook("12_benchmarks", folder / "x.ipynb", results=tmp_path / "results")
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "No space left" in done.stderr


@needs_mounts
def test_a_read_only_results_folder_is_named_in_the_first_cell(mounted, tmp_path):
    folder = mounted("ro")
    done = run_notebook("01_dataset", tmp_path / "x.ipynb", dataset="phantom", results=folder)
    assert done.returncode == 1
    assert "failed in code cell 3: PermissionError" in done.stderr
    assert "cannot be written; free it (chmod u+w) or name another in the parameter results" in (
        done.stderr
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_in_place_of_a_generator_is_refused_and_not_run(tmp_path, protocol):
    path, trace = tmp_path / "generator.safetensors", tmp_path / "trace"
    path.write_bytes(pickle.dumps(Bomb(trace), protocol))
    with pytest.raises(ValueError, match=r"damaged or no model file of shalelib"):
        load_generator(path)
    assert not trace.exists()


def test_a_pickle_in_place_of_a_checkpoint_is_told_and_not_run(tmp_path):
    folder, trace = tmp_path / "row", tmp_path / "trace"
    folder.mkdir()
    (folder / "checkpoint.safetensors").write_bytes(pickle.dumps(Bomb(trace)))
    with pytest.warns(UserWarning, match=r"damaged or no model file.*training starts anew"):
        trained = noise_training(folder)
    assert trained.generator.is_file()
    assert not trace.exists()


def test_a_finished_generator_that_was_cut_short_is_named_and_trained_again(tmp_path):
    generator = noise_training(tmp_path).generator
    whole = generator.read_bytes()
    generator.write_bytes(whole[:-100])
    with pytest.warns(UserWarning, match=r"damaged or no model file of shalelib.*trained again"):
        again = noise_training(tmp_path)
    assert load_generator(again.generator)


@pytest.mark.parametrize("damage", [b"", b"epoch,loss\n1,0.5\n2,0.", None])
def test_a_damaged_history_is_mended_without_training(tmp_path, damage, monkeypatch):
    """The generator's file holds the losses too."""
    first = noise_training(tmp_path)
    path = tmp_path / "history.csv"
    whole = path.read_bytes()
    path.unlink() if damage is None else path.write_bytes(damage)
    monkeypatch.setattr("shalelib.models.training.TrainingState", None)  # would fail if called
    again = noise_training(tmp_path)
    assert path.read_bytes() == whole
    assert again.history.equals(first.history)


@pytest.mark.parametrize("damage", [b"", b"II*\0noise", None])
def test_a_damaged_sample_image_is_named_and_left_out(tmp_path, damage):
    folder = tmp_path / "samples"
    folder.mkdir()
    for epoch in (1, 2):
        tifffile.imwrite(folder / f"epoch00{epoch}.tif", np.zeros((2, 32, 32), np.uint8))
    path = folder / "epoch002.tif"
    path.write_bytes(path.read_bytes()[:-500] if damage is None else damage)
    with pytest.warns(UserWarning, match=r"epoch002\.tif is damaged"):
        assert list(read_samples(tmp_path)) == ["epoch 1"]
