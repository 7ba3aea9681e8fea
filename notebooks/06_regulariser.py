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
# **The paper** adds ½ λ_jac ‖J‖² to the generator's loss, so that slices translated one by one fit
# together along z.
#
# **Here** the digital shale has a TXM volume, so that this can be measured: |∂Ŝ/∂z|, the mean
# absolute difference of neighbouring translated slices, beside ‖J‖² and the metrics of Table 1. Four
# short trainings of this page vary the weight and apply the term lazily; two rows that are not the paper's
# use the neighbouring slices directly.
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
import numpy as np

from companion import model_figures, model_tables, tables
from companion.bench_tables import read_bench, show_bench
from companion.datasets import load_cubes, load_dataset
from companion.evaluation import evaluate, open_evaluation, translate_patches
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_table
from shalelib.data.patches import PatchSampler
from shalelib.files import read_json
from shalelib.metrics.volume import slice_jump
from shalelib.models import jacobian
from shalelib.models.training import train, training_key
from shalelib.models.translate import load_generator, to_tensor, translate
from shalelib.models.variants import ABLATION, BEYOND, SWEEP, get_variant

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
data = load_dataset("phantom", profile=profile)
phases = open_run(profile=profile, dataset="phantom", seed=0, results=results)
evaluation = open_evaluation(data, run.profile.evaluation, profile=profile, phases=phases.folder)
cubes = load_cubes(profile)
slab = cubes.txm[0][:32]  # of the central test volume

# %%
# NBVAL_CHECK_OUTPUT
print(f"{len(evaluation.test.txm)} test patches; a slab of {slab.shape} voxels for |∂Ŝ/∂z|")

# %%
sampler = PatchSampler(data.train, size=run.profile.train.patch)
settings = {"seed": seed, "data_hash": data.digest()}
references = {
    row.name: run.take(row.name, key=training_key(row, run.profile.train, **settings))
    for row in SWEEP
}
swept = {
    row.label: train(
        sampler.draw_training,
        row,
        run.profile.train,
        folder=run.folder / row.name,
        **settings,
    )
    for row in SWEEP
}
pairs = ("pix2pix_wgan", "pix2pix_wgan_reg", "srgan_4x_vanilla", "srgan_4x_vanilla_reg")
rows = [*map(get_variant, pairs), *ABLATION, *BEYOND]
files = {row.label: run.folder / row.name / "generator.safetensors" for row in rows}
files |= {label: trained.generator for label, trained in swept.items()}
generators = {label: load_generator(file) for label, file in files.items()}

# %%
# NBVAL_CHECK_OUTPUT
print(f"{len(generators)} networks, {len(swept)} of them trained for this page")

# %%
scores = {
    label: evaluate(evaluation, translate_patches(generator, evaluation.test))
    for label, generator in generators.items()
}
translated = {label: translate(generator, slab) for label, generator in generators.items()}
change = {label: slice_jump(volume) for label, volume in translated.items()}
training = {row.label: read_json(run.folder / row.name / "train.json") for row in rows} | {
    label: {"final": trained.history.iloc[-1].to_dict(), "seconds": trained.seconds}
    for label, trained in swept.items()
}
records = {
    row.label: {
        "lambda_jac": row.lambda_jac,
        "jacobian": training[row.label]["final"]["jacobian"],
        "seconds": training[row.label]["seconds"],
    }
    for row in (*rows, *SWEEP)
}
truth = {
    "FIB-SEM, with its noise": slice_jump(cubes.sem[0][:32]),
    "TXM": slice_jump(slab),
}
# NBVAL_CHECK_OUTPUT
print({name: round(value) for name, value in truth.items()}, "grey levels a slice")

# %% [markdown]
# ## Around the published weight
#
# SRGAN 4x (Vanilla) without the term, with a tenth of the published weight, with the published one, and
# with ten and a hundred times it; λ_L1 is 100, so that the generator is free enough for the term to have
# something to do. The weight pays if |∂Ŝ/∂z| falls before the metrics do.

# %% tags=["hide-input"]
weights = [row.label for row in (*ABLATION, *SWEEP[:3])]
sweep = model_tables.regulariser_table(
    scores, {label: records[label] for label in weights}, change
).sort_values("λ_jac", ignore_index=True)
show_table(
    sweep,
    name="jacobian-sweep",
    caption=f"SRGAN 4x (Vanilla) with λ_L1 = 100 on the digital shale (profile {profile}), one "
    "training a weight. For "
    f"comparison, |∂S/∂z| of the true FIB-SEM volume, noise included, is "
    f"{truth['FIB-SEM, with its noise']:.1f} and that of the TXM {truth['TXM']:.1f} grey levels.",
    csv=run.write_table("jacobian_sweep.csv", sweep),
    formats={"λ_jac": ".0e"},
)
shown = ["‖J‖² at the end", "|∂Ŝ/∂z| [grey level a slice]", "PSNR [dB]", "Dice, low density"]
show_figure(
    model_figures.sweep(sweep, [*shown, "Spectral distance [dB]"]),
    name="jacobian-sweep-curves",
    caption="The sweep as curves; the left edge is the network without the term. One training a "
    "point, so that small steps up and down mean nothing.",
    alt="Five panels against the weight: squared Jacobian norm, change along z, PSNR, Dice of the "
    "low density, spectral distance.",
    invert=True,
)

