"""Test the wheel alone: ``wheel_job.py [--python 3.11 ...] [--strict] [-- PYTEST OPTIONS]``.

For each Python a new environment outside the checkout gets the wheel and what it asks for, of the
first Python the lowest versions of the ranges, of the others the newest; then the tests that need
the library alone run there. By default these are the oldest and the newest Python that the lock
covers; one that is not at hand is skipped and named, and with ``--strict`` an error. The extra
``models`` is left out by default: the oldest torch comes with 3 GB of CUDA.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from checkout import ROOT
from publish import pythons

LEFT_OUT = ("__pycache__", ".*", "results", "build", "*.egg-info")
UV = [sys.executable, "-m", "uv"]


def build_wheel(target: Path) -> Path:
    """Build the wheel of the checkout into a folder; what is built leaves nothing behind."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "checkout"
        ignore = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(ROOT, sources, symlinks=True, ignore=ignore)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        command += ["--no-build-isolation", "--wheel-dir", target, sources]
        subprocess.run(command, check=True, cwd=scratch)
    (wheel,) = target.glob("shalelib-*.whl")
    return wheel


def library_tests(*, torch: bool) -> list[Path]:
    """Return the test files that need neither a checkout nor anything but the library."""
    foreign = {path.stem for path in (ROOT / "workflow").glob("*.py")}
    foreign |= {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    foreign |= {"companion", "scratch_checkout", "yaml", "sphinx", "jupytext", "nbformat", "PIL"}
    found = []
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        names = set(_imported(ast.parse(text)))
        if {name.split(".")[0] for name in names} & foreign or "parents[" in text:
            continue
        networks = {"torch", "safetensors", "shalelib.models"} & names
        if torch or not (networks or "shalelib.models" in text):
            found.append(path)
    return found


def helpers() -> list[Path]:
    """Return the modules beside the tests that some of them import."""
    return [path for path in (ROOT / "tests").glob("*.py") if not path.name.startswith("test_")]


def _imported(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def try_on(python: str, wheel: Path, *, extras: str, lowest: bool, more: list[str]) -> bool:
    """Install and test on one Python; returns whether all passed."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        own = place / "venv" / "bin" / "python"
        subprocess.run([*UV, "venv", "--quiet", "--python", python, place / "venv"], check=True)
        resolution = "lowest-direct" if lowest else "highest"
        command = [*UV, "pip", "install", "--quiet", "--python", own, "--resolution", resolution]
        subprocess.run([*command, f"{wheel}[{extras}]", "pytest>=8.3.5"], check=True)
        tests = place / "tests"
        tests.mkdir()
        for path in library_tests(torch="models" in extras.split(",")):
            shutil.copy2(path, tests)
        for path in helpers():
            shutil.copy2(path, tests)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
        command += ["-o", "pythonpath=.", "-o", "markers=slow: long", "-m", "not slow", *more]
        done = subprocess.run(command, cwd=tests, env=environment)
        return done.returncode == 0


def main() -> None:
    """Read the command line."""
    versions = pythons(ROOT)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", nargs="+", default=[versions[0], versions[-1]])
    parser.add_argument("--extras", default="data")
    parser.add_argument("--strict", action="store_true", help="every Python must be at hand")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:end])
    failed, tried = [], []
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch))
        for number, python in enumerate(options.python):
            find = [*UV, "python", "find", "--no-python-downloads", python]
            if subprocess.run(find, capture_output=True).returncode:
                print(f"Python {python}: skipped, there is none on this machine")
                failed += [python] if options.strict else []
                continue
            tried.append(python)
            lowest = number == 0
            which = "lowest" if lowest else "newest"
            print(f"Python {python}, the {which} versions of the ranges", flush=True)
            more = words[end + 1 :]
            if not try_on(python, wheel, extras=options.extras, lowest=lowest, more=more):
                failed.append(python)
    if failed or not tried:
        sys.exit(f"the wheel failed on Python {', '.join(failed)}" if failed else "nothing tried")


if __name__ == "__main__":
    main()
