"""Reads the results that the ledger rests on; those that are missing it names.

Rows are joined by key. On the digital shale, whose classes are known, Dice coefficients are those
against the true classes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from companion.datasets import DATASETS, load_cubes, load_dataset
from companion.effects import Cells
from companion.estimates import Evidence
from companion.flow_volumes import FIRST, TRUE, TRUE_SEM, row_label
from companion.pages import flow, images, truth, truth_ladder
from companion.pages.volumes import row_divergences
from companion.replicates import Replicate, read_replicates
from companion.results import Result
from companion.rows import ROWS, trained_rows
from companion.run import Run
from companion.volume_measures import Measured, read_real, read_rows
from companion.volumes import FOLDER, trained_volume_rows
from shalelib.metrics.bootstrap import draw_groups
from shalelib.store import read_record

Drawn = tuple[Cells, list[Cells]]

_KEYS = {row.label: row.key for row in ROWS} | {row_label(key): key for key in (TRUE, TRUE_SEM)}


def load_evidence(run: Run, *, pages: Collection[str], dataset: str) -> Evidence:
    """Gather what the notebooks of one data set have found.

    Parameters
    ----------
    run : Run
        Of the digital shale; another data set's results lie beside its own.
    pages : collection of str
        Whose results are read: what ``notebooks/pages.toml`` says that the reading page needs. Of
        other pages nothing is read, nor missed.
    dataset : str

    Raises
    ------
    FileNotFoundError, ValueError
        What was measured on volumes is damaged or not today's; see
        `companion.volume_measures.read_rows`.
    """
    profile, resamples = run.profile.name, run.profile.evaluation.resamples
    folder = run.above / dataset / run.folder.name
    shale = dataset == "phantom"
    evidence = Evidence(question="shale" if shale else "patches", profile=profile)
    if ("07_images_phantom" if shale else "07_images") in pages:
        _add_table_1(evidence, folder, resamples)
        _add_training(evidence, folder, dataset)
        if not shale:
            _add_rock(evidence, folder, resamples)
    _add_replicates(evidence, profile, dataset, folder)
    if shale and "08_volumes" in pages:
        _add_volumes(evidence, run)
    if shale and "13_truth" in pages:
        _add_truth(evidence, folder)
        _add_ladder(evidence, folder)
    if shale and "09_flow" in pages:
        _add_flow(evidence, folder, resamples)
    return evidence


def grouped_draws(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    groups: Sequence[int],
    *,
    resamples: int,
    seed: int = 0,
) -> Drawn:
    """Return the means of every row and metric, and those of resampled groups.

    Parameters
    ----------
    scores : mapping of row to mapping of metric to n values
        Of patches, as ``table1.json`` holds them, or of volumes. A value that is not finite has no
        say in its metric.
    groups : (n,) sequence of int
        The slice of each patch, or the number of each volume; whole groups are drawn, the same for
        all rows.
    resamples, seed : int

    Returns
    -------
    Cells, list of Cells
        The draws are empty where there is a single group.
    """
    keys = [(name, row) for row, metrics in scores.items() for name in metrics]
    values = np.array([scores[row][name] for name, row in keys], float)  # (cells, n)
    _, member = np.unique(groups, return_inverse=True)
    number = int(member.max()) + 1
    held = np.isfinite(values)
    sums, counts = (
        np.stack([np.bincount(member, line, minlength=number) for line in lines])
        for lines in (np.where(held, values, 0.0), held.astype(float))
    )
    times = draw_groups(number, resamples=resamples, seed=seed)
    with np.errstate(invalid="ignore"):  # a cell without any value is not finite, and so missing
        means = sums.sum(axis=1) / counts.sum(axis=1)
        resampled = (times @ sums.T) / (times @ counts.T)
    cells = dict(zip(keys, means.tolist(), strict=True))
    if not len(times):
        return cells, [{} for _ in range(resamples)]
    return cells, [dict(zip(keys, line, strict=True)) for line in resampled.tolist()]


def volume_draws(scores: Mapping[str, Mapping[str, Sequence[float]]], *, resamples: int) -> Drawn:
    """Return the means of every row and measure over volumes, and over resampled ones."""
    number = len(next(iter(next(iter(scores.values())).values())))
    return grouped_draws(scores, range(number), resamples=resamples)


def _result(evidence: Evidence, folder: Path, result: Result) -> dict[str, Any] | None:
    record = result.read(folder)
    (evidence.missing if record is None else evidence.read).append(result.title)
    return record


def _is_there(evidence: Evidence, path: Path, notebook: str) -> bool:
    found = path.is_file()
    (evidence.read if found else evidence.missing).append(f"{path.name} (notebook {notebook})")
    return found


def _stage(evidence: Evidence, path: Path, notebook: str) -> dict[str, Any] | None:
    return read_record(path) if _is_there(evidence, path, notebook) else None


def _key(name: str) -> str:
    """Return the key of a row that a result names by its key or its label."""
    return _KEYS.get(name, name)


def _against_truth(evidence: Evidence, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics with Dice coefficients against the true classes where those are known."""
    if evidence.question != "shale":
        return dict(metrics)
    known = {name.removesuffix("_truth"): metrics[name] for name in metrics if "_truth" in name}
    return {name: metrics[name] for name in metrics if "_truth" not in name} | known


