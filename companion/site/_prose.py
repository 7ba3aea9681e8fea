"""The prose of a page of the book: which numbers stand in it that no result has filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from companion.site.told import CLASS, PREFIX

FILLED = "filled"
VOID = {"br", "img", "hr", "input", "meta", "link", "source", "wbr", "col"}
BLOCKS = {"p", "li", "dd", "dt"}
UNREAD_TAGS = {"figure", "table", "pre", "code", "script", "style", "details", "math"} | {
    f"h{k}" for k in range(1, 7)
}
CITES = ("references.html#", "doi.org/")
UNREAD = {"cell_input", "cell_output", "summary", "provenance", "math", "citation", "shown-csv"}
CITED = "\N{WORD JOINER}"  # stands where a citation, a quotation or a reference stood

NUMBER = re.compile(r"(?<![\w.,^_/–-])[-−+]?\d[\d,]*(?:\.\d+)?(?!\w|[.,]\d|-[A-Za-z])")
NAME = re.compile(r"(?:Tables?|Figures?|Sections?|Chapters?|Python|version)\W+$")
INTERVAL = re.compile(r"95\s?% (?:bootstrap )?intervals?")
YEAR = re.compile(r"(?:1[89]|20)\d\d")
SENTENCE = re.compile(r"(?<=[.!?])(?<!\s[A-Z]\.)\s+(?=[A-Z“])")
POWER = r"10\^\{?-?\d+\}?"
LONE = re.compile(rf"\\\(([-−+]?\d[\d.,]*°?(?:\s*\\times\s*{POWER})?|{POWER})\\\)")
"""Mathematics that is a number and nothing else."""
QUOTED = re.compile(r"“[^”]*”")
SOURCE = re.compile(r"\b(?:[Tt]he paper|authors?|published)\b|" + CITED)


@dataclass(kw_only=True)
class Prose:
    """What a page says in words.

    Attributes
    ----------
    paragraphs : list of str
        Outside tables, figures, code, formulae, headings and what notebooks put out. A number alone
        between dollar signs is none of these.
    told : list of (quantity, text)
        Values that are marked with the quantity that they are of, wherever they stand.
    """

    paragraphs: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)


def read_prose(html: str) -> Prose:
    """Read the article of a page.

    Examples
    --------
    >>> read_prose("<article><p>It is <span class='filled'>3</span> nd.</p></article>").paragraphs
    ['It is  nd.']
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.prose


def typed_numbers(paragraph: str) -> list[str]:
    """Return the numbers of a paragraph that nothing stands for.

    A number may be part of a name (Table 1, 2-D, SRGAN 4x, a 95% interval), a year, inside a
    quotation, or in a sentence that cites somebody or says what the paper does. A paragraph that
    begins with the paper is about the paper. Numbers of a definition stand in a formula.

    Examples
    --------
    >>> typed_numbers("The best of 11 networks has 14.2 dB in Table 1.")
    ['11', '14.2']
    >>> typed_numbers("The paper has 16.57 dB. A 2-D image, as “28 of 30” said in 2021.")
    []
    """
    if paragraph.lstrip().startswith("The paper"):
        return []
    found = []
    for sentence in SENTENCE.split(INTERVAL.sub("", QUOTED.sub(CITED, paragraph))):
        if SOURCE.search(sentence):
            continue
        for match in NUMBER.finditer(sentence):
            if not NAME.search(sentence[: match.start()]) and not YEAR.fullmatch(match[0]):
                found.append(match[0])
    return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.prose = Prose()
        self.open: list[tuple[str, bool]] = []  # (tag, whether what is in it is read)
        self.blocks: list[str] = []  # texts of open blocks
        self.value: tuple[int, str, str] | None = None  # depth, quantity and text of a told value
        self.article = 0
        self.formula = False  # whether what comes next is mathematics in a sentence that is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        attributes = {key: value or "" for key, value in attrs}
        classes = attributes.get("class", "").split()
        read = self.open[-1][1] if self.open else True
        self.formula = read and tag == "span" and "math" in classes
        self.article += tag == "article"
        if tag in BLOCKS:
            self.blocks.append("")
        if CLASS in classes:
            of = next((c.removeprefix(PREFIX) for c in classes if c.startswith(PREFIX)), "")
            self.value = (len(self.open), of, "")
        elif tag == "a" and self.blocks and read:
            cited = any(place in attributes.get("href", "") for place in CITES)
            self.blocks[-1] += CITED if cited else ""
        unread = tag in UNREAD_TAGS or UNREAD & set(classes) or {CLASS, FILLED} & set(classes)
        self.open.append((tag, read and not unread and tag != "a"))

    def handle_data(self, data: str) -> None:
        if self.value is not None:
            depth, of, text = self.value
            self.value = (depth, of, text + data)
        if not (self.article and self.blocks and self.open):
            return
        if self.open[-1][1]:
            self.blocks[-1] += data
        elif self.formula and (lone := LONE.fullmatch(data.strip())):
            self.blocks[-1] += lone[1]

    def handle_endtag(self, tag: str) -> None:
        self.formula = False
        if tag in VOID or tag not in [name for name, _ in self.open]:
            return
        while self.open:
            name, _ = self.open.pop()
            if self.value is not None and self.value[0] == len(self.open):
                self.prose.told.append(self.value[1:])
                self.value = None
            if name in BLOCKS:
                text = self.blocks.pop()
                if self.article and text.strip():
                    self.prose.paragraphs.append(text)
            self.article -= name == "article"
            if name == tag:
                break
