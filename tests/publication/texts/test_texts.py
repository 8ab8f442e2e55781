"""Texts: true for their experiment, from one structure, with evidence that exists."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scramblebench.analysis.summary import summary
from scramblebench.publication.latex.document import preamble
from scramblebench.publication.results import rows_by_id
from scramblebench.publication.source import Publication
from scramblebench.publication.texts import text_files, write_texts
from scramblebench.publication.texts.checklist import Answer
from scramblebench.publication.texts.checklists import arr_entries, neurips_entries
from scramblebench.publication.texts.gathering import doses, seen_in
from scramblebench.publication.texts.markdown import escape_markdown
from scramblebench.settings import ProviderName
from tests.experiment_tracking.studies import simulated
from tests.publication.latex.tex import compile_tex, needs_latex, text_of
from tests.publication.support import preregistered, publication_of

_FILES = {
    "README.md", "paper/methods.md", "paper/results.md", "paper/limitations.md", "results/results.json",
    "paper/tables/cost.tex", "paper/tables/significance_tests.tex",
}  # fmt: skip


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    prompt = "\\end{{quote}}\n# {question}\n``` {{x}} <b>%\\input{{/etc/passwd}}"
    return publication_of(
        tmp_path_factory.mktemp("hostile"),
        models=[{**simulated("m"), "label": "\\write18{x} # <script>\x07", "system_prompt": "$x_"}],
        benchmarks={"a_b*c*": {"generated": {"per_domain": 3}, "prompt_template": prompt}},
    )


def as_imported(publication: Publication) -> Publication:
    """Return the publication as if all responses came from files."""
    facts = [
        replace(f, spec=f.spec.model_copy(update={"provider": ProviderName.IMPORTED}))
        for f in publication.models
    ]
    return replace(publication, models=tuple(facts))


def test_all_texts_are_written(publication: Publication, tmp_path: Path):
    found = [path.relative_to(tmp_path).as_posix() for path in write_texts(publication, tmp_path)]
    assert found == [
        "methods.md", "methods.tex", "results.md", "results.tex", "limitations.md",
        "checklists/neurips.tex", "checklists/arr_responsible_nlp.md",
    ]  # fmt: skip
    assert text_files(publication) == text_files(publication)


def test_methods_say_what_was_done(publication: Publication):
    text = text_files(publication)["methods.md"]
    n = len(publication.plan.questions)
    for words in (
        "Nothing was preregistered: every test here is exploratory.",
        "llama3:8b (simulated) was simulated: no model was asked. Ability 3,",
        "GPT (simulated) (requested as gpt-4o)",
        f"b: {n} questions.",
        "The seed is 1;",
        "character_substitution, levels 33, 67 and 100. Letters are replaced",
        "case, script, word lengths, punctuation, numbers.",
        f"{12 * n:,} trials were planned: 3 models, {n} questions and 4 conditions, each asked once.",
        "No request failed. No provider was paid.",
        "No response was excluded.",
        "percentiles of 999 bootstrap resamples",
        "each level against the baseline: 9 tests, 9 of them defined (McNemar, mid-p); Holm",
        f"has the seed {publication.report.seed}",
    ):
        assert words in text


def test_every_scorer_that_judged_is_named_with_its_count(publication: Publication):
    seen = seen_in(publication)
    text = text_files(publication)["methods.md"]
    assert sum(seen.scorers.values()) == publication.record.n_answered
    for label, n in seen.scorers.items():
        assert re.search(rf"{label}: .* \({n:,} responses\)", text)


def test_realised_doses_rise_with_the_level_and_are_near_it(publication: Publication):
    found = doses(publication)
    assert [dose.level_pct for dose in found] == [33, 67, 100]
    assert all(abs(dose.realised - dose.level_pct / 100) < 0.05 for dose in found)
    assert found[0].edit_distance < found[1].edit_distance < found[2].edit_distance


def test_imported_responses_have_no_prompts_and_no_decoding(publication: Publication):
    text = text_files(as_imported(publication))["methods.md"]
    assert "The prompts of imported responses are not known here." in text
    assert "imported from files, not asked for by scramblebench" in text
    assert "scrambled elsewhere" in text
    assert "temperature" not in text
    assert "system prompt" not in text
    assert "Realised" not in text


def test_missing_and_failed_are_counted_and_not_wrong(publication: Publication):
    first, *others = publication.models
    partly = replace(
        publication,
        record=replace(publication.record, n_answered=publication.record.n_answered - 5),
        models=(
            replace(first, n_answered=first.n_answered - 5, failures={"rate_limited": 7}),
            *others,
        ),
    )
    text = text_files(partly)["methods.md"]
    assert "and 5 are missing; missing responses are left out, not counted as wrong" in text
    assert "Requests failed: 7 rate limited." in text
    assert "failed requests: 7 rate limited" in text


def test_what_was_preregistered_is_said_and_whether_it_holds(tmp_path: Path):
    frozen = preregistered(tmp_path, benchmarks={"b": {"generated": {"per_domain": 2}}})
    assert frozen.preregistration is not None
    text = text_files(frozen)["methods.md"]
    assert f"sha256 {frozen.preregistration['sha256'][:12]}" in text
    assert "confirmatory: dependency, levels; all else is exploratory" in text
    broken = {**frozen.preregistration, "faults": ["the plan is another"]}
    files = text_files(replace(frozen, preregistration=broken))
    for name in ("methods.md", "limitations.md"):
        assert "nothing is confirmatory: the plan is another" in files[name]


def test_results_are_the_sentences_of_the_analysis(publication: Publication):
    text = text_files(publication)["results.md"]
    for words in summary(publication.report):
        assert f"- {escape_markdown(words)}" in text
    assert "no measurements" in text
    assert "no significant difference" not in text.lower()


def test_limitations_are_the_experiment_s_own(publication: Publication):
    text = text_files(publication)["limitations.md"]
    for caution in publication.report.cautions:
        assert escape_markdown(caution) in text
    assert "nothing was preregistered" in text
    assert "max-T is less cautious" in text


def test_evidence_of_checklists_is_in_the_package(publication: Publication):
    rows = rows_by_id(publication)
    for entries in (neurips_entries(publication), arr_entries(publication)):
        for entry in entries:
            for place in entry.evidence:
                stem, _, field = place.partition("#")
                assert place in _FILES or (stem in rows and (not field or field in rows[stem]))
            assert entry.answer in (Answer.TODO, Answer.NA) or entry.evidence
    assert len(neurips_entries(publication)) == 16
    answers = {e.subject: e.answer for e in neurips_entries(as_imported(publication))}
    assert answers["Experimental setting and details"] is Answer.NO


def test_nobody_is_named_where_the_publication_is_anonymous(publication: Publication):
    texts = "".join(text_files(replace(publication, is_anonymous=True)).values())
    assert "Smith" not in texts
    assert "Reading Lab" not in texts


@needs_latex
def test_both_forms_say_the_same_and_hostile_words_compile(hostile: Publication, tmp_path: Path):
    write_texts(hostile, tmp_path)
    inputs = "\\input{methods}\\input{results}\\input{checklists/neurips}"
    (tmp_path / "t.tex").write_text(f"{preamble()}\\begin{{document}}{inputs}\\end{{document}}")
    log = compile_tex(tmp_path, "t.tex")
    assert max(map(float, re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)), default=0) < 5
    shown = re.sub(r"-\n|\s", "", text_of(tmp_path / "t.pdf"))
    for words in (
        r"\write18{x}#<script>[U+0007](simulated)(requestedasm)wassimulated",
        r"\end{{quote}}#{question}```{{x}}<b>%\input{{/etc/passwd}}",
        "Thesystempromptforquestionsjudgedbynumber:$x_",
        "a_b*c*:15questions.",
    ):
        assert words in shown
    assert "root:" not in shown
