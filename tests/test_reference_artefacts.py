"""Reference artefacts: taken when they fit, never when stale; and those of this repository."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from build_book import records, stale_references
from compare_results import compare, held_against
from keep_references import BOOK, LIMITS, PRECISION, halved, keep, places, prune

from companion import references
from companion.profiles import get_profile
from companion.references import (
    FOLDER,
    GENERATOR,
    RETRAIN,
    STRICT,
    Manifest,
    StaleReferenceError,
    check,
    read_manifest,
    reference_folder,
)
from companion.run import open_run
from companion.site.provenance import UNCLEAN
from shalelib.files import read_json, write_whole
from shalelib.metrics.paired import psnr
from shalelib.models.checkpoints import read_tensors, write_tensors
from shalelib.models.inference import load_generator, predict
from shalelib.models.training import train
from shalelib.models.variants import get_variant

NAME = "phantom/seed0/flow/truth"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    monkeypatch.delenv(RETRAIN, raising=False)
    monkeypatch.delenv(STRICT, raising=False)


def start(results):
    return open_run(profile="smoke", dataset="phantom", seed=0, results=str(results))


def solve(run, *, inputs=0, value=3.5):
    """A stage with an array and a text beside its record, as a page would ask for it."""

    def compute(folder):
        write_whole(folder / "truth.npz", b"arrays")
        write_whole(folder / "truth.csv", "a,b\n1,2\n")
        return {"k": value, "seconds": value}

    files = ["truth.npz", "truth.csv"]
    return run.store.done("flow/truth", compute, code=psnr, inputs=inputs, files=files)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """References with one stage and one page's record, kept from a run."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "reference"))
    run = start(tmp_path / "first")
    solve(run)
    run.write_json("flow.json", {"table": [1.0, 2.0]})
    assert set(keep(tmp_path / "first", "smoke", unclean=True)) == {"phantom/seed0/flow", NAME}
    return tmp_path / "reference" / "smoke"


def test_one_manifest_and_one_bundle_a_page(kept):
    files = sorted(p.relative_to(kept).as_posix() for p in kept.rglob("*") if p.is_file())
    bundle = "phantom/seed0/flow"
    assert files == ["manifest.json", f"{bundle}.json", f"{bundle}/truth.npz"]
    assert not list(check(read_manifest("smoke")))


def test_a_reference_of_the_same_key_is_taken_and_told_with_its_own_commit(
    tmp_path, kept, monkeypatch
):
    manifest = read_manifest("smoke")
    for made in manifest.made.values():
        made["commit"] = "0123456789"
    manifest.write()
    run = start(tmp_path / "second")
    taken = solve(run, value=0.0)
    assert taken["k"] == 3.5
    assert (run.folder / "flow/truth.csv").read_text() == "a,b\n1,2\n"
    assert "taken from the reference artefacts, not computed here" in run.origin("flow/truth")
    about = read_json(run.write_json("x.json", {}))["provenance"]
    [(text, names)] = about["stages"].items()
    assert names == ["flow/truth"]
    assert "commit 0123456789" in text
    again = start(tmp_path / "second")  # an hour later
    solve(again)
    assert again.origin("flow/truth") == run.origin("flow/truth")


def test_a_stale_reference_is_told_and_left_alone(tmp_path, kept):
    run = start(tmp_path / "second")
    assert solve(run, inputs=1, value=7.0)["k"] == 7.0
    assert run.provenance["stale"] == ["flow/truth"]
    assert "computed by this run" in run.origin("flow/truth")


def test_a_stale_reference_is_refused_where_it_must_not_be(tmp_path, kept, monkeypatch):
    monkeypatch.setenv(STRICT, "1")
    with pytest.raises(StaleReferenceError, match=r"flow/truth .*stale.*restamp.*keep_references"):
        solve(start(tmp_path / "second"), inputs=1)


def test_what_was_computed_here_is_never_replaced(tmp_path, kept, monkeypatch):
    with monkeypatch.context() as alone:
        alone.setenv(FOLDER, str(tmp_path / "none"))
        solve(start(tmp_path / "second"), value=9.0)
    run = start(tmp_path / "second")
    assert solve(run)["k"] == 9.0
    assert "earlier run" in run.origin("flow/truth")


def test_retrain_uses_none_and_takes_back_what_came_from_one(tmp_path, kept, monkeypatch):
    solve(start(tmp_path / "second"))
    monkeypatch.setenv(RETRAIN, "1")
    run = start(tmp_path / "second")
    assert solve(run, value=4.0)["k"] == 4.0
    assert "computed by this run" in run.origin("flow/truth")
    assert solve(start(tmp_path / "second"), value=5.0)["k"] == 4.0


