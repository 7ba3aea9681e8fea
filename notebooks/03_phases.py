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
# **The paper** classifies pixels with ilastik {cite}`Berg2019`: a random forest on “pre-computed image
# features” tells background, low, medium and high density and charging apart.
#
# **Here** the same workflow, with features of several scales, is built from common Python packages. For the real patches the labels are
# regions outlined by eye, following a written protocol (`data/LABELS.md`), rather than a grey threshold,
# which would be circular. For the digital shale they are drawn from its known phases, and the result is
# judged against the truth.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | size of the digital shale: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `dataset` | what is judged: `phantom`, or `directory` with label images or masks of your own | `phantom` |
# | `path` | folder of your own images, for `directory` | none |
# | `pixel_size` | edge of a pixel of your own images, m | 0: read from the files |
# | `labels` | label stack of the judged slices, from ilastik or napari, in place of the classifier here | none |
# | `seed` | seed of the drawn labels | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
dataset = "phantom"
path = ""
pixel_size = 0.0
labels = ""
seed = 0
results = ""

# %% tags=["hide-input"]
import numpy as np

from companion.bench_tables import read_bench, rows_table, show_bench
from companion.datasets import NAMES
from companion.pages import dataset_figures
from companion.pages import phases as page
from companion.results import kept_table
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_sentences, show_table
from shalelib.data.fetch import fetch_patches
from shalelib.data.stacks import write_stack
from shalelib.segmentation import (
    ClassifierConfig,
    classify,
    confusion,
    confusion_table,
    polygon_labels,
    read_label_image,
    save_classifier,
    train_classifier,
)

run = open_run(profile=profile, dataset=dataset, seed=seed, results=results, path=path)
task = page.phase_task(
    dataset, profile=profile, path=path, pixel_size=pixel_size, seed=seed, progress=True
)

# %% [markdown]
# ## The real patches

# %% tags=["checked"]
patches = fetch_patches()
outlined = polygon_labels(patches.names, patches.sem.shape[1:])
config = ClassifierConfig(n_trees=run.profile.forest.trees, max_pixels=run.profile.forest.pixels)
real = train_classifier(patches.sem, outlined, config=config)
held_out = kept_table(
    run,
    "phases/held_out",
    page.held_out_counts,
    patches.sem,
    outlined,
    patches.slice_index,
    config=config,
).to_numpy()
save_classifier(real, run.folder / "classifier_real.npz")
print(
    f"{(outlined != 255).sum():,} pixels outlined on {(outlined != 255).any((1, 2)).sum()} patches"
)

# %% tags=["hide-input"]
labelled = (outlined != 255).any(axis=(1, 2))
show_figure(
    dataset_figures.phase_overlay(
        patches.sem[labelled][:4], outlined[labelled][:4], title="outlined by eye"
    ),
    name="outlines",
    caption="The first four labelled patches, and the regions that were outlined on them.",
    alt="Four FIB-SEM patches above the same patches with coloured regions.",
)
show_table(
    confusion_table(held_out).rename(columns={"dice": "Dice"}),
    name="confusion-real",
    caption="Real patches: labelled pixels by true class (rows) and predicted class (columns), each "
    "judged by a forest that never saw its slice. Clear regions were outlined, so these numbers are optimistic.",
    formats={"recall": ".3f", "precision": ".3f", "Dice": ".3f"},
)

# %% tags=["hide-input"]
unlabelled = patches.sem[~labelled][:4]
show_figure(
    dataset_figures.phase_overlay(unlabelled, classify(real, unlabelled), title="classified"),
    name="classified-real",
    caption="The first four patches without labels, as the forest classifies them.",
    alt="Four FIB-SEM patches above the same patches coloured by predicted class.",
)

