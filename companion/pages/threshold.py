"""Tables of the page Why is the paper's k so small: what a threshold's last voxel lets through."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from companion.claims_flow import ORDER
from companion.flow_cases import Level
from companion.flow_volumes import PAPER_MODELS, TRUE, TRUE_SEM, FlowVolume, row_label
from companion.profiles import FlowConfig, get_profile
from companion.published import published_keys, published_value
from companion.results import Result
from companion.style import lay_out, number
from shalelib.arrays import Mask, digest
from shalelib.flow.domain import connected_pores, connected_threshold
from shalelib.flow.estimates import archie_exponent, slit_estimate, tube_estimate
from shalelib.flow.gas import METHANE, METHANE_AS_STATED
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.thresholds import sweep_levels
from shalelib.flow.units import DARCY, NANODARCY
from shalelib.flow.voxels import central_piece

AXES = {"z": 0, "y": 1, "x": 2}
TORTUOSITY = 2.0  # of straight pores, length over length: tortuosity² is 4
ROCKS = (1.3, 3.0)  # Archie's exponent (Archie 1942)
PORE, GRAIN = 100, 200  # grey levels of a mask
_STRAIGHT = {"slits": slit_estimate, "tubes": tube_estimate}


def paper_cells(key: str) -> dict[str, float]:
    """Return a row of the paper's Table 3: kn, permeability_nd and both porosities."""
    names = ("kn", "permeability_nd", "porosity", "porosity_connected")
    return {name: published_value(key, name, table=3) for name in names}


def straight_table() -> pd.DataFrame:
    """Return what straight pores of the paper's Kn and porosities let through, with slip.

    Returns
    -------
    DataFrame
        One line a row of the paper and shape: width [nm], ``straight`` of `TORTUOSITY` [nd], the
        formation factor that the paper's k needs, and Archie's exponent of it.
    """
    lines = []
    for key in published_keys(3):
        paper = paper_cells(key)
        kn, phi, k = paper["kn"], paper["porosity_connected"], paper["permeability_nd"]
        for shape, estimate in _STRAIGHT.items():
            straight = estimate(kn, phi, tortuosity=TORTUOSITY, slip=SECOND_ORDER) / NANODARCY
            lines.append(
                {
                    "model": row_label(key),
                    "pores": shape,
                    "width": METHANE.mean_free_path / kn * 1e9,
                    "paper": k,
                    "straight": straight,
                    "formation": _formation(shape, kn, k),
                    "exponent": archie_exponent(_formation(shape, kn, k), phi),
                }
            )
    return pd.DataFrame(lines)


def format_straight_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `straight_table` out for reading."""
    spec: dict[str, Any] = {
        "Paper's row": "model",
        "Pores": "pores",
        "Width [nm]": ("width", ".0f"),
        "k of the paper [nd]": ("paper", ".3g"),
        f"k at tortuosity² {TORTUOSITY**2:g} [nd]": ("straight", ".3g"),
        "Formation factor that k needs": ("formation", ".3g"),
        "Archie's exponent": ("exponent", ".1f"),
    }
    return lay_out(table, spec)


def _formation(shape: str, kn: float, k: float) -> float:
    """Return the formation factor with which pores of one width have k [nd]."""
    return _STRAIGHT[shape](kn, 1.0, slip=SECOND_ORDER) / NANODARCY / k


def mask_as_grey(pore: Mask) -> np.ndarray:
    """Turn pores into a grey volume that `PORE` separates again."""
    return np.where(pore, np.uint8(PORE), np.uint8(GRAIN))


def sweeps(
    volumes: Sequence[FlowVolume], pores: Mask, config: FlowConfig, *, voxel_size: float
) -> list[Level]:
    """Thresholds of the central pieces of all volumes.

    The paper's models and the true FIB-SEM along each axis from first percolation, by the grey
    level after it, to where 90 % are connected; the other models along z at first percolation; the
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
        "Grey": lambda row: "" if row["key"] == TRUE else str(row["level"]),
        "φ": ("porosity", ".3f"),
        "φ connected": ("porosity_connected", ".3f"),
        "Kn": ("kn", ".3f"),
        "k [nd]": ("permeability_nd", ".3g"),
        "Minimum cut [voxel]": "cut",
        "k ÷ cut [nd]": ("per_voxel", ".3g"),
        "Critical diameter [voxel]": ("critical", ".2g"),
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
        "k [nd]": ("permeability_nd", ".3g"),
        "φ": ("porosity", ".3f"),
        "φ connected": ("porosity_connected", ".3f"),
        "Minimum cut [voxel]": ("cut", ".0f"),
        "Largest ratio": ("apart", ".2f"),
    }
    return lay_out(table, spec)


def conversions(*, voxel_size: float) -> dict[str, float | dict[str, float]]:
    """Return mistakes of units that might have made k smaller, with the factor that undoes each.

    By row of the paper where the factor depends on it.
    """
    edge = get_profile("paper").flow.cube_edge
    slip = {
        key: slit_estimate(paper_cells(key)["kn"], 1.0, slip=SECOND_ORDER)
        / slit_estimate(paper_cells(key)["kn"], 1.0, slip=NO_SLIP)
        for key in published_keys(3)
    }
    pores = {key: paper_cells(key)["porosity_connected"] for key in published_keys(3)}
    viscosity = METHANE.kinematic_viscosity / METHANE_AS_STATED.kinematic_viscosity
    return {
        "none": 1.0,
        "the stated 1e-4 cm²/s in k, velocity by the physical scale": viscosity,
        f"one voxel for the length of the cube, {edge}": float(edge),
        "nm² of the voxel's edge for its square": voxel_size * 1e9,
        "the stated viscosity in the mean free path (no slip)": slip,
        "a darcy of 1e-12 m²": 1e-12 / DARCY,
        "velocity over the pores, not the section": pores,
    }


