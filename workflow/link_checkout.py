"""Fit the environment of the book to this checkout, Jupyter included.

`companion` can be imported in any working folder: the wheel carries `shalelib` alone, so the
environment gets a path file. JupyterLab opens a percent script as a notebook by a double click.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from pathlib import Path

from checkout import ROOT

SETTINGS = "etc/jupyter/labconfig/default_setting_overrides.json"
PLUGIN = "@jupyterlab/docmanager-extension:plugin"


def link(packages: Path) -> None:
    """Write the path file into the folder of installed packages."""
    (packages / "shalelib-companion.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def open_scripts_as_notebooks(prefix: Path) -> None:
    """Tell the JupyterLab of an environment what a double click on a Python script does."""
    path = prefix / SETTINGS
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    viewers = known.setdefault(PLUGIN, {}).setdefault("defaultViewers", {})
    viewers.setdefault("python", "Jupytext Notebook")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=2), encoding="utf-8")


if __name__ == "__main__":
    link(Path(sysconfig.get_path("purelib")))
    open_scripts_as_notebooks(Path(sys.prefix))
