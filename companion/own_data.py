"""The page on one's own images: the generators that are shipped, and what was found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from companion.own_inputs import FILE
from companion.references import reference_folder
from companion.style import number
from shalelib import flow
from shalelib.arrays import Grey, Mask
from shalelib.data.volume import Volume
from shalelib.flow.domain import PoreDomain
from shalelib.flow.result import FlowResult
from shalelib.flow.voxels import pieces
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS, VOLUME

LABELS = {row.name: row.label for row in (*VARIANTS, *ABLATION, *BEYOND, VOLUME)}
SPREAD = ["Case", "Porosity", "Permeability [nd]", "Minimum cut [voxel]"]
LEVELS = 5  # how far a threshold is moved to see what depends on it [grey level]
LEAST_EDGE = 16  # of a piece that is solved alone [voxel]
FORMS = {
    "Permeability [nd]": "#.3g",
    "Knudsen number, mean": ".3f",
    "Porosity of the rock": ".3f",
    "Connected porosity of the rock": ".3f",
    "Share of the volume that is rock": ".3f",
}
COLUMNS = ("Data", "Row", "Profile", "Size [MB]", "File")


def shipped_generators() -> pd.DataFrame:
    """Return the trained generators that come with the checkout, one row each.

    Returns
    -------
    DataFrame
        ``Data``, ``Row``, ``Profile``, ``Size [MB]`` and ``File``, the path below the repository's
        root. No rows if none are shipped.
    """
    folder = reference_folder()
    rows = []
    for path in sorted(folder.glob(f"*/*/seed*/*/{FILE}")):
        profile, dataset, _, name, _ = path.relative_to(folder).parts
        if name in LABELS:
            size = path.stat().st_size / 1e6
            shown = path.relative_to(folder.parents[1]).as_posix()
            rows.append((dataset, LABELS[name], profile, size, shown))
    return pd.DataFrame(rows, columns=COLUMNS)


def true_case(true: Mask, *, voxel_size: float) -> pd.DataFrame:
    """Solve the true pore space of the stand-in (z, y, x): a line as of `own_spread`."""
    cells = _solve(true, np.ones_like(true), voxel_size)
    return pd.DataFrame([("the true pores", *cells)], columns=SPREAD)


def beside_truth(pore: Mask, true: Mask, case: pd.DataFrame) -> str:
    """Say in a sentence what the stand-in's true pores let through, and how many were found.

    Parameters
    ----------
    pore, true : (z, y, x) bool array
        The voxels that were taken for pores, and the true ones.
    case : DataFrame
        From `true_case`.
    """
    [k] = case["Permeability [nd]"]
    through = (
        "lets no gas through, or its flow did not settle"
        if np.isnan(k)
        else f"has {number(k, '#.3g')} nd"
    )
    return (
        f"The true pore space of that volume {through}. Of the voxels that are taken for pores, "
        f"{number(true[pore].mean(), '.0%')} are pores in truth; a guess would hit "
        f"{number(true.mean(), '.0%')}"
        f"{'. Permeabilities that agree do so by chance.' if true[pore].mean() < 0.5 else '.'}"
    )


def own_table(
    found: FlowResult, domain: PoreDomain, *, threshold: int, rock: Mask, volume: Volume
) -> pd.DataFrame:
    """Lay out what came of a volume, as it was read: ``Quantity`` and ``Value``."""
    window = volume.window
    rows = [
        ("Permeability [nd]", found.permeability_nd),
        ("Knudsen number, mean", found.kn_mean),
        ("Porosity of the rock", domain.porosity),
        ("Connected porosity of the rock", domain.porosity_connected),
        ("Grey threshold", float(threshold)),
        ("Share of the volume that is rock", float(rock.mean())),
    ]
    if window is not None:
        rows += [("Value that became grey 0", window[0]), ("Value that became grey 255", window[1])]
    if volume.voxel_size is not None and len(set(volume.voxel_size)) > 1:  # it was resampled
        edges = zip("zyx", volume.voxel_size, strict=True)
        rows += [(f"Edge of a voxel along {axis} as read [nm]", 1e9 * edge) for axis, edge in edges]
    return pd.DataFrame(rows, columns=["Quantity", "Value"])


def format_own_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `own_table` out for readers."""
    forms = [FORMS.get(name, ".4g") for name in table["Quantity"]]
    return table.assign(
        Value=[number(value, form) for value, form in zip(table["Value"], forms, strict=True)]
    )


