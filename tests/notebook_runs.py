"""Run a notebook at profile smoke, as a reader does or in this process."""

import contextlib
import subprocess
import sys
from pathlib import Path

import jupytext
import matplotlib as mpl
from run_notebook import defaults, parsed

ROOT = Path(__file__).parents[1]


def run_notebook(name, output, *, cwd=ROOT, **parameters):
    """Run notebooks/<name>.py from a folder, and return what became of it."""
    given = {"profile": "smoke", **parameters}
    words = [str(word) for pair in given.items() for word in ("-p", *pair)]
    script = [ROOT / "workflow/run_notebook.py", ROOT / f"notebooks/{name}.py", output]
    command = [sys.executable, *map(str, script), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def run_cells(name, *, cwd=ROOT, **parameters):
    """Run the code of notebooks/<name>.py here, with parameters as the command line gives them.

    What a cell raises is raised; a kernel that loads every library again takes ten times as long.
    """
    path = ROOT / f"notebooks/{name}.py"
    known = defaults(path)
    texts = {"profile": "smoke", **parameters}
    given = {key: parsed(key, str(text), known[key]) for key, text in texts.items()}
    names = {}
    with contextlib.chdir(cwd), mpl.rc_context():
        for number, cell in enumerate(jupytext.read(path).cells):
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{name}, cell {number}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= given
