"""The code that a stage reaches, read from the sources by statement, without running them.

`reached` starts at functions, classes or modules and follows every global name that they use to the
statement that binds it, through imports, into shalelib and all packages that are not installed. A
statement counts as its syntax tree without docstrings, so that comments, layout, the place of a
file and the place of a checkout do not matter. A name that cannot be followed stands for all of the
module in which it is looked for.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from shalelib._sources import is_installed, note, path_of, refuse_edited

PLUMBING = ("shalelib.files", "shalelib.store", "shalelib._code", "shalelib._inputs")
"""Modules that write and name results, which changes none of them."""

WHOLE = "*"  # in place of a name: everything that a module holds
DATA = (".csv", ".json", ".txt")  # files next to a module that it may read by their names

Place = tuple[str, str]
"""A module's name and a global name in it."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, eq=False)
class Source:
    """A module as it is written: the statements that bind or change each global name."""

    name: str
    files: tuple[Path, ...]
    package: bool
    statements: dict[str, list[ast.stmt]] = field(default_factory=dict)


def reached(*roots: Place) -> str:
    """Return the digest of all statements that are reached from `roots`, unless one was edited."""
    digest, files = _reached(*roots)
    refuse_edited(files)
    return digest


@cache
def _reached(*roots: Place) -> tuple[str, frozenset[Path]]:
    """Return the digest of what is reached and the files in which it is written."""
    todo, seen = list(roots), set[Place]()
    digests, files = set(), set[Path]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        found = uses(place)
        told = [f"{name}={_own(target)}" for name, target in sorted(found)]
        digests.add(_sha(_own(place), *told))
        files.update(_files(place))
        todo += [target for _, target in found if is_house(target[0])]
    return _sha(*sorted(digests)), frozenset(files)


def place_of(thing: Any) -> Place | None:
    """Return where a module, class or function is defined; None if no global name leads there."""
    if isinstance(thing, ModuleType):
        return thing.__name__, WHOLE
    thing = inspect.unwrap(getattr(thing, "py_func", thing))
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
    if not module or not name or "<" in name:  # an object, a lambda, or made inside a function
        return None
    head = name.split(".")[0]
    return (module, head) if head in getattr(source(module), "statements", {}) else None


@cache
def uses(place: Place) -> frozenset[tuple[str, Place]]:
    """Return the global names that the statements of a place use, and where each of them leads."""
    module = source(place[0]) if is_house(place[0]) else None
    found: set[tuple[str, Place]] = set()
    if module is None:
        return frozenset()
    face = module.package and place[1] == WHOLE  # stands for what it offers, too
    for statement in _statements(module, place[1]):
        for chain in _free(statement):
            if chain[0] in module.statements:
                targets = _follow(module, chain)
                found |= {(".".join(chain), target) for target in targets}
        if face or not _is_import(statement):
            for node in ast.walk(statement):
                found.update(_imports(module, node))
    if face and "__all__" in module.statements:
        offered = [n for s in module.statements["__all__"] for n in ast.walk(s)]
        names = [str(n.value) for n in offered if isinstance(n, ast.Constant)]
        found |= {(name, _member(place[0], name)) for name in names}
    return frozenset(found)


def is_house(module: str) -> bool:
    """Return whether code is followed into a module: that of shalelib, or one not installed."""
    return module not in PLUMBING and _is_house(module.split(".")[0])


@cache
def _is_house(package: str) -> bool:
    if package == "shalelib":
        return True
    path = path_of(package)
    return path is not None and not is_installed(str(path))


@cache
def source(name: str) -> Source | None:
    """Read a module's source; None if it has none."""
    path = path_of(name)
    if path is None:
        return None
    stub = path.with_suffix(".pyi")  # says where the names of a lazy face are
    files = (path, stub) if stub.is_file() else (path,)
    module = Source(name=name, files=files, package=path.name == "__init__.py")
    for statement in _flat(one for file in files for one in ast.parse(_text(file)).body):
        for bound in _binds(statement):
            module.statements.setdefault(bound, []).append(statement)
    return module


@cache
def _text(path: Path) -> str:
    """Read a file as it was loaded: later edits are not the code that this process runs."""
    return note(path).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


@cache
def _own(place: Place) -> str:
    """Return the digest of the statements of a place alone; for foreign code, its name."""
    module = source(place[0]) if is_house(place[0]) else None
    if module is None:
        return ".".join(place)
    parts = []
    for statement in _statements(module, place[1]):
        if not _is_import(statement):
            parts.append(_tree(statement))
            parts += [_sha(_text(path)) for path in _data_files(module, statement)]
    return _sha(*parts)


@cache
def _files(place: Place) -> tuple[Path, ...]:
    """Return the files in which a place is written, and those that it names."""
    if not (module := source(place[0]) if is_house(place[0]) else None):
        return ()
    named = [_data_files(module, one) for one in _statements(module, place[1])]
    return (*module.files, *(path for paths in named for path in paths))


def _data_files(module: Source, statement: ast.stmt) -> Iterator[Path]:
    """Yield the files next to the module that a statement names."""
    folder = module.files[0].parent
    for node in ast.walk(statement):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.endswith(DATA) and "\n" not in text:
            yield from sorted(p for p in folder.rglob(Path(text).name) if p.is_file())


