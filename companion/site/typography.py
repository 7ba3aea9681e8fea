"""Typography of the pages' text: what stays in one line, and symbols with an index."""

from __future__ import annotations

import re

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

_SPACES = (
    re.compile(r"(?<=\d) (?=× ?\d)|(?<=\d ×) (?=\d)"),
    re.compile(r"(?<=,) (?=[^\s\[\],]+\])"),  # of an interval
    re.compile(r"(?<=[\d⁰¹²³⁴⁵⁶⁷⁸⁹\]]) (?=(?:nd|nat|dB|nm|µm|MPa|GB|MB|ms|s)\b)"),
)
_BAR = re.compile(r"(?<=\|)(?=∂)|(?<=/)(?=∂)")  # a line may break after a bar and a stroke
_INDEXED = re.compile(r"(λ)_(jac|L1)\b")
_AS_WRITTEN = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def unbroken(text: str) -> str:
    """Keep products, intervals, derivatives and numbers with their units in one line.

    Examples
    --------
    >>> unbroken("410 [252, 585] nd, 2 × 10⁻⁴ s, 9 [a]").replace("\N{NO-BREAK SPACE}", "~")
    '410 [252,~585]~nd, 2~×~10⁻⁴~s, 9 [a]'
    """
    for spaces in _SPACES:
        text = spaces.sub("\N{NO-BREAK SPACE}", text)
    return _BAR.sub("\N{WORD JOINER}", text)


def pieces(text: str) -> list[nodes.Node]:
    """Return the nodes of a text: an index after an underscore is set below the line.

    Examples
    --------
    >>> [piece.astext() for piece in pieces("With λ_jac at 0")]
    ['With λ', 'jac', ' at 0']
    """
    found: list[nodes.Node] = []
    start = 0
    for match in _INDEXED.finditer(text):
        found += [nodes.Text(text[start : match.end(1)]), nodes.subscript("", match[2])]
        start = match.end()
    return [*found, nodes.Text(text[start:])] if start < len(text) else found


def set_type(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Set all text of a page, but for code and formulas."""
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, _AS_WRITTEN):
            text.parent.replace(text, pieces(unbroken(text.astext())))