def conversion_table(*, voxel_size: float) -> pd.DataFrame:
    """Return what the paper's k would be without each mistake, and whether rocks have such a k.

    Returns
    -------
    DataFrame
        ``mistake``, ``factor``; by row of the paper ``k_<key>`` [nd] and the exponents of Archie
        that tubes and slits of the paper's Kn then need, ``low_<key>`` and ``high_<key>``; and the
        ``verdict``: "possible" where for both rows they meet those of rocks.
    """
    lines = []
    for mistake, factor in conversions(voxel_size=voxel_size).items():
        line: dict[str, Any] = {"mistake": mistake}
        ranges = []
        for key in published_keys(3):
            paper = paper_cells(key)
            by = factor[key] if isinstance(factor, dict) else factor
            k = paper["permeability_nd"] * by
            both = [
                archie_exponent(_formation(shape, paper["kn"], k), paper["porosity_connected"])
                for shape in _STRAIGHT
            ]
            ranges.append((min(both), max(both)))
            line |= {f"factor_{key}": by, f"k_{key}": k}
            line |= {f"low_{key}": min(both), f"high_{key}": max(both)}
        lines.append(line | {"verdict": _verdict(ranges, line)})
    return pd.DataFrame(lines)


def _verdict(ranges: Sequence[tuple[float, float]], line: Mapping[str, Any]) -> str:
    """Say whether ordinary rocks have the exponents of all rows."""
    if any(line[f"factor_{key}"] < 1 for key in published_keys(3)):
        return "the wrong direction"
    tight = [low > ROCKS[1] for low, _ in ranges]
    if all(tight):
        return "no: still too tight for both rows"
    return "no: still too tight for one row" if any(tight) else "possible"


def format_conversion_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `conversion_table` out for reading."""
    first, second = published_keys(3)

    def exponents(key: str) -> Any:
        return lambda row: (
            f"{number(row[f'low_{key}'], '.1f')} to {number(row[f'high_{key}'], '.1f')}"
        )

    spec: dict[str, Any] = {
        "Mistake": "mistake",
        "Factor": (f"factor_{first}", ".3g"),
        "k, original [nd]": (f"k_{first}", ".3g"),
        "k, regularised [nd]": (f"k_{second}", ".3g"),
        "Exponents, original": exponents(first),
        "regularised": exponents(second),
        "Verdict": "verdict",
    }
    return lay_out(table, spec)


def next_level(table: pd.DataFrame) -> pd.Series:
    """Return k one grey level above first percolation over k there, by volume and axis."""
    places = table.set_index(["key", "axis"])
    first = places[places["first"]]
    start = first["level"].reindex(places.index)
    after = places[places["level"] == start + 1]["permeability_nd"]
    return (after / first["permeability_nd"].reindex(after.index)).dropna()


def sentences(
    straight: pd.DataFrame, table: pd.DataFrame, nearest: pd.DataFrame, units: pd.DataFrame
) -> list[str]:
    """Say in words what the tables of the page show."""

    def span(values: pd.Series, form: str = ".3g") -> str:
        return f"{number(values.min(), form)} to {number(values.max(), form)}"

    first = table[table["first"] & (table["axis"] == "z") & (table["key"] != TRUE)]
    inside = first["permeability_nd"].between(ORDER[0], ORDER[1], inclusive="left").sum()
    apart = nearest["apart"].dropna()
    possible = units.loc[units["verdict"] == "possible", "mistake"].tolist()
    median = table["per_voxel"].median()
    papers = sorted(set(straight["paper"]), reverse=True)
    steps = next_level(table)
    return [
        f"By Kn and φ alone straight pores let through {span(straight['straight'])} nd; the "
        f"paper's k needs Archie exponents of {span(straight['exponent'], '.1f')}, where rocks "
        f"have {ROCKS[0]:g} to {ROCKS[1]:g}.",
        f"At first percolation along z k is {span(first['permeability_nd'])} nd, through "
        f"{first['cut'].min()} to {first['cut'].max()} voxels; {inside} of {len(first)} domains "
        f"lie in the paper's two decades, {ORDER[0]:g} to {ORDER[1]:g} nd.",
        f"One grey level more makes k {span(steps, '.2g')} times that of first percolation (median "
        f"{number(steps.median(), '.2g')}, {len(steps)} volumes and axes).",
        f"Over all {len(table)} domains k spans {span(table['permeability_nd'])} nd, but k per "
        f"voxel of the minimum cut {span(table['per_voxel'])} nd (median {number(median, '.3g')}).",
        f"At that median the paper's {' and '.join(number(k, '.3g') for k in papers)} nd are "
        f"{' and '.join(number(k / median, '.2g') for k in papers)} voxels: the threshold's last "
        "voxel, and no word on the translation.",
        "The domains nearest to the paper's rows differ from them by factors of up to "
        f"{' and '.join(number(value, '.2f') for value in apart)}.",
        f"Mistakes of units that would leave rocks' exponents: {'; '.join(possible) or 'none'}. "
        "The numbers cannot tell them from no mistake at first percolation.",
    ]


RESULT = Result(file="threshold.json", notebook="10_threshold", code=level_table)
