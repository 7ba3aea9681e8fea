"""The volumes of the flow pages, what they are called, and the cases made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from companion.flow_cases import Case
from companion.profiles import FlowConfig
from companion.rows import THREE_PLANES, TRUTH, Row, get_row
from companion.run import Run
from companion.volumes import read_volume, volume_key
from shalelib.arrays import Grey, Mask
from shalelib.flow.domain import connected_pores, domain_from_grey, first_percolation
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.thresholds import Rule, Threshold, connected_threshold
from shalelib.flow.validation_peers import sphere_octant
from shalelib.flow.voxels import central_piece, pieces, split_voxels
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.volume import flow_domain
from shalelib.store import stage_key

MODELS = (
    "srgan_4x_vanilla",
    "srgan_4x_vanilla_reg",
    "srgan_4x_vanilla_reg_median",
    "pix2pix_wgan",
    "pix2pix_wgan_reg",
    "pix2pix_wgan_reg_median",
    THREE_PLANES.key,
)
PAPER_MODELS = MODELS[:2]  # of the paper's Table 3
TABLE_3 = (*PAPER_MODELS, THREE_PLANES.key)  # of ours
SHOWN = (MODELS[0], MODELS[2], THREE_PLANES.key)
"""Of Figure 6: original, regularised + post-processed, and translated as a volume."""
TRUE, TRUE_SEM = "truth", "truth_sem"
THRESHOLDED = (*TABLE_3, TRUE_SEM)
"""Rows of Table 3 that a threshold makes a domain of, in every test volume."""
FIRST = "_first"  # ends the names of domains at first percolation
Rules = Mapping[str, Mapping[Rule, Threshold]]
TRUTH_LABEL = "Truth"  # of the true pore space, beside the true FIB-SEM under a threshold


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


def flow_volumes(run: Run, cubes: Cubes) -> list[FlowVolume]:
    """Return the central test volume of the models of the flow pages and of the true FIB-SEM, last.

    Parameters
    ----------
    run : Run
        After 08_volumes; cubes of its profile's size are cut out of the middle of larger ones.
    cubes : Cubes

    Raises
    ------
    FileNotFoundError, ValueError
        A volume cannot be read; see `companion.volumes.read_volume`.
    """
    return [_cut(pile, run.profile.flow, 0) for pile in _piles(run, cubes, (*MODELS, TRUTH.key))]


def _piles(run: Run, cubes: Cubes, names: Sequence[str]) -> list[FlowVolume]:
    """Read all test volumes of rows, each row's as one array (n, z, y, x)."""
    found = []
    for row in map(get_row, names):
        grey, key = read_volume(row, run, cubes), volume_key(row, run, cubes)
        name = TRUE_SEM if row == TRUTH else row.key
        found.append(FlowVolume(name=name, label=row_label(name), grey=grey, key=key))
    return found


def _cut(pile: FlowVolume, config: FlowConfig, number: int) -> FlowVolume:
    """Take one volume out of a pile, or the middle of it."""
    grey = central_piece(pile.grey[number], config.cube_edge)
    key = pile.key + (f" volume {number}" if number else "")
    return FlowVolume(name=pile.name, label=pile.label, grey=grey, key=key)


def true_pores(cubes: Cubes, config: FlowConfig, *, number: int = 0) -> Mask:
    """Return the true flow domain of a test volume, the central one by default."""
    return flow_domain(central_piece(cubes.labels[number], config.cube_edge))


def row_label(name: str) -> str:
    """Return what a row of the flow tables is called.

    Examples
    --------
    >>> row_label("truth"), row_label("srgan_4x_vanilla")
    ('Truth', 'SRGAN 4x (Vanilla)')
    """
    own = {TRUE: TRUTH_LABEL, TRUE_SEM: "True FIB-SEM, thresholded"}
    return own[name] if name in own else get_row(name).label


def by_name(volumes: Sequence[FlowVolume]) -> Mapping[str, FlowVolume]:
    """Return volumes by their names."""
    return {volume.name: volume for volume in volumes}


def table_cases(
    volumes: Sequence[FlowVolume], rules: Rules, pores: Mask, *, voxel_size: float
) -> list[Case]:
    """Cases of Table 3 and Figure 6 in the central volume.

    The true domain (``truth``); the volumes of Table 3 at first percolation (``<name>_first``) and
    90% connected (``<name>``), the median-filtered one of Figure 6 by the latter alone.
    """
    cases = [Case(name=TRUE, domain=pores, voxel_size=voxel_size, scene=True)]
    for name in dict.fromkeys((*TABLE_3, *SHOWN, TRUE_SEM)):
        volume = by_name(volumes)[name]
        levels = {name: rules[name]["own"].level}
        if name in THRESHOLDED:
            levels[name + FIRST] = rules[name]["first"].level
        for case, level in levels.items():
            cases.append(_grey_case(case, volume, level, voxel_size, scene=case in SHOWN))
    return cases


