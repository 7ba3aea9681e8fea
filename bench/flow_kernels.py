"""Million fluid-node updates per second of our kernels and lbmpy's, interleaved, with bandwidth.

    python bench/flow_kernels.py --peer PATH_TO_PYTHON_WITH_LBMPY --threads 1 2 \
        --write results/bench/flow_kernels.json

The peer needs lbmpy 2.0, pystencils 2.0 and a C++ compiler (it generates and compiles a kernel).
Both sides take the same pores (a Gaussian field, all sides walls), no slip and two relaxation
times. The limit is the memory's bandwidth, measured between the rounds, over the bytes that an
update of our layout must move: two passes over 19 populations, and 18 links in every other step.
There are two of it: the bandwidth of a copy, as usual, and that of a change in place, which is how
our kernels work; it is higher, for a copy fetches even what it overwrites.

Last, the two kinds of step are timed apart, on pores within the cache and beyond it: what the odd
step takes there is the price of its indexed reads and writes, not of memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba
import numpy as np
from report import keep
from scipy.ndimage import gaussian_filter

from companion.pages.benchmarks import update_bytes
from shalelib.flow._kernels import even_step, odd_step
from shalelib.flow.domain import connected_pores
from shalelib.flow.problem import advance, build_problem, initial
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER

KINDS = {"float64": 8, "float32": 4}  # bytes


def medium(n, *, porosity=0.18, width=2.0, seed=0):
    """Connected pores of a thresholded Gaussian field."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((n,) * 3), width)
    return connected_pores(field < np.quantile(field, porosity))


@numba.njit(parallel=True, cache=True)
def copy(a, b):
    for i in numba.prange(a.size):
        b[i] = a[i]


@numba.njit(parallel=True, cache=True)
def change(a, b):
    for i in numba.prange(a.size):
        a[i] = 1.0 - a[i]


def bandwidth(task):
    """Bytes per second of a task, counting one read and one write of each element."""
    a, b = np.ones(40_000_000), np.empty(40_000_000)
    task(a, b)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        task(a, b)
        best = min(best, time.perf_counter() - start)
    return 16 * a.size / best


class Peer:
    """The lbmpy worker."""

    def __init__(self, python, pore_file, dtype, threads):
        command = [python, str(Path(__file__).with_name("flow_peer.py")), pore_file, dtype]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment,
        )
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("the peer did not start; see its message above")
        self.seconds(4)

    def seconds(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ours(problem, dtype):
    f = initial(problem, dtype)
    advance(problem, f, 2)

    def seconds(steps):
        start = time.perf_counter()
        advance(problem, f, steps // 2)
        return time.perf_counter() - start

    return seconds


def race(pore, pore_file, dtype, threads, options):
    """Let the kernels take turns; the best time of each counts."""
    numba.set_num_threads(threads)
    common = {"kn": np.where(pore, 0.1, 0.0), "mean_free_path_lu": 0.27}
    runs = {
        name: ours(build_problem(pore, slip=slip, **common), dtype)
        for name, slip in (("no slip", NO_SLIP), ("slip", SECOND_ORDER))
    }
    peer = Peer(options.peer, pore_file, dtype, threads) if options.peer else None
    if peer:
        runs["lbmpy"] = peer.seconds
    best = dict.fromkeys(runs, np.inf)
    copied, changed = [], []
    for _ in range(options.rounds):
        for name, run in runs.items():
            best[name] = min(best[name], run(options.steps))
        copied.append(bandwidth(copy))
        changed.append(bandwidth(change))
    if peer:
        peer.close()
    rate = {name: int(pore.sum()) * options.steps / s / 1e6 for name, s in best.items()}
    most = 1 / update_bytes(KINDS[dtype]) / 1e6  # updates for each byte
    return {
        "dtype": dtype,
        "threads": threads,
        "mflups": rate,
        "bandwidth_GB_s": max(copied) / 1e9,
        "in_place_GB_s": max(changed) / 1e9,
        "limit_mflups": max(copied) * most,
        "share_of_limit": rate["no slip"] / (max(copied) * most),
        "share_in_place": rate["no slip"] / (max(changed) * most),
        "ratio_to_lbmpy": rate["no slip"] / rate["lbmpy"] if peer else None,
    }


def halves(pore, dtype, rounds):
    """Time the two kinds of step apart, on one thread; the best of each counts."""
    numba.set_num_threads(1)
    problem = build_problem(pore)
    domain, f = problem.domain, initial(problem, dtype)
    table, force = problem.table.astype(dtype), f.dtype.type(problem.force)
    steps = {
        "even_ns": lambda: even_step(f, domain.node, table, False, force),
        "odd_ns": lambda: odd_step(f, domain.links, domain.node, table, False, force),
    }
    best = dict.fromkeys(steps, np.inf)
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            best[name] = min(best[name], time.perf_counter() - start)
    about = {"dtype": dtype, "nodes": domain.count, "MB": f.nbytes / 1e6}
    return about | {name: 1e9 * seconds / domain.count for name, seconds in best.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="Python of an environment with lbmpy 2.0")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    options = parser.parse_args()
    pore = medium(options.size)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "pore.npy")
        np.save(file, pore)
        rows = [
            race(pore, file, dtype, threads, options)
            for threads in options.threads
            if threads <= numba.config.NUMBA_NUM_THREADS
            for dtype in KINDS
        ]
    small = medium(48, porosity=0.3)  # those of 0.18 do not percolate there
    parts = [halves(p, d, 5 * options.rounds) for p in (small, pore) for d in KINDS]
    about = {"size": options.size, "nodes": int(pore.sum()), "connected": float(pore.mean())}
    record = {**about, "peer": "lbmpy 2.0" if options.peer else None, "rows": rows, "halves": parts}
    keep(record, options.write)


if __name__ == "__main__":
    main()
