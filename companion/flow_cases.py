"""Flows of the digital shale: each solved once, kept under its key.

``results/<profile>/phantom/seed<seed>/flow/<name>.json`` holds a `Case`'s result, and
``<name>.npz`` its scene where it is shown; below ``limit/`` and ``ratio/`` lie permeabilities
of a fine grid, below ``level/`` thresholds with their narrowest places. A kill loses one solve; a
reference artefact of the same key stands in for any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from companion.flow_scenes import FlowScene, packed_scene, read_scene_file
from companion.run import Run
from shalelib.arrays import Grey, Mask
from shalelib.files import write_whole
from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import DoesNotPercolateError, PoreDomain, domain_from_mask
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.resolution import extrapolated_permeability, ratio_of_pieces
from shalelib.flow.result import FlowResult
from shalelib.flow.slip import SECOND_ORDER, SlipModel
from shalelib.flow.sweeps import threshold_sweep
from shalelib.flow.units import NANODARCY

FOLDER = "flow"

_NUMBERS = (
    "permeability_nd",
    "permeability_lu",
    "kn_mean",
    "kn_flux",
    "kn_thickness",
    "porosity",
    "porosity_connected",
    "spread",
    "change",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One flow to be solved.

    Attributes
    ----------
    name : str
        Of its files.
    domain : PoreDomain or (z, y, x) bool array
    voxel_size : float
        [m]
    gas, slip, axis
        See `shalelib.flow.apparent.permeability`.
    scene : bool
        Keep pressure and streamlines for figures too.
    identity : str
        What the domain was made from and how, in place of its voxels: another processor may round a
        translated grey level the other way, and a reference artefact should still fit.
    """

    name: str
    domain: PoreDomain | Mask
    voxel_size: float
    gas: Gas = METHANE
    slip: SlipModel = SECOND_ORDER
    axis: int = 0
    scene: bool = False
    identity: str = ""

    def inputs(self) -> list[object]:
        """Return all that the result depends on, besides code."""
        domain = self.domain
        pore = domain.pore if isinstance(domain, PoreDomain) else domain
        porosity = domain.porosity if isinstance(domain, PoreDomain) else float(domain.mean())
        source = [self.identity] if self.identity else [pore, porosity]
        return [*source, self.voxel_size, self.gas, self.slip, self.axis]


@dataclass(frozen=True, kw_only=True, eq=False)
class Level:
    """One threshold of a grey volume, along one axis.

    Attributes
    ----------
    name : str
        Of its file.
    grey : (z, y, x) uint8 array
    threshold, axis : int
    voxel_size : float
        [m]
    identity : str
        As in `Case`.
    """

    name: str
    grey: Grey
    threshold: int
    axis: int
    voxel_size: float
    identity: str


Records = dict[str, dict[str, Any]]


def solve_cases(cases: Sequence[Case], run: Run, *, progress: bool = True) -> Records:
    """Solve all cases that are not solved yet.

    Returns
    -------
    mapping of name to dict
        ``permeability_nd``, ``kn_mean``, ``kn_flux``, ``kn_thickness``, ``porosity``,
        ``porosity_connected``, ``steps``, ``seconds`` and others. ``problem`` says why there is no
        permeability (None) where there is none.
    """
    done = {}
    for case in tqdm(cases, desc="flows", unit="flow", disable=not progress):
        solve = _solve_scene if case.scene else _solve
        done[case.name] = run.store.done(
            f"{FOLDER}/{case.name}",
            partial(solve, case),
            code=[solve, permeability],
            inputs=case.inputs(),
            files=[_scene_file(case)] if case.scene else [],
        )
    return done


def solve_limits(cases: Sequence[Case], run: Run, *, progress: bool = True) -> Records:
    """Solve cases on their voxels and on halved ones.

    Returns
    -------
    mapping of name to dict
        ``coarse_nd``, ``fine_nd``, and in the limit of a fine grid ``limit_nd``, ``low_nd``,
        ``high_nd`` and their ``ratio`` to the coarse one; ``problem`` where there is none.
    """
    return {
        case.name: run.store.done(
            f"{FOLDER}/limit/{case.name}",
            partial(_limit, case),
            code=[_limit, extrapolated_permeability],
            inputs=case.inputs(),
        )
        for case in tqdm(cases, desc="fine grids", unit="flow", disable=not progress)
    }


def solve_ratios(
    cases: Sequence[Case], run: Run, *, edge: int, count: int, progress: bool = True
) -> Records:
    """Find, from pieces of each case, what a fine grid would make of its permeability.

    Parameters
    ----------
    cases : sequence of Case
    run : Run
    edge, count : int
        See `shalelib.flow.resolution.ratio_of_pieces`.

    Returns
    -------
    mapping of name to dict
        ``ratio``, its ``spread`` between the pieces and the ``pieces``; ``problem`` where too few
        of them percolate.
    """
    return {
        case.name: run.store.done(
            f"{FOLDER}/ratio/{case.name}",
            partial(_ratio, case, edge, count),
            code=[_ratio, ratio_of_pieces],
            inputs=[*case.inputs(), edge, count],
        )
        for case in tqdm(cases, desc="pieces on fine grids", unit="domain", disable=not progress)
    }


