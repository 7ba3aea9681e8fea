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
# **The paper** thresholds a translated volume so that the low-density voxels form a connected set, and
# computes the flow of methane through it by a {term}`lattice Boltzmann method`. It reports
# {term}`Knudsen number`, {term}`permeability` and porosity for SRGAN 4x without and with the regulariser
# (Table 3), and shows the pressure and streamlines (Figure 6).
#
# **Here** one volume goes through every step, with the error that its voxels leave in the permeability; then
# Table 3 is made for the digital shale by *both* readings of the paper's rule for the threshold. The true
# pore space is known, so the error of each permeability can be stated. Why the paper's numbers are so small
# has [a page of its own](10_threshold), as do the [method](../flow) and its [validation](11_validation).
# Nothing on this page concerns the real rock.

# %% tags=["parameters", "hide-input"]
profile = "laptop"  # sizes: smoke, laptop, gpu or paper
seed = 0  # of the trained models
results = ""  # folder for results; results in the checkout if empty

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from companion import cubes as cube_drawing
from companion import flow_volumes as domains
from companion.datasets import load_cubes
from companion.flow_cases import read_scene, solve_cases, solve_limits, solve_ratios
from companion.intervals import interval_view
from companion.pages import flow as page
from companion.pages import flow_domains, flow_findings
from companion.pages import flow_figures as figures
from companion.pages.flow_scene import pressure_and_streamlines
from companion.pages.workflow_figure import figure_1
from companion.run import open_run
from companion.site import provenance
from companion.site.display import (
    show_figure,
    show_plotly,
    show_sentences,
    show_table,
)
from companion.site.recorded import record_figure
from companion.style import number
from shalelib import flow
from shalelib.flow.microporous import SOLID, VOID, phase_permeability
from shalelib.flow.resolution import ORDER
from shalelib.phantom.fabric_config import HIGH, LOW, MEDIUM, SOFT

run = open_run(profile=profile, dataset="phantom", seed=seed, results=results)
sizes = run.profile.flow
cubes = load_cubes(profile)
voxel_size = cubes.voxel_size
volumes = domains.flow_volumes(run, cubes)
pores = domains.true_pores(cubes, sizes)

# %% [markdown]
# ## One volume, step by step
#
# Take a piece from the middle of the volume that SRGAN 4x (Vanilla) translated. What is darker than a
# **threshold** is pore. The paper chooses a value “such that the produced lower-density regions form a
# connected set of voxels”. These words fit *first percolation*, the smallest grey level at which anything
# joins inlet and outlet; but the paper's pore spaces are nine tenths connected (17.4 of 18.9% and 18.7 of
# 20.7%), so another reading, ours, is the smallest level at which nine tenths of the pores percolate.

# %%
piece = flow.central_piece(volumes[0].grey, sizes.sweep_edge)
first, own = flow.first_percolation(piece), flow.connected_threshold(piece)
domain = flow.domain_from_grey(piece, threshold=own)
print(f"first percolation at grey level {first}, 90% connected at {own}")
print(f"{domain.porosity:.3f} pores, {domain.porosity_connected:.3f} connected")

# %% [markdown]
# Next come the width of the pores around each voxel and, with the gas's mean free path, the **local Knudsen
# number**: where it is large, the gas slips along the walls.

# %%
width = flow.local_thickness(domain.pore)
kn = flow.local_knudsen(width, voxel_size=voxel_size, mean_free_path=flow.METHANE.mean_free_path)
print(
    f"mean free path {flow.METHANE.mean_free_path * 1e9:.1f} nm, mean Kn {kn[domain.pore].mean():.3f}"
)

# %% tags=["hide-input"]
show_figure(
    figures.knudsen_map(piece <= own, kn, voxel_size=voxel_size),
    name="one-domain",
    caption=f"The middle x-z plane of a piece of {piece.shape[0]}³ voxels, SRGAN 4x (Vanilla): what the "
    "threshold keeps, and the local Knudsen number of its connected part.",
    alt="Left: connected pores in blue, removed ones in orange. Right: the connected ones by Kn.",
)

# %% [markdown]
# The **permeability** is computed with slip at the walls and the gas driven along z.

# %%
solved = flow.permeability(domain, voxel_size=voxel_size)
print(solved)

# %% [markdown]
# ## The error of the voxels
#
# In channels a few voxels wide the flow is poorly resolved. Splitting each voxel into parts changes no pore,
# only how well the flow in it is resolved; the error that remains falls more slowly than with the square of
# the size of a part, since the flow is singular at the edges of a staircase. Two solutions, with whole and
# with halved voxels, therefore give the limit of a fine grid.

