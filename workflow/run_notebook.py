"""Execute one notebook with papermill: ``run_notebook.py NOTEBOOK OUTPUT [-p NAME VALUE ...]``.

The notebook is a jupytext percent script or an .ipynb file. OUTPUT is written only when every cell
ran; a failed run leaves ``OUTPUT.failed.ipynb`` and names the cell.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
import papermill
import yaml
from papermill.exceptions import PapermillExecutionError

ROOT = Path(__file__).resolve().parents[1]


def execute(
    notebook: Path, output: Path, parameters: dict[str, object], *, title: str = ""
) -> None:
    """Run `notebook` from the repository root and write the executed copy whole or not at all.

    A `title` takes the place of the notebook's own heading in the copy.

    Raises
    ------
    SystemExit
        A cell failed, and the message names it and the partial copy; or no copy can be written.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    failed = output.with_suffix(".failed.ipynb")
    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        source = Path(scratch) / "source.ipynb"
        partial = Path(scratch) / "executed.ipynb"
        try:
            jupytext.write(retitled(jupytext.read(notebook), title), source)
            papermill.execute_notebook(
                source,
                partial,
                parameters=parameters,
                cwd=str(ROOT),
                kernel_name="python3",
                progress_bar={"desc": output.stem, "unit": "cell", "mininterval": 1},
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
            )
        except PapermillExecutionError as error:
            os.replace(partial, failed)
            msg = (
                f"{notebook.name} failed in code cell {error.exec_count}: {error.ename}: "
                f"{error.evalue}\nthe copy up to there is {failed}"
            )
            raise SystemExit(msg) from None
        except OSError as error:
            msg = f"the copy of {notebook.name} could not be written to {output.parent}: {error}"
            raise SystemExit(msg) from None
        os.replace(partial, output)
    failed.unlink(missing_ok=True)


def retitled(notebook: nbformat.NotebookNode, title: str) -> nbformat.NotebookNode:
    """Replace the first heading of a notebook, unless `title` is empty."""
    first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    if title:
        first.source = re.sub(r"^# .*", lambda _: f"# {title}", first.source, count=1)
    return notebook


def main(arguments: list[str]) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument(
        "-p", "--parameter", nargs=2, action="append", default=[], metavar=("NAME", "VALUE")
    )
    parser.add_argument("--title", default="", help="heading of the executed copy")
    options = parser.parse_args(arguments)
    parameters = {name: yaml.safe_load(value) for name, value in options.parameter}
    if not options.notebook.is_file():
        parser.error(f"there is no notebook {options.notebook}")
    unknown = parameters.keys() - known_parameters(options.notebook)
    if unknown:
        parser.error(
            f"{options.notebook.name} has no parameter {', '.join(sorted(unknown))}; it has "
            f"{', '.join(sorted(known_parameters(options.notebook)))}"
        )
    execute(options.notebook, options.output, parameters, title=options.title)


def known_parameters(notebook: Path) -> set[str]:
    """Return the names that the notebook's parameters cell sets."""
    for cell in jupytext.read(notebook).cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = cell.source.splitlines()
            return {line.split("=")[0].strip() for line in lines if "=" in line}
    return set()


if __name__ == "__main__":
    main(sys.argv[1:])
