"""The flow page: cases solved once and named by what they depend on, and their tables."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from companion import bench_tables, flow_figures, flow_studies, flow_tables
from companion.flow_cases import FOLDER, Case, read_field, solve_cases
from companion.profiles import get_profile
from companion.run import open_run
from companion.site import display
from companion.volumes import FOLDER as FOLDER_OF_VOLUMES
from shalelib._inputs import describe
from shalelib.data.stacks import write_stack
from shalelib.files import write_json
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import connected_pores, domain_from_grey
from shalelib.flow.gas import METHANE_AS_STATED
from shalelib.flow.slip import NO_SLIP
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.fabric_config import LOW

VOXEL = 33.6e-9


def key(case):
    """What tells a case's result from another's, besides its name and the code."""
    return describe(case.inputs())


@pytest.fixture
def run(tmp_path):
    return open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path))


def tube(width=3):
    pore = np.zeros((6, 7, 7), bool)
    pore[:, 2 : 2 + width, 2 : 2 + width] = True
    return pore


def test_a_case_is_solved_once(run):
    """The second call reads the file: its content counts, not the solver's."""
    case = Case(name="tube", domain=tube(), voxel_size=VOXEL)
    first = solve_cases([case], run, progress=False)["tube"]
    k = permeability(tube(), voxel_size=VOXEL).permeability_nd
    assert first["permeability_nd"] == pytest.approx(k, rel=1e-9)
    path = run.folder / FOLDER / "tube.json"
    path.write_text(json.dumps(first | {"permeability_nd": 1.0}))
    assert solve_cases([case], run, progress=False)["tube"]["permeability_nd"] == 1.0
    other = dataclasses.replace(case, domain=tube(2))
    assert solve_cases([other], run, progress=False)["tube"]["permeability_nd"] != 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"slip": NO_SLIP},
        {"gas": METHANE_AS_STATED},
        {"axis": 1},
        {"voxel_size": 30e-9},
        {"domain": tube(2)},
        {"identity": "a rule"},
    ],
)
def test_the_key_holds_what_the_result_depends_on(change):
    case = Case(name="tube", domain=tube(), voxel_size=VOXEL)
    assert key(dataclasses.replace(case, **change)) != key(case)
    assert key(dataclasses.replace(case, name="other")) == key(case)


def test_no_way_through_is_said_and_not_a_number(run):
    case = Case(name="shut", domain=tube(), axis=1, voxel_size=VOXEL)
    record = solve_cases([case], run, progress=False)["shut"]
    assert record["permeability_nd"] is None
    assert "do not connect" in record["problem"]


def test_fields_come_back(run):
    """Float16 of the largest value: a thousandth."""
    case = Case(name="tube", domain=tube(), voxel_size=VOXEL, fields=True)
    solve_cases([case], run, progress=False)
    field = read_field(case, run)
    truth = permeability(tube(), voxel_size=VOXEL)
    np.testing.assert_array_equal(field.pore, truth.pore)
    scale = np.abs(truth.velocity).max()
    np.testing.assert_allclose(field.velocity, truth.velocity, atol=1e-3 * scale)
    assert np.isnan(field.fall[~field.pore]).all()
    assert 0 < np.nanmin(field.fall) < np.nanmax(field.fall) < 1
    without = dataclasses.replace(case, name="never")
    with pytest.raises(FileNotFoundError, match="run notebooks/09_flow"):
        read_field(without, run)


def volumes():
    """Three grey volumes with the same channel and noise of different depth."""
    found = []
    for number, name in enumerate((*flow_studies.MODELS, flow_studies.TRUE_SEM)):
        rng = np.random.default_rng(number)
        grey = rng.integers(90 + number, 200, (8, 8, 8)).astype(np.uint8)
        grey[:, 2:5, 2:6] = 20 + number
        label = f"Regularized {name}" if "reg" in name else name
        found.append(flow_studies.FlowVolume(name=name, label=label, grey=grey, key=name))
    return found


