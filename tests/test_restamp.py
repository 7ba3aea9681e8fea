"""After a change that moved nothing references get today's keys; after one that did, none does."""

import os

import pytest
import restamp
from keep_references import keep

from companion.references import FOLDER, RESTAMP, RETRAIN, STRICT, read_manifest
from companion.run import open_run
from shalelib.metrics.paired import psnr

STAGES = {"flow/cheap": 1.0, "flow/dear": 100.0}  # seconds


def solve(results, *, code, value):
    """A page with two stages and a record of its own."""
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(results))
    computed = []

    def stage(name, seconds):
        def compute(folder):
            computed.append(name)
            return {"k": value, "seconds": seconds}

        return run.store.done(name, compute, code=psnr, inputs=code)

    table = [stage(name, seconds)["k"] for name, seconds in STAGES.items()]
    run.write_json("flow.json", {"table": table})
    return computed


@pytest.fixture
def stamp(tmp_path, monkeypatch):
    """Return a function that stamps references which older code has made."""
    for name in (RETRAIN, STRICT, RESTAMP):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(FOLDER, str(tmp_path / "reference"))
    solve(tmp_path / "old", code="old", value=3.5)
    keep(tmp_path / "old", "smoke", unclean=True)

    def start(value, *options, ask=restamp.ask_for_trainings):
        computed = []

        def page(_page, _profile, results):
            computed.extend(solve(results, code="new", value=value))

        monkeypatch.setattr(restamp, "run_page", page)
        monkeypatch.setattr(restamp, "ask_for_trainings", ask)
        monkeypatch.setattr("sys.argv", ["restamp.py", "smoke", "--pages", "09_flow", *options])
        restamp.main()
        return computed

    yield start
    os.environ.pop(RESTAMP, None)


def test_the_cheapest_is_computed_again_and_all_are_stamped(tmp_path, stamp):
    before = {name: dict(entry) for name, entry in read_manifest("smoke").kept.items()}
    assert stamp(3.5) == ["flow/cheap"]
    os.environ.pop(RESTAMP, None)
    after = read_manifest("smoke").kept
    for name, entry in before.items():
        assert {**after[name], "key": 0} == {**entry, "key": 0}  # its values, origin and hashes
    assert solve(tmp_path / "later", code="new", value=9.0) == []  # all are taken


def test_what_no_page_asked_for_keeps_its_key(tmp_path, stamp):
    """Even where its name could be that of a page's own record."""
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path / "other"))
    run.store.done("untrained", lambda _: {"psnr": 12.0}, code=psnr, inputs="old")
    keep(tmp_path / "other", "smoke", unclean=True)
    before = read_manifest("smoke").kept["phantom/seed0/untrained"]["key"]
    stamp(3.5)
    assert read_manifest("smoke").kept["phantom/seed0/untrained"]["key"] == before


def test_what_is_named_is_computed_too(stamp):
    assert stamp(3.5, "--again", "phantom/seed0/flow/dear") == ["flow/cheap", "flow/dear"]


def test_a_value_that_moved_stamps_nothing(tmp_path, stamp, capsys):
    path = tmp_path / "reference" / "smoke" / "manifest.json"
    before = path.read_bytes()
    with pytest.raises(SystemExit, match="nothing is stamped"):
        stamp(3.6)
    assert "phantom/seed0/flow/cheap/k: 3.6 here, 3.5 kept" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_bundle_of_which_nothing_was_computed_again_keeps_its_keys(tmp_path, stamp):
    """A training is dear: none is computed unless it is named, and then none is stamped."""
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path / "trained"))
    for row in ("training/one", "training/two"):
        run.store.done(row, lambda _: {"final": 1.0}, code=psnr, inputs="old")
    keep(tmp_path / "trained", "smoke", unclean=True)

    def keys():
        kept = read_manifest("smoke").kept
        return {name: kept[name]["key"] for name in kept if "training" in name}

    def ask(_manifest, _profile, results):
        asking = open_run(profile="smoke", dataset="phantom", seed=0, results=str(results))
        for row in ("training/one", "training/two"):
            asking.store.done(row, lambda _: {"final": 1.0}, code=psnr, inputs="new")

    before = keys()
    stamp(3.5, ask=ask)
    assert keys() == before
    stamp(3.5, "--again", "phantom/seed0/training/one", ask=ask)
    assert not set(keys().values()) & set(before.values())
