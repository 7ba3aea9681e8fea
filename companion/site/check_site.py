"""Does the built book work without a network? Reads its HTML and CSS and lists what is wrong.

``python -m companion.site.check_site results/laptop/book/_build/html --expect table-1 figure-3``
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from companion.site._page import LEAST_TEXT, Page, Table, read_page
from companion.site._prose import Prose, read_prose, typed_numbers

LARGEST_PAGE = 8_000_000  # bytes
LARGEST_SITE = 80_000_000  # bytes

PAPER_LABELS = tuple(f"table-{k}" for k in (1, 2, 3)) + tuple(f"figure-{k}" for k in range(1, 7))
PAPER_LABEL = re.compile(r"(figure|table)-\d+[a-z]?")
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SCRIPT_ADDRESS = re.compile(r"""["'`](https?:)?//[\w.-]+\.\w{2,}[^"'`\s]*""")
NO_TEXT = re.compile(r"<(script|style|pre|code)\b.*?</\1>|<[^>]+>", re.DOTALL)
PERCENT_APART = re.compile(r"\S*\d[^\S\n]%")  # a new line is a cell of its own
MOST_FINDINGS = 4  # of a page; the front page has one more
PLOTTED = ("x", "y", "z", "r", "theta", "values", "value", "u", "lat", "locations", "dimensions")


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong with a file of the book."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def check_site(
    folder: str | Path,
    *,
    expected: Iterable[str] = (),
    summarised: Iterable[str] = (),
    filled: Iterable[str] = (),
    printed: Mapping[str, Mapping[str, int]] | None = None,
) -> list[Problem]:
    """List what would not work, or be missing, in a built book opened without a network.

    External scripts, styles, fonts and images; links to files or places that are not there;
    Plotly figures without data; tables and figures without a number, images without alternative
    text; pages without their summary or with a long one, two pages of one title, empty cells of the
    paper's; numbers in prose that no result filled in, and two texts for one quantity
    (`companion.site.told`); a space before a percent sign, where `companion.site.numbers` writes
    none; text in a figure that is too small; pages and sites that are too large. Links that a
    reader follows may lead outside.

    Parameters
    ----------
    folder : path
        Folder of the built HTML.
    expected : iterable of str
        Labels that must be somewhere in the book, such as `table-1`.
    summarised : iterable of str
        Pages, such as `book/index`, that open with a box of what was found.
    filled : iterable of str
        Pages whose prose has no number but those of results, of names and of citations.
    printed : mapping of table label to mapping of row to int
        How many numbers of the paper stand, at the least, in the row's columns headed "paper".

    Returns
    -------
    list of Problem
        Empty when all is well.

    Raises
    ------
    FileNotFoundError
        If the folder holds no HTML.
    """
    folder = Path(folder).resolve()
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*.html"))
        if "_static" not in path.relative_to(folder).parts
    }
    if not files:
        msg = f"{folder} holds no HTML; build the book first: make book"
        raise FileNotFoundError(msg)
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    pages = {name: read_page(text) for name, text in texts.items()}
    prose = {name: read_prose(text) for name, text in texts.items()}

    problems: list[Problem] = []
    wanted = {f"{name}.html" for name in summarised}
    computed = {f"{name}.html" for name in filled}
    for name, page in pages.items():
        found = [
            *_told(page, wanted=name in wanted, front=name.endswith("index.html")),
            *_paper_cells(page, printed or {}),
            *(_typed(prose[name]) if name in computed else ()),
            *_percent(texts[name]),
            *_small_text(page),
            *_loaded(folder, name, page),
            *_links(folder, name, pages),
            *_numbers(page),
            *_plotly(folder, page),
        ]
        if (size := files[name].stat().st_size) > LARGEST_PAGE:
            found.append(f"the page takes {size / 1e6:.1f} MB, more than {LARGEST_PAGE / 1e6:.0f}")
        problems += [Problem(file=name, what=what) for what in found]
    problems += _styles(folder)
    problems += _whole(folder, pages, expected)
    problems += [Problem(file="the book", what=what) for what in _contradictions(prose)]
    return sorted(set(problems))


