"""Execute one notebook with papermill: ``run_notebook.py NOTEBOOK OUTPUT [-p NAME VALUE ...]``.

The notebook is a jupytext percent script or an .ipynb file. Relative paths are the caller's. A
VALUE may begin with a hyphen (``-p window -1000,3000``). OUTPUT ends in .ipynb and is written only
when every cell ran; a failed run leaves ``OUTPUT.failed.ipynb`` and names the cell.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import sys
from pathlib import Path

# jsonschema would compile this grammar of addresses, which no notebook has, for a second and more.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

import checkout  # noqa: F401
import jupytext
import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError


def execute(
    notebook: Path, output: Path, parameters: dict[str, object], *, title: str = ""
) -> None:
    """Run `notebook` in the working folder and write the executed copy whole or not at all.

    A `title` takes the place of the notebook's own heading in the copy.

    Raises
    ------
    SystemExit
        A cell failed, and the message names it and the partial copy; or no copy can be written.
    """
    failed = output.with_suffix(".failed.ipynb")
    scratch = output.with_suffix(".running")
    partial = scratch / "executed.ipynb"
    try:
        shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
        scratch.mkdir(parents=True)
        jupytext.write(retitled(jupytext.read(notebook), title), scratch / "source.ipynb")
        papermill.execute_notebook(
            scratch / "source.ipynb",
            partial,
            parameters=parameters,
            kernel_name="python3",
            progress_bar={"desc": output.stem, "unit": "cell", "mininterval": 1},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        os.replace(partial, output)
    except PapermillExecutionError as error:
        from companion.own_reader import in_parameters  # a second, for a failure alone

        os.replace(partial, failed)
        msg = (
            f"{notebook.name} failed in code cell {error.exec_count}: {error.ename}: "
            f"{in_parameters(error.evalue, defaults(notebook))}\nthe copy up to there is {failed}"
        )
        raise SystemExit(msg) from None
    except OSError as error:
        msg = f"the copy of {notebook.name} could not be written to {output.parent}: {error}"
        raise SystemExit(msg) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    failed.unlink(missing_ok=True)


def retitled(notebook: nbformat.NotebookNode, title: str) -> nbformat.NotebookNode:
    """Replace the first heading of a notebook, unless `title` is empty."""
    first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    if title:
        first.source = re.sub(r"^# .*", lambda _: f"# {title}", first.source, count=1)
    return notebook


def defaults(notebook: Path) -> dict[str, object]:
    """Return the parameters of a notebook with the values that its parameters cell gives them."""
    for cell in jupytext.read(notebook).cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = ast.parse(cell.source).body
            return {line.targets[0].id: ast.literal_eval(line.value) for line in lines}
    return {}


def parsed(name: str, text: str, default: object) -> object:
    """Return the value of a parameter that the command line gives as text, typed as its default.

    Raises
    ------
    ValueError
        The text is no such value.

    Examples
    --------
    >>> parsed("results", "2026", ""), parsed("voxel_size", "1e-8", 33.6e-9), parsed("seed", "3", 0)
    ('2026', 1e-08, 3)
    """
    kind = type(default)
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        wanted = {int: "an integer", float: "a number", bool: "true or false"}[kind]
        msg = f"parameter {name} must be {wanted}, such as {default!r}, got {text!r}"
        raise ValueError(msg) from None


_PARAMETER = ("-p", "--parameter")


def marked(arguments: list[str]) -> list[str]:
    """Put a sign before the values of parameters, so that none is taken for an option.

    Examples
    --------
    >>> marked(["a.py", "b.ipynb", "-p", "window", "-1000,3000"])
    ['a.py', 'b.ipynb', '-p', 'window', '=-1000,3000']
    """
    out = list(arguments)
    for at, word in enumerate(arguments[:-2]):
        if word in _PARAMETER and arguments[at + 2] not in _PARAMETER:
            out[at + 2] = f"={arguments[at + 2]}"
    return out


def check_output(notebook: Path, output: Path) -> str:
    """Return why a copy of `notebook` cannot be written to `output`; nothing where it can."""
    mend = f"name a new file, such as {notebook.stem}-executed.ipynb"
    if output.is_dir():
        return f"OUTPUT {output} is a folder; {mend}"
    if output.suffix != ".ipynb":
        return f"OUTPUT must end in .ipynb, got {output}; {mend}"
    if output.resolve() == notebook.resolve():
        return f"OUTPUT {output} is the notebook itself, which would be overwritten; {mend}"
    return ""


def main(arguments: list[str]) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument(
        *_PARAMETER, nargs=2, action="append", default=[], metavar=("NAME", "VALUE")
    )
    parser.add_argument("--title", default="", help="heading of the executed copy")
    options = parser.parse_args(marked(arguments))
    if not options.notebook.is_file():
        parser.error(f"there is no notebook {options.notebook.resolve()}")
    if why := check_output(options.notebook, options.output):
        parser.error(why)
    known = defaults(options.notebook)
    given = {name: value.removeprefix("=") for name, value in options.parameter}
    if len(given) < len(options.parameter):
        names = [name for name, _ in options.parameter]
        twice = next(name for name in names if names.count(name) > 1)
        parser.error(f"parameter {twice} is given more than once; leave one of them")
    unknown = ", ".join(sorted(given.keys() - known.keys()))
    if unknown:
        there = ", ".join(sorted(known))
        parser.error(f"{options.notebook.name} has no parameter {unknown}; it has {there}")
    try:
        values = {name: parsed(name, text, known[name]) for name, text in given.items()}
    except ValueError as error:
        parser.error(str(error))
    execute(options.notebook, options.output.absolute(), values, title=options.title)


if __name__ == "__main__":
    main(sys.argv[1:])
