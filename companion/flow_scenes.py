"""What figures show of a flow: the pressure in its pores, and streamlines; packed for a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.flow.result import FlowResult
from shalelib.flow.tracing import streamlines

LINES = 140  # of a flow; each stands for the same share of it, so that the first few do too
THINNED = 2  # of the points of a line, 0.2 voxel apart, every second is kept


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowScene:
    """Pressure and streamlines of a flow, for figures.

    Attributes
    ----------
    pore : (z, y, x) bool array
    fall : (z, y, x) float32 array
        Pressure above the outlet's over the drop, 1 at the inlet, to 1/255; NaN in the solid.
    lines : sequence of (n, 4) float32 arrays
        Place z, y, x [m], to 1/65535 of the longest side, and speed [m/s] of each point.
    voxel_size : float
        [m]
    """

    pore: Mask
    fall: NDArray[np.float32]
    lines: Sequence[NDArray[np.float32]]
    voxel_size: float


def packed_scene(result: FlowResult) -> bytes:
    """Trace streamlines and pack what `FlowScene` holds, as finely as a picture shows it."""
    pore, unit = result.pore, _unit(result.pore.shape, result.voxel_size)
    outlet = result.gas.pressure - result.pressure_drop / 2
    fall = (result.pressure[pore] - outlet) / result.pressure_drop
    lines = [line[::THINNED] for line in streamlines(result, count=LINES)]
    points = np.concatenate(lines)
    fastest = float(points[:, 3].max())
    places = np.rint(points[:, :3] / unit).clip(0, 65535).astype(np.uint16)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        allow_pickle=False,
        shape=np.array(pore.shape),
        pore=np.packbits(pore),
        fall=np.rint(255 * fall.clip(0, 1)).astype(np.uint8),
        lengths=np.array([len(line) for line in lines]),
        steps=np.diff(places, axis=0, prepend=np.zeros((1, 3), np.uint16)),  # modulo 65536
        fastest=np.array(fastest),
        speed=(points[:, 3] / fastest).astype(np.float16),
    )
    return stream.getvalue()


def read_scene_file(path: Path, *, voxel_size: float) -> FlowScene:
    """Read what `packed_scene` packed."""
    with np.load(path, allow_pickle=False) as stored:
        shape = tuple(stored["shape"])
        size = int(np.prod(shape))
        pore = np.unpackbits(stored["pore"], count=size).astype(bool).reshape(shape)
        fall = np.full(shape, np.nan, np.float32)
        fall[pore] = stored["fall"] / np.float32(255)
        places = np.cumsum(stored["steps"], axis=0, dtype=np.uint16) * _unit(shape, voxel_size)
        speed = stored["speed"].astype(np.float32) * float(stored["fastest"])
        points = np.column_stack([places, speed]).astype(np.float32)
        lines = np.split(points, np.cumsum(stored["lengths"])[:-1])
    return FlowScene(pore=pore, fall=fall, lines=lines, voxel_size=voxel_size)


def _unit(shape: Sequence[int], voxel_size: float) -> float:
    """Return the unit of packed places [m]."""
    return max(shape) * voxel_size / 65535
