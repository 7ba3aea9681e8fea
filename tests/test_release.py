"""What is published: the archive describes itself, and the citation files say the same."""

import hashlib
import json
import os
import re
import subprocess
import tomllib
import zipfile
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from lock import PYTHON
from release import METADATA, SUMS, release

from shalelib import __version__

ROOT = Path(__file__).parents[1]


MADE = (
    "results/smoke/book/_build/html/index.html",
    "results/smoke/book/_build/html/a figure.png",
    "results/smoke/phantom.json",
    "results/smoke/phantom/seed0/table1.csv",
    "results/smoke/phantom/seed0/feedforward.json",
    "results/smoke/phantom/seed0/feedforward/generator.safetensors",
    "results/smoke/phantom/seed0/feedforward/checkpoint.safetensors",
    "results/smoke/mine-1a2b3c4d/seed0/own_data.json",  # someone's own images
    "results/smoke/mine-1a2b3c4d/seed0/pix2pix_vanilla/generator.safetensors",
    "reference/smoke/phantom/seed0/feedforward/generator.safetensors",
    "reference/smoke/phantom/seed0/other/generator.safetensors",
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """A made-up edition of the book, with its results and references."""
    folder = tmp_path_factory.mktemp("edition")
    for path in (folder / name for name in MADE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {path.name}")
    return folder


@pytest.fixture(scope="module")
def packed(edition):
    """The archive of the made-up edition."""
    return release(edition / "results/smoke", edition / "reference/smoke", edition / "dist")


@pytest.fixture(scope="module")
def archive(packed):
    """The content of each file of the archive."""
    with zipfile.ZipFile(packed) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_archive_holds_site_results_generators_and_papers(archive):
    """No half-trained checkpoint, and no reference that the results repeat."""
    papers = {"CITATION.cff", ".zenodo.json", "LICENSE", "README.md", "requirements.lock"}
    made = {
        "site/index.html",
        "site/a figure.png",
        "results/phantom.json",
        "results/phantom/seed0/table1.csv",
        "results/phantom/seed0/feedforward.json",
        "results/phantom/seed0/feedforward/generator.safetensors",
        "reference/phantom/seed0/other/generator.safetensors",
    }
    assert set(archive) == papers | made | {METADATA, SUMS}
    assert archive["site/index.html"] == b"content of index.html"


def test_a_reference_that_differs_from_the_results_is_kept(edition, tmp_path):
    name = "phantom/seed0/feedforward/generator.safetensors"
    other = tmp_path / "smoke" / name
    other.parent.mkdir(parents=True)
    other.write_text("another training")
    with zipfile.ZipFile(
        release(edition / "results/smoke", tmp_path / "smoke", tmp_path)
    ) as opened:
        assert opened.read(f"reference/{name}") == b"another training"
        assert opened.read(f"results/{name}") == b"content of generator.safetensors"


def test_the_same_files_give_the_same_bytes(edition, packed, tmp_path):
    """Times of the files and of the packing do not enter."""
    os.utime(edition / MADE[0], (10**9, 10**9))
    again = release(edition / "results/smoke", edition / "reference/smoke", tmp_path)
    assert again.read_bytes() == packed.read_bytes()


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
    assert root["license"]["@id"] in archive
    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in crate["@graph"]:
        assert set(references(entity)) <= entities.keys() | outside
    parts = {part["@id"] for part in root["hasPart"]}
    assert {unquote(part) for part in parts} == archive.keys() - {METADATA, SUMS}
    assert "site/a%20figure.png" in parts  # an @id is a URI
    for part in parts:
        content = archive[unquote(part)]
        assert entities[part]["@type"] == "File"
        assert entities[part]["contentSize"] == str(len(content))
        assert entities[part]["sha256"] == hashlib.sha256(content).hexdigest()


def test_without_a_book_there_is_no_release(tmp_path):
    with pytest.raises(SystemExit, match="run make book PROFILE=smoke first"):
        release(tmp_path / "smoke", tmp_path / "references", tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


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


DEPOSIT = {  # the fields of a Zenodo deposit that suit software
    *("title", "description", "upload_type", "publication_date", "creators", "contributors"),
    *("access_right", "license", "version", "language", "keywords", "subjects", "notes", "doi"),
    *("related_identifiers", "references", "communities", "grants", "dates", "locations"),
}


def test_zenodo_and_citation_say_the_same(citation):
    """The keys and vocabularies of Zenodo's deposit metadata that are used here."""
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    assert zenodo.keys() <= DEPOSIT
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


def test_the_package_says_the_same(citation):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert project["license"] == citation["license"]
    assert citation["title"].startswith(f"{project['name']}: ")
    assert [a["name"] for a in project["authors"]] == [a["name"] for a in citation["authors"]]


def test_container_and_binder_use_the_locked_environment():
    """All three set up the Python of environment.yml and the packages of requirements.lock."""
    container = (ROOT / "Dockerfile").read_text().splitlines()
    assert f"FROM python:{PYTHON}-slim" in container
    assert "RUN make setup" in container
    assert "-r requirements.lock" in (ROOT / "Makefile").read_text()
    wanted = (ROOT / ".binder/postBuild").read_text()
    assert "--require-hashes -r requirements.lock" in wanted
    assert "torch==2.13.0" in wanted
    assert (ROOT / ".binder/runtime.txt").read_text().strip() == f"python-{PYTHON}"
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert f"python={PYTHON}" in conda
    ignored = (ROOT / ".dockerignore").read_text().split()
    needed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    assert not {name.split("/")[0] for name in needed.stdout.split()} & set(ignored)
