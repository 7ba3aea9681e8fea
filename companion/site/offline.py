"""What the book needs to work without a network, and to stay small.

MathJax and Plotly are copied from their wheels. The notebooks that a reader can download lose the
large outputs, which the pages show anyway.

Run before the build: ``python -m companion.site.offline``.
"""

import argparse
import json
import shutil
from importlib import metadata
from pathlib import Path

VENDOR = Path("book/_static/vendor")

MATHJAX_FONT = "mathjax/output/chtml/fonts/woff-v2/"


def prepare(folder: str | Path = VENDOR) -> list[Path]:
    """Copy MathJax 3 (with its fonts) and plotly.min.js into a folder of the book.

    Files that are there already with the same size are left alone, so that a second call changes
    nothing and the book is not built again for it.

    Parameters
    ----------
    folder : path
        Where to put them, by default `book/_static/vendor` below the current folder.

    Returns
    -------
    list of Path
        The files the book then finds there, copied or not.

    Raises
    ------
    FileNotFoundError
        If a wheel that carries them is not installed, or no longer carries them.
    """
    folder = Path(folder)
    wanted: dict[str, Path] = {}
    for name, path in _files("sphinx-mathjax-offline").items():
        inner = name.partition("/static/")[2]
        if inner == "mathjax/tex-mml-chtml.js" or inner.startswith(MATHJAX_FONT):
            wanted[inner] = path
    for name, path in _files("plotly").items():
        if name == "plotly/package_data/plotly.min.js":
            wanted["plotly.min.js"] = path

    _require("sphinx-mathjax-offline", "tex-mml-chtml.js", wanted, "mathjax/tex-mml-chtml.js")
    _require("sphinx-mathjax-offline", "the MathJax fonts", wanted, MATHJAX_FONT)
    _require("plotly", "plotly.min.js", wanted, "plotly.min.js")

    there = []
    for name, source in sorted(wanted.items()):
        target = folder / name
        there.append(target)
        if target.is_file() and target.stat().st_size == source.stat().st_size:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        shutil.copyfile(source, partial)
        partial.replace(target)
    return there


LARGEST_KEPT = 20_000  # characters of one output in a notebook for download


def slim_notebooks(folder: str | Path) -> int:
    """Leave large outputs out of the notebooks below a folder of the built site.

    Code, text, printed numbers and small tables stay. Running a notebook brings the rest back.

    Parameters
    ----------
    folder : path
        Such as ``_sources`` of the built HTML.

    Returns
    -------
    int
        Bytes saved.
    """
    saved = 0
    for path in sorted(Path(folder).rglob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        notebook = json.loads(before)
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                data.pop("text/markdown", None)  # the book's own form
                for kind in [k for k, v in data.items() if len("".join(v)) > LARGEST_KEPT]:
                    del data[kind]
        after = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(after, encoding="utf-8")
        saved += len(before.encode()) - len(after.encode())
    return saved


def _files(distribution: str) -> dict[str, Path]:
    """Files of an installed distribution: name inside it -> place on disk."""
    try:
        listed = metadata.files(distribution) or []
    except metadata.PackageNotFoundError as error:
        msg = f"{distribution} is not installed; install the book extra: pip install -e '.[book]'"
        raise FileNotFoundError(msg) from error
    return {file.as_posix(): Path(str(file.locate())) for file in listed}


def _require(distribution: str, what: str, wanted: dict[str, Path], prefix: str) -> None:
    if not any(name.startswith(prefix) and path.is_file() for name, path in wanted.items()):
        msg = (
            f"{distribution} {metadata.version(distribution)} does not hold {what}; "
            "install the version that requirements name"
        )
        raise FileNotFoundError(msg)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=VENDOR)
    prepare(parser.parse_args().folder)
