"""The list of pages, and what follows from it: contents, rules, replicates, reference notebooks."""

import ast
import base64
import io
import re
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from make_references import CHECKED, REFERENCES, plan
from pages import (
    LIST,
    PHANTOM,
    REAL,
    TRAINED,
    contents,
    needs_patches,
    notebooks,
    page_named,
    pages_before,
    read_pages,
    replicates,
    trainings,
    waiting,
)
from picture import CELL, figure_of
from PIL import Image

from companion.rows import get_row, trained_rows
from companion.volumes import NEEDED
from shalelib.data.splits import DEFAULT_FOLD, folds
from shalelib.models.variants import get_variant

ROOT = Path(__file__).parents[1]


def files(entries):
    """All files of a part of the contents, in order."""
    for entry in entries:
        yield entry["file"]
        yield from files(entry.get("sections", []))


def test_the_contents_hold_every_notebook_and_every_page_of_prose_once():
    toc = yaml.safe_load(yaml.safe_dump(contents()))
    listed = [toc["root"], *(file for part in toc["parts"] for file in files(part["chapters"]))]
    assert listed == [page.file for page in read_pages()]
    assert len(set(listed)) == len(listed)
    prose = {f"book/{path.stem}" for path in (ROOT / "book").glob("*.md")}
    generated = {page.file for page in read_pages() if page.package}
    assert prose == {f for f in listed if not f.startswith("book/executed/")} - generated
    assert {path.stem for path in (ROOT / "notebooks").glob("*.py")} == {
        page.notebook for page in notebooks()
    }


@pytest.fixture
def listed(tmp_path):
    """Read a list of pages that is written into a small checkout of two notebooks and a page."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book").mkdir()
    for name in ("notebooks/01_a.py", "notebooks/02_b.py", "book/index.md"):
        (tmp_path / name).touch()
    whole = {"index": "", "01_a": 'notebook = "01_a"\npart = "A"', "02_b": 'notebook = "02_b"'}

    def read(**changes):
        pages = {name: text for name, text in (whole | changes).items() if text is not None}
        rows = (f'[[page]]\nname = "{name}"\n{text}\n' for name, text in pages.items())
        path = tmp_path / "notebooks" / "pages.toml"
        path.write_text("\n".join(rows), encoding="utf-8")
        return read_pages.__wrapped__(path)

    return read


def test_a_list_in_order_is_read(listed):
    assert [page.name for page in listed()] == ["index", "01_a", "02_b"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"02_b": None}, r"notebooks/02_b\.py is not listed"),
        ({"index": None}, r"book/index\.md is not listed"),
        ({"prose": ""}, r"book/prose\.md does not exist"),
        ({"02_b": 'notebook = "03_c"'}, r"notebooks/03_c\.py does not exist"),
        ({"02_b": 'notebook = "02_b"\nneeds = ["00_z"]'}, "needs '00_z', which is no page"),
        ({"02_b": 'notebook = "02_b"\nneed = []'}, r"page '02_b': .*'need'"),
        ({"02_b": 'notebook = "02_b"\ndepth = 2'}, "more than one step deeper"),
        ({"02_b": 'notebook = "02_b"\n[[page]]\nname = "index"'}, "page 'index' stands twice"),
    ],
)
def test_a_fault_in_the_list_is_named(listed, changes, said):
    with pytest.raises(ValueError, match=said):
        listed(**changes)


def test_notebooks_are_numbered_as_they_are_read():
    read = list(dict.fromkeys(page.notebook for page in notebooks()))
    assert [int(name.split("_")[0]) for name in read] == list(range(1, len(read) + 1))


def test_what_a_page_needs_is_made_by_a_page_before_it_or_by_a_training():
    """But for the chain of flow and claims, which the contents tell in another order."""
    for page in notebooks():
        assert all(get_variant(row) for _, row in trainings(page))  # or it is refused by name
        for need in page.needs:
            if need not in ("patches", "rock") and need.split("/")[0] not in TRAINED:
                assert page_named(need).makes, f"{page.name} needs {need}, which makes nothing"
    assert len(list(trainings(page_named("07_images")))) == len(trained_rows(REAL))


def test_a_page_waits_for_less_than_what_it_needs():
    """So what it needs goes first; what nothing needs goes last."""
    for page in notebooks():
        for before in pages_before(page):
            assert waiting(before) > waiting(page)
    assert "16_claims" in waiting(page_named("03_phases"))
    assert not waiting(page_named("17_try_it"))


def test_where_rows_come_trained_the_book_asks_for_these_and_what_it_needs():
    """Of what a page shows if it is there; what a page names itself is asked for all the same."""
    lent = {("phantom", "feedforward")}
    sweep = [row.key for row in trained_rows("phantom", "sweep")]
    shown = set(trainings(page_named("08_volumes"), lent))
    names = {row for row in NEEDED if not get_row(row).median}
    assert shown == {("phantom", row) for row in ("feedforward", *names)}
    assert set(trainings(page_named("04_training"), lent)) == {(REAL, "pix2pix_vanilla")}
    assert not {row for _, row in trainings(page_named("06_regulariser"), lent)} & set(sweep)
    every = set(trainings(page_named("07_images")))
    assert set(trainings(page_named("07_images"), lent)) == every  # none of this data set comes


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_plumbing_stands_collapsed_at_the_end(path):
    """Records, provenance and what tests compare of no interest to a reader."""
    cells = [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    [place] = [k for k, cell in enumerate(cells) if "provenance.show(" in cell.source]
    for cell in cells[place:]:
        assert "hide-cell" in cell.metadata.get("tags", [])


def read_by(notebook):
    """What a notebook passes as ``pages`` to `companion.pages.claims.gather`."""
    tree = ast.parse((ROOT / "notebooks" / f"{notebook}.py").read_text())
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    gathered = [c for c in calls if getattr(c.func, "attr", "") == "gather"]
    return [ast.literal_eval(word.value) for call in gathered for word in call.keywords]


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.name)
def test_a_page_reads_no_result_that_it_does_not_say_it_needs(page):
    for pages in read_by(page.notebook):
        assert set(pages) <= {*page.needs, page.name}


def test_the_reader_finds_what_is_gathered():
    assert "07_images" in read_by("16_claims")[0]


def test_without_the_patches_those_pages_are_left_that_need_none():
    kept = {page.name for page in notebooks() if not needs_patches(page)}
    assert {"01_dataset-phantom", "11_validation", "16_claims", "18_own_data"} <= kept
    assert not {"07_images", "03_phases", "08_volumes", "09_flow"} & kept  # through the classifier


def test_over_the_replicates_every_fold_is_tested_once():
    found = list(replicates())
    others = {f"/fold{number}" for number in range(len(folds())) if number != DEFAULT_FOLD}
    assert sorted(fold for dataset, _, fold in found if dataset == REAL) == sorted(others)
    assert [seed for dataset, seed, _ in found if dataset == PHANTOM] == ["1", "2"]


SUMMARISED = [page for page in read_pages() if page.summary and not page.package]


@pytest.mark.parametrize("page", SUMMARISED, ids=lambda p: p.name)
def test_a_page_has_what_it_is_to_open_with(page):
    """A cell tagged `summary`, or on a page of prose the sentences of a record."""
    if page.notebook:
        cells = jupytext.read(ROOT / "notebooks" / f"{page.notebook}.py").cells
        [cell] = [c for c in cells if "summary" in c.metadata.get("tags", [])]
        assert "show_sentences(" in cell.source
    else:
        text = (ROOT / "book" / f"{page.name}.md").read_text(encoding="utf-8")
        assert text.index("{record-sentences}") < text.index("\n## ")


# Reference notebooks


def code(notebook):
    """The sources of the code cells, without the parameters that papermill injected."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize(("name", "executed"), plan().items(), ids=lambda x: str(x)[:30])
