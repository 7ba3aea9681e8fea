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
# # Two-dimensional results
#
# Is a translated image like the true FIB-SEM image of the same place? That depends on what "like" means:
# the same grey level in each pixel (PSNR), the same local structure (SSIM), the same texture (STSIM), the
# same phases in the same places (Dice). **The paper** reports means of these over its test patches in
# its Table 1.
#
# **Here** every network translates the same random test patches of held-out slices, and so do predictors
# that know next to nothing, to show what a score is worth. "No Model" compares the TXM itself with the
# FIB-SEM image.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
dataset = "vaca-muerta-patches"  # or phantom, or directory
path = ""  # folder of your own images, for directory
pixel_size = 0.0  # edge of a pixel of your own images [m]; 0: what they say
fold = 2  # block of slices that is tested (real patches only), 0 to 4
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import numpy as np

from companion import replicates
from companion.datasets import NAMES, load_dataset
from companion.evaluation import evaluate_phases, open_evaluation
from companion.intervals import interval_view
from companion.pages import images as page
from companion.pages import images_figures as figures
from companion.pages import images_folds as over
from companion.pages import images_splits as splits
from companion.pages.method_figures import metrics_figure
from companion.panels import image_grid
from companion.rows import NO_MODEL, ROWS, get_row, not_trained, trained_rows
from companion.run import open_run
from companion.scoring import score_network, score_untrained
from companion.site import provenance
from companion.site.display import (
    show_figure,
    show_notice,
    show_plotly,
    show_sentences,
    show_table,
)
from companion.site.recorded import record_figure
from companion.trainings import read_trainings, validation_crops
from companion.untrained import all_rock
from companion.watched import is_plate
from shalelib.data.splits import folds, patch_places, places
from shalelib.metrics import table1
from shalelib.metrics.baselines import (
    affine_prediction,
    constant_prediction,
    everywhere,
    nearest_slice,
    random_mask,
)
from shalelib.metrics.paired import dice, psnr, ssim
from shalelib.metrics.stsim import stsim_1
from shalelib.models.inference import predict
from shalelib.segmentation import Phase, classify

run = open_run(profile=profile, dataset=dataset, seed=seed, results=results, fold=fold, path=path)
phases = open_run(profile=profile, dataset="phantom", seed=0, results=results)
data = load_dataset(dataset, profile=profile, path=path, pixel_size=pixel_size, fold=fold)
title = NAMES[dataset]
evaluation = open_evaluation(data, run.profile.evaluation, profile=profile, phases=phases.folder)
test, train = evaluation.test, data.train
size = run.profile.evaluation.crop
rows = [row.key for row in trained_rows(dataset)]
trainings = read_trainings(run, data, rows, required=False, least=1)
names = list(trainings)
print(not_trained(rows, trainings))
networks = [row.key for row in trained_rows(dataset, "paper") if row.key in trainings] or names
shown = "srgan_4x_vanilla" if "srgan_4x_vanilla" in trainings else networks[0]  # of Table 3

# %% [markdown]
# ## One patch
#
# The patch on which the untranslated TXM does best by PSNR, its translation, and the truth. The
# translation is by SRGAN 4x (Vanilla), the network whose volumes the paper uses to compute gas flow,
# or by the first of your own networks.

# %%
generators = {name: training.generator() for name, training in trainings.items()}
images = {name: predict(generator, test.txm) for name, generator in generators.items()}
best = page.spread([psnr(txm, sem) for txm, sem in zip(test.txm, test.sem, strict=True)])[-1]
txm, sem, sem_pred = test.txm[best], test.sem[best], images[shown][best]
print(f"PSNR   {psnr(txm, sem):6.2f} dB untranslated, {psnr(sem_pred, sem):6.2f} dB translated")
print(f"SSIM   {ssim(txm, sem):6.3f}    untranslated, {ssim(sem_pred, sem):6.3f}    translated")
print(
    f"STSIM-1{stsim_1(txm, sem):6.3f}    untranslated, {stsim_1(sem_pred, sem):6.3f}    translated"
)

# %% [markdown]
# For the {term}`Dice coefficients <Dice coefficient>` the [pixel classifier](03_phases) names the phase of
# every pixel, both in the translated image and in the true one.

