"""Say whether the real patches can be had: ``check_data.py RECORD``.

Fetches them if need be and writes a small JSON record, which the pipeline reads. The record is
rewritten only when it changes, so that nothing is run again for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import checkout  # noqa: F401

from shalelib.data.fetch import DataUnavailableError, fetch_patches
from shalelib.files import read_json, write_json


def record() -> dict[str, object]:
    """Try to load the real patches."""
    try:
        return {"available": True, "data_hash": fetch_patches(progress=True).digest()}
    except DataUnavailableError as error:
        return {"available": False, "message": str(error)}


def _known(path: Path) -> dict[str, object] | None:
    """Return the record that is there; None if there is none, or a damaged one."""
    try:
        return read_json(path)
    except (FileNotFoundError, ValueError):
        return None


def main(path: Path) -> None:
    """Write the record if it is new or changed."""
    new = record()
    if _known(path) != new:
        write_json(path, new)
    if not new["available"]:
        print(f"The real data could not be had: {new['message']}", file=sys.stderr)
        print("The book is built without them; their chapters say so.", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
