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
# # Against the truth
#
# **The paper** has no FIB-SEM volume: nobody can cut a rock and keep it. It judges its volumes by how
# their planes are distributed (Table 2), and assumes that the rock is the same in all directions.
#
# **Here** the digital shale's true volume is known. This page holds every volume of
# {numref}`table-2` against it, voxel by voxel, and asks whether the paper's metrics would have told
# the good models from the bad.
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
from companion.volume_rows import volume_rows

from companion import truth_tables, volume_figures, volume_tables
from companion.datasets import load_cubes
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_table
from companion.volume_measures import read_rows

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
cubes = load_cubes(profile)
rows = volume_rows(run.folder)
measured = read_rows(rows, run.folder)
real = measured["truth"]
truth = truth_tables.true_measures(cubes, reach=real.two_point.shape[1] - 1)

# %% tags=["checked"]
print(f"low density: {truth.low.mean():.3f} of the volume, {truth.connected.mean():.3f} connected")
print(f"change from slice to slice in the true FIB-SEM: {truth.jump.mean():.2f} grey levels")

# %% [markdown]
# ## Voxel by voxel
#
# The row "True FIB-SEM" is the ceiling: the true volume seen by the same pixel classifier. What a
# network cannot know it can only guess: a sharp guess in the wrong place costs more PSNR than a blurred
# one.

# %% tags=["hide-input"]
table = truth_tables.truth_table(rows, measured, truth)
show_table(
    truth_tables.format_truth_table(table),
    name="truth",
    caption=f"Every volume against the truth (digital shale, profile {profile}): means of the five "
    "test volumes, in brackets the least and the largest. Connected: what percolates along z.",
    csv=run.write_table("truth.csv", table),
)

# %% tags=["checked"]
print(table.set_index("model").loc["No Model", ["psnr", "ssim"]].astype(float).round(2).to_string())

# %% [markdown]
# ## Two-point correlation
#
# The chance that two points a distance apart both lie in the low-density phase, along each axis. A
# volume made of unconnected slices falls off too fast along z.

# %% tags=["hide-input"]
curves = {"true phase": truth.two_point, "True FIB-SEM, classified": real.two_point} | {
    row.label: measured[row.name].two_point
    for row in rows
    if row.variant.startswith(("pix2pix_wgan", "srgan_4x_vanilla"))
}
show_figure(
    volume_figures.two_point_curves(curves, voxel_size=cubes.voxel_size),
    name="two-point",
    caption="Two-point correlation of the low-density phase along z, y and x, mean of the five test "
    "volumes.",
    alt="Three panels of falling curves, the truth in black and the models in colour.",
    invert=True,
)

# %% [markdown]
# ## Does Table 2 rank the models as the truth does?
#
# Kendall's τ is 1 where a column of {numref}`table-2` puts the models in the same order as the true
# error, 0 where the two have nothing to do with each other, −1 where they are opposite. In brackets the
# p-value of no agreement, not corrected for looking at many. The models are those of the paper's table
# and not independent, so take the p-values as a guide. A network that was trained for a short time blurs,
# and draws next to no low-density phase. Where most do, their Dice coefficients are near zero and their
# divergences near the ceiling, and a high τ only says that both see which networks draw pores at all.

# %% tags=["hide-input"]
ranked = tuple(row for row in rows if row.kind == "paper")
divergences = volume_tables.divergences(measured, real, resamples=0)
errors = truth_tables.true_errors(table[table["kind"] == "paper"])
agreement = truth_tables.rank_agreement(ranked, divergences, errors)
show_table(
    truth_tables.format_rank_agreement(agreement),
    name="rank-agreement",
    caption=f"Kendall's τ between the columns of Table 2 and true errors over {len(ranked)} models.",
    csv=run.write_table("rank_agreement.csv", agreement),
)

# %% tags=["hide-input"]
agreeing = agreement[(agreement["tau"] > 0) & (agreement["p_value"] < 0.05)]
print(f"{len(agreeing)} of {len(agreement)} pairs agree with p < 0.05")
show_figure(
    volume_figures.rank_plot(ranked, divergences, errors),
    name="divergence-against-error",
    caption="The columns of Table 2 against one true error, 1 − Dice of the low-density phase; a point "
    "a model.",
    alt="Seven scatter plots of a KL divergence against one minus the Dice coefficient.",
    invert=True,
)

# %% [markdown]
# ## Is the rock isotropic?
#
# Table 2 compares x-z and y-z planes of a synthesised volume with real x-y images. That is fair only
# if the rock looks the same in all planes. The test asks how often the divergence of x-y planes from
# the others would be as large if, in each volume, any of the three axes could be called z. Whether the
# *phase* is isotropic and whether its *image* is are two questions: the FIB-SEM adds noise and a drift
# of brightness to each slice, and the classifier sees one slice at a time. The mean area is that of the
# whole volume along every axis; only how it varies from plane to plane can differ.

# %% tags=["hide-input"]
isotropy = truth_tables.isotropy_table(
    {
        "true phase": truth_tables.phase_by_axis(cubes.low),
        "classified FIB-SEM": truth_tables.measured_by_axis(real, len(cubes.low)),
    }
)
show_table(
    truth_tables.format_isotropy_table(isotropy),
    name="isotropy",
    caption="Means over planes across z, y and x, divergence of planes across z from the others [nat], "
    "and how likely so large a one is in an isotropic volume.",
    csv=run.write_table("isotropy.csv", isotropy),
)

# %% tags=["checked"]
print(isotropy.loc[isotropy["phase"] == "true phase", ["z", "y", "x"]].round(1).to_string())

# %% tags=["hide-input"]
record = run.write_json(
    "truth.json",
    {
        "table": table.astype(object).where(table.notna(), None).to_dict("records"),
        "rank_agreement": agreement.astype(object)
        .where(agreement.notna(), None)
        .to_dict("records"),
        "isotropy": isotropy.astype(object).where(isotropy.notna(), None).to_dict("records"),
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)
