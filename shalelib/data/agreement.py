"""Checks of a folder: what its images agree on, what its splits must not share, and names."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from shalelib.arrays import check_length
from shalelib.data.pairs import PairedSlices
from shalelib.scale import SAME, Said, Scale
from shalelib.tiff import TIFF

Scales = dict[Path, Said]
"""What each folder or stack says of its pixels."""


def square_edge(scale: Scale, source: Path) -> float:
    """Return the edge of a pixel [m]; refuse pixels that are not squares."""
    if abs(scale[1] / scale[2] - 1) > SAME:
        msg = (
            f"the pixels of {source} are no squares ({scale[1] * 1e9:g} x {scale[2] * 1e9:g} nm); "
            "scale the images to squares first (in Fiji, Image > Scale)"
        )
        raise ValueError(msg)
    return scale[2]


def settled_edge(given: object | None, scales: Scales, root: Path) -> float:
    """Return the edge of a pixel [m]: the caller's, else that of the images, else NaN.

    It warns where images disagree with it, and where there is none.
    """
    found = {
        source: square_edge(said.edges, source)
        for source, said in scales.items()
        if said.edges is not None
    }
    if given is None and not found:
        odd = [
            f" ({source} gives {said.odd}, which is not taken for it)"
            for source, said in scales.items()
            if said.odd
        ]
        warnings.warn(
            f"nothing in {root} says how large a pixel is{''.join(odd[:1])}, so that lengths are "
            "left out; pass pixel_size= [m], or save the images as TIFFs with a scale (in Fiji, "
            "Image > Properties)",
            stacklevel=3,
        )
        return math.nan
    first = next(iter(found), root)
    edge = found[first] if given is None else check_length("pixel_size", given)
    chosen = f"as {first} says" if given is None else "as asked"
    others = [
        f"{source} {other * 1e9:g} nm"
        for source, other in found.items()
        if abs(other / edge - 1) > SAME
    ]
    if others:
        warnings.warn(
            f"the images say different things of their pixels: {', '.join(others)}; "
            f"{edge * 1e9:g} nm are used, {chosen}",
            stacklevel=3,
        )
    return edge


def renamed(folder: Path, name: str) -> str:
    """Return the advice to rename a file or folder of nearly this name; nothing without one."""
    near = [p for p in _shown(folder) if p.name.casefold().startswith(name.casefold())]
    found = next((p for p in near if p.stem != "txm_full_stack"), None)
    if found is None:
        return ""
    end = found.suffix.lower() if found.is_file() else ""
    return f", or rename {found.name} to {name}{end} if it is that"


def say_passed_over(folder: Path, kinds: Sequence[str]) -> None:
    """Warn of folders and stacks whose names are not among those read: one may be a mask."""
    stacks = [p for p in _shown(folder) if p.is_dir() or p.suffix.lower() in TIFF]
    if odd := [p.name for p in stacks if (p.name if p.is_dir() else p.stem) not in kinds]:
        warnings.warn(
            f"{folder} holds {', '.join(odd[:4])}{', ...' * (len(odd) > 4)}, which is passed over: "
            f"what is read there is called {', '.join(kinds)}; rename it if it is one of these, or "
            "move it elsewhere",
            stacklevel=4,
        )


def _shown(folder: Path) -> list[Path]:
    here = sorted(folder.iterdir()) if folder.is_dir() else []
    return [p for p in here if not p.name.startswith(".")]


def say_shared(splits: Mapping[str, PairedSlices], root: Path) -> None:
    """Warn of images that are in two splits: a network tested on them knows them by heart."""
    first: dict[bytes, tuple[str, str]] = {}
    shared = []
    for split, pairs in splits.items():
        for name, image in zip(pairs.names, pairs.txm, strict=True):
            content = hashlib.sha256(np.ascontiguousarray(image).data).digest()
            where, known = first.setdefault(content, (split, name))
            if where != split:
                shared.append(f"{known} of {where} and {name} of {split}")
    if shared:
        warnings.warn(
            f"{root} has the same TXM image in two splits: {', '.join(shared[:3])}"
            f"{', ...' if shared[3:] else ''}; move one of each elsewhere, or scores on the second "
            "say nothing of other rock",
            stacklevel=3,
        )


def say_copies(splits: Mapping[str, PairedSlices], root: Path) -> None:
    """Warn of images that are both TXM and SEM: a network only learns to copy from them."""
    copies = [
        f"{name} of {split}"
        for split, pairs in splits.items()
        for name, txm, sem in zip(pairs.names, pairs.txm, pairs.sem, strict=True)
        if np.array_equal(txm, sem)
    ]
    if copies:
        warnings.warn(
            f"{root} has the same image as TXM and as SEM: {', '.join(copies[:3])}"
            f"{', ...' if copies[3:] else ''}; put the other modality in one of the two places, or "
            "a network learns to copy",
            stacklevel=3,
        )
