"""The store: a finished result under a key that covers everything that the result depends on.

A stage has a name, a function that computes it, the code at which that begins, and inputs::

    store.done("flow/truth", lambda folder: solve(case, folder), code=solve, inputs=case)

The key is the digest of the name, the inputs (`shalelib._inputs.describe`) and the syntax trees of
all code that is reached (`shalelib._code`). So a changed constant, formula or setting never shows
an old number, and a docstring, a comment, a renamed file or another folder costs nothing.

``<name>.json`` holds the result: what was computed and, under reserved names, ``key``, ``files``
(names and SHA-256 of the files next to it), ``made`` (where, when and with what it was computed)
and ``sha256`` (of all that), which reveals a record that was changed since. It is written last; a
run that was killed resumes from what it left.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, Literal

from shalelib import _code
from shalelib._inputs import describe
from shalelib.arrays import digest
from shalelib.files import json_text, sha256, write_json, write_whole

RESERVED = ("key", "files", "made", "sha256")
Code = Callable[..., Any] | type | ModuleType
Origin = Literal["computed", "found", "reference"]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A result kept elsewhere: its record, reserved names included, and its files."""

    record: dict[str, Any]
    files: Mapping[str, bytes]
    place: str  # where it is kept, for the reader


def code_digest(code: Code | Sequence[Code]) -> str:
    """Return the digest of all code that is reached from functions, classes or modules.

    Parameters
    ----------
    code : function, class, module, or several
        For a lambda, or a function made inside another, the byte code counts and all that it can
        see; for everything else, the source.

    Raises
    ------
    RuntimeError
        The code was edited since this process has loaded it; the message names the file.
    """
    roots = [code] if callable(code) or isinstance(code, ModuleType) else list(code)
    places = [(root, _code.place_of(root)) for root in roots]
    named = _code.reached(*(place for _, place in places if place))
    return digest(named, *(describe(root) for root, place in places if not place))


def stage_key(name: str, *, code: Code | Sequence[Code], inputs: Any) -> str:
    """Return the key of a stage's result: 16 hexadecimal digits.

    Parameters
    ----------
    name : str
    code
        Where the stage begins, as for `code_digest`.
    inputs : object
        Everything else that the result depends on; see `shalelib._inputs.describe`.

    Raises
    ------
    RuntimeError
        The code was edited since this process has loaded it; the message names the file.
    """
    return digest(name, code_digest(code), describe(inputs))


