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
# # The gallery of trainings
#
# Did the networks learn, and if so, what? Losses alone do not say: a network may lower its L1 loss by
# painting the mean grey. Every training is therefore shown here with its losses, with the norm of the
# network's {term}`Jacobian` (how strongly its image responds to a change in what it sees), and with one
# validation image as it was translated at the end, and during training where those images were kept.
# [The page before](04_training) follows a single training.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
from companion.bench_tables import read_bench, show_bench
from companion.datasets import NAMES, load_dataset
from companion.pages import gallery as page
from companion.pages import gallery_tables
from companion.pages.training import loss_curves, some, watched_curves
from companion.rows import not_trained, trained_rows
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_plotly, show_sentences, show_table
from companion.trainings import read_trainings, validation_crops
from companion.watched import TITLES, truth_of, watched
from shalelib.models.inference import predict

names = ("vaca-muerta-patches", "phantom")
runs = {name: open_run(profile=profile, dataset=name, seed=seed, results=results) for name in names}
data = {name: load_dataset(name, profile=profile) for name in names}

# %% [markdown]
# ## Reading the trainings and translating one image
#
# Every trained network translates the middle of the first validation images of its data set.

# %%
wanted = {name: [row.key for row in trained_rows(name)] for name in names}
trainings = {
    name: read_trainings(run, data[name], wanted[name], required=False)
    for name, run in runs.items()
}
size = runs[names[0]].profile.evaluation.crop
crops = {name: validation_crops(held, size) for name, held in data.items()}
print(*(f"{NAMES[name]}: {not_trained(wanted[name], trainings[name])}" for name in names), sep="\n")
translated = {
    name: {key: predict(one.generator(), crops[name].txm) for key, one in held.items()}
    for name, held in trainings.items()
}

# %% tags=["hide-input", "lead"]
strips = {
    name: {
        key: {"TXM": crops[name].txm[0]}
        | {title: images[0] for title, images in some(one.samples()).items()}
        | {"at the end": translated[name][key][0], "FIB-SEM": crops[name].sem[0]}
        for key, one in held.items()
    }
    for name, held in trainings.items()
}
fig, choices = page.gallery(trainings, strips)
opening = page.opening(trainings)
first = next(held[opening] for held in trainings.values() if opening in held)
show_plotly(
    fig,
    controls=choices,
    static=loss_curves(first.history),
    name="gallery",
    caption=f"The trainings of profile {profile}, one at a time: mean losses of every epoch (grey levels "
    "scaled to [−1, 1]), the squared norm of the Jacobian of a patch of 128 × 128 pixels, and the "
    "middle of the first validation image as it is translated. Earlier images were kept where this checkout "
    "ran the training.",
    alt="Loss curves and the squared Jacobian norm of the chosen network, over a strip of images: TXM, "
    "translations, FIB-SEM.",
)

# %% [markdown]
# ## How long it takes until pores are drawn
#
# An L1 loss that no longer falls does not mean that a training is complete: contrast, dark pixels, texture
# and the power of fine structure may come later, or not at all. The number of steps should be chosen from
# these curves.

# %% tags=["hide-input"]
curves = {
    name: {one.variant.label: watched(runs[name], data[name], one) for one in held.values()}
    for name, held in trainings.items()
}
truths = {name: truth_of(runs[name], data[name]) for name in names}
show_figure(
    watched_curves(curves[names[0]], truths[names[0]], columns=list(TITLES)),
    name="watched-vaca-muerta-patches",
    caption="Measures of translated validation images of the real patches against steps of training. Dashed: the "
    "true images; in the last panel, equal strength of both gradients. STSIM-1 and spectra: for networks whose images "
    "were kept during training.",
    alt="Measure against step, one panel per measure and one line per network.",
    invert=True,
)
show_figure(
    watched_curves(curves[names[1]], truths[names[1]], columns=list(TITLES)),
    name="watched-phantom",
    caption="Measures of translated validation images of the digital shale against steps of training. Dashed: the "
    "true images; in the last panel, equal strength of both gradients. STSIM-1 and spectra: for networks whose images "
    "were kept during training.",
    alt="Measure against step, one panel per measure and one line per network.",
    invert=True,
)

# %% [markdown]
# ## Who teaches the network
#
# The gradient penalty holds the slope of the *sum* of the critic's patch scores at one, while the loss
# takes their *mean*. For an image of $128^2$ pixels, with $14^2$ patches, the critic's pull at the
# generator's output is then about $1/14^2$, whereas the weighted L1 term pulls with $100/128$. The last
# panels above show the ratio as measured: a row far below the dashed line is an L1 regression in
# disguise. For that reason, such a row can be expected to have a higher PSNR and fewer pores.

# %% tags=["hide-input"]
ends = {
    name: {key: (translated[name][key], crops[name].sem) for key in held}
    for name, held in trainings.items()
}
show_sentences(page.pulls(trainings, ends))

# %% [markdown]
# ## What they cost, and where they end

# %% tags=["hide-input"]
table = gallery_tables.trainings_table(one for held in trainings.values() for one in held.values())
show_table(
    table,
    name="trainings",
    caption="Size and training time of each network, and what it ended with: the squared Jacobian norm "
    "(for a patch of 128 × 128 pixels, dropout off), the L1 loss, the adversarial gradient over that of "
    "the weighted L1 term at the generator's output, and the share of dark pixels in validation images.",
    csv=runs["phantom"].write_table("trainings.csv", table),
    formats={
        "Training [s]": ".0f",
        "‖J‖² at the end": ".3g",
        "L1 at the end": ".4f",
        "Adversarial / L1\ngradient at the end": ".2g",
        "Dark share": ".3f",
    },
)

# %% [markdown]
# A training step of each network and one of the authors' public code, run in turns on one core: the
# ratio is theirs over ours, with quartiles over the rounds.

# %% tags=["hide-input"]
steps = read_bench("training")
show_bench(
    steps,
    gallery_tables.steps_table,
    script="bench/training.py",
    name="step-beside-theirs",
    title="Processor time of a training step on one core, ours and the authors'",
    run=runs["phantom"],
    formats={"Ours [ms]": ".0f", "Theirs [ms]": ".0f", "Theirs ÷ ours": ".2f"},
)
if steps is not None:
    show_sentences([gallery_tables.aimed_at(steps)])

# %% tags=["hide-input", "summary"]
found = page.findings(trainings, ends)
show_sentences(found)

# %% [markdown]
# ## What it means, and what is open
#
# Images with little contrast are averages over what the network could not decide. A high PSNR is not to
# their credit, since a constant may have one, and where no pores are drawn none can be measured. Which
# networks tell more than that is the subject of [the next chapter](07_images).
#
# Open: whether the networks that end with contrast put it in the right places, and whether those that
# end without it would gain it with longer training.

# %% tags=["hide-cell"]
runs["phantom"].write_json("gallery.json", {"findings": found})
provenance.show(runs["phantom"].provenance)

# %% tags=["hide-cell", "checked"]
print({name: len(held) for name, held in trainings.items()}, "trainings")
