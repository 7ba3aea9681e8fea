"""Where a figure or table comes from, in a line below it: cell, notebook, run and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

CSV = "shown-csv"


def csv_nodes(content: Mapping[str, Any]) -> list[nodes.Node]:
    """Return the line below a figure or table that offers its CSV, if it has one."""
    if "csv" not in content:
        return []
    name, address = content["csv"]
    return [_line(f'<a href="{address}" download="{name}">{name}</a>')]


def name_origins(app: Sphinx, doctree: nodes.document) -> None:
    """Say below each figure and table of an executed notebook which cell made it, and of what."""
    docname = app.env.docname
    run = _run(doctree)
    up = "../" * docname.count("/")
    name = docname.rpartition("/")[2]
    address = escape(f"{up}_sources/{docname}.ipynb")
    notebook = f'<a href="{address}" download>{escape(name)}.ipynb</a>'
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code" or not cell.get("exec_count"):
            continue
        origin = " · ".join(filter(None, (f"cell {cell['exec_count']} of {notebook}", run)))
        shown = list(cell.findall(lambda node: isinstance(node, nodes.figure | nodes.table)))
        for node in shown:
            if "shown-notice" in node["classes"]:
                continue
            place = node.parent.index(node) + 1
            below = node.parent[place : place + 1]
            if below and CSV in below[0].get("classes", []):
                node.parent[place] = _line(f"{below[0]['link']} · {origin}", below[0]["link"])
            else:
                node.parent.insert(place, _line(origin))


def _run(doctree: nodes.document) -> str:
    """Return the profile, data and seed that the foot of the page names."""
    for box in doctree.findall(nodes.Admonition):
        for line in box if "provenance" in box.get("classes", []) else ():
            if " · commit" in line.astext():
                return escape(line.astext().partition(" · commit")[0])
    return ""


def _line(html: str, link: str = "") -> nodes.Node:
    text = f'<p class="{CSV}">{html}</p>'
    return nodes.raw("", text, format="html", classes=[CSV], link=link or html)
