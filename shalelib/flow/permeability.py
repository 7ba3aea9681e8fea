r"""The apparent gas permeability of a pore volume: one call for a digital-rock user.

.. math:: k = \frac{2 \mu L\, \bar q_o\, p_o}{(p_i - p_o)(p_i + p_o)}

with the superficial flux at the outlet and the viscosity of the bulk gas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shalelib.arrays import Mask
from shalelib.flow.convergence import Progress
from shalelib.flow.domain import PoreDomain, check_axis, domain_from_mask
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.problem import Problem, build_problem, fields
from shalelib.flow.slip import SECOND_ORDER, SlipModel
from shalelib.flow.solver import SolverOptions, Steady, memory_bytes, solve_steady
from shalelib.flow.sparse import Ends, Sides
from shalelib.flow.thickness import local_knudsen, local_thickness, medial_thickness
from shalelib.flow.units import DARCY, NANODARCY, LatticeUnits, lattice_units


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowResult:
    """A converged gas flow through a pore volume, in SI units and the volume's own axes."""

    permeability: float  # apparent, [m²]
    axis: int
    gas: Gas
    slip: SlipModel
    voxel_size: float  # [m]
    pressure_drop: float  # [Pa], from face to face
    porosity: float
    porosity_connected: float
    kn_mean: float  # mean of the local Knudsen number over the connected pores
    kn_flux: float  # the same, weighted with the speed
    kn_thickness: float  # mean free path over the mean local thickness
    pore: Mask  # (z, y, x), connected
    velocity: NDArray[np.float64]  # (3, z, y, x) [m/s], components along z, y, x
    pressure: NDArray[np.float64]  # (z, y, x) [Pa], absolute; the outlet's in the solid
    kn: NDArray[np.float64]  # (z, y, x) local Knudsen number, 0 in the solid
    spread: float  # of the flux between slices, relative
    change: float  # estimated relative change of k still to come
    steps: int  # lattice steps, those inside the Krylov method included
    seconds: float
    memory: int  # bytes, of the solver
    units: LatticeUnits

    @property
    def permeability_lu(self) -> float:
        """Permeability [voxel²]."""
        return self.permeability / self.voxel_size**2

    @property
    def permeability_darcy(self) -> float:
        """Permeability [darcy]."""
        return self.permeability / DARCY

    @property
    def permeability_nd(self) -> float:
        """Permeability [nanodarcy]."""
        return self.permeability / NANODARCY


