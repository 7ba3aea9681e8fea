"""Reference artefacts: taken when they fit, never when stale; and those of this repository."""

import json

import numpy as np
import pytest
import torch
from companion.reference import (
    FOLDER,
    RETRAIN,
    STRICT,
    SUFFIX,
    StaleReferenceError,
    reference_folder,
    sha256,
    stored_key,
    take,
)
from keep_references import LIMITS, PRECISION, config_hash, halve, versions

from companion.datasets import load_dataset
from companion.profiles import get_profile
from companion.run import open_run
from shalelib.files import read_json, write_json
from shalelib.models.checkpoints import read_tensors, write_tensors
from shalelib.models.training import train, training_key
from shalelib.models.translate import load_generator, translate
from shalelib.models.variants import get_variant

PLACE = "smoke/phantom/seed0"
NOTES = sorted(reference_folder().rglob(f"*{SUFFIX}"))


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    monkeypatch.delenv(RETRAIN, raising=False)
    monkeypatch.delenv(STRICT, raising=False)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder of references with one stage of two files, key ``k1``."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "reference"))
    folder = tmp_path / "reference" / PLACE / "flow"
    write_json(folder / "truth.json", {"key": "k1", "k": 3.5, "files": ["truth.npy"]})
    np.save(folder / "truth.npy", np.arange(5))
    files = {f"flow/{name}": sha256(folder / name) for name in ("truth.json", "truth.npy")}
    made = {"hardware": "a laptop, 2 cores", "date": "2026-11-25"}
    write_json(folder / f"truth{SUFFIX}", {"key": "k1", "files": files, "made": made})
    return folder


def taken(tmp_path, key="k1"):
    return take("flow/truth", key=key, place=PLACE, folder=tmp_path / "results")


def test_a_reference_of_the_same_key_is_put_among_the_results(tmp_path, kept):
    reference = taken(tmp_path)
    assert reference.status == "taken"
    assert "not computed here (computed on a laptop, 2 cores, finished 2026-11-25" in (
        reference.sentence
    )
    for name in ("truth.json", "truth.npy"):
        assert sha256(tmp_path / "results/flow" / name) == sha256(kept / name)
    assert taken(tmp_path).status == "taken"  # the second time too


def test_a_stale_reference_is_told_and_left_alone(tmp_path, kept):
    reference = taken(tmp_path, key="k2")
    assert reference.status == "stale"
    assert "stale" in reference.sentence
    assert not (tmp_path / "results").exists()


def test_a_stale_reference_is_refused_where_it_must_not_be(tmp_path, kept, monkeypatch):
    monkeypatch.setenv(STRICT, "1")
    with pytest.raises(StaleReferenceError, match=r"key is k1, this run's is k2.*keep_references"):
        taken(tmp_path, key="k2")


def test_what_was_computed_here_is_never_replaced(tmp_path, kept):
    own = tmp_path / "results/flow/truth.json"
    write_json(own, {"key": "k1", "k": 3.6})
    (tmp_path / "results/flow/truth.npy").write_bytes(b"mine")
    assert taken(tmp_path).status == "own"
    assert read_json(own)["k"] == 3.6


def test_an_old_result_of_another_key_gives_way(tmp_path, kept):
    own = tmp_path / "results/flow/truth.json"
    write_json(own, {"key": "k0", "k": 1.0})
    (tmp_path / "results/flow/truth.npy").write_bytes(b"old")
    assert taken(tmp_path).status == "taken"
    assert read_json(own)["k"] == 3.5


def test_retrain_uses_none_and_takes_back_what_came_from_one(tmp_path, kept, monkeypatch):
    taken(tmp_path)
    monkeypatch.setenv(RETRAIN, "1")
    assert taken(tmp_path).status == "retrain"
    assert not list((tmp_path / "results").rglob("*.*"))
    write_json(tmp_path / "results/flow/truth.json", {"key": "k1"})  # now computed here
    assert taken(tmp_path).status == "retrain"
    assert (tmp_path / "results/flow/truth.json").is_file()


def test_a_changed_reference_is_refused(tmp_path, kept):
    (kept / "truth.npy").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"truth\.npy is not the file .* \(git checkout\)"):
        taken(tmp_path)


