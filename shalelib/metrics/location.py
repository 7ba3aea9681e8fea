"""Whether a grey volume is dark where the phase is, without a classifier or a fixed grey level.

A network that shifts all grey levels by ten still knows where the pores are; a classifier that was
trained on the true grey levels finds none. These measures need only the true phase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shalelib.arguments import check_number, given_array, given_grey, given_mask
from shalelib.arrays import Grey, Mask, check_same_shape

if TYPE_CHECKING:
    from shalelib.arrays import Real


def darkest(grey: Grey, share: float) -> Mask:
    """Return the darkest voxels of an image or volume, as near to a given share as possible.

    Parameters
    ----------
    grey : uint8 array
    share : float
        Share of all voxels, from 0 to 1.

    Returns
    -------
    bool array
        True up to the grey level that gives the nearest share. Voxels of one grey level stay
        together, so of a constant image none or all are True.

    Examples
    --------
    >>> darkest(np.array([[3, 9, 1, 9]], np.uint8), 0.4).tolist()
    [[True, False, True, False]]
    """
    given_grey("grey", grey)
    check_number("share", share, least=0, most=1)
    upto = np.concatenate([[0], np.bincount(grey.ravel(), minlength=256).cumsum()]) / grey.size
    return grey < int(np.abs(upto - share).argmin())


def auc_of_grey(grey: Grey, phase: Mask) -> float:
    r"""Return the probability that a voxel of the phase is darker than one outside it.

    .. math:: A = P(g_\mathrm{in} < g_\mathrm{out}) + P(g_\mathrm{in} = g_\mathrm{out}) / 2

    This is the area under the ROC curve, true against false positive rate over all thresholds. A
    strictly increasing change of the grey levels does not alter it.

    Parameters
    ----------
    grey : uint8 array
    phase : bool array of the same shape
        The true phase.

    Returns
    -------
    float
        1 if every voxel of the phase is darker than every other; 0.5 for a constant image, for one
        that has nothing to do with the phase, and if there is no phase or nothing else.

    Examples
    --------
    >>> auc_of_grey(np.array([[10, 20, 20]], np.uint8), np.array([[True, True, False]]))
    0.75
    """
    inside, outside = _histograms(grey, phase)
    if not inside.sum() or not outside.sum():
        return 0.5
    above = outside.sum() - outside.cumsum()
    return float((inside @ above + inside @ outside / 2) / (inside.sum() * outside.sum()))


def dice_at_share(grey: Grey, phase: Mask) -> float:
    """Return the Dice coefficient of the true phase and the darkest voxels, equally many.

    Parameters
    ----------
    grey : uint8 array
    phase : bool array of the same shape
        The true phase.

    Returns
    -------
    float
        As the two are equally large, this is the share of the phase that is found. If only some
        voxels of a grey level are needed, each of its voxels counts in proportion; a constant image
        therefore scores the share of the phase, which is chance. 1 if there is no phase.

    Examples
    --------
    >>> phase = np.array([[True, False, False, False]])
    >>> dice_at_share(np.array([[10, 10, 90, 90]], np.uint8), phase)
    0.5
    """
    inside, outside = _histograms(grey, phase)
    wanted = int(inside.sum())
    if not wanted:
        return 1.0
    level = inside + outside
    before = level.cumsum() - level
    taken = np.clip((wanted - before) / np.maximum(level, 1), 0, 1)
    return float(taken @ inside / wanted)


def two_point_error(made: Real, true: Real) -> Real:
    """Return the root mean square difference of two-point correlations along each axis.

    Parameters
    ----------
    made, true : (3, reach + 1) arrays
        Two-point correlations along z, y and x, as from `two_point_curves`.

    Returns
    -------
    (3,) float array
        Along z, y and x. For a volume without the phase, the root mean square of the true curve.

    Raises
    ------
    ValueError
        The shapes differ.

    Examples
    --------
    >>> two_point_error(np.zeros((3, 4)), np.full((3, 4), 0.1)).round(3).tolist()
    [0.1, 0.1, 0.1]
    """
    made = given_array("made", made, ndim=2).astype(float)
    true = given_array("true", true, ndim=2).astype(float)
    check_same_shape("made and true", made, true, mend="measure both with the same reach")
    return np.sqrt(np.square(made - true).mean(axis=1))


def _histograms(grey: Grey, phase: Mask) -> tuple[Real, Real]:
    """Return how many voxels of each grey level lie in the phase and outside."""
    given_grey("grey", grey)
    given_mask("phase", phase)
    check_same_shape("grey and phase", grey, phase, mend="cut both from the same place")
    inside = np.bincount(grey[phase], minlength=256).astype(float)
    return inside, np.bincount(grey.ravel(), minlength=256) - inside
