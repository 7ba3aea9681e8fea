"""Predictors that know next to nothing, to hold the networks against."""

from __future__ import annotations

import numpy as np

from shalelib.arrays import Grey, Mask, check_grey, check_mask, check_same_shape


def constant_prediction(inside: Mask, train_sem: Grey, train_inside: Mask) -> Grey:
    """Predict the mean training FIB-SEM grey level inside the TXM's mask, zero outside.

    Parameters
    ----------
    inside : (n, y, x) bool array
        The rock in the test images, as the TXM shows it; the FIB-SEM's own mask would leak the
        truth.
    train_sem : (m, y, x) uint8 array
    train_inside : (m, y, x) bool array

    Returns
    -------
    (n, y, x) uint8 array

    Examples
    --------
    >>> inside = np.array([[[True, False]]])
    >>> train = np.array([[[10, 31]]], np.uint8)
    >>> constant_prediction(inside, train, np.ones_like(inside)).tolist()
    [[[20, 0]]]
    """
    check_mask("inside", inside, ndim=3)
    _check_training(train_sem, train_inside)
    level = np.uint8(round(float(train_sem[train_inside].mean())))
    return np.where(inside, level, np.uint8(0))


def affine_prediction(
    txm: Grey, inside: Mask, train_txm: Grey, train_sem: Grey, train_inside: Mask
) -> Grey:
    """Predict the best straight line from TXM to FIB-SEM grey level, zero outside the rock.

    Parameters
    ----------
    txm, inside : (n, y, x) arrays
        The test images and their masks.
    train_txm, train_sem, train_inside : (m, y, x) arrays
        The line is the least-squares fit inside the rock of the training images.

    Returns
    -------
    (n, y, x) uint8 array
    """
    check_grey("txm", txm, ndim=3)
    check_same_shape("txm and inside", txm, inside, mend="make one mask an image")
    _check_training(train_sem, train_inside)
    x, y = train_txm[train_inside].astype(float), train_sem[train_inside].astype(float)
    variance = x.var()
    slope = ((x - x.mean()) * (y - y.mean())).mean() / variance if variance else 0.0
    line = np.rint(y.mean() + slope * (txm - x.mean())).clip(0, 255).astype(np.uint8)
    return np.where(inside, line, np.uint8(0))


def _check_training(sem: Grey, inside: Mask) -> None:
    check_grey("train_sem", sem, ndim=3)
    check_same_shape("train_sem and train_inside", sem, inside, mend="make one mask an image")
    if not inside.any():
        msg = "the training images hold no rock: train_inside is False everywhere"
        raise ValueError(msg)
