"""Reference pages out of docstrings: a page for each package whose flat face is a stub.

The face of a package is its ``__init__.pyi``: what it imports from which module, in the order in
which a reader meets it. `reference_page` writes a page with a section for each module; autodoc and
napoleon fill it. `setup` lets names link to these pages: ``{py:func}`` in a chapter, whose target
must exist, and single backticks in a docstring, which stay plain where a name is not public.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
from pathlib import Path
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import make_refnode

LENIENT = ("obj", "class", "exc")  # roles of docstrings and bases of classes


def read_face(package: str) -> dict[str, list[str]]:
    """Return the public names of a package by the module that they come from.

    Raises
    ------
    ValueError
        The package has no stub.
    """
    spec = importlib.util.find_spec(package)
    stub = Path(spec.origin).with_suffix(".pyi") if spec and spec.origin else None
    if stub is None or not stub.is_file():
        msg = f"{package} has no flat face (__init__.pyi)"
        raise ValueError(msg)
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    found = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return {f"{package}.{node.module}": [alias.name for alias in node.names] for node in found}


def directive_of(thing: Any) -> str:
    """Return the directive for a public thing.

    Examples
    --------
    >>> directive_of(read_face), directive_of(ValueError), directive_of(1.0)
    ('autofunction', 'autoexception', 'py:data')
    """
    if inspect.isclass(thing):
        return "autoexception" if issubclass(thing, BaseException) else "autoclass"
    return "autofunction" if callable(thing) and hasattr(thing, "__name__") else "py:data"


def reference_page(package: str) -> str:
    """Return the page of a package in MyST: its docstring, then each module's public names.

    Raises
    ------
    ValueError
        A public constant has no docstring below it, or the package no stub.
    """
    face = importlib.import_module(package)
    lines = [f"# {package}", "", *_rst(inspect.getdoc(face) or "")]
    for module, names in read_face(package).items():
        about = inspect.getdoc(importlib.import_module(module)) or module
        lines += [f"## {about.splitlines()[0].rstrip('.')}", ""]
        for name in names:
            directive = directive_of(getattr(face, name))
            text = [f".. py:currentmodule:: {package}", "", f".. {directive}:: {name}"]
            if directive == "autoclass":
                text.append("   :members:")
            if directive == "py:data":  # autodoc looks for its text in the face
                text += ["", *(f"   {line}" for line in _constant(module, name))]
            lines += _rst("\n".join(text))
    return "\n".join(lines)


def _constant(module: str, name: str) -> list[str]:
    """Return the docstring below a constant."""
    documented = ModuleAnalyzer.for_module(module).find_attr_docs()
    if ("", name) not in documented:
        msg = f"{module}.{name} is public and has no docstring below it"
        raise ValueError(msg)
    return documented["", name]


def _rst(text: str) -> list[str]:
    return ["````{eval-rst}", text, "````", ""] if text else []


def link_by_last_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.Node | None:
    """Link a Python name whose place is not its public one, such as that of its module."""
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].split(".")[-1]
    objects = env.get_domain("py").objects  # type: ignore[attr-defined]
    ends = [name for name in objects if name.split(".")[-1] == last and name.count(".") == 2]
    if len(ends) == 1:
        entry = objects[ends[0]]
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, ends[0]
        )
    return contnode if node["reftype"] in LENIENT else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up autodoc for such pages."""
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.connect("missing-reference", link_by_last_name)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
