"""Kept benchmark results (``data/reference/bench``, written by ``make bench``) as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from companion.references import reference_folder
from companion.run import Run
from companion.site.display import show_notice, show_table
from shalelib.files import read_json
from shalelib.flow.lattice import Q

Record = Mapping[str, Any]

METHOD_NAMES = {
    "network": "GMRES, pressure correction",
    "gmres": "GMRES",
    "pressure": "IDR(4), pressure correction",  # records made before the corrections
    "idr": "IDR(4)",
    "step": "plain steps",
}


def read_bench(name: str) -> dict[str, Any] | None:
    """Return a kept benchmark, or None where it was not run."""
    path = reference_folder() / "bench" / f"{name}.json"
    return read_json(path) if path.is_file() else None


def update_bytes(itemsize: int) -> float:
    """Return the bytes that an update of a node must move, the mean of even and odd step.

    Each reads and writes 19 populations; the odd one reads 18 links of 4 bytes as well.

    Examples
    --------
    >>> update_bytes(8)
    340.0
    """
    return 2 * Q * itemsize + (Q - 1) * 4 / 2


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
    """Return the rows of a benchmark as they are, each with the number of threads."""
    frame = pd.DataFrame(record["rows"])
    return frame if "threads" in frame else frame.assign(threads=record["threads"])


def kernel_rows(record: Record) -> pd.DataFrame:
    """Return one row a kernel and case: ``case``, ``kernel``, ``mflups`` and ``limit``.

    The limit is that of the bandwidth in place.
    """
    titles = {"no slip": "shalelib, no slip", "slip": "shalelib, slip", "lbmpy": "lbmpy, no slip"}
    return pd.DataFrame(
        [
            {
                "case": _case(row),
                "kernel": titles[kernel],
                "mflups": speed,
                "limit": in_place_limit(row),
            }
            for row in record["rows"]
            for kernel, speed in row["mflups"].items()
        ]
    )


def kernel_table(record: Record) -> pd.DataFrame:
    """Return speeds, their ratio to the peer's and their share of the limits of the bandwidth."""
    return pd.DataFrame(
        [
            {
                "Case": _case(row),
                "Ours [M/s]": row["mflups"]["no slip"],
                "Ours, slip [M/s]": row["mflups"]["slip"],
                "lbmpy [M/s]": row["mflups"].get("lbmpy", float("nan")),
                "Ours ÷ lbmpy": row["ratio_to_lbmpy"] or float("nan"),
                "Copy [GB/s]": row["bandwidth_GB_s"],
                "Ours ÷ its limit": row["share_of_limit"],
                "In place [GB/s]": row["in_place_GB_s"],
                "Ours ÷ that limit": row["share_in_place"],
            }
            for row in record["rows"]
        ]
    )


def in_place_limit(row: Record) -> float:
    """Return the speed that the bandwidth in place would allow [million updates a second]."""
    return 1e3 * row["in_place_GB_s"] / update_bytes(8 if row["dtype"] == "float64" else 4)


def halves_table(record: Record) -> pd.DataFrame:
    """Return the time of the even and of the odd step, with populations in cache and beyond it."""
    return pd.DataFrame(
        [
            {
                "Precision": row["dtype"],
                "Fluid nodes": row["nodes"],
                "Populations [MB]": row["MB"],
                "Even step ÷ node [ns]": row["even_ns"],
                "Odd step ÷ node [ns]": row["odd_ns"],
            }
            for row in record["halves"]
        ]
    )


def _case(row: Record) -> str:
    return f"{row['dtype']}, {row['threads']} thread{'s' if row['threads'] > 1 else ''}"


def method_table(record: Record) -> pd.DataFrame:
    """Return time, steps and memory of every method, and whether it settled in the time allowed."""
    return pd.DataFrame(
        [
            {
                "Method": METHOD_NAMES[row["method"]],
                "Fluid nodes": row["nodes"],
                "Settled": "yes" if row["settled"] else f"not in {record['seconds_allowed']:.0f} s",
                "Time [s]": row["seconds"],
                "Steps": row["steps"],
                "k [voxel²]": row["k"],
                "Flux spread": row["spread"],
                "Change left": row.get("change_left", float("nan")),
                "Peak memory [MB]": row["peak_MB"],
            }
            for row in record["rows"]
        ]
    )


def scaling_table(record: Record) -> pd.DataFrame:
    """Return cost and memory of bare steps against size."""
    frame = pd.DataFrame(record["rows"])
    return frame.rename(
        columns={
            "size": "Edge [voxel]",
            "nodes": "Fluid nodes",
            "build_s": "Set-up [s]",
            "step_s": "Step [s]",
            "ns_per_node": "Step ÷ node [ns]",
            "bytes_per_node": "Memory ÷ node [byte]",
        }
    )
