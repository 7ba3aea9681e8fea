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
# **The paper** translates a TXM volume slice by slice, smooths it along z with a 3 × 1 × 1 median filter, and
# judges five volumes of 128³ voxels per model in Table 2 by the {term}`Kullback-Leibler divergence`: how far
# the area, perimeter and Euler characteristic of the low-density phase, and the joint histogram of grey
# levels, are from those of real test images. It has no true volume to compare with.
#
# **Here** the same is done on the digital shale, since it needs a volume and the public data hold none. First
# one volume goes through every step; then comes the whole table, with a row that the paper could not have:
# what a *perfect* volume would get. The comparison with the truth, voxel by voxel, is on the page
# [Against the truth](13_truth); the conventions are on the page [Volume metrics](../volume_metrics).

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
from companion import volume_measures, volumes
from companion.claims import claims_of
from companion.cubes import volume_grid
from companion.datasets import load_cubes, load_dataset
from companion.intervals import interval_view
from companion.pages import claims, front
from companion.pages import volumes as page
from companion.pages import volumes_figures as figures
from companion.pages.method_figures import functionals_figure
from companion.rows import get_row
from companion.run import open_run
from companion.site import provenance
from companion.site.display import (
    show_figure,
    show_plotly,
    show_sentences,
    show_table,
)
from companion.site.recorded import record_figure, slices_html
from companion.style import number
from shalelib.arrays import Phase
from shalelib.metrics.divergence import BINS, FLOOR, joint_histogram, kl_of_samples
from shalelib.metrics.functionals import minkowski, plane_functionals
from shalelib.metrics.table2 import measure_images, measure_volumes
from shalelib.models.inference import load_generator
from shalelib.models.volumes import median_along_z, translate_volume
from shalelib.segmentation import classify, load_classifier

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
data = load_dataset("phantom", profile=profile)
cubes = load_cubes(profile)
row = get_row("srgan_4x_vanilla_reg")
generator = load_generator(run.folder / row.key / volumes.GENERATOR)
classifier = load_classifier(run.folder / volume_measures.CLASSIFIER)

# %% [markdown]
# ## One volume, step by step
#
# The TXM of the central test volume is **translated** slice by slice: the network sees x-y images and knows
# nothing of the slice above. The **median** over three slices removes what appears in one slice only. Then
# every pixel is **classified** in the x-y planes, as the classifier was trained.

# %%
txm = cubes.txm[0]
translated = translate_volume(generator, txm, run.folder / "step.npy")
smoothed = median_along_z(translated)
low = classify(classifier, smoothed) == Phase.LOW

# %% tags=["hide-input"]
show_figure(
    figures.step_cuts(
        {"TXM": txm, "translated": translated, "median along z": smoothed},
        low,
        voxel_size=cubes.voxel_size,
    ),
    name="volume-steps",
    caption=f"The middle x-y plane (above) and x-z plane (below, z upwards) after each step; {row.label}, "
    f"digital shale, profile {profile}. The phase is black.",
    alt="Four columns of two planes: TXM, translation, smoothed translation, and the phase.",
)

# %% [markdown]
# The three **Minkowski functionals** of the phase are computed in every plane: its area, the length of its
# boundary, and the number of its objects less that of its holes. `minkowski` takes a stack of images;
# `plane_functionals` cuts all planes of a family out of a volume.

# %%
real_images = volume_measures.real_images(data, edge=txm.shape[1])
real_low = classify(classifier, real_images.sem) == Phase.LOW
real_functionals = minkowski(real_low)
across_z = plane_functionals(low, "x-y")
others = plane_functionals(low, "x-z, y-z")

# %% tags=["hide-input"]
show_figure(
    figures.functional_histograms(real_functionals, {"x-y": across_z, "x-z, y-z": others}),
    name="functional-histograms",
    caption=f"The functionals of {len(real_images.sem)} real images (black) and of the planes of the "
    "volume above: x-y planes in the upper row, x-z and y-z planes in the lower one. The real images are "
    "x-y images in both.",
    alt="Six panels with two step histograms each.",
    invert=True,
)

# %% tags=["hide-cell"]
record_figure(
    run.folder / "functionals.html",  # for the page Volume metrics
    functionals_figure(),
    alt="A disc, the disc with a hole, four small discs, and a disc that the frame cuts in half, each "
    "with its area, perimeter and Euler characteristic.",
    invert=True,
)

# %% [markdown]
# Each panel gives one cell of Table 2, which says how far apart its two distributions are: the
# **Kullback-Leibler divergence**, real ‖ synthesised. Its interval comes from resampling whole slices of the
# real images and whole blocks of neighbouring planes.

