"""The rows of Table 2, and the volumes that belong to them on disk.

``results/<profile>/phantom/seed<seed>/volumes/`` holds for each row ``<name>.tif``, the five test
volumes of `shalelib.phantom.cubes` one after the other along z (`read_cubes`), uint8;
``<name>_labels.tif``, their phases as the pixel classifier sees them, where they were classified
here; and ``<name>.json`` with ``<name>.npz``, what was measured on them
(`companion.volume_measures`). ``<name>`` is a variant's name, with ``_median`` for the
median-filtered volume, or ``no_model``, ``affine`` or ``truth``.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from shalelib.arrays import Grey, digest
from shalelib.data.pairs import Dataset
from shalelib.data.stacks import read_stack, write_stack
from shalelib.files import read_json, write_json
from shalelib.metrics.baselines import affine_prediction
from shalelib.models import VERSION
from shalelib.models.translate import load_generator
from shalelib.models.variants import BEYOND, VARIANTS
from shalelib.models.volumes import median_along_z, translate_volume
from shalelib.phantom.cubes import Cubes

FOLDER = "volumes"
GENERATOR = "generator.safetensors"
MEDIAN_OF = ("pix2pix_wgan_reg", "srgan_4x_vanilla_reg")  # the paper's post-processed rows

NEEDED = ("pix2pix_wgan", "srgan_4x_vanilla", *MEDIAN_OF)  # by Figure 4

Kind = Literal["paper", "trivial", "beyond", "truth"]


@dataclass(frozen=True, kw_only=True)
class VolumeRow:
    """One row: a name for files, a label for readers, and where its volume comes from.

    Attributes
    ----------
    name, label : str
    kind : str
        ``paper`` for the paper's Table 2, ``trivial`` and ``beyond`` for ours, ``truth`` for the
        true FIB-SEM volume.
    variant : str
        The trained row that translates; empty for ``no_model``, ``affine`` and ``truth``.
    median : bool
        Smoothed along z afterwards.
    """

    name: str
    label: str
    kind: Kind = "paper"
    variant: str = ""
    median: bool = False


NO_MODEL = VolumeRow(name="no_model", label="No Model")
AFFINE = VolumeRow(name="affine", label="Affine map of the TXM", kind="trivial")
TRUTH = VolumeRow(name="truth", label="True FIB-SEM", kind="truth")


def volume_rows(folder: Path) -> tuple[VolumeRow, ...]:
    """Return the rows in the order of Table 2, without those that are not trained.

    The four that Figure 4 and the paper's statements need are always there: without their
    generators `make_volume` says how to train them.

    Parameters
    ----------
    folder : Path
        The results folder that holds the trained rows.
    """
    trained = [
        VolumeRow(name=v.name, label=v.label, variant=v.name)
        for v in VARIANTS
        if v.name in NEEDED or (folder / v.name / GENERATOR).is_file()
    ]
    smoothed = [
        VolumeRow(
            name=f"{row.name}_median", label=f"{row.label} + median", variant=row.name, median=True
        )
        for row in trained
        if row.name in MEDIAN_OF
    ]
    beyond = [
        VolumeRow(name=v.name, label=v.label, variant=v.name, kind="beyond")
        for v in BEYOND
        if (folder / v.name / GENERATOR).is_file()
    ]
    return (TRUTH, NO_MODEL, *trained, *smoothed, AFFINE, *beyond)


def untrained_rows(folder: Path) -> list[str]:
    """Return the labels of the rows that `volume_rows` leaves out."""
    there = {row.variant for row in volume_rows(folder)}
    return [v.label for v in VARIANTS + BEYOND if v.name not in there]


def volume_key(row: VolumeRow, folder: Path, cubes: Cubes, data: Dataset) -> str:
    """Return the hash of all that a row's volume depends on.

    Raises
    ------
    FileNotFoundError
        The row's generator is not there; the message says how to train it.
    """
    source: object = data.digest() if row == AFFINE else row.name
    if row.variant:
        path = folder / row.variant / GENERATOR
        if not path.is_file():
            msg = (
                f"there is no {path}; train it with notebooks/04_training.py, "
                f"-p dataset phantom -p variant {row.variant}"
            )
            raise FileNotFoundError(msg)
        source = path.read_bytes()  # the weights: a float16 reference gives other volumes
    return digest(VERSION, source, row.median, cubes.digest())


def make_volume(row: VolumeRow, folder: Path, cubes: Cubes, data: Dataset) -> Path:
    """Write the five volumes of a row, unless they are there from the same inputs.

    Parameters
    ----------
    row : VolumeRow
    folder : Path
        The results folder, with the trained rows.
    cubes : Cubes
    data : Dataset
        The phantom's slices; the affine map is fitted to its training slices.

    Returns
    -------
    Path
        The TIFF; see `read_cubes`.
    """
    path = folder / FOLDER / f"{row.name}.tif"
    note = path.with_suffix(".tif.json")
    key = volume_key(row, folder, cubes, data)
    if path.is_file() and note.is_file() and read_json(note).get("key") == key:
        return path
    note.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    volumes = _volumes(row, folder, cubes, data)
    flat = volumes.reshape(-1, *volumes.shape[2:])
    write_stack(path, flat, voxel_size=cubes.voxel_size)
    write_json(note, {"key": key, "cubes": len(volumes), "voxel_size": cubes.voxel_size})
    return path


def read_cubes(path: Path) -> Grey:
    """Read a file of volumes that lie one after the other along z.

    Parameters
    ----------
    path : Path
        ``<name>.tif`` or ``<name>_labels.tif``.

    Returns
    -------
    (n, z, y, x) uint8 array
        Cubes, the central one first; memory-mapped.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such file, or it does not hold cubes.
    """
    stack = read_stack(path)
    edge = stack.shape[1]
    if len(stack) % edge or stack.shape[2] != edge:
        msg = f"{path} measures {stack.shape}, which is no pile of cubes; run notebooks/08_volumes"
        raise ValueError(msg)
    return stack.reshape(-1, edge, edge, edge)


def central_cubes(folder: Path) -> dict[str, Grey]:
    """Return the central test volume of TXM, truth and the paper's two regularised models.

    Parameters
    ----------
    folder : Path
        The results folder, after `make_volume` of all rows.
    """
    names = {
        "TXM": NO_MODEL.name,
        "pix2pix (WGAN)": "pix2pix_wgan",
        "pix2pix, regularised": "pix2pix_wgan_reg",
        "pix2pix, regularised + median": "pix2pix_wgan_reg_median",
        "True FIB-SEM": TRUTH.name,
        "SRGAN 4x (Vanilla)": "srgan_4x_vanilla",
        "SRGAN 4x, regularised": "srgan_4x_vanilla_reg",
        "SRGAN 4x, regularised + median": "srgan_4x_vanilla_reg_median",
    }
    return {
        title: np.array(read_cubes(folder / FOLDER / f"{name}.tif")[0])
        for title, name in names.items()
    }


def _volumes(row: VolumeRow, folder: Path, cubes: Cubes, data: Dataset) -> Grey:
    """Make the volumes of a row, (n, z, y, x)."""
    if row == TRUTH:
        return cubes.sem
    if row == NO_MODEL:
        return cubes.txm
    if row == AFFINE:
        train = data.train
        flat = cubes.txm.reshape(-1, *cubes.txm.shape[2:])
        inside = np.ones(flat.shape, bool)  # the test volumes lie wholly inside the rock
        fitted = affine_prediction(flat, inside, train.txm, train.sem, train.inside)
        return fitted.reshape(cubes.txm.shape)
    if row.median:
        plain = VolumeRow(name=row.variant, label=row.variant, variant=row.variant)
        path = make_volume(plain, folder, cubes, data)
        return np.stack([median_along_z(volume) for volume in read_cubes(path)])
    generator = load_generator(folder / row.variant / GENERATOR)
    with tempfile.TemporaryDirectory(dir=folder / FOLDER) as scratch:
        parts = [
            translate_volume(generator, txm, Path(scratch) / f"{k}.npy")
            for k, txm in enumerate(cubes.txm)
        ]
        return np.stack(parts)
