"""What `companion.site.check_site` needs to know of one HTML page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

LEAST_TEXT = 9.0  # pixels, of text in a figure in the column of a page
LOADING_RELS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"}
LOADING_ATTRIBUTE = {"object": "data", "image": "href", "use": "href"}
LOADED_BY_SRC = {"script", "img", "iframe", "source", "video", "audio", "track", "embed", "input"}
JAVASCRIPT = {"", "module", "text/javascript", "application/javascript"}


@dataclass(kw_only=True)
class Page:
    """Addresses, labels and contents of one page, in the order of the page."""

    loads: list[tuple[str, str]] = field(default_factory=list)  # (tag, address)
    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    plotly: list[str] = field(default_factory=list)  # JSON of each figure
    foreign_plotly: bool = False
    captions: list[tuple[str, str]] = field(default_factory=list)  # (label, "Table 1")
    images_without_alt: list[str] = field(default_factory=list)
    title: str = ""
    summaries: int = 0  # boxes that say what was found
    findings: int = 0  # points in them
    default_mode: str | None = None  # of the theme; empty, it complains in the console
    tables: dict[str, "Table"] = field(default_factory=dict)  # by label
    smallest_text: list[tuple[str, float]] = field(default_factory=list)  # (label, pixels)


@dataclass(kw_only=True)
class Table:
    """Texts of a numbered table."""

    head: list[str] = field(default_factory=list)  # of the last row of the head
    body: list[list[str]] = field(default_factory=list)


def read_page(html: str) -> Page:
    """Read one page.

    Examples
    --------
    >>> read_page('<img src="a.png" alt=""><a href="b.html#c">b</a>').links
    ['b.html#c']
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.text: list[str] | None = None  # of the script, style or caption number being read
        self.script_type = ""
        self.in_plotly = False
        self.captioned: list[tuple[str, str, list[str]]] = []  # open (tag, label, number)
        self.table: Table | None = None  # that is being read
        self.cells: list[str] | None = None  # of its row
        self.in_head = False
        self.inside = 0  # boxes that are open in a summary, itself among them

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        classes = set(attributes.get("class", "").split())
        page = self.page
        page.ids.update(attributes[key] for key in ("id", "name") if key in attributes)
        self._addresses(tag, attributes)
        if "style" in attributes:
            page.styles.append(attributes["style"])
        if "shown-plotly" in classes:
            page.plotly.append("")
            self.in_plotly = True
        if "plotly-graph-div" in classes:
            page.foreign_plotly = True
        summary = "summary" in classes and "admonition" in classes
        page.summaries += summary
        self.inside += tag == "div" and (summary or self.inside > 0)
        page.findings += tag == "li" and self.inside > 0
        if tag == "body":
            page.default_mode = attributes.get("data-default-mode")
        if tag == "title" and not page.title:
            self.text = []
        self._table(tag, attributes, classes)
        if tag == "figure" or (tag == "table" and "shown-table" in classes):
            self.captioned.append((tag, attributes.get("id", ""), []))
        decorative = "alt" in attributes and not self.captioned
        if tag == "img" and not decorative and not attributes.get("alt", "").strip():
            page.images_without_alt.append(attributes.get("src", ""))
        if "data-text" in attributes:
            label = self.captioned[-1][1] if self.captioned else "a figure"
            page.smallest_text.append((label, float(attributes["data-text"])))
        if tag in ("script", "style") or "caption-number" in classes:
            self.text = []
            self.script_type = attributes.get("type", "")

    def _table(self, tag: str, attributes: dict[str, str], classes: set[str]) -> None:
        if tag == "table" and "shown-table" in classes and "id" in attributes:
            self.table = self.page.tables[attributes["id"]] = Table()
        if tag in ("thead", "tbody"):
            self.in_head = tag == "thead"
        if tag == "tr":
            self.cells = []
        if tag in ("th", "td") and self.cells is not None:
            self.cells.append("")

    def _addresses(self, tag: str, attributes: dict[str, str]) -> None:
        loads = self.page.loads
        if tag in LOADED_BY_SRC and "src" in attributes:
            loads.append((tag, attributes["src"]))
        if "srcset" in attributes:
            for part in attributes["srcset"].split(", "):
                loads.append((tag, part.split()[0]))
        if tag == "video" and "poster" in attributes:
            loads.append((tag, attributes["poster"]))
        if tag in LOADING_ATTRIBUTE and LOADING_ATTRIBUTE[tag] in attributes:
            loads.append((tag, attributes[LOADING_ATTRIBUTE[tag]]))
        if tag == "link" and LOADING_RELS & set(attributes.get("rel", "").lower().split()):
            loads.append((tag, attributes.get("href", "")))
        if tag == "a" and "href" in attributes:
            self.page.links.append(attributes["href"])
        if tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            self.page.links.append(attributes.get("content", "").partition("url=")[2])

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)
        elif self.table is not None and self.cells:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "div" and self.inside > 0
        if tag == "title" and self.text is not None:
            self.page.title, self.text = "".join(self.text), None
        if tag == "tr" and self.table is not None and self.cells:
            texts = [text.strip() for text in self.cells]
            if self.in_head:
                self.table.head = texts
            else:
                self.table.body.append(texts)
        if tag == "table":
            self.table = self.cells = None
        if self.text is not None and tag in ("script", "style", "span"):
            self._end_text(tag, "".join(self.text))
            self.text = None
        if self.captioned and tag == self.captioned[-1][0]:
            _, label, number = self.captioned.pop()
            self.page.captions.append((label, "".join(number)))

    def _end_text(self, tag: str, text: str) -> None:
        if tag == "style":
            self.page.styles.append(text)
        elif tag == "span" and self.captioned:
            self.captioned[-1][2].append(text.strip())
        elif tag == "script" and self.in_plotly and self.script_type == "application/json":
            self.page.plotly[-1] = text
            self.in_plotly = False
        elif tag == "script" and self.script_type in JAVASCRIPT:
            self.page.scripts.append(text)
