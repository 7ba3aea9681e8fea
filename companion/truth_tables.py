"""What the true volume says of the models, and whether Table 2 says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from companion.style import DASH, Row, Rule, estimate, lay_out, number, p_value
from companion.volume_measures import Measured
from companion.volume_rows import VolumeRow
from companion.volume_tables import COLUMNS, JOINT, Results
from shalelib.arrays import Mask, Real
from shalelib.flow.domain import connected_pores
from shalelib.metrics.isotropy import isotropy_test
from shalelib.metrics.minkowski import FAMILIES, FUNCTIONALS, minkowski
from shalelib.metrics.volume import slice_jump, two_point_along
from shalelib.phantom.cubes import Cubes


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """What is true of the test volumes.

    Attributes
    ----------
    low, connected : (cubes,) arrays
        Shares of the low-density phase and of what of it percolates along z.
    jump : (cubes,) array
        Mean absolute change of the true FIB-SEM from slice to slice [grey level].
    two_point : (3, reach + 1) array
        Two-point correlation of the phase along z, y and x, mean of the cubes.
    """

    low: Real
    connected: Real
    jump: Real
    two_point: Real


def true_measures(cubes: Cubes, *, reach: int) -> Truth:
    """Measure the true phase and the true FIB-SEM volumes."""
    curves = [[two_point_along(one, axis, reach=reach) for axis in range(3)] for one in cubes.low]
    return Truth(
        low=np.array([one.mean() for one in cubes.low]),
        connected=np.array([connected_pores(one).mean() for one in cubes.low]),
        jump=np.array([slice_jump(one) for one in cubes.sem]),
        two_point=np.mean(curves, axis=0),
    )


def truth_table(
    rows: tuple[VolumeRow, ...], measured: Mapping[str, Measured], truth: Truth
) -> pd.DataFrame:
    """Judge every row by the truth, the mean of the test volumes and their range.

    Returns
    -------
    DataFrame
        One line a row: ``model``, ``kind`` and for each measure its mean, ``<measure>_low`` and
        ``<measure>_high``, the least and largest of the volumes. ``jump_error`` is the change from
        slice to slice less the true one [grey level], ``connected_error`` and ``low_error``
        likewise in shares of the volume, ``two_point_z`` and ``two_point_xy`` the root mean square
        error of the two-point correlation.
    """
    lines = []
    for row in rows:
        one = measured[row.name]
        values = {name: one.scores[name] for name in _AS_MEASURED}
        values["jump_error"] = one.scores["jump"] - truth.jump
        values["low_error"] = one.scores["low"] - truth.low
        values["connected_error"] = one.scores["connected"] - truth.connected
        line: dict[str, object] = {"model": row.label, "kind": row.kind}
        for name, value in values.items():
            line[name] = float(np.mean(value))
            line[f"{name}_low"], line[f"{name}_high"] = float(np.min(value)), float(np.max(value))
        error = np.sqrt(np.mean(np.square(one.two_point - truth.two_point), axis=1))
        line["two_point_z"] = float(error[0])
        line["two_point_xy"] = float(np.sqrt(np.mean(np.square(error[1:]))))
        lines.append(line)
    return pd.DataFrame(lines)


_AS_MEASURED = ("psnr", "ssim", "dice_true", "dice_classified")
_SHOWN = {
    # our column: (title, factor, form)
    "psnr": ("PSNR, 3-D [dB]", 1, ".2f"),
    "ssim": ("SSIM, 3-D", 1, ".3f"),
    "dice_true": ("Dice, true phase", 1, ".3f"),
    "dice_classified": ("Dice, classified truth", 1, ".3f"),
    "jump_error": ("|dS/dz| − true [grey/slice]", 1, ".2f"),
    "low_error": ("low density − true [%]", 100, ".2f"),
    "connected_error": ("connected − true [%]", 100, ".2f"),
}


def format_truth_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `truth_table` out for reading: means, with the range over the volumes in brackets."""

    def write(name: str, factor: float, form: str) -> Rule:
        def written(row: Row) -> str:
            mean, low, high = (factor * row[name + limit] for limit in ("", "_low", "_high"))
            return estimate(mean, low, high, form)

        return written

    spec: dict[str, Rule] = {"Model": "model"}
    spec |= {title: write(name, factor, form) for name, (title, factor, form) in _SHOWN.items()}
    spec |= {"S₂ error, z": ("two_point_z", ".4f"), "S₂ error, x and y": ("two_point_xy", ".4f")}
    return lay_out(table, spec)


