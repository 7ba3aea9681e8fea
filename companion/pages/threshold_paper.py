"""What the paper's own numbers allow: straight pores of its Kn and porosity, and mistaken units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from companion.flow_volumes import row_label
from companion.profiles import get_profile
from companion.published import FLOW_EDGE, published_column, published_keys, published_value
from companion.style import lay_out, number
from shalelib.flow.estimates import archie_exponent, slit_estimate, tube_estimate
from shalelib.flow.gas import METHANE, METHANE_AS_STATED
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.units import DARCY, NANODARCY

TORTUOSITY = 2.0  # of straight pores, length over length: tortuosity² is 4
ROCKS = (1.3, 3.0)  # Archie's exponent (Archie 1942)
_STRAIGHT = {"slits": slit_estimate, "tubes": tube_estimate}


def paper_cells(key: str) -> dict[str, float]:
    """Return a row of the paper's Table 3: kn, permeability_nd and both porosities."""
    names = ("kn", "permeability_nd", "porosity", "porosity_connected")
    return {name: published_value(key, name, table=3) for name in names}


def at_edge(k: Any, of: int, edge: int) -> Any:
    """Return permeabilities of domains of `of` voxels as they would be with `edge` voxels.

    Behind one narrow place, the paper's rule for the threshold read literally, k falls as 1 / edge.

    Examples
    --------
    >>> at_edge(410.0, FLOW_EDGE, FLOW_EDGE // 2)
    820.0
    """
    return k * of / edge


def paper_at(edge: int) -> list[float]:
    """Return the paper's two permeabilities [nd], scaled to domains of `edge` voxels."""
    theirs = published_column("permeability_nd", table=3).values()
    return [at_edge(k, FLOW_EDGE, edge) for k in theirs]


def lines_told(edge: int) -> str:
    """Say what the lines at `paper_at` are."""
    return (
        f"Dotted: the paper's two permeabilities, of {FLOW_EDGE}³ voxels, scaled to the {edge}³ of "
        "the domains as behind one narrow place, where k falls as 1 ÷ edge."
    )


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
        "k of the paper [nd]": ("paper", "#.3g"),
        f"k at tortuosity² {TORTUOSITY**2:g} [nd]": ("straight", "#.3g"),
        "Formation factor that k needs": ("formation", "#.3g"),
        "Archie's exponent": ("exponent", ".1f"),
    }
    return lay_out(table, spec)


def _formation(shape: str, kn: float, k: float) -> float:
    """Return the formation factor with which pores of one width have k [nd]."""
    return _STRAIGHT[shape](kn, 1.0, slip=SECOND_ORDER) / NANODARCY / k


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
        "the stated 10⁻⁴ cm²/s in k, velocity by the physical scale": viscosity,
        f"one voxel for the length of the cube, {edge}": float(edge),
        "nm² of the voxel's edge for its square": voxel_size * 1e9,
        "the stated viscosity in the mean free path (no slip)": slip,
        "a darcy of 10⁻¹² m²": 1e-12 / DARCY,
        "velocity over the pores, not the section": pores,
    }


def conversion_table(*, voxel_size: float) -> pd.DataFrame:
    """Return what the paper's k would be without each mistake, and whether rocks have such a k.

    Returns
    -------
    DataFrame
        ``mistake``, ``factor``; by row of the paper ``k_<key>`` [nd] and the exponents of Archie
        that tubes and slits of the paper's Kn then need, ``low_<key>`` and ``high_<key>``; and the
        ``verdict``: "possible" where for both rows both shapes have exponents of rocks.
    """
    lines = []
    for mistake, factor in conversions(voxel_size=voxel_size).items():
        line: dict[str, Any] = {"mistake": mistake}
        exponents = []
        for key in published_keys(3):
            paper = paper_cells(key)
            by = factor[key] if isinstance(factor, dict) else factor
            k = paper["permeability_nd"] * by
            both = {
                shape: archie_exponent(
                    _formation(shape, paper["kn"], k), paper["porosity_connected"]
                )
                for shape in _STRAIGHT
            }
            exponents.append(both)
            line |= {f"factor_{key}": by, f"k_{key}": k}
            line |= {f"low_{key}": min(both.values()), f"high_{key}": max(both.values())}
        wrong = any(line[f"factor_{key}"] < 1 for key in published_keys(3))
        lines.append(line | {"verdict": "the wrong direction" if wrong else _verdict(exponents)})
    return pd.DataFrame(lines)


def _verdict(exponents: Sequence[Mapping[str, float]]) -> str:
    """Say whether rocks have the exponents of all rows, given one mapping by shape for each row.

    Examples
    --------
    >>> _verdict([{"slits": 2.0, "tubes": 1.5}]), _verdict([{"slits": 1.4, "tubes": 0.9}])
    ('possible', 'possible for slits only')
    >>> _verdict([{"slits": 2.0, "tubes": 1.5}, {"slits": 4.0, "tubes": 3.5}])
    'no: too tight for one row'
    """
    least, most = ROCKS
    fits = [shape for shape in _STRAIGHT if all(least <= row[shape] <= most for row in exponents)]
    if fits:
        return "possible" if len(fits) == len(_STRAIGHT) else f"possible for {fits[0]} only"
    for fault, rows in {
        "tight": [row for row in exponents if min(row.values()) > most],
        "open": [row for row in exponents if max(row.values()) < least],
    }.items():
        if rows:
            return f"no: too {fault} for {'both rows' if len(rows) > 1 else 'one row'}"
    return "no: no shape fits both rows"


def format_conversion_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `conversion_table` out for reading."""
    first, second = published_keys(3)

    def exponents(key: str) -> Any:
        return lambda row: (
            f"{number(row[f'low_{key}'], '.1f')} to {number(row[f'high_{key}'], '.1f')}"
        )

    spec: dict[str, Any] = {
        "Mistake": "mistake",
        "Factor": (f"factor_{first}", "#.3g"),
        "k, original [nd]": (f"k_{first}", "#.3g"),
        "k, regularised [nd]": (f"k_{second}", "#.3g"),
        "Exponents, original": exponents(first),
        "regularised": exponents(second),
        "Verdict": "verdict",
    }
    return lay_out(table, spec)
