"""Run a notebook as a reader does, at profile smoke."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_notebook(name, output, *, cwd=ROOT, **parameters):
    """Run notebooks/<name>.py from a folder, and return what became of it."""
    given = {"profile": "smoke", **parameters}
    words = [str(word) for pair in given.items() for word in ("-p", *pair)]
    script = [ROOT / "workflow/run_notebook.py", ROOT / f"notebooks/{name}.py", output]
    command = [sys.executable, *map(str, script), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)