def _is_external(address: str) -> bool:
    return bool(re.match(r"(?:https?|ftp|wss?):|//", address.strip(), re.IGNORECASE))


def _target(folder: Path, name: str, address: str) -> Path:
    """Return the file that an address in a page or style sheet means."""
    path = unquote(urlsplit(address).path)
    return ((folder / name).parent / path).resolve() if path else folder / name


def _loaded(folder: Path, name: str, page: Page) -> Iterable[str]:
    """Check what the browser loads by itself."""
    for tag, address in page.loads:
        if _is_external(address):
            yield f"<{tag}> loads {address}"
        elif (
            not address.startswith(("data:", "blob:"))
            and not _target(folder, name, address).is_file()
        ):
            yield f"<{tag}> loads {address}, which is not there"
    for style in page.styles:
        for address in _css_addresses(style):
            if _is_external(address):
                yield f"a style in the page loads {address}"
    for script in page.scripts:
        for match in SCRIPT_ADDRESS.finditer(script):
            yield f"a script in the page names {match[0][1:]}"
    for alt_missing in page.images_without_alt:
        yield f"an image has no alternative text: {alt_missing[:60]}"


def _links(folder: Path, name: str, pages: dict[str, Page]) -> Iterable[str]:
    """Check the links that a reader follows inside the book."""
    for address in pages[name].links:
        if not address or re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.IGNORECASE):
            continue
        target = _target(folder, name, address)
        if not target.is_file():
            yield f"the link {address} leads to no file"
            continue
        fragment = unquote(urlsplit(address).fragment)
        inner = target.relative_to(folder).as_posix() if target.is_relative_to(folder) else ""
        if fragment and inner in pages and fragment not in pages[inner].ids:
            yield f"the link {address} leads to no place in that page"


def _told(page: Page, *, wanted: bool, front: bool) -> Iterable[str]:
    """Check that a page says in short what was found, and that its theme does not complain."""
    if wanted and not page.summaries:
        yield "the page does not open with what was found: tag a cell of it `summary`"
    if page.findings > (most := MOST_FINDINGS + front):
        yield f"the page opens with {page.findings} findings, more than {most}: tell some below"
    if page.default_mode == "":
        yield "the theme has no default mode, and says so in the console: set it in _config.yml"


