"""Million fluid-node updates per second of our kernels and lbmpy's, interleaved, with bandwidth.

    python bench/flow_kernels.py --peer PATH_TO_PYTHON_WITH_LBMPY --threads 1 2 \
        --write data/reference/bench/flow_kernels.json

The peer needs lbmpy 2.0, pystencils 2.0 and a C++ compiler (it generates and compiles a kernel).
Both sides take the same pores (a Gaussian field, all sides walls), no slip and two relaxation
times. The limit is the bandwidth of a copy, measured between the rounds, over the bytes that an
update of our layout must move: two passes over 19 populations, and 18 links in every other step.
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
from flow_report import keep
from scipy.ndimage import gaussian_filter

from shalelib.flow.domain import connected_pores
from shalelib.flow.problem import advance, build_problem, initial
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.report.bench_tables import update_bytes

KINDS = {"float64": 8, "float32": 4}  # bytes


def medium(n, *, porosity=0.18, width=2.0, seed=0):
    """Connected pores of a thresholded Gaussian field."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((n,) * 3), width)
    return connected_pores(field < np.quantile(field, porosity))


@numba.njit(parallel=True, cache=True)
def copy(a, b):
    for i in numba.prange(a.size):
        b[i] = a[i]


def bandwidth():
    """Bytes per second of a copy, counting one read and one write of each element."""
    a, b = np.ones(40_000_000), np.empty(40_000_000)
    copy(a, b)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        copy(a, b)
        best = min(best, time.perf_counter() - start)
    return 16 * a.size / best


class Peer:
    """The lbmpy worker."""

    def __init__(self, python, pore_file, dtype, threads):
        command = [python, str(Path(__file__).with_name("flow_peer.py")), pore_file, dtype]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
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
    best, speeds = dict.fromkeys(runs, np.inf), []
    for number in range(options.rounds):
        for name, run in runs.items():
            best[name] = min(best[name], run(options.steps))
        if number % 4 == 0:
            speeds.append(bandwidth())
    if peer:
        peer.close()
    rate = {name: int(pore.sum()) * options.steps / s / 1e6 for name, s in best.items()}
    limit = max(speeds) / update_bytes(KINDS[dtype]) / 1e6
    return {
        "dtype": dtype,
        "threads": threads,
        "mflups": rate,
        "bandwidth_GB_s": max(speeds) / 1e9,
        "limit_mflups": limit,
        "share_of_limit": rate["no slip"] / limit,
        "ratio_to_lbmpy": rate["no slip"] / rate["lbmpy"] if peer else None,
    }


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
    about = {"size": options.size, "nodes": int(pore.sum()), "connected": float(pore.mean())}
    keep({**about, "peer": "lbmpy 2.0" if options.peer else None, "rows": rows}, options.write)


if __name__ == "__main__":
    main()