def test_rules_and_tables_follow_their_definitions(run):
    found = volumes()
    rules = flow_studies.threshold_rules(found)
    for volume in found:
        own = flow_studies.level(rules, volume.name, "own")
        pore = volume.grey <= own
        assert connected_pores(pore).sum() >= 0.9 * pore.sum()
        assert flow_studies.level(rules, volume.name, "first") <= own
    assert rules["common"].nunique() == 1
    assert rules["common"].iloc[0] >= rules["own"].max()
    cases = flow_studies.table_cases(found, rules, tube_of(8), voxel_size=VOXEL)
    assert len({case.name for case in cases}) == len(cases)
    assert len({key(case) for case in cases}) == len(cases)
    records = solve_cases(cases, run, progress=False)
    labels = flow_studies.row_labels(found)
    twice = {name: [records[name], records[f"{name}_no_slip"]] for name in labels}
    table = flow_tables.table_3(flow_tables.volume_numbers(labels, twice), resamples=50)
    truth = table[(table["model"] == "Truth") & (table["quantity"] == "k [nd]")].iloc[0]
    both = [record["permeability_nd"] for record in twice[flow_studies.TRUE]]
    assert truth["ours"] == pytest.approx(np.mean(both))
    assert [truth["low"], truth["high"]] == pytest.approx(sorted(both))  # of two all draws are
    assert truth["truth_ratio"] == 1.0
    assert np.isnan(truth["paper"])
    apart = flow_tables.volume_table(flow_tables.volume_numbers(labels, twice))
    assert apart.iloc[0].tolist() == ["Truth", *both]
    shown = flow_tables.format_table_3(table).set_index(["Quantity", "Domain"])
    assert shown.loc[("k [nd]", "Truth"), "Paper"] == "–"
    low, high = shown.loc[("k [nd]", "Truth"), "95 % interval"].strip("[]").split(", ")
    assert float(low.replace(",", "")) < float(high.replace(",", ""))
    errors = flow_tables.error_table(labels, records)
    assert (errors["with ÷ without"] > 1).all()
    rows = flow_tables.evidence_rows(labels, records)
    assert rows[0]["kn_stated_viscosity"] < 0.01 * rows[0]["kn"]


def test_a_volume_without_a_way_through_is_left_out_of_the_mean():
    found = {"permeability_nd": 5.0, "kn_mean": 0.1, "porosity": 0.2, "porosity_connected": 0.1}
    numbers = flow_tables.volume_numbers(
        {"truth": "Truth"}, {"truth": [found, dict.fromkeys(found)]}
    )
    table = flow_tables.table_3(numbers, resamples=50).set_index("quantity")
    assert table.loc["k [nd]", "ours"] == 5.0
    assert table.loc["k [nd]", "volumes"] == 1
    assert np.isnan(table.loc["k [nd]", "low"])  # one volume says nothing of the spread


def test_the_other_test_volumes_are_cases_of_their_own(tmp_path):
    edge = 8
    sem = np.stack([volume.grey for volume in volumes()[:2]])
    labels = np.where(np.stack([tube_of(edge)] * 2), LOW, 2).astype(np.uint8)
    cubes = Cubes(txm=sem, sem=sem, labels=labels, voxel_size=VOXEL)
    folder = tmp_path / FOLDER_OF_VOLUMES
    folder.mkdir()
    for name in (*flow_studies.MODELS, "truth"):
        write_stack(folder / f"{name}.tif", sem.reshape(-1, edge, edge), voxel_size=VOXEL)
        write_json(folder / f"{name}.json", {"key": name})
    config = get_profile("smoke").flow
    cases = flow_studies.volume_cases(tmp_path, cubes, config)
    assert list(cases) == [flow_studies.TRUE, *flow_studies.MODELS, flow_studies.TRUE_SEM]
    assert {case.name for row in cases.values() for case in row} == {
        f"volumes/{name}_1" for name in cases
    }
    [central] = [v for v in flow_studies.flow_volumes(tmp_path, config) if v.name == "truth_sem"]
    assert central.key == "truth"
    np.testing.assert_array_equal(central.grey, sem[0])
    np.testing.assert_array_equal(flow_studies.true_pores(cubes, config, number=1), tube_of(edge))


