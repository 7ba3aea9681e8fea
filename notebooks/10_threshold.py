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
# # Why is the paper's k so small?
#
# **The paper** finds permeabilities of 4.10 × 10⁻⁷ and 8.14 × 10⁻⁸ {term}`darcy` (Table 3), at connected
# porosities of 18.7 and 17.4% and {term}`Knudsen numbers <Knudsen number>` of 0.100 and 0.077, that is, in
# pores about a hundred nanometres wide. Straight pores of that width and porosity would let through tens to a
# thousand times more.
#
# **Here** two readings are tested against the numbers. Either *no mistake was made*: the threshold was taken
# where the pores just percolate, and one or a few voxels carry all the gas. Or a *unit was mistaken*; the
# stated viscosity is a candidate. The digital shale shows what thresholds do; nothing on this page concerns
# the real rock.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
from companion import flow_volumes as domains
from companion.datasets import load_cubes
from companion.flow_cases import solve_levels
from companion.pages import threshold as page
from companion.pages import threshold_figures as figures
from companion.pages import threshold_paper as alone
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_sentences, show_table
from companion.style import number
from shalelib import flow

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
sizes = run.profile.flow
cubes = load_cubes(profile)
voxel_size = cubes.voxel_size
volumes = domains.flow_volumes(run, cubes)
pores = flow.central_piece(domains.true_pores(cubes, sizes), sizes.sweep_edge)

# %% [markdown]
# ## What Kn and φ alone allow
#
# A Knudsen number gives the width of the pores, λ / Kn. Straight slits or tubes of that width and of the
# paper's connected porosity, twice as long as the sample, would have the permeability below, slip included.
# Bringing that down to the paper's k takes a **formation factor**, and the corresponding **Archie exponent**
# says whether rocks have such a factor.

# %%
paper = alone.paper_cells("srgan_4x_vanilla")
slits = flow.slit_estimate(
    paper["kn"], paper["porosity_connected"], tortuosity=alone.TORTUOSITY, slip=flow.SECOND_ORDER
)
slits /= flow.NANODARCY
print(f"slits of the paper's Kn and connected porosity: {number(slits, '.3g')} nd")
formation, connected = flow.formation_factor(pores), flow.connected_pores(pores).mean()
print(f"formation factor of the true pores: {formation:.1f}", end=", ")
print(f"exponent {flow.archie_exponent(formation, connected):.2f}")

# %% tags=["hide-input"]
straight = alone.straight_table()
show_table(
    alone.format_straight_table(straight),
    name="straight-pores",
    caption="What straight pores with the paper's Kn and connected porosity let through, beside the "
    "paper's k, and the formation factor and exponent that this k needs.",
    csv=run.write_table("straight_pores.csv", straight),
)

# %% [markdown]
# ## First reading: no mistake, first percolation
#
# “A threshold value is chosen such that the produced lower-density regions form a connected set of voxels.”
# Taken literally, that is {term}`first percolation`. How narrow is the narrowest place then? The **minimum cut**
# is the fewest voxels that, when filled, close the pores; the **critical diameter** is that of the largest
# sphere that passes. Neither needs a flow solution.

# %%
sem = flow.central_piece(volumes[-1].grey, sizes.sweep_edge)
first = flow.first_percolation(sem)
domain = flow.domain_from_grey(sem, threshold=first)
cut = flow.minimum_cut(domain.pore)
solved = flow.permeability(domain, voxel_size=voxel_size)
print(f"true FIB-SEM at grey level {first}: {domain.porosity_connected:.3f} connected", end=" ")
print(f"of {domain.porosity:.3f}, Kn {solved.kn_mean:.3f}")
print(f"minimum cut {cut.count} of {sem[0].size} voxels of a section", end=", ")
print(f"critical diameter {flow.critical_diameter(domain.pore):.1f} voxels")
print(f"{number(solved.permeability_nd, '.3g')} nd")

# %% tags=["hide-input"]
show_figure(
    figures.cut_picture(domain.pore, cut.mask, voxel_size=voxel_size),
    name="minimum-cut",
    caption=f"The true FIB-SEM's central {sem.shape[0]}³ voxels at first percolation, seen along y and "
    "along x. The circles mark the voxels through which all the gas passes, from bottom to top.",
    alt="Two projections of a pore space, with circles around the voxels of the minimum cut.",
)

# %% [markdown]
# The same for all volumes: the paper's two models and the true FIB-SEM along every axis, from first
# percolation to where 90% of the pores are connected; the other models at first percolation; and the true
# pores, which involve no threshold.

# %%
levels = page.sweeps(volumes, pores, sizes, voxel_size=voxel_size)
table = page.level_table(levels, solve_levels(levels, run))

