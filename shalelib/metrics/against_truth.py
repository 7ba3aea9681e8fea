"""A volume against the true one: measures that rank volumes, and what each of them needs.

The paper had no true volume. `MEASURES` is the one place where a measure is declared; whatever is
listed there is measured and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from shalelib.arguments import given_mask
from shalelib.arrays import Grey, Mask, check_same_shape
from shalelib.metrics.distance import wasserstein
from shalelib.metrics.functionals import FAMILIES, FUNCTIONALS, plane_functionals
from shalelib.metrics.location import auc_of_grey, darkest, dice_at_share, two_point_error
from shalelib.metrics.paired import dice
from shalelib.metrics.volume import slice_jump, two_point_along, volume_psnr, volume_ssim

if TYPE_CHECKING:
    from shalelib.arrays import Real

REACH = 0.4  # largest distance of the two-point correlation [edge of a volume]
Best = Literal["more", "less", "zero", "truth"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A volume and the quantities derived from it.

    Attributes
    ----------
    grey : (z, y, x) uint8 array
    low : (z, y, x) bool array
        The low-density phase as a classifier finds it.
    functionals : mapping of plane family to (n, 3) array
        Area, perimeter and Euler characteristic of `low` in each plane.
    two_point : (3, reach + 1) array
        Two-point correlation along z, y and x of the darkest voxels, as many as the true phase has:
        a classifier that finds nothing says nothing about how the grey levels are arranged.
    connected : float
        Share of the volume in those darkest voxels that percolate along z.
    """

    grey: Grey
    low: Mask
    functionals: Mapping[str, Real]
    two_point: Real
    connected: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """The true volume, and its true phase.

    Attributes
    ----------
    seen : Seen
        The true FIB-SEM volume, read in the same way as the others.
    phase : (z, y, x) bool array
        The true low-density phase.
    two_point : (3, reach + 1) array
        Two-point correlation of `phase` along z, y and x.
    connected : float
        Share of the volume in voxels of `phase` that percolate along z.
    """

    seen: Seen
    phase: Mask
    two_point: Real
    connected: float


def see(grey: Grey, low: Mask, *, share: float, connect: Callable[[Mask], Mask]) -> Seen:
    """Derive from a volume what the measures need.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
    low : (z, y, x) bool array
        Its low-density phase as a classifier finds it.
    share : float
        Share of the volume in the true phase.
    connect : callable
        Takes the mask of a phase and returns that of its voxels that percolate along z, such as
        `shalelib.flow.connected_pores`.
    """
    given_mask("low", low, ndim=3)
    check_same_shape("grey and low", grey, low, mend="classify the same volume")
    dark = darkest(grey, share)
    return Seen(
        grey=grey,
        low=low,
        functionals={family: plane_functionals(low, family) for family in FAMILIES},
        two_point=two_point_curves(dark),
        connected=float(connect(dark).mean()),
    )


def know(sem: Grey, low: Mask, phase: Mask, *, connect: Callable[[Mask], Mask]) -> Truth:
    """Collect the truth that volumes are measured against.

    Parameters
    ----------
    sem : (z, y, x) uint8 array
        The true FIB-SEM volume.
    low : (z, y, x) bool array
        Its low-density phase as the classifier finds it.
    phase : (z, y, x) bool array
        The true phase.
    connect : callable
        As for `see`.
    """
    check_same_shape("sem and phase", sem, phase, mend="cut both from the same place")
    return Truth(
        seen=see(sem, low, share=float(phase.mean()), connect=connect),
        phase=phase,
        two_point=two_point_curves(phase),
        connected=float(connect(phase).mean()),
    )