# %%
if evaluation.classifier is not None:
    inside = test.inside[best][None]
    found = classify(evaluation.classifier, sem_pred[None], inside=inside)
    true = classify(evaluation.classifier, sem[None], inside=inside)
    print(f"low density: {(found == Phase.LOW).mean():.3f} of the translated image,", end=" ")
    print(f"{(true == Phase.LOW).mean():.3f} of the true one")
    print(f"Dice: {dice(found, true, Phase.LOW):.3f}")

# %% tags=["hide-input"]
show_figure(
    image_grid(
        {
            "TXM": txm[None],
            trainings[shown].variant.label: sem_pred[None],
            "FIB-SEM": sem[None],
        },
        pixel_size=data.pixel_size,
        side=2.4,
    ),
    name=run.label("one-patch"),
    caption=f"The test patch on which the scores above are taken ({title}).",
    alt="Three images: TXM, its translation and the FIB-SEM image.",
)

# %% [markdown]
# The page [Metrics](../metrics) shows what the metrics say of images that are worse in a known way.

# %% tags=["hide-cell"]
record_figure(
    run.folder / "metrics.html",
    metrics_figure(txm, sem),
    alt="The true image of a patch, its TXM, and the true image shifted, noisier, blurred and replaced by "
    "its mean, each with its PSNR, SSIM and STSIM-1.",
)

# %% [markdown]
# ## Every patch, every row
#
# The same scores for all networks, for two predictors that are fitted only to grey levels (the mean
# training grey level inside the TXM's own outline, and the best straight line from TXM to FIB-SEM grey
# level), and for three that do not look at the test image: a copy of the nearest training slice at the
# same x-y, *everything is low density*, and a random mask of the true share.

# %%
images[NO_MODEL.key] = test.txm
images["constant"] = constant_prediction(test.inside, train.sem, train.inside)
images["affine"] = affine_prediction(test.txm, test.inside, train.txm, train.sem, train.inside)
images["nearest_slice"], covered = nearest_slice(
    test.inside,
    patch_places(data.test, test.corner),
    train.sem,
    train.inside,
    places(train),
)
translated = {name: score_network(run, one, evaluation) for name, one in trainings.items()}
scores = {name: one.evaluated for name, one in translated.items()}
scores |= {
    name: score_untrained(run, name, image, evaluation, data)
    for name, image in images.items()
    if name not in translated
}
if evaluation.classifier is not None:
    share = float((evaluation.sem_labels == Phase.LOW).sum() / test.inside.sum())
    guess = everywhere(Phase.LOW, test.inside)
    scores["all_low"] = evaluate_phases(evaluation, guess)
    guess = random_mask(Phase.LOW, test.inside, share=share)
    scores["random_low"] = evaluate_phases(evaluation, guess)

# %% [markdown]
# ## Table 1
#
# The intervals come from resampling whole slices, since patches of one slice share grains, pores and
# often pixels. They are rough where few slices are tested, and they hold for one training. The paper
# averages over patches of 36 slices that are not public. A dash in its column marks a row that the
# paper does not have. *Dropout left on* is a network's mean when it translates as the authors' code
# does.

# %% tags=["hide-input"]
rivals = [row.key for row in ROWS if row.kind in ("trivial", "chance") and row.key in scores]
shown = [NO_MODEL.key, *(n for n in names if get_row(n).kind != "ablation"), *rivals]
real = dataset == "vaca-muerta-patches"
all_folds = all_rock(run) if real else None
resamples = run.profile.evaluation.resamples
table = page.table_1(
    {name: scores[name] for name in shown}, test.slice_index, resamples=resamples, paper=real
)
left_on = {name: one.published.mean() for name, one in translated.items()}
table = page.with_published(table, left_on)
held_out = f"fold {fold} of the slices" if real else "held-out slices"
about = f"{len(test.txm)} test patches (profile {profile}, {title}, {held_out})"
again = replicates.read_replicates(profile, dataset, run.above)
tested = [name for name in shown if name in trainings]
whole = real and over.covers(again, tested, planned=len(folds()))
alone = f"The networks in Table 1 are those of fold {fold} alone." if real and not whole else ""
if whole:  # else networks of one fold would stand beside rows of all
    own = {
        name: over.Folded(
            scores=scores[name],
            slices=test.slice_index.tolist(),
            trainings=1,
            published=left_on[name].to_dict(),
        )
        for name in tested
    }
    table, counts = over.table_over_folds(own, again, all_folds, resamples=resamples)
    about = (
        f"the real patches (profile {profile}), each slice tested once over five folds: networks on 100 "
        "patches a fold, rows without training on tiles of every second patch; "
        + over.trainings_behind(counts, planned=len(folds()))
    )