# %% tags=["hide-input"]
starts = table[table["first"] | (table["key"] == "truth")]
show_table(
    page.format_level_table(starts),
    name="first-percolation",
    caption=f"The central {sizes.sweep_edge}³ voxels of every volume at first percolation, and the true "
    "pores: permeability on the voxels as they are, minimum cut, and their quotient.",
    csv=run.write_table("threshold_sweep.csv", table),
)

# %% [markdown]
# The figures show how k changes from first percolation to nine tenths connected, along each axis, and how it
# depends on the number of voxels in the narrowest place.

# %% tags=["hide-input"]
dotted = alone.lines_told(sizes.sweep_edge)
show_figure(
    figures.level_plot(table, (*domains.PAPER_MODELS, domains.TRUE_SEM), edge=sizes.sweep_edge),
    name="threshold-sweep",
    caption="Permeability against the grey threshold along each axis, from first percolation to 90% "
    f"connected, or one grey level further where that is the same. {dotted}",
    alt="Permeability against grey level on a logarithmic axis, three panels, one curve per axis.",
    invert=True,
)

# %% tags=["hide-input", "lead"]
show_figure(
    figures.cut_plot(table, edge=sizes.sweep_edge),
    name="cut-and-permeability",
    caption="Permeability of every domain against its minimum cut. Grey: the median of k per voxel of the "
    f"cut. {dotted}",
    alt="Permeability against minimum cut, one point per domain, and the paper's two permeabilities as lines.",
    invert=True,
)

# %% [markdown]
# ## The domain nearest to the paper's whole row
#
# Is there a domain that has the paper's Kn, k, φ and connected φ at once? The nearest is the one whose
# largest ratio to the paper's four numbers is smallest.

# %% tags=["hide-input"]
nearest = page.nearest_table(table)
show_table(
    page.format_nearest_table(nearest),
    name="nearest-row",
    caption="The paper's rows of Table 3 and the domains of the digital shale that come nearest to them.",
    csv=run.write_table("nearest_row.csv", nearest),
)

# %% [markdown]
# ## Second reading: a mistaken unit
#
# The paper's 10⁻⁴ cm²/s is not methane's kinematic viscosity. It is close to its *dynamic* one, in
# g/(cm s).

# %%
dynamic = flow.METHANE.viscosity * 10
kinematic = flow.METHANE.kinematic_viscosity * 1e4
stated = flow.METHANE_AS_STATED.kinematic_viscosity * 1e4
print(f"methane at 370 K and 0.8 MPa: {number(dynamic, '.2e')} g/(cm s)", end=", ")
print(f"{number(kinematic, '.2e')} cm²/s")
print(f"stated: {number(stated, '.0e')} cm²/s, 1/{kinematic / stated:.0f} of the latter")

# %% [markdown]
# If k had been computed with one number and the velocity with the other, the paper's k would be too small by
# that factor. The table tries this and other mistakes: it gives what the paper's k would be without them, and
# says whether rocks have the Archie exponents that this k needs.

# %% tags=["hide-input"]
units = alone.conversion_table(voxel_size=voxel_size)
show_table(
    alone.format_conversion_table(units),
    name="conversions",
    caption="Mistakes that might have made k small, by what factor, and what the paper's k would be without them. "
    f"Possible: for slits and for tubes the exponents of both rows lie within those of rocks, {alone.ROCKS[0]:g} "
    f"to {alone.ROCKS[1]:g}. "
    "That no mistake was made is possible only at first percolation, where ordinary rocks' exponents do not apply.",
    csv=run.write_table("conversions.csv", units),
)

# %% [markdown]
# ## What it means, and what is open

# %% tags=["hide-input", "summary"]
whole = page.whole_volumes(run.folder)
found = page.sentences(straight, table, whole, config=sizes)
show_sentences(found)

# %% tags=["hide-input"]
show_sentences([page.row_sentence(table), *page.open_sentences(nearest, units)])

# %% [markdown]
# Open: which of the two readings is right; only the paper's volumes and code could tell. The relative
# pressure drop of 10⁻⁷ that the paper states is about one unit in the last place of a single-precision
# number; the paper does not say in what precision it computed.

# %% tags=["hide-cell"]
page.RESULT.write(
    run,
    {
        "findings": found,
        "table": table,
        "whole": whole,
        "straight": straight,
        "nearest": nearest,
        "conversions": units,
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
truth = table[table["key"] == "truth"]
print(truth[["axis", "cut", "critical"]].to_string(index=False))
print(straight[["pores", "exponent"]].round(2).to_string(index=False))
