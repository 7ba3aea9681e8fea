"""All 2-D metrics of Table 1 for a stack of test patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from shalelib.arrays import Grey, Labels, check_grey, check_same_shape
from shalelib.metrics.paired import dice, psnr, ssim
from shalelib.metrics.stsim import stsim_1, stsim_global, stsim_windowed

METRICS: dict[str, Callable[[Grey, Grey], float]] = {
    "psnr": psnr,
    "ssim": ssim,
    "stsim_global": stsim_global,
    "stsim_windowed": stsim_windowed,
    "stsim_1": stsim_1,
}


def score_patches(predicted: Grey, true: Grey) -> pd.DataFrame:
    """Score each predicted image against the true one.

    Parameters
    ----------
    predicted, true : (n, y, x) uint8 arrays

    Returns
    -------
    DataFrame
        One row an image, one column a metric of `METRICS`.
    """
    check_grey("predicted", predicted, ndim=3)
    check_grey("true", true, ndim=3)
    check_same_shape("predicted and true", predicted, true, mend="translate the same patches")
    rows = [
        {name: metric(a, b) for name, metric in METRICS.items()}
        for a, b in zip(predicted, true, strict=True)
    ]
    return pd.DataFrame(rows)


def score_phases(predicted: Labels, true: Labels, phases: Mapping[str, int]) -> pd.DataFrame:
    """Dice coefficient of each phase, image by image.

    Parameters
    ----------
    predicted, true : (n, y, x) uint8 arrays
        Phase labels.
    phases : mapping of name to label

    Returns
    -------
    DataFrame
        One row an image, one column a phase; NaN where neither image holds the phase.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([[[1, 2]], [[2, 2]]], np.uint8)
    >>> score_phases(labels, labels, {"low": 1})["low"].tolist()
    [1.0, nan]
    """
    check_same_shape("predicted and true", predicted, true, mend="classify the same patches")
    rows = [
        {name: dice(a, b, label) for name, label in phases.items()}
        for a, b in zip(predicted, true, strict=True)
    ]
    return pd.DataFrame(rows)