# %%
narrow = domains.percolating_piece(domain.pore, sizes.refined_edge)
fine = flow.extrapolated_permeability(narrow, voxel_size=voxel_size)
low, high = (number(value / flow.NANODARCY, ".3g") for value in (fine.low, fine.high))
print(f"{number(fine.permeability_nd, '.3g')} nd, {low} to {high}, on a fine grid;")
coarse, halved = (number(one.permeability_nd, ".3g") for one in (fine.coarse, fine.fine))
print(f"{coarse} nd with whole voxels, {halved} nd with halved ones")

# %%
split = domains.split_cases(
    {
        "Truth": domains.percolating_piece(pores, sizes.refined_edge),
        "SRGAN 4x (Vanilla)": narrow,
        "sphere array": domains.sphere_cell(8),
    },
    sizes,
    voxel_size=voxel_size,
)
parts = solve_cases(list(split.values()), run)

# %% tags=["hide-input"]
refined = page.split_table({key: case.name for key, case in split.items()}, parts)
show_figure(
    figures.convergence_plot(refined),
    name="convergence",
    caption=f"Permeability without slip, relative to that of whole voxels, of a piece of {sizes.refined_edge}³ voxels of the true pore space, "
    "one of a model's, and a coarse cell of a simple-cubic array of spheres, with each voxel split "
    "into parts. Dashed: the limit that whole and halved voxels give, with an error that goes as the size to the "
    f"power of {number(ORDER, '.2g')}.",
    alt="Permeability against the size of a part: one line per domain, continued dashed to size zero.",
    invert=True,
)
show_table(
    refined.pivot_table(index="parts", columns="domain", values="k [voxel²]", sort=False),
    name="refinement",
    caption="The same in numbers [voxel² of the whole voxels].",
    csv=run.write_table("refinement.csv", refined),
)

# %% [markdown]
# ## All domains
#
# The true pore space is not thresholded: it is the darkest phase and the darker-than-matrix phase
# around it. "True FIB-SEM, thresholded" is the true image under the same rule as the models': what a
# perfect translation would get.

# %%
rules = flow.threshold_rules({volume.name: volume.grey for volume in volumes})
cases = domains.table_cases(volumes, rules, pores, voxel_size=voxel_size)
records = solve_cases(cases, run)

# %% tags=["hide-input"]
levels = page.threshold_table(rules)
show_table(
    page.format_threshold_table(levels),
    name="threshold-rules",
    caption="Threshold, porosity and connected porosity by both readings of the paper's rule, and by one "
    "threshold at which 90% are connected in all volumes at once.",
    csv=run.write_table("threshold_rules.csv", levels),
)

# %% tags=["hide-input"]
papers = [volume for volume in volumes if volume.name in domains.PAPER_MODELS]
chosen = {volume.name: rules[volume.name]["own"].level for volume in volumes}
txm = flow.central_piece(cubes.txm[0], sizes.cube_edge)
steps = figures.domain_steps(txm, papers, chosen)
show_figure(
    cube_drawing.volume_grid(steps, columns=4, voxel_size=voxel_size),
    name="figure-5",
    caption="From the TXM volume to the flow domain: TXM, translated by SRGAN 4x (Vanilla), "
    "thresholded (pores dark), and the pores that connect inlet and outlet; without (top) and with "
    f"the regulariser (bottom), 90% connected. Digital shale, profile {profile}; the gas flows along z, "
    "upwards.",
    alt="Two rows of four cubes with a corner cut out: TXM, translation, pores, connected pores.",
)

# %% tags=["hide-input"]
masks = {"Truth": pores} | {v.label: v.grey <= chosen[v.name] for v in (*papers, volumes[-1])}
show_figure(
    figures.removed_pores(masks, voxel_size=voxel_size),
    name="removed-pores",
    caption="The middle x-z plane of the true pore space, of the paper's two models and of the true "
    "FIB-SEM volume, 90% connected. Blue: connects inlet and outlet; orange: removed.",
    alt="Four x-z planes with the connected pores in blue and isolated ones in orange.",
)

# %% [markdown]
# How much of such a domain is pore space, and how much is **noise** that fell below the threshold? In the
# digital shale every voxel's phase is known.

