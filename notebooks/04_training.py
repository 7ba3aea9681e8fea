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
# # One training
#
# How does a network learn to see a FIB-SEM image in a TXM image? This page follows one training from
# its first batch to its last epoch: what the network is given, what it is judged by, a single step
# taken apart, and what became of it. [The gallery](05_gallery) shows all trainings.
#
# **The paper** trains with “a batch size of 10,000 randomly sampled 128× 128 image patches”, which we read
# as the patches of an epoch, for 50 epochs with Adam at a learning rate of 2·10⁻⁴ and 25 more at a tenth of
# it. **Here** the profile sets the sizes; everything
# else follows the paper, or the authors' code where the paper is silent ([models](../models)).

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
dataset = "vaca-muerta-patches"  # or phantom, or directory
path = ""  # folder of your own images, for directory
pixel_size = 0.0  # edge of a pixel of your own images [m]; 0: what they say
fold = 2  # block of slices that is tested (real patches only), 0 to 4
variant = "feedforward"  # the row, a name in shalelib.models.variants
seed = 0  # initial weights, batches and dropout
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import torch

from companion.datasets import NAMES, load_dataset
from companion.pages import training as page
from companion.panels import image_grid
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_sentences, show_table
from companion.trainings import train_row, validation_crops
from companion.watched import TITLES as WATCHED
from companion.watched import truth_of, watched
from shalelib.data.patches import PatchSampler
from shalelib.models import jacobian, losses
from shalelib.models.inference import choose_device, predict, to_grey, to_tensor
from shalelib.models.networks import (
    build_discriminator,
    build_generator,
    initialise,
)
from shalelib.models.state import TrainingState
from shalelib.models.variants import get_variant

run = open_run(profile=profile, dataset=dataset, seed=seed, results=results, fold=fold, path=path)
config = run.profile.train
row = get_variant(variant)
data = load_dataset(dataset, profile=profile, path=path, pixel_size=pixel_size, fold=fold)
name = variant.replace("_", "-")
device = choose_device()

# %% [markdown]
# ## A batch
#
# Pairs of patches, the TXM and the FIB-SEM image of the same place, are drawn at random from the
# training slices and mirrored at random. A patch is accepted if at least three quarters of it lie
# inside the rock and hardly any of it shows charging.

# %%
sampler = PatchSampler(data.train, size=config.patch)
txm, sem = sampler.draw_training(4, np.random.default_rng(seed))

# %% tags=["hide-input"]
show_figure(
    image_grid({"TXM": txm, "FIB-SEM": sem}, pixel_size=data.pixel_size, by_row=True),
    name=run.label(f"batch-{name}"),
    caption=f"Four training patches ({NAMES[dataset]}), of {sampler.acceptance:.0%} of all places where one "
    "could lie.",
    alt="Two rows of four patches: TXM above, FIB-SEM of the same places below.",
)

# %% [markdown]
# ## The networks
#
# The generator starts from random weights, so it knows nothing. With an adversarial loss, a second
# network learns alongside it to tell true FIB-SEM images from translated ones.

# %%
generator = build_generator(row, config).to(device)
initialise(generator, seed=seed)
given = to_tensor(txm, device)
untrained = to_grey(generator(generator.view(given)).detach())

# %% tags=["hide-input"]
networks = page.networks_table(row, config)
show_table(
    networks,
    name=run.label(f"networks-{name}"),
    caption=f"The networks of {row.label} at profile {profile}.",
)
show_figure(
    image_grid(
        {"TXM": txm, "untrained": untrained, "FIB-SEM": sem},
        pixel_size=data.pixel_size,
        by_row=True,
    ),
    name=run.label(f"untrained-{name}"),
    caption="What the generator makes of the batch before it has learnt anything.",
    alt="Three rows of four patches: TXM, shapeless grey from the untrained network, FIB-SEM.",
)

# %% [markdown]
# ## One step, taken apart
#
# The generator translates the batch. Its first judge is the mean absolute difference from the true image
# (grey levels are scaled to $[-1, 1]$):

# %%
seen = generator.view(given)
probes = torch.Generator(device).manual_seed(seed)
sem_pred, norm = jacobian.forward_with_norm(generator, seen, generator=probes)
print(f"L1: {losses.l1(sem_pred, to_tensor(sem, device)):.3f}")

# %% [markdown]
# The call also returned an estimate, from one random probe, of how strongly the image would change with
# what the network sees: the squared norm of its {term}`Jacobian`. A regularised row is penalised for it;
# rows that are not regularised have a weight of zero.

# %%
weight = jacobian.weight(row.lambda_jac, config.patch)
print(f"‖J‖²: {norm.mean():.3g}, in the objective {weight:.3g} × {0.5 * norm.mean():.3g}")

