"""Samples are seeded, stable under file order, nested in the size and fair to strata."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.benchmarks import few_shot_examples, sample_questions
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question, identified


def questions_of(*domains: str) -> list[Question]:
    return [
        identified(Question("", "b", f"Question {index}?", ("A",), domain=domain))
        for index, domain in enumerate(domains)
    ]


QUESTIONS = questions_of(*"a" * 60, *"b" * 30, *"c" * 9, "d")
STRATIFY = st.sampled_from([None, "domain", "difficulty"])


@settings(max_examples=50)
@given(st.integers(0, 110), st.integers(0, 110), st.integers(), STRATIFY, st.randoms())
def test_nested_and_stable_under_file_order(first, second, seed, stratify_by, random) -> None:
    small, large = sorted((first, second))
    shuffled = random.sample(QUESTIONS, len(QUESTIONS))
    sample = sample_questions(QUESTIONS, large, seed, stratify_by)
    assert sample_questions(shuffled, small, seed, stratify_by) == sample[:small]
    assert len({question.id for question in sample}) == min(large, len(QUESTIONS))


def test_seeds_give_different_samples() -> None:
    assert sample_questions(QUESTIONS, 10, 1) != sample_questions(QUESTIONS, 10, 2)


def test_none_is_all_in_file_order_and_too_many_is_all() -> None:
    assert sample_questions(QUESTIONS, None, 1) == tuple(QUESTIONS)
    assert set(sample_questions(QUESTIONS, 1000, 1)) == set(QUESTIONS)


@settings(max_examples=50)
@given(st.integers(4, 100), st.integers())
def test_strata_have_their_share_and_at_least_one(size: int, seed: int) -> None:
    counts = Counter(q.domain for q in sample_questions(QUESTIONS, size, seed, "domain"))
    shares = {"a": 0.60, "b": 0.30, "c": 0.09, "d": 0.01}
    for domain, share in shares.items():
        assert counts[domain] >= 1
        assert abs(counts[domain] - share * size) <= 2


def test_a_proportional_sample_is_exact_where_it_can_be() -> None:
    evenly = questions_of(*"a" * 40, *"b" * 20)
    counts = Counter(q.domain for q in sample_questions(evenly, 30, 5, "domain"))
    assert counts == {"a": 20, "b": 10}


def test_few_shot_examples_are_outside_the_sample_and_spread() -> None:
    sampled = {question.id for question in sample_questions(QUESTIONS, 50, 1)}
    examples = few_shot_examples(QUESTIONS, sampled, 3, 1)
    assert not sampled & {example.id for example in examples}
    assert len({example.domain for example in examples}) == 3
    assert examples == few_shot_examples(QUESTIONS[::-1], sampled, 3, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sample_questions(QUESTIONS, -1, 1), "-1 is below 0"),
        (lambda: sample_questions(QUESTIONS, 5, 1, "color"), "choose domain or difficulty"),
        (
            lambda: few_shot_examples(QUESTIONS, (), 101, 1),
            "101 examples .* 100 questions are left",
        ),
    ],
)
def test_what_cannot_be_sampled(call, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call()
