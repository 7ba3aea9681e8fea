"""Kept benchmark results (``data/reference/bench``, written by ``make bench``) as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from companion.references import reference_folder
from companion.run import Run
from companion.site.display import show_notice, show_table
from shalelib.files import read_json

Record = Mapping[str, Any]

HEADINGS = {
    "aim_s": "aim [s]",
    "peak_MB": "peak [MB]",
    "aim_MB": "aim [MB]",
    "train_s": "training [s]",
    "features_s_per_mp": "features [s/megapixel]",
    "total_s_per_mp": "all [s/megapixel]",
    "dice_low": "Dice, low",
    "dice_medium": "Dice, medium",
    "dice_high": "Dice, high",
    "dice_charging": "Dice, charging",
}


def read_bench(name: str) -> dict[str, Any] | None:
    """Return a kept benchmark, or None where it was not run."""
    path = reference_folder() / "bench" / f"{name}.json"
    return read_json(path) if path.is_file() else None


def measured_on(record: Record) -> str:
    """Say where and from which commit a benchmark is."""
    about = record["provenance"]
    return f"measured on {about['hardware']}, commit {about['commit']}"


def show_bench(
    record: Record | None,
    table: Callable[[Record], pd.DataFrame],
    *,
    script: str,
    name: str,
    title: str,
    run: Run,
    formats: Mapping[Any, str] | None = None,
) -> None:
    """Show a kept benchmark as a table, or say in its place how to run it.

    Parameters
    ----------
    record : mapping or None
        See `read_bench`.
    table : callable
        Makes the table of the record.
    script : str
        That measured it, such as ``bench/phantom.py``.
    name : str
        Label of the table.
    title : str
        The caption, without a full stop; machine and commit are added.
    run : Run
        Writes the CSV.
    formats : mapping, optional
        As in `companion.site.display.show_table`.
    """
    if record is None:
        text = (
            f"This benchmark was not run for this edition. `make bench` runs {script} on a quiet "
            "machine and keeps the result in data/reference/bench."
        )
        show_notice(text, name=name, caption=f"{title}.", kind="table")
        return
    frame = table(record)
    show_table(
        frame,
        name=name,
        caption=f"{title} ({measured_on(record)}).",
        csv=run.write_table(f"{name.replace('-', '_')}.csv", frame),
        formats=formats,
    )


def rows_table(record: Record) -> pd.DataFrame:
    """Return the rows of a benchmark, each with the number of threads, under headings in words."""
    frame = pd.DataFrame(record["rows"])
    frame = frame if "threads" in frame else frame.assign(threads=record["threads"])
    return frame.rename(columns=HEADINGS)