# %% tags=["hide-input"]
made_of = {case.name: case.domain.pore for case in cases if case.name in page.ROWS[1:]}
shares = flow_domains.share_table(made_of, pores)
show_table(
    shares.drop(columns="key"),
    name="true-share",
    caption="The connected pores of thresholded volumes, the share of them that is pore in truth, and the "
    "share of pore among all voxels of the cube.",
    csv=run.write_table("true_share.csv", shares),
    formats=dict.fromkeys(["true", "by chance"], ".1%") | {"φ connected": ".3f"},
)

# %% [markdown]
# ## Table 3
#
# The table's cubes are too large for their voxels to be halved. The ratio by which a fine grid would change a
# cube's permeability is taken from smaller pieces of the domain in the central volume, for all volumes of a
# row, and the spread of the ratio from the differences between them. In a domain at first percolation few
# pieces percolate, if any; there the ratio is that of the volume's central piece at its own first
# percolation, and the spread is that between volumes; unless both readings give the same domain, which has
# one ratio.

# %%
elsewhere = domains.volume_cases(run, cubes)
others = solve_cases([case for row in elsewhere.values() for case in row], run)
whole = [case for case in cases if case.name in page.ROWS and domains.FIRST not in case.name]
ratios = solve_ratios(whole, run, edge=sizes.split_edge, count=sizes.split_pieces)
tabled = [volume for volume in volumes if volume.name in domains.THRESHOLDED]
starts = domains.first_cases(tabled, sizes, voxel_size=voxel_size)
ratios = page.fine_ratios(ratios, solve_limits(starts, run))
numbers = page.volume_numbers(
    {
        name: [records[name], *(others[case.name] for case in elsewhere.get(name, []))]
        for name in page.ROWS
    },
    ratios,
)

# %% tags=["hide-input"]
table = page.table_3(numbers, ratios, resamples=run.profile.evaluation.resamples)
show_table(
    page.format_table_3(table),
    name="table-3",
    caption="Knudsen number (volume mean), apparent permeability on the voxels as they are and on a fine "
    "grid, porosity and connected porosity, beside the paper's Table 3 (which prints darcy; 1 d = 10⁹ nd): "
    f"means over {len(cubes.sem)} test volumes of the digital shale with 95% bootstrap intervals over "
    "them (so few volumes make such intervals too narrow), on a fine grid also over the spread of the grids' "
    f"ratio, taken as common to the volumes of a row; without an interval, the central volume alone (profile {profile}, one seed). A volume or two with a large k decide a "
    "mean; geometric means, which they do not, are on the page Rock in three planes.",
    wide="With both grids and the paper's numbers side by side it scrolls sideways on a narrow screen.",
    csv=run.write_table("table3.csv", table),
)

# %% tags=["hide-input"]
hover, choices = interval_view(
    table.assign(row=table["model"] + ", " + table["reading"]),
    group="quantity",
    label="row",
    forms=page.FORMS,
)
show_plotly(
    hover,
    controls=choices,
    name="table-3-to-hover",
    caption="The same numbers, one quantity at a time: choose it, and point at a row for its interval.",
    alt="Points with intervals, one row per domain; the quantity is chosen above.",
)

# %% tags=["hide-input"]
resolved = page.ratio_table(ratios, records)
show_table(
    resolved,
    name="fine-grid",
    caption=f"The central volume's permeability on its own voxels and on a fine grid. The ratio is the mean "
    f"of {sizes.split_pieces} pieces of {sizes.split_edge}³ voxels, or that of the central piece of "
    f"{sizes.limit_edge}³.",
    csv=run.write_table("fine_grid.csv", resolved),
    formats=dict.fromkeys(["k on the voxels [nd]", "k on a fine grid [nd]"], ".3g")
    | dict.fromkeys(["ratio", "spread"], ".2f"),
)

# %% [markdown]
# How much depends on the volume? With a threshold chosen so that the pores just connect, the gas passes
# through only a few narrow places, and whether a volume has a wider one is a matter of luck.

# %% tags=["hide-input"]
apart = page.volume_table({name: numbers[name] for name in elsewhere})
show_table(
    apart,
    name="volumes-apart",
    caption="Apparent permeability on the voxels as they are [nd] in each test volume.",
    csv=run.write_table("table3_volumes.csv", apart),
    formats=dict.fromkeys(apart.columns[2:], ".3g"),
)

# %% [markdown]
# ## Figure 6
#
# The pressure and streamlines in domains that are nine tenths connected are drawn at the top of this page.
# Here they can be turned, one domain at a time.

