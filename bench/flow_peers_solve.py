"""One permeability by one code, for bench/flow_peers.py; runs in the python that has the code.

    python flow_peers_solve.py CODE CASE.npz TOLERANCE

CASE.npz holds `pore`, a box (z, y, x) that repeats itself along y and x, and `repeats`, whether it
does so along z as well; where not it is followed by its mirror image. poromics has neither, only
two pressures at the ends. Most of their difference falls in the first and the last voxel of a wide
channel (nine tenths in a slit 16 voxels wide), and the k that it reports hangs on that; so its k is
taken between the inner slices as well, and that one is compared. Each code compiles or loads in one
step on the same box before the clock starts. The last line printed is the result as JSON, k in
voxel²."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np

LOOK = 500  # steps between looks at the velocity, as poromics has it


def shalelib(pore, repeats, tolerance):
    from shalelib.flow.apparent import permeability
    from shalelib.flow.options import SolverOptions
    from shalelib.flow.slip import NO_SLIP

    def run(tolerance):
        found = permeability(
            pore,
            voxel_size=1e-6,
            slip=NO_SLIP,
            ends="periodic" if repeats else "mirror",
            sides="periodic",
            options=SolverOptions(tolerance=tolerance),
        )
        return found.permeability_lu, found.velocity[0], found.steps

    run(0.5)
    return lambda: run(tolerance)


def poromics(pore, repeats, tolerance):
    from poromics.simulation import TransientFlow

    viscosity, drop = 1.0, 0.01
    flow = TransientFlow(pore, axis=0, nu=viscosity, voxel_size=1.0, rho_in=1.0, rho_out=1.0 - drop)
    flow.step()

    def run():
        flow.run(tol=tolerance)
        if not flow.converged:
            sys.exit("poromics did not converge")
        velocity, pressure = flow.velocity[..., 0], flow.kinematic_pressure
        slices = [pressure[n][pore[n]].mean() for n in (1, -2)]
        fall = (slices[0] - slices[1]) / (len(pore) - 3)  # of p / rho along a voxel, in its units
        reported = velocity.mean() * viscosity * len(pore) / (drop / 3 / flow.dt**2)
        inner = velocity[1:-1]  # the slices at the ends have no velocity
        return inner.mean() * viscosity / fall, inner, flow.n_iterations, reported

    return run


def lbmpy(pore, repeats, tolerance):
    from flow_peer import compiled_step

    box = pore if repeats else np.concatenate([pore, pore[::-1]])
    force, viscosity = 1e-6, 1 / 6
    step, directions = compiled_step(box, "float64", force)
    along = np.array([direction[0] for direction in directions], float)

    def run():
        velocity, steps = np.zeros(box.shape), 0
        while True:
            for _ in range(LOOK):
                populations = step()
            steps += LOOK
            before, velocity = velocity, np.zeros(box.shape)
            velocity[box] = populations @ along - force / 2  # these have collided already
            if np.abs(velocity - before).sum() < tolerance * np.abs(velocity).sum():
                return velocity.mean() * viscosity / force, velocity, steps

    return run


CODES = {
    "shalelib": (shalelib, ("shalelib", "numba")),
    "poromics": (poromics, ("poromics", "taichi")),
    "lbmpy": (lbmpy, ("lbmpy", "pystencils")),
}


def main():
    code, file, tolerance = sys.argv[1:]
    prepare, packages = CODES[code]
    case = np.load(file)
    clock = time.process_time()
    run = prepare(case["pore"], bool(case["repeats"]), float(tolerance))
    loaded = time.process_time() - clock
    clock, wall = time.process_time(), time.perf_counter()
    k, velocity, steps, *reported = run()
    row = {"cpu_s": time.process_time() - clock, "wall_s": time.perf_counter() - wall}
    slices = velocity.mean(axis=(1, 2))
    row |= {
        "k": float(k),
        "k_reported": float(reported[0] if reported else k),
        "spread": float(np.ptp(slices) / abs(slices.mean())),
        "steps": int(steps),
        "first_cpu_s": loaded,
        "versions": {name: version(name) for name in packages},
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
