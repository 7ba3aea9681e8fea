"""Put an edition into one archive: ``release.py PROFILE``, after make book (make release).

``dist/shalelib-VERSION-PROFILE.zip`` holds the site, the results (records and tables), the trained
generators, what says whose they are, ``SHA256SUMS``, and ``ro-crate-metadata.json``, which
describes every file (RO-Crate 1.1, https://w3id.org/ro/crate/1.1).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from shalelib import __version__
from shalelib.config import get_profile
from shalelib.report import provenance

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ("CITATION.cff", ".zenodo.json", "LICENSE", "README.md", "requirements.lock")
KINDS = ("*.json", "*.csv", "generator.safetensors")
METADATA, SUMS = "ro-crate-metadata.json", "SHA256SUMS"
TYPES = {".safetensors": "application/octet-stream", ".cff": "application/yaml"}
PAPER = "https://doi.org/10.1038/s41598-021-00080-5"


def contents(results: Path) -> dict[str, Path]:
    """Return the files of a release by their name in the archive.

    Raises
    ------
    SystemExit
        There is no book among the results.
    """
    site = results / "book" / "_build" / "html"
    if not (site / "index.html").is_file():
        msg = f"there is no book in {site}; run make book PROFILE={results.name} first"
        raise SystemExit(msg)
    found = {name: ROOT / name for name in PAPERS}
    found |= {f"site/{p.relative_to(site)}": p for p in sorted(site.rglob("*")) if p.is_file()}
    for folder in sorted(results.glob("*/seed*")):
        kept = sorted(p for kind in KINDS for p in folder.rglob(kind))
        found |= {f"results/{p.relative_to(results)}": p for p in kept}
    return found


def crate(files: dict[str, bytes], profile: str) -> dict[str, Any]:
    """Return the RO-Crate metadata of the files."""
    citation = yaml.safe_load(files["CITATION.cff"])
    about = provenance.collect(profile=profile)
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": f"The book and its results at profile {profile}, with trained generators. "
        f"{provenance.sentence(about)}",
        "version": __version__,
        "datePublished": datetime.now(UTC).date().isoformat(),
        "license": {"@id": "LICENSE"},
        "author": {"@id": "#authors"},
        "isBasedOn": {"@id": PAPER},
        "hasPart": [{"@id": name} for name in files],
    }
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    authors = {"@id": "#authors", "@type": "Organization", "name": citation["authors"][0]["name"]}
    paper = {"@id": PAPER, "@type": "ScholarlyArticle", "name": citation["references"][0]["title"]}
    parts = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "contentSize": str(len(content)),
            "encodingFormat": TYPES.get(Path(name).suffix)
            or mimetypes.guess_type(name)[0]
            or "application/octet-stream",
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in files.items()
    ]
    context = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
    return {"@context": context, "@graph": [descriptor, root, authors, paper, *parts]}


def release(results: Path, target: Path) -> Path:
    """Write the archive of one profile's results; returns its path."""
    files = {name: path.read_bytes() for name, path in contents(results).items()}
    metadata = crate(files, results.name)
    files[METADATA] = json.dumps(metadata, indent=1, ensure_ascii=False).encode()
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items())
    files[SUMS] = ("\n".join(sums) + "\n").encode()
    target.mkdir(parents=True, exist_ok=True)
    archive = target / f"shalelib-{__version__}-{results.name}.zip"
    partial = archive.with_suffix(".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, content in files.items():
            stream.writestr(name, content)
    partial.replace(archive)
    return archive


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    options = parser.parse_args()
    archive = release(ROOT / "results" / get_profile(options.profile).name, ROOT / "dist")
    size = archive.stat().st_size / 1e6
    print(f"{archive}: {size:.0f} MB")


if __name__ == "__main__":
    main()