def _paper_cells(page: Page, printed: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    """Check that the paper's numbers stand where the paper has them."""
    for label, rows in printed.items():
        table = page.tables.get(label, Table())
        places = [k for k, head in enumerate(table.head) if head.lower().startswith("paper")]
        for row in table.body:
            papers = [row[k].partition("|")[0] for k in places if k < len(row)]  # of paper | ours
            numbers = sum(any(map(str.isdigit, text)) for text in papers)
            if places and numbers < rows.get(row[0], 0):
                yield f"{label}: the row {row[0]} has {numbers} of the paper's {rows[row[0]]} cells"


def _typed(prose: Prose) -> Iterable[str]:
    """Check that numbers in prose come from results."""
    for paragraph in prose.paragraphs:
        if typed := typed_numbers(paragraph):
            start = " ".join(paragraph.split())[:60]
            yield f"{', '.join(typed)} in “{start} …”: fill numbers from results, or cite"


def _percent(html: str) -> Iterable[str]:
    """Check that percent is written as `companion.site.numbers.number` writes it."""
    for match in PERCENT_APART.findall(unescape(NO_TEXT.sub("", html))):
        yield f"{match!r} has a space before the percent sign: write it as in 5%"


def _contradictions(prose: Mapping[str, Prose]) -> Iterable[str]:
    """Check that a quantity is told in the same words wherever it stands."""
    said: dict[str, dict[str, str]] = {}
    for name, page in prose.items():
        for of, text in page.told:
            said.setdefault(of, {}).setdefault(text, name)
    for of, texts in said.items():
        if len(texts) > 1:
            both = ", ".join(f"{text} in {name}" for text, name in texts.items())
            yield f"{of} has two values: {both}"


def _small_text(page: Page) -> Iterable[str]:
    """Check that the smallest text of each figure can be read in the column."""
    for label, size in page.smallest_text:
        if size < LEAST_TEXT:
            yield (
                f"{label} has text of {size:.1f} px in the column, less than {LEAST_TEXT:g}: draw "
                "it narrower, or its text larger"
            )


def _numbers(page: Page) -> Iterable[str]:
    for label, number in page.captions:
        if not label:
            yield "a table or figure has no label"
        if not number:
            yield f"the table or figure {label or '(no label)'} has no number"


def _plotly(folder: Path, page: Page) -> Iterable[str]:
    if page.foreign_plotly:
        yield "a Plotly figure was not shown with show_plotly; it stays blank in the book"
    for text in page.plotly:
        try:
            traces = json.loads(text)["data"]
        except (ValueError, KeyError, TypeError):
            yield "a Plotly figure's content is not readable"
            continue
        if not any(_has_data(trace) for trace in traces):
            yield "a Plotly figure is blank: none of its traces has data"
    if page.plotly and not (folder / "_static/vendor/plotly.min.js").is_file():
        yield "_static/vendor/plotly.min.js is missing; run python -m companion.site.offline"


def _has_data(trace: dict[str, object]) -> bool:
    """Say whether a trace has values, as a list or as plotly's encoded arrays."""
    for key in PLOTTED:
        value = trace.get(key)
        if isinstance(value, dict):
            value = value.get("bdata")
        if isinstance(value, list | str) and len(value) > 0:
            return True
        if isinstance(value, int | float):
            return True
    return False


def _css_addresses(style: str) -> list[str]:
    return [a or b for a, b in CSS_ADDRESS.findall(CSS_COMMENT.sub("", style))]


def _styles(folder: Path) -> list[Problem]:
    """Check what the style sheets load: fonts, pictures, other style sheets."""
    problems = []
    for path in sorted(folder.rglob("*.css")):
        name = path.relative_to(folder).as_posix()
        for address in _css_addresses(path.read_text(encoding="utf-8")):
            if _is_external(address):
                problems.append(Problem(file=name, what=f"loads {address}"))
            elif (
                not address.startswith(("data:", "#"))
                and not _target(folder, name, address).is_file()
            ):
                problems.append(Problem(file=name, what=f"loads {address}, which is not there"))
    return problems


def _whole(folder: Path, pages: dict[str, Page], expected: Iterable[str]) -> list[Problem]:
    """Check what concerns the book as a whole."""
    found = []
    where: dict[str, str] = {}
    there: set[str] = set()
    for name, page in pages.items():
        for label, number in page.captions:
            there |= {label, number}
            if number and number in where:
                found.append(f"{number} is there twice, in {where[number]} and {name}")
            where[number] = name
    titles: dict[str, str] = {}
    for name, page in pages.items():
        if page.title and page.title in titles:
            found.append(f"{titles[page.title]} and {name} have one title: {page.title}")
        titles[page.title] = name
    for label in expected:
        # the paper's tables are known by their number: a heading may have taken the anchor
        wanted = label.replace("-", " ").capitalize() if PAPER_LABEL.fullmatch(label) else label
        if wanted not in there:
            found.append(f"no page has {label}")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LARGEST_SITE:
        found.append(f"it takes {size / 1e6:.0f} MB, more than {LARGEST_SITE / 1e6:.0f}")
    return [Problem(file="the book", what=what) for what in found]


def newest_book(root: Path) -> Path | None:
    """Return the folder of the HTML that was built last below a checkout, if there is any."""
    patterns = ("_build/html", "results/*/book/_build/html")
    # written at the end of every build, unlike the pages that did not change
    built = [path for pattern in patterns for path in root.glob(f"{pattern}/searchindex.js")]
    return max(built, key=lambda path: path.stat().st_mtime).parent if built else None


def main() -> None:
    """List the problems of a built book and fail if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expect", nargs="*", default=[], metavar="LABEL")
    arguments = parser.parse_args()
    problems = check_site(arguments.folder, expected=arguments.expect)
    sys.exit("\n".join(map(str, problems)) if problems else 0)


if __name__ == "__main__":
    main()
