"""Time, steps and memory to a settled permeability, per method; and cost against size.

python bench/flow_solve.py --phantom laptop --slip     # 128³ of the digital shale, three methods
python bench/flow_solve.py                             # a random medium at about 4e-4 voxel²
python bench/flow_solve.py --methods step --seconds 80
python bench/flow_solve.py --size 256 --porosity 0.2 --methods network --seconds 900  # large
python bench/flow_solve.py --sizes 64 128 256          # speed and memory of the bare steps

With ``--write FILE`` the result is kept for the book. Each method runs in a process of its own, so
that peak memories are its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
from flow_kernels import medium
from report import keep

from companion.datasets import load_cubes
from shalelib.flow.domain import connected_pores, domain_from_mask
from shalelib.flow.memory import memory_needed
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import advance, build_problem, initial
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.solver import solve_steady
from shalelib.flow.thickness import local_knudsen, local_thickness
from shalelib.phantom.volume import flow_domain

PATH, VOXEL = 9.2e-9, 33.6e-9  # mean free path of the paper's methane, and its voxel [m]
METHODS = ("network", "gmres", "step")


class OutOfTimeError(Exception):
    """The time given is over."""


def domain(options):
    if options.phantom:
        return connected_pores(flow_domain(load_cubes(options.phantom).labels[0]))
    return medium(options.size, porosity=options.porosity, width=options.width, seed=3)


def solve(method, options):
    pore = domain(options)
    start = time.perf_counter()
    kn = local_knudsen(local_thickness(pore), mean_free_path=PATH, voxel_size=VOXEL)
    slip = SECOND_ORDER if options.slip else NO_SLIP
    problem = build_problem(pore, kn=kn, mean_free_path_lu=PATH / VOXEL, slip=slip)
    prepared = time.perf_counter() - start
    how = SolverOptions(
        method="step" if method == "step" else "krylov",
        precondition=method == "network",
        max_steps=10**7,
    )
    small = pore[:8, :8, :8].copy()
    small[:, 4] = True
    solve_steady(build_problem(small), how)  # compile or load before the clock starts
    advance(problem, initial(problem))
    last = {}

    def report(now):
        last.update(steps=now.steps, k=now.k_lu, spread=now.spread, seconds=now.elapsed)
        if now.elapsed > options.seconds:
            raise OutOfTimeError

    said = memory_needed(
        domain_from_mask(pore), options=how, slip=slip, mean_free_path_lu=PATH / VOXEL
    )
    row = {"method": method, "slip": slip.name, "nodes": problem.domain.count}
    row |= {"edge": len(pore), "said_MB": said.total / 1e6}
    row |= {"threads": numba.get_num_threads(), "prepare_s": prepared}
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
            "bytes_per_node": steady.memory / problem.domain.count,
        }
    except OutOfTimeError:
        row |= {"settled": False, **last}
    return row | {"peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}


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


def apart(method):
    """Run this script for one method in a process of its own."""
    command = [sys.executable, *sys.argv, "--child", method]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", choices=METHODS, nargs="+", default=METHODS)
    parser.add_argument("--phantom", help="profile whose digital shale to take")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.17)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--slip", action="store_true")
    parser.add_argument("--seconds", type=float, default=80.0)
    parser.add_argument("--threads", type=int, default=numba.get_num_threads())
    parser.add_argument("--sizes", type=int, nargs="*")
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    parser.add_argument("--child", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    numba.set_num_threads(options.threads)
    if options.child:
        print(json.dumps(solve(options.child, options)))
        return
    run, cases = (stepping, options.sizes) if options.sizes else (apart, options.methods)
    rows = [run(case) for case in cases]
    medium_of = f"phantom {options.phantom}" if options.phantom else "Gaussian field"
    keep({"medium": medium_of, "seconds_allowed": options.seconds, "rows": rows}, options.write)


if __name__ == "__main__":
    main()
