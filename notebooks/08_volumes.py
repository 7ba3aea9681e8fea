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
# # Volumes
#
# **The paper** translates a TXM volume slice by slice, smooths it along z with a 3 × 1 × 1 median
# filter, and judges five volumes of 128³ voxels a model in Table 2: how far the area, perimeter and
# Euler characteristic of the low-density phase, and the joint histogram of grey levels, are from
# those of the real test images, by the Kullback-Leibler divergence. There is no true volume to
# compare with.
#
# **Here** the same is done on the digital shale. A volume is needed, and the real data hold none, so
# every number on this page is the digital shale's. The real side are the x-y images of the five true
# FIB-SEM volumes, for all planes, as in the paper. What the truth says is on a page of its own:
# [Against the truth](12_truth). The conventions are on the page [Volume metrics](../volume_metrics).
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | seed of the trained models | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = ""

# %% tags=["hide-input"]
from companion.volume_conventions import convention_table
from companion.volume_rows import central_cubes, untrained_rows, volume_rows

from companion import volume_figures, volume_tables
from companion.claims import claims_of
from companion.datasets import load_cubes, load_dataset
from companion.intervals import interval_view
from companion.pages import claims
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_plotly, show_table
from companion.volume_measures import measure_rows
from shalelib.metrics.divergence import BINS, FLOOR

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
data = load_dataset("phantom", profile=profile)
cubes = load_cubes(profile)
rows = volume_rows(run.folder)

# %% tags=["checked"]
print(f"{len(cubes.txm)} test volumes of {' × '.join(map(str, cubes.txm.shape[1:]))} voxels")
print(f"{len(rows)} rows; true low density: {cubes.low.mean():.1%} of the volumes")

# %% tags=["hide-input"]
print("not trained, so left out:", ", ".join(untrained_rows(run.folder)) or "none")

# %% [markdown]
# ## Translate, classify, measure
#
# Each volume is translated slice by slice, its phases are classified once, in x-y as the classifier
# was trained, and the planes of all families are cut through the classified volume.

# %%
measured = measure_rows(rows, run, cubes, data)
real = measured["truth"]

# %% tags=["checked"]
print({family: len(images) for family, images in real.functionals.items()}, "images a row")
print(f"classified as low density in the true FIB-SEM: {real.scores['low'].mean():.3f}")

# %% [markdown]
# ## Figure 4

# %% tags=["hide-input"]
shown = central_cubes(run.folder)
show_figure(
    volume_figures.volume_grid(shown, columns=4, voxel_size=cubes.voxel_size),
    name="figure-4",
    caption="The central test volume, cut open along its middle planes: TXM and truth, and the "
    "translations by pix2pix (WGAN) and SRGAN 4x (Vanilla) as they are, regularised, and regularised "
    f"and median-filtered along z (the vertical direction). Digital shale, profile {profile}.",
    alt="Eight cubes with the upper front corner cut out, in grey levels: TXM, true FIB-SEM and "
    "three translations by each of two networks.",
)

# %% tags=["hide-input"]
turning, controls = volume_figures.interactive_volumes(shown, voxel_size=cubes.voxel_size)
show_plotly(
    turning,
    controls=controls,
    name="volumes-to-turn",
    caption="The volumes of {numref}`figure-4`, one at a time: turn it, choose another, move the "
    "three cut planes. Every second voxel along the edge of a plane is shown.",
    alt="Three planes that cut a grey volume, to turn and to move; the same volumes as in Figure 4.",
)

# %% tags=["hide-input"]
show_figure(
    volume_figures.side_cuts(shown, voxel_size=cubes.voxel_size),
    name="side-cuts",
    caption="The middle x-z plane of the same volumes; slices lie horizontally. A network that knows "
    "nothing of the slice above shows in streaks.",
    alt="Eight x-z cuts, TXM, truth and six translations.",
)

# %% [markdown]
# ## Table 2
#
# KL(real ‖ synthesised) in nats; smaller is better. Where real and synthesised images share no bin it
# is 23.03 = ln 1e10 less the entropy of the real images over the bins: apart, no matter how far.
# Where they share few, each image counts, and even weights rounded to float16 move such a cell
# ([Reproducing this book](../reproduce)).
# Intervals resample blocks of neighbouring planes, the same blocks in every row. A resample holds
# fewer different blocks than the volumes, so most intervals reach above the value more than below.
# They say how much the rock varies, not how much a training with another seed would change. A dash in
# the paper's columns is a dash in the paper.

