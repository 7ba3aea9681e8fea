"""Killed at random moments, the pipeline goes on and ends with the same results."""

import os
import random
import signal
import time

import pytest
from compare_results import plain, stripped
from scratch_checkout import copy_checkout, finish, pipeline

from shalelib.data.fetch import DataUnavailableError, fetch_patches
from shalelib.files import read_json
from shalelib.models.checkpoints import read_tensors

SMOKE = "results/smoke"
PART = (
    f"{SMOKE}/phantom/seed0/01_dataset.ipynb",
    f"{SMOKE}/vaca-muerta-patches/seed0/srgan_4x_vanilla_lazy/.trained",  # a job of its own
)
WHOLE = ("notebooks",)  # every notebook, without the book


@pytest.fixture(scope="module", autouse=True)
def _data():
    """The trainings need the real patches."""
    try:
        fetch_patches()
    except DataUnavailableError as error:
        pytest.skip(str(error))


def records(folder):
    """All result records of a run, without timings and provenance, and the weights of networks."""
    smoke = folder / SMOKE
    found = {str(p.relative_to(folder)): plain(read_json(p)) for p in smoke.rglob("*.json")}
    return found | {
        str(p.relative_to(folder)): {name: w.tolist() for name, w in read_tensors(p)[0].items()}
        for p in smoke.rglob("generator.safetensors")
    }


def test_a_claim_about_time_may_differ_and_another_may_not():
    about = {"claim": "a", "ours": 1.0, "verdict": "undecided"}
    assert stripped([about | {"key": "slower", "seconds": 2.0}]) == [{"key": "slower"}]
    assert stripped(about | {"key": "sparser-gradients"})["ours"] == 1.0


def undisturbed(folder, targets):
    """Results and duration [s] of a run that nothing disturbs."""
    start = time.monotonic()
    finish(pipeline(copy_checkout(folder), *targets))
    return records(folder), time.monotonic() - start


def kill_and_go_on(folder, targets, moments):
    """Kill a run after each of the given seconds, every time starting it again; then let it end."""
    for seconds in moments:
        run = pipeline(folder, *targets)
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    finish(pipeline(folder, *targets))
    return records(folder)


def check(tmp_path, targets, *, rounds, kills):
    """Compare disturbed runs with an undisturbed one; the seed that fails is shown."""
    expected, seconds = undisturbed(tmp_path / "undisturbed", targets)
    assert len(expected) > 1
    for number in range(rounds):
        seed = int.from_bytes(os.urandom(4), "little")
        moments = [
            random.Random(f"{seed}{k}").uniform(1, seconds) / kills + 2 for k in range(kills)
        ]
        folder = copy_checkout(tmp_path / f"killed-{number}")
        assert kill_and_go_on(folder, targets, moments) == expected, f"kills after {moments} s"


def test_a_kill_changes_no_result(tmp_path):
    check(tmp_path, PART, rounds=1, kills=1)


@pytest.mark.skipif("SHALELIB_TEST_KILL" not in os.environ, reason="long: make test-kill")
def test_twenty_kills_change_no_result(tmp_path):
    check(tmp_path, WHOLE, rounds=4, kills=5)


def test_a_second_pipeline_waits_for_none(tmp_path):
    """Two at once in a checkout would write the same files."""
    folder = copy_checkout(tmp_path / "copy")
    first = pipeline(folder, PART[1])
    time.sleep(2)
    second = pipeline(folder, PART[1])
    said, _ = second.communicate()
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert second.returncode == 1
    assert "another pipeline is running in this checkout" in said
