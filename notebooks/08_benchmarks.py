# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Benchmarks of the flow solver
#
# **The paper** does not say how long its flow simulations took.
#
# **Here** are the speed of our kernels beside that of lbmpy {cite}`Bauer2021`, the best Python peer we
# know, and the time to a settled permeability. `make bench` measures them on a quiet machine and keeps
# the results; this page only reads what was kept, since a timing in a busy build says nothing.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | names the results folder: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | names the results folder | 0 |
# | `results` | folder for results, relative to the repository | `results` |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = "results"

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from shalelib.flow.problem import build_problem
from shalelib.flow.solver import SolverOptions, memory_bytes
from shalelib.report import bench_tables, provenance, validation_figures
from shalelib.report.display import show_figure, show_notice, show_table
from shalelib.report.run import open_run

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
kernels = bench_tables.read_bench("flow_kernels")
shale = bench_tables.read_bench("flow_phantom")
tight = bench_tables.read_bench("flow_medium")
scaling = bench_tables.read_bench("flow_scaling")

# %%
# NBVAL_CHECK_OUTPUT
print(f"an update moves {bench_tables.update_bytes(8):.0f} bytes in float64,", end=" ")
print(f"{bench_tables.update_bytes(4):.0f} in float32")

# %% [markdown]
# ## Kernels against lbmpy
#
# Both sides take the same pores (a Gaussian field of 128³ voxels), no slip and two relaxation times,
# and take turns; the best round of each counts. lbmpy generates C++ for sparse storage in two arrays;
# ours is compiled by Numba and streams in place. The limit is the bandwidth of a copy, measured
# between the rounds, over the bytes that an update must move.

# %% tags=["hide-input"]
if kernels is None:
    show_notice(
        bench_tables.missing("bench/flow_kernels.py"),
        name="kernel-speed",
        caption="Speed of the kernels.",
        kind="table",
    )
else:
    speeds = bench_tables.kernel_table(kernels)
    show_table(
        speeds,
        name="kernel-speed",
        caption="Million updates of fluid nodes a second (M/s) on "
        f"{kernels['nodes']:,} nodes, {bench_tables.measured_on(kernels)}.",
        csv=run.write_table("kernel_speed.csv", speeds),
        formats=dict.fromkeys(speeds.columns[1:], ".3g"),
    )
    show_figure(
        validation_figures.speed_plot(bench_tables.kernel_rows(kernels)),
        name="kernel-plot",
        caption="The same, with the limit of the bandwidth.",
        alt="Groups of bars for float64 and float32, one and two threads; dashed limits above.",
        invert=True,
    )

# %% [markdown]
# ## Time to a permeability: the digital shale
#
# The true pore space of the central volume, 128³ voxels, with slip. A run has settled when the flux
# is the same through every slice within 1e-3 *and* k would change by less than that over a
# pressure-diffusion time. A method that has not settled in the time allowed shows how far it came.

# %% tags=["hide-input"]
if shale is None:
    show_notice(
        bench_tables.missing("bench/flow_solve.py"),
        name="method-shale",
        caption="Time to a permeability of the digital shale.",
        kind="table",
    )
else:
    show_table(
        bench_tables.method_table(shale),
        name="method-shale",
        caption=f"{shale['rows'][0]['nodes']:,} fluid nodes, {shale['rows'][0]['threads']} threads, "
        f"{bench_tables.measured_on(shale)}.",
        csv=run.write_table("method_shale.csv", bench_tables.method_table(shale)),
        formats={"Time [s]": ".1f", "Flux spread": ".1e", "Change left": ".1e"},
    )

# %% [markdown]
# ## Time to a permeability: a tight medium
#
# A random medium of 128³ voxels with a permeability near the paper's, some 4e-4 voxel², without slip.

# %% tags=["hide-input"]
if tight is None:
    show_notice(
        bench_tables.missing("bench/flow_solve.py"),
        name="method-tight",
        caption="Time to a permeability of a tight medium.",
        kind="table",
    )
else:
    show_table(
        bench_tables.method_table(tight),
        name="method-tight",
        caption=f"{tight['rows'][0]['nodes']:,} fluid nodes, {tight['rows'][0]['threads']} threads, "
        f"{bench_tables.measured_on(tight)}.",
        csv=run.write_table("method_tight.csv", bench_tables.method_table(tight)),
        formats={"Time [s]": ".1f", "Flux spread": ".1e", "Change left": ".1e"},
    )

# %% [markdown]
# ## Cost against size

# %% tags=["hide-input"]
if scaling is None:
    show_notice(
        bench_tables.missing("bench/flow_solve.py"),
        name="flow-scaling",
        caption="Cost of a step against the number of fluid nodes.",
    )
else:
    show_figure(
        validation_figures.scaling_plot(bench_tables.scaling_table(scaling)),
        name="flow-scaling",
        caption=f"Time of a step in float64, {bench_tables.measured_on(scaling)}.",
        alt="Three points on a straight line of slope one.",
        invert=True,
    )
    show_table(
        bench_tables.scaling_table(scaling),
        name="flow-scaling-table",
        caption="The same in numbers, with the memory that stepping takes.",
        csv=run.write_table("flow_scaling.csv", bench_tables.scaling_table(scaling)),
    )

# %% [markdown]
# ## Memory
#
# This is counted, not measured: a box of open voxels, its mask, links, populations and, for the Krylov
# method, its vectors. The multigrid network of the pressure correction comes on top.

# %%
box = build_problem(np.ones((32, 32, 32), bool))
needs = {
    "plain steps": SolverOptions(method="step"),
    "plain steps, float32": SolverOptions(method="step", dtype="float32"),
    "IDR(4)": SolverOptions(),
}
memory = pd.DataFrame(
    {
        "Method": list(needs),
        "Memory ÷ node [byte]": [
            memory_bytes(box, options) / box.domain.count for options in needs.values()
        ],
    }
)
# NBVAL_CHECK_OUTPUT
print(memory.round(1).to_string(index=False))

# %% tags=["hide-input"]
show_table(
    memory,
    name="flow-memory",
    caption="Memory of a fluid node, one byte of the mask included.",
    csv=run.write_table("flow_memory.csv", memory),
    formats={"Memory ÷ node [byte]": ".0f"},
)
provenance.show(run.provenance)