def tube_of(size):
    pore = np.zeros((size,) * 3, bool)
    pore[:, 2:5, 2:6] = True
    return pore


def test_studies_cut_sweep_and_split():
    pores = np.zeros((8, 8, 8), bool)
    pores[:, 3:5, 3:5] = True
    sizes = dataclasses.replace(
        open_sizes(), cube_edge=8, sweep_edge=4, subvolumes=(4,), refinements=(1, 2)
    )
    split = flow_studies.refinement_cases(pores, sizes, voxel_size=VOXEL)
    assert split[2].domain.shape == (8, 8, 8)
    assert split[2].voxel_size == VOXEL / 2
    pieces = flow_studies.subvolume_cases(pores, sizes, voxel_size=VOXEL)
    assert len(pieces) == 8
    assert sum(case.domain.sum() for case in pieces.values()) == pores.sum()
    np.testing.assert_array_equal(
        flow_studies.central_piece(np.arange(8).reshape(1, 1, 8), 4).ravel(), [2, 3, 4, 5]
    )


def open_sizes():
    from companion.profiles import get_profile

    return get_profile("smoke").flow


def test_representative_pieces_count_closed_ones_as_zero():
    pieces = pd.DataFrame({"edge [voxel]": [4, 4], "piece": [0, 1], "k [nd]": [3.0, np.nan]})
    [row] = flow_tables.piece_summary(pieces, 3.0).to_dict("records")
    assert row["Percolating"] == 1
    assert row["Mean k ÷ whole"] == 0.5


def test_figures_are_drawn(run):
    case = Case(name="tube", domain=tube(), voxel_size=VOXEL, fields=True)
    solve_cases([case], run, progress=False)
    flows = {"a tube": read_field(case, run)}
    assert len(flow_figures.pressure_and_lines(flows, count=5).axes) == 4
    figure, [choice], block = flow_figures.interactive_flow(flows, count=5)
    assert len(figure.data) == 3
    assert choice.labels == ["a tube"]
    assert block == 1
    domain = domain_from_grey(volumes()[0].grey, threshold=60)
    assert flow_figures.removed_pores({"tube": domain.pore}, voxel_size=VOXEL).axes


def test_a_missing_benchmark_is_none_and_a_kept_one_a_table(tmp_path, monkeypatch, run):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path))
    told = []
    monkeypatch.setattr(display, "publish", lambda *_, html, **__: told.append(html))
    shown = {"script": "bench/flow_kernels.py", "name": "kernels", "title": "Speed", "run": run}
    assert bench_tables.read_bench("flow_kernels") is None
    bench_tables.show_bench(None, bench_tables.kernel_table, **shown)
    assert "make bench" in told[0]
    row = {
        "dtype": "float64",
        "threads": 2,
        "mflups": {"no slip": 60.0, "slip": 50.0, "lbmpy": 40.0},
        "bandwidth_GB_s": 34.0,
        "limit_mflups": 100.0,
        "share_of_limit": 0.6,
        "in_place_GB_s": 51.0,
        "share_in_place": 0.4,
        "ratio_to_lbmpy": 1.5,
    }
    about = {"hardware": "a machine", "commit": "0123456"}
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "flow_kernels.json").write_text(
        json.dumps({"rows": [row], "provenance": about})
    )
    kept = bench_tables.read_bench("flow_kernels")
    [cells] = bench_tables.kernel_table(kept).to_dict("records")
    assert cells["Case"] == "float64, 2 threads"
    assert cells["Ours ÷ lbmpy"] == 1.5
    assert bench_tables.in_place_limit(row) == pytest.approx(150)
    bench_tables.show_bench(kept, bench_tables.kernel_table, **shown)
    assert "a machine, commit 0123456" in told[1]
    assert (run.folder / "kernels.csv").is_file()
