"""Table 2: what is measured on volumes and on real images, and how far apart the two are.

The protocol is the paper's: the planes of synthesised volumes, separately for x-y planes and for
x-z and y-z planes, are compared with images of real slices, which are all x-y images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shalelib.arguments import check_kind, given_mask
from shalelib.arrays import Grey, Mask, check_same_shape
from shalelib.metrics.divergence import (
    BINS,
    FLOOR,
    SAMPLES,
    Divergence,
    joint_histogram,
    kl_of_samples,
    kl_of_tables,
)
from shalelib.metrics.functionals import (
    FAMILIES,
    FUNCTIONALS,
    minkowski,
    plane_blocks,
    plane_functionals,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shalelib.arrays import Real

BLOCKS = 4  # blocks of planes along the edge of a volume: what the intervals resample


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of Table 2.

    Attributes
    ----------
    name : str
        Name of the column, such as ``area_xy``.
    title : str
        Title for readers.
    family : str
        Plane family, ``x-y`` or ``x-z, y-z``; ``all voxels`` for the joint histogram.
    functional : str
        ``area``, ``perimeter`` or ``euler``; empty for the joint histogram.
    """

    name: str
    title: str
    family: str
    functional: str = ""


COLUMNS = (
    Column(name="area_xy", family="x-y", functional="area", title="Area"),
    Column(name="perimeter_xy", family="x-y", functional="perimeter", title="Perimeter"),
    Column(name="euler_xy", family="x-y", functional="euler", title="Euler"),
    Column(name="area_xz_yz", family="x-z, y-z", functional="area", title="Area"),
    Column(name="perimeter_xz_yz", family="x-z, y-z", functional="perimeter", title="Perimeter"),
    Column(name="euler_xz_yz", family="x-z, y-z", functional="euler", title="Euler"),
)
JOINT = Column(name="joint", family="all voxels", title="p(T, S)")


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaneMeasures:
    """Functionals of plane images, and a joint histogram.

    Attributes
    ----------
    functionals : mapping of plane family to (n, 3) array
        Area [pixel], perimeter [edge of a pixel] and Euler characteristic of the phase, one row per
        image.
    groups : mapping of plane family to (n,) int array
        The group with which each image is resampled for intervals: its block of planes, or its
        slice.
    joint : (groups, bins²) int array
        Joint histogram of TXM and FIB-SEM grey levels, one row per group of x-y images.
    """

    functionals: Mapping[str, Real]
    groups: Mapping[str, NDArray[np.int64]]
    joint: NDArray[np.int64]


def measure_volumes(low: Mask, txm: Grey, sem: Grey) -> PlaneMeasures:
    """Measure all planes of volumes, family by family.

    Parameters
    ----------
    low : (n, z, y, x) bool array
        The low-density phase of each of n volumes, which are cubes (z = y = x).
    txm : (n, z, y, x) uint8 array
        TXM volumes.
    sem : (n, z, y, x) uint8 array
        FIB-SEM volumes synthesised from them.

    Returns
    -------
    PlaneMeasures
        Its groups are four blocks of neighbouring planes along each edge of a volume, fewer if the
        planes do not come out even.

    Raises
    ------
    ValueError
        The shapes differ, or the volumes are not cubes: areas of planes of different sizes cannot
        be compared.
    """
    given_mask("low", low, ndim=4)
    check_same_shape("low and sem", low, sem, mend="classify the same volumes")
    check_same_shape("txm and sem", txm, sem, mend="translate the same volumes")
    count, depth, height, width = low.shape
    if not depth == height == width:
        msg = (
            f"volumes must be cubes, for area and perimeter are those of a plane, got {low.shape}; "
            "cut cubes of one edge out of them, such as by shalelib.flow.pieces"
        )
        raise ValueError(msg)
    size = -(-depth // BLOCKS)
    each = -(-depth // size)  # blocks of a volume, fewer where they do not come out even
    functionals, groups = {}, {}
    for family in FAMILIES:
        functionals[family] = np.concatenate([plane_functionals(one, family) for one in low])
        blocks = plane_blocks((depth, height, width), family, block=size)
        groups[family] = np.concatenate([blocks + number * each for number in range(count)])
    pairs = [
        (one[start : start + size], two[start : start + size])
        for one, two in zip(txm, sem, strict=True)
        for start in range(0, depth, size)
    ]
    joint = np.stack([joint_histogram(np.array(a), np.array(b)) for a, b in pairs])
    return PlaneMeasures(functionals=functionals, groups=groups, joint=joint)


def measure_images(
    low: Mask, txm: Grey, sem: Grey, slice_index: NDArray[np.int64]
) -> PlaneMeasures:
    """Measure real images, which are all x-y images and stand for all plane families.

    Parameters
    ----------
    low : (n, y, x) bool array
        The low-density phase of each image.
    txm, sem : (n, y, x) uint8 arrays
        TXM and FIB-SEM images.
    slice_index : (n,) int array
        The slice that each image was cut from.

    Returns
    -------
    PlaneMeasures
        Its groups are the slices.

    Raises
    ------
    ValueError
        The shapes differ, or `slice_index` does not have a slice for each image.
    """
    given_mask("low", low, ndim=3)
    check_same_shape("low and txm", low, txm, mend="take the TXM of the same images")
    check_same_shape("low and sem", low, sem, mend="classify the same images")
    if np.shape(slice_index) != (len(low),):
        msg = f"slice_index must name {len(low)} slices, got shape {np.shape(slice_index)}"
        raise ValueError(msg)
    _, group = np.unique(slice_index, return_inverse=True)
    members = [np.flatnonzero(group == number) for number in range(group.max() + 1)]
    found = minkowski(low)
    return PlaneMeasures(
        functionals=dict.fromkeys(FAMILIES, found),
        groups=dict.fromkeys(FAMILIES, group.astype(np.int64)),
        joint=np.stack([joint_histogram(txm[m], sem[m]) for m in members]),
    )


def divergences(
    measured: PlaneMeasures,
    real: PlaneMeasures,
    *,
    resamples: int = SAMPLES,
    bins: int | str = BINS,
    floor: float = FLOOR,
) -> dict[str, Divergence]:
    """Compute a row of Table 2: the divergence KL(real ‖ synthesised) in every column.

    Parameters
    ----------
    measured : PlaneMeasures
        Of the synthesised volumes, from `measure_volumes`.
    real : PlaneMeasures
        Of real images, from `measure_images`.
    resamples : int
        Number of bootstrap resamples. The draws are the same for every row with equally many
        groups, so that rows can be compared resample by resample.
    bins : int or str
        Bins of a functional, see `common_edges`.
    floor : float
        See `kl_from_counts`.

    Returns
    -------
    dict of str to Divergence
        By name of the column: ``area_xy``, ``perimeter_xy``, ``euler_xy``, ``area_xz_yz``,
        ``perimeter_xz_yz``, ``euler_xz_yz`` and ``joint``.
    """
    for name, given in (("measured", measured), ("real", real)):
        check_kind(name, given, PlaneMeasures, mend="make them by measure_volumes, measure_images")
    cells = {}
    for column in COLUMNS:
        place, family = FUNCTIONALS.index(column.functional), column.family
        cells[column.name] = kl_of_samples(
            real.functionals[family][:, place],
            measured.functionals[family][:, place],
            real.groups[family],
            measured.groups[family],
            bins=bins,
            floor=floor,
            resamples=resamples,
        )
    cells[JOINT.name] = kl_of_tables(real.joint, measured.joint, floor=floor, resamples=resamples)
    return cells
