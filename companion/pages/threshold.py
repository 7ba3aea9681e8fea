"""Tables of the page Why is the paper's k so small: what a threshold's last voxel lets through."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.claims_flow import ORDER
from companion.flow_cases import Level
from companion.flow_volumes import (
    FIRST,
    PAPER_MODELS,
    THRESHOLDED,
    TRUE,
    TRUE_SEM,
    FlowVolume,
    row_label,
)
from companion.pages.flow import permeabilities
from companion.pages.threshold_paper import ROCKS, at_edge, paper_cells
from companion.profiles import FlowConfig
from companion.published import FLOW_EDGE, published_column, published_keys
from companion.results import Result
from companion.style import lay_out, number
from shalelib.arrays import Mask, digest
from shalelib.flow.domain import connected_pores
from shalelib.flow.thresholds import connected_threshold, sweep_levels
from shalelib.flow.units import NANODARCY
from shalelib.flow.voxels import central_piece

AXES = {"z": 0, "y": 1, "x": 2}
PORE, GRAIN = 100, 200  # grey levels of a mask
FEW = 3
"""Voxels of a narrowest place below which a permeability is theirs alone."""


def mask_as_grey(pore: Mask) -> np.ndarray:
    """Turn pores into a grey volume that `PORE` separates again."""
    return np.where(pore, np.uint8(PORE), np.uint8(GRAIN))


def sweeps(
    volumes: Sequence[FlowVolume], pores: Mask, config: FlowConfig, *, voxel_size: float
) -> list[Level]:
    """Thresholds of the central pieces of all volumes.

    The paper's models and the true FIB-SEM along each axis from first percolation, by the grey
    level after it, to where 90% are connected; the other models along z at first percolation; the
    true pores along each axis.
    """
    found = []
    for volume in volumes:
        grey = central_piece(volume.grey, config.sweep_edge)
        swept = volume.name in (*PAPER_MODELS, TRUE_SEM)
        for letter, axis in AXES.items() if swept else [("z", 0)]:
            last = connected_threshold(grey, axis=axis)
            levels = sweep_levels(grey, config.thresholds, last=last, axis=axis)
            after = min(levels[0] + 1, 255)
            for n, level in enumerate(sorted({*levels, after}) if swept else levels[:1]):
                name = f"{volume.name}_{letter}_{n}"
                told = f"{volume.key} {name} of {config.thresholds} {len(grey)}"
                found.append(_level(name, grey, level, axis, voxel_size, told))
    piece = central_piece(pores, config.sweep_edge)
    for letter, axis in AXES.items():
        if connected_pores(piece, axis=axis).any():
            name = f"{TRUE}_{letter}"
            told = digest(name, piece)
            found.append(_level(name, mask_as_grey(piece), PORE, axis, voxel_size, told))
    return found


def _level(
    name: str, grey: np.ndarray, threshold: int, axis: int, voxel_size: float, told: str
) -> Level:
    return Level(
        name=name,
        grey=grey,
        threshold=threshold,
        axis=axis,
        voxel_size=voxel_size,
        identity=told,
    )


def level_table(levels: Sequence[Level], records: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one line a threshold that was solved.

    Returns
    -------
    DataFrame
        ``key``, ``model``, ``axis``, ``first`` (of its volume and axis), ``level``, ``kn``,
        ``porosity``, ``porosity_connected``, ``permeability_nd``, ``intrinsic_nd`` (without slip),
        ``cut`` [voxel], ``critical`` [voxel] and ``per_voxel`` of the cut [nd].
    """
    lines = []
    for level in levels:
        record = records[level.name]
        if record["permeability"] is None:
            continue
        letter = "zyx"[level.axis]
        key = level.name.rpartition(f"_{letter}")[0]
        k = record["permeability"] / NANODARCY
        lines.append(
            {
                "key": key,
                "model": row_label(key),
                "axis": letter,
                "first": level.name.endswith("_0"),
                "level": record["threshold"],
                "kn": record["kn_mean"],
                "porosity": record["porosity"],
                "porosity_connected": record["porosity_connected"],
                "permeability_nd": k,
                "intrinsic_nd": record["permeability_intrinsic"] / NANODARCY,
                "cut": record["minimum_cut"],
                "critical": record["critical_diameter"],
                "per_voxel": k / record["minimum_cut"],
            }
        )
    return pd.DataFrame(lines)


