"""Figures about the networks beside Figure 3: spectra, the sweep, the finite difference's bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.style import COLOURS, GREY, panel
from shalelib.arrays import Grey
from shalelib.metrics.texture import frequency_bands, power_spectrum


def spectra(images: Mapping[str, Grey], *, pixel_size: float) -> Figure:
    """Draw radially averaged power spectra; the first two stacks in black and dashed grey.

    Parameters
    ----------
    images : mapping of title to (n, size, size) uint8 array
        Wholly inside the rock: FIB-SEM, TXM, then up to five translations.
    pixel_size : float
        Edge of a pixel [m].
    """
    styles = [("black", "-"), (GREY, "--"), *((colour, "-") for colour in COLOURS)]
    fig, axis = plt.subplots(figsize=(7.8, 3.6))
    for (title, stack), (colour, line) in zip(images.items(), styles, strict=False):
        edges = frequency_bands(stack.shape[1]) / (pixel_size * 1e6)
        middle = np.sqrt(edges[1:] * edges[:-1])
        axis.plot(middle, power_spectrum(stack), color=colour, linestyle=line, label=title)
    axis.set(xscale="log", xlabel="frequency [cycle/µm]", ylabel="power [dB]")
    panel(axis)
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    fig.tight_layout()
    return fig


def sweep(table: pd.DataFrame, columns: Sequence[str]) -> Figure:
    """Draw columns of `companion.model_tables.regulariser_table` against λ_jac.

    Parameters
    ----------
    table : DataFrame
        One row a weight; the row of weight 0 is drawn at the left edge.
    columns : sequence of str
        One panel each.
    """
    weights = table["λ_jac"].to_numpy(float)
    order = np.argsort(weights)
    place = weights.copy()
    place[weights == 0] = weights[weights > 0].min() / 10
    fig, axes = plt.subplots(1, len(columns), figsize=(2.9 * len(columns), 2.7), squeeze=False)
    ticks = place[order]
    names = ["0" if w == 0 else f"{w:.0e}".replace("e-0", "e−") for w in weights[order]]
    for axis, column, colour in zip(axes[0], columns, COLOURS, strict=False):
        axis.plot(ticks, table[column].to_numpy(float)[order], "o-", color=colour, markersize=4)
        axis.set_xscale("log")
        axis.set_xticks(ticks, names)
        axis.minorticks_off()
        axis.set_title(column, fontsize=9)
        axis.set_xlabel("λ_jac")
        axis.tick_params(labelsize=8)
        panel(axis)
        if column.startswith("‖J‖²"):
            axis.set_yscale("log")
    fig.tight_layout()
    return fig


def step_bias(biases: Mapping[str, pd.DataFrame], *, used: float) -> Figure:
    """Draw the bias of the finite difference against its step.

    Parameters
    ----------
    biases : mapping of title to DataFrame
        One panel each, from `shalelib.models.jacobian.finite_difference_bias`.
    used : float
        The step that the estimator uses.
    """
    fig, axes = plt.subplots(1, len(biases), figsize=(3.6 * len(biases), 2.8), squeeze=False)
    for axis, (title, frame) in zip(axes[0], biases.items(), strict=True):
        for dtype, colour in zip(("float64", "float32"), COLOURS, strict=False):
            axis.plot(
                frame["step"], 100 * frame[dtype].abs(), "o-", color=colour, label=dtype, ms=4
            )
        axis.axvline(used, color=GREY, linestyle="--", linewidth=0.8)
        axis.set(xscale="log", yscale="log", xlabel="step")
        axis.set_title(title, fontsize=9)
        panel(axis)
    axes[0, 0].set_ylabel("|bias| of ‖J u‖² [%]")
    axes[0, 0].legend(frameon=False, fontsize=8)
    fig.tight_layout()
    return fig
