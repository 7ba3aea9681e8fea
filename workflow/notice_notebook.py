"""Write a notebook that says why results are missing.

``notice_notebook.py NOTEBOOK RECORD OUTPUT [DATASET]``, where the real data cannot be had. The page
keeps its title and its numbered tables and figures, each replaced by a notice, so that everything
that refers to them still resolves.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from run_notebook import execute

from companion.datasets import DATASETS
from shalelib.files import read_json

KINDS = {
    "show_table": "table",
    "show_figure": "figure",
    "show_slices": "figure",
    "show_plotly": "figure",
}


def shown_objects(notebook: nbformat.NotebookNode, dataset: str) -> list[tuple[str, str]]:
    """Return (kind, label) of the tables and figures whose label the notebook writes out.

    A label in ``run.label(...)`` gets the suffix that `companion.run.Run.label` gives it.
    """
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS:
                names = [k.value for k in node.keywords if k.arg == "name"]
                suffix = ""
                if names and isinstance(names[0], ast.Call) and names[0].args:
                    names = names[0].args
                    suffix = "" if dataset == DATASETS[0] else f"-{dataset}"
                if names and isinstance(names[0], ast.Constant):
                    found.append((KINDS[node.func.id], f"{names[0].value}{suffix}"))
    return found


def notice_notebook(
    notebook: nbformat.NotebookNode, message: str, *, dataset: str = DATASETS[0]
) -> nbformat.NotebookNode:
    """Return a notebook with the first text cell of `notebook` and a notice for each label."""
    new = nbformat.v4.new_notebook(metadata=notebook.metadata)
    first = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = f"The real images could not be had, so this chapter has no results. {message}."
    new.cells = [
        nbformat.v4.new_markdown_cell(first),
        nbformat.v4.new_markdown_cell(f":::{{warning}}\n{text}\n:::"),
        nbformat.v4.new_code_cell("from companion.site.display import show_notice"),
    ]
    for kind, label in shown_objects(notebook, dataset):
        call = (
            "show_notice('The real images could not be had.', "
            f"name={label!r}, caption='Not available.', kind={kind!r})"
        )
        new.cells.append(nbformat.v4.new_code_cell(call))
    return new


def main(notebook: Path, record: Path, output: Path, dataset: str = DATASETS[0]) -> None:
    """Write and execute the notice for `notebook`."""
    message = read_json(record)["message"]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "notice.ipynb"
        nbformat.write(notice_notebook(jupytext.read(notebook), message, dataset=dataset), source)
        execute(source, output, {})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
