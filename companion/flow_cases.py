"""Flows of the digital shale's central cube: each solved once, kept under its key.

``results/<profile>/phantom/seed<seed>/flow/<name>.json`` holds a `Case`'s result, and
``<name>.npz`` its fields where they are shown. A kill loses one solve; a reference artefact of the
same key stands in for any of them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from companion.run import Run
from shalelib.arrays import Mask
from shalelib.files import write_whole
from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import DoesNotPercolateError, PoreDomain
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.result import FlowResult
from shalelib.flow.slip import SECOND_ORDER, SlipModel

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
    fields : bool
        Keep velocity and pressure too.
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
    fields: bool = False
    identity: str = ""

    def inputs(self) -> list[object]:
        """Return all that the result depends on, besides code."""
        domain = self.domain
        pore = domain.pore if isinstance(domain, PoreDomain) else domain
        porosity = domain.porosity if isinstance(domain, PoreDomain) else float(domain.mean())
        source = [self.identity] if self.identity else [pore, porosity]
        return [*source, self.voxel_size, self.gas, self.slip, self.axis, self.fields]


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowField:
    """Velocity and pressure of a solved case, for figures.

    Attributes
    ----------
    pore : (z, y, x) bool array
    velocity : (3, z, y, x) float32 array
        [m/s]
    fall : (z, y, x) float32 array
        Pressure above the outlet's over the drop, 1 at the inlet; NaN in the solid.
    voxel_size : float
        [m]
    axis : int
    """

    pore: Mask
    velocity: NDArray[np.float32]
    fall: NDArray[np.float32]
    voxel_size: float
    axis: int


def solve_cases(
    cases: Sequence[Case], run: Run, *, progress: bool = True
) -> dict[str, dict[str, Any]]:
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
        done[case.name] = run.store.done(
            f"{FOLDER}/{case.name}",
            partial(_solve, case),
            code=[_solve, permeability],
            inputs=case.inputs(),
            files=[_field_file(case)] if case.fields else [],
        )
    return done


def read_field(case: Case, run: Run) -> FlowField:
    """Read the fields of a case that was solved with ``fields=True``.

    Raises
    ------
    FileNotFoundError
        It has none: it was not solved, or the gas does not get through.
    """
    stage = f"{FOLDER}/{case.name}"
    record = run.store.read(stage, mend="run notebooks/09_flow.py")
    if _field_file(case) not in record["files"]:
        msg = f"{run.store.path(stage)} has no fields: {record.get('problem') or 'none were kept'}"
        raise FileNotFoundError(msg)
    path = run.store.path(stage).with_name(_field_file(case))
    with np.load(path, allow_pickle=False) as stored:
        shape = tuple(stored["shape"])
        size = int(np.prod(shape))
        pore = np.unpackbits(stored["pore"], count=size).astype(bool).reshape(shape)
        velocity = np.zeros((3, *shape), np.float32)
        velocity[:, pore] = stored["velocity"].astype(np.float32) * float(stored["fastest"])
        fall = np.full(shape, np.nan, np.float32)
        fall[pore] = stored["fall"]
    return FlowField(
        pore=pore, velocity=velocity, fall=fall, voxel_size=case.voxel_size, axis=case.axis
    )


def _field_file(case: Case) -> str:
    return f"{Path(case.name).name}.npz"


def _solve(case: Case, folder: Path) -> dict[str, Any]:
    """Solve one case, write its fields, and return its record."""
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
        return about | dict.fromkeys(_NUMBERS) | {"problem": str(error), "files": []}
    about |= {name: float(getattr(result, name)) for name in _NUMBERS}
    if case.fields:
        write_whole(folder / _field_file(case), _packed(result))
    return about | {"steps": result.steps, "seconds": result.seconds, "memory": result.memory}


def _packed(result: FlowResult) -> bytes:
    """Pore voxels alone, as float16 of the largest value: figures need no more."""
    pore = result.pore
    outlet = result.gas.pressure - result.pressure_drop / 2
    velocity = result.velocity[:, pore]
    fastest = float(np.abs(velocity).max())
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        allow_pickle=False,
        shape=np.array(pore.shape),
        pore=np.packbits(pore),
        velocity=(velocity / fastest).astype(np.float16),
        fastest=np.array(fastest),
        fall=((result.pressure[pore] - outlet) / result.pressure_drop).astype(np.float16),
    )
    return stream.getvalue()
