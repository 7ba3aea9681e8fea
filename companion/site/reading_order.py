"""The order in which a page is read: what was found, the figure, then how; plumbing last.

A notebook is written in the order in which it runs. In the book the output of its cell tagged
``summary`` comes directly after the first paragraph, under the title "What we find", that of the
cell tagged ``lead`` after it, and parameters and imports stand folded at the end of the page.
Where the leading output was made the page says where it stands.
"""

from __future__ import annotations

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

TITLE = "What we find"


def order_for_reading(app: Sphinx, doctree: nodes.document) -> None:
    """Move the summary and the leading figure of an executed notebook up, its plumbing down."""
    page = next(iter(doctree.findall(nodes.section)), None)
    cells = [c for c in doctree.findall(nodes.container) if c.get("nb_element") == "cell_code"]
    if page is None or not cells:
        return
    place = 1 + next(
        (k for k, child in enumerate(page) if isinstance(child, nodes.paragraph)), len(page) - 1
    )
    found = _outputs(cells, "tag_summary")
    if found:
        page.insert(place, summary_box(found))
        place += 1
    for cell in cells:
        if "tag_lead" in cell["classes"]:
            cell.parent.insert(cell.parent.index(cell) + 1, _pointer(page))
    for output in _outputs(cells, "tag_lead"):
        page.insert(place, output)
        place += 1
    plumbing = [cell for cell in cells if _is_plumbing(cell)]
    for cell in plumbing:
        cell.parent.remove(cell)
    if plumbing:
        doctree += nodes.raw(
            "",
            '<details class="plumbing"><summary>Parameters and imports of this page</summary>',
            format="html",
        )
        doctree += plumbing
        doctree += nodes.raw("", "</details>", format="html")


def _outputs(cells: list[nodes.container], tag: str) -> list[nodes.Node]:
    """Take the outputs of the cells with a tag out of them."""
    taken = []
    for cell in cells:
        if tag in cell["classes"]:
            outputs = [c for c in cell if c.get("nb_element") == "cell_code_output"]
            for output in outputs:
                cell.remove(output)
            taken += outputs
    return taken


def _pointer(page: nodes.section) -> nodes.paragraph:
    """Return the line that stands where the leading output was made."""
    top = nodes.reference("", "top of this page", refid=page["ids"][0], internal=True)
    return nodes.paragraph(
        "", "", nodes.Text("What this cell draws is at the "), top, nodes.Text(".")
    )


def _is_plumbing(cell: nodes.container) -> bool:
    """Say whether a cell sets parameters, or begins with imports and has nothing to show."""
    if {"tag_parameters", "tag_injected-parameters"} & set(cell["classes"]):
        return True
    return cell[0].astext().lstrip().startswith(("import ", "from "))


def summary_box(content: list[nodes.Node]) -> nodes.Node:
    """Return the box that says what was found."""
    box = nodes.admonition(classes=["summary"])
    box += nodes.title("", TITLE)
    box += content
    return box
