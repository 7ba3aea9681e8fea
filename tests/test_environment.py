"""pyproject.toml, requirements.lock and environment.yml name the same versions."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]


def pins(lines):
    """Name and exact version of each requirement."""
    for line in lines:
        assert line.count("==") == 1, f"{line} is not pinned exactly"
    return {
        name.lower().replace("_", "-"): number for name, number in (x.split("==") for x in lines)
    }


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def direct(project):
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return pins([*project["dependencies"], *extras])


@pytest.fixture(scope="module")
def lock():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return pins([line for line in lines if not line.startswith("#")])


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def test_the_lock_holds_every_direct_requirement_at_its_version(direct, lock):
    assert {name: lock.get(name) for name in direct} == direct


def test_the_lock_suits_every_machine(lock):
    """CUDA libraries and local version marks belong to one kind of machine."""
    assert not [name for name in lock if name.startswith(("nvidia-", "cuda-", "triton"))]
    assert not [number for number in lock.values() if "+" in number]
    assert lock["torch"] == "2.13.0"
    assert lock["jupyter-book"] == "1.0.4.post1"


def test_conda_users_get_the_same(direct, conda, project):
    listed = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert "--constraint requirements.lock" in listed
    assert pins([line for line in listed if not line.startswith("--")]) == direct
    python = next(entry for entry in conda if str(entry).startswith("python="))
    assert python.removeprefix("python=") in SpecifierSet(project["requires-python"])
