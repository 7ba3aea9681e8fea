"""The user's own slices and volumes, in the folder layout of the authors' public code.

::

    train|val|test/txm/001.tif            TXM slices, registered to
    train|val|test/sem/001.tif            FIB-SEM slices of the same numbers
    train|val|test/charge/001.tif         optional: non-zero where the SEM shows charging
    train|val|test/lowdensity/001.tif     optional: phase masks, see `load_masks`
    train|val|test/highdensity/001.tif
    train|val|test/labels/001.tif         optional: label images of Ilastik or napari
    test/txm_full_stack/*.tif             optional: the whole TXM block around the test slices

The last number in a file's name is the slice; what stands before it (``TXM001.tif``) does not
matter. In place of each folder one multi-page TIFF of its name (``train/txm.tif``) will do, and in
place of the three split folders two stacks ``txm.tif`` and ``sem.tif``, which are then split along
z.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Grey, Mask
from shalelib.data.fetch import rock_mask
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.data.rescale import charging_mask
from shalelib.data.stacks import read_slice, read_stack

SPLITS = ("train", "val", "test")
MASKS = ("charge", "lowdensity", "highdensity")
PIXEL_SIZE = 33.6e-9  # m, the paper's FIB-SEM


def load_directory(
    path: Path | str,
    *,
    pixel_size: float = PIXEL_SIZE,
    shares: tuple[float, float, float] = (0.68, 0.08, 0.24),
) -> Dataset:
    """Load registered TXM and FIB-SEM slices from a folder.

    Parameters
    ----------
    path : path
        Folder in the layout that the module's documentation shows.
    pixel_size : float
        Edge of a pixel [m]; all images must have the same one.
    shares : (train, validation, test)
        How two whole stacks are cut along z, in this order, the slices next to a cut left out;
        by default as the paper's 101, 12 and 36 slices. Not used with split folders.

    Returns
    -------
    Dataset
        Named ``directory``; with `Volumes` if there is a full TXM stack. Without charge masks the
        saturated pixels count as charging (`shalelib.data.rescale.charging_mask`).

    Raises
    ------
    FileNotFoundError, ValueError
        Naming the file that is missing, empty, unpaired, of another size or not 8-bit grey.
    """
    root = Path(path)
    if not root.is_dir():
        msg = f"there is no folder {root}; it must hold train, val and test, or two stacks"
        raise FileNotFoundError(msg)
    if _source(root, "txm"):
        parts = _cut(_load_pairs(root), shares, root)
    else:
        for split in SPLITS:
            if not (root / split).is_dir():
                msg = f"{root} has no folder {split}; move some slices into {root / split}/txm, sem"
                raise FileNotFoundError(msg)
        parts = [_load_pairs(root / split) for split in SPLITS]
    train, validation, test = parts
    return Dataset(
        name="directory",
        description=(
            f"your own images in {root.name} ({len(train)} training, {len(validation)} validation "
            f"and {len(test)} test slices; charging from {_charging_source(root)})"
        ),
        train=train,
        validation=validation,
        test=test,
        pixel_size=pixel_size,
        volumes=_load_volume(root, test.txm.shape[1:]),
    )


def load_masks(path: Path | str, split: str) -> dict[str, Mask]:
    """Load the phase and charging masks of one split, where there are any.

    Parameters
    ----------
    path : path
        As for `load_directory`.
    split : str
        ``train``, ``val`` or ``test``.

    Returns
    -------
    dict of str to (n, y, x) bool array
        Keys from `MASKS`; the images in the order of the split's slices.
    """
    folder = Path(path) / split
    txm, numbers, _ = _read_images(folder, "txm")
    out = {}
    for kind in MASKS:
        if _source(folder, kind):
            out[kind] = _read_twins(folder, kind, txm, numbers) > 0
    return out


def label_files(path: Path | str, split: str) -> list[Path]:
    """List the label images of one split, which `shalelib.segmentation.read_label_image` reads.

    Parameters
    ----------
    path : path
        As for `load_directory`.
    split : str
        ``train``, ``val`` or ``test``.

    Returns
    -------
    list of Path
        One a slice, in the order of the split's slices; a stack ``labels.tif`` alone; or nothing.

    Raises
    ------
    FileNotFoundError
        Some slices have a label image and others have not.
    """
    folder = Path(path) / split
    source = _source(folder, "labels")
    if source is None or source.is_file():
        return [] if source is None else [source]
    files = dict(_numbered(source))
    _, numbers, _ = _read_images(folder, "txm")
    _check_twins(folder, "labels", list(files), numbers.tolist())
    return [files[number] for number in numbers.tolist()]


def _charging_source(root: Path) -> str:
    """Say what charging is known from: masks, saturation, or masks in some splits only."""
    folders = [root] if _source(root, "txm") else [root / split for split in SPLITS]
    masked = [folder.name for folder in folders if _source(folder, "charge")]
    if len(masked) == len(folders):
        return "the charge masks"
    return f"the charge masks of {', '.join(masked)}, else saturation" if masked else "saturation"


def _source(folder: Path, kind: str) -> Path | None:
    """Return the folder of slices, or the stack, that holds `kind`."""
    names = (kind, *(f"{kind}{suffix}" for suffix in (".tif", ".tiff", ".TIF", ".TIFF")))
    return next((folder / name for name in names if (folder / name).exists()), None)


def _read_images(folder: Path, kind: str) -> tuple[Grey, NDArray[np.int64], list[str]]:
    """Read all slices of one kind, in the order of their numbers, with numbers and file names."""
    source = _source(folder, kind)
    if source is None:
        msg = f"{folder} has neither a folder {kind} nor a stack {kind}.tif; add one"
        raise FileNotFoundError(msg)
    if source.is_file():
        stack = read_stack(source)
        return stack, np.arange(len(stack)), [f"{source.name}[{z}]" for z in range(len(stack))]
    files = _numbered(source)
    first = read_slice(files[0][1])
    images = [first] + [read_slice(file, shape=first.shape) for _, file in files[1:]]
    numbers = np.array([number for number, _ in files], np.int64)
    return np.stack(images), numbers, [file.name for _, file in files]


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    """List a folder's TIFF files by the last number in their names."""
    here = sorted(folder.iterdir())
    files = [file for file in here if file.suffix.lower() in (".tif", ".tiff")]
    if not files:
        instead = f" but {here[0].name}; save as TIFF" if here else ""
        msg = (
            f"the folder {folder} holds no .tif file{instead}; put one file a slice into it, or "
            "remove it"
        )
        raise FileNotFoundError(msg)
    found: dict[int, Path] = {}
    for file in files:
        digits = re.findall(r"\d+", file.stem)
        if not digits:
            msg = f"{file} has no slice number in its name; call it 001.tif or alike"
            raise ValueError(msg)
        number = int(digits[-1])
        if number in found:
            msg = f"{file} and {found[number].name} are both slice {number}; remove one of them"
            raise ValueError(msg)
        found[number] = file
    return sorted(found.items())