# %%
volume = measure_volumes(low[None], txm[None], smoothed[None])
real_one = measure_images(real_low, real_images.txm, real_images.sem, real_images.slice_index)
euler = kl_of_samples(
    real_functionals[:, 2],
    others[:, 2],
    real_one.groups["x-z, y-z"],
    volume.groups["x-z, y-z"],
)
print(f"Euler characteristic, x-z and y-z: {euler.value:.2f} nat")

# %% [markdown]
# The last column compares grey levels by the **joint histogram** of the values at the same place in the TXM
# and in the FIB-SEM image.

# %%
pairs = {
    "real images": joint_histogram(real_images.txm, real_images.sem),
    "volume above": joint_histogram(txm, smoothed),
    "No Model: S = T": joint_histogram(txm, txm),
}

# %% tags=["hide-input"]
show_figure(
    figures.joint_pictures(pairs),
    name="joint-histograms",
    caption="Joint histograms of grey levels, on a logarithmic scale. The untranslated TXM can only fill "
    "the diagonal.",
    alt="Three square histograms: a cloud, another cloud, a diagonal line.",
)

# %% [markdown]
# ## All rows
#
# The same for every row and all five test volumes; what was computed earlier is read back.

# %%
rows = volumes.trained_volume_rows(run.folder)
measured = volume_measures.measure_rows(rows, run, cubes, data)
real = volume_measures.measure_real(run, data, edge=txm.shape[1])
divergences = page.row_divergences(measured, real, resamples=run.profile.evaluation.resamples)

# %% tags=["hide-input", "lead"]
volumes.make_shown(run, cubes, data)
shown = volumes.central_cubes(run, cubes)
show_figure(
    volume_grid(shown, columns=4, voxel_size=cubes.voxel_size),
    name="figure-4",
    caption="The central test volume, cut open along its middle planes: TXM and truth, and the "
    "translations by pix2pix (WGAN) and SRGAN 4x (Vanilla) as they are, regularised, and regularised "
    f"and median-filtered along z (the vertical direction). Digital shale, profile {profile}.",
    alt="Eight cubes with the upper front corner cut out, in grey levels: TXM, true FIB-SEM and "
    "three translations by each of two networks.",
)

# %% tags=["hide-input"]
turning, controls = figures.interactive_volumes(shown, voxel_size=cubes.voxel_size)
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
    figures.side_cuts(shown, voxel_size=cubes.voxel_size),
    name="side-cuts",
    caption="The middle x-z plane of the same volumes, z upwards; slices lie horizontally. "
    "Mismatches from slice to slice show as horizontal streaks.",
    alt="Eight x-z cuts, TXM, truth and six translations.",
)

# %% [markdown]
# ## Table 2
#
# KL(real ‖ synthesised) in nats; smaller is better. The real side is 100 images cut from the test slices, for
# planes of all directions, as the paper words it. Where real and synthesised images share no bin, a cell is
# ln 10¹⁰ less the entropy of the real images over the bins: it says that the two are apart, not how far.
# Where they share few bins, every single image counts, and even rounding the weights to float16 moves such a
# cell ([Reproducing this book](../reproduce)). The intervals say how much the rock varies, not how much
# training with another seed would change the value.
#
# The first row is the true FIB-SEM volume: **what a perfect model would get**. Sampling keeps it above zero.
# In x-y this is only the sampling of real images and planes; in x-z and y-z there is also what the microscope
# does from slice to slice, which the real side, being x-y images, does not contain.

# %% tags=["hide-input"]
no_model = page.no_model_joint(cubes.txm, real_images.txm, real_images.sem)
reasons = page.incomparable(no_model)
paper_rows = tuple(row for row in rows if row.kind in ("truth", "paper"))
our_rows = tuple(row for row in rows if row.kind not in ("truth", "paper"))
table = page.table_2(paper_rows, divergences, reasons=reasons)
show_table(
    page.format_table_2(table),
    name="table-2",
    caption=f"KL divergence of synthesised from real images [nat], {BINS} common bins, floor "
    f"{number(FLOOR, '.0e')}, beside the paper's Table 2 (digital shale, profile {profile}). In brackets 95% "
    "bootstrap intervals over slices and blocks of planes: a resample repeats some and lacks others, which "
    "makes histograms rougher and divergences larger, so a value may lie below its own interval.",
    csv=run.write_table("table2.csv", table),
)

# %% tags=["hide-input"]
show_table(
    page.reason_table(reasons),
    name="not-comparable",
    caption="Columns of the paper's Table 2 that cannot be the same statistic as ours.",
)

# %% [markdown]
# These rows are not the paper's. "Affine map" is the best straight line from TXM to FIB-SEM grey level. The
# WGAN with the penalty on the mean score, where it is trained, has a critic that should count; see
# [Models](../models).

