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
# # The regulariser, measured
#
# A network that translates slice by slice knows nothing of the slice above, and small differences between
# TXM slices can become large ones between its images. **The paper** adds $\tfrac12 \lambda_\mathrm{jac} \|J\|^2$
# to the generator's loss, in the hope that slices translated one by one then fit together along z
# ([why](../regulariser)): ‖J‖² is the squared norm of the generator's {term}`Jacobian`, which says how strongly its
# image responds to what it sees. What is hoped for is a smaller |∂Ŝ/∂z|, the mean absolute difference of
# neighbouring translated slices.
#
# **Here** the digital shale has a TXM volume, so the change along z can be measured, alongside ‖J‖² and the
# metrics of Table 1.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import numpy as np

from companion.bench_tables import read_bench, show_bench
from companion.datasets import load_cubes, load_dataset
from companion.evaluation import open_evaluation
from companion.pages import regulariser as page
from companion.rows import PAIRS, get_row, not_trained, trained_rows
from companion.run import open_run
from companion.scoring import score_network
from companion.site import provenance
from companion.site.display import (
    show_figure,
    show_notice,
    show_sentences,
    show_table,
)
from companion.site.recorded import record_figure
from companion.trainings import read_trainings
from shalelib.metrics.volume import slice_jump
from shalelib.models import jacobian
from shalelib.models.inference import to_tensor
from shalelib.models.translation import translate
from shalelib.models.variants import get_variant

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
phases = open_run(profile=profile, dataset="phantom", seed=0, results=results)
data = load_dataset("phantom", profile=profile)
evaluation = open_evaluation(data, run.profile.evaluation, profile=profile, phases=phases.folder)
regularised = [key for plain, weighed, _ in PAIRS for key in (plain, weighed)]
others = [row.key for row in trained_rows("phantom", "ablation", "sweep", "beyond")]
trainings = read_trainings(run, data, regularised)
trainings |= read_trainings(run, data, others, required=False)
print(not_trained(others, trainings))

# %% [markdown]
# ## From slice to slice
#
# Each network translates a slab from a test volume slice by slice, and we measure how much the images change
# from one slice to the next. The slab is the middle of the volume. It is a small sample:
# {numref}`truth-structure` has the same change over all test volumes, which may differ.

# %%
cubes = load_cubes(profile)
inside = page.middle_slab(cubes.txm[0])
slab = cubes.txm[0][inside]
generators = {name: training.generator() for name, training in trainings.items()}
translated = {name: translate(generator, slab) for name, generator in generators.items()}
change = {name: slice_jump(volume) for name, volume in translated.items()}
truth = {"FIB-SEM, with its noise": slice_jump(cubes.sem[0][inside]), "TXM": slice_jump(slab)}

# %% tags=["hide-input", "lead"]
plain, weighed = PAIRS[-1][:2]
cuts = {
    "TXM": slab,
    get_variant(plain).label: translated[plain],
    get_variant(weighed).label: translated[weighed],
    "FIB-SEM": cubes.sem[0][inside],
}
show_figure(
    page.slab_cuts(cuts, pixel_size=data.pixel_size),
    name="along-z",
    caption=f"The middle of the slab cut across its {len(slab)} slices (z upwards): what does not fit from "
    "slice to slice shows as horizontal streaks.",
    alt="Four images, z upwards: TXM, two translations and the true FIB-SEM.",
)

# %% tags=["hide-cell"]
record_figure(
    run.folder / "along_z.html",  # for the page of the method
    page.slab_cuts(cuts, pixel_size=data.pixel_size),
    alt="Four images, z upwards: TXM, two translations and the true FIB-SEM.",
)

# %% [markdown]
# What the same networks are worth as translators is scored on the test patches of Table 1, for the tables below.

# %%
scores = {
    name: score_network(run, training, evaluation).evaluated for name, training in trainings.items()
}
records = {
    name: {"jacobian": training.jacobian, "seconds": training.seconds}
    for name, training in trainings.items()
}

# %% [markdown]
# ## Around the published weight
#
# SRGAN 4x (Vanilla) without the term, with the published weight, and with ten and a hundred times that
# weight, as far as these networks are trained. A weight pays off if it lowers |∂Ŝ/∂z| while the Dice
# coefficient of low density and the spectral distance get no worse; PSNR and SSIM may gain from a flatter
# image. The answer is among the sentences that open this page.

# %% tags=["hide-input"]
weights = [
    *PAIRS[-1][:2],
    *(k for k in trainings if get_row(k).kind == "sweep" and get_variant(k).jac_every == 1),
]
swept = page.regulariser_table(
    scores, {name: records[name] for name in weights}, change
).sort_values("λ_jac", ignore_index=True)
show_table(
    swept,
    name="jacobian-sweep",
    caption=f"SRGAN 4x (Vanilla) on the digital shale (profile {profile}), one "
    "training per weight. For comparison, |∂S/∂z| of the true FIB-SEM volume, noise included, is "
    f"{truth['FIB-SEM, with its noise']:.1f} and that of the TXM {truth['TXM']:.1f} grey levels.",
    csv=run.write_table("jacobian_sweep.csv", swept),
    formats=page.formats(swept),
)
shown = [page.NORM, page.CHANGE, "PSNR [dB]", "Dice, low density", "Spectral distance [dB]"]
curves = {
    "name": "jacobian-sweep-curves",
    "caption": "The sweep as curves; the left edge is the network without the term. One training per "
    "point, so small ups and downs mean nothing.",
}
if len(swept) > 2:
    show_figure(
        page.sweep(swept, shown),
        **curves,
        alt="Five panels against the weight: squared Jacobian norm, change along z, PSNR, Dice of the "
        "low density, spectral distance.",
        invert=True,
    )
