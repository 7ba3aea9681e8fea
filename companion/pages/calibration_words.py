"""What the comparison of both rocks says, in words: what is missed, and what that means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from companion.pages.calibration import APART, REGRESSOR, decimals
from companion.style import Row, number


def open_targets(table: pd.DataFrame) -> list[str]:
    """Say which targets of a `calibration_table` are not met: quantity, values and target."""
    missed = table[table["met"].eq(False)]
    return [_missed(row) for row in missed.to_dict("records")]


def _missed(row: Row) -> str:
    allowed = f"allowed difference {number(row['target'], '.3g')}"
    if np.isnan(row["real"]):  # a measure of the two together
        return f"{row['quantity']} ({number(row['difference'], '#.3g')}; {allowed})"
    ours, theirs = (number(row[name], f".{decimals(row)}f") for name in ("phantom", "real"))
    return f"{row['quantity']} ({ours} instead of {theirs}; {allowed})"


def readable(table: pd.DataFrame) -> list[str]:
    """Say what the table means for a translation, and how well the two rocks are told apart.

    Returns
    -------
    list of str
        A line for each that is there to be said.
    """
    rows = table.set_index("quantity")
    told = []
    areas = [
        f"{name} crops from real ones with an {{term}}`AUC` of "
        f"{number(rows['difference'][APART.format(name)] + 0.5, '.2f')}"
        for name in ("SEM", "TXM")
        if APART.format(name) in rows.index
    ]
    if areas:
        told.append(f"A classifier tells its {' and its '.join(areas)}.")
    if REGRESSOR in rows.index and rows["met"].eq(False)[REGRESSOR]:
        less = "Less" if rows["difference"][REGRESSOR] < 0 else "More"
        harder = "harder" if less == "Less" else "easier"
        told.append(
            f"{less} of the FIB-SEM can be read off the TXM than in the real rock, so translation "
            f"is {harder} here."
        )
    return told
