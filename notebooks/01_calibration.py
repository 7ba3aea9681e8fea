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
# # The digital shale beside the real one
#
# **The paper** had no 3-D truth: FIB-SEM gave it 149 slices, not a volume.
#
# **Here** a digital shale supplies what is missing. Its grains, seams and bright minerals are continuous
# in three dimensions; a modelled FIB-SEM and a modelled TXM image it. It has to measure like the
# real rock, or nothing learnt on it would mean anything. So it is held against the 100 real patch
# pairs with the same crops and the same code, for targets set beforehand.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | size of the digital shale: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | seed of the drawn crops | 0 |
# | `results` | folder for results, relative to the repository | `results` |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = "results"

# %% tags=["hide-input"]
from shalelib.data.datasets import load_dataset
from shalelib.data.fetch import fetch_patches
from shalelib.report import calibration, data_figures, provenance
from shalelib.report.display import show_figure, show_table
from shalelib.report.run import open_run

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
data = load_dataset("phantom", profile=profile, progress=True)
real = calibration.real_crops(fetch_patches(), size=run.profile.evaluation.crop)
phantom = calibration.phantom_crops(data.train, data.validation, data.test, like=real, seed=seed)
# NBVAL_CHECK_OUTPUT
print(data.description)
print(f"{len(real.sem)} real crops, {len(phantom.sem)} of the digital shale")

# %% [markdown]
# ## Look twice
#
# Crops drawn at random from both; none was picked.

# %% tags=["hide-input"]
show_figure(
    calibration.side_by_side(phantom, real, seed=seed),
    name="side-by-side",
    caption=f"FIB-SEM and TXM crops of {real.sem.shape[1]} pixels: the real patches above, the digital shale "
    "below.",
    alt="Four rows of grey images: real FIB-SEM, real TXM, phantom FIB-SEM, phantom TXM.",
)

# %% [markdown]
# ## Measured
#
# Each line is measured by one function on both sides. "Met" says whether the difference stays within
# the target set beforehand; a line without a target is for information. Each crop of the digital
# shale is taken as deep below the plug's outline as its real twin, because brightness and noise of
# the TXM depend on it. A plug too narrow for that (`smoke`) cannot meet all targets.

# %% tags=["hide-input"]
table = calibration.calibration_table(phantom, real)
show_table(
    table,
    name="calibration",
    caption="The digital shale against the real patches. Low density is here what lies below grey 60 "
    "in the lightly smoothed FIB-SEM image, for this comparison only.",
    csv=run.write_table("calibration.csv", table),
    formats=dict.fromkeys(("real", "phantom", "difference", "target"), ".3f"),
)

# %%
# NBVAL_CHECK_OUTPUT
print(table.set_index("quantity")["real"].head(3).round(2).to_string())

# %% tags=["hide-input"]
show_figure(
    calibration.calibration_figure(phantom, real),
    name="calibration-plots",
    caption="Grey-level histograms, radially averaged power spectra, and chord lengths and two-point "
    "correlation of the low-density phase.",
    alt="Six line plots comparing real patches and digital shale.",
    invert=True,
)

# %% [markdown]
# ## The truth in three dimensions
#
# What the real rock does not give: the FIB-SEM volume and the phases behind it.

# %% tags=["hide-input"]
first, last = data.volumes.test_z
show_figure(
    data_figures.cuts(
        {
            "TXM": data.volumes.txm[first:last],
            "FIB-SEM (truth)": data.volumes.sem[first:last],
            "phases (truth)": 50 * data.volumes.labels[first:last],
        },
        row=data.volumes.txm.shape[1] // 2,
    ),
    name="cuts",
    caption="The test block of the digital shale: one x-y slice and one x-z cut of the TXM volume, the "
    "true FIB-SEM volume and its phases.",
    alt="Grey images of two cuts through three volumes.",
)

# %% tags=["hide-input"]
record = run.write_json(
    "calibration.json",
    {"table": table.astype(object).where(table.notna(), None).to_dict("records")},
)
provenance.show(run.provenance)
