"""Sphinx side of `companion.site.display`: numbered tables and figures out of notebooks.

MyST has no directive for a figure that is not a picture file, nor for a table whose head has two
rows. Two of the directives here take what `display` puts in a notebook's output (one line of JSON)
and make ordinary docutils tables and figures of it, so that Sphinx numbers them and `{numref}`
finds them. The code behind them is folded.

Numbers: a label such as `table-1` or `figure-3` names a table or figure of the paper, and keeps the
paper's number wherever it stands in the book. All others are ours, and count S1, S2, ...
"""

import os
import re
from html import escape
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from companion.site._shown import Shown, told_node
from companion.site.origin import csv_nodes, name_origins
from companion.site.page_head import describe
from companion.site.reading_order import order_for_reading
from companion.site.records import Filled, RecordFigure, RecordSentences, RecordTable
from companion.site.told import TOLD
from companion.site.typography import set_type

EDITION_VARIABLE = "SHALELIB_EDITION"
PAPER_LABEL = re.compile(r"(?:figure|table)-(\d+[a-z]?)")


class ShownFigure(Shown):
    """A figure whose body is HTML: `{"caption": MyST, "html": markup}`, and perhaps a `"csv"`."""

    def run(self) -> list[nodes.Node]:
        """Build the figure node."""
        content = self.content_of_json()
        figure = nodes.figure(classes=["shown-figure", *content.get("classes", [])])
        figure += nodes.raw("", content["html"], format="html")
        figure += nodes.caption("", "", *self.caption(content["caption"]))
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure, *csv_nodes(content)]


class ShownTable(Shown):
    """A table: what `Shown.table` takes, and optionally `"csv": [file name, data address]`."""

    def run(self) -> list[nodes.Node]:
        """Build the table node and the link below it."""
        content = self.content_of_json()
        return [self.table(content), *csv_nodes(content)]


class Told(SphinxRole):
    """A value marked with its quantity, as `companion.site.told` writes it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Build the node."""
        if not (match := TOLD.fullmatch(f"{{told}}`{self.text}`")):
            msg = f"a told value is such as {{told}}`13.6 <psnr/no_model>`, got {self.text!r}"
            raise ValueError(msg)
        return [told_node(match[1], match[2])], []


def number(labels: list[str]) -> list[str]:
    """Numbers of tables or figures in reading order.

    Parameters
    ----------
    labels : list of str
        Their labels, all of one kind, in the order of the book.

    Returns
    -------
    list of str
        The paper's number where the label names one, else `S1`, `S2`, ...

    Examples
    --------
    >>> number(["crops", "table-1", "timing", "table-3"])
    ['S1', '1', 'S2', '3']
    """
    numbers, own = [], 0
    for label in labels:
        if match := PAPER_LABEL.fullmatch(label):
            numbers.append(match[1])
        else:
            own += 1
            numbers.append(f"S{own}")
    return numbers


def keep_paper_numbers(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Renumber Sphinx's figures and tables; runs after Sphinx has counted them in order."""
    labels = {
        (docname, anchor): label
        for label, (docname, anchor) in env.get_domain("std").data["anonlabels"].items()
    }
    for kind in ("figure", "table"):
        found = [
            (count, docname, anchor)
            for docname, kinds in env.toc_fignumbers.items()
            for anchor, count in kinds.get(kind, {}).items()
        ]
        found.sort()
        texts = number([labels.get((docname, anchor), "") for _, docname, anchor in found])
        for text, (_, docname, anchor) in zip(texts, found, strict=True):
            env.toc_fignumbers[docname][kind][anchor] = (text,)  # type: ignore[assignment]
    return []


def fold_code(app: Sphinx, doctree: nodes.document) -> None:
    """Fold the code of notebook cells whose result is what a reader comes for.

    Cells that show a figure, a table or a notice, the imports, and default parameters (those of
    the run follow them). Other code stays open, and a cell's own `hide-...` tag goes first.
    """
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code" or "hide_mode" in cell or not cell.children:
            continue
        source = cell[0].astext().lstrip()
        shows = any(True for _ in cell.findall(_is_shown))
        default = "tag_parameters" in cell["classes"]
        if shows or default or source.startswith(("import ", "from ")):
            cell["hide_mode"] = "input"
            cell["prompt_show"], cell["prompt_hide"] = "Show the code", "Hide the code"


def _is_shown(node: nodes.Node) -> bool:
    return isinstance(node, nodes.figure | nodes.table | nodes.Admonition)


def add_edition(_app: Sphinx, config: Config) -> None:
    """Put at the foot of every page which run the book was built from (`EDITION_VARIABLE`)."""
    edition = os.environ.get(EDITION_VARIABLE, "")
    if edition:
        options = config.html_theme_options
        options["extra_footer"] = f"{options.get('extra_footer', '')} {escape(edition)}".strip()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register directives and roles, the numbering, the folding and the order of reading."""
    app.add_role("told", Told())
    app.add_role("filled", Filled())
    app.add_directive("shown-figure", ShownFigure)
    app.add_directive("shown-table", ShownTable)
    app.add_directive("record-table", RecordTable)
    app.add_directive("record-sentences", RecordSentences)
    app.add_directive("record-figure", RecordFigure)
    app.connect("config-inited", add_edition)
    app.connect("doctree-read", fold_code)
    app.connect("doctree-read", name_origins)
    app.connect("doctree-read", order_for_reading, priority=600)
    app.connect("doctree-resolved", set_type)
    app.connect("html-page-context", describe)
    app.connect("env-get-updated", keep_paper_numbers, priority=900)
    return {
        "version": "1",
        "env_version": 1,  # raise it where pages must be read again: another dependency of theirs
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