# %% [markdown]
# ## Lazily
#
# The term in every fifth step with five times its weight, beside the same term in every step. It is worth
# having if norm and metrics end alike.

# %% tags=["hide-input"]
lazily = [row.label for row in (*ABLATION, SWEEP[3])]
lazy = model_tables.regulariser_table(scores, {label: records[label] for label in lazily}, change)
show_table(
    lazy,
    name="lazy",
    caption=f"The regulariser in no step, in every step and in every fifth (digital shale, profile "
    f"{profile}). Training times are of one processor, or of the clock on a GPU, whatever else it did.",
    csv=run.write_table("lazy.csv", lazy),
    formats={"λ_jac": ".0e"},
)

# %% [markdown]
# ## What it costs
#
# Training steps with the term over plain ones, taken in turns so that whatever else the machine does
# meets all of them; and small trainings with several seeds, for the question whether the lazy term ends
# where the constant one does. We aimed at 2.1 for the vector-Jacobian product (VJP) and 1.3 lazily.

# %% tags=["hide-input"]
bench = read_bench("regulariser")
show_bench(
    bench,
    model_tables.step_cost_table,
    script="bench/regulariser.py",
    name="step-cost",
    title="Processor time of a step with the regulariser over that of a plain one",
    run=run,
    formats={"VJP": ".2f", "JVP": ".2f"},
)
show_bench(
    bench,
    model_tables.endings_table,
    script="bench/regulariser.py",
    name="lazy-endings",
    title="How small trainings on the digital shale of profile smoke end: mean and standard deviation "
    "over seeds",
    run=run,
)

# %% [markdown]
# ## Beyond the paper
#
# The regulariser stands in for |∂Ŝ/∂z| = |J ∂T/∂z|, and the TXM is a volume. The **directional** row
# therefore penalises |G(T_z+1) − G(T_z)| itself, which takes neighbouring TXM slices and no FIB-SEM
# volume; the **2.5-D** row lets the generator see z − 1, z and z + 1. Both need a TXM volume, which the
# real patches do not come with, so there are no such rows for them. ‖J‖² of the 2.5-D row is with
# respect to all three slices.

# %% tags=["hide-input"]
beyond = model_tables.regulariser_table(
    scores, {row.label: records[row.label] for row in rows}, change
)
show_table(
    beyond,
    name="beyond",
    caption=f"Pairs without and with the regulariser, and two rows that are not the paper's, on the "
    f"digital shale (profile {profile}).",
    csv=run.write_table("beyond.csv", beyond),
    formats={"λ_jac": ".0e"},
)
intervals = tables.table_1(
    {row.label: scores[row.label] for row in BEYOND},
    evaluation.test.slice_index,
    resamples=run.profile.evaluation.resamples,
    paper=False,
)
show_table(
    tables.format_table_1(intervals),
    name="beyond-intervals",
    caption="The two rows that are not the paper's, as in Table 1; 95 % bootstrap intervals over "
    "slices.",
    csv=run.write_table("beyond_intervals.csv", intervals),
)

# %% [markdown]
# ## Dropout left on, along z
#
# As published, every slice has a dropout mask of its own. The last column is the share of |∂Ŝ/∂z| that is
# not there in evaluation mode.

# %% tags=["hide-input"]
masked = {
    label: slice_jump(translate(generators[label], slab, inference="as_published"))
    for label in (row.label for row in rows)
}
jitter = model_tables.jitter_table(change, masked)
show_table(
    jitter,
    name="z-jitter",
    caption=f"|∂Ŝ/∂z| [grey level a slice] of a slab of the test block, translated in evaluation mode "
    f"and as published (digital shale, profile {profile}).",
    csv=run.write_table("z_jitter.csv", jitter),
)

# %% [markdown]
# ## Why not finite differences
#
# The finite difference follows the same probes as the Jacobian-vector product, so that the two can be
# compared one by one. Above a step of about 10⁻³ the network's curvature biases it; in single precision
# rounding takes over below.

# %% tags=["hide-input"]
steps = [10.0**k for k in np.arange(-6, 0.5, 0.5)]
seen = evaluation.test.txm[:4]
biased = ("pix2pix (WGAN)", "SRGAN 4x (Vanilla)")
biases = {
    label: jacobian.finite_difference_bias(
        generators[label],
        generators[label].view(to_tensor(seen, next(generators[label].parameters()).device)),
        steps,
    )
    for label in biased
}
show_figure(
    model_figures.step_bias(biases, used=jacobian.STEP),
    name="step-bias",
    caption="Relative error of the finite difference against the derivative along the same probes, "
    "mean of four test patches, dropout off. The dashed line is the step that the estimator uses.",
    alt="Bias against step for two networks, in single and double precision.",
    invert=True,
)

# %% tags=["hide-input"]
record = run.write_json(
    "regulariser.json",
    {
        "rows": {label: {**records[label], "change_along_z": change[label]} for label in records},
        "change_along_z": truth,
        "change_along_z_as_published": masked,
        "means": {
            label: {k: None if np.isnan(v) else float(v) for k, v in frame.mean().items()}
            for label, frame in scores.items()
        },
        "step_bias": {label: frame.to_dict("list") for label, frame in biases.items()},
        "data_hash": data.digest(),
    },
)
provenance.show(run.provenance)
