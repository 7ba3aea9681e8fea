"""Tables and figures of the page Benchmarks, of records that ``make bench`` keeps."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.bench_tables import Record
from companion.style import COLOURS, GREY, number, panel
from shalelib.flow.lattice import Q

# What was aimed at beforehand, as the page says.
TIGHT_AIM = 10.0  # s to the permeability of the tight medium
LBMPY_AIMS = {"float64": 1.5, "float32": 1.3}  # times its speed
LIMIT_AIM = 0.45  # of the limit of the bandwidth in place
BYTES_AIM = 700  # a node of the tight medium
LARGE_AIM = 8000  # MB for the large medium, all that the process takes
PORESPY_AIM = 3  # times its seconds, with whole radii
THICKNESS_BYTES_AIM = 30  # a voxel
METHOD_NAMES = {
    "network": "GMRES with pressure correction",
    "gmres": "GMRES without pressure correction",
    "step": "plain steps",
}


def update_bytes(itemsize: int) -> float:
    """Return the bytes that an update of a node must move, the mean of even and odd step.

    Each reads and writes 19 populations; the odd one reads 18 links of 4 bytes as well.

    Examples
    --------
    >>> update_bytes(8)
    340.0
    """
    return 2 * Q * itemsize + (Q - 1) * 4 / 2


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
                "Solver ÷ node [byte]": row.get("bytes_per_node", float("nan")),
                "Said beforehand [MB]": row.get("said_MB", float("nan")),
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


def speed_plot(frame: pd.DataFrame) -> Figure:
    """Draw speeds of the kernels: one group of bars for each precision and number of threads.

    Parameters
    ----------
    frame : DataFrame
        ``case``, ``kernel``, ``mflups``; ``limit`` [million updates a second].
    """
    cases = list(dict.fromkeys(frame["case"]))
    kernels = list(dict.fromkeys(frame["kernel"]))
    fig, axis = plt.subplots(figsize=(7.2, 3.4))
    width = 0.8 / len(kernels)
    for k, kernel in enumerate(kernels):
        part = frame[frame["kernel"] == kernel].set_index("case")["mflups"]
        place = np.arange(len(cases)) + (k - (len(kernels) - 1) / 2) * width
        axis.bar(place, part.reindex(cases), width * 0.92, color=COLOURS[k], label=kernel)
    limits = frame.groupby("case")["limit"].first()
    for k, case in enumerate(cases):
        axis.plot([k - 0.45, k + 0.45], [float(limits[case])] * 2, "--", color=GREY, linewidth=1)
    axis.set_xticks(range(len(cases)), cases, fontsize=8.5)
    axis.set_ylabel("million node updates a second")
    panel(axis)
    axis.legend(
        frameon=False, fontsize=8.5, title="dashed: limit of the bandwidth", title_fontsize=8
    )
    fig.tight_layout()
    return fig


def scaling_plot(frame: pd.DataFrame) -> Figure:
    """Draw time of a step against fluid nodes, with a line of exact proportion."""
    fig, axis = plt.subplots(figsize=(5.2, 3.2))
    nodes, seconds = frame["Fluid nodes"].to_numpy(float), frame["Step [s]"].to_numpy(float)
    axis.plot(nodes, 1e3 * seconds, "o", color=COLOURS[0], label="measured")
    axis.plot(nodes, 1e3 * seconds[-1] * nodes / nodes[-1], "--", color=GREY, label="in proportion")
    axis.set(xscale="log", yscale="log", xlabel="fluid nodes", ylabel="time of a step [ms]")
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def peer_table(record: Record) -> pd.DataFrame:
    """Return k, flux spread and seconds of several codes on the same pores, with their versions."""
    return pd.DataFrame(
        [
            {
                "Pores": row["case"],
                "Code": ", ".join(" ".join(pair) for pair in row["versions"].items()),
                "k [voxel²]": row["k"],
                "k ÷ exact": row["k"] / row["exact"] if row["exact"] else float("nan"),
                "k as reported [voxel²]": row["k_reported"],
                "Flux spread": row["spread"],
                "Steps": row["steps"],
                "CPU [s]": row["cpu_s"],
                "To load and compile [s]": row["first_cpu_s"],
            }
            for row in record["rows"]
        ]
    )


def thickness_table(record: Record) -> pd.DataFrame:
    """Return time and memory of the local thickness beside the peer's two methods."""
    missing = float("nan")
    return pd.DataFrame(
        [
            {
                "Edge [voxel]": row["edge"],
                "Porosity": row["porosity"],
                "Ours [s]": row["ours_s"],
                "Peer": row["peer"] or "none",
                "Peer, whole radii [s]": row["peer_s"] or missing,
                "Peer, former method [s]": row["former_s"] or missing,
                "Ours ÷ whole radii": row["ours_s"] / (row["peer_s"] or missing),
                "Ours ÷ former": row["ours_s"] / (row["former_s"] or missing),
                "Memory ÷ voxel [byte]": row["bytes_per_voxel"],
            }
            for row in record["rows"]
        ]
    )


def busy_table(record: Record) -> pd.DataFrame:
    """Return the time of a small solve by threading layer, alone and beside busy processes."""
    alone = {row["layer"]: row["median_s"] for row in record["rows"] if not row["busy"]}
    return pd.DataFrame(
        [
            {
                "Threading layer": row["layer"],
                "Busy processes": row["busy"],
                "Fluid nodes": row["nodes"],
                "Time [s]": row["median_s"],
                "Time ÷ alone": row["median_s"] / alone[row["layer"]],
            }
            for row in record["rows"]
        ]
    )


