"""Directives that show results in pages of prose: tables, sentences and figures."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes  # type: ignore[import-untyped]
from docutils.parsers.rst import directives  # type: ignore[import-untyped]
from docutils.statemachine import StringList  # type: ignore[import-untyped]
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from companion.site._prose import FILLED
from companion.site._shown import Shown
from companion.site.numbers import DASH, number
from companion.site.reading_order import summary_box

RESULTS_VARIABLE = "SHALELIB_BOOK_RESULTS"  # folder of the results that pages of prose show
NO_RESULTS = "This edition was built without the results that stand here otherwise."


def results_file(name: str, env: BuildEnvironment) -> Path:
    """Return a file of the results; the page that shows it is built again when the file changes."""
    path = Path(os.environ.get(RESULTS_VARIABLE, ""), name)
    env.note_dependency(str(path))
    return path


class Record(Shown):
    """A directive that shows what a results file holds under a key."""

    required_arguments = 2

    def value(self, what: str, key: str = "") -> Any:
        """Return the value of a key, by default the argument's: a list that is not empty.

        Raises
        ------
        DirectiveError
            There is none.
        """
        name, key = self.arguments[0], key or self.arguments[1]
        path = results_file(name, self.env)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))[key]
            found[0]
        except (OSError, ValueError, LookupError, TypeError) as error:
            msg = f"no {what} {key!r} in {path} ({error!r}); build the book with make book"
            raise self.error(msg) from error
        return found


class RecordTable(Record):
    """A table out of a result record: its file below the results folder, and the key in it.

    The key leads to a list of rows, each a dictionary from column to text. The content is the
    caption; the first ``left`` columns (one, if it is not said) are set left, the others right.
    """

    option_spec: ClassVar[dict[str, Any]] = {**Shown.option_spec, "left": int}

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        rows = self.value("rows")
        columns = list(rows[0])
        left = self.options.get("left", 1)
        content = {
            "caption": " ".join(self.content),
            "head": [[(column, 1) for column in columns]],
            "body": [[row[column] for column in columns] for row in rows],
            "align": ["left"] * left + ["right"] * (len(columns) - left),
        }
        return [self.table(content)]


class RecordSentences(Record):
    """Computed sentences of a result record, under the title "What we find".

    The arguments are the record's file below the results folder and a key that leads to a list of
    lines of MyST. Where the results are missing, as without the data, the box says so. With the
    option ``untitled`` there is a list and no box; with ``figures``, a key that leads to as many
    texts of HTML, each sentence has its figure beside it, where the text is not empty.
    """

    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {
        "untitled": directives.flag,
        "figures": directives.unchanged_required,
    }

    arguments: list[str]

    def run(self) -> list[nodes.Node]:
        """Build the list, and the box around it."""
        there = results_file(self.arguments[0], self.env).is_file()
        lines = self.value("sentences") if there else [NO_RESULTS]
        holder = nodes.Element()
        text = StringList([f"- {line}" for line in lines], source=self.arguments[0])
        self.state.nested_parse(text, self.content_offset, holder)
        if there and "figures" in self.options:
            [listed] = holder.children
            pictures = self.value("figures", self.options["figures"])
            for item, html in zip(listed, pictures, strict=True):
                if html:
                    item["classes"].append("pictured")
                    item += nodes.raw("", f'<div class="beside">{html}</div>', format="html")
        if "untitled" not in self.options:
            return [summary_box(holder.children)]
        for listed in holder.children:
            listed["classes"].append(FILLED)  # its numbers are the record's
        return holder.children


class Filled(SphinxRole):
    """A number of a result record in a sentence: ``{filled}`FILE KEY.KEY FORM` ``.

    The form is one of `companion.site.numbers.number`. Without the results there is a dash.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Build the node.

        Raises
        ------
        ValueError
            The record has no number there.
        """
        name, keys, form = self.text.split()
        text = DASH
        if (path := results_file(name, self.env)).is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            try:
                for key in keys.split("."):
                    found = found[int(key) if isinstance(found, list) else key]
                text = number(float(found), form)
            except (LookupError, TypeError, ValueError) as error:
                msg = f"{path} has no number {keys!r} ({error!r}); build the book with make book"
                raise ValueError(msg) from error
        return [nodes.inline("", text, classes=[FILLED])], []


class RecordFigure(Shown):
    """A figure that a notebook left as a file of HTML; the content is the caption.

    The argument is the file below the results folder. Without it, as where the data are missing,
    the figure says so.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the figure node."""
        path = results_file(self.arguments[0], self.env)
        html = f'<p class="shown-instead">{escape(NO_RESULTS)}</p>'
        if path.is_file():
            html = path.read_text(encoding="utf-8")
        figure = nodes.figure(classes=["shown-figure"])
        figure += nodes.raw("", html, format="html")
        figure += nodes.caption("", "", *self.caption(" ".join(self.content)))
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]
