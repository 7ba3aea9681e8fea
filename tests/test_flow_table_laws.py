"""Laws of the flow pages: which volume, which rule and which quantity stand in which cell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from companion import flow_volumes
from companion.pages import flow as page
from companion.profiles import get_profile
from companion.run import open_run
from shalelib.flow.domain import first_percolation
from shalelib.flow.gas import METHANE, METHANE_AS_STATED
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.thresholds import Threshold, connected_threshold, threshold_rules
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.fabric_config import LOW, SOFT

EDGE, COUNT, VOXEL = 10, 5, 33.6e-9
NAMES = ("kn_mean", "permeability_nd", "permeability_lu", "porosity", "porosity_connected")


def test_the_columns_of_table_3_are_the_records_quantities_in_all_volumes():
    """Every number is a record's own; on a fine grid k is the ratio times that on the voxels."""
    cases = [dict(zip(NAMES, np.arange(5) + 10.0 * k, strict=True)) for k in range(COUNT)]
    ratios = {"truth": {"ratio": 0.5, "spread": 0.1}}
    numbers = page.volume_numbers({"truth": cases}, ratios)
    own = {"kn": 0, "permeability_grid_nd": 1, "porosity": 3, "porosity_connected": 4}
    found = numbers["truth"]
    for quantity, place in own.items():
        assert found[quantity] == [place + 10.0 * k for k in range(COUNT)]
    assert found["permeability_nd"] == [0.5 * (1 + 10.0 * k) for k in range(COUNT)]
    assert found.keys() == {*own, "permeability_nd"}
    table = page.table_3(numbers, ratios, resamples=10).set_index("quantity")
    means = {"Kn": 20, page.GRID: 21, page.LIMIT: 10.5, "φ": 23, "φ connected": 24}
    assert dict(table["ours"]) == means
    assert set(table["volumes"]) == {COUNT}
    shown = page.volume_table(numbers).to_dict("records")[0]
    assert [shown[n] for n in ("central", "2", "3", "4", "5")] == found["permeability_grid_nd"]


def test_the_interval_on_a_fine_grid_holds_the_error_of_its_ratio_too():
    """Equal volumes leave the ratio's error alone: 1.96 times a tenth of k. Others add to it."""
    cases = [dict.fromkeys(NAMES, 20.0)] * COUNT
    ratios = {"truth": {"ratio": 0.5, "spread": 0.05}}
    row = _fine(cases, ratios)
    assert (row["low"], row["high"]) == pytest.approx((10 - 1.96, 10 + 1.96))
    grid = page.table_3(page.volume_numbers({"truth": cases}, ratios), ratios, resamples=10)
    assert set(grid.loc[grid["quantity"] == page.GRID, ["low", "high"]].to_numpy().flat) == {20.0}
    apart = [dict.fromkeys(NAMES, k) for k in (10.0, 20.0, 30.0)]
    wide, exact = _fine(apart, ratios), _fine(apart, {"truth": {"ratio": 0.5, "spread": 0.0}})
    for end in ("low", "high"):
        assert (wide[end] - 10) ** 2 == pytest.approx((exact[end] - 10) ** 2 + 1.96**2)
    far = _fine(apart, {"truth": {"ratio": 0.5, "spread": 1.0}})
    assert far["low"] == 0  # no permeability is below
    alone = _fine(cases[:1], ratios)
    assert np.isnan([alone["low"], alone["high"]]).all()
    unknown = _fine(apart, {"truth": {"ratio": 0.5, "spread": None}})
    assert unknown["low"] == exact["low"]


def _fine(cases, ratios):
    table = page.table_3(page.volume_numbers({"truth": cases}, ratios), ratios, resamples=50)
    return table.set_index("quantity").loc[page.LIMIT]


