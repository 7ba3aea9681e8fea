"""Which files of shalelib and companion a notebook or module depends on, from its imports."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOUSES = ("shalelib", "companion")


def imported_modules(path: Path) -> set[str]:
    """Return the modules of both houses that a Python file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in HOUSES}


def module_file(name: str) -> Path | None:
    """Return the file of a module such as ``shalelib.data.fetch``; None if it is no module."""
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def dependencies(path: Path) -> list[str]:
    """Return all files of both houses that a Python file needs, relative to the checkout."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        for name in imported_modules(waiting.pop()):
            file = module_file(name)
            if file is not None and file not in seen:
                seen.add(file)
                waiting.append(file)
    return sorted(str(file.relative_to(ROOT)) for file in seen)
