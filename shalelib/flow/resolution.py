r"""The grid error of a permeability: voxels split in two, and the limit of a fine grid.

Where walls meet at an edge that juts into the pore, the flow is singular. The permeability, an
energy of the flow, then has an error that falls as :math:`m^{-2 s}` with m parts per voxel and s
the exponent of the edge: 0.5445 for a flow around an edge of 270°, 2/3 for one along it. Flat walls
contribute :math:`m^{-2}`, which is smaller. The order thus lies between 1.09 and 4/3; pieces of the
digital shale, thresholded Gaussian fields and staircase spheres, each split into one to four parts,
show 1.07 to 1.27.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shalelib.arguments import check_whole
from shalelib.arrays import Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.arguments import refuse_options
from shalelib.flow.checkpoint import own_checkpoint
from shalelib.flow.domain import (
    DoesNotPercolateError,
    PoreDomain,
    connected_pores,
    domain_from_mask,
)
from shalelib.flow.result import FlowResult
from shalelib.flow.units import NANODARCY, nanodarcy_text
from shalelib.flow.voxels import pieces, split_voxels

ORDER = 1.2
"""Order of the error of the permeability in the number of parts that a voxel is split into."""

ORDERS = (2 * 0.5445, 4 / 3)
"""The same for edges that the flow goes around, and for edges along the flow."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Extrapolated:
    """A permeability on the voxels as they are, on halved ones, and in the limit of a fine grid."""

    permeability: float  # in the limit [m²]
    low: float  # the smaller of the limits by the lowest and the highest of `ORDERS` [m²]
    high: float  # the larger [m²]
    coarse: FlowResult  # one part per voxel
    fine: FlowResult  # two parts per voxel

    @property
    def permeability_nd(self) -> float:
        """Permeability in the limit [nanodarcy]."""
        return self.permeability / NANODARCY

    @property
    def ratio(self) -> float:
        """Permeability in the limit over that on the voxels as they are."""
        return self.permeability / self.coarse.permeability

    def __str__(self) -> str:
        runs = (self.coarse.permeability, self.fine.permeability)
        k, low, high, one, two = map(
            nanodarcy_text, (self.permeability, self.low, self.high, *runs)
        )
        return f"{k} nd ({low} to {high}); one part a voxel {one}, two {two}"

    __repr__ = __str__


@dataclass(frozen=True, kw_only=True, eq=False)
class RatioOfPieces:
    """Ratio of the limit to the voxels as they are, in pieces of a domain too large to be split."""

    mean: float
    spread: float  # standard deviation between pieces
    pieces: list[Extrapolated]

    def __str__(self) -> str:
        count = len(self.pieces)
        return f"{self.mean:.3f} ± {self.spread:.3f} of the voxels as they are, in {count} pieces"

    __repr__ = __str__


def limit(coarse: float, fine: float, *, order: float = ORDER) -> float:
    """Extrapolate a quantity to the limit of a fine grid, from one and two parts per voxel.

    Examples
    --------
    >>> round(limit(1.0 + 0.4, 1.0 + 0.4 / 2**1.2), 12)
    1.0
    """
    return fine - (coarse - fine) / (2**order - 1)


def extrapolated_permeability(
    pore: Mask | PoreDomain, *, voxel_size: float, **options: Any
) -> Extrapolated:
    """Solve on the voxels as they are and on halved ones, and extrapolate to a fine grid.

    Parameters
    ----------
    pore : (z, y, x) bool array or PoreDomain
        True = void.
    voxel_size : float, or three that are equal
        Edge of a voxel [m].
    options
        Further keyword arguments of `shalelib.flow.permeability`. A buffer is kept as thick, and
        the run on halved voxels has a checkpoint file of its own.

    Returns
    -------
    Extrapolated
        ``permeability`` in the limit [m²] (``permeability_nd`` [nanodarcy]), the range from ``low``
        to ``high`` [m²] for the possible orders of the error, ``ratio`` of the limit to the
        permeability on the voxels as they are, and the two results, ``coarse`` and ``fine``.

    Raises
    ------
    DoesNotPercolateError, NotConvergedError, MemoryError
        As for `permeability`.

    Notes
    -----
    The error is taken to fall as :math:`m^{-1.2}` with m parts per voxel, and for the range as
    :math:`m^{-1.09}` and :math:`m^{-4/3}`, which are the orders of edges that the flow goes around
    and of edges along it. The limit is that of the given staircase of voxels; how a smoother wall
    would change the permeability is another error. A halved domain takes eight times the memory;
    where that is too much, see `ratio_of_pieces`.

    Examples
    --------
    A square duct two voxels wide has 0.0351 h² in the limit; it is 11% above on its own voxels.

    >>> from shalelib.flow.slip import NO_SLIP
    >>> found = extrapolated_permeability(np.ones((2, 2, 2), bool), voxel_size=1e-8, slip=NO_SLIP)
    >>> round(found.permeability / (2e-8) ** 2, 4), round(1 / found.ratio, 2)
    (0.0351, 1.11)
    """
    coarse = permeability(pore, voxel_size=voxel_size, **options)
    domain = pore.pore if isinstance(pore, PoreDomain) else pore
    halved = split_voxels(domain, 2)
    fine = permeability(
        replace(pore, pore=halved) if isinstance(pore, PoreDomain) else halved,
        voxel_size=coarse.voxel_size / 2,
        **_for_halves(options),
    )
    k = coarse.permeability, fine.permeability
    low, high = sorted(limit(*k, order=order) for order in ORDERS)
    return Extrapolated(permeability=limit(*k), low=low, high=high, coarse=coarse, fine=fine)


