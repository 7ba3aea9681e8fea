"""The paired data set as the paper acquired it: irregular cuts, gaps, residual misalignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage

from shalelib.arguments import check_kind, check_seed, given_numbers
from shalelib.arrays import check_length
from shalelib.config import check_positive, settle_numbers
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.phantom.checks import check_not_negative, check_reach, check_share
from shalelib.phantom.volume import Phantom

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shalelib.arrays import Grey, Mask, Real
    from shalelib.phantom.config import PhantomConfig

_PAPER_DEPTH, _PAPER_CUBE = 419, 128  # slices of the volume and of its test block
_PAPER_SPLIT = (101, 12, 36)  # training, validation and test slices


@dataclass(frozen=True, kw_only=True)
class AcquisitionConfig:
    """How 2-D slices were cut from the plug and registered to the TXM volume."""

    cube: int = 128  #: Edge of a test volume and depth of the test block [voxel].
    spacing: tuple[float, float] = (30e-9, 50e-9)  #: Least and largest step between cuts [m].
    misalignment: tuple[float, float] = (1.0, 8.0)  #: Least and largest residual shift [voxel].
    rotation: float = 0.15  #: Residual turn of a cut [degree], standard deviation.
    tilt: float = 1.0  #: Tilt of a cut along y and x [degree], standard deviation.
    depth_error: float = 4.0  #: Error of the paired TXM slice [slice], standard deviation.
    unpaired: float = 0.1  #: Share of the cuts that are paired with quite another place.
    unpaired_by: int = 40  #: Least distance along z to that other place [slice].
    halo: int = 2  #: Margin of the artefact mask around charging [voxel].

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_positive(self, "cube", "halo")
        check_reach(self, "halo")
        low, high = _pair("spacing", self.spacing)
        for edge in (low, high):
            check_length("AcquisitionConfig.spacing", edge)
        if not low <= high:
            msg = f"spacing must be two lengths [m], the smaller first, got {self.spacing}"
            raise ValueError(msg)
        least, largest = _pair("misalignment", self.misalignment)
        if not 0 <= least <= largest:
            msg = (
                "AcquisitionConfig.misalignment must be two lengths [voxel], the smaller first and "
                f"none negative, got {self.misalignment}"
            )
            raise ValueError(msg)
        check_not_negative(self, "rotation", "tilt", "depth_error", "unpaired_by")
        check_share(self, "unpaired")


def _pair(name: str, values: object) -> list[float]:
    """Return two numbers."""
    pair = given_numbers(f"AcquisitionConfig.{name}", values).tolist()
    if len(pair) != 2:
        msg = f"AcquisitionConfig.{name} must be two numbers, the smaller first, got {values}"
        raise ValueError(msg)
    return pair


def _check(phantom: object, config: object) -> None:
    """Refuse anything but a digital shale and settings of its acquisition."""
    check_kind("phantom", phantom, Phantom, mend="make it by shalelib.phantom.load_phantom")
    check_kind("config", config, AcquisitionConfig, mend="write AcquisitionConfig(cube=64)")


def phantom_dataset(
    phantom: Phantom, *, config: AcquisitionConfig | None = None, seed: int
) -> Dataset:
    """Build the paired data set from a digital shale.

    Parameters
    ----------
    phantom : Phantom
    config : AcquisitionConfig, optional
    seed : int
        Seed of the cuts and of their misalignment.

    Returns
    -------
    Dataset
        Named ``phantom``. The last `cube` slices of the volume are the test block. At full size it
        has the paper's 101, 12 and 36 slices; in smaller plugs, as many in proportion to the depth.

    Raises
    ------
    ValueError
        The plug is too narrow for the test volumes, or too shallow for the slices.

    Notes
    -----
    The paper does not say which slices it validates on. Here they are the first of the plug, a
    block of their own, so that neighbours of training slices do not stand in for new rock. A cut
    shows rock of its own block alone, even where its registration failed.
    """
    config = AcquisitionConfig() if config is None else config
    _check(phantom, config)
    check_seed(seed)
    depth, start = phantom.config.depth, block_start(phantom.config, config)
    volume_places(phantom, config=config)  # refuses a plug too narrow for them
    rng = np.random.default_rng([seed, 0xACC])
    cuts = cut_positions(phantom.config, config, rng)
    n_train, n_validation, n_test = split_sizes(depth, config.cube)
    before = keep_cuts(cuts[cuts < start - 0.5], n_train + n_validation, rng)
    within = keep_cuts(cuts[cuts >= start - 0.5], n_test, rng)
    edge = max(1, round(before[n_validation - 1 : n_validation + 1].mean()))
    splits = (
        (before[n_validation:], range(edge, start)),
        (before[:n_validation], range(edge)),
        (within, range(start, depth)),
    )
    train, validation, test = (
        register_cuts(phantom, cuts, block=block, config=config, rng=rng) for cuts, block in splits
    )
    width = phantom.config.diameter * phantom.config.voxel_size * 1e6
    return Dataset(
        name="phantom",
        description=f"digital shale with known 3-D truth, plug of {width:.1f} µm, "
        f"{depth} slices, seed {phantom.seed}",
        train=train,
        validation=validation,
        test=test,
        pixel_size=phantom.config.voxel_size,
        volumes=Volumes(
            txm=phantom.txm, sem=phantom.sem, labels=phantom.labels, test_z=(start, depth)
        ),
    )


def split_sizes(depth: int, cube: int) -> tuple[int, int, int]:
    """Return the numbers of training, validation and test slices, in the paper's proportions.

    Parameters
    ----------
    depth, cube : int
        Slices of the volume and of its test block.

    Examples
    --------
    >>> split_sizes(419, 128)
    (101, 12, 36)
    """
    train, validation, test = _PAPER_SPLIT
    share = (depth - cube) / (_PAPER_DEPTH - _PAPER_CUBE)
    sizes = (
        round(train * share),
        max(1, round(validation * share)),
        max(2, round(test * cube / _PAPER_CUBE)),
    )
    if sizes[0] < 2:
        msg = (
            f"{depth} slices with a test block of {cube} leave {sizes[0]} training slices; "
            "take a deeper plug or a smaller cube"
        )
        raise ValueError(msg)
    return sizes


def block_start(phantom: PhantomConfig, config: AcquisitionConfig) -> int:
    """Return the first slice of the test block, which ends with the volume."""
    if config.cube >= phantom.depth:
        msg = f"a test block of {config.cube} slices needs a deeper plug than {phantom.depth}"
        raise ValueError(msg)
    return phantom.depth - config.cube


def volume_places(
    phantom: Phantom, *, config: AcquisitionConfig | None = None
) -> tuple[tuple[slice, slice, slice], ...]:
    """Return the places of five test volumes: a cross in the test block, without overlap.

    Parameters
    ----------
    phantom : Phantom
    config : AcquisitionConfig, optional

    Returns
    -------
    tuple of (slice, slice, slice)
        Index the volumes with them; each is a cube wholly inside the plug.

    Raises
    ------
    ValueError
        The plug is too narrow for them.
    """
    config = AcquisitionConfig() if config is None else config
    _check(phantom, config)
    cube, start = config.cube, block_start(phantom.config, config)
    corner = phantom.config.width // 2 - cube // 2
    places = []
    for j, i in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)):
        y, x = corner + j * cube, corner + i * cube
        inside = min(y, x) >= 0 and phantom.outline[y : y + cube, x : x + cube].all()
        if not inside or max(y, x) + cube > phantom.config.width:
            msg = (
                f"five test volumes of {cube} voxels do not fit into a plug of "
                f"{phantom.config.diameter}; take a wider plug or a smaller cube"
            )
            raise ValueError(msg)
        places.append((slice(start, start + cube), slice(y, y + cube), slice(x, x + cube)))
    return tuple(places)


def cut_positions(
    phantom: PhantomConfig, config: AcquisitionConfig, rng: np.random.Generator
) -> Real:
    """Return the places of all cuts along z [slice], 30 to 50 nm apart."""
    low, high = (step / phantom.voxel_size for step in config.spacing)
    steps = rng.uniform(low, high, int(np.ceil(phantom.depth / low)) + 1)
    cuts = np.cumsum(steps) - steps[0]
    return cuts[cuts <= phantom.depth - 1]


def keep_cuts(cuts: Real, count: int, rng: np.random.Generator) -> Real:
    """Choose the cuts that could be registered: in runs with gaps, always the first and last.

    Parameters
    ----------
    cuts : (n,) float array
        Ascending.
    count : int
        How many are kept.
    rng : numpy.random.Generator

    Returns
    -------
    (count,) float array
        Ascending; no two in the same slice.
    """
    _, first = np.unique(np.rint(cuts).astype(int), return_index=True)
    cuts = cuts[first]
    if count > len(cuts):
        msg = f"{count} slices are wanted but only {len(cuts)} were cut; take a smaller spacing"
        raise ValueError(msg)
    quality = ndimage.gaussian_filter1d(rng.normal(size=len(cuts)), 2.0)
    quality += 0.15 * rng.normal(size=len(cuts))
    quality[[0, -1]] = np.inf
    return cuts[np.sort(np.argsort(-quality, kind="stable")[:count])]


def register_cuts(
    phantom: Phantom,
    cuts: Real,
    *,
    block: range | None = None,
    config: AcquisitionConfig,
    rng: np.random.Generator,
) -> PairedSlices:
    """Pair slices saved by themselves, with the misalignment that registration leaves.

    Parameters
    ----------
    phantom : Phantom
    cuts : (n,) float array
        Places along z [slice].
    block : range, optional
        Slices of which the cuts may show rock; by default all.
    config : AcquisitionConfig
    rng : numpy.random.Generator

    Returns
    -------
    PairedSlices
        `valid` is False on and near charging.
    """
    index: NDArray[np.int64] = np.rint(cuts).astype(np.int64)
    sem = np.empty((len(index), *phantom.outline.shape), np.uint8)
    valid = np.empty(sem.shape, bool)
    block = range(len(phantom.sem_slices)) if block is None else block
    for n, place in enumerate(_places(index, block, config, rng)):
        sem[n] = _cut(phantom.sem_slices, block, phantom.outline, place, phantom.config.sem.film)
        charging = _cut(phantom.charging, block, phantom.outline, place, 0.0, gain=255.0)
        valid[n] = ~ndimage.binary_dilation(charging >= 128, iterations=config.halo)
    return PairedSlices(
        txm=np.asarray(phantom.txm_slices[index]),
        sem=sem,
        inside=np.broadcast_to(phantom.outline, sem.shape),
        valid=valid,
        slice_index=index,
        names=tuple(f"z{z:03d}" for z in index),
    )


class _Place(NamedTuple):
    """Where a cut really lay, against the TXM slice that it is paired with."""

    z: float  # [slice], at the centre
    slope: Real  # (2,) [slice/voxel] along y and x
    shift: Real  # (2,) [voxel] along y and x
    turn: float  # [radian]


def _places(
    index: NDArray[np.int64], block: range, config: AcquisitionConfig, rng: np.random.Generator
) -> list[_Place]:
    """Draw where each cut really lay; a share of those with room for it in the block, far away."""
    far = np.abs(np.array(block) - index[:, None]) >= config.unpaired_by
    lost = rng.permutation(np.flatnonzero(far.any(axis=1)))[: round(config.unpaired * len(index))]
    places = []
    for n, z in enumerate(index):
        direction = 2.0 * np.pi * rng.random()
        length = rng.uniform(*config.misalignment)
        place = _Place(
            z=float(z + config.depth_error * rng.normal()),
            slope=np.tan(np.deg2rad(config.tilt * rng.normal(size=2))),
            shift=length * np.array([np.sin(direction), np.cos(direction)]),
            turn=np.deg2rad(config.rotation * rng.normal()),
        )
        if n in lost:
            place = place._replace(z=float(rng.choice(np.array(block)[far[n]])))
        places.append(place)
    return places


def _cut(
    volume: Grey, block: range, outline: Mask, place: _Place, fill: float, *, gain: float = 1.0
) -> Grey:
    """Cut a tilted, turned and shifted slice of a block, linear in the plane; zero outside."""
    y, x = np.indices(outline.shape, np.float32) - (np.array(outline.shape) - 1)[:, None, None] / 2
    z = np.rint(place.z + place.slope[0] * y + place.slope[1] * x).astype(int)
    z = np.clip(z, block[0], block[-1])
    least = z.min()
    slab = np.asarray(volume[least : z.max() + 1])
    tilted = np.take_along_axis(slab, (z - least)[None], axis=0)[0]
    return _displace(gain * tilted, outline, place.shift, place.turn, fill)


def _displace(image: Grey | Real, outline: Mask, shift: Real, turn: float, fill: float) -> Grey:
    """Turn a slice about its centre and shift it, linear between pixels; zero outside."""
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, sin], [-sin, cos]])
    centre = (np.array(image.shape) - 1) / 2
    padded = np.where(outline, image, fill).astype(np.float32)
    moved = ndimage.affine_transform(
        padded, matrix, offset=centre - matrix @ (centre + shift), order=1, mode="nearest"
    )
    return np.where(outline, np.clip(np.rint(moved), 0, 255), 0).astype(np.uint8)
