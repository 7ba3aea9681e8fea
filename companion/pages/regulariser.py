"""The page on the regulariser: what it does to the networks, what it costs, and what is biased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.pages.images import formats_of
from companion.panels import bare
from companion.rows import PAIRS, get_row
from companion.style import COLOURS, GREY, number, panel, scale_bar
from shalelib.arrays import Grey
from shalelib.metrics import table1
from shalelib.models.variants import BEYOND, SWEEP, get_variant

NORM, CHANGE = "‖J‖² at the end", "|∂Ŝ/∂z| [grey level a slice]"
METRICS = ("psnr", "ssim", "stsim_1", "dice_low", "spectrum")  # of Table 1, beside the two
PAYING = ("dice_low", "spectrum")  # of them, what a flatter image does not make better
SLAB = 32  # slices that networks are shown on
MEND = "make book ALL=1 trains the rows that are not supplied ready trained."
UNSWEPT = f"No weight other than the published one is trained here; {MEND}"
NOT_LAZY = f"The row with the term in every fifth step is not trained here; {MEND}"
COST_FORMATS = {"Plain step [s]": ".3g"} | dict.fromkeys(["VJP", "JVP", "lazily"], ".2f")


def regulariser_table(
    scores: Mapping[str, pd.DataFrame],
    trainings: Mapping[str, Mapping[str, float]],
    change: Mapping[str, float],
) -> pd.DataFrame:
    """Set trainings that differ by a regulariser beside one another.

    Parameters
    ----------
    scores : mapping of variant name to DataFrame
        From `companion.evaluation.evaluate`.
    trainings : mapping of variant name to record
        ``jacobian`` and ``seconds``; its variants are shown, in its order.
    change : mapping of variant name to float
        |dS/dz| of translated slices (`shalelib.metrics.volume.slice_jump`) [grey level].
    """
    return pd.DataFrame(
        [
            {
                "Model": get_variant(name).label,
                "λ_jac": get_variant(name).lambda_jac,
                NORM: training["jacobian"],
                CHANGE: change[name],
                **{
                    table1.get_metric(metric).heading: scores[name][metric].mean()
                    for metric in METRICS
                    if metric in scores[name]
                },
                "Training [s]": training["seconds"],
            }
            for name, training in trainings.items()
        ]
    )


def formats(table: pd.DataFrame) -> dict[str, str]:
    """Return the form of the numbers of each column of `regulariser_table`."""
    own = {"λ_jac": ".0e", NORM: ".3g", CHANGE: ".2f", "Training [s]": ".3g"}
    return own | formats_of(table)


def told_of_pairs(keys: Iterable[str]) -> str:
    """Say which rows a table has: the paper's pairs, and how many that are not the paper's.

    Examples
    --------
    >>> told_of_pairs(["pix2pix_wgan", "pix2pix_wgan_reg", "pix2pix_wgan_mean"])
    "The paper's pairs without and with the regulariser, and 1 row that is not the paper's,"
    """
    others = sum(get_row(key).kind != "paper" for key in keys)
    rows = "row that is" if others == 1 else "rows that are"
    beside = f", and {others} {rows} not the paper's," if others else ""
    return f"The paper's pairs without and with the regulariser{beside}"


def jitter_table(evaluated: Mapping[str, float], published: Mapping[str, float]) -> pd.DataFrame:
    """Compare the change along z in evaluation mode with that of inference as published.

    Parameters
    ----------
    evaluated, published : mapping of variant name to float
        Mean absolute difference of neighbouring translated slices [grey level]; the rows of
        `published` are shown.
    """
    return pd.DataFrame(
        [
            {
                "Model": get_variant(name).label,
                "Evaluation mode": evaluated[name],
                "As published": value,
                "From dropout": number(1 - evaluated[name] / value if value else None, ".0%"),
            }
            for name, value in published.items()
        ]
    )


def step_cost_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the cost of a regularised step over a plain one, from bench/regulariser.py."""
    return pd.DataFrame(
        [
            {
                "Model": get_variant(row["row"]).label,
                "Share": row["share"],
                "Plain step [s]": row["plain_s"],
                "VJP": row["vjp"],
                "JVP": row["jvp"],
                "lazily": row["lazy"],
            }
            for row in record["steps"]
        ]
    )


