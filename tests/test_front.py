"""The front page's findings: numbers of the results, whichever way they come out."""

import re

import numpy as np
import pytest

from companion.claims_images import METRICS
from companion.estimates import Evidence
from companion.ledger import Judgement
from companion.pages import front
from companion.pages.truth import BY_NAME
from companion.rows import THREE_PLANES, TRUTH
from companion.site.told import plain

SHARE = {"measure": front.SHARE, "volume": 0.08, "truth": 0.1, "ratio": 0.25, "reached": True}
SHARE |= {"low": -0.09, "high": -0.01}


WHOLE = {"truth_sem": [200.0, 5000.0]}  # k at first percolation [nd]


def planes(*lines, again=()):
    """The record of the page on rock in three planes; ln 100 is 2 in decades."""
    goal = [SHARE, *({"low": None, "high": None} | line for line in lines)]
    value = {"volume": None}
    first = [value | line | {"seed": 0} for line in goal]
    others = [value | line | {"seed": seed} for seed, line in again]
    return {"goal": goal, "seeds_goal": first + others, "input_auc": 0.613}


def k(own, theirs, *, reached=False):
    ratio = None if theirs is None else own / theirs
    line = {"measure": front.K, "error": own, "regularised_error": theirs}
    return line | {"ratio": ratio, "reached": reached}


def shale(**more):
    return Evidence(question="shale", **more)


def test_the_generator_of_volumes_is_told_of_with_its_numbers():
    """One of two measures reached, the other worse; errors of 2.302585 and 4.60517 are 1 and 2."""
    worse = {"measure": "AUC", "ratio": 1.5, "reached": False}
    told = front.three_planes(shale(), planes(worse, k(2.302585, 4.60517, reached=True)))
    assert "as was the goal, in 2 of 3 measures, and a smaller one in 2: its" in told
    assert "is 0.080 (the truth: 0.100)," in plain(told)
    assert "is on average 1.00 decades off the truth's (the regularised row's: 2.00)" in told
    assert "(executed/15_three_planes)" in told
    place = {"measure": BY_NAME["auc"].title, "volume": 0.55, "regularised": 0.6}
    told = front.three_planes(shale(), planes(place | {"ratio": 1.5, "reached": False}))
    place = "for where it lies 0.550 (the untranslated TXM: 0.613; the regularised row: 0.600;"
    assert place in told


def test_a_training_that_was_lucky_is_told_beside_those_that_were_not():
    auc = {"measure": BY_NAME["auc"].title, "volume": 0.6, "regularised": 0.65, "truth": 1.0}
    first = (auc | {"ratio": 0.4, "reached": True}, k(1.0, 2.0, reached=True))
    again = [
        (3, SHARE | {"volume": 0.06, "ratio": 0.7, "reached": False}),
        (3, auc | {"volume": 0.55, "ratio": 1.2, "reached": False}),
        (3, k(2.0, 1.0)),
    ]
    told = plain(front.three_planes(shale(), planes(*first, again=again)))
    assert "in 3 and 0 of 3 measures by 2 trainings, and a smaller one in 3 and 1: its" in told
    assert "low-density share is 0.080, 0.060 (the truth: 0.100)," in told
    assert "for where it lies 0.600, 0.550 (the untranslated TXM: 0.613;" in told
    assert "and the permeability of the first is on average" in told


def test_what_is_not_known_of_it_gets_no_verdict():
    assert "no verdict: its comparison is not there" in front.three_planes(shale(), None)
    for lines in ((), (k(1.0, None),)):
        assert "no verdict: flow is not there" in front.three_planes(shale(), planes(*lines))


def test_a_measure_without_a_ratio_is_not_counted():
    told = front.three_planes(shale(), planes({"measure": "x", "ratio": None, "reached": False}))
    assert "in 1 of 1 measures, and a smaller one in 1: its" in told


def test_its_share_has_an_interval_over_volumes():
    cells = {("low_share", row.key): 0.08 for row in (THREE_PLANES, TRUTH)}
    draws = [dict.fromkeys(cells, value + step) for value, step in ((0.08, -0.01), (0.08, 0.01))]
    told = front.three_planes(shale(cells=cells, draws=draws), planes())
    assert re.search(r"is 0\.080 \[0\.07\d, 0\.0[89]\d\] \(the truth: 0\.080 \[", plain(told))


@pytest.fixture
def ledger():
    verdicts = ("holds", "does not hold", "undecided", "holds", "holds")
    keys = [f"no-model-{name.replace('_', '-')}" for name in METRICS]
    return {
        "patches": {
            key: Judgement(verdict=verdict, estimate=13.0, low=12.0, high=14.0)
            for key, verdict in zip(keys, verdicts, strict=True)
        }
    }


