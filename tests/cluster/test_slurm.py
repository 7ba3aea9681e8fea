"""The same graph on a Slurm of one node: `make test-slurm`, as root, with slurm-wlm and munge."""

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from scratch_checkout import copy_checkout, finish, pipeline

from shalelib.files import read_json

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.skipif("SHALELIB_TEST_SLURM" not in os.environ, reason="make test-slurm"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("slurmctld", "slurmd", "munged"))),
        reason="needs the packages slurm-wlm and munge",
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start slurmd"),
]


@pytest.fixture(scope="module")
def slurm():
    """A Slurm that accepts jobs; yields what to put into the environment."""
    folder = tempfile.mkdtemp(prefix="slurm-")  # pytest's own folders are closed to munge's user
    script = [str(HERE / "start_slurm.sh"), folder]
    try:
        done = subprocess.run(script, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        yield dict([done.stdout.strip().removeprefix("export ").split("=", 1)])
    finally:
        subprocess.run([str(HERE / "stop_slurm.sh"), folder])
        shutil.rmtree(folder, ignore_errors=True)


def jobs(slurm):
    """What Slurm knows of its jobs: one dictionary each."""
    command = ["scontrol", "--oneliner", "show", "job"]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | slurm
    ).stdout
    return [dict(re.findall(r"(\w+)=(\S*)", line)) for line in said.splitlines()]


def test_the_smoke_graph_runs_as_slurm_jobs_one_training_for_each_gpu(tmp_path, slurm):
    """The node claims one GPU, so that no two training jobs may overlap; others may."""
    folder = copy_checkout(tmp_path / "copy")
    targets = os.environ.get("SHALELIB_SLURM_TARGETS", "notebooks").split()
    options = ["--gpus", "1", "--", "--retries", "0", "--seconds-between-status-checks", "5"]
    options += ["--slurm-init-seconds-before-status-checks", "5"]
    options += ["--slurm-status-command", "squeue", "--slurm-no-account"]  # no accounting here
    finish(pipeline(folder, *targets, options=options, where="slurm", **slurm))
    done = jobs(slurm)
    assert {job["JobState"] for job in done} == {"COMPLETED"}
    on_gpu = [job for job in done if "gpu" in job.get("TresPerJob", job.get("TresPerNode", ""))]
    trained = list((folder / "results/smoke").rglob(".trained"))
    assert len(trained) >= 2
    pages = list((folder / "results/smoke").rglob("06_regulariser.ipynb"))  # trains too
    assert len(on_gpu) == len(trained) + len(pages)
    times = sorted(
        tuple(datetime.fromisoformat(job[name]) for name in ("StartTime", "EndTime"))
        for job in on_gpu
    )
    for (_, end), (start, _) in pairwise(times):
        assert start >= end, "two trainings shared the GPU"
    for path in trained:
        assert read_json(path.parent.with_suffix(".json"))["final"]["epoch"] == 3