def sentences(
    kernels: Record | None,
    tight: Record | None,
    large: Record | None = None,
    thickness: Record | None = None,
) -> list[str]:
    """Say in words what the kept records show; where there is none, that there is none."""
    found = []
    if kernels is not None:
        ratios = [row["ratio_to_lbmpy"] for row in kernels["rows"] if row["ratio_to_lbmpy"]]
        shares = [row["share_in_place"] for row in kernels["rows"]]
        found.append(
            f"Our kernel reaches {number(min(shares), '.1%')} to {number(max(shares), '.1%')} of "
            "the limit set by the bandwidth in place."
        )
        if ratios:
            found[0] += (
                f" It is {number(min(ratios), '.1f')} to {number(max(ratios), '.1f')} times as "
                "fast as lbmpy's."
            )
    if tight is not None:
        settled = [row for row in tight["rows"] if row["settled"]]
        late = [METHOD_NAMES[row["method"]] for row in tight["rows"] if not row["settled"]]
        if settled:
            best = min(settled, key=lambda row: row["seconds"])
            found.append(
                f"The permeability of a tight medium of {best['nodes']:,} nodes is known after "
                f"{number(best['seconds'], '.3g')} s by {METHOD_NAMES[best['method']]}, where "
                f"we aimed at {TIGHT_AIM:g} s."
            )
        if late:
            allowed = number(tight["seconds_allowed"], ".0f")
            found.append(f"Not settled within {allowed} s: {', '.join(late)}.")
    if missed := list(_missed(kernels, tight, large, thickness)):
        found.append(f"Aims missed: {'; '.join(missed)}.")
    return found or ["No record is kept; `make bench` makes them."]


def _missed(
    kernels: Record | None, tight: Record | None, large: Record | None, thickness: Record | None
) -> Iterator[str]:
    """Name every aim that a record missed, with what was reached."""
    rows = kernels["rows"] if kernels else ()
    for dtype, aim in LBMPY_AIMS.items():
        ratios = {_case(row): row["ratio_to_lbmpy"] for row in rows if row["dtype"] == dtype}
        if low := [f"{case}: {number(r, '.2f')}" for case, r in ratios.items() if r and r < aim]:
            yield f"{aim:g} times lbmpy ({'; '.join(low)})"
    shares = {_case(row): row["share_in_place"] for row in rows}
    if low := [f"{case}: {number(s, '.1%')}" for case, s in shares.items() if s < LIMIT_AIM]:
        yield f"{LIMIT_AIM:.0%} of the limit ({'; '.join(low)})"
    settled = [row for row in tight["rows"] if row["settled"]] if tight else ()
    if settled:
        best = min(settled, key=lambda row: row["seconds"])
        if best["seconds"] > TIGHT_AIM:
            yield f"{TIGHT_AIM:g} s for the tight medium ({number(best['seconds'], '.3g')} s)"
        if best.get("bytes_per_node", 0) > BYTES_AIM:
            size = number(best["bytes_per_node"], ".0f")
            yield f"at most {BYTES_AIM} bytes a node in the tight medium ({size})"
    for row in large["rows"] if large else ():
        if not row["settled"] or row["peak_MB"] > LARGE_AIM:
            gigabytes = number(row["peak_MB"] / 1e3, ".1f")
            state = "settled" if row["settled"] else "not settled"
            yield f"the large medium within {LARGE_AIM / 1e3:g} GB ({gigabytes} GB, {state})"
    if thickness:
        rows = thickness["rows"]
        slowest = max((row["ours_s"] / row["peer_s"] for row in rows if row["peer_s"]), default=0.0)
        largest = max(row["bytes_per_voxel"] for row in rows)
        if slowest > PORESPY_AIM:
            times = number(slowest, ".1f")
            yield f"local thickness in {PORESPY_AIM} times PoreSpy's time, whole radii ({times})"
        if largest > THICKNESS_BYTES_AIM:
            size = number(largest, ".0f")
            yield f"local thickness in {THICKNESS_BYTES_AIM} bytes a voxel ({size})"


def peer_sentences(peers: Record) -> list[str]:
    """Compare processor seconds and spread of every other code with ours, over the same pores."""
    rows = pd.DataFrame(peers["rows"])
    ours = rows[rows["code"] == "shalelib"].set_index("case")
    found = []
    for code, part in rows[rows["code"] != "shalelib"].groupby("code"):
        other = part.set_index("case")
        own = ours.loc[other.index]
        cost, apart = other["cpu_s"] / own["cpu_s"], other["spread"]
        k, reported = other["k"] / own["k"], other["k_reported"] / own["k"]
        at_ends = (
            f" ({number(reported.min(), '#.2g')} to {number(reported.max(), '#.2g')} times as it "
            "reports k itself, over the pressures at its ends)"
            if (reported != k).any()
            else ""
        )
        found.append(
            f"{code} takes {number(cost.min(), '#.2g')} to {number(cost.max(), '#.2g')} times our "
            f"processor time, leaves a flux spread of {number(apart.min(), '.0e')} to "
            f"{number(apart.max(), '.0e')}, and has {number(k.min(), '#.3g')} to "
            f"{number(k.max(), '#.3g')} times our k{at_ends}."
        )
    return found
