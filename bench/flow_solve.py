"""Time, steps and memory to a settled permeability, per method; and cost against size.

python bench/flow_solve.py                 # 128³ at about 4e-4 voxel², pressure-preconditioned
python bench/flow_solve.py --method idr    # the same without the pressure correction
python bench/flow_solve.py --method step --seconds 80
python bench/flow_solve.py --sizes 64 128 256   # speed and memory of the bare steps
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numba
import numpy as np
from flow_kernels import medium

from shalelib.flow.problem import advance, build_problem, initial
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.solver import SolverOptions, solve_steady
from shalelib.flow.thickness import local_knudsen, local_thickness

PATH = 9.2 / 33.6  # mean free path of the paper's methane [voxel]


class OutOfTimeError(Exception):
    """The time given is over."""


def solve(options):
    pore = medium(options.size, porosity=options.porosity, width=options.width, seed=3)
    kn = local_knudsen(local_thickness(pore), mean_free_path=PATH, voxel_size=1.0)
    slip = SECOND_ORDER if options.slip else NO_SLIP
    problem = build_problem(pore, kn=kn, mean_free_path_lu=PATH, slip=slip)
    advance(problem, initial(problem))  # compile or load before the clock starts
    how = SolverOptions(
        method="step" if options.method == "step" else "idr",
        precondition=options.method == "pressure",
        max_steps=10**7,
    )
    last = {}

    def report(now):
        last.update(steps=now.steps, k=now.k_lu, spread=now.spread, seconds=now.elapsed)
        if now.elapsed > options.seconds:
            raise OutOfTimeError

    row = {"method": options.method, "slip": slip.name, "nodes": problem.domain.count}
    try:
        steady = solve_steady(problem, how, report=report)
        row |= {
            "settled": True,
            "steps": steady.steps,
            "k": steady.fluxes.k_lu,
            "spread": steady.fluxes.spread,
            "change_left": steady.change,
            "seconds": steady.seconds,
            "solver_MB": steady.memory / 1e6,
        }
    except OutOfTimeError:
        row |= {"settled": False, **last}
    row["peak_MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return row


def stepping(size):
    pore = medium(size, seed=3)
    start = time.perf_counter()
    problem = build_problem(pore)
    built = time.perf_counter() - start
    f = initial(problem)
    advance(problem, f, 2)
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        advance(problem, f, 5)
        best = min(best, (time.perf_counter() - start) / 10)
    return {
        "size": size,
        "nodes": problem.domain.count,
        "build_s": built,
        "step_s": best,
        "ns_per_node": 1e9 * best / problem.domain.count,
        "bytes_per_node": problem.domain.bytes_per_node,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=["pressure", "idr", "step"], default="pressure")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.17)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--slip", action="store_true")
    parser.add_argument("--seconds", type=float, default=80.0)
    parser.add_argument("--threads", type=int, default=numba.get_num_threads())
    parser.add_argument("--sizes", type=int, nargs="*")
    options = parser.parse_args()
    numba.set_num_threads(options.threads)
    rows = [stepping(n) for n in options.sizes] if options.sizes else [solve(options)]
    for row in rows:
        print(json.dumps(row))
    for name in rows[0]:
        print(f"{name:16}" + "".join(f"{row.get(name)!s:>24}" for row in rows))


if __name__ == "__main__":
    main()
