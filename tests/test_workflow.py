"""The pipeline: failing notebooks, missing data, and what an edit re-runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import imports
import jupytext
import nbformat
import pytest
import run_notebook
from imports import dependencies, digest
from notebook_runs import run_cells
from pipeline import mend_times
from run_notebook import defaults, parsed
from scratch_checkout import copy_checkout, environment, finish, pipeline

from companion.datasets import load_dataset
from companion.run import open_run
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


def planned(folder):
    """The rules that the pipeline of a checkout would run now at profile smoke, with how often."""
    done = subprocess.run(
        [*SNAKEMAKE, "--config", "profile=smoke"],
        **{"capture_output": True, "text": True, "cwd": folder},
        env=environment(folder, SHALELIB_RECORD_CHECKED="1"),  # the copy has that record
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\w+) +(\d+)$", done.stdout, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule != "total"}


def add_line(path, line="EDITED = True"):
    """Add a line to a file."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")


def lacking():
    """Say why there is no finished smoke book whose results are those of its build, or nothing."""
    results = ROOT / "results/smoke"
    book = results / "book/_build/html/index.html"
    if not book.is_file():
        return "no book at profile smoke: make test-smoke"
    newest = max(path.stat().st_mtime for path in results.glob("*/seed*/*.*"))
    if newest > book.stat().st_mtime:
        return "results are newer than the smoke book, as nbval leaves them: make test-smoke"
    return ""


built = pytest.mark.skipif(bool(lacking()), reason=lacking())


@pytest.fixture
def finished(tmp_path):
    """A copy of this checkout with its finished smoke book, which may be edited."""
    folder = copy_checkout(tmp_path / "copy")
    for name in ("results", ".snakemake"):  # links: nothing writes to a result in place
        shutil.copytree(ROOT / name, folder / name, copy_function=os.link)
    return folder


@built
@pytest.mark.parametrize(
    ("edited", "rerun", "stay"),
    [
        ("shalelib/metrics/stsim.py", {"calibration", "images"}, {"train_real", "phases"}),
        (
            "shalelib/models/losses.py",
            {"train_real", "train_phantom", "images"},
            {"dataset_phantom", "calibration"},
        ),
        (
            "notebooks/01_dataset.py",
            {"dataset_vaca_muerta_patches", "dataset_phantom"},
            {"train_real", "phases"},
        ),
        ("shalelib/segmentation/forest.py", {"phases"}, {"train_phantom", "dataset_phantom"}),
        ("shalelib/flow/gas.py", set(), {"train_real", "images", "phases", "dataset_phantom"}),
    ],
)
def test_an_edit_runs_again_only_what_depends_on_it(finished, edited, rerun, stay):
    """Anchors, so that a new notebook does not change what is expected of the old ones."""
    add_line(finished / edited)
    plan = planned(finished)
    assert rerun <= plan.keys()
    assert not stay & plan.keys()
    assert ("book" in plan) == bool(plan)


@built
def test_an_edit_of_the_prose_builds_the_book_alone(finished):
    add_line(finished / "book/index.md")
    assert planned(finished) == {"book": 1}


@built
def test_nothing_runs_again_without_an_edit_or_for_a_comment(finished):
    add_line(finished / "shalelib/models/losses.py", "# a comment")
    assert planned(finished) == {}


