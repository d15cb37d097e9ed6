"""The RO-Crate of a run keeps what the specification and its profiles demand."""

import json
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from aptarank import __version__
from aptarank.config.resolution import resolve
from aptarank.core.files import sha256
from aptarank.provenance.ro_crate import author_entities, workflow_entity
from snakemake_runs import ROOT

CRATE = "ro-crate-metadata.json"
INPUT = "one/sc\u00f6red data#1: 100%.csv"
# What of the context of RO-Crate 1.1 is used here; sha256 is not in it.
TYPES = {
    *("ComputationalWorkflow", "ComputerLanguage", "CreateAction", "CreativeWork", "Dataset"),
    *("File", "Organization", "Person", "SoftwareSourceCode"),
}
PROPERTIES = {
    *("about", "alternateName", "author", "citation", "conformsTo", "contentSize"),
    *("datePublished", "description", "encodingFormat", "hasPart", "identifier", "instrument"),
    *("keywords", "license", "mainEntity", "mentions", "name", "object", "programmingLanguage"),
    *("result", "url", "version"),
}
BLANKS = {"git": None, "aptarank": "1", "outputs": {"Snakefile": {"sha256": "0"}}}


@pytest.fixture
def make(program, tmp_path):
    """Make the RO-Crate of a small run."""
    for name in (INPUT, "start/config.json", "results/mine/lab/split.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"of {name}", encoding="utf-8")

    def run(**settings):
        config = resolve(
            {
                "run": "mine",
                "datasets": {"lab": {"path": INPUT}},
                "models": {"rank": {"checkpoint": "start"}},
                **settings,
            }
        )
        output = ["--results", "results/mine", "-o", "results/mine/manifest.json"]
        program("manifest", INPUT, "start/config.json", "--config", json.dumps(config), *output)
        return tmp_path / "results/mine"

    return run


@pytest.fixture
def unpacked(make, program, tmp_path):
    """The archive of that run, unpacked."""
    program("archive", make())
    with zipfile.ZipFile(tmp_path / "results/mine.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def read(folder):
    """The entities of a crate by @id, of which there may be no two."""
    crate = json.loads((folder / CRATE).read_text(encoding="utf-8"))
    by_id = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(by_id) == len(crate["@graph"])
    return crate["@context"], by_id


def listed(value):
    return value if isinstance(value, list) else [value]


def ids(value):
    return [each["@id"] for each in listed(value)]


def check(folder):
    """Every MUST of RO-Crate 1.1 and the profiles that can be checked without a network."""
    context, entities = read(folder)
    descriptor, root = entities[CRATE], entities["./"]
    assert context[0] == "https://w3id.org/ro/crate/1.1/context"
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert "https://w3id.org/ro/crate/1.1" in ids(descriptor["conformsTo"])
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", root["datePublished"])
    assert root["license"]

    parts = {name for name, each in entities.items() if "File" in listed(each["@type"])}
    assert parts == set(ids(root["hasPart"]))
    for name in parts:
        path = folder / unquote(name)
        assert path.is_file(), name
        assert ".." not in Path(name).parts
        assert not re.search(r"[ #:]|%(?![0-9A-F]{2})", name), name
        size, checksum = (entities[name].get(key) for key in ("contentSize", "sha256"))
        assert (size, checksum) == (None, None) or (
            (size, checksum) == (str(path.stat().st_size), sha256(path))
        )
    for entity in entities.values():
        types = set(listed(entity["@type"]))
        assert types <= TYPES
        assert set(entity) - {"@id", "@type", *context[1]} <= PROPERTIES
        for key, value in entity.items():
            for each in listed(value):
                assert isinstance(each, str) or (
                    list(each) == ["@id"]
                    and (each["@id"] in entities or key in ("conformsTo", "identifier", "url"))
                ), (entity["@id"], key)

    workflow = entities[root["mainEntity"]["@id"]]
    assert set(workflow["@type"]) >= {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert workflow["name"]
    language = entities[workflow["programmingLanguage"]["@id"]]
    assert language["@type"] == "ComputerLanguage"
    assert language["name"]
    assert language["url"]
    assert f"snakemake=={language['version']}\n" in (ROOT / "requirements.txt").read_text()
    for profile in ("process/0.5", "workflow/0.5"):
        uri = f"https://w3id.org/ro/wfrun/{profile}"
        assert uri in ids(root["conformsTo"])
        assert entities[uri]["@type"] == "CreativeWork"
    action = entities[root["mentions"]["@id"]]
    assert action["@type"] == "CreateAction"
    assert action["instrument"] == root["mainEntity"]
    return entities, action


def test_of_the_folder_of_a_run(make):
    folder = make()
    entities, action = check(folder)
    assert action["result"] == {"@id": "lab/split.csv"}
    inputs = [entities[each] for each in ids(action["object"])]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {each["name"]: {"sha256": each["sha256"]} for each in inputs} == manifest["inputs"]
    assert (folder / "Snakefile").read_bytes() == (ROOT / "Snakefile").read_bytes()
    assert CRATE not in manifest["outputs"]
    workflow = entities["Snakefile"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert workflow["version"] == __version__
    assert workflow["name"] == citation["title"]
    authors = [entities[each]["name"] for each in ids(workflow["author"])]
    assert authors == [author["name"] for author in citation["authors"]]
    assert entities["./"]["datePublished"] == citation["date-released"]


def test_of_an_archive(unpacked):
    entities, action = check(unpacked)
    assert action["result"] == {"@id": "results/mine/lab/split.csv"}
    assert sorted(entities[each]["alternateName"] for each in ids(action["object"])) == [
        INPUT,
        "start/config.json",
    ]
    check(unpacked / "results/mine")


def test_of_a_whole_run(finished):
    entities, action = check(finished / "results/small")
    assert len(action["result"]) > 60
    assert str(finished) not in json.dumps(entities)


def test_the_same_run_gives_the_same_bytes(make, monkeypatch):
    """Also on another machine with other packages."""
    first = (make() / CRATE).read_bytes()
    monkeypatch.setattr("aptarank.core.machine.versions", lambda: {"python": "4"})
    monkeypatch.setattr("aptarank.core.machine.describe", lambda: {"threads": 1000})
    assert (make() / CRATE).read_bytes() == first


def test_the_licence_is_that_of_the_config(make):
    assert "Not given" in read(make())[1]["./"]["license"]
    _, entities = read(make(publish={"license": "CC-BY-4.0"}))
    (given,) = ids(entities["./"]["license"])
    assert entities[given]["name"] == "CC-BY-4.0"
    assert ids(entities["Snakefile"]["license"]) == ["https://spdx.org/licenses/MIT"]


def test_a_citation_with_people_and_a_doi(tmp_path):
    (tmp_path / "Snakefile").touch()
    person = {"given-names": "Ada", "family-names": "Lovelace", "orcid": "https://orcid.org/0"}
    assert author_entities({"authors": [person]}) == [
        {"@id": "https://orcid.org/0", "@type": "Person", "name": "Ada Lovelace"}
    ]
    citation = {"title": "t", "license": "MIT", "doi": "10.1/2", "repository-code": "https://a.b"}
    found = workflow_entity(BLANKS, tmp_path, "", citation)
    assert found["citation"] == {"@id": "https://doi.org/10.1/2"}
    assert found["url"] == "https://a.b"
    assert "not in a git repository" in found["description"]
    changed = BLANKS | {"git": {"commit": "abc", "modified": True}}
    assert "abc with changes" in workflow_entity(changed, tmp_path, "", citation)["description"]
