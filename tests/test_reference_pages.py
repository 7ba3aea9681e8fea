"""Every public name is on a page of the book, and chapters link to it."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import read_pages

from companion.site.reference import read_face, reference_page

ROOT = Path(__file__).parents[1]
ROOMS = sorted(path.parent.name for path in (ROOT / "shalelib").glob("*/__init__.pyi"))
ROLE = re.compile(r"\{py:\w+\}`(?:[^`<]*<)?~?([\w.]+)>?`")


def test_every_room_has_a_page_of_the_book():
    assert [page.package for page in read_pages() if page.package]
    shown = {page.package for page in read_pages() if page.package}
    assert shown == {f"shalelib.{room}" for room in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_on_the_page_of_its_room_once(room):
    named = re.findall(
        r"^\.\. (?:auto\w+|py:data):: (\w+)$", reference_page(f"shalelib.{room}"), re.M
    )
    assert sorted(named) == sorted(importlib.import_module(f"shalelib.{room}").__all__)


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.md")), ids=lambda p: p.stem)
def test_what_a_chapter_links_to_is_public(path):
    for target in ROLE.findall(path.read_text(encoding="utf-8")):
        package, name = target.rsplit(".", 1)
        assert name in importlib.import_module(package).__all__, target


@pytest.mark.parametrize("chapter", ["flow", "metrics", "models", "own_data", "howto"])
def test_a_chapter_of_a_method_links_to_its_function(chapter):
    assert ROLE.search((ROOT / f"book/{chapter}.md").read_text(encoding="utf-8"))


def test_a_constant_without_words_is_refused(tmp_path, monkeypatch):
    (tmp_path / "silent").mkdir()
    (tmp_path / "silent/__init__.pyi").write_text("from .inner import SIZE\n", encoding="utf-8")
    (tmp_path / "silent/__init__.py").write_text(
        "from silent.inner import SIZE\n", encoding="utf-8"
    )
    (tmp_path / "silent/inner.py").write_text("SIZE = 3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"silent\.inner\.SIZE is public and has no docstring"):
        reference_page("silent")
    with pytest.raises(ValueError, match="no flat face"):
        read_face("json")


CONF = """
extensions = ["myst_nb", "companion.site.reference"]
autodoc_typehints = "none"
default_role = "py:obj"
napoleon_use_ivar = True
suppress_warnings = ["myst.domains"]
"""


def build(folder, index):
    """Build the page of one room beside a chapter, warnings being errors."""
    pytest.importorskip("sphinx")
    page = reference_page("shalelib.phantom") + "\n"
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "room.md").write_text(page, encoding="utf-8")
    text = f"# Chapter\n\n```{{toctree}}\nroom\n```\n\n{index}\n"
    (folder / "index.md").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", folder, folder / "html"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")


def test_links_lead_to_the_public_name_from_wherever_it_is_defined(tmp_path):
    name = "make_phantom"
    wanted = f"{{py:func}}`shalelib.phantom.{name}` {{py:func}}`shalelib.phantom.volume.{name}`"
    done = build(tmp_path, wanted)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "html/index.html").read_text(encoding="utf-8")
    link = 'href="room.html#shalelib.phantom.make_phantom" title="shalelib.phantom.make_phantom"'
    assert html.count(link) == 2
    room = (tmp_path / "html/room.html").read_text(encoding="utf-8")
    assert "Parameters" in room
    assert 'href="#shalelib.phantom.Phantom"' in room  # single backticks of a docstring


def test_a_link_to_what_is_not_there_stops_the_build(tmp_path):
    done = build(tmp_path, "{py:func}`shalelib.phantom.no_such_thing`")
    assert done.returncode != 0
    assert "no_such_thing" in done.stderr
