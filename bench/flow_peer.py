"""The lbmpy side of bench/flow_kernels.py; runs in an environment with lbmpy 2.0 and a compiler.

Reads the file of a pore mask and the precision from the command line, then, for each line
``THREADS STEPS`` on standard input, takes that many steps and prints the seconds.
"""

import os
import sys
import time

import numpy as np
import pystencils as ps
from lbmpy import LBMConfig, LBStencil, Method, Stencil
from lbmpy.creationfunctions import create_lb_collision_rule
from lbmpy.sparse import create_lb_update_rule_sparse, create_symbolic_list


def index_array(pore, stencil):
    """Return lbmpy's (cells, 18) index array for a box that repeats itself in all directions.

    Same content as SparseLbMapper.create_index_array, which loops over cells in Python.
    """
    cells = int(pore.sum())
    number = (np.cumsum(pore).reshape(pore.shape) - 1).astype(np.int64)
    own = np.arange(cells)
    directions = [tuple(d) for d in stencil]
    columns = []
    for i, d in enumerate(directions):
        if not any(d):
            continue
        source = np.roll(pore, d, axis=(0, 1, 2))[pore]
        neighbour = np.roll(number, d, axis=(0, 1, 2))[pore]
        opposite = directions.index(tuple(-v for v in d))
        columns.append(np.where(source, neighbour + i * cells, own + opposite * cells))
    return np.asfortranarray(np.stack(columns, axis=1).astype(np.uint32))


def compiled_step(pore, dtype, force):
    """Return a function that takes one step and returns the populations, and their directions.

    pore (z, y, x) repeats itself in all directions; the populations (cells, 19) have collided.
    """
    stencil = LBStencil(Stencil.D3Q19)
    config = LBMConfig(
        stencil=stencil,
        method=Method.TRT,
        relaxation_rates=[1.0, 8 / 7],
        compressible=False,
        zero_centered=True,
        force=(force, 0, 0),
    )
    rule = create_lb_collision_rule(lbm_config=config)
    cells = int(pore.sum())
    kind = np.dtype(dtype)
    src = create_symbolic_list("src", cells, 19, kind, "SoA")
    dst = create_symbolic_list("dst", cells, 19, kind, "SoA")
    idx = create_symbolic_list("idx", cells, 18, np.dtype("uint32"), "SoA")
    update = create_lb_update_rule_sparse(rule, src, dst, idx)
    options = ps.CreateKernelConfig(target=ps.Target.CPU, default_dtype=dtype)
    options.cpu.openmp.enable = int(os.environ.get("OMP_NUM_THREADS", "1")) > 1
    kernel = ps.create_kernel(update, options).compile()
    pair = [np.zeros((cells, 19), kind, order="F") for _ in range(2)]
    table = index_array(pore, stencil)

    def step():
        kernel(src=pair[0], dst=pair[1], idx=table)
        pair.reverse()
        return pair[0]

    return step, [tuple(d) for d in stencil]


def main():
    pore = np.pad(np.load(sys.argv[1]), 1)  # all sides are walls
    step, _ = compiled_step(pore, sys.argv[2], 1e-6)
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line)
        start = time.perf_counter()
        for _ in range(steps):
            step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
