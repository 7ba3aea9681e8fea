"""Reference artefacts: finished results in ``data/reference``, so that nobody has to wait for them.

``data/reference/<profile>/manifest.json`` lists what is kept: for each result, named
``<dataset>/seed<seed>[/fold<fold>]/<stage>``, its key, the SHA-256 of its record and of its files,
the bundle that the record lies in, and where it was made. A bundle is one JSON file a page and data
set, with the records and small texts; arrays and generators lie beside it. The store takes a result
whose key is the one that it looks for, and no other: what is stale is computed; the page says so.

With ``SHALELIB_RETRAIN`` set (``make book RETRAIN=1``) no reference is used. Where
``SHALELIB_STRICT_REFERENCES`` is set (continuous integration) a stale one is an error.
``workflow/keep_references.py`` keeps results, ``workflow/restamp.py`` gives them their keys anew
after a change that was meant to move nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from companion.profiles import get_profile
from companion.site.place import repository_root
from shalelib.files import read_json, write_json, write_whole
from shalelib.store import RESERVED, Kept, stage_key

STRICT, RETRAIN, FOLDER, RESTAMP = (
    "SHALELIB_STRICT_REFERENCES",
    "SHALELIB_RETRAIN",
    "SHALELIB_REFERENCES",  # another place than data/reference
    "SHALELIB_RESTAMP",  # set by workflow/restamp.py: what is computed though it is kept
)
GENERATOR = "generator.safetensors"
TEXTS = (".csv", ".txt")  # files that go into the bundle
RESTORE = "restore it (git checkout)"
_ENTRY = {"key", "sha256", "bundle", "files", "made"}  # of a result in the manifest


class StaleReferenceError(RuntimeError):
    """A reference is of other code, settings or data than what is run now."""


def reference_folder() -> Path:
    """Return ``data/reference``, or what ``SHALELIB_REFERENCES`` names."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else repository_root() / "data" / "reference"


@dataclass(kw_only=True, eq=False)
class Manifest:
    """What is kept of one profile.

    Attributes
    ----------
    folder : Path
        ``data/reference/<profile>``.
    kept : dict
        Name to ``key``, ``sha256``, ``bundle``, ``files`` and ``made`` (a name in `made`).
    made : dict
        Where results were made: commit, machine, packages; each once.
    """

    folder: Path
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def record(self, name: str) -> dict[str, Any]:
        """Return a record as it was kept, with its reserved names.

        Raises
        ------
        ValueError
            The bundle is missing or holds another record than the manifest says.
        """
        entry = self.kept[name]
        path = self.folder / entry["bundle"]
        held = _bundle(path).get(name)
        if held is None or _sha(held) != entry["sha256"]:
            msg = f"{path} does not hold {name} as its manifest says; {RESTORE}"
            raise ValueError(msg)
        made = self.made[entry["made"]]
        return {**held["record"], "key": entry["key"], "files": entry["files"], "made": made}

    def files(self, name: str) -> dict[str, bytes]:
        """Return the files of a result by their names.

        Raises
        ------
        ValueError
            One is missing or is not the one that the manifest describes.
        """
        entry = self.kept[name]
        texts = _bundle(self.folder / entry["bundle"])[name].get("texts", {})
        found = {}
        for file, expected in entry["files"].items():
            path = self.folder / PurePosixPath(name).parent / file
            if file in texts:
                found[file] = texts[file].encode("utf-8")
            else:
                found[file] = path.read_bytes() if path.is_file() else b""
            if hashlib.sha256(found[file]).hexdigest() != expected:
                msg = f"{path} is not the file that its manifest describes; {RESTORE}"
                raise ValueError(msg)
        return found

    def keep(
        self, results: Mapping[str, tuple[dict[str, Any], dict[str, bytes]]], bundle: str
    ) -> None:
        """Keep records, reserved names included, and their files in one bundle.

        Parameters
        ----------
        results : mapping of name to (record, files)
        bundle : str
            Path below the profile's folder, such as ``phantom/seed0/flow.json``.
        """
        path = self.folder / bundle
        held = dict(_bundle(path))
        for name, (record, files) in results.items():
            plain = {k: v for k, v in record.items() if k not in RESERVED}
            texts = {n: c.decode("utf-8") for n, c in files.items() if n.endswith(TEXTS)}
            for file, content in files.items():
                if file not in texts:
                    write_whole(self.folder / PurePosixPath(name).parent / file, content)
            held[name] = {"record": plain} | ({"texts": texts} if texts else {})
            origin = _sha(record["made"])[:8]
            self.made[origin] = record["made"]
            self.kept[name] = {
                "key": record["key"],
                "sha256": _sha(held[name]),
                "bundle": bundle,
                "made": origin,
                "files": {n: hashlib.sha256(c).hexdigest() for n, c in files.items()},
            }
        write_json(path, dict(sorted(held.items())))

    def drop(self, names: Iterable[str]) -> None:
        """Leave results out, with the files that are theirs."""
        for name in names:
            entry = self.kept.pop(name)
            bundle = self.folder / entry["bundle"]
            for file in entry["files"]:
                (self.folder / PurePosixPath(name).parent / file).unlink(missing_ok=True)
            rest = {other: held for other, held in _bundle(bundle).items() if other != name}
            if rest:
                write_json(bundle, rest)
            else:
                bundle.unlink()

    def write(self) -> None:
        """Write the manifest; what nothing refers to is left out."""
        used = {entry["made"] for entry in self.kept.values()}
        made = {name: about for name, about in sorted(self.made.items()) if name in used}
        kept = dict(sorted(self.kept.items()))
        write_json(self.folder / "manifest.json", {"made": made, "kept": kept})