def permeability(
    pore: Mask | PoreDomain,
    *,
    voxel_size: float,
    gas: Gas = METHANE,
    axis: int = 0,
    slip: SlipModel = SECOND_ORDER,
    ends: Ends = "mirror",
    sides: Sides = "wall",
    buffer: int = 4,
    thickness: Literal["local", "medial"] = "local",
    pressure_drop: float | None = None,
    options: SolverOptions | None = None,
    progress: bool | Callable[[Progress], None] = False,
) -> FlowResult:
    """Apparent gas permeability of a segmented volume.

    Parameters
    ----------
    pore : (z, y, x) bool array or PoreDomain
        True = void. Voxels that do not connect the two faces are removed.
    voxel_size : float
        [m].
    gas : Gas
        Its state; the default is methane at 370 K and 0.8 MPa.
    axis : int
        Along which the gas flows.
    slip : SlipModel
        `shalelib.flow.slip.SECOND_ORDER`, STOPS, MAXWELL or NO_SLIP (intrinsic permeability).
    ends : {"mirror", "periodic", "pressure"}
        "mirror" and "periodic": a body force drives the gas through the volume and its mirror
        image, or through a volume that repeats. "pressure", the paper's way: inlet and outlet
        pressure with `buffer` open slices before and after the sample.
    sides : {"wall", "periodic", "mirror"}
        The four faces along the flow.
    thickness : {"local", "medial"}
        Definition of the pore size behind the local Knudsen number.
    pressure_drop : float, optional
        [Pa]; 1e-7 of the pressure by default, the paper's. The problem is linear, so that the
        permeability does not depend on it.
    options : SolverOptions, optional
    progress : bool or callable
        True shows a bar; a callable gets a `Progress` now and then.

    Returns
    -------
    FlowResult

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces.
    NotConvergedError
        The flow did not settle; no number is returned.

    Examples
    --------
    A slit of 4 voxels without slip has (h² + 1/2) / 12 of a voxel², times its porosity.

    >>> from shalelib.flow.slip import NO_SLIP
    >>> pore = np.zeros((4, 6, 4), bool)
    >>> pore[:, 1:-1] = True
    >>> result = permeability(pore, voxel_size=1e-8, slip=NO_SLIP, sides="periodic")
    >>> round(result.permeability_lu / result.porosity, 6)
    1.375
    """
    if not (isinstance(voxel_size, int | float) and math.isfinite(voxel_size) and voxel_size > 0):
        msg = f"voxel_size must be a positive length in metres, got {voxel_size!r}"
        raise ValueError(msg)
    domain = _as_domain(pore, axis)
    options = SolverOptions() if options is None else options
    drop = 1e-7 * gas.pressure if pressure_drop is None else pressure_drop
    if not 0 < drop < 2 * gas.pressure:
        msg = f"pressure_drop must be positive and below twice the pressure, got {drop} Pa"
        raise ValueError(msg)
    if thickness not in ("local", "medial"):
        msg = f"thickness must be 'local' or 'medial', got {thickness!r}"
        raise ValueError(msg)
    inlet, outlet = gas.pressure + drop / 2, gas.pressure - drop / 2
    drop = inlet - outlet  # as the pressures have it, after rounding
    along = np.ascontiguousarray(np.moveaxis(domain.pore, axis, 0))
    measure = local_thickness if thickness == "local" else medial_thickness
    end: Sides = "periodic" if ends == "periodic" else "mirror"
    width = measure(along, beyond=(end, sides, sides))
    kn = local_knudsen(width, mean_free_path=gas.mean_free_path, voxel_size=voxel_size)
    problem = build_problem(
        along,
        kn=kn,
        mean_free_path_lu=gas.mean_free_path / voxel_size,
        slip=slip,
        T_plus=options.T_plus,
        ends=ends,
        sides=(sides, sides),
        buffer=buffer if ends == "pressure" else 0,
    )
    steady = _solve(problem, options, progress)
    velocity, pressure = _si_fields(problem, steady, gas=gas, voxel_size=voxel_size, drop=drop)
    length = along.shape[0] * voxel_size
    # Mass is conserved, so the flux at the outlet is the mean one times p / p_outlet.
    flux = velocity[0].mean() * gas.pressure / outlet
    speed = np.sqrt((velocity**2).sum(0))[along]
    order = [axis, *(a for a in range(3) if a != axis)]
    restored = np.empty((3, *domain.pore.shape))
    for component, place in zip(velocity, order, strict=True):
        restored[place] = np.moveaxis(component, 0, axis)
    mean_width = width[along].mean()
    return FlowResult(
        permeability=gas_permeability(
            viscosity=gas.viscosity,
            length=length,
            outlet_flux=float(flux),
            inlet_pressure=inlet,
            outlet_pressure=outlet,
        ),
        axis=axis,
        gas=gas,
        slip=slip,
        voxel_size=float(voxel_size),
        pressure_drop=drop,
        porosity=domain.porosity,
        porosity_connected=domain.porosity_connected,
        kn_mean=float(kn[along].mean()),
        kn_flux=float((kn[along] * speed).sum() / speed.sum()),
        kn_thickness=float(gas.mean_free_path / voxel_size / mean_width),
        pore=domain.pore,
        velocity=restored,
        pressure=np.moveaxis(pressure, 0, axis),
        kn=np.moveaxis(kn, 0, axis),
        spread=steady.fluxes.spread,
        change=steady.change,
        steps=steady.steps,
        seconds=steady.seconds,
        memory=steady.memory,
        units=lattice_units(problem, gas=gas, voxel_size=voxel_size),
    )


