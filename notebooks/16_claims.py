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
# # Claim by claim
#
# **The paper** states in words what it concludes from its tables and figures. **Here** each conclusion that
# can be tested is quoted, and three separate questions are asked of it: does it hold in the paper's own
# tables, on the public patches, and on the digital shale, whose truth is known?

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the run whose results are judged
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import pandas as pd

from companion.claims import CLAIMS, claims_of
from companion.ledger import judge, paper_evidence
from companion.pages import claims as page
from companion.pages import front, three_planes, threshold
from companion.pages.front_figures import finding_figures
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_sentences, show_table
from companion.site.recorded import figure_html

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)

# %% [markdown]
# ## How a verdict comes about
#
# A claim is a number and a range in which that number must lie for the sentence to be true. No verdict is
# typed in; verdicts change when the results do.
#
# - A claim **holds** if the number's {term}`95% interval <Confidence interval>` lies in the range, and
#   **does not hold** if it lies outside; otherwise it is **undecided**. Where a sentence takes several tests,
#   each gets a stricter limit ({term}`Holm's correction`), so the verdict can be undecided even though the
#   95% interval shown does not contain the edge of the range.
# - Where there are several trainings, the interval is over them: seeds on the digital shale, folds of slices
#   on the public patches. A dagger (†) marks a single training, whose interval is over test images or volumes
#   alone. Rows that need no training have an interval over the slices of all folds.
# - **No verdict** is given on a row that was not shown to translate: its Dice coefficient of the
#   low-density phase must be above that of a constant, the best straight line, a random mask of the true share,
#   calling everything low density, and a copy of the nearest training slice. Such a row is left out of every
#   comparison. What a training costs needs no such proof. What such networks change along z or in their gradients
#   is measured on [the regulariser's page](06_regulariser) and [against the truth](13_truth), without a verdict.
# - On the digital shale the Dice coefficients of images are against its true classes;
#   [Table 1](07_images_phantom) has those against the classified FIB-SEM.
# - A p-value does not measure likeness. One below its limit tells against the sentence; one above it proves
#   nothing. Such a claim therefore either **does not hold** or stays **undecided**.
# - In the paper's own tables the only uncertainty is the rounding of a cell, half of its last digit. A verdict
#   that turns on it is **within rounding**.
# - A star (\*) marks a limit that we chose, where the paper writes "significantly", "slightly" or "similar"
#   without a number.

# %%
own = judge(CLAIMS, paper_evidence())
verdicts = pd.Series({key: judgement.verdict for key, judgement in own.items()})
print(*(f"{verdict}: {count}" for verdict, count in verdicts.value_counts().items()), sep="; ")

# %% [markdown]
# ## What the paper's own tables say

# %% tags=["hide-input"]
show_sentences(page.paper_findings())

# %% [markdown]
# ## How the claims came out
#
# The table at the top counts the verdicts, and the claims that got none.

# %%
evidence = page.gather(
    run, pages=["07_images", "07_images_phantom", "08_volumes", "09_flow", "13_truth"]
)
ledger = page.open_ledger(evidence)
counts = page.verdict_counts(ledger)

# %% tags=["hide-input", "lead"]
show_table(
    counts,
    name="verdicts",
    caption=f"How the {len(CLAIMS)} claims came out (profile {profile}).",
    csv=run.write_table("verdicts.csv", counts),
)
records = page.claim_records(ledger)
shared = {"profile": profile, "csv": run.write_table("claims.csv", pd.DataFrame(records))}

# %% [markdown]
# ## Two-dimensional images
#
# The paper's {numref}`table-1`, and the time that training takes.

# %% tags=["hide-input"]
page.show_claims(
    claims_of("images"),
    ledger,
    **shared,
    name="claims-images",
    caption="Claims about two-dimensional images",
)

# %% [markdown]
# ## Volumes
#
# The paper's {numref}`table-2`. The public patches are not a volume and can say nothing about it. The paper's
# text and the caption of its table contradict each other on the perimeter: both are listed here.

# %% tags=["hide-input"]
page.show_claims(
    claims_of("volumes"),
    ledger,
    **shared,
    name="claims-volumes",
    caption="Claims about translated volumes",
)

# %% [markdown]
# ## Flow
#
# The paper's {numref}`table-3`.

# %% tags=["hide-input"]
page.show_claims(
    claims_of("flow"), ledger, **shared, name="claims-flow", caption="Claims about flow"
)

# %% [markdown]
# ## Against the truth
#
# What the paper says or assumes about the rock itself, and could not test without a true volume.

# %% tags=["hide-input"]
page.show_claims(
    claims_of("truth"),
    ledger,
    **shared,
    name="claims-truth",
    caption="Claims and assumptions that need the true volume",
)

# %% [markdown]
# ## What the verdicts rest on

# %% tags=["hide-input"]
basis = page.missing_table(evidence)
show_table(
    basis,
    name="verdicts-basis",
    caption="The results that this page has read, and those that it did not find.",
    csv=run.write_table("claims_basis.csv", basis),
)

# %% [markdown]
# ## What it means, and what is open
#
# Each sentence is corrected for its own tests, not for the other sentences: with dozens of them, one or two
# verdicts will be wrong by chance alone. A claim that does not hold here may still be true of the paper's
# images and networks: the images here are different and, unless the foot of this page names profile `paper`,
# so are the sizes.

# %% tags=["hide-input", "summary"]
found = page.findings(ledger)
show_sentences(found)

# %% tags=["hide-cell"]
elsewhere = {
    "threshold": threshold.RESULT.read(run.folder),
    "planes": three_planes.RESULT.read(run.folder),
}
record = run.write_json(
    "claims.json",
    {
        "findings": found,
        "front": front.findings(evidence, ledger, **elsewhere),
        "front_figures": [
            figure_html(drawn[0], alt=drawn[1], invert=True) if drawn else ""
            for drawn in finding_figures(evidence, **elsewhere)
        ],
        "claims": records,
        "verdicts": counts,
        "headline": page.headline_table(evidence, ledger),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(len(CLAIMS), "claims; in the paper's own tables:", verdicts.value_counts().to_dict())
