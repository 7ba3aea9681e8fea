"""Tables of the page Volumes: Table 2 as the paper words it, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau
from skimage.measure import euler_number, perimeter, perimeter_crofton

from companion.published import published_keys, published_row, published_value
from companion.rows import NO_MODEL, ROWS, TRUTH, Row
from companion.style import beside, lay_out, number, stacked
from companion.volume_measures import Measured
from shalelib.arrays import Grey, Mask
from shalelib.metrics.divergence import (
    FLOOR,
    GREY_BINS,
    Divergence,
    joint_histogram,
    kl_from_counts,
)
from shalelib.metrics.functionals import edge_perimeter, minkowski, quantimpy_perimeter
from shalelib.metrics.table2 import COLUMNS, JOINT, Column, PlaneMeasures, divergences

ALL_COLUMNS = (*COLUMNS, JOINT)
PERFECT = "Perfect volume (True FIB-SEM)"
Results = dict[str, dict[str, Divergence]]
"""Divergence of every row (by key) in every column (by name)."""


def row_divergences(
    measured: Mapping[str, Measured], real: PlaneMeasures, *, resamples: int, **options: Any
) -> Results:
    """Compute all rows of Table 2; the options are those of `shalelib.metrics.table2`."""
    return {
        key: divergences(one.planes, real, resamples=resamples, **options)
        for key, one in measured.items()
    }


def table_2(
    rows: tuple[Row, ...], results: Results, *, reasons: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Compare our divergences with the paper's Table 2, one line a cell.

    Parameters
    ----------
    rows : tuple of Row
    results : Results
    reasons : mapping of column to text, optional
        Of `incomparable`; these columns have no difference from the paper.

    Returns
    -------
    DataFrame
        ``key``, ``model``, ``kind``, ``column``, ``planes``, ``quantity``, ``paper`` (NaN where it
        has none), ``ours``, ``difference`` and the 95% limits ``low`` and ``high`` [nat].
    """
    lines = []
    for row in rows:
        for column in ALL_COLUMNS:
            ours = results[row.key][column.name]
            paper = (
                published_value(row.key, column.name, table=2)
                if row.key in published_keys(2)
                else float("nan")
            )
            comparable = column.name not in (reasons or {})
            low, high = ours.interval
            lines.append(
                {
                    "key": row.key,
                    "model": PERFECT if row == TRUTH else row.label,
                    "kind": row.kind,
                    "column": column.name,
                    "planes": column.family,
                    "quantity": column.title if comparable else f"{column.title}: not comparable",
                    "paper": paper,
                    "ours": ours.value,
                    "difference": ours.value - paper if comparable else float("nan"),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(lines)


def format_table_2(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_2` out for reading: a row a model, the paper's and ours in one cell."""

    def pair(row: Any) -> str:
        of = f"{row['column']}/{row['key']}/shale"
        return beside(row["paper"], row["ours"], row["low"], row["high"], ".2f", of=of)

    def ours(row: Any) -> str:
        return stacked(row["ours"], row["low"], row["high"], ".2f")

    known = table["paper"].notna().any()
    spec: dict[str, Any] = {
        "Model": "model",
        "paper | ours" if known else "": pair if known else ours,
    }
    return lay_out(table, spec, across=("planes", "quantity"))


def incomparable(no_model: pd.DataFrame, *, floor: float = FLOOR) -> dict[str, str]:
    """Say which columns of the paper's Table 2 cannot be the statistic of ours, and why.

    Parameters
    ----------
    no_model : DataFrame
        Of `no_model_joint`.
    floor : float

    Returns
    -------
    mapping of column to reason
        A column that holds more than ln(1 / floor), the most that a floor allows; and the joint
        histogram, if No Model's is above the paper's whatever the bins.
    """
    reasons = {}
    most = -np.log(floor)
    for column in ALL_COLUMNS:
        cells = [published_row(key, table=2)[column.name] for key in published_keys(2)]
        above = sorted({cell.value for cell in cells if cell and float(cell.low) > most})
        if above:
            told, limit = " and ".join(number(v, ".2f") for v in above), number(most, ".3f")
            reasons[column.name] = (
                f"the paper's {told} {'exceed' if len(above) > 1 else 'exceeds'} {limit}, the "
                f"most that a floor of {number(floor, '.0e')} allows"
            )
    theirs = published_value(NO_MODEL.key, JOINT.name, table=2)
    low, high = no_model["divergence"].min(), no_model["divergence"].max()
    if low > theirs:
        reasons[JOINT.name] = (
            "No Model has S = T, a histogram on the diagonal, and so "
            f"{number(low, '.1f')} to {number(high, '.1f')} nat with {no_model['bins'].min()} to "
            f"{no_model['bins'].max()} bins; the paper has {number(theirs, '.2f')}"
        )
    return reasons


def sentences(table: pd.DataFrame) -> list[str]:
    """Say in words what Table 2 holds here; the truth's row must be in it.

    Parameters
    ----------
    table : DataFrame
        Of `table_2`, the truth, No Model and networks.
    """
    lines = {(line["key"], line["column"]): line for line in table.to_dict("records")}
    cells = {key: line["ours"] for key, line in lines.items()}
    networks = [row.key for row in ROWS if row.variant and (row.key, JOINT.name) in cells]
    euler = "euler_xz_yz"
    untranslated = cells[NO_MODEL.key, euler]
    worse = sum(cells[key, euler] > untranslated for key in networks)
    apart = sum(lines[key, euler]["low"] > lines[NO_MODEL.key, euler]["high"] for key in networks)
    better = sum(cells[key, euler] < cells[TRUTH.key, euler] for key in networks)
    blind = ": a small number is no sign of a true volume"
    blinding = better or untranslated < cells[TRUTH.key, euler]
    full = float(np.mean([cells[key, c.name] > 20 for key in networks for c in COLUMNS]))
    perfect = [number(cells[TRUTH.key, name], ".2f") for name in ("euler_xy", euler)]
    found = [
        f"A perfect volume, scored in this way, gets {perfect[0]} nat for the Euler characteristic "
        f"in x-y and {perfect[1]} in x-z and y-z, from sampling and acquisition alone; the "
        f"untranslated TXM gets {number(untranslated, '.2f')} in x-z and y-z.",
        f"There, {worse} of {len(networks)} rows of networks, median-filtered ones and the "
        "generator of volumes included, are farther from the real images than the untranslated "
        f"TXM ({apart} with intervals apart), and {better} {'is' if better == 1 else 'are'} nearer "
        f"than the perfect volume{blind if blinding else ''}.",
    ]
    if full:
        found.append(
            f"{number(full, '.0%')} of the networks' cells are above 20 nat, where the divergence "
            "only says that the two sides have nothing in common."
        )
    return found


def reason_table(reasons: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns that are not comparable, with the reasons."""
    titles = {column.name: _title(column) for column in ALL_COLUMNS}
    return pd.DataFrame(
        [{"Column": titles[name], "Not comparable because": why} for name, why in reasons.items()]
    )


def no_model_joint(
    txm: Grey, real_txm: Grey, real_sem: Grey, *, bins: tuple[int, ...] = (16, GREY_BINS, 256)
) -> pd.DataFrame:
    """Divergence of the joint histogram of No Model, S = T, from that of real images.

    Parameters
    ----------
    txm : uint8 array
        The volumes that No Model hands on.
    real_txm, real_sem : (n, y, x) uint8 arrays
    bins : tuple of int

    Returns
    -------
    DataFrame
        ``bins`` and ``divergence`` [nat].
    """
    return pd.DataFrame(
        [
            {
                "bins": count,
                "divergence": float(
                    kl_from_counts(
                        joint_histogram(real_txm, real_sem, bins=count),
                        joint_histogram(txm, txm, bins=count),
                    )
                ),
            }
            for count in bins
        ]
    )


def bin_rules(
    measured: Mapping[str, Measured],
    real: PlaneMeasures,
    rules: tuple[tuple[int | str, float], ...],
) -> pd.DataFrame:
    """Show how Table 2 depends on the bins and on the floor.

    Parameters
    ----------
    measured, real
        As for `row_divergences`.
    rules : tuple of (bins, floor)

    Returns
    -------
    DataFrame
        For each rule the mean divergence over the rows, the share of cells above 20 nat, and
        Kendall's rank correlation with the rows' order by the default rule, mean of the six
        columns of Minkowski functionals; NaN in no column counts.
    """
    reference = _values(row_divergences(measured, real, resamples=0))
    lines = []
    for bins, floor in rules:
        found = _values(row_divergences(measured, real, resamples=0, bins=bins, floor=floor))
        taus = [kendalltau(a, b).statistic for a, b in zip(found.T, reference.T, strict=True)]
        known = [tau for tau in taus if np.isfinite(tau)]
        lines.append(
            {
                "Bins": str(bins),
                "Floor": number(floor, ".0e"),
                "Mean divergence [nat]": found.mean(),
                "Cells above 20 nat": float((found > 20).mean()),
                "Kendall's τ with the default": float(np.mean(known)) if known else float("nan"),
            }
        )
    return pd.DataFrame(lines)


def _values(results: Results) -> np.ndarray:
    return np.array([[cells[c.name].value for c in COLUMNS] for cells in results.values()])


def _title(column: Column) -> str:
    return f"{column.title}, {column.family}"


Measure = Callable[[Mask], Any]
_SHAPES = ("disc, radius 10", "disc, radius 20", "disc, radius 40", "square, edge 40")


def convention_table(low: Mask, *, images: int = 40) -> pd.DataFrame:
    """Compare conventions of the perimeter on shapes of known perimeter and on a phase.

    Parameters
    ----------
    low : (n, z, y, x) bool array
        The phase.
    images : int
        At most so many x-y images of it, evenly spread.

    Returns
    -------
    DataFrame
        One row a convention: its perimeter divided by the exact one for discs and a square, and
        divided by ours for the phase; its mean Euler characteristic of the phase.
    """
    stack = low.reshape(-1, *low.shape[2:])
    stack = stack[:: -(-len(stack) // images)]
    exact = [2 * np.pi * 10, 2 * np.pi * 20, 2 * np.pi * 40, 4 * 40.0]
    square = np.zeros((1, 48, 48), bool)
    square[:, 4:44, 4:44] = True
    shapes = [_disc(10), _disc(20), _disc(40), square]
    ours = minkowski(stack)[:, 1].mean()
    lines = []
    for name, measure, euler in _conventions():
        ratios = [float(measure(s)[0]) / e for s, e in zip(shapes, exact, strict=True)]
        lines.append(
            {
                "Convention": name,
                **dict(zip(_SHAPES, ratios, strict=True)),
                "low density, relative to ours": float(measure(stack).mean() / ours),
                "low density, Euler": float(euler(stack).mean()),
            }
        )
    return pd.DataFrame(lines)


def _conventions() -> tuple[tuple[str, Measure, Measure], ...]:
    """Return name, perimeter and Euler characteristic of each convention."""
    four, eight = (_each(partial(euler_number, connectivity=k)) for k in (1, 2))
    crofton_4, crofton_2 = (_each(partial(perimeter_crofton, directions=k)) for k in (4, 2))
    return (
        ("ours: four directions, open frame, 4-connected", _column(1), _column(2)),
        ("ours, 8-connected", _column(1), _column(2, connectivity=8)),
        ("scikit-image: perimeter_crofton, 4-connected, frame closed", crofton_4, four),
        ("scikit-image: two directions, 8-connected", crofton_2, eight),
        ("scikit-image: perimeter, 8-connected", _each(perimeter), eight),
        ("edges of pixels, open frame", edge_perimeter, _column(2)),
        ("quantimpy", quantimpy_perimeter, _column(2)),
    )


def _column(place: int, *, connectivity: int = 4) -> Measure:
    return lambda images: minkowski(images, connectivity=connectivity)[:, place]


def _each(measure: Callable[[Mask], float]) -> Measure:
    return lambda images: np.array([measure(np.pad(image, 1)) for image in images])


def _disc(radius: int) -> Mask:
    y, x = np.mgrid[: 2 * radius + 9, : 2 * radius + 9] - radius - 4
    return (y**2 + x**2 <= radius**2)[None]
