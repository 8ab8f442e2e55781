"""The ``token_f1`` and ``contains`` scorers: how much of the reference's words the response has."""

from collections import Counter

from scramblebench.core.questions import Question
from scramblebench.scoring.exact_match import read_references
from scramblebench.scoring.judgements import NOTHING, Judgement, shortened
from scramblebench.scoring.statements import last_short_statement
from scramblebench.scoring.text import tokens, unmarked

VERSION = 1


def judge_token_f1(question: Question, text: str) -> Judgement:
    """Judge by the F1 of word overlap with the best accepted answer, 0 to 1.

    As in SQuAD v1.1 (Rajpurkar et al. 2016, doi:10.18653/v1/D16-1264), on the stated answer where
    there is one and the whole text otherwise.
    """
    text = unmarked(text)
    statement = last_short_statement(text)
    given, rule = (statement.sentence, statement.rule) if statement else (text, "whole")
    words = tokens(given)
    if not words:
        return NOTHING
    value = max(token_f1(words, one.split()) for one in read_references(question.answers).texts)
    return Judgement(value, shortened(given), rule, statement is not None)


def token_f1(given: list[str], wanted: list[str]) -> float:
    """Return the harmonic mean of precision and recall of words, as multisets; 0 where none is shared."""
    shared = (Counter(given) & Counter(wanted)).total()
    return 2 * shared / (len(given) + len(wanted)) if shared else 0.0


def judge_contains(question: Question, text: str) -> Judgement:
    """Judge whether an accepted answer stands anywhere in the text, as whole words."""
    words = tokens(text)
    if not words:
        return NOTHING
    padded = f" {' '.join(words)} "
    for answer, plain in zip(
        question.answers, read_references(question.answers).texts, strict=True
    ):
        if f" {plain} " in padded:
            return Judgement(1.0, shortened(answer), "contained")
    return Judgement(0.0, shortened(text), "whole")
