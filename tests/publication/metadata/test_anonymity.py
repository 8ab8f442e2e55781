"""Double-blind review: nothing that tells who or where, and a list of what was left out."""

from dataclasses import replace
from pathlib import Path

from scramblebench.publication.metadata import anonymised
from scramblebench.publication.source import Author, Publication
from scramblebench.settings import ProviderName
from tests.publication.metadata import packages

SECRETS = (
    "Jane", "Quillfeather", "Institute of Reading", "0000-0002-1825-0097", "gpu7.lab.example",
    "github.com/quill", "quill@lab.example", "/home/quill", "Prof. Zebrowski", "Zebra House",
)  # fmt: skip


def identified(publication: Publication) -> Publication:
    """The publication of somebody who tells who they are wherever they can."""
    record = replace(
        publication.record, researcher_name="Prof. Zebrowski", institution="Zebra House",
        research_question="Does it hold at Zebra House?",
        hypothesis="Prof. Zebrowski says so",
    )  # fmt: skip
    facts = publication.models[0]
    spec = facts.spec.model_copy(
        update={
            "base_url": "http://gpu7.lab.example:8000/v1",
            "path": "/home/quill/weights.Q4_K_M.gguf",
            "provider": ProviderName.OPENAI,
            "system_prompt": "You work for Jane Quillfeather at http://gpu7.lab.example",
        }
    )
    return replace(
        publication,
        title="Reading by Jane Quillfeather",
        abstract="Code: https://github.com/quill/x, write to quill@lab.example; files in /home/quill/x.",
        authors=(
            Author("Dr. Jane Quillfeather", "Institute of Reading", "0000-0002-1825-0097"),
            Author("{Zebra House}"),
        ),
        record=record,
        models=(replace(facts, spec=spec), *publication.models[1:]),
    )


def written(publication: Publication, folder: Path) -> dict[str, str]:
    packages.fill(publication, folder)
    paths = packages.describe(publication, folder)
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def test_names_are_there_where_nobody_hides(publication: Publication, tmp_path: Path):
    """That the secrets are where they are looked for: else the next test could not fail."""
    texts = "\n".join(written(identified(publication), tmp_path).values())
    assert [secret for secret in SECRETS if secret not in texts] == []
    assert anonymised(identified(publication)) == ()


def test_nothing_tells_who_or_where(publication: Publication, tmp_path: Path):
    hidden = replace(identified(publication), is_anonymous=True)
    for name, text in written(hidden, tmp_path).items():
        for secret in SECRETS:
            assert secret not in text, name
    assert "Anonymous" in (tmp_path / "CITATION.cff").read_text()
    card = next(path for path in sorted((tmp_path / "models").iterdir()) if "llama" in path.name)
    assert "Q4_K_M" in card.read_text()


def test_what_was_left_out_is_listed_without_being_told(publication: Publication):
    found = anonymised(replace(identified(publication), is_anonymous=True))
    assert found == (
        "2 names of authors",
        "1 affiliation",
        "1 ORCID",
        "the researcher's name in the experiment",
        "the institution in the experiment",
        "1 address of a provider",
        "1 folder of a model's file",
        "names or addresses in the title",
        "names or addresses in the abstract",
    )
    assert not any(secret in line for line in found for secret in SECRETS)
