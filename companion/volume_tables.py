"""Table 2 and its sensitivity to the choices that the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from companion.published import published_keys, published_value
from companion.style import estimate, lay_out, number
from companion.volume_measures import Measured
from companion.volume_rows import VolumeRow
from shalelib.metrics.divergence import BINS, FLOOR, Divergence, kl_of_samples, kl_of_tables
from shalelib.metrics.minkowski import FUNCTIONALS


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of Table 2: its name in `companion.published`, plane family and title."""

    name: str
    family: str
    functional: str
    title: str


COLUMNS = (
    Column(name="area_xy", family="x-y", functional="area", title="Area"),
    Column(name="perimeter_xy", family="x-y", functional="perimeter", title="Perimeter"),
    Column(name="euler_xy", family="x-y", functional="euler", title="Euler"),
    Column(name="area_xz_yz", family="x-z, y-z", functional="area", title="Area"),
    Column(name="perimeter_xz_yz", family="x-z, y-z", functional="perimeter", title="Perimeter"),
    Column(name="euler_xz_yz", family="x-z, y-z", functional="euler", title="Euler"),
)
JOINT = Column(name="joint", family="all voxels", functional="", title="p(T, S)")

Results = dict[str, dict[str, Divergence]]
"""Divergence of every row (by name) in every column (by name)."""


def divergences(
    measured: Mapping[str, Measured],
    real: Measured,
    *,
    resamples: int,
    bins: int | str = BINS,
    floor: float = FLOOR,
) -> Results:
    """Compute Table 2: KL(real ‖ synthesised) in every column.

    Parameters
    ----------
    measured : mapping of row name to Measured
    real : Measured
        Of the true FIB-SEM volume. Its x-y images are the real side of every plane family, as in
        the paper, which had no others and assumes isotropy.
    resamples : int
        Bootstrap resamples.
    bins, floor
        See `shalelib.metrics.divergence`.
    """
    results: Results = {}
    for name, one in measured.items():
        cells = {}
        for column in COLUMNS:
            place = FUNCTIONALS.index(column.functional)
            cells[column.name] = kl_of_samples(
                real.functionals["x-y"][:, place],
                one.functionals[column.family][:, place],
                real.groups["x-y"],
                one.groups[column.family],
                bins=bins,
                floor=floor,
                resamples=resamples,
            )
        cells[JOINT.name] = kl_of_tables(real.joint, one.joint, floor=floor, resamples=resamples)
        results[name] = cells
    return results


def table_2(rows: tuple[VolumeRow, ...], results: Results) -> pd.DataFrame:
    """Compare our divergences with the paper's Table 2, one line a cell.

    Returns
    -------
    DataFrame
        ``planes``, ``quantity``, ``column``, ``model``, ``kind``, ``paper`` (NaN where it has no
        such cell), ``ours``, ``difference`` and the 95 % limits ``low`` and ``high`` [nat].
    """
    lines = []
    for row in rows:
        for column in (*COLUMNS, JOINT):
            ours = results[row.name][column.name]
            has = row.name in published_keys(2)
            paper = published_value(row.name, column.name, table=2) if has else float("nan")
            low, high = ours.interval
            lines.append(
                {
                    "planes": column.family,
                    "quantity": column.title,
                    "column": column.name,
                    "model": row.label,
                    "kind": row.kind,
                    "paper": paper,
                    "ours": ours.value,
                    "difference": ours.value - paper,
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(lines)


def format_table_2(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_2` out for reading: a row a model, ours with its interval beside the paper's."""
    return lay_out(
        table,
        {
            "Model": "model",
            "paper": ("paper", ".2f"),
            "ours": lambda row: estimate(row["ours"], row["low"], row["high"], ".2f"),
        },
        across=("planes", "quantity"),
    )


def bin_rules(
    measured: Mapping[str, Measured],
    real: Measured,
    rules: tuple[tuple[int | str, float], ...],
) -> pd.DataFrame:
    """Show how Table 2 depends on the bins and on the floor.

    Parameters
    ----------
    measured, real
        As for `divergences`.
    rules : tuple of (bins, floor)

    Returns
    -------
    DataFrame
        For each rule the mean divergence over the rows, the share of cells above 20 nat, and
        Kendall's rank correlation with the rows' order by the default rule, mean of the six
        columns of Minkowski functionals.
    """
    names = [column.name for column in COLUMNS]
    reference = _values(divergences(measured, real, resamples=0), names)
    lines = []
    for bins, floor in rules:
        found = _values(divergences(measured, real, resamples=0, bins=bins, floor=floor), names)
        taus = [kendalltau(a, b).statistic for a, b in zip(found.T, reference.T, strict=True)]
        lines.append(
            {
                "Bins": str(bins),
                "Floor": number(floor, ".0e"),
                "Mean divergence [nat]": found.mean(),
                "Cells above 20 nat": float((found > 20).mean()),
                "Kendall's τ with the default": float(np.nanmean(taus)),
            }
        )
    return pd.DataFrame(lines)


def _values(results: Results, names: list[str]) -> np.ndarray:
    return np.array([[cells[name].value for name in names] for cells in results.values()])