def test_reference_is_of_todays_notebook_and_holds_what_is_checked(name, executed):
    reference = nbformat.read(REFERENCES / f"{name}.ipynb", as_version=4)
    today = jupytext.read(ROOT / "notebooks" / f"{executed.stem}.py")
    assert code(reference) == code(today), f"{name} is stale: make references"
    checked = [c for c in reference.cells if CHECKED in c.metadata.get("tags", [])]
    assert checked
    for cell in checked:
        assert "nbval-check-output" in cell.metadata.tags
        printed = "".join(output.get("text", "") for output in cell.outputs)
        assert any(character.isdigit() for character in printed), f"{name} compares no number"


def test_there_is_no_reference_without_a_page():
    assert {path.stem for path in REFERENCES.glob("*.ipynb")} == plan().keys()
    assert plan().keys() == {page.name for page in notebooks()}


def test_every_linked_term_is_in_the_glossary():
    known = re.findall(r"^(?=\S)(?!```|#)(.+)$", (ROOT / "book/glossary.md").read_text(), re.M)
    known = {line.lower() for line in known}
    sources = [
        *ROOT.glob("book/*.md"),
        *ROOT.glob("notebooks/*.py"),
        *ROOT.glob("companion/**/*.py"),
    ]
    linked = {
        (match[1] or match[2]).lower().replace("\n", " ")
        for path in sources
        for match in re.finditer(r"\{term\}+`(?:[^`<]*<([^>`]+)>|([^`]+))`", path.read_text())
    }
    assert len(linked) > 20
    assert linked <= known, linked - known


def test_the_list_says_what_each_of_its_fields_means():
    head = LIST.read_text(encoding="utf-8").split("[replicates]")[0]
    for name in read_pages()[0].__dataclass_fields__:
        assert re.search(rf"^# {name} +\S", head, re.MULTILINE), f"{name} is not explained"


def test_the_picture_of_the_readme_is_the_wide_figure_of_its_cell():
    """Figure 3 has a version for telephones before it, and names another cell speaks of."""
    cells = jupytext.read(ROOT / "notebooks" / "07_images.py").cells
    [drawn] = [cell.source for cell in cells if CELL in cell.source]

    def shown(width):
        stored = io.BytesIO()
        Image.new("L", (width, 4)).save(stored, "webp")
        return "data:image/webp;base64," + base64.b64encode(stored.getvalue()).decode()

    html = f'<picture><source srcset="{shown(3)}"><img class="a" src="{shown(9)}"></picture>'
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(drawn, outputs=[output])])
    assert figure_of(notebook).size == (9, 4)
    notebook.cells[0].outputs = []
    with pytest.raises(SystemExit, match="run the notebook first"):
        figure_of(notebook)
