"""Keep finished results as reference artefacts: ``keep_references.py PROFILE [--only NAME ...]``.

Copies from ``results/PROFILE`` to ``data/reference/PROFILE``, each with its note (see
`companion.reference`): trained generators, rounded to float16; stages, which are JSON records with
a key and the files that they name; and the result records of the notebooks, against which later
runs are compared (``compare_results.py``). Refuses what would not fit into the repository.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from companion.datasets import load_dataset
from companion.profiles import get_profile
from companion.reference import SUFFIX, reference_folder, sha256, stored_key
from companion.site import provenance
from shalelib.arrays import digest
from shalelib.config import settings
from shalelib.files import read_json, write_json
from shalelib.models.checkpoints import read_tensors, write_tensors

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "models", "metrics", "segmentation", "flow")
GENERATOR, HISTORY = "generator.safetensors", "history.csv"
LIMITS = {"generators": 40e6, "one file": 6e6}  # [byte]
PRECISION = "float16"


def versions(*rooms: str) -> dict[str, int]:
    """Return the version numbers of rooms of shalelib, by default of all."""
    return {room: importlib.import_module(f"shalelib.{room}").VERSION for room in (rooms or ROOMS)}


def config_hash(profile: str, dataset: str) -> str:
    """Return the hash of every setting of a profile that a result may depend on."""
    sizes = get_profile(profile)
    parts: list[Any] = [settings(part) for part in (sizes.train, sizes.evaluation, sizes.forest)]
    if dataset == "phantom":
        parts += [get_profile(profile).phantom, get_profile(profile).acquisition]
    return digest(*parts)


def halve(source: Path, target: Path) -> None:
    """Write a generator's weights as float16; whole numbers stay as they are."""
    tensors, about = read_tensors(source)
    halved = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    if not all(torch.isfinite(v).all() for v in halved.values()):
        msg = f"{source} holds weights beyond the range of float16"
        raise SystemExit(msg)
    write_tensors(target, halved, about | {"precision": PRECISION})


def artefacts(folder: Path) -> Iterator[tuple[str, list[str], tuple[str, ...]]]:
    """Yield name, files (the one with the key first) and rooms of what a results folder holds."""
    for path in sorted(folder.rglob(GENERATOR)):
        parts = path.parent.relative_to(folder)
        if (path.parent / HISTORY).is_file():
            yield str(parts), [str(parts / GENERATOR), str(parts / HISTORY)], ("data", "models")
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".tif.json"):
            continue  # belongs to a volume, which is too large to keep
        name, record = path.relative_to(folder), read_json(path)
        beside = [str(name.parent / file) for file in record.get("files", [])]
        yield str(name.with_suffix("")), [str(name), *beside], tuple(record.get("versions", ()))


def keep(folder: Path, target: Path, *, results_only: bool, only: list[str] | None = None) -> int:
    """Copy the artefacts of one results folder; returns the bytes of its generators."""
    profile, dataset = folder.parts[-3:-1]
    about = {
        "config_hash": config_hash(profile, dataset),
        "data_hash": load_dataset(dataset, profile=profile).digest(),
    }
    machine = provenance.collect()
    total = 0
    for name, files, rooms in artefacts(folder):
        source = folder / files[0]
        key = stored_key(source)
        if results_only and (key is not None or source.name == GENERATOR):
            continue
        if only and name not in only:
            continue
        for file in files:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            if Path(file).name == GENERATOR:
                halve(folder / file, target / file)
                total += (target / file).stat().st_size
            else:
                shutil.copyfile(folder / file, target / file)
            if (target / file).stat().st_size > LIMITS["one file"]:
                msg = f"{target / file} is larger than {LIMITS['one file'] / 1e6:.0f} MB"
                raise SystemExit(msg)
        made = read_json(source).get("provenance", {}) if source.suffix == ".json" else {}
        finished = datetime.fromtimestamp(source.stat().st_mtime, UTC).date().isoformat()
        note = {
            "key": key,
            **about,
            "versions": versions(*rooms),
            "made": {
                "date": finished,
                **{
                    k: made.get(k, machine[k]) for k in ("hardware", "commit", "python", "packages")
                },
            },
            "files": {file: sha256(target / file) for file in files},
        }
        if source.name == GENERATOR:
            note["precision"] = PRECISION
            trained = source.with_name("train.json")  # a row may train on the volume too
            if trained.is_file():
                note["data_hash"] = read_json(trained)["data_hash"]
        path = target / f"{name}{SUFFIX}"
        before = read_json(path) if path.is_file() else {}
        if before.get("files") == note["files"]:
            note["made"] = before["made"]
        write_json(path, note)
        print(f"kept {target.relative_to(reference_folder()) / name}")
    return total


def main() -> None:
    """Keep the artefacts of every data set of a profile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--results-only", action="store_true", help="no generators, no stages")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="such as dataset or flow/truth")
    options = parser.parse_args()
    total = 0
    for folder in sorted((options.results / get_profile(options.profile).name).glob("*/seed*")):
        target = reference_folder() / Path(*folder.parts[-3:])
        total += keep(folder, target, results_only=options.results_only, only=options.only)
    print(f"{total / 1e6:.1f} MB of generators")
    if total > LIMITS["generators"]:
        msg = f"more than the {LIMITS['generators'] / 1e6:.0f} MB that the repository may hold"
        raise SystemExit(msg)


if __name__ == "__main__":
    main()
