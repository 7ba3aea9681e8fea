"""TXM cubes around paired slices, and FIB-SEM patches to compare their planes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from shalelib.arguments import check_kind, check_whole, given_grey, given_row
from shalelib.arrays import Grey
from shalelib.data.pairs import PairedSlices
from shalelib.data.patches import PatchSampler

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CubeSampler:
    """Draw random TXM cubes around paired patches.

    Parameters
    ----------
    pairs : PairedSlices
        Slices of one split.
    volume : (z, y, x) uint8 array
        The TXM volume that the slices come from: ``volume[pairs.slice_index]`` is ``pairs.txm``.
    edge : int
        Edge of a cube [voxel].
    planes : int
        FIB-SEM images to draw for each cube.
    others : sequence of PairedSlices
        The other splits, such as ``(dataset.validation, dataset.test)``: no cube shows a slice of
        theirs that is not in `pairs` as well.

    Raises
    ------
    TypeError
        `pairs` or one of `others` is not a `PairedSlices`, or `volume` is not uint8.
    ValueError
        The slices span less than a cube or are not those of the volume, or no place is accepted
        (`shalelib.data.patches.PatchSampler`).

    Notes
    -----
    No cube extends beyond the first and the last of the slices along z, so none shows rock of a
    split that lies beyond them. A slice around which no cube fits between those of `others` lends
    its FIB-SEM image alone. The cut slice may lie anywhere in its cube. Patches are accepted by the
    paper's rule; above and below them the rock is assumed to continue.
    """

    def __init__(
        self,
        pairs: PairedSlices,
        volume: Grey,
        *,
        edge: int,
        planes: int,
        others: Sequence[PairedSlices] = (),
    ) -> None:
        mend = "take a split of shalelib.data.load_directory, such as dataset.train"
        check_kind("pairs", pairs, PairedSlices, mend=mend)
        given_grey("volume", volume, ndim=3)
        check_whole("edge", edge, least=1)
        check_whole("planes", planes, least=1)
        splits = given_row("others", others, mend="such as (dataset.validation, dataset.test)")
        for number, split in enumerate(splits):
            check_kind(f"others[{number}]", split, PairedSlices, mend=mend)
        spans = _spans(pairs.slice_index, [split.slice_index for split in splits])
        held = spans[1] - spans[0] >= edge
        if not held.any():
            msg = (
                f"the slices span {(spans[1] - spans[0]).max()} voxels along z, less than a cube "
                f"of {edge}, where none of another split lies between; choose smaller cubes or "
                "more slices"
            )
            raise ValueError(msg)
        _check_held(pairs, volume)
        self._images = PatchSampler(pairs, size=edge)
        whole = bool(held.all())
        self._cuts = self._images if whole else PatchSampler(pairs.take(held), size=edge)
        self._volume, self._edge, self._planes = volume, edge, planes
        self._spans = spans[:, held]

    def draw_training(
        self, count: int, rng: np.random.Generator
    ) -> tuple[Grey, NDArray[np.int64], Grey, Grey]:
        """Draw one batch for training.

        Parameters
        ----------
        count : int
            Cubes in the batch.
        rng : numpy.random.Generator

        Returns
        -------
        txm : (count, edge, edge, edge) uint8 array
            Cubes, each mirrored at random along its three axes.
        place : (count,) int array
            Index along z, within each cube, of the slice that was cut.
        sem : (count, edge, edge) uint8 array
            FIB-SEM image of that slice.
        planes : (count * planes, edge, edge) uint8 array
            FIB-SEM images drawn from all paired slices, mirrored and turned at random.
        """
        patches = self._cuts.draw(count, rng=rng)
        low, high = self._spans[:, patches.corner[:, 0]]
        z = patches.slice_index
        start = rng.integers(
            np.maximum(low, z - self._edge + 1), np.minimum(high - self._edge, z) + 1
        )
        step = rng.choice([-1, 1], size=(count, 3))
        cubes = [
            self._volume[b : b + self._edge, r : r + self._edge, c : c + self._edge][::k, ::j, ::i]
            for b, (_, r, c), (k, j, i) in zip(start, patches.corner, step, strict=True)
        ]
        sem = [one[::j, ::i] for one, (_, j, i) in zip(patches.sem, step, strict=True)]
        place = z - start
        place = np.where(step[:, 0] == 1, place, self._edge - 1 - place)
        return np.stack(cubes), place, np.stack(sem), self._draw_planes(count * self._planes, rng)

    def _draw_planes(self, count: int, rng: np.random.Generator) -> Grey:
        """Draw FIB-SEM patches in all eight orientations, since no plane has axes of its own."""
        images = self._images.draw(count, rng=rng, flips=True).sem
        turned = rng.random(count) < 0.5
        return np.where(turned[:, None, None], images.swapaxes(1, 2), images)


def _spans(own: NDArray[np.int64], others: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return around each slice the first one, and one past the last, that a cube may show: (2, n).

    They end at the first and at the last slice, and before slices that only others have.
    """
    first, last = own.min(), own.max()
    foreign = np.setdiff1d(np.concatenate([own[:0], *others]), own)
    walls = np.array([first - 1, *foreign[(foreign > first) & (foreign < last)], last + 1])
    after = np.searchsorted(walls, own)
    return np.stack([walls[after - 1] + 1, walls[after]])


def _check_held(pairs: PairedSlices, volume: Grey) -> None:
    """Refuse slices that are not those of a volume."""
    held = pairs.txm.shape[1:] == volume.shape[1:] and pairs.slice_index.max() < len(volume)
    if not held or not np.array_equal(volume[pairs.slice_index], pairs.txm):
        msg = (
            f"the TXM volume of shape {volume.shape} does not hold the {len(pairs)} paired slices "
            "at their numbers; give the full stack that they were taken from, from slice 0 on"
        )
        raise ValueError(msg)
