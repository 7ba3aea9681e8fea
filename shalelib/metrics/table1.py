"""Table 1: its metrics, the scores of test patches, and their means with intervals.

`METRICS` is the one place where a metric is declared; whatever is listed there is scored and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shalelib.arguments import check_complete, check_kind, given_grey, given_mask, given_row
from shalelib.arrays import Grey, Labels, Mask, Phase, check_same_shape
from shalelib.metrics.bootstrap import bootstrap_mean
from shalelib.metrics.paired import dice, psnr, ssim
from shalelib.metrics.stsim import stsim_1, stsim_global, stsim_windowed
from shalelib.metrics.texture import spectral_distance


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of Table 1.

    Attributes
    ----------
    name : str
        Its column in the scores.
    title : str
        Title for readers, without the unit.
    function : callable
        Takes a predicted and a true image, (y, x) arrays, and returns a number; NaN if there is
        nothing to compare.
    unit : str
        Empty for a pure number.
    digits : int
        Number of decimals that are shown.
    less_is_better : bool
    compares : str
        What the function is given: ``grey``, the grey images; ``rock``, the grey images of patches
        that lie wholly inside the rock (others score NaN); ``phases``, the phases of both images as
        a classifier sees them; ``classes``, the predicted phases and the true ones.
    """

    name: str
    title: str
    function: Callable[[NDArray[Any], NDArray[Any]], float]
    unit: str = ""
    digits: int = 3
    less_is_better: bool = False
    compares: Literal["grey", "rock", "phases", "classes"] = "grey"

    @property
    def heading(self) -> str:
        """Title with the unit.

        Examples
        --------
        >>> Metric(name="psnr", title="PSNR", function=psnr, unit="dB").heading
        'PSNR [dB]'
        """
        return f"{self.title} [{self.unit}]" if self.unit else self.title


def _spectral_distance(predicted: Grey, true: Grey) -> float:
    return float(spectral_distance(predicted[None], true[None])[0])


def _dice(phase: Phase) -> Callable[[Labels, Labels], float]:
    return partial(dice, phase=int(phase))


METRICS = (
    Metric(name="psnr", title="PSNR", function=psnr, unit="dB", digits=2),
    Metric(name="ssim", title="SSIM", function=ssim),
    Metric(name="stsim_global", title="STSIM as printed, global", function=stsim_global),
    Metric(name="stsim_windowed", title="STSIM as printed, 7 × 7 windows", function=stsim_windowed),
    Metric(name="stsim_1", title="STSIM-1, steerable pyramid", function=stsim_1),
    Metric(
        name="dice_low",
        title="Dice, low density",
        function=_dice(Phase.LOW),
        compares="phases",
    ),
    Metric(
        name="dice_medium",
        title="Dice, medium density",
        function=_dice(Phase.MEDIUM),
        compares="phases",
    ),
    Metric(
        name="dice_high",
        title="Dice, high density",
        function=_dice(Phase.HIGH),
        compares="phases",
    ),
    Metric(
        name="dice_low_truth",
        title="Dice, low density, true classes",
        function=_dice(Phase.LOW),
        compares="classes",
    ),
    Metric(
        name="dice_medium_truth",
        title="Dice, medium density, true classes",
        function=_dice(Phase.MEDIUM),
        compares="classes",
    ),
    Metric(
        name="dice_high_truth",
        title="Dice, high density, true classes",
        function=_dice(Phase.HIGH),
        compares="classes",
    ),
    Metric(
        name="spectrum",
        title="Spectral distance",
        function=_spectral_distance,
        unit="dB",
        digits=2,
        less_is_better=True,
        compares="rock",
    ),
)


def get_metric(name: str) -> Metric:
    """Return the metric of Table 1 called `name`, such as ``psnr`` or ``dice_low``.

    Raises
    ------
    ValueError
        There is no such metric; the message lists the names.

    Examples
    --------
    >>> get_metric("spectrum").less_is_better
    True
    """
    for metric in METRICS:
        if isinstance(name, str) and metric.name == name:
            return metric
    msg = f"no metric is called {name!r}; choose one of: {', '.join(m.name for m in METRICS)}"
    raise ValueError(msg)


def score_patches(
    predicted: Grey | None,
    true: Grey,
    *,
    inside: Mask | None = None,
    predicted_phases: Labels | None = None,
    true_phases: Labels | None = None,
    true_classes: Labels | None = None,
) -> pd.DataFrame:
    """Score each predicted image against the true one by the metrics of Table 1.

    Parameters
    ----------
    predicted : (n, y, x) uint8 array or None
        Predicted grey images; None for a prediction of phases alone.
    true : (n, y, x) uint8 array
        True grey images.
    inside : (n, y, x) bool array, optional
        The rock in them.
    predicted_phases, true_phases : (n, y, x) uint8 arrays, optional
        Phases of the predicted and the true images, as one classifier sees them.
    true_classes : (n, y, x) uint8 array, optional
        The true phases.

    Returns
    -------
    DataFrame
        One row per image and one column per metric. Metrics that compare what was not given are
        left out.

    Raises
    ------
    TypeError
        An array is of the wrong type.
    ValueError
        The shapes differ, or the images are too small for a metric.

    Examples
    --------
    >>> labels = np.array([[[1, 2]], [[2, 2]]], np.uint8)
    >>> scores = score_patches(None, labels, predicted_phases=labels, true_phases=labels)
    >>> scores["dice_low"].tolist()
    [1.0, nan]
    """
    given_grey("true", true, ndim=3)
    if predicted is not None:
        given_grey("predicted", predicted, ndim=3)
    if inside is not None:
        given_mask("inside", inside, ndim=3)
    given = {
        "predicted": predicted,
        "inside": inside,
        "predicted_phases": predicted_phases,
        "true_phases": true_phases,
        "true_classes": true_classes,
    }
    for name, part in given.items():
        if part is not None:
            check_complete(name, part)
            check_same_shape(f"{name} and true", part, true, mend="take the same patches for both")
    pairs = {
        "grey": (predicted, true),
        "rock": (predicted, None if inside is None else true),
        "phases": (predicted_phases, true_phases),
        "classes": (predicted_phases, true_classes),
    }
    columns = {}
    for metric in METRICS:
        first, second = pairs[metric.compares]
        if first is None or second is None:
            continue
        values = np.full(len(true), np.nan)
        held = np.ones(len(true), bool)
        if metric.compares == "rock" and inside is not None:
            held &= inside.all(axis=(1, 2))
        values[held] = [
            metric.function(a, b) for a, b in zip(first[held], second[held], strict=True)
        ]
        columns[metric.name] = values
    return pd.DataFrame(columns)


