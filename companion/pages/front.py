"""The front page of the book: what was found, in five sentences with their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from companion.claims_images import FEEDFORWARD, METRICS, MODELS, VANILLA, WGAN
from companion.claims_volumes import COLUMNS
from companion.effects import Effect, MissingCellError, differences, greatest, lead, value
from companion.estimates import Evidence
from companion.estimates import estimate as estimate_effect
from companion.ledger import admit
from companion.pages import threshold
from companion.pages.claims import Ledger, Results
from companion.published import published_column, published_value
from companion.rows import get_row
from companion.style import estimate, number
from companion.volumes import FOLDER, read_cubes
from shalelib.arrays import Grey

SAME_GENERATOR = tuple(zip(FEEDFORWARD, WGAN, VANILLA, strict=True))
"""L1 alone, Wasserstein and vanilla losses of each generator."""
SHOWN = ("no_model", "pix2pix_wgan", "srgan_4x_vanilla", "three_planes", "truth")
"""The rows whose central volume stands on the front page."""
NO_RESULT = "no verdict: {} not there to be read"


def findings(results: Results, ledger: Ledger, *, folder: Path) -> list[str]:
    """Say in five lines of MyST, for ``book/index.md``, what the results say.

    Parameters
    ----------
    results, ledger
        From `companion.pages.claims`.
    folder : Path
        The results folder of the digital shale, with ``threshold.json``.
    """
    return [
        untranslated(ledger, results["patches"]),
        against_guesses(results),
        losses(results["patches"]),
        table_2(results["shale"]),
        flow(results["shale"], threshold.RESULT.read(folder)),
    ]


def untranslated(ledger: Ledger, patches: Evidence) -> str:
    """Say how far the row that needs no network is the paper's."""
    found = [ledger["patches"][f"no-model-{name.replace('_', '-')}"] for name in METRICS]
    psnr = found[0]
    title = "**Without a network**, the public images "
    link = " ([Table 1](executed/07_images))."
    if psnr.verdict == "no result":
        return f"{title}get {NO_RESULT.format('their metrics are')}{link}"
    verdicts = [one.verdict for one in found]
    agree, fail = verdicts.count("holds"), verdicts.count("does not hold")
    value, low, high = patches.printed.get(
        ("psnr", "no_model"), (psnr.estimate, psnr.low, psnr.high)
    )
    told = estimate(value, low, high, ".2f", of="psnr/no_model/patches")
    printed = number(published_value("no_model", "psnr", table=1), ".2f")
    return (
        f"{title}have a PSNR of {told} dB, where the paper prints {printed}. Of the {len(found)} "
        f"numbers of that row {agree} agree with the paper's, {fail} do not, and "
        f"{len(found) - agree - fail} are undecided{link}"
    )


def against_guesses(results: Results) -> str:
    """Say how many networks locate pores better than predictors that know nothing."""
    told = []
    images = {"public patches": results["patches"], "digital shale": results["shale"]}
    for name, evidence in images.items():
        there = [row for row in MODELS if _has(evidence, "dice_low", row)]
        if not there:
            told.append(f"on the {name} {NO_RESULT.format('its networks are')}")
            continue
        able = sum(map(admit(evidence), there))
        ahead = _told(lead("psnr", there, ("constant", "affine"), greatest), evidence, "+.2f")
        told.append(
            f"on the {name} {able} of {len(there)}, and the best PSNR of a network less that of "
            f"the better guess is {ahead} dB"
        )
    return (
        "**Networks that find low density better** than predictors that know nothing of the rock: "
        f"{'; '.join(told)} ([what separates them](executed/07_images))."
    )


def losses(patches: Evidence) -> str:
    """Say what an adversarial loss changes of the same generator trained by L1 alone."""
    pairs = {
        "Wasserstein critic": [(wgan, plain) for plain, wgan, _ in SAME_GENERATOR],
        "vanilla discriminator": [(gan, plain) for plain, _, gan in SAME_GENERATOR],
    }
    try:
        told = [
            f"a {name} changes PSNR by {_told(differences('psnr', these), patches, '+.2f')} dB and "
            f"STSIM-1 by {_told(differences('stsim_1', these), patches, '+.3f')}"
            for name, these in pairs.items()
        ]
    except MissingCellError:
        told = [NO_RESULT.format("their metrics are")]
    return (
        f"**Beside the same generators trained by the L1 loss alone**, {', '.join(told)} "
        "([Table 1](executed/07_images))."
    )