rock = page.table_1(*splits.rock_scores(all_folds, "slices"), resamples=resamples) if real else None
elsewhere = rock["row"].unique().tolist() if real and not whole else []  # over all folds below
compared = table["metric"].isin(page.PAPER_COLUMNS)
show_table(
    page.lay_out_table_1(table[compared], of="patches" if real else "", elsewhere=elsewhere),
    name=run.label("table-1"),
    caption=f"Image similarity on {about}: means, with 95% bootstrap intervals over slices in brackets. "
    "Dice coefficients are against the classified FIB-SEM image."
    + (
        " STSIM is STSIM-1; the other readings of the paper's formula follow below." if real else ""
    ),
    csv=run.write_table("table1.csv", table),
)
show_table(
    page.lay_out_table_1(table[~compared]),
    name=run.label("table-1-more"),
    caption=f"Other readings of STSIM, and metrics that the paper does not have, on the same {about}. "
    + ("" if real else "Dice coefficients against true classes exist on the digital shale alone. ")
    + "The spectral distance is smaller for a more similar texture.",
    wide="With a column for each reading and metric the table scrolls sideways.",
)

# %% [markdown]
# Rows that need no training need no fold either. On the real patches they are scored on nearly all of the rock:
# over the five folds, on tiles of every second patch, since patches overlap. These are the scores to compare
# with the paper's untranslated row, whichever patches the networks above translated.

# %% tags=["hide-input"]
if rock is not None:
    show_table(
        page.lay_out_table_1(rock[rock["metric"].isin(page.PAPER_COLUMNS)], of="patches"),
        name="all-rock",
        caption="Rows that need no training, over all folds of the real patches: means, with 95% bootstrap intervals over "
        f"{len(set(all_folds['slices']['slice_index']))} slices in brackets, beside the paper's.",
        csv=run.write_table("all_rock.csv", rock),
    )
else:
    print("on the digital shale one fold tests as much rock as another")

# %% tags=["hide-input"]
points, choice = interval_view(
    table.dropna(subset="ours"), group="heading", forms=page.formats_of(table)
)
show_plotly(
    points,
    controls=choice,
    name=run.label("table-1-points"),
    caption=f"The numbers of {{numref}}`{run.label('table-1')}`, one metric at a time: ours with "
    "95% intervals over slices"
    + (", and the paper's" if real else "")
    + ". A row without a point has no such score: a mask of phases has no grey levels. Hover for the values.",
    alt="A point with an interval for each model; the metric can be chosen.",
)

# %% [markdown]
# The paper prints one STSIM. Its formula leaves open what its means are taken over, so three
# [readings](../metrics) are given here; none was chosen for its score.
#
# ## What separates the networks?
#
# A network that does not beat such simple predictors on a metric has not been shown by that metric to
# have learnt anything. PSNR and SSIM reward the mean: a fine texture that cannot be predicted in place
# is best answered with a grey level in between. What a constant cannot have is pores in the right places
# (Dice of the low density) and the right texture (STSIM, spectra).

# %%
separation = table1.separation(table, networks=networks, rivals=rivals)

# %% tags=["hide-input"]
show_table(
    page.lay_out_separation(separation),
    name=run.label("separation"),
    caption=f"For each metric, the best and worst of {len(networks)} networks, the median width of their "
    "95% intervals, and how many networks are better than the best of the simple predictors.",
    csv=run.write_table("separation.csv", separation),
)

# %% [markdown]
# A high PSNR can be had with next to no image at all. A [grey plate](../glossary) is a translation whose contrast,
# the standard deviation of its grey levels, is less than a quarter of the FIB-SEM's, on the validation images of
# [the gallery](05_gallery). It is marked with a star in what follows; its Dice coefficient says what its pores are
# worth.

