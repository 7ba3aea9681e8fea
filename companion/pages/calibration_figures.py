"""Figures of the digital shale beside the real patches."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from companion.datasets import NAMES
from companion.pages.calibration import Crops, spectra, whole
from companion.pages.calibration_measures import DARK
from companion.style import COLOURS, panel
from shalelib.metrics import texture

BLIND = 16  # crops on a blind sheet


def _named(phantom: Crops, real: Crops) -> tuple[tuple[str, Crops], ...]:
    return (NAMES["vaca-muerta-patches"], real), (NAMES["phantom"], phantom)


def calibration_figure(phantom: Crops, real: Crops) -> Figure:
    """Draw histograms, spectra, chord lengths and two-point correlations of both."""
    fig, axes = plt.subplots(2, 3, figsize=(9.0, 5.0))
    for (name, crops), colour in zip(_named(phantom, real), COLOURS, strict=False):
        style = {"color": colour, "label": name, "linewidth": 1.3}
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
    for top, (name, crops) in zip((0, 2), _named(phantom, real), strict=True):
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


def blind_sheet(phantom: Crops, real: Crops, *, field: str, seed: int) -> tuple[Figure, list[str]]:
    """Draw sixteen numbered crops of both, shuffled, and say which is which.

    Parameters
    ----------
    phantom, real : Crops
        Only crops wholly inside the rock are shown.
    field : str
        ``sem`` or ``txm``.
    seed : int
        Of the choice and the order.

    Returns
    -------
    figure : Figure
    answers : list of str
        ``real`` or ``digital`` for each number in order.
    """
    rng = np.random.default_rng([seed, len(field), ord(field[0])])
    cards = []
    for name, crops in (("real", whole(real)), ("digital", whole(phantom))):
        count = min(BLIND // 2, len(crops.sem))
        chosen = rng.choice(len(crops.sem), count, replace=False)
        cards += [(name, getattr(crops, field)[n]) for n in chosen]
    cards = [cards[n] for n in rng.permutation(len(cards))]
    fig, axes = plt.subplots(2, BLIND // 2, figsize=(9.6, 2.9))
    for axis in axes.flat:
        axis.set_axis_off()
    for number, (axis, (_, image)) in enumerate(zip(axes.flat, cards, strict=False), start=1):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(str(number), fontsize=8)
    fig.tight_layout(pad=0.4)
    return fig, [name for name, _ in cards]


def numbered(answers: list[str]) -> str:
    """Write the answers to a blind sheet as one line of text.

    Examples
    --------
    >>> numbered(["real", "digital"])
    '1 real, 2 digital'
    """
    return ", ".join(f"{number} {answer}" for number, answer in enumerate(answers, start=1))
