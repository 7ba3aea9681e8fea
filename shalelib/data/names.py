"""Find which number in the names of slices counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

Group = tuple[str, str]
"""A run of digits in a name, after the text before it: (text, digits)."""


def slice_numbers(
    names: Sequence[str], folder: Path, *, beside: Sequence[Sequence[str]] = ()
) -> list[int]:
    """Return the number of each slice: the one that differs between all names.

    If several do, one that counts without gaps goes first.

    Parameters
    ----------
    names : sequence of str
        Without endings, each with at least one digit.
    folder : Path
        For error messages.
    beside : sequence of sequences of str
        Names in the folders of the other splits. They show what varies where `names` is a single
        one; in a name that cannot be compared with any other, the first number counts.

    Returns
    -------
    list of int
        A hyphen before the digits is a minus sign where other names have none there (``z-1``,
        ``z0``), or where it follows ``_``, ``=`` or nothing; otherwise it separates the number from
        the name.

    Raises
    ------
    ValueError
        Two numbers count without gaps, but in different orders; or the slices are numbered in
        decimals.
    """
    rows = [_groups(name) for name in names]
    others = [[_groups(name) for name in part] for part in beside]
    if len({len(row) for row in rows}) > 1:
        return [_number(row, -1, rows) for row in rows]
    if len(rows) > 1:
        column = _counting_column(rows, folder)
        return [_number(row, column, rows) for row in rows]
    alike = [part for part in others if part and {len(row) for row in part} == {len(rows[0])}]
    counted = next((part for part in alike if len(part) > 1), None)
    known = [*rows, *(row for part in alike for row in part)]
    if len(set(known)) == 1:
        column = 0
    else:
        column = _counting_column(counted or list(dict.fromkeys(known)), folder)
    return [_number(rows[0], column, known)]


def stranger(names: Sequence[str]) -> tuple[str, str] | None:
    """Return a name that differs from most others by more than its numbers, and one of those.

    Examples
    --------
    >>> stranger(["slice_1", "slice_2", "overview_3"])
    ('overview_3', 'slice_1')
    """
    patterns = [re.sub(r"-?\d+", "#", name.casefold()) for name in names]
    usual, count = Counter(patterns).most_common(1)[0]
    if not len(names) / 2 < count < len(names):
        return None
    odd = next(n for n, pattern in enumerate(patterns) if pattern != usual)
    return names[odd], names[patterns.index(usual)]


def _groups(name: str) -> tuple[Group, ...]:
    found: list[Group] = re.findall(r"(\D*)(\d+)", name.casefold())
    return tuple(found)


def _number(row: tuple[Group, ...], column: int, rows: Sequence[tuple[Group, ...]]) -> int:
    """Return the number in a column, with its sign."""
    text, digits = row[column]
    before = text.removesuffix("-")
    inner = not before and column % len(row) > 0  # as in 2021-11-02
    plain = any(before == other[column][0].removesuffix("+") for other in rows)
    minus = text != before and not inner and (plain or before[-1:] in ("", "_", "="))
    return -int(digits) if minus else int(digits)


def _counting_column(rows: Sequence[tuple[Group, ...]], folder: Path) -> int:
    """Return which group of digits counts the slices.

    It is the last that differs between all names, if possible without gaps; else the last that
    varies.
    """
    columns = [[_number(row, n, rows) for row in rows] for n in range(len(rows[0]))]
    varying = [n for n, column in enumerate(columns) if len(set(column)) > 1]
    unique = [n for n, column in enumerate(columns) if len(set(column)) == len(rows)]
    whole = [n for n in unique if max(columns[n]) - min(columns[n]) == len(rows) - 1]
    orders = {tuple(np.argsort(columns[n])) for n in whole}
    if len(orders) > 1:
        msg = (
            f"the names in {folder} count its slices in two ways that do not agree; leave one "
            "number in each name"
        )
        raise ValueError(msg)
    found = (whole or unique or varying or [len(columns) - 1])[-1]
    if found and all(row[found][0] in (".", ",") for row in rows):
        decimals = list(zip(columns[found - 1], columns[found], strict=True))
        if sorted(decimals) != sorted(decimals, key=lambda parts: parts[1]):
            name = max(rows)[found - 1][1] + max(rows)[found][0] + max(rows)[found][1]
            msg = (
                f"the names in {folder} count its slices in decimals, such as {name}; number them "
                "without a point, 1, 2, 3, ..."
            )
            raise ValueError(msg)
    return found