@built
def test_a_docstring_sets_the_reference_pages_and_runs_no_notebook_again(finished):
    path = finished / "shalelib/metrics/stsim.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"""', '"""More words. ', 1), encoding="utf-8")
    assert planned(finished) == {"book": 1}


@built
def test_a_page_runs_again_for_a_result_that_is_lost_or_new(finished):
    (finished / "results/smoke/phantom/seed0/slip.html").unlink()
    listed = finished / "notebooks/pages.toml"
    text = listed.read_text(encoding="utf-8")
    listed.write_text(text.replace('"confusion.csv"', '"new.csv"'), encoding="utf-8")
    assert {"validation", "phases"} <= planned(finished).keys()


PAGE = "results/smoke/phantom/seed0/12_benchmarks.ipynb"  # needs no data and no other page


# a machine whose language is not UTF-8, and a user without a home
BARE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "HOME": "/dev/null/home"}


def ran(folder, *options):
    """Whether the pipeline of a copy ran the notebook of `PAGE`, on a bare machine."""
    said = finish(pipeline(folder, PAGE, options=options, **BARE))
    assert (folder / PAGE).is_file()
    return "Finished jobid" in said


def test_neither_a_new_place_nor_a_clock_nor_a_space_runs_a_page_again(tmp_path):
    """A checkout in a folder with a space is run, renamed, dated to the future, and edited."""
    folder = copy_checkout(tmp_path / "my checkout")
    assert ran(folder)
    folder = folder.rename(tmp_path / "renamed")
    later = time.time() + 7200
    for path in [*folder.glob("companion/**/*.py"), *folder.glob("results/**/*.*")]:
        os.utime(path, (later, later))
    assert not ran(folder)
    with (folder / "notebooks/12_benchmarks.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# %% [markdown]\n# One more sentence.\n")
    os.utime(folder / "notebooks/12_benchmarks.py", (later, later))
    assert ran(folder)


def test_without_file_locks_the_pipeline_says_where_it_runs():
    """As on Windows, where Python has no fcntl; its help can be read there all the same."""
    code = "import sys, runpy; sys.modules['fcntl'] = None; sys.argv[0] = 'pipeline.py'; "
    code += "sys.path.insert(0, 'workflow'); runpy.run_path('workflow/pipeline.py', "
    code += "run_name='__main__')"
    for options, status, said in ((["smoke"], 2, "inside WSL"), (["--help"], 0, "usage")):
        done = subprocess.run(
            [sys.executable, "-c", code, *options], cwd=ROOT, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == status, done.stderr
        assert said in done.stdout + done.stderr


def test_results_from_the_future_get_the_present_time(tmp_path):
    """Snakemake deletes what a job makes of files that are newer than what it made."""
    ahead, old = tmp_path / "a.json", tmp_path / "b.json"
    for path, offset in ((ahead, 3600), (old, -3600)):
        path.touch()
        os.utime(path, (time.time() + offset,) * 2)
    before = old.stat().st_mtime
    mend_times(tmp_path)
    assert ahead.stat().st_mtime <= time.time()
    assert old.stat().st_mtime == before


@pytest.mark.parametrize(
    ("notebook", "textures", "flows"),
    [
        ("01_dataset", False, False),
        ("04_training", True, False),
        ("07_images", True, False),
        ("02_calibration", True, True),
    ],
)
def test_imports_are_followed_to_the_files_that_they_reach(notebook, textures, flows):
    found = dependencies(ROOT / "notebooks" / f"{notebook}.py")
    assert {"shalelib/files.py", "shalelib/arrays.py", "companion/run.py"} <= set(found)
    assert ("shalelib/metrics/stsim.py" in found) == textures
    assert ("shalelib/flow/solver.py" in found) == flows


@pytest.fixture
def forget():
    """Return a function that makes `imports` read files anew; used once more after the test."""

    def forget():
        for cached in vars(imports).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()

    yield forget
    forget()


def test_the_digest_of_a_module_covers_what_it_imports_and_no_docstring(
    tmp_path, monkeypatch, forget
):
    """Read anew each time, as by a new process."""
    folder = copy_checkout(tmp_path / "copy")
    monkeypatch.setattr(imports, "ROOT", folder)

    def now():
        forget()
        return digest(["notebooks/04_training.py"])

    losses = folder / "shalelib/models/losses.py"
    before = now()
    add_line(losses, '"""A string that nothing uses."""  # and a comment')
    assert now() != before, "an expression is code, docstring-like or not"
    add_line(losses, "# no more than a comment")
    add_line(folder / "shalelib/flow/gas.py")
    changed = now()
    add_line(losses, "# another comment")
    assert now() == changed
    add_line(folder / "notebooks/04_training.py", "# prose is read by people")
    assert now() != changed


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
        "has no parameter varient; it has dataset, fold, path, pixel_size, profile, results, seed, "
        "variant" in done.stderr
    )


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("mine.py", r"OUTPUT must end in \.ipynb, got mine\.py; name a new file"),
        ("mine.ipynb", r"OUTPUT mine\.ipynb is the notebook itself, which would be overwritten"),
        ("folder.ipynb", r"OUTPUT folder\.ipynb is a folder; name a new file, such as \S+"),
    ],
)
def test_no_copy_takes_the_place_of_what_is_no_copy(tmp_path, monkeypatch, capsys, output, said):
    """Else a notebook of one's own is lost, or a long run ends without a place for its copy."""
    monkeypatch.chdir(tmp_path)
    Path("folder.ipynb").mkdir()
    source = jupytext.read(ROOT / "notebooks/12_benchmarks.py")
    for name in ("mine.py", "mine.ipynb"):
        jupytext.write(source, name)
    notebook = "mine.ipynb" if output == "mine.ipynb" else "mine.py"
    before = Path(notebook).read_bytes()
    executed = []
    monkeypatch.setattr("run_notebook.execute", lambda *given, **_: executed.append(given))
    with pytest.raises(SystemExit):
        run_notebook.main([notebook, output])
    told = capsys.readouterr().err
    assert re.search(said, told)
    [mend] = re.findall(r"such as (\S+\.ipynb)", told)
    run_notebook.main([notebook, mend])
    assert [given[1].name for given in executed] == [mend]
    assert Path(notebook).read_bytes() == before


