"""The store: found, taken, computed; damage named and mended; kills and two processes at once."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import ModuleType

import pytest

from shalelib import files
from shalelib._sources import watch
from shalelib.files import sweep, whole_folder, write_whole
from shalelib.metrics.paired import psnr
from shalelib.store import Kept, Store, stage_key

KEY = {"code": psnr, "inputs": {"seed": 0}}
NPZ = "truth.npz"


class Stage:
    """A stage that counts how often it was computed."""

    def __init__(self, value=1.5):
        self.runs, self.value = 0, value

    def __call__(self, folder):
        self.runs += 1
        write_whole(folder / NPZ, f"arrays of {self.value}")
        return {"k": self.value}


def run(folder, stage, **options):
    store = Store(folder=folder, about=lambda: {"commit": "abc"}, **options)
    return store.done("flow/truth", stage, files=[NPZ], **KEY), store


def test_a_finished_result_is_found_and_says_where_it_was_made(tmp_path):
    stage = Stage()
    first, store = run(tmp_path, stage)
    assert store.origins == {"flow/truth": "computed"}
    again, store = run(tmp_path, stage)
    assert (stage.runs, again) == (1, first)
    assert store.origins == {"flow/truth": "found"}
    assert first["k"] == 1.5
    assert first["made"]["commit"] == "abc"
    assert first["key"] == stage_key("flow/truth", **KEY)


def test_what_a_run_computed_stays_so_when_it_is_asked_for_again(tmp_path):
    _, store = run(tmp_path, Stage())
    store.done("flow/truth", Stage(), files=[NPZ], **KEY)
    assert store.origins == {"flow/truth": "computed"}


@pytest.mark.parametrize("change", [{"inputs": {"seed": 1}}, {"code": Stage}])
def test_other_inputs_or_code_compute_again(tmp_path, change):
    stage = Stage()
    run(tmp_path, stage)
    store = Store(folder=tmp_path)
    store.done("flow/truth", stage, files=[NPZ], **{**KEY, **change})
    assert stage.runs == 2


DAMAGE = {
    "record empty": ("truth.json", b""),
    "record cut": ("truth.json", b'{"key": "12'),
    "record not UTF-8": ("truth.json", b"\xff\xfe"),
    "record a list": ("truth.json", b"[]"),
    "record null": ("truth.json", b"null"),
    "record nested too deeply": ("truth.json", b"[" * 100_000),
    "record of a number that JSON has not": ("truth.json", lambda t: t.replace(b"1.5", b"NaN")),
    "record of a number too large": ("truth.json", lambda text: text.replace(b"1.5", b"1e999")),
    "record foreign": ("truth.json", b'{"some": "thing"}'),
    "record of a former kind": ("truth.json", b'{"key": "a", "files": ["truth.npz"]}'),
    "record of another number": ("truth.json", lambda text: text.replace(b"1.5", b"1.6")),
    "record without its content": ("truth.json", lambda text: text.replace(b'"k": 1.5,', b"")),
    "record of another place": ("truth.json", lambda text: text.replace(b"abc", b"abd")),
    "file empty": (NPZ, b""),
    "file cut": (NPZ, b"arr"),
    "file foreign": (NPZ, b"noise" * 99),
    "file missing": (NPZ, None),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_and_mended(tmp_path, kind):
    stage = Stage()
    first, store = run(tmp_path, stage)
    name, content = DAMAGE[kind]
    path = tmp_path / "flow" / name
    if content is None:
        path.unlink()
    else:
        text = path.read_bytes()
        path.write_bytes(content(text) if callable(content) else content)
        assert path.read_bytes() != text
    with pytest.raises(ValueError, match=name) as told:
        store.read("flow/truth", mend="run the notebook 09_flow")
    assert "run the notebook 09_flow" in str(told.value)
    assert "delete" not in str(told.value)
    with pytest.warns(UserWarning, match=name):
        mended, _ = run(tmp_path, stage)
    assert stage.runs == 2
    assert {**mended, "made": 0} == {**first, "made": 0}
    assert run(tmp_path, stage)[0] == mended


def test_a_result_that_is_not_there_is_named_with_its_mend(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"truth.json.*run 09_flow"):
        Store(folder=tmp_path).read("flow/truth", mend="run 09_flow")


def test_a_reference_of_the_key_is_taken_and_says_so(tmp_path):
    made, _ = run(tmp_path / "there", Stage())
    content = {NPZ: (tmp_path / "there/flow" / NPZ).read_bytes()}
    asked = []

    def kept(name, key):
        asked.append((name, key))
        return (
            Kept(record=made, files=content, place="data/reference") if key == made["key"] else None
        )

    stage = Stage()
    taken, store = run(tmp_path / "here", stage, kept=kept)
    assert stage.runs == 0
    assert store.origins == {"flow/truth": "reference"}
    assert taken["made"] == made["made"] | {"reference": "data/reference"}
    again, store = run(tmp_path / "here", stage, kept=kept)
    assert (again, store.origins, len(asked)) == (taken, {"flow/truth": "reference"}, 1)


@pytest.mark.parametrize("record", [{"key": 1}, {"made": 1}])
def test_reserved_names_are_refused(tmp_path, record):
    with pytest.raises(ValueError, match="reserved"):
        Store(folder=tmp_path).done("a", lambda _: record, **KEY)


def test_a_file_that_was_not_written_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=NPZ):
        Store(folder=tmp_path).done("a", lambda _: {}, files=[NPZ], **KEY)


def test_a_record_may_come_without_a_file_that_does_not_exist(tmp_path):
    done = Store(folder=tmp_path).done("a", lambda _: {"files": []}, files=[NPZ], **KEY)
    assert done["files"] == {}


SCRIPT = """
    import sys, time
    from pathlib import Path
    from shalelib.files import write_whole
    from shalelib.metrics.paired import psnr
    from shalelib.store import Store

    def compute(folder):
        part = folder / "part"
        done = int(part.read_text()) if part.is_file() else 0
        print("from", done, flush=True)
        for step in range(done, 4):
            write_whole(part, str(step + 1))
            time.sleep(float(sys.argv[2]))
        write_whole(folder / "a.bin", "x" * 1000)
        return {"steps": 4}

    Store(folder=Path(sys.argv[1])).done("a", compute, files=["a.bin"], code=psnr, inputs=0)
    print("finished", flush=True)
