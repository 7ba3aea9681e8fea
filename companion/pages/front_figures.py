"""A small figure for each finding of the front page; none where its numbers are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from companion.claims_images import METRICS, MODELS
from companion.claims_volumes import COLUMNS
from companion.effects import MissingCellError, NoTranslationError, value
from companion.estimates import Evidence, Question, estimate
from companion.pages.front import SAME_GENERATOR
from companion.published import published_column, published_value
from companion.style import COLOURS, GREY, panel
from shalelib.metrics.table1 import get_metric

SIZE = (3.4, 1.9)  # inches, as shown
SMALL = 7.5  # pt
GUESSES = ("constant", "affine", "all_low", "random_low")


def finding_figures(
    results: Mapping[Question, Evidence], *, threshold: Mapping[str, Any] | None
) -> list[tuple[Figure, str] | None]:
    """Draw a figure for each of `companion.pages.front.findings`, with its alternative text.

    Parameters
    ----------
    results : mapping of question to Evidence
    threshold : record, optional
        Of the page on the threshold.
    """
    patches, shale = results["patches"], results["shale"]
    return [
        _untranslated(patches),
        _guesses({"public patches": patches, "digital shale": shale}),
        _losses(patches),
        _gains(shale),
        _last_voxel(threshold),
    ]


def _known(evidence: Evidence, quantity: str, rows: Sequence[str]) -> dict[str, float]:
    """Return a quantity of the rows that have it: over replicates where there are such."""
    found = {}
    for row in rows:
        try:
            one = estimate(value(quantity, (row,)), evidence, exact=True)
        except (MissingCellError, NoTranslationError):
            continue
        if one is not None:
            found[row] = one.value
    return found


def _start(height: float = SIZE[1]) -> tuple[Figure, plt.Axes]:
    fig, axis = plt.subplots(figsize=(SIZE[0], height), layout="constrained")
    axis.tick_params(labelsize=SMALL)
    panel(axis)
    return fig, axis


def _untranslated(patches: Evidence) -> tuple[Figure, str] | None:
    names = {"stsim_1": "stsim"}
    rows = []
    for name in METRICS:
        if (name, "no_model") in patches.printed:
            paper = published_value("no_model", names.get(name, name), table=1)
            short = (
                get_metric(name).title.replace(", steerable pyramid", "").replace(" density", "")
            )
            rows.append((short, *(np.array(patches.printed[name, "no_model"]) / paper)))
    if not rows:
        return None
    fig, axis = _start()
    for place, (_, middle, low, high) in enumerate(rows[::-1]):
        axis.plot([low, high], [place, place], color=COLOURS[0], linewidth=1.5)
        axis.plot(middle, place, "o", color=COLOURS[0], ms=4)
    axis.axvline(1, color=GREY, linestyle=":", linewidth=1)
    axis.set_yticks(range(len(rows)), [title for title, *_ in rows[::-1]], fontsize=SMALL)
    axis.set_xlabel("ours ÷ the paper's", fontsize=SMALL)
    return fig, "Points with intervals, one a metric, around a line at one."


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
    if not any(lines):
        return None
    fig, axis = _start()
    for colour, rows, line in zip(COLOURS, SAME_GENERATOR, lines, strict=False):
        places = [k for k, row in enumerate(rows) if row in line]
        axis.plot(places, [line[rows[k]] for k in places], "o-", color=colour, ms=4)
    axis.set_xticks(range(3), ["L1 alone", "+ Wasserstein", "+ vanilla"], fontsize=SMALL)
    axis.set_xlim(-0.3, 2.3)
    axis.set_ylabel("PSNR [dB]", fontsize=SMALL)
    return fig, "PSNR of each generator by its loss, one line a generator."


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
    axis.set_xlabel("gain by smoothing the truth [nat]", fontsize=SMALL)
    return fig, "Bars of what smoothing the truth gains in each column of Table 2."


def _last_voxel(threshold: Mapping[str, Any] | None) -> tuple[Figure, str] | None:
    if not threshold or not threshold["table"]:
        return None
    fig, axis = _start()
    cut, k = (
        np.array([line[name] for line in threshold["table"]], float)
        for name in ("cut", "permeability_nd")
    )
    axis.plot(cut, k, "o", color=COLOURS[0], ms=3.5)
    for paper in published_column("permeability_nd", table=3).values():
        axis.axhline(paper, color=COLOURS[1], linewidth=1)
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel("voxels in the narrowest place", fontsize=SMALL)
    axis.set_ylabel("k [nd]", fontsize=SMALL)
    return fig, "Permeability against the voxels of the minimum cut; lines are the paper's two."
