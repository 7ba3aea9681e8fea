"""The base of the book's directives: JSON, a label, a caption in MyST, and tables of them."""

import json
from typing import Any, ClassVar

from docutils import nodes  # type: ignore[import-untyped]
from docutils.parsers.rst import directives  # type: ignore[import-untyped]
from docutils.statemachine import StringList  # type: ignore[import-untyped]
from sphinx.util.docutils import SphinxDirective

from companion.site.told import CLASS, PREFIX, pieces


class Shown(SphinxDirective):
    """What the directives share: the JSON, the label and the parsed caption."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged_required}

    def content_of_json(self) -> dict[str, Any]:
        return json.loads("\n".join(self.content))

    def caption(self, text: str) -> list[nodes.Node]:
        """Inline nodes of a caption written in MyST."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text], source="caption"), self.content_offset, holder)
        if len(holder) != 1 or not isinstance(holder[0], nodes.paragraph):
            msg = f"a caption is one paragraph of text, got {text!r}"
            raise self.error(msg)
        return list(holder[0].children)

    def table(self, content: dict[str, Any]) -> nodes.table:
        """Build a table of `caption`, `head` (rows of [text, columns]), `body` and `align`.

        Equal texts below one another in the first column become one cell.
        """
        align = content["align"]
        table = nodes.table(classes=["shown-table", *content.get("classes", [])])
        table += nodes.title("", "", *self.caption(content["caption"]))
        group = nodes.tgroup(cols=len(align))
        table += group
        group += [nodes.colspec(colwidth=1) for _ in align]
        head, body = nodes.thead(), nodes.tbody()
        for cells in content["head"]:
            row, column = nodes.row(), 0
            for text, span in cells:
                row += _cell(text, "center" if span > 1 else align[column], span=span)
                column += span
            head += row
        runs = _runs([cells[0] for cells in content["body"]] if align[0] == "left" else [])
        if max(runs.values(), default=1) > 1:
            table["classes"].append("grouped")
        for index, cells in enumerate(content["body"]):
            row = nodes.row(classes=["group"] if index in runs else [])
            row += [_cell(text, side) for text, side in zip(cells, align, strict=True)]
            if runs.get(index, 1) > 1:
                row[0]["morerows"] = runs[index] - 1
            elif runs and index not in runs:
                del row[0]  # covered by the cell above
            body += row
        group += [head, body]
        self.set_source_info(table)
        self.add_name(table)
        return table


def _runs(texts: list[str]) -> dict[int, int]:
    """Find runs of equal texts: index of the first -> how many.

    Examples
    --------
    >>> _runs(["TXM", "TXM", "SEM"])
    {0: 2, 2: 1}
    """
    runs: dict[int, int] = {}
    for index, text in enumerate(texts):
        if index and text == texts[index - 1]:
            runs[max(runs)] += 1
        else:
            runs[index] = 1
    return runs


def _cell(text: str, align: str, *, span: int = 1) -> nodes.entry:
    """One table cell; a line break in the text is kept."""
    entry = nodes.entry(classes=[f"text-{align}"])
    if span > 1:
        entry["morecols"] = span - 1
    for line in text.split("\n"):
        entry += nodes.paragraph("", "", *inline_nodes(line))
    return entry


def inline_nodes(text: str) -> list[nodes.Node]:
    """Return the nodes of a text; values that are marked (`companion.site.told`) stay marked."""
    return [told_node(piece, of) if of else nodes.Text(piece) for piece, of in pieces(text)]


def told_node(text: str, of: str) -> nodes.Node:
    """Return the node of a value that is marked with its quantity."""
    return nodes.inline("", text, classes=[CLASS, PREFIX + of])
