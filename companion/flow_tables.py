"""Tables of the flow page, as data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from companion.flow_studies import PAPER_MODELS, TRUE, TRUE_SEM, TRUTH_LABEL, level
from companion.published import published_keys, published_value
from companion.rows import ROWS, get_row
from companion.style import Rule, interval, lay_out, number
from shalelib.flow.estimates import slit_estimate
from shalelib.flow.gas import METHANE, METHANE_AS_STATED
from shalelib.flow.units import NANODARCY
from shalelib.metrics.bootstrap import bootstrap_mean

Records = Mapping[str, Mapping[str, Any]]

QUANTITIES = {
    # ours: (title, the record's, the paper's, format)
    "kn": ("Kn", "kn_mean", "kn", ".3f"),
    "permeability_nd": ("k [nd]", "permeability_nd", "permeability_nd", ".3g"),
    "porosity": ("φ", "porosity", "porosity", ".3f"),
    "porosity_connected": ("φ connected", "porosity_connected", "porosity_connected", ".3f"),
}


def volume_numbers(
    labels: Mapping[str, str], records: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, dict[str, list[float | None]]]:
    """Return the quantities of Table 3 by row and quantity, a list over the test volumes.

    Parameters
    ----------
    labels : mapping of name to label
    records : mapping of name to the records of its test volumes
        See `companion.flow_cases.solve_cases`; None where the gas does not get through.
    """
    return {
        label: {
            q: [record[ours] for record in records[name]]
            for q, (_, ours, _, _) in QUANTITIES.items()
        }
        for name, label in labels.items()
    }


def table_3(
    numbers: Mapping[str, Mapping[str, Sequence[float | None]]], *, resamples: int
) -> pd.DataFrame:
    """Compare Kn, k, porosity and connected porosity with the paper's Table 3.

    Parameters
    ----------
    numbers : mapping
        From `volume_numbers`, with a row for the truth.
    resamples : int
        Of the test volumes, behind each interval.

    Returns
    -------
    DataFrame
        One line a quantity and row: ``ours`` is the mean over the ``volumes`` that have the number,
        ``low`` and ``high`` its 95 % interval over them (NaN with a single one); ``paper`` and
        ``difference`` (ours minus paper) are NaN where the paper has no such cell;
        ``truth_ratio`` is ours over the truth's.
    """
    keys = {row.label: row.key for row in ROWS}
    rows = []
    for quantity, (title, _, theirs, _) in QUANTITIES.items():
        for label, cells in numbers.items():
            known = [value for value in cells[quantity] if value is not None]
            mean = low = high = float("nan")
            if known:
                found = bootstrap_mean(known, range(len(known)), resamples=resamples)
                mean, low, high = found.mean, found.low, found.high
            key = keys.get(label)
            paper = (
                published_value(key, theirs, table=3) if key in published_keys(3) else float("nan")
            )
            rows.append(
                {
                    "quantity": title,
                    "model": label,
                    "paper": paper,
                    "ours": mean,
                    "difference": mean - paper,
                    "low": low,
                    "high": high,
                    "volumes": len(known),
                }
            )
    table = pd.DataFrame(rows)
    truth = table[table["model"] == TRUTH_LABEL].set_index("quantity")["ours"]
    return table.assign(truth_ratio=table["ours"] / table["quantity"].map(truth))


def volume_table(numbers: Mapping[str, Mapping[str, Sequence[float | None]]]) -> pd.DataFrame:
    """Return the permeability [nd] of every row in every test volume, the central one first."""
    rows = []
    for label, cells in numbers.items():
        k = [_or_nan(value) for value in cells["permeability_nd"]]
        rows.append(
            {"Domain": label, "central": k[0]} | {f"{n}": v for n, v in enumerate(k[1:], 2)}
        )
    return pd.DataFrame(rows)


def format_table_3(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `table_3` out for reading."""
    forms = {title: form for title, _, _, form in QUANTITIES.values()}

    def write(column: str, sign: str = "") -> Rule:
        return lambda row: number(row[column], sign + forms[row["quantity"]])

    return lay_out(
        table,
        {
            "Quantity": "quantity",
            "Domain": "model",
            "Paper": write("paper"),
            "Ours": write("ours"),
            "Ours − paper": write("difference", "+"),
            "95 % interval": lambda row: interval(row["low"], row["high"], forms[row["quantity"]]),
            "Ours ÷ truth": ("truth_ratio", ".2f"),
        },
    )


def error_table(labels: Mapping[str, str], records: Records) -> pd.DataFrame:
    """Permeability of every row with slip and without, and its ratio to the truth's.

    ``÷ thresholded`` compares with the true FIB-SEM volume treated by the same rule.
    """
    rows = []
    for name, label in labels.items():
        slip, intrinsic = (_k(records, key) for key in (name, f"{name}_no_slip"))
        rows.append(
            {
                "Model": label,
                "k with slip [nd]": slip,
                "k without slip [nd]": intrinsic,
                "with ÷ without": slip / intrinsic,
                "÷ truth, with slip": slip / _k(records, TRUE),
                "÷ truth, without": intrinsic / _k(records, f"{TRUE}_no_slip"),
                "÷ thresholded, with slip": slip / _k(records, TRUE_SEM),
            }
        )
    return pd.DataFrame(rows)


def threshold_table(
    labels: Mapping[str, str], rules: pd.DataFrame, records: Records
) -> pd.DataFrame:
    """Threshold and connected porosity by the three rules; k where it was solved."""
    titles = {"own": "90 % connected", "common": "common to all", "first": "first percolation"}
    rows = {}
    for name in map(str, rules.index):
        cells: dict[tuple[str, str], Any] = {}
        for rule, title in titles.items():
            key = name if rule == "own" else f"{name}_{rule}"
            cells[title, "grey level"] = level(rules, name, rule)
            cells[title, "φ connected"] = number(rules[f"phic_{rule}"].to_dict()[name], ".3f")
            k = _k(records, key) if key in records else float("nan")
            cells[title, "k [nd]"] = number(k, ".3g")
        rows[labels[name]] = cells
    return _two_heads(rows, "Volume")