# %% tags=["hide-input"]
divergences = volume_tables.divergences(measured, real, resamples=run.profile.evaluation.resamples)
paper_rows = tuple(row for row in rows if row.kind == "paper")
our_rows = tuple(row for row in rows if row.kind != "paper")
table = volume_tables.table_2(paper_rows, divergences)
show_table(
    volume_tables.format_table_2(table),
    name="table-2",
    caption=f"KL divergence of synthesised from real images [nat], {BINS} common bins, floor "
    f"{FLOOR:g}, beside the paper's Table 2 (digital shale, profile {profile}). In brackets 95 % "
    "bootstrap intervals over blocks of planes.",
    csv=run.write_table("table2.csv", table),
)

# %% [markdown]
# Rows that are not the paper's. "Affine map" is the best straight line from TXM to FIB-SEM grey
# level. "True FIB-SEM" is the truth itself: zero in x-y, since it is the real side, and in x-z and
# y-z what a perfect volume would get. "Directional" and "2.5-D" use neighbouring TXM slices in
# training; see [Models](../models).

# %% tags=["hide-input"]
extra = volume_tables.table_2(our_rows, divergences)
show_table(
    volume_tables.format_table_2(extra).drop(columns="paper", level=2),
    name="table-2-beyond",
    caption="The same for rows beyond the paper's.",
    csv=run.write_table("table2_beyond.csv", extra),
)

# %% tags=["hide-input"]
everything = volume_tables.table_2(paper_rows + our_rows, divergences)
show_figure(
    volume_figures.divergence_plot(everything),
    name="divergences",
    caption="All divergences with their intervals; the dotted line is ln 1e10. Values below 0.001 are "
    "drawn there. Blue: the paper's rows; orange: the affine map; green: truth and rows beyond.",
    alt="Seven panels of points with intervals on a logarithmic axis, one row a model.",
    invert=True,
)

# %% tags=["hide-input"]
hover, controls = interval_view(
    everything.assign(cell=everything["quantity"] + ", " + everything["planes"]), group="cell"
)
show_plotly(
    hover,
    controls=controls,
    name="divergences-to-hover",
    caption="The same numbers [nat], one column of {numref}`table-2` at a time: choose it, and point at "
    "a row for its interval.",
    alt="Points with intervals, one row a model; the column is chosen above.",
)

# %% [markdown]
# ## What the paper says of Table 2
#
# The ledger's verdicts on the paper's sentences about volumes, as they stand on
# [Claim by claim](13_claims) too, which says how a verdict comes about.

# %% tags=["hide-input"]
ledger = claims.open_ledger(claims.gather(run))
claims.show_claims(
    claims_of("volumes"),
    ledger,
    name="claims-table-2",
    caption="The paper's sentences on volumes",
    profile=profile,
)

# %% [markdown]
# ## What the numbers depend on
#
# The paper names neither bins nor floor. The order of the models should not hang on them.

# %% tags=["hide-input"]
models = {row.name: measured[row.name] for row in paper_rows}
rules = tuple((bins, FLOOR) for bins in (8, 16, 32, 64, 128, "sqrt", "fd"))
sensitivity = volume_tables.bin_rules(models, real, (*rules, (BINS, 1e-6), (BINS, 1e-3)))
show_table(
    sensitivity,
    name="bin-rule",
    caption="Table 2's Minkowski columns with other bins and floors: mean divergence, share of cells "
    "that the floor decides, and how the order of the paper's rows agrees with the default's. sqrt "
    "and fd (Freedman and Diaconis) are NumPy's rules.",
    csv=run.write_table("bin_rules.csv", sensitivity),
)

# %% [markdown]
# Perimeters depend on the convention, and on the phase. Ours counts the boundary inside the image,
# by Cauchy and Crofton's formula with lines in four directions.

# %% tags=["hide-input"]
conventions = convention_table(cubes.low)
show_table(
    conventions,
    name="conventions",
    caption="Perimeter and Euler characteristic by convention, relative to the exact perimeter for "
    "discs and a square, relative to ours for the true low-density phase of the x-y images.",
    csv=run.write_table("conventions.csv", conventions),
)

# %% tags=["hide-input"]
record = run.write_json(
    "table2.json",
    {
        "table": everything.astype(object).where(everything.notna(), None).to_dict("records"),
        "bins": BINS,
        "floor": FLOOR,
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)
