"""What became of the validation images while a network learnt: measures against steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from companion.run import Run
from companion.trainings import Training, validation_crops
from shalelib.arrays import Grey
from shalelib.data.pairs import Dataset
from shalelib.metrics.stsim import stsim_1
from shalelib.metrics.texture import spectral_distance
from shalelib.models.watch import contrast, dark_share

PLATE = 0.25  # of the true contrast; images with less are one grey all over, next to nothing
BANDS = 12  # of the spectra, in images that are large enough
TITLES = {
    # column: title of its panel
    "dark_share": "share of dark pixels",
    "contrast": "standard deviation [grey level]",
    "detail": "change from pixel to pixel ÷ the truth's",
    "stsim_1": "STSIM-1",
    "spectrum": "spectral distance [dB]",
    "adversarial_ratio": "adversarial gradient / weighted L1 gradient",
}


def watched(run: Run, data: Dataset, training: Training) -> pd.DataFrame:
    """Return what was measured on the validation images after every epoch.

    Parameters
    ----------
    run, data
        As for `companion.trainings.train_row`.
    training : Training

    Returns
    -------
    DataFrame
        ``step`` and the columns of `TITLES`. STSIM-1 and the spectral distance are measured on the
        images that were kept on the way, and missing where they were not.
    """
    history = training.history
    frame = history[["epoch", *(name for name in TITLES if name in history)]].copy()
    frame.insert(0, "step", frame["epoch"] * run.profile.train.steps_per_epoch)
    about: dict[str, Any] = {
        "code": [_measure],
        "inputs": [training.record["key"], data.digest()],
    }
    stage = f"{training.variant.name}/watched"
    samples = training.samples()
    if samples:
        sem = validation_crops(data, run.profile.evaluation.crop).sem
        record = run.store.done(stage, lambda _: _measures(samples, sem), **about)
    else:
        record = run.store.have(stage, **about) or {"epochs": []}
    measured = pd.DataFrame(record["epochs"], columns=["epoch", "stsim_1", "spectrum"])
    return frame.merge(measured, on="epoch", how="left")


def is_plate(images: Grey, truth: Grey) -> bool:
    """Say whether translated images are little more than one grey all over.

    Examples
    --------
    >>> is_plate(np.array([[[5, 6]]], np.uint8), np.array([[[0, 9]]], np.uint8))
    True
    """
    return contrast(images) < PLATE * contrast(truth)


def truth_of(run: Run, data: Dataset) -> dict[str, float]:
    """Return the measures of the true validation images, for the columns that have one."""
    sem = validation_crops(data, run.profile.evaluation.crop).sem
    return {
        "dark_share": dark_share(sem),
        "contrast": contrast(sem),
        "detail": 1.0,
        "stsim_1": 1.0,
        "spectrum": 0.0,
        "adversarial_ratio": 1.0,
    }


def _measures(samples: dict[str, Grey], sem: Grey) -> dict[str, Any]:
    epochs = [
        {"epoch": int(title.removeprefix("epoch ")), **_measure(images, sem)}
        for title, images in samples.items()
    ]
    return {"epochs": epochs}


def _measure(predicted: Grey, sem: Grey) -> dict[str, float]:
    """Return STSIM-1 and the spectral distance [dB], means over images (n, y, x)."""
    bands = min(BANDS, sem.shape[1] // 4)
    pairs = zip(predicted, sem, strict=True)
    return {
        "stsim_1": float(np.mean([stsim_1(ours, true) for ours, true in pairs])),
        "spectrum": float(spectral_distance(predicted, sem, bands=bands).mean()),
    }
