"""Tables: they say what the rows say, name every number, and compile whatever the names are."""

import re
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.publication.latex import TABLE_TYPES, table_texts, visible, write_tables
from scramblebench.publication.latex.macros import macros_tex
from scramblebench.publication.latex.writing import tables_of
from scramblebench.publication.numbers import decimal, number_id, percent, report_rows
from scramblebench.publication.results import rows_by_id
from scramblebench.publication.source import Publication
from scramblebench.statistics import Status
from tests.experiment_tracking.studies import simulated
from tests.publication.latex.tex import compile_tex, needs_latex, text_of
from tests.publication.support import preregistered, publication_of

HOSTILE = ("\\input{/etc/passwd}%", "a&b_c#d$e^f~", "\\\\[2cm] 日本\x07 {")


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    models = [{**simulated(f"m{n}"), "label": label} for n, label in enumerate(HOSTILE)]
    return publication_of(
        tmp_path_factory.mktemp("hostile"),
        models=models,
        benchmarks={"50%_{of} & [it]": {"generated": {"per_domain": 4}}},
    )


def commented_ids(text: str) -> list[str]:
    """Return the ids in the comments above lines."""
    lines = [line[2:] for line in text.splitlines() if line.startswith("% ")]
    return [name for line in lines[1:] for name in line.split()]


def test_all_types_are_written(publication: Publication, tmp_path: Path):
    files = write_tables(publication, tmp_path)
    assert list(files) == [*TABLE_TYPES, "all_tables", "macros"]
    assert files["cost"] == tmp_path / "tables" / "cost.tex"
    texts = table_texts(publication)
    assert all(files[name].read_text(encoding="utf-8") == text for name, text in texts.items())
    assert all(f"\\label{{tab:{name}}}" in text for name, text in texts.items())


def test_the_same_publication_gives_the_same_bytes(publication: Publication):
    assert table_texts(publication) == table_texts(publication)


def test_unknown_types_are_refused_and_nothing_is_written(publication: Publication, tmp_path: Path):
    with pytest.raises(UsageError, match=r"'resume'; there are summary, model_comparison, signif"):
        write_tables(publication, tmp_path, ["cost", "resume"])
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_is_refused_where_it_is_asked_for(publication: Publication):
    bare = replace(publication, report=replace(publication.report, domains=()))
    assert "domains" not in table_texts(bare)
    with pytest.raises(UsageError, match="nothing for the table 'domains'"):
        table_texts(bare, ["domains"])


def test_every_id_in_a_comment_is_a_number_of_the_results(publication: Publication):
    rows = rows_by_id(publication)
    for text in table_texts(publication).values():
        ids = commented_ids(text)
        assert ids
        for name in ids:
            stem, _, field = name.partition("#")
            assert stem in rows
            assert not field or field in rows[stem]


def test_accuracies_stand_under_their_levels(publication: Publication):
    text = table_texts(publication, ["summary"])["summary"]
    rows = {number_id(row): row for row in publication.report.accuracy}
    for comment, line in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        if comment.startswith("% accuracy/"):
            own = [rows[name] for name in comment[2:].split() if "#" not in name]
            cells = [
                cell.removeprefix(r"\bfseries ") for cell in line.removesuffix(r" \\*").split(" & ")
            ]
            assert cells[1:] == [percent(row.accuracy) for row in own]
            assert [row.level_pct for row in own] == [0, 33, 67, 100]
            assert len({row.model for row in own}) == 1


def test_simulated_models_are_labelled_in_every_table_and_caption(publication: Publication):
    for name in TABLE_TYPES:
        for table in tables_of(publication, name):
            assert "Simulated models are no measurements" in table.caption
            assert any("Simulated, and no measurements" in note for note in table.notes)
    for text in table_texts(publication).values():
        assert "llama3:\\allowbreak{}8b (simulated)" in text or "GPT" not in text


