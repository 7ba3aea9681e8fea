"""Translation by a generator of volumes: in blocks that overlap, without seams.

The network normalises by statistics of the volume itself: those of some cubes from all over it,
taken once and held for all blocks. A voxel therefore depends on what lies within the network's
reach and on nothing else, and the noise is a function of the voxel's place and the seed. So blocks
that overlap by this reach give the same result as the whole volume at once. The reach at full
resolution is 8 voxels. The residual blocks reach much farther, but work at a quarter of the
resolution, where a volume is small: they are a pass of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shalelib.arguments import check_kind, given_row, is_whole, short
from shalelib.arrays import Grey, Real
from shalelib.models.inference import to_tensor
from shalelib.models.networks3d import BLOCKS, STRIDE, VolumeGenerator

BLOCK = 64  # edge of what is kept of a block [voxel]
FINE_REACH = 8  # of layers before and after the residual blocks [voxel], a multiple of STRIDE
CUBE = 48  # edge of the cubes whose statistics are held [voxel]
ALONG = 2  # most of them along an axis; in a plug all lie in the rock
COPIES = 12  # of the widest input held at once, padded, joined or in another order (measured)
COARSE_REACH = 2 * BLOCKS  # of the residual blocks [voxel of STRIDE]

_LOAD = "load one of volumes, shalelib.models.load_generator('three_planes_phantom')"

Place = tuple[slice, slice, slice]


def translate_whole(
    generator: VolumeGenerator, txm: Grey, *, seed: int = 0, block: int = BLOCK
) -> Grey:
    """Translate a TXM volume (z, y, x) of any size, held in memory.

    Parameters
    ----------
    generator : VolumeGenerator
    txm : (z, y, x) uint8 array
    seed, block
        As for `translate_slabs`.

    Returns
    -------
    (z, y, x) uint8 array
    """
    slabs = translate_slabs(generator, txm, seed=seed, block=block)
    return np.concatenate([images for _, images in slabs])


@torch.inference_mode()
def translate_slabs(
    generator: VolumeGenerator, txm: Grey, *, seed: int = 0, block: int = BLOCK, done: int = 0
) -> Iterator[tuple[int, Grey]]:
    """Translate a TXM volume of any size, slab by slab.

    Parameters
    ----------
    generator : VolumeGenerator
    txm : (z, y, x) uint8 array
        May be memory-mapped; a block at a time is held. A volume whose edges are not multiples of 4
        is extended by its last values first, and the result is cropped.
    seed : int
        Seed of the noise.
    block : int
        Edge of the blocks [voxel], a multiple of 4, and height of the slabs.
    done : int
        Slices to skip, a multiple of `block`.

    Yields
    ------
    start : int
        First slice of the slab.
    images : (block or fewer, y, x) uint8 array
    """
    block = _checked_block(block)
    device = next(generator.parameters()).device
    with generator.hold(_sample(txm, seed, device)):
        coarse = _body(generator, _encode(generator, txm, seed, block), max(block // 2, 1))
        full = tuple(STRIDE * n for n in coarse.shape[1:])
        for z in range(done, txm.shape[0], block):
            slab = np.empty((min(block, txm.shape[0] - z), *txm.shape[1:]), np.uint8)
            for core, window in _blocks((full[0], *full[1:]), block, FINE_REACH, layer=z):
                fine, middle, _ = generator.encode(_see(txm, window, seed, device))
                inner = torch.from_numpy(coarse[:, *_divided(window)]).to(device)[None]
                grey = _to_grey(generator.decode(fine, middle, inner))[_within(core, window)]
                place = tuple(
                    slice(c.start, min(c.stop, n)) for c, n in zip(core, txm.shape, strict=True)
                )
                held = tuple(slice(0, p.stop - p.start) for p in place)
                slab[:, place[1], place[2]] = grey[held]
            yield z, slab


def translation_memory(
    generator: VolumeGenerator, shape: tuple[int, int, int], *, block: int = BLOCK
) -> int:
    """Return the memory [byte] that a translation needs at most besides the TXM and the result.

    It is that of two arrays of the whole volume at a quarter of the resolution (8 bytes for each
    voxel of the TXM at a width of 16), and of what the network holds of one block.

    Parameters
    ----------
    generator : VolumeGenerator
    shape : (z, y, x)
        Shape of the volume [voxel].
    block : int
        Edge of the blocks [voxel], a multiple of 4; by default, that of `translate_volume`.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        `generator` is not a `VolumeGenerator`, or `shape` is not a sequence.
    ValueError
        `shape` is not three positive whole numbers, or `block` is no positive multiple of 4.

    Examples
    --------
    >>> round(translation_memory(VolumeGenerator(16), (419, 480, 480)) / 1e9, 1)
    1.4
    """
    check_kind("generator", generator, VolumeGenerator, mend=_LOAD)
    edges = given_row("shape", shape, mend="that of a volume is (z, y, x)")
    if len(edges) != 3 or not all(map(is_whole, edges)) or min(edges) < 1:
        msg = f"shape must be that of a volume, (z, y, x), got {shape!r}"
        raise ValueError(msg)
    block = _checked_block(block)
    whole = [-(-int(n) // STRIDE) for n in edges]
    wide = next(generator.body.parameters()).shape[1]
    narrow = next(generator.head.parameters()).shape[1]
    seen = [min(STRIDE * n, block + 2 * FINE_REACH) for n in whole]
    inner = [min(n, block // 2 + 2 * COARSE_REACH) for n in whole]
    held = COPIES * max(narrow * math.prod(seen), wide * math.prod(inner))
    return 4 * (2 * wide * math.prod(whole) + held)


def _checked_block(block: object) -> int:
    """Return the edge of a block; refuse one that the network's strides do not divide."""
    if not is_whole(block) or block < STRIDE or block % STRIDE:  # type: ignore[operator]
        msg = f"block must be a whole multiple of {STRIDE}, such as {BLOCK}, got {short(block)}"
        raise ValueError(msg)
    return int(block)  # type: ignore[call-overload]