@dataclass(frozen=True, kw_only=True)
class Store:
    """A folder of results.

    Attributes
    ----------
    folder : Path
    about : callable
        Returns what ``made`` says of results that are computed now, such as commit and machine.
    kept : callable, optional
        ``kept(name, key)`` returns a reference with that key, or None if there is none.
    fresh : bool
        If True, what was taken from a reference earlier does not count as finished.
    origins : dict
        Filled with the origin of each result: ``computed`` now, ``found`` here, or ``reference``.
    """

    folder: Path
    about: Callable[[], dict[str, Any]] = dict
    kept: Callable[[str, str], Kept | None] | None = None
    fresh: bool = False
    origins: dict[str, Origin] = field(default_factory=dict, compare=False)

    def done(
        self,
        name: str,
        compute: Callable[[Path], dict[str, Any]],
        *,
        code: Code | Sequence[Code],
        inputs: Any,
        files: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Return a stage's result: found finished, taken from the references, or computed.

        Parameters
        ----------
        name : str
            Path below the folder without suffix, such as ``flow/truth``.
        compute : callable
            ``compute(folder)`` returns the record, which JSON can hold, after writing `files`,
            each whole, into `folder`, where ``<name>.json`` will be written.
        code, inputs
            What the result depends on; see `stage_key`.
        files : sequence of str
            Names of the files that belong to the result, relative to `folder`. A record may leave
            some out (a flow that does not get through has no field) by naming those that exist
            under ``files``.

        Returns
        -------
        dict
            The record with ``key``, ``files`` and ``made``.

        Raises
        ------
        ValueError
            The record uses a reserved name, or a file was not written.
        RuntimeError
            The code was edited since this process has loaded it; nothing is recorded.
        """
        key = stage_key(name, code=code, inputs=inputs)
        found = self._have(name, key)
        if found is not None:
            return found
        record = self._compute(name, key, compute, files)
        stage_key(name, code=code, inputs=inputs)  # refuses code that was edited meanwhile
        self.origins[name] = "computed"
        write_record(self.path(name), record)
        return record

    def have(self, name: str, *, code: Code | Sequence[Code], inputs: Any) -> dict[str, Any] | None:
        """Return a stage's result as `done` does, but None where it would have to be computed."""
        return self._have(name, stage_key(name, code=code, inputs=inputs))

    def path(self, name: str) -> Path:
        """Return where the record of a stage lies."""
        return self.folder / f"{name}.json"

    def finished(self, name: str, key: str) -> dict[str, Any] | None:
        """Return a result if it is there, intact, and has this key; warn of a damaged one."""
        path = self.path(name)
        if not path.exists():
            return None
        try:
            record = read_record(path)
            if record["key"] != key:
                return None
            check_files(path.parent, record["files"])
        except ValueError as error:
            warnings.warn(f"{error}; it is computed again", stacklevel=4)
            return None
        return record

    def read(self, name: str, *, mend: str) -> dict[str, Any]:
        """Read a result that another page has made, whatever its key.

        Parameters
        ----------
        name : str
        mend : str
            How to make it, such as ``run notebooks/08_volumes.py``; ends the error messages.

        Raises
        ------
        FileNotFoundError, ValueError
            It is not there, or it is damaged.
        """
        path = self.path(name)
        if not path.is_file():
            msg = f"there is no {path}; {mend}"
            raise FileNotFoundError(msg)
        try:
            record = read_record(path)
            check_files(path.parent, record["files"])
        except ValueError as error:
            msg = f"{error}; {mend}"
            raise ValueError(msg) from error
        return record

    def _have(self, name: str, key: str) -> dict[str, Any] | None:
        found = self.finished(name, key)
        if found is None or (self.fresh and "reference" in found["made"]):
            kept = self.kept(name, key) if self.kept else None
            if kept is None:
                return None
            found = self._copy(name, kept)
        if self.origins.get(name) != "computed":  # and now asked for again
            self.origins[name] = "reference" if "reference" in found["made"] else "found"
        return found

    def _compute(
        self, name: str, key: str, compute: Callable[[Path], dict[str, Any]], files: Sequence[str]
    ) -> dict[str, Any]:
        folder = self.path(name).parent
        folder.mkdir(parents=True, exist_ok=True)
        record = dict(compute(folder))
        names = record.pop("files", list(files))
        if taken := record.keys() & set(RESERVED):
            msg = f"stage {name}: a record must not use the reserved name {min(taken)!r}"
            raise ValueError(msg)
        for file in names:
            if file not in files or not (folder / file).is_file():
                msg = f"stage {name}: file {file} was not announced, or was not written"
                raise ValueError(msg)
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        made = {**self.about(), "finished": finished}
        return {**record, "key": key, "files": hashes(folder, names), "made": made}

    def _copy(self, name: str, kept: Kept) -> dict[str, Any]:
        folder = self.path(name).parent
        for file, content in kept.files.items():
            write_whole(folder / file, content)
        made = {**kept.record["made"], "reference": kept.place}
        record = {**kept.record, "made": made}
        write_record(self.path(name), record)
        return record


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a stage with the SHA-256 of its content."""
    write_json(path, {**record, "sha256": _sha256(record)})


def _sha256(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json_text(record).encode("utf-8")).hexdigest()


def read_record(path: Path) -> dict[str, Any]:
    """Read the record of a stage as it was written, without its SHA-256.

    Raises
    ------
    ValueError
        The file is damaged, changed or not a record; the message names it.
    """
    kinds = {"key": str, "files": dict, "made": dict, "sha256": str}
    try:
        record = json.loads(path.read_bytes().decode("utf-8"))
        whole = isinstance(record, dict) and all(
            isinstance(record.get(name), kind) for name, kind in kinds.items()
        )
        same = whole and record.pop("sha256") == _sha256(record)
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} is damaged ({error})"
        raise ValueError(msg) from error
    if not whole:
        msg = f"{path} is no record of a stage: one of {', '.join(kinds)} is missing"
        raise ValueError(msg)
    if not same:
        msg = f"{path} was changed since it was written: its SHA-256 is not the one that it names"
        raise ValueError(msg)
    return record


def check_files(folder: Path, files: Mapping[str, str]) -> None:
    """Refuse files that are missing or differ from their record."""
    for name, expected in files.items():
        path = folder / PurePosixPath(name)
        if not path.is_file():
            msg = f"{path} is missing"
            raise ValueError(msg)
        if sha256(path) != expected:
            msg = f"{path} is damaged: its SHA-256 is not the one that was noted when it was made"
            raise ValueError(msg)


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of files of a folder, by name."""
    return {name: sha256(folder / PurePosixPath(name)) for name in names}
