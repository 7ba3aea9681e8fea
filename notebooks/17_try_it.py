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
# # Try it
#
# Here you can turn five knobs that decide results of this book: a grey threshold, a gas pressure, the bins of
# a histogram, a fault put into the truth, and the weight of the regulariser. Every state was computed
# beforehand, by the code of the page that it belongs to, so everything works offline, with the mouse, by
# touch or with the arrow keys.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
from companion import volume_measures, volumes
from companion.datasets import load_cubes, load_dataset
from companion.pages import threshold, threshold_paper, try_threshold
from companion.pages import truth_ladder as fakes
from companion.pages import try_it as page
from companion.pages.regulariser import middle_slab
from companion.rows import PAIRS, trained_rows
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_plotly, show_sentences, show_slices
from shalelib.files import read_json
from shalelib.flow.gas import METHANE
from shalelib.models.inference import load_generator
from shalelib.models.translation import translate

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
data = load_dataset("phantom", profile=profile)
cubes = load_cubes(profile)

# %% [markdown]
# ## A threshold
#
# What is no lighter than the threshold is pore; the part that connects inlet and outlet, black here, carries the
# gas. A single grey level decides how narrow the narrowest place is, and with it the permeability
# ([why](10_threshold)): near first percolation the streamlines meet in only a few places.

# %% tags=["hide-input"]
levels = try_threshold.levels_along_z(threshold.RESULT.read(run.folder))
try_threshold.show_thresholds(run, levels, cubes)

# %% [markdown]
# ## A gas pressure
#
# A slit as wide as the paper's {term}`Knudsen number` implies, between walls along which methane slips. The
# thinner the gas, the longer its mean free path, and the less the walls hold it back ([the method](../flow)).

# %%
width = METHANE.mean_free_path / threshold_paper.paper_cells("srgan_4x_vanilla")["kn"]
states = page.slit_states(width)

# %% tags=["hide-input"]
profile_figure, knob = page.slit_figure(states)
show_plotly(
    profile_figure,
    controls=knob,
    name="try-pressure",
    caption=f"Velocity of methane across a slit {width * 1e9:.0f} nm wide, and its permeability.",
    alt="A parabola without slip, and a higher curve with slip; a slider sets the pressure.",
)

# %% [markdown]
# ## Bins and floor
#
# The paper's Table 2 compares histograms, but states neither how many bins they have nor what an empty bin
# counts as ([how much depends on it](08_volumes)).

# %%
rows = [row for row in volumes.trained_volume_rows(run.folder) if row.kind in ("truth", "paper")]
measured = volume_measures.read_rows(tuple(rows), run, cubes, data)
real = volume_measures.read_real(run, data, edge=cubes.txm.shape[-1])
ranks = page.rank_states(measured, real)

# %% tags=["hide-input"]
rank_figure, knob = page.rank_figure(ranks)
show_plotly(
    rank_figure,
    controls=knob,
    name="try-bins",
    caption="Ranks of the rows of {numref}`table-2` in its columns of Minkowski functionals; 1 is the least "
    f"divergence, and ties share a rank (digital shale, profile {profile}).",
    alt="A coloured table of ranks, one row for each model; a slider sets bins and floor.",
)

# %% [markdown]
# ## A fault
#
# The true volumes, made worse on purpose. A bar to the left means that the metric prefers the fake
# ([the ladder](13_truth)).

# %%
images = volume_measures.real_images(data, edge=cubes.txm[0].shape[1])
ladder = fakes.ladder_table(run, cubes, images)

# %% tags=["hide-input"]
ladder_figure, knob = page.ladder_figure(fakes.ladder_errors(ladder))
show_plotly(
    ladder_figure,
    controls=knob,
    name="try-ladder",
    caption="What each metric says of a fake model: its error minus that of the true volume, divided by the "
    "metric's spread on the whole ladder; a full bar where the truth alone has no error. Orange: the fake has the "
    "lower error, sampling aside.",
    alt="Horizontal bars, one for each metric, left or right of zero; a slider sets the fake model.",
)

# %% [markdown]
# ## A weight
#
# SRGAN 4x (Vanilla), trained with increasing weights of the [regulariser](06_regulariser) and applied to the
# same slab of TXM slices.

# %%
measured = read_json(run.folder / "regulariser.json")["rows"]
weighed = list(PAIRS[-1][:2])
weighed += [
    row.key
    for row in trained_rows("phantom", "sweep")
    if row.variant and row.variant.jac_every == 1 and row.key in measured
]
slab = cubes.txm[0][middle_slab(cubes.txm[0])]
translated = {
    key: translate(load_generator(run.folder / key / volumes.GENERATOR), slab) for key in weighed
}

# %% tags=["hide-input"]
pictures, labels = page.weight_states(translated, measured)
show_slices(
    pictures,
    labels=labels,
    start=0,
    what="λ_jac",
    name="try-weight",
    caption="The middle x-y slice of the slab and an x-z plane of it (z upwards), with one network for each "
    f"weight. Digital shale, profile {profile}.",
    alt="A translated slice and a cut across slices, for each weight of the regulariser.",
)

# %% tags=["hide-input", "lead"]
edge = run.profile.flow.sweep_edge
reaches = try_threshold.reaches(levels)
reaches["gas pressure, the slit"] = (states["k"].min(), states["k"].max())
show_figure(
    page.reach_plot(reaches, edge=edge),
    name="try-reach",
    caption="The permeabilities between which two of the knobs below move k: a grey threshold, from first "
    "percolation to where 90% of the pores are connected, or one grey level further where that is the same, "
    f"and a gas pressure in a slit as wide as the paper's pores. {threshold_paper.lines_told(edge)} The slit has no "
    "rock around it, so its k is not to be held against them.",
    alt="Horizontal bars on a logarithmic axis, one for each volume and one for the slit; two dotted lines.",
    invert=True,
)

# %% [markdown]
# ## What it means, and what is open
#
# A number that one of these knobs moves by more than the models differ says little about the models.
#
# Open: turning two knobs at a time. Each state here was computed with all other settings as the book has them.

# %% tags=["hide-input", "summary"]
found = page.findings(reaches, states, ranks, fakes.rewards_table(ladder))
show_sentences(found)

# %% tags=["hide-cell"]
run.write_json("try_it.json", {"findings": found, "data_hash": cubes.digest()})
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(states[["kn", "k", "k_no_slip"]].round(3).to_string())
print(len(ranks), "rules,", len(weighed), "weights")
