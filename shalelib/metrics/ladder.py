"""A ladder of fake models, made from the true volume: what each metric does with a known fault.

A metric that ranks puts the true volume first, and a volume the lower the more of a fault it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from shalelib.arguments import check_kind, check_seed, given_grey
from shalelib.arrays import Grey

if TYPE_CHECKING:
    from shalelib.arrays import Real

TRUE_RUNG = "truth"
SMOOTHING_FAMILIES = ("blurred", "smoothed along z")


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A fake model: its name, its family of faults, the amount of the fault, and its function.

    ``make`` takes the true volume and a seeded generator of random numbers.
    """

    name: str
    family: str
    amount: float
    make: Callable[[Grey, np.random.Generator], Grey]


def _as_is(volume: Grey, _: np.random.Generator) -> Grey:
    return volume


def _noisier(volume: Grey, rng: np.random.Generator, *, spread: float) -> Grey:
    return _grey(volume + rng.normal(0, spread, volume.shape))


def _blurred(volume: Grey, _: np.random.Generator, *, width: float | tuple[float, ...]) -> Grey:
    return _grey(ndimage.gaussian_filter(volume.astype(np.float32), width, mode="nearest"))


def _median_along_z(volume: Grey, _: np.random.Generator) -> Grey:
    return ndimage.median_filter(volume, size=(3, 1, 1), mode="nearest")


def _jittered(volume: Grey, rng: np.random.Generator, *, reach: int) -> Grey:
    """Replace each slice by one that lies at most `reach` slices away."""
    place = np.arange(len(volume)) + rng.integers(-reach, reach + 1, len(volume))
    return volume[place.clip(0, len(volume) - 1)]


def _shuffled(volume: Grey, rng: np.random.Generator) -> Grey:
    return volume[rng.permutation(len(volume))]


def _constant(volume: Grey, _: np.random.Generator) -> Grey:
    return np.full_like(volume, round(float(volume.mean())))


RUNGS = (
    Rung(name=TRUE_RUNG, family="truth", amount=0, make=_as_is),
    *(
        Rung(
            name=f"blurred by {width:g}",
            family="blurred",
            amount=width,
            make=partial(_blurred, width=width),
        )
        for width in (0.7, 1.5, 3.0, 6.0)
    ),
    Rung(
        name="blurred along z by 1.5",
        family="smoothed along z",
        amount=1.5,
        make=partial(_blurred, width=(1.5, 0.0, 0.0)),
    ),
    Rung(name="median along z", family="smoothed along z", amount=1.0, make=_median_along_z),
    *(
        Rung(
            name=f"noise of {spread:g}",
            family="noisier",
            amount=spread,
            make=partial(_noisier, spread=spread),
        )
        for spread in (10.0, 30.0)
    ),
    *(
        Rung(
            name=f"z jittered by {reach}",
            family="z jittered",
            amount=reach,
            make=partial(_jittered, reach=reach),
        )
        for reach in (1, 3, 8)
    ),
    Rung(name="slices shuffled", family="z jittered", amount=np.inf, make=_shuffled),
    Rung(name="constant", family="constant", amount=np.inf, make=_constant),
)
"""From the truth down; widths and reaches in voxels, noise in grey levels."""


def fake_model(rung: Rung, volume: Grey, *, seed: int = 0) -> Grey:
    """Make the volume of a fake model, which has a known fault.

    Parameters
    ----------
    rung : Rung
        The fake model, one of ``shalelib.metrics.ladder.RUNGS``.
    volume : (z, y, x) uint8 array
        The true volume.
    seed : int
        Of faults that are random.

    Returns
    -------
    (z, y, x) uint8 array

    Examples
    --------
    >>> volume = np.arange(4, dtype=np.uint8).reshape(4, 1, 1)
    >>> fake_model(RUNGS[-1], volume).ravel().tolist()
    [2, 2, 2, 2]
    """
    given_grey("volume", volume, ndim=3)
    check_kind("rung", rung, Rung, mend="take one of shalelib.metrics.ladder.RUNGS")
    check_seed(seed)
    return rung.make(volume, np.random.default_rng(seed))


def _grey(values: Real) -> Grey:
    return np.rint(values).clip(0, 255).astype(np.uint8)
