"""Write the README's picture: Figure 3 as the book of a profile shows it (make picture)."""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path

import nbformat
from checkout import ROOT
from PIL import Image

WIDTH = 1000  # pixels


CELL = 'name=run.label("figure-3")'


def figure_of(notebook: nbformat.NotebookNode) -> Image.Image:
    """Return the figure that an executed notebook shows on a wide screen.

    Raises
    ------
    SystemExit
        It shows none.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()) if CELL in cell.source else ():
            html = output.get("data", {}).get("text/html", "")
            # a source before it is for telephones
            found = re.search(r'<img [^>]*src="data:image/(?:png|webp);base64,([^"]+)"', html)
            if found:
                return Image.open(io.BytesIO(base64.b64decode(found.group(1)))).convert("L")
    msg = f"no cell with {CELL} shows an image; run the notebook first (make book)"
    raise SystemExit(msg)


def main(executed: Path) -> None:
    """Take the figure out of the executed notebook and store it at a modest size."""
    image = figure_of(nbformat.read(executed, as_version=4))
    image.thumbnail((WIDTH, 10 * WIDTH))
    image.save(ROOT / "book" / "_static" / "figure-3.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