"""


def start(folder, pause):
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_stage_goes_on_from_what_it_left(tmp_path):
    process = start(tmp_path, 60)
    assert process.stdout.readline() == "from 0\n"
    deadline = time.monotonic() + 60
    while not (tmp_path / "part").is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "a.json").exists()
    again = start(tmp_path, 0)
    assert again.communicate()[0].split("\n")[:2] == ["from 1", "finished"]
    assert json.loads((tmp_path / "a.json").read_text())["steps"] == 4


def test_two_processes_at_once_leave_one_whole_result(tmp_path):
    processes = [start(tmp_path, 0.05) for _ in range(2)]
    assert [process.communicate()[0].split()[-1] for process in processes] == ["finished"] * 2
    read = Store(folder=tmp_path).read("a", mend="")  # checks the file against its hash
    assert read["steps"] == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "a.json", "part"]


def old(path):
    """Make a file look as if it was written long ago."""
    past = time.time() - 10 * files.OLD
    os.utime(path, (past, past))


def test_what_killed_writers_left_is_swept_and_what_lives_is_not(tmp_path):
    target = tmp_path / "a [1].npz"  # the brackets are no pattern
    left, young, other = (tmp_path / name for name in (".a [1].npz.x", ".a [1].npz.y", ".b.npz.x"))
    folder = tmp_path / ".a [1].npz.folder"
    folder.mkdir()
    for path in (left, young, other):
        path.write_text("half")
    for path in (left, other, folder):
        old(path)
    held = tmp_path / ".a [1].npz.held"
    with held.open("w") as stream:
        old(held)
        files.hold(stream.fileno())
        write_whole(target, "whole")
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {target.name, young.name, other.name, held.name}
    sweep(target)
    assert not held.exists()


def test_a_folder_takes_its_place_whole(tmp_path):
    target = tmp_path / "rock"
    for text in ("first", "second"):
        with whole_folder(target) as part:
            (part / "a").write_text(text)
        assert (target / "a").read_text() == text
    with pytest.raises(OSError, match="a"), whole_folder(target) as part:
        (part / "no" / "a").write_text("half")
    assert (target / "a").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["rock"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_with_the_file(tmp_path):
    full = pytest.raises(OSError, match=r"rock.npy")
    with full as told, files.naming(tmp_path / "rock.npy"), open("/dev/full", "wb") as stream:
        stream.write(b"x" * 10_000_000)
    assert told.value.errno == errno.ENOSPC


STALE = """
    import importlib
    import os
    import sys
    import time
    from pathlib import Path
    import shalelib
    from shalelib.flow import slip
    from shalelib.store import Store, stage_key

    when, what = sys.argv[1:]
    law = Path("law.py")
    law.write_text("def factor(kn):\\n    return 1 / (1 + 2 * kn)\\n")
    import law as own
    file, module = (law, own) if "law" in what else (Path(slip.__file__), slip)
    function = own.factor if "law" in what else slip.bosanquet

    def edit():
        time.sleep(0.02)
        old = file.read_text(encoding="utf-8")
        if "formula" in what:
            file.write_text(old.replace("1 / (1 + 2 * kn)", "9 * kn"), encoding="utf-8")
        elif what == "comment":
            file.write_text(old.replace('\"""Return', '# told\\n    \"""Give', 1), encoding="utf-8")
        elif what == "half saved":
            file.write_text(old[: old.index("(1 + 2 * kn)")], encoding="utf-8")
        else:
            os.utime(file)
        if "again" in what:
            importlib.reload(module)

    def compute(folder):
        if when == "while it is computed":
            edit()
        return {"k": float(function(0.5))}

    if when == "after a key":
        stage_key("a", code=function, inputs=0)
    if when != "while it is computed":
        edit()
    code = (lambda: 0) if "input" in what else function
    Store(folder=Path("results")).done("a", compute, code=code, inputs={"law": function})
