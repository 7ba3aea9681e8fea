"""From a TXM volume of any size to a predicted FIB-SEM volume.

A generator of volumes translates it in blocks (`shalelib.models.volumes3d`), others slice by slice.
Slices too big for the memory are translated in tiles that overlap and are blended. The result grows
in a file; a killed run resumes where it stopped and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from shalelib.arguments import check_choice, check_whole, given_grey
from shalelib.arrays import Grey, Mask, Real
from shalelib.files import given_path, naming, read_json, write_json, write_whole
from shalelib.models.inference import Inference, predict
from shalelib.models.networks import Generator
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.translation import LARGEST_SEED, check_images, check_picture
from shalelib.models.volumes3d import translate_slabs
from shalelib.outside import check_rock
from shalelib.store import stage_key

MEDIAN = (3, 1, 1)  # the paper's element along z [voxel]


def translate_volume(
    generator: Generator,
    txm: Grey,
    out: Path | str,
    *,
    rock: Mask | None = None,
    tile: int = 512,
    overlap: int = 128,
    slab: int = 8,
    inference: Inference = "eval",
    seed: int = 0,
    progress: bool = False,
) -> Grey:
    """Translate a TXM volume to a predicted FIB-SEM volume, in a file and in steps.

    Parameters
    ----------
    generator : Generator
        From `shalelib.models.inference.load_generator`.
    txm : (z, y, x) uint8 array
        May be memory-mapped; one slab at a time is held.
    out : path
        The ``.npy`` file to write. While it grows it is called ``<out>.part``. A record of what is
        done, ``<out>.json``, lies beside it; it holds a digest of each slab, so that damaged ones
        are translated again. An interrupted translation with the same arguments is resumed.
    rock : (z, y, x) bool array, optional
        True in the rock; elsewhere the prediction is zero. Without it, the TXM must be all rock.
    tile : int
        Edge of a tile [pixel], a multiple of 4 and at least 8. Smaller slices are translated whole.
    overlap : int
        Overlap of neighbouring tiles [pixel], a multiple of 4 and at most half a tile.
    slab : int
        Slices to translate, and to save, at a time.
    inference, seed
        As for `shalelib.models.translate`. For a generator of volumes, `seed` is that of its noise;
        it chooses its own blocks and ignores `tile`, `overlap`, `slab` and `inference`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    (z, y, x) uint8 array
        The prediction, memory-mapped and read-only.

    Raises
    ------
    TypeError
        `generator` is not a network, `txm` is not uint8, or `rock` is not boolean.
    ValueError
        The sizes do not fit together; the TXM shows more than rock and no mask says so
        (`shalelib.outside`), or its rock is of one grey level; or `out` does not end in ``.npy``,
        holds `txm`, or exists and is not a prediction.
    OSError
        The disk is full or the folder cannot be written.

    Notes
    -----
    Instance normalisation takes mean and variance over a tile, so that tiles do not give exactly
    the translation of the whole slice, however wide the overlap. Without instance normalisation
    they do, if the network sees no farther than a quarter of the overlap. A generator of volumes
    has no such seams.
    """
    check_images(generator, txm)
    out = _checked_out(given_path(out), txm)
    check_rock("txm", txm, rock)
    check_picture(txm, rock)
    tile = check_whole("tile", tile, least=8)
    overlap = check_whole("overlap", overlap, least=0)
    slab = check_whole("slab", slab, least=1)
    seed = check_whole("seed", seed, least=0, most=LARGEST_SEED)
    check_choice("inference", inference, ("eval", "as_published"))
    if tile % 4 or overlap % 4 or overlap > tile // 2:
        msg = (
            "tile and overlap must be multiples of 4, overlap at most half a tile; got "
            f"tile={tile}, overlap={overlap}; write for example tile=512, overlap=128"
        )
        raise ValueError(msg)
    way = [] if isinstance(generator, VolumeGenerator) else [tile, overlap, slab, inference]
    key = stage_key(
        "translation",
        code=[translate_volume, type(generator)],
        inputs=[txm, rock, *_weights(generator), *way, seed],
    )
    if not _finished(out, key, txm.shape):
        done = _open_part(out, key, txm.shape)
        bar = tqdm(
            total=len(txm), initial=done, desc="translate", unit="slice", disable=not progress
        )
        if isinstance(generator, VolumeGenerator):
            made = translate_slabs(generator, txm, seed=seed, done=done)
        else:
            made = _translate_slices(generator, txm, tile, overlap, slab, inference, seed, done)
        for start, grey in made:
            stop = start + len(grey)
            images = grey if rock is None else np.where(rock[start:stop], grey, np.uint8(0))
            images = np.ascontiguousarray(images)
            _write_slab(out, images, start)
            slabs = [*_slabs(out, key), [stop, _digest(images.data)]]
            write_json(_record(out), {"key": key, "slabs": slabs})
            bar.update(stop - start)
        bar.close()
        with suppress(FileNotFoundError):  # another process was faster
            _part(out).replace(out)
    return np.load(out, mmap_mode="r", allow_pickle=False)


def median_along_z(volume: Grey) -> Grey:
    """Smooth a predicted volume by the paper's median filter, 3 x 1 x 1 along z.

    Parameters
    ----------
    volume : (z, y, x) uint8 array

    Returns
    -------
    (z, y, x) uint8 array
        The first and the last slice remain as they are, since the edge is repeated.

    Raises
    ------
    TypeError
        `volume` is not uint8.
    ValueError
        `volume` is empty or does not have three axes.

    Examples
    --------
    >>> median_along_z(np.array([1, 9, 2, 3], np.uint8).reshape(4, 1, 1)).ravel()
    array([1, 2, 3, 3], dtype=uint8)
    """
    given_grey("volume", volume, ndim=3)
    return ndimage.median_filter(volume, size=MEDIAN, mode="nearest")


def _checked_out(out: Path, txm: Grey) -> Path:
    """Refuse a file that is not named .npy, holds the volume, or exists and is not a prediction."""
    if out.suffix.lower() != ".npy":
        msg = f"the prediction is written as a NumPy array, got {out.name!r}; end the name in .npy"
        raise ValueError(msg)
    base: Any = txm
    while base is not None:
        source = getattr(base, "filename", None)
        if source and out.exists() and os.path.samefile(source, out):
            msg = f"{out} holds the volume to be translated; write the prediction to another file"
            raise ValueError(msg)
        base = getattr(base, "base", None)
    if out.exists() and not _record(out).is_file():
        msg = f"{out} is there already and no prediction of shalelib; name another file"
        raise ValueError(msg)
    return out


def _weights(generator: Generator) -> list[object]:
    state = generator.state_dict()
    return [part for name in sorted(state) for part in (name, state[name].cpu().numpy())]


def _translate_slices(
    generator: Generator,
    txm: Grey,
    tile: int,
    overlap: int,
    slab: int,
    inference: Inference,
    seed: int,
    done: int,
) -> Iterator[tuple[int, Grey]]:
    """Yield slabs of a volume that is translated slice by slice, from slice `done` on."""
    for start in range(done, len(txm), slab):
        slab_seed = int(np.random.default_rng([seed, start]).integers(2**31))
        images = np.array(txm[start : start + slab])
        yield start, _translate_tiled(generator, images, tile, overlap, inference, slab_seed)


def _part(out: Path) -> Path:
    return out.with_name(f"{out.name}.part")


def _record(out: Path) -> Path:
    return out.with_name(f"{out.name}.json")


def _slabs(out: Path, key: str) -> list[list[Any]]:
    """Return one past the last slice, and the digest, of each slab that is done.

    A record with another key counts for none.
    """
    try:
        record = read_json(_record(out))
    except (FileNotFoundError, ValueError):
        return []
    slabs = record.get("slabs")
    return slabs if record.get("key") == key and isinstance(slabs, list) else []


def _digest(raw: bytes | memoryview) -> str:
    return hashlib.sha256(raw).hexdigest()


def _kept(out: Path, file: Path, key: str, shape: tuple[int, ...]) -> list[list[Any]]:
    """Return the slabs, from the first on, that `file` still holds as they were written."""
    area, start, kept = shape[1] * shape[2], 0, []
    with suppress(FileNotFoundError), file.open("rb") as stream:
        if stream.read(len(_header(shape))) != _header(shape):
            return []
        for stop, digest in _slabs(out, key):
            if _digest(stream.read((stop - start) * area)) != digest:
                break
            kept.append([stop, digest])
            start = stop
    return kept


def _finished(out: Path, key: str, shape: tuple[int, ...]) -> bool:
    kept = [] if _part(out).is_file() else _kept(out, out, key, shape)
    return bool(kept) and kept[-1][0] == shape[0]


def _open_part(out: Path, key: str, shape: tuple[int, ...]) -> int:
    """Return how many slices of the growing volume are done; begin it where there are none."""
    part = _part(out)
    if kept := _kept(out, part, key, shape):
        write_json(_record(out), {"key": key, "slabs": kept})
        return int(kept[-1][0])
    write_json(_record(out), {"key": key, "slabs": []})  # of nothing yet, but the file is ours
    write_whole(part, _header(shape))
    return 0


def _header(shape: tuple[int, ...]) -> bytes:
    """Return the head of a .npy file of uint8."""
    stream = io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": tuple(map(int, shape))}
    np.lib.format.write_array_header_1_0(stream, about)
    return stream.getvalue()


def _write_slab(out: Path, images: Grey, start: int) -> None:
    """Write slices to their place in the growing volume; an error of a full disk names the file.

    This does not use a memory map, since one that meets a full disk kills the process without any
    message.
    """
    part = _part(out) if _part(out).is_file() else out  # another process may have finished it
    with naming(out), part.open("r+b") as stream:
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        stream.seek(stream.tell() + start * images[0].size)
        stream.write(images.data)
        stream.flush()
        os.fsync(stream.fileno())


def _translate_tiled(
    generator: Generator, txm: Grey, tile: int, overlap: int, inference: Inference, seed: int
) -> Grey:
    """Translate a few slices, in tiles if they are larger than one."""
    height, width = txm.shape[1:]
    if height <= tile and width <= tile:
        return predict(generator, txm, inference=inference, seed=seed)
    total = np.zeros(txm.shape, np.float32)
    weight = np.zeros((height, width), np.float32)
    for top in _tile_starts(height, tile, overlap):
        rows = slice(top, min(top + tile, height))
        for left in _tile_starts(width, tile, overlap):
            columns = slice(left, min(left + tile, width))
            part = predict(generator, txm[:, rows, columns], inference=inference, seed=seed)
            share = np.outer(_ramp(rows, height, overlap), _ramp(columns, width, overlap))
            total[:, rows, columns] += share * part
            weight[rows, columns] += share
    return np.rint(total / weight).astype(np.uint8)


def _tile_starts(size: int, tile: int, overlap: int) -> list[int]:
    """Return starts of tiles that cover `size` pixels, multiples of 4 for the networks' strides."""
    if size <= tile:
        return [0]
    count = -(-(size - overlap) // (tile - overlap))
    last = -(-(size - tile) // 4) * 4
    return [round(k * last / (count - 1) / 4) * 4 for k in range(count)]


def _ramp(part: slice, size: int, overlap: int) -> Real:
    """Return weights along an edge of a tile: 1 at the volume's border, falling to a neighbour.

    The outer quarter of the overlap counts for next to nothing: there the tile's padding shows.
    """
    inner = np.arange(part.start, part.stop) + 0.5
    quarter = max(overlap / 4, 0.5)
    rise = np.full(len(inner), 1.0)
    if part.start > 0:
        rise = np.minimum(rise, (inner - part.start - quarter) / (2 * quarter))
    if part.stop < size:
        rise = np.minimum(rise, (part.stop - inner - quarter) / (2 * quarter))
    return np.clip(rise, 1e-6, 1.0).astype(np.float32)
