"""What a preregistration freezes: the same plan gives the same text, and every decision is in it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.plan import BenchmarkSummary, Plan
from scramblebench.plan.conditions import make_conditions
from scramblebench.plan.preregistration import (
    Content,
    check_primary,
    correction_of,
    differences,
    frozen_content,
    frozen_text,
)
from scramblebench.settings import spec_from_mapping

VALUES: dict[str, Any] = {
    "models": [
        {"name": "a", "provider": "ollama", "label": "Ay", "base_url": "http://lab-7:11434"},
        {"name": "b", "provider": "local", "path": "/home/ada/models/b.gguf", "seed": 3},
    ],
    "benchmarks": {"x": {"paths": "/home/ada/x.csv", "scorer": "number"}},
    "scrambling": {"levels": [0, 50, 100], "methods": ["word_shuffle"], "random_seed": 9},
    "preregistration": {
        "hypotheses": ["It falls."],
        "primary": ["levels", "dependency_differences"],
        "pairs": [["a", "b"]],
        "exclusions": ["Nothing is left out."],
    },
}
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def plan_of(**changes: Any) -> Plan:
    spec = spec_from_mapping({**VALUES, **changes}).spec
    questions = [Question(f"q{n}", "x", "?", ("1",)) for n in range(4)]
    summary = BenchmarkSummary("x", 4, (("/home/ada/x.csv", "e" * 64),), ())
    return Plan(spec, questions, make_conditions(spec.scrambling), [summary])


def content(**changes: Any) -> Content:
    return frozen_content(
        plan_of(**changes), experiment_id="e1", name="n", research_question="q", hypothesis="h"
    )


def test_every_decision_is_in_the_text():
    values = json.loads(frozen_text(content(), MOMENT, "1.2"))
    assert values["frozen_at"] == "2026-03-01T12:00:00.000000+00:00"
    assert (values["format"], values["scramblebench"]) == ("scramblebench-preregistration/1", "1.2")
    assert values["hypotheses"] == ["It falls."]
    assert (values["primary"], values["pairs"]) == (
        ["levels", "dependency_differences"],
        [["Ay", "b"]],
    )
    assert [c["level_pct"] for c in values["conditions"]] == [0, 50, 100]
    assert values["conditions"][1]["seed"] == 9
    assert [m["temperature"] for m in values["models"]] == [0, 0]
    assert values["models"][1]["seed"] == 3
    bench = values["benchmarks"]["x"]
    assert (bench["n_questions"], bench["scorer"], bench["files_sha256"]) == (
        4,
        "number",
        ["e" * 64],
    )
    assert values["statistics"]["confidence_level"] == 0.95
    assert (values["n_repeats"], values["n_trials"]) == (1, 2 * 3 * 4)
    assert values["exclusions"] == ["Nothing is left out."]


def test_no_address_path_or_person_is_in_the_text():
    text = frozen_text(content(), MOMENT, "1")
    for word in ("/home", "ada", "lab-7", "11434"):
        assert word not in text
    assert "b.gguf" in text


def test_the_text_is_the_same_for_the_same_plan_and_moment():
    assert frozen_text(content(), MOMENT, "1") == frozen_text(content(), MOMENT, "1")


def test_the_experiment_s_hypothesis_stands_where_the_section_has_none():
    assert content(preregistration={})["hypotheses"] == ["h"]
    assert content(preregistration={})["primary"] == ["levels", "dependency"]


@pytest.mark.parametrize(
    ("changes", "section"),
    [
        ({"scrambling": {**VALUES["scrambling"], "levels": [0, 50]}}, "conditions"),
        ({"scrambling": {**VALUES["scrambling"], "random_seed": 1}}, "conditions"),
        ({"models": [{**VALUES["models"][0], "temperature": 0.5}, VALUES["models"][1]]}, "models"),
        ({"models": [{**VALUES["models"][0], "base_url": "http://x:1"}, VALUES["models"][1]]}, "models"),
        ({"statistical_analysis": {"correction_method": "none"}}, "statistics"),
        ({"statistical_analysis": {"accuracy_margin": 0.1}}, "statistics"),
        ({"execution": {"repeats": 2}}, "n_repeats"),
        ({"benchmarks": {"x": {"paths": "x.csv", "scorer": "contains"}}}, "benchmarks"),
        ({"preregistration": {"primary": ["trends"]}}, "primary"),
    ],
)  # fmt: skip
def test_another_decision_is_a_difference(changes: dict[str, Any], section: str):
    frozen = json.loads(frozen_text(content(), MOMENT, "1"))
    assert differences(frozen, content()) == ()
    assert section in differences(frozen, content(**changes))


def test_how_it_is_sent_is_no_difference():
    slower = [{**model, "requests_per_minute": 5} for model in VALUES["models"]]
    changed = content(models=slower, execution={"timeout_per_question": 5.0})
    assert differences(content(), changed) == ()


def test_keys_of_a_later_version_are_no_difference():
    statistics = {**content()["statistics"], "later": 1}  # type: ignore[dict-item]
    assert differences(content(), {**content(), "statistics": statistics}) == ()
    assert differences({**content(), "statistics": statistics}, content()) == ("statistics",)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preregistration": {"primary": ["mean_accuracy"], "pairs": [["a", "c"]]}}, "'c'; there are Ay, b"),
        ({"preregistration": {"primary": ["contrasts"]}}, "neither control_benchmark nor floor_method"),
        ({"statistical_analysis": {"threshold_analysis": False},
          "preregistration": {"primary": ["thresholds"]}}, "threshold_analysis is false"),
        ({"statistical_analysis": {"calculate_language_dependency": False},
          "preregistration": {"primary": ["dependency"]}}, "calculate_language_dependency is false"),
        ({"scrambling": {"levels": [50, 100]}, "preregistration": {}}, "level 0 is not asked"),
        ({"scrambling": {"levels": [50]}, "preregistration": {"primary": ["trends"]}}, "only one level"),
        ({"models": VALUES["models"][:1], "preregistration": {"primary": ["mean_accuracy"]}}, "only one model"),
    ],
)  # fmt: skip
def test_what_is_not_computed_cannot_be_primary(changes: dict[str, Any], words: str):
    check_primary(plan_of())
    with pytest.raises(UsageError, match=words):
        check_primary(plan_of(**changes))


def test_corrections_by_analysis():
    assert correction_of("levels", "holm", "model") == "holm"
    assert correction_of("mean_accuracy", "holm", "model") == "fdr_bh"
    assert correction_of("levels", "max_t", "model") == "max_t"
    assert correction_of("levels", "max_t", "experiment") == "holm"
    assert correction_of("single_levels", "none", "model") == "none"
