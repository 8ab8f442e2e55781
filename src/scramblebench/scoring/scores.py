"""A response's score: its judgement, or why there is no answer to judge."""

import re

from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus, Score
from scramblebench.scoring.judgements import NOTHING, Judgement
from scramblebench.scoring.refusals import refusal_end
from scramblebench.scoring.scorers import Scorer, choose_scorer, parse_scorer
from scramblebench.scoring.text import clean

# A number at the very end of a cut response may be the beginning of a longer one.
_CUT_NUMBER = re.compile(r"(?<=\s)\S?\d[\d.,]*$")


def score(
    question: Question,
    response_text: str,
    scorer: str | Scorer | None = None,
    *,
    is_truncated: bool = False,
) -> Score:
    """Return the score of a response by the scorer, by the question's own where None.

    A response without an answer has value 0 and says why: EMPTY (nothing but space or reasoning),
    REFUSAL (it declines, and neither states an answer nor has a right one after that), TRUNCATED
    (cut before an answer), else UNPARSABLE. Raises UsageError on a scorer that is not known; never
    raises on a response, whatever its characters, and takes time linear in its length.
    """
    chosen = (
        parse_scorer(scorer or choose_scorer(question))
        if not isinstance(scorer, Scorer)
        else scorer
    )
    text = clean(response_text)
    if is_truncated:
        text = _CUT_NUMBER.sub("", text).rstrip()
    if not text:
        status = AnswerStatus.TRUNCATED if is_truncated else AnswerStatus.EMPTY
        return Score(0.0, status, None, "none", chosen.label)
    found = chosen.judge(question, text)
    if not found.is_explicit:
        end = refusal_end(text)
        if end:
            found = _after_refusal(question, text[end:].strip(), chosen)
            if found.answer is None:
                return Score(0.0, AnswerStatus.REFUSAL, None, "none", chosen.label)
    if found.answer is None:
        status = AnswerStatus.TRUNCATED if is_truncated else AnswerStatus.UNPARSABLE
        return Score(0.0, status, None, found.rule, chosen.label)
    return Score(found.value, AnswerStatus.ANSWERED, found.answer, found.rule, chosen.label)


def _after_refusal(question: Question, rest: str, scorer: Scorer) -> Judgement:
    """Return what counts of the text after a refusal: a stated answer or a right one."""
    found = scorer.judge(question, rest) if rest else NOTHING
    return found if found.is_explicit or found.value > 0 else NOTHING