def solve_levels(levels: Sequence[Level], run: Run, *, progress: bool = True) -> Records:
    """Solve thresholds with slip and without, and find their narrowest places.

    Returns
    -------
    mapping of name to dict
        A `shalelib.flow.sweeps.ThresholdRow`; ``problem`` where the flow did not settle.
    """
    return {
        level.name: run.store.done(
            f"{FOLDER}/level/{level.name}",
            partial(_level, level),
            code=[_level, threshold_sweep],
            inputs=[level.identity, level.threshold, level.axis, level.voxel_size],
        )
        for level in tqdm(levels, desc="thresholds", unit="flow", disable=not progress)
    }


def read_scene(case: Case, run: Run) -> FlowScene:
    """Read the scene of a case that was solved with ``scene=True``.

    Raises
    ------
    FileNotFoundError
        It has none: it was not solved, or the gas does not get through.
    """
    stage = f"{FOLDER}/{case.name}"
    record = run.store.read(stage, mend="run notebooks/09_flow.py")
    if _scene_file(case) not in record["files"]:
        msg = f"{run.store.path(stage)} has no scene: {record.get('problem') or 'none was kept'}"
        raise FileNotFoundError(msg)
    path = run.store.path(stage).with_name(_scene_file(case))
    return read_scene_file(path, voxel_size=case.voxel_size)


def _scene_file(case: Case) -> str:
    return f"{Path(case.name).name}.npz"


def _solve(case: Case, _folder: Path) -> dict[str, Any]:
    """Solve one case and return its record."""
    return _solved(case)[0]


def _solve_scene(case: Case, folder: Path) -> dict[str, Any]:
    """Solve one case, write its scene, and return its record."""
    record, result = _solved(case)
    if result is not None:
        write_whole(folder / _scene_file(case), packed_scene(result))
    return record


def _solved(case: Case) -> tuple[dict[str, Any], FlowResult | None]:
    """Return the record of one case, and the flow where there is one."""
    about: dict[str, Any] = {"name": case.name, "axis": case.axis}
    about |= {"gas": case.gas.name, "slip": case.slip.name, "voxel_size": case.voxel_size}
    if isinstance(case.domain, PoreDomain):
        about["threshold"] = case.domain.threshold
    try:
        result = permeability(
            case.domain,
            voxel_size=case.voxel_size,
            gas=case.gas,
            slip=case.slip,
            axis=case.axis,
            knudsen=True,
        )
    except (DoesNotPercolateError, NotConvergedError) as error:
        return about | dict.fromkeys(_NUMBERS) | {"problem": str(error), "files": []}, None
    about |= {name: float(getattr(result, name)) for name in _NUMBERS}
    about |= {"steps": result.steps, "seconds": result.seconds, "memory": result.memory}
    return about, result


def _limit(case: Case, _folder: Path) -> dict[str, Any]:
    options: dict[str, Any] = {"gas": case.gas, "slip": case.slip, "axis": case.axis}
    try:
        found = extrapolated_permeability(case.domain, voxel_size=case.voxel_size, **options)
    except (DoesNotPercolateError, NotConvergedError) as error:
        names = ("coarse_nd", "fine_nd", "limit_nd", "low_nd", "high_nd", "ratio")
        return dict.fromkeys(names) | {"problem": str(error)}
    return {
        "coarse_nd": found.coarse.permeability_nd,
        "fine_nd": found.fine.permeability_nd,
        "limit_nd": found.permeability_nd,
        "low_nd": found.low / NANODARCY,
        "high_nd": found.high / NANODARCY,
        "ratio": found.ratio,
    }


def _ratio(case: Case, edge: int, count: int, _folder: Path) -> dict[str, Any]:
    domain = case.domain
    try:
        if not isinstance(domain, PoreDomain):
            domain = domain_from_mask(domain, axis=case.axis)
        found = ratio_of_pieces(
            domain,
            voxel_size=case.voxel_size,
            edge=edge,
            count=count,
            gas=case.gas,
            slip=case.slip,
        )
    except (DoesNotPercolateError, NotConvergedError) as error:
        return {"ratio": None, "spread": None, "pieces": [], "problem": str(error)}
    pieces = [piece.ratio for piece in found.pieces]
    return {"ratio": found.mean, "spread": found.spread, "pieces": pieces}


def _level(level: Level, _folder: Path) -> dict[str, Any]:
    place = {"threshold": level.threshold, "axis": level.axis}
    try:
        [row] = threshold_sweep(
            level.grey, [level.threshold], axis=level.axis, voxel_size=level.voxel_size
        )
    except NotConvergedError as error:
        return place | {"permeability": None, "problem": str(error)}
    return asdict(row)
