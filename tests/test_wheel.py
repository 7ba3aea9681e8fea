"""What pip installs is whole: the wheel alone, away from any checkout, does what it promises."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scratch_checkout import lend_machine_code
from wheel_job import build_wheel, helpers, library_tests

from shalelib.data import write_stack

ROOT = Path(__file__).parents[1]
LIMIT = 8e6  # bytes of all generators


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel of the checkout, unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_every_source_and_every_data_file_is_in_the_wheel(installed):
    """All that version control knows below shalelib/ is there, with its content."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "shalelib"]
    listed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    names = [name for name in listed.split("\0") if name and (ROOT / name).exists()]
    assert len(names) > 100
    for name in names:
        assert (installed / name).read_bytes() == (ROOT / name).read_bytes(), name


def test_the_generators_are_files_and_small(installed):
    generators = sorted((installed / "shalelib/models/generators").iterdir())
    names = ["pix2pix_phantom", "pix2pix_vaca_muerta", "three_planes_phantom"]
    assert [path.stem for path in generators] == names
    assert not any(path.is_symlink() for path in generators)
    assert 1e6 < sum(path.stat().st_size for path in generators) < LIMIT


def test_the_five_lines_of_the_readme_run_in_any_folder(installed, tmp_path):
    """As after ``pip install shalelib``: nothing of the checkout can be imported or read."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    field = gaussian_filter(np.random.default_rng(1).normal(size=(12, 48, 48)), 2.0)
    grey = np.clip(128 + 40 * field / field.std(), 1, 255).astype(np.uint8)
    write_stack(tmp_path / "txm.tif", grey, voxel_size=33.6e-9)
    check = f"import shalelib; assert shalelib.__file__.startswith({str(installed)!r})\n"
    lend_machine_code(installed / "shalelib", tmp_path / "cache")
    own = {"PYTHONPATH": str(installed), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", check + code],
        cwd=tmp_path,
        env=os.environ | own,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d nanodarcy", done.stdout)
    assert list(tmp_path.glob("sem_pred.*"))


def test_the_tests_of_the_wheel_are_those_that_need_no_checkout():
    """Some of each room; with torch those of the networks too."""
    without, whole = ({path.name for path in library_tests(torch=torch)} for torch in (False, True))
    assert {"test_flow.py", "test_paired.py", "test_stacks.py", "test_segmentation.py"} <= without
    assert {"test_volumes.py", "test_public_face.py"} <= whole - without  # from shalelib import ...
    beside = {path.stem for path in (ROOT / "tests").glob("*.py")}
    there = {path.stem for path in helpers()}
    assert {"conftest", "naive", "refusals"} <= there
    for name in whole:
        code = (ROOT / "tests" / name).read_text(encoding="utf-8")
        needed = set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE))
        assert needed & beside <= there, name
    assert not {"test_wheel.py", "test_pages.py", "test_own_data.py", "test_howto.py"} & whole