def table_2(shale: Evidence) -> str:
    """Say what Table 2 rewards: in the paper's cells, and on the true volumes."""
    euler = published_column("euler_xz_yz", table=2)
    none = euler.pop("no_model")
    told = (
        "**What Table 2 rewards.** In the paper's own, the untranslated TXM has an Euler "
        f"divergence of {number(none, '.2f')} nat in x-z and y-z, and every translated volume "
        f"{number(min(euler.values()), '.2f')} to {number(max(euler.values()), '.2f')}. "
    )
    gains = {
        title: _number(shale, f"gain_{name}", "truth")
        for name, title in COLUMNS.items()
        if _has(shale, f"gain_{name}", "truth")
    }
    if not gains:
        gap = NO_RESULT.format("the ladder is")
        return f"{told}On true volumes: {gap} ([why](executed/13_truth))."
    best = max(gains, key=lambda title: gains[title])
    count = sum(gain > 0 for gain in gains.values())
    most = f", most {best}, by {number(gains[best], '.2f')} nat" if gains[best] > 0 else ""
    return (
        f"{told}Smoothing the *true* volumes improves {count} of its {len(gains)} columns{most} "
        "([why](executed/13_truth))."
    )


def flow(shale: Evidence, threshold: Mapping[str, Any] | None) -> str:
    """Say what the paper's flow says, what its threshold decides, and what the true rock's is."""
    before, after = published_column("permeability_nd", table=3).values()
    wide, wider = published_column("kn", table=3).values()
    told = (
        f"**Flow.** The paper's permeability falls from {number(before, '.3g')} to "
        f"{number(after, '.3g')} nd, by a factor of {number(before / after, '.1f')}, while its "
        f"Knudsen number falls from {number(wide, '.3f')} to {number(wider, '.3f')}, which means "
        "wider pores. "
    )
    if threshold:
        domains = [line["per_voxel"] for line in threshold["table"]]
        one = float(np.nanmedian(np.array(domains, float)))
        told += (
            f"Over {len(domains)} domains k has a median of {number(one, '.3g')} nd per voxel of "
            f"the minimum cut; by that measure the paper's two are worth "
            f"{number(before / one, '.2g')} and {number(after / one, '.2g')} voxels "
            "([why](executed/10_threshold)). "
        )
    if not _has(shale, "permeability_nd", "truth"):
        return f"{told}Here: {NO_RESULT.format('flow is')} ([Flow](executed/09_flow))."
    true = _told(
        value("permeability_nd", ("truth",)), shale, ".3g", of="permeability_nd/truth/shale"
    )
    able = [row for row in ("srgan_4x_vanilla", "srgan_4x_vanilla_reg") if admit(shale)(row)]
    models = ", ".join(
        f"{get_row(row).label} {_told(value('permeability_nd', (row,)), shale, '.3g')} nd"
        for row in able
    )
    return (
        f"{told}The digital shale's true pores have {true} nd; of the models "
        f"{models or 'there is no verdict, as none of them translates'} ([Flow](executed/09_flow))."
    )


def front_panels(folder: Path, *, step: int) -> dict[str, Grey]:
    """Return every `step`-th x-y and x-z plane of the central volume, by title.

    Parameters
    ----------
    folder : Path
        The results folder, after the volumes were made.
    step : int
        Planes from one that is shown to the next.
    """
    cubes = {
        "TXM" if key == "no_model" else get_row(key).label: np.array(
            read_cubes(folder / FOLDER / f"{key}.tif")[0]
        )
        for key in SHOWN
    }
    across = {f"{title}, x-y": cube[::step] for title, cube in cubes.items()}
    along = {f"{title}, x-z": cube.transpose(1, 0, 2)[::step] for title, cube in cubes.items()}
    return across | along


def _has(evidence: Evidence, quantity: str, row: str) -> bool:
    cells = [evidence.cells, *evidence.replicates]
    return any((quantity, row) in one for one in cells)


def _number(evidence: Evidence, quantity: str, row: str) -> float:
    found = estimate_effect(value(quantity, (row,)), evidence, exact=True)
    assert found is not None  # exact: a single number is enough
    return found.value


def _told(effect: Effect, evidence: Evidence, form: str, *, of: str = "") -> str:
    """Write an effect with its interval, whether or not its rows translate."""
    found = estimate_effect(effect, evidence, exact=True)
    assert found is not None  # as above
    return estimate(found.value, found.low, found.high, form, of=of)
