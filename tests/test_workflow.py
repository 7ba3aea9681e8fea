"""The pipeline: failing notebooks, missing data, and what an edit re-runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from imports import dependencies
from run_notebook import known_parameters

from shalelib.files import write_json

ROOT = Path(__file__).parents[1]
SNAKEMAKE = [
    *(sys.executable, "-m", "snakemake", "--snakefile", "workflow/Snakefile"),
    *("--cores", "1", "--nolock", "--dry-run"),
]


def script(name, *arguments, **options):
    """Run a script of workflow/ and return what it said."""
    command = [sys.executable, str(ROOT / "workflow" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **options)


def planned(**environment):
    """The rules that the pipeline would run now at profile smoke, with how often."""
    done = subprocess.run(
        [*SNAKEMAKE, "--config", "profile=smoke"],
        **{"capture_output": True, "text": True, "cwd": ROOT, "env": os.environ | environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\w+) +(\d+)$", done.stdout, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule != "total"}


@pytest.fixture
def edited_file():
    """Add a line to a file, and put the file back afterwards, its time of change included."""
    changed = []

    def edit(name):
        path = ROOT / name
        before = path.stat()
        changed.append((path, path.read_bytes(), before.st_atime_ns, before.st_mtime_ns))
        with path.open("a") as stream:
            stream.write("\n")

    yield edit
    for path, content, accessed, modified in changed:
        path.write_bytes(content)
        os.utime(path, ns=(accessed, modified))


built = pytest.mark.skipif(
    not (ROOT / "results/smoke/book/_build/html/index.html").is_file(),
    reason="no book at profile smoke: make book PROFILE=smoke",
)


@built
def test_nothing_runs_again_without_an_edit():
    assert planned() == {}


@built
@pytest.mark.parametrize(
    ("edited", "rerun", "stay"),
    [
        ("shalelib/metrics/stsim.py", {"calibration", "images"}, {"train", "phases"}),
        ("shalelib/models/losses.py", {"train", "images"}, {"dataset_real", "calibration"}),
        ("notebooks/01_dataset.py", {"dataset_real", "dataset_phantom"}, {"train", "phases"}),
        ("shalelib/segmentation/forest.py", {"phases"}, {"train", "dataset_real"}),
        ("shalelib/flow/gas.py", set(), {"train", "images", "phases", "dataset_real"}),
    ],
)
def test_an_edit_runs_again_only_what_depends_on_it(edited_file, edited, rerun, stay):
    """Anchors, so that a new notebook does not change what is expected of the old ones."""
    edited_file(edited)
    plan = planned()
    assert rerun <= plan.keys()
    assert not stay & plan.keys()
    assert ("book" in plan) == bool(plan)


@built
def test_an_edit_of_the_prose_builds_the_book_alone(edited_file):
    edited_file("book/index.md")
    assert planned() == {"book": 1}


@pytest.mark.parametrize("notebook", ["02_calibration", "04_training", "07_images"])
def test_imports_are_followed_to_the_files_that_they_reach(notebook):
    found = dependencies(ROOT / "notebooks" / f"{notebook}.py")
    assert {"shalelib/files.py", "shalelib/arrays.py", "companion/run.py"} <= set(found)
    assert ("shalelib/metrics/stsim.py" in found) == (notebook != "04_training")
    assert "shalelib/flow/solver.py" not in found


def test_an_unknown_profile_is_named():
    done = subprocess.run(
        [*SNAKEMAKE, "--config", "profile=huge"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode != 0
    assert "choose one of: smoke, laptop, gpu, paper" in done.stdout + done.stderr


def test_a_failing_notebook_names_its_cell_and_keeps_the_partial_copy(tmp_path):
    output = tmp_path / "01_dataset.ipynb"
    done = script("run_notebook.py", "notebooks/01_dataset.py", output, "-p", "profile", "huge")
    assert done.returncode == 1
    assert re.search(r"01_dataset\.py failed in code cell 3: ValueError: .*'huge'", done.stderr)
    assert not output.exists()
    partial = nbformat.read(tmp_path / "01_dataset.failed.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in partial.cells)


def test_a_misspelt_parameter_is_refused_before_anything_runs(tmp_path):
    done = script(
        *("run_notebook.py", "notebooks/04_training.py", tmp_path / "x.ipynb"),
        *("-p", "varient", "feedforward"),
    )
    assert done.returncode == 2
    assert (
        "has no parameter varient; it has dataset, fold, path, profile, results, seed, variant"
        in done.stderr
    )


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_every_parameter_is_documented_in_the_notebook(path):
    for name in known_parameters(path):
        assert f"# | `{name}` |" in path.read_text(), f"{path.name}: {name} is not in the table"


def test_without_data_a_chapter_says_so_and_keeps_its_labels(tmp_path):
    record = tmp_path / "record.json"
    write_json(record, {"available": False, "message": "the network is down"})
    output = tmp_path / "07_images.ipynb"
    done = script("notice_notebook.py", "notebooks/07_images.py", record, output)
    assert done.returncode == 0, done.stderr
    text = output.read_text()
    assert "Two-dimensional results" in text
    assert "the network is down" in text
    for label in ("table-1", "figure-3"):
        assert f":name: {label}" in text


def test_without_network_and_mirror_the_record_says_so(tmp_path):
    """The chapters then become notices, and the book still builds."""
    environment = os.environ | {
        "SHALELIB_DATA_MIRROR": str(tmp_path / "nowhere"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    record = tmp_path / "record.json"
    done = script("check_data.py", record, env=environment)
    assert done.returncode == 0
    assert '"available": false' in record.read_text()
    assert "The book is built without them" in done.stderr


def test_the_documented_line_runs_a_notebook_from_any_folder(tmp_path):
    """As the page on reproducing writes it, with a notebook and a profile that take seconds."""
    page = (ROOT / "book/reproduce.md").read_text()
    line = re.search(r"^jupytext .*\\\n.*papermill.*$", page, flags=re.MULTILINE).group()
    line = line.replace("04_training", "11_benchmarks").replace("$BOOK", str(ROOT))
    line = re.sub(r"-p .*", f"-p profile smoke -p results {tmp_path}/results", line)
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        **{"cwd": tmp_path, "env": os.environ | {"PATH": tools}},
        **{"capture_output": True, "text": True},
    )
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "11_benchmarks.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)


DEPENDENT = {
    "07_images": "03_phases",
    "06_regulariser": "03_phases",
    "08_volumes": "03_phases",
    "09_flow": "08_volumes",
    "12_truth": "08_volumes",
}


@pytest.mark.parametrize(("notebook", "needed"), DEPENDENT.items())
def test_a_notebook_alone_names_what_is_missing_and_what_makes_it(notebook, needed, tmp_path):
    done = script(
        *("run_notebook.py", f"notebooks/{notebook}.py", tmp_path / "x.ipynb"),
        *("-p", "profile", "smoke", "-p", "results", tmp_path / "results"),
    )
    assert done.returncode == 1
    assert re.search(rf"there is no .*{needed}", done.stderr, flags=re.DOTALL), done.stderr
