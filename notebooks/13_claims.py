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
# **The paper** draws conclusions from its tables and figures in words. **Here** each of them that can
# be tested is a row: what it says, in our words; the number that it is about; the range of that number
# in which the sentence is true; and what our results say, on the real patches and on the digital shale.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | seed of the run whose results are judged | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = ""

# %% tags=["hide-input"]
import pandas as pd

from companion import claim_rows
from companion.claim_tables import (
    claim_records,
    headline_table,
    missing_table,
    show_claims,
    verdict_counts,
)
from companion.claims import in_own_tables, judge
from companion.evidence_files import load_evidence
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_table

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
read = {"profile": profile, "resamples": run.profile.evaluation.resamples}
patches = run.folder.parents[1] / "vaca-muerta-patches" / run.folder.name
evidence = {
    "Real patches": load_evidence(patches, dataset="vaca-muerta-patches", **read),
    "Digital shale": load_evidence(run.folder, dataset="phantom", **read),
}

# %%
# NBVAL_CHECK_OUTPUT
print(len(claim_rows.CLAIMS), "claims")

# %% [markdown]
# ## How a verdict comes about
#
# A number with its 95 % interval lies in the claim's range (**reproduced**), outside it (**not
# reproduced**) or across its edge (**undecided**). Nobody types a verdict; they change when the results
# do. The interval is over trainings where there are several: seeds on the digital shale, folds of
# slices on the real patches. A dagger (†) marks a number of a single training; its interval, if it has
# one, is over test images or volumes alone, and another seed may tip such a verdict. A number of size, such as an
# order of magnitude, is judged without an interval; a difference between two models is not. Where a
# result is missing the verdict is undecided, and at profile `smoke` all that concern training are.
#
# A star (*) marks a limit of ours, where the paper writes "significantly", "much" or "accurate" and
# gives no number. The last column applies the same rule to the cells of the paper's own tables,
# as far as they were at hand.

# %%
own = pd.Series({claim.key: in_own_tables(claim) for claim in claim_rows.CLAIMS})
# NBVAL_CHECK_OUTPUT
print("In the paper's own tables:", own.value_counts().sort_index().to_dict())

# %%
ledger = {
    title: {
        claim.key: judge(claim, found, profile=profile, volumes=title == "Digital shale")
        for claim in claim_rows.CLAIMS
    }
    for title, found in evidence.items()
}
counts = verdict_counts(ledger)

# %% tags=["hide-input"]
show_table(
    counts,
    name="verdicts",
    caption=f"How many of the {len(claim_rows.CLAIMS)} claims came out how (profile {profile}).",
    csv=run.write_table("verdicts.csv", counts),
)

# %% tags=["hide-input"]
ledger_csv = run.write_table(
    "claims.csv", pd.DataFrame(claim_records(claim_rows.CLAIMS, ledger)).drop(columns="missing")
)
shared = {"profile": profile, "csv": ledger_csv}

# %% [markdown]
# ## Two-dimensional images
#
# The paper's {numref}`table-1`, and the time that training takes.

# %% tags=["hide-input"]
show_claims(
    claim_rows.IMAGES,
    ledger,
    **shared,
    name="claims-images",
    caption="Claims about two-dimensional images",
)

# %% [markdown]
# ## Volumes
#
# The paper's Table 2. The real patches are no volume and can say nothing about it.

# %% tags=["hide-input"]
show_claims(
    claim_rows.VOLUMES,
    ledger,
    **shared,
    name="claims-volumes",
    caption="Claims about translated volumes",
)

# %% [markdown]
# ## Flow
#
# The paper's Table 3. Which of its values belongs to which model we know from the sentence that the
# regularised model has the lower ones. So the cells at hand cannot test that sentence.

# %% tags=["hide-input"]
show_claims(claim_rows.FLOW, ledger, **shared, name="claims-flow", caption="Claims about flow")

# %% [markdown]
# ## Against the truth
#
# What the paper says or assumes of the rock itself, and could not test without a true volume.

# %% tags=["hide-input"]
show_claims(
    claim_rows.AGAINST_TRUTH,
    ledger,
    **shared,
    name="claims-truth",
    caption="Claims and assumptions that need the true volume",
)

# %% [markdown]
# ## What the verdicts rest on

# %% tags=["hide-input"]
basis = missing_table(evidence)
show_table(
    basis,
    name="claims-basis",
    caption="The results that this page has read, and those that it did not find.",
    csv=run.write_table("claims_basis.csv", basis),
)

# %% [markdown]
# With dozens of claims at a level of 95 %, one or two verdicts will be wrong by chance alone. A claim
# that was not reproduced here may still be true of the paper's images and networks: these are other
# images, and unless the foot of this page names profile `paper`, other sizes.

# %% tags=["hide-input"]
record = run.write_json(
    "claims.json",
    {
        "claims": claim_records(claim_rows.CLAIMS, ledger),
        "verdicts": counts.to_dict("records"),
        "headline": headline_table(evidence, ledger).to_dict("records"),
    },
)
provenance.show(run.provenance)
