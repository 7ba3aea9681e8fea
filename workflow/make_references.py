"""Make the reference notebooks of tests/notebooks anew, at profile smoke (make references).

``make_references.py`` makes all, ``make_references.py NAME ...`` those named. They are what the
smoke pipeline executed, with the outputs of the cells tagged ``checked`` alone, which nbval
compares. ``--list`` prints those that can be run here: without the real patches fewer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import nbformat
from checkout import ROOT
from pages import needs_patches, notebooks

from shalelib.data.fetch import DataUnavailableError, fetch_patches

REFERENCES = ROOT / "tests" / "notebooks"
CHECKED = "checked"


def plan() -> dict[str, Path]:
    """Return the executed notebook behind each reference, by the reference's name."""
    return {page.name: Path(page.executed("smoke")) for page in notebooks()}


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep the outputs of checked cells alone, marked for nbval; no timings, no chance names."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.execution_count = 1  # nbval takes a cell without a number as one that was not run
        if CHECKED in cell.metadata.get("tags", []):
            cell.metadata.tags.append("nbval-check-output")
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        else:
            cell.outputs = []
    return notebook


def runnable() -> list[Path]:
    """Return the references whose notebooks can be run; says why the others cannot."""
    try:
        fetch_patches()
        lacking = set()
    except DataUnavailableError as error:
        lacking = {page.name for page in notebooks() if needs_patches(page)}
        print(f"skipped, for want of data ({error}): {', '.join(sorted(lacking))}", file=sys.stderr)
    return [REFERENCES / f"{name}.ipynb" for name in plan() if name not in lacking]


def make(names: list[str]) -> None:
    """Run the smoke pipeline as far as needed and write the references."""
    wanted = {name: path for name, path in plan().items() if not names or name in names}
    asked = map(str, wanted.values()) if names else ["notebooks"]  # the rule, with all results
    targets = [word for target in asked for word in ("--target", target)]
    pipeline = [sys.executable, str(ROOT / "workflow" / "pipeline.py"), "smoke", *targets]
    subprocess.run(pipeline, check=True)
    REFERENCES.mkdir(exist_ok=True)
    there = {path.stem for path in runnable()}  # the others hold a word on what they lack
    for name, path in wanted.items():
        if name not in there:
            continue
        notebook = strip(nbformat.read(ROOT / path, as_version=4))
        nbformat.write(notebook, REFERENCES / f"{name}.ipynb")
    for path in REFERENCES.glob("*.ipynb"):
        if path.stem not in plan():
            path.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print those that can be run here")
    options = parser.parse_args()
    if options.list:
        print(*(path.relative_to(ROOT) for path in runnable()))
    else:
        make(options.names)
