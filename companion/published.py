"""The paper's own numbers: every cell of its three tables, from `companion/data`.

Anderson et al. 2021, Scientific Reports 11:20768, doi 10.1038/s41598-021-00080-5 (CC BY 4.0). Rows
have the keys of this book's rows, such as ``pix2pix_wgan_reg``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

Table = Literal[1, 2, 3]
FOLDER = Path(__file__).parent / "data"


FLOW_EDGE = 128  # voxels to the edge of the volumes through which the paper lets gas flow


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A printed number and what its rounding leaves open: ± half of its last digit.

    Attributes
    ----------
    value : float
        In the unit of the book.
    low, high : Fraction
        Between which the number was before it was rounded; exact, so that sums of cells meet their
        limits exactly.
    """

    value: float
    low: Fraction
    high: Fraction


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of one of the paper's tables: its name in the file and its unit there."""

    name: str
    factor: Fraction = Fraction(1)  # from the printed unit to the book's


COLUMNS: dict[Table, dict[str, Column]] = {
    1: {
        "psnr": Column(name="psnr_db"),  # dB
        "ssim": Column(name="ssim"),
        "stsim": Column(name="stsim"),
        "dice_low": Column(name="dice_low"),
        "dice_high": Column(name="dice_high"),
    },
    2: {  # Kullback-Leibler divergences [nat]
        "area_xy": Column(name="area_xy"),
        "perimeter_xy": Column(name="perimeter_xy"),
        "euler_xy": Column(name="euler_xy"),
        "area_xz_yz": Column(name="area_xz_yz"),
        "perimeter_xz_yz": Column(name="perimeter_xz_yz"),
        "euler_xz_yz": Column(name="euler_xz_yz"),
        "joint": Column(name="joint_xy"),
    },
    3: {
        "kn": Column(name="knudsen_number"),
        "permeability_nd": Column(name="permeability_darcy", factor=Fraction(10**9)),
        "porosity": Column(name="porosity_percent", factor=Fraction(1, 100)),
        "porosity_connected": Column(name="porosity_connected_percent", factor=Fraction(1, 100)),
    },
}
"""Our name of each column -> the paper's."""


def published_table(table: Table, *, folder: Path = FOLDER) -> dict[str, dict[str, Cell | None]]:
    """Read a table of the paper.

    Parameters
    ----------
    table : {1, 2, 3}
    folder : Path
        With ``table<n>.csv``.

    Returns
    -------
    mapping of row key to mapping of column to Cell
        In the paper's order; None where the paper prints a dash.

    Raises
    ------
    KeyError, ValueError
        The file lacks a column, a row is too short or too long, or a cell is no number.
    """
    path = folder / f"table{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for record in records:
        if None in record or None in record.values():
            msg = f"{path}: the row {record['key']!r} has not as many cells as there are columns"
            raise ValueError(msg)
    return {
        record["key"]: {
            name: _cell(record[column.name], column.factor)
            for name, column in COLUMNS[table].items()
        }
        for record in records
    }


_table: Callable[[Table], dict[str, dict[str, Cell | None]]] = cache(published_table)


def published_row(key: str, *, table: Table) -> Mapping[str, Cell | None]:
    """Return a row of one of the paper's tables by its key.

    Parameters
    ----------
    key : str
        Such as ``no_model`` or ``srgan_4x_vanilla_reg_median``.
    table : {1, 2, 3}

    Returns
    -------
    mapping of column to Cell
        None where the paper prints a dash.

    Raises
    ------
    KeyError
        The paper's table has no such row; the message lists those it has.

    Examples
    --------
    >>> published_row("no_model", table=1)["psnr"].value
    13.59
    >>> published_row("srgan_4x_vanilla", table=3)["permeability_nd"].value
    410.0
    """
    rows = _table(table)
    if key not in rows:
        msg = f"the paper's Table {table} has no row {key!r}; it has {', '.join(rows)}"
        raise KeyError(msg)
    return rows[key]


def published_value(key: str, column: str, *, table: Table) -> float:
    """Return a cell's number for a table of the book: NaN where the paper prints a dash."""
    cell = published_row(key, table=table)[column]
    return float("nan") if cell is None else cell.value


def published_column(column: str, *, table: Table) -> dict[str, float]:
    """Return a column's numbers by the key of the row, as `published_value` does each of them.

    Examples
    --------
    >>> published_column("kn", table=3)
    {'srgan_4x_vanilla': 0.1, 'srgan_4x_vanilla_reg': 0.077}
    """
    return {key: published_value(key, column, table=table) for key in published_keys(table)}


def published_keys(table: Table) -> tuple[str, ...]:
    """Return the keys of the rows that a table of the paper has, in its order."""
    return tuple(_table(table))


def _cell(text: str, factor: Fraction) -> Cell | None:
    """Read a printed number with the half of its last digit.

    Examples
    --------
    >>> cell = _cell("8.14e-8", Fraction(10**9))
    >>> cell.value, float(cell.low), float(cell.high)
    (81.4, 81.35, 81.45)
    """
    if not text:
        return None
    digits, _, power = text.partition("e")
    decimals = len(digits.partition(".")[2])
    scale = factor * Fraction(10) ** int(power or 0)
    value, half = Fraction(digits) * scale, Fraction(1, 2 * 10**decimals) * scale
    return Cell(value=float(value), low=value - half, high=value + half)
