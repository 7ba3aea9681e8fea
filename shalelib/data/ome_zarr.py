"""Write grey volumes as OME-Zarr: chunked, compressed, in several resolutions, for big volumes.

The layout is that of NGFF 0.5 (https://ngff.openmicroscopy.org/0.5): a Zarr group with one array
for each resolution, ``0`` being the full one, and metadata ``ome`` that give axes and voxel size.
Fiji, napari and Neuroglancer read it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from shalelib.arguments import given_grey
from shalelib.arrays import Grey
from shalelib.data.kinds import from_root
from shalelib.data.volume import check_scale
from shalelib.files import naming
from shalelib.scale import Scale

CHUNK = 64  # edge of a chunk [voxel], 256 KB
SMALLEST = 256  # no coarser level is added once all edges are at most this long [voxel]


def write_ome_zarr(path: Path | str, volume: Grey, *, voxel_size: float | Sequence[float]) -> Path:
    """Write a grey volume as OME-Zarr, slab by slab.

    Parameters
    ----------
    path : path
        Folder to write, such as ``predicted.ome.zarr``. It appears complete or not at all, and
        replaces an earlier volume of this name.
    volume : (z, y, x) uint8 array
        May be memory-mapped; at most 128 slices are held at a time.
    voxel_size : float or (z, y, x) of float
        Edges of a voxel [m]; a single number stands for all three.

    Returns
    -------
    Path
        The absolute path of the folder.

    Raises
    ------
    TypeError, ValueError
        `volume` is not a uint8 array with three axes, or `voxel_size` is not a length.
    FileExistsError
        `path` exists and is not a volume, or holds other things besides one, such as labels.
    OSError
        The disk is full; the message names the volume, and an earlier one is left as it was.

    Notes
    -----
    The layout is that of NGFF 0.5 (https://ngff.openmicroscopy.org/0.5), which Fiji, napari and
    Neuroglancer read. Array ``0`` holds the full resolution; each further one averages blocks of
    2 x 2 x 2 voxels of the one before, until no edge exceeds 256 voxels.
    """
    path = from_root(path)
    given_grey("volume", volume, ndim=3)
    scale = check_scale(voxel_size)
    _check_replaced(path)
    part = path.with_name(f"{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with naming(path):
            _write_levels(part, path.name, volume, scale)
        if path.exists():
            shutil.rmtree(path)
        part.replace(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


def _check_replaced(path: Path) -> None:
    """Refuse to replace anything but a lone volume: a group of several, or one with labels."""
    if not path.exists():
        return
    if not (path / "zarr.json").is_file():
        msg = f"{path} is there and is no Zarr group; choose another name"
        raise FileExistsError(msg)
    about: Any = zarr.open(path, mode="r").attrs.get("ome", {})
    scales = about.get("multiscales", [{}])
    levels = {dataset["path"].split("/")[0] for dataset in scales[0].get("datasets", [])}
    held = sorted({one.name for one in path.iterdir()} - {"zarr.json"} - levels)
    if held or not levels:
        msg = f"{path} is there and holds {', '.join(held) or 'no volume'}; choose another name"
        raise FileExistsError(msg)


def _write_levels(folder: Path, name: str, volume: Grey, scale: Scale) -> None:
    """Write all resolutions, each from the one before it."""
    group = zarr.create_group(folder, attributes={})
    source: Any = volume
    shapes = list(_level_shapes(volume.shape))
    for level, shape in enumerate(shapes):
        target = _new_array(group, str(level), shape)
        for start in range(0, shape[0], CHUNK):
            stop = min(start + CHUNK, shape[0])
            if level:
                target[start:stop] = _halve(np.asarray(source[2 * start : 2 * stop]))
            else:
                target[start:stop] = source[start:stop]
        source = target
    group.attrs["ome"] = _metadata(name, len(shapes), scale)


_AXES = [("z", "nanometer"), ("y", "nanometer"), ("x", "nanometer")]


def _level_shapes(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the full shape and halves of it, rounded up, until all edges are short."""
    yield shape
    while max(shape) > SMALLEST:
        shape = tuple(-(-edge // 2) for edge in shape)
        yield shape


def _new_array(group: zarr.Group, name: str, shape: Iterable[int]) -> zarr.Array:
    shape = tuple(shape)
    return group.create_array(
        name,
        shape=shape,
        dtype=np.uint8,
        chunks=tuple(min(CHUNK, edge) for edge in shape),
        dimension_names=[name for name, _ in _AXES],
        config={"write_empty_chunks": True},  # so that one that is not there was lost
    )


def _halve(volume: Grey) -> Grey:
    """Mean of 2 x 2 x 2 voxels, rounded; an odd edge repeats its last voxel."""
    padded = np.pad(volume, [(0, edge % 2) for edge in volume.shape], mode="edge")
    depth, height, width = (edge // 2 for edge in padded.shape)
    blocks = padded.reshape(depth, 2, height, 2, width, 2)
    return np.rint(blocks.mean(axis=(1, 3, 5), dtype=np.float32)).astype(np.uint8)


def _metadata(name: str, levels: int, scale: Scale) -> dict[str, Any]:
    """Return the NGFF metadata; the centre of a coarse voxel lies between those of its parts."""
    datasets = []
    for level in range(levels):
        edges = [edge * 1e9 for edge in scale]
        moves = [
            {"type": "scale", "scale": [edge * 2**level for edge in edges]},
            {
                "type": "translation",
                "translation": [edge * (2**level - 1) / 2 for edge in edges],
            },
        ]
        datasets.append({"path": str(level), "coordinateTransformations": moves})
    axes = [{"name": axis, "type": "space", "unit": unit} for axis, unit in _AXES]
    scales = {"name": name, "axes": axes, "datasets": datasets}
    return {"version": "0.5", "multiscales": [scales]}