def test_tests_print_raw_and_adjusted_p_and_bold_only_what_is_clear(publication: Publication):
    (table, *_) = tables_of(publication, "significance_tests")
    rows = {number_id(r, "p_adjusted"): r for r in publication.report.comparisons}
    alpha = publication.report.options.alpha
    found = [
        cell for line in table.lines for cell in line.cells if cell.ids and cell.ids[0] in rows
    ]
    assert len(found) == 9
    for cell in found:
        row = rows[cell.ids[0]]
        assert ("\\bfseries" in cell.text) == (row.p_adjusted < alpha)
        shown = "0.001" if row.p_adjusted < 0.001 else f"{row.p_adjusted:.3f}"
        assert shown in cell.text
    assert any("family of 3 tests" in note for note in table.notes)


def test_a_model_is_bold_only_where_it_beats_every_other(publication: Publication):
    report = publication.report
    text = table_texts(publication, ["summary"])["summary"]
    assert "bfseries" not in text  # llama3:8b and GPT are the same model
    won = [
        replace(row, estimate=0.5 if row.first == "llama3:8b" else -0.5, p_adjusted=0.01)
        for row in report.comparisons
    ]
    clear = replace(publication, report=replace(report, comparisons=tuple(won)))
    text = table_texts(clear, ["summary"])["summary"]
    assert text.count("\\bfseries") == 4  # every level
    assert "Bold: higher than every other model" in text
    nearly = [replace(row, p_adjusted=0.2) if row.second == "GPT" else row for row in won]
    doubtful = replace(publication, report=replace(report, comparisons=tuple(nearly)))
    assert "bfseries" not in table_texts(doubtful, ["summary"])["summary"]


def test_undefined_is_a_dash_with_its_reason_and_never_zero(publication: Publication):
    report = publication.report
    first, *others = report.dependency
    undefined = replace(
        first, estimate=nan, low=nan, high=nan, status=Status.BASELINE_NOT_ABOVE_CHANCE
    )
    partly = replace(publication, report=replace(report, dependency=(undefined, *others)))
    text = table_texts(partly, ["model_comparison"])["model_comparison"]
    assert r"{\textendash{}\textsuperscript{a}}" in text
    assert r"\textsuperscript{a}\,The baseline is not above chance." in text
    none = [replace(undefined, model=row.model) for row in report.dependency]
    without = replace(publication, report=replace(report, dependency=tuple(none)))
    text = table_texts(without, ["model_comparison"])["model_comparison"]
    assert "Dependency &" not in text
    assert "No dependency coefficient for any model: the baseline is not above chance." in text


def test_not_reached_is_a_threshold(publication: Publication):
    report = publication.report
    rows = [
        replace(row, level_pct=inf, low_pct=81.25, high_pct=inf, status=Status.NOT_REACHED)
        for row in report.thresholds
    ]
    never = replace(publication, report=replace(report, thresholds=tuple(rows)))
    text = table_texts(never, ["thresholds"])["thresholds"]
    assert r"{\textgreater{}\,100}" in text
    assert r"[81.2,\,\textgreater{}\,100]" in text
    assert "nothing is extrapolated" in text


def test_large_families_of_pairs_are_counted_and_not_printed(publication: Publication):
    report = publication.report
    pairs = [row for row in report.comparisons if row.kind == "dependency"]
    many = [replace(pairs[0], first=f"m{n}", p_adjusted=0.01, equivalence_p=0.9) for n in range(50)]
    large = replace(publication, report=replace(report, comparisons=tuple(many)))
    (table,) = tables_of(large, "significance_tests")
    (line,) = [line for line in table.lines if line.cells]
    assert [cell.text for cell in line.cells] == ["{Holm}", "50", "50", "50", "0"]


def test_tables_say_what_is_confirmatory(publication: Publication, tmp_path: Path):
    assert "Nothing was preregistered: exploratory." in table_texts(publication)["thresholds"]
    frozen = preregistered(tmp_path, benchmarks={"b": {"generated": {"per_domain": 2}}})
    text = table_texts(frozen)
    tests, *pairs = tables_of(frozen, "significance_tests")
    assert any("Confirmatory, as preregistered." in note for note in tests.notes)
    assert all(any("not declared" in note for note in table.notes) for table in pairs)
    assert "Exploratory: thresholds not declared." in text["thresholds"]


