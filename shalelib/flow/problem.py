"""A flow problem in lattice units: domain, relaxation classes and what drives the gas.

The problem is linear: the drive is 1 in lattice units, whatever the pressure drop, and results
are scaled back. Populations start at rest *with half the force subtracted*; otherwise voxels whose
walls hold the gas still would oscillate for ever with a period of two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.flow import _kernels
from shalelib.flow._kernels import CLASS_SHIFT, LANES
from shalelib.flow._moments import node_moments, slice_sums
from shalelib.flow.boundaries import Ends, Sides
from shalelib.flow.lattice import VELOCITIES, WEIGHTS, Q, check_T_plus
from shalelib.flow.slip import NO_SLIP, SlipModel, slip_rates
from shalelib.flow.sparse import MAX_CLASSES, SparseDomain, build_domain

Populations = NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What the solver needs: geometry, rates per class, drive."""

    domain: SparseDomain
    table: NDArray[np.float64]  # (classes, 3): omega+, omega-, 1 - r
    T_plus: float  # of the bulk gas; the lattice viscosity is a third of it
    force: float  # body force along z [lattice units]
    pressure: float  # density deviation imposed at the inlet
    length: int  # of the sample, without open slices before and after it [voxel]

    @property
    def walls_slip(self) -> bool:
        """Whether the walls of any node differ from bounce-back."""
        return bool(self.table[:, 2].any())


@dataclass(frozen=True, kw_only=True)
class Fluxes:
    """Flow through the slices of a problem, and what drives it."""

    k_lu: float  # permeability [voxel²], from `mean_flux` and `gradient`
    gradient: float  # of the pressure that drives the gas through the sample [lattice units]
    mean_flux: float  # mean of `crossing` [lattice units]
    crossing: NDArray[np.float64]  # mass that crosses between slices, per voxel of the section
    spread: float  # (max - min) / |mean| of `crossing`


def build_problem(
    pore: Mask,
    *,
    kn: NDArray[np.float64] | None = None,
    mean_free_path_lu: float = 0.0,
    slip: SlipModel = NO_SLIP,
    T_plus: float = 0.5,
    ends: Ends = "mirror",
    sides: tuple[Sides, Sides] = ("wall", "wall"),
    buffer: int = 0,
) -> Problem:
    """Set up a problem with the flow along axis 0.

    Parameters
    ----------
    pore : (z, y, x) bool array
    kn : (z, y, x) array, optional
        Local Knudsen number; needed for a slip model.
    mean_free_path_lu : float
        Mean free path of the bulk gas [voxel].
    slip : SlipModel
    T_plus : float
        Free parameter of the scheme, three times the lattice viscosity. The speed of convergence
        depends on it, the result does not.
    ends, sides
        See `shalelib.flow.sparse.build_domain`. With "pressure" ends the inlet and outlet pressure
        are imposed, else a body force drives the gas.
    buffer : int
        Open slices, without slip, before and after `pore`; for "pressure" ends. Their resistance
        does not count as that of the sample.
    """
    if pore.shape[0] < 2:
        msg = f"the volume has {pore.shape[0]} slice along the flow; at least 2 are needed"
        raise ValueError(msg)
    if not pore.any():
        msg = "there are no pores; nothing flows"
        raise ValueError(msg)
    if pore.all() and "wall" not in sides:
        msg = (
            "there is no wall, no solid voxel and no side: nothing holds the gas, and it has no "
            "permeability; put sides='wall' or check which voxels count as pores"
        )
        raise ValueError(msg)
    check_T_plus(T_plus)
    slipping = slip.c1 > 0 or slip.c2 > 0
    if slipping and (kn is None or not mean_free_path_lu > 0):
        msg = f"slip model {slip.name!r} needs the local Knudsen number and the mean free path"
        raise ValueError(msg)
    length = pore.shape[0]
    if buffer:
        margin = ((buffer, buffer), (0, 0), (0, 0))
        pore = np.pad(pore, margin, constant_values=True)
        kn = None if kn is None else np.pad(kn, margin, constant_values=-1.0)
    domain = build_domain(pore, ends=ends, sides=sides)
    table = slip_rates(np.zeros(1), mean_free_path_lu=0.0, model=NO_SLIP, T_plus=T_plus)
    if slipping and kn is not None:
        values, classes = _classes(kn[pore])
        inside = values >= 0
        table = table.repeat(values.size, axis=0)  # of the bulk, as in the buffers
        table[inside] = slip_rates(
            values[inside], mean_free_path_lu=mean_free_path_lu, model=slip, T_plus=T_plus
        )
        domain.node[: domain.count] |= classes.astype(np.uint32) << np.uint32(CLASS_SHIFT)
    driven = ends == "pressure"
    return Problem(
        domain=domain,
        table=table,
        T_plus=T_plus,
        force=0.0 if driven else 1.0,
        pressure=1.0 if driven else 0.0,
        length=length,
    )


