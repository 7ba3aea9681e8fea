"""A value that the book tells of, marked with what it is of: the same quantity, the same words.

``told("13.59", "psnr/no_model/patches")`` is MyST of a role that `companion.site.sphinx_ext` knows.
It may stand in a sentence, a caption or a cell of a table; what is not the book shows `plain` text.
`companion.site.check_site` finds pages that print two values of one quantity.
"""

from __future__ import annotations

import re

TOLD = re.compile(r"\{told\}`([^`<]+) <([^`>\s]+)>`")
CLASS = "told"
PREFIX = "of:"


def told(text: str, of: str) -> str:
    """Mark a value with the quantity that it is of.

    Parameters
    ----------
    text : str
        The value as it is printed, alone: no unit, no interval.
    of : str
        The quantity, without spaces: parts joined by slashes, such as ``psnr/no_model/patches``.

    Raises
    ------
    ValueError
        A text or quantity that the role could not carry.

    Examples
    --------
    >>> told("13.59", "psnr/no_model/patches")
    '{told}`13.59 <psnr/no_model/patches>`'
    >>> plain("PSNR " + told("13.59", "psnr/no_model/patches") + " dB")
    'PSNR 13.59 dB'
    """
    marked = f"{{told}}`{text} <{of}>`"
    if not TOLD.fullmatch(marked):
        msg = f"a value is text without ` and <, of a quantity without spaces, got {text!r}, {of!r}"
        raise ValueError(msg)
    return marked


def plain(text: str) -> str:
    """Return a text without the marks."""
    return TOLD.sub(r"\1", text)


def pieces(text: str) -> list[tuple[str, str]]:
    """Split a text at its marks: pairs of text and quantity, which is empty outside the marks.

    Examples
    --------
    >>> pieces("k " + told("41", "k/truth") + " nd")
    [('k ', ''), ('41', 'k/truth'), (' nd', '')]
    """
    found: list[tuple[str, str]] = []
    end = 0
    for match in TOLD.finditer(text):
        found.append((text[end : match.start()], ""))
        found.append((match[1], match[2]))
        end = match.end()
    return [pair for pair in [*found, (text[end:], "")] if pair[0]]