def lent_rows(profile: str) -> set[tuple[str, str]]:
    """Return data set and row of the networks that come trained, for the book's seed and fold."""
    found = set()
    for name, entry in read_manifest(profile).kept.items():
        dataset, seed, *rest = name.split("/")
        if seed == "seed0" and any(file.endswith(GENERATOR) for file in entry["files"]):
            found.add((dataset, "/".join(rest)))
    return found


def bundle_of(place: str, stage: str, files: Iterable[str] = ()) -> str:
    """Return the bundle of a stage: one for all trainings, else that of its page.

    Examples
    --------
    >>> bundle_of("phantom/seed0", "flow/truth")
    'phantom/seed0/flow.json'
    """
    training = stage.endswith(("/train", "/watched")) or any(f.endswith(GENERATOR) for f in files)
    return f"{place}/{'training' if training else stage.split('/')[0]}.json"


def page_key(name: str, profile: str) -> str:
    """Return the key of a page's own record: which sizes it was made with.

    Such a record is compared (``workflow/compare_results.py``) and never taken, so that its code
    does not matter.
    """
    sizes = replace(get_profile(profile), purpose="", takes="", retrain="", memory=0)
    return stage_key(name, code=(), inputs=sizes)


def read_manifest(profile: str) -> Manifest:
    """Read what is kept of a profile; nothing where there is no manifest."""
    folder = reference_folder() / profile
    path = folder / "manifest.json"
    if not path.is_file():
        return Manifest(folder=folder)
    read = _whole(path)
    kept: Any = read.get("kept")
    made: Any = read.get("made")
    whole = isinstance(kept, dict) and isinstance(made, dict)
    if not whole or not all(isinstance(e, dict) and e.keys() >= _ENTRY for e in kept.values()):
        msg = f"{path} is no manifest of references; {RESTORE}"
        raise ValueError(msg)
    return Manifest(folder=folder, kept=kept, made=made)


@dataclass(frozen=True, kw_only=True)
class Lender:
    """Lends the references of one run to its store.

    Attributes
    ----------
    profile, place : str
        Such as ``laptop`` and ``phantom/seed0``.
    stale : list of str
        Fills with the stages whose reference is of another key.
    """

    profile: str
    place: str
    stale: list[str] = field(default_factory=list)

    def __call__(self, stage: str, key: str) -> Kept | None:
        """Return the reference of a stage, if it has this key.

        Raises
        ------
        StaleReferenceError
            It has another, and ``SHALELIB_STRICT_REFERENCES`` is set.
        """
        manifest = read_manifest(self.profile)
        name = f"{self.place}/{stage}"
        if name not in manifest.kept or os.environ.get(RETRAIN):
            return None
        again = os.environ.get(RESTAMP)
        if again is not None and name in again.split(","):
            return None
        if manifest.kept[name]["key"] != key and again is None:
            self.stale.append(stage)
            if os.environ.get(STRICT):
                msg = (
                    f"the reference {name} of profile {self.profile} is stale: its key is "
                    f"{manifest.kept[name]['key']}, this run's is {key}. If nothing was meant to "
                    "move, run workflow/restamp.py; else compute it and keep it "
                    "(workflow/keep_references.py)."
                )
                raise StaleReferenceError(msg)
            return None
        record = {**manifest.record(name), "key": key}
        return Kept(record=record, files=manifest.files(name), place=f"{self.profile}/{name}")


def check(manifest: Manifest) -> Iterable[str]:
    """Yield what is wrong with the files of a manifest, and files that nothing refers to."""
    named = {manifest.folder / "manifest.json"}
    for name, entry in manifest.kept.items():
        named.add(manifest.folder / entry["bundle"])
        named |= {manifest.folder / PurePosixPath(name).parent / file for file in entry["files"]}
        try:
            manifest.record(name)
            manifest.files(name)
        except (OSError, ValueError, KeyError) as error:
            yield str(error)
    yield from (
        f"{path} is in no manifest"
        for path in sorted(manifest.folder.rglob("*"))
        if path.is_file() and path not in named
    )


def _bundle(path: Path) -> dict[str, Any]:
    """Read a bundle once, as long as it stays as it is."""
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=64)
def _read(path: Path, _stamp: int) -> dict[str, Any]:
    return _whole(path)


def _whole(path: Path) -> dict[str, Any]:
    """Read a file of the checkout; a damaged one is named with the way to have it back."""
    try:
        return read_json(path)
    except ValueError as error:
        msg = f"{path} is damaged; {RESTORE}"
        raise ValueError(msg) from error


def _sha(record: Any) -> str:
    text = json.dumps(record, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
