"""Where the project is published: ``publish.py`` (make publish).

The addresses stand in one place, ``[project.urls]`` of pyproject.toml, as `LABELS` says. The book
takes its buttons from there when it is built; this script writes the rest: ``CITATION.cff`` and,
for a host that runs workflows, the file with the tests. What is not named is shown nowhere.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from checkout import ROOT

LABELS = {
    "Repository": "the public repository",
    "Binder": "what starts the notebooks in a browser, https://mybinder.org/v2/...",
    "DOI": "of the archived edition, https://doi.org/...",
}
WORKFLOW = ".github/workflows/test.yml"
JOBS = """\
# Written by workflow/publish.py (make publish).
name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        python: [{pythons}]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: ${{{{ matrix.python }}}}
      - run: make test PYTHON=python
  wheel:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: |
            {newest}
            {oldest}
      - run: make setup PYTHON=python{oldest}
      - run: .venv/bin/python workflow/wheel_job.py --strict
"""


def project(root: Path) -> dict[str, Any]:
    """Return the table ``[project]`` of a checkout."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    return table


def addresses(root: Path) -> dict[str, str]:
    """Return where the project is published; nothing if it is not.

    Raises
    ------
    SystemExit
        A label or an address is not understood.
    """
    found: dict[str, str] = project(root).get("urls", {})
    for label, address in found.items():
        if label not in LABELS:
            there = ", ".join(f"{name} ({meaning})" for name, meaning in LABELS.items())
            msg = f"pyproject.toml, [project.urls]: no {label!r}; there are {there}"
            raise SystemExit(msg)
        if urlsplit(address).scheme != "https":
            msg = f"pyproject.toml, [project.urls]: {label} must begin with https://"
            raise SystemExit(msg)
    return found


def pythons(root: Path) -> list[str]:
    """Return the versions of Python that the lock covers, as the classifiers say."""
    version = re.compile(r"Programming Language :: Python :: (3\.\d+)")
    return [m[1] for line in project(root)["classifiers"] if (m := version.fullmatch(line))]


def with_buttons(config: dict[str, Any], published: dict[str, str]) -> dict[str, Any]:
    """Return the configuration of the book with buttons for what is published."""
    options = config["sphinx"]["config"]["html_theme_options"]
    if "Repository" in published:
        options["repository_url"] = published["Repository"]
        options |= {"use_repository_button": True, "use_issues_button": True}
    links = [
        {"name": name, "url": published[label], "icon": icon, "type": "fontawesome"}
        for label, name, icon in (
            ("Binder", "Start the notebooks in a browser", "fa-solid fa-rocket"),
            ("DOI", "The archived edition", "fa-solid fa-box-archive"),
        )
        if label in published
    ]
    if links:
        options["icon_links"] = links
    return config


def cited(text: str, published: dict[str, str]) -> str:
    """Return CITATION.cff with the addresses, and without any that are no more."""
    text = re.sub(r"(?m)^(repository-code|doi): .*\n", "", text)
    lines = [f"license: {re.search(r'(?m)^license: (.*)$', text)[1]}"]  # type: ignore[index]
    if "Repository" in published:
        lines.append(f"repository-code: {published['Repository']}")
    if "DOI" in published:
        lines.append(f"doi: {published['DOI'].removeprefix('https://doi.org/')}")
    return re.sub(r"(?m)^license: .*$", "\n".join(lines), text)


def main(root: Path = ROOT) -> None:
    """Bring CITATION.cff and the workflow file in line with pyproject.toml."""
    published = addresses(root)
    citation = root / "CITATION.cff"
    citation.write_text(cited(citation.read_text(encoding="utf-8"), published), encoding="utf-8")
    workflow = root / WORKFLOW
    if urlsplit(published.get("Repository", "")).hostname == "github.com":
        workflow.parent.mkdir(parents=True, exist_ok=True)
        versions = ", ".join(f'"{version}"' for version in pythons(root))
        ends = {"oldest": pythons(root)[0], "newest": pythons(root)[-1]}
        workflow.write_text(JOBS.format(pythons=versions, **ends), encoding="utf-8")
    else:
        workflow.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
