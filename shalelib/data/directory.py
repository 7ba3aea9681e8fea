"""The user's own slices and volumes, in the folder layout of the authors' public code."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shalelib.arguments import check_choice, given_numbers
from shalelib.arrays import Grey, Mask
from shalelib.choice import without_options
from shalelib.data.agreement import (
    Scales,
    renamed,
    say_copies,
    say_passed_over,
    say_shared,
    settled_edge,
)
from shalelib.data.doubts import OF_PAIRS, say_blank
from shalelib.data.elsewhere import way_in
from shalelib.data.kinds import from_root
from shalelib.data.masks import mask_of_slices, read_mask
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.data.resample import charging_mask
from shalelib.data.rock import rock_of_slices
from shalelib.data.slices import grey_tiff, numbered, read_slices
from shalelib.data.volume import check_marks, to_grey
from shalelib.databar import FOLDER, say_bar
from shalelib.tiff import TIFF

SPLITS = ("train", "val", "test")
MASKS = ("charge", "lowdensity", "highdensity")
KINDS = ("txm", "sem", *MASKS, "rock", "labels", "txm_full_stack")


def load_directory(
    path: Path | str,
    *,
    pixel_size: float | None = None,
    shares: tuple[float, float, float] = (0.68, 0.08, 0.24),
) -> Dataset:
    """Load registered TXM and FIB-SEM slices from a folder.

    Parameters
    ----------
    path : path
        Folder in the layout below.
    pixel_size : float, optional
        Edge of a pixel [m], in place of what the images say; a disagreement is warned of.
    shares : (train, validation, test)
        Shares of two whole stacks, cut along z in this order with one slice left out at each cut;
        by default about those of the paper's 101, 12 and 36 slices. Not used with split folders.

    Returns
    -------
    Dataset
        Named ``directory``; with `Volumes` if there is a full TXM stack. Without charge masks,
        saturated pixels count as charging (`shalelib.data.resample.charging_mask`). Its
        `pixel_size` is NaN where neither the images nor the caller give one.

    Raises
    ------
    FileNotFoundError, ValueError
        A file, named in the message, is missing, empty, unpaired, mis-sized or not 8-bit grey.

    Warns
    -----
    UserWarning
        The pixel size is not known or not agreed on; an image is in two splits, or is TXM and SEM
        at once; a slice is blank or has a data bar; a folder or stack has an unknown name.

    Notes
    -----
    The layout is that of the authors' public code::

        train|val|test/txm/001.tif            TXM slices, registered to
        train|val|test/sem/001.tif            FIB-SEM slices of the same numbers
        train|val|test/charge/001.tif         optional: non-zero where the SEM shows charging
        train|val|test/lowdensity/001.tif     optional: phase masks, see `load_masks`
        train|val|test/highdensity/001.tif
        train|val|test/rock/001.tif           optional: non-zero in the rock; else it is found
        train|val|test/labels/001.tif         optional: label images of Ilastik or napari
        [test/]txm_full_stack/*.tif           optional: the whole TXM block around the test slices

    The slice number is the number that differs from one file name to the next; the rest of a name
    (``TXM001_8bit.tif``) does not matter. A multi-page TIFF of its name (``train/txm.tif``) may
    replace a folder, and two stacks ``txm.tif`` and ``sem.tif``, split along z, the split folders.
    """
    root = from_root(path)
    if not root.is_dir():
        found = f"{root} is a file" if root.is_file() else f"there is no folder {root}"
        mend = way_in(root) if root.is_file() else ""
        msg = f"{found}; name a folder that holds train, val and test, or two stacks"
        msg += f". Of this file: {mend}" * bool(mend)
        raise FileNotFoundError(msg)
    scales: Scales = {}
    if source_of(root, "txm"):
        if split := next((split for split in SPLITS if (root / split).is_dir()), None):
            msg = (
                f"{root} has stacks of pairs and a folder {split}, of which one way counts; move "
                f"the stacks elsewhere, or the folder {split} if the stacks are to be split"
            )
            raise ValueError(msg)
        parts = _cut(_load_pairs(root, scales), shares, root)
    else:
        for split in SPLITS:
            if not (root / split).is_dir():
                msg = f"{root} has no folder {split}; move some slices into {root / split}/txm, sem"
                raise FileNotFoundError(msg + renamed(root, split))
        parts = [_load_pairs(root / split, scales) for split in SPLITS]
    say_shared(dict(zip(SPLITS, parts, strict=True)), root)
    say_copies(dict(zip(SPLITS, parts, strict=True)), root)
    train, validation, test = parts
    volumes = _load_volume(root, test.txm.shape[1:], scales)
    return Dataset(
        name="directory",
        description=(
            f"your own images in {root.name} ({len(train)} training, {len(validation)} validation "
            f"and {len(test)} test slices; charging from {_charging_source(root)})"
        ),
        train=train,
        validation=validation,
        test=test,
        pixel_size=settled_edge(pixel_size, scales, root),
        volumes=volumes,
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
        ``charge``, ``lowdensity`` and ``highdensity``, where there is such a folder or stack; each
        in the order of the split's slices.
    """
    check_choice("split", split, SPLITS)
    folder = from_root(path) / split
    txm, names = _read_images(folder, "txm", {})
    out = {}
    for kind in MASKS:
        if source_of(folder, kind):
            out[kind] = _read_masks(folder, kind, names)
            _check_size(folder / kind, kind, out[kind].shape, txm.shape)
    return out


def label_files(path: Path | str, split: str) -> list[Path]:
    """List the label images of one split; see `shalelib.segmentation.labels.labels_of_slices`.

    Parameters
    ----------
    path : path
        As for `load_directory`.
    split : str
        ``train``, ``val`` or ``test``.

    Returns
    -------
    list of Path
        One for each slice, in the order of the slices; or a stack ``labels.tif`` alone; or nothing.

    Raises
    ------
    FileNotFoundError
        Some slices have a label image and others have not.
    """
    check_choice("split", split, SPLITS)
    folder = from_root(path) / split
    source = source_of(folder, "labels")
    if source is None or source.is_file():
        return [] if source is None else [source]
    files = dict(numbered(source, beside=_beside(folder, "labels")))
    _, names = _read_images(folder, "txm", {})
    _check_twins(folder, "labels", {number: file.name for number, file in files.items()}, names)
    return [files[number] for number in names]


def _charging_source(root: Path) -> str:
    """Return what charging is known from: masks, saturation, or masks in some splits only."""
    folders = [root] if source_of(root, "txm") else [root / split for split in SPLITS]
    masked = [folder.name for folder in folders if source_of(folder, "charge")]
    if len(masked) == len(folders):
        return "the charge masks"
    return f"the charge masks of {', '.join(masked)}, else saturation" if masked else "saturation"


def source_of(folder: Path, kind: str) -> Path | None:
    """Return the folder of slices, or the stack, that holds one kind of image; else None.

    Raises
    ------
    ValueError
        There are both.
    """
    here = sorted(folder.iterdir()) if folder.is_dir() else []
    named = [p for p in here if kind in (p.name, p.stem if p.suffix.lower() in TIFF else p.name)]
    found = [place for place in named if place.exists()]
    if len(found) > 1:
        both = " and ".join(place.name for place in found)
        msg = f"{folder} has {both}, of which one counts; move the other elsewhere"
        raise ValueError(msg)
    return found[0] if found else None


def _read_images(
    folder: Path, kind: str, scales: Scales, *, whole: bool = False
) -> tuple[Grey, dict[int, str]]:
    """Read all slices of one kind, in the order of their numbers, with the name of each number."""
    source = source_of(folder, kind)
    if source is None:
        msg = f"{folder.absolute()} has neither a folder {kind} nor a stack {kind}.tif; add one"
        raise FileNotFoundError(msg + renamed(folder, kind))
    with without_options():
        if source.is_file():
            tiff = grey_tiff(source)
            pixels, said = tiff.pixels, tiff.said
            names = {z: f"{source.name}[{z}]" for z in range(len(pixels))}
        else:
            files = numbered(source, whole=whole, beside=_beside(folder, kind))
            pixels, said = read_slices([file for _, file in files])
            names = {number: file.name for number, file in files}
        grey, _ = to_grey(pixels, source, window=None, percentiles=None)
    say_blank(grey, source, mend=OF_PAIRS, slices=list(names.values()))
    say_bar(grey, source, said=said.rows, mend=FOLDER)
    scales[source] = said
    return grey, names


def _beside(folder: Path, kind: str) -> list[Path]:
    """Return the folders of the same kind in the other splits."""
    others = [folder.parent / split / kind for split in SPLITS if folder.name in SPLITS]
    return [other for other in others if other.is_dir() and other != folder / kind]


def _read_masks(folder: Path, kind: str, names: dict[int, str]) -> Mask:
    """Read the masks of one kind, one for each slice of the TXM."""
    source = source_of(folder, kind)
    assert source is not None
    if source.is_file():
        with without_options():
            return read_mask(source)
    files = numbered(source, beside=_beside(folder, kind))
    _check_twins(folder, kind, {number: file.name for number, file in files}, names)
    return mask_of_slices([file for _, file in files])


def _read_sem(folder: Path, txm: Grey, names: dict[int, str], scales: Scales) -> Grey:
    """Read the SEM slices and insist that they have the TXM's numbers and size."""
    sem, found = _read_images(folder, "sem", scales)
    _check_twins(folder, "sem", found, names)
    _check_size(folder / "sem", next(iter(found.values())), sem.shape, txm.shape)
    return sem


def _check_size(place: Path, name: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if got[1:] != wanted[1:]:
        msg = (
            f"{place} ({name}) measures {got[1:]} pixels, but its TXM {wanted[1:]}; register and "
            "crop the slices first (shalelib.data.align)"
        )
        raise ValueError(msg)
    if got != wanted:
        msg = f"{place} holds {got[0]} slices, but there are {wanted[0]} of TXM; give one for each"
        raise ValueError(msg)


def _check_twins(folder: Path, kind: str, found: dict[int, str], names: dict[int, str]) -> None:
    """Insist that `kind` has the slices of the TXM, no more and no fewer."""
    for here, there, number, name in (
        *((kind, "txm", n, names[n]) for n in names if n not in found),
        *(("txm", kind, n, found[n]) for n in found if n not in names),
    ):
        odd = here if here not in ("txm", "sem") else there
        msg = f"{folder / here} has no slice {number:03d}, which {folder / there} has ({name}); "
        if name.endswith("]"):
            msg += "write both with the same slices"
        else:
            msg += (
                f"add it, or move {name} elsewhere if it is no slice, or the folder {odd} if its "
                "slices are not those of the others"
            )
        raise FileNotFoundError(msg)


def _load_pairs(folder: Path, scales: Scales) -> PairedSlices:
    """Load one split; note the pixel sizes that its images give."""
    txm, names = _read_images(folder, "txm", scales)
    say_passed_over(folder, KINDS)
    sem = _read_sem(folder, txm, names, scales)
    if source_of(folder, "charge"):
        charged = _read_masks(folder, "charge", names)
        _check_size(folder / "charge", "charge", charged.shape, txm.shape)
    else:
        charged = np.stack([charging_mask(image) for image in sem])
    if source_of(folder, "rock"):
        inside = _read_masks(folder, "rock", names)
        _check_size(folder / "rock", "rock", inside.shape, txm.shape)
        check_marks(str(folder / "rock"), txm, inside, mend="the masks the other way round")
    else:
        inside = rock_of_slices(txm) & rock_of_slices(sem)
    return PairedSlices(
        txm=txm,
        sem=sem,
        inside=inside,
        valid=~charged,
        slice_index=np.array(list(names), np.int64),
        names=tuple(names.values()),
    )


def _cut(pairs: PairedSlices, shares: tuple[float, float, float], root: Path) -> list[PairedSlices]:
    """Cut a stack of pairs into three blocks along z, leaving out one slice at each cut."""
    parts = given_numbers("shares", shares)
    if len(parts) != 3 or parts.min() <= 0 or abs(parts.sum() - 1) > 1e-9:
        msg = f"shares must be three positive parts of 1, such as (0.68, 0.08, 0.24), got {shares}"
        raise ValueError(msg)
    n = len(pairs)
    first = round(shares[0] * n)
    second = max(first + 2, round((shares[0] + shares[1]) * n))
    blocks = [slice(0, first), slice(first + 1, second), slice(second + 1, n)]  # views, no copies
    if not 0 < first < second - 1 < n - 2:
        msg = f"{root} holds {n} pairs of slices, too few for shares of {shares}; add slices"
        raise ValueError(msg)
    return [pairs.take(block) for block in blocks]


def _load_volume(root: Path, shape: tuple[int, ...], scales: Scales) -> Volumes | None:
    """Load the full TXM stack around the test slices, if there is one."""
    for folder in (root / "test", root):
        if not source_of(folder, "txm_full_stack"):
            continue
        txm, _ = _read_images(folder, "txm_full_stack", scales, whole=True)
        if txm.shape[1:] != shape:
            msg = (
                f"{folder / 'txm_full_stack'} measures {txm.shape[1:]} pixels, but the test slices "
                f"{shape}; crop both alike"
            )
            raise ValueError(msg)
        return Volumes(txm=txm, test_z=(0, len(txm)))
    return None
