"""Tables of the page Flow: Table 3 by both readings of its rule, and what k hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.flow_volumes import FIRST, THRESHOLDED, TRUE, Rules, row_label
from companion.published import published_keys, published_value
from companion.results import Result
from companion.style import Row, lay_out, number, stacked
from shalelib.flow.gas import METHANE, METHANE_AS_STATED
from shalelib.flow.thresholds import Rule
from shalelib.metrics.bootstrap import bootstrap_mean

Records = Mapping[str, Mapping[str, Any]]
Numbers = Mapping[str, Mapping[str, Sequence[float | None]]]
Ratio = Mapping[str, float | None]
Ratios = Mapping[str, Ratio]

TWO_SIDED = 1.96  # standard deviations that hold 95% of a normal error

GRID, LIMIT = "k on the voxels [nd]", "k on a fine grid [nd]"
QUANTITIES = {
    # the ledger's name: (title, the record's, the paper's, format); the paper has no fine grid
    "kn": ("Kn", "kn_mean", "kn", ".3f"),
    "permeability_grid_nd": (GRID, "permeability_nd", "permeability_nd", "#.3g"),
    "permeability_nd": (LIMIT, "limit_nd", "", "#.3g"),
    "porosity": ("φ", "porosity", "porosity", ".3f"),
    "porosity_connected": ("φ connected", "porosity_connected", "porosity_connected", ".3f"),
}
NAMES = {title: name for name, (title, _, _, _) in QUANTITIES.items()}
FORMS = {title: form for title, _, _, form in QUANTITIES.values()}
ROWS = (
    TRUE,
    *(name + end for name in THRESHOLDED for end in (FIRST, "")),
)
"""Of Table 3: the truth, and every thresholded volume at first percolation and 90% connected."""


def reading(name: str) -> str:
    """Return the rule that a row of Table 3 goes by.

    Examples
    --------
    >>> reading("truth_sem_first"), reading("truth_sem"), reading("truth")
    ('first percolation', '90% connected', 'not thresholded')
    """
    if name == TRUE:
        return "not thresholded"
    return "first percolation" if name.endswith(FIRST) else "90% connected"


def threshold_table(rules: Rules) -> pd.DataFrame:
    """Grey level, porosity and connected porosity of every volume by each of the three rules."""
    titles: dict[Rule, str] = {
        "first": "first percolation",
        "own": "90% connected",
        "common": "common to all",
    }
    lines = [
        {
            "volume": row_label(name),
            "rule": titles[rule],
            "level": found[rule].level,
            "porosity": found[rule].porosity,
            "connected": found[rule].porosity_connected,
        }
        for name, found in rules.items()
        for rule in titles
    ]
    return pd.DataFrame(lines)


def format_threshold_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `threshold_table` out for reading: a row a volume."""
    spec: dict[str, Any] = {
        "Volume": "volume",
        "grey": "level",
        "φ": ("porosity", ".3f"),
        "φ connected": ("connected", ".3f"),
    }
    return lay_out(table, spec, across=("rule",))


def fine_ratios(ratios: Records, limits: Records) -> dict[str, dict[str, float | None]]:
    """Return, for each row of Table 3, k of a fine grid over k on the voxels, and its spread.

    Parameters
    ----------
    ratios : mapping of row to record
        Of `companion.flow_cases.solve_ratios`: pieces of well-connected domains.
    limits : mapping of row to record
        Of `companion.flow_cases.solve_limits`: the central piece of a volume at its own first
        percolation, split as a whole. Pieces of a domain at first percolation do not percolate.
    """
    pooled = [float(record["ratio"]) for record in limits.values() if record["ratio"]]
    spread = float(np.std(pooled, ddof=1)) if len(pooled) > 1 else None
    found: dict[str, dict[str, float | None]] = {}
    for name in ROWS:
        if name in limits:
            found[name] = {"ratio": limits[name]["ratio"], "spread": spread}
        else:
            found[name] = {key: ratios[name][key] for key in ("ratio", "spread")}
    return found