def own_case(
    found: FlowResult, domain: PoreDomain, *, threshold: int, classified: bool
) -> pd.DataFrame:
    """Return what is known of the whole volume as a line of `own_spread`."""
    known = _by(threshold, classified)
    return pd.DataFrame([(known, *_cells(domain, found))], columns=SPREAD)


def own_spread(
    sem: Grey,
    *,
    threshold: int,
    rock: Mask,
    voxel_size: float,
    classified: Mask | None = None,
    levels: int = LEVELS,
) -> pd.DataFrame:
    """Solve at neighbouring thresholds, and in the octants of a volume.

    Parameters
    ----------
    sem : (z, y, x) uint8 array
    threshold : int
        What it gives for the whole volume is known; see `own_case`.
    rock : (z, y, x) bool array
    voxel_size : float
        [m].
    classified : (z, y, x) bool array, optional
        The pores by a pixel classifier: they take the threshold's place in the octants.
    levels : int
        How far the threshold is moved [grey level].

    Returns
    -------
    DataFrame
        ``Case``, ``Porosity``, ``Permeability [nd]`` and ``Minimum cut [voxel]``; NaN where
        nothing connects the faces, or the flow did not settle.
    """
    rows = []
    known = _by(threshold, classified is not None)
    around = (threshold - levels, threshold, threshold + levels)
    for level in around if classified is not None else (around[0], around[-1]):
        if 0 <= level <= np.iinfo(np.uint8).max:
            rows.append((_by(level), *_solve(sem <= level, rock, voxel_size)))
    half = [edge // 2 for edge in sem.shape]
    if min(half) >= LEAST_EDGE:
        pore = sem <= threshold if classified is None else classified
        size = f"{half[0]}³" if len(set(half)) == 1 else " × ".join(map(str, half))
        octants = zip(pieces(pore, half), pieces(rock, half), strict=True)
        for count, (part, inside) in enumerate(octants, start=1):
            if inside.any():
                case = f"piece {count} of {size}, {known}"
                rows.append((case, *_solve(part, inside, voxel_size)))
    return pd.DataFrame(rows, columns=SPREAD)


def _by(threshold: int, classified: bool = False) -> str:
    return "classified pores" if classified else f"threshold {threshold}"


def findings(
    found: FlowResult,
    domain: PoreDomain,
    spread: pd.DataFrame,
    *,
    rule: str,
    volume: str,
) -> list[str]:
    """Say in sentences what came of a volume, and what thresholds and pieces make of it.

    Parameters
    ----------
    found : FlowResult
    domain : PoreDomain
    spread : DataFrame
        Of `own_case` and `own_spread`.
    rule : str
        What the pores are found by, such as ``the classifier``.
    volume : str
        What is told of it, such as ``the stand-in``.
    """
    known = spread["Permeability [nd]"].dropna()
    rest = (
        "; in the others nothing connects the faces, or the flow did not settle"
        if len(known) < len(spread)
        else ""
    )
    connected, pores = (number(one, ".3f") for one in (domain.porosity_connected, domain.porosity))
    low, high = (number(one, "#.3g") for one in (known.min(), known.max()))
    return [
        f"The permeability of {volume} is {number(found.permeability_nd, '#.3g')} nd, at a mean "
        f"Knudsen number of {number(found.kn_mean, '.3f')}.",
        f"With {rule} the porosity is {pores}, of which {connected} is connected.",
        f"In {len(known)} of {len(spread)} cases, other thresholds and pieces, the permeability "
        f"lies between {low} and {high} nd{rest}.",
    ]


def _solve(pore: Mask, rock: Mask, voxel_size: float) -> tuple[float, float, float]:
    try:
        domain = flow.domain_from_mask(pore, rock=rock)
        return _cells(domain, flow.permeability(domain, voxel_size=voxel_size))
    except (flow.DoesNotPercolateError, flow.NotConvergedError):
        return float(pore[rock].mean()), np.nan, np.nan


def _cells(domain: PoreDomain, found: FlowResult) -> tuple[float, float, float]:
    return domain.porosity, found.permeability_nd, float(flow.minimum_cut(domain.pore).count)
