"""Sparse storage of a pore domain: fluid nodes only, in blocks, with a table of links.

The fluid nodes are numbered in the order of the array and stored in blocks of `LANES`: population
``i`` of node ``n`` has the *slot* ``(n // LANES * 19 + i) * LANES + n % LANES``. The table holds,
for each node and each moving direction, the slot from which the odd step reads the arriving
population and to which it writes the departing opposite one (in-place "AA" streaming of Bailey
et al. 2009): the opposite slot of the neighbour, or the node's own slot at a wall (half-way
bounce-back).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.flow._kernels import LANES
from shalelib.flow.boundaries import Ends, Sides, check_ends, check_sides
from shalelib.flow.lattice import REFLECTED, VELOCITIES, WEIGHTS, Q
from shalelib.parallel import parallel_kernel

MAX_CLASSES = 1 << 14
"""Classes of nodes that fit beside the 18 wall bits in 32 bits."""

_CODES = {"wall": 0, "periodic": 1, "mirror": 2, "pressure": 3}


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseDomain:
    """Fluid nodes of a box and their links; all that the kernels need to know of the geometry."""

    pore: Mask  # (z, y, x), the flow along axis 0
    ends: Ends
    sides: tuple[Sides, Sides]  # along y and x
    links: NDArray[np.uint32]  # (blocks * 18 * LANES,) slots
    node: NDArray[np.uint32]  # (blocks * LANES,) wall bits and, above bit 18, the class
    face_slots: NDArray[np.uint32]  # slots whose value changes sign at the ends
    face_gain: NDArray[np.float64]  # what an imposed pressure adds there: 2 w at the inlet
    count: int  # fluid nodes

    @property
    def slots(self) -> int:
        """Length of a population array, padding of the last block included."""
        return len(self.node) * Q

    @property
    def bytes_per_node(self) -> float:
        """Bytes per fluid node while stepping in float64, without the mask of the box."""
        return (8 * self.slots + self.links.nbytes + self.node.nbytes) / self.count


def build_domain(
    pore: Mask,
    *,
    ends: Ends = "mirror",
    sides: tuple[Sides, Sides] = ("wall", "wall"),
) -> SparseDomain:
    """Return the numbered fluid nodes of `pore` and the table of their links.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void; the flow is along axis 0.
    ends : {"mirror", "periodic", "pressure"}
        What lies beyond the first and last slice. "mirror" is the domain followed by its mirror
        image, endlessly, under a uniform body force. There the pressure and the transverse
        velocity are odd about each end, so the arriving populations are the reflected departing
        ones with the sign reversed, and half of the doubled domain is exactly enough. "pressure"
        is the same with a density added at the inlet: the pressure is imposed, the transverse
        velocity is zero, and a developed flow continues as it is.
    sides : pair of {"wall", "periodic", "mirror"}
        What lies beyond the sides along y and x.

    Notes
    -----
    A diagonal link between two voxels that touch only along an edge, with solid in both other
    voxels around the edge, is closed: nothing flows through an edge.
    """
    check_ends(ends)
    for one in sides:
        check_sides(one)
    order = np.cumsum(pore, dtype=np.int32).reshape(pore.shape)
    count = int(order.flat[-1])
    if count * Q >= 2**32 - Q * LANES:
        msg = f"{count} fluid nodes do not fit 32-bit slots; cut the volume into smaller ones"
        raise ValueError(msg)
    order -= 1
    order[~pore] = -1
    blocks = -(-count // LANES)
    links = np.empty(blocks * (Q - 1) * LANES, np.uint32)
    node = np.zeros(blocks * LANES, np.uint32)
    modes = np.array([_CODES[ends], _CODES[sides[0]], _CODES[sides[1]]])
    _tabulate(order, modes, links, node)
    _tabulate_padding(count, links, node)
    face_slots, face_gain = _face_slots(order, modes, node)
    return SparseDomain(
        pore=pore,
        ends=ends,
        sides=sides,
        links=links,
        node=node,
        face_slots=face_slots,
        face_gain=face_gain,
        count=count,
    )


@njit(cache=True, forceinline=True)
def _map(coordinate, size, mode):  # type: ignore[no-untyped-def]
    """Return a coordinate folded back into the box (-1: solid), and whether it was reflected."""
    if 0 <= coordinate < size:
        return coordinate, 0
    if mode == 0:
        return -1, 0
    if mode == 1:
        return coordinate % size, 0
    return (0 if coordinate < 0 else size - 1), 1


@njit(cache=True, forceinline=True)
def _solid(order, modes, z, y, x):  # type: ignore[no-untyped-def]
    """Return whether a voxel, perhaps beyond a face, is solid."""
    mz, _ = _map(z, order.shape[0], modes[0])
    my, _ = _map(y, order.shape[1], modes[1])
    mx, _ = _map(x, order.shape[2], modes[2])
    return mz < 0 or my < 0 or mx < 0 or order[mz, my, mx] < 0


@njit(cache=True)
def _closed(order, modes, z, y, x, dz, dy, dx):  # type: ignore[no-untyped-def]
    """Return whether the link from a fluid voxel along (dz, dy, dx) ends at a wall."""
    if _solid(order, modes, z + dz, y + dy, x + dx):
        return True
    if dz == 0 and dy != 0 and dx != 0:
        one, two = _solid(order, modes, z, y + dy, x), _solid(order, modes, z, y, x + dx)
    elif dy == 0 and dz != 0 and dx != 0:
        one, two = _solid(order, modes, z + dz, y, x), _solid(order, modes, z, y, x + dx)
    elif dx == 0 and dz != 0 and dy != 0:
        one, two = _solid(order, modes, z + dz, y, x), _solid(order, modes, z, y + dy, x)
    else:
        return False
    return one and two


@njit(cache=True, forceinline=True)
def _slot(n, i):  # type: ignore[no-untyped-def]
    return (n // LANES * Q + i) * LANES + n % LANES


@parallel_kernel()
def _tabulate(order, modes, links, node):  # type: ignore[no-untyped-def]
    """Fill `links` and the wall bits of `node`; each z writes only its own nodes."""
    nz, ny, nx = order.shape
    for plane in prange(nz):
        z = np.int64(plane)  # prange counts unsigned
        for y in range(ny):
            for x in range(nx):
                n = order[z, y, x]
                if n < 0:
                    continue
                bits = 0
                for i in range(1, Q):
                    dz, dy, dx = -VELOCITIES[i, 0], -VELOCITIES[i, 1], -VELOCITIES[i, 2]
                    entry = (n // LANES * (Q - 1) + i - 1) * LANES + n % LANES
                    if _closed(order, modes, z, y, x, dz, dy, dx):
                        bits |= 1 << (i - 1)
                        links[entry] = _slot(n, i)
                        continue
                    sz, rz = _map(z + dz, nz, modes[0])
                    sy, ry = _map(y + dy, ny, modes[1])
                    sx, rx = _map(x + dx, nx, modes[2])
                    j = REFLECTED[rz, ry, rx, i]
                    opposite = REFLECTED[1, 1, 1, j]
                    links[entry] = _slot(order[sz, sy, sx], opposite)
                node[n] = bits


@njit(cache=True)
def _tabulate_padding(count, links, node):  # type: ignore[no-untyped-def]
    """Link the unused lanes of the last block to themselves."""
    for n in range(count, node.size):
        for i in range(1, Q):
            links[(n // LANES * (Q - 1) + i - 1) * LANES + n % LANES] = _slot(n, i)


def _face_slots(
    order: NDArray[np.int32], modes: NDArray[np.int64], node: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Return the slots of populations that enter at the ends, and what a unit pressure adds."""
    if modes[0] == _CODES["periodic"]:
        return np.empty(0, np.uint32), np.empty(0)
    slots: list[NDArray[Any]] = []
    gains: list[NDArray[Any]] = []
    for face, inward in ((0, 1), (-1, -1)):
        n = order[face][order[face] >= 0].astype(np.int64)
        for i in np.flatnonzero(VELOCITIES[:, 0] == inward):
            open_nodes = n[(node[n] >> np.uint32(i - 1)) & 1 == 0]
            slots.append((open_nodes // LANES * Q + i) * LANES + open_nodes % LANES)
            gain = 2 * WEIGHTS[i] if face == 0 and modes[0] == _CODES["pressure"] else 0.0
            gains.append(np.full(open_nodes.size, gain))
    return np.concatenate(slots).astype(np.uint32), np.concatenate(gains)
