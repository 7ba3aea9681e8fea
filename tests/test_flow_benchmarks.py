"""Records beside other codes and other work: the script that makes them, and their tables."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from companion.pages import benchmarks

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not (ROOT / "bench").is_dir(), reason="bench/ belongs to the checkout")
def test_the_peers_script_keeps_a_record(tmp_path):
    """A python without the peers stands for theirs: they are missing, and ours is right.

    The slit is exact but for h² + 1/2, 0.2%, and the tolerance; the sphere array of 16 voxels is
    within 5% of the published drag: a staircase acts as a sphere larger by part of a voxel.
    """
    path = tmp_path / "flow_peers.json"
    command = [sys.executable, "bench/flow_peers.py", "--peer", sys.executable]
    command += ["--profile", "smoke", "--edge", "16", "--write", str(path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["missing"] == ["lbmpy", "poromics"]
    assert {row["code"] for row in record["rows"]} == {"shalelib"}
    slit, spheres, shale = record["rows"]
    assert slit["k"] / slit["exact"] == pytest.approx(1 + 0.5 / 16**2, rel=record["tolerance"])
    assert spheres["k"] / spheres["exact"] == pytest.approx(1, abs=0.05)
    assert shale["exact"] is None
    assert max(row["spread"] for row in record["rows"]) < record["tolerance"]
    assert "shalelib" in slit["versions"]
    assert "commit" in record["provenance"]


def peer(case, code, **numbers):
    row = {"case": case, "code": code, "exact": None, "steps": 1, "first_cpu_s": 0.0}
    return row | {"versions": {code: "1.0"}, "k_reported": numbers["k"]} | numbers


def test_peers_are_compared_with_ours_on_the_same_pores():
    rows = [
        peer("slit", "shalelib", k=2.0, cpu_s=1.0, spread=1e-9),
        peer("shale", "shalelib", k=1.0, cpu_s=2.0, spread=1e-9),
        peer("slit", "x", k=1.0, cpu_s=3.0, spread=0.1),
        peer("shale", "x", k=1.0, k_reported=0.25, cpu_s=40.0, spread=0.01),
    ]
    [told] = benchmarks.peer_sentences({"rows": rows})
    assert "x takes 3.0 to 20 times our processor time" in told
    assert "a flux spread of 10⁻² to 10⁻¹" in told
    assert "0.500 to 1.00 times our k" in told
    assert "(0.25 to 0.50 times as it reports k itself" in told


def test_other_work_is_measured_against_the_same_layer_alone():
    about = {"nodes": 9, "seconds": []}
    rows = [
        about | {"layer": layer, "busy": busy, "median_s": seconds}
        for layer, busy, seconds in (
            ("workqueue", 0, 0.2),
            ("workqueue", 2, 0.3),
            ("omp", 0, 0.1),
            ("omp", 2, 2.0),
        )
    ]
    table = benchmarks.busy_table({"rows": rows})
    assert table["Time ÷ alone"].round(6).tolist() == [1.0, 1.5, 1.0, 20.0]


@pytest.mark.skipif(not (ROOT / "bench").is_dir(), reason="bench/ belongs to the checkout")
@pytest.mark.parametrize(
    ("script", "options", "columns"),
    [
        (
            "flow_solve",
            ["--size", "16", "--slip", "--methods", "network"],
            {"k", "settled", "said_MB"},
        ),
        ("flow_solve", ["--sizes", "16"], {"ns_per_node"}),
        ("flow_busy", ["--size", "16", "--rounds", "1"], {"median_s", "busy"}),
    ],
)
def test_a_script_keeps_a_record(script, options, columns, tmp_path):
    path = tmp_path / "record.json"
    command = [sys.executable, f"bench/{script}.py", *options, "--write", str(path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["rows"]
    assert columns <= record["rows"][0].keys()
    assert "commit" in record["provenance"]


@pytest.mark.skipif(not (ROOT / "bench").is_dir(), reason="bench/ belongs to the checkout")
def test_the_thickness_script_keeps_a_record_without_a_peer(tmp_path):
    path = tmp_path / "thickness.json"
    command = [sys.executable, "bench/thickness.py", "--sizes", "24", "--rounds", "1"]
    subprocess.run([*command, "--write", str(path)], cwd=ROOT, check=True, capture_output=True)
    record = json.loads(path.read_text(encoding="utf-8"))
    [cells] = benchmarks.thickness_table(record).to_dict("records")
    assert cells["Edge [voxel]"] == 24
    assert cells["Peer"] == "none"
    assert 0 < cells["Memory ÷ voxel [byte]"] <= 30
    assert cells["Ours [s]"] > 0