@pytest.mark.parametrize("file", ["flow/truth.npz", "flow.json"])
def test_a_changed_reference_is_refused(tmp_path, kept, file):
    path = kept / "phantom/seed0" / file
    path.write_bytes(path.read_bytes().replace(b"s", b"t").replace(b"3.5", b"3.6"))
    with pytest.raises(ValueError, match=r"restore it \(git checkout\)"):
        solve(start(tmp_path / "second"))
    assert list(check(read_manifest("smoke")))


def two_kept(folder):
    """A manifest whose one bundle has two records, of two runs."""
    manifest = Manifest(folder=folder)
    for name, commit in (("truth", "aaaa"), ("model", "bbbb")):
        about = {"k": 3.5, "key": name, "made": {"commit": commit}}
        manifest.keep({f"phantom/seed0/flow/{name}": (about, {})}, "phantom/seed0/flow.json")
    return manifest


def test_a_number_changed_in_a_bundle_is_refused(tmp_path):
    manifest = two_kept(tmp_path)
    path = tmp_path / "phantom/seed0/flow.json"
    path.write_bytes(path.read_bytes().replace(b"3.5", b"3.6"))
    with pytest.raises(ValueError, match=r"restore it \(git checkout\)"):
        manifest.record("phantom/seed0/flow/truth")


def test_a_record_is_told_with_the_run_that_made_it_and_not_another(tmp_path):
    manifest = two_kept(tmp_path)
    made = [manifest.record(f"phantom/seed0/flow/{n}")["made"] for n in ("truth", "model")]
    assert made == [{"commit": "aaaa"}, {"commit": "bbbb"}]


def test_the_key_of_a_page_follows_the_sizes_and_not_what_is_told_of_them(monkeypatch):
    smoke, found = get_profile("smoke"), {}
    changes = {"as is": {}, "told": {"purpose": "x", "takes": "y"}, "rock": {"rock": 5}}
    changes["crops"] = {"evaluation": replace(smoke.evaluation, crops=smoke.evaluation.crops + 1)}
    for name, change in changes.items():
        monkeypatch.setattr(references, "get_profile", lambda _, c=change: replace(smoke, **c))
        found[name] = references.page_key("flow", "smoke")
    assert found["told"] == found["as is"]
    assert len({found[name] for name in ("as is", "rock", "crops")}) == 3


def test_after_a_run_from_references_nothing_differs(tmp_path, kept):
    run = start(tmp_path / "second")
    solve(run)
    run.write_json("flow.json", {"table": [1.0, 2.0]})
    assert compare(tmp_path / "second", "smoke") == {"phantom/seed0/flow": []}
    run.write_json("flow.json", {"table": [1.0, 2.1]})
    [found] = compare(tmp_path / "second", "smoke").values()
    assert "2.1" in found[0]


def test_keeping_again_leaves_what_was_taken_as_it_is(tmp_path, kept):
    before = (kept / "manifest.json").read_bytes()
    solve(start(tmp_path / "second"))
    assert keep(tmp_path / "second", "smoke", unclean=True) == []
    assert (kept / "manifest.json").read_bytes() == before


def test_a_translated_volume_is_not_kept_but_what_was_measured_on_it(tmp_path, kept):
    store = start(tmp_path / "second").store

    def compute(folder):
        write_whole(folder / "a.tif", b"x" * int(LIMITS["one file"] + 1))
        return {}

    store.done("volumes/a", compute, code=psnr, inputs=0, files=["a.tif"])
    store.done("volumes/a_measured", lambda _: {"k": 1.0}, code=psnr, inputs=0, files=[])
    told = keep(tmp_path / "second", "smoke", unclean=True)
    assert told == ["phantom/seed0/volumes/a_measured"]


def test_what_no_commit_describes_is_not_kept(tmp_path, kept):
    path = tmp_path / "first/smoke/phantom/seed0/flow.json"
    record = read_json(path)
    record["provenance"]["commit"] = f"0123456789 {UNCLEAN}"
    path.write_text(json.dumps(record))
    before = (kept / "manifest.json").read_bytes()
    with pytest.raises(SystemExit, match=r"flow was made by commit 0123456789 with uncommitted"):
        keep(tmp_path / "first", "smoke", ["flow"])
    assert (kept / "manifest.json").read_bytes() == before


