"""How much memory a flow calculation takes, predicted before it begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.flow.domain import PoreDomain
from shalelib.flow.lattice import Q
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import NO_SLIP, SlipModel, slip_rates
from shalelib.flow.solver import krylov_bytes, needs_complete

HIERARCHY_BUILT = 640
"""Bytes per pore for the multigrid hierarchy while it is built, before there are populations."""

HIERARCHY_KEPT = 190
"""Bytes per pore for the network of the pressure correction and its hierarchy."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes that each stage of a flow calculation holds at its peak."""

    thickness: int  # mask, distances on half voxels, local thickness
    solver: int  # mask, Knudsen number, links, populations, Krylov vectors, hierarchy
    fields: int  # mask, populations, velocity and pressure

    @property
    def total(self) -> int:
        """Peak of the whole: the stages follow one another."""
        return max(self.thickness, self.solver, self.fields)

    def __str__(self) -> str:
        return f"{self.total / 1e6:,.0f} MB"


def memory_needed(
    domain: PoreDomain,
    *,
    options: SolverOptions | None = None,
    knudsen: bool = True,
    buffer: int = 0,
    slip: SlipModel = NO_SLIP,
    mean_free_path_lu: float = 0.0,
) -> Memory:
    """Predict the memory that `shalelib.flow.permeability` needs, beyond that of the caller.

    Parameters
    ----------
    domain : PoreDomain
    options : SolverOptions, optional
    knudsen : bool
        Whether the local Knudsen number is computed, as it is with slip.
    buffer : int
        Open slices at each end.
    slip : SlipModel
    mean_free_path_lu : float
        [voxel]; with strong slip the corrections store all populations. As the local Knudsen
        numbers are not known yet, pore widths from one voxel to twice the box are considered.

    Examples
    --------
    >>> from shalelib.flow.domain import domain_from_mask
    >>> found = memory_needed(domain_from_mask(np.ones((64, 64, 64), bool)))
    >>> found.thickness / 64**3, found.total == found.solver
    (30.0, True)
    """
    options = SolverOptions() if options is None else options
    section = domain.pore.size // domain.pore.shape[domain.axis]
    voxels = domain.pore.size + 2 * buffer * section
    pores = int(domain.pore.sum()) + 2 * buffer * section
    kn = 8 * voxels if knudsen else 0
    populations = Q * np.dtype(options.dtype).itemsize * pores
    geometry = 2 * voxels + kn + 4 * (Q - 1) * pores + 4 * pores
    work = populations
    if options.method == "krylov":
        widths = np.geomspace(1, 2 * max(domain.pore.shape), 100)
        rates = slip_rates(
            mean_free_path_lu / widths,
            mean_free_path_lu=mean_free_path_lu,
            model=slip,
            T_plus=options.T_plus,
        )
        work += krylov_bytes(pores, options.vectors, complete=needs_complete(rates))
        work += populations  # a copy, from which the change still to come is estimated
        if options.precondition:
            work = max(HIERARCHY_BUILT * pores, HIERARCHY_KEPT * pores + work)
    return Memory(
        thickness=30 * voxels if knudsen else 0,
        solver=geometry + work,
        fields=geometry + populations + 4 * 8 * (voxels + pores),
    )