def test_table_1_is_told_in_one_finding_with_the_papers_changes_beside(ledger):
    """The paper's PSNR of WGAN less L1: (16.57-15.82 + 16.11-15.94 + 16.49-15.70) / 3 = 0.57."""
    rows = {row for group in front.SAME_GENERATOR for row in group}
    cells = {(metric, row): 15.0 for metric in ("psnr", "stsim_1") for row in rows}
    wgan = {("psnr", group[1]): 15.5 for group in front.SAME_GENERATOR}
    told = front.table_1(ledger, Evidence(question="patches", cells=cells | wgan))
    assert "`PSNR` of 13.00 [12.00, 14.00] dB on the public images (the paper: 13.59)" in plain(
        told
    )
    assert "its 5 metrics against the paper's: " in told
    assert " within limits that we chose, 1 beyond, " in told
    assert "changes PSNR, in one training each of fold 2: a {term}`Wasserstein critic" in told
    assert "<critic>` by +0.50 dB (the paper: +0.57" in told
    assert told.count("(the paper: ") == 3


def test_without_networks_their_losses_get_no_verdict(ledger):
    told = front.table_1(ledger, Evidence(question="patches"))
    assert "no verdict: their metrics are not there to be read" in told


def sentences_of(told):
    """Count the full stops that end a sentence: those before a space, emphasis, or the end."""
    return len(re.findall(r"[.!?](?=[\s*]|$)", plain(told)))


@pytest.mark.parametrize("known", [True, False])
def test_every_finding_is_one_sentence(ledger, known):
    """With all numbers there and with none: a full stop at the end, and none before it."""
    rows = {row for group in front.SAME_GENERATOR for row in group}
    cells = {(metric, row): 15.0 for metric in ("psnr", "dice_low") for row in rows}
    cells |= {("psnr", "constant"): 14.0, ("psnr", "affine"): 13.0}
    true = {(f"gain_{name}", "truth"): 0.5 for name in front.COLUMNS}
    true |= {("permeability_nd", "truth"): 5e4}
    table_3 = {("permeability_nd", "truth"): (5e4, 4e4, 6e4)}
    told = front.findings(
        {
            "patches": Evidence(question="patches", cells=cells if known else {}),
            "shale": shale(cells=true, printed=table_3) if known else shale(),
        },
        ledger,
        threshold={"table": [{"per_voxel": 500.0}, {"per_voxel": 700.0}], "whole": WHOLE}
        if known
        else None,
        planes=planes(k(1.0, 2.0)) if known else None,
    )
    assert len(told) == 5
    assert [sentences_of(one) for one in told] == [1] * 5, told


def test_the_papers_permeabilities_are_told_in_voxels_of_the_narrowest_place():
    """Median and quartiles by hand; k of one narrow place goes with 1 / edge, here 64 and 128."""
    table = [{"per_voxel": value} for value in (100.0, 200.0, 300.0)]
    told = front.flow(shale(), {"table": table, "whole": WHOLE})
    assert "the paper has 410 and 81.4 {term}`nd <nanodarcy>`; at first percolation along" in told
    assert "1 of 2 volumes of 128³ voxels, the paper's size, have a k in the paper's two" in told
    assert "lets 100 [75.0, 125] nd through (median and quartiles of 3 domains, scaled" in told
    assert "so more than the last voxels of a threshold decide, or a unit was mistaken:" in told
    wider = [{"per_voxel": 2 * line["per_voxel"]} for line in table]
    wider = front.flow(shale(), {"table": wider, "whole": WHOLE})
    assert "so the last voxels of a threshold decide" in wider
    assert "no verdict: flow is not there to be read" in told


def test_what_smoothing_gains_has_its_interval():
    names = list(front.COLUMNS)
    cells = {(f"gain_{names[0]}", "truth"): 0.5, (f"gain_{names[1]}", "truth"): -0.2}
    draws = [{key: value + step for key, value in cells.items()} for step in (-0.1, 0.1)]
    told = front.table_2(shale(cells=cells, draws=draws))
    assert "improves 1 of its 2 columns of" in told
    assert re.search(r"by 0\.50 \[0\.4\d, 0\.(5\d|60)\] nat", told)
    wide = [{key: value + step for key, value in cells.items()} for step in (-0.6, 0.6)]
    none = front.table_2(shale(cells=cells, draws=wide)).replace("([", "(")
    assert "improves 0 of its 2 columns of" in none


def test_planes_along_z_have_its_top_at_the_top(monkeypatch):
    """As in every other picture of the volumes: the last slice is the first row of an x-z plane."""
    volume = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 4), np.uint8)
    monkeypatch.setattr(front, "read_volume", lambda row, run, cubes: volume[None])
    panels = front.front_panels(None, None, step=2)
    assert panels["TXM, x-y"][:, 0, 0].tolist() == [0, 2]
    assert panels["TXM, x-z"].shape == (2, 4, 4)
    assert panels["TXM, x-z"][1, :, 0].tolist() == [3, 2, 1, 0]