def _add_table_1(evidence: Evidence, folder: Path, resamples: int) -> None:
    record = _result(evidence, folder, images.RESULT)
    if record:
        patches = {
            _key(name): _against_truth(evidence, metrics)
            for name, metrics in record["per_patch"].items()
        }
        evidence.add_draws(*grouped_draws(patches, record["slice_index"], resamples=resamples))
        for line in (*record.get("table", ()), *record.get("rock", ())):
            value, low, high = (
                math.nan if line[k] is None else line[k] for k in ("ours", "low", "high")
            )
            evidence.printed[line["metric"], line["row"]] = (value, low, high)


def _add_rock(evidence: Evidence, folder: Path, resamples: int) -> None:
    """Add the rows that need no training, on all of the real rock."""
    record = _stage(evidence, folder / "untrained.json", "07_images")
    if record:
        rock = record["slices"]
        evidence.rock, evidence.rock_draws = grouped_draws(
            rock["per_patch"], rock["slice_index"], resamples=resamples
        )


def _add_training(evidence: Evidence, folder: Path, dataset: str) -> None:
    """Add the processor seconds of each training."""
    rows = [row.key for row in trained_rows(dataset, "paper")]
    found = {key: folder / f"{key}.json" for key in rows}
    seconds = {key: read_record(path)["seconds"] for key, path in found.items() if path.is_file()}
    if seconds:
        evidence.read.append(f"{len(seconds)} trainings (notebook 04_training)")
    if absent := len(rows) - len(seconds):
        evidence.missing.append(f"{absent} trainings (notebook 04_training)")
    evidence.add_draws({("seconds", k): float(s) for k, s in seconds.items()}, [])


def _add_replicates(evidence: Evidence, profile: str, dataset: str, folder: Path) -> None:
    """Add the same networks trained again: other seeds on the phantom, folds of the patches."""
    by_name: dict[str, Cells] = {}
    for record in read_replicates(profile, dataset, folder.parents[1]):
        cells = by_name.setdefault(record["replicate"], {})
        means = _against_truth(evidence, record["means"])
        cells |= {(k, record["row"]): v for k, v in means.items() if v is not None}
        if record.get("seconds") is not None:
            cells["seconds", record["row"]] = float(record["seconds"])
    for name, guesses in _guesses_by_fold(folder / "untrained.json").items():
        if name in by_name:
            by_name[name] = guesses | by_name[name]
    evidence.replicates = list(by_name.values())
    evidence.over = "seeds" if dataset == "phantom" else "folds"
    if by_name:
        evidence.read.append(f"{len(by_name)} {evidence.over} (make replicates)")
    else:
        evidence.missing.append(f"{evidence.over} of this profile (make replicates)")


def _guesses_by_fold(path: Path) -> dict[str, Cells]:
    """Return the means of the rows that need no training, by the name of the fold's replicate."""
    if not path.is_file():
        return {}
    rock = read_record(path)["slices"]
    fold = np.array(rock["split"])
    values = {
        (name, row): np.array(found, float)
        for row, metrics in rock["per_patch"].items()
        for name, found in metrics.items()
    }
    return {
        Replicate(dataset=DATASETS[0], fold=int(k)).name: {
            cell: float(np.nanmean(one[fold == k]))
            for cell, one in values.items()
            if np.isfinite(one[fold == k]).any()
        }
        for k in np.unique(fold)
    }


def _add_volumes(evidence: Evidence, run: Run) -> None:
    if _is_there(evidence, run.folder / FOLDER / "truth_measured.json", "08_volumes"):
        for cells, draws in volume_cells(run):
            evidence.add_draws(cells, draws)


