"""Figures of the pages of method: what metrics and Minkowski functionals make of known images."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from companion.panels import bare
from companion.style import number
from shalelib.arrays import Grey, Mask
from shalelib.metrics.functionals import minkowski
from shalelib.metrics.paired import psnr, ssim
from shalelib.metrics.stsim import stsim_1

BLUR, SHIFT, NOISE = 3.0, 4, 25.0  # pixels, pixels, grey levels
EDGE = 48  # of the shapes [pixel]


def distortions(txm: Grey, sem: Grey, *, seed: int = 0) -> dict[str, Grey]:
    """Return a true image made worse in known ways, by title; first the TXM of the same place.

    Parameters
    ----------
    txm, sem : (y, x) uint8 array
    seed : int
        Of the noise.
    """
    noise = np.random.default_rng(seed).normal(0.0, NOISE, sem.shape)
    worse = {
        "the truth, shifted": np.roll(sem, SHIFT, axis=1),
        "the truth, noisier": sem + noise,
        "the truth, blurred": ndimage.gaussian_filter(sem.astype(float), BLUR),
        "its mean": np.full(sem.shape, sem.mean()),
    }
    rounded = {title: np.rint(image).clip(0, 255) for title, image in worse.items()}
    return {"TXM": txm} | {title: image.astype(np.uint8) for title, image in rounded.items()}


def metrics_figure(txm: Grey, sem: Grey) -> Figure:
    """Draw a true image beside others of its place, with what three metrics say of each.

    Parameters
    ----------
    txm, sem : (y, x) uint8 array
    """
    images = {"FIB-SEM, the truth": sem} | distortions(txm, sem)
    fig, axes = plt.subplots(2, 3, figsize=(7.2, 6.2), layout="constrained")
    for axis, (title, image) in zip(axes.flat, images.items(), strict=True):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        bare(axis)
        axis.set_title(title, fontsize=9)
        if image is not sem:
            axis.set_xlabel(
                f"PSNR {number(psnr(image, sem), '.1f')} dB\n"
                f"SSIM {number(ssim(image, sem), '.2f')}\n"
                f"STSIM-1 {number(stsim_1(image, sem), '.2f')}",
                fontsize=9,
            )
    return fig


def shapes() -> dict[str, Mask]:
    """Return small images of a phase by name, each with the next trait that the functionals see."""
    y, x = np.indices((EDGE, EDGE)) - (EDGE - 1) / 2
    disc, hole = np.hypot(y, x) <= 14, np.hypot(y, x) <= 6
    small = [np.hypot(y - dy, x - dx) <= 7 for dy in (-10, 10) for dx in (-10, 10)]
    return {
        "a disc": disc,
        "with a hole": disc & ~hole,
        "in four parts": np.any(small, axis=0),
        "cut by the frame": np.hypot(y, x - EDGE / 2) <= 14,
    }


def functionals_figure() -> Figure:
    """Draw `shapes` with their Minkowski functionals."""
    drawn = shapes()
    fig, axes = plt.subplots(1, len(drawn), figsize=(7.4, 2.75), layout="constrained")
    values = minkowski(np.stack(list(drawn.values())))
    for axis, (title, image), (area, perimeter, euler) in zip(
        axes, drawn.items(), values, strict=True
    ):
        axis.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=9)
        axis.set_xlabel(
            f"area {number(area, '.0f')}\nperimeter {number(perimeter, '.1f')}\n"
            f"Euler {number(euler, '.1f')}",
            fontsize=9,
        )
    return fig