def _classes(kn: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distinct Knudsen numbers, rounded if too many, and the class of each node."""
    values, classes = np.unique(kn, return_inverse=True)
    if values.size > MAX_CLASSES:
        rounded = np.where(kn > 0, np.exp(np.round(np.log(np.abs(kn) + 1e-300), 3)), kn)
        values, classes = np.unique(rounded, return_inverse=True)
    return values, classes


def initial(problem: Problem, dtype: Any = np.float64) -> Populations:
    """Return a gas at rest: populations whose momentum is minus half the force."""
    rest = -1.5 * problem.force * WEIGHTS * VELOCITIES[:, 0]
    blocks = problem.domain.slots // (Q * LANES)
    return np.tile(np.repeat(rest, LANES), blocks).astype(dtype)


def advance(problem: Problem, f: Populations, pairs: int = 1) -> None:
    """Advance `f` in place by pairs of steps."""
    domain = problem.domain
    table = problem.table.astype(f.dtype)
    slip = problem.walls_slip
    force = f.dtype.type(problem.force)
    for _ in range(pairs):
        _kernels.even_step(f, domain.node, table, slip, force)
        _kernels.turn_faces(f, domain.face_slots, domain.face_gain, problem.pressure)
        _kernels.odd_step(f, domain.links, domain.node, table, slip, force)
        _kernels.turn_faces(f, domain.face_slots, domain.face_gain, problem.pressure)


def change(problem: Problem, f: Populations, out: Populations, *, driven: bool = True) -> None:
    """Fill `out` with what one step changes in `f`; without the drive it is linear in `f`."""
    domain = problem.domain
    table = problem.table.astype(f.dtype)
    force = f.dtype.type(problem.force if driven else 0.0)
    pressure = problem.pressure if driven else 0.0
    _kernels.step_change(f, out, domain.links, domain.node, table, problem.walls_slip, force)
    _kernels.turn_changes(f, out, domain.face_slots, domain.face_gain, pressure)


def advance_plain(problem: Problem, f: Populations, out: Populations) -> None:
    """Write the populations one step after `f` into `out`; the reference with two arrays."""
    change(problem, f, out)
    out += f


def fluxes(problem: Problem, f: Populations) -> Fluxes:
    r"""Measure the flux between the slices, and from its mean the permeability of the sample.

    Notes
    -----
    The gradient is the force plus the pressure drop from one face of the sample to the other
    (`face_densities`) over its length.

    A step conserves mass, so the mass that crosses between two slices is the one flux that is the
    same everywhere once the flow is steady; the permeability and the test of convergence are based
    on it. The mean momentum of the nodes is another quantity. It is the mean of the momentum before
    and after the collision, so half of what came out of a wall and half of what went into it count,

    .. math:: \sum j_z = \sum q + \tfrac12 \sum_\mathrm{walls} c_z (f_\mathrm{in} - f_\mathrm{out}),

    though neither crosses between slices. Bounce-back returns what it takes, and the two agree. A
    wall that mixes absorbs momentum parallel to itself, and the nodes show more than is
    transported.
    """
    domain = problem.domain
    pore = domain.pore
    first = np.concatenate([[0], np.cumsum(pore.sum(axis=(1, 2)))])
    sums = np.empty((2, pore.shape[0]))
    slice_sums(f, domain.node, first, sums)
    crossing = (sums[0] - np.roll(sums[1], 1)) / (pore.shape[1] * pore.shape[2])
    if domain.ends != "periodic":
        crossing = crossing[1:]
    mean_flux = float(crossing.mean())
    spread = float(np.ptp(crossing) / abs(mean_flux)) if mean_flux else np.inf
    inlet, outlet = face_densities(problem, f)
    gradient = problem.force + (inlet - outlet) / (3 * problem.length)
    return Fluxes(
        k_lu=problem.T_plus / 3 * mean_flux / gradient if gradient else np.nan,
        gradient=gradient,
        mean_flux=mean_flux,
        crossing=crossing,
        spread=spread,
    )


def face_densities(problem: Problem, f: Populations) -> tuple[float, float]:
    r"""Return the density deviation at the first and at the last face of the sample.

    Notes
    -----
    Without open slices it is what is imposed. Behind open slices it varies along a face, and its
    mean is weighted by the flux, :math:`\int p\, u_z\, dA / \int u_z\, dA`: times the flux this is
    the work that the pressure does.
    """
    buffer = (problem.domain.pore.shape[0] - problem.length) // 2
    if not buffer:
        return problem.pressure, 0.0
    return _face_density(problem, f, buffer), _face_density(problem, f, buffer + problem.length)


def _face_density(problem: Problem, f: Populations, z: int) -> float:
    """Return the flux-weighted mean density between slices z - 1 and z; 0 if nothing flows."""
    beside = slice(z - 1, z + 1)
    density, velocity = fields(problem, f, beside)
    joined = problem.domain.pore[beside].all(0)
    flux = velocity[0].mean(0)[joined]
    return float((density.mean(0)[joined] * flux).sum() / flux.sum()) if flux.sum() else 0.0


def fields(
    problem: Problem, f: Populations, slices: slice = slice(None)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return density deviation (z, y, x) and velocity (3, z, y, x) in lattice units, 0 in solid."""
    domain = problem.domain
    pore = domain.pore[slices]
    first = int(domain.pore[: slices.start or 0].sum())
    count = int(pore.sum())
    density, velocity = np.empty(count), np.empty((count, 3))
    node_moments(f, domain.node, problem.table, problem.force, first, density, velocity)
    full = np.zeros((3, *pore.shape))
    full[:, pore] = velocity.T
    dense = np.zeros(pore.shape)
    dense[pore] = density
    return dense, full
