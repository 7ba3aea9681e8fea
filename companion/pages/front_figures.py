"""A small figure for each finding of the front page; none where its numbers are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from companion.claims_images import MODELS
from companion.claims_volumes import COLUMNS
from companion.effects import MissingCellError, Reading
from companion.estimates import Evidence, Question
from companion.ledger import GUESSES
from companion.pages.front import SAME_GENERATOR, Record, smoothing_gains
from companion.pages.three_planes import GOAL
from companion.pages.threshold_figures import paper_lines
from companion.pages.threshold_paper import at_edge
from companion.profiles import get_profile
from companion.published import FLOW_EDGE, published_value
from companion.rows import get_row
from companion.style import COLOURS, GREY, panel
from shalelib.arrays import Real

SIZE = (3.4, 1.9)  # inches, as shown
SMALL = 7.5  # pt
WITHIN = (0.01, 100.0)  # ratios of errors beyond are drawn at the end


def finding_figures(
    results: Mapping[Question, Evidence], *, threshold: Record | None, planes: Record | None
) -> list[tuple[Figure, str] | None]:
    """Draw a figure for each of `companion.pages.front.findings`, with its alternative text.

    Parameters
    ----------
    results : mapping of question to Evidence
    threshold, planes : record, optional
        Of the pages on the threshold and on rock in three planes.
    """
    patches, shale = results["patches"], results["shale"]
    return [
        _losses(patches),
        _guesses({"public patches": patches, "digital shale": shale}),
        _gains(shale),
        _last_voxel(threshold, edge=get_profile(shale.profile).flow.sweep_edge),
        _ratios(planes),
    ]


def _known(evidence: Evidence, quantity: str, rows: Sequence[str]) -> dict[str, float]:
    """Return a quantity of the rows that have it, all of the run that the pages show.

    Where only some rows have replicates, their means are of other images than the rest.
    """
    reading = Reading(evidence.cells)
    found = {}
    for row in rows:
        with suppress(MissingCellError):
            found[row] = reading(quantity, row).middle
    return found


def _start(height: float = SIZE[1]) -> tuple[Figure, plt.Axes]:
    fig, axis = plt.subplots(figsize=(SIZE[0], height), layout="constrained")
    axis.tick_params(labelsize=SMALL)
    panel(axis)
    return fig, axis


def _guesses(images: Mapping[str, Evidence]) -> tuple[Figure, str] | None:
    found = {
        title: (_known(evidence, "dice_low", MODELS), _known(evidence, "dice_low", GUESSES))
        for title, evidence in images.items()
    }
    found = {title: pair for title, pair in found.items() if pair[0] and pair[1]}
    if not found:
        return None
    fig, axis = _start()
    for place, (networks, guesses) in enumerate(list(found.values())[::-1]):
        best = max(guesses.values())
        axis.plot(list(networks.values()), [place] * len(networks), "o", color=COLOURS[0], ms=4)
        axis.plot([best, best], [place - 0.3, place + 0.3], color=COLOURS[1], linewidth=2)
    axis.set_yticks(range(len(found)), list(found)[::-1], fontsize=SMALL)
    axis.set_ylim(-0.6, len(found) - 0.4)
    axis.set_xlim(left=0)
    axis.set_xlabel("Dice, low density: networks, best guess (bar)", fontsize=SMALL)
    return fig, "Points for networks beside a bar for the best guess, on both sets of images."


def _losses(patches: Evidence) -> tuple[Figure, str] | None:
    lines = [_known(patches, "psnr", rows) for rows in SAME_GENERATOR]
    none = patches.printed.get(("psnr", "no_model"))
    if not any(lines) and none is None:
        return None
    fig, axis = _start()
    for colour, rows, line in zip(COLOURS, SAME_GENERATOR, lines, strict=False):
        theirs = [published_value(row, "psnr", table=1) for row in rows]
        axis.plot([1, 2, 3], theirs, "--", color=colour, linewidth=1)
        places = [k for k, row in enumerate(rows, start=1) if row in line]
        title = f"as {get_row(rows[0]).label}"
        y = [line[rows[k - 1]] for k in places]
        axis.plot(places, y, "o-", color=colour, ms=4, label=title)
    axis.plot(0, published_value("no_model", "psnr", table=1), "_", color=GREY, ms=14)
    if none is not None:
        middle, low, high = none
        axis.plot([0, 0], [low, high], color=GREY, linewidth=1.5)
        axis.plot(0, middle, "o", color=GREY, ms=4)
    axis.set_xticks(range(4), ["none", "L1", "+ WGAN", "+ vanilla"], fontsize=SMALL)
    axis.set_xlim(-0.4, 3.3)
    axis.set_xlabel("loss, by generator; dashed: the paper", fontsize=SMALL)
    axis.legend(frameon=False, fontsize=SMALL, loc="lower right")
    axis.set_ylabel("PSNR [dB]", fontsize=SMALL)
    return fig, "PSNR without a network and of each generator by loss; the paper's are dashed."


def _gains(shale: Evidence) -> tuple[Figure, str] | None:
    gains = smoothing_gains(shale)
    if not gains:
        return None
    fig, axis = _start()
    places = range(len(gains))
    found = list(gains.values())[::-1]
    colours = [COLOURS[1 if gain.low > 0 else 0] for gain in found]
    axis.barh(places, [gain.value for gain in found], color=colours, height=0.6)
    axis.hlines(places, [gain.low for gain in found], [gain.high for gain in found], color="black")
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_yticks(places, [COLUMNS[name] for name in gains][::-1], fontsize=SMALL)
    axis.set_xlabel("gain by smoothing [nat], 95% interval", fontsize=SMALL)
    return fig, (
        "Bars with intervals: what smoothing the truth gains in each column of Table 2; orange "
        "beyond sampling error."
    )


def _last_voxel(threshold: Record | None, *, edge: int) -> tuple[Figure, str] | None:
    if not threshold or not threshold["table"]:
        return None
    fig, axis = _start()
    cut, k = (
        np.array([line[name] for line in threshold["table"]], float)
        for name in ("cut", "permeability_nd")
    )
    axis.plot(cut, at_edge(k, edge, FLOW_EDGE), "o", color=COLOURS[0], ms=3.5)
    paper_lines(axis, FLOW_EDGE)
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel("voxels in the narrowest place", fontsize=SMALL)
    axis.set_ylabel(f"k, scaled to {FLOW_EDGE}³ [nd]", fontsize=SMALL)
    return fig, (
        f"Permeability at the paper's {FLOW_EDGE}³ voxels against the voxels of the minimum cut; "
        "labelled lines mark the paper's two."
    )


def _ratios(planes: Record | None) -> tuple[Figure, str] | None:
    lines = [line for line in (planes["goal"] if planes else ()) if line["ratio"] is not None]
    if not lines:
        return None
    lines = sorted(lines, key=lambda line: line["ratio"])
    places, ratios = np.arange(len(lines)), np.array([line["ratio"] for line in lines])
    ratios = np.clip(ratios, *WITHIN)
    titles = [line["measure"].replace("euler", "Euler") for line in lines]
    again = _other_trainings(planes, [line["measure"] for line in lines])
    fig, axis = _start(0.9 + 0.155 * len(lines))
    if len(again):
        others = "other trainings"
        axis.plot(again[:, 0], again[:, 1], "o", color=GREY, ms=3, mfc="none", label=others)
    for title, colour, these in (
        (f"at most {GOAL:g}: the goal", COLOURS[0], ratios <= GOAL),
        ("smaller", GREY, (ratios > GOAL) & (ratios <= 1)),
        ("larger", COLOURS[1], ratios > 1),
    ):
        axis.plot(ratios[these], places[these], "o", color=colour, ms=4, label=title)
    for limit, style in ((GOAL, "--"), (1.0, ":")):
        axis.axvline(limit, color=GREY, linestyle=style, linewidth=1, zorder=0)
    axis.set_xscale("log")
    every = np.concatenate([ratios, again[:, 0], [GOAL, 1.0]])
    axis.set_xlim(0.8 * every.min(), 1.25 * every.max())
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_yticks(places, titles, fontsize=SMALL)
    axis.set_xlabel("error ÷ the best regularised row's", fontsize=SMALL)
    axis.legend(  # above the axes: inside, its points would pass for measures
        frameon=False,
        fontsize=SMALL,
        loc="lower right",
        bbox_to_anchor=(1.03, 1),
        ncols=2,
        handletextpad=0,
        columnspacing=0.6,
        borderaxespad=0,
    )
    return fig, (
        "One named point per measure: the ratio of errors, on a logarithmic axis, with lines at "
        "a half and at one; blue where the goal is met, orange where the error is larger; circles "
        "are the other trainings."
    )


def _other_trainings(planes: Record | None, measures: Sequence[str]) -> Real:
    """Return ratio and line of what all trainings but the first reach, (n, 2)."""
    lines = planes["seeds_goal"] if planes else []
    points = [
        (np.clip(line["ratio"], *WITHIN), measures.index(line["measure"]))
        for line in lines
        if line["seed"] != lines[0]["seed"] and line["measure"] in measures and line["ratio"]
    ]
    return np.array(points, float).reshape(-1, 2)
