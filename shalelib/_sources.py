"""What the sources of this process were when it loaded them.

Python reads a source once; what is edited afterwards is not the code that runs. So the sources of
all packages that are not installed are noted when they are loaded, and a result whose code has
changed on the disk since then gets no key: other processes would take it for one of the new code.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from shalelib._machine_code import leave_if_edited

INSTALLED = tuple(os.path.join(path, "") for path in sysconfig.get_paths().values())

Stamp = tuple[int, int, int]
"""Size of a file, and when its content and its entry were changed, in ns."""

_noted: dict[str, tuple[Stamp, bytes]] = {}


class Watch:
    """Note every source before it is loaded; finds nothing itself."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Note the source of a module, if it is one of a package that is not installed."""
        last = name.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            if not isinstance(folder, str) or (is_installed(folder) and not _is_own(name)):
                continue
            base = os.path.join(folder, last)
            for file in (os.path.join(base, "__init__.py"), f"{base}.py"):
                if os.path.isfile(file):
                    with suppress(OSError):  # of a file that cannot be read the import tells
                        note(file)
                        leave_if_edited(file)
                    return


def watch() -> None:
    """Note what is loaded from now on, and what is loaded already."""
    if any(type(finder) is Watch for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, Watch())
    for name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType):
            continue
        file = object.__getattribute__(module, "__dict__").get("__file__")  # loads no lazy one
        own = isinstance(file, str) and file.endswith(".py")
        if own and (not is_installed(file) or _is_own(name)):
            with suppress(OSError):
                note(file)


def note(file: str | Path) -> bytes:
    """Return what a file was when it was first noted, which is now if it never was."""
    place = os.path.abspath(file)
    if place not in _noted:
        _noted[place] = (_stamp(place), Path(place).read_bytes())
    return _noted[place][1]


def refuse_edited(files: Iterable[Path]) -> None:
    """Refuse files whose code is no longer what was noted; comments and docstrings may change.

    Raises
    ------
    RuntimeError
        One has changed, or is gone; the message names it.
    """
    for file in files:
        note(file)
        place = os.path.abspath(file)
        stamp, content = _noted[place]
        try:
            now = _stamp(place)
            same = now == stamp or _same(place, content, Path(place).read_bytes())
        except OSError:
            same = False
        if not same:
            msg = (
                f"{place}: its source changed since it was loaded, so results of this process are "
                "not those of the code on the disk; start the kernel or the command again"
            )
            raise RuntimeError(msg)
        _noted[place] = (now, content)


@cache
def is_installed(place: str) -> bool:
    """Return whether a file or folder is of Python itself or of an installed package."""
    return os.path.join(os.path.abspath(place), "").startswith(INSTALLED)


@cache
def path_of(name: str) -> Path | None:
    """Return the source file of a module; None if it has none."""
    top, *rest = name.split(".")
    loaded = sys.modules.get(top)
    if loaded is not None:
        folders, own = getattr(loaded, "__path__", ()), getattr(loaded, "__file__", None)
    else:  # not imported for this alone: torch takes seconds
        spec = importlib.util.find_spec(top)
        folders, own = (spec.submodule_search_locations or (), spec.origin) if spec else ((), None)
    for folder in folders:
        base = Path(folder, *rest)
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
    return Path(own) if own and not rest and own.endswith(".py") and Path(own).is_file() else None


def _is_own(name: str) -> bool:
    return name.split(".")[0] == "shalelib"


def _stamp(place: str) -> Stamp:
    found = os.stat(place)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _same(place: str, before: bytes, after: bytes) -> bool:
    """Return whether two contents of a file are the same code, or the same data."""
    if before == after or not place.endswith((".py", ".pyi")):
        return before == after
    try:
        return _bare(before) == _bare(after)
    except SyntaxError:  # half saved
        return False


def _bare(content: bytes) -> str:
    """Return the syntax tree of a source without docstrings."""
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            head = node.body[:1]
            if head and isinstance(head[0], ast.Expr) and isinstance(head[0].value, ast.Constant):
                node.body = node.body[1:]
    return ast.dump(tree)
