"""The digital shale's true classes, in the codes of the pixel classifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shalelib.arguments import check_kind, given_row, is_whole, short
from shalelib.arrays import Labels
from shalelib.data.patches import Patches
from shalelib.phantom.fabric_config import MEDIUM, SOFT
from shalelib.phantom.volume import Phantom

CHARGING = 4  # the class of charging pixels, as in the paper's five-class project


def true_classes(phantom: Phantom, slices: Sequence[int], *, soft: int = MEDIUM) -> Labels:
    """Return what a pixel classifier should find in some slices of the FIB-SEM volume.

    Parameters
    ----------
    phantom : Phantom
    slices : sequence of int
        Slice numbers along z.
    soft : int
        Class that the darker-than-matrix phase counts as, since it is none of the five. By default
        medium density, since it is a mineral.

    Returns
    -------
    (n, y, x) uint8 array
        0 background, 1 low, 2 medium, 3 high density, 4 charging.

    Raises
    ------
    TypeError
        `phantom` is not a `Phantom`, or `slices` is not a sequence.
    ValueError
        There is no such slice.
    """
    mend = "make it by shalelib.phantom.load_phantom"
    if not hasattr(phantom, "charging"):
        msg = f"phantom must be a Phantom, got {short(phantom)}; {mend}"
        raise TypeError(msg)
    chosen = given_row("slices", slices, mend="pass numbers of slices, such as [0, 5]")
    depth = len(phantom.labels)
    if not all(is_whole(z) and 0 <= z < depth for z in chosen):
        msg = f"slices must be whole numbers from 0 to {depth - 1}, got {slices!r}"
        raise ValueError(msg)
    labels = np.array(phantom.labels[chosen])
    labels[labels == SOFT] = soft
    labels[np.asarray(phantom.charging[chosen]) > 0] = CHARGING
    return labels


def true_patches(phantom: Phantom, patches: Patches, *, soft: int = MEDIUM) -> Labels:
    """Return the true classes of patches drawn from the paired slices.

    Parameters
    ----------
    phantom : Phantom
    patches : Patches
        Drawn without flips. Their truth is that at their place in the TXM: the FIB-SEM slices are
        displaced by the residual misalignment of their registration, the truth is not.
    soft : int
        As for `true_classes`.

    Returns
    -------
    (n, size, size) uint8 array
        As `true_classes`.

    Raises
    ------
    TypeError
        `phantom` is not a `Phantom`, or `patches` are not `Patches`.
    ValueError
        A patch is of a slice that the phantom does not have.
    """
    mend = "draw them by shalelib.data.PatchSampler"
    check_kind("patches", patches, Patches, mend=mend)
    size = patches.txm.shape[1]
    slices, member = np.unique(patches.slice_index, return_inverse=True)
    labels = true_classes(phantom, slices.tolist(), soft=soft)
    corners = patches.corner[:, 1:]
    cuts = [
        labels[k, row : row + size, column : column + size]
        for k, (row, column) in zip(member, corners, strict=True)
    ]
    return np.stack(cuts)