def gas_permeability(
    *,
    viscosity: float,
    length: float,
    outlet_flux: float,
    inlet_pressure: float,
    outlet_pressure: float,
) -> float:
    r"""Permeability from a measured gas flow, by the integrated Darcy law of an ideal gas.

    .. math:: k = \frac{2 \mu L\, \bar q_o\, p_o}{(p_i - p_o)(p_i + p_o)}

    Parameters
    ----------
    viscosity : float
        Of the bulk gas [Pa s].
    length : float
        Of the sample [m].
    outlet_flux : float
        Superficial, volume per whole section and second at the outlet's pressure [m/s].
    inlet_pressure, outlet_pressure : float
        Absolute [Pa]. Their difference is taken before anything is squared: at the paper's drop of
        1e-7 the difference of the squares would lose half the digits.

    Returns
    -------
    float
        [m²].

    Notes
    -----
    Source: Anderson et al. 2021, Methods.

    Examples
    --------
    >>> k = gas_permeability(
    ...     viscosity=1e-5, length=1.0, outlet_flux=1e-9, inlet_pressure=2e5, outlet_pressure=1e5
    ... )
    >>> f"{k:.3e}"
    '6.667e-20'
    """
    values = {
        "viscosity": viscosity,
        "length": length,
        "inlet_pressure": inlet_pressure,
        "outlet_pressure": outlet_pressure,
    }
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            msg = f"{name} must be positive and finite (SI units), got {value}"
            raise ValueError(msg)
    if outlet_pressure >= inlet_pressure:
        msg = (
            f"the outlet pressure ({outlet_pressure} Pa) must be below the inlet pressure "
            f"({inlet_pressure} Pa); exchange them or choose the other flow direction"
        )
        raise ValueError(msg)
    drop = inlet_pressure - outlet_pressure
    total = inlet_pressure + outlet_pressure
    return 2 * viscosity * length * outlet_flux * outlet_pressure / (drop * total)


def _as_domain(pore: Mask | PoreDomain, axis: int) -> PoreDomain:
    """Return the percolating domain along `axis`."""
    check_axis(axis)
    if not isinstance(pore, PoreDomain):
        return domain_from_mask(pore, axis=axis)
    if pore.axis == axis:
        return pore
    along = domain_from_mask(pore.pore, axis=axis)
    return replace(along, porosity=pore.porosity, threshold=pore.threshold)


def _solve(
    problem: Problem,
    options: SolverOptions,
    progress: bool | Callable[[Progress], None],
) -> Steady:
    """Solve with a bar, a callable or silently."""
    if callable(progress):
        return solve_steady(problem, options, report=progress)
    title = f"{problem.domain.count:,} pores, {memory_bytes(problem, options) / 1e6:,.0f} MB"
    with tqdm(desc=title, unit="step", disable=not progress) as bar:

        def report(now: Progress) -> None:
            bar.update(now.steps - bar.n)
            bar.set_postfix_str(
                f"k {now.k_lu:.4e} voxel², spread {now.spread:.1e}, {now.remaining:.0f} s left"
            )

        return solve_steady(problem, options, report=report)


def _si_fields(
    problem: Problem, steady: Steady, *, gas: Gas, voxel_size: float, drop: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale velocity [m/s] and absolute pressure [Pa] back to the drop, without the buffers."""
    density, velocity = fields(problem, steady.populations)
    slices = density.shape[0]
    buffers = (slices - problem.length) // 2
    inner = slice(buffers, slices - buffers)
    gradient = drop / (problem.length * voxel_size)
    mobility = problem.T_plus / 3 / problem.gradient * voxel_size**2 / gas.viscosity
    scale = drop / (problem.gradient * problem.length)
    if problem.force:
        fall = -problem.force * (np.arange(slices) + 0.5 - slices / 2)
    else:
        fall = np.full(slices, -problem.pressure / 6)
    deviation = density / 3 + fall[:, None, None]
    pressure = np.where(
        problem.domain.pore, gas.pressure + scale * deviation, gas.pressure - drop / 2
    )
    return mobility * gradient * velocity[:, inner], pressure[inner]
