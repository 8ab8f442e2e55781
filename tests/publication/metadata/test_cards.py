"""Cards, datasheet and licences: what is known, what is not, and that neither looks like the other."""

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import UsageError
from scramblebench.publication.metadata import FileRole, PackagedFile, describe
from scramblebench.publication.metadata.cards import (
    cost_words,
    latency_words,
    model_cards,
    quantisation,
    slugs,
)
from scramblebench.publication.metadata.datasheet import datasheet
from scramblebench.publication.metadata.licences import (
    OF_OTHERS,
    code_licence_text,
    data_licence_text,
    licence,
)
from scramblebench.publication.source import ModelFacts, Publication, Served
from scramblebench.settings import ProviderName


def card(publication: Publication, facts: ModelFacts) -> str:
    changed = replace(publication, models=(facts,))
    return next(iter(model_cards(changed, describe(publication))))[1]


def asked(publication: Publication, **changes: object) -> ModelFacts:
    """The first model as if it had been asked over HTTP."""
    facts = publication.models[0]
    spec = facts.spec.model_copy(update={"provider": ProviderName.OPENAI, **changes})
    return replace(facts, spec=spec)


def test_a_card_has_the_accuracies_of_the_report(publication: Publication):
    facts = publication.models[0]
    text = card(publication, facts)
    rows = [row for row in publication.report.accuracy if row.model == facts.spec.shown_name]
    assert rows
    for row in rows:
        numbers = f"| {row.accuracy:.3f} | [{row.low:.3f}, {row.high:.3f}] |"
        assert f"| {row.level_pct:g} {numbers} {row.n_questions:,} | {row.n_missing:,} |" in text


def test_simulated_models_say_so_first(publication: Publication):
    text = card(publication, publication.models[0])
    assert "(simulated)" in text.splitlines()[0]
    assert text.index("made up the answers") < text.index("## Accuracy")
    assert "no claim about any model" in text


def test_imported_models_have_no_parameters(publication: Publication):
    text = card(publication, asked(publication, provider=ProviderName.IMPORTED))
    assert "temperature" not in text
    assert "max_tokens" not in text
    assert "| tokens, latency, cost | not recorded |" in text
    assert "first import" in text


def test_decoding_parameters_are_those_of_the_configuration(publication: Publication):
    facts = asked(
        publication, temperature=0.7, max_tokens=99, top_p=0.9, seed=5, stop=("\n|",), num_ctx=4096
    )
    text = card(publication, facts)
    for line in (
        "| temperature | 0.7 |",
        "| max_tokens | 99 |",
        "| top_p | 0.9 |",
        "| seed | 5 |",
    ):
        assert line in text
    assert "| num_ctx | 4096 |" in text
    assert "| stop | '\\\\n\\|' |" in text
    assert "top_p | not set" in card(publication, asked(publication))


def test_what_was_not_answered_is_a_dash_with_its_reason(publication: Publication):
    facts = publication.models[0]
    rows = tuple(
        replace(row, accuracy=nan, low=nan, high=nan, n_answered=0, n_questions=0)
        if row.model == facts.spec.shown_name
        else row
        for row in publication.report.accuracy
    )
    changed = replace(publication, report=replace(publication.report, accuracy=rows))
    text = card(changed, facts)
    assert "| – (nothing was answered) | – | 0 |" in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("known", "n_unknown", "words"),
    [
        (0, 0, "0.000000 USD"),
        (1_250_000, 0, "1.250000 USD"),
        (1_250_000, 3, "1.250000 USD, and that of 3 responses is not known"),
        (0, 10, "not known"),
    ],
)
def test_unknown_cost_is_not_zero(publication: Publication, known: int, n_unknown: int, words: str):
    facts = replace(
        publication.models[0], n_answered=10, cost_microusd=known, n_cost_unknown=n_unknown
    )
    assert cost_words(facts) == words


def test_unknown_latency_is_not_zero(publication: Publication):
    facts = replace(publication.models[0], latencies_s=None)
    assert latency_words(facts) == "not recorded"