ERRORS = {
    "psnr": "−PSNR",
    "ssim": "1 − SSIM",
    "dice_true": "1 − Dice, true phase",
    "jump_error": "|dS/dz| error",
    "connected_error": "connected porosity error",
    "two_point": "S₂ error",
}


def true_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Turn `truth_table` into errors, larger is worse, one column for each of `ERRORS`."""
    return pd.DataFrame(
        {
            "model": table["model"],
            "psnr": -table["psnr"],
            "ssim": 1 - table["ssim"],
            "dice_true": 1 - table["dice_true"],
            "jump_error": table["jump_error"].abs(),
            "connected_error": table["connected_error"].abs(),
            "two_point": np.hypot(table["two_point_z"], np.sqrt(2) * table["two_point_xy"]),
        }
    )


def rank_agreement(
    rows: tuple[VolumeRow, ...], results: Results, errors: pd.DataFrame
) -> pd.DataFrame:
    """Kendall's rank correlation of every column of Table 2 with every true error.

    Parameters
    ----------
    rows : tuple of VolumeRow
        The models that are ranked; those of `errors`, in its order.
    results : Results
        The divergences.
    errors : DataFrame
        As `true_errors` returns it.

    Returns
    -------
    DataFrame
        ``column``, ``error``, ``tau``, ``p_value`` and ``models``; tau is NaN where one of the two
        is the same for all models.
    """
    lines = []
    for column in (*COLUMNS, JOINT):
        values = [results[row.name][column.name].value for row in rows]
        for name in ERRORS:
            found = kendalltau(values, errors[name])
            lines.append(
                {
                    "column": f"{column.title}, {column.family}",
                    "error": ERRORS[name],
                    "tau": float(found.statistic),
                    "p_value": float(found.pvalue),
                    "models": len(values),
                }
            )
    return pd.DataFrame(lines)


def format_rank_agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `rank_agreement` out: a row a column of Table 2, τ with its p-value in brackets."""

    def write(row: Row) -> str:
        tau = number(row["tau"], ".2f")
        return tau if tau == DASH else f"{tau} ({p_value(row['p_value'])})"

    return lay_out(table, {"Column of Table 2": "column", "": write}, across=("error",))


def phase_by_axis(phase: Mask) -> Real:
    """Return the functionals of all planes of a phase, by the axis that the planes cut across.

    Parameters
    ----------
    phase : (n, z, y, x) bool array
        Cubes.

    Returns
    -------
    (n, 3, planes, 3) float array
        Cube, axis (z, y, x), plane, functional.
    """
    return np.array([[minkowski(np.moveaxis(one, axis, 0)) for axis in range(3)] for one in phase])


def measured_by_axis(measured: Measured, cubes: int) -> Real:
    """Return the measured functionals of a row in the order of `phase_by_axis`."""
    across_z, others = (measured.functionals[family] for family in FAMILIES)
    first = across_z.reshape(cubes, 1, -1, len(FUNCTIONALS))
    return np.concatenate([first, others.reshape(cubes, 2, -1, len(FUNCTIONALS))], axis=1)


def isotropy_table(planes: Mapping[str, Real]) -> pd.DataFrame:
    """Test, for each phase, whether x-y planes differ from x-z and y-z planes.

    Parameters
    ----------
    planes : mapping of label to (n, 3, planes, 3) array
        As `phase_by_axis` returns it.

    Returns
    -------
    DataFrame
        ``phase``, ``quantity``, its means over planes across ``z``, ``y`` and ``x``, the KL
        ``divergence`` of x-y from x-z and y-z planes [nat] and the ``p_value``.
    """
    lines = []
    for label, values in planes.items():
        for place, quantity in enumerate(FUNCTIONALS):
            test = isotropy_test(values[..., place])
            means = values[..., place].mean(axis=(0, 2))
            lines.append(
                {
                    "phase": label,
                    "quantity": quantity,
                    **dict(zip("zyx", map(float, means), strict=True)),
                    "divergence": test.divergence,
                    "p_value": test.p_value,
                }
            )
    return pd.DataFrame(lines)


def format_isotropy_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `isotropy_table` out for reading."""
    return lay_out(
        table,
        {
            "Phase": "phase",
            "Quantity": "quantity",
            **{f"across {axis}, mean": (axis, ".2f") for axis in "zyx"},
            "KL [nat]": ("divergence", ".3f"),
            "p": lambda row: p_value(row["p_value"]),
        },
    )
