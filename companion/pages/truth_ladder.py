"""Fake models on the page Against the truth: what every metric does with a known fault."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from companion.effects import Cells
from companion.pages.volumes import ALL_COLUMNS
from companion.rows import TRUTH
from companion.run import Run
from companion.style import listed, number
from companion.volume_measures import true_volumes
from shalelib.arrays import Grey, Mask, Real
from shalelib.data.patches import Patches
from shalelib.flow.domain import connected_pores
from shalelib.metrics.against_truth import MEASURES, measure, see
from shalelib.metrics.ladder import RUNGS, SMOOTHING_FAMILIES, TRUE_RUNG, fake_model
from shalelib.metrics.table2 import divergences, measure_images, measure_volumes
from shalelib.phantom.cubes import Cubes

HEADLINES = ("w1_perimeter_xz_yz", "w1_euler_xz_yz")  # like planes of the same two
LADDER_VOLUMES = 3  # test volumes that fake models are made from
SMOOTHING = 1.0  # before the threshold of the ladder [pixel]


def ladder_table(run: Run, cubes: Cubes, images: Patches) -> pd.DataFrame:
    """Measure fake models made from the true volumes by every metric, once.

    Parameters
    ----------
    run : Run
    cubes : Cubes
        The first `LADDER_VOLUMES` are taken.
    images : Patches
        The real side of Table 2, of `companion.volume_measures.real_images`.

    Returns
    -------
    DataFrame
        One line a rung: ``rung``, ``family``, the columns of Table 2 as ``kl_<column>`` [nat], how
        much less each is at least than the truth's as ``gain_<column>`` (the lower end of the 95%
        interval over resampled slices and blocks of planes; NaN for the truth itself), and the
        measures of `shalelib.metrics.against_truth`, mean of the volumes.
    """
    taken = Cubes(
        **{name: getattr(cubes, name)[:LADDER_VOLUMES] for name in ("txm", "sem", "labels")},
        voxel_size=cubes.voxel_size,
    )
    resamples = run.profile.evaluation.resamples
    record = run.store.done(
        "ladder",
        lambda _: _ladder(taken, images, resamples=resamples),
        code=_ladder,
        inputs=(taken.digest(), images.txm, images.sem, images.slice_index, resamples),
    )
    gains = [f"gain_{one.name}" for one in ALL_COLUMNS]
    return pd.DataFrame(record["rungs"]).astype(
        dict.fromkeys([*(one.name for one in MEASURES), *gains], float)
    )


def _ladder(cubes: Cubes, images: Patches, *, resamples: int) -> dict[str, Any]:
    """Climb down the ladder; the phase is what is darker than one fixed grey level.

    Returns
    -------
    dict
        ``rungs``, the lines of `ladder_table`, and ``smoothing``: by column the draws of the
        truth's divergence less that of its best smoothed copy, the same one in each draw [nat].
    """
    level = phase_level(cubes.sem, cubes.low)
    low = low_density(images.sem, level)
    real = measure_images(low, images.txm, images.sem, images.slice_index)
    truth = true_volumes(cubes, low_density(cubes.sem, level))
    lines: list[dict[str, Any]] = []
    drawn: dict[str, dict[str, Real]] = {}
    for rung in RUNGS:
        made = np.stack([fake_model(rung, sem, seed=k) for k, sem in enumerate(cubes.sem)])
        low = low_density(made, level)
        found = divergences(measure_volumes(low, cubes.txm, made), real, resamples=resamples)
        drawn[rung.name] = {name: one.samples for name, one in found.items()}
        read = [
            see(grey, one, share=float(known.phase.mean()), connect=connected_pores)
            for grey, one, known in zip(made, low, truth, strict=True)
        ]
        scores = [measure(one, known) for one, known in zip(read, truth, strict=True)]
        line: dict[str, Any] = {"rung": rung.name, "family": rung.family}
        line |= {f"kl_{name}": one.value for name, one in found.items()}
        means = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        line |= {k: v if np.isfinite(v) else None for k, v in means.items()}
        lines.append(line | _least_gains(drawn[TRUE_RUNG], drawn[rung.name]))
    smooth = [line for line in lines if line["family"] in SMOOTHING_FAMILIES]
    smoothing = {}
    for name, draws in drawn[TRUE_RUNG].items():
        best = min(smooth, key=itemgetter(f"kl_{name}"))["rung"]  # the best of a draw has its luck
        smoothing[name] = (draws - drawn[best][name]).round(4).tolist()
    return {"rungs": lines, "smoothing": smoothing}


def _least_gains(truth: Mapping[str, Real], fake: Mapping[str, Real]) -> dict[str, float | None]:
    """Return what a fake model's divergences are at least less than the truth's, by column."""
    if truth is fake:
        return {f"gain_{name}": None for name in truth}
    return {
        f"gain_{name}": float(np.quantile(draws - fake[name], 0.025)) if len(draws) else None
        for name, draws in truth.items()
    }


def low_density(images: Grey, level: float) -> Mask:
    """Segment by a fixed grey level after smoothing in each x-y image, as a classifier does."""
    return _smoothed(images) <= level


def phase_level(sem: Grey, phase: Mask) -> float:
    """Return the level at which `low_density` of the true FIB-SEM has the share of the phase."""
    return float(np.quantile(_smoothed(sem), phase.mean()))


def _smoothed(images: Grey) -> Real:
    width = (0.0,) * (images.ndim - 2) + (SMOOTHING, SMOOTHING)
    return ndimage.gaussian_filter(images.astype(np.float32), width)


def smoothing_gains(record: Mapping[str, Any]) -> tuple[Cells, list[Cells]]:
    """Return the divergence of the truth minus the least of its smoothed copies, and its draws.

    Parameters
    ----------
    record : mapping
        Of `_ladder`.

    Examples
    --------
    >>> rungs = [{"rung": "truth", "family": "truth", "kl_area_xy": 0.5},
    ...          {"rung": "blurred by 1", "family": "blurred", "kl_area_xy": 0.125}]
    >>> smoothing_gains({"rungs": rungs, "smoothing": {"area_xy": [0.25, 0.5]}})[0]
    {('gain_area_xy', 'truth'): 0.375}
    """
    [true] = [line for line in record["rungs"] if line["rung"] == TRUE_RUNG]
    smooth = [line for line in record["rungs"] if line["family"] in SMOOTHING_FAMILIES]
    drawn = record["smoothing"]
    keys = {name: (f"gain_{name}", TRUTH.key) for name in drawn}
    cells = {
        key: true[f"kl_{name}"] - min(line[f"kl_{name}"] for line in smooth)
        for name, key in keys.items()
    }
    lines = zip(*drawn.values(), strict=True)
    return cells, [dict(zip(keys.values(), line, strict=True)) for line in lines]


def ladder_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Turn `ladder_table` into errors, larger is worse: ``rung``, then a column a metric."""
    [true] = table.loc[table["rung"] == TRUE_RUNG].to_dict("records")
    columns = {f"kl_{one.name}": table[f"kl_{one.name}"].tolist() for one in ALL_COLUMNS}
    for one in MEASURES:
        best = {"more": -np.inf}.get(one.best, 0.0)  # infinite PSNR is kept as a gap
        columns[one.name] = [
            best if value != value else one.error(value, true[one.name])
            for value in table[one.name]
        ]
    return pd.DataFrame({"rung": table["rung"], **columns})


