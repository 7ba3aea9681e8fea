"""The digital shale: one config and one seed make a rock, its FIB-SEM and its TXM volume."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from shalelib.arguments import check_kind, check_seed, check_whole
from shalelib.arrays import Grey, Labels, Mask
from shalelib.data.cache import cache_folder, open_folder
from shalelib.files import given_path, whole_folder
from shalelib.memory import check_room
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric import make_rock, plug_outline
from shalelib.phantom.fabric_config import LOW, SOFT
from shalelib.phantom.fibsem import render_sem
from shalelib.phantom.txm import render_txm
from shalelib.store import Store, stage_key

_VOLUMES = ("labels", "sem", "txm", "sem_slices", "txm_slices", "charging")


@dataclass(frozen=True, kw_only=True, eq=False)
class Phantom:
    """A digital shale with known truth.

    Attributes
    ----------
    labels : (z, y, x) uint8 array
        Phases: 0 background, 1 low, 2 medium, 3 high density, 5 the darker-than-matrix phase (clay,
        porous kerogen) around the low density. 4, the code of charging, does not occur.
    sem, txm : (z, y, x) uint8 arrays
        The true FIB-SEM volume and the TXM volume, zero outside the plug, each imaged at one
        setting throughout.
    sem_slices, txm_slices : (z, y, x) uint8 arrays
        The same slices, each imaged and saved by itself: of two kinds, as the real pairs are.
    charging : (z, y, x) uint8 array
        1 where the FIB-SEM charges.
    outline : (y, x) bool array
        True inside the plug, the same in every slice.
    config : PhantomConfig
        What it was made with.
    seed : int
    """

    labels: Labels
    sem: Grey
    txm: Grey
    sem_slices: Grey
    txm_slices: Grey
    charging: Grey
    outline: Mask
    config: PhantomConfig
    seed: int


def flow_domain(labels: Labels) -> Mask:
    """Return where fluids move: the darkest phase and the darker-than-matrix one around it.

    Parameters
    ----------
    labels : uint8 array of any shape
        Phases of a phantom (`Phantom`).

    Returns
    -------
    bool array of the same shape
        True where the phase is 1 (low density) or 5 (darker than the matrix).
    """
    return (labels == LOW) | (labels == SOFT)


def make_phantom(
    config: PhantomConfig, *, seed: int, slab: int = 16, progress: bool = False
) -> Phantom:
    """Make a digital shale in memory.

    Parameters
    ----------
    config : PhantomConfig
    seed : int
    slab : int
        Slices to evaluate at a time; this changes the memory needed, never the result.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Phantom
        The same bytes for the same config and seed, whatever the slab or the number of threads.

    Raises
    ------
    TypeError
        `config` is not a `PhantomConfig`.
    ValueError
        `seed` or `slab` is not a whole number, or out of range.
    MemoryError
        The volumes need more memory than the machine has; `load_phantom` keeps them on the disk.
    """
    _check(config, seed, slab)
    check_room(
        f"a digital shale of {' x '.join(map(str, config.shape))} voxels",
        (1 + len(_VOLUMES)) * math.prod(config.shape),
        mend="take a smaller one, or load_phantom, which keeps it on the disk",
    )
    volumes = {name: np.empty(config.shape, np.uint8) for name in _VOLUMES}
    attenuation = np.empty(config.shape, np.uint8)
    outline = _fill(config, seed, slab, progress, attenuation, **volumes)
    return Phantom(**volumes, outline=outline, config=config, seed=seed)


def load_phantom(
    config: PhantomConfig,
    *,
    seed: int,
    cache: Path | None = None,
    slab: int = 16,
    progress: bool = False,
) -> Phantom:
    """Load a digital shale from the cache, making it first where there is none.

    Parameters
    ----------
    config : PhantomConfig
    seed : int
    cache : path, optional
        Folder of the cache; by default, the user's cache folder.
    slab : int
        Slices to evaluate at a time, as for `make_phantom`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Phantom
        Its volumes are memory-mapped, read-only.

    Raises
    ------
    TypeError
        `config` is not a `PhantomConfig`.
    ValueError
        `seed` or `slab` is not a whole number, or out of range.
    OSError
        The cache folder cannot be written, or the disk has no room.

    Notes
    -----
    The cache is a folder of ``.npy`` files, named by a key of the config, the seed and the code
    that makes them, with the files' hashes beside them. It appears only when it is complete, so a
    half-made one is never read; a damaged file is named in a warning, and the phantom made again.
    """
    _check(config, seed, slab)
    base = given_path(cache) if cache is not None else cache_folder()
    key = phantom_key(config, seed=seed)
    folder = base / f"phantom-{key}"
    files = [f"volumes/{name}.npy" for name in _VOLUMES]
    open_folder(base)
    Store(folder=folder).done(
        "phantom",
        lambda folder: _write(config, seed, folder / "volumes", slab, progress),
        code=make_phantom,
        inputs=[config, seed],
        files=files,
    )
    volumes = [np.load(folder / file, mmap_mode="r", allow_pickle=False) for file in files]
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=seed)
    return Phantom(
        **dict(zip(_VOLUMES, volumes, strict=True)), outline=outline, config=config, seed=seed
    )


def phantom_key(config: PhantomConfig, *, seed: int) -> str:
    """Return the key of a phantom: its config, its seed and all code that makes it."""
    return stage_key("phantom", code=make_phantom, inputs=[config, seed])


def _check(config: object, seed: int, slab: int) -> None:
    """Refuse arguments of which no phantom can be made."""
    check_kind("config", config, PhantomConfig, mend="write PhantomConfig(depth=64, width=300)")
    check_seed(seed)
    check_whole("slab", slab, least=1)


def _fill(
    config: PhantomConfig,
    seed: int,
    slab: int,
    progress: bool,
    attenuation: Grey,
    *,
    labels: Labels,
    sem: Grey,
    txm: Grey,
    sem_slices: Grey,
    txm_slices: Grey,
    charging: Grey,
) -> Mask:
    """Fill the volumes slab by slab; returns the outline."""
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=seed)
    with tqdm(total=2 * config.depth, desc="phantom", unit="slice", disable=not progress) as bar:
        for z0 in range(0, config.depth, slab):
            part = slice(z0, min(z0 + slab, config.depth))
            depth = part.stop - z0
            rock = make_rock(config.fabric, outline, z0=z0, depth=depth, seed=seed)
            labels[part], attenuation[part] = rock.labels, rock.attenuation
            charging[part] = rock.charging
            for out, setting in ((sem, config.sem.steady()), (sem_slices, config.sem)):
                out[part] = render_sem(rock.grey, rock.charging, outline, setting, z0=z0, seed=seed)
            bar.update(depth)
        for z, images in enumerate(render_txm(attenuation, labels, outline, config, seed=seed)):
            txm[z], txm_slices[z] = images
            bar.update()
    return outline


def _write(
    config: PhantomConfig, seed: int, folder: Path, slab: int, progress: bool
) -> dict[str, Any]:
    """Make a phantom on the disk; returns what its record says."""
    open_folder(folder.parent, needed=(1 + len(_VOLUMES)) * math.prod(config.shape))
    with whole_folder(folder) as part:
        attenuation, *volumes = (
            np.lib.format.open_memmap(part / f"{name}.npy", "w+", np.uint8, config.shape)
            for name in ("attenuation", *_VOLUMES)
        )
        _fill(
            config, seed, slab, progress, attenuation, **dict(zip(_VOLUMES, volumes, strict=True))
        )
        for volume in volumes:
            volume.flush()
        del attenuation, volumes, volume
        (part / "attenuation.npy").unlink()
    return {"config": asdict(config), "seed": seed}
