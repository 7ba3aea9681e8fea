"""What is watched during training: a few images that are used neither to train nor to test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.arrays import Grey, check_grey, check_same_shape

DARK = 60  # grey level below which pixels are dark: pores and organic matter


@dataclass(frozen=True, kw_only=True, eq=False)
class Validation:
    """Images of the validation split.

    Attributes
    ----------
    txm, sem : (n, y, x) uint8 arrays
        TXM and FIB-SEM images of the same places.
    """

    txm: Grey
    sem: Grey

    def __post_init__(self) -> None:
        check_grey("txm", self.txm, ndim=3)
        check_grey("sem", self.sem, ndim=3)
        check_same_shape("txm and sem", self.txm, self.sem, mend="cut both at the same places")


def measure(predicted: Grey, sem: Grey) -> dict[str, float]:
    """Compare translations with the true images.

    Parameters
    ----------
    predicted, sem : (n, y, x) uint8 arrays

    Returns
    -------
    dict
        ``validation_l1``, their mean absolute difference [grey level]; of the translations
        ``dark_share``, the share of pixels below `DARK`, ``contrast``, the mean standard deviation
        of an image [grey level], and ``detail``, how strongly neighbouring pixels differ (root mean
        square) as a share of the true images'; NaN where these are of uniform grey.

    Examples
    --------
    >>> sem = np.array([[[0, 100], [100, 0]]], np.uint8)
    >>> measure(sem, sem)
    {'validation_l1': 0.0, 'dark_share': 0.5, 'contrast': 50.0, 'detail': 1.0}
    """
    truth = _roughness(sem)
    return {
        "validation_l1": float(np.abs(predicted.astype(float) - sem).mean()),
        "dark_share": dark_share(predicted),
        "contrast": contrast(predicted),
        "detail": _roughness(predicted) / truth if truth else float("nan"),
    }


def dark_share(images: Grey) -> float:
    """Return the share of the pixels of images (n, y, x) that are darker than `DARK`."""
    return float((images < DARK).mean())


def contrast(images: Grey) -> float:
    """Return the mean standard deviation of images [grey level]; 0 for images of uniform grey.

    Examples
    --------
    >>> contrast(np.array([[[0, 2]], [[5, 5]]], np.uint8))
    0.5
    """
    return float(images.std(axis=(1, 2)).mean())


def _roughness(images: Grey) -> float:
    """Return the root mean square difference of neighbouring pixels [grey level]."""
    levels = images.astype(float)
    squares = [np.square(np.diff(levels, axis=axis)).mean() for axis in (1, 2)]
    return float(np.sqrt(np.mean(squares)))