# %% tags=["hide-input"]
extra = page.table_2(our_rows, divergences, reasons=reasons)
show_table(
    page.format_table_2(extra),
    name="table-2-beyond",
    caption="The same for rows beyond the paper's.",
    csv=run.write_table("table2_beyond.csv", extra),
)

# %% tags=["hide-input"]
everything = page.table_2(paper_rows + our_rows, divergences)
show_figure(
    figures.divergence_plot(everything),
    name="divergences",
    caption="All divergences with their intervals; the dotted line is the most that the floor allows. "
    f"{figures.clipped(everything)}Blue: the paper's rows; orange: the affine map; green: the truth and rows "
    "beyond the paper's.",
    alt="Seven panels of points with intervals on a logarithmic axis, one row per model.",
    invert=True,
)

# %% tags=["hide-input"]
cells = everything["quantity"] + ", " + everything["planes"]
hover, controls = interval_view(
    everything.assign(cell=cells), group="cell", forms=dict.fromkeys(cells, ".2f")
)
show_plotly(
    hover,
    controls=controls,
    name="divergences-to-hover",
    caption="The same numbers [nat], one column of {numref}`table-2` at a time: choose it, and point at "
    "a row for its interval.",
    alt="Points with intervals, one row per model; the column is chosen above.",
)

# %% [markdown]
# ## What the paper says of Table 2
#
# These are the ledger's verdicts on the paper's sentences about volumes. They also stand on the page
# [Claim by claim](16_claims), which says how a verdict is reached.

# %% tags=["hide-input"]
ledger = claims.open_ledger(claims.gather(run, pages=["07_images_phantom", "08_volumes"]))
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
# The paper names neither bins nor floor. If the order of the models depends on them, it says little about the models.

# %% tags=["hide-input"]
models = {row.key: measured[row.key] for row in paper_rows}
rules = tuple((bins, FLOOR) for bins in (8, 16, 32, 64, 128, "sqrt", "fd"))
sensitivity = page.bin_rules(models, real, (*rules, (BINS, 1e-6), (BINS, 1e-3)))
show_table(
    sensitivity,
    name="bin-rule",
    caption="Table 2's Minkowski columns with other bins and floors: mean divergence, share of cells "
    "that the floor decides, and how well the order of the paper's rows agrees with the default order. sqrt "
    "and fd (Freedman and Diaconis) are NumPy's rules.",
    csv=run.write_table("bin_rules.csv", sensitivity),
    formats={
        "Mean divergence [nat]": ".2f",
        "Cells above 20 nat": ".0%",
        "Kendall's τ with the default": ".2f",
    },
)

# %% [markdown]
# Perimeters depend on the convention, and on the phase. Ours counts the boundary inside the image by the
# Cauchy-Crofton formula, with lines in four directions.

# %% tags=["hide-input"]
conventions = page.convention_table(cubes.low)
show_table(
    conventions,
    name="conventions",
    caption="Perimeter and Euler characteristic by convention, relative to the exact perimeter for "
    "discs and a square, and relative to ours for the true low-density phase of the x-y images.",
    csv=run.write_table("conventions.csv", conventions),
    formats=dict.fromkeys(conventions.columns[1:-1], ".3f") | {conventions.columns[-1]: ".1f"},
)

# %% [markdown]
# ## What it means, and what is open

# %% tags=["hide-input", "summary"]
found = page.sentences(everything)
show_sentences(found)

# %% [markdown]
# Each number says how far a distribution of planes is from that of real images. It does not say whether a
# pore lies in the right place, nor that a smaller number means a better volume. The page
# [Against the truth](13_truth) shows whether Table 2 ranks the models as the truth does, and what it makes of
# volumes that are known to be worse than the truth.
#
# Open: which bins, floor and boundary convention the paper used. Its text does not say, and the order of the
# models can depend on them.

# %% tags=["hide-cell"]
moving, _ = slices_html(
    front.front_panels(run, cubes, step=max(1, len(txm) // 32)),
    columns=len(front.SHOWN),
    alt="Five x-y planes over five x-z planes, z upwards, of one volume: TXM, three translations, true FIB-SEM.",
)
(run.folder / "front.html").write_text(moving, encoding="utf-8")
run.write_json(
    "table2.json",
    {
        "findings": found,
        "table": everything,
        "not_comparable": reasons,
        "bins": BINS,
        "floor": FLOOR,
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell"]
print("not trained, so left out:", ", ".join(volumes.untrained_rows(run.folder)) or "none")

# %% tags=["hide-cell", "checked"]
print(len(rows), "rows,", len(cubes.txm), "volumes of", " × ".join(map(str, txm.shape)), "voxels")
print(f"true low density {cubes.low.mean():.3f}")
print(
    everything.query("key in ['truth', 'no_model']").round(1)[["key", "column", "ours"]].to_string()
)
