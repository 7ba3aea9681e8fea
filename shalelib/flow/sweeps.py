"""The permeability along all axes, and as a function of the threshold that makes the pores.

Near first percolation the permeability rises by orders of magnitude within a few grey levels, as
does the number of voxels in the narrowest place; each row therefore has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shalelib.arguments import check_axis, given_row
from shalelib.arrays import Grey, Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.arguments import check_sequence, check_threshold, refuse_options
from shalelib.flow.boundaries import Ends, Sides, check_ends
from shalelib.flow.checkpoint import own_checkpoint
from shalelib.flow.cut import critical_diameter, minimum_cut
from shalelib.flow.domain import domain_from_grey, domain_from_mask
from shalelib.flow.result import FlowResult
from shalelib.flow.slip import NO_SLIP


@dataclass(frozen=True, kw_only=True)
class ThresholdRow:
    """One threshold of a sweep."""

    threshold: int
    axis: int
    porosity: float
    porosity_connected: float
    minimum_cut: int  # voxels that disconnect the faces
    critical_diameter: float  # diameter of the largest sphere that passes [voxel]
    permeability: float  # apparent [m²]
    permeability_intrinsic: float  # the same without slip [m²]
    kn_mean: float


def permeability_along_axes(
    pore: Mask,
    *,
    axes: Sequence[int] = (0, 1, 2),
    rock: Mask | None = None,
    ends: Ends = "mirror",
    sides: Sides = "wall",
    **options: Any,
) -> dict[int, FlowResult]:
    """Compute the permeability along each of several axes.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    axes : sequence of int
        Axes along which the gas flows, of 0, 1 and 2.
    rock : (z, y, x) bool array, optional
        True = rock. Voxels outside it are not pores, and porosity and permeability refer to the
        rock alone. Without it every voxel is rock.
    ends, sides, options
        Keyword arguments of `shalelib.flow.permeability` other than ``axis``; ``voxel_size`` is
        required.

    Returns
    -------
    dict of int to FlowResult
        The result along each axis.

    Raises
    ------
    DoesNotPercolateError
        No pores connect the two faces across one of the axes; the message names it.
    NotConvergedError
        A flow did not settle.
    TypeError
        `axes` is not a row.
    ValueError
        `axes` is empty, or one of them is not 0, 1 or 2.

    Examples
    --------
    >>> import numpy as np
    >>> found = permeability_along_axes(np.ones((3, 3, 3), bool), voxel_size=1e-8)
    >>> sorted(found)
    [0, 1, 2]
    """
    refuse_options(options, "axis", mend="axes=(0,) is a single one")
    row = given_row("axes", axes, mend="such as (0, 1, 2)")
    if not row:
        msg = "axes is empty; pass those along which the gas flows, such as (0, 1, 2)"
        raise ValueError(msg)
    for axis in row:
        check_axis(axis)
    place: dict[str, Any] = {"rock": rock, "ends": ends, "sides": sides}
    domains = {int(axis): domain_from_mask(pore, axis=int(axis), **place) for axis in row}
    found = {}
    for axis, domain in domains.items():
        own = own_checkpoint(options, f"axis{axis}")
        found[axis] = permeability(domain, axis=axis, ends=ends, sides=sides, **own)
    return found


def threshold_sweep(
    grey: Grey,
    thresholds: Sequence[int],
    *,
    rock: Mask | None = None,
    axis: int = 0,
    ends: Ends = "mirror",
    sides: Sides = "wall",
    **options: Any,
) -> list[ThresholdRow]:
    """Compute the permeability at each of several thresholds, with slip and without.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Dark means low density, that is pore.
    thresholds : sequence of int
        Largest grey levels that count as pore. Each must percolate, see
        `shalelib.flow.sweep_levels`.
    rock : (z, y, x) bool array, optional
        True = rock. Voxels outside it are never pores, and porosity and permeability refer to the
        rock alone. Without it the volume must be all rock.
    axis : int
        Axis along which the gas flows: 0, 1 or 2.
    ends : {"mirror", "pressure"}
        See `shalelib.flow.permeability`.
    sides, options
        Keyword arguments of `shalelib.flow.permeability`; ``voxel_size`` is required.

    Returns
    -------
    list of ThresholdRow
        For each threshold its ``threshold``, ``axis``, ``porosity``, ``porosity_connected``,
        ``minimum_cut`` (number of voxels that disconnect the faces), ``critical_diameter`` [voxel],
        apparent ``permeability`` [m²], ``permeability_intrinsic`` (the same pores without slip)
        [m²] and ``kn_mean``.

    Raises
    ------
    DoesNotPercolateError
        The pores at a threshold do not connect the faces; the message says from which threshold on
        they would.
    NotConvergedError
        A flow did not settle.
    ValueError
        The volume shows more than rock and no rock mask is given (`shalelib.outside`), or the ends
        are periodic, so that no number of voxels disconnects its faces.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((4, 5, 5), 200, np.uint8)
    >>> grey[:, 1:4, 1:4] = 50
    >>> [row] = threshold_sweep(grey, [100], voxel_size=3e-8)
    >>> row.porosity, row.minimum_cut, row.critical_diameter
    (0.36, 9, 3.0)
    >>> row.permeability > row.permeability_intrinsic
    True
    """
    check_sequence("thresholds", thresholds)
    check_ends(ends)
    if ends == "periodic":
        msg = (
            "a sweep counts the voxels between two faces, and periodic ends have none; pass "
            "ends='mirror' or 'pressure'"
        )
        raise ValueError(msg)
    rows = []
    for threshold in thresholds:
        check_threshold(threshold)
    place: dict[str, Any] = {"axis": axis, "ends": ends, "sides": sides}
    least = min(thresholds)
    lowest = domain_from_grey(grey, threshold=least, rock=rock, **place)  # then all percolate
    for threshold in thresholds:
        domain = lowest
        if threshold != least:
            domain = domain_from_grey(grey, threshold=threshold, rock=rock, **place)
        own = own_checkpoint(options, f"grey{threshold}")
        apparent = permeability(domain, **place, **own)
        bare = own_checkpoint(own, "bare") | {"slip": NO_SLIP}
        intrinsic = permeability(domain, **place, **bare)
        rows.append(
            ThresholdRow(
                threshold=int(threshold),
                axis=int(axis),
                porosity=domain.porosity,
                porosity_connected=domain.porosity_connected,
                minimum_cut=minimum_cut(domain.pore, axis=axis, sides=sides).count,
                critical_diameter=critical_diameter(domain.pore, axis=axis, sides=sides),
                permeability=apparent.permeability,
                permeability_intrinsic=intrinsic.permeability,
                kn_mean=apparent.kn_mean,
            )
        )
    return rows
