"""A bad value of a parameter is refused by a notebook's first cells, and named."""

import re
from pathlib import Path

import jupytext
import pytest
from run_notebook import defaults

from companion.run import open_run

ROOT = Path(__file__).parents[1]
BAD = {"profile": "huge", "seed": -1, "dataset": "berea", "fold": 9}


def refusal(path, parameter, value):
    """Run a notebook's code up to where its run is opened, with one parameter changed."""
    cells = [c.source for c in jupytext.read(path).cells if c.cell_type == "code"]
    checks = ("open_run(", "check_parameters(")
    opened = next(i for i, cell in enumerate(cells) if any(check in cell for check in checks))
    assert opened <= 1, "something runs before the parameters are checked"
    source = "\n".join(cells[: opened + 1])
    changed, count = re.subn(rf"(?m)^{parameter} = .*", f"{parameter} = {value!r}", source)
    assert count == 1, f"{path.name} sets {parameter} {count} times"
    with pytest.raises(ValueError, match=f"parameter {parameter}") as caught:
        exec(compile(changed, path.name, "exec"), {})
    return str(caught.value)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_a_bad_value_is_refused_by_the_first_cells_and_named(path):
    there = BAD.keys() & defaults(path).keys()
    assert {"profile", "seed"} <= there
    for parameter in there:
        assert repr(BAD[parameter]) in refusal(path, parameter, BAD[parameter])


@pytest.mark.parametrize("results", [None, True, "a\0b"])
def test_what_names_no_folder_for_results_is_refused(results):
    with pytest.raises(ValueError, match="parameter results must name a folder"):
        open_run(profile="smoke", dataset="phantom", seed=0, results=results)


def test_a_file_in_place_of_the_folder_of_results_is_said(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("")
    with pytest.raises(NotADirectoryError, match=r"names a file, .*name a folder"):
        open_run(profile="smoke", dataset="phantom", seed=0, results=str(path))
