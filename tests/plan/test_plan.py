"""From a configuration to trials and prompts."""

from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.plan import Plan, estimate_lanes, make_plan
from scramblebench.plan.questions import interleave
from scramblebench.settings import spec_from_mapping

CSV = "id,question,A,B,C,answer\n" + "".join(
    f'q{n},"Which number comes right after {n} when you count?",{n},{n + 1},{n + 2},B\n'
    for n in range(20)
)


def config(tmp_path: Path, **changes: object) -> dict[str, object]:
    (tmp_path / "count.csv").write_text(CSV)
    values: dict[str, object] = {
        "models": [{"name": "m", "provider": "simulated"}],
        "benchmarks": {"count": {"paths": "count.csv", "few_shot": 2, "sample_size": 6}},
        "scrambling": {"levels": [0, 50, 100], "methods": ["character", "word"]},
    }
    return {**values, **changes}


def planned(tmp_path: Path, **changes: object) -> Plan:
    return make_plan(spec_from_mapping(config(tmp_path, **changes), tmp_path))


def test_the_baseline_is_asked_once_for_all_methods(tmp_path: Path):
    plan = planned(tmp_path)
    assert [(c.method, c.level_pct) for c in plan.conditions] == [
        ("baseline", 0),
        ("character_substitution", 50),
        ("character_substitution", 100),
        ("word_shuffle", 50),
        ("word_shuffle", 100),
    ]
    assert len(plan) == 1 * 5 * 6


def test_shared_alphabets_are_crossed_with_the_questions(tmp_path: Path):
    method = {"name": "character", "alphabet": "shared", "n_alphabets": 3}
    plan = planned(tmp_path, scrambling={"levels": [0, 50], "methods": [method]})
    assert [dict(c.parameters).get("alphabet") for c in plan.conditions] == [
        None, "shared:1", "shared:2", "shared:3",
    ]  # fmt: skip


def test_a_single_shared_alphabet_is_never_taken_silently(tmp_path: Path):
    method = {"name": "character", "alphabet": "shared", "n_alphabets": 1}
    plan = planned(tmp_path, scrambling={"levels": [50], "methods": [method]})
    assert "sample of one" in plan.notes[-1]


def test_a_prompt_holds_examples_question_and_lettered_choices(tmp_path: Path):
    plan = planned(tmp_path)
    prompt = plan.prompt(plan.trial(0))
    question = plan.questions[0]
    assert prompt.user.startswith(question.text)
    assert prompt.user.endswith(
        "\n".join(f"{x}) {c}" for x, c in zip("ABC", question.choices, strict=True))
    )
    assert len(prompt.examples) == 2
    assert {answer for _, answer in prompt.examples} == {"B"}
    assert plan.scorer(question) == "multiple_choice"


def test_examples_are_never_asked_and_never_scrambled(tmp_path: Path):
    plan = planned(tmp_path)
    shown = {user.splitlines()[0] for user, _ in plan.prompt(plan.trial(2)).examples}
    assert shown.isdisjoint(question.text for question in plan.questions)
    assert all(text.startswith("Which number comes right after") for text in shown)


def test_choices_and_numbers_stay_unless_asked_otherwise(tmp_path: Path):
    plan = planned(tmp_path, scrambling={"levels": [100], "methods": ["character"]})
    trial = plan.trial(0)
    prompt = plan.prompt(trial)
    number = trial.question.choices[0]
    assert f" {number} " in prompt.user
    assert prompt.user.splitlines()[1:] == [
        f"{x}) {c}" for x, c in zip("ABC", trial.question.choices, strict=True)
    ]
    assert prompt.scrambled.text != trial.question.text
    assert prompt.scrambled.realised_dose == 1


def test_a_plan_is_made_again_without_files(tmp_path: Path):
    plan = planned(tmp_path)
    again = Plan(plan.spec, plan.questions, plan.conditions)
    for index in range(len(plan)):
        assert again.prompt(again.trial(index)) == plan.prompt(plan.trial(index))


def test_a_larger_sample_holds_the_smaller_one(tmp_path: Path):
    few = planned(tmp_path, benchmarks={"count": {"paths": "count.csv", "sample_size": 4}})
    more = planned(tmp_path, benchmarks={"count": {"paths": "count.csv", "sample_size": 9}})
    assert few.questions == more.questions[:4]


def test_questions_are_in_random_order_without_a_sample_too(tmp_path: Path):
    plan = planned(tmp_path, benchmarks={"count": {"paths": "count.csv"}})
    numbers = [int(question.source_id.removeprefix("q")) for question in plan.questions]
    assert sorted(numbers) == list(range(20))
    assert numbers != sorted(numbers)


def test_benchmarks_are_interleaved_in_their_shares():
    long = [Question(f"l{n}", "long", "?", ("a",)) for n in range(8)]
    small = [Question(f"s{n}", "short", "?", ("a",)) for n in range(4)]
    merged = interleave([long, small])
    for stop in range(1, 13):
        n_short = sum(question.benchmark == "short" for question in merged[:stop])
        assert abs(n_short - stop / 3) <= 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"models": []}, "names no model"),
        ({"scrambling": {"methods": ["charakter"]}}, "character"),
        ({"scrambling": {"methods": [], "levels": [50]}}, "nothing would be asked"),
        ({"benchmarks": {"x": {"paths": "none.csv"}}}, "none.csv"),
        (
            {"benchmarks": {"x": {"paths": "count.csv", "prompt_template": "{qestion}"}}},
            "prompt_template",
        ),
        (
            {"benchmarks": {"x": {"paths": "count.csv", "prompt_template": "hello"}}},
            "{question} is missing",
        ),
        ({"benchmarks": {"x": {"paths": "count.csv", "scorer": "nmber"}}}, "number"),
    ],
)
def test_what_cannot_be_planned_is_refused(tmp_path: Path, changes: dict[str, object], words: str):
    with pytest.raises(UsageError) as caught:
        planned(tmp_path, **changes)
    assert words in str(caught.value)


def test_an_estimate_counts_calls_and_grows_with_scrambling(tmp_path: Path):
    plain = planned(tmp_path, scrambling={"levels": [0], "methods": ["character"]})
    scrambled = planned(tmp_path, scrambling={"levels": [100], "methods": ["character"]})
    (before,), (after,) = estimate_lanes(plain), estimate_lanes(scrambled)
    assert before.n_calls == after.n_calls == 6
    assert after.prompt_tokens > before.prompt_tokens
    assert before.completion_tokens == 6 * 200
