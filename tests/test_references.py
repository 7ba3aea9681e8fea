"""The committed reference notebooks are those of today's notebooks, and hold outputs."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from make_references import MARK, REFERENCES, plan

ROOT = Path(__file__).parents[1]


def code(notebook):
    """The sources of the code cells, without the parameters that papermill injected."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize(("notebook", "name", "_parameters"), plan(), ids=lambda x: str(x)[:30])
def test_reference_is_of_todays_notebook_and_holds_outputs(notebook, name, _parameters):
    reference = nbformat.read(REFERENCES / f"{name}.ipynb", as_version=4)
    today = jupytext.read(ROOT / "notebooks" / f"{notebook}.py")
    assert code(reference) == code(today), f"{name} is stale: make references"
    checked = [c for c in reference.cells if c.cell_type == "code" and MARK in c.source]
    assert len(checked) >= 2
    for cell in checked:
        assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.source
        assert any(output.get("text", "").strip() for output in cell.outputs), cell.source


def test_there_is_no_reference_without_a_notebook():
    names = {name for _, name, _ in plan()}
    assert {path.stem for path in REFERENCES.glob("*.ipynb")} == names
