"""Results of one page that another reads, and tables as the store keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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
        return f"{self.file} from the current code (notebook {self.notebook})"

    def read(self, folder: Path) -> dict[str, Any] | None:
        """Return the record in a results folder; None where there is none, or one of other code."""
        path = folder / self.file
        record = read_json(path) if path.is_file() else {}
        return record if record.get("code") == code_digest(self.code) else None

    def write(self, run: Run, record: dict[str, Any]) -> None:
        """Write the record with the digest of today's code."""
        run.write_json(self.file, {**record, "code": code_digest(self.code)})


def kept_table(
    run: Run, name: str, function: Callable[..., Any], *given: Any, **named: Any
) -> pd.DataFrame:
    """Return the table that a function makes, computed once and then found under its key.

    Parameters
    ----------
    run : Run
        Its store keeps the record ``name``.
    name : str
        Such as ``validation/slits``.
    function : callable
        Returns a DataFrame, or its rows as dicts.
    *given, **named
        Its arguments, of which the key takes the content; see `shalelib.store`.
    """

    def compute(_: Path) -> dict[str, Any]:
        return {"table": packed(pd.DataFrame(function(*given, **named)))}

    record = run.store.done(name, compute, code=function, inputs=[given, named])
    return unpacked(record["table"])


def packed(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table in a form that JSON can hold; `unpacked` gives the same table back.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["a", None], "k": [np.inf, np.nan], "n": [1, 2]})
    >>> unpacked(packed(table)).equals(table)
    True
    """
    return {
        "types": {str(name): str(column.dtype) for name, column in table.items()},
        "columns": {
            str(name): [_plain(value) for value in column.tolist()]
            for name, column in table.items()
        },
    }


def _plain(value: Any) -> Any:
    """Return a cell that JSON can hold: None for NaN, text for an infinite number."""
    if pd.isna(value):
        return None
    return str(value) if value in (np.inf, -np.inf) else value


def unpacked(record: dict[str, Any]) -> pd.DataFrame:
    """Return the table of a record; its rows are numbered from 0."""
    columns = {
        name: pd.Series(values, dtype=record["types"][name])
        for name, values in record["columns"].items()
    }
    return pd.DataFrame(columns)
