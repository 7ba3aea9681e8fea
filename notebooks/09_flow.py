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
# # Flow
#
# **The paper** thresholds a translated volume so that the low-density voxels form a connected set
# from inlet to outlet, and computes the flow of methane through it by a lattice Boltzmann method:
# Knudsen number, permeability and porosity of SRGAN 4x without and with the regulariser (Table 3),
# and the pressure and streamlines (Figure 6).
#
# **Here** the same is done on the digital shale, in its central test volume and for {numref}`table-3` in all
# of them, with the solver of
# [Flow: the method](../flow), which [a page of its own](10_validation) validates. The true pore space
# is known, so that the error of each permeability can be told. Nothing on this page is of the real
# rock.
#
# | Parameter | Meaning | Default |
# | --- | --- | --- |
# | `profile` | sizes: `smoke`, `laptop`, `gpu` or `paper` | `laptop` |
# | `seed` | seed of the trained models | 0 |
# | `results` | folder for results | `results` in the checkout |

# %% tags=["parameters", "hide-input"]
profile = "laptop"
seed = 0
results = ""

# %% tags=["hide-input"]
from companion import cubes as cube_drawing
from companion import flow_figures, flow_studies, flow_tables
from companion.datasets import load_cubes
from companion.flow_cases import read_field, solve_cases
from companion.intervals import interval_view
from companion.run import open_run
from companion.site import provenance
from companion.site.display import show_figure, show_plotly, show_table
from shalelib.flow.gas import METHANE

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
sizes = run.profile.flow
cubes = load_cubes(profile)
voxel_size = cubes.voxel_size
volumes = flow_studies.flow_volumes(run.folder, sizes)
pores = flow_studies.true_pores(cubes, sizes)
labels = flow_studies.row_labels(volumes)

# %% tags=["checked"]
print(f"{pores.shape} voxels of {voxel_size * 1e9:.1f} nm, {pores.mean():.1%} true pores")
print(f"mean free path {METHANE.mean_free_path * 1e9:.1f} nm")

# %% [markdown]
# ## From grey levels to a pore space
#
# The paper's rule leaves the threshold open. Its pore spaces are nine tenths connected (17.4 of
# 18.9 % and 18.7 of 20.7 %), so ours is the smallest threshold at which 90 % of the pore voxels
# percolate; beside it stand first percolation and one threshold common to all. The true pore space
# is not thresholded: it is the darkest phase and the darker-than-matrix phase around it.

# %%
rules = flow_studies.threshold_rules(volumes)
cases = flow_studies.table_cases(volumes, rules, pores, voxel_size=voxel_size)
records = solve_cases(cases, run)
solved = {case.name: case for case in cases}

# %% tags=["checked"]
print(len(records), "flows")
print(f"true domain: {records['truth']['porosity_connected']:.3f} connected")

# %% [markdown]
# ## Figure 5

# %% tags=["hide-input"]
papers = [volume for volume in volumes if volume.name in flow_studies.PAPER_MODELS]
own = rules["own"].to_dict()
txm = flow_studies.central_piece(cubes.txm[0], sizes.cube_edge)
show_figure(
    cube_drawing.volume_grid(
        flow_figures.domain_steps(txm, papers, own), columns=4, voxel_size=voxel_size
    ),
    name="figure-5",
    caption="From the TXM volume to the domain of flow: TXM, translated by SRGAN 4x (Vanilla), "
    "thresholded (pores dark), and the pores that connect inlet and outlet; without (top) and with "
    f"the regulariser (bottom). Digital shale, profile {profile}; the gas flows along z, upwards.",
    alt="Two rows of four cubes with a corner cut out: TXM, translation, pores, connected pores.",
)

# %% tags=["hide-input"]
masks = {"truth": pores} | {v.label: v.grey <= own[v.name] for v in (*papers, volumes[-1])}
show_figure(
    flow_figures.removed_pores(masks, voxel_size=voxel_size),
    name="removed-pores",
    caption="The middle x-z plane of the true pore space, of the paper's two models and of the true "
    "FIB-SEM volume under the same rule. Blue: connects inlet and outlet; orange: removed.",
    alt="Four x-z planes with the connected pores in blue and isolated ones in orange.",
)

# %% [markdown]
# ## Table 3
#
# The paper has one volume. Here each number is the mean over the test volumes, each at its own threshold,
# and its interval says how much other volumes of the same rock would change it; a second training might
# change it too. A dash is a row that the paper does not have. The paper prints its permeabilities in
# darcy, 1 d = 10⁹ nd. "True FIB-SEM, thresholded" is the true image
# under the same rule as the models': what a perfect translation would get.

