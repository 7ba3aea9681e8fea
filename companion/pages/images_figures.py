"""Figures of the page on two-dimensional results."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from companion.panels import image_grid
from companion.rows import get_row
from companion.style import COLOURS, GREY, panel
from shalelib.arrays import Grey
from shalelib.metrics.texture import frequency_bands, power_spectrum

FIGURE_3 = ("pix2pix_wgan", "pix2pix_wgan_reg", "srgan_4x_vanilla", "srgan_4x_vanilla_reg")


def figure_3(
    txm: Grey,
    translations: Mapping[str, Grey],
    sem: Grey,
    *,
    pixel_size: float,
    plates: Collection[str] = (),
    narrow: bool = False,
) -> Figure:
    """Draw Figure 3 in the paper's rows and columns.

    Parameters
    ----------
    txm, sem : (n, y, x) uint8 array
    translations : mapping of row key to (n, y, x) uint8 array
        The networks of `FIGURE_3` that it has become columns.
    pixel_size : float
        [m]
    plates : collection of str
        Keys of the networks to mark as `network_title` does.
    narrow : bool
        For a phone: a row each, and three patches.
    """
    panels = {"TXM": txm}
    there = [key for key in FIGURE_3 if key in translations]
    panels |= {network_title(key, plates): translations[key] for key in there}
    panels["FIB-SEM"] = sem
    if narrow:
        return patch_rows(panels, pixel_size=pixel_size, narrow=True)
    return image_grid(panels, pixel_size=pixel_size, side=7.7 / len(panels), size=8.5)


def patch_rows(panels: Mapping[str, Grey], *, pixel_size: float, narrow: bool = False) -> Figure:
    """Draw stacks of patches, a row each.

    Parameters
    ----------
    panels : mapping of title to (n, y, x) uint8 array
    pixel_size : float
        [m]
    narrow : bool
        For a phone: the first patch, the middle one and the last.
    """
    if not narrow:
        return image_grid(panels, pixel_size=pixel_size, side=1.45, by_row=True)
    few = {title: stack[[0, len(stack) // 2, -1]] for title, stack in panels.items()}
    return image_grid(few, pixel_size=pixel_size, side=1.08, by_row=True, size=7.5)


def network_title(key: str, plates: Collection[str]) -> str:
    """Return the label of a network, with a star where its images are grey plates."""
    return f"{get_row(key).label}{' *' if key in plates else ''}"


def spectra_figure(images: Mapping[str, Grey], *, pixel_size: float) -> Figure:
    """Draw radially averaged power spectra; the first two stacks in black and dashed grey.

    Parameters
    ----------
    images : mapping of title to (n, size, size) uint8 array
        Wholly inside the rock: FIB-SEM, TXM, then up to five translations.
    pixel_size : float
        Edge of a pixel [m]; frequencies are by pixel where it is NaN, not known.
    """
    unit, edge = ("pixel", 1.0) if np.isnan(pixel_size) else ("µm", pixel_size * 1e6)
    styles = [("black", "-"), (GREY, "--"), *((colour, "-") for colour in COLOURS)]
    fig, axis = plt.subplots(figsize=(7.8, 3.6))
    for (title, stack), (colour, line) in zip(images.items(), styles, strict=False):
        edges = frequency_bands(stack.shape[1]) / edge
        middle = np.sqrt(edges[1:] * edges[:-1])
        axis.plot(middle, power_spectrum(stack), color=colour, linestyle=line, label=title)
    axis.set(xscale="log", xlabel=f"frequency [cycle/{unit}]", ylabel="power [dB]")
    panel(axis)
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    fig.tight_layout()
    return fig
