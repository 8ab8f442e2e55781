"""Each file against the schema or the reader of its format; Zenodo and CodeMeta against their documentation."""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import yaml

from scramblebench.publication.metadata import rocrate
from scramblebench.publication.source import Publication
from tests.publication.metadata.packages import read_json

CFF_SCHEMA = json.loads((Path(__file__).parent / "schemas" / "cff-1.2.0.json").read_text("utf-8"))


def check_cff(text: str) -> dict[str, Any]:
    """Return what a CITATION.cff says; fails where its schema refuses it."""
    values = yaml.safe_load(text)
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.Draft7Validator(CFF_SCHEMA, format_checker=checker).validate(values)
    return values


def test_citation_is_valid(package: Path):
    found = check_cff((package / "CITATION.cff").read_text("utf-8"))
    assert found["title"] == "A small study"
    assert found["authors"] == [
        {"family-names": "Smith", "given-names": "Jane", "affiliation": "Reading Lab"}
    ]
    assert found["license"] == "CC-BY-4.0"


def test_croissant_reads_the_data(publication: Publication, package: Path):
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(str(package / "data" / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    assert "http://mlcommons.org/croissant/1.1" in dataset.metadata.conforms_to
    stored = list(islice(publication.responses(), 5))
    read = list(islice(dataset.records("responses"), 5))
    assert [row["responses/trial_index"] for row in read] == [one.trial_index for one in stored]
    assert [row["responses/text"].decode() for row in read] == [one.response.text for one in stored]
    questions = list(dataset.records("questions"))
    assert len(questions) == len(publication.plan.questions)
    first = [text.decode() for text in questions[0]["questions/expected"]]
    assert first == list(publication.plan.questions[0].answers)


def test_croissant_says_what_is_true_and_no_more(package: Path):
    found = read_json(package / "data" / "croissant.json")
    assert found["rai:dataCollectionType"] == ["Others"]
    assert "simulated: nobody was asked" in found["rai:dataCollection"]
    assert found["rai:dataCollectionMissingData"].startswith("None:")
    for unknown in ("rai:personalSensitiveInformation", "rai:dataBiases", "rai:dataSocialImpact"):
        assert unknown not in found


def graph(package: Path) -> dict[str, dict[str, Any]]:
    entities = read_json(package / rocrate.NAME)["@graph"]
    found = {entity["@id"]: entity for entity in entities}
    assert len(found) == len(entities)
    return found


def test_crate_is_read_back(package: Path):
    reader = pytest.importorskip("rocrate.rocrate")
    crate = reader.ROCrate(package)
    assert crate.version == "1.3"
    assert crate.name == "A small study"
    assert {unquote(entity.id) for entity in crate.data_entities} == paths(package)


def test_crate_knows_every_file_but_itself(package: Path):
    entities = graph(package)
    parts = {unquote(part["@id"]) for part in entities["./"]["hasPart"]}
    assert parts == paths(package)
    for path in parts:
        entity = entities[path.replace(" ", "%20")]
        content = (package / path).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))
        assert entity["description"].endswith(".")


def paths(package: Path) -> set[str]:
    found = (path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    return {*found} - {rocrate.NAME}


def test_crate_has_what_the_specification_demands(package: Path):
    entities = graph(package)
    descriptor, root = entities[rocrate.NAME], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.3"}
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", root["datePublished"])
    licence = entities[root["license"]["@id"]]
    assert licence["@id"].startswith("https://")
    assert licence["name"]
    assert licence["description"]
    for entity in entities.values():
        for reference in references(entity):
            assert reference in entities or reference.startswith("https://w3id.org/ro/crate/")


def references(value: Any, is_inner: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        if is_inner and set(value) == {"@id"}:
            yield value["@id"]
        for inner in value.values():
            yield from references(inner, True)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner, True)


def test_crate_uses_terms_of_its_context_only(package: Path):
    pytest.importorskip("rocrate")
    text = (files("rocrate") / "data" / "ro-crate.jsonld").read_text("utf-8")
    published = json.loads(text)
    assert published["@id"] == rocrate.CONTEXT
    known = set(published["@context"])
    for entity in graph(package).values():
        types = entity["@type"]
        used = {*entity, *([types] if isinstance(types, str) else types)}
        assert {term for term in used if not term.startswith("@")} <= known


def test_deposit_has_the_documented_fields(package: Path):
    found = read_json(package / ".zenodo.json")
    assert set(found) == {
        "access_right", "creators", "description", "keywords", "license", "notes", "publication_date",
        "title", "upload_type", "version",
    }  # fmt: skip
    assert (found["upload_type"], found["access_right"]) == ("dataset", "open")
    assert found["license"] == "cc-by-4.0"
    assert found["creators"] == [{"name": "Smith, Jane", "affiliation": "Reading Lab"}]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["publication_date"])
    assert found["description"].startswith("<p>")


def test_software_has_the_documented_terms(package: Path):
    found = read_json(package / "codemeta.json")
    assert found["@context"] == "https://w3id.org/codemeta/3.0"
    assert found["@type"] == "SoftwareSourceCode"
    assert set(found) == {
        "@context", "@type", "author", "dateCreated", "datePublished", "description", "identifier",
        "keywords", "license", "name", "programmingLanguage", "softwareRequirements", "version",
    }  # fmt: skip
    assert found["license"] == "https://spdx.org/licenses/MIT"
    assert found["author"][0]["givenName"] == "Jane"
    needed = {one["name"]: one["version"] for one in found["softwareRequirements"]}
    assert {"scramblebench", "numpy", "scipy", "statsmodels"} <= set(needed)


def test_all_say_the_same(publication: Publication, package: Path):
    cff = yaml.safe_load((package / "CITATION.cff").read_text("utf-8"))
    deposit, software = read_json(package / ".zenodo.json"), read_json(package / "codemeta.json")
    data, crate = read_json(package / "data" / "croissant.json"), graph(package)["./"]
    day = publication.stamp.date().isoformat()
    assert {cff["title"], deposit["title"], software["name"], data["name"], crate["name"]} == {
        publication.title
    }
    versions = {one["version"] for one in (cff, deposit, software, data, crate)}
    assert len(versions) == 1
    assert {
        cff["date-released"], deposit["publication_date"], software["datePublished"],
        data["datePublished"][:10], crate["datePublished"],
    } == {day}  # fmt: skip
    assert {
        cff["abstract"],
        software["description"],
        data["description"],
        crate["description"],
    } == {cff["abstract"]}
    assert "are simulated: their numbers are no measurements" in cff["abstract"]
