"""Paired 2-D slices, and the record of a data set, which is the same for every source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shalelib.arguments import check_kind, given_row, short
from shalelib.arrays import (
    Grey,
    Labels,
    Mask,
    check_grey,
    check_mask,
    check_same_shape,
    digest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedSlices:
    """Registered TXM and FIB-SEM slices of one split.

    Attributes
    ----------
    txm, sem : (n, y, x) uint8 arrays
        Grey levels, zero outside the rock.
    inside : (n, y, x) bool array
        True inside the rock *as the TXM shows it* (the SEM's own mask would leak the truth).
    valid : (n, y, x) bool array
        False where the SEM shows an artefact (charging) that must not be learnt from.
    slice_index : (n,) int array
        Slice of the volume that each image comes from, kept as int64; confidence intervals
        resample whole slices.
    names : tuple of str
        One name for each image, for tables and error messages.

    Raises
    ------
    TypeError
        An image is not uint8, a mask is not boolean, or `slice_index` has no whole numbers.
    ValueError
        The arrays differ in shape or number, or are empty.
    """

    txm: Grey
    sem: Grey
    inside: Mask
    valid: Mask
    slice_index: NDArray[np.int64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        check_grey("txm", self.txm, ndim=3)
        check_grey("sem", self.sem, ndim=3)
        mend = "register the slices first (shalelib.data.align)."
        check_same_shape("txm and sem", self.txm, self.sem, mend=mend)
        for name in ("inside", "valid"):
            mask = check_mask(name, getattr(self, name), ndim=3)
            check_same_shape(f"txm and {name}", self.txm, mask, mend="make one mask a slice")
        for name in ("slice_index", "names"):
            given_row(name, getattr(self, name), mend="with one entry an image")
        if not len(self.slice_index) == len(self.names) == len(self.txm):
            msg = (
                f"slice_index and names need one entry an image ({len(self.txm)}), "
                f"got {len(self.slice_index)} and {len(self.names)}"
            )
            raise ValueError(msg)
        index = np.asarray(self.slice_index)
        if index.dtype.kind not in "iu" or index.ndim != 1:
            msg = f"slice_index must hold whole numbers, such as range(n), got {short(index)}"
            raise TypeError(msg)
        object.__setattr__(self, "slice_index", index.astype(np.int64, copy=False))

    def __len__(self) -> int:
        return len(self.txm)

    def take(self, index: NDArray[Any] | slice) -> PairedSlices:
        """Return the images that `index` selects: integers, booleans or a slice along n.

        A slice copies nothing, so memory-mapped stacks stay on disk.
        """
        return PairedSlices(
            txm=self.txm[index],
            sem=self.sem[index],
            inside=self.inside[index],
            valid=self.valid[index],
            slice_index=self.slice_index[index],
            names=tuple(np.asarray(self.names)[index].tolist()),
        )

    def digest(self) -> str:
        """Return a hash of the pixels, masks and slice numbers: 16 hexadecimal digits."""
        return digest(self.txm, self.sem, self.inside, self.valid, self.slice_index)


@dataclass(frozen=True, kw_only=True, eq=False)
class Volumes:
    """The volumes of a data set that has any.

    Attributes
    ----------
    txm : (z, y, x) uint8 array
        The TXM volume; may be memory-mapped.
    sem, labels : (z, y, x) uint8 arrays or None
        The true FIB-SEM volume and phase labels, which only the phantom has.
    test_z : (int, int)
        First slice of the test block, and one past its last.

    Raises
    ------
    TypeError
        `txm` is not uint8.
    ValueError
        `test_z` does not lie within `txm`.
    """

    txm: Grey
    sem: Grey | None = None
    labels: Labels | None = None
    test_z: tuple[int, int]

    def __post_init__(self) -> None:
        check_grey("txm", self.txm, ndim=3)
        block = given_row("test_z", self.test_z, mend="first and one past the last slice")
        if len(block) != 2 or not 0 <= block[0] < block[1] <= len(self.txm):
            msg = f"test_z must lie in the {len(self.txm)} slices of txm, got {self.test_z}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Training, validation and test slices of one source, and its volumes if it has any.

    Attributes
    ----------
    name : str
        ``vaca-muerta-patches``, ``phantom`` or ``directory``.
    description : str
        One sentence for captions: what the numbers are measured on.
    train, validation, test : PairedSlices
        Slices of each split.
    pixel_size : float
        Edge of a pixel [m]; NaN where it is not known.
    volumes : Volumes or None
        None where there are only 2-D images.
    """

    name: str
    description: str
    train: PairedSlices
    validation: PairedSlices
    test: PairedSlices
    pixel_size: float
    volumes: Volumes | None = None

    def __post_init__(self) -> None:
        for name in ("train", "validation", "test"):
            check_kind(name, getattr(self, name), PairedSlices, mend="make one of its images")
        if self.volumes is not None:
            check_kind("volumes", self.volumes, Volumes, mend="or leave it out")

    def txm_volume(self) -> Grey:
        """Return the TXM volume, (z, y, x) uint8.

        Raises
        ------
        ValueError
            The data set has no volumes.
        """
        if self.volumes is None:
            msg = (
                f"data set {self.name} has no TXM volume; rows that need one are for the phantom, "
                "or a directory with a full stack (txm_full_stack)"
            )
            raise ValueError(msg)
        return self.volumes.txm

    def digest(self, *, volume: bool = False) -> str:
        """Return a hash of the three splits, part of the key of every artefact made from them.

        With `volume`, the hash covers the TXM volume too, for artefacts made from both.
        """
        splits = [split.digest() for split in (self.train, self.validation, self.test)]
        return digest(self.name, *splits, *([self.txm_volume()] if volume else []))