def table_1(
    scores: Mapping[str, pd.DataFrame],
    slice_index: ArrayLike,
    *,
    resamples: int = 2000,
) -> pd.DataFrame:
    """Compute the means of scores over test patches, with 95% intervals over slices.

    Parameters
    ----------
    scores : mapping of row to DataFrame
        For each row of the table the scores of all test patches, from `score_patches`. A patch
        without a value (NaN) is left out of that metric.
    slice_index : (n,) int array
        The slice of each test patch; the intervals resample slices.
    resamples : int
        Number of bootstrap resamples.

    Returns
    -------
    DataFrame
        One line for each metric and each row that has a value in it, with the columns ``metric``
        (its name), ``row``, ``ours`` (the mean), ``low`` and ``high`` (the limits of the interval).
        The limits are NaN with a single slice, and if a value is infinite, as the PSNR of equal
        images is.

    Raises
    ------
    TypeError
        `scores` is not a mapping of DataFrames.
    ValueError
        `scores` is empty, or `slice_index` does not have a slice for each patch.
    """
    check_kind("scores", scores, Mapping, mend="such as {'row': score_patches(...)}")
    if not scores:
        msg = "scores is empty; pass the scores of one row at least, {'row': score_patches(...)}"
        raise ValueError(msg)
    for row, frame in scores.items():
        check_kind(f"scores[{row!r}]", frame, pd.DataFrame, mend="make it by score_patches")
    check_complete("slice_index", slice_index)
    slices = np.asarray(slice_index)
    for row, frame in scores.items():
        if slices.shape != (len(frame),):
            msg = (
                f"slice_index must name the slice of each of the {len(frame)} patches of {row!r}, "
                f"got shape {slices.shape}"
            )
            raise ValueError(msg)
    lines = []
    for metric in METRICS:
        for row, frame in scores.items():
            if metric.name not in frame or frame[metric.name].isna().all():
                continue
            held = frame[metric.name].notna().to_numpy()
            values = frame[metric.name].to_numpy(float)[held]
            line: dict[str, Any] = {"metric": metric.name, "row": row}
            if np.isfinite(values).all():
                found = bootstrap_mean(values, slices[held], resamples=resamples)
                line |= {"ours": found.mean, "low": found.low, "high": found.high}
            else:
                line |= {"ours": float(values.mean()), "low": np.nan, "high": np.nan}
            lines.append(line)
    return pd.DataFrame(lines)


def separation(
    table: pd.DataFrame,
    *,
    networks: Sequence[str],
    rivals: Sequence[str],
) -> pd.DataFrame:
    """Compare, by each metric, networks with predictors that know nothing.

    Parameters
    ----------
    table : DataFrame
        From `table_1`.
    networks, rivals : sequences of str
        Rows of the table: the networks, and the predictors that know nothing.

    Returns
    -------
    DataFrame
        One line for each ``metric`` that has a value for both, with the means of the ``best`` and
        the ``worst`` network and of the best ``rival``, the number of networks that are ``better``
        than that, the number of ``networks``, and the median ``width`` of their intervals.

    Raises
    ------
    TypeError
        `table` is not a DataFrame, or `networks` or `rivals` is a single name.
    """
    check_kind("table", table, pd.DataFrame, mend="make it by table_1")
    networks = given_row("networks", networks, mend="pass names of rows, ['pix2pix_vanilla']")
    rivals = given_row("rivals", rivals, mend="pass names of rows, ['constant']")
    lines = []
    for metric in METRICS:
        part = table[table["metric"] == metric.name].set_index("row")
        ours = part.loc[part.index.intersection(list(networks))]
        theirs = part.loc[part.index.intersection(list(rivals))]
        if ours.empty or theirs.empty:
            continue
        sign = -1.0 if metric.less_is_better else 1.0
        ranked = (sign * ours["ours"]).sort_values(ascending=False)
        held = (sign * theirs["ours"]).max()
        lines.append(
            {
                "metric": metric.name,
                "best": sign * ranked.iloc[0],
                "worst": sign * ranked.iloc[-1],
                "width": float((ours["high"] - ours["low"]).median()),
                "rival": sign * held,
                "better": int((ranked > held).sum()),
                "networks": len(ranked),
            }
        )
    return pd.DataFrame(lines)