def noise_field(place: Place, *, seed: int) -> Real:
    """Return white Gaussian noise as a function of place, the same wherever a block begins.

    Parameters
    ----------
    place : tuple of slice
        Voxels along z, y and x, counted in the whole volume.
    seed : int

    Returns
    -------
    (z, y, x) float32 array
        Mean 0, standard deviation 1.

    Notes
    -----
    Counter-based: two uniform numbers from a mixed hash of seed and coordinates (the finaliser of
    SplitMix64; Steele et al. 2014), made Gaussian by Box and Muller's transform.
    """
    key = _mix(np.full((1, 1, 1), seed, np.uint64))
    for axis, part in enumerate(place):
        index = np.arange(part.start + 1, part.stop + 1, dtype=np.uint64)
        along = index.reshape([-1 if k == axis else 1 for k in range(3)])
        key = _mix((key + _GOLDEN * along).astype(np.uint64))
    radius = np.sqrt(-2.0 * np.log1p(-_uniform(key)))
    angle = 2.0 * np.pi * _uniform(_mix(key ^ _GOLDEN))
    return (radius * np.cos(angle)).astype(np.float32)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mix(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit integers, so that neighbouring ones have nothing in common."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _uniform(key: NDArray[np.uint64]) -> Real:
    """Return numbers in [0, 1) made of the upper 53 bits."""
    return (key >> np.uint64(11)) * 2.0**-53


def _see(txm: Grey, window: Place, seed: int, device: torch.device) -> Tensor:
    """Return TXM and noise of a window, (1, 2, z, y, x), continued beyond the volume."""
    sizes = txm.shape
    held = tuple(slice(w.start, min(w.stop, n)) for w, n in zip(window, sizes, strict=True))
    beyond = [(0, w.stop - h.stop) for w, h in zip(window, held, strict=True)]
    grey = np.pad(txm[held], beyond, mode="edge")
    noise = torch.from_numpy(noise_field(window, seed=seed)).to(device)
    return torch.cat([to_tensor(grey[None], device), noise[None, None]], 1)


def _sample(txm: Grey, seed: int, device: torch.device) -> Tensor:
    """Return TXM and noise of cubes from all over a volume, (n, 2, z, y, x); thin ones mirrored."""
    starts = []
    for n in txm.shape:
        count = min(ALONG, -(-n // CUBE))
        middles = (2 * np.arange(count) + 1) * n // (2 * count)
        starts.append(np.clip(middles - CUBE // 2, 0, max(0, n - CUBE)))
    seen = []
    for corner in product(*starts):
        z, y, x = (slice(int(a), int(a) + CUBE) for a in corner)
        part = np.asarray(txm[z, y, x])
        beyond = [(0, CUBE - n) for n in part.shape]
        grey = to_tensor(np.pad(part, beyond, mode="symmetric"), device)[:, 0]
        noise = torch.from_numpy(noise_field((z, y, x), seed=seed)).to(device)
        seen.append(torch.stack([grey, noise]))
    return torch.stack(seen)


def _encode(generator: VolumeGenerator, txm: Grey, seed: int, block: int) -> Real:
    """Return what the residual blocks see of a whole volume, (c, z / 4, y / 4, x / 4)."""
    device = next(generator.parameters()).device
    full = tuple(-(-n // STRIDE) * STRIDE for n in txm.shape)
    coarse: Real | None = None
    for core, window in _blocks((full[0], full[1], full[2]), block, FINE_REACH):
        part = generator.encode(_see(txm, window, seed, device))[2][0].float().cpu().numpy()
        if coarse is None:
            coarse = np.empty((len(part), *(n // STRIDE for n in full)), np.float32)
        coarse[:, *_divided(core)] = part[:, *_divided(_within(core, window))]
    assert coarse is not None
    return coarse


def _body(generator: VolumeGenerator, coarse: Real, block: int) -> Real:
    """Return what the residual blocks make of a whole volume, of the same shape."""
    device = next(generator.parameters()).device
    out = np.empty_like(coarse)
    _, depth, height, width = coarse.shape
    for core, window in _blocks((depth, height, width), block, COARSE_REACH):
        seen = torch.from_numpy(coarse[:, *window]).to(device)
        part = generator.body(seen[None])[0].float().cpu().numpy()
        out[:, *core] = part[:, *_within(core, window)]
    return out


def _blocks(
    shape: tuple[int, int, int], block: int, reach: int, layer: int | None = None
) -> Iterator[tuple[Place, Place]]:
    """Yield blocks that tile a volume, each with the window that it depends on.

    With `layer`, only those that begin at this z.
    """
    starts = [range(0, n, block) for n in shape]
    if layer is not None:
        starts[0] = range(layer, layer + 1)
    for corner in product(*starts):
        core = tuple(slice(c, min(c + block, n)) for c, n in zip(corner, shape, strict=True))
        window = tuple(
            slice(max(0, c.start - reach), min(n, c.stop + reach))
            for c, n in zip(core, shape, strict=True)
        )
        yield (core[0], core[1], core[2]), (window[0], window[1], window[2])


def _within(core: Place, window: Place) -> Place:
    """Return the place of a block in its window."""
    z, y, x = (
        slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, window, strict=True)
    )
    return z, y, x


def _divided(place: Place) -> Place:
    """Return the same place at the resolution of the residual blocks."""
    z, y, x = (slice(p.start // STRIDE, p.stop // STRIDE) for p in place)
    return z, y, x


def _to_grey(volume: Tensor) -> Grey:
    """Return (1, 1, z, y, x) in [-1, 1] as grey levels (z, y, x)."""
    levels = (volume[0, 0].float() + 1.0) * 127.5
    return levels.round().clamp(0, 255).to(torch.uint8).cpu().numpy()
