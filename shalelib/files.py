"""Files written whole or not at all, and the place of the repository."""

from __future__ import annotations

import errno
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_whole(path: Path, payload: bytes | str) -> None:
    """Write through a temporary file beside `path`, so that a kill leaves no half file.

    Raises
    ------
    OSError
        The folder cannot be written or the disk is full; an earlier file is left as it was.
    """
    raw = payload.encode() if isinstance(payload, str) else payload
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            msg = (
                f"No space left on device: {path} could not be written; free some and run again, "
                "what was finished is kept"
            )
            raise OSError(errno.ENOSPC, msg) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record as indented JSON; NaN is refused, write None instead."""
    write_whole(path, json.dumps(record, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON record, naming the file if it is missing or damaged."""
    if not path.is_file():
        msg = f"there is no {path}; run the notebook that makes it first"
        raise FileNotFoundError(msg)
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        msg = f"{path} is damaged ({error}); delete it and run the notebook that makes it"
        raise ValueError(msg) from error


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

    tifffile says of a file that is cut short no more than that in its log, and fills what is
    missing with zeros or leaves it out.

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
