"""Which files of shalelib and companion a notebook or module depends on, and a digest of them."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from checkout import ROOT

HOUSES = ("shalelib", "companion")


@cache
def halves(path: Path) -> tuple[ast.Module, tuple[str, ...]]:
    """Return the syntax tree of a Python file without its docstrings, and all lone strings."""
    tree, texts = ast.parse(path.read_text(encoding="utf-8"), filename=str(path)), []
    for node in statements(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text:
                node.body = node.body[1:] or [ast.Pass()]
                texts.append(text)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts.append(str(node.value.value))
    return tree, tuple(texts)


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file without its docstrings."""
    return halves(path)[0]


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all statements in it; in expressions there are none."""
    yield node
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, name, ()):
            yield from statements(inner)


@cache
def imported_modules(path: Path) -> set[str]:
    """Return the modules of both houses that a Python file imports, wherever in the file."""
    found: set[str] = set()
    for node in statements(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = node.module
            if node.level:  # in a room's stub
                module = ".".join((*path.relative_to(ROOT).parent.parts, module))
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in HOUSES}


@cache
def module_file(name: str) -> Path | None:
    """Return the file of a module such as ``shalelib.data.fetch``; None if it is no module.

    Of a room whose names are imported lazily the stub, which says where each of them is.
    """
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.pyi", base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def imported_files(path: Path) -> set[Path]:
    """Return the files of both houses that a Python file imports."""
    return {file for name in imported_modules(path) if (file := module_file(name))}


def dependencies(path: Path) -> list[str]:
    """Return all files of both houses that a Python file needs, relative to the checkout."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        new = imported_files(waiting.pop()) - seen
        seen |= new
        waiting += new
    return sorted(str(file.relative_to(ROOT)) for file in seen)


@cache
def _digest(path: Path) -> str:
    code = path.suffix == ".py" and path.parent.name != "notebooks"
    content = ast.dump(tree_of(path)).encode() if code else path.read_bytes()
    return hashlib.sha256(content).hexdigest()


def docstrings(files: Iterable[Path]) -> str:
    """Digest the other half of code, its docstrings, which the reference pages show."""
    found = [f"{file.relative_to(ROOT)} {halves(file)[1]}" for file in sorted(files)]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]


def digest(files: Iterable[str | Path]) -> str:
    """Digest what files of the checkout say, and what they import.

    Of code the syntax trees without docstrings, of all else, notebooks included, every byte; no
    times and no folder above the checkout, so that a copy has the same.
    """
    named = sorted({str(Path(file)) for file in files})
    imported = {
        name for file in named if file.endswith(".py") for name in dependencies(ROOT / file)
    }
    found = [f"{name} {_digest(ROOT / name)}" for name in sorted({*named, *imported})]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]
