"""The declared question: its sides in the plan, and what cannot be declared."""

from typing import Any

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.plan import Plan, declared_question
from scramblebench.plan.conditions import make_conditions
from scramblebench.plan.declared import Side, check_declared
from scramblebench.settings import spec_from_mapping


def plan_of(
    declared: dict[str, Any] | None,
    levels: tuple[float, ...] = (0, 50, 100),
    methods: tuple[str, ...] = ("word_shuffle",),
    contexts: tuple[str, ...] = ("", "", ""),
) -> Plan:
    values = {
        "models": [{"name": "a", "provider": "simulated"},
                   {"name": "b", "provider": "simulated", "label": "Bee"}],
        "benchmarks": {"x": {"paths": "x.csv"}},
        "scrambling": {"levels": list(levels), "methods": list(methods)},
        "statistical_analysis": {"early_stopping": declared},
    }  # fmt: skip
    spec = spec_from_mapping(values).spec
    questions = [
        Question(f"q{n}", "x" if n < 2 else "y", "?", ("yes",), context=context)
        for n, context in enumerate(contexts)
    ]
    return Plan(spec, questions, make_conditions(spec.scrambling))


MODELS = {"compare": "models", "models": ["a", "b"]}
LEVELS = {"compare": "levels", "models": ["b"], "level": 100}


def test_none_was_declared():
    assert declared_question(plan_of(None)) is None
    check_declared(plan_of(None, contexts=("p", "p", "")))


def test_models_are_compared_at_the_baseline_second_minus_first():
    found = declared_question(plan_of(MODELS))
    assert found is not None
    assert (found.first, found.second) == (Side(0, 0), Side(1, 0))
    assert found.words == "b minus a at level 0"


def test_models_at_a_level_by_label_or_name():
    for name in ("b", "Bee"):
        found = declared_question(plan_of({**MODELS, "models": [name, "a"], "level": 50}))
        assert found is not None
        assert (found.first, found.second) == (Side(1, 1), Side(0, 1))


def test_a_level_is_held_against_the_baseline():
    found = declared_question(plan_of(LEVELS))
    assert found is not None
    assert (found.first, found.second) == (Side(1, 0), Side(1, 2))
    assert found.words == "b, level 100 minus the baseline"


def test_of_several_methods_one_is_named():
    methods = ("word_shuffle", "letter_noise")
    with pytest.raises(UsageError, match="level 100 is asked in 2 ways; name one `method:`"):
        declared_question(plan_of(LEVELS, methods=methods))
    found = declared_question(plan_of({**LEVELS, "method": "letter_noise"}, methods=methods))
    assert found is not None
    assert found.second == Side(1, 4)
    assert declared_question(plan_of(MODELS, methods=methods)) is not None  # the baseline is one


@pytest.mark.parametrize(
    ("declared", "levels", "words"),
    [
        ({**MODELS, "models": ["a", "z"]}, (0, 50), "no model is called 'z'; there are a, Bee"),
        ({**MODELS, "level": 33}, (0, 50), "level 33 is not asked; there are 0, 50"),
        (MODELS, (50, 100), "level 0 is not asked; there are 50, 100"),
        (LEVELS, (50, 100), "needs level 0"),
        ({**LEVELS, "method": "letter_noise"}, (0, 100), "level 100 is not asked"),
    ],
)
def test_what_is_not_there_is_refused(
    declared: dict[str, Any], levels: tuple[float, ...], words: str
):
    with pytest.raises(UsageError, match=words) as caught:
        declared_question(plan_of(declared, levels))
    assert str(caught.value).startswith("early_stopping: ")


def test_questions_that_share_a_passage_do_not_come_one_by_one():
    with pytest.raises(UsageError, match="share a passage"):
        check_declared(plan_of(MODELS, contexts=("p", "p", "")))
    check_declared(plan_of(MODELS, contexts=("p", "r", "p")))  # the third is of another benchmark


def test_a_wrong_name_is_found_before_anything_is_stored():
    with pytest.raises(UsageError, match="no model"):
        check_declared(plan_of({**MODELS, "models": ["a", "z"]}))
