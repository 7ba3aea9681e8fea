"""Build the book from executed notebooks: ``build_book.py EXECUTED OUTPUT``.

Copies the executed notebooks to where the book reads them, puts MathJax and Plotly beside it, runs
Jupyter Book with warnings as errors and checks that the result needs no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from companion.book_tables import RESULTS_VARIABLE
from companion.site import offline as site
from companion.site.check_site import PAPER_LABELS, check_site
from companion.site.provenance import sentence
from companion.site.sphinx_ext import EDITION_VARIABLE
from shalelib.files import read_json

ROOT = Path(__file__).resolve().parents[1]


def edition(executed: Path) -> str:
    """Say in one line which run the notebooks are of: the provenance that their results carry."""
    for record in sorted(executed.parent.glob("*/seed*/*.json")):
        about = read_json(record).get("provenance")
        if about:
            return f"This edition: {sentence({k: v for k, v in about.items() if k != 'dataset'})}."
    return "This edition was built without results."


def build(executed: Path, output: Path) -> None:
    """Build the HTML below `output` from the notebooks in `executed`.

    Raises
    ------
    SystemExit
        Jupyter Book failed or warned, or the built pages depend on something outside them.
    """
    shown = ROOT / "book" / "executed"
    shutil.rmtree(shown, ignore_errors=True)
    shown.mkdir(parents=True)
    for notebook in sorted(executed.glob("*.ipynb")):
        if not notebook.name.endswith(".failed.ipynb"):
            shutil.copyfile(notebook, shown / notebook.name)
    site.prepare(ROOT / site.VENDOR)
    output.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(output / "_build" / "html", ignore_errors=True)  # pages that are no more
    log = output / "build.log"
    tool = Path(sys.executable).with_name("jupyter-book")
    environment = os.environ | {
        EDITION_VARIABLE: edition(executed),
        RESULTS_VARIABLE: str(executed.resolve().parent),
    }
    command = [str(tool), "build", str(ROOT), "-W", "-n", "--keep-going"]
    with log.open("w") as stream:
        run = subprocess.run(
            [*command, "--path-output", str(output)],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    if run.returncode:
        msg = f"{log.read_text()[-4000:]}\nJupyter Book failed; its log is {log}"
        raise SystemExit(msg)
    site.slim_notebooks(output / "_build" / "html" / "_sources")
    problems = check_site(output / "_build" / "html", expected=PAPER_LABELS)
    if problems:
        raise SystemExit("the built book is at fault:\n" + "\n".join(map(str, problems)))


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:]))
