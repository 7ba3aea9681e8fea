"""Kept benchmark results (``data/reference/bench``, written by ``make bench``) as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shalelib.files import read_json
from shalelib.flow.lattice import Q
from shalelib.reference import reference_folder

Record = Mapping[str, Any]

METHOD_NAMES = {
    "pressure": "IDR(4), pressure correction",
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


def missing(script: str) -> str:
    """Say, in place of a benchmark that was not run, how to run it."""
    return (
        f"This benchmark was not run for this edition. `make bench` runs {script} on a quiet "
        "machine and keeps the result in data/reference/bench."
    )


def measured_on(record: Record) -> str:
    """Say where and from which commit a benchmark is."""
    about = record["provenance"]
    return f"measured on {about['hardware']}, commit {about['commit']}"


def kernel_rows(record: Record) -> pd.DataFrame:
    """Return one row a kernel and case: ``case``, ``kernel``, ``mflups`` and ``limit``."""
    titles = {"no slip": "shalelib, no slip", "slip": "shalelib, slip", "lbmpy": "lbmpy, no slip"}
    return pd.DataFrame(
        [
            {
                "case": _case(row),
                "kernel": titles[kernel],
                "mflups": speed,
                "limit": row["limit_mflups"],
            }
            for row in record["rows"]
            for kernel, speed in row["mflups"].items()
        ]
    )


def kernel_table(record: Record) -> pd.DataFrame:
    """Return speeds, their ratio to the peer's and their share of the bandwidth's limit."""
    return pd.DataFrame(
        [
            {
                "Case": _case(row),
                "Ours [M/s]": row["mflups"]["no slip"],
                "Ours, slip [M/s]": row["mflups"]["slip"],
                "lbmpy [M/s]": row["mflups"].get("lbmpy", float("nan")),
                "Ours ÷ lbmpy": row["ratio_to_lbmpy"] or float("nan"),
                "Bandwidth [GB/s]": row["bandwidth_GB_s"],
                "Limit [M/s]": row["limit_mflups"],
                "Ours ÷ limit": row["share_of_limit"],
            }
            for row in record["rows"]
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