def format_level_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `level_table` out for reading."""
    spec: dict[str, Any] = {
        "Volume": "model",
        "Axis": "axis",
        "Grey": lambda row: "–" if row["key"] == TRUE else str(row["level"]),
        "φ": ("porosity", ".3f"),
        "φ connected": ("porosity_connected", ".3f"),
        "Kn": ("kn", ".3f"),
        "k [nd]": ("permeability_nd", "#.3g"),
        "Minimum cut [voxel]": "cut",
        "k ÷ cut [nd]": ("per_voxel", "#.3g"),
        "Critical diameter [voxel]": ("critical", "#.2g"),
    }
    return lay_out(table, spec)


def nearest_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each row of the paper, the domain whose whole row is nearest to it.

    Nearest is the least of the largest ratios, greater over smaller, of the four quantities; it is
    the column ``apart``.
    """
    lines = []
    for key in published_keys(3):
        paper = paper_cells(key)
        apart = np.max(
            [np.abs(np.log(table[name].to_numpy(float) / value)) for name, value in paper.items()],
            axis=0,
        )
        best = table.iloc[int(apart.argmin())]
        lines.append({"row": f"{row_label(key)}, the paper's", **paper})
        where = f"{best['model']}, {best['axis']}, grey {best['level']}"
        lines.append(
            {"row": f"nearest: {where}", **{name: best[name] for name in paper}}
            | {"cut": best["cut"], "apart": math.exp(float(apart.min()))}
        )
    return pd.DataFrame(lines)


def format_nearest_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `nearest_table` out for reading."""
    spec: dict[str, Any] = {
        "Domain": "row",
        "Kn": ("kn", ".3f"),
        "k [nd]": ("permeability_nd", "#.3g"),
        "φ": ("porosity", ".3f"),
        "φ connected": ("porosity_connected", ".3f"),
        "Minimum cut [voxel]": ("cut", ".0f"),
        "Largest ratio": ("apart", ".2f"),
    }
    return lay_out(table, spec)


def next_level(table: pd.DataFrame) -> pd.Series:
    """Return k one grey level above first percolation over k there, by volume and axis."""
    places = table.set_index(["key", "axis"])
    first = places[places["first"]]
    start = first["level"].reindex(places.index)
    after = places[places["level"] == start + 1]["permeability_nd"]
    return (after / first["permeability_nd"].reindex(after.index)).dropna()


def whole_volumes(folder: Path) -> dict[str, list[float]]:
    """Return k [nd] of all test volumes at first percolation along z, by thresholded row.

    Parameters
    ----------
    folder : Path
        The results folder, after 09_flow; a volume that does not percolate is left out.
    """
    k = permeabilities(folder)
    return {name: [one for one in k[name + FIRST] if one is not None] for name in THRESHOLDED}


def decades(whole: Mapping[str, Sequence[float]], *, edge: int) -> str:
    """Say how many volumes at first percolation have a permeability like the paper's."""
    every = [k for values in whole.values() for k in values]
    if not every:
        return f"At first percolation no test volume of {edge}³ voxels lets gas through"
    near = sum(ORDER[0] <= k < ORDER[1] for k in every)
    size = ", the paper's size," if edge == FLOW_EDGE else ""
    return (
        f"At first percolation along z, {near} of {len(every)} volumes of {edge}³ voxels{size} "
        f"have a k in the paper's two decades, {ORDER[0]:g} to {ORDER[1]:g} nd"
    )


def _span(values: pd.Series | Sequence[float], form: str = "#.3g") -> str:
    return f"{number(min(values), form)} to {number(max(values), form)}"


def _carriers(cut: pd.Series) -> str:
    """Say how many voxels carry: "1 voxel carries", "12 voxels carry", "1 to 2 voxels carry"."""
    least, most = cut.min(), cut.max()
    if least < most:
        return f"{least} to {most} voxels carry"
    return "1 voxel carries" if most == 1 else f"{most} voxels carry"