def endings_table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return how the small trainings of bench/regulariser.py end: means ± spread over seeds."""
    kinds = {"plain": "no term", "vjp": "every step", "lazy": f"every {record['every']}th step"}
    titles = {"jacobian": "‖J‖²", "psnr": "PSNR [dB]", "ssim": "SSIM", "stsim_1": "STSIM-1"}
    forms = {"jacobian": ".0f", "psnr": ".2f", "ssim": ".3f", "stsim_1": ".3f"}
    frame = pd.DataFrame(record["endings"])
    rows = []
    for (name, kind), part in frame.groupby(["row", "kind"], sort=False):
        cells = {"Model": get_variant(str(name)).label, "Regulariser": kinds[str(kind)]}
        for key, title in titles.items():
            mean, spread = part[key].mean(), part[key].std()
            cells[title] = f"{number(mean, forms[key])} ± {number(spread, forms[key])}"
        rows.append(cells | {"Seeds": len(part)})
    return pd.DataFrame(rows)


def middle_slab(volume: Grey) -> slice:
    """Return the middle `SLAB` slices of a volume, or all of a thinner one.

    Examples
    --------
    >>> middle_slab(np.zeros((128, 1, 1), np.uint8))
    slice(48, 80, None)
    """
    start = max(0, (len(volume) - SLAB) // 2)
    return slice(start, start + SLAB)


def slab_cuts(slabs: Mapping[str, Grey], *, pixel_size: float) -> Figure:
    """Draw the middle of the middle x-z plane of slabs, z upwards, two beside one another.

    Parameters
    ----------
    slabs : mapping of title to (z, y, x) uint8 array
        Of one shape.
    pixel_size : float
        [m]

    Returns
    -------
    matplotlib Figure
        Twice as wide as the slab is thick, so that a slice is several pixels high. Grey levels 0
        to 255 in every panel, none stretched.
    """
    depth, height, width = next(iter(slabs.values())).shape
    left = max(0, width // 2 - depth)
    rows = -(-len(slabs) // 2)
    fig, axes = plt.subplots(rows, 2, figsize=(7.8, 2.2 * rows), squeeze=False, layout="compressed")
    for axis in axes.flat:
        bare(axis)
    for axis, (title, slab) in zip(axes.flat, slabs.items(), strict=False):
        image = slab[::-1, height // 2, left : left + 2 * depth]
        axis.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(title, fontsize=9)
        if axis is axes[-1, 0]:
            scale_bar(axis, image, pixel_size)
    return fig


def sweep(table: pd.DataFrame, columns: Sequence[str]) -> Figure:
    """Draw columns of `regulariser_table` against λ_jac.

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
    wide = min(3, len(columns))
    deep = -(-len(columns) // wide)
    fig, axes = plt.subplots(deep, wide, figsize=(2.9 * wide, 2.5 * deep), squeeze=False)
    ticks = place[order]
    names = [number(weight, ".0e") for weight in weights[order]]
    for axis, column, colour in zip(axes.flat, columns, COLOURS, strict=False):
        axis.plot(ticks, table[column].to_numpy(float)[order], "o-", color=colour, markersize=4)
        axis.set_xscale("log")
        axis.set_xticks(ticks, names)
        axis.minorticks_off()
        axis.set_title(column, fontsize=9)
        axis.set_xlabel("weight of ‖J‖²")
        axis.tick_params(labelsize=8)
        panel(axis)
        if column.startswith("‖J‖²"):
            axis.set_yscale("log")
    for axis in axes.flat[len(columns) :]:
        axis.set_visible(False)
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


def findings(
    trainings: Mapping[str, Mapping[str, float]],
    change: Mapping[str, float],
    scores: Mapping[str, pd.DataFrame],
    *,
    truth: float,
) -> list[str]:
    """Say in sentences what the regulariser did.

    Parameters
    ----------
    trainings, change, scores
        As for `regulariser_table`.
    truth : float
        |dS/dz| of the true FIB-SEM slab [grey level].
    """
    told = []
    for plain, regularised, _ in PAIRS:
        norms = [trainings[name]["jacobian"] for name in (plain, regularised)]
        side = "above" if change[plain] > truth else "already below"
        times = norms[1] / norms[0]
        fails = "" if times < 1 else ", the term that it penalises"
        told.append(
            f"{get_variant(plain).label}: the regulariser {'lowers' if times < 1 else 'raises'} "
            f"‖J‖²{fails}, to {number(times, '#.2g')} times its value; |∂Ŝ/∂z| of a slab goes from "
            f"{number(change[plain], '.2f')} "
            f"({side} the truth's {number(truth, '.1f')}, noise included) to "
            f"{number(change[regularised], '.2f')} grey levels a slice, and PSNR changes by "
            f"{number(_mean(scores, regularised) - _mean(scores, plain), '+.2f')} dB."
        )
    told.append(_paying(change, scores))
    beyond = [
        f"{variant.label}, changes by {number(change[variant.name], '.2f')} grey levels a slice "
        f"and has a PSNR of {number(_mean(scores, variant.name), '.2f')} dB"
        for variant in BEYOND
        if variant.name in change
    ]
    if beyond:
        told.append(f"Of the rows that are not the paper's, {'; '.join(beyond)}.")
    return told


def _paying(change: Mapping[str, float], scores: Mapping[str, pd.DataFrame]) -> str:
    """Say at which weights the term lowers the change along z before the metrics get worse."""
    without, published, _ = PAIRS[-1]
    swept = (v.name for v in SWEEP if v.name in change and v.jac_every == 1)
    names = sorted((without, published, *swept), key=lambda name: get_variant(name).lambda_jac)
    dice, spectrum = ([_mean(scores, n, metric) for n in names] for metric in PAYING)
    paid = [
        number(get_variant(name).lambda_jac, ".0e")
        for k, name in enumerate(names)
        if change[name] < change[without] and dice[k] >= dice[0] and spectrum[k] <= spectrum[0]
    ]
    weights = ", ".join(number(get_variant(name).lambda_jac, ".0e") for name in names)
    return (
        f"{get_variant(without).label}: the term pays off "
        f"{'with λ_jac at ' + ', '.join(paid) if paid else 'at no weight here'}. With λ_jac at "
        f"{weights}, one training each, |∂Ŝ/∂z| goes "
        f"{_steps([change[name] for name in names], '.2f')} grey levels, the Dice of low density "
        f"{_steps(dice, '.3f')} and the spectral distance {_steps(spectrum, '.1f')} dB."
    )


def _steps(values: Sequence[float], form: str) -> str:
    return " → ".join(number(value, form) for value in values)


def _mean(scores: Mapping[str, pd.DataFrame], name: str, metric: str = "psnr") -> float:
    return float(scores[name][metric].mean())
