"""Figures of the page Against the truth."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.pages.truth_ladder import in_words, metric_titles
from companion.style import COLOURS, GREY, panel
from shalelib.arrays import Real
from shalelib.metrics.against_truth import MEASURES
from shalelib.metrics.ladder import TRUE_RUNG

LADDER = (
    "kl_perimeter_xy",
    "kl_euler_xy",
    "kl_perimeter_xz_yz",
    "kl_euler_xz_yz",
    "w1_perimeter_xz_yz",
    "w1_euler_xz_yz",
    "two_point_z",
    "slice_jump",
)
"""Metrics that the figure of the ladder shows."""


def ladder_plot(errors: pd.DataFrame) -> Figure:
    """Draw the errors of the fake models, a panel a metric; those before the truth stand out.

    Parameters
    ----------
    errors : DataFrame
        Of `companion.pages.truth_ladder.ladder_errors`.
    """
    titles, rungs = error_titles(), errors["rung"].tolist()[::-1]
    fig, axes = plt.subplots(
        len(LADDER) // 2,
        2,
        figsize=(7.8, len(LADDER) // 2 * (0.17 * len(rungs) + 0.45)),
        sharey=True,
    )
    by_rung = errors.set_index("rung").loc[rungs]
    place = np.arange(len(rungs))
    for axis, name in zip(axes.flat, LADDER, strict=True):
        values = by_rung[name].to_numpy(float)
        true = float(values[rungs.index(TRUE_RUNG)])
        colours = [
            "black" if rung == TRUE_RUNG else COLOURS[1] if value < true else COLOURS[0]
            for rung, value in zip(rungs, values, strict=True)
        ]
        axis.axvline(true, color=GREY, linestyle=":", linewidth=0.8)
        axis.hlines(place, 0, values, color=colours, linewidth=1.2)
        axis.scatter(values, place, c=colours, s=16, zorder=3)
        axis.set_xlim(left=0)
        axis.set_title(titles[name], fontsize=8)
        axis.tick_params(labelsize=7)
        panel(axis)
    for row in axes:
        row[0].set_yticks(place, rungs, fontsize=7.5)
    fig.tight_layout(pad=0.6)
    return fig


def error_titles() -> dict[str, str]:
    """Return what each column of `companion.pages.truth_ladder.ladder_errors` is, with its unit.

    Examples
    --------
    >>> error_titles()["slice_jump"], error_titles()["two_point_z"]
    ('error of |dS/dz| [grey level]', 'S₂ error along z')
    """
    measures = {
        one.name: f"{'error of ' * (one.best == 'truth')}{in_words(one.heading)}"
        for one in MEASURES
    }
    return metric_titles() | measures


def rank_plot(agreement: pd.DataFrame) -> Figure:
    """Draw Kendall's τ of every distance of planes with every true error.

    Parameters
    ----------
    agreement : DataFrame
        Of `companion.pages.truth.rank_agreement`.
    """
    columns, names = list(dict.fromkeys(agreement["column"])), agreement["error"].unique()
    fig, axis = plt.subplots(figsize=(7.5, 0.27 * len(columns) + 1.0))
    place = np.arange(len(columns))
    for number, name in enumerate(names):
        part = agreement[agreement["error"] == name].set_index("column").loc[columns[::-1]]
        colour = COLOURS[number % len(COLOURS)]
        marker = "o" if number < len(COLOURS) else "s"
        axis.scatter(part["tau"], place, s=18, color=colour, marker=marker, label=name)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_xlim(-1.05, 1.05)
    axis.set_yticks(place, columns[::-1], fontsize=7.5)
    axis.set_xlabel("Kendall's τ", fontsize=8)
    axis.grid(axis="y", linewidth=0.3)
    axis.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    panel(axis)
    fig.tight_layout(pad=0.4)
    return fig


def two_point_curves(curves: Mapping[str, Real], *, voxel_size: float) -> Figure:
    """Draw two-point correlations along z, y and x.

    Parameters
    ----------
    curves : mapping of label to (3, reach + 1) array
        The first is drawn as the truth.
    voxel_size : float
        [m]
    """
    fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.0), sharey=True)
    for number, (label, lines) in enumerate(curves.items()):
        distance = np.arange(lines.shape[1]) * voxel_size * 1e6
        colour = "black" if number == 0 else COLOURS[(number - 1) % len(COLOURS)]
        style = "-" if number <= len(COLOURS) else "--"
        for axis, line in zip(axes, lines, strict=True):
            width = 2.2 if number == 0 else 1.1
            axis.plot(distance, line, color=colour, linestyle=style, linewidth=width, label=label)
    for axis, name in zip(axes, "zyx", strict=True):
        axis.set_xlabel(f"distance along {name} [µm]")
        panel(axis)
    axes[0].set_ylabel("S₂, low density")
    axes[0].set_ylim(bottom=0)
    fig.legend(
        *axes[0].get_legend_handles_labels(),
        loc="lower center",
        ncols=3,
        frameon=False,
        fontsize=7.5,
    )
    fig.tight_layout(rect=(0, 0.06 * -(-len(curves) // 3) + 0.02, 1, 1))
    return fig
