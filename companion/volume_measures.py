"""What is measured on the volumes of Table 2, and on the real images that it compares them with.

Beside the volumes (`companion.volumes`) lie ``<row>_measured.npz`` and, for the real side,
``real_measured.npz``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from companion.datasets import in_volume
from companion.evaluation import CLASSIFIER as CLASSIFIER  # for those who read it beside
from companion.evaluation import load_phases
from companion.rows import Row
from companion.run import Run
from companion.volumes import FOLDER, MEND, digest_of, make_volume, volume_key
from shalelib.arrays import Grey, Labels, Mask, Phase, Real
from shalelib.data.pairs import Dataset
from shalelib.data.patches import Patches, PatchSampler
from shalelib.files import write_whole
from shalelib.flow.domain import connected_pores
from shalelib.metrics.against_truth import MEASURES, Truth, know, measure, see
from shalelib.metrics.functionals import FAMILIES
from shalelib.metrics.table2 import PlaneMeasures, measure_images, measure_volumes
from shalelib.phantom.cubes import Cubes
from shalelib.segmentation import PixelClassifier, classify

REAL = "real"  # the real side of Table 2, in place of a row's key
REAL_IMAGES = 100  # as in the paper
REAL_SEED = (0, 1)  # which images: those of Table 1, where they are as large


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What was measured on the volumes of one row.

    Attributes
    ----------
    planes : PlaneMeasures
        Behind Table 2.
    scores : mapping of measure to (cubes,) array
        Against the truth, see `shalelib.metrics.against_truth.MEASURES`, and `gradient_xy`; NaN
        where infinite.
    two_point : (3, reach + 1) array
        Two-point correlation along z, y and x, mean of the cubes.
    """

    planes: PlaneMeasures
    scores: dict[str, Real]
    two_point: Real


def classify_volumes(classifier: PixelClassifier, volumes: Grey) -> Labels:
    """Classify volumes (n, z, y, x) slice by slice in x-y, as the classifier was trained."""
    return classify(classifier, volumes.reshape(-1, *volumes.shape[2:])).reshape(volumes.shape)


def true_volumes(cubes: Cubes, low: Mask) -> list[Truth]:
    """Collect the truth of all test volumes; `low` is the phase as classified in the FIB-SEM."""
    parts = zip(cubes.sem, low, cubes.low, strict=True)
    return [know(sem, one, phase, connect=connected_pores) for sem, one, phase in parts]


def measure_rows(
    rows: tuple[Row, ...],
    run: Run,
    cubes: Cubes,
    data: Dataset,
    *,
    phases: Path | None = None,
    progress: bool = True,
) -> dict[str, Measured]:
    """Measure the volumes of all rows, going on from what is finished.

    Parameters
    ----------
    rows : tuple of Row
    run : Run
        Its folder holds the trained rows.
    cubes : Cubes
    data : Dataset
        The digital shale's slices.
    phases : Path, optional
        The folder that holds the pixel classifier; the run's own by default.
    progress : bool
        Show a progress bar over the rows.

    Returns
    -------
    mapping of a row's key to Measured
    """
    classifier = load_phases(phases or run.folder)
    truth: list[Truth] = []
    done = {}
    for row in tqdm(rows, desc="volumes", unit="row", disable=not progress):

        def compute(folder: Path, row: Row = row) -> dict[str, Any]:
            volumes = make_volume(row, run, cubes, data)
            if not truth:
                seen = classify_volumes(classifier, cubes.sem) == Phase.LOW
                truth.extend(true_volumes(cubes, seen))
            return _measure(row.key, folder, volumes, classifier, cubes, truth)

        record = run.store.done(
            _stage(row.key),
            compute,
            files=[f"{row.key}_measured.npz"],
            **_row_depends(row, run, cubes, data, classifier),
        )
        done[row.key] = _measured(row, run, record)
    return done


def measures_stage(row: Row) -> str:
    """Return the name of the stage that `measure_rows` has for a row."""
    return _stage(row.key)


def _stage(key: str) -> str:
    return f"{FOLDER}/{key}_measured"


def _row_depends(
    row: Row, run: Run, cubes: Cubes, data: Dataset, classifier: PixelClassifier
) -> dict[str, Any]:
    """Return the code and the inputs of a row's measures."""
    instrument = (classifier.config, classifier.forest)
    inputs = (volume_key(row, run, cubes, data), digest_of(cubes), instrument)
    return {"code": [_measure, true_volumes], "inputs": inputs}


def _measured(row: Row, run: Run, record: Mapping[str, Any]) -> Measured:
    """Put together what a row's record and its arrays hold."""
    planes, others = _read_arrays(run.folder / f"{_stage(row.key)}.npz")
    scores = {name: np.array(values, float) for name, values in record["scores"].items()}
    return Measured(planes=planes, scores=scores, two_point=others["two_point"])


