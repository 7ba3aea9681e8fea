"""What 09_flow solves: the volumes, their thresholds, and the cases made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.flow_cases import Case
from companion.profiles import FlowConfig
from companion.rows import TRUTH, get_row
from companion.volumes import FOLDER, read_cubes
from shalelib.arrays import Grey, Mask, digest
from shalelib.files import read_json
from shalelib.flow.domain import (
    common_threshold,
    connected_threshold,
    domain_from_grey,
    first_percolation,
    threshold_curve,
)
from shalelib.flow.gas import METHANE_AS_STATED
from shalelib.flow.slip import NO_SLIP
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.volume import flow_domain

MODELS = (
    "srgan_4x_vanilla",
    "srgan_4x_vanilla_reg",
    "srgan_4x_vanilla_reg_median",
    "pix2pix_wgan",
    "pix2pix_wgan_reg",
    "pix2pix_wgan_reg_median",
)
PAPER_MODELS = MODELS[:2]  # of the paper's Table 3
SHOWN = (MODELS[0], MODELS[2])  # of Figure 6: original, and regularised + post-processed
TRUE, TRUE_SEM = "truth", "truth_sem"
TRUTH_LABEL = "Truth"  # of the true pore space, beside the true FIB-SEM under a threshold
RULES = ("own", "common", "first")  # thresholds


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowVolume:
    """A grey volume that is thresholded.

    Attributes
    ----------
    name, label : str
    grey : (z, y, x) uint8 array
        A cube of it.
    key : str
        Hash of what it was made from.
    """

    name: str
    label: str
    grey: Grey
    key: str


def flow_volumes(folder: Path, config: FlowConfig, *, number: int = 0) -> list[FlowVolume]:
    """Return a test volume of the models of the flow page and of the true FIB-SEM, last.

    Parameters
    ----------
    folder : Path
        The results folder, after 08_volumes.
    config : FlowConfig
        Smaller cubes are cut out of the middle of larger ones.
    number : int
        Which of the test volumes; 0 is the central one.

    Raises
    ------
    FileNotFoundError
        A volume is missing; the message names the notebook that makes it.
    """
    found = []
    for name in (*MODELS, TRUTH.key):
        path = folder / FOLDER / f"{name}.tif"
        if not path.is_file():
            msg = f"there is no {path}; run notebooks/08_volumes.py with the same parameters first"
            raise FileNotFoundError(msg)
        grey = central_piece(read_cubes(path)[number], config.cube_edge)
        truth = name == TRUTH.key
        label = "True FIB-SEM, thresholded" if truth else get_row(name).label
        key = str(read_json(path.with_suffix(".json"))["key"])
        key += f" volume {number}" if number else ""
        name = TRUE_SEM if truth else name
        found.append(FlowVolume(name=name, label=label, grey=grey, key=key))
    return found


def true_pores(cubes: Cubes, config: FlowConfig, *, number: int = 0) -> Mask:
    """Return the true flow domain of a test volume, the central one by default."""
    return flow_domain(central_piece(cubes.labels[number], config.cube_edge))


def threshold_rules(volumes: Sequence[FlowVolume]) -> pd.DataFrame:
    """Find the thresholds of each volume by the three rules.

    Returns
    -------
    DataFrame
        Indexed by name: ``label``; ``own``, the smallest threshold at which 90 % of the pore voxels
        percolate; ``common``, the smallest that does so for all volumes at once; ``first``, of
        first percolation; and for each the porosity ``phi_*`` and the connected one ``phic_*``.
    """
    common = common_threshold([volume.grey for volume in volumes])
    rows = []
    for volume in volumes:
        found = {
            "own": connected_threshold(volume.grey),
            "common": common,
            "first": first_percolation(volume.grey),
        }
        shares = threshold_curve(volume.grey, list(found.values()))
        row: dict[str, Any] = {"name": volume.name, "label": volume.label, **found}
        for rule, (total, connected) in zip(found, shares, strict=True):
            row |= {f"phi_{rule}": total, f"phic_{rule}": connected}
        rows.append(row)
    return pd.DataFrame(rows).set_index("name")


def level(rules: pd.DataFrame, name: str, rule: str) -> int:
    """Return the threshold of a volume by a rule of `threshold_rules`."""
    return int(rules[rule].to_dict()[name])


def table_cases(
    volumes: Sequence[FlowVolume], rules: pd.DataFrame, pores: Mask, *, voxel_size: float
) -> list[Case]:
    """Cases of Table 3 and of what stands beside it.

    For the true domain and every volume at its own threshold: with slip (``<name>``) and without
    (``<name>_no_slip``). For the paper's two models and the true FIB-SEM also at the other
    thresholds (``_common``, ``_first``). For the truth and the paper's two models the other axes
    (``_y``, ``_x``); for the truth the viscosity as stated (``_stated``).
    """
    size: dict[str, Any] = {"voxel_size": voxel_size}
    domains: dict[str, Any] = {TRUE: pores}
    masks = {TRUE: pores}
    made = {TRUE: ""}  # from what, by which rule
    edge = len(pores)
    everything = digest(*(volume.key for volume in volumes))  # the common threshold's source
    cases = []
    for volume in volumes:
        own = level(rules, volume.name, "own")
        domains[volume.name] = domain_from_grey(volume.grey, threshold=own)
        masks[volume.name] = volume.grey <= own
        for rule in RULES[1:] if volume.name in (*PAPER_MODELS, TRUE_SEM) else ():
            other = domain_from_grey(volume.grey, threshold=level(rules, volume.name, rule))
            source = everything if rule == "common" else volume.key
            told = f"{volume.name} {source} {rule} {edge}"
            cases.append(Case(name=f"{volume.name}_{rule}", domain=other, identity=told, **size))
        made[volume.name] = f"{volume.key} own {edge}"
    for name, domain in domains.items():
        shown = name in (TRUE, *SHOWN)
        about = {"domain": domain, "identity": made[name], **size}
        cases.append(Case(name=name, fields=shown, **about))
        cases.append(Case(name=f"{name}_no_slip", slip=NO_SLIP, **about))
    for name in (TRUE, *PAPER_MODELS):
        same: dict[str, Any] = {"identity": made[name], **size}
        for axis, letter in ((1, "y"), (2, "x")):
            cases.append(Case(name=f"{name}_{letter}", domain=masks[name], axis=axis, **same))
    stated = Case(name=f"{TRUE}_stated", domain=pores, gas=METHANE_AS_STATED, **size)
    return [*cases, stated]


def volume_cases(folder: Path, cubes: Cubes, config: FlowConfig) -> dict[str, list[Case]]:
    """Cases of Table 3, with slip, in the test volumes beside the central one.

    Returns
    -------
    mapping of row to list of Case
        In the order of the volumes, every volume at its own threshold; the true domain first.
    """
    cases: dict[str, list[Case]] = {}
    for number in range(1, len(cubes.sem)):
        domains: dict[str, Any] = {TRUE: (true_pores(cubes, config, number=number), "")}
        for volume in flow_volumes(folder, config, number=number):
            own = connected_threshold(volume.grey)
            told = f"{volume.key} own {config.cube_edge}"
            domains[volume.name] = (domain_from_grey(volume.grey, threshold=own), told)
        for name, (domain, identity) in domains.items():
            case = Case(
                name=f"volumes/{name}_{number}",
                domain=domain,
                voxel_size=cubes.voxel_size,
                identity=identity,
            )
            cases.setdefault(name, []).append(case)
    return cases


def central_piece(volume: np.ndarray, edge: int) -> np.ndarray:
    """Cut a cube of `edge` voxels out of the middle of a volume; smaller volumes stay whole."""
    start = [max(0, size - edge) // 2 for size in volume.shape]
    place = tuple(slice(low, low + edge) for low in start)
    return np.ascontiguousarray(volume[place])


def sweep_cases(
    volumes: Sequence[FlowVolume], rules: pd.DataFrame, config: FlowConfig, *, voxel_size: float
) -> dict[tuple[str, int], Case]:
    """Cases at a range of thresholds, in the central piece of the paper's models and the truth.

    Returns
    -------
    mapping of (name, number) to Case
        From the first percolation of the piece to a little beyond the volume's own threshold.
    """
    cases = {}
    for volume in volumes:
        if volume.name not in (*PAPER_MODELS, TRUE_SEM):
            continue
        piece = central_piece(volume.grey, config.sweep_edge)
        first = first_percolation(piece)
        last = min(255, max(level(rules, volume.name, "own"), first) + 12)
        for number, grey in enumerate(np.linspace(first, last, config.thresholds).astype(int)):
            cases[volume.name, number] = Case(
                name=f"sweep/{volume.name}_{number}",
                domain=domain_from_grey(piece, threshold=int(grey)),
                voxel_size=voxel_size,
                identity=f"{volume.key} {number} of {config.thresholds} {config.sweep_edge}",
            )
    return cases


def refinement_cases(pores: Mask, config: FlowConfig, *, voxel_size: float) -> dict[int, Case]:
    """Cases of the central piece of the true domain with each voxel split into m³."""
    piece = central_piece(pores, config.sweep_edge)
    return {
        m: Case(
            name=f"sweep/refined_{m}",
            domain=piece.repeat(m, 0).repeat(m, 1).repeat(m, 2),
            voxel_size=voxel_size / m,
        )
        for m in config.refinements
    }


def subvolume_cases(
    pores: Mask, config: FlowConfig, *, voxel_size: float
) -> dict[tuple[int, int], Case]:
    """Cases of the pieces, side by side, into which the true domain is cut.

    Returns
    -------
    mapping of (edge, number) to Case
    """
    cases = {}
    for edge in config.subvolumes:
        starts = product(*(range(0, size - edge + 1, edge) for size in pores.shape))
        for number, (z, y, x) in enumerate(starts):
            piece = np.ascontiguousarray(pores[z : z + edge, y : y + edge, x : x + edge])
            name = f"sweep/piece_{edge}_{number:02d}"
            cases[edge, number] = Case(name=name, domain=piece, voxel_size=voxel_size)
    return cases


def row_labels(volumes: Sequence[FlowVolume]) -> Mapping[str, str]:
    """Return the label of every row of the flow tables, the true domain first."""
    return {TRUE: TRUTH_LABEL} | {volume.name: volume.label for volume in volumes}
