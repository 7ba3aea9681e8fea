"""Machine code that Numba kept is never that of older sources."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from shalelib._machine_code import cache_place, source_digest

ROOT = Path(__file__).parents[1]
KERNEL = """
    from numba import njit
    from scratch.helper import helper

    @njit(cache=True)
    def kernel(x):
        return helper(x)
"""
RUN = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    if sys.argv[2] == "apart":
        from shalelib._machine_code import keep_apart
        keep_apart(Path(sys.argv[1]) / "scratch")
    from scratch.kernel import kernel
    print(kernel(1.0))
"""
HELPER = "from numba import njit\n\n@njit(cache=True)\ndef helper(x):\n    return x * {}\n"


@pytest.mark.parametrize(("how", "second"), [("alone", 2.0), ("apart", 3.0)])
def test_a_helper_that_changes_in_another_file_is_seen(tmp_path, how, second):
    """Numba alone runs the old machine code: that shows that this test can fail."""
    package = tmp_path / "scratch"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "kernel.py").write_text(textwrap.dedent(KERNEL))
    command = [sys.executable, "-c", textwrap.dedent(RUN), str(tmp_path), how]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    seen = []
    for factor in (2.0, 3.0):
        (package / "helper.py").write_text(HELPER.format(factor))
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        seen.append(float(done.stdout))
    assert seen == [2.0, second]


def test_the_digest_covers_every_source_and_nothing_else(tmp_path):
    (tmp_path / "a.py").write_text("X = 1\n")
    first = source_digest(tmp_path)
    (tmp_path / "a.csv").write_text("1\n")
    assert source_digest(tmp_path) == first
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.py").write_text("")
    assert source_digest(tmp_path) != first


def test_a_child_process_uses_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    first = cache_place(Path(__file__).parent)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(first))
    assert cache_place(Path(__file__).parent) == first
    assert first.parent == tmp_path


def test_without_a_home_there_is_a_place_too(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_place(Path(__file__).parent).is_relative_to(tmp_path)


FIRST = """
    import numpy as np
    from shalelib.phantom.projection import back_project, project
    angles = np.linspace(0, np.pi, 4, endpoint=False)
    back_project(project(np.ones((8, 8)), angles, bins=8), angles, size=8)
"""


def test_the_first_compilation_is_announced_in_one_line_and_a_warm_call_is_silent(tmp_path):
    """Two processes share a cache: the first finds it empty, the second compiles nothing.

    Two kernels, the quickest to compile.
    """
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(FIRST)]
    cold, warm = (
        subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True)
        for _ in range(2)
    )
    (line,) = cold.stderr.splitlines()
    assert "compiles its kernels" in line
    assert str(tmp_path) in line
    assert warm.stderr == ""


EDITED = """
    import sys
    from pathlib import Path
    import shalelib
    noise = Path(shalelib.__file__).parent / "phantom" / "noise.py"
    old = noise.read_text(encoding="utf-8")
    if sys.argv[1] == "edit":
        noise.write_text(old.replace("_TO_UNIT = 1.0", "_TO_UNIT = 10.0"), encoding="utf-8")
    elif sys.argv[1] == "touch":
        noise.touch()
    from shalelib.phantom.unit_kernel import kernel
    print(kernel(2**63))
    noise.write_text(old, encoding="utf-8")
"""
UNIT_KERNEL = """
    from numba import njit, uint64
    from shalelib.phantom.noise import unit

    @njit(cache=True)
    def kernel(h):
        return unit(uint64(h))
"""


@pytest.mark.parametrize(("how", "first"), [("edit", "5.0"), ("touch", "0.5")])
def test_a_module_that_was_edited_before_it_was_loaded_leaves_no_machine_code(tmp_path, how, first):
    """The folder is named at `import shalelib`; the kernel's own file stays as it is."""
    house = tmp_path / "shalelib"
    shutil.copytree(ROOT / "shalelib", house, ignore=shutil.ignore_patterns("__pycache__"))
    (house / "phantom" / "unit_kernel.py").write_text(textwrap.dedent(UNIT_KERNEL))
    folder = tmp_path / "cache" / f"shalelib-{source_digest(house)}"
    own = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(tmp_path)}

    def run(how):
        command = [sys.executable, "-c", textwrap.dedent(EDITED), how]
        options = {"capture_output": True, "text": True, "env": os.environ | own, "check": True}
        return subprocess.run(command, cwd=tmp_path, **options).stdout.strip()

    assert run(how) == first
    assert folder.exists() == (how == "touch")
    assert run("leave") == "0.5"
    assert list(folder.rglob("*.nbi"))
