"""What must not leave this machine: folders always, names for double-blind review."""

import gzip
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from scramblebench.publication.package.archive import write_archive
from scramblebench.publication.package.building import build_package
from scramblebench.publication.package.checking import check_package
from scramblebench.publication.redaction import portable, redacted
from scramblebench.publication.source import Author, Publication
from scramblebench.settings import ModelSpec
from tests.publication.support import publication_of

SECRETS = (
    "Jane Smith", "Smith", "jane@lab.example", "Reading Lab", "0000-0002-1825-0097", "/home/jane",
    "models.lab.example", "smithy",
)  # fmt: skip


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """Return a study that names its author wherever a study can."""
    found = publication_of(
        tmp_path_factory.mktemp("study"),
        description="Made at the Reading Lab by Jane Smith.",
        research_metadata={
            "researcher_name": "Jane Smith",
            "institution": "Reading Lab",
            "research_question": "Does Smith's effect hold?",
            "hypothesis": "As Jane Smith says.",
        },
    )
    spec = found.plan.spec
    model = ModelSpec.model_validate(
        spec.models[0].model_dump()
        | {"base_url": "https://models.lab.example/v1", "path": "/home/jane/models/x.gguf"}
    )
    plan = found.plan
    plan.spec = spec.model_copy(update={"models": (model, *spec.models[1:])})
    return replace(
        found,
        plan=plan,
        authors=(Author("Jane Smith", "Reading Lab", "0000-0002-1825-0097"),),
        abstract="Jane Smith (jane@lab.example) shows this in /home/jane/work.",
        title="Smith on reading",
        source_text=found.source_text + "\n# by Jane Smith, https://models.lab.example/v1\n",
        events=tuple(replace(event, actor="smithy") for event in found.events),
        models=tuple(
            replace(facts, spec=own)
            for facts, own in zip(found.models, plan.spec.models, strict=True)
        ),
        record=replace(found.record, researcher_name="Jane Smith", institution="Reading Lab"),
    )


def content(folder: Path, archive: Path, publication: Publication) -> bytes:
    """Return all bytes of a package but its program, whose documentation has names of its own, unpacked."""
    write_archive(folder, archive, publication.stamp)
    found = [
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".whl"
    ]
    found += [gzip.decompress(path.read_bytes()) for path in folder.rglob("*.gz")]
    for path in folder.rglob("*.xlsx"):
        with zipfile.ZipFile(path) as parts:
            found += [parts.read(name) for name in parts.namelist()]
    return b"\n".join(found)


def test_an_anonymous_package_names_nobody_and_is_equal_when_made_again(
    named: Publication, tmp_path: Path
):
    publication, removed = redacted(portable(named))
    assert removed
    data = build_package(publication, tmp_path / "p", removed=removed)
    everything = content(data.folder, tmp_path / "p.zip", publication)
    assert [secret for secret in SECRETS if secret.encode() in everything] == []
    assert (data.folder / "ANONYMOUS.md").read_text().count("- ") == len(removed)
    assert {p.name: p.differences for p in check_package(data.folder) if p.differences} == {}


def test_what_was_left_out_is_said_without_repeating_it(named: Publication):
    _, removed = redacted(named)
    assert not [word for word in SECRETS if word in "\n".join(removed)]


def test_no_package_has_the_folders_of_this_machine(named: Publication, tmp_path: Path):
    publication = portable(named)
    build_package(publication, tmp_path / "p", include_figures=False)
    text = (tmp_path / "p" / "config" / "facts.json").read_text()
    assert "x.gguf" in text
    assert "/home/jane/models" not in text
