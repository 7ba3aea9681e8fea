"""Build the book of a profile from its executed notebooks: ``build_book.py PROFILE``.

Puts the sources of the book together below ``results/PROFILE/book``, with MathJax and Plotly, runs
Jupyter Book with warnings as errors and checks that the result needs no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from checkout import ROOT
from pages import book_folders, contents, notebooks, read_pages
from publish import addresses, with_buttons

from companion.profiles import get_profile, profile_table
from companion.published import Table, published_table
from companion.rows import get_row, network_table
from companion.site import offline as site
from companion.site.check_site import PAPER_LABELS, check_site
from companion.site.provenance import sentence
from companion.site.records import RESULTS_VARIABLE
from companion.site.reference import reference_page
from companion.site.sphinx_ext import EDITION_VARIABLE
from shalelib.files import read_json, write_json, write_whole


def records(results: Path) -> list[Path]:
    """Return the records of the book's own runs."""
    folders = [folder for folder in book_folders(results) if folder.name == "seed0"]
    return [path for folder in folders for path in sorted(folder.glob("*.json"))]


def edition(results: Path) -> str:
    """Say in one line which run the notebooks are of: the provenance that their results carry."""
    for record in records(results):
        about = read_json(record).get("provenance")
        if about:
            return f"This edition: {sentence({k: v for k, v in about.items() if k != 'dataset'})}."
    return "This edition was built without results."


def printed_cells(table: Table) -> dict[str, int]:
    """Return how many numbers the paper prints in each row of a table, by the row's label here."""
    return {
        get_row(key).label: sum(cell is not None for cell in row.values())
        for key, row in published_table(table).items()
    }


def assemble(profile: str, source: Path) -> None:
    """Put prose, executed notebooks, reference pages and contents into the folder `source`."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "book", source / "book")
    shutil.copytree(ROOT / "data", source / "data", ignore=shutil.ignore_patterns("reference"))
    config = with_buttons(
        yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8")), addresses(ROOT)
    )
    write_whole(source / "_config.yml", yaml.safe_dump(config, sort_keys=False))
    write_whole(source / "_toc.yml", yaml.safe_dump(contents(), sort_keys=False))
    (source / "book" / "executed").mkdir()
    for page in notebooks():
        shutil.copy2(ROOT / page.executed(profile), source / f"{page.file}.ipynb")
    for page in read_pages():
        if page.package:
            write_whole(source / f"{page.file}.md", reference_page(page.package))
    site.prepare(source / site.VENDOR)


def build(profile: str) -> None:
    """Build the HTML of a profile's book.

    Raises
    ------
    SystemExit
        Jupyter Book failed or warned, or the built pages depend on something outside them.
    """
    results = ROOT / "results" / profile
    output = results / "book"
    html = output / "_build" / "html"
    write_json(output / "tables.json", {"profiles": profile_table(), "networks": network_table()})
    assemble(profile, output / "source")
    shutil.rmtree(html, ignore_errors=True)  # pages that are no more
    log = output / "build.log"
    tool = Path(sys.executable).with_name("jupyter-book")
    command = [str(tool), "build", str(output / "source"), "--path-output", str(output)]
    about = {EDITION_VARIABLE: edition(results), RESULTS_VARIABLE: str(results)}
    with log.open("w", encoding="utf-8") as stream:
        run = subprocess.run(
            [*command, "-W", "-n", "--keep-going"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=os.environ | about,
        )
    if run.returncode:
        msg = f"{log.read_text(encoding='utf-8')[-4000:]}\nJupyter Book failed; its log is {log}"
        raise SystemExit(msg)
    site.slim_notebooks(html / "_sources")
    problems = check_site(
        html,
        expected=PAPER_LABELS,
        filled=[page.file for page in read_pages() if not (page.method or page.package)],
        summarised=[page.file for page in read_pages() if page.summary and not page.package],
        printed={f"table-{number}": printed_cells(number) for number in (1, 2, 3)},
    )
    if problems:
        raise SystemExit("the built book is at fault:\n" + "\n".join(map(str, problems)))
    if stale := stale_references(results):
        print(
            f"{len(stale)} reference artefacts were of other code, settings or data, so that their "
            f"results were computed here: {', '.join(stale[:5])}{' ...' if stale[5:] else ''}"
        )


def stale_references(results: Path) -> list[str]:
    """Return the stages whose references the pages could not take, as their records tell."""
    told = (read_json(path).get("provenance", {}) for path in records(results))
    return sorted({stage for about in told for stage in about.get("stale", ())})


if __name__ == "__main__":
    build(get_profile(sys.argv[1]).name)
