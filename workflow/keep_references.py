"""Keep finished results as reference artefacts: ``keep_references.py PROFILE [--only NAME ...]``.

Takes from ``results/PROFILE`` into ``data/reference/PROFILE`` (see `companion.references`): trained
generators, rounded to float16; stages of the store; and the records of the pages, against which
later runs are compared (``compare_results.py``). What was itself taken from a reference stays as it
is. Refuses what was made with uncommitted changes, as no commit could say by which code, and what
would not fit into the repository. ``--prune`` leaves out what the book of today no longer asks for.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from checkout import ROOT
from compare_results import UNTRAINED, untrained
from pages import book_folders

from companion.profiles import get_profile
from companion.references import GENERATOR, bundle_of, page_key, read_manifest
from companion.site.provenance import MADE, UNCLEAN
from shalelib.files import read_json
from shalelib.models.checkpoints import pack_tensors, read_tensors

LIMITS = {"generators": 40e6, "one file": 6e6}  # [byte]
PRECISION = "float16"
VOLUMES = (".tif", ".npy")  # endings of translated volumes
BOOK = "book/_build/html/index.html"

Result = tuple[dict[str, Any], dict[str, bytes]]


def halved(source: Path) -> bytes:
    """Return a generator's file with float16 weights; whole numbers stay as they are."""
    tensors, about = read_tensors(source)
    half = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    if not all(torch.isfinite(v).all() for v in half.values()):
        msg = f"{source} holds weights beyond the range of float16"
        raise SystemExit(msg)
    return pack_tensors(half, about | {"precision": PRECISION})


def places(results: Path) -> Iterator[tuple[str, Path]]:
    """Yield ``<dataset>/seed<seed>[/fold<fold>]`` and its folder."""
    for seed in book_folders(results):
        for folder in (seed, *sorted(path for path in seed.glob("fold*") if path.is_dir())):
            yield str(folder.relative_to(results)), folder


def stages(folder: Path, profile: str) -> Iterator[tuple[str, Result]]:
    """Yield name, record and files of what a results folder holds and a reference does not."""
    for path in sorted(folder.rglob("*.json")):
        stage = path.relative_to(folder).with_suffix("").as_posix()
        if stage.startswith("fold"):
            continue  # another place
        record = read_json(path)
        if any(name.endswith(VOLUMES) for name in record.get("files", ())):
            continue  # too large to keep; what was measured on it is a stage of its own
        if "provenance" in record:
            told = untrained(record) if profile == UNTRAINED else record
            yield stage, (page_record(told, stage, profile, path), {})
        elif "made" in record and "reference" not in record["made"]:
            files = {name: content(path.parent / name) for name in record["files"]}
            if any(name.endswith(GENERATOR) for name in files):
                record["precision"] = PRECISION
            yield stage, (record, files)


def page_record(record: dict[str, Any], stage: str, profile: str, path: Path) -> dict[str, Any]:
    """Return a page's own record in the form of a stage's."""
    about = record.pop("provenance")
    finished = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    made = {name: about[name] for name in MADE} | {"finished": finished}
    return {**record, "key": page_key(stage, profile), "files": {}, "made": made}


def content(path: Path) -> bytes:
    """Return what is kept of a file."""
    kept = halved(path) if path.name == GENERATOR else path.read_bytes()
    if len(kept) > LIMITS["one file"]:
        msg = f"{path} is larger than {LIMITS['one file'] / 1e6:.0f} MB"
        raise SystemExit(msg)
    return kept


def keep(
    results: Path, profile: str, only: list[str] | None = None, *, unclean: bool = False
) -> list[str]:
    """Keep the results of a profile; returns the names of what is new.

    Raises
    ------
    SystemExit
        One was made with uncommitted changes, and `unclean` does not let it pass.
    """
    manifest, told = read_manifest(profile), []
    for place, folder in places(results / profile):
        bundles: dict[str, dict[str, Result]] = defaultdict(dict)
        for stage, (record, files) in stages(folder, profile):
            name = f"{place}/{stage}"
            if only and stage not in only:
                continue
            if UNCLEAN in record["made"]["commit"] and not unclean:
                msg = (
                    f"{name} was made by commit {record['made']['commit']}; commit them and make "
                    "it again, or say --unclean"
                )
                raise SystemExit(msg)
            bundles[bundle_of(place, stage, files)][name] = record, files
            told.append(name)
        for bundle, found in bundles.items():
            manifest.keep(found, bundle)
    manifest.write()
    return told


def prune(results: Path, profile: str) -> list[str]:
    """Leave out what is not among the results of a finished book; returns the names.

    Replicates, which the book itself does not compute, stay.

    Raises
    ------
    SystemExit
        There is no finished book of the profile.
    """
    folder = results / profile
    if not (folder / BOOK).is_file():
        msg = f"there is no book in {folder}, so that no one knows what it asks for; make it first"
        raise SystemExit(msg)
    manifest = read_manifest(profile)
    gone = [
        name
        for name in manifest.kept
        if "/replicates/" not in name and not (folder / f"{name}.json").is_file()
    ]
    manifest.drop(gone)
    manifest.write()
    return gone


def main() -> None:
    """Keep the artefacts of every data set of a profile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="such as dataset or flow/truth")
    parser.add_argument("--unclean", action="store_true", help="uncommitted changes or not")
    parser.add_argument("--prune", action="store_true", help="drop what the book does not ask for")
    options = parser.parse_args()
    profile = get_profile(options.profile).name
    for name in keep(options.results, profile, options.only, unclean=options.unclean):
        print(f"kept {name}")
    for name in prune(options.results, profile) if options.prune else ():
        print(f"dropped {name}")
    total = sum(p.stat().st_size for p in read_manifest(profile).folder.rglob(GENERATOR))
    print(f"{total / 1e6:.1f} MB of generators")
    if total > LIMITS["generators"]:
        msg = f"more than the {LIMITS['generators'] / 1e6:.0f} MB that the repository may hold"
        raise SystemExit(msg)


if __name__ == "__main__":
    main()