def test_what_the_book_no_longer_asks_for_is_dropped_with_its_files(tmp_path, kept):
    results = tmp_path / "second"
    start(results).write_json("flow.json", {"table": [1.0, 2.0]})
    with pytest.raises(SystemExit, match="make it first"):
        prune(results, "smoke")
    write_whole(results / "smoke" / BOOK, "")
    assert prune(results, "smoke") == [NAME]
    manifest = read_manifest("smoke")
    assert list(manifest.kept) == ["phantom/seed0/flow"]
    assert list(check(manifest)) == []  # no file is left that nothing refers to
    assert manifest.record("phantom/seed0/flow")["table"] == [1.0, 2.0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny training on noise and its images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, 32, 32), dtype=np.uint8)
    done = train(
        lambda count, rng: (images[:count], images[::-1][:count]),
        get_variant("srcnn_2x"),
        get_profile("smoke").train,
        seed=0,
        data_hash="noise",
        folder=tmp_path_factory.mktemp("trained"),
        progress=False,
    )
    return done.generator, images


def test_float16_changes_a_translation_by_a_grey_level_at_most(tmp_path, trained):
    """Rounding a weight to 11 bits moves the output by far less than a level, save at rounding."""
    generator, images = trained
    (tmp_path / "half.safetensors").write_bytes(halved(generator))
    assert read_tensors(tmp_path / "half.safetensors")[1]["precision"] == PRECISION
    full, half = (
        predict(load_generator(path), images).astype(int)
        for path in (generator, tmp_path / "half.safetensors")
    )
    assert np.abs(full - half).max() <= 1
    assert np.abs(full - half).mean() < 0.1


def test_weights_that_float16_cannot_hold_are_refused(tmp_path):
    write_tensors(tmp_path / "a", {"w": torch.tensor([1e6])}, {"key": "k"})
    with pytest.raises(SystemExit, match="beyond the range of float16"):
        halved(tmp_path / "a")


def test_the_builder_names_what_no_reference_stood_in_for(tmp_path):
    """As the pages' records tell it, each stage once."""
    for page, about in (
        ("flow", {"stale": ["flow/b", "flow/a"]}),
        ("truth", {"stale": ["flow/a"]}),
    ):
        record = {"provenance": about | {"seed": 0}}
        write_whole(tmp_path / f"phantom/seed0/{page}.json", json.dumps(record))
    assert stale_references(tmp_path) == ["flow/a", "flow/b"]


def test_a_page_of_the_smallest_profile_is_held_without_its_networks():
    """As it is kept; elsewhere a line in one of the two alone is a difference."""
    mine = {"table": [{"row": "no_model", "psnr": 1.0}, {"row": "srcnn_2x", "psnr": 2.0}]}
    kept = {"table": mine["table"][:1]}
    assert held_against(mine, kept, "table1", "smoke") == []
    assert held_against(mine, kept, "table1", "laptop") != []
    assert held_against({"k": 1.04}, {"k": 1.0}, "own_data", "laptop") == []  # by its tolerance
    assert held_against({"k": 1.04}, {"k": 1.0}, "flow", "laptop") != []


def test_own_images_are_no_part_of_the_book(tmp_path):
    """Neither of its references nor of the line that names its edition."""
    for name in ("mine-1a2b3c4d", "phantom"):
        about = {"profile": name, "seed": 0, "commit": "0" * 10, "packages": {}, "hardware": "h"}
        write_whole(tmp_path / f"{name}/seed0/flow.json", json.dumps({"provenance": about}))
        (tmp_path / name / "seed0/fold3").mkdir()
    assert [place for place, _ in places(tmp_path)] == ["phantom/seed0", "phantom/seed0/fold3"]
    assert [path.parts[-3] for path in records(tmp_path)] == ["phantom"]


PROFILES = sorted(path.parent.name for path in reference_folder().glob("*/manifest.json"))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_references_of_this_repository_are_whole(profile):
    manifest = read_manifest(profile)
    assert manifest.kept
    assert list(check(manifest)) == []


def test_references_fit_into_the_repository():
    generators = sum(p.stat().st_size for p in reference_folder().rglob(GENERATOR))
    assert generators <= LIMITS["generators"]
    files = [p for p in reference_folder().rglob("*") if p.is_file()]
    assert max(p.stat().st_size for p in files) <= LIMITS["one file"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_result_says_where_it_was_made(profile):
    manifest = read_manifest(profile)
    assert {entry["made"] for entry in manifest.kept.values()} == manifest.made.keys()
    for made in manifest.made.values():
        assert {"commit", "packages", "hardware", "finished"} <= made.keys()
        json.dumps(made, allow_nan=False)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "[" * 100_000, "{}", '{"kept": 3, "made": 4}', '{"kept": {"x": {}}, "made": {}}'],
)
def test_a_damaged_manifest_is_named_with_the_way_to_have_it_back(kept, content):
    path = reference_folder() / "smoke" / "manifest.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"manifest\.json.*restore it \(git checkout\)"):
        read_manifest("smoke")
