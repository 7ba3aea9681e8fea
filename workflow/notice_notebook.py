"""Write a notebook that says why results are missing: ``notice_notebook.py NOTEBOOK RECORD COPY``.

Where the real data cannot be had. The page keeps its title and its numbered tables and figures,
each replaced by a notice, so that everything that refers to them still resolves; ``--dataset``
names the data set of the page, which is part of their labels.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

import checkout  # noqa: F401
import jupytext
import nbformat
from run_notebook import execute

from companion.datasets import DATASETS
from shalelib.files import read_json

SHOWN = re.compile(
    r'^ *show_(table|figure|slices|plotly)\((?:(?!^ *show_).)*?^ *name=(run\.label\()?"([\w-]+)"',
    re.DOTALL | re.MULTILINE,
)


def shown_objects(notebook: nbformat.NotebookNode, dataset: str) -> list[tuple[str, str]]:
    """Return (kind, label) of the tables and figures whose label the notebook writes out.

    A label in ``run.label(...)`` gets the suffix that `companion.run.Run.label` gives it.
    """
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    suffix = "" if dataset == DATASETS[0] else f"-{dataset}"
    return [
        ("table" if kind == "table" else "figure", name + (suffix if own else ""))
        for kind, own, name in SHOWN.findall(code)
    ]


def notice_notebook(
    notebook: nbformat.NotebookNode, message: str, *, dataset: str = DATASETS[0]
) -> nbformat.NotebookNode:
    """Return a notebook with the first text cell of `notebook` and a notice for each label."""
    new = nbformat.v4.new_notebook(metadata=notebook.metadata)
    first = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = f"The real images could not be had, so this chapter has no results. {message}."
    calls = [
        f"show_notice('The real images could not be had.', name={label!r}, "
        f"caption='Not available.', kind={kind!r})"
        for kind, label in shown_objects(notebook, dataset)
    ]
    new.cells = [
        nbformat.v4.new_markdown_cell(first),
        nbformat.v4.new_markdown_cell(
            f":::{{admonition}} What we find\n:class: summary\n{text}\n:::"
        ),
        nbformat.v4.new_code_cell("from companion.site.display import show_notice"),
        *map(nbformat.v4.new_code_cell, calls),
    ]
    return new


def main() -> None:
    """Write and execute the notice for a notebook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("record", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--dataset", default=DATASETS[0])
    options = parser.parse_args()
    message = read_json(options.record)["message"]
    new = notice_notebook(jupytext.read(options.notebook), message, dataset=options.dataset)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / options.notebook.with_suffix(".ipynb").name
        nbformat.write(new, source)
        execute(source, options.output, {})


if __name__ == "__main__":
    main()
