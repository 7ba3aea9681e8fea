"""The page that walks through one training: patches, networks, one step, losses, samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from companion.style import COLOURS, GREY, number, panel
from shalelib.arrays import Grey, with_neighbours
from shalelib.data.pairs import Dataset
from shalelib.models import jacobian
from shalelib.models.config import TrainConfig
from shalelib.models.networks import build_discriminator, build_generator, count_parameters
from shalelib.models.variants import Variant

CROP = 128  # edge of the validation images that are shown [pixel]
TITLES = {
    "loss_l1": "L1",
    "loss_z": "|G(T_z+1) − G(T_z)|",
    "loss_gan": "adversarial, generator",
    "loss_discriminator": "adversarial, discriminator",
    "loss_jacobian": "½ ‖J‖²",
    "jacobian": "‖J‖², 128 × 128 patch",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """Crops of validation images.

    Attributes
    ----------
    txm, sem : (n, y, x) uint8 arrays
    seen : (n, y, x) or (n, 3, y, x) uint8 array
        What a generator is given of them: the TXM, with its neighbours if it sees three slices.
    """

    txm: Grey
    sem: Grey
    seen: Grey


def validation_crops(data: Dataset, variant: Variant, *, count: int = 3) -> Shown:
    """Cut the middle of the first validation images, as they are, without picking.

    Parameters
    ----------
    data : Dataset
    variant : Variant
        Which will translate them.
    count : int
    """
    images = data.validation.take(slice(0, count))
    height, width = images.txm.shape[1:]
    edge = min(CROP, height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = np.s_[..., top : top + edge, left : left + edge]
    seen = images.txm
    if variant.slices == 3:
        seen = with_neighbours(data.txm_volume(), images.slice_index)
    return Shown(txm=images.txm[cut], sem=images.sem[cut], seen=seen[cut])


def networks_table(variant: Variant, config: TrainConfig) -> pd.DataFrame:
    """Return the networks of a row: what each sees and gives, and its number of parameters."""
    edge = config.patch // variant.factor
    generator = build_generator(variant, config)
    rows = [
        {
            "Network": f"generator ({'super-resolution' if variant.factor > 1 else 'ResNet'})",
            "Sees": f"TXM, {variant.slices} × {edge} × {edge}",
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
    found = {"loss_l1": variant.lambda_l1, "loss_z": variant.lambda_z, "loss_jacobian": scaled}
    if variant.objective != "l1":
        found["loss_gan"] = 1.0
    return {name: weight for name, weight in found.items() if weight}


def objective_table(
    report: pd.Series,
    variant: Variant,
    config: TrainConfig,
) -> pd.DataFrame:
    """Return the terms of the generator's objective in one step, weighed.

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
    fig, axes = plt.subplots(1, len(shown), figsize=(3.3 * len(shown), 2.6), squeeze=False)
    marker = "o" if of == "epoch" else None
    for axis, name, colour in zip(axes[0], shown, (*COLOURS, GREY), strict=False):
        axis.plot(history[of], history[name], color=colour, marker=marker, markersize=3)
        for epoch in drops(history):
            axis.axvline(epoch - 0.5, color=GREY, linestyle="--", linewidth=0.8)
        axis.set_title(TITLES[name], fontsize=10)
        if name.endswith("jacobian"):
            axis.set_yscale("log")
        axis.set_xlabel(of)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel(axis)
    axes[0, 0].set_ylabel("mean loss of the epoch" if of == "epoch" else "loss")
    fig.tight_layout()
    return fig


def drops(history: pd.DataFrame) -> list[int]:
    """Return the first epoch of each lower learning rate."""
    if "learning_rate" not in history:
        return []
    return [int(epoch) for epoch in history["epoch"][history["learning_rate"].diff() < 0]]


def contrast(images: Grey) -> float:
    """Mean standard deviation of images [grey level]: what a grey that is the same all over lacks.

    Examples
    --------
    >>> contrast(np.array([[[0, 2]], [[5, 5]]], np.uint8))
    0.5
    """
    return float(images.std(axis=(1, 2)).mean())


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
        "little more than one grey all over" if ours < truth / 4 else "contrast, right or wrong"
    )
    return [
        f"In {len(history)} epochs ({number(seconds, '.3g')} s) the mean absolute error on "
        f"training patches went from {number(grey * first['loss_l1'], '.3g')} to "
        f"{number(grey * last['loss_l1'], '.3g')} grey levels.",
        f"‖J‖² went from {number(first['jacobian'], '.3g')} to {number(last['jacobian'], '.3g')}.",
        f"The validation images have a standard deviation of {number(truth, '.3g')} grey levels, "
        f"their translations {number(ours, '.3g')}: {verdict}.",
    ]
