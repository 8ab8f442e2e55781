"""What a scorer says about one response, before anyone calls it an answer or a refusal."""

from collections.abc import Callable
from typing import TypeAlias

from scramblebench.core.per_request import per_request
from scramblebench.core.questions import Question

MAX_ANSWER_CHARS = 200


@per_request
class Judgement:
    """The answer found in a response, how, and how good it is.

    ``answer`` None means that nothing could be read. ``is_explicit`` says that the response states
    it as its answer ("the answer is ...", a boxed value, the whole text): such an answer counts
    even beside an apology, a merely found one does not.
    """

    value: float
    answer: str | None
    rule: str
    is_explicit: bool = False


NOTHING = Judgement(0.0, None, "none")
CONTRADICTORY = Judgement(0.0, None, "contradictory")

Judge: TypeAlias = Callable[[Question, str], Judgement]
"""(question, cleaned text) -> judgement: one scorer's rule; the text is never empty."""


def shortened(answer: str) -> str:
    """Return the answer on one line and at most MAX_ANSWER_CHARS long, for storing."""
    return " ".join(answer[: 4 * MAX_ANSWER_CHARS].split())[:MAX_ANSWER_CHARS]