# %%
elsewhere = flow_studies.volume_cases(run.folder, cubes, sizes)
others = solve_cases([case for row in elsewhere.values() for case in row], run)
by_volume = flow_tables.volume_numbers(
    labels,
    {name: [records[name], *(others[case.name] for case in elsewhere[name])] for name in labels},
)

# %% tags=["checked"]
print(len(by_volume), "rows in", len(cubes.sem), "test volumes")

# %% tags=["hide-input"]
table = flow_tables.table_3(by_volume, resamples=run.profile.evaluation.resamples)
show_table(
    flow_tables.format_table_3(table),
    name="table-3",
    caption="Knudsen number (volume mean), apparent permeability, porosity and connected porosity "
    f"beside the paper's Table 3: means over {len(cubes.sem)} test volumes of the digital shale, 95 % "
    f"bootstrap intervals over them (profile {profile}, one seed).",
    csv=run.write_table("table3.csv", table),
)
hover, choices = interval_view(table, group="quantity")
show_plotly(
    hover,
    controls=choices,
    name="table-3-to-hover",
    caption="The same numbers, one quantity at a time: choose it, and point at a row for its interval.",
    alt="Points with intervals, one row a domain; the quantity is chosen above.",
)

# %% [markdown]
# How much hangs on the volume: with a threshold chosen so that the pores just connect, the gas goes through
# few narrow places, and whether a volume has a wider one is a matter of luck.

# %% tags=["hide-input"]
apart = flow_tables.volume_table(by_volume)
show_table(
    apart,
    name="volumes-apart",
    caption="Apparent permeability [nd] in each test volume. A dash: the pores do not connect.",
    csv=run.write_table("table3_volumes.csv", apart),
    formats=dict.fromkeys(apart.columns[1:], ".0f"),
)

# %% [markdown]
# ## Figure 6

# %% tags=["hide-input"]
names = ("truth", *flow_studies.SHOWN)
flows = {labels[name]: read_field(solved[name], run) for name in names if "files" in records[name]}
static = flow_figures.pressure_and_lines(flows)
show_figure(
    static,
    name="figure-6",
    caption="Pressure in the middle x-z plane (top) and streamlines seen along y (bottom), each of "
    "which stands for the same share of the flow: the true pore space, SRGAN 4x (Vanilla), and "
    "regularised and median-filtered.",
    alt="Three columns: pressure falls from bottom to top through the pores; streamlines below.",
)

# %% tags=["hide-input"]
turning, controls, block = flow_figures.interactive_flow(flows)
show_plotly(
    turning,
    controls=controls,
    name="flow-to-turn",
    caption="The connected pores and streamlines, coloured by speed, one domain at a time. Surfaces "
    f"are drawn from blocks of up to {block} voxels along an edge.",
    alt="A transparent pore surface with coloured streamlines inside, to turn.",
)

# %% [markdown]
# ## The error of the permeability
#
# With slip, and without it on the same pores; from here on in the central volume.

# %% tags=["hide-input"]
errors = flow_tables.error_table(labels, records)
show_table(
    errors,
    name="permeability-errors",
    caption="Permeability with and without slip, its ratio to that of the true pore space, and to "
    "that of the true FIB-SEM volume under the same rule.",
    csv=run.write_table("permeability_errors.csv", errors),
    formats=dict.fromkeys(errors.columns[1:], ".3g"),
)
show_figure(
    flow_figures.error_plot(errors),
    name="permeability-plot",
    caption="Permeability of every domain, with slip and without; the dotted lines are the truth.",
    alt="Points on a logarithmic axis, one row a domain.",
    invert=True,
)

# %% [markdown]
# ## What it hangs on: the threshold

# %% tags=["hide-input"]
by_rule = flow_tables.threshold_table(labels, rules, records)
show_table(
    by_rule,
    name="threshold-rules",
    caption="Threshold and connected porosity by the three rules, with the permeability of the "
    "paper's two models and of the true FIB-SEM. A dash was not solved.",
    csv=run.write_table("threshold_rules.csv", rules.reset_index()),
)

# %%
sweep = flow_studies.sweep_cases(volumes, rules, sizes, voxel_size=voxel_size)
split = flow_studies.refinement_cases(pores, sizes, voxel_size=voxel_size)
cut = flow_studies.subvolume_cases(pores, sizes, voxel_size=voxel_size)
more = solve_cases([*sweep.values(), *split.values(), *cut.values()], run)

