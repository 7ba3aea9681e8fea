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
# # Training
#
# **The paper** trains each network on 10,000 random patches of 128 × 128 pixels an epoch, for 50
# epochs with Adam at a learning rate of 2·10⁻⁴ and 25 more at a tenth of it.
#
# **Here** one notebook trains one row of the paper's table, chosen by a parameter. The profile sets the
# sizes; everything else is the paper's, or the authors' code's where the paper is silent.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `dataset` | `vaca-muerta-patches`, `phantom` or `directory` | `vaca-muerta-patches` |
# | `path` | folder of your own images, for `directory` | none |
# | `fold` | block of slices that is tested (real patches only), 0 to 4 | 2 |
# | `variant` | row of the table, a name in `shalelib.models.variants` | `feedforward` |
# | `seed` | initial weights, batches and dropout | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
dataset = "vaca-muerta-patches"
path = ""
fold = 2
variant = "feedforward"
seed = 0
results = ""

# %% tags=["hide-input"]
from companion import figures
from companion.datasets import load_dataset
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure
from shalelib.arrays import with_neighbours
from shalelib.data.patches import PatchSampler
from shalelib.models.networks import count_parameters
from shalelib.models.training import read_samples, train, training_key
from shalelib.models.translate import load_generator, translate
from shalelib.models.variants import get_variant

run = open_run(profile=profile, dataset=dataset, seed=seed, results=results, fold=fold)
row = get_variant(variant)
data = load_dataset(dataset, profile=profile, path=path, fold=fold)
volume = data.txm_volume() if row.needs_volume else None
data_hash = data.digest(volume=row.needs_volume)
sampler = PatchSampler(data.train, size=run.profile.train.patch, volume=volume)
shown = data.validation.take(slice(0, 3))
seen = with_neighbours(volume, shown.slice_index) if row.slices == 3 else shown.txm

# %%
# NBVAL_CHECK_OUTPUT
print(f"{row.label}: trained on {len(data.train)} images of {dataset}")
print(
    f"{run.profile.train.total_steps} steps of {run.profile.train.batch} patches "
    f"of {run.profile.train.patch} × {run.profile.train.patch} pixels"
)

# %%
key = training_key(row, run.profile.train, seed=seed, data_hash=data_hash)
reference = run.take(variant, key=key)
trained = train(
    sampler.draw_training,
    row,
    run.profile.train,
    seed=seed,
    data_hash=data_hash,
    folder=run.folder / variant,
    samples=seen,
)

# %%
generator = load_generator(trained.generator)
# NBVAL_CHECK_OUTPUT
print(f"{count_parameters(generator):,} parameters, {len(trained.history)} epochs")

# %%
print(f"{trained.seconds:.0f} s of training on the {trained.device}")
print(reference.sentence or "trained here")

# %% [markdown]
# ## Losses
#
# The last panel is the squared norm of the generator's Jacobian, estimated after every epoch on one
# fixed batch, dropout off: how strongly the prediction answers to a change of what the network sees.
# The z-regulariser of the paper lowers it.

# %% tags=["hide-input"]
show_figure(
    figures.loss_curves(trained.history),
    name=run.label(f"losses-{variant.replace('_', '-')}"),
    caption=f"{row.label} ({dataset}): mean loss of every epoch, grey levels scaled to [−1, 1]. The "
    "dashed line marks the drop of the learning rate.",
    alt="Loss against epoch, one panel a loss term.",
    invert=True,
)

# %% [markdown]
# ## Validation images
#
# Neither trained nor tested on; shown as they are, without picking. Those on the way were translated
# after the epoch that their name says, where this training was run by this page.

# %% tags=["hide-input"]
show_figure(
    figures.image_grid(
        {"TXM": shown.txm}
        | read_samples(run.folder / variant)
        | {row.label: translate(generator, seen), "FIB-SEM": shown.sem},
        pixel_size=data.pixel_size,
    ),
    name=run.label(f"samples-{variant.replace('_', '-')}"),
    caption=f"The first three validation images of {dataset}: TXM, translations by {row.label} on "
    "the way and at the end, FIB-SEM.",
    alt="Three rows of images: TXM, translated images and true FIB-SEM image.",
)

# %% tags=["hide-input"]
record = run.write_json(
    f"{variant}/train.json",
    {
        "variant": variant,
        "label": row.label,
        "parameters": count_parameters(generator),
        "seconds": trained.seconds,
        "device": trained.device,
        "data_hash": data_hash,
        "final": {k: float(v) for k, v in trained.history.iloc[-1].items()},
    },
)
provenance.show(run.provenance)