def test_lines_of_a_mixed_table_say_which_are_exploratory(tmp_path: Path):
    frozen = preregistered(tmp_path, benchmarks={"b": {"generated": {"per_domain": 2}}})
    first, *others = frozen.report.comparisons
    mixed = replace(
        frozen, report=replace(frozen.report, comparisons=(replace(first, level_pct=34), *others))
    )
    (table, *_) = tables_of(mixed, "significance_tests")
    marked = [line for line in table.lines for cell in line.cells if "superscript" in cell.text]
    assert marked
    assert any("Exploratory: " in note for note in table.notes)


def test_contrasts_stand_by_place_and_model(tmp_path: Path):
    study = publication_of(
        tmp_path,
        benchmarks={
            name: {"generated": {"per_domain": 2, "variant": n}} for n, name in enumerate("ab", 1)
        },
        statistical_analysis={"n_resamples": 999, "control_benchmark": "b"},
    )
    (table,) = [t for t in tables_of(study, "significance_tests") if "control" in t.caption]
    heads = [line.heads[0] for line in table.lines if line.heads[0]]
    assert heads == [
        "difference in differences: a, character_substitution, against b",
        "llama3:8b (simulated)", "gemma3:7b (simulated)", "GPT (simulated)",
    ]  # fmt: skip
    assert len([line for line in table.lines if line.cells]) == len(study.report.contrasts)


def test_macros_have_letters_only_and_say_what_the_rows_say(publication: Publication):
    text = macros_tex(publication)
    found = dict(re.findall(r"\\newcommand\{\\(\w+)\}\{(.*)\}% \S", text))
    assert len(found) == text.count("newcommand")
    assert all(name.isalpha() for name in found)
    row = publication.report.dependency[0]
    assert found["SBDependencyLlamaThreeEightBBCharacterSubstitution"] == decimal(row.estimate, 3)
    assert found["SBExperimentNTrials"] == f"{publication.record.n_trials:,}"
    ids = re.findall(r"% (\S+)", text.partition("\\newcommand")[2])
    known = {number_id(row) for row in report_rows(publication.report)}
    assert {name for name in ids if name.startswith("dependency/") and "#" not in name} <= known


def test_macros_of_names_without_letters_stay_apart(hostile: Publication):
    names = re.findall(r"\\newcommand\{\\(\w+)\}", macros_tex(hostile))
    assert len(set(names)) == len(names)


def test_all_tables_are_anonymous_where_the_publication_is(
    publication: Publication, tmp_path: Path
):
    write_tables(replace(publication, is_anonymous=True), tmp_path)
    text = (tmp_path / "all_tables.tex").read_text(encoding="utf-8")
    assert "Anonymous" in text
    assert "Smith" not in text


@needs_latex
def test_all_tables_compile_alone_with_hostile_names(hostile: Publication, tmp_path: Path):
    write_tables(hostile, tmp_path)
    log = compile_tex(tmp_path, "all_tables.tex", times=2)
    assert widest(log) < 5
    shown = re.sub(r"\s", "", text_of(tmp_path / "all_tables.pdf"))
    for label in HOSTILE:
        assert shown.count(re.sub(r"\s", "", visible(f"{label} (simulated)"))) >= 4
    assert "root:" not in shown


@needs_latex
def test_tables_and_macros_go_into_a_narrow_paper(publication: Publication, tmp_path: Path):
    write_tables(publication, tmp_path)
    inputs = "".join(f"\\input{{tables/{name}}}" for name in TABLE_TYPES)
    paper = (
        "\\documentclass[10pt]{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}"
        "\\usepackage[textwidth=5.5in,textheight=9in]{geometry}"
        "\\usepackage{array,booktabs,longtable,multirow,siunitx,threeparttable}\\input{macros}"
        "\\begin{document}The coefficient is \\SBDependencyGPTBCharacterSubstitution, see "
        f"table~\\ref{{tab:summary}}.{inputs}\\end{{document}}"
    )
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    assert widest(compile_tex(tmp_path, "paper.tex", times=2)) < 5
    row = next(row for row in publication.report.dependency if row.model == "GPT")
    shown = re.sub(r"\s+", " ", text_of(tmp_path / "paper.pdf"))
    assert f"The coefficient is {decimal(row.estimate, 3)}, see table 1." in shown


def widest(log: str) -> float:
    """Return by how many points the widest line is too wide."""
    return max(map(float, re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)), default=0)