def _measure(
    key: str,
    folder: Path,
    volumes: Grey,
    classifier: PixelClassifier,
    cubes: Cubes,
    truth: list[Truth],
) -> dict[str, Any]:
    """Classify and measure the volumes of a row; write the arrays and return the scores."""
    low = classify_volumes(classifier, volumes) == Phase.LOW
    read = [
        see(np.array(grey), one, share=float(known.phase.mean()), connect=connected_pores)
        for grey, one, known in zip(volumes, low, truth, strict=True)
    ]
    scores = [measure(one, known) for one, known in zip(read, truth, strict=True)]
    curves = {"two_point": np.mean([one.two_point for one in read], axis=0)}
    _write_arrays(folder / f"{key}_measured.npz", measure_volumes(low, cubes.txm, volumes), curves)
    columns = {one.name: [line[one.name] for line in scores] for one in MEASURES}
    columns["gradient_xy"] = [gradient_xy(grey) for grey in volumes]
    return {"scores": {name: _finite(values) for name, values in columns.items()}}


def gradient_xy(volume: Grey) -> float:
    """Return the mean size of the change from pixel to pixel along y and x [grey level].

    Examples
    --------
    >>> gradient_xy(np.array([[[0, 2], [4, 2]]], np.uint8))
    2.0
    """
    grey = np.asarray(volume, np.int16)
    return float(np.mean([np.abs(np.diff(grey, axis=axis)).mean() for axis in (1, 2)]))


def measure_real(run: Run, data: Dataset, *, edge: int) -> PlaneMeasures:
    """Measure the real side of Table 2: images of the test slices, as large as a volume's planes.

    Parameters
    ----------
    run : Run
        Its folder holds the pixel classifier.
    data : Dataset
    edge : int
        Of the test volumes [pixel].
    """
    classifier = load_phases(run.folder)

    def compute(folder: Path) -> dict[str, Any]:
        _write_arrays(folder / f"{REAL}_measured.npz", _real_planes(classifier, data, edge), {})
        return {"images": REAL_IMAGES}

    run.store.done(
        _stage(REAL),
        compute,
        files=[f"{REAL}_measured.npz"],
        **_real_depends(data, edge, classifier),
    )
    return _read_arrays(run.folder / f"{_stage(REAL)}.npz")[0]


def _real_depends(data: Dataset, edge: int, classifier: PixelClassifier) -> dict[str, Any]:
    """Return the code and the inputs of the real side's measures."""
    slices = in_volume(data, data.test).digest()
    return {"code": _real_planes, "inputs": (slices, edge, classifier.config, classifier.forest)}


def real_images(data: Dataset, edge: int) -> Patches:
    """Draw the real images from the test slices, inside the rock, the same in every run.

    Their TXM is that of the volume, as for the volumes that they are compared with.
    """
    sampler = PatchSampler(in_volume(data, data.test), size=edge)
    return sampler.draw(REAL_IMAGES, rng=np.random.default_rng(REAL_SEED))


def _real_planes(classifier: PixelClassifier, data: Dataset, edge: int) -> PlaneMeasures:
    images = real_images(data, edge)
    low = classify(classifier, images.sem) == Phase.LOW
    return measure_images(low, images.txm, images.sem, images.slice_index)


def read_rows(rows: tuple[Row, ...], run: Run, cubes: Cubes, data: Dataset) -> dict[str, Measured]:
    """Read what `measure_rows` kept of all rows; arguments as there.

    Raises
    ------
    FileNotFoundError, ValueError
        A row was not measured yet, is damaged, or was measured with other code or on other
        volumes; or a generator or the pixel classifier is not there. The message says what to run.
    """
    classifier = cache(lambda: load_phases(run.folder))

    def read(row: Row) -> Measured:
        def depends() -> dict[str, Any]:
            return _row_depends(row, run, cubes, data, classifier())

        return _measured(row, run, run.read(_stage(row.key), mend=MEND, depends=depends))

    return {row.key: read(row) for row in rows}


def read_real(run: Run, data: Dataset, *, edge: int) -> PlaneMeasures:
    """Read what `measure_real` kept; arguments as there, raises as `read_rows`."""
    run.read(
        _stage(REAL),
        mend=MEND,
        depends=lambda: _real_depends(data, edge, load_phases(run.folder)),
    )
    return _read_arrays(run.folder / f"{_stage(REAL)}.npz")[0]


def _write_arrays(path: Path, planes: PlaneMeasures, others: Mapping[str, Real]) -> None:
    arrays: dict[str, Any] = {"joint": planes.joint.astype(np.uint32), **others}
    for family in FAMILIES:
        arrays[f"functionals {family}"] = planes.functionals[family]
        arrays[f"groups {family}"] = planes.groups[family]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_whole(path, buffer.getvalue())


def _read_arrays(path: Path) -> tuple[PlaneMeasures, dict[str, NDArray[Any]]]:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    planes = PlaneMeasures(
        functionals={family: arrays.pop(f"functionals {family}") for family in FAMILIES},
        groups={family: arrays.pop(f"groups {family}") for family in FAMILIES},
        joint=arrays.pop("joint").astype(np.int64),
    )
    return planes, arrays


def _finite(values: list[float]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values]
