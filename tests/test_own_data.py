"""One's own images: the five lines of the pages work as they are printed."""

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from run_notebook import defaults

from companion.own_data import FIRST_CHOICE, choose_generator, shipped_generators
from companion.profiles import get_profile
from shalelib.data.stacks import read_stack
from shalelib.models.checkpoints import write_tensors
from shalelib.models.networks import build_generator
from shalelib.models.variants import get_variant

ROOT = Path(__file__).parents[1]


def untrained(path):
    """Write a generator with random weights."""
    variant, config = get_variant(FIRST_CHOICE), get_profile("smoke").train
    generator = build_generator(variant, config)
    about = {"variant": vars(variant), "config": vars(config)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, generator.state_dict(), about)
    return path


def listing(page):
    """The first Python listing of a page."""
    return re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)[1]


def test_readme_and_book_print_the_same_lines():
    assert listing("README.md") == listing("book/own_data.md")


def test_the_five_lines_work_as_printed(tmp_path, monkeypatch, capsys):
    """On a volume of noise and with a generator that has learnt nothing: a number comes out."""
    code = listing("README.md")
    folder = re.search(r'folder = "(.*)"', code)[1]
    untrained(tmp_path / folder / "generator.safetensors")
    volume = np.random.default_rng(0).integers(0, 256, (12, 16, 20), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "txm.tif", volume)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    number, unit = capsys.readouterr().out.split()
    assert unit == "nanodarcy"
    assert float(number) > 0
    assert read_stack("sem_pred.tif").shape == volume.shape


def test_the_commands_of_the_page_name_notebooks_and_parameters_that_are_there():
    """Running them takes minutes and is tested where the data sets are."""
    commands = re.findall(
        r"^python workflow/run_notebook.py (\S+) \S+((?: \\\n)?(?:\s+-p \S+ \S+)+)$",
        (ROOT / "book/own_data.md").read_text(),
        flags=re.MULTILINE,
    )
    assert len(commands) == 2
    for notebook, options in commands:
        given = dict(re.findall(r"-p (\S+) (\S+)", options))
        assert given.keys() <= defaults(ROOT / notebook).keys()
        assert given["dataset"] == "directory"
        assert "variant" not in given or get_variant(given["variant"])


def test_the_generator_of_the_pages_is_the_notebooks_first_choice():
    assert f"/{FIRST_CHOICE}" in listing("README.md")


def test_a_generator_that_is_named_goes_before_one_that_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path / "data" / "reference"))
    own = untrained(
        tmp_path / "results/smoke/phantom/seed0" / FIRST_CHOICE / "generator.safetensors"
    )
    find = {"results": tmp_path / "results", "profile": "smoke"}
    assert choose_generator("", **find) == own
    place = tmp_path / "data/reference/laptop/phantom/seed0" / FIRST_CHOICE
    shipped = untrained(place / "generator.safetensors")
    assert choose_generator("", **find) == shipped
    assert choose_generator(str(own), **find) == own
    [row] = shipped_generators().to_dict("records")
    assert row["File"].startswith("data/reference/laptop/phantom")
    assert row["Row"] == get_variant(FIRST_CHOICE).label


def test_without_any_generator_the_message_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"notebooks/04_training\.py"):
        choose_generator("", results=tmp_path, profile="smoke")
    with pytest.raises(FileNotFoundError, match=r"no file .*\bnowhere"):
        choose_generator("nowhere", results=tmp_path, profile="smoke")
    assert shipped_generators().empty
