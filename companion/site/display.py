"""Show figures, tables and slices from a notebook, numbered in the book and usable offline.

Each `show_*` puts one output in the notebook. The book reads its `text/markdown` part, a directive
of `companion.site.sphinx_ext`, and makes a numbered, captioned, cross-referenced object of it;
Jupyter shows its `text/html` part. Nothing refers to an address outside the book.

`name` is the label that prose refers to, as in ``{numref}`table-1` ``. `table-N` and `figure-N`
are the paper's and keep its numbers; any other name is ours and is numbered S1, S2, ...
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from companion.site._bundle import (
    COLUMN,
    as_directive,
    cell_text,
    check,
    csv_link,
    head_rows,
    is_numeric,
    laid_out,
    picture,
    publish,
    publish_figure,
)
from companion.site.controls import Control, markup
from companion.site.drawn import csv_of
from companion.site.numbers import column_form
from companion.site.recorded import figure_html, slices_html
from companion.site.told import plain

if TYPE_CHECKING:
    import plotly.graph_objects
    from matplotlib.figure import Figure


def show_figure(
    fig: "Figure",
    *,
    name: str,
    caption: str,
    alt: str,
    invert: bool = False,
    narrow: "Figure | None" = None,
    csv: str | Path | None = None,
) -> None:
    """Show a matplotlib figure as a numbered figure of the book, and close it.

    Parameters
    ----------
    fig : matplotlib Figure
        Drawn on white.
    name : str
        Label, such as `figure-3` (the paper's Figure 3) or `loss-pix2pix` (ours).
    caption : str
        One paragraph of MyST.
    alt : str
        What a reader who cannot see the figure should know.
    invert : bool
        For line art without photographs: the dark theme shows light lines on dark, hues kept.
        Otherwise it shows the photographs as they are, with light text between them.
    narrow : matplotlib Figure, optional
        The same, drawn for a phone (about 3.6 inches wide); by default its panels are laid out
        again in that width.
    csv : path, optional
        The CSV file of what is drawn, offered below the figure; by default the points, curves
        and bars of its panels, if there are any.
    """
    check(name=name, caption=caption, alt=alt)
    data = csv_of(fig, name) if csv is None else (Path(csv).name, Path(csv).read_bytes())
    html = figure_html(fig, alt=alt, narrow=narrow, invert=invert)
    publish_figure(html, name=name, caption=caption, alt=alt, csv=data)


def show_plotly(
    fig: "plotly.graph_objects.Figure",
    *,
    name: str,
    caption: str,
    alt: str,
    static: "Figure | None" = None,
    controls: Sequence[Control] = (),
) -> None:
    """Show a Plotly figure, drawn by the book's own plotly.min.js.

    Three-dimensional scenes turn with the mouse, by touch or with the arrow keys.

    Parameters
    ----------
    fig : plotly Figure
        With at least one trace. Colours of paper, text and axes follow the reader's theme.
    name, caption, alt : str
        As in `show_figure`.
    static : matplotlib Figure, optional
        What readers without JavaScript, and Jupyter, see instead; without it they see `alt`.
    controls : sequence of Control, optional
        Sliders and choices under the figure, see `companion.site.controls`.
    """
    check(name=name, caption=caption, alt=alt)
    if not fig.data:
        msg = f"figure {name!r} has no traces, so it would be blank; add one before showing it"
        raise ValueError(msg)
    height = int(fig.layout.height or 480)
    content = fig.to_json().replace("<", "\\u003c")
    instead, data = f"<p>{escape(alt)}</p>", None
    if static is not None:
        import matplotlib.pyplot as plt

        data = csv_of(static, name)
        instead = picture(laid_out(static, COLUMN), None, alt=alt)
        plt.close(static)
    html = (
        f'<div class="shown-plotly" role="group" aria-label="{escape(alt)}" '
        f'style="min-height:{height}px"><script type="application/json">{content}</script>'
        f"{markup(controls)}<noscript>{instead}</noscript></div>"
    )
    publish_figure(html, name=name, caption=caption, alt=alt, jupyter=instead, csv=data)


def show_slices(
    stack: NDArray[np.uint8] | Mapping[str, NDArray[np.uint8]],
    *,
    name: str,
    caption: str,
    alt: str,
    labels: list[str] | None = None,
    start: int | None = None,
    lossless: bool = False,
    what: str = "Slice",
) -> None:
    """Show a stack of grey slices with a slider: mouse, touch or arrow keys.

    Parameters
    ----------
    stack : (n, y, x) uint8 array, or mapping of panel title to such arrays of one length
        Panels of a mapping stand side by side and move together.
    name, caption, alt : str
        As in `show_figure`; `alt` describes the stack as a whole.
    labels : list of str, optional
        What to call each slice; by default "slice 1 of n", ...
    start : int, optional
        Index of the slice shown first (and without JavaScript); by default the middle one.
    lossless : bool
        PNG in place of JPEG at quality 85, for labels and masks.
    what : str
        What the slider sets, for those who cannot see it.
    """
    check(name=name, caption=caption, alt=alt)
    panels = dict(stack) if isinstance(stack, Mapping) else {"": stack}
    html, still = slices_html(
        panels, alt=alt, labels=labels, start=start, lossless=lossless, what=what
    )
    publish_figure(html, name=name, caption=caption, alt=alt, jupyter=still)


def show_table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    csv: str | Path | None = None,
    formats: Mapping[Any, str] | None = None,
    wide: str = "",
) -> None:
    """Show a table, numbered as a table, with its CSV to download.

    Parameters
    ----------
    frame : DataFrame
        An index with a name, or one that is not 0, 1, 2, ..., becomes the first columns. Columns
        of two levels get a head of two rows.
    name, caption : str
        As in `show_figure`; `table-1` is the paper's Table 1.
    csv : path, optional
        The CSV file that the notebook wrote, offered as it is; by default the values of `frame`.
    formats : mapping of column to format specification, optional
        Such as ``{"PSNR": ".2f"}``. Other floats get four significant digits; a missing value is
        shown as a dash.
    wide : str
        Why the table may be wider than the column of a page, one sentence; it is said in the
        caption. Without a reason a test of the built book refuses a table that has to scroll.
    """
    caption = f"{caption} {wide}" if wide else caption
    check(name=name, caption=caption, alt="a table")
    if frame.empty:
        msg = f"table {name!r} has no rows; show_notice says why a result is missing"
        raise ValueError(msg)
    formats = dict(formats or {})
    if unknown := [column for column in formats if column not in frame.columns]:
        msg = f"formats names {unknown}, but the columns are {list(frame.columns)}"
        raise ValueError(msg)
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None):
        frame = frame.reset_index()
    file_name, data = f"{name}.csv", plain(frame.to_csv(index=False)).encode()
    if csv is not None:
        file_name, data = Path(csv).name, Path(csv).read_bytes()
    floats = [name for name in frame.columns if pd.api.types.is_float_dtype(frame[name])]
    formats |= {name: column_form(frame[name], formats.get(name, ".4g")) for name in floats}
    align = ["right" if is_numeric(frame[column]) else "left" for column in frame.columns]
    body = [
        [cell_text(v, formats.get(head)) for head, v in zip(frame.columns, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]
    content = {
        "caption": caption,
        "head": head_rows(list(frame.columns)),
        "body": body,
        "align": align,
        "classes": ["wide"] if wide else [],
        "csv": csv_link(file_name, data),
    }
    shown = pd.DataFrame(body, columns=frame.columns).map(lambda c: plain(c).replace("\n", " "))
    html = f"<p><em>{escape(plain(caption))}</em></p>{shown.to_html(index=False, border=0)}"
    text = plain(frame.to_string(index=False))
    publish(as_directive("shown-table", name, content), html=html, plain=text)


def show_notice(
    text: str, *, name: str, caption: str, kind: Literal["table", "figure"] = "figure"
) -> None:
    """Show, in place of a result that could not be made, why; the label keeps its place.

    Prose that refers to `name` still finds it, so the book builds without the result.
    """
    check(name=name, caption=caption, alt=text)
    if kind == "table":
        content = {
            "caption": caption,
            "head": [[["Not available", 1]]],
            "body": [[text]],
            "align": ["left"],
            "classes": ["shown-notice"],
        }
        directive = as_directive("shown-table", name, content)
    elif kind == "figure":
        content = {
            "caption": caption,
            "html": f'<p class="shown-instead"><strong>Not available.</strong> {escape(text)}</p>',
            "classes": ["shown-notice"],
        }
        directive = as_directive("shown-figure", name, content)
    else:
        msg = f"kind must be 'table' or 'figure', got {kind!r}"
        raise ValueError(msg)
    publish(directive, html=f"<p><strong>Not available.</strong> {escape(text)}</p>", plain=text)


def show_sentences(sentences: Sequence[str]) -> None:
    """Show what was found in computed sentences, one a point of a list.

    Parameters
    ----------
    sentences : sequence of str
        One line of MyST each.

    Raises
    ------
    ValueError
        There is none, or one is empty or longer than a line.
    """
    if not sentences or not all(text.strip() and "\n" not in text for text in sentences):
        msg = f"sentences must be lines of text, at least one, got {list(sentences)}"
        raise ValueError(msg)
    markdown = "".join(f"- {text}\n" for text in sentences)
    html = "<ul>" + "".join(f"<li>{escape(plain(text))}</li>" for text in sentences) + "</ul>"
    publish(markdown, html=html, plain=plain(markdown))


def show_folded(title: str, text: str) -> None:
    """Show a line of text that opens on a click, such as the answers to a question.

    Parameters
    ----------
    title, text : str
        One line of MyST each.

    Raises
    ------
    ValueError
        One is empty or longer than a line.
    """
    for line in (title, text):
        if not line.strip() or "\n" in line:
            msg = f"a folded text and its title must be one line each, got {line!r}"
            raise ValueError(msg)
    markdown = f":::{{dropdown}} {title}\n{text}\n:::\n"
    html = f"<details><summary>{escape(title)}</summary>{escape(text)}</details>"
    publish(markdown, html=html, plain=f"{title}: {text}")
