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
# # Which phase is a pixel?
#
# **The paper** classifies pixels with ilastik {cite}`Berg2019`: multi-scale filters and a random
# forest, trained on a few labels, into background, low, medium and high density and charging.
#
# **Here** the same workflow from the Python field's own parts. For the real patches the labels are
# regions outlined by eye, by a written protocol (`data/LABELS.md`), not a grey threshold, which would be
# circular. For the digital shale they are drawn from its known phases, and the result is judged by
# the truth.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | size of the digital shale: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | seed of the drawn labels | 0 |
# | `results` | folder for results, relative to the repository | `results` |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = "results"

# %% tags=["hide-input"]
import numpy as np

from shalelib.data.datasets import ROCK_SEED
from shalelib.data.fetch import fetch_patches
from shalelib.data.phantom import load_phantom
from shalelib.data.phantom_config import phantom_config
from shalelib.data.truth import true_classes
from shalelib.report import data_figures, provenance
from shalelib.report.display import show_figure, show_table
from shalelib.report.run import open_run
from shalelib.segmentation import (
    ClassifierConfig,
    classify,
    confusion,
    confusion_table,
    cross_validate,
    draw_labels,
    polygon_labels,
    save_classifier,
    train_classifier,
)

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)

# %% [markdown]
# ## The real patches

# %%
patches = fetch_patches()
outlined = polygon_labels(patches.names, patches.sem.shape[1:])
config = ClassifierConfig(n_trees=run.profile.forest.trees, max_pixels=run.profile.forest.pixels)
real = train_classifier(patches.sem, outlined, config=config)
held_out = cross_validate(patches.sem, outlined, patches.slice_index, config=config)
# NBVAL_CHECK_OUTPUT
print(f"{(outlined != 255).sum()} pixels outlined on {(outlined != 255).any((1, 2)).sum()} patches")

# %% tags=["hide-input"]
labelled = (outlined != 255).any(axis=(1, 2))
show_figure(
    data_figures.phase_overlay(
        patches.sem[labelled][:4], outlined[labelled][:4], title="outlined by eye"
    ),
    name="outlines",
    caption="The first four labelled patches, and the regions that were outlined on them.",
    alt="Four FIB-SEM patches above the same patches with coloured regions.",
)
show_table(
    confusion_table(held_out),
    name="confusion-real",
    caption="Real patches: labelled pixels by true class (rows) and predicted class (columns), each "
    "judged by a forest that never saw its slice. Clear regions were outlined, so this flatters.",
    formats={"recall": ".3f", "precision": ".3f", "dice": ".3f"},
)

# %% tags=["hide-input"]
unlabelled = patches.sem[~labelled][:4]
show_figure(
    data_figures.phase_overlay(unlabelled, classify(real, unlabelled), title="classified"),
    name="classified-real",
    caption="The first four patches without labels, as the forest classifies them.",
    alt="Four FIB-SEM patches above the same patches coloured by predicted class.",
)

# %% [markdown]
# ## The digital shale, judged by the truth
#
# A few slices of the true FIB-SEM volume are labelled sparsely; others are classified and
# compared pixel by pixel. The rock has a sixth phase, darker than the matrix and lighter than the
# pores, that the five classes do not know; here it counts as medium density.

# %%
phantom = load_phantom(phantom_config(profile), seed=ROCK_SEED, progress=True)
depth = len(phantom.sem)
seen = np.linspace(0, depth // 2, 4, dtype=int)
judged = np.linspace(3 * depth // 4, depth - 1, 4, dtype=int)
classifier = train_classifier(
    np.array(phantom.sem[seen]), draw_labels(true_classes(phantom, seen), seed=seed), config=config
)
truth = true_classes(phantom, judged)
inside = np.broadcast_to(phantom.outline, truth.shape)
predicted = classify(classifier, np.array(phantom.sem[judged]), inside=inside)
table = confusion_table(confusion(truth, predicted))
model = save_classifier(classifier, run.folder / "classifier.npz")
# NBVAL_CHECK_OUTPUT
print(f"{truth.size} pixels of slices {judged.tolist()} judged")

# %% tags=["hide-input"]
show_table(
    table,
    name="confusion-phantom",
    caption=f"Digital shale (profile {profile}): pixels of four held-out slices by true class (rows) "
    "and predicted class (columns).",
    csv=run.write_table("confusion.csv", table.reset_index()),
    formats={"recall": ".3f", "precision": ".3f", "dice": ".3f"},
)

# %% tags=["hide-input"]
record = run.write_json(
    "phases.json",
    {
        "dice_phantom": {name: None if np.isnan(v) else v for name, v in table["dice"].items()},
        "dice_real": {
            name: None if np.isnan(v) else v
            for name, v in confusion_table(held_out)["dice"].items()
        },
    },
)
provenance.show(run.provenance)
