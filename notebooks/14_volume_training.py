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
# # A generator of volumes
#
# **The paper** has two-dimensional FIB-SEM images and a three-dimensional TXM. Its networks translate
# slice by slice, so nothing ties a slice to the one above it, and a penalty on the Jacobian has to make
# up for that. But the paper also assumes that the rock looks the same in all directions.
#
# **Here** that assumption is put to use, beyond the paper: one network translates the TXM *volume*, and a
# {term}`discriminator` judges slices of its output in all three planes against the same FIB-SEM images, so no
# FIB-SEM volume is needed. The idea is that of SliceGAN {cite}`KenchCooper2021`, which grows volumes from
# noise; Dahari and others {cite}`Dahari2023` fuse images of several kinds in the same way. The page
# [Rock in three planes](15_three_planes) shows how good the volumes are.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # initial weights, batches and noise
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import numpy as np
import torch

from companion.datasets import in_volume, load_dataset
from companion.pages import training
from companion.pages import volume_training as page
from companion.panels import image_grid
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_sentences, show_table
from companion.trainings import train_row
from shalelib.data.cubes import CubeSampler
from shalelib.models.state3d import SLICES, planes_of
from shalelib.models.variants import VOLUME

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
config = run.profile.train_3d
data = load_dataset("phantom", profile=profile)

# %% [markdown]
# ## A batch
#
# A batch holds a cube of the TXM that contains a slice that was cut, the FIB-SEM image of that slice, and
# FIB-SEM images from anywhere in the training slices, mirrored and turned at random, against which planes
# are judged. No cube extends beyond the training slices.

# %%
pairs = in_volume(data, data.train)  # the TXM as the volume has it
sampler = CubeSampler(pairs, data.txm_volume(), edge=config.patch, planes=3 * SLICES)
cubes, place, sem, real = sampler.draw_training(1, np.random.default_rng(seed))
print(f"a cube of {config.patch}³ voxels, cut at its slice {place[0]}; {len(real)} images")

# %% tags=["hide-input"]
show_figure(
    image_grid(
        {
            "TXM, the cut": cubes[0, place],
            "FIB-SEM, the cut": sem,
            "TXM, x-z": cubes[:, :, config.patch // 2],
            "FIB-SEM, anywhere": real[:1],
        },
        pixel_size=data.pixel_size,
    ),
    name="cube-batch",
    caption="What a training step sees: the TXM and FIB-SEM image of the cut, a plane of the cube "
    "across it, and one of the FIB-SEM images against which planes are judged.",
    alt="Four square grey images side by side.",
)

# %% [markdown]
# ## Three networks
#
# The generator is U-shaped: narrow where it works on all voxels, deep at a quarter of the resolution. Its
# second input is white noise, from which it makes what the TXM does not resolve.
#
# **The cuts tie the volume to its TXM**, through an L1 term, weighted far less than pix2pix's, and a
# discriminator that sees TXM and FIB-SEM image together. **What makes it look like rock** in every plane
# is a discriminator that sees a slice on its own and is not told which plane it comes from.

# %% tags=["hide-input"]
show_table(
    page.networks_table(config),
    name="networks-three-planes",
    caption=f"The networks of the generator of volumes at profile {profile}.",
)

# %%
planes = planes_of(torch.from_numpy(cubes[:, None]), SLICES, np.random.default_rng(seed))
print(f"{SLICES} slices across each axis: {len(planes)} images judged in a step")

# %% [markdown]
# ## The training
#
# The loop, the checkpoints and the checks are those of [every other row](04_training). In training, the
# normalisation takes the mean and variance of each cube, as the other rows take those of a patch. In
# translation it takes those of cubes from all over the volume and **holds** them for all blocks; otherwise a
# voxel would depend on where its block ends, and volumes translated in blocks would show seams. The weights
# kept at the end are a running average over about a hundred steps. The number of epochs and the weight of L1
# were chosen on the validation part, for which the losses below are no substitute; the learning rate is not
# lowered at the end.

# %%
shown = page.validation_part(data)
trained = train_row(run, data, VOLUME)
print(f"{VOLUME.label}: {run.origin(VOLUME.name)}")

# %% tags=["hide-input"]
show_figure(
    training.loss_curves(trained.history),
    name="losses-three-planes",
    caption="Mean losses in every epoch, with grey levels scaled to [−1, 1].",
    alt="Loss against epoch, one panel for each loss term.",
    invert=True,
)

# %% [markdown]
# ## What it makes of rock that it was not trained on
#
# The validation part is the middle of the slices before the first training slice. The picture at the top
# shows the middle planes of that part of the volume, in x-y and in x-z.

# %%
made = page.translate(trained.generator(), shown.txm, seed=seed)

# %% tags=["hide-input", "lead"]
show_figure(
    page.two_planes(
        {"TXM": shown.txm, VOLUME.label: made, "true FIB-SEM": shown.sem}, data.pixel_size
    ),
    name="validation-three-planes",
    caption=f"{page.planes_told(made.shape)} of the validation part: TXM, generator of volumes, true "
    "FIB-SEM.",
    alt="Two rows of three grey images.",
)

# %% [markdown]
# ## What it means, and what is open
#
# Adversarial losses do not say how good a volume is, since the networks are trained against each other. The
# table gives the results on the validation part; the test volumes are measured on
# [another page](15_three_planes).

# %% tags=["hide-input"]
checked = page.checked_training(run, data, made, shown)
show_table(
    page.format_validation(checked),
    name="validation-numbers",
    caption="The validation part. A voxel is dark if it lies at or below the grey level at which the share of "
    "dark voxels in the true FIB-SEM equals that of the true phase.",
    csv=run.write_table("validation_numbers.csv", checked),
)

# %% [markdown]
# Open: how much further a wider network and a longer training would get.

# %% tags=["hide-input", "summary"]
found = page.validation_findings(checked, epochs=len(trained.history))
show_sentences(found)

# %% tags=["hide-cell"]
record = run.write_json(
    "volume_training.json", {"findings": found, "validation": checked.to_dict("records")}
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(f"{trained.record['parameters']} weights, {len(trained.history)} epochs")
print(f"at the end: L1 {trained.history['loss_l1'].iloc[-1]:.2f}")