def metric_titles() -> dict[str, str]:
    """Return the title of each metric of `ladder_table`."""
    titles = {f"kl_{one.name}": f"KL: {one.title}, {one.family}" for one in ALL_COLUMNS}
    return titles | {one.name: in_words(one.title) for one in MEASURES}


def in_words(title: str) -> str:
    """Return the title of a measure with the name of its functional written out."""
    return title.replace("of euler", "of the Euler characteristic")


def rewards_table(ladder: pd.DataFrame) -> pd.DataFrame:
    """Say of every metric which fake models it puts before the truth.

    Parameters
    ----------
    ladder : DataFrame
        Of `ladder_table`.

    Returns
    -------
    DataFrame
        ``metric``, ``title``, the error of the ``truth``, and ``before``, the names of all fake
        models that have a lower one; of divergences, which are of samples, the least one alone, if
        it is lower by its 95% interval: one test a column, as in the ledger of claims. Of these, or
        of all if there are none, the ``best`` error and whose it is, ``rung``.
    """
    errors = ladder_errors(ladder)
    gains = ladder.set_index("rung")
    [truth] = errors.loc[errors["rung"] == TRUE_RUNG].to_dict("records")
    fakes = errors.loc[errors["rung"] != TRUE_RUNG].set_index("rung")
    lines = []
    for name, title in metric_titles().items():
        true = float(truth[name])
        lower = fakes.index[fakes[name] < true - 1e-12]
        if name.startswith("kl_"):
            gained = gains.loc[lower, name.replace("kl_", "gain_")]
            lower = lower[(gained > 0).to_numpy() & (lower == fakes[name].idxmin())]
        ranked = fakes[name].loc[lower] if len(lower) else fakes[name]
        lines.append(
            {
                "metric": name,
                "title": title,
                "truth": true if np.isfinite(true) else None,
                "best": float(ranked.min()),
                "rung": str(ranked.idxmin()),
                "before": ", ".join(map(str, lower)),
            }
        )
    return pd.DataFrame(lines)


def ladder_sentences(rewards: pd.DataFrame) -> list[str]:
    """Say in words what the ladder shows of the metrics that the paper's findings rest on."""
    lines = []
    for line in rewards.to_dict("records"):
        if line["metric"] not in ("kl_perimeter_xz_yz", "kl_euler_xz_yz", *HEADLINES):
            continue
        true, least = number(line["truth"], ".2f"), number(line["best"], ".2f")
        if line["before"]:
            said = f"{_listed(line['before'])} put ahead of it, "
            several = f"down to {least} ({line['rung']})."
            said += several if "," in line["before"] else f"with {least}."
        elif line["best"] < line["truth"]:
            said = f"sampling explains the lower values of fake models, {least} and more."
        else:
            said = f"no fake model has less; the nearest is {line['rung']} with {least}."
        lines.append(f"{line['title']}: the truth has {true}, and {said}")
    return lines


def _listed(names: str) -> str:
    """Write names that commas part as the subject of a sentence in the passive.

    Examples
    --------
    >>> _listed("blurred by 0.7, median along z"), _listed("noise of 10")
    ('blurred by 0.7 and median along z are', 'noise of 10 is')
    """
    several = names.split(", ")
    return f"{listed(several)} {'are' if several[1:] else 'is'}"


def format_ladder(table: pd.DataFrame) -> pd.DataFrame:
    """Lay `ladder_table` out: a line a metric, a column a rung."""
    forms = {f"kl_{one.name}": ".2f" for one in ALL_COLUMNS}
    forms |= {one.name: f".{one.digits}f" for one in MEASURES}
    titles = metric_titles()
    lines = []
    for name, form in forms.items():
        cells = zip(table["rung"], table[name], strict=True)
        lines.append({"Metric": titles[name]} | {rung: number(v, form) for rung, v in cells})
    return pd.DataFrame(lines)
