"""The volumes behind Table 2: translated, smoothed, each once, under a key.

``results/<profile>/phantom/seed<seed>/volumes/`` holds ``<row>.tif``, the test volumes of
`shalelib.phantom.cubes` one after the other along z (`read_volume`), for the rows of `SHOWN` and
for those whose measures had to be taken: a volume is made when something reads it.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from companion.datasets import in_volume
from companion.rows import AFFINE, NO_MODEL, PAIRS, THREE_PLANES, TRUTH, Row, get_row, table_2_rows
from companion.run import Run
from shalelib.arrays import Grey
from shalelib.data.pairs import Dataset
from shalelib.data.stacks import read_stack, write_stack
from shalelib.metrics.baselines import affine_prediction
from shalelib.phantom.cubes import Cubes
from shalelib.store import stage_key

FOLDER = "volumes"
GENERATOR = "generator.safetensors"
MEND = "run notebooks/08_volumes.py with the same parameters first"
NEEDED = (*(key for pair in PAIRS for key in pair), THREE_PLANES.key)  # by Figure 4 and the flow
SHOWN = (NO_MODEL.key, TRUTH.key, *NEEDED)  # in figures, and read by the pages that follow


def trained_volume_rows(folder: Path) -> tuple[Row, ...]:
    """Return the rows of Table 2, without those that are not trained.

    Those that Figure 4, the flow and the paper's statements need are always there: without their
    generators `make_volume` says how to train them.

    Parameters
    ----------
    folder : Path
        The results folder that holds the trained rows.
    """
    return tuple(row for row in table_2_rows() if row.key in NEEDED or _is_made(row, folder))


def untrained_rows(folder: Path) -> list[str]:
    """Return the labels of the rows that `trained_volume_rows` leaves out."""
    there = trained_volume_rows(folder)
    return [row.label for row in table_2_rows() if row not in there]


def _is_made(row: Row, folder: Path) -> bool:
    return row.variant is None or (folder / row.variant.name / GENERATOR).is_file()


def make_volume(row: Row, run: Run, cubes: Cubes, data: Dataset) -> Grey:
    """Make the test volumes of a row, or find them made from the same inputs.

    Parameters
    ----------
    row : Row
    run : Run
        Its folder holds the trained rows.
    cubes : Cubes
    data : Dataset
        The digital shale's slices; the affine map is fitted to its training slices.

    Returns
    -------
    (n, z, y, x) uint8 array
        Memory-mapped.

    Raises
    ------
    FileNotFoundError
        The row's generator is not there; the message says how to train it.
    """
    name = f"{row.key}.tif"

    def compute(folder: Path) -> dict[str, Any]:
        if row.median:
            volumes = _smooth(make_volume(_as_translated(row), run, cubes, data))
        else:
            volumes = _volumes(row, _generator(row, run), cubes, data)
        flat = volumes.reshape(-1, *volumes.shape[2:])
        write_stack(folder / name, flat, voxel_size=cubes.voxel_size)
        return {"label": row.label, "volumes": len(volumes)}

    run.store.done(_stage(row), compute, files=[name], **_depends(row, run, cubes, data))
    return _read_cubes(run.folder / FOLDER / name)


def read_volume(row: Row, run: Run, cubes: Cubes, data: Dataset | None = None) -> Grey:
    """Read the test volumes of a row that `make_volume` has made from the same inputs.

    Parameters
    ----------
    row, run, cubes, data
        As for `make_volume`; only the affine map needs the data set.

    Returns
    -------
    (n, z, y, x) uint8 array
        Cubes, the central one first; memory-mapped.

    Raises
    ------
    FileNotFoundError, ValueError
        They are not there, are damaged, or were made from other inputs; or the row's generator is
        not there. The message says what to run.
    """
    run.read(_stage(row), mend=MEND, depends=lambda: _depends(row, run, cubes, data))
    return _read_cubes(run.folder / FOLDER / f"{row.key}.tif")


def volume_key(row: Row, run: Run, cubes: Cubes, data: Dataset | None = None) -> str:
    """Return the key of the volumes of a row, made or not; arguments as for `read_volume`.

    It stands for them in the keys of what is measured on them: another processor may round a
    translated grey level the other way, and a reference artefact should still fit.
    """
    return stage_key(_stage(row), **_depends(row, run, cubes, data))


def _stage(row: Row) -> str:
    return f"{FOLDER}/{row.key}"


def _depends(row: Row, run: Run, cubes: Cubes, data: Dataset | None) -> dict[str, Any]:
    """Return the code and the inputs of a row's volumes."""
    if row.median:
        return {"code": _smooth, "inputs": volume_key(_as_translated(row), run, cubes, data)}
    generator = _generator(row, run)
    source = row.key
    if row == AFFINE:
        if data is None:
            msg = "the volumes of the affine map depend on the data set that it is fitted to: data"
            raise TypeError(msg)
        source = in_volume(data, data.train).digest()
    weights = None if generator is None else generator.read_bytes()
    return {"code": _volumes, "inputs": (source, weights, digest_of(cubes))}