else:
    show_notice(page.UNSWEPT, **curves)

# %% [markdown]
# ## Lazily
#
# The term is applied in every fifth step with five times its weight, and compared with the same term in
# every step. That pays off if norm and metrics come out alike at lower cost.

# %% tags=["hide-input"]
lazily = [
    *PAIRS[-1][:2],
    *(k for k in trainings if get_row(k).kind == "sweep" and get_variant(k).jac_every > 1),
]
lazy = page.regulariser_table(scores, {name: records[name] for name in lazily}, change)
about = {
    "name": "lazy",
    "caption": f"The regulariser in no step, in every step and in every fifth (digital shale, profile "
    f"{profile}). Training times are processor time, or on a GPU elapsed time.",
}
if len(lazy) > 2:
    csv = run.write_table("lazy.csv", lazy)
    show_table(lazy, **about, csv=csv, formats=page.formats(lazy))
else:
    show_notice(page.NOT_LAZY, **about, kind="table")

# %% [markdown]
# ## What it costs
#
# The first table has the time of a training step with the term, divided by that of a plain one; the two
# alternate, so whatever else the machine is doing slows both. The second has small trainings with several seeds,
# to see whether the lazy term ends where the constant one does. VJP is the vector-Jacobian product, JVP the
# Jacobian-vector product.

# %% tags=["hide-input"]
bench = read_bench("regulariser")
show_bench(
    bench,
    page.step_cost_table,
    script="bench/regulariser.py",
    name="step-cost",
    title="Processor time of a step with the regulariser over that of a plain one",
    run=run,
    formats=page.COST_FORMATS,
)
show_bench(
    bench,
    page.endings_table,
    script="bench/regulariser.py",
    name="lazy-endings",
    title="How small trainings on the digital shale of profile smoke end: mean and standard deviation "
    "over seeds",
    run=run,
)

# %% [markdown]
# ## The pairs, and a critic that acts
#
# The paper's pairs without and with the term. Below them, where they are trained (`make book ALL=1`), stand the
# rows with the larger weight of the L1 term ([why](../regulariser)) and the one in which the penalty is on the
# slope of the critic's mean score ([why](../models)). A network whose images already change less along z than the
# truth leaves the term no jitter to remove.

# %% tags=["hide-input"]
compared = [*regularised, *(k for k in trainings if get_row(k).kind in ("ablation", "beyond"))]
beyond = page.regulariser_table(scores, {name: records[name] for name in compared}, change)
show_table(
    beyond,
    name="beyond",
    caption=f"{page.told_of_pairs(compared)} on the digital shale (profile {profile}).",
    csv=run.write_table("beyond.csv", beyond),
    formats=page.formats(beyond),
)

# %% [markdown]
# ## Dropout left on, along z
#
# In inference as published, every slice has a dropout mask of its own. The last column is the share of
# |∂Ŝ/∂z| that is absent in evaluation mode.

# %%
masked = {
    name: slice_jump(translate(generators[name], slab, inference="as_published"))
    for name in compared
}

# %% tags=["hide-input"]
jitter = page.jitter_table(change, masked)
show_table(
    jitter,
    name="z-jitter",
    caption=f"|∂Ŝ/∂z| [grey level a slice] of a slab of the test block, translated in evaluation mode "
    f"and as published (digital shale, profile {profile}).",
    csv=run.write_table("z_jitter.csv", jitter),
    formats=dict.fromkeys(jitter.columns[1:3], ".2f"),
)

# %% [markdown]
# ## Why not finite differences
#
# The finite difference uses the same probes as the Jacobian-vector product, so the two can be
# compared probe by probe. At large steps it is biased by the network's curvature, at small ones by
# rounding, which sets in the sooner the lower the precision.

# %%
steps = [10.0**k for k in np.arange(-6, 0.5, 0.5)]
device = next(generators[plain].parameters()).device
patches = to_tensor(evaluation.test.txm[:4], device)
biases = {
    name: jacobian.finite_difference_bias(generators[name], generators[name].view(patches), steps)
    for name, *_ in PAIRS
}

# %% tags=["hide-input"]
show_figure(
    page.step_bias(
        {get_variant(name).label: bias for name, bias in biases.items()}, used=jacobian.STEP
    ),
    name="step-bias",
    caption="Relative error of the finite difference against the derivative along the same probes, "
    "mean of four test patches, dropout off. The dashed line is the step that the estimator uses.",
    alt="Bias against step for two networks, in single and double precision.",
    invert=True,
)

# %% [markdown]
# ## What it means, and what is open
#
# Less change from slice to slice is a gain only where there was too much. The change has to be compared with that
# of the true FIB-SEM: a network that already changes less than the truth has no jitter to lose, and a smaller
# value then means a flatter image. A higher PSNR is no gain either if it comes from a flatter image.
#
# Open: whether the term helps a network whose images do jitter. Answering this needs trainings whose
# images keep their contrast, and several seeds of each.

# %% tags=["hide-input", "summary"]
found = page.findings(records, change, scores, truth=truth["FIB-SEM, with its noise"])
show_sentences(found)

# %% tags=["hide-cell"]
record = run.write_json(
    "regulariser.json",
    {
        "findings": found,
        "rows": {
            name: {
                **records[name],
                "lambda_jac": get_variant(name).lambda_jac,
                "slice_jump": change[name],
            }
            for name in records
        },
        "slice_jump": truth,
        "slice_jump_as_published": masked,
        "means": {
            name: {k: None if np.isnan(v) else float(v) for k, v in frame.mean().items()}
            for name, frame in scores.items()
        },
        "step_bias": {name: frame.to_dict("list") for name, frame in biases.items()},
        "data_hash": data.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print({name: round(value, 1) for name, value in truth.items()}, "grey levels a slice")
