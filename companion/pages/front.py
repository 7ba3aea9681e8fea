"""The front page of the book: what was found, in five sentences with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from companion.claims_images import FEEDFORWARD, METRICS, MODELS, VANILLA, WGAN
from companion.claims_volumes import COLUMNS
from companion.effects import (
    Effect,
    MissingCellError,
    Pairs,
    differences,
    greatest,
    lead,
    value,
)
from companion.estimates import Estimate, Evidence
from companion.estimates import estimate as estimate_effect
from companion.ledger import COUNTED, admit, outdoes, paper_evidence
from companion.pages.claims import Ledger, Results
from companion.pages.three_planes import reached, share_text
from companion.pages.threshold import FEW, decades
from companion.pages.threshold_paper import at_edge
from companion.pages.truth import BY_NAME
from companion.profiles import get_profile
from companion.published import FLOW_EDGE, published_column, published_value
from companion.rows import NO_MODEL, RANDOM_LOW, THREE_PLANES, TRUTH, get_row
from companion.run import Run
from companion.style import estimate, listed, number
from companion.volumes import read_volume
from shalelib.arrays import Grey
from shalelib.data.splits import DEFAULT_FOLD
from shalelib.phantom.cubes import Cubes

SAME_GENERATOR = tuple(zip(FEEDFORWARD, WGAN, VANILLA, strict=True))
"""L1 alone, Wasserstein and vanilla losses of each generator."""
SHOWN = ("no_model", "pix2pix_wgan", "srgan_4x_vanilla", "three_planes", "truth")
"""The rows whose central volume stands on the front page."""
SHARE, K = BY_NAME["low_share"].title, "k"  # measures of `companion.pages.three_planes.goal_table`
Record = Mapping[str, Any]
NO_RESULT = "no verdict: {} not there to be read"
_TABLE_1 = "([Table 1](executed/07_images))"


def findings(
    results: Results,
    ledger: Ledger,
    *,
    threshold: Record | None,
    planes: Record | None,
) -> list[str]:
    """Say in five lines of MyST, for ``book/index.md``, what the results say.

    Parameters
    ----------
    results, ledger
        From `companion.pages.claims`.
    threshold, planes : record, optional
        Of the pages on the threshold and on rock in three planes.
    """
    return [
        table_1(ledger, results["patches"]),
        against_guesses(results),
        table_2(results["shale"]),
        flow(results["shale"], threshold),
        three_planes(results["shale"], planes),
    ]


def table_1(ledger: Ledger, patches: Evidence) -> str:
    """Say what the row that needs no network measures, and what the losses change."""
    row, networks = untranslated(ledger, patches), losses(patches)
    return f"**The row that needs no network** {row}; {networks} {_TABLE_1}."


def untranslated(ledger: Ledger, patches: Evidence) -> str:
    """Say how near the row that needs no network is to the paper's."""
    found = [ledger["patches"][f"no-model-{name.replace('_', '-')}"] for name in METRICS]
    psnr = found[0]
    if psnr.verdict == "no result":
        return f"has {NO_RESULT.format('its metrics are')}"
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in COUNTED}
    value, low, high = patches.printed.get(
        ("psnr", "no_model"), (psnr.estimate, psnr.low, psnr.high)
    )
    told = estimate(value, low, high, ".2f", of="psnr/no_model/patches")
    printed = number(published_value("no_model", "psnr", table=1), ".2f")
    return (
        f"has a {{term}}`PSNR` of {told} dB on the public images (the paper: {printed}); its "
        f"{len(found)} metrics against the paper's: {counts['holds']} within limits that we "
        f"chose, {counts['does not hold']} beyond, {counts['undecided']} undecided"
    )


def losses(patches: Evidence) -> str:
    """Say what an adversarial loss changes of the same generator trained by L1 alone."""
    pairs = {
        "{term}`Wasserstein critic <critic>`": [(wgan, plain) for plain, wgan, _ in SAME_GENERATOR],
        "{term}`vanilla` {term}`discriminator`": [(gan, plain) for plain, _, gan in SAME_GENERATOR],
    }

    def changed(these: Pairs) -> str:
        effect = differences("psnr", these)
        theirs = number(_value(effect, paper_evidence()), "+.2f")
        return f"{_told(effect, patches, '+.2f')} dB (the paper: {theirs})"

    try:
        told = [f"a {name} by {changed(these)}" for name, these in pairs.items()]
    except MissingCellError:
        return f"for the adversarial losses {NO_RESULT.format('their metrics are')}"
    return (
        "an adversarial loss on top of L1 changes PSNR, in one training each of fold "
        f"{DEFAULT_FOLD}: {', '.join(told)}"
    )