def test_the_page_and_every_record_tell_what_was_taken(tmp_path, kept):
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path / "results"))
    run.take("flow/truth", key="k1")
    about = read_json(run.write_json("x.json", {}))["provenance"]
    assert [names for text, names in about["references"].items() if "taken" in text] == [
        ["flow/truth"]
    ]


@pytest.mark.parametrize("content", [b"", b"\x80\x04cposix\nsystem", b"\xff" * 64])
def test_a_file_that_is_no_model_holds_no_key(tmp_path, content):
    path = tmp_path / "generator.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged or no model file"):
        stored_key(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny training on noise, its key and its folder."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, 32, 32), dtype=np.uint8)
    folder = tmp_path_factory.mktemp("trained")
    config, variant = get_profile("smoke").train, get_variant("srcnn_2x")
    train(
        lambda count, rng: (images[:count], images[::-1][:count]),
        variant,
        config,
        seed=0,
        data_hash="noise",
        folder=folder,
        progress=False,
    )
    return folder, training_key(variant, config, seed=0, data_hash="noise"), images


def test_float16_changes_a_translation_by_a_grey_level_at_most(tmp_path, trained):
    """Rounding a weight to 11 bits moves the output by far less than a level, save at rounding."""
    folder, key, images = trained
    halve(folder / "generator.safetensors", tmp_path / "half.safetensors")
    assert stored_key(tmp_path / "half.safetensors") == key
    assert read_tensors(tmp_path / "half.safetensors")[1]["precision"] == PRECISION
    full, half = (
        translate(load_generator(path), images).astype(int)
        for path in (folder / "generator.safetensors", tmp_path / "half.safetensors")
    )
    assert np.abs(full - half).max() <= 1
    assert np.abs(full - half).mean() < 0.1


def test_weights_that_float16_cannot_hold_are_refused(tmp_path):
    write_tensors(tmp_path / "a", {"w": torch.tensor([1e6])}, {"key": "k"})
    with pytest.raises(SystemExit, match="beyond the range of float16"):
        halve(tmp_path / "a", tmp_path / "b")


def places(note):
    """Profile and dataset of a note in this repository."""
    return note.relative_to(reference_folder()).parts[:2]


@pytest.mark.parametrize("path", NOTES, ids=lambda p: str(p.relative_to(reference_folder())))
def test_no_reference_of_this_repository_is_stale(path):
    """Whoever changes a setting or a version computes the references again, or deletes them."""
    note, (profile, dataset) = read_json(path), places(path)
    mend = "stale: compute it again and keep it (workflow/keep_references.py), or delete it"
    assert note["config_hash"] == config_hash(profile, dataset), mend
    now = versions()
    assert note["versions"] == {room: now[room] for room in note["versions"]}, mend
    root = reference_folder() / profile / dataset / path.relative_to(reference_folder()).parts[2]
    for file, expected in note["files"].items():
        assert sha256(root / file) == expected, f"{file}: restore it (git checkout)"
    if note["key"] is not None:
        assert stored_key(root / next(iter(note["files"]))) == note["key"]


@pytest.mark.parametrize("path", [p for p in NOTES if "precision" in read_json(p)], ids=str)
def test_kept_generators_are_of_todays_rows_and_settings(path):
    """The key is made again from the row, the profile and the data's hash in the note."""
    note, (profile, _) = read_json(path), places(path)
    seed = int(path.relative_to(reference_folder()).parts[2].removeprefix("seed"))
    variant = get_variant(path.name.removesuffix(SUFFIX))
    key = training_key(variant, get_profile(profile).train, seed=seed, data_hash=note["data_hash"])
    assert note["key"] == key


def test_the_real_data_are_those_of_the_references(real_patches):
    noted = {read_json(p)["data_hash"] for p in NOTES if places(p)[1] == "vaca-muerta-patches"}
    assert noted <= {load_dataset("vaca-muerta-patches").digest()}


def test_references_fit_into_the_repository():
    generators = sum(p.stat().st_size for p in reference_folder().rglob("*.safetensors"))
    assert generators <= LIMITS["generators"]


def test_notes_are_plain_json():
    for path in NOTES:
        assert {"key", "config_hash", "data_hash", "versions", "made", "files"} <= json.loads(
            path.read_text()
        ).keys()
