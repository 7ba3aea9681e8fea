"""The import rules: shared modules below, rooms beside one another, companion on top."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from imports import dependencies, imported_modules

ROOT = Path(__file__).parents[1]
SHARED = {path.stem for path in (ROOT / "shalelib").glob("[!_]*.py")}
SHARED |= {path.stem for path in (ROOT / "shalelib").glob("_[!_]*.py")}
ROOMS = {"data", "models", "metrics", "segmentation", "flow", "phantom"}
ALLOWED = {f"shalelib.{room}": {f"shalelib.{part}" for part in SHARED | {room}} for room in ROOMS}
ALLOWED["shalelib.__init__"] = {"shalelib._machine_code", "shalelib._sources"}
ALLOWED["shalelib.phantom"].add("shalelib.data")  # makes the records of paired slices
ALLOWED["shalelib.segmentation"].add("shalelib.data")  # label images come by its readers
ALLOWED |= {f"shalelib.{part}": {f"shalelib.{other}" for other in SHARED} for part in SHARED}
ALLOWED["companion.site"] = {"companion.site"}  # shows any book
COMPANION = {f"shalelib.{part}" for part in SHARED | ROOMS} | {"companion"}
ONLY_IN = {
    "torch": ("shalelib.models", "shalelib.flow"),
    "matplotlib": ("companion",),
    "plotly": ("companion",),
    "sphinx": ("companion",),
}
LONGEST = 350  # lines
FILES = sorted(p for house in ("shalelib", "companion") for p in (ROOT / house).rglob("*.py"))


def room_of(path):
    """The room of a file: its house, and its folder there or its own name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:2])


def foreign_imports(path):
    """Top-level names of everything that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module.split(".")[0])
    return names


def allowed(room):
    """The rooms that a room may import."""
    if room in ALLOWED:
        return ALLOWED[room]
    return COMPANION if room.startswith("companion.") else set()


def is_allowed(module, room):
    return any(module == name or module.startswith(f"{name}.") for name in allowed(room))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    room = room_of(path)
    for module in imported_modules(path) - {"shalelib", "companion"}:
        assert is_allowed(module, room), f"{room} must not import {module}"
    for name in foreign_imports(path) & ONLY_IN.keys():
        assert room.startswith(ONLY_IN[name]), f"{name} belongs to {ONLY_IN[name]} alone"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_held_in_the_head(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines; split it where two things meet"


def test_the_rule_would_catch_a_breach(tmp_path):
    """The reader sees imports inside functions and in both spellings."""
    file = tmp_path / "breach.py"
    file.write_text(
        "def f():\n    from shalelib import flow\n    import shalelib.models.networks\n"
    )
    assert {"shalelib.flow", "shalelib.models.networks"} <= imported_modules(file)


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, shalelib; print(*(sys.modules.keys() & {'torch', 'matplotlib', 'numba'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_has_one_flat_face(room):
    """Every public name is there, says what it is, and hides no module of the same name."""
    face = importlib.import_module(f"shalelib.{room}")
    modules = {path.stem for path in (ROOT / "shalelib" / room).glob("*.py")}
    assert face.__all__
    assert not modules & set(face.__all__)
    for name in face.__all__:
        thing = getattr(face, name)
        if callable(thing):
            assert thing.__doc__, f"shalelib.{room}.{name} has no docstring"


def test_flow_does_not_import_torch():
    code = "import sys; from shalelib import flow; flow.permeability; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_dependencies_of_a_notebook_are_its_own_and_no_more():
    found = dependencies(ROOT / "notebooks/04_training.py")
    assert "shalelib/models/losses.py" in found  # through training.py
    assert "shalelib/data/fetch.py" in found
    assert not [name for name in found if name.startswith(("shalelib/flow", "shalelib/segment"))]


SCRIPTS = sorted(
    p for folder in ("bench", "notebooks", "workflow") for p in (ROOT / folder).glob("*.py")
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_what_a_script_takes_from_the_houses_is_there(path):
    """Scripts that no test runs, such as the benches, follow a renamed function too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith(("shalelib", "companion")):
            module = importlib.import_module(node.module)
            for alias in node.names:
                known = hasattr(module, alias.name)
                assert known or importlib.import_module(f"{node.module}.{alias.name}")


@pytest.mark.parametrize("path", sorted((ROOT / "workflow").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_runs_the_code_of_its_own_checkout(path):
    """Whichever one the environment knows: the scripts say so before they import any of it."""
    names = [
        name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    ]
    first = next((name for name in names if name.split(".")[0] in ("companion", "shalelib")), None)
    starts = "sys.executable" in path.read_text(encoding="utf-8") or "papermill" in names
    if (first or starts) and path.stem != "checkout":
        assert "checkout" in names[: names.index(first) if first else None]


def test_the_code_beside_a_script_comes_before_that_of_the_environment(tmp_path):
    """In the script itself and in the processes that it starts; what the caller added stays."""
    (tmp_path / "workflow").mkdir()
    (tmp_path / "companion").mkdir()
    (tmp_path / "companion" / "__init__.py").touch()
    shutil.copy2(ROOT / "workflow" / "checkout.py", tmp_path / "workflow")
    asked = "import companion; print(companion.__file__)"
    script = f"import subprocess, sys, checkout\n{asked}\n"
    script += f"subprocess.run([sys.executable, '-c', 'import added; {asked}'], check=True)"
    (tmp_path / "workflow" / "script.py").write_text(script, encoding="utf-8")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "added.py").touch()
    done = subprocess.run(
        [sys.executable, tmp_path / "workflow" / "script.py"],
        **{"capture_output": True, "text": True, "check": True, "cwd": tmp_path / "more"},
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path / 'more'}"},
    )
    assert set(done.stdout.split()) == {str(tmp_path / "companion" / "__init__.py")}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_notebooks_join_rooms_and_define_nothing(path):
    """Five beats: parameters, compute, table, figure, comparison; functions live in shalelib."""
    tree = ast.parse(path.read_text())
    defined = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
    assert not [node for node in ast.walk(tree) if isinstance(node, defined)]
    assert path.read_text().count('tags=["parameters"') == 1