def two_point_curves(phase: Mask) -> Real:
    """Compute the two-point correlation of a phase along z, y and x.

    Parameters
    ----------
    phase : (z, y, x) bool array

    Returns
    -------
    (3, reach + 1) float array
        What `two_point_along` returns along z, y and x, for distances from 0 to 0.4 of the shortest
        edge of the volume [voxel].
    """
    given_mask("phase", phase, ndim=3)
    reach = int(REACH * min(phase.shape))
    return np.array([two_point_along(phase, axis, reach=reach) for axis in range(3)])


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure of a volume against the truth.

    Attributes
    ----------
    name, title, unit : str
    function : callable
        Of the volume and the truth.
    digits : int
        Decimals that are shown.
    best : str
        What is best: ``more``, ``less``, ``zero``, or the value of the ``truth``.
    """

    name: str
    title: str
    function: Callable[[Seen, Truth], float]
    unit: str = ""
    digits: int = 3
    best: Best = "less"

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    def error(self, value: float, true: float) -> float:
        """Turn a value into an error, where larger is worse; `true` is that of the true volume."""
        if self.best == "more":
            return -value
        return abs(value - true) if self.best == "truth" else abs(value)


def _functional_distance(seen: Seen, truth: Truth, *, family: str, place: int) -> float:
    true = truth.seen.functionals[family][:, place]
    return wasserstein(true, seen.functionals[family][:, place])


def _distances() -> tuple[Measure, ...]:
    """Return the Wasserstein distance of each functional, like planes against like planes."""
    return tuple(
        Measure(
            name=f"w1_{functional}_{family.replace('-', '').replace(', ', '_')}",
            title=f"W₁ of {functional}, {family}",
            unit="sd",
            digits=2,
            function=partial(_functional_distance, family=family, place=place),
        )
        for family in FAMILIES
        for place, functional in enumerate(FUNCTIONALS)
    )


def _two_point(seen: Seen, truth: Truth, *, axis: int) -> float:
    return float(two_point_error(seen.two_point, truth.two_point)[axis])


MEASURES = (
    Measure(
        name="psnr",
        title="PSNR, 3-D",
        unit="dB",
        digits=2,
        best="more",
        function=lambda seen, truth: volume_psnr(seen.grey, truth.seen.grey),
    ),
    Measure(
        name="ssim",
        title="SSIM, 3-D",
        best="more",
        function=lambda seen, truth: volume_ssim(seen.grey, truth.seen.grey),
    ),
    Measure(
        name="dice_true",
        title="Dice, classified phase",
        best="more",
        function=lambda seen, truth: dice(seen.low.view(np.uint8), truth.phase.view(np.uint8), 1),
    ),
    Measure(
        name="dice_at_share",
        title="Dice at the true share",
        best="more",
        function=lambda seen, truth: dice_at_share(seen.grey, truth.phase),
    ),
    Measure(
        name="auc",
        title="AUC of grey",
        best="more",
        function=lambda seen, truth: auc_of_grey(seen.grey, truth.phase),
    ),
    Measure(
        name="low_share",
        title="low density, share",
        best="truth",
        function=lambda seen, _: float(seen.low.mean()),
    ),
    *_distances(),
    *(
        Measure(
            name=f"two_point_{name}",
            title=f"S₂ error along {name}",
            digits=4,
            function=partial(_two_point, axis=axis),
        )
        for axis, name in enumerate("zyx")
    ),
    Measure(
        name="connected_error",
        title="connected share − true",
        best="zero",
        function=lambda seen, truth: seen.connected - truth.connected,
    ),
    Measure(
        name="slice_jump",
        title="|dS/dz|",
        unit="grey level",
        digits=2,
        best="truth",
        function=lambda seen, _: slice_jump(seen.grey),
    ),
    Measure(
        name="slice_jump_x",
        title="|dS/dx|",
        unit="grey level",
        digits=2,
        best="truth",
        function=lambda seen, _: slice_jump(seen.grey, axis=2),
    ),
)


def measure(seen: Seen, truth: Truth) -> dict[str, float]:
    """Measure a volume against the truth by all of `MEASURES`.

    Returns
    -------
    mapping of name to float
        Finite for every volume, even a constant one or one without the phase, with two exceptions:
        ``psnr`` is infinite for the true volume itself, and a Wasserstein distance is infinite if
        the true values do not vary and others differ from them (`shalelib.metrics.wasserstein`).
    """
    return {one.name: one.function(seen, truth) for one in MEASURES}