# %% tags=["hide-input", "lead"]
by_case = {case.name: case for case in cases}
shown = [name for name in (*domains.SHOWN, "truth") if records[name]["files"]]
scenes = {domains.row_label(name): read_scene(by_case[name], run) for name in shown}
wide, narrow = pressure_and_streamlines(scenes)
show_figure(
    wide,
    narrow=narrow,
    name="figure-6",
    caption="Pressure on the surface of the connected pores, and streamlines, each of which stands for "
    "the same share of the flow: SRGAN 4x (Vanilla), regularised and median-filtered, and the "
    "3-D generator, all 90% connected, and the true pore space. Gas flows upwards; the edge of a box is "
    f"{sizes.cube_edge * voxel_size * 1e6:.1f} µm. Of a domain that "
    f"fills most of its box only the sides are visible. {flow_domains.empty_planes(scenes)}"
    f"{flow_domains.flat_surfaces(scenes)}",
    alt="A box for each domain: pressure falls from bottom to top over the pores; streamlines beside.",
)

# %% tags=["hide-input"]
turning, controls, block = figures.interactive_flow(scenes)
show_plotly(
    turning,
    controls=controls,
    name="flow-to-turn",
    caption="The connected pores and streamlines, coloured by speed, one domain at a time. Surfaces "
    f"are drawn from blocks of up to {block} voxels along an edge.",
    alt="A transparent pore surface with coloured streamlines inside, to turn.",
)

# %% [markdown]
# ## Is the volume large enough?
#
# A piece of rock is representative only if pieces agree.

# %%
cut = domains.piece_cases(pores, sizes, voxel_size=voxel_size)
side_by_side = solve_cases(list(cut.values()), run)

# %% tags=["hide-input"]
pieces = page.piece_table({key: case.name for key, case in cut.items()}, side_by_side)
true_k = records["truth"]["permeability_nd"] or np.nan
run.write_table("pieces.csv", pieces)
show_figure(
    figures.piece_plot(pieces, (sizes.cube_edge, true_k)),
    name="size-sweep",
    caption="Permeability of the pieces of the true pore space that percolate, against their size.",
    alt="Permeability against the edge of a piece, one point per piece.",
    invert=True,
)
agreement = page.piece_summary(pieces, true_k)
show_table(
    agreement,
    name="representative",
    caption="Permeability of the pieces of the true pore space, relative to the whole; a piece that does not "
    "percolate counts as 0.",
    csv=run.write_table("representative.csv", agreement),
    formats=dict.fromkeys(agreement.columns[-2:], ".2f"),
)

# %% [markdown]
# ## The gas
#
# The paper states a kinematic viscosity of 10⁻⁴ cm²/s. With the stated value the gas would hardly slip, and
# the Knudsen numbers would be hundreds of times smaller than those the paper reports.

# %% tags=["hide-input"]
gases = page.gas_table(records["truth"]["kn_mean"] or np.nan)
show_table(
    gases,
    name="gas-readings",
    caption="The two readings of the gas, in the true pore space.",
    csv=run.write_table("gas.csv", gases),
    formats=dict.fromkeys(gases.columns[1:], ".3g"),
)

# %% [markdown]
# A laboratory that cannot see the pores changes the pressure instead: the mean free path is proportional to
# $1/p$, and a straight line through k against $1/p$ leads to the permeability without slip (**Klinkenberg**).

# %%
true_piece = flow.central_piece(pores, sizes.sweep_edge)
pressures = [0.4e6, 0.8e6, 1.6e6, 3.2e6]
fit = flow.klinkenberg(true_piece, pressures, voxel_size=voxel_size)
print(f"without slip {number(fit.k_inf / flow.NANODARCY, '.3g')} nd, b {fit.b / 1e6:.2f} MPa")
print(f"at most {fit.residual:.1%} off the line")

# %% tags=["hide-input"]
show_figure(
    figures.klinkenberg_plot(fit),
    name="klinkenberg",
    caption=f"Apparent permeability of the central {sizes.sweep_edge}³ voxels of the true pore space "
    "against the inverse pressure of the gas.",
    alt="Permeability against inverse pressure: four points and a straight line.",
    invert=True,
)

# %% [markdown]
# ## What else the pores tell
#
# The **formation factor** is the electrical resistance of the pores over that of the box without solid;
# multiplied by the porosity it gives the **tortuosity** of diffusion, and with the porosity
# {term}`Archie's exponent`. Katz and Thompson estimate the permeability without slip from the formation factor
# and the **critical diameter**, that of the largest sphere that passes. Their divisor holds for widths that span
# decades; where all pores have one width it would be several times smaller.

