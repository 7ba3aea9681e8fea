"""Parts of what `companion.site.display` puts in a notebook: images, table cells, directives."""

import base64
import io
import json
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from companion.site._page import LEAST_TEXT
from companion.site.numbers import DASH, MINUS, number
from companion.site.told import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

LARGEST_OUTPUT = 6_000_000  # characters; a page of the book stays below 8 MB
LARGEST_PNG = 60_000  # bytes
PIXELS = 100  # of a page, to an inch of a figure
COLUMN = 784  # pixels of the column of text on a screen of 1400
PHONE = 576  # pixels of a screen, up to which it is a phone's
PHONE_COLUMN = 358  # pixels of the column of text on a phone of 390
NUMBER = re.compile(
    DASH + r"|<?[-+±" + MINUS + r"]?\d[\d.,]*[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*"
    r"\s*(%|[\[(±|].*|× 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹].*)?|\[.*\]"
    r"|" + DASH + r" \| .*",
    re.DOTALL,
)


def check(*, name: str, caption: str, alt: str) -> None:
    """Refuse a label, caption or alternative text that the book could not use."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        msg = f"name must be lower-case words joined by hyphens, such as 'figure-3', got {name!r}"
        raise ValueError(msg)
    for what, text in (("caption", caption), ("alt", alt)):
        if not text.strip() or "\n" in text:
            msg = f"{what} of {name!r} must be one line of text, got {text!r}"
            raise ValueError(msg)


def publish_figure(
    html: str,
    *,
    name: str,
    caption: str,
    alt: str,
    jupyter: str | None = None,
    csv: tuple[str, bytes] | None = None,
) -> None:
    """Put a figure in the notebook's output.

    `jupyter` is what Jupyter shows if not `html`; `csv` is the name and content of its data.
    """
    if len(html) > LARGEST_OUTPUT:
        msg = (
            f"{name!r} takes {len(html) / 1e6:.1f} MB in the page, at most "
            f"{LARGEST_OUTPUT / 1e6:.0f} are allowed; show fewer slices, a crop or fewer points"
        )
        raise ValueError(msg)
    below = f"<p><em>{escape(plain(caption))}</em></p>"
    content: dict[str, Any] = {"caption": caption, "html": html}
    if csv is not None:
        content["csv"] = csv_link(*csv)
    publish(as_directive("shown-figure", name, content), html=(jupyter or html) + below, plain=alt)


def csv_link(name: str, data: bytes) -> list[str]:
    """Return what a link to a CSV file needs: its name, and an address that carries its bytes."""
    return [escape(name), "data:text/csv;base64," + base64.b64encode(data).decode()]


def as_directive(kind: str, name: str, content: Mapping[str, Any]) -> str:
    """Write a directive whose content is one line of JSON, so that no markup can end it."""
    fence = ":" * 8
    return f"{fence}{{{kind}}}\n:name: {name}\n\n{json.dumps(content)}\n{fence}\n"


def publish(markdown: str, *, html: str, plain: str) -> None:
    """Put one output of three forms in the notebook: for the book, Jupyter and a terminal."""
    from IPython.display import display

    bundle = {"text/markdown": markdown, "text/html": html, "text/plain": plain}
    display(bundle, raw=True)


class Laid(NamedTuple):
    """A figure that is laid out, once for all its images: its colours alone may change yet."""

    fig: "Figure"
    box: "Bbox"  # without empty margins [inch]
    text: float  # size of its smallest text where it is shown [pixel]


def laid_out(fig: "Figure", column: int) -> Laid:
    """Lay out a figure as fine as it is saved, for a column of so many pixels."""
    from matplotlib import rcParams

    if rcParams["savefig.dpi"] != "figure":
        fig.set_dpi(rcParams["savefig.dpi"])
    box = make_legible(fig, column)
    fig.set_layout_engine(None)
    return Laid(fig, box, shown_text(fig, box.width, column))


def picture(fig: Laid, narrow: Laid | None, *, alt: str, kind: str = "shown-image") -> str:
    """Write a matplotlib figure as an image, with a narrow version for a phone if there is one.

    The size of its smallest text where it is shown goes along, for `companion.site.check_site`.
    An image of the kind "dark" is hidden where no style sheet shows it.
    """
    sizes = [laid.text for laid in (fig, narrow) if laid is not None]
    told = f'data-text="{min(sizes):.1f}" ' if all(sizes) else ""
    told += "hidden " if kind.endswith("dark") else ""
    width = round(fig.box.width * PIXELS)
    image = f'<img class="{kind}" src="{png(fig)}" alt="{escape(alt)}" {told}width="{width}">'
    if narrow is None:
        return image
    source = f'<source media="(max-width: {PHONE}px)" srcset="{png(narrow)}">'
    return f"<picture>{source}{image}</picture>"


def shown_text(fig: "Figure", inches: float, column: int) -> float:
    """Return the size [pixel] of the smallest text of a figure, so wide, in a column of pixels."""
    return smallest_text(fig) * PIXELS / 72 * min(1.0, column / (inches * PIXELS))


def make_legible(fig: "Figure", column: int) -> "Bbox":
    """Enlarge text that would be smaller than `LEAST_TEXT` where the figure is shown.

    Returns what of the figure is saved, as `box_saved`.
    """
    from matplotlib.text import Text

    for _ in range(3):  # larger text may make the figure wider
        box = box_saved(fig)
        least = 1.01 * LEAST_TEXT * 72 / PIXELS * max(1.0, box.width * PIXELS / column)
        small = [text for text in fig.findobj(Text) if float(text.get_fontsize()) < least]
        if not small:
            return box
        for text in small:
            text.set_fontsize(least)
    return box_saved(fig)


def box_saved(fig: "Figure") -> "Bbox":
    """Return what `png` saves of a figure: all but empty margins [inch]."""
    if engine := fig.get_layout_engine():
        engine.execute(fig)
    return fig.get_tightbbox()


def smallest_text(fig: "Figure") -> float:
    """Return the size of the smallest text that a figure shows [pt]; 0 without text."""
    from matplotlib.text import Text

    shown = (
        text.get_fontsize()
        for text in fig.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text.get_window_extent().width
    )
    return float(min(shown, default=0.0))


def png(laid: Laid) -> str:
    """Write a matplotlib figure as the address of a PNG that carries its own bytes.

    Matplotlib's setting ``savefig.dpi`` says how fine, see `companion.run.open_run`.
    A large one becomes a WebP without loss, half the size; one without a ground, which is there
    beside one that has it, may lose a little.
    """
    from matplotlib import rcParams

    buffer = io.BytesIO()
    box = laid.box.padded(rcParams["savefig.pad_inches"])
    laid.fig.savefig(buffer, format="png", bbox_inches=box, metadata={"Software": None})
    if buffer.tell() <= LARGEST_PNG:
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    from PIL import Image

    clear = laid.fig.patch.get_alpha() == 0
    image = Image.open(buffer).convert("RGBA" if clear else "RGB")
    ways: list[dict[str, Any]] = [{"lossless": True, "method": 3}, {"quality": 90}]
    found = []
    for way in ways if clear else ways[:1]:
        smaller = io.BytesIO()
        image.save(smaller, format="webp", **way)
        found.append(smaller.getvalue())
    return "data:image/webp;base64," + base64.b64encode(min(found, key=len)).decode()


def grey_image(image: NDArray[np.uint8], *, lossless: bool) -> str:
    """Write a (y, x) uint8 image as the address of a PNG or JPEG that carries its own bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    kind, options = ("png", {"optimize": True}) if lossless else ("jpeg", {"quality": 85})
    Image.fromarray(image).save(buffer, format=kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode()


def slice_count(panels: Mapping[str, NDArray[np.uint8]]) -> int:
    """Count the slices, the same number in all panels."""
    for title, images in panels.items():
        if images.ndim != 3 or images.dtype != np.uint8 or not images.size:
            msg = (
                f"a stack of slices is an (n, y, x) uint8 array, got {images.shape} "
                f"{images.dtype} for {title!r}; scale it with shalelib.arrays first"
            )
            raise ValueError(msg)
    counts = {len(images) for images in panels.values()}
    if len(counts) != 1:
        msg = f"panels must have the same number of slices, got {sorted(counts)}"
        raise ValueError(msg)
    return counts.pop()


def is_numeric(column: pd.Series) -> bool:
    """Say whether a column holds numbers, also as text with an interval; they stand at the right.

    Examples
    --------
    >>> is_numeric(pd.Series(["13.6", "[0.13, 0.19]", "−0.4 [−1, 0.2]", "94.0%", "–", "", None]))
    True
    >>> is_numeric(pd.Series(["128 × 128"])), is_numeric(pd.Series(["0, 2, 4"]))
    (False, False)
    """
    if pd.api.types.is_numeric_dtype(column):
        return not pd.api.types.is_bool_dtype(column)
    known = column.dropna()
    texts = [text for value in known if (text := plain(str(value)))]
    return all(map(NUMBER.fullmatch, texts)) and bool(texts or known.empty)


def cell_text(value: object, form: str | None = None) -> str:
    """Write one cell of a table.

    Examples
    --------
    >>> cell_text(-0.123456), cell_text(3.14159, ".2f"), cell_text(pd.NA), cell_text(True)
    ('−0.1235', '3.14', '–', 'yes')
    """
    if value is None or value is pd.NA:
        return DASH
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return number(int(value), form or ".0f")
    if isinstance(value, float | np.floating):
        return number(float(value), form or ".4g")
    return str(value)


def head_rows(columns: list[Any]) -> list[list[tuple[str, int]]]:
    """Write the rows of a table's head as (text, columns spanned).

    A name of one level stands in the lowest row.

    Examples
    --------
    >>> head_rows([("model", ""), ("PSNR", "paper"), ("PSNR", "ours")])
    [[('', 1), ('PSNR', 2)], [('model', 1), ('paper', 1), ('ours', 1)]]
    """
    levels = max(len(c) if isinstance(c, tuple) else 1 for c in columns)
    padded = []
    for column in columns:
        parts = [str(part) for part in (column if isinstance(column, tuple) else (column,))]
        parts = [part for part in parts if part]
        padded.append([""] * (levels - len(parts)) + parts)
    rows = []
    for level in range(levels):
        cells: list[tuple[str, int]] = []
        for parts in padded:
            text = parts[level]
            if level < levels - 1 and text and cells and cells[-1][0] == text:
                cells[-1] = (text, cells[-1][1] + 1)
            else:
                cells.append((text, 1))
        rows.append(cells)
    return rows