# %% [markdown]
# ## Judged against the truth
#
# A few FIB-SEM slices of the digital shale are labelled sparsely; others are classified
# and compared with the truth pixel by pixel. The rock has a sixth phase, darker than the matrix and
# lighter than the pores, which is not among the five classes; here it counts as medium density.
# Images of your own are judged against their label images or masks.
#
# The judged slices are written to `judged.tif` in the results folder. A label stack made from this
# file in ilastik or napari takes the classifier's place if the parameter `labels` names it.

# %% tags=["checked"]
classifier = train_classifier(task.images, task.labels, config=config)
judged = write_stack(run.folder / "judged.tif", task.judged, voxel_size=task.pixel_size)
predicted = (
    read_label_image(labels, shape=task.judged.shape, dense=True)
    if labels
    else classify(classifier, task.judged, inside=task.inside)
)
table = confusion_table(confusion(task.truth, predicted))
out_of_bag = confusion_table(classifier.out_of_bag)
model = save_classifier(classifier, run.folder / "classifier.npz")
print(f"{(task.truth != 255).sum():,} pixels of slices {task.slice_index} judged")

# %% tags=["hide-input", "lead"]
show_figure(
    dataset_figures.phase_overlay(task.judged[:4], predicted[:4], title="classified"),
    name=f"classified-{dataset}",
    caption=f"Judged slices ({NAMES[dataset]}), and how they are classified.",
    alt="FIB-SEM slices above the same slices coloured by predicted class.",
)

# %% tags=["hide-input"]
show_table(
    out_of_bag.rename(columns={"dice": "Dice"}),
    name=f"out-of-bag-{dataset}",
    caption="The pixels trained on, by true class (rows) and predicted class (columns), each judged by "
    "the trees that did not see it. Their neighbours were seen, so these numbers are optimistic.",
    formats={"recall": ".3f", "precision": ".3f", "Dice": ".3f"},
)

# %% tags=["hide-input"]
show_table(
    table.rename(columns={"dice": "Dice"}),
    name=f"confusion-{dataset}",
    caption=f"Held-out slices ({NAMES[dataset]}, profile {profile}): pixels by true class (rows) and "
    f"{'class in the given labels' if labels else 'predicted class'} (columns).",
    csv=run.write_table("confusion.csv", table.reset_index()),
    formats={"recall": ".3f", "precision": ".3f", "Dice": ".3f"},
)

# %% [markdown]
# ## Accuracy per second
#
# For Table 2 every plane of every volume is classified. The number and depth of the trees and the scales and
# kinds of features are therefore chosen for accuracy per second: `bench/segmentation.py` changes one setting at
# a time on a digital shale of its own, and `make bench` saves the table that is shown here.

# %% tags=["hide-input"]
show_bench(
    read_bench("segmentation"),
    rows_table,
    script="bench/segmentation.py",
    name="accuracy-per-second",
    title="Accuracy per second of the classifier, one setting changed at a time",
    run=run,
    formats=page.SPEED_FORMATS,
)

# %% [markdown]
# ## What it means, and what is open
#
# Dice coefficients and all of Table 2 see the rock through this classifier. The tables above show where it errs.
# It treats true and translated images alike, so two images are compared fairly; but a share or a boundary length
# that it finds is not that of the rock.
#
# Open: how well it does on the real patches. There it is judged against outlines drawn by eye, and the truth is not
# known.

# %% tags=["hide-input", "summary"]
outlined_by_eye = confusion_table(held_out)
found = page.findings(outlined_by_eye, table, dataset=dataset)
show_sentences(found)

# %% tags=["hide-cell"]
record = run.write_json(
    "phases.json",
    {
        "findings": found,
        f"dice_{dataset}": {name: None if np.isnan(v) else v for name, v in table["dice"].items()},
        "dice_out_of_bag": {
            name: None if np.isnan(v) else v for name, v in out_of_bag["dice"].items()
        },
        "dice_real": {
            name: None if np.isnan(v) else v for name, v in outlined_by_eye["dice"].items()
        },
    },
)
provenance.show(run.provenance)
