"""The apparent gas permeability of a pore volume, in one call."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shalelib.arguments import check_axis, given_mask
from shalelib.arrays import Mask
from shalelib.flow.arguments import check_gas_and_walls, cube_edge, settled_drop
from shalelib.flow.boundaries import Ends, Sides, check_ends, check_sides
from shalelib.flow.convergence import Progress
from shalelib.flow.domain import PoreDomain, domain_from_mask
from shalelib.flow.gas import METHANE, Gas, gas_permeability
from shalelib.flow.memory import memory_needed
from shalelib.flow.options import SolverOptions, settled_options
from shalelib.flow.problem import Problem, build_problem, face_densities, fields
from shalelib.flow.result import FlowResult
from shalelib.flow.slip import SECOND_ORDER, SlipModel
from shalelib.flow.solver import Steady, solve_steady
from shalelib.flow.thickness import local_knudsen, local_thickness
from shalelib.flow.units import lattice_units
from shalelib.memory import check_room
from shalelib.outside import find_outside

KNUDSEN_RANGE = 0.3
"""Mean local Knudsen number up to which the slip model is within about 10% of kinetic theory."""


def beyond_range(slip: SlipModel, kn_mean: float) -> bool:
    """Return whether `permeability` warns: walls slip more than the slip model is good for."""
    return bool(slip.c1 > 0 and kn_mean > KNUDSEN_RANGE)


def permeability(
    pore: Mask | PoreDomain,
    *,
    voxel_size: float,
    gas: Gas = METHANE,
    axis: int | None = None,
    slip: SlipModel = SECOND_ORDER,
    ends: Ends = "mirror",
    sides: Sides = "wall",
    buffer: int = 4,
    knudsen: bool = False,
    pressure_drop: float | None = None,
    options: SolverOptions | None = None,
    progress: bool | Callable[[Progress], None] = False,
) -> FlowResult:
    """Compute the apparent gas permeability of a segmented volume.

    The steady creeping flow of the gas through the pores is solved by a lattice Boltzmann method
    (D3Q19, two relaxation times), with slip at the pore walls.

    Parameters
    ----------
    pore : (z, y, x) bool array or PoreDomain
        True = void. Pores that are not part of a connection between the two faces are removed.
    voxel_size : float, or three that are equal
        Edge of a voxel [m]. Resample cuboid voxels with `shalelib.flow.cubic_voxels` first.
    gas : Gas
        State of the gas. The default is methane at 370 K and 0.8 MPa.
    axis : int, optional
        Axis along which the gas flows: 0, 1 or 2. The default is the axis of a `PoreDomain`, and 0
        for an array.
    slip : SlipModel
        Slip law at the pore walls: `SECOND_ORDER`, `STOPS`, `MAXWELL`, a model of your own, or
        `NO_SLIP`, which gives the intrinsic permeability.
    ends : {"mirror", "periodic", "pressure"}
        What drives the gas, and what lies beyond the two faces that it flows between. With
        "mirror" and "periodic" a body force drives it, through the volume followed by its mirror
        image or through a volume that repeats itself. With "pressure", as in the paper, a pressure
        is imposed at either end, beyond `buffer` open slices.
    sides : {"wall", "periodic", "mirror"}
        What lies beyond the four faces parallel to the flow: a wall, the volume repeated, or its
        mirror image.
    buffer : int
        Number of open slices before and after the sample, for "pressure" ends only; their walls do
        not slip. The permeability is that of the sample alone: only the pressure drop between its
        two faces counts, with the pressure at each face averaged over the flux. With 0 slices it
        equals that of "mirror" ends.
    knudsen : bool
        Compute the local Knudsen number even if the walls do not slip. With slip it is always
        computed.
    pressure_drop : float, optional
        Pressure drop from face to face [Pa]; by default 1e-7 of the gas pressure, as in the paper.
        The problem is linear, so the permeability does not depend on it.
    options : SolverOptions, optional
        How to reach the steady state; by default ``SolverOptions()``.
    progress : bool or callable
        True shows a progress bar with the memory that the run will need. A callable is handed a
        `Progress` (steps, permeability, spread of the flux, times) at every check of the fluxes.

    Returns
    -------
    FlowResult
        Permeability, porosity, mean Knudsen numbers and the fields, in SI units.

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces.
    NotConvergedError
        The flow did not settle; no number is returned.
    MemoryError
        The run would need more memory than the machine has.
    TypeError
        An argument is of the wrong type, such as a `pore` that is not boolean.
    ValueError
        A value is out of range, the voxels are not cubes, the volume has neither solid nor walls to
        hold the gas, or the `PoreDomain` was made for another axis, other ends or other sides.
    ModuleNotFoundError
        `options` ask for torch, which is not installed.

    Warns
    -----
    UserWarning
        The walls slip (``slip.c1 > 0``) and the mean local Knudsen number is above 0.3, beyond
        which the slip model may be more than 10% off kinetic theory.

    Examples
    --------
    A slit of 4 voxels without slip has (h² + 1/2) / 12 of a voxel², times its porosity.

    >>> from shalelib.flow.slip import NO_SLIP
    >>> pore = np.zeros((4, 6, 4), bool)
    >>> pore[:, 1:-1] = True
    >>> result = permeability(pore, voxel_size=1e-8, slip=NO_SLIP, sides="periodic")
    >>> round(result.permeability_lu / result.porosity, 4)
    1.375
    """
    voxel_size = cube_edge("voxel_size", voxel_size)
    check_gas_and_walls(gas, slip, buffer)
    drop = settled_drop(pressure_drop, gas)
    options = settled_options(options)
    domain = _as_domain(pore, axis=axis, ends=ends, sides=sides)
    axis = domain.axis
    knudsen = knudsen or slip.c1 > 0 or slip.c2 > 0
    buffer = int(buffer) if ends == "pressure" else 0
    path = gas.mean_free_path / voxel_size
    memory = memory_needed(
        domain, options=options, knudsen=knudsen, buffer=buffer, slip=slip, mean_free_path_lu=path
    )
    mend = "cut the volume into pieces, or take SolverOptions(method='step'), which stores less"
    check_room("this flow", memory.total, mend=mend)
    inlet, outlet = gas.pressure + drop / 2, gas.pressure - drop / 2
    drop = inlet - outlet  # as the pressures have it, after rounding
    along = np.ascontiguousarray(np.moveaxis(domain.pore, axis, 0))
    problem, kn, means = _set_up(
        along,
        knudsen=knudsen,
        path=path,
        gas=gas,
        voxel_size=voxel_size,
        slip=slip,
        T_plus=options.T_plus,
        ends=ends,
        sides=sides,
        buffer=buffer,
    )
    steady = _solve(problem, options, progress, title=f"{domain.pore.sum():,} pores, {memory}")
    scale = _velocity_scale(problem, steady.fluxes.gradient, gas, voxel_size, drop)
    velocity, pressure = _si_fields(problem, steady, gas=gas, scale=scale, drop=drop)
    if kn is not None:
        speed = np.sqrt((velocity[:, along] ** 2).sum(0))
        means["kn_flux"] = float((kn[along] * speed).sum() / speed.sum())
    # Mass is conserved, so the volume that leaves is what crosses any slice, times p / p_outlet.
    flux = steady.fluxes.mean_flux * scale / domain.rock
    order = [axis, *(a for a in range(3) if a != axis)]
    return FlowResult(
        permeability=gas_permeability(
            viscosity=gas.viscosity,
            length=along.shape[0] * voxel_size,
            outlet_flux=flux * gas.pressure / outlet,
            inlet_pressure=inlet,
            outlet_pressure=outlet,
        ),
        axis=axis,
        gas=gas,
        slip=slip,
        voxel_size=voxel_size,
        pressure_drop=drop,
        porosity=domain.porosity,
        porosity_connected=domain.porosity_connected,
        **means,
        pore=domain.pore,
        velocity=np.moveaxis(velocity, 1, axis + 1)[np.argsort(order)],
        pressure=np.moveaxis(pressure, 0, axis),
        kn=None if kn is None else np.moveaxis(kn, 0, axis),
        spread=steady.fluxes.spread,
        change=steady.change,
        steps=steady.steps,
        seconds=steady.seconds,
        memory=memory.total,
        units=lattice_units(problem, gas=gas, voxel_size=voxel_size),
    )


def _say_surroundings(pore: Mask, sides: Sides) -> None:
    """Warn of pores that look like what lies around a plug; a mask alone cannot prove it."""
    given_mask("pore", pore, ndim=3)
    if sides == "wall" and find_outside(np.where(pore, np.uint8(0), np.uint8(255))) is not None:
        warnings.warn(
            "the pores fill the corners of the box, as what lies around a plug does, and the gas "
            "flows there too; if that is no pore space pass shalelib.flow.domain_from_mask(pore, "
            "rock=mask) in place of pore, with the mask of the rock",
            stacklevel=4,
        )


def _as_domain(
    pore: Mask | PoreDomain, *, axis: int | None, ends: Ends, sides: Sides
) -> PoreDomain:
    """Return the percolating domain along `axis`; refuse one that was made for another flow."""
    check_ends(ends)
    check_sides(sides)
    if axis is not None:
        check_axis(axis)
    if not isinstance(pore, PoreDomain):
        _say_surroundings(pore, sides)
        return domain_from_mask(pore, axis=axis or 0, ends=ends, sides=sides)
    axis = pore.axis if axis is None else axis
    made = (pore.axis, pore.ends == "periodic", pore.sides == "periodic")
    if made != (axis, ends == "periodic", sides == "periodic"):
        msg = (
            f"the domain holds the pores that connect along axis {pore.axis} with ends="
            f"{pore.ends!r} and sides={pore.sides!r}; for the flow of these pores pass them here, "
            f"axis={pore.axis}, ends={pore.ends!r}, sides={pore.sides!r}; for that along axis="
            f"{axis} with ends={ends!r} and sides={sides!r} make the domain so from the volume, by "
            "shalelib.flow.domain.domain_from_mask"
        )
        raise ValueError(msg)
    return pore


def _set_up(
    along: Mask,
    *,
    knudsen: bool,
    path: float,
    gas: Gas,
    voxel_size: float,
    slip: SlipModel,
    sides: Sides,
    ends: Ends,
    **options: Any,
) -> tuple[Problem, NDArray[np.float64] | None, dict[str, float]]:
    """Build the problem, with the local Knudsen number and its means if they are asked for."""
    kn = None
    means = dict.fromkeys(("kn_mean", "kn_flux", "kn_thickness"), math.nan)
    if knudsen:
        end: Sides = "periodic" if ends == "periodic" else "mirror"
        width = local_thickness(along, beyond=(end, sides, sides))
        means["kn_thickness"] = float(path / width[along].mean())
        kn = local_knudsen(width, mean_free_path=gas.mean_free_path, voxel_size=voxel_size)
        means["kn_mean"] = float(kn[along].mean())
        if beyond_range(slip, means["kn_mean"]):
            warnings.warn(
                f"the mean Knudsen number is {means['kn_mean']:.2g}; beyond {KNUDSEN_RANGE} the "
                "slip model is more than 10 % off kinetic theory in some pore spaces, see the "
                "validation page",
                stacklevel=3,
            )
    problem = build_problem(
        along,
        kn=kn,
        mean_free_path_lu=path,
        slip=slip,
        ends=ends,
        sides=(sides, sides),
        **options,
    )
    return problem, kn, means


def _solve(
    problem: Problem,
    options: SolverOptions,
    progress: bool | Callable[[Progress], None],
    *,
    title: str,
) -> Steady:
    """Solve with a progress bar, with a callable, or silently."""
    if callable(progress):
        return solve_steady(problem, options, report=progress)
    with tqdm(desc=title, unit="step", disable=not progress) as bar:

        def report(now: Progress) -> None:
            bar.update(now.steps - bar.n)
            bar.set_postfix_str(
                f"k {now.k_lu:.4e} voxel², spread {now.spread:.1e}, {now.remaining:.0f} s left"
            )

        return solve_steady(problem, options, report=report)


def _velocity_scale(
    problem: Problem, gradient: float, gas: Gas, voxel_size: float, drop: float
) -> float:
    """Return the velocity [m/s] of one lattice unit at this pressure drop."""
    mobility = problem.T_plus / 3 / gradient * voxel_size**2 / gas.viscosity
    return mobility * drop / (problem.length * voxel_size)


def _si_fields(
    problem: Problem, steady: Steady, *, gas: Gas, scale: float, drop: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return velocity [m/s] and absolute pressure [Pa] at this drop, without the buffers."""
    density, velocity = fields(problem, steady.populations)
    slices = density.shape[0]
    buffers = (slices - problem.length) // 2
    inner = slice(buffers, slices - buffers)
    middle = sum(face_densities(problem, steady.populations)) / 2
    fall = -problem.force * (np.arange(slices) + 0.5 - slices / 2) - middle / 3
    pore = problem.domain.pore
    density /= 3
    density += fall[:, None, None]
    density *= drop / (steady.fluxes.gradient * problem.length)
    density += gas.pressure
    density[~pore] = gas.pressure - drop / 2
    velocity *= scale
    return velocity[:, inner], density[inner]
