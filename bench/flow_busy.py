"""A small solve beside busy processes: wall time against that on the machine as it is.

python bench/flow_busy.py --write FILE

Threads that spin at barriers make a small solve twenty times slower as soon as another process
wants a core. The solve runs in a process of its own for each threading layer, alone and beside one
busy process a core; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numba
from flow_kernels import medium
from report import keep

from shalelib.flow.problem import build_problem
from shalelib.flow.solver import solve_steady
from shalelib.parallel import LAYER

LAYERS = (LAYER, "omp")


def solves(size, rounds, busy):
    """Seconds of each solve beside `busy` processes that count, after one alone that compiles."""
    problem = build_problem(medium(size, porosity=0.3, width=1.0))
    solve_steady(problem)
    seconds = []
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        for _ in range(rounds):
            start = time.perf_counter()
            solve_steady(problem)
            seconds.append(time.perf_counter() - start)
    finally:
        for other in others:
            other.kill()
            other.wait()
    return {"layer": numba.threading_layer(), "nodes": problem.domain.count, "seconds": seconds}


def measure(layer, busy):
    """Run the solves in a process with that layer."""
    found = subprocess.run(
        [sys.executable, *sys.argv, "--beside", str(busy)],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"NUMBA_THREADING_LAYER": layer},
    )
    row = json.loads(found.stdout)
    return row | {"busy": busy, "median_s": statistics.median(row["seconds"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    parser.add_argument("--beside", type=int, help=argparse.SUPPRESS)  # of a process of its own
    options = parser.parse_args()
    if options.beside is not None:
        print(json.dumps(solves(options.size, options.rounds, options.beside)))
        return
    cores = os.cpu_count() or 1
    rows = [measure(layer, busy) for layer in LAYERS for busy in (0, cores)]
    keep({"size": options.size, "rows": rows}, options.write)


if __name__ == "__main__":
    main()
