"""Sphinx side of `shalelib.report.display`: numbered tables and figures out of notebooks.

MyST has no directive for a figure that is not a picture file, nor for a table whose head has two
rows. The two directives here take what `display` puts in a notebook's output (one line of JSON)
and make ordinary docutils tables and figures of it, so that Sphinx numbers them and `{numref}`
finds them. The code behind them is folded.

Numbers: a label such as `table-1` or `figure-3` names a table or figure of the paper, and keeps the
paper's number wherever it stands in the book. All others are ours, and count S1, S2, ...
"""

import json
import os
import re
from html import escape
from typing import Any, ClassVar

from docutils import nodes  # type: ignore[import-untyped]
from docutils.parsers.rst import directives  # type: ignore[import-untyped]
from docutils.statemachine import StringList  # type: ignore[import-untyped]
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from shalelib.config import PROFILES
from shalelib.models.variants import VARIANTS, Variant

EDITION_VARIABLE = "SHALELIB_EDITION"
PAPER_LABEL = re.compile(r"(?:figure|table)-(\d+[a-z]?)")


class _Shown(SphinxDirective):
    """What the two directives share: the JSON, the label and the parsed caption."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged_required}

    def _content(self) -> dict[str, Any]:
        return json.loads("\n".join(self.content))

    def _caption(self, text: str) -> list[nodes.Node]:
        """Inline nodes of a caption written in MyST."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text], source="caption"), self.content_offset, holder)
        if len(holder) != 1 or not isinstance(holder[0], nodes.paragraph):
            msg = f"a caption is one paragraph of text, got {text!r}"
            raise self.error(msg)
        return list(holder[0].children)

    def _table(self, content: dict[str, Any]) -> nodes.table:
        """Build a table of `caption`, `head` (rows of [text, columns]), `body` and `align`.

        Equal texts below one another in the first column become one cell.
        """
        align = content["align"]
        table = nodes.table(classes=["shown-table", *content.get("classes", [])])
        table += nodes.title("", "", *self._caption(content["caption"]))
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


class ShownFigure(_Shown):
    """A figure whose body is HTML: `{"caption": MyST, "html": markup}`."""

    def run(self) -> list[nodes.Node]:
        """Build the figure node."""
        content = self._content()
        figure = nodes.figure(classes=["shown-figure", *content.get("classes", [])])
        figure += nodes.raw("", content["html"], format="html")
        figure += nodes.caption("", "", *self._caption(content["caption"]))
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]


class ShownTable(_Shown):
    """A table: what `_table` takes, and optionally `"csv": [file name, data address]`."""

    def run(self) -> list[nodes.Node]:
        """Build the table node and the link below it."""
        content = self._content()
        table = self._table(content)
        if "csv" not in content:
            return [table]
        name, address = content["csv"]
        link = f'<p class="shown-csv"><a href="{address}" download="{name}">{name}</a></p>'
        return [table, nodes.raw("", link, format="html")]


class ProfileTable(_Shown):
    """The sizes of the profiles, read from `shalelib.config`; the content is the caption."""

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        columns = [
            "Profile",
            "Patch [pixel]",
            "Batch",
            "Steps",
            "Width",
            "SR width",
            "Test\npatches",
        ]
        rows = [
            [
                profile.name,
                f"{profile.train.patch} × {profile.train.patch}",
                f"{profile.train.batch}",
                f"{profile.train.total_steps:,}",
                f"{profile.train.ngf}",
                f"{profile.train.sr_width}",
                f"{profile.evaluation.crops}",
            ]
            for profile in PROFILES
        ]
        content = {
            "caption": " ".join(self.content),
            "head": [[(column, 1) for column in columns]],
            "body": rows,
            "align": ["left"] + ["right"] * (len(columns) - 1),
        }
        return [self._table(content)]


class VariantTable(_Shown):
    """The trained rows of Table 1, from `shalelib.models.variants`; the content is the caption.

    A row's name leads to its training, if that is a page of the book.
    """

    def run(self) -> list[nodes.Node]:
        """Build the table node."""
        facts = ["Row", "TXM pixels", "Adversarial\nloss", "Discriminator\nsees"]
        weights = ["L1", "Jacobian"]
        upper = [*(("", 1) for _ in facts), ("Weight of", len(weights))]
        table = self._table(
            {
                "caption": " ".join(self.content),
                "head": [upper, [(column, 1) for column in facts + weights]],
                "body": [_describe(variant) for variant in VARIANTS],
                "align": ["left"] * len(facts) + ["right"] * len(weights),
            }
        )
        rows = next(iter(table.findall(nodes.tbody))).children
        for row, variant in zip(rows, VARIANTS, strict=True):
            page = f"book/executed/02_train-{variant.name}"
            if page in self.env.found_docs:
                cell = row[0][0]
                link = addnodes.pending_xref(
                    "", refdomain="std", reftype="doc", refexplicit=True, reftarget=f"/{page}"
                )
                link += nodes.inline("", "", *cell.children)
                cell.children = []
                cell += link
        return [table]


def _describe(variant: Variant) -> list[str]:
    """One row of `VariantTable` as text.

    Examples
    --------
    >>> from shalelib.models.variants import get_variant
    >>> _describe(get_variant("srgan_2x_wgan"))
    ['SRGAN 2x (WGAN)', 'every 2nd', 'Wasserstein', 'FIB-SEM', '1000', '–']
    """
    seen = {1: "all", 2: "every 2nd", 4: "every 4th"}[variant.factor]
    loss = {"l1": "–", "vanilla": "vanilla", "wgan": "Wasserstein"}[variant.objective]
    judged = "both images" if variant.conditional else "FIB-SEM"
    return [
        variant.label,
        seen,
        loss,
        "–" if variant.objective == "l1" else judged,
        f"{variant.lambda_l1:g}",
        f"{variant.lambda_jac:g}" if variant.lambda_jac else "–",
    ]


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
        entry += nodes.paragraph("", "", nodes.Text(line))
    return entry


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
    """Register the directives, the numbering and the folding."""
    app.add_directive("shown-figure", ShownFigure)
    app.add_directive("shown-table", ShownTable)
    app.add_directive("profile-table", ProfileTable)
    app.add_directive("variant-table", VariantTable)
    app.connect("config-inited", add_edition)
    app.connect("doctree-read", fold_code)
    app.connect("env-get-updated", keep_paper_numbers, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