def against_guesses(results: Results) -> str:
    """Say how many networks locate pores better than predictors that translate nothing."""
    images = {"public patches": results["patches"], "digital shale": results["shale"]}
    steps = get_profile(results["shale"].profile).train.total_steps
    return (
        f"**After {number(steps, '.0f')} training steps, networks that find low density** better "
        "than every guess (a constant, a straight line, calling all of it low density, a random "
        "mask, the nearest training slice), the regularised ones aside: "
        f"{'; '.join(_finders(*one) for one in images.items())} "
        "([what separates them](executed/07_images))."
    )


def _finders(name: str, evidence: Evidence) -> str:
    there = [row for row in MODELS if evidence.has("dice_low", row)]
    if not there:
        return f"{NO_RESULT.format('its networks are')} on the {name}"
    able = sum(map(admit(evidence), there))
    luckier = sum(outdoes(evidence, row, [RANDOM_LOW.key]) for row in there)
    best = _told(lead("psnr", there, ("constant", "affine"), greatest), evidence, "+.2f")
    return (
        f"{able} of {len(there)} on the {name}, where {luckier} beat a random mask of the true "
        f"share, and the best is ahead of a constant or straight line by a PSNR of {best} dB"
    )


def table_2(shale: Evidence) -> str:
    """Say what Table 2 rewards: on the true volumes, and in the paper's cells."""
    euler = published_column("euler_xz_yz", table=2)
    none = euler.pop("no_model")
    paper = (
        "in the paper's cells for the {term}`Euler characteristic` in x-z and y-z, whose statistic "
        "is not exactly ours, the "
        f"untranslated TXM has {number(none, '.2f')} nat and the translated volumes have "
        f"{number(min(euler.values()), '.2f')} to {number(max(euler.values()), '.2f')} nat "
        "([why](executed/13_truth))."
    )
    told = "**What Table 2 rewards:**"
    gains = smoothing_gains(shale)
    if not gains:
        return f"{told} for smoothed true volumes {NO_RESULT.format('the ladder is')}; {paper}"
    sure = {name: found for name, found in gains.items() if found.low > 0}
    told += (
        f" smoothing the *true* volumes improves {len(sure)} of its {len(gains)} columns of "
        "{term}`divergences <divergence>` beyond sampling error"
    )
    if not sure:
        return f"{told}; {paper}"
    best = max(sure, key=lambda name: sure[name].value)
    gain = estimate(sure[best].value, sure[best].low, sure[best].high, ".2f")
    return f"{told}, most of all the {COLUMNS[best]}, by {gain} nat; {paper}"


def smoothing_gains(shale: Evidence) -> dict[str, Estimate]:
    """Return what smoothing the true volumes gains in each column of Table 2 [nat], if known."""
    return {
        name: found
        for name in COLUMNS
        if shale.has(f"gain_{name}", "truth")
        and (found := estimate_effect(value(f"gain_{name}", ("truth",)), shale, exact=True))
    }


def flow(shale: Evidence, threshold: Record | None) -> str:
    """Say what the paper's permeabilities measure, and what the true rock's is."""
    values = published_column("permeability_nd", table=3).values()
    papers = " and ".join(number(k, "#.3g") for k in values)
    told = "**Why the paper's k is small:** "
    if threshold:
        sizes = get_profile(shale.profile).flow
        per_voxel = np.array([line["per_voxel"] for line in threshold["table"]], float)
        scaled = at_edge(per_voxel, sizes.sweep_edge, FLOW_EDGE)
        one, (low, high) = float(np.nanmedian(scaled)), np.nanpercentile(scaled, (25, 75))
        near = decades(threshold["whole"], edge=sizes.cube_edge)
        told += (
            f"the paper has {papers} {{term}}`nd <nanodarcy>`; {near[0].lower()}{near[1:]}, and "
            f"one voxel of a narrowest place lets {estimate(one, low, high, '#.3g')} nd through "
            f"(median and quartiles of {len(scaled)} domains, scaled to {FLOW_EDGE}³), so "
            + ("the" if max(values) < FEW * one else "more than the")
            + " last voxels of a threshold decide, or a unit was mistaken: the numbers cannot "
            "tell which ([why](executed/10_threshold))"
        )
    else:
        told += f"{papers} {{term}}`nd <nanodarcy>` cannot be expressed in voxels of "
        told += f"the narrowest place ({NO_RESULT.format('those are')})"
    link = "([Flow](executed/09_flow))"
    if not shale.has("permeability_nd", "truth"):
        return f"{told}, and for the digital shale {NO_RESULT.format('flow is')} {link}."
    true = _of_table_3(shale, "truth")
    able = [row for row in ("srgan_4x_vanilla", "srgan_4x_vanilla_reg") if admit(shale)(row)]
    models = " and ".join(f"{get_row(row).label} has {_of_table_3(shale, row)} nd" for row in able)
    models = (
        f", while {models}"
        if models
        else "; the paper's two models were not shown to find pores, so theirs says nothing"
    )
    return f"{told}; the digital shale's true pores have {true} nd{models} {link}."


