"""A/B tests declared and stored: the README's calls, a protocol that never changes."""

import asyncio
import json
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from scramblebench.core.errors import StorageError, UsageError
from scramblebench.experiment_tracking import ABTestFramework, StatisticalAnalyzer
from scramblebench.storage import ABTestRecord
from tests.experiment_tracking import studies

STRONG, WEAK, OTHER = "llama3:8b", "gemma3:7b", "GPT"


@pytest.fixture(scope="module")
def framework(tmp_path_factory: pytest.TempPathFactory) -> Generator[ABTestFramework]:
    database = studies.new_database(tmp_path_factory.mktemp("study"))
    studies.planned(database, studies.config(experiment_name="planned"))
    studies.run(database, studies.config())
    yield ABTestFramework(StatisticalAnalyzer(database))
    database.close()


def stored(framework: ABTestFramework, reference: str) -> ABTestRecord:
    return framework._analyzer.database.analyses.ab_test(reference)  # pyright: ignore


def test_the_promised_calls(framework: ABTestFramework):
    async def calls() -> dict[str, Any]:
        test_id = await framework.create_ab_test(
            experiment_id="study",
            test_name="llama_vs_gemma",
            control_group="llama3:8b",
            treatment_group="gemma3:7b",
            primary_metric="accuracy",
            minimum_sample_size=200,
        )
        return {"test_id": test_id, **await framework.get_ab_test_recommendations(test_id)}

    found = asyncio.run(calls())
    assert found.keys() >= {
        "test_id", "recommendation", "confidence", "effect_size", "statistical_power", "sample_sizes",
        "next_steps",
    }  # fmt: skip
    assert found["recommendation"].startswith("Inconclusive: still collecting, 60 questions")
    assert found["p_value"] is None
    assert found["difference"] is None
    assert found["sample_sizes"] == {"control": 60, "treatment": 60, "questions": 60}
    assert found["next_steps"] == [
        "declared when 60 questions were answered already: whoever had looked at them could choose",
        "the experiment asks 60 questions: it never has the 200 that this test waits for",
    ]
    assert json.dumps(found, allow_nan=False)


def create(framework: ABTestFramework, name: str = "t", **more: Any) -> str:
    values = {"control_group": STRONG, "treatment_group": WEAK, "minimum_sample_size": 50, **more}
    return framework.sync.create_ab_test("study", name, **values)


@pytest.mark.parametrize("mode", ["fixed", "sequential"])
@pytest.mark.parametrize(
    ("control", "treatment", "beginning"),
    [(WEAK, STRONG, "Deploy treatment: llama3:8b is better by +"),
     (STRONG, WEAK, "Do not deploy: gemma3:7b is worse by -"),
     (STRONG, OTHER, "Inconclusive: ")],
)  # fmt: skip
def test_better_worse_and_alike(
    framework: ABTestFramework, mode: str, control: str, treatment: str, beginning: str
):
    test_id = create(framework, control_group=control, treatment_group=treatment, mode=mode)
    result = framework.sync.get_ab_test_result(test_id)
    assert result.recommendation.startswith(beginning)
    assert result.is_significant_improvement == beginning.startswith("Deploy")
    assert result.difference == pytest.approx(result.treatment_mean - result.control_mean)
    assert result.lift == pytest.approx(result.difference / result.control_mean)
    assert result.mode == mode
    assert result.sample_size == result.n_questions == 60


def test_one_look_without_a_declaration_says_the_same(framework: ABTestFramework):
    declared = framework.sync.get_ab_test_result(create(framework, minimum_sample_size=1))
    at_once = framework._analyzer.sync.run_ab_test("study", STRONG, WEAK)  # pyright: ignore
    assert replace(declared, next_steps=()) == at_once
    assert "declared when 60 questions were answered" in declared.next_steps[0]


