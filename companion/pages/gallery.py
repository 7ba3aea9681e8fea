"""The page that shows all trainings: losses, Jacobian norm and samples, by choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from companion.datasets import NAMES
from companion.rows import PAIRS, get_row
from companion.site._bundle import grey_image
from companion.site.controls import Control, show_one_of
from companion.style import COLOURS, number
from companion.trainings import Training
from companion.watched import is_plate
from shalelib.arrays import Grey
from shalelib.models.watch import contrast

LINES = {
    # trace: (column of the history, title, panel)
    "L1": ("loss_l1", 1),
    "generator": ("loss_gan", 2),
    "discriminator": ("loss_discriminator", 2),
    "adversarial / L1 gradient": ("adversarial_ratio", 2),
    "‖J‖²": ("jacobian", 3),
}
PANELS = ("L1", "adversarial", "‖J‖²")
OPENING = ("pix2pix_vanilla", "srgan_4x_vanilla", "srgan_2x_vanilla")
"""Rows with an adversary that acts: the first of them that is trained is shown first."""
LETTERS = 46  # of a caption that a phone has room for
GAP = 4  # pixels between the images of a strip
WHITE = np.uint8(255)

Strip = Mapping[str, Grey]
"""Title to (y, x) image of one size: the TXM, translations on the way and at the end, FIB-SEM."""


def gallery(
    trainings: Mapping[str, Mapping[str, Training]], strips: Mapping[str, Mapping[str, Strip]]
) -> tuple[go.Figure, list[Control]]:
    """Draw one training at a time, of the model and the data set that the reader chooses.

    Parameters
    ----------
    trainings : mapping of data set to mapping of variant name to Training
        A data set may lack variants; at least one training in all.
    strips : mapping of data set to mapping of variant name to Strip
        Of the same trainings.

    Returns
    -------
    Plotly figure, list of Control
        For `companion.site.display.show_plotly`.

    Raises
    ------
    ValueError
        There is no training.
    """
    names = list(dict.fromkeys(name for held in trainings.values() for name in held))
    if not names:
        msg = "no row is trained, so there is nothing to choose from; run notebooks/04_training.py"
        raise ValueError(msg)
    start = names.index(opening(trainings))
    states = [_traces(trainings, strips, name) for name in names]
    fig = go.Figure(
        [
            trace.update(visible=dataset == next(iter(trainings)))
            for dataset, traces in states[start].items()
            for trace in traces
        ]
    )
    per_set = len(fig.data) // len(trainings)
    groups = {
        NAMES[dataset].capitalize(): list(range(k * per_set, (k + 1) * per_set))
        for k, dataset in enumerate(trainings)
    }
    model = Control(
        title="Model",
        labels=[get_row(name).label for name in names],
        updates=[_update(state) for state in states],
        traces=range(per_set * len(trainings)),
        start=start,
        kind="choice",
    )
    fig.update_layout(**_layout([s for held in strips.values() for s in held.values()]))
    return fig, [model, show_one_of("Data set", groups)]


def opening(trainings: Mapping[str, Mapping[str, Training]]) -> str:
    """Return the row that the gallery shows first: of `OPENING`, if any of them is trained."""
    held = next(held for held in trainings.values() if held)
    return next((name for name in OPENING if name in held), next(iter(held)))


def _traces(
    trainings: Mapping[str, Mapping[str, Training]],
    strips: Mapping[str, Mapping[str, Strip]],
    name: str,
) -> dict[str, list[Any]]:
    """Return the traces of one model, the same number for each data set."""
    return {
        dataset: _of_one(held.get(name), strips[dataset].get(name, {}))
        for dataset, held in trainings.items()
    }


def _of_one(training: Training | None, strip: Strip) -> list[Any]:
    lines = []
    for (title, (column, place)), colour in zip(LINES.items(), COLOURS, strict=True):
        known = training is not None and column in training.history
        history = training.history if training is not None and known else pd.DataFrame()
        lines.append(
            go.Scatter(
                x=history["epoch"].tolist() if known else [],
                y=history[column].tolist() if known else [],
                name=title,
                mode="lines+markers",
                marker={"size": 4},
                line={"color": colour},
                xaxis=f"x{place}",
                yaxis=f"y{place}",
                showlegend=place == 2,
            )
        )
    words: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    if training is not None and "loss_gan" not in training.history:
        epoch = training.history["epoch"].astype(float)
        words["x"] = [epoch.min(), epoch.mean(), epoch.max()]  # so that the axis is that of L1
        words |= {"y": [0.0, 0.5, 1.0], "text": ["", "no adversary", ""]}
    about: dict[str, Any] = {"mode": "text", "hoverinfo": "skip", "showlegend": False}
    lines.append(go.Scatter(**words, **about, name="words", xaxis="x2", yaxis="y2"))
    told = "not trained on this data set" if training is None else _told(training)
    captions = go.Scatter(
        x=[0],
        y=[-4],
        text=["<br>".join([*wrap(told, LETTERS), *wrap(", ".join(strip), LETTERS)])],
        textposition="top right",
        textfont={"size": 11},
        cliponaxis=False,
        xaxis="x4",
        yaxis="y4",
        **about,
    )
    picture = go.Image(source=_picture(strip), xaxis="x4", yaxis="y4", hoverinfo="skip")
    return [*lines, captions, picture]


def _update(state: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return what shows another model: data of lines and captions, source of the picture."""
    traces = [trace for held in state.values() for trace in held]
    found: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "source": []}
    for trace in traces:
        for name, values in found.items():
            value = getattr(trace, name, None) if name in trace else None
            values.append(list(value) if isinstance(value, tuple) else value)
    return found