@lru_cache(maxsize=1)
def digest_of(cubes: Cubes) -> str:
    """Return the hash of the test volumes, computed once a page; their voxels never change."""
    return cubes.digest()


def _as_translated(row: Row) -> Row:
    """Return the row that a smoothed one is made from."""
    assert row.variant is not None  # only networks are smoothed
    return get_row(row.variant.name)


def _smooth(volumes: Grey) -> Grey:
    """Smooth test volumes (n, z, y, x) along z, each by itself."""
    from shalelib.models.volumes import median_along_z  # loads torch

    return np.stack([median_along_z(np.array(volume)) for volume in volumes])


def _generator(row: Row, run: Run) -> Path | None:
    if row.variant is None:
        return None
    path = run.folder / row.variant.name / GENERATOR
    if not path.is_file():
        from companion.trainings import how_to_train  # loads torch

        msg = f"there is no {path}; {how_to_train(row.variant, 'phantom')} {run.given}"
        raise FileNotFoundError(msg)
    return path


def _volumes(row: Row, generator: Path | None, cubes: Cubes, data: Dataset) -> Grey:
    """Make the volumes of a row that is not smoothed, (n, z, y, x)."""
    if generator is not None:
        from shalelib.models.inference import load_generator  # loads torch
        from shalelib.models.volumes import translate_volume

        network = load_generator(generator)
        with tempfile.TemporaryDirectory() as scratch:
            parts = [
                np.array(translate_volume(network, txm, Path(scratch) / f"{k}.npy"))
                for k, txm in enumerate(cubes.txm)
            ]
        return np.stack(parts)
    if row == AFFINE:
        train = in_volume(data, data.train)
        flat = cubes.txm.reshape(-1, *cubes.txm.shape[2:])
        inside = np.ones(flat.shape, bool)  # the test volumes lie wholly inside the rock
        fitted = affine_prediction(flat, inside, train.txm, train.sem, train.inside)
        return fitted.reshape(cubes.txm.shape)
    return {TRUTH.key: cubes.sem, NO_MODEL.key: cubes.txm}[row.key]


def _read_cubes(path: Path) -> Grey:
    """Read a file of volumes that lie one after the other along z, (n, z, y, x)."""
    stack = read_stack(path)
    edge = stack.shape[1]
    return stack.reshape(-1, edge, edge, edge)


def make_shown(run: Run, cubes: Cubes, data: Dataset) -> None:
    """Make the volumes of `SHOWN`, which figures and the pages that follow read."""
    for key in SHOWN:
        make_volume(get_row(key), run, cubes, data)


def central_cubes(run: Run, cubes: Cubes) -> dict[str, Grey]:
    """Return the central test volume of Figure 4's rows, by label: TXM, one network, truth, other.

    `make_shown` makes them; raises as `read_volume`.
    """
    first, second = ([get_row(key) for key in pair] for pair in PAIRS)
    return {
        "TXM" if row == NO_MODEL else row.label: np.array(read_volume(row, run, cubes)[0])
        for row in (NO_MODEL, *first, TRUTH, *second)
    }
