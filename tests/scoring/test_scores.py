"""What holds for every scorer and every response, hostile ones too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score

CHOICE = Question("id", "made up", "Which?", ("red",), ("blue", "red", "3", "None of these"), 1)
OPEN = Question("id", "made up", "What?", ("Paris", "the city of Paris"))
NUMBER = Question("id", "made up", "How many?", ("72",))
VERDICT = Question("id", "made up", "Is it?", ("yes",))
DATE = Question("id", "made up", "When?", ("05/01/2021",))
QUESTIONS = (CHOICE, OPEN, NUMBER, VERDICT, DATE)
NAMES = ("exact_match", "number", "multiple_choice", "token_f1", "contains", r"regex:(\w+)\s*$")

PIECES = st.sampled_from(
    [
        "the answer is ",
        "Answer: ",
        "\\boxed{",
        "}",
        "####",
        "(B)",
        "B",
        "A",
        "**",
        "*",
        "`",
        "\n",
        ". ",
        ", ",
        "72",
        "1,000",
        "3/4",
        "1e9",
        "½",
        "²",
        "−",
        "%",
        "$",
        "not ",
        "or ",
        "red",
        "blue",
        "Paris",
        "yes",
        "no",
        "I cannot answer",
        "sorry, but ",
        "<think>",
        "</think>",
        "<answer>",
        "\\frac{",
        "\\text{",
        "{",
        "[",
        "²⁻³",
        "́",
        "ﷺ",
        "\u200b",
        "�",
        "\x00",
        "抱歉",
        "答案是",
        "May 1, 2021",
        "1/",
        "/0",
        "e",
        "=",
        "-",
        "Q:",
        "option ",
        "one hundred ",
        "million",
    ]
)
RESPONSES = st.one_of(
    st.text(max_size=200),
    st.text(st.characters(codec=None, categories=None), max_size=100),
    st.lists(PIECES, max_size=30).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(response=RESPONSES, is_truncated=st.booleans())
def test_every_response_has_a_score(response: str, is_truncated: bool) -> None:
    for question in QUESTIONS:
        for name in NAMES:
            result = score(question, response, name, is_truncated=is_truncated)
            assert 0 <= result.value <= 1
            assert (result.answer is None) == (not result.status.is_answer)
            assert result.status.is_answer or result.value == 0
            assert result.status is not AnswerStatus.TRUNCATED or is_truncated
            assert len((result.answer or "").encode("utf-8")) <= 4 * 200
            assert "\0" not in (result.answer or "")
            assert score(question, response, name, is_truncated=is_truncated) == result


@settings(max_examples=15, deadline=None)
@given(pieces=st.lists(PIECES, min_size=1, max_size=4), data=st.data())
def test_long_repetitions_are_scored(pieces: list[str], data: st.DataObject) -> None:
    piece = "".join(pieces)
    response = piece * (30_000 // max(1, len(piece)))
    question = data.draw(st.sampled_from(QUESTIONS))
    result = score(question, response, data.draw(st.sampled_from(NAMES)))
    assert 0 <= result.value <= 1


LONG_PIECES = [
    "a",
    "1",
    " ",
    "\n",
    "1,",
    "1/",
    "1.1",
    "-",
    ".",
    "(",
    "{",
    "*",
    "**",
    "#",
    "_",
    "`",
    "a. ",
    "A) x\n",
    "the answer is ",
    "answer ",
    "answer: ",
    "option ",
    "(A) ",
    "\\boxed{",
    "\\text{",
    "\\frac{1",
    "one hundred and ",
    "minus ",
    "i am sorry but ",
    "it ",
    "not paris ",
    "<think>",
    "e\u0301\u0323",
    "1\u00a0111",
]


@pytest.mark.parametrize("piece", LONG_PIECES)
def test_a_hundred_kilobytes_of_anything(piece: str) -> None:
    """Quadratic time anywhere would run into the suite's timeout: the worst seen took minutes."""
    response = piece * (100_000 // len(piece))
    for question in (CHOICE, OPEN, NUMBER):
        assert 0 <= score(question, response).value <= 1


def test_marks_stacked_on_one_letter_are_scored() -> None:
    assert score(OPEN, "P" + "\u0301\u0323" * 50_000).value == 0


def test_the_scorer_follows_the_question() -> None:
    assert score(CHOICE, "B").scorer == "multiple_choice@1"
    assert score(NUMBER, "72").scorer == "number@1"
    assert score(OPEN, "Paris").scorer == "exact_match@1"
    assert score(NUMBER, "72", "contains").scorer == "contains@1"


def test_what_the_model_thinks_is_not_its_answer() -> None:
    assert score(OPEN, "<think>Rome or Paris</think>Rome").value == 0
    assert score(OPEN, "It must be Rome.</think>Paris").value == 1
    assert score(OPEN, "<think>Paris").status is AnswerStatus.EMPTY
    assert score(OPEN, "<think>Paris", is_truncated=True).status is AnswerStatus.TRUNCATED


def test_a_cut_refusal_is_a_refusal() -> None:
    result = score(NUMBER, "I'm sorry, but I cannot", is_truncated=True)
    assert result.status is AnswerStatus.REFUSAL
