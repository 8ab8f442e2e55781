"""The ``regex`` scorer: the answer is what the user's pattern captures."""

from collections import deque
from functools import lru_cache

import regex

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.scoring.exact_match import read_references
from scramblebench.scoring.judgements import NOTHING, Judge, Judgement, shortened
from scramblebench.scoring.multiple_choice import read_choice
from scramblebench.scoring.number import is_right_number
from scramblebench.scoring.options import LETTERS, question_options
from scramblebench.scoring.text import normalised, unmarked

VERSION = 1
TIMEOUT_S = 0.2
MAX_PATTERN_CHARS = 1000


@lru_cache(maxsize=64)
def regex_judge(pattern: str) -> Judge:
    """Return the judge of a pattern (syntax of the ``regex`` library).

    The last match counts; its group 1 where the pattern has groups, else all of it. A pattern that
    needs more than TIMEOUT_S on a response has no answer there. Raises UsageError where the pattern
    is empty, too long or not valid.
    """
    if not pattern:
        raise UsageError('scorer regex needs a pattern, for example "regex:answer is (\\w+)"')
    if len(pattern) > MAX_PATTERN_CHARS:
        raise UsageError(
            f"the regex scorer's pattern has {len(pattern)} characters; {MAX_PATTERN_CHARS} are allowed"
        )
    try:
        compiled = regex.compile(pattern)
    except regex.error as error:
        raise UsageError(f"the regex scorer's pattern {pattern!r} is not valid: {error}") from error

    def judge(question: Question, text: str) -> Judgement:
        try:
            captured = _last_capture(compiled, text)
        except TimeoutError:
            return Judgement(0.0, None, "timeout")
        return _judge_capture(question, captured) if captured else NOTHING

    return judge


def _last_capture(pattern: "regex.Pattern[str]", text: str) -> str:
    matches = deque(pattern.finditer(text, timeout=TIMEOUT_S), maxlen=1)
    if not matches:
        return ""
    last = matches[0]
    return ((last.group(1) if pattern.groups else last.group()) or "").strip()


def _judge_capture(question: Question, captured: str) -> Judgement:
    """Judge a capture like a stated answer: as an option, as a number, or by normalised equality."""
    if question.choices:
        options = question_options(question)
        chosen, _, _ = read_choice(unmarked(captured), options)
        if chosen is None:
            return NOTHING
        return Judgement(float(chosen in options.right), LETTERS[chosen], "pattern", True)
    is_right = normalised(captured) in read_references(question.answers).texts
    is_right = is_right or is_right_number(captured, question.answers)
    return Judgement(float(is_right), shortened(captured), "pattern", True)
