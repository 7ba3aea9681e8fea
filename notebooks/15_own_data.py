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
# **The paper** goes from a TXM volume to a permeability: translate, segment, compute the flow. **Here**
# the same on a TIFF of your own, with a generator that somebody else has trained.
#
# Name your file in the parameter `txm`. Without one, the TXM of a test volume of the digital shale
# stands in, so that this page can be executed by anyone.
#
# | Parameter | Meaning | Unit | Default |
# | --- | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | | `laptop` |
# | `txm` | a grey TIFF of 8 bits, its slices along z | | the stand-in |
# | `generator` | a trained generator, `*.safetensors` | | a shipped one |
# | `voxel_size` | edge of a voxel | m | 33.6e-9 |
# | `seed` | seed of the run | | 0 |
# | `results` | folder for results | | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
txm = ""
generator = ""
voxel_size = 33.6e-9
seed = 0
results = ""

# %% tags=["hide-input"]
import pandas as pd

from companion.own_data import choose_generator, shipped_generators, stand_in
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_notice, show_plotly, show_slices, show_table
from companion.views import cut_planes, plane_sliders, pore_surface, view
from shalelib.data.stacks import read_stack, write_stack
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import connected_threshold, domain_from_grey
from shalelib.models.inference import load_generator, translate

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
generator_file = choose_generator(generator, results=run.folder.parents[2], profile=profile)
txm_file = txm or stand_in(run.folder / "own" / "txm.tif", profile=profile)
shipped = shipped_generators()

# %% [markdown]
# ## The five lines

# %%
volume = read_stack(txm_file)
sem_pred = translate(load_generator(generator_file), volume)
threshold = connected_threshold(sem_pred)
domain = domain_from_grey(sem_pred, threshold=threshold)
flow = permeability(domain, voxel_size=voxel_size)

# %% tags=["checked"]
print("TXM", volume.shape, volume.dtype)

# %% tags=["checked"]
print("predicted FIB-SEM", sem_pred.shape, sem_pred.dtype)
print("a permeability was found:", flow.permeability > 0)

# %% [markdown]
# The threshold is the paper's: the smallest grey level at which nine tenths of the voxels below it are
# connected from the first slice to the last. To keep the volume, and for anything that reads VTK:

# %%
from shalelib.flow.vtk import write_vtk

write_stack(run.folder / "own" / "sem_pred.tif", sem_pred, voxel_size=voxel_size)
write_vtk(run.folder / "own" / "flow.vti", flow)

# %% tags=["hide-input"]
found = pd.DataFrame(
    [
        ("Permeability [nd]", flow.permeability_nd),
        ("Knudsen number, mean", flow.kn_mean),
        ("Porosity", domain.porosity),
        ("Connected porosity", domain.porosity_connected),
        ("Grey threshold", float(threshold)),
    ],
    columns=["Quantity", "Value"],
)
show_table(
    found,
    name="own-flow",
    caption=f"What the five lines found in {'your volume' if txm else 'the stand-in'} "
    f"({' × '.join(map(str, volume.shape))} voxels, profile {profile}); methane at 370 K and 0.8 MPa.",
    csv=run.write_table("own_flow.csv", found),
)

# %% tags=["hide-input"]
show_slices(
    {
        "TXM": volume[:: max(1, len(volume) // 16)],
        "Predicted": sem_pred[:: max(1, len(volume) // 16)],
    },
    name="own-slices",
    caption="Slices of the TXM and their translations.",
    alt="TXM slices beside predicted FIB-SEM slices; a slider moves through them.",
)

# %% tags=["hide-input"]
surface, block = pore_surface(domain.pore, voxel_size=voxel_size)
planes = cut_planes(sem_pred, voxel_size=voxel_size)
show_plotly(
    view([surface, *planes], shape=domain.pore.shape, voxel_size=voxel_size),
    name="own-volume",
    caption="The connected pore space and cuts through the predicted volume. For the surface blocks of "
    f"{block} × {block} × {block} voxels were merged.",
    alt="The connected pore space of the predicted volume in a box, with three cut planes.",
    controls=plane_sliders([sem_pred], [1], voxel_size=voxel_size),
)

# %% [markdown]
# Without FIB-SEM images of your rock nobody can say how far such a number is off. How far it is off on
# the digital shale, where the truth is known, is on the pages [Flow](09_flow) and
# [Against the truth](13_truth).
#
# ## The generators that are shipped

# %% tags=["hide-input"]
if len(shipped):
    show_table(
        shipped,
        name="shipped-generators",
        caption="Trained generators in this repository, with weights in half precision.",
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

# %% tags=["hide-input"]
record = run.write_json(
    "own_data.json",
    {
        "permeability_nd": flow.permeability_nd,
        "kn": flow.kn_mean,
        "porosity": domain.porosity,
        "porosity_connected": domain.porosity_connected,
        "threshold": threshold,
    },
)
provenance.show(run.provenance)