def volume_numbers(
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    ratios: Ratios,
) -> dict[str, dict[str, list[float | None]]]:
    """Return the quantities of Table 3 by row and quantity, a list over the test volumes.

    Where both readings of the rule give the same domain, it has the one ratio of the 90% reading,
    which comes from more pieces.

    Parameters
    ----------
    records : mapping of row to the records of its test volumes
        See `companion.flow_cases.solve_cases`; None where the gas does not get through.
    ratios : mapping of row to ratio
        Of `fine_ratios`.
    """
    found: dict[str, dict[str, list[float | None]]] = {}
    for name, rows in records.items():
        k = [record["permeability_nd"] for record in rows]
        factors = [ratios[_settles(name, records, place)]["ratio"] for place in range(len(rows))]
        limit = [v * f if v and f else None for v, f in zip(k, factors, strict=True)]
        found[name] = {
            q: limit if ours == "limit_nd" else [record[ours] for record in rows]
            for q, (_, ours, _, _) in QUANTITIES.items()
        }
    return found


def _settles(name: str, records: Mapping[str, Sequence[Mapping[str, Any]]], place: int) -> str:
    """Return the row whose ratio a row has in a test volume: its own, or that of its twin."""
    twin = name.removesuffix(FIRST)
    if twin not in records:
        return name
    one, other = records[name][place], records[twin][place]
    own = [ours for _, ours, _, _ in QUANTITIES.values() if ours in one]
    return twin if all(one[key] == other[key] for key in own) else name


def table_3(numbers: Numbers, ratios: Ratios, *, resamples: int) -> pd.DataFrame:
    """Compare Kn, k, porosity and connected porosity with the paper's Table 3.

    Parameters
    ----------
    numbers : mapping
        From `volume_numbers`, with a row for the truth.
    ratios : mapping of row to ratio
        Of `fine_ratios`. A row has one for all its volumes, so its error is common to them.
    resamples : int
        Of the test volumes, behind each interval.

    Returns
    -------
    DataFrame
        One line a quantity and row: ``ours`` is the mean over the ``volumes`` that have the number,
        ``low`` and ``high`` its 95% interval over them (NaN with a single one), on the fine grid
        also over the ratio; ``paper`` is NaN where the paper has no such cell; ``truth_ratio`` is
        ours over the truth's.
    """
    lines = []
    for quantity, (title, _, theirs, _) in QUANTITIES.items():
        for name, cells in numbers.items():
            known = [value for value in cells[quantity] if value is not None]
            mean = low = high = float("nan")
            if known:
                found = bootstrap_mean(known, range(len(known)), resamples=resamples)
                mean, low, high = found.mean, found.low, found.high
                if title == LIMIT:
                    low, high = _widened(mean, low, high, ratios[name])
            row = name.removesuffix(FIRST)
            printed = theirs and row in published_keys(3)
            paper = published_value(row, theirs, table=3) if printed else np.nan
            about: dict[str, Any] = {"quantity": title, "key": name, "model": row_label(row)}
            about |= {"reading": reading(name), "volumes": len(known), "paper": paper}
            lines.append(about | {"ours": mean, "low": low, "high": high})
    table = pd.DataFrame(lines)
    truth = table[table["key"] == TRUE].set_index("quantity")["ours"]
    return table.assign(truth_ratio=table["ours"] / table["quantity"].map(truth))


def _widened(mean: float, low: float, high: float, ratio: Ratio) -> tuple[float, float]:
    """Add to an interval, as independent errors add, that of a factor behind all its values."""
    if not ratio["ratio"] or ratio["spread"] is None:
        return low, high
    common = TWO_SIDED * mean * ratio["spread"] / ratio["ratio"]
    below, above = np.hypot([mean - low, high - mean], common)
    return float(np.maximum(mean - below, 0)), float(mean + above)