def sentences(
    straight: pd.DataFrame,
    table: pd.DataFrame,
    whole: Mapping[str, Sequence[float]],
    *,
    config: FlowConfig,
) -> list[str]:
    """Say in words what the levels of the page show, and whole volumes at first percolation.

    Parameters
    ----------
    straight, table : DataFrame
        Of `straight_table` and `level_table`.
    whole : mapping of row to sequence of float
        Of `whole_volumes`.
    config : FlowConfig
    """
    edge = config.sweep_edge
    first = table[table["first"] & (table["axis"] == "z") & (table["key"] != TRUE)]
    median = table["per_voxel"].median()
    scaled = at_edge(median, edge, FLOW_EDGE)
    papers = sorted(set(straight["paper"]), reverse=True)
    every = [k for values in whole.values() for k in values]
    below = sum(k < min(every) for k in papers) if every else 0
    verdict = (
        "read this way, the threshold's last voxels decide, not the translation"
        if papers[0] / scaled < FEW
        else "more than the last voxels of a threshold"
    )
    verdict += f" ({below} of the {len(papers)} lies below every volume here)" if below else ""
    true = whole.get(TRUE_SEM)
    seen = f"; all {len(every)} have {_span(every)} nd" if every else ""
    seen += f", those of the true FIB-SEM {_span(true)} nd" if true else ""
    steps = next_level(table)
    return [
        f"From Kn and φ alone, straight pores would have a k of {_span(straight['straight'])} nd; "
        f"the paper's k needs Archie exponents of {_span(straight['exponent'], '.1f')}, where "
        f"rocks have {ROCKS[0]:g} to {ROCKS[1]:g}.",
        f"{decades(whole, edge=config.cube_edge)}{seen}. In their middles of {edge}³, "
        f"{_carriers(first['cut'])} all the gas.",
        f"One more grey level makes k {_span(steps, '#.2g')} times that at first percolation ("
        f"median {number(steps.median(), '#.2g')}, {len(steps)} volumes and axes). Over all "
        f"{len(table)} domains of {edge}³, k spans {_span(table['permeability_nd'])} nd, but k per "
        f"voxel of the minimum cut spans {_span(table['per_voxel'])} nd "
        f"(median {number(median, '#.3g')}).",
        "Behind one narrow place, k falls as 1 ÷ the edge of the domain: at the paper's "
        f"{FLOW_EDGE}³ voxels that median would be {number(scaled, '#.3g')} nd. The paper's "
        f"{' and '.join(number(k, '#.3g') for k in papers)} nd are then what "
        f"{' and '.join(number(k / scaled, '#.2g') for k in papers)} voxels would carry; "
        f"{verdict}.",
    ]


def row_sentence(table: pd.DataFrame) -> str:
    """Say in words whether the paper's rows are farther apart than domains at first percolation."""
    first = table[table["first"] & (table["axis"] == "z") & (table["key"] != TRUE)]
    k = first["permeability_nd"]
    original, regularised = published_column("permeability_nd", table=3).values()
    apart, theirs = k.max() / k.min(), original / regularised
    verdict = (
        "If its threshold was taken there, that says nothing about the regulariser."
        if apart >= theirs
        else "That is more than the paper's two rows differ by."
    )
    return (
        f"At first percolation along z, {_carriers(first['cut'])} all the gas, and the k of "
        f"{len(k)} domains differs by a factor of up to "
        f"{number(apart, '#.2g')}; the paper's two rows differ by a factor of "
        f"{number(theirs, '#.2g')}. {verdict}"
    )


def open_sentences(nearest: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Say in words how near a domain comes to the paper's rows, and which mistakes are possible."""
    apart = nearest["apart"].dropna()
    left = units[units["verdict"].str.startswith("possible")]
    possible = [f"{one.mistake} ({one.verdict})" for one in left.itertuples()]
    return [
        "The domains nearest to the paper's rows differ from them by factors of up to "
        f"{' and '.join(number(value, '.2f') for value in apart)}.",
        "Mistakes of units that would leave exponents found in rocks: "
        f"{'; '.join(possible) or 'none'}. The numbers cannot distinguish them from first "
        "percolation without a mistake.",
    ]


RESULT = Result(file="threshold.json", notebook="10_threshold", code=level_table)
