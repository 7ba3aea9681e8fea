"""Write requirements.lock and environment.yml from pyproject.toml and what is installed.

Every requirement of ``shalelib[book,test]``, direct or not, at its installed version. The CUDA
libraries that torch brings on some machines are left out: they depend on the machine, and torch
pins them itself.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
MACHINE = ("nvidia-", "cuda-", "triton")
PYTHON = "3.11"


def direct() -> list[str]:
    """Return the pinned requirements of pyproject.toml, with all extras, sorted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return sorted({*project["dependencies"], *extras}, key=str.lower)


def locked() -> list[str]:
    """Return ``name==version`` for every package that the direct requirements need, sorted."""
    versions: dict[str, str] = {}
    waiting = [Requirement(line) for line in direct()]
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if str(wanted) in seen or name.startswith(MACHINE):
            continue
        seen.add(str(wanted))
        found = distribution(name)
        versions[name] = found.version.split("+")[0]
        for line in found.requires or []:
            need = Requirement(line)
            extras = [{"extra": extra} for extra in wanted.extras] or [{"extra": ""}]
            if need.marker is None or any(need.marker.evaluate(e) for e in extras):
                waiting.append(need)
    return [f"{name}=={number}" for name, number in sorted(versions.items())]


def environment() -> str:
    """Return the text of environment.yml: the same pins, installed by pip inside conda."""
    lines = "\n".join(f"      - {line}" for line in direct())
    return f"""\
# The same versions as pyproject.toml and requirements.lock; written by workflow/lock.py.
name: shalelib
channels:
  - conda-forge
dependencies:
  - python={PYTHON}
  - pip
  - make
  - git
  - pip:
      - --constraint requirements.lock
{lines}
"""


def main() -> None:
    """Write both files."""
    head = "# Every package at its exact version; written by workflow/lock.py (make lock).\n"
    (ROOT / "requirements.lock").write_text(head + "\n".join(locked()) + "\n")
    (ROOT / "environment.yml").write_text(environment())


if __name__ == "__main__":
    main()
