"""The page on two-dimensional results: Table 1 and what stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from companion.evaluation import evaluate
from companion.published import published_keys, published_value
from companion.results import Result
from companion.rows import NO_MODEL, get_row
from companion.scoring import Scores
from companion.style import (
    Row,
    Rule,
    beside,
    estimate,
    lay_out,
    number,
    stacked,
)
from shalelib.metrics import table1

PAPER_COLUMNS = {
    # our metric: the column of the paper's Table 1 that it is compared with
    "psnr": "psnr",
    "ssim": "ssim",
    "stsim_1": "stsim",
    "dice_low": "dice_low",
    "dice_high": "dice_high",
}
"""Of the readings of STSIM the untranslated row speaks for this one; the others have no paper's."""
PAIR = "paper | ours"
LEFT_ON = "dropout\nleft on"


def table_1(
    scores: Mapping[str, pd.DataFrame],
    slice_index: ArrayLike,
    *,
    resamples: int,
    paper: bool = True,
) -> pd.DataFrame:
    """Compare our 2-D metrics with the paper's Table 1.

    Parameters
    ----------
    scores : mapping of row key to DataFrame
        For each row the metrics of every test patch, from `companion.evaluation.evaluate`.
    slice_index : (n,) int array
        The slice of each test patch; the intervals resample slices.
    resamples : int
        Bootstrap resamples.
    paper : bool
        Compare with the paper; False for data that are not its rock.

    Returns
    -------
    DataFrame
        `shalelib.metrics.table1.table_1` with the ``heading`` of the metric and the label of the
        ``model``, and with `paper` its value ``paper`` (NaN where it has no such cell) and
        ``difference`` from it.
    """
    table = named(table1.table_1(scores, slice_index, resamples=resamples))
    if paper:
        table["paper"] = [_cell(*pair) for pair in zip(table["metric"], table["row"], strict=True)]
        table["difference"] = table["ours"] - table["paper"]
    return table