def _told(training: Training) -> str:
    return (
        f"{number(training.record['parameters'], '.3g')} parameters, "
        f"{number(training.seconds, '.3g')} s on the {training.record['device']}, "
        f"‖J‖² {number(training.jacobian, '.3g')} at the end"
    )


def _start(k: int, strip: Strip) -> int:
    """Return the column at which the k-th image of a strip begins."""
    return k * (next(iter(strip.values())).shape[1] + GAP)


def _picture(strip: Strip) -> str:
    """Set a strip's images side by side; nothing is one white pixel."""
    if not strip:
        return grey_image(np.full((1, 1), WHITE), lossless=True)
    images = list(strip.values())
    gap = np.full((len(images[0]), GAP), WHITE)
    parts = [part for image in images for part in (image, gap)]
    return grey_image(np.hstack(parts[:-1]), lossless=False)


def _layout(strips: Sequence[Strip]) -> dict[str, Any]:
    widest = max((_start(len(strip), strip) for strip in strips if strip), default=1)
    tallest = max((len(next(iter(strip.values()))) for strip in strips if strip), default=1)
    layout: dict[str, Any] = {
        "height": 520,
        "margin": {"l": 40, "r": 10, "t": 64, "b": 10},
        "legend": {"orientation": "h", "x": 0.36, "y": 0.55, "yanchor": "top"},
        "xaxis4": {"domain": [0, 1], "anchor": "y4", "range": [0, widest], "visible": False},
        "yaxis4": {
            "domain": [0, 0.42],
            "anchor": "x4",
            "range": [tallest, -44],
            "scaleanchor": "x4",
            "visible": False,
        },
        "annotations": [],
    }
    for k, title in enumerate(PANELS, 1):
        left = (k - 1) * 0.36
        layout[f"xaxis{k}"] = {
            "domain": [left, left + 0.28],
            "anchor": f"y{k}",
            "title": {"text": "epoch"},
        }
        layout[f"yaxis{k}"] = {
            "domain": [0.68, 1],
            "anchor": f"x{k}",
            "type": "log" if k == len(PANELS) else "linear",
        }
        if k == len(PANELS):  # powers alone: there is no room between them
            layout[f"yaxis{k}"] |= {"dtick": 1, "exponentformat": "power"}
        layout["annotations"].append(
            {
                "text": title,
                "x": left,
                "y": 1.0,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return layout


def findings(trainings: Mapping[str, Mapping[str, Training]], ends: Mapping[str, Any]) -> list[str]:
    """Say in sentences what the trainings have in common.

    Parameters
    ----------
    trainings : mapping of data set to mapping of variant name to Training
    ends : mapping of data set to mapping of variant name to (translation, FIB-SEM)
        Images (n, y, x) of the same place.
    """
    there = {name: held for name, held in trainings.items() if held}
    flat = [
        f"{sum(is_plate(ours, true) for ours, true in ends[name].values())} of {len(held)} "
        f"networks on the {NAMES[name]}"
        for name, held in there.items()
    ]
    told = [
        f"{' and '.join(flat)} end up drawing grey plates, images whose contrast is less than a "
        "quarter of the FIB-SEM's."
    ]
    ratios = [
        f"on the {NAMES[name]} by {' and '.join(_ratios(held))}"
        for name, held in there.items()
        if _ratios(held)
    ]
    if ratios:
        told.append(f"The regulariser multiplies ‖J‖² {', '.join(ratios)}.")
    one, other, what = CHANGED[0]
    spreads = [
        f"{number(contrast(ends[name][other][0]), '.1f')} grey levels instead of "
        f"{number(contrast(ends[name][one][0]), '.1f')} on the {NAMES[name]} (FIB-SEM "
        f"{number(contrast(ends[name][one][1]), '.1f')})"
        for name, held in there.items()
        if one in held and other in held
    ]
    if spreads:
        label = next(held[one].variant.label for held in there.values() if one in held)
        told.append(f"{label} {what} draws images with a contrast of {' and '.join(spreads)}.")
    return told


def _ratios(held: Mapping[str, Training]) -> list[str]:
    """Say for each pair of rows what the regulariser multiplies the squared Jacobian norm by."""
    return [
        f"{number(held[regularised].jacobian / held[plain].jacobian, '#.2g')} "
        f"({held[plain].variant.label})"
        for plain, regularised, _ in PAIRS
        if plain in held and regularised in held
    ]


def pulls(trainings: Mapping[str, Mapping[str, Training]], ends: Mapping[str, Any]) -> list[str]:
    """Say in sentences what a stronger or weaker adversary makes of images.

    Parameters are those of `findings`.
    """
    return [
        f"{NAMES[dataset].capitalize()}: {_changed(held, ends[dataset], one, other, what)}"
        for dataset, held in trainings.items()
        for one, other, what in CHANGED
        if one in held and other in held
    ]


CHANGED = (
    # a row, another, and what is different about it
    ("pix2pix_wgan", "pix2pix_wgan_mean", "with its penalty on the mean of the critic's scores"),
    ("srgan_4x_vanilla", "srgan_4x_vanilla_l1000", "with a weight of 1000 on the L1 term"),
)
"""Rows that differ in how strongly their adversary pulls."""


def _changed(
    held: Mapping[str, Training], ends: Mapping[str, Any], one: str, other: str, what: str
) -> str:
    """Say what a stronger or weaker adversary makes of the contrast of images."""
    pulls = [number(held[name].ratio, "#.2g") for name in (other, one)]
    spreads = [number(contrast(ends[name][0]), ".1f") for name in (other, one)]
    return (
        f"{held[one].variant.label} {what} ends with an adversarial gradient {pulls[0]} times "
        f"the L1 term's instead of {pulls[1]} times, and with images of {spreads[0]} grey levels "
        f"of contrast instead of {spreads[1]} (FIB-SEM {number(contrast(ends[one][1]), '.1f')})."
    )
