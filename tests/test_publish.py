"""Addresses of the project stand in one place; what is empty there is shown nowhere."""

import shutil
import tomllib
from pathlib import Path

import publish
import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PUBLISHED = {
    "Repository": "https://github.com/someone/shale",
    "Binder": "https://mybinder.org/v2/gh/someone/shale/HEAD",
    "DOI": "https://doi.org/10.5281/zenodo.1",
}


@pytest.fixture
def checkout(tmp_path):
    """Write the addresses into a copy of what holds them."""
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy2(ROOT / name, tmp_path / name)

    def publish_as(**urls):
        head, rest = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.urls]\n")
        rest = rest[rest.index("\n[") :]
        lines = "".join(f'{label} = "{address}"\n' for label, address in urls.items())
        text = f"{head}[project.urls]\n{lines}{rest}"
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        publish.main(tmp_path)
        return tmp_path

    return publish_as


def config():
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def citation(folder):
    return yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))


def test_what_is_committed_is_what_the_addresses_say():
    published = publish.addresses(ROOT)
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert publish.cited(text, published) == text
    on_github = published.get("Repository", "").startswith("https://github.com/")
    assert (ROOT / publish.WORKFLOW).exists() == on_github
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]


def test_without_addresses_there_is_no_button_and_no_file(checkout):
    folder = checkout()
    assert publish.with_buttons(config(), {}) == config()
    assert not (folder / ".github/workflows/test.yml").exists()
    assert not {"doi", "repository-code"} & citation(folder).keys()


def test_an_address_appears_wherever_it_belongs_and_goes_again(checkout):
    folder = checkout(**PUBLISHED)
    assert publish.addresses(folder) == PUBLISHED
    book = publish.with_buttons(config(), PUBLISHED)
    options = book["sphinx"]["config"]["html_theme_options"]
    assert options["repository_url"] == PUBLISHED["Repository"]
    assert options["use_repository_button"]
    assert options["use_issues_button"]
    assert [icon["url"] for icon in options["icon_links"]] == [
        PUBLISHED["Binder"],
        PUBLISHED["DOI"],
    ]
    assert citation(folder)["doi"] == "10.5281/zenodo.1"
    assert citation(folder)["repository-code"] == PUBLISHED["Repository"]
    jobs = yaml.safe_load((folder / publish.WORKFLOW).read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == publish.pythons(ROOT)
    assert jobs["test"]["steps"][-1]["run"].startswith("make test ")
    known = publish.pythons(ROOT)
    installed = jobs["wheel"]["steps"][1]["with"]["python-version"].split()
    assert installed == [known[-1], known[0]]
    assert jobs["wheel"]["steps"][-1]["run"].endswith("workflow/wheel_job.py --strict")
    checkout()
    assert citation(folder) == citation(ROOT)
    assert not (folder / publish.WORKFLOW).exists()


def test_another_host_gets_no_workflow_of_github(checkout):
    folder = checkout(Repository="https://codeberg.org/someone/shale")
    assert "repository-code" in citation(folder)
    assert not (folder / publish.WORKFLOW).exists()


@pytest.mark.parametrize(
    ("label", "address", "said"),
    [("Homepage", "https://a.b", "no 'Homepage'"), ("DOI", "10.1/2", "must begin with https://")],
)
def test_what_is_not_understood_is_refused(checkout, label, address, said):
    with pytest.raises(SystemExit, match=said):
        checkout(**{label: address})


def test_the_versions_of_python_are_the_same_everywhere():
    """The classifiers, what make lets in, what the package asks for, and what the pages say."""
    versions = publish.pythons(ROOT)
    asked = SpecifierSet(publish.project(ROOT)["requires-python"])
    assert all(version in asked for version in versions)
    minors = [int(version.removeprefix("3.")) for version in versions]
    assert minors == list(range(minors[0], minors[-1] + 1))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"not (3, {minors[0]}) <= sys.version_info < (3, {minors[-1] + 1})" in makefile
    said = f"{', '.join(versions[:-1])} or {versions[-1]}"
    for page in ("README.md", "book/reproduce.md"):
        assert f"Python {said}" in (ROOT / page).read_text(encoding="utf-8")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "python_full_version" in lock  # it is for all of them at once
