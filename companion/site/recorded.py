"""The HTML of figures, for a page and for the files that ``record-figure`` shows on another."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from companion.site._bundle import grey_image, slice_count
from companion.site._themes import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def record_figure(
    path: Path, fig: "Figure", *, alt: str, narrow: "Figure | None" = None, invert: bool = False
) -> None:
    """Write a matplotlib figure to a file that ``record-figure`` shows on a page of text.

    Parameters
    ----------
    path : Path
        HTML file in the folder of results.
    fig, alt, narrow, invert
        As for `companion.site.display.show_figure`.
    """
    html = figure_html(fig, alt=alt, narrow=narrow, invert=invert)
    path.write_text(html, encoding="utf-8")


def figure_html(
    fig: "Figure", *, alt: str, narrow: "Figure | None" = None, invert: bool = False
) -> str:
    """Return the HTML of a matplotlib figure, and close it.

    Parameters are those of `companion.site.display.show_figure`.
    """
    import matplotlib.pyplot as plt

    html = drawing(fig, narrow, alt=alt, invert=invert)
    for drawn in filter(None, (fig, narrow)):
        plt.close(drawn)
    return html


def slices_html(
    panels: Mapping[str, NDArray[np.uint8]],
    *,
    alt: str,
    labels: list[str] | None = None,
    start: int | None = None,
    lossless: bool = False,
    columns: int = 4,
    what: str = "Slice",
) -> tuple[str, str]:
    """Return the HTML of panels of slices with a slider, and that of one slice without it.

    Parameters are those of `companion.site.display.show_slices`; at most `columns` panels stand
    side by side, on a phone two rows too. The first can be written to a file for the directive
    ``record-figure``.
    """
    count = slice_count(panels)
    labels = labels or [f"slice {i + 1} of {count}" for i in range(count)]
    start = count // 2 if start is None else start
    if len(labels) != count or not 0 <= start < count:
        msg = (
            f"{count} slices need {count} labels and 0 <= start < {count}, got {len(labels)} "
            f"labels and start={start}"
        )
        raise ValueError(msg)
    sources = {
        title: [grey_image(image, lossless=lossless) for image in images]
        for title, images in panels.items()
    }
    content = json.dumps({"labels": labels, "panels": list(sources.values())})
    pictures = "".join(
        f'<div class="shown-slice"><img src="{images[start]}" '
        f'alt="{escape(f"{title} {labels[start]}".strip())}" data-title="{escape(title)}" '
        f'width="{panels[title].shape[2]}" height="{panels[title].shape[1]}">'
        f"<span>{escape(title)}</span></div>"
        for title, images in sources.items()
    )
    html = (
        f'<div class="shown-slices" role="group" aria-label="{escape(alt)}">'
        f'<div class="shown-slices-row{" several" * (len(panels) > columns)}" '
        f'style="--columns: {columns}">{pictures}</div>'
        f'<div class="shown-slices-bar"><input type="range" min="0" max="{count - 1}" '
        f'value="{start}" step="1" aria-label="{escape(what)}" '
        f'aria-valuetext="{escape(labels[start])}">'
        f'<output aria-live="polite">{escape(labels[start])}</output></div>'
        f'<script type="application/json">{content.replace("<", chr(92) + "u003c")}</script>'
        f"<noscript><p>Moving through the slices needs JavaScript.</p></noscript></div>"
    )
    still = f'<div style="display:flex;gap:8px">{pictures}</div>'
    return html, still
