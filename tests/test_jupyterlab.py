"""JupyterLab opens a percent script as a notebook, and saves it as it was."""

import json
import shutil
from pathlib import Path

import jupytext
import pytest
from jupytext.config import load_jupytext_config
from link_checkout import link, open_scripts_as_notebooks

from companion.site.place import check_folder

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_a_notebook_that_lab_ran_and_saved_unchanged_is_the_same_file(path):
    """What Lab adds by itself, versions and times of execution, is left out of the script."""
    config = load_jupytext_config(str(path))
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent", config=config)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.13.0"}
    notebook.metadata["jupytext"]["text_representation"]["jupytext_version"] = "9.9"
    for cell in notebook.cells:
        cell.metadata["trusted"] = True
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    assert jupytext.writes(notebook, fmt="py:percent", config=config) == text


def test_a_double_click_on_a_script_opens_a_notebook(tmp_path):
    """The setting that Lab reads from its environment; what else stands there is kept."""
    path = tmp_path / "etc/jupyter/labconfig/default_setting_overrides.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"other": {"a": 1}}', encoding="utf-8")
    for _ in range(2):
        open_scripts_as_notebooks(tmp_path)
    settings = json.loads(path.read_text(encoding="utf-8"))
    assert settings.pop("other") == {"a": 1}
    (manager,) = settings.values()
    assert manager == {"defaultViewers": {"python": "Jupytext Notebook"}}


def test_the_environment_finds_the_checkout(tmp_path):
    link(tmp_path)
    (path,) = tmp_path.glob("*.pth")
    assert (Path(path.read_text(encoding="utf-8").strip()) / "companion").is_dir()


def test_a_notebook_of_another_checkout_than_the_code_is_refused(tmp_path, monkeypatch):
    """A checkout that was copied with its environment would run the code that stayed behind."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    check_folder()  # a user's folder of that name
    shutil.copy2(ROOT / "_config.yml", tmp_path)
    with pytest.raises(RuntimeError, match=f"make setup in {tmp_path} and start"):
        check_folder()
    for own in ("notebooks", "tests/notebooks"):  # where nbval runs its references
        monkeypatch.chdir(ROOT / own)
        check_folder()