def volume_cases(run: Run, cubes: Cubes) -> dict[str, list[Case]]:
    """Cases of Table 3 in the test volumes beside the central one; raises as `flow_volumes`.

    Returns
    -------
    mapping of row to list of Case
        In the order of the volumes: the true domain, and `THRESHOLDED` by both readings.
    """
    config, size = run.profile.flow, cubes.voxel_size
    cases: dict[str, list[Case]] = {}
    piles = by_name(_piles(run, cubes, (*TABLE_3, TRUTH.key)))
    for n in range(1, len(cubes.sem)):
        pores = true_pores(cubes, config, number=n)
        found = {TRUE: Case(name=f"volumes/{TRUE}_{n}", domain=pores, voxel_size=size)}
        for name in THRESHOLDED:
            volume = _cut(piles[name], config, n)
            for row, level in (
                (name + FIRST, first_percolation(volume.grey)),
                (name, connected_threshold(volume.grey)),
            ):
                found[row] = _grey_case(f"volumes/{row}_{n}", volume, level, size)
        for row, case in found.items():
            cases.setdefault(row, []).append(case)
    return cases


def row_cases(row: Row, run: Run, cubes: Cubes) -> list[Case]:
    """Cases of one row in all test volumes, 90% connected; raises as `flow_volumes`."""
    [pile] = _piles(run, cubes, [row.key])
    cut = [_cut(pile, run.profile.flow, n) for n in range(len(cubes.sem))]
    return [
        _grey_case(f"volumes/{row.key}_{n}", one, connected_threshold(one.grey), cubes.voxel_size)
        for n, one in enumerate(cut)
    ]


def first_cases(
    volumes: Sequence[FlowVolume], config: FlowConfig, *, voxel_size: float
) -> list[Case]:
    """Cases of the central pieces of volumes, each at its own first percolation."""
    cut = [central_volume(volume, config.limit_edge) for volume in volumes]
    return [
        _grey_case(piece.name + FIRST, piece, first_percolation(piece.grey), voxel_size)
        for piece in cut
    ]


def central_volume(volume: FlowVolume, edge: int) -> FlowVolume:
    """Cut a cube of `edge` voxels out of the middle of a volume."""
    grey = central_piece(volume.grey, edge)
    key = f"{volume.key} central {edge}"
    return FlowVolume(name=volume.name, label=volume.label, grey=grey, key=key)


def _grey_case(
    name: str, volume: FlowVolume, level: int, voxel_size: float, *, scene: bool = False
) -> Case:
    """One volume under one threshold; its identity covers what was thresholded and the rule."""
    rule = first_percolation if FIRST in name else connected_threshold
    return Case(
        name=name,
        domain=domain_from_grey(volume.grey, threshold=level),
        voxel_size=voxel_size,
        scene=scene,
        identity=stage_key("threshold", code=rule, inputs=[volume.key, volume.grey.shape]),
    )


def percolating_piece(pore: Mask, edge: int, *, of: Grey | None = None) -> Any:
    """Return the first of the pieces of a pore space that connects its faces along z.

    Parameters
    ----------
    pore : (z, y, x) bool array
    edge : int
        Of the piece [voxel].
    of : (z, y, x) array, optional
        A volume, such as labels, whose piece at that place is returned in place of the pores.

    Raises
    ------
    ValueError
        None does.
    """
    for piece, wanted in zip(
        pieces(pore, edge), pieces(pore if of is None else of, edge), strict=True
    ):
        if connected_pores(piece).any():
            return wanted
    msg = f"no piece of {edge} voxels percolates; take a larger edge"
    raise ValueError(msg)


def split_cases(
    domains: Mapping[str, Mask], config: FlowConfig, *, voxel_size: float
) -> dict[tuple[str, int], Case]:
    """Cases of domains with each voxel split into parts, without slip.

    Returns
    -------
    mapping of (title, parts) to Case
    """
    return {
        (title, m): Case(
            name=f"split/{title.replace(' ', '_').lower()}_{m}",
            domain=split_voxels(pore, m),
            voxel_size=voxel_size / m,
            slip=NO_SLIP,
        )
        for title, pore in domains.items()
        for m in config.refinements
    }


def sphere_cell(edge: int, solid: float = 0.5) -> Mask:
    """Return a cell of a simple-cubic array of spheres, cut through their centres."""
    octant = sphere_octant(edge, solid)
    for axis in (1, 2):
        octant = np.concatenate([octant, np.flip(octant, axis)], axis=axis)
    return octant


def piece_cases(
    pores: Mask, config: FlowConfig, *, voxel_size: float
) -> dict[tuple[int, int], Case]:
    """Cases of the pieces, side by side, into which the true domain is cut, by edge and number."""
    return {
        (edge, n): Case(name=f"piece/{edge}_{n:02d}", domain=piece, voxel_size=voxel_size)
        for edge in config.subvolumes
        for n, piece in enumerate(pieces(pores, edge))
    }