"""
WHENS = ["before a key", "after a key", "while it is computed"]
WHATS = {
    "formula": "slip.py",
    "half saved": "slip.py",
    "formula of an input law": "law.py",
    "formula of a law, loaded again": "law.py",
    "comment": None,
    "touched": None,
}


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("when", WHENS)
def test_a_result_of_code_that_was_edited_since_it_was_loaded_gets_no_key(tmp_path, when, what):
    house = Path(files.__file__).parent
    shutil.copytree(house, tmp_path / "shalelib", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", textwrap.dedent(STALE), when, what]
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"capture_output": True, "text": True, "cwd": tmp_path, "env": env, "check": False}
    run = subprocess.run(command, **options)
    record = tmp_path / "results" / "a.json"
    if WHATS[what] is None:
        assert run.returncode == 0, run.stderr
        assert json.loads(record.read_text())["k"] == 0.5
    else:
        said = run.stderr.strip().splitlines()[-1]
        assert said.startswith("RuntimeError: ")
        assert f"{WHATS[what]}: its source changed since it was loaded" in said
        assert "start the kernel or the command again" in said
        assert not record.exists()


def test_modules_that_others_left_without_name_or_file_do_not_hinder_the_watch(monkeypatch):
    odd = ModuleType("odd")
    odd.__name__ = None
    odd.__file__ = "/nowhere/odd.py"
    monkeypatch.setitem(sys.modules, "odd", odd)
    monkeypatch.setattr(sys, "meta_path", [])
    watch()
    assert len(sys.meta_path) == 1
