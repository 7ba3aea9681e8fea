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
# # A data set
#
# **The paper** imaged a plug of Vaca Muerta shale twice: by transmission X-ray microscopy (TXM),
# which sees the whole volume, and then by focused-ion-beam scanning electron microscopy (FIB-SEM),
# which cuts it away slice by slice. Of the registered pairs of 2-D slices, 101 train the networks,
# 12 validate them and 36 test them.
#
# **Here** a parameter selects the images: the 100 real patch pairs that the authors published with
# their code {cite}`Anderson2020`, the digital shale with known truth, or a folder of your own.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `dataset` | `vaca-muerta-patches`, `phantom` or `directory` | `vaca-muerta-patches` |
# | `path` | folder of your own images, for `directory` | none |
# | `pixel_size` | edge of a pixel of your own images, m | 0: read from the files |
# | `seed` | seed of the run | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
dataset = "vaca-muerta-patches"
path = ""
pixel_size = 0.0
seed = 0
results = ""

# %% tags=["hide-input"]
import numpy as np

from companion.datasets import load_dataset
from companion.pages import dataset as page
from companion.pages import dataset_figures
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_sentences, show_slices, show_table
from shalelib.data.fetch import fetch_patches
from shalelib.data.patches import PatchSampler

run = open_run(profile=profile, dataset=dataset, seed=seed, results=results, path=path)
data = load_dataset(dataset, profile=profile, path=path, pixel_size=pixel_size, progress=True)

# %% tags=["checked"]
print(data.description)

# %%
print("data hash", data.digest())

# %% [markdown]
# ## From a pair of slices to training patches
#
# As in the paper, at least 75% of a patch's pixels must lie inside the rock, and at least 95% must be
# free of charging artefacts. Every position in every slice is checked; training draws only from the
# accepted ones and mirrors the patches at random.

# %% tags=["hide-input", "lead"]
sampler = PatchSampler(data.train, size=run.profile.train.patch)
drawn = sampler.draw(4, rng=np.random.default_rng(seed))
show_figure(
    dataset_figures.workflow(data.train, drawn),
    narrow=dataset_figures.workflow(data.train, drawn, narrow=True),
    name=f"workflow-{dataset}",
    caption=f"The workflow of the paper's Figure 1 on these images: {data.description}.",
    alt="A TXM slice, the registered FIB-SEM slice, the usable part of it, and two pairs of patches.",
)

# %% tags=["checked"]
print(f"{sampler.acceptance:.0%} of all places hold an accepted training patch")

# %% [markdown]
# ## Both modalities
#
# The TXM (left) measures how strongly X-rays are attenuated, blurred by the optics. In the FIB-SEM image
# (right) of a shale, pores and organic matter are dark, and pyrite and other heavy minerals are bright;
# where charge gathers, white rims and halos appear.

# %% tags=["hide-input"]
shown = data.test.take(np.arange(0, len(data.test), max(1, len(data.test) // 10)))
show_slices(
    {"TXM": shown.txm, "FIB-SEM": shown.sem},
    name=f"test-images-{dataset}",
    caption=f"Test images. {page.told_pixel(data.pixel_size)}",
    alt="Pairs of TXM and FIB-SEM images; a slider moves through them.",
    labels=[f"{name}, slice {z}" for name, z in zip(shown.names, shown.slice_index, strict=True)],
)

# %% [markdown]
# ## The split
#
# Neighbouring slices are nearly the same image, and the real patches overlap even within a slice, so
# whole blocks of slices are held out. Real patches from the slices next to a held-out slice are left
# out too. The digital shale is split as the paper split its plug: the test slices span a block of
# their own, which begins where the training slices end. How close the two come is printed here; for
# a folder of your own it is meaningful only if all slices are numbered consecutively.

# %% tags=["hide-input"]
splits = page.split_table(data)
show_table(
    splits,
    name=f"split-{dataset}",
    caption=f"What each split holds: {data.description}.",
    csv=run.write_table("split.csv", splits),
)
if dataset == "vaca-muerta-patches":
    show_table(
        page.fold_table(fetch_patches()),
        name="folds",
        caption="The fixed folds of the real patches: over all of them each slice is tested once. "
        "The book's pages show fold 2. Patches of slices next to a tested or validated one are "
        "left out.",
    )

# %% tags=["checked"]
near, far = page.slices_apart(data)
print(f"test slices lie {near} to {far} slices from the nearest training slice")

# %% tags=["hide-input"]
show_figure(
    dataset_figures.split_map(data),
    name=f"places-{dataset}",
    caption="Where the images of each split lie in the volume.",
    alt="Marks for each image at its slice, coloured by training, validation and test.",
    invert=True,
)

# %% tags=["hide-input"]
gaps = page.gapped(data.train)
comb = (
    f" The comb: {gaps} of {len(data.train)} training images lack more than a third of the grey levels between the quartiles of their TXM."
    if gaps
    else ""
)
show_figure(
    dataset_figures.grey_histograms({"training": data.train, "test": data.test}),
    name=f"grey-levels-{dataset}",
    caption="Grey-level histograms inside the rock. Training and test images come from different "
    f"depths of the plug; a random split would hide how far they differ.{comb}",
    alt="Two panels of line histograms: TXM and FIB-SEM grey levels for training and test.",
    invert=True,
)

# %% [markdown]
# ## What it means, and what is open
#
# The tested slices were not trained on, but they come from the same plug: the same grains continue from one
# slice to the next. A network that does well here has not been shown to do well on another rock.
#
# Open: how much the tested slices say about the rock as a whole. Replicates over other slices, or over
# other seeds, are on the page [Two-dimensional results](07_images), where they were computed
# (`make replicates`).

# %% tags=["hide-input", "summary"]
found = page.findings(data, acceptance=sampler.acceptance)
show_sentences(found)

# %% tags=["hide-cell"]
record = run.write_json(
    "dataset.json",
    {
        "findings": found,
        "data_hash": data.digest(),
        "images": {
            "train": len(data.train),
            "validation": len(data.validation),
            "test": len(data.test),
        },
        "acceptance": sampler.acceptance,
    },
)
provenance.show(run.provenance)
