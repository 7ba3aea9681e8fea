"""One permeability by several codes: a slit, an array of spheres, a piece of the digital shale.

    python bench/flow_peers.py --peer PATH_TO_PYTHON_WITH_THE_PEERS \
        --write results/bench/flow_peers.json

The peers are installed by the user in a python of their own, for they pull in what this project
does without (``python -m venv peers; peers/bin/pip install poromics==0.0.8 lbmpy==2.0``; lbmpy
needs a C++ compiler; kabs is on no index that pip knows). Those that are missing there are left
out, and the record says so. Only their results are kept, no code of theirs.

Each code stops by its own rule at the same tolerance: shalelib when the flux between slices and the
change of k still to come are below it, poromics when the velocity changes by less in 500 steps;
lbmpy has no rule of its own and takes the latter. Seconds of the processor are counted, in one
thread each, one run after the other, compilation apart; beside other work they are rough, but the
factors between the codes are not small ones. poromics drives the gas by two pressures at the ends
alone; its permeability is taken between the inner slices, and kept as it reports it too. The flux
must be the same through every slice; by how much it is not, over its mean, is the spread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from report import keep

from companion.datasets import load_cubes
from companion.flow_volumes import percolating_piece
from shalelib.flow.domain import connected_pores
from shalelib.flow.validation_peers import drag_factor, sphere_octant
from shalelib.phantom.volume import flow_domain

WORKER = Path(__file__).with_name("flow_peers_solve.py")
ALIKE = {  # one thread each; and taichi, which looks for a graphics card first, on the processor
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TI_CPU_MAX_NUM_THREADS": "1",
    "TI_ARCH": "x64",
}


def slit(height=16):
    """A slit three heights long and what it should have, without the lattice's 1/2 in h² + 1/2."""
    pore = np.ones((3 * height, height + 2, 4), bool)
    pore[:, 0] = pore[:, -1] = False
    return pore, True, height / (height + 2) * height**2 / 12


def spheres(edge, solid=0.2):
    """A cell of a simple-cubic array, and the permeability of Zick and Homsy's drag."""
    pore = sphere_octant(edge, solid)
    for axis in range(3):
        pore = np.concatenate([np.flip(pore, axis), pore], axis=axis)
    c = 1 - float(pore.mean())
    exact = edge**2 / (6 * np.pi * (3 * c / (4 * np.pi)) ** (1 / 3) * drag_factor(c))
    return pore, True, exact


def shale(edge, profile):
    """A piece of the digital shale between walls, which are part of the box; nobody knows its k."""
    piece = percolating_piece(flow_domain(load_cubes(profile).labels[0]), edge)
    return np.pad(connected_pores(piece), ((0, 0), (0, 1), (0, 1))), False, None


def solve(python, code, file, tolerance):
    """Run one code in a process of its own; None where its python does not have it."""
    known = subprocess.run([python, "-c", f"import {code}"], capture_output=True, check=False)
    if known.returncode:
        return None
    command = [python, str(WORKER), code, str(file), str(tolerance)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, encoding="utf-8", env=os.environ | ALIKE, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="python of an environment with poromics, lbmpy or both")
    parser.add_argument("--profile", default="laptop", help="of the digital shale")
    parser.add_argument("--edge", type=int, default=32, help="of spheres and shale [voxel]")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--write", type=Path, help="JSON file for the table of the book")
    options = parser.parse_args()
    cases = {
        "slit": slit(),
        "simple-cubic spheres": spheres(options.edge),
        "digital shale": shale(options.edge, options.profile),
    }
    codes = {"shalelib": sys.executable}
    if options.peer:
        codes |= dict.fromkeys(("poromics", "lbmpy"), options.peer)
    rows, missing = [], set()
    with tempfile.TemporaryDirectory() as folder:
        for name, (pore, repeats, exact) in cases.items():
            file = Path(folder) / "case.npz"
            np.savez(file, pore=pore, repeats=repeats)
            about = {"case": name, "nodes": int(pore.sum()), "exact": exact}
            for code, python in codes.items():
                found = solve(python, code, file, options.tolerance)
                if found is None:
                    missing.add(code)
                else:
                    rows.append(about | {"code": code} | found)
                    print(json.dumps(rows[-1]), flush=True)
    about = {"edge": options.edge, "tolerance": options.tolerance, "missing": sorted(missing)}
    keep(about | {"rows": rows}, options.write)


if __name__ == "__main__":
    main()