# %% tags=["hide-input"]
against = flow_tables.sweep_table(labels, {k: case.name for k, case in sweep.items()}, more)
run.write_table("threshold_sweep.csv", against)
show_figure(
    flow_figures.threshold_plot(against, {labels[name]: value for name, value in own.items()}),
    name="threshold-sweep",
    caption=f"Permeability and connected porosity against the threshold, in the central "
    f"{sizes.sweep_edge}³ voxels of the paper's two models and of the true FIB-SEM volume.",
    alt="Two panels of rising curves, one a volume.",
    invert=True,
)

# %% [markdown]
# ## What it hangs on: voxel and volume
#
# In channels a few voxels wide a voxel is a coarse brush: splitting each voxel changes no pore, only
# how well the flow in it is resolved. And a piece of rock is representative only if pieces agree.

# %% tags=["hide-input"]
refined = flow_tables.refinement_table({k: case.name for k, case in split.items()}, more)
pieces = flow_tables.piece_table({k: case.name for k, case in cut.items()}, more)
whole = records["truth"]["permeability_nd"] or float("nan")
run.write_table("pieces.csv", pieces)
show_figure(
    flow_figures.size_plot(pieces, (sizes.cube_edge, whole), refined),
    name="size-sweep",
    caption="The true pore space. Left: permeability of the pieces that percolate, against their "
    "size. Right: of its central piece, each voxel split into parts.",
    alt="Left: scattered points that draw together as pieces grow. Right: a falling line.",
    invert=True,
)
show_table(
    refined,
    name="refinement",
    caption=f"The central {sizes.sweep_edge}³ voxels of the true pore space, each voxel split.",
    csv=run.write_table("refinement.csv", refined),
)
show_table(
    flow_tables.piece_summary(pieces, whole),
    name="representative",
    caption="Permeability of the pieces of the true pore space, against the whole; one that does not "
    "percolate counts as 0.",
    csv=run.write_table("representative.csv", flow_tables.piece_summary(pieces, whole)),
)

# %% [markdown]
# ## What it hangs on: the direction

# %% tags=["hide-input"]
axes = flow_tables.axes_table(labels, records)
show_table(
    axes,
    name="directions",
    caption="Permeability along the three axes. A translation slice by slice may join or break "
    "pores along z other than within a slice. A dash: no pores connect these two faces.",
    csv=run.write_table("directions.csv", axes),
    formats=dict.fromkeys(axes.columns[1:], ".3g"),
)

# %% [markdown]
# ## What it hangs on: the gas
#
# The paper states a kinematic viscosity of 1e-4 cm²/s. Methane at 370 K and 0.8 MPa has about
# 3.2e-2 cm²/s. With the stated value the gas would not slip at all, and the Knudsen numbers would
# be hundreds of times smaller than those the paper reports.

# %% tags=["hide-input"]
gases = flow_tables.gas_table(records)
show_table(
    gases,
    name="gas-readings",
    caption="The two readings of the gas, in the true pore space.",
    csv=run.write_table("gas.csv", gases),
)

# %% [markdown]
# ## Do width, porosity and permeability go together?
#
# A Knudsen number gives the width of the pores, H = λ / Kn. Straight slits of that width along the
# flow would have k = φ H² / 12; tortuosity and throats lower it in a rock, a spread of widths raises it.

# %% tags=["hide-input"]
estimate = flow_tables.estimate_table(labels, records)
show_table(
    estimate,
    name="slit-estimate",
    caption="Permeability without slip, beside that of straight slits of the same Knudsen number and "
    "connected porosity; the paper's rows from its Table 3.",
    csv=run.write_table("slit_estimate.csv", estimate),
    formats={"k [nd]": ".3g", "k of slits [nd]": ".3g", "slits ÷ k": ".3g"},
)

# %% tags=["hide-input"]
record = run.write_json(
    "flow.json",
    {
        "table": flow_tables.evidence_rows(labels, records),
        "volumes": by_volume,
        "thresholds": {rule: rules[rule].to_dict() for rule in flow_studies.RULES},
        "directions": axes.astype(object).where(axes.notna(), None).to_dict("records"),
        "voxel_size": voxel_size,
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(f"{records['truth']['permeability_nd']:.4g} nd through the true pores of the central volume")
print(f"{records['truth']['kn_mean']:.3f} Knudsen number")
