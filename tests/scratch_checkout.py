"""A copy of this checkout in a folder of its own, in which the pipeline can be run and killed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".git", ".venv", "results", ".snakemake", ".*_cache", "__pycache__", "executed", "dl")


def copy_checkout(target):
    """Copy the files of the checkout, without results, environment and history."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return target


def environment(folder, **more):
    """The environment in which Python finds the copy's shalelib, not the installed one."""
    return os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"} | more


def pipeline(folder, *targets, options=(), where="local", **more):
    """Start the pipeline of a copy at profile smoke, in a process group of its own."""
    wanted = [word for target in targets for word in ("--target", target)]
    command = [sys.executable, "workflow/pipeline.py", "smoke", "--where", where, *wanted]
    return subprocess.Popen(
        [*command, *options],
        **{"cwd": folder, "env": environment(folder, **more), "text": True},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True},
    )


def finish(run):
    """Wait for a pipeline and return what it said; it must have succeeded."""
    said, _ = run.communicate()
    assert run.returncode == 0, said[-4000:]
    return said