def _read_twins(folder: Path, kind: str, txm: Grey, numbers: NDArray[np.int64]) -> Grey:
    """Read `kind` and insist that it has the TXM's slices and size."""
    images, found, names = _read_images(folder, kind)
    _check_twins(folder, kind, found.tolist(), numbers.tolist())
    if images.shape != txm.shape:
        msg = (
            f"{folder / kind} ({names[0]}) measures {images.shape[1:]} pixels, but its TXM "
            f"{txm.shape[1:]}; register and crop the slices first (shalelib.data.align)"
        )
        raise ValueError(msg)
    return images


def _check_twins(folder: Path, kind: str, found: list[int], numbers: list[int]) -> None:
    """Insist that `kind` has the slices of the TXM, no more and no fewer."""
    for here, there, number in (
        *((kind, "txm", n) for n in numbers if n not in found),
        *(("txm", kind, n) for n in found if n not in numbers),
    ):
        msg = (
            f"{folder / here} has no slice {number:03d}, which {folder / there} has; add it or "
            "remove its twin"
        )
        raise FileNotFoundError(msg)


def _load_pairs(folder: Path) -> PairedSlices:
    """Load one split."""
    txm, numbers, names = _read_images(folder, "txm")
    sem = _read_twins(folder, "sem", txm, numbers)
    if _source(folder, "charge"):
        charged = _read_twins(folder, "charge", txm, numbers) > 0
    else:
        charged = np.stack([charging_mask(image) for image in sem])
    return PairedSlices(
        txm=txm,
        sem=sem,
        inside=np.stack([rock_mask(image) for image in txm]),
        valid=~charged,
        slice_index=numbers,
        names=tuple(names),
    )


def _cut(pairs: PairedSlices, shares: tuple[float, float, float], root: Path) -> list[PairedSlices]:
    """Cut a stack of pairs into three blocks along z, leaving out one slice at each cut."""
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        msg = f"shares must be three positive parts of 1, got {shares}"
        raise ValueError(msg)
    n = len(pairs)
    first = round(shares[0] * n)
    second = max(first + 2, round((shares[0] + shares[1]) * n))
    blocks = [slice(0, first), slice(first + 1, second), slice(second + 1, n)]  # views, no copies
    if not 0 < first < second - 1 < n - 2:
        msg = f"{root} holds {n} pairs of slices, too few for shares of {shares}; add slices"
        raise ValueError(msg)
    return [pairs.take(block) for block in blocks]


def _load_volume(root: Path, shape: tuple[int, ...]) -> Volumes | None:
    """Load the full TXM stack around the test slices, if there is one."""
    for folder in (root / "test", root):
        if not _source(folder, "txm_full_stack"):
            continue
        txm, _, _ = _read_images(folder, "txm_full_stack")
        if txm.shape[1:] != shape:
            msg = (
                f"{folder / 'txm_full_stack'} measures {txm.shape[1:]} pixels, but the test slices "
                f"{shape}; crop both alike"
            )
            raise ValueError(msg)
        return Volumes(txm=txm, test_z=(0, len(txm)))
    return None
