"""The page that walks through one training: patches, networks, one step, losses, samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from companion.style import COLOURS, GREY, number, panel
from companion.watched import TITLES as WATCHED
from companion.watched import is_plate
from shalelib.arrays import Grey
from shalelib.models import jacobian
from shalelib.models.config import TrainConfig
from shalelib.models.networks import build_discriminator, build_generator, count_parameters
from shalelib.models.variants import Variant
from shalelib.models.watch import contrast

STYLES = ("-", ":", "-.")  # of lines in the first colour, and so on; the truth is dashed
IN_A_ROW = 4  # panels of losses, that their text can be read
WEAK = 0.05  # an adversarial gradient below this share of the L1 gradient does not count
TITLES = {
    "loss_l1": "L1",
    "loss_gan": "adversarial, generator",
    "loss_discriminator": "adversarial, discriminator",
    "loss_gan_planes": "adversarial, any plane",
    "loss_gan_pairs": "adversarial, pairs",
    "loss_planes": "discriminator of planes",
    "loss_pairs": "discriminator of pairs",
    "loss_jacobian": "½ ‖J‖²",
    "jacobian": "‖J‖², 128 × 128 patch",
}


def networks_table(variant: Variant, config: TrainConfig) -> pd.DataFrame:
    """Return the networks of a row: what each sees and gives, and its number of parameters."""
    edge = config.patch // variant.factor
    generator = build_generator(variant, config)
    rows = [
        {
            "Network": f"generator ({'super-resolution' if variant.factor > 1 else 'ResNet'})",
            "Sees": f"TXM, {edge} × {edge}",
            "Gives": f"FIB-SEM, {config.patch} × {config.patch}",
            "Parameters": count_parameters(generator),
        }
    ]
    if variant.objective != "l1":
        judged = "TXM and FIB-SEM" if variant.conditional else "FIB-SEM"
        rows.append(
            {
                "Network": "critic" if variant.objective == "wgan" else "discriminator",
                "Sees": f"{judged}, {config.patch} × {config.patch}",
                "Gives": "a score for each 70 × 70 pixels",
                "Parameters": count_parameters(build_discriminator(variant, config)),
            }
        )
    return pd.DataFrame(rows)


def weights(variant: Variant, config: TrainConfig) -> dict[str, float]:
    """Return the weight of each term of the generator's objective."""
    scaled = jacobian.weight(variant.lambda_jac, config.patch) * variant.jac_every
    found = {"loss_l1": variant.lambda_l1, "loss_jacobian": scaled}
    if variant.objective != "l1":
        found["loss_gan"] = 1.0
    return {name: weight for name, weight in found.items() if weight}


def objective_table(
    report: pd.Series,
    variant: Variant,
    config: TrainConfig,
) -> pd.DataFrame:
    """Return the terms of the generator's objective in one step, weighted.

    Parameters
    ----------
    report : Series
        Of `shalelib.models.state.TrainingState.step`.
    variant : Variant
    config : TrainConfig
    """
    return pd.DataFrame(
        [
            {
                "Term": TITLES[name],
                "Value": report[name],
                "Weight": weight,
                "Contribution": weight * report[name],
            }
            for name, weight in weights(variant, config).items()
        ]
    )


