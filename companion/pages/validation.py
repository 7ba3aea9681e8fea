"""Figures and tables of the page Validating the flow solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.style import COLOURS, GREY, number, panel
from shalelib.arrays import Real

ROUND_OFF = 0.01  # a limit below it is on round-off, or on where an iteration stops
FAINTEST = 1e-16  # deviation at the left end of the overview: the round-off of one number


def held_to(deviation: float, limit: float) -> str:
    """Write a largest deviation with the limit that it is held to.

    What is round-off, another number on every machine, is only said to be below the limit.

    Examples
    --------
    >>> held_to(0.0297, 0.03), held_to(0.05, 0.03)
    ('3.0% (limit 3%)', '5.0% (limit 3%)')
    >>> held_to(2e-11, 1e-9), held_to(2e-8, 1e-9)
    ('below 10⁻⁹', '2 × 10⁻⁸ (limit 10⁻⁹)')
    """
    if limit < ROUND_OFF and deviation < limit:
        return f"below {number(limit, '.0e')}"
    forms = (".0e", ".0e") if limit < ROUND_OFF else (".1%", ".0%")
    found, most = (number(v, form) for v, form in zip((deviation, limit), forms, strict=True))
    return f"{found} (limit {most})"


def profile_plot(profiles: Mapping[str, tuple[Real, Real, Real]]) -> Figure:
    """Draw velocity profiles across slip slits beside the exact ones.

    Parameters
    ----------
    profiles : mapping of label to (distance, velocity, exact velocity)
        From `shalelib.flow.validation.slip_profile`; velocities in voxel².
    """
    fig, axis = plt.subplots(figsize=(5.6, 3.4))
    for colour, (label, (y, found, _)) in zip(COLOURS, profiles.items(), strict=False):
        height = len(y)
        axis.plot(y / height, found / height**2, "o", color=colour, ms=4, label=label)
        fine = np.linspace(0, 1, 200)
        axis.plot(fine, _parabola(y, profiles[label][2], fine * height) / height**2, color=colour)
    axis.set(xlabel="distance from the wall ÷ height", ylabel="velocity · ν ÷ (G h²)")
    axis.set_ylim(0, None)
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def _parabola(y: Real, exact: Real, at: Real) -> Real:
    """Carry the exact parabola, known at the nodes, on to other places."""
    return np.asarray(np.polyval(np.polyfit(y, exact, 2), at))


def deviation_plot(deviations: Mapping[str, float]) -> Figure:
    """Draw the largest deviation that each check found, on a logarithmic axis.

    Parameters
    ----------
    deviations : mapping of check to relative deviation
        Drawn from the top down; a check that found none (NaN) has no point.
    """
    fig, axis = plt.subplots(figsize=(6.4, 0.5 + 0.36 * len(deviations)), layout="constrained")
    for place, value in enumerate(deviations.values()):
        if np.isnan(value):
            continue
        shown = max(float(value), FAINTEST)
        axis.hlines(place, FAINTEST, shown, color=GREY, linewidth=0.8, alpha=0.4)
        axis.plot(shown, place, "o", color=COLOURS[0], ms=6)
        form = ".1%" if value > 1e-3 else ".0e"
        axis.annotate(
            number(value, form), (shown, place), (7, 0), textcoords="offset points", va="center"
        )
    axis.set_yticks(range(len(deviations)), list(deviations))
    axis.invert_yaxis()
    axis.set(xscale="log", xlim=(FAINTEST, 3.0), xlabel="largest relative deviation")
    panel(axis)
    return fig


def kinetic_plot(rows: Sequence[Mapping[str, float]]) -> Figure:
    """Draw the flow rate G of a slit beside the linearised BGK equation's, and the difference."""
    frame = pd.DataFrame(rows).sort_values("kn")
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.3))
    left.plot(frame["kn"], frame["bgk"], "-", color=COLOURS[0], label="linearised BGK")
    left.plot(frame["kn"], frame["G"], "o", color=COLOURS[1], ms=4.5, label="lattice, slip walls")
    left.set(xscale="log", xlabel="Kn", ylabel="dimensionless flow rate G", ylim=(0, None))
    left.legend(frameon=False, fontsize=8.5)
    right.axhspan(-3, 3, color=COLOURS[2], alpha=0.15, linewidth=0)
    right.axvline(1, color=GREY, linestyle=":", linewidth=1)
    right.plot(frame["kn"], 100 * frame["error"], "o-", color=COLOURS[1], ms=4.5)
    right.set(xscale="log", xlabel="Kn", ylabel="difference of G [%]")
    for axis in (left, right):
        panel(axis)
    fig.tight_layout()
    return fig