# %%
formation = flow.formation_factor(true_piece)
tortuosity = flow.diffusive_tortuosity(true_piece)
exponent = flow.archie_exponent(formation, flow.connected_pores(true_piece).mean())
passing = flow.critical_diameter(true_piece)
estimated = flow.katz_thompson(passing * voxel_size, formation) / flow.NANODARCY
print(f"formation factor {formation:.1f}, tortuosity {tortuosity:.2f}, exponent {exponent:.2f}")
print(f"critical diameter {passing:.1f} voxels; Katz and Thompson {number(estimated, '.3g')} nd,")
print(f"solved without slip {number(fit.k_inf / flow.NANODARCY / estimated, '.2g')} times as much")

# %% [markdown]
# A medium that is more permeable in some directions than in others needs a permeability **tensor**. Slits halfway between
# z and y, one cell of them repeated, give numbers of equal size on and off the diagonal in z and y, and nothing across
# the slits.

# %%
z, y, _ = np.indices((8, 8, 2))
tilted = flow.permeability_tensor((z + y) % 8 < 4, voxel_size=voxel_size, slip=flow.NO_SLIP)
print((tilted.tensor / voxel_size**2).round(3), "voxel²")
print("principal values:", (tilted.principal / voxel_size**2).round(3))

# %% [markdown]
# The paper names a shortcoming of its flow model: "low-density regions are mixes of kerogen and pore space".
# A **micro-porous** voxel lets through what its own small pores allow. Here the darkest phase is open and
# the darker-than-matrix one around it, porous kerogen and clay, has a permeability of its own.

# %%
phases = flow.central_piece(cubes.labels[0], sizes.cube_edge)
labels = domains.percolating_piece(pores, sizes.refined_edge, of=phases)
rock = {0: SOLID, LOW: VOID, MEDIUM: SOLID, HIGH: SOLID}
own_nd = [1.0, 100.0, 10_000.0]
micro = pd.DataFrame(
    {
        "k of the kerogen [nd]": own_nd,
        "k of the rock [nd]": [
            flow.microporous_permeability(
                phase_permeability(labels, rock | {SOFT: k * flow.NANODARCY}),
                voxel_size=voxel_size,
            )
            / flow.NANODARCY
            for k in own_nd
        ],
    }
)

# %% tags=["hide-input"]
show_table(
    micro,
    name="micro-porous",
    caption=f"A piece of {sizes.refined_edge}³ voxels of the digital shale, without slip in the open "
    "pores: permeability of the rock against that of its darker-than-matrix phase.",
    csv=run.write_table("microporous.csv", micro),
    formats=dict.fromkeys(micro.columns, ".3g"),
)

# %% [markdown]
# ## What it means, and what is open

# %% tags=["hide-input", "summary"]
resamples = run.profile.evaluation.resamples
found = flow_findings.table_sentences(table, resolved, numbers, resamples=resamples)
found += flow_findings.domain_sentences(shares, numbers, agreement)
show_sentences(found)

# %% tags=["hide-input"]
show_sentences([flow_findings.factor_sentence(numbers)])

# %% [markdown]
# A number that something else moves more than the models do cannot tell the models apart. The ledger's
# verdicts on the paper's sentences about flow are on the page [Claim by claim](16_claims).
#
# Open: which threshold the paper used, and how much its own voxels add to its numbers.

# %% tags=["hide-cell"]
txm_cube, sem_cube = cubes.txm[0], cubes.sem[0]
quarter = len(txm_cube) // 4
wide, narrow = (
    figure_1(
        txm_cube,
        sem_cube[::quarter],
        [(txm_cube[k], sem_cube[k]) for k in (quarter, 3 * quarter)],
        volumes[0].grey,
        next(iter(scenes.values())),
        narrow=phone,
    )
    for phone in (False, True)
)
record_figure(
    run.folder / "figure1.html",
    wide,
    narrow=narrow,
    alt="Seven panels from the images of two microscopes to the flow of gas.",
)

# %% tags=["hide-cell"]
page.RESULT.write(
    run,
    {
        "findings": found,
        "table": page.evidence_rows(numbers),
        "volumes": {name: numbers[name] for name in elsewhere},
        "fine_grid": ratios,
        "thresholds": levels,
        "voxel_size": voxel_size,
        "data_hash": cubes.digest(),
    },
)
provenance.show(run.provenance)

# %% tags=["hide-cell", "checked"]
print(f"{pores.shape} voxels of {voxel_size * 1e9:.1f} nm, {pores.mean():.3f} true pores")
print(
    f"{number(records['truth']['permeability_nd'], '.3g')} nd through the true pores of the central volume"
)
print(f"{records['truth']['kn_mean']:.3f} Knudsen number")
