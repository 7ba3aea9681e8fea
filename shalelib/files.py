"""Files written whole or not at all, and what killed writers left behind."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # not on Unix
    fcntl = None  # type: ignore[assignment]


_BLOCKED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
_LONGEST = 255  # longest name of a file or folder [byte]
OLD = 60.0  # age [s] from which a file that no process holds is a killed writer's


def write_whole(path: Path, payload: bytes | str) -> None:
    """Write bytes, or text as UTF-8, to a file; see `whole_file`."""
    with whole_file(path) as stream:
        stream.write(payload.encode("utf-8") if isinstance(payload, str) else payload)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write through a temporary file next to `path`, so that a kill leaves no half file.

    Yields
    ------
    binary stream
        What killed writers of the same file left is removed first.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an earlier file is left as it was.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                hold(stream.fileno())
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in errors of a full disk, a long name or a place that cannot be written.

    Raises
    ------
    OSError
        With the number of the error; its message names the file and says what to do.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            msg = (
                f"No space left on device: {path} could not be written; free some and run again, "
                "what was finished is kept"
            )
        elif error.errno in _BLOCKED and _is_on_the_way(error.filename, path):
            msg = (
                f"{path} could not be written ({error.strerror}: {error.filename}); name another "
                "place, or make that folder writable"
            )
        elif path.is_dir() and error.errno in (errno.EISDIR, errno.EACCES):  # Windows denies it
            msg = f"{path} is a folder, where a file is to be written; name a file in it"
        elif error.errno == errno.ENAMETOOLONG:
            msg = f"{path} could not be written ({error.strerror}); choose a shorter name"
        else:
            raise
        raise OSError(error.errno, msg) from error


def _is_on_the_way(name: Any, path: Path) -> bool:
    """Return whether an error is about a file's folder, or about something in place of it."""
    return isinstance(name, str) and (
        Path(name).parent == path.parent or path.is_relative_to(Path(name))
    )


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Fill a folder that appears when it is complete, and replaces an earlier one.

    Yields
    ------
    Path
        A temporary folder next to `path`. What killed writers of `path` left is removed first.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    handle = os.open(part, os.O_RDONLY) if fcntl else -1
    try:
        hold(handle)
        with naming(path):
            yield part
        part.chmod(0o755)  # mkdtemp's 0o700 would lock out the group's other users
        old = part.with_name(f"{part.name}.old")
        with suppress(FileNotFoundError):
            path.rename(old)
        with suppress(FileExistsError, OSError):  # another process was faster
            part.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        if handle >= 0:
            os.close(handle)
        shutil.rmtree(part, ignore_errors=True)


def hold(handle: int) -> None:
    """Mark a temporary file or folder as one that a running process writes."""
    if fcntl:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(path: Path) -> None:
    """Remove the temporary files and folders that killed writers of `path` left next to it."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with suppress(OSError):
            if abs(time.time() - left.stat().st_mtime) < OLD or _held(left):
                continue
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _held(path: Path) -> bool:
    """Return whether a running process writes it; only on Unix could it be removed while open."""
    if not fcntl:
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def not_there(path: Path) -> str:
    """Return the error message where a file was expected and there is none."""
    if path.is_symlink():
        return (
            f"{path.absolute()} is a link to {os.readlink(path)}, which is not there; put the file "
            "there, or a copy of it in place of the link"
        )
    mend = "check the name and the folder"
    if glob.has_magic(path.name):
        mend = "of several files name the folder that holds them"
    return f"there is no file {path.absolute()}; {mend}"


def given_path(path: object) -> Path:
    """Return a path that was given as text or a Path, with ``~`` expanded to the home folder.

    Raises
    ------
    TypeError, ValueError
        It is something else, empty, too long, or an address such as ``https://...``.

    Examples
    --------
    >>> given_path(None)
    Traceback (most recent call last):
    TypeError: a file or folder is named by text or a Path, got NoneType
    """
    if not isinstance(path, str | os.PathLike):
        msg = f"a file or folder is named by text or a Path, got {type(path).__name__}"
        if hasattr(path, "shape"):
            msg += "; an array becomes a volume by shalelib.data.as_volume(array)"
        if isinstance(path, list | tuple):
            msg += "; of several files name the folder that holds them"
        raise TypeError(msg)
    if not os.fspath(path):
        msg = "the name of the file or folder is empty; for the folder you are in write '.'"
        raise ValueError(msg)
    if any(len(os.fsencode(part)) > _LONGEST for part in Path(path).parts):
        msg = f"the name {os.fspath(path)[:40]}... is longer than files have; choose a shorter one"
        raise ValueError(msg)
    address = re.match(r"([A-Za-z][\w+.-]+):/+", os.fspath(path))
    if address and not os.path.exists(path):
        mend = "download it and name the file or folder that you have then"
        if address[1].lower() == "file":
            mend = f"write {'/' + os.fspath(path)[address.end() :]}"
        msg = f"{os.fspath(path)} is an address, and files and folders are read here; {mend}"
        raise ValueError(msg)
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        msg = f"{os.fspath(path)} begins with the home of somebody unknown; write the whole path"
        raise ValueError(msg) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as indented JSON; NaN is refused, write None instead."""
    write_whole(path, json_text(record) + "\n")


def json_text(record: Mapping[str, Any]) -> str:
    """Return a record as indented JSON; the record read from it gives the same text again."""
    return json.dumps(record, indent=1, allow_nan=False, default=_plain_number)


def _plain_number(value: Any) -> Any:
    """Return a scalar of NumPy as a plain number."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    msg = f"a record holds numbers, text, lists and tables of these, got {type(value).__name__}"
    raise TypeError(msg)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON record, naming the file if it is missing or damaged."""
    if not path.is_file():
        msg = f"there is no {path}; run the notebook that makes it first"
        raise FileNotFoundError(msg)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"{path} is damaged ({error}); run the notebook that makes it again"
        raise ValueError(msg) from error
    if not isinstance(record, dict):
        msg = f"{path} holds no record; run the notebook that makes it again"
        raise ValueError(msg)
    return record


class _Listener(logging.Handler):
    """Collects what a library logs instead of raising."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


@contextmanager
def logged(library: str) -> Iterator[list[str]]:
    """Collect the warnings that `library` logs, instead of showing them.

    tifffile reports a file that is cut short only in its log, and fills what is missing with zeros
    or leaves it out.

    Yields
    ------
    list of str
        Fills while the block runs.
    """
    listener = _Listener()
    logger = logging.getLogger(library)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(listener)
    try:
        yield listener.lines
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagate
