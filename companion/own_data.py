"""The page on one's own images: generators there are, a stand-in volume, what was found."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from companion.datasets import OWN, load_cubes, load_dataset
from companion.own_reader import PARAMETERS
from companion.references import reference_folder
from companion.run import open_run
from companion.style import number
from companion.trainings import train_row
from shalelib import flow
from shalelib.arrays import Grey, Mask, digest
from shalelib.data.directory import source_of
from shalelib.data.stacks import write_stack
from shalelib.data.volume import Volume
from shalelib.files import given_path
from shalelib.flow.domain import PoreDomain
from shalelib.flow.result import FlowResult
from shalelib.flow.voxels import pieces
from shalelib.models import inference
from shalelib.models.networks import Generator
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS, VOLUME, get_variant

FILE = "generator.safetensors"
FIRST_CHOICE = "pix2pix_vanilla"  # at laptop it draws grains where most others give a blur
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


def choose_generator(chosen: str, *, results: Path, profile: str) -> Path | str:
    """Return the generator to use: the one that was named, else a shipped one, else our own.

    Parameters
    ----------
    chosen : str
        A path, the name of one that comes with shalelib, or nothing.
    results : Path
        Folder of all results.
    profile : str
        Whose results are looked at if nothing is shipped.

    Raises
    ------
    FileNotFoundError, ValueError
        There is none, or what was named is no such file; the message says how to get one.
    """
    names = inference.shipped_generators()
    if chosen in names:
        return chosen
    if chosen:
        named = given_path(chosen).resolve()
        if not named.is_file():
            msg = (
                f"parameter generator: there is no file {named}; check the name, or give that of "
                f"one that comes with shalelib: {', '.join(names)}"
            )
            raise FileNotFoundError(msg)
        if named.suffix != Path(FILE).suffix:
            msg = (
                f"parameter generator: {named} is none of shalelib's, which end in "
                f"{Path(FILE).suffix} (networks of the authors' code, .pth, are built "
                "differently); leave it out for a shipped one, or train one: -p pairs, a folder "
                "of slices"
            )
            raise ValueError(msg)
        return named
    inner = f"seed0/{FIRST_CHOICE}/{FILE}"
    places = [reference_folder() / "laptop", results / profile]
    for place in places:
        for dataset in ("phantom", "vaca-muerta-patches"):
            if (path := place / dataset / inner).is_file():
                return path
    msg = (
        f"no generator is shipped in {places[0]} and none was trained in {places[1]}; train one "
        f"(notebooks/04_training.py, -p variant {FIRST_CHOICE} -p profile {profile} "
        f"-p results {shlex.quote(str(results))}) or name one in the parameter generator"
    )
    raise FileNotFoundError(msg)


def weights_digest(network: Generator) -> str:
    """Return the digest of a network's weights, by which a record tells which one was used."""
    return digest(*(weight.numpy() for weight in network.state_dict().values()))


def train_on_pairs(pairs: str, *, profile: str, pixel_size: float, seed: int, results: str) -> Path:
    """Train a generator on a folder of pairs, or find it trained, and return its file.

    Its place is that of the pairs (`companion.datasets.own_place`), whatever is translated with it.
    """
    run = open_run(profile=profile, dataset=OWN, path=pairs, seed=seed, results=results)
    data = load_dataset(OWN, profile=profile, path=pairs, pixel_size=pixel_size)
    return train_row(run, data, get_variant(FIRST_CHOICE)).folder / FILE


def volume_of_pairs(pairs: str) -> Path:
    """Return the TXM volume in a folder of pairs.

    Raises
    ------
    FileNotFoundError
        It has none; the message says where it may lie.
    """
    folder = given_path(pairs).resolve()
    found = source_of(folder / "test", "txm_full_stack") or source_of(folder, "txm_full_stack")
    if found is None:
        msg = (
            f"{folder} has no TXM volume test/txm_full_stack; add one, or name a volume in the "
            "parameter txm"
        )
        raise FileNotFoundError(msg)
    return found


def stand_in(path: Path, *, profile: str, given: Mapping[str, object]) -> Path:
    """Write the TXM of a test volume of the digital shale as if it were the reader's own TIFF.

    Raises
    ------
    ValueError
        Something was said of a volume of one's own, and none was named.
    """
    if told := [name for name, value in given.items() if value != ""]:
        name = PARAMETERS.get(told[0], told[0])
        msg = (
            f"parameter {name} says something of a volume of your own, but none is named; add -p "
            f"txm, the volume, or leave {name} out for the digital shale's"
        )
        raise ValueError(msg)
    cubes = load_cubes(profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_stack(path, cubes.txm[0], voxel_size=cubes.voxel_size)


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
