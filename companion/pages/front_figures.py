"""A small figure for each finding of the front page; none where its numbers are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from companion.claims_images import MODELS
from companion.claims_volumes import COLUMNS
from companion.effects import MissingCellError, Reading
from companion.estimates import Evidence, Question
from companion.ledger import GUESSES
from companion.pages.front import SAME_GENERATOR, Record
from companion.pages.three_planes import GOAL
from companion.pages.threshold_paper import paper_at
from companion.profiles import get_profile
from companion.published import published_value
from companion.rows import get_row
from companion.style import COLOURS, GREY, panel

SIZE = (3.4, 1.9)  # inches, as shown
SMALL = 7.5  # pt


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
    gains = {
        title: found["truth"]
        for name, title in COLUMNS.items()
        if (found := _known(shale, f"gain_{name}", ("truth",)))
    }
    if not gains:
        return None
    fig, axis = _start()
    places = range(len(gains))
    values = list(gains.values())[::-1]
    colours = [COLOURS[1] if gain > 0 else COLOURS[0] for gain in values]
    axis.barh(places, values, color=colours, height=0.6)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_yticks(places, list(gains)[::-1], fontsize=SMALL)
    axis.set_xlabel("gain by smoothing [nat]", fontsize=SMALL)
    return fig, "Bars showing what smoothing the truth gains in each column of Table 2."


def _last_voxel(threshold: Record | None, *, edge: int) -> tuple[Figure, str] | None:
    if not threshold or not threshold["table"]:
        return None
    fig, axis = _start()
    cut, k = (
        np.array([line[name] for line in threshold["table"]], float)
        for name in ("cut", "permeability_nd")
    )
    axis.plot(cut, k, "o", color=COLOURS[0], ms=3.5)
    for paper in paper_at(edge):
        axis.axhline(paper, color=COLOURS[1], linewidth=1)
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel(
        f"voxels in the narrowest place\nlines: the paper's two, scaled to {edge}³", fontsize=SMALL
    )
    axis.set_ylabel("k [nd]", fontsize=SMALL)
    return fig, "Permeability against the voxels of the minimum cut; lines mark the paper's two."


def _ratios(planes: Record | None) -> tuple[Figure, str] | None:
    found = sorted(
        line["ratio"] for line in (planes["goal"] if planes else ()) if line["ratio"] is not None
    )
    if not found:
        return None
    fig, axis = _start()
    colours = [COLOURS[0] if one <= GOAL else COLOURS[1] if one > 1 else GREY for one in found]
    for place, (ratio, colour) in enumerate(zip(found, colours, strict=True)):
        axis.plot(ratio, place, "o", color=colour, ms=4)
    for limit, style in ((GOAL, "--"), (1.0, ":")):
        axis.axvline(limit, color=GREY, linestyle=style, linewidth=1)
    axis.set_xscale("symlog", linthresh=0.1)
    axis.set_xlim(left=0)
    axis.set_xticks([0, GOAL, 1], ["0", f"{GOAL:g}", "1"], fontsize=SMALL)
    axis.set_yticks([])
    axis.set_xlabel("error ÷ the best regularised row's, by measure", fontsize=SMALL)
    return fig, "One point per measure: the ratio of errors, with lines at a half and at one."