def test_a_value_may_begin_with_a_hyphen_and_a_parameter_is_given_once(monkeypatch, capsys):
    """As the window of signed numbers does, which a refusal of the reader tells to pass."""
    executed = []
    monkeypatch.setattr("run_notebook.execute", lambda *given, **_: executed.append(given[2]))
    page = [str(ROOT / "notebooks/18_own_data.py"), "x.ipynb"]
    values = {"window": "-1000,3000", "txm": "-p.tif", "rock": "=odd.tif"}
    words = [word for pair in values.items() for word in ("-p", *pair)]
    run_notebook.main([*page, *words])
    assert executed == [values]
    with pytest.raises(SystemExit):
        run_notebook.main([*page, "-p", "seed", "1", "-p", "seed", "2"])
    assert "parameter seed is given more than once" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run_notebook.main([*page, "-p", "txm", "-p", "voxel_size", "5e-8"])
    assert len(executed) == 1


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        *(
            ("2026", "", "2026"),
            ("2026-11-26", "", "2026-11-26"),
            ("~/x", "", "~/x"),
            ("", "a", ""),
        ),
        *(("1e-8", 33.6e-9, 1e-8), ("3", 1.5, 3.0), ("3", 0, 3), ("false", True, False)),
    ],
)
def test_a_parameter_has_the_type_of_its_default(text, default, value):
    found = parsed("name", text, default)
    assert (found, type(found)) == (value, type(default))


@pytest.mark.parametrize(
    ("text", "default", "wanted"),
    [
        ("1.0", 0, "an integer"),
        ("1e1", 0, "an integer"),
        ("x", 0.5, "a number"),
        ("1", True, "true"),
    ],
)
def test_a_parameter_of_another_type_is_refused_and_named(text, default, wanted):
    with pytest.raises(ValueError, match=f"parameter seed must be {wanted}.*{text!r}"):
        parsed("seed", text, default)


def test_relative_paths_are_the_callers_and_a_refusal_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run = {"profile": "smoke", "dataset": "phantom", "seed": 0}
    place = "smoke/phantom/seed0"
    for given, base in {"here": "here", 2026: "2026", "~/x": "home/x"}.items():
        assert open_run(**run, results=given).folder == tmp_path / base / place
    assert open_run(**run).folder == ROOT / "results" / place
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "mine")):
        load_dataset("directory", path="mine")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_every_parameter_is_documented_in_the_notebook(path):
    """In a table, or in a word beside the value."""
    text = path.read_text()
    for name in defaults(path):
        in_table = re.search(rf"^# \| [^|]*`{name}`[^|]* \| \S", text, re.MULTILINE)
        told = in_table or re.search(rf"^{name} = .*\S  # \w", text, re.MULTILINE)
        assert told, f"{path.name}: no word says what {name} is"


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
    offline = os.environ | {
        "SHALELIB_DATA_MIRROR": str(tmp_path / "nowhere"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    record = tmp_path / "record.json"
    done = script("check_data.py", record, env=offline)
    assert done.returncode == 0
    assert '"available": false' in record.read_text()
    assert "The book is built without them" in done.stderr


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_record_of_the_data_is_written_anew(tmp_path, content):
    offline = os.environ | {
        "SHALELIB_DATA_MIRROR": str(tmp_path / "nowhere"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    record = tmp_path / "record.json"
    record.write_text(content)
    assert script("check_data.py", record, env=offline).returncode == 0
    assert json.loads(record.read_text())["available"] is False


def test_the_documented_line_runs_a_notebook_from_any_folder(tmp_path):
    """As the page on reproducing writes it, with a notebook and a profile that take seconds."""
    page = (ROOT / "book/reproduce.md").read_text()
    line = re.search(r"^\$BOOK/.*run_notebook.*\\\n.*$", page, flags=re.MULTILINE).group()
    line = line.replace("$BOOK/.venv/bin/python", sys.executable)
    line = line.replace("04_training", "12_benchmarks").replace("$BOOK", str(ROOT))
    line = re.sub(r"-p .*", "-p profile smoke -p results 2026", line)
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "2026/smoke").is_dir()
    executed = nbformat.read(tmp_path / "12_benchmarks.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)


DEPENDENT = {
    "07_images": "04_training",
    "06_regulariser": "03_phases",
    "08_volumes": "04_training",
    "09_flow": "08_volumes",
    "13_truth": "08_volumes",
}


@pytest.mark.parametrize(("notebook", "needed"), DEPENDENT.items())
def test_a_notebook_alone_names_what_is_missing_and_what_makes_it(notebook, needed, tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"(?s)(there is no|is not trained) .*{needed}"):
        run_cells(notebook, results=tmp_path / "results")
