"""Results of one page that another reads: refused unless today's code has written them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.run import Run
from shalelib.files import read_json
from shalelib.store import Code, code_digest


@dataclass(frozen=True, kw_only=True)
class Result:
    """A file of numbers that other pages read.

    Attributes
    ----------
    file : str
    notebook : str
        That writes it.
    code : function
        What computes and lays out the part that is read elsewhere.
    """

    file: str
    notebook: str
    code: Code

    @property
    def title(self) -> str:
        """What a reader is told of it."""
        return f"{self.file} of today's code (notebook {self.notebook})"

    def read(self, folder: Path) -> dict[str, Any] | None:
        """Return the record in a results folder; None where there is none, or one of other code."""
        path = folder / self.file
        record = read_json(path) if path.is_file() else {}
        return record if record.get("code") == code_digest(self.code) else None

    def write(self, run: Run, record: dict[str, Any]) -> None:
        """Write the record with the digest of today's code."""
        run.write_json(self.file, {**record, "code": code_digest(self.code)})
