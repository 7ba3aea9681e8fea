"""What is published: the archive describes itself, and the citation files say the same."""

import hashlib
import json
import re
import subprocess
import tomllib
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml
from release import METADATA, SUMS, release

from shalelib import __version__

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The release of a made-up edition, opened."""
    results = tmp_path_factory.mktemp("release") / "smoke"
    site = results / "book/_build/html"
    folder = results / "phantom/seed0/feedforward"
    for path in (site / "index.html", folder / "train.json", folder / "generator.safetensors"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {path.name}")
    (folder / "checkpoint.safetensors").write_text("half trained")
    with zipfile.ZipFile(release(results, results.parent / "dist")) as opened:
        yield {name: opened.read(name) for name in opened.namelist()}


def test_the_archive_holds_site_results_generators_and_papers(archive):
    inside = set(archive)
    assert {"site/index.html", "results/phantom/seed0/feedforward/train.json"} <= inside
    assert "results/phantom/seed0/feedforward/generator.safetensors" in inside
    assert {"CITATION.cff", "LICENSE", METADATA, SUMS} <= inside
    assert not [name for name in inside if "checkpoint" in name]


def test_every_hash_is_that_of_its_file(archive):
    lines = archive[SUMS].decode().splitlines()
    sums = {name: value for value, name in (line.split("  ", 1) for line in lines)}
    assert sums.keys() == archive.keys() - {SUMS}
    assert sums == {name: hashlib.sha256(archive[name]).hexdigest() for name in sums}


def references(value):
    """All that a JSON-LD value refers to by @id."""
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_metadata_is_an_ro_crate(archive):
    """RO-Crate 1.1, sections 4 and 5: descriptor, root data set, files, one flat graph."""
    crate = json.loads(archive[METADATA])
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, root = entities[METADATA], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/1.1")
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license", "author"} <= root.keys()
    date.fromisoformat(root["datePublished"])
    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in crate["@graph"]:
        assert set(references(entity)) <= entities.keys() | outside
    parts = {part["@id"] for part in root["hasPart"]}
    assert parts == archive.keys() - {METADATA, SUMS}
    for name in parts:
        assert entities[name]["@type"] == "File"
        assert entities[name]["contentSize"] == str(len(archive[name]))
        assert entities[name]["sha256"] == hashlib.sha256(archive[name]).hexdigest()


def test_without_a_book_there_is_no_release(tmp_path):
    with pytest.raises(SystemExit, match="run make book PROFILE=smoke first"):
        release(tmp_path / "smoke", tmp_path / "dist")


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_the_citation_file_is_valid(citation):
    """The required keys of the Citation File Format 1.2.0, and the types of those used here."""
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type", "version", "license"} <= citation.keys()
    assert citation["type"] in ("software", "dataset")
    assert isinstance(citation["date-released"], date)
    for work in [citation, *citation["references"]]:
        for author in work["authors"]:
            assert author.keys() in ({"name"}, {"family-names", "given-names"})
        assert re.fullmatch(r"10\.\d{4,9}/\S+", work.get("doi", "10.1234/x"))


def test_zenodo_and_citation_say_the_same(citation):
    """The keys and vocabularies of Zenodo's deposit metadata that are used here."""
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    assert zenodo["title"] == citation["title"]
    assert zenodo["version"] == str(citation["version"]) == __version__
    assert zenodo["license"] == citation["license"]
    assert [c["name"] for c in zenodo["creators"]] == [a["name"] for a in citation["authors"]]
    assert zenodo["upload_type"] == "software"
    assert zenodo["access_right"] == "open"
    assert zenodo["description"].strip()
    (related,) = zenodo["related_identifiers"]
    assert related["identifier"] == citation["references"][0]["doi"]
    assert related["relation"] in ("isSupplementTo", "cites", "isDerivedFrom", "references")


def test_the_version_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_container_and_binder_use_the_locked_environment():
    assert "make setup" in (ROOT / "Dockerfile").read_text()
    wanted = (ROOT / ".binder/requirements.txt").read_text().split()
    assert "../requirements.lock" in wanted
    assert (ROOT / ".binder/runtime.txt").read_text().strip() == "python-3.11"
    ignored = (ROOT / ".dockerignore").read_text().split()
    needed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    assert not {name.split("/")[0] for name in needed.stdout.split()} & set(ignored)