def axes_table(labels: Mapping[str, str], records: Records) -> pd.DataFrame:
    """Permeability along z, y and x of the truth and the paper's two models [nd]."""
    rows = []
    for name in (TRUE, *PAPER_MODELS):
        k = [_k(records, key) for key in (name, f"{name}_y", f"{name}_x")]
        row = {"Model": labels[name], "k along z [nd]": k[0], "k along y [nd]": k[1]}
        rows.append(row | {"k along x [nd]": k[2], "z ÷ mean of y and x": 2 * k[0] / (k[1] + k[2])})
    return pd.DataFrame(rows)


def gas_table(records: Records) -> pd.DataFrame:
    """Compare the two readings of the gas in the true pore space."""
    rows = []
    for gas, name in ((METHANE, TRUE), (METHANE_AS_STATED, f"{TRUE}_stated")):
        rows.append(
            {
                "Viscosity": "physical" if name == TRUE else "as the paper states",
                "ν [cm²/s]": gas.kinematic_viscosity * 1e4,
                "Mean free path [nm]": gas.mean_free_path * 1e9,
                "Kn": _or_nan(records[name]["kn_mean"]),
                "k [nd]": _or_nan(records[name]["permeability_nd"]),
            }
        )
    return pd.DataFrame(rows)


def estimate_table(labels: Mapping[str, str], records: Records) -> pd.DataFrame:
    """Permeability beside what straight slits of the same Kn and porosity would have."""
    rows = [
        {
            "Domain": f"{get_row(key).label}, the paper's",
            "k [nd]": published_value(key, "permeability_nd", table=3),
            "k of slits [nd]": slit_estimate(
                published_value(key, "kn", table=3),
                published_value(key, "porosity_connected", table=3),
            )
            / NANODARCY,
        }
        for key in published_keys(3)
    ]
    for name, label in labels.items():
        record = records[name]
        if record["kn_mean"]:
            slits = slit_estimate(record["kn_mean"], record["porosity_connected"]) / NANODARCY
            rows.append(
                {
                    "Domain": label,
                    "k [nd]": _k(records, f"{name}_no_slip"),
                    "k of slits [nd]": slits,
                }
            )
    frame = pd.DataFrame(rows)
    frame["slits ÷ k"] = frame["k of slits [nd]"] / frame["k [nd]"]
    return frame


def evidence_rows(labels: Mapping[str, str], records: Records) -> list[dict[str, Any]]:
    """Return what flow.json keeps of the central volume: one dict a row, by quantity."""
    rows = []
    for name, label in labels.items():
        row: dict[str, Any] = {"model": label}
        row |= {q: records[name][ours] for q, (_, ours, _, _) in QUANTITIES.items()}
        row["permeability_intrinsic_nd"] = records[f"{name}_no_slip"]["permeability_nd"]
        stated = records.get(f"{name}_stated")
        if stated:
            row["kn_stated_viscosity"] = stated["kn_mean"]
        rows.append(row)
    return rows


def _two_heads(rows: Mapping[str, Mapping[tuple[str, str], Any]], name: str) -> pd.DataFrame:
    """One row a label, columns of two levels."""
    columns = list(next(iter(rows.values())))
    frame = pd.DataFrame([list(cells.values()) for cells in rows.values()], index=list(rows))
    frame.columns = pd.MultiIndex.from_tuples(columns)
    frame.index.name = name
    return frame


def _k(records: Records, name: str) -> float:
    return _or_nan(records[name]["permeability_nd"])


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def sweep_table(
    labels: Mapping[str, str], names: Mapping[tuple[str, int], str], records: Records
) -> pd.DataFrame:
    """Porosity, connected porosity and permeability against the threshold.

    Parameters
    ----------
    labels : mapping of volume to label
    names : mapping of (volume, number) to the name of its case
    records : mapping of case to record
    """
    return pd.DataFrame(
        [
            {
                "Volume": labels[volume],
                "threshold": records[name]["threshold"],
                "φ": records[name]["porosity"],
                "φ connected": records[name]["porosity_connected"],
                "k [nd]": _k(records, name),
            }
            for (volume, _), name in names.items()
        ]
    )


def refinement_table(names: Mapping[int, str], records: Records) -> pd.DataFrame:
    """Permeability against the number of parts that a voxel's edge is split into."""
    return pd.DataFrame(
        [
            {
                "parts": parts,
                "k [nd]": _k(records, name),
                "k [voxel²]": _or_nan(records[name]["permeability_lu"]) / parts**2,
                "Kn": _or_nan(records[name]["kn_mean"]),
            }
            for parts, name in names.items()
        ]
    )


def piece_table(names: Mapping[tuple[int, int], str], records: Records) -> pd.DataFrame:
    """Permeability of every piece of the true domain; NaN where it does not percolate."""
    return pd.DataFrame(
        [
            {"edge [voxel]": edge, "piece": number, "k [nd]": _k(records, name)}
            for (edge, number), name in names.items()
        ]
    )


def piece_summary(pieces: pd.DataFrame, whole: float) -> pd.DataFrame:
    """Spread of k over the pieces of each size; a piece that does not percolate counts as 0.

    Parameters
    ----------
    pieces : DataFrame
        Of `piece_table`.
    whole : float
        k of the whole cube [nd].
    """
    rows = []
    for edge, part in pieces.groupby("edge [voxel]"):
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
