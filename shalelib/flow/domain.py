"""From labels or grey levels to the connected pore space between two faces of a volume.

Pores connect through voxel faces (6-neighbours). A pore space *percolates* along an axis if one
connected cluster touches both faces across that axis; voxels of other clusters carry no flow and
are removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shalelib.arrays import Grey, Labels, Mask, check_grey, check_mask

PAPER_FRACTION = 0.9
"""Share of the pore voxels that the paper's Figure 5 finds connected (17.4/18.9 and 18.7/20.7)."""


class DoesNotPercolateError(ValueError):
    """No connected pore cluster reaches from one face to the other."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PoreDomain:
    """A percolating pore space and what was removed to get it."""

    pore: Mask  # (z, y, x), the connected voxels alone
    axis: int  # of the flow
    porosity: float  # pore voxels before the removal, per voxel
    porosity_connected: float  # pore voxels that percolate, per voxel
    threshold: int | None = None  # largest grey level that counts as pore, if there was one


def connected_pores(pore: Mask, *, axis: int = 0) -> Mask:
    """Return the voxels of `pore` in clusters that touch both faces across `axis`.

    Parameters
    ----------
    pore : (z, y, x) bool array
        True = void.
    axis : int
        0, 1 or 2.

    Returns
    -------
    (z, y, x) bool array
        All False if nothing percolates.

    Examples
    --------
    >>> pore = np.zeros((4, 3, 3), bool)
    >>> pore[:, 0, 0] = pore[1:, 2, 2] = True
    >>> int(connected_pores(pore).sum())
    4
    """
    check_mask("pore", pore, ndim=3)
    check_axis(axis)
    clusters, count = ndimage.label(pore)
    through = np.zeros(count + 1, bool)
    first, last = clusters.take(0, axis), clusters.take(-1, axis)
    through[np.intersect1d(first, last)] = True
    through[0] = False
    return through[clusters]


def domain_from_mask(pore: Mask, *, axis: int = 0) -> PoreDomain:
    """Keep the percolating part of a pore mask.

    Raises
    ------
    DoesNotPercolateError
        Nothing connects the two faces.

    Examples
    --------
    >>> domain = domain_from_mask(np.ones((2, 2, 2), bool))
    >>> domain.porosity_connected
    1.0
    """
    connected = connected_pores(pore, axis=axis)
    if not connected.any():
        msg = (
            f"the pores ({pore.mean():.1%} of the volume) do not connect the two faces across axis "
            f"{axis}; choose another axis or class, or take the volume's grey levels and "
            "shalelib.flow.domain.domain_from_grey, which finds the threshold that percolates"
        )
        raise DoesNotPercolateError(msg)
    return PoreDomain(
        pore=connected,
        axis=axis,
        porosity=float(pore.mean()),
        porosity_connected=float(connected.mean()),
    )


def domain_from_labels(labels: Labels, pore_class: int, *, axis: int = 0) -> PoreDomain:
    """Take one class of a phase segmentation as the pores and keep its percolating part.

    Parameters
    ----------
    labels : (z, y, x) integer array
        As written by the pixel classifier.
    pore_class : int
        The label that means void.
    """
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        msg = f"labels must be an integer array, got {getattr(labels, 'dtype', type(labels))}"
        raise TypeError(msg)
    pore = labels == pore_class
    if not pore.any():
        present = ", ".join(str(value) for value in np.unique(labels)[:10])
        msg = f"no voxel has the label {pore_class}; the labels present are {present}"
        raise ValueError(msg)
    return domain_from_mask(pore, axis=axis)


def domain_from_grey(grey: Grey, *, threshold: int, axis: int = 0) -> PoreDomain:
    """Take the voxels at or below a grey level as the pores and keep their percolating part.

    Raises
    ------
    DoesNotPercolateError
        The message says at which threshold the volume would percolate.
    """
    check_grey("grey", grey, ndim=3)
    pore = grey <= threshold
    connected = connected_pores(pore, axis=axis)
    if not connected.any():
        first = first_percolation(grey, axis=axis)
        msg = (
            f"grey <= {threshold} ({pore.mean():.1%} of the volume) does not connect the two faces "
            f"across axis {axis}; it would at threshold {first}"
        )
        raise DoesNotPercolateError(msg)
    return PoreDomain(
        pore=connected,
        axis=axis,
        porosity=float(pore.mean()),
        porosity_connected=float(connected.mean()),
        threshold=int(threshold),
    )


def first_percolation(grey: Grey, *, axis: int = 0) -> int:
    """Return the smallest threshold at which ``grey <= threshold`` percolates along `axis`.

    Notes
    -----
    Pores only grow with the threshold, so bisection finds it. Every volume percolates at 255.

    Examples
    --------
    >>> grey = np.full((3, 2, 2), 90, np.uint8)
    >>> grey[:, 0, 0] = [10, 40, 20]
    >>> first_percolation(grey)
    40
    """
    check_grey("grey", grey, ndim=3)
    low, high = int(grey.min()), int(grey.max())
    while low < high:
        middle = (low + high) // 2
        if connected_pores(grey <= middle, axis=axis).any():
            high = middle
        else:
            low = middle + 1
    return low


def connected_threshold(grey: Grey, *, fraction: float = PAPER_FRACTION, axis: int = 0) -> int:
    """Return the smallest threshold at which most pore voxels belong to the percolating part.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        Low = light = pore.
    fraction : float
        The share of the low-density voxels that must be connected, in (0, 1].

    Notes
    -----
    The paper's Figure 5 says that the threshold was chosen "such that the low-density voxels form
    a connected set from inlet to outlet" and reports 17.4 of 18.9 and 18.7 of 20.7 % connected;
    90 % is our reading of it.

    Examples
    --------
    >>> grey = np.full((3, 4, 4), 90, np.uint8)
    >>> grey[:, 0, 0], grey[1, 2, 2] = 10, 20
    >>> connected_threshold(grey), connected_threshold(grey, fraction=0.7)
    (10, 10)
    """
    return common_threshold([grey], fraction=fraction, axis=axis)


def common_threshold(
    volumes: Sequence[Grey], *, fraction: float = PAPER_FRACTION, axis: int = 0
) -> int:
    """Return the smallest threshold that satisfies `connected_threshold` in every volume at once.

    Examples
    --------
    >>> one = np.full((2, 2, 2), 10, np.uint8)
    >>> common_threshold([one, one + np.uint8(5)])
    15
    """
    if not volumes:
        msg = "volumes is empty; pass at least one grey volume"
        raise ValueError(msg)
    if not 0 < fraction <= 1:
        msg = f"fraction must lie in (0, 1], got {fraction}"
        raise ValueError(msg)
    start = max(first_percolation(grey, axis=axis) for grey in volumes)
    for threshold in range(start, 256):
        if all(_connected_share(grey <= threshold, axis) >= fraction for grey in volumes):
            return threshold
    return 255  # never reached: at 255 every voxel is a pore


def threshold_curve(grey: Grey, thresholds: Sequence[int], *, axis: int = 0) -> NDArray[np.float64]:
    """Return porosity and connected porosity at each threshold, as an (n, 2) array."""
    check_grey("grey", grey, ndim=3)
    rows = []
    for threshold in thresholds:
        pore = grey <= threshold
        rows.append((pore.mean(), connected_pores(pore, axis=axis).mean()))
    return np.array(rows, float).reshape(-1, 2)


def check_axis(axis: int) -> None:
    """Refuse an axis other than 0, 1 and 2."""
    if axis not in (0, 1, 2):
        msg = f"axis must be 0, 1 or 2 (z, y or x), got {axis!r}"
        raise ValueError(msg)


def _connected_share(pore: Mask, axis: int) -> float:
    return float(connected_pores(pore, axis=axis).sum() / pore.sum())