# %% tags=["hide-input"]
whole = test.inside.all(axis=(1, 2))
crops = validation_crops(data, run.profile.evaluation.crop)
plates = {name: is_plate(predict(generators[name], crops.txm), crops.sem) for name in networks}
flat = [name for name, plate in plates.items() if plate]
few = ("feedforward", "pix2pix_wgan", "pix2pix_wgan_reg", "srcnn_4x", "srgan_4x_vanilla")
drawn = [name for name in few if name in trainings] or networks
show_figure(
    figures.spectra_figure(
        {"FIB-SEM": test.sem[whole], "TXM": test.txm[whole]}
        | {figures.network_title(name, flat): images[name][whole] for name in drawn},
        pixel_size=data.pixel_size,
    ),
    name=run.label("spectra"),
    caption=f"Radially averaged power spectra of the {int(whole.sum())} test patches that lie wholly "
    "inside the rock, with a Hann window, for networks with each of the losses. What lies below the "
    "black line is missing texture, what lies above it was made up.",
    alt="Power against spatial frequency for FIB-SEM, TXM and networks.",
    invert=True,
)

# %% [markdown]
# ## What the split lets in
#
# Held-out slices are not held-out rock: the same grains continue from slice to slice. For the real patches the
# table below has the share of tested rock that was seen in training, at the same x-y in another slice. A copy of
# the nearest such slice is no translation. The amount by which its Dice coefficient, in Table 1 beside those of
# the networks, exceeds that of a random mask is how much of the answer the split gives away. A split by
# quadrants of the x-y plane leaves nothing to copy.

# %% tags=["hide-input"]
if real:
    leak = splits.leak_table(all_folds)
    show_table(
        leak,
        name="leak",
        caption=f"For each split: the rock of its tiles that is in training at the same x-y of another slice, the "
        f"PSNR of a copy of the nearest such slice less that of a constant, and the copy's Dice coefficient (profile {profile}).",
        csv=run.write_table("leak.csv", leak),
    )
else:
    print(
        f"{covered.sum() / test.inside.sum():.0%} of the tested rock is at the x-y of a training slice"
    )

# %% [markdown]
# ## Figure 3
#
# The paper's columns: the input, its two models without and with the regulariser, the truth. The rows
# are test patches in order of the PSNR of "No Model": minimum, quartiles and maximum, so that none is
# hand-picked.

# %% tags=["hide-input", "lead"]
picked = page.spread(scores[NO_MODEL.key]["psnr"])
patches = {name: images[name][picked] for name in networks}
wide, narrow = (
    figures.figure_3(
        test.txm[picked],
        patches,
        test.sem[picked],
        pixel_size=data.pixel_size,
        plates=flat,
        narrow=phone,
    )
    for phone in (False, True)
)
show_figure(
    wide,
    narrow=narrow,
    name=run.label("figure-3"),
    caption=f"Five test patches ({title}): TXM, translations by the paper's two models without and with "
    "the regulariser, and the FIB-SEM image; minimum, quartiles and maximum of the untranslated TXM's "
    "PSNR, from the top (on a phone, three of them from the left). A star marks networks that translate "
    "to grey plates.",
    alt="Rows of patches; columns show TXM, four translations and the true FIB-SEM.",
)

# %% [markdown]
# All networks on the same patches:

# %% tags=["hide-input"]
rows = (
    {"TXM": test.txm[picked]}
    | {figures.network_title(name, flat): stack for name, stack in patches.items()}
    | {"FIB-SEM": test.sem[picked]}
)
show_figure(
    figures.patch_rows(rows, pixel_size=data.pixel_size),
    narrow=figures.patch_rows(rows, pixel_size=data.pixel_size, narrow=True),
    name=run.label("all-networks"),
    caption=f"The patches of {{numref}}`{run.label('figure-3')}` in columns, every network in a row; "
    "a star marks grey plates.",
    alt="Five columns of patches; rows show TXM, each network's translation and the true FIB-SEM.",
)

