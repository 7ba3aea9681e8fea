"""The page on one's own images: generators there are, a stand-in volume, what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from companion.datasets import load_cubes
from companion.references import reference_folder
from shalelib import flow
from shalelib.arrays import Grey, Mask
from shalelib.data.stacks import write_stack
from shalelib.data.volume import Volume
from shalelib.flow.domain import PoreDomain
from shalelib.flow.result import FlowResult
from shalelib.flow.voxels import pieces
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS

FILE = "generator.safetensors"
FIRST_CHOICE = "pix2pix_vanilla"  # at laptop it draws grains where most others give a blur
LABELS = {variant.name: variant.label for variant in VARIANTS + ABLATION + BEYOND}
LEVELS = 5  # how far a threshold is moved to see what depends on it [grey level]
LEAST_EDGE = 16  # of a piece that is solved alone [voxel]
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


def choose_generator(chosen: str, *, results: Path, profile: str) -> Path:
    """Return the generator to use: the one that was named, else a shipped one, else our own.

    Parameters
    ----------
    chosen : str
        A path, or nothing.
    results : Path
        Folder of all results.
    profile : str
        Whose results are looked at if nothing is shipped.

    Raises
    ------
    FileNotFoundError
        There is none; the message says how to get one.
    """
    if chosen:
        named = Path(chosen).expanduser().resolve()
        if not named.is_file():
            msg = f"parameter generator: there is no file {named}"
            raise FileNotFoundError(msg)
        return named
    inner = f"seed0/{FIRST_CHOICE}/{FILE}"
    places = [reference_folder() / "laptop", results / profile]
    for place in places:
        for dataset in ("phantom", "vaca-muerta-patches"):
            if (path := place / dataset / inner).is_file():
                return path
    msg = (
        f"no generator is shipped in {places[0]} and none was trained in {places[1]}; train one "
        f"(notebooks/04_training.py, -p variant {FIRST_CHOICE}) or name one in the parameter "
        "generator"
    )
    raise FileNotFoundError(msg)


def stand_in(path: Path, *, profile: str) -> Path:
    """Write the TXM of a test volume of the digital shale as if it were the reader's own TIFF."""
    cubes = load_cubes(profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_stack(path, cubes.txm[0], voxel_size=cubes.voxel_size)


def own_table(
    found: FlowResult, domain: PoreDomain, *, threshold: int, rock: Mask, volume: Volume
) -> pd.DataFrame:
    """Lay out what came of a volume: ``Quantity`` and ``Value``."""
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
    return pd.DataFrame(rows, columns=["Quantity", "Value"])


def own_spread(
    sem: Grey,
    found: FlowResult,
    domain: PoreDomain,
    *,
    threshold: int,
    rock: Mask,
    voxel_size: float,
    levels: int = LEVELS,
) -> pd.DataFrame:
    """Solve at neighbouring thresholds, and in the octants of a volume.

    Parameters
    ----------
    sem : (z, y, x) uint8 array
    found : FlowResult
        What is known already: the flow of the whole volume at `threshold`.
    domain : PoreDomain
        Through which it goes.
    threshold : int
    rock : (z, y, x) bool array
    voxel_size : float
        [m].
    levels : int
        How far the threshold is moved [grey level].

    Returns
    -------
    DataFrame
        ``Case``, ``Porosity``, ``Permeability [nd]`` and ``Minimum cut [voxel]``; NaN where
        nothing connects the faces.
    """
    rows = []
    for level in (threshold - levels, threshold, threshold + levels):
        if level == threshold:
            rows.append((f"threshold {level}", *_cells(domain, found)))
        elif 0 <= level <= np.iinfo(np.uint8).max:
            rows.append((f"threshold {level}", *_solve(sem, level, rock, voxel_size)))
    edge = min(sem.shape) // 2
    if edge >= LEAST_EDGE:
        both = zip(pieces(sem, edge), pieces(rock, edge), strict=True)
        for number, (grey, inside) in enumerate(both, start=1):
            if inside.any():
                case = f"piece {number} of {edge}³, threshold {threshold}"
                rows.append((case, *_solve(grey, threshold, inside, voxel_size)))
    columns = ["Case", "Porosity", "Permeability [nd]", "Minimum cut [voxel]"]
    return pd.DataFrame(rows, columns=columns)


def _solve(sem: Grey, level: int, rock: Mask, voxel_size: float) -> tuple[float, float, float]:
    try:
        domain = flow.domain_from_grey(sem, threshold=level, rock=rock)
        return _cells(domain, flow.permeability(domain, voxel_size=voxel_size))
    except flow.DoesNotPercolateError:
        return float((sem[rock] <= level).mean()), np.nan, np.nan


def _cells(domain: PoreDomain, found: FlowResult) -> tuple[float, float, float]:
    return domain.porosity, found.permeability_nd, float(flow.minimum_cut(domain.pore).count)
