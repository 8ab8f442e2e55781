"""The regex scorer: captures, bad patterns, and patterns that would never end."""

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus
from scramblebench.scoring import score
from scramblebench.scoring.pattern import MAX_PATTERN_CHARS


def asked(*answers: str) -> Question:
    return Question("id", "made up", "What?", answers)


@pytest.mark.parametrize(
    ("reference", "response", "pattern", "value"),
    [
        ("Paris", "I say: answer is Paris!", r"answer is (\w+)", 1),
        ("Paris", "answer is Rome, no, answer is PARIS", r"answer is (\w+)", 1),
        ("Paris", "answer is Parisian", r"answer is (\w+)", 0),
        ("72", "#### 72.0", r"#### (\S+)", 1),
        ("4", "x=14", r"x=(\d+)", 0),
        ("Paris", "Paris", r"P\w+", 1),
        ("b: c", "a: b: c", r"a: (.*)", 1),
    ],
)
def test_captures(reference: str, response: str, pattern: str, value: float) -> None:
    result = score(asked(reference), response, f"regex:{pattern}")
    assert (result.value, result.rule) == (value, "pattern")
    assert result.scorer == f"regex@1:{pattern}"


def test_a_capture_can_be_an_option() -> None:
    question = Question("id", "made up", "Which?", ("red",), ("blue", "red"), 1)
    assert score(question, "=> (B) <=", "regex:=> (.*) <=").answer == "B"
    assert score(question, "=> red <=", "regex:=> (.*) <=").value == 1
    assert score(question, "=> pink <=", "regex:=> (.*) <=").status is AnswerStatus.UNPARSABLE


@pytest.mark.parametrize("pattern", [r"none of it (\w+)", r"(x)?Paris", r"(?=P)"])
def test_nothing_captured_is_no_answer(pattern: str) -> None:
    result = score(asked("Paris"), "Paris", f"regex:{pattern}")
    assert (result.status, result.value) == (AnswerStatus.UNPARSABLE, 0.0)


def test_a_pattern_that_never_ends_is_stopped() -> None:
    result = score(asked("a"), "a" * 5000 + "!", r"regex:(.*a){25}$")
    assert (result.status, result.rule) == (AnswerStatus.UNPARSABLE, "timeout")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("regex", "needs a pattern"),
        ("regex:", "needs a pattern"),
        ("regex:(", "not valid"),
        ("regex:" + "x" * (MAX_PATTERN_CHARS + 1), "characters"),
    ],
)
def test_bad_patterns_are_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        score(asked("a"), "a", spec)
