"""Ranges in pyproject.toml, exact versions with hashes in the lock, one version of torch."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from shalelib._face import EXTRAS

ROOT = Path(__file__).parents[1]
CORE = {
    "lazy-loader",
    "numba",
    "numpy",
    "pillow",
    "pyamg",
    "scikit-image",
    "scipy",
    "tifffile",
    "tqdm",
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads(read("pyproject.toml"))["project"]


@pytest.fixture(scope="module")
def direct(project):
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    wanted = map(Requirement, [*project["dependencies"], *extras])
    return [one for one in wanted if one.name != "shalelib"]


@pytest.fixture(scope="module")
def locked():
    """Name to the versions of it in the lock: more than one where Pythons or systems differ."""
    found = {}
    for name, number in re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", read("requirements.lock")):
        found.setdefault(canonicalize_name(name), []).append(number)
    return found


def test_the_library_asks_for_what_flow_metrics_and_readers_import_and_pins_nothing(project):
    core = [Requirement(line) for line in project["dependencies"]]
    assert {one.name for one in core} == CORE
    for one in core:
        assert {clause.operator for clause in one.specifier} == {">="}, one


def test_the_lock_holds_every_direct_requirement_within_its_range(direct, locked):
    for one in direct:
        if one.name == "torch":
            continue
        assert all(number in one.specifier for number in locked[canonicalize_name(one.name)]), one


def test_every_entry_of_the_lock_has_hashes_and_suits_every_machine(locked):
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", read("requirements.lock"))[1:]
    assert len(entries) == sum(map(len, locked.values()))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not [name for name in locked if name.startswith(("nvidia-", "cuda-", "triton", "torch"))]


def test_torch_has_one_version_wherever_it_is_installed(direct):
    from lock import TORCH

    assert f"install --progress-bar on {TORCH}" in read("Makefile")
    entry = yaml.safe_load(read("environment.yml"))["dependencies"][-1]["pip"]
    assert TORCH in entry
    wanted = next(one for one in direct if one.name == "torch")
    assert TORCH.removeprefix("torch==") in wanted.specifier


def test_conda_installs_the_project_itself(project):
    conda = yaml.safe_load(read("environment.yml"))
    assert "--editable .[book,cluster,test]" in conda["dependencies"][-1]["pip"]
    python = next(entry for entry in conda["dependencies"] if str(entry).startswith("python="))
    assert python.removeprefix("python=") in SpecifierSet(project["requires-python"])
    assert f"$(filter {conda['name']},$(CONDA_DEFAULT_ENV))" in read("Makefile")


def test_what_a_room_asks_for_is_in_the_extra_that_it_names(project):
    extras = project["optional-dependencies"]
    for package, extra in EXTRAS.items():
        told = {"sklearn": "scikit-learn"}.get(package, package)
        assert any(one.startswith(told) for one in extras[extra])


@pytest.mark.skipif(shutil.which("make") is None, reason="reads the Makefile")
@pytest.mark.parametrize(
    ("name", "installed", "used"),
    [("shalelib", False, True), ("rock", True, True), ("base", False, False), ("", False, False)],
)
def test_make_uses_the_active_conda_environment_that_has_the_project(
    tmp_path, name, installed, used
):
    """Under any name or place that was given to it; another one, such as base, is left alone."""
    prefix = tmp_path / "conda"
    packages = prefix / "lib/python3.12/site-packages"
    (packages / "shalelib-0.1.0.dist-info" if installed else packages).mkdir(parents=True)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    shutil.copy2(ROOT / "Makefile", tmp_path)
    own = {"CONDA_DEFAULT_ENV": name, "CONDA_PREFIX": str(prefix)} if name else {}
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CONDA", "MAKE", "MFLAGS"))}
    command = ["make", "--dry-run", "setup"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean | own, capture_output=True, encoding="utf-8", check=True
    )
    [python] = re.findall(r"(?m)^(\S+)/bin/python -m pip install .*requirements\.lock", done.stdout)
    assert python == (str(prefix) if used else ".venv")
