"""What is confirmatory: declared, made as declared, at the planned end, by a preregistration that holds."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis import (
    AnalysisOptions,
    ComparisonRow,
    DeclaredRow,
    Report,
    make_report,
    marked_values,
    options_of,
    report_values,
    standing,
)
from scramblebench.analysis.options import Correction, correction
from scramblebench.analysis.preregistration import AnyRow, deviations, outside
from scramblebench.analysis.registration import registration_cautions, registration_words
from scramblebench.analysis.summary import summary
from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.evaluation import Registered
from scramblebench.plan import Plan
from scramblebench.plan.preregistration import correction_of, frozen_content, frozen_text
from scramblebench.settings import spec_from_mapping
from tests.analysis.cubes import conditions, falling, make

LEVELS = (0, 33, 67, 100)
METHODS = ("word_shuffle", "letter_noise")
ASKED = conditions(LEVELS, METHODS)
CUBE = make(
    falling(40, levels=(*LEVELS, *LEVELS[1:])), ASKED,
    benchmark=[n % 2 for n in range(40)], domain=[n // 20 for n in range(40)],
)  # fmt: skip
MODELS = CUBE.models
KINDS = ("accuracy", "domains", "dependency", "thresholds", "trends", "comparisons", "contrasts")
STOP = {"models": list(MODELS[:2]), "level": 33, "method": "word_shuffle"}


def registered(
    statistics: dict[str, Any] | None = None,
    models: tuple[str, ...] = MODELS,
    asked: tuple[Condition, ...] = ASKED,
    benchmarks: tuple[str, ...] = ("bench0", "bench1"),
    **declared: Any,
) -> Registered:
    """Return a preregistration of the cube, that holds, of an experiment that is over."""
    values = {
        "models": [{"name": model, "provider": "ollama"} for model in models],
        "benchmarks": {name: {"paths": "x.csv"} for name in benchmarks},
        "statistical_analysis": {"n_resamples": 999, **(statistics or {})},
        "preregistration": declared,
    }
    plan = Plan(spec_from_mapping(values).spec, [Question("q", "bench0", "?", ("1",))], asked)
    content = frozen_content(
        plan, experiment_id="e1", name="n", research_question="", hypothesis=None
    )
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Registered("5" * 64, moment.isoformat(), frozen_text(content, moment, "1"))


def options(**statistics: Any) -> AnalysisOptions:
    values = {"statistical_analysis": {"n_resamples": 999, **statistics}}
    return options_of(spec_from_mapping(values).spec.statistical_analysis)


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report("n", CUBE, options(control_benchmark="bench1", floor_method="letter_noise"))


def rows(report: Report) -> list[AnyRow]:
    return [row for kind in KINDS for row in getattr(report, kind)]


def kind_of(row: AnyRow) -> str:
    """Return the table of a row; of comparisons their kind."""
    table = type(row).__name__.removesuffix("Row").lower()
    if table == "accuracy":
        return "domain" if row.domain is not None else "accuracy"  # type: ignore[union-attr]
    return row.kind if table == "comparison" else table  # type: ignore[union-attr]


def test_nothing_is_anything_where_nothing_was_preregistered(report: Report):
    assert {standing(None, report.options, row) for row in rows(report)} == {""}
    assert list(registration_words(None)) == [
        "nothing was preregistered: every test here is exploratory"
    ]
    assert registration_cautions(None, report.options) == ()


ROWS = {
    "levels": {"accuracy", "level"},
    "dependency": {"dependency_row"},
    "thresholds": {"threshold"},
    "trends": {"trend"},
    "mean_accuracy": {"mean_accuracy"},
    "dependency_differences": {"dependency"},
    "contrasts": {"contrast"},
}


@pytest.mark.parametrize("analysis", ROWS)
def test_what_is_declared_is_confirmatory_and_nothing_else(report: Report, analysis: str):
    found = registered(
        {"control_benchmark": "bench1", "floor_method": "letter_noise"}, primary=[analysis]
    )
    by_kind: dict[str, set[str]] = {}
    for row in rows(report):
        name = "dependency_row" if type(row).__name__ == "DependencyRow" else kind_of(row)
        by_kind.setdefault(name, set()).add(standing(found, report.options, row))
    # "accuracy" names both points of a curve and comparisons of models at one level
    for name, words in by_kind.items():
        if name != "accuracy":
            assert words == {"confirmatory" if name in ROWS[analysis] else "exploratory"}, name
    points = {standing(found, report.options, row) for row in report.accuracy}
    assert points == {"confirmatory" if analysis == "levels" else "exploratory"}


def of_kind(report: Report, kind: str) -> list[ComparisonRow]:
    return [row for row in report.comparisons if row.kind == kind]


def words(found: Registered, used: AnalysisOptions, report: Report, kind: str) -> set[str]:
    return {standing(found, used, row) for row in of_kind(report, kind)}


def test_models_at_single_levels_can_be_declared(report: Report):
    assert words(registered(primary=["single_levels"]), report.options, report, "accuracy") == {
        "confirmatory"
    }


@pytest.mark.parametrize(
    ("changed", "still"),
    [
        ({}, {"level", "dependency", "mean_accuracy"}),
        ({"correction_method": "fdr"}, {"mean_accuracy"}),  # they were corrected so by Holm already
        ({"correction_method": "none"}, set()),
        ({"correction_method": "max_t"}, {"dependency"}),
        ({"family": "experiment"}, {"dependency", "mean_accuracy"}),
        ({"paired_test": "exact"}, {"dependency", "mean_accuracy"}),
        ({"confidence_level": 0.9}, set()),
        ({"accuracy_margin": 0.1}, {"dependency"}),
        ({"dependency_margin": 0.1}, {"level", "mean_accuracy"}),
        ({"control_benchmark": "bench0"}, {"level", "dependency", "mean_accuracy"}),
        ({"n_resamples": 1999}, {"level", "dependency", "mean_accuracy"}),
    ],
)
def test_another_option_makes_the_tests_that_it_changes_exploratory(
    report: Report, changed: dict[str, Any], still: set[str]
):
    found = registered(primary=["levels", "mean_accuracy", "dependency_differences"])
    used = options(**changed)
    kinds = ("level", "dependency", "mean_accuracy")
    assert {k for k in kinds if words(found, used, report, k) == {"confirmatory"}} == still
    assert bool(deviations(found, used)) == bool(changed)
    assert bool(registration_cautions(found, used)) == bool(changed)


def test_thresholds_need_their_definition_and_contrasts_their_control(report: Report):
    found = registered({"threshold_definitions": ["50% of baseline"]},
                       primary=["thresholds", "trends"])  # fmt: skip
    by_definition = {
        row.definition: standing(found, report.options, row) for row in report.thresholds
    }
    assert by_definition == {
        "50% of baseline": "confirmatory",
        "50% of above-chance baseline": "exploratory",
    }
    assert outside(found, options(n_resamples=1999), report.thresholds[-1])
    other = registered({"control_benchmark": "bench0"}, primary=["contrasts"])
    assert {standing(other, report.options, row) for row in report.contrasts} == {"exploratory"}


def test_models_levels_methods_and_benchmarks_that_were_not_declared_are_exploratory(
    report: Report,
):
    def seen(found: Registered, name: str) -> dict[Any, set[str]]:
        parts: dict[Any, set[str]] = {}
        for row in of_kind(report, "level"):
            parts.setdefault(getattr(row, name), set()).add(standing(found, report.options, row))
        return parts

    assert seen(registered(models=MODELS[:1]), "first") == {
        MODELS[0]: {"confirmatory"}, **{m: {"exploratory"} for m in MODELS[1:]},
    }  # fmt: skip
    found = registered(asked=conditions((0, 33, 100), METHODS))
    assert seen(found, "level_pct") == {33: {"confirmatory"}, 67: {"exploratory"},
                                        100: {"confirmatory"}}  # fmt: skip
    found = registered(asked=conditions(LEVELS, METHODS[:1]))
    assert seen(found, "method") == {METHODS[0]: {"confirmatory"}, METHODS[1]: {"exploratory"}}
    found = registered(benchmarks=("bench0",))
    assert seen(found, "benchmark") == {"bench0": {"confirmatory"}, "bench1": {"exploratory"}}


def test_pairs_that_are_named_are_the_only_confirmatory_ones():
    cube = make(falling(30, ends=(0.9, 0.7, 0.5), levels=LEVELS), conditions(LEVELS))
    report = make_report("n", cube, options())
    found = registered(models=cube.models, primary=["mean_accuracy"], pairs=[["c", "a"]])
    pairs = {
        (row.first, row.second): standing(found, report.options, row)
        for row in of_kind(report, "mean_accuracy")
    }
    assert pairs == {
        ("a", "b"): "exploratory", ("a", "c"): "confirmatory", ("b", "c"): "exploratory",
    }  # fmt: skip
    assert "comparing only a and c" in next(iter(registration_words(found)))


def test_nothing_is_confirmatory_by_what_does_not_hold_or_before_the_end(report: Report):
    found = registered(primary=["levels", "dependency"])
    altered = replace(found, text="{}", faults=("its text was altered",))
    for other in (altered, replace(found, is_interim=True)):
        assert {standing(other, report.options, row) for row in rows(report)} == {"exploratory"}
    assert "does not hold" in registration_cautions(altered, report.options)[0]
    assert list(registration_words(altered)) == []
    assert "planned end" in list(registration_words(replace(found, is_interim=True)))[-1]


def test_where_answers_decide_when_to_stop_the_declared_question_is_what_is_confirmatory(
    report: Report,
):
    found = registered({"early_stopping": STOP}, primary=["levels"])
    row = DeclaredRow(question="b minus a", answer="undecided")
    for state in (found, replace(found, is_interim=True)):
        assert standing(state, report.options, row) == "confirmatory"
    assert {standing(found, report.options, r) for r in rows(report)} == {"exploratory"}
    assert standing(registered(), report.options, row) == "exploratory"
    assert standing(found, options(confidence_level=0.9), row) == "exploratory"


@pytest.mark.parametrize("family", ["model", "experiment"])
@pytest.mark.parametrize("method", ["holm", "bonferroni", "fdr", "fdr_by", "max_t", "none"])
def test_the_corrections_that_are_frozen_are_those_that_are_made(method: str, family: str):
    report = make_report("n", CUBE, options(correction_method=method, family=family))
    kinds = {
        "level": "levels", "accuracy": "single_levels", "mean_accuracy": "mean_accuracy",
        "dependency": "dependency_differences",
    }  # fmt: skip
    for kind, analysis in kinds.items():
        made = {row.correction for row in report.comparisons if row.kind == kind}
        assert made == {correction(correction_of(analysis, method, family)).value}, kind


def test_values_have_the_standing_of_every_row_and_neither_hash_nor_time(report: Report):
    found = registered(primary=["levels"])
    values = marked_values(report, found)
    assert {row["standing"] for row in values["accuracy"]} == {"confirmatory"}
    assert {row["standing"] for row in values["thresholds"]} == {"exploratory"}
    text = json.dumps(values)
    assert found.sha256 not in text
    assert found.frozen_at[:10] not in text
    later = replace(found, sha256="6" * 64, frozen_at="2027-01-01T00:00:00+00:00")
    assert json.dumps(marked_values(report, later)) == text
    for row in (row for kind in KINDS for row in values[kind]):
        del row["standing"]
    values["cautions"] = values["cautions"][len(registration_cautions(found, report.options)) :]
    assert values == report_values(report)


def test_sentences_call_exploratory_what_is(report: Report):
    found = registered(primary=["dependency"])
    sentences = [s for s in summary(report, found) if "at level 0" in s]
    assert sentences
    for sentence in sentences:
        coefficient, _, tested = sentence.partition("; dependency ")[2].partition("; ")
        assert "exploratory" not in coefficient
        assert tested.endswith(", exploratory.")
    assert not any("exploratory" in sentence for sentence in summary(report))


@given(st.sampled_from(["mid_p", "exact"]), st.sampled_from([c.value for c in Correction if c != "bh"]),
       st.sampled_from(["model", "experiment"]), st.sampled_from([0.9, 0.95]))  # fmt: skip
def test_what_was_declared_is_never_a_deviation_from_itself(
    test: str, method: str, family: str, level: float
):
    statistics = {"paired_test": test, "family": family, "confidence_level": level,
                  "correction_method": "fdr_by" if method == "by" else method}  # fmt: skip
    assert deviations(registered(statistics), options(**statistics)) == ()


def test_every_option_is_looked_at():
    other = AnalysisOptions(0.9, Correction.BY, True, True, 1, 0.5, 0.5, (), False, False, "c", "f")
    said = deviations(registered(), other)
    # that dependency or thresholds are not computed at all makes no row exploratory
    assert len(said) == len(fields(AnalysisOptions)) - 2