def test_one_domain_has_one_k_on_a_fine_grid_whatever_the_rule():
    """In the first volume both rules give the same domain; in the second they do not."""
    same = dict(zip(NAMES, (0.1, 10.0, 0.0, 0.2, 0.2), strict=True))
    more = dict(zip(NAMES, (0.1, 30.0, 0.0, 0.3, 0.2), strict=True))
    ratios = {"truth_sem": {"ratio": 0.7}, "truth_sem_first": {"ratio": 0.5}}
    records = {"truth_sem_first": [same, same], "truth_sem": [dict(same), more]}
    numbers = page.volume_numbers(records, ratios)
    assert numbers["truth_sem_first"]["permeability_nd"] == pytest.approx([7.0, 5.0])
    assert numbers["truth_sem"]["permeability_nd"] == pytest.approx([7.0, 21.0])


def test_in_voxels_of_the_sample_k_does_not_depend_on_the_parts():
    """k [m²] is the same: in voxels² it is parts² as large on the finer lattice."""
    records = {f"{m}": {"permeability_lu": 0.7 * m**2} for m in (1, 2, 3)}
    table = page.split_table({("rock", m): f"{m}" for m in (1, 2, 3)}, records)
    assert table["k [voxel²]"].tolist() == pytest.approx([0.7] * 3)
    assert table["parts"].tolist() == [1, 2, 3]


def test_the_two_readings_of_the_gas_are_theirs():
    """1e-4 cm²/s is the paper's; the physical one is 320 times as large, and so are λ and Kn."""
    table = page.gas_table(0.064)
    assert table["ν [cm²/s]"].tolist() == pytest.approx([3.2e-2, 1e-4], rel=0.02)
    paths = [METHANE.mean_free_path * 1e9, METHANE_AS_STATED.mean_free_path * 1e9]
    assert table["Mean free path [nm]"].tolist() == pytest.approx(paths)
    assert table["Kn of the true pores"].tolist() == pytest.approx([0.064, 2e-4], rel=0.02)


def channel(level, seed=0):
    """Noise of 100 and more with a channel through at one level and a closed pore, darker."""
    made = np.random.default_rng(seed).integers(100, 250, (EDGE,) * 3).astype(np.uint8)
    made[:, 3:6, 3:6] = level
    made[2:8, 7, 7:9] = level - 5
    return made


@pytest.fixture(scope="module")
def grey():
    """Volumes whose first percolation differs from one to the other."""
    names = (*flow_volumes.MODELS, flow_volumes.TRUE_SEM)
    return [
        flow_volumes.FlowVolume(name=name, label=name, grey=channel(40 + 3 * n), key=f"of {name}")
        for n, name in enumerate(names)
    ]


def test_rules_of_thresholds_are_their_definitions(grey):
    """A channel of 90 voxels at level c and 12 closed ones: 88% connect, so that own is higher."""
    rules = threshold_rules({volume.name: volume.grey for volume in grey})
    for n, volume in enumerate(grey):
        found = rules[volume.name]
        assert found["first"].level == 40 + 3 * n
        assert found["first"].porosity == pytest.approx(0.102)
        assert found["first"].porosity_connected == pytest.approx(0.090)
        assert found["own"].level > found["first"].level
        assert found["own"].porosity_connected >= 0.9 * found["own"].porosity
    assert len({found["common"].level for found in rules.values()}) == 1


def test_each_row_of_table_3_flows_at_its_own_threshold_by_its_own_rule(grey):
    """Three levels that differ in every volume: a row takes the one that its name says."""
    levels = {
        volume.name: {"first": 40 + 3 * n, "own": 70 + n, "common": 90}
        for n, volume in enumerate(grey)
    }
    rules = {
        name: {
            rule: Threshold(level=level, porosity=0.1, porosity_connected=0.1)
            for rule, level in found.items()
        }
        for name, found in levels.items()
    }
    pores = grey[0].grey < 60
    cases = {c.name: c for c in flow_volumes.table_cases(grey, rules, pores, voxel_size=VOXEL)}
    assert set(page.ROWS) < set(cases)
    for name in page.ROWS[1:]:
        rule = "first" if name.endswith("_first") else "own"
        assert cases[name].domain.threshold == levels[name.removesuffix("_first")][rule]
    for case in cases.values():
        assert (case.voxel_size, case.slip, case.axis) == (VOXEL, SECOND_ORDER, 0)
    drawn = {name for name, case in cases.items() if case.scene}
    assert drawn == {"truth", *flow_volumes.SHOWN}, (
        "pressure and streamlines are kept of what is shown"
    )


