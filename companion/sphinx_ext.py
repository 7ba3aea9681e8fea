"""The Sphinx extension of this book: `companion.site.sphinx_ext` and three tables of its own."""

from typing import Any

from sphinx.application import Sphinx

from companion.book_tables import HeadlineTable, ProfileTable, VariantTable
from companion.site import sphinx_ext


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the machinery and the three directives."""
    about = sphinx_ext.setup(app)
    app.add_directive("profile-table", ProfileTable)
    app.add_directive("variant-table", VariantTable)
    app.add_directive("headline-table", HeadlineTable)
    return about