def ratio_of_pieces(
    domain: PoreDomain, *, voxel_size: float, edge: int = 64, count: int = 4, **options: Any
) -> RatioOfPieces:
    """Estimate from pieces by what factor the permeability of a domain changes on a fine grid.

    Parameters
    ----------
    domain : PoreDomain
        Its pores are cut into cubes, and the flow is along its axis.
    voxel_size : float, or three that are equal
        Edge of a voxel [m].
    edge : int
        Edge of the cubes [voxel], at least 2. They do not overlap.
    count : int
        Largest number of cubes to solve, at least 2, evenly chosen among those that percolate.
    options
        Further keyword arguments of `shalelib.flow.permeability`, other than ``axis``.

    Returns
    -------
    RatioOfPieces
        ``mean`` of the ratio of the limit to the permeability on the voxels as they are, its
        ``spread`` (standard deviation between pieces), and the ``pieces``, a list of what
        `extrapolated_permeability` returns.

    Raises
    ------
    DoesNotPercolateError
        Fewer than two pieces percolate; a spread needs two.
    NotConvergedError
        A flow did not settle.
    TypeError
        `domain` is not a `PoreDomain`.
    ValueError
        `edge` or `count` is less than 2.

    Examples
    --------
    >>> from shalelib.flow.domain import domain_from_mask
    >>> pore = np.zeros((4, 8, 4), bool)
    >>> pore[:, 1:3, 1:3] = pore[:, 5:7, 1:3] = True
    >>> found = ratio_of_pieces(domain_from_mask(pore), voxel_size=30e-9, edge=4)
    >>> len(found.pieces), found.spread < 1e-6
    (2, True)
    """
    if not isinstance(domain, PoreDomain):
        msg = f"domain must be a PoreDomain, got {type(domain).__name__}; see domain_from_mask"
        raise TypeError(msg)
    check_whole("count", count, least=0)
    check_whole("edge", edge, least=0)
    if count < 2 or edge < 2:
        msg = f"a spread needs 2 pieces of 2 voxels at least, got count={count}, edge={edge}"
        raise ValueError(msg)
    refuse_options(options, "axis", mend="the domain has one")
    place = {name: options[name] for name in ("ends", "sides") if name in options}
    joined = [
        piece
        for piece in pieces(domain.pore, edge)
        if connected_pores(piece, axis=domain.axis, **place).any()
    ]
    if len(joined) < 2:
        msg = (
            f"{len(joined)} of the pieces of {edge} voxels percolate along axis {domain.axis}; a "
            "spread needs two, so take another edge"
        )
        raise DoesNotPercolateError(msg)
    chosen = np.unique(np.linspace(0, len(joined) - 1, count).round().astype(int))
    found = [
        extrapolated_permeability(
            domain_from_mask(joined[n], axis=domain.axis, **place),
            voxel_size=voxel_size,
            axis=domain.axis,
            **own_checkpoint(options, f"piece{n}"),
        )
        for n in chosen
    ]
    ratios = np.array([one.ratio for one in found])
    return RatioOfPieces(mean=float(ratios.mean()), spread=float(ratios.std(ddof=1)), pieces=found)


def _for_halves(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the run on halved voxels: as thick a buffer, its own checkpoint."""
    return own_checkpoint(options, "halved") | {"buffer": 2 * int(options.get("buffer", 4))}
