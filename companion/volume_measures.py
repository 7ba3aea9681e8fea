"""What is measured on the volumes of one row of Table 2: once, cached, and kept as a reference."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from companion.run import Run
from companion.volume_rows import (
    FOLDER,
    TRUTH,
    VolumeRow,
    make_volume,
    read_cubes,
    volume_key,
)
from shalelib import metrics, segmentation
from shalelib.arrays import Grey, Labels, Mask, Real, digest
from shalelib.data.pairs import Dataset
from shalelib.data.stacks import write_stack
from shalelib.files import read_json, write_json, write_whole
from shalelib.flow.domain import connected_pores
from shalelib.metrics.divergence import joint_histogram
from shalelib.metrics.minkowski import FAMILIES, plane_blocks, plane_functionals
from shalelib.metrics.paired import dice
from shalelib.metrics.volume import slice_jump, two_point_along, volume_psnr, volume_ssim
from shalelib.phantom.cubes import Cubes
from shalelib.segmentation import Phase, PixelClassifier, classify, load_classifier

BLOCKS = 4  # blocks of planes along the edge of a cube: what the intervals resample
REACH = 0.4  # largest distance of the two-point correlation [edge of a cube]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """Measures of one row.

    Attributes
    ----------
    functionals : mapping of plane family to (n, 3) array
        Area, perimeter and Euler characteristic of the classified low-density phase, an image a
        row.
    groups : mapping of plane family to (n,) int array
        The block of planes that each image belongs to.
    joint : (groups, bins²) int array
        Joint histogram of TXM and FIB-SEM grey levels, by block of x-y planes.
    scores : mapping of name to (cubes,) array
        Against the truth: ``psnr`` [dB], ``ssim``, ``dice_true``, ``dice_classified``, ``jump``
        [grey level per slice], ``low`` (share of the low-density phase) and ``connected`` (share
        of the volume that percolates along z).
    two_point : (3, reach + 1) array
        Two-point correlation of the low-density phase along z, y and x, mean of the cubes.
    """

    functionals: dict[str, Real]
    groups: dict[str, NDArray[np.int64]]
    joint: NDArray[np.int64]
    scores: dict[str, Real]
    two_point: Real


def measure_rows(
    rows: tuple[VolumeRow, ...], run: Run, cubes: Cubes, data: Dataset, *, progress: bool = True
) -> dict[str, Measured]:
    """Make and measure the volumes of all rows, going on from what is finished.

    Parameters
    ----------
    rows : tuple of VolumeRow
        The true volume among them, first.
    run : Run
        Its folder holds the trained rows and the pixel classifier.
    cubes : Cubes
    data : Dataset
        The phantom's slices.
    progress : bool
        Show a progress bar over the rows.

    Returns
    -------
    mapping of row name to Measured
    """
    path = run.folder / "classifier.npz"
    classifier, done = load_classifier(path), {}
    true_labels = None
    for row in tqdm(rows, desc="volumes", unit="row", disable=not progress):
        make_volume(row, run.folder, cubes, data)
        key = digest(
            (metrics.VERSION, segmentation.VERSION, BLOCKS, REACH),
            volume_key(row, run.folder, cubes, data),
            *_forest_parts(classifier),
        )
        record = run.folder / FOLDER / f"{row.name}.json"
        if not (record.is_file() and read_json(record).get("key") == key):
            if true_labels is None:
                true_labels = _labels(TRUTH, run.folder, classifier)
            _measure(row, run.folder, cubes, classifier, true_labels, key)
        done[row.name] = read_measured(record)
    return done


def read_rows(rows: tuple[VolumeRow, ...], folder: Path) -> dict[str, Measured]:
    """Read what `measure_rows` kept of all rows.

    Raises
    ------
    FileNotFoundError
        A row was not measured yet: run notebooks/08_volumes.py.
    """
    return {row.name: read_measured(folder / FOLDER / f"{row.name}.json") for row in rows}


def read_measured(record: Path) -> Measured:
    """Read what `measure_rows` kept of a row: ``<name>.json`` and the arrays beside it.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such record, or its arrays are damaged.
    """
    if not record.is_file():
        msg = f"there is no {record}; run notebooks/08_volumes.py with the same parameters first"
        raise FileNotFoundError(msg)
    about = read_json(record)
    arrays_path = record.with_suffix(".npz")
    try:
        with np.load(arrays_path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        functionals = {family: arrays[f"functionals {family}"] for family in FAMILIES}
        groups = {family: arrays[f"groups {family}"] for family in FAMILIES}
        joint, two_point = arrays["joint"].astype(np.int64), arrays["two_point"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        msg = f"{arrays_path} is missing or damaged ({error}); delete {record} and run 08_volumes"
        raise ValueError(msg) from error
    scores = {name: np.array(values, float) for name, values in about["scores"].items()}
    return Measured(
        functionals=functionals, groups=groups, joint=joint, scores=scores, two_point=two_point
    )


def _measure(
    row: VolumeRow,
    folder: Path,
    cubes: Cubes,
    classifier: PixelClassifier,
    true_labels: Labels,
    key: str,
) -> None:
    """Classify and measure a row, and write its record, whole and last."""
    volumes = read_cubes(folder / FOLDER / f"{row.name}.tif")
    labels = true_labels if row == TRUTH else _labels(row, folder, classifier)
    low = labels == Phase.LOW
    arrays: dict[str, Any] = {}
    for family in FAMILIES:
        arrays[f"functionals {family}"] = np.concatenate(
            [plane_functionals(one, family) for one in low]
        )
        arrays[f"groups {family}"] = _groups(low.shape, family)
    arrays["joint"] = _joint(cubes.txm, volumes)
    edge = low.shape[1]
    arrays["two_point"] = np.array(
        [
            np.mean([two_point_along(one, axis, reach=int(REACH * edge)) for one in low], axis=0)
            for axis in range(3)
        ]
    )
    name = f"{row.name}.npz"
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_whole(folder / FOLDER / name, buffer.getvalue())
    scores = _scores(volumes, labels, low, cubes, true_labels)
    record = {"key": key, "files": [name], "label": row.label, "kind": row.kind, "scores": scores}
    write_json(folder / FOLDER / f"{row.name}.json", record)


def _scores(
    volumes: Grey, labels: Labels, low: Mask, cubes: Cubes, true_labels: Labels
) -> dict[str, list[float | None]]:
    """Measure each cube against the truth; infinite or undefined values become None."""
    numbers: dict[str, list[float]] = {
        "psnr": [volume_psnr(a, b) for a, b in zip(volumes, cubes.sem, strict=True)],
        "ssim": [volume_ssim(a, b) for a, b in zip(volumes, cubes.sem, strict=True)],
        "dice_true": [
            dice(a.astype(np.uint8), b.astype(np.uint8), 1)
            for a, b in zip(low, cubes.low, strict=True)
        ],
        "dice_classified": [
            dice(a, b, int(Phase.LOW)) for a, b in zip(labels, true_labels, strict=True)
        ],
        "jump": [slice_jump(one) for one in volumes],
        "low": [float(one.mean()) for one in low],
        "connected": [float(connected_pores(one).mean()) for one in low],
    }
    return {
        name: [value if np.isfinite(value) else None for value in values]
        for name, values in numbers.items()
    }


def _labels(row: VolumeRow, folder: Path, classifier: PixelClassifier) -> Labels:
    """Classify the volumes of a row slice by slice in x-y, as trained, and keep the labels."""
    volumes = read_cubes(folder / FOLDER / f"{row.name}.tif")
    flat = classify(classifier, volumes.reshape(-1, *volumes.shape[2:]))
    about = read_json(folder / FOLDER / f"{row.name}.tif.json")
    write_stack(folder / FOLDER / f"{row.name}_labels.tif", flat, voxel_size=about["voxel_size"])
    return flat.reshape(volumes.shape)


def _groups(shape: tuple[int, ...], family: str) -> NDArray[np.int64]:
    """Return the block of planes of all cubes, in the order of the functionals."""
    cubes, *edges = shape
    blocks = plane_blocks((edges[0], edges[1], edges[2]), family, block=-(-edges[0] // BLOCKS))
    return np.concatenate([blocks + cube * BLOCKS for cube in range(cubes)])


def _joint(txm: Grey, sem: Grey) -> NDArray[np.uint32]:
    """Joint histograms of the blocks of x-y planes of all cubes."""
    size = -(-txm.shape[1] // BLOCKS)
    pairs = [
        (one[start : start + size], two[start : start + size])
        for one, two in zip(txm, sem, strict=True)
        for start in range(0, txm.shape[1], size)
    ]
    tables = [joint_histogram(np.array(a), np.array(b)) for a, b in pairs]
    return np.stack(tables).astype(np.uint32)


def _forest_parts(classifier: PixelClassifier) -> tuple[object, ...]:
    forest = classifier.forest
    arrays = (forest.roots, forest.feature, forest.threshold, forest.child, forest.probability)
    return (classifier.config, *arrays)