def _statements(module: Source, name: str) -> list[ast.stmt]:
    """Return the statements that bind a name; one that binds nothing (a call) belongs to all."""
    if name == WHOLE or name not in module.statements:
        return list(dict.fromkeys(s for part in module.statements.values() for s in part))
    return [*module.statements[name], *module.statements.get("", [])]


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's statements, and imports inside ``if``, ``try`` and ``with`` on their own."""
    for statement in body:
        if isinstance(statement, ast.If | ast.Try | ast.With):
            inner = [n for n in ast.walk(statement) if isinstance(n, ast.Import | ast.ImportFrom)]
            yield from inner
            if all(_is_import(s) for s in getattr(statement, "body", [])):
                continue
        yield statement


def _binds(statement: ast.stmt) -> set[str]:
    """Return the global names that a statement binds or changes; "" if there are none."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return set()  # a docstring
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Subscript | ast.Attribute) and (
            isinstance(node.ctx, ast.Store) or isinstance(statement, ast.Expr)
        ):
            names |= _head(node)  # TABLE[key] = ..., TABLE.update(...)
    return names or {""}


def _is_import(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _head(node: ast.AST) -> set[str]:
    """Return the name that ``a.b[c].d`` starts with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _dotted(node: ast.AST) -> tuple[str, ...]:
    """Return the names of ``a.b.c``; none if it starts with anything but a name."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


def _free(node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """Yield the dotted names that a tree uses and does not bind itself."""
    dotted = _dotted(node)
    if dotted:
        if dotted[0] not in bound:
            yield dotted
    elif isinstance(node, _SCOPES):
        for outer in (*getattr(node, "decorator_list", []), *_signature(node)):
            yield from _free(outer, bound)
        body = node.body if isinstance(node.body, list) else [node.body]
        own = {argument.arg for argument in _arguments(node.args)}
        own |= {name for statement in body for name in _locals(statement)}
        shared = {name for n in ast.walk(node) if isinstance(n, ast.Global) for name in n.names}
        for statement in body:
            yield from _free(statement, bound | (own - shared))
    else:
        parts = getattr(node, "generators", [])  # of a comprehension
        own = {name for part in parts for name in _locals(part.target)}
        for child in ast.iter_child_nodes(node):
            yield from _free(child, bound | own)


def _locals(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement of a function binds in the function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _locals(child)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    rest = [one for one in (arguments.vararg, arguments.kwarg) if one]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def _signature(node: ast.AST) -> Iterator[ast.expr]:
    """Yield defaults and annotations, which are read outside of the function."""
    arguments: ast.arguments = node.args  # type: ignore[attr-defined]
    given: list[ast.expr | None] = [*arguments.defaults, *arguments.kw_defaults]
    given += [argument.annotation for argument in _arguments(arguments)]
    yield from (one for one in (*given, getattr(node, "returns", None)) if one)


def _imports(module: Source, node: ast.AST) -> Iterator[tuple[str, Place]]:
    """Yield the local name and the target of everything that a statement imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            full = alias.name if alias.asname else alias.name.split(".")[0]
            yield alias.asname or full, (full, WHOLE)
    elif isinstance(node, ast.ImportFrom):
        parents = module.name.split(".")[: None if module.package else -1]
        above = parents[: len(parents) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            yield alias.asname or alias.name, _member(base, alias.name)


def _member(module: str, name: str) -> Place:
    """Return where ``module.name`` leads: a definition, a module, or what is there at run time."""
    written = source(module) if is_house(module) else None
    if written is None:
        return module, name
    for statement in written.statements.get(name, []):
        for local, target in _imports(written, statement):
            if local == name and target != (module, name):
                return target  # handed on: what is behind it counts
    if name in written.statements:
        return module, name
    if source(f"{module}.{name}"):
        return f"{module}.{name}", WHOLE
    return module, WHOLE


def _follow(module: Source, chain: tuple[str, ...]) -> Iterator[Place]:
    """Follow a dotted name whose head is a global name of `module`."""
    for statement in module.statements[chain[0]]:
        if not _is_import(statement):
            yield module.name, chain[0]
        for alias, (name, member) in _imports(module, statement):
            rest = list(chain[1:])
            while rest and member == WHOLE and is_house(name) and source(name):
                name, member = _member(name, rest.pop(0))
            if not is_house(name):
                member = ".".join([member, *rest])  # numpy.linalg.norm
            if alias == chain[0]:
                yield name, member


def _tree(node: object) -> str:
    """Write a tree the same way under every Python; docstrings and imports are left out."""
    if isinstance(node, ast.AST):
        told = [
            f"{name}={_tree(value)}"
            for name, value in ast.iter_fields(node)
            if name not in ("ctx", "kind", "type_comment") and value is not None and value != []
        ]
        return f"{type(node).__name__}({','.join(told)})"
    if isinstance(node, list):
        return f"[{','.join(_tree(one) for one in node if not _silent(one))}]"
    return repr(node)


def _silent(node: object) -> bool:
    """Return whether a statement is a docstring, or an import, whose target counts instead."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, ast.Import | ast.ImportFrom)


def _sha(*parts: str) -> str:
    raw = [part.encode() for part in parts]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(one), one) for one in raw)).hexdigest()
