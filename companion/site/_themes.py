"""A matplotlib figure for both themes of a page: the light one and the dark one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from companion.site._bundle import COLUMN, PHONE_COLUMN, laid_out, picture
from companion.site._phone import for_phone

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRENGTH = 0.91  # of the inversion, as in custom.css
COLOURED = 0.1  # least spread of red, green and blue of what is not grey


def drawing(fig: Figure, narrow: Figure | None, *, alt: str, invert: bool) -> str:
    """Write a figure as HTML for both themes.

    Line art is inverted by the page (`invert`). Photographs must not be, so a figure with some is
    written twice: as it is, and with light ink on no ground. The second is hidden but on a dark
    page. Without a narrow version one is laid out (`companion.site._phone`).
    """
    narrow = narrow or for_phone(fig)
    wide = laid_out(fig, COLUMN)
    slim = laid_out(narrow, PHONE_COLUMN) if narrow is not None else None
    if invert:
        return picture(wide, slim, alt=alt, kind="shown-image invert")
    light = picture(wide, slim, alt=alt, kind="shown-image light")
    for drawn in filter(None, (fig, narrow)):
        lighten_ink(drawn)
    return light + picture(wide, slim, alt=alt, kind="shown-image dark")


def lighten_ink(fig: Figure) -> None:
    """Turn dark grey text, lines and edges light, and make the white ground transparent.

    Images, filled areas and colours stay, and so does text on a box of its own.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import FancyArrowPatch, Patch
    from matplotlib.text import Annotation, Text

    fig.patch.set_alpha(0)
    for axis in fig.axes:
        axis.patch.set_alpha(0)
        if legend := axis.get_legend():
            legend.get_frame().set_alpha(0)
    for text in fig.findobj(Text):
        if not text.get_bbox_patch():
            text.set_color(light(text.get_color()))
    for line in fig.findobj(Line2D):
        line.set_color(light(line.get_color()))
        line.set_markeredgecolor(light(line.get_markeredgecolor()))
    arrows = [text.arrow_patch for text in fig.findobj(Annotation) if text.arrow_patch]
    for patch in [*fig.findobj(Patch), *arrows]:
        patch.set_edgecolor(light(patch.get_edgecolor()))
        if isinstance(patch, FancyArrowPatch):
            patch.set_facecolor(light(patch.get_facecolor()))


def light(colour: Any) -> Any:
    """Return the inverse of a dark grey, and any other colour as it is.

    Examples
    --------
    >>> [round(float(part), 2) for part in light("black")]
    [0.91, 0.91, 0.91, 1.0]
    >>> light("white"), light("#1f5a7a"), light("none")
    ('white', '#1f5a7a', 'none')
    """
    from matplotlib.colors import to_rgba

    *rgb, alpha = to_rgba(colour)
    if alpha == 0 or max(rgb) - min(rgb) > COLOURED or sum(rgb) > 1.5:
        return colour
    return (*(STRENGTH + (1 - 2 * STRENGTH) * part for part in rgb), alpha)