def test_a_single_ratio_at_first_percolation_has_no_spread():
    found = page.fine_ratios(
        {name: {"ratio": 0.6, "spread": 0.1} for name in page.ROWS[1:]}
        | {"truth": {"ratio": 0.6, "spread": 0.1}},
        {page.ROWS[1]: {"ratio": 0.5}},
    )
    assert found[page.ROWS[1]] == {"ratio": 0.5, "spread": None}


def test_every_other_test_volume_flows_by_both_rules_at_thresholds_of_its_own(tmp_path, untouched):
    """Five volumes are the central one and four others, numbered 1 to 4."""
    sem = np.stack([channel(40 + 3 * k, seed=k) for k in range(COUNT)])
    labels = np.where(sem < 60, LOW, SOFT).astype(np.uint8)
    labels[:, :, 0] = 2
    cubes = Cubes(txm=sem, sem=sem, labels=labels, voxel_size=VOXEL)
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=tmp_path)
    untouched(run, cubes, (*flow_volumes.MODELS, "truth"))
    rows = flow_volumes.volume_cases(run, cubes)
    assert {len(cases) for cases in rows.values()} == {COUNT - 1}
    for k in range(1, COUNT):
        for name in flow_volumes.THRESHOLDED:
            first, own = rows[f"{name}_first"][k - 1], rows[name][k - 1]
            assert first.domain.threshold == first_percolation(sem[k])
            assert own.domain.threshold == connected_threshold(sem[k])
            assert own.domain.threshold > first.domain.threshold
        pores = rows["truth"][k - 1].domain
        np.testing.assert_array_equal(pores, (labels[k] == LOW) | (labels[k] == SOFT))
    others = [case for cases in rows.values() for case in cases]
    assert all((case.voxel_size, case.scene) == (VOXEL, False) for case in others)


def test_what_is_split_as_a_whole_is_the_middle_at_its_own_first_percolation():
    grey = np.full((10, 10, 10), 200, np.uint8)
    grey[:, 1, 1] = 10  # outside the middle, where the gas gets through at 30
    grey[:, 5, 5] = 30
    volume = flow_volumes.FlowVolume(name="a", label="", grey=grey, key="k")
    config = dataclasses.replace(get_profile("smoke").flow, limit_edge=6)
    [case] = flow_volumes.first_cases([volume], config, voxel_size=VOXEL)
    np.testing.assert_array_equal(case.domain.pore, grey[2:8, 2:8, 2:8] == 30)
    assert (case.name, case.domain.threshold) == ("a_first", 30)


def test_split_and_cut_domains_are_the_same_rock():
    """Each voxel in m³ of an m-th, without slip; the pieces side by side hold all voxels once."""
    config = get_profile("smoke").flow
    pores = np.zeros((config.sweep_edge,) * 3, bool)
    pores[:, 3:9, 5:8] = True
    split = flow_volumes.split_cases({"rock": pores}, config, voxel_size=VOXEL)
    assert [m for _, m in split] == list(config.refinements)
    for (_, m), case in split.items():
        assert case.voxel_size * m == pytest.approx(VOXEL)
        assert case.slip == NO_SLIP
        np.testing.assert_array_equal(case.domain[::m, ::m, ::m], pores)
        assert case.domain.sum() == m**3 * pores.sum()
    pieces = flow_volumes.piece_cases(pores, config, voxel_size=VOXEL)
    for edge in config.subvolumes:
        mine = [case.domain for (size, _), case in pieces.items() if size == edge]
        assert len(mine) == (config.sweep_edge // edge) ** 3
        assert sum(int(one.sum()) for one in mine) == pores.sum()
