"""Predictors that know next to nothing, for comparison with the networks.

The trivial ones are fitted to grey levels; those of chance do not look at the test image at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shalelib.arguments import check_choice, check_number, check_seed, given_grey, given_mask, short
from shalelib.arrays import Grey, Labels, Mask, Phase, check_same_shape


def constant_prediction(inside: Mask, train_sem: Grey, train_inside: Mask) -> Grey:
    """Predict the mean FIB-SEM grey level of the training rock everywhere in the rock.

    Parameters
    ----------
    inside : (n, y, x) bool array
        The rock in the test images, as the TXM shows it; a mask from the FIB-SEM would leak the
        truth.
    train_sem : (m, y, x) uint8 array
        FIB-SEM images of the training set.
    train_inside : (m, y, x) bool array
        The rock in them.

    Returns
    -------
    (n, y, x) uint8 array
        The mean grey level, rounded, inside the rock; 0 outside.

    Raises
    ------
    ValueError
        The training images hold no rock, or shapes differ.

    Examples
    --------
    >>> inside = np.array([[[True, False]]])
    >>> train = np.array([[[10, 31]]], np.uint8)
    >>> constant_prediction(inside, train, np.ones_like(inside)).tolist()
    [[[20, 0]]]
    """
    given_mask("inside", inside, ndim=3)
    _check_training(train_sem, train_inside)
    level = np.uint8(round(float(train_sem[train_inside].mean())))
    return np.where(inside, level, np.uint8(0))


def affine_prediction(
    txm: Grey, inside: Mask, train_txm: Grey, train_sem: Grey, train_inside: Mask
) -> Grey:
    """Predict FIB-SEM grey levels by the best straight line through those of the training rock.

    Parameters
    ----------
    txm : (n, y, x) uint8 array
        TXM test images.
    inside : (n, y, x) bool array
        The rock in them.
    train_txm, train_sem : (m, y, x) uint8 arrays
        Training images of both modalities. The line from TXM to FIB-SEM grey level is the
        least-squares fit inside the rock.
    train_inside : (m, y, x) bool array
        The rock in the training images.

    Returns
    -------
    (n, y, x) uint8 array
        The line at each TXM grey level, rounded and clipped to 0 to 255; 0 outside the rock.

    Raises
    ------
    ValueError
        The training images hold no rock, or shapes differ.
    """
    given_grey("txm", txm, ndim=3)
    given_mask("inside", inside, ndim=3)
    check_same_shape("txm and inside", txm, inside, mend="make one mask an image")
    _check_training(train_sem, train_inside)
    given_grey("train_txm", train_txm, ndim=3)
    mend = "pass the TXM of these slices"
    check_same_shape("train_txm and train_sem", train_txm, train_sem, mend=mend)
    x, y = train_txm[train_inside].astype(float), train_sem[train_inside].astype(float)
    variance = x.var()
    slope = ((x - x.mean()) * (y - y.mean())).mean() / variance if variance else 0.0
    line = np.rint(y.mean() + slope * (txm - x.mean())).clip(0, 255).astype(np.uint8)
    return np.where(inside, line, np.uint8(0))


def everywhere(phase: Phase, inside: Mask) -> Labels:
    """Predict one phase in all of the rock.

    If the phase makes up a share f of the rock, its Dice coefficient is 2f / (1 + f).

    Parameters
    ----------
    phase : Phase
    inside : (n, y, x) bool array
        The rock in the test images.

    Returns
    -------
    (n, y, x) uint8 array
        Phase labels, ``Phase.BACKGROUND`` outside the rock.

    Examples
    --------
    >>> everywhere(Phase.LOW, np.array([[[True, False]]])).tolist()
    [[[1, 0]]]
    """
    given_mask("inside", inside, ndim=3)
    check_choice("phase", phase, Phase)
    return np.where(inside, np.uint8(phase), np.uint8(Phase.BACKGROUND))


def random_mask(phase: Phase, inside: Mask, *, share: float, seed: int = 0) -> Labels:
    """Predict one phase in pixels drawn at random, medium density in the rest of the rock.

    Parameters
    ----------
    phase : Phase
    inside : (n, y, x) bool array
        The rock in the test images.
    share : float
        Probability of a pixel of the rock to be drawn, between 0 and 1.
    seed : int
        Of the draw.

    Returns
    -------
    (n, y, x) uint8 array
        Phase labels, ``Phase.BACKGROUND`` outside the rock. If `share` is the true share of the
        phase, the expected Dice coefficient of the phase is that share.
    """
    given_mask("inside", inside, ndim=3)
    check_choice("phase", phase, Phase)
    check_number("share", share, least=0, most=1)
    check_seed(seed)
    drawn = np.random.default_rng(seed).random(inside.shape) < share
    labels = np.where(drawn, np.uint8(phase), np.uint8(Phase.MEDIUM))
    return np.where(inside, labels, np.uint8(Phase.BACKGROUND))


def nearest_slice(
    inside: Mask, place: ArrayLike, train_sem: Grey, train_inside: Mask, train_place: ArrayLike
) -> tuple[Grey, Mask]:
    """Copy each pixel from the nearest slice in which a training FIB-SEM image shows its x and y.

    What this scores above a constant is due to rock that the split lets into training, not to
    translation.

    Parameters
    ----------
    inside : (n, y, x) bool array
        The rock in the test images, as the TXM shows it.
    place : (n, 3) int array
        Slice, row and column of the first pixel of each test image, in the frame that all images
        share.
    train_sem : (m, y, x) uint8 array
        FIB-SEM images of the training set.
    train_inside : (m, y, x) bool array
        The rock in them.
    train_place : (m, 3) int array
        As `place`, of the training images.

    Returns
    -------
    copied : (n, y, x) uint8 array
        The copied grey levels; the mean training grey level where no training image shows rock at
        that place, and 0 outside the rock.
    covered : (n, y, x) bool array
        The rock that was copied.

    Raises
    ------
    ValueError
        Places are not given as three whole numbers for each image, the training images hold no
        rock, or shapes differ.

    Examples
    --------
    >>> inside = np.ones((1, 1, 2), bool)
    >>> copied, covered = nearest_slice(
    ...     inside, [[5, 0, 0]], np.array([[[10, 20]]], np.uint8), inside, [[9, 0, 1]]
    ... )
    >>> copied.tolist(), covered.tolist()
    ([[[15, 10]]], [[[False, True]]])
    """
    given_mask("inside", inside, ndim=3)
    _check_training(train_sem, train_inside)
    here, there = _corners("place", place, inside), _corners("train_place", train_place, train_sem)
    copied = constant_prediction(inside, train_sem, train_inside)
    covered = np.zeros(inside.shape, bool)
    for image, rock, done, (z, row, column) in zip(copied, inside, covered, here, strict=True):
        for k in np.argsort(np.abs(there[:, 0] - z), kind="stable"):
            mine, theirs = _overlap(
                (row, column), image.shape, tuple(there[k, 1:]), train_sem[k].shape
            )
            new = rock[mine] & train_inside[k][theirs] & ~done[mine]
            image[mine][new] = train_sem[k][theirs][new]
            done[mine] |= new
    return copied, covered


def _overlap(
    first: tuple[int, ...], shape: tuple[int, ...], second: tuple[int, ...], other: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return where two rectangles overlap, in the pixels of each; empty where they do not."""
    low = np.maximum(first, second)
    high = np.maximum(low, np.minimum(np.add(first, shape), np.add(second, other)))
    return _within(low, high, first), _within(low, high, second)


def _within(
    low: NDArray[np.int64], high: NDArray[np.int64], corner: tuple[int, ...]
) -> tuple[slice, ...]:
    return tuple(slice(int(a - c), int(b - c)) for a, b, c in zip(low, high, corner, strict=True))


def _corners(name: str, place: ArrayLike, images: NDArray[Any]) -> NDArray[np.int64]:
    """Return where images begin; refuse places that are not given for each of them."""
    corners = np.asarray(place)
    if corners.shape != (len(images), 3) or corners.dtype.kind not in "iu":
        msg = (
            f"{name} must give slice, row and column of each of {len(images)} images as whole "
            f"numbers, got {short(corners)}; see shalelib.data.splits.places(pairs)"
        )
        raise ValueError(msg)
    return corners.astype(np.int64)  # unsigned numbers have no differences below 0


def _check_training(sem: Grey, inside: Mask) -> None:
    given_grey("train_sem", sem, ndim=3)
    given_mask("train_inside", inside, ndim=3)
    check_same_shape("train_sem and train_inside", sem, inside, mend="make one mask an image")
    if not inside.any():
        msg = "the training images hold no rock: train_inside is False everywhere"
        raise ValueError(msg)
