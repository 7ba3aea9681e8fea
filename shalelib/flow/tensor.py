r"""The permeability tensor of a periodic medium.

A unit gradient along each axis in turn drives a flow with a mean velocity in all three directions,

.. math:: K_{ij} = \mu\, \bar u_i / g_j ,

which is symmetric and positive by the reciprocity of creeping flow. Only a medium that repeats
itself has such a tensor: walls at the sides allow no mean flow across them, and mirrors cancel it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import given_mask
from shalelib.arrays import Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.arguments import refuse_options
from shalelib.flow.checkpoint import own_checkpoint
from shalelib.flow.domain import DoesNotPercolateError


@dataclass(frozen=True, kw_only=True, eq=False)
class PermeabilityTensor:
    """K of a periodic medium; axes are z, y and x."""

    tensor: NDArray[np.float64]  # (3, 3) [m²], symmetric
    asymmetry: float  # largest difference of two mirrored components, over the largest component
    principal: NDArray[np.float64]  # (3,) [m²], ascending
    directions: NDArray[np.float64]  # (3, 3), unit vectors (z, y, x), one per row


def permeability_tensor(pore: Mask, **options: Any) -> PermeabilityTensor:
    """Compute the permeability tensor of a periodic medium.

    Parameters
    ----------
    pore : (z, y, x) bool array
        One cell of a medium that repeats itself in all directions; True = void. A rock does not
        repeat itself. Followed by its mirror image along each axis it does, and its tensor is then
        diagonal, which `shalelib.flow.permeability_along_axes` finds with an eighth of the work.
    options
        Keyword arguments of `shalelib.flow.permeability` other than ``axis``, ``ends`` and
        ``sides``; ``voxel_size`` is required.

    Returns
    -------
    PermeabilityTensor
        The symmetric ``tensor`` [m²], a (3, 3) array with the axes z, y and x; its ``principal``
        values [m²], ascending, and their ``directions``, unit vectors (z, y, x), one per row; and
        the ``asymmetry``, the largest difference of two mirrored components before they are
        averaged, over the largest component. Components along an axis along which no pores connect
        are 0.

    Raises
    ------
    NotConvergedError
        A flow did not settle.
    TypeError
        ``axis``, ``ends`` or ``sides`` is given.

    Notes
    -----
    Along the driving gradient the flow is measured as the mass that crosses between slices, as in
    `permeability`; across it, in proportion to the momenta of the nodes, which with slip is not
    quite the same. The asymmetry shows by how much they differ; without slip it is the error that
    the solver leaves.

    Examples
    --------
    Slits across y: as permeable along z as along x, and not at all across.

    >>> pore = np.ones((4, 5, 4), bool)
    >>> pore[:, 0] = False
    >>> k = permeability_tensor(pore, voxel_size=1e-8).tensor
    >>> bool(np.isclose(k[0, 0], k[2, 2])), float(k[1, 1]), float(abs(k[0, 2]) / k[0, 0]) < 1e-6
    (True, 0.0, True)
    """
    given_mask("pore", pore, ndim=3)
    refuse_options(options, "axis", "ends", "sides", mend="a tensor is of a periodic medium")
    columns = np.zeros((3, 3))
    for axis in range(3):
        try:
            own = own_checkpoint(options, f"axis{axis}")
            found = permeability(pore, axis=axis, ends="periodic", sides="periodic", **own)
        except DoesNotPercolateError:
            continue
        mean = found.velocity.mean(axis=(1, 2, 3))
        columns[:, axis] = found.permeability * mean / mean[axis]
    tensor = (columns + columns.T) / 2
    largest = np.abs(columns).max()
    principal, directions = np.linalg.eigh(tensor)
    return PermeabilityTensor(
        tensor=tensor,
        asymmetry=float(np.abs(columns - columns.T).max() / largest) if largest else 0.0,
        principal=principal,
        directions=directions.T,
    )