def with_published(table: pd.DataFrame, means: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Add the column ``published``: means of inference as published, of row to metric to mean."""
    pairs = zip(table["row"], table["metric"], strict=True)
    return table.assign(published=[means.get(r, {}).get(m, float("nan")) for r, m in pairs])


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Add the ``heading`` of each metric and the label of each row's ``model`` to a table."""
    headings = [table1.get_metric(name).heading for name in table["metric"]]
    labels = [get_row(key).label for key in table["row"]]
    return table.assign(heading=headings, model=labels)


def _cell(metric: str, row: str) -> float:
    """Return the paper's number; NaN where it has no such row or column."""
    if metric not in PAPER_COLUMNS or row not in published_keys(1):
        return float("nan")
    return published_value(row, PAPER_COLUMNS[metric], table=1)


def form_of(row: Row) -> str:
    """Return the form of the number of a metric that a table's line shows."""
    return f".{table1.get_metric(row['metric']).digits}f"


def lay_out_table_1(
    table: pd.DataFrame, *, of: str = "", elsewhere: Collection[str] = ()
) -> pd.DataFrame:
    """Lay `table_1` out as the paper does: one line a model, one or two columns a metric.

    Where the paper has numbers a cell holds its and ours; inference as published has a column of
    its own, if `with_published` has added it. `of` names the images, as in
    ``psnr/no_model/patches``, if other pages print these numbers too; those of the rows `elsewhere`
    they print as another table has them.
    """

    def pair(row: Row) -> str:
        named_so = of and row["row"] not in elsewhere
        quantity = f"{row['metric']}/{row['row']}/{of}" if named_so else ""
        return beside(row["paper"], row["ours"], row["low"], row["high"], form_of(row), of=quantity)

    def ours(row: Row) -> str:
        return stacked(row["ours"], row["low"], row["high"], form_of(row))

    known = "paper" in table and table["paper"].notna().any()
    other = "published" in table and table["published"].notna().any()
    title = PAIR if known else "ours" if other else ""
    spec: dict[str, Rule] = {"Model": "model", title: pair if known else ours}
    if other:
        spec[LEFT_ON] = lambda row: number(row["published"], form_of(row))
    return lay_out(table, spec, across=["heading"])


def formats_of(table: pd.DataFrame) -> dict[str, str]:
    """Return the form of the numbers of each metric's column that a table has."""
    return {
        metric.heading: f".{metric.digits}f"
        for metric in table1.METRICS
        if metric.heading in table.columns
    }


def lay_out_separation(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `shalelib.metrics.table1.separation` out for reading."""

    def cell(column: str) -> Rule:
        return lambda row: number(row[column], form_of(row))

    return lay_out(
        table,
        {
            "Metric": lambda row: table1.get_metric(row["metric"]).heading,
            "Best network": cell("best"),
            "Worst network": cell("worst"),
            "Width of an interval": cell("width"),
            "Best without a network": cell("rival"),
            "Networks better than it": lambda row: f"{row['better']} of {row['networks']}",
        },
    )


def inference_table(found: Mapping[str, Scores]) -> pd.DataFrame:
    """Compare evaluation mode with the authors' inference, which leaves dropout on.

    Parameters
    ----------
    found : mapping of row key to Scores
    """
    return pd.DataFrame(
        [
            {
                "Model": get_row(key).label,
                "PSNR, eval [dB]": one.evaluated["psnr"].mean(),
                "PSNR, as published [dB]": one.published["psnr"].mean(),
                "SSIM, eval": one.evaluated["ssim"].mean(),
                "SSIM, as published": one.published["ssim"].mean(),
                "Jitter from dropout [grey level]": one.jitter,
            }
            for key, one in found.items()
        ]
    )


def ablation_table(
    scores: Mapping[str, pd.DataFrame], jacobian: Mapping[str, float]
) -> pd.DataFrame:
    """Mean metrics and the final squared Jacobian norm of a few trainings, one line each.

    Parameters
    ----------
    scores : mapping of row key to DataFrame
    jacobian : mapping of row key to float
    """
    return pd.DataFrame(
        [
            {
                "Model": get_row(key).label,
                **{table1.get_metric(str(name)).heading: frame[name].mean() for name in frame},
                "‖J‖² at the end": jacobian[key],
            }
            for key, frame in scores.items()
        ]
    )


def spread(psnr: Sequence[float] | ArrayLike) -> list[int]:
    """Pick five patches without choosing: those of least, quartile and greatest PSNR.

    Examples
    --------
    >>> spread([5.0, 1.0, 3.0, 2.0, 4.0])
    [1, 3, 2, 4, 0]
    """
    order = np.argsort(np.asarray(psnr, float))
    n = len(order)
    return [int(order[k]) for k in (0, n // 4, n // 2, 3 * n // 4, n - 1)]


def findings(
    table: pd.DataFrame,
    separation: pd.DataFrame,
    rock: pd.DataFrame | None = None,
    *,
    plates: Mapping[str, bool],
    trained_on: str = "",
) -> list[str]:
    """Say in sentences what Table 1 shows.

    Parameters
    ----------
    table : DataFrame
        From `table_1`.
    separation : DataFrame
        From `shalelib.metrics.table1.separation`.
    rock : DataFrame, optional
        `table_1` of the rows that need no training, on all of the real rock.
    trained_on : str
        A sentence on what stands behind the networks' rows, beside those over all folds.
    plates : mapping of row key to bool
        Of the networks, whether their images are grey plates (`companion.watched.is_plate`).
    """
    whole = table if rock is None else rock
    untouched = whole[whole["row"] == NO_MODEL.key].set_index("metric", drop=False)
    shown = untouched["metric"].isin(["psnr", "ssim", "stsim_1"])
    cells = []
    for line in untouched[shown].to_dict("records"):
        ours = estimate(line["ours"], line["low"], line["high"], form_of(line))
        paper = line.get("paper", float("nan"))
        beside = f" (the paper: {number(paper, '.2f')})" if np.isfinite(paper) else ""
        title, _, unit = line["heading"].partition(" [")
        cells.append(f"{ours}{unit and ' ' + unit.rstrip(']')} in {title}{beside}")
    alone = "" if rock is None else f" {trained_on}"
    told = [
        f"{'The' if rock is None else 'Over all five folds, the'} untranslated TXM scores "
        f"{'; '.join(cells)}.{alone}",
        *_nearest_reading(untouched),
        *_flat(plates),
    ]
    if len(separation):
        lines = separation.to_dict("records")
        most = max(lines, key=lambda line: line["better"] / line["networks"])
        none = [table1.get_metric(line["metric"]).title for line in lines if not line["better"]]
        best = (
            f" Networks do best in {table1.get_metric(most['metric']).title}, where "
            f"{most['better']} of {most['networks']} "
            f"{'is' if most['better'] == 1 else 'are'} better than that predictor."
        )
        lost = (
            "No network beats the best predictor without one, the nearest training slice among "
            f"them, in {len(none)} of {len(lines)} metrics "
            f"({'; '.join(none)})."
            if none
            else f"In each of {len(lines)} metrics a network beats the best predictor without one."
        )
        told.append(f"{lost}{best if most['better'] else ''}")
    return told


def _flat(plates: Mapping[str, bool]) -> Iterator[str]:
    """Name the networks whose images are grey plates."""
    if not plates:
        return
    names = [get_row(key).label for key, flat in plates.items() if flat]
    yield (
        f"{len(names)} of {len(plates)} networks end up drawing grey plates, images with less "
        f"than a quarter of the FIB-SEM's contrast{': ' if names else ''}{'; '.join(names)}."
    )


def _nearest_reading(untouched: pd.DataFrame) -> Iterator[str]:
    """Say which reading of the paper's STSIM is nearest to its cell of the untranslated TXM."""
    readings = untouched[untouched.index.isin(["stsim_global", "stsim_windowed", "stsim_1"])]
    if "paper" not in untouched or readings.empty:
        return
    paper = published_value(NO_MODEL.key, "stsim", table=1)
    lines = readings.to_dict("records")
    nearest = min(lines, key=lambda line: abs(line["ours"] - paper))
    yield (
        f"Of {len(lines)} readings of the paper's STSIM, one comes nearest to the "
        f"{number(paper, '.2f')} printed for the untranslated TXM: {nearest['heading']}."
    )


RESULT = Result(file="table1.json", notebook="07_images", code=evaluate)
