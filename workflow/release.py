"""Put an edition into one archive: ``release.py PROFILE``, after make book (make release).

``dist/shalelib-VERSION-PROFILE.zip`` holds the site, the results (records and tables), the trained
generators, reference artefacts that the results do not repeat, what says whose they are,
``SHA256SUMS``, and ``ro-crate-metadata.json``, which describes every file (RO-Crate 1.1,
https://w3id.org/ro/crate/1.1). The same files at the same commit give the same bytes.
"""

from __future__ import annotations

import argparse
import filecmp
import hashlib
import json
import mimetypes
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from checkout import ROOT
from pages import book_folders

from companion.profiles import get_profile
from companion.site import provenance
from shalelib import __version__

PAPERS = ("CITATION.cff", ".zenodo.json", "LICENSE", "README.md", "requirements.lock")
KINDS = ("*.json", "*.csv", "generator.safetensors")
METADATA, SUMS = "ro-crate-metadata.json", "SHA256SUMS"
TYPES = {".safetensors": "application/octet-stream", ".cff": "application/yaml"}
PAPER = "https://doi.org/10.1038/s41598-021-00080-5"


def contents(results: Path, references: Path) -> dict[str, Path]:
    """Return the files of a release by their name in the archive.

    Parameters
    ----------
    results : Path
        ``results/PROFILE``.
    references : Path
        ``data/reference/PROFILE``, which need not exist; what is the same among the results is
        left out.

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
    kept = set(results.glob("*.json"))
    kept.update(p for folder in book_folders(results) for kind in KINDS for p in folder.rglob(kind))
    found |= {f"results/{p.relative_to(results)}": p for p in sorted(kept)}
    for path in sorted(p for kind in KINDS for p in references.rglob(kind)):
        name = path.relative_to(references)
        twin = results / name
        if not (twin.is_file() and filecmp.cmp(path, twin, shallow=False)):
            found[f"reference/{name}"] = path
    return found


def crate(files: dict[str, bytes], profile: str) -> dict[str, Any]:
    """Return the RO-Crate metadata of the files."""
    citation = yaml.safe_load(files["CITATION.cff"])
    commit = provenance.collect()["commit"]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": f"The book and its results at profile {profile}, with trained generators; "
        f"put together at commit {commit}. Each record says where and with what it was computed.",
        "version": __version__,
        "datePublished": citation["date-released"].isoformat(),
        "license": {"@id": "LICENSE"},
        "author": {"@id": "#authors"},
        "isBasedOn": {"@id": PAPER},
        **({"identifier": f"https://doi.org/{citation['doi']}"} if "doi" in citation else {}),
        **({"url": citation["repository-code"]} if "repository-code" in citation else {}),
        "hasPart": [{"@id": quote(name)} for name in files],
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
            "@id": quote(name),
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


def release(results: Path, references: Path, target: Path) -> Path:
    """Write the archive of one profile's results into the folder `target`; returns its path."""
    files = {name: path.read_bytes() for name, path in contents(results, references).items()}
    metadata = crate(files, results.name)
    files[METADATA] = json.dumps(metadata, indent=1, ensure_ascii=False).encode()
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items())
    files[SUMS] = ("\n".join(sums) + "\n").encode()
    target.mkdir(parents=True, exist_ok=True)
    archive = target / f"shalelib-{__version__}-{results.name}.zip"
    partial = archive.with_suffix(".part")
    with zipfile.ZipFile(partial, "w") as stream:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, whenever it is packed
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            stream.writestr(entry, content)
    partial.replace(archive)
    return archive


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    options = parser.parse_args()
    name = get_profile(options.profile).name
    archive = release(ROOT / "results" / name, ROOT / "data/reference" / name, ROOT / "dist")
    size = archive.stat().st_size / 1e6
    print(f"{archive}: {size:.0f} MB")


if __name__ == "__main__":
    main()