def format_table_3(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_3` out for reading: a row a domain, the paper's number beside ours.

    Ours are marked with what they are of, such as ``kn/truth/shale``, as other pages print them.
    """

    def ours(row: Row) -> str:
        of = f"{NAMES[row['quantity']]}/{row['key']}/shale"
        return stacked(row["ours"], row["low"], row["high"], FORMS[row["quantity"]], of=of)

    spec: dict[str, Any] = {
        "Domain": lambda row: f"{row['model']}, {row['reading']}",
        "paper": lambda row: number(row["paper"], FORMS[row["quantity"]]),
        "ours": ours,
    }
    frame = lay_out(table, spec, across=("quantity",))
    return frame.drop(columns=(LIMIT, "paper"))


def ratio_table(ratios: Ratios, records: Records) -> pd.DataFrame:
    """Return k of the central volume on its voxels and on a fine grid, and from what that is."""
    lines = []
    central = {name: [records[name]] for name in ROWS}
    for name in ROWS:
        settles = _settles(name, central, 0)
        k, ratio = records[name]["permeability_nd"], ratios[settles]["ratio"]
        first = settles.endswith(FIRST)
        line: dict[str, Any] = {"Domain": f"{row_label(name.removesuffix(FIRST))}, {reading(name)}"}
        line |= {"k on the voxels [nd]": k, "ratio": ratio, "spread": ratios[settles]["spread"]}
        line |= {"k on a fine grid [nd]": k * ratio if k and ratio else None}
        lines.append(line | {"ratio from": "central piece, split" if first else "pieces, split"})
    return pd.DataFrame(lines)


def volume_table(numbers: Numbers) -> pd.DataFrame:
    """Return k on the voxels [nd] of every row in every test volume, the central one first."""
    rows = []
    for name, cells in numbers.items():
        k = [float("nan") if value is None else value for value in cells["permeability_grid_nd"]]
        line: dict[str, Any] = {"Domain": row_label(name.removesuffix(FIRST))}
        line |= {"Threshold": reading(name), "central": k[0]}
        rows.append(line | {f"{n}": value for n, value in enumerate(k[1:], 2)})
    return pd.DataFrame(rows)


def split_table(names: Mapping[tuple[str, int], str], records: Records) -> pd.DataFrame:
    """Permeability against the number of parts that a voxel's edge is split into."""
    return pd.DataFrame(
        [
            {
                "domain": title,
                "parts": parts,
                "k [voxel²]": records[name]["permeability_lu"] / parts**2,
            }
            for (title, parts), name in names.items()
        ]
    )


def piece_table(names: Mapping[tuple[int, int], str], records: Records) -> pd.DataFrame:
    """Permeability of every piece of the true domain; NaN where it does not percolate."""
    return pd.DataFrame(
        [
            {"edge [voxel]": edge, "piece": n, "k [nd]": records[name]["permeability_nd"]}
            for (edge, n), name in names.items()
        ]
    ).astype({"k [nd]": float})


def piece_summary(table: pd.DataFrame, whole: float) -> pd.DataFrame:
    """Spread of k over the pieces of each size; a piece that does not percolate counts as 0.

    Parameters
    ----------
    table : DataFrame
        Of `piece_table`.
    whole : float
        k of the whole cube [nd].
    """
    rows = []
    for edge, part in table.groupby("edge [voxel]"):
        k = part["k [nd]"]
        filled = k.fillna(0.0)
        rows.append(
            {
                "Edge [voxel]": edge,
                "Pieces": len(part),
                "Percolating": int(k.notna().sum()),
                "Mean k ÷ whole": filled.mean() / whole,
                "Deviation ÷ mean": filled.std() / filled.mean(),
            }
        )
    return pd.DataFrame(rows)


def gas_table(kn: float) -> pd.DataFrame:
    """Compare the two readings of the paper's gas.

    Parameters
    ----------
    kn : float
        Mean local Knudsen number of a pore space with the physical viscosity; it goes with the mean
        free path.
    """
    return pd.DataFrame(
        [
            {
                "Viscosity": title,
                "ν [cm²/s]": gas.kinematic_viscosity * 1e4,
                "Mean free path [nm]": gas.mean_free_path * 1e9,
                "Kn of the true pores": kn * gas.mean_free_path / METHANE.mean_free_path,
            }
            for title, gas in (("physical", METHANE), ("as the paper states", METHANE_AS_STATED))
        ]
    )


def evidence_rows(numbers: Numbers) -> list[dict[str, Any]]:
    """Return what flow.json keeps of the central volume: one dict a row, by quantity."""
    rows = []
    for name, cells in numbers.items():
        row: dict[str, Any] = {"key": name, "model": row_label(name.removesuffix(FIRST))}
        rows.append(row | {quantity: values[0] for quantity, values in cells.items()})
    kn = numbers[TRUE]["kn"][0]
    if kn:
        stated = METHANE_AS_STATED.mean_free_path / METHANE.mean_free_path
        rows[0]["kn_stated_viscosity"] = kn * stated
    return rows


RESULT = Result(file="flow.json", notebook="09_flow", code=evidence_rows)


def permeabilities(folder: Path) -> dict[str, list[float | None]]:
    """Read the permeability of every test volume by row, as voxels have it [nd].

    Parameters
    ----------
    folder : Path
        The results folder, after 09_flow.

    Raises
    ------
    FileNotFoundError
        There is none of today's code.
    """
    record = RESULT.read(folder)
    if record is None:
        msg = f"there is no {RESULT.title} in {folder}; run it with the same parameters first"
        raise FileNotFoundError(msg)
    return {key: numbers["permeability_grid_nd"] for key, numbers in record["volumes"].items()}
