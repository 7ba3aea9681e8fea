"""Local thickness: seconds of the processor beside PoreSpy's, in turns, and bytes a voxel.

    python bench/thickness.py --peer PATH_TO_PYTHON_WITH_PORESPY \
        --write results/bench/thickness.json

Both take the same Gaussian fields in one thread, one run after the other; the best round of each
counts. PoreSpy rounds its radii to whole voxels, ours are those of half voxels, exact in slits.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
import tracemalloc
from pathlib import Path

import numba
import numpy as np
from flow_kernels import medium
from report import keep

from shalelib.flow.thickness import local_thickness

PEER = Path(__file__).with_name("thickness_peer.py")
BEYOND = ("wall", "wall", "wall")
ALIKE = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def seconds(pore):
    start = time.process_time()
    local_thickness(pore, beyond=BEYOND)
    return time.process_time() - start


def bytes_a_voxel(pore):
    """Peak of what NumPy allocates, over the voxels."""
    tracemalloc.start()
    local_thickness(pore, beyond=BEYOND)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / pore.size


def compare(pore, python, rounds):
    """Take turns; ours alone where there is no peer."""
    ours, theirs, name = [], [], None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pore.npy"
        np.save(file, pore)
        peer = None
        if python:
            peer = subprocess.Popen(
                [python, str(PEER), str(file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env=os.environ | ALIKE,
            )
            name = f"porespy {peer.stdout.readline().strip()}"
        for _ in range(rounds + 1):
            ours.append(seconds(pore))
            if peer:
                print("go", file=peer.stdin, flush=True)
                theirs.append([float(part) for part in peer.stdout.readline().split()])
        if peer:
            peer.stdin.close()
            peer.wait()
    row = {"edge": len(pore), "porosity": float(pore.mean()), "ours_s": min(ours[1:])}
    row["peer"] = name
    methods = list(zip(*theirs[1:], strict=True)) or [(None,), (None,)]
    row |= {"peer_s": min(methods[0]), "former_s": min(methods[1])}
    return row | {"bytes_per_voxel": bytes_a_voxel(pore)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="python of an environment with porespy")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--porosity", type=float, default=0.2)
    parser.add_argument("--width", type=float, default=2.0, help="of the pores [voxel]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="JSON file for the table of the book")
    options = parser.parse_args()
    numba.set_num_threads(1)
    rows = []
    for size in options.sizes:
        pore = medium(size, porosity=options.porosity, width=options.width, seed=3)
        rows.append(compare(pore, options.peer, options.rounds))
        print(json.dumps(rows[-1]), flush=True)
    keep({"rounds": options.rounds, "rows": rows}, options.write)


if __name__ == "__main__":
    main()