def volume_cells(run: Run) -> Iterator[Drawn]:
    """Yield cells and their draws: Table 2, and what the volumes are like beside the truth.

    Parameters
    ----------
    run : Run
        In whose folder 08_volumes has measured its rows; draws are of blocks of planes, and of
        volumes.
    """
    place, resamples = run.folder / FOLDER, run.profile.evaluation.resamples
    there = trained_volume_rows(run.folder)
    rows = tuple(row for row in there if (place / f"{row.key}_measured.json").is_file())
    cubes = load_cubes(run.profile.name)
    data = load_dataset("phantom", profile=run.profile.name)
    measured = read_rows(rows, run, cubes, data)
    real = read_real(run, data, edge=cubes.txm.shape[-1])
    table = row_divergences(measured, real, resamples=resamples)
    keys = [(column, key) for key, cells in table.items() for column in cells]
    found = [one for cells in table.values() for one in cells.values()]
    samples = np.stack([one.samples for one in found], axis=1)
    if not len(samples):  # a single block says nothing of the spread
        samples = np.full((resamples, len(found)), np.nan)
    values = [one.value for one in found]
    yield (
        dict(zip(keys, values, strict=True)),
        [dict(zip(keys, line, strict=True)) for line in samples.tolist()],
    )

    drawn_from = ("slice_jump", "low_share", "gradient_xy")
    scores = {
        key: {name: one.scores[name].tolist() for name in drawn_from}
        for key, one in measured.items()
    }
    cells, draws = volume_draws(scores, resamples=resamples)
    fixed = {
        (name, key): value
        for key, one in measured.items()
        for name, value in _without_draws(one).items()
    }
    yield _errors(cells) | fixed, [_errors(drawn) | fixed for drawn in draws]


def _without_draws(measured: Measured) -> dict[str, float]:
    along_z = measured.two_point[0]
    share = float(along_z[1] / along_z[0]) if along_z[0] else float("nan")
    return {"continuity": share, "error_3d": 1 - float(measured.scores["dice_true"].mean())}


def _errors(cells: Cells) -> Cells:
    """Add how far the mean change from slice to slice is from the true one [grey level]."""
    true = cells["slice_jump", "truth"]
    jumps = {key: value for (name, key), value in cells.items() if name == "slice_jump"}
    return cells | {("jump_error", key): abs(value - true) for key, value in jumps.items()}


def _add_truth(evidence: Evidence, folder: Path) -> None:
    record = _result(evidence, folder, truth.RESULT)
    if record:
        tests = {
            (f"isotropy_{row['quantity']} of the {row['phase']}", "truth"): row["p_value"]
            for row in record["isotropy"]
        }
        evidence.add_draws(tests, [])


def _add_ladder(evidence: Evidence, folder: Path) -> None:
    """Add by how much Table 2 puts a smoothed truth before the truth [nat], column by column."""
    record = _stage(evidence, folder / "ladder.json", "13_truth")
    if record:
        cells, draws = truth_ladder.smoothing_gains(record)
        evidence.add_draws(cells, draws)  # a single group of images has none


def _add_flow(evidence: Evidence, folder: Path, resamples: int) -> None:
    """Add the flow through each model's pores and the true ones, with draws of the test volumes.

    What was solved in the central volume alone comes without draws.
    """
    record = _result(evidence, folder, flow.RESULT)
    if not record:
        return
    single = {
        _by_reading(name, row["key"]): value
        for row in record["table"]
        for name, value in row.items()
        if isinstance(value, float)
    }
    evidence.add_draws(single, [])
    volumes: dict[str, dict[str, Any]] = {}
    for row, cells in record["volumes"].items():
        for name, values in cells.items():
            quantity, key = _by_reading(name, _key(row))
            volumes.setdefault(key, {})[quantity] = values
    evidence.add_draws(*volume_draws(volumes, resamples=resamples))
    table = flow.table_3(record["volumes"], record["fine_grid"], resamples=resamples)
    for line in table.to_dict("records"):
        cell = _by_reading(flow.NAMES[line["quantity"]], _key(line["key"]))
        evidence.printed[cell] = (line["ours"], line["low"], line["high"])


def _by_reading(quantity: str, row: str) -> tuple[str, str]:
    """Return quantity and row; at first percolation it is another quantity of the same row.

    Examples
    --------
    >>> _by_reading("kn", "truth_sem_first")
    ('kn_first', 'truth_sem')
    """
    return (quantity + FIRST, row.removesuffix(FIRST)) if row.endswith(FIRST) else (quantity, row)
