"""Random square patches from paired slices, with the paper's acceptance rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shalelib.arguments import check_kind, check_number, check_whole
from shalelib.arrays import Grey, Mask
from shalelib.data.pairs import PairedSlices

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_INSIDE = 0.75  # least share of a patch inside the rock (paper)
MIN_VALID = 0.95  # least share free of artefacts (paper)


@dataclass(frozen=True, kw_only=True, eq=False)
class Patches:
    """Square patches cut from paired slices.

    Attributes
    ----------
    txm, sem : (n, size, size) uint8 arrays
        Grey levels of the same places.
    inside : (n, size, size) bool array
        True inside the rock as the TXM shows it.
    slice_index : (n,) int array
        Slice of the volume that each patch comes from.
    corner : (n, 3) int array
        Image number, row and column of each patch's first pixel.
    """

    txm: Grey
    sem: Grey
    inside: Mask
    slice_index: NDArray[np.int64]
    corner: NDArray[np.int64]


class PatchSampler:
    """Draw accepted patches, with equal probability for every accepted place.

    Parameters
    ----------
    pairs : PairedSlices
        Slices of one split.
    size : int
        Edge of a patch [pixel].
    min_inside, min_valid : float
        Least share of a patch, 0 to 1, that is inside the rock and free of artefacts; the defaults
        are the paper's 0.75 and 0.95.

    Raises
    ------
    TypeError
        `pairs` is not a `PairedSlices`, or a share is not a number.
    ValueError
        The slices are smaller than a patch, no place is accepted, or a number is out of range.

    Notes
    -----
    All accepted places are found in advance from summed-area tables, so drawing is certain to end.
    """

    def __init__(
        self,
        pairs: PairedSlices,
        *,
        size: int,
        min_inside: float = MIN_INSIDE,
        min_valid: float = MIN_VALID,
    ) -> None:
        mend = "take a split of shalelib.data.load_directory, such as dataset.train"
        check_kind("pairs", pairs, PairedSlices, mend=mend)
        size = check_whole("size", size, least=1)
        min_inside = check_number("min_inside", min_inside, least=0, most=1)
        min_valid = check_number("min_valid", min_valid, least=0, most=1)
        height, width = pairs.txm.shape[1:]
        if size > min(height, width):
            msg = (
                f"patches of {size} pixels do not fit into slices of {height} x {width}; "
                "choose a smaller patch or larger images"
            )
            raise ValueError(msg)
        accepted = np.stack(
            [
                (_window_share(inside, size) >= min_inside)
                & (_window_share(valid, size) >= min_valid)
                for inside, valid in zip(pairs.inside, pairs.valid, strict=True)
            ]
        )
        self._places = np.flatnonzero(accepted)
        if self._places.size == 0:
            msg = (
                f"no place in {len(pairs)} slices holds a patch of {size} pixels that is at least "
                f"{min_inside:.0%} inside the rock and {min_valid:.0%} free of artefacts; "
                "choose a smaller patch or look at the masks"
            )
            raise ValueError(msg)
        self._shape = accepted.shape
        self._pairs = pairs
        self._size = size

    @property
    def acceptance(self) -> float:
        """Share of all possible places, 0 to 1, at which a patch is accepted."""
        return self._places.size / float(np.prod(self._shape))

    def draw(self, count: int, *, rng: np.random.Generator, flips: bool = False) -> Patches:
        """Draw `count` patches.

        Parameters
        ----------
        count : int
        rng : numpy.random.Generator
        flips : bool
            Mirror each patch at random along rows and columns (training only).

        Returns
        -------
        Patches
            Drawn with replacement, so places may repeat.
        """
        places = self._places[rng.integers(self._places.size, size=count)]
        corner = np.stack(np.unravel_index(places, self._shape), axis=1)
        step = rng.choice([-1, 1], size=(count, 2)) if flips else np.ones((count, 2), int)
        return Patches(
            txm=self._cut(self._pairs.txm, corner, step),
            sem=self._cut(self._pairs.sem, corner, step),
            inside=self._cut(self._pairs.inside, corner, step),
            slice_index=self._pairs.slice_index[corner[:, 0]],
            corner=corner,
        )

    def draw_training(self, count: int, rng: np.random.Generator) -> tuple[Grey, Grey]:
        """Draw `count` TXM and SEM patches, mirrored at random, each (count, size, size) uint8."""
        patches = self.draw(count, rng=rng, flips=True)
        return patches.txm, patches.sem

    def _cut(self, stack: np.ndarray, corner: np.ndarray, step: np.ndarray) -> np.ndarray:
        size = self._size
        cuts = [
            stack[image, ..., row : row + size, column : column + size][..., ::down, ::right]
            for (image, row, column), (down, right) in zip(corner, step, strict=True)
        ]
        return np.stack(cuts)


def tiles(pairs: PairedSlices, *, size: int) -> Patches:
    """Cut images into tiles side by side, and keep those that the paper's rule accepts.

    Parameters
    ----------
    pairs : PairedSlices
    size : int
        Edge of a tile [pixel]; what is left over at the right and at the bottom is not used.

    Returns
    -------
    Patches
        At least three quarters inside the rock and 95% free of artefacts.

    Raises
    ------
    ValueError
        No tile is accepted.
    """
    height, width = pairs.txm.shape[1:]
    corner = np.array(
        [
            (image, row, column)
            for image in range(len(pairs))
            for row in range(0, height - size + 1, size)
            for column in range(0, width - size + 1, size)
        ],
        int,
    ).reshape(-1, 3)

    def cut(stack: np.ndarray) -> np.ndarray:
        return np.stack([stack[k, r : r + size, c : c + size] for k, r, c in corner])

    if len(corner):
        share = [cut(mask).mean(axis=(1, 2)) for mask in (pairs.inside, pairs.valid)]
        corner = corner[(share[0] >= MIN_INSIDE) & (share[1] >= MIN_VALID)]
    if not len(corner):
        msg = f"no tile of {size} pixels lies inside the rock; choose a smaller size"
        raise ValueError(msg)
    return Patches(
        txm=cut(pairs.txm),
        sem=cut(pairs.sem),
        inside=cut(pairs.inside),
        slice_index=pairs.slice_index[corner[:, 0]],
        corner=corner,
    )


def _window_share(mask: Mask, size: int) -> np.ndarray:
    """Return the share of True in every size x size window of a mask (y, x)."""
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    table[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    total = table[size:, size:] - table[:-size, size:] - table[size:, :-size]
    return (total + table[:-size, :-size]) / size**2
