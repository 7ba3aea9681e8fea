"""Write the README's picture: Figure 3 as the book of a profile shows it (make picture)."""

from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path

import nbformat
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 1000  # pixels


def main(executed: Path) -> None:
    """Take the figure out of the executed notebook and store it at a modest size."""
    notebook = nbformat.read(executed, as_version=4)
    html = next(
        output.data["text/html"]
        for cell in notebook.cells
        if 'name="figure-3"' in cell.source
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    )
    encoded = re.search(r"data:image/(?:png|webp);base64,([A-Za-z0-9+/=]+)", html)
    image = Image.open(io.BytesIO(base64.b64decode(encoded.group(1)))).convert("L")
    image.thumbnail((WIDTH, 10 * WIDTH))
    image.save(ROOT / "book" / "_static" / "figure-3.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
