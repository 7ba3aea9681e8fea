"""What search engines and screen readers are told of a page: description and heads of columns."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

LONGEST = 200  # characters of a description
HEAD = re.compile(r'<th (?=class="[^"]*\bhead\b)(?![^>]*scope=)')


def describe(
    _app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the description of a page, and the scope of the heads of its tables."""
    if doctree is None:
        return
    text = description(doctree)
    if text:
        tags = f'<meta name="description" content="{escape(text)}">'
        title = escape(re.sub("<[^>]+>", "", str(context.get("title", ""))))
        tags += f'<meta property="og:title" content="{title}">'
        tags += f'<meta property="og:description" content="{escape(text)}">'
        context["metatags"] = context.get("metatags", "") + tags
    context["body"] = HEAD.sub('<th scope="col" ', context.get("body", ""))


def description(doctree: nodes.document) -> str:
    """Return the first paragraph of a page's own text, cut at the end of a word."""
    for section in doctree.findall(nodes.section):
        for child in section:
            if isinstance(child, nodes.paragraph):
                text = " ".join(child.astext().split())
                if len(text) <= LONGEST:
                    return text
                return text[: LONGEST - 1].rpartition(" ")[0] + "…"
    return ""