def sphere_plot(frame: pd.DataFrame, summary: pd.DataFrame) -> Figure:
    """Draw the error of sphere arrays against the voxel, with lines of first order to its limit.

    Parameters
    ----------
    frame : DataFrame
        Rows of `shalelib.flow.validation_peers.sphere_errors`.
    summary : DataFrame
        Rows of `shalelib.flow.validation_peers.sphere_summary`.
    """
    fig, axis = plt.subplots(figsize=(5.8, 3.6))
    limits = dict(zip(summary["solid_fraction"], summary["limit"], strict=True))
    axis.axhspan(-1, 1, color=COLOURS[2], alpha=0.12, linewidth=0)
    for colour, (c, part) in zip(COLOURS, frame.groupby("solid_fraction"), strict=False):
        size, error = 1 / part["edge"].to_numpy(float), 100 * part["error"].to_numpy(float)
        axis.plot(size, error, "o", color=colour, ms=4.5, label=f"solid fraction {c:.3f}")
        start = 100 * float(limits[c])
        slope = float((size * (error - start)).sum() / (size**2).sum())
        ends = np.array([0.0, size.max()])
        axis.plot(ends, start + slope * ends, "--", color=colour, linewidth=1)
    axis.set(xlabel="1 ÷ edge of the cell [1/voxel]", ylabel="error of k [%]", xlim=(0, None))
    panel(axis)
    axis.legend(frameon=False, fontsize=8)
    fig.tight_layout()
    return fig


def refinement_plot(frame: pd.DataFrame) -> Figure:
    """Draw k by the lattice and by finite differences against the size of a part of a voxel."""
    fig, axis = plt.subplots(figsize=(5.6, 3.2))
    size = 1 / frame["refinement"]
    names = {"lattice": "lattice Boltzmann", "finite_differences": "finite differences"}
    for colour, (column, label) in zip(COLOURS, names.items(), strict=False):
        axis.plot(size, frame[column], "o-", color=colour, ms=5, label=label)
    axis.set(xlabel="edge of a part [voxel]", ylabel="k [voxel²]", xlim=(-0.03, None))
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


RATES = {"kn": "Kn", "kn_mean": "mean Kn", "bgk": "kinetic theory", "G": "ours"}
"""Titles of tables of dimensionless flow rates with slip."""


def slip_plot(frame: pd.DataFrame, *, within: float) -> Figure:
    """Draw the error of the flow rate with slip against the mean local Knudsen number.

    Parameters
    ----------
    frame : DataFrame
        ``pore``, ``kn_mean`` and ``error``.
    within : float
        The range of the slip model in the mean local Knudsen number: a dotted line.
    """
    fig, axis = plt.subplots(figsize=(5.8, 3.4))
    for colour, (pore, part) in zip(COLOURS, frame.groupby("pore", sort=False), strict=False):
        axis.plot(part["kn_mean"], 100 * part["error"], "o-", color=colour, ms=5, label=pore)
    axis.axhspan(-10, 10, color=COLOURS[2], alpha=0.12, linewidth=0)
    axis.axvline(within, color=GREY, linestyle=":", linewidth=1)
    axis.set(xscale="log", xlabel="mean local Kn", ylabel="difference from kinetic theory [%]")
    panel(axis)
    axis.legend(frameon=False, fontsize=8.5)
    fig.tight_layout()
    return fig


def sentences(
    *,
    slit: float,
    kinetic: float,
    other: pd.DataFrame,
    spheres: pd.DataFrame,
    second: float,
    laws: float,
    methods: float,
) -> list[str]:
    """Say in words how well the solver holds.

    Parameters
    ----------
    slit, kinetic, second, laws, methods : float
        Largest error of a slit without slip and of one with slip up to Kn = 1, difference from the
        second solver, deviation from a law, difference between the methods.
    other : DataFrame
        Rows of `shalelib.flow.validation_slip.slip_rows`.
    spheres : DataFrame
        Rows of `shalelib.flow.validation_peers.sphere_summary`.
    """
    within = other[~other["warns"]]["error"]
    beyond = other[other["warns"]]["error"]
    limit = spheres["limit"].abs().max()
    found = [
        f"Slits without slip are exact to {number(slit, '.0e')}, laws that any flow obeys hold to "
        f"{number(laws, '.0e')}, and all methods agree to {number(methods, '.1e')}.",
        f"Arrays of spheres are within {number(limit, '.1%')} of the literature in the limit of a "
        "fine grid; a second solver on a piece of the digital shale differs by "
        f"{number(second, '.1%')}.",
        f"The flow with slip in slits up to Kn = 1 is within {number(kinetic, '.1%')} of kinetic "
        "theory.",
    ]
    off = [
        f"{number(part.min(), '+.1%')} to {number(part.max(), '+.1%')} {when}"
        for part, when in ((within, "where the call does not warn"), (beyond, "where it warns"))
        if len(part)
    ]
    if off:
        pores = "In slits, tubes, ducts and arrays, the flow with slip is off"
        found.append(f"{pores} by {', and by '.join(off)}.")
    return found