def loss_curves(history: pd.DataFrame, *, of: str = "epoch") -> Figure:
    """Draw losses against epochs or steps; the dashed line is where the learning rate drops.

    Parameters
    ----------
    history : DataFrame
        One line an epoch or step, with the column `of`.
    of : str
        ``epoch`` (means) or ``step``.
    """
    shown = [name for name in TITLES if name in history]
    wide = len(shown) if len(shown) <= IN_A_ROW else IN_A_ROW - 1
    deep = -(-len(shown) // wide)
    fig, axes = plt.subplots(deep, wide, figsize=(3.3 * wide, 2.6 * deep), squeeze=False)
    marker = "o" if of == "epoch" else None
    for axis, name, colour in zip(axes.flat, shown, (*COLOURS, GREY), strict=False):
        axis.plot(history[of], history[name], color=colour, marker=marker, markersize=3)
        for epoch in drops(history):
            axis.axvline(epoch - 0.5, color=GREY, linestyle="--", linewidth=0.8)
        axis.set_title(TITLES[name], fontsize=10)
        if name.endswith("jacobian"):
            axis.set(yscale="log", ylabel="squared norm")
        axis.set_xlabel(of)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel(axis)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel(axis.get_ylabel() or f"{'mean ' * (of == 'epoch')}loss")
    fig.tight_layout()
    return fig


def watched_curves(
    rows: Mapping[str, pd.DataFrame], truth: Mapping[str, float], *, columns: Sequence[str]
) -> Figure:
    """Draw what was measured on validation images against steps, a line for each network.

    Parameters
    ----------
    rows : mapping of label to DataFrame
        From `companion.watched.watched`.
    truth : mapping of column to float
        Drawn as a dashed line.
    columns : sequence of str
        One panel each, of `companion.watched.TITLES`; those that no network has are left out.
    """
    shown = [
        name
        for name in columns
        if any(name in one and one[name].notna().any() for one in rows.values())
    ]
    wide = min(3, len(shown))
    deep = -(-len(shown) // wide)
    fig, axes = plt.subplots(deep, wide, figsize=(3.6 * wide, 2.8 * deep + 0.5), squeeze=False)
    for axis, name in zip(axes.flat, shown, strict=False):
        for k, (label, frame) in enumerate(rows.items()):
            if name not in frame:
                continue
            again, hue = divmod(k, len(COLOURS))
            style, colour = STYLES[again % len(STYLES)], COLOURS[hue]
            axis.plot(
                frame["step"], frame[name], style, color=colour, label=label, marker="o", ms=2
            )
        axis.axhline(truth[name], color=GREY, linestyle="--", linewidth=0.8)
        axis.set_title(WATCHED[name], fontsize=9)
        axis.set_xlabel("step")
        if name == "adversarial_ratio":
            axis.set_yscale("log")
        panel(axis)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if len(rows) > 1:
        fig.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=8)
    fig.tight_layout(rect=(0, 0.032 * -(-len(rows) // 3) if len(rows) > 1 else 0, 1, 1))
    return fig


def pull(history: pd.DataFrame) -> str:
    """Say in a sentence how strong the adversarial term was; nothing where there is none."""
    if "adversarial_ratio" not in history:
        return ""
    ratios = history["adversarial_ratio"]
    return (
        "At the generator's output, the adversarial gradient was between "
        f"{number(ratios.min(), '#.2g')} and {number(ratios.max(), '#.2g')} of the weighted L1 "
        f"gradient, and {number(ratios.iloc[-1], '#.2g')} of it in the last epoch: "
        + (
            "the network is taught by L1 alone."
            if ratios.iloc[-1] < WEAK
            else "both teach the network."
        )
    )


def some(samples: Mapping[str, Grey], *, count: int = 4) -> dict[str, Grey]:
    """Return a few of the images that were kept on the way, the first and the last among them.

    Examples
    --------
    >>> list(some({f"epoch {k}": np.zeros((1, 4, 4), np.uint8) for k in range(1, 17)}))
    ['epoch 1', 'epoch 6', 'epoch 11', 'epoch 16']
    """
    titles = list(samples)
    chosen = np.unique(np.linspace(0, len(titles) - 1, count).round().astype(int))
    return {titles[k]: samples[titles[k]] for k in chosen if titles}


def drops(history: pd.DataFrame) -> list[int]:
    """Return the first epoch of each lower learning rate."""
    if "learning_rate" not in history:
        return []
    return [int(epoch) for epoch in history["epoch"][history["learning_rate"].diff() < 0]]


def findings(history: pd.DataFrame, predicted: Grey, sem: Grey, *, seconds: float) -> Sequence[str]:
    """Say in sentences what a training did.

    Parameters
    ----------
    history : DataFrame
        Of the training.
    predicted, sem : (n, y, x) uint8 arrays
        Validation images as the trained generator translates them, and as they truly are.
    seconds : float
    """
    first, last = history.iloc[0], history.iloc[-1]
    grey = 127.5  # levels a unit of the scaled images
    ours, truth = contrast(predicted), contrast(sem)
    verdict = (
        "these are little more than one grey all over"
        if is_plate(predicted, sem)
        else "these have contrast, right or wrong"
    )
    return [
        f"The training took {len(history)} epochs ({number(seconds, '.3g')} s). The mean absolute "
        f"error on training patches was {number(grey * first['loss_l1'], '.1f')} grey levels in "
        f"the first and {number(grey * last['loss_l1'], '.1f')} in the last.",
        f"‖J‖², the squared norm of the generator's Jacobian, was "
        f"{number(first['jacobian'], '#.3g')} after the first epoch and "
        f"{number(last['jacobian'], '#.3g')} after the last.",
        f"The validation images have a standard deviation of {number(truth, '.1f')} grey levels, "
        f"their translations {number(ours, '.1f')}: {verdict}.",
        *filter(None, [pull(history)]),
    ]
