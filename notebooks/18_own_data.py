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
# # Five lines for your own TXM
#
# **The paper** goes from a TXM volume to a permeability: translate, segment, compute the flow. **Here** you
# do the same with a TIFF of your own and a generator that somebody else has trained.
#
# Name your file in the parameter `txm`, or name a folder of registered slices in `pairs`, on which a
# generator is then trained first. Without either, the TXM of a test volume of the digital shale stands in,
# so that anyone can execute this page.
#
# | Parameter | Meaning | Unit | Default |
# | --- | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | | `laptop` |
# | `txm` | a grey volume: a TIFF, a folder of slices, OME-Zarr, `.npy` or a raw file | | the volume of the pairs, or the stand-in |
# | `pairs` | a folder of registered slices to train on, as on the page *Your own images* | | none |
# | `rock` | a mask of the same size, non-zero in the rock | | all of it, or found where a plug has black or dark grey round it |
# | `generator` | a trained generator, `*.safetensors`, or the name of one that comes with shalelib | | the one trained on the pairs, or a shipped one |
# | `classifier` | a pixel classifier, `*.npz`, that finds the pores in place of a threshold | | none |
# | `voxel_size` | edge of a voxel | m | 0: what the file says |
# | `slice_distance` | the same along z, where it differs; the volume is then resampled to cubes | m | 0: as `voxel_size` |
# | `clip` | for 16 bits and floats: share of the darkest and of the lightest voxels that become 0 and 255 | % | 0: 8 bits |
# | `window` | instead of `clip`, the two values that become black and white, such as `0,65535` | | none |
# | `channel`, `image` | for a file with several: a number from 0, or the name of the channel | | the only one |
# | `axes` | what the axes of a TIFF are, where the file has them wrong, such as `ZYX` | | what the file says |
# | `level` | for an OME-Zarr volume: the resolution | | the full one |
# | `shape`, `dtype` | for a raw file: voxels, slices first, such as `12,648,648`, and their type, such as `uint16` | | none |
# | `byte_order`, `offset` | for a raw file: `little` or `big`, and bytes before the first voxel | | `little`, 0 |
# | `seed` | seed of the run | | 0 |
# | `results` | folder for results | | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
txm = ""
pairs = ""
rock = ""
generator = ""
classifier = ""
voxel_size = 0.0
slice_distance = 0.0
clip = 0.0
window = ""
channel = ""
image = ""
axes = ""
level = ""
shape = ""
dtype = ""
byte_order = ""
offset = 0
seed = 0
results = ""

# %% tags=["hide-input"]
import pandas as pd

from companion.datasets import load_cubes
from companion.own_data import (
    beside_truth,
    findings,
    format_own_table,
    own_case,
    own_spread,
    own_table,
    shipped_generators,
    true_case,
)
from companion.own_inputs import (
    choose_generator,
    own_run,
    stand_in,
    told_sources,
    train_on_pairs,
    volume_of_pairs,
)
from companion.own_reader import brought_to_cubes, reader_options, told_in_parameters
from companion.results import kept_table
from companion.run import check_parameters, results_folder
from companion.site import provenance
from companion.site.display import (
    show_notice,
    show_plotly,
    show_sentences,
    show_slices,
    show_table,
)
from companion.views import cut_planes, plane_sliders, pore_surface, view
from shalelib import data, flow, models, segmentation
from shalelib.phantom.volume import flow_domain

options = reader_options(
    voxel_size=voxel_size,
    slice_distance=slice_distance,
    clip=clip,
    window=window,
    channel=channel,
    image=image,
    axes=axes,
    level=level,
    shape=shape,
    dtype=dtype,
    byte_order=byte_order,
    offset=offset,
)
place = {"profile": profile, "seed": seed, "results": results}
check_parameters(**place)
if txm or pairs:
    txm_file = txm or volume_of_pairs(pairs)
else:
    txm_file = stand_in(given={"rock": rock, **options}, **place)

# %% [markdown]
# ## From the file to a permeability

# %%
with told_in_parameters():
    read = data.read_volume(txm_file, mask=rock or None, **options)
volume = brought_to_cubes(read)
edge = volume.edge
inside = data.rock_mask(volume.pixels) if volume.inside is None else volume.inside

# %% tags=["hide-input"]
known = segmentation.load_classifier(classifier) if classifier else None
if pairs and not generator:
    generator_file = train_on_pairs(pairs, pixel_size=voxel_size, **place)
else:
    generator_file = choose_generator(generator, results=results_folder(results), profile=profile)
network = models.load_generator(generator_file)
named = {"txm": txm_file if txm or pairs else "", "pairs": pairs}
named |= {"rock": rock, "classifier": classifier}
sources = told_sources(network, generator_file, named)
chosen = bool(generator or classifier)
run = own_run(txm or pairs, read, sources, chosen=chosen, **place)
own = run.folder / "own"

# %%
sem_pred = models.translate_volume(network, volume.pixels, own / "sem_pred.npy", rock=inside)
threshold = flow.connected_threshold(sem_pred, rock=inside)
pore = sem_pred <= threshold
if known is not None:
    phases = segmentation.classify(known, sem_pred, inside=inside)
    pore = phases == segmentation.Phase.LOW
domain = flow.domain_from_mask(pore, rock=inside)
found = flow.permeability(domain, voxel_size=edge)

# %% [markdown]
# The threshold is our reading of the paper's: the smallest grey level at which nine tenths of the voxels
# no lighter than it are connected from the first slice to the last. If there is a classifier, its low density takes the
# place of the threshold. To keep the volume, and to write the flow for any program that reads VTK:

# %%
data.write_stack(own / "sem_pred.tif", sem_pred, voxel_size=edge)
flow.write_vtk(own / "flow.vti", found)

# %% tags=["hide-input"]
summary = own_table(found, domain, threshold=threshold, rock=inside, volume=read)
show_table(
    format_own_table(summary),
    name="own-flow",
    caption=f"What was found in {'your volume' if txm or pairs else 'the stand-in'} "
    f"({' × '.join(map(str, volume.pixels.shape))} voxels of {edge * 1e9:.3g} nm, profile {profile}); "
    f"pores by {'the classifier' if classifier else 'a threshold'}, "
    "methane at 370 K and 0.8 MPa.",
    csv=run.write_table("own_flow.csv", summary),
)

# %% [markdown]
# ## How far to trust it
#
# A threshold one grey level away, or another piece of the same rock, may give a different number. So the
# threshold is moved by up to five grey levels, and each of the eight octants of the volume is computed on
# its own.

# %% tags=["hide-input"]
whole = own_case(found, domain, threshold=threshold, classified=bool(classifier))
others = kept_table(
    run,
    "own/spread",
    own_spread,
    sem_pred,
    threshold=threshold,
    rock=inside,
    voxel_size=edge,
    classified=pore if classifier else None,
)
spread = pd.concat([whole, others], ignore_index=True)
show_table(
    spread,
    name="own-spread",
    caption="The permeability at neighbouring thresholds and in the octants of the volume. A dash: nothing "
    "connects the faces there, or the flow did not settle.",
    csv=run.write_table("own_spread.csv", spread),
    formats={"Porosity": ".3f", "Permeability [nd]": ".3g", "Minimum cut [voxel]": ".0f"},
)

# %% tags=["hide-input", "lead"]
show_slices(
    {
        "TXM": volume.pixels[:: max(1, len(sem_pred) // 16)],
        "Predicted": sem_pred[:: max(1, len(sem_pred) // 16)],
    },
    name="own-slices",
    caption="Slices of the TXM and their translations.",
    alt="TXM slices beside predicted FIB-SEM slices; a slider moves through them.",
)

# %% tags=["hide-input"]
surface, block = pore_surface(domain.pore, voxel_size=edge)
planes = cut_planes(sem_pred, voxel_size=edge)
show_plotly(
    view([surface, *planes], shape=domain.pore.shape, voxel_size=edge),
    name="own-volume",
    caption="The connected pore space and cuts through the predicted volume. For the surface, blocks of "
    f"{block} × {block} × {block} voxels were merged.",
    alt="The connected pore space of the predicted volume in a box, with three cut planes.",
    controls=plane_sliders([sem_pred], [1], voxel_size=edge),
)

# %% [markdown]
# Without FIB-SEM images of your rock, nobody can say how far off such a number is. The truth behind the
# stand-in is known, and where it is taken the top of this page says it; the pages [Flow](09_flow) and
# [Against the truth](13_truth) have more. The generator that is taken where none is named was chosen because it
# draws grains, not because it was shown to find pores: which networks were is on the page
# [Claim by claim](16_claims). A permeability near the true one does not show that the pores are where they should
# be.
#
# ## The generators that are shipped

# %% tags=["hide-input"]
shipped = shipped_generators()
if len(shipped):
    show_table(
        shipped,
        name="shipped-generators",
        caption="Trained generators in this repository, with weights in half precision.",
        wide="With the path of each file, the table scrolls sideways.",
        csv=run.write_table("shipped_generators.csv", shipped),
        formats={"Size [MB]": ".2f"},
    )
else:
    show_notice(
        "This checkout ships no generators; the one used here was trained by this run.",
        name="shipped-generators",
        caption="Trained generators in this repository.",
        kind="table",
    )

# %% [markdown]
# ## What it means, and what is open
#
# The number is that of one threshold, one volume and one network. A spread of decades in the table above
# means that the volume cannot give the answer, whatever the network.
#
# Open: whether a network trained on one rock is of use on another. Pairs of your own are the only test.

# %% tags=["hide-input", "summary"]
told = findings(
    found,
    domain,
    spread,
    rule="the classifier" if classifier else f"a threshold at grey level {threshold}",
    volume="your volume" if txm or pairs else "the stand-in, a test volume of the digital shale,",
)
if not (txm or pairs):
    true = flow_domain(load_cubes(profile).labels[0])
    case = kept_table(run, "own/truth", true_case, true, voxel_size=edge)
    told.insert(1, beside_truth(pore & inside, true, case))
show_sentences(told)

# %% tags=["hide-cell"]
record = run.write_json(
    "own_data.json",
    {
        "findings": told,
        "volume": "your own" if txm or pairs else "the stand-in",
        "sources": sources,
        "given": {name: str(value) for name, value in options.items()},
        "weights": sources["generator"]["weights"],
        "voxel_size": edge,
        "permeability_nd": found.permeability_nd,
        "kn": found.kn_mean,
        "porosity": domain.porosity,
        "porosity_connected": domain.porosity_connected,
        "threshold": threshold,
        "spread": spread.astype(object).where(spread.notna(), None).to_dict("records"),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print("TXM", volume.pixels.shape, volume.pixels.dtype, "voxels of", f"{edge * 1e9:.3g}", "nm")
print("predicted FIB-SEM", sem_pred.shape, sem_pred.dtype)
print("a permeability was found:", found.permeability > 0)