@pytest.mark.parametrize(
    ("name", "path", "served", "expected"),
    [
        ("llama3:8b", None, None, "not recorded"),
        ("llama3:8b-instruct-q4_K_M", None, None, "q4_K_M"),
        ("x", "C:\\Q8_0\\weights.IQ2_XS.gguf", None, "IQ2_XS"),
        ("x", None, "SmolLM2.Q4_1.gguf", "Q4_1"),
        ("TheBloke/Llama-2-7B-AWQ", None, None, "AWQ"),
        ("model-fp16", None, "model-bf16", "fp16, bf16"),
        ("model-8bit", None, None, "8bit"),
        ("qwen2-72b", None, None, "not recorded"),
        ("gpt-4-0314", None, None, "not recorded"),
    ],
)
def test_quantisation_is_what_a_name_says(
    publication: Publication, name: str, path: str | None, served: str | None, expected: str
):
    facts = asked(publication, name=name, path=path)
    facts = replace(facts, served=(Served(served, None, None, 1),))
    assert quantisation(facts) == expected


@given(st.lists(st.text(max_size=12) | st.sampled_from(["a", "A", "a-2", "ä"]), max_size=12))
def test_file_names_differ_and_are_plain(names: list[str]):
    found = slugs(names)
    assert len(set(found)) == len(names)
    assert all(
        slug == slug.lower() and slug.strip("-.") == slug and slug.isascii() for slug in found
    )
    assert not any("/" in slug or "\\" in slug for slug in found)


def test_datasheet_has_the_seven_headings_and_guesses_nothing(publication: Publication):
    text = datasheet(publication, describe(publication), ())
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Motivation", "Composition", "Collection process", "Preprocessing, cleaning, labelling", "Uses",
        "Distribution", "Maintenance",
    ]  # fmt: skip
    assert "**Funding.** Not recorded." in text
    assert "There are no data files in this package." in text
    assert "claims about real models from simulated answers" in text


def test_missing_responses_are_counted_with_their_reasons(publication: Publication):
    record = replace(publication.record, n_answered=publication.record.n_trials - 7)
    facts = replace(publication.models[0], failures={"rate_limit": 9, "timeout": 2})
    changed = replace(publication, record=record, models=(facts, *publication.models[1:]))
    text = datasheet(changed, describe(changed), ())
    assert "**Missing.** 7 of" in text
    assert "rate limit 9, timeout 2" in text
    assert "7 planned responses of" in describe(changed).text


def test_licence_texts_name_year_holder_and_address():
    code = code_licence_text(licence("MIT"), 2026, "Jane Smith")
    assert code.startswith("MIT License\n\nCopyright (c) 2026 Jane Smith\n")
    assert "WITHOUT WARRANTY OF ANY KIND" in code
    data = data_licence_text(licence("CC-BY-4.0"), 2026, "Jane Smith")
    assert "https://creativecommons.org/licenses/by/4.0/" in data
    assert OF_OTHERS in data
    other = code_licence_text(licence("Apache-2.0"), 2026, "Jane Smith")
    assert "https://spdx.org/licenses/Apache-2.0" in other


@pytest.mark.parametrize("words", ["", "my own", "MIT\n", "../x"])
def test_a_licence_that_is_none_is_refused(words: str):
    with pytest.raises(UsageError, match="SPDX"):
        licence(words)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "a//b", ".", "./a"])
def test_a_packaged_file_lies_in_the_package(path: str):
    with pytest.raises(ValueError, match="inside a package"):
        PackagedFile(
            path=path, size=1, sha256="0" * 64, media_type="text/plain", description="x.",
            role=FileRole.DATA,
        )  # fmt: skip


def test_no_author_is_said_and_not_invented(publication: Publication):
    about = describe(replace(publication, authors=()))
    assert [creator.full for creator in about.creators] == ["Author not recorded"]


def test_times_of_imports_are_no_times_of_asking(publication: Publication, tmp_path: Path):
    models = tuple(
        replace(facts, spec=facts.spec.model_copy(update={"provider": ProviderName.IMPORTED}))
        for facts in publication.models
    )
    about = describe(replace(publication, models=models))
    assert (about.asked_from, about.asked_to) == (None, None)
    assert describe(publication).asked_from is not None
