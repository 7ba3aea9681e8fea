"""Where a number comes from: profile, data, seed, commit, packages and hardware."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from companion.site.place import repository_root

PACKAGES = ("shalelib", "torch", "numpy", "scikit-image", "scipy", "numba", "scikit-learn")

MADE = ("commit", "python", "packages", "hardware", "system")
"""What of a run's record is said of each of its results."""

UNCLEAN = "with uncommitted changes"  # ends the name of a commit that alone says too little

SHOWN = 6  # names that are listed before they are counted


def collect(**about: Any) -> dict[str, Any]:
    """Return a record of this run: what the caller names, and where and with what it ran.

    Parameters
    ----------
    **about
        Such as ``profile="laptop", dataset="phantom", seed=0``.
    """
    return {
        **about,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "hardware": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
    }


def sentence(record: dict[str, Any]) -> str:
    """Put a record of `collect` into one line for the foot of a page."""
    packages = ", ".join(f"{name} {number}" for name, number in record["packages"].items())
    rest = (*MADE, "stages", "stale")
    about = " · ".join(f"{key} {value}" for key, value in record.items() if key not in rest)
    return (
        f"{about} · commit {record['commit']} · Python {record['python']} · {packages} · "
        f"{record['hardware']} · {record['system']}"
    )


def show(record: dict[str, Any]) -> None:
    """Show a record of `collect` at the foot of a notebook and of its page in the book."""
    from IPython.display import display

    references = reference_sentences(record)
    lines = [sentence(record), *references]
    text = "\n\n".join(lines)
    markdown = f":::{{admonition}} Where these numbers come from\n:class: provenance\n{text}\n:::\n"
    for line in references:
        if "stale" in line:
            markdown += f"\n:::{{warning}}\n{line}\n:::\n"
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    display({"text/markdown": markdown, "text/html": html, "text/plain": text}, raw=True)


def reference_sentences(record: dict[str, Any]) -> list[str]:
    """Say where, when and by which commit each result was computed, and what is out of date."""
    told = [f"{_names(names)}: {text}." for text, names in record.get("stages", {}).items()]
    if stale := record.get("stale"):
        told.append(
            f"{_names(stale)}: computed here, because the reference artefact is stale, of other "
            "code, settings or data."
        )
    return told


def _names(names: list[str]) -> str:
    """List a few names, or count them."""
    few = len(names) <= SHOWN
    return ", ".join(names) if few else f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _commit() -> str:
    """Short hash of the checkout, with a mark if files differ from it."""
    try:
        root = repository_root()
        head = _git(root, "rev-parse", "--short=10", "HEAD")
        return head + (f" {UNCLEAN}" if _git(root, "status", "--porcelain") else "")
    except FileNotFoundError:
        return "unknown (no git, or no checkout)"
    except OSError as error:
        return f"unknown ({error})"
    except subprocess.CalledProcessError as error:
        if "dubious ownership" in error.stderr:
            return (
                "unknown (the checkout belongs to another user; git asks for "
                f"git config --global --add safe.directory {shlex.quote(str(root))})"
            )
        return "unknown (not a git checkout)"


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    told = {**os.environ, "LC_ALL": "C"}  # what is wrong, in words that are looked for
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=told)
    return done.stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