# %% [markdown]
# A second judge, where there is one, sees true and translated images and gives each region a score. It
# learns to tell them apart, while the generator learns to make its images pass for true ones.

# %%
if row.objective != "l1":
    judge = build_discriminator(row, config).to(device)
    initialise(judge, seed=seed + 1)
    condition = [to_tensor(txm, device)] if row.conditional else []
    on_real = judge(torch.cat([*condition, to_tensor(sem, device)], dim=1))
    on_fake = judge(torch.cat([*condition, sem_pred], dim=1))
    print(f"scores, true: {on_real.mean():+.2g}, translated: {on_fake.mean():+.2g}")
else:
    print(f"{row.label} has no second judge")

# %% [markdown]
# The generator minimises the weighted sum of these terms. Here are twenty steps from the same start as
# the training below:

# %%
state = TrainingState(row, config, seed=seed, device=device, key="walk")
reports = [state.step(sampler.draw_training, k) for k in range(20)]
steps = pd.DataFrame([{name: float(value) for name, value in r.items()} for r in reports])

# %% tags=["hide-input"]
show_table(
    page.objective_table(steps.iloc[0], row, config),
    name=run.label(f"objective-{name}"),
    caption=f"The generator's objective in the first step of {row.label}.",
)
show_figure(
    page.loss_curves(steps.rename_axis("step").reset_index(), of="step"),
    name=run.label(f"steps-{name}"),
    caption="The first twenty steps: single batches, so the curves are rough.",
    alt="Loss against step, one panel per term.",
    invert=True,
)

# %% [markdown]
# ## The training
#
# The same step, over and over. A training that was stopped resumes from its last epoch and ends with the
# same result, bit for bit.

# %%
shown = validation_crops(data, run.profile.evaluation.crop)
trained = train_row(run, data, row)
print(f"{row.label}: {run.origin(variant)}")

# %% tags=["hide-input"]
show_figure(
    page.loss_curves(trained.history),
    name=run.label(f"losses-{name}"),
    caption=f"{row.label} ({NAMES[dataset]}): mean loss of every epoch, grey levels scaled to [−1, 1]. The "
    "dashed line marks the drop of the learning rate. The last panel is the squared norm of the "
    "generator's Jacobian, on one fixed batch with dropout off.",
    alt="Loss against epoch, one panel per loss term.",
    invert=True,
)

# %% [markdown]
# After every epoch the middle of each of the first eight validation images, which are neither trained
# nor tested on, was translated and measured. For pores, what matters is whether the dark pixels
# appear, and when. Where there is a second judge, the last panel shows who teaches the generator: the
# gradient that the judge sends to the generator's output, divided by that of the weighted L1 term.

# %% tags=["hide-input"]
curve = watched(run, data, trained)
show_figure(
    page.watched_curves(
        {row.label: curve}, truth_of(run, data), columns=[n for n in WATCHED if n in curve]
    ),
    name=run.label(f"watched-{name}"),
    caption=f"{row.label} ({NAMES[dataset]}): measures of translated validation images against steps of "
    "training. Dashed: the true images, and in the last panel equal strength. STSIM-1 and spectra have "
    "panels where images were kept during training.",
    alt="Measure against step, one panel per measure: dark share, contrast, detail, texture similarity, "
    "spectral distance, ratio of gradients.",
    invert=True,
)

# %% [markdown]
# ## What it makes of images that it never saw
#
# Three of these validation images themselves. Earlier translations are there where this page ran the
# training.

# %%
generator = trained.generator()
predicted = predict(generator, shown.txm)
earlier = page.some(trained.samples())

# %% tags=["hide-input", "lead"]
show_figure(
    image_grid(
        {
            title: images[:3]
            for title, images in {
                "TXM": shown.txm,
                **earlier,
                row.label: predicted,
                "FIB-SEM": shown.sem,
            }.items()
        },
        pixel_size=data.pixel_size,
    ),
    name=run.label(f"samples-{name}"),
    caption=f"Three validation images ({NAMES[dataset]}): TXM, translations by {row.label} "
    f"{'during training and ' if earlier else ''}at the end, FIB-SEM.",
    alt="Three rows of images: TXM, translated images and true FIB-SEM image.",
)

# %% tags=["hide-input", "summary"]
show_sentences(page.findings(trained.history, predicted, shown.sem, seconds=trained.seconds))

# %% [markdown]
# ## What it means, and what is open
#
# A falling loss shows only that the network fits its training patches. A network that paints one grey
# everywhere lowers the same loss, so the contrast of its images is the first thing to look at. Whether
# what it paints is in the right place is measured on [held-out slices](07_images).
#
# Open: how far these numbers would go with longer training. The profile sets its length.

# %% tags=["hide-cell"]
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(f"first step: L1 {steps['loss_l1'][0]:.4f}")
print(f"at the end: L1 {trained.history['loss_l1'].iloc[-1]:.3f}")