def three_planes(shale: Evidence, planes: Record | None) -> str:
    """Say whether a generator of volumes does what the regulariser was meant to do."""
    title = "**A 3-D generator from the same 2-D images**"
    link = "([Rock in three planes](executed/15_three_planes))"
    if planes is None:
        return f"{title} gets {NO_RESULT.format('its comparison is')} {link}."
    lines = {line["measure"]: line for line in planes["goal"]}
    k, share = lines.get(K), lines[SHARE]
    found = reached(pd.DataFrame(planes["seeds_goal"]))
    met, smaller = (listed([str(n) for n in counts]) for counts in (found.met, found.smaller))
    several = f" by {len(found.seeds)} trainings" if found.seeds[1:] else ""
    told = (
        f"{title} has at most half the error of the best regularised row, as was the goal, in "
        f"{met} of {found.measures} measures{several}, and a smaller one in {smaller}: its "
        "low-density share is "
        f"{_share(shale, THREE_PLANES.key, share['volume'])}{_others(found.shares)} (the truth: "
        f"{_share(shale, TRUTH.key, share['truth'])}){_places(lines, planes, found.aucs)}"
    )
    if k is None or k["regularised_error"] is None:
        return f"{told}, and for its permeability {NO_RESULT.format('flow is')} {link}."
    own, theirs = (number(k[name] / np.log(10), ".2f") for name in ("error", "regularised_error"))
    return (
        f"{told}, and the permeability {'of the first ' if several else ''}is on average {own} "
        f"decades off the truth's (the regularised row's: {theirs}) {link}."
    )


def _others(values: Sequence[float]) -> str:
    """Say what the trainings after the first have."""
    return f", {listed([number(one, '.3f') for one in values[1:]])}" if values[1:] else ""


def _places(lines: Mapping[str, Record], planes: Record, aucs: Sequence[float]) -> str:
    """Say whether the generator of volumes knows where the phase lies."""
    if (line := lines.get(BY_NAME["auc"].title)) is None:
        return ""
    own, theirs = (number(line[name], ".3f") for name in ("volume", "regularised"))
    return (
        f", the {{term}}`AUC` for where it lies {own}{_others(aucs)} (the untranslated TXM: "
        f"{number(planes['input_auc'], '.3f')}; the regularised row: {theirs}; chance: 0.5)"
    )


def front_panels(run: Run, cubes: Cubes, *, step: int) -> dict[str, Grey]:
    """Return every `step`-th x-y and x-z plane of the central volume, z upwards, by title.

    Parameters
    ----------
    run, cubes
        As for `companion.volumes.read_volume`, which raises where a volume cannot be read.
    step : int
        Planes from one that is shown to the next.
    """
    shown = {
        "TXM" if row == NO_MODEL else row.label: np.array(read_volume(row, run, cubes)[0])
        for row in map(get_row, SHOWN)
    }
    across = {f"{title}, x-y": cube[::step] for title, cube in shown.items()}
    along = {
        f"{title}, x-z": cube[::-1].transpose(1, 0, 2)[::step] for title, cube in shown.items()
    }
    return across | along


def _share(evidence: Evidence, row: str, known: float) -> str:
    """Write a row's low-density share with its interval, where its volumes are there to be read."""
    if not evidence.has("low_share", row):
        return share_text(known, row)
    of = f"low_share/{row}/shale"
    return _told(value("low_share", (row,)), evidence, ".3f", of=of)


def _value(effect: Effect, evidence: Evidence) -> float:
    found = estimate_effect(effect, evidence, exact=True)
    assert found is not None  # exact: a single number is enough
    return found.value


def _of_table_3(shale: Evidence, row: str) -> str:
    """Write a permeability [nd] with the interval that Table 3 gives it."""
    of = f"permeability_nd/{row}/shale"
    return estimate(*shale.printed["permeability_nd", row], "#.3g", of=of)


def _told(effect: Effect, evidence: Evidence, form: str, *, of: str = "") -> str:
    """Write an effect with its interval, whether or not its rows translate."""
    found = estimate_effect(effect, evidence, exact=True)
    assert found is not None  # as above
    return estimate(found.value, found.low, found.high, form, of=of)
