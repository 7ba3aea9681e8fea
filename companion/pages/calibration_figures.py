"""Figures of the digital shale beside the real patches."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from companion.pages.calibration import DARK, Crops, spectra
from companion.style import COLOURS, panel
from shalelib.metrics import texture

_COLOURS = dict(zip(("real", "phantom"), COLOURS, strict=False))


def calibration_figure(phantom: Crops, real: Crops) -> Figure:
    """Draw histograms, spectra, chord lengths and two-point correlations of both."""
    fig, axes = plt.subplots(2, 3, figsize=(9.0, 5.0))
    for name, crops in (("real", real), ("phantom", phantom)):
        style = {"color": _COLOURS[name], "label": name, "linewidth": 1.3}
        for column, field in enumerate(("sem", "txm")):
            share = texture.grey_histogram(getattr(crops, field), crops.inside)
            axes[0, column].plot(2 + 4 * np.arange(len(share)), 100 * share, **style)
            lines = spectra(crops, field)
            axes[1, column].semilogx(lines["frequency"], lines["power"], **style)
        dark = texture.dark_phase(crops.sem, threshold=DARK) & crops.inside
        chords = texture.chord_lengths(dark, crops.inside)
        count = np.bincount(np.minimum(chords, 41), minlength=42)[1:41]
        axes[0, 2].semilogy(np.arange(1, 41), count / max(chords.size, 1), **style)
        axes[1, 2].plot(texture.two_point_correlation(dark, crops.inside), **style)
    titles = ("FIB-SEM", "TXM", "low density: chords", "FIB-SEM", "TXM", "low density: pairs")
    labels = ("grey level", "grey level", "length [pixel]", *["frequency [1/pixel]"] * 2)
    for axis in axes[1, :2]:
        axis.set_xticks([0.02, 0.05, 0.1, 0.2, 0.4], ["0.02", "0.05", "0.1", "0.2", "0.4"])
        axis.xaxis.set_minor_formatter(NullFormatter())
    for axis, title, label in zip(axes.flat, titles, (*labels, "distance [pixel]"), strict=True):
        axis.set_title(title, fontsize=9)
        axis.set_xlabel(label, fontsize=8)
        axis.tick_params(labelsize=7)
        panel(axis)
    axes[0, 0].set_ylabel("share of pixels [%]", fontsize=8)
    axes[1, 0].set_ylabel("power [dB]", fontsize=8)
    axes[0, 2].set_ylabel("share of chords", fontsize=8)
    axes[1, 2].set_ylabel("both in the phase", fontsize=8)
    axes[0, 0].legend(frameon=False, fontsize=8)
    fig.tight_layout()
    return fig


def side_by_side(phantom: Crops, real: Crops, *, count: int = 6, seed: int = 0) -> Figure:
    """Draw random crops of both: two rows of real pairs above two rows of the phantom's."""
    rng = np.random.default_rng(seed)
    fig, axes = plt.subplots(4, count, figsize=(1.5 * count, 6.2), squeeze=False)
    for top, (name, crops) in zip((0, 2), (("real", real), ("phantom", phantom)), strict=True):
        index = rng.choice(len(crops.sem), count, replace=False)
        for row, field in ((top, "sem"), (top + 1, "txm")):
            for axis, image in zip(axes[row], getattr(crops, field)[index], strict=True):
                axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
                axis.set_xticks([])
                axis.set_yticks([])
            label = {"sem": "FIB-SEM", "txm": "TXM"}[field]
            axes[row, 0].set_ylabel(f"{name}\n{label}", fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig
