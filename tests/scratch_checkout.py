"""A copy of this checkout in a folder of its own, in which the pipeline can be run and killed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from numba.core.caching import _CacheLocator

from shalelib._machine_code import cache_place, source_digest

ROOT = Path(__file__).parents[1]
MACHINE_CODE = ".numba_cache"  # in a copy
LEFT_OUT = (".git", ".venv", "results", ".snakemake", ".*_cache", "executed", "dl", "*.pyc.*")


def copy_checkout(target):
    """Copy the files of the checkout, without results, environment and history.

    Bytecode goes along, but for what is being written: Python takes it as long as the time and the
    size of a source are the same.
    """
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    lend_machine_code(target / "shalelib", target / MACHINE_CODE)
    return target


def lend_machine_code(package, cache):
    """Put the machine code that Numba keeps of this checkout where a copy of shalelib finds it.

    Numba files it by the folder of the source, whose size and time it remembers. A copy that is
    changed later looks for it under another digest and compiles its own.
    """
    own = ROOT / "shalelib"
    assert source_digest(package) == source_digest(own)
    for file in package.rglob("*.py"):
        shutil.copystat(own / file.relative_to(package), file)
    kept = cache_place(own)
    for room in (path for path in own.iterdir() if path.is_dir()):
        theirs, mine = (
            _CacheLocator.get_suitable_cache_subpath(str(house / room.name / "kernel.py"))
            for house in (own, package)
        )
        if (kept / theirs).is_dir():
            shutil.copytree(kept / theirs, cache / kept.name / mine)


def environment(folder, **more):
    """The environment of a copy; that Python finds its code is the scripts' own doing."""
    own = {"NUMBA_CACHE_DIR": str(folder / MACHINE_CODE)}
    return os.environ | own | {"OMP_NUM_THREADS": "1"} | more


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
