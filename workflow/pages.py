"""The pages of the book: ``notebooks/pages.toml``, read and checked, and what follows from it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from checkout import ROOT

from companion.rows import Kind, trained_rows

LIST = ROOT / "notebooks" / "pages.toml"
REAL, PHANTOM = "vaca-muerta-patches", "phantom"
JOINT = {REAL: "train_real", PHANTOM: "train_phantom"}  # the rules of many rows in one job
SHARED = ("patches", "rock")  # needs that are no page
TRAINED: dict[str, tuple[Kind, ...]] = {"trainings": (), "sweep": ("sweep",)}  # nor these: of rows


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page; ``notebooks/pages.toml`` says what each field means."""

    name: str
    part: str = ""
    depth: int = 0
    title: str = ""
    heading: str = ""
    notebook: str = ""
    package: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    makes: list[str] = field(default_factory=list)
    threads: int = 1
    minutes: int = 240
    gpu: bool = False
    dear: bool = False
    replicated: bool = False
    copes: bool = False
    first: bool = False
    summary: bool = True
    method: bool = False

    @property
    def dataset(self) -> str:
        """The data set under which its results are filed."""
        return self.parameters.get("dataset", PHANTOM)

    @property
    def rule(self) -> str:
        """Name of its rule: the page's, without the number."""
        return self.name.lstrip("0123456789_").replace("-", "_")

    @property
    def file(self) -> str:
        """Its source in the book, without suffix."""
        return f"book/executed/{self.name}" if self.notebook else f"book/{self.name}"

    def folder(self, profile: str, seed: str = "0", fold: str = "") -> str:
        """Return the folder of its results; `fold` is empty or such as ``/fold3``."""
        return f"results/{profile}/{self.dataset}/seed{seed}{fold}"

    def executed(self, profile: str, seed: str = "0", fold: str = "") -> str:
        """Return the path of its executed copy."""
        return f"{self.folder(profile, seed, fold)}/{self.notebook}.ipynb"


@lru_cache
def read_pages(path: Path = LIST) -> tuple[Page, ...]:
    """Read the list of pages.

    Raises
    ------
    ValueError
        An entry is not understood, stands twice or needs what is not there; or a notebook or page
        of prose is missing, from the list or from its folder.
    """
    pages = []
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["page"]:
        try:
            pages.append(Page(**row))
        except TypeError as error:  # a field that there is not, or no name
            msg = f"{path}: page {row.get('name')!r}: {error}"
            raise ValueError(msg) from None
    problems = list(faults(pages, path.parents[1]))
    if problems:
        raise ValueError(f"{path}: " + "; ".join(problems))
    return tuple(pages)


def faults(pages: list[Page], root: Path) -> Iterator[str]:
    """Yield in words what is wrong with a list of pages."""
    names = [page.name for page in pages]
    yield from (f"page {name!r} stands twice" for name in {n for n in names if names.count(n) > 1})
    listed = {"notebooks": {p.notebook for p in pages if p.notebook}}
    listed["book"] = {p.name for p in pages if not (p.notebook or p.package)}
    for folder, suffix in (("notebooks", ".py"), ("book", ".md")):
        there = {file.stem for file in (root / folder).glob(f"*{suffix}")}
        for name in sorted(there ^ listed[folder]):
            known = "is not listed" if name in there else "does not exist"
            yield f"{folder}/{name}{suffix} {known}"
    depth = -1
    for page in pages[1:]:
        depth = -1 if page.part else depth
        if page.depth > depth + 1:
            yield f"page {page.name!r} is more than one step deeper than the one before it"
        depth = page.depth
        for need in page.needs:
            if need not in (*SHARED, *names) and not of_rows(need):
                yield f"page {page.name!r} needs {need!r}, which is no page"


def page_named(name: str) -> Page:
    """Return the page called `name`."""
    return next(page for page in read_pages() if page.name == name)


def notebooks() -> list[Page]:
    """Return the pages that are executed notebooks."""
    return [page for page in read_pages() if page.notebook]


def of_rows(need: str) -> bool:
    """Whether a need is of trained rows, such as ``trainings/phantom/feedforward``; no page."""
    return need.split("/")[0] in TRAINED


def pages_before(page: Page) -> list[Page]:
    """Return the pages whose results a page needs."""
    return [page_named(need) for need in page.needs if need not in SHARED and not of_rows(need)]


def waiting(page: Page) -> set[str]:
    """Return the names of the pages that need a page, themselves or through others."""
    return {
        name
        for later in notebooks()
        if page in pages_before(later)
        for name in (later.name, *waiting(later))
    }


def trainings(page: Page, lent: Collection[tuple[str, str]] = ()) -> Iterator[tuple[str, str]]:
    """Yield (data set, row) of each training that a page needs.

    Rows that it names; and of those that it shows if they are there all, or, if some come trained
    with the project (`lent`), these and the few without which there is no page.
    """
    for need in filter(of_rows, page.needs):
        kind, *rest = need.split("/")
        dataset = rest[0] if rest else page.dataset
        shown = [(dataset, row.key) for row in trained_rows(dataset, *TRAINED[kind])]
        if any(one[0] == dataset for one in lent):
            from companion.volumes import NEEDED  # loads Matplotlib

            shown = [one for one in shown if one in lent or one[1] in NEEDED]
        yield from [(dataset, row) for row in rest[1:]] or shown


def in_one_job(profile: str, gpus: int) -> bool:
    """Whether one job trains the rows of a data set: the smallest take less than their imports."""
    return profile == "smoke" and not gpus


def book_folders(results: Path) -> list[Path]:
    """Return the folders of a profile's results that are the book's, none of own images."""
    return [
        folder
        for dataset in (REAL, PHANTOM)
        for folder in sorted(results.glob(f"{dataset}/seed*"))
        if folder.is_dir()
    ]


def needs_patches(page: Page) -> bool:
    """Whether a page has nothing to show where the real patches cannot be had."""
    if page.copes:
        return False
    real = any(dataset == REAL for dataset, _ in trainings(page))
    return real or "patches" in page.needs or any(map(needs_patches, pages_before(page)))


def replicates() -> Iterator[tuple[str, str, str]]:
    """Yield (data set, seed, fold as in paths) of the replicates beside the book's own."""
    numbers = tomllib.loads(LIST.read_text(encoding="utf-8"))["replicates"]
    yield from ((PHANTOM, str(seed), "") for seed in numbers["seeds"][1:])
    yield from ((REAL, "0", f"/fold{fold}") for fold in numbers["folds"][1:])


def contents() -> dict[str, Any]:
    """Return the book's contents as Jupyter Book reads them from ``_toc.yml``."""
    root, *pages = read_pages()
    parts: list[dict[str, Any]] = []
    above: list[dict[str, Any]] = []
    for page in pages:
        if page.part:
            parts.append({"caption": page.part, "chapters": []})
        entry = {"file": page.file} | ({"title": page.title} if page.title else {})
        above = [*above[: page.depth], entry]
        beside = above[-2].setdefault("sections", []) if page.depth else parts[-1]["chapters"]
        beside.append(entry)
    return {
        "format": "jb-book",
        "root": root.file,
        "options": {"numbered": False},
        "parts": parts,
    }
