"""Reference artefacts: finished results in ``data/reference``, so that nobody has to wait for them.

A reference is a copy of files of ``results/<profile>/<dataset>/seed<seed>/`` in the same place
below ``data/reference``, with a note beside them, ``<name>.reference.json``, that holds the key
under which the stage caches its result. A notebook takes it *before* the stage that computes it::

    key = digest(VERSION, settings(config), generator_key, data_hash)
    run.take("flow/truth", key=key)             # copies flow/truth.json (and what belongs to it)
    measured = measure(..., cache=run.folder / "flow/truth.json", key=key)   # finds it finished

The stage itself only has to go on from its own finished file, as after a kill: a JSON record with
its key under ``"key"`` and, if there are more files, their names (beside it) under ``"files"``; or
a file of `shalelib.models.checkpoints`. ``workflow/keep_references.py PROFILE`` keeps such files.

A reference of another key is stale: never used; the page says so, and it is an error where
``SHALELIB_STRICT_REFERENCES`` is set (in continuous integration). With ``SHALELIB_RETRAIN`` set
(``make book RETRAIN=1``) no reference is used. What was computed here is never replaced by one.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from companion.site.place import repository_root
from shalelib.files import read_json, write_whole

STRICT, RETRAIN, FOLDER = (
    "SHALELIB_STRICT_REFERENCES",
    "SHALELIB_RETRAIN",
    "SHALELIB_REFERENCES",  # another place than data/reference
)
SUFFIX = ".reference.json"

Status = Literal["none", "taken", "own", "stale", "retrain"]


class StaleReferenceError(RuntimeError):
    """A reference is of another configuration, data or version than what is run now."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What became of a reference: its name, its status and, if there is one, its note.

    ``taken``: its files are now among the results. ``own``: the results hold a finished one that
    was computed here. ``stale`` and ``retrain``: it was left alone. ``none``: there is none.
    """

    name: str
    status: Status
    note: dict[str, Any]

    @property
    def sentence(self) -> str:
        """Say what a reader should know of it, or nothing."""
        made = self.note.get("made", {})
        origin = f"computed on {made.get('hardware')}, finished {made.get('date')}"
        if self.status == "taken":
            kept = f", {self.note['precision']}" if "precision" in self.note else ""
            return f"taken from the reference artefacts, not computed here ({origin}{kept})"
        if self.status == "stale":
            return (
                f"computed here: the reference artefact ({origin}) is stale, for another "
                "configuration, data or version"
            )
        if self.status == "retrain":
            return "computed here, although there is a reference artefact, because RETRAIN is set"
        return ""


def reference_folder() -> Path:
    """Return ``data/reference``, or what ``SHALELIB_REFERENCES`` names."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else repository_root() / "data" / "reference"


def take(name: str, *, key: str, place: str, folder: Path) -> Reference:
    """Put the reference `name` among the results if it has the key that the stage will look for.

    Parameters
    ----------
    name : str
        Such as ``pix2pix_wgan`` or ``flow/truth``: the file without suffix, or the folder.
    key : str
        The stage's own.
    place : str
        ``<profile>/<dataset>/seed<seed>`` below ``data/reference``.
    folder : Path
        The results folder that receives the files.

    Raises
    ------
    StaleReferenceError
        The reference has another key and ``SHALELIB_STRICT_REFERENCES`` is set.
    ValueError
        A file of the reference is not the one that its note describes.
    """
    source = reference_folder() / place
    path = source / f"{name}{SUFFIX}"
    if not path.is_file():
        return Reference(name=name, status="none", note={})
    note = read_json(path)
    if note["key"] != key:
        if os.environ.get(STRICT):
            msg = (
                f"the reference {path} is stale: its key is {note['key']}, this run's is {key}. "
                "Compute it again and keep it (workflow/keep_references.py), or delete it."
            )
            raise StaleReferenceError(msg)
        return Reference(name=name, status="stale", note=note)
    here = {file: folder / file for file in note["files"]}
    copied = all(p.is_file() and sha256(p) == note["files"][file] for file, p in here.items())
    if os.environ.get(RETRAIN):
        if copied:
            for file in here.values():
                file.unlink()
        return Reference(name=name, status="retrain", note=note)
    first = next(iter(here.values()))  # the file that carries the key
    if not copied and all(p.is_file() for p in here.values()) and stored_key(first) == key:
        return Reference(name=name, status="own", note=note)
    for file, target in here.items():
        if not copied:
            write_whole(target, _checked(source / file, note["files"][file]))
    return Reference(name=name, status="taken", note=note)


def stored_key(path: Path) -> str | None:
    """Return the key in a stage's JSON record or safetensors file; None if it holds none.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    if path.suffix == ".json":
        return read_json(path).get("key")
    try:
        with path.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        return json.loads(header["__metadata__"]["about"]).get("key")
    except (ValueError, KeyError, OverflowError, MemoryError) as error:
        msg = f"{path} is damaged or no model file of shalelib ({error}); delete it"
        raise ValueError(msg) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checked(path: Path, expected: str) -> bytes:
    """Read a file of a reference, refusing one that is missing or changed."""
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != expected:
        msg = f"{path} is not the file that its reference note describes; restore it (git checkout)"
        raise ValueError(msg)
    return content