@pytest.mark.parametrize("metric", ["accuracy@0", "accuracy@67", "drop@100"])
def test_each_metric(framework: ABTestFramework, metric: str):
    result = framework.sync.get_ab_test_result(create(framework, primary_metric=metric))
    cube = framework._analyzer.cube("study")  # pyright: ignore
    at = studies.LEVELS.index(int(metric.partition("@")[2]))
    wanted = cube.scores[:2, :, at]
    if metric.startswith("drop"):
        wanted = wanted - cube.scores[:2, :, 0]
    assert (result.control_mean, result.treatment_mean) == pytest.approx(tuple(wanted.mean(axis=1)))
    assert result.metric_name == metric


def test_the_protocol_is_stored_with_names_in_full_and_never_changes(framework: ABTestFramework):
    record = framework._analyzer.model_names("study").records[2]  # pyright: ignore
    test_id = create(
        framework, "by id", control_group=record.id, treatment_group="gemma3:7b", margin=0.03,
        detectable_difference=0.1, confidence_level=0.9, power=0.7, mode="sequential",
        primary_metric="accuracy@33",
    )  # fmt: skip
    before = stored(framework, test_id)
    assert json.loads(before.protocol_json) == {
        "control": "GPT", "treatment": "gemma3:7b", "metric": "accuracy@33",
        "minimum_sample_size": 50, "margin": 0.03, "detectable_difference": 0.1,
        "confidence_level": 0.9, "power": 0.7, "mode": "sequential",
        "n_answered_before": 60,
    }  # fmt: skip
    framework.sync.get_ab_test_recommendations(test_id)
    framework.sync.get_ab_test_result(test_id)
    assert stored(framework, test_id) == before
    other = create(framework, "by id")
    assert other != test_id
    assert stored(framework, test_id) == before


def test_by_id_beginning_of_it_and_name(framework: ABTestFramework):
    test_id = create(framework, "a name of its own")
    wanted = framework.sync.get_ab_test_result(test_id)
    for reference in (test_id[:8], "a name of its own"):
        assert framework.sync.get_ab_test_result(reference) == wanted


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"control_group": "x"}, "no model is called 'x'; there are llama3:8b, gemma3:7b, GPT"),
        ({"treatment_group": STRONG}, "both 'llama3:8b'"),
        ({"control_group": "gpt-4o", "treatment_group": "GPT"}, "both 'GPT'"),
        ({"primary_metric": "f1"}, "metric 'f1' is unknown"),
        ({"primary_metric": "accuracy@50"}, "level 50 is not asked; there are 0, 33, 67, 100"),
        ({"mode": "bayes"}, "neither fixed nor sequential"),
        ({"margin": 2.0}, "cannot be made"),
        ({"confidence_level": 95}, "cannot be made"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_not_stored(
    framework: ABTestFramework, more: dict[str, Any], words: str
):
    n_before = len(framework._analyzer.database.analyses.ab_tests())  # pyright: ignore
    with pytest.raises(UsageError, match=words) as caught:
        create(framework, **more)
    assert "\n" not in str(caught.value)
    assert len(framework._analyzer.database.analyses.ab_tests()) == n_before  # pyright: ignore


def test_a_test_that_is_not_there(framework: ABTestFramework):
    with pytest.raises(UsageError, match="no A/B test 'nothing'"):
        framework.sync.get_ab_test_recommendations("nothing")


def test_before_the_first_answer_it_is_collecting(framework: ABTestFramework):
    for mode in ("fixed", "sequential"):
        test_id = framework.sync.create_ab_test("planned", mode, STRONG, WEAK, mode=mode)
        found = framework.sync.get_ab_test_recommendations(test_id)
        assert found["decision"] == "collecting"
        assert found["statistical_power"] is None
        assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    "text", ['{"control":"a"}', "{", '{"x":1}', '{"control":"a","treatment":"a"}']
)
def test_a_damaged_protocol_is_no_crash(framework: ABTestFramework, text: str):
    test_id = create(framework)
    broken = replace(stored(framework, test_id), id=f"broken {text}", name=text, protocol_json=text)
    framework._analyzer.database.analyses.add_ab_test(broken)  # pyright: ignore
    with pytest.raises((StorageError, UsageError)) as caught:
        framework.sync.get_ab_test_result(broken.id)
    assert "\n" not in str(caught.value)
