"""Token F1 and containment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score
from scramblebench.scoring.overlap import token_f1

WORDS = st.lists(st.sampled_from("abc"), max_size=6)


def asked(*answers: str) -> Question:
    return Question("id", "made up", "What?", answers)


@pytest.mark.parametrize(
    ("answers", "response", "value"),
    [
        # By hand: precision 1/2, recall 1/1; then 2/3 and 2/2; then the best of two references.
        (("Paris",), "Paris, France", 2 / 3),
        (("dark red",), "a dark, deep red", 4 / 5),
        (("Paris", "Paris France"), "Paris France", 1.0),
        (("the cat sat",), "The answer is: cat sat.", 1.0),
        (("cat",), "category", 0.0),
        (("cat cat",), "cat", 2 / 3),
    ],
)
def test_f1_values(answers: tuple[str, ...], response: str, value: float) -> None:
    result = score(asked(*answers), response, "token_f1")
    assert result.value == pytest.approx(value)
    assert (result.status, result.scorer) == (AnswerStatus.ANSWERED, "token_f1@1")


@given(WORDS, WORDS)
def test_f1_is_symmetric_bounded_and_one_only_for_equal_bags(
    first: list[str], second: list[str]
) -> None:
    value = token_f1(first, second)
    assert value == token_f1(second, first)
    assert 0 <= value <= 1
    assert (value == 1) == (sorted(first) == sorted(second) and bool(first))


@pytest.mark.parametrize(
    ("answers", "response", "value"),
    [
        (("4",), "14", 0),
        (("4",), "4.5", 0),
        (("4",), "-4", 0),
        (("4",), "It has 4 legs", 1),
        (("4",), "(4)", 1),
        (("cat",), "category", 0),
        (("cat",), "The cat's tail; the cat.", 1),
        (("dark red", "crimson"), "It is Crimson.", 1),
        (("new york",), "newyork", 0),
        (("new york",), "New\nYork!", 1),
        (("1,000",), "about 1000 of them", 1),
    ],
)
def test_contains(answers: tuple[str, ...], response: str, value: float) -> None:
    assert score(asked(*answers), response, "contains").value == value


@pytest.mark.parametrize("scorer", ["token_f1", "contains"])
def test_no_answer_is_counted_apart(scorer: str) -> None:
    assert score(asked("Paris"), " ", scorer).status is AnswerStatus.EMPTY
    assert score(asked("Paris"), "?!", scorer).status is AnswerStatus.UNPARSABLE
    assert score(asked("Paris"), "Sorry, I cannot say.", scorer).status is AnswerStatus.REFUSAL