# %% [markdown]
# ## Trained again
#
# The intervals above cover the choice of slices only. A second training would come out differently: with
# another seed on the digital shale, or on other slices of the real patches. `make replicates` trains all rows
# again, with three seeds on the digital shale and on five folds of the real patches, which takes hours. It
# begins with the rows that most claims are about, and the rows that are done when it is stopped have their
# intervals. These are Student's intervals, over as many replicates as the last column says.

# %% tags=["hide-input"]
if again:
    repeated = over.over_replicates(replicates.replicate_means(again))
    show_table(
        over.lay_out_replicates(repeated),
        name=run.label("replicates"),
        caption=f"Means over replicates of the training (profile {profile}, {title}): seeds on the "
        "digital shale, folds of the real patches. Where one replicate is all there is, no interval "
        "is shown.",
        csv=run.write_table("replicates.csv", repeated),
    )
else:
    show_notice(
        f"No replicates were computed at profile {profile} with these settings (make replicates).",
        name=run.label("replicates"),
        caption=f"Means over replicates of the training (profile {profile}, {title}).",
        kind="table",
    )

# %% [markdown]
# ## Regulariser or weight?
#
# The authors' published SRGAN 4x was trained with a weight of the L1 loss of 100 without the regulariser
# and of 1000 with it, so their comparison changes two things at once. Both rows of Table 1 have the smaller
# weight. On the digital shale the rows with the larger one stand beside them where they are trained
# (`make book ALL=1`).

# %% tags=["hide-input"]
square = ["srgan_4x_vanilla", "srgan_4x_vanilla_reg"]
square += [row.key for row in trained_rows(dataset, "ablation")]
square = [name for name in square if name in trainings]
ablation = page.ablation_table(
    {name: scores[name] for name in square},
    {name: trainings[name].jacobian for name in square},
)
if square:
    show_table(
        ablation,
        name=run.label("ablation"),
        caption="SRGAN 4x (Vanilla) without and with the regulariser, as far as these networks are "
        f"trained ({title}). The weight of the L1 loss is 100 where the row does not say otherwise.",
        csv=run.write_table("ablation.csv", ablation),
        formats=page.formats_of(ablation) | {"‖J‖² at the end": ".3g"},
    )

# %% [markdown]
# ## Dropout left on
#
# The authors' test command never switches the networks to evaluation mode, so each slice is
# translated with a dropout mask of its own. Two translations of the *same* patch then differ: this
# much of the jitter between slices has nothing to do with the TXM.

# %% tags=["hide-input"]
inference = page.inference_table(translated)
show_table(
    inference,
    name=run.label("inference"),
    caption="Evaluation mode against inference as published, on the same test patches "
    f"({title}). Jitter is the mean absolute difference of two translations of one patch.",
    csv=run.write_table("inference.csv", inference),
    formats=dict.fromkeys(inference.columns[1:3], ".2f")
    | dict.fromkeys(inference.columns[3:5], ".3f")
    | {inference.columns[5]: ".2f"},
)

# %% [markdown]
# ## What it means, and what is open
#
# The untranslated row needs no network, so it tests only the metrics and the images. Rows of networks
# are worth what they gain over predictors that translate nothing: where these do as well, the metric
# cannot tell a translation from a guess, and its ranking of the networks carries no weight.
#
# Open: whether networks trained for as long as the paper's would gain more. Profile `paper` has the
# published sizes.

# %% tags=["hide-input", "summary"]
found = page.findings(table, separation, rock, plates=plates, trained_on=alone)
show_sentences(found)

# %% tags=["hide-cell"]
per_patch = {
    name: {key: [None if np.isnan(v) else round(v, 6) for v in frame[key]] for key in frame}
    for name, frame in scores.items()
}
page.RESULT.write(
    run,
    {
        "findings": found,
        "table": table,
        "rock": [] if rock is None else rock,
        "per_patch": per_patch,
        "slice_index": test.slice_index.tolist(),
        "data_hash": data.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(scores["no_model"][["psnr", "ssim", "stsim_1"]].mean().round(2).to_string())
print(scores["constant"]["psnr"].mean().round(2), "dB for a constant")
print(scores[networks[0]]["psnr"].mean().round(1), "dB for a network")
