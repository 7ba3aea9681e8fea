"""Streamlines of a steady flow, seeded in proportion to the inflow (Figure 6)."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from shalelib.arguments import check_number, check_seed, check_whole
from shalelib.flow.arguments import check_result

_STEP = 0.2  # of a voxel, along the line


class Field(Protocol):
    """What `streamlines` needs of a flow; a `FlowResult` has it."""

    @property
    def velocity(self) -> NDArray[Any]:
        """Components along z, y and x, a (3, z, y, x) array [m/s]; 0 in the solid."""

    @property
    def axis(self) -> int:
        """Axis of the flow: 0, 1 or 2."""

    @property
    def voxel_size(self) -> float:
        """Edge of a voxel [m]."""


def streamlines(
    result: Field, *, count: int = 100, seed: int = 0, max_length: float = 20.0
) -> list[NDArray[np.float64]]:
    """Trace streamlines from the inlet to where they leave the volume.

    Parameters
    ----------
    result : FlowResult or Field
    count : int
        Number of lines. The inlet voxel of each is drawn with a probability proportional to its
        inflow, so that every line stands for the same share of the flow.
    seed : int
        Of the inlet voxels, and of the starting points in them.
    max_length : float
        Largest length of a line, relative to the length of the sample.

    Returns
    -------
    list of (n, 4) float64 arrays
        Position z, y, x [m] and speed [m/s] at each of the n points of a line, from the first slice
        on. A line ends where it would leave the volume, at a point of rest, or at `max_length`.

    Raises
    ------
    TypeError
        `result` lacks a field.
    ValueError
        No gas enters through the first slice, or an argument is out of range.

    Notes
    -----
    Not in the paper. The velocity is interpolated linearly between voxel centres, with 0 in the
    solid; the line is integrated by fourth-order Runge-Kutta steps of 0.2 voxel along its length.
    """
    check_result(result, "velocity", "axis", "voxel_size")
    check_whole("count", count, least=1)
    check_seed(seed)
    check_number("max_length", max_length, above=0)
    velocity = np.ascontiguousarray(np.moveaxis(result.velocity, 0, -1))
    inflow = np.maximum(result.velocity[result.axis].take(0, result.axis), 0)
    if inflow.sum() <= 0:
        msg = "no gas enters through the inlet; check the axis of the result"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    cells = rng.choice(inflow.size, size=count, p=(inflow / inflow.sum()).ravel())
    across = np.stack(np.unravel_index(cells, inflow.shape), axis=1) + rng.random((count, 2)) - 0.5
    starts = np.insert(across, result.axis, 0.0, axis=1)
    points = int(max_length * velocity.shape[result.axis] / _STEP)
    lines = []
    for start in starts:
        line = np.empty((points, 4))
        length = _trace(velocity, start, line)
        line = line[:length]
        line[:, :3] = (line[:, :3] + 0.5) * result.voxel_size
        lines.append(line)
    return lines


@njit(cache=True)
def _velocity_at(velocity, place, out):
    """Interpolate between voxel centres; beyond the outermost centres take the value there."""
    out[:] = 0
    low = np.empty(3, np.int64)
    part = np.empty(3)
    for a in range(3):
        inside = min(max(place[a], 0.0), velocity.shape[a] - 1.0)
        low[a] = min(int(inside), max(velocity.shape[a] - 2, 0))
        part[a] = inside - low[a]
    for corner in range(8):
        weight = 1.0
        index = low.copy()
        for a in range(3):
            up = (corner >> a) & 1
            weight *= part[a] if up else 1 - part[a]
            index[a] = min(low[a] + up, velocity.shape[a] - 1)
        for a in range(3):
            out[a] += weight * velocity[index[0], index[1], index[2], a]


@njit(cache=True)
def _trace(velocity, start, line):
    """Fill `line` with points and speeds; return their number."""
    place = start.copy()
    k = np.empty((4, 3))
    for m in range(line.shape[0]):
        _velocity_at(velocity, place, k[0])
        speed = np.sqrt((k[0] ** 2).sum())
        line[m, :3] = place
        line[m, 3] = speed
        if speed == 0.0:
            return m + 1
        for stage in range(1, 4):
            reach = (1.0 if stage == 3 else 0.5) * _STEP
            before = k[stage - 1]
            norm = np.sqrt((before**2).sum())
            if norm == 0.0:
                return m + 1
            _velocity_at(velocity, place + reach * before / norm, k[stage])
        for stage in range(4):
            norm = np.sqrt((k[stage] ** 2).sum())
            if norm == 0.0:
                return m + 1
            weight = (1 if stage in (0, 3) else 2) / 6
            place = place + _STEP * weight * k[stage] / norm
        for a in range(3):
            if not (-0.5 <= place[a] <= velocity.shape[a] - 0.5):
                return m + 1
    return line.shape[0]
