"""The ``exact_match`` scorer: short free-text answers such as "Paris", lists of words, verdicts, dates.

The response's stated answer, or else the whole response, is compared after normalising (NFKC, case,
articles, punctuation, space). Where it is longer than the reference, the reference must stand in it as
whole words, not behind a "not": in a text of at most 50 words anywhere, in a longer one in its first
or last sentence. Yes/no and true/false references accept each other's words, and only those;
dates are compared as dates. The separators of a list of words do not matter, its order does.
"""

from dataclasses import dataclass
from functools import lru_cache

from scramblebench.core.questions import Question
from scramblebench.scoring.dates import Date, read_date, read_dates
from scramblebench.scoring.judgements import CONTRADICTORY, NOTHING, Judgement, shortened
from scramblebench.scoring.statements import Statement, last_short_statement
from scramblebench.scoring.text import (
    clean,
    first_sentence,
    last_sentence,
    normalised,
    tokens,
    unlisted,
    unmarked,
)
from scramblebench.scoring.verdicts import leading_verdict, only_verdict, reference_verdict

VERSION = 1
_SHORT_WORDS = 50
_NEGATIONS = frozenset(
    [
        "not",
        "isnt",
        "wasnt",
        "never",
        "no",
        "neither",
        "nor",
        "than",
        "except",
        "cannot",
        "cant",
        "arent",
    ]
)
_VERDICT_WORDS = frozenset({"yes", "no", "true", "false"})
_NEGATION_REACH = 2
_LIST_SPACES = 2  # three words or more may be a list


@dataclass(frozen=True, slots=True)
class References:
    """The accepted answers of a question in comparable form."""

    texts: tuple[str, ...]
    verdict: bool | None
    dates: frozenset[Date]


@lru_cache(maxsize=4096)
def read_references(answers: tuple[str, ...]) -> References:
    """Return the comparable forms of the accepted answers."""
    plain = [clean(answer) for answer in answers]
    dates = [read_date(answer) for answer in plain]
    return References(
        tuple(normalised(answer) for answer in plain),
        reference_verdict(answers),
        frozenset(date for date in dates if date is not None),
    )


def judge_exact(question: Question, text: str) -> Judgement:
    """Judge the stated answer, else the whole text."""
    references = read_references(question.answers)
    if normalised(text) in references.texts:
        return Judgement(1.0, shortened(text), "whole", True)
    text = unmarked(text)
    statement = last_short_statement(text)
    if references.verdict is not None:
        return _judge_verdict(references.verdict, text, statement)
    if references.dates:
        return _judge_date(references.dates, text, statement)
    if not any(character.isalnum() for character in text):
        return NOTHING
    return _judge_text(references.texts, text, statement)


def _judge_verdict(wanted: bool, text: str, statement: Statement | None) -> Judgement:
    if statement is not None:
        stated = leading_verdict(statement.text)
        if stated is None:
            stated = only_verdict(statement.sentence)
        if stated is not None:
            return _verdict(stated is wanted, stated, statement.rule)
    for rule, found in (("leading_word", leading_verdict(text)), ("only_word", only_verdict(text))):
        if found is not None:
            return _verdict(found is wanted, found, rule)
    last = only_verdict(last_sentence(text))
    if last is not None:
        return _verdict(last is wanted, last, "last_word")
    return (
        CONTRADICTORY
        if any(word in ("yes", "no", "true", "false") for word in tokens(text))
        else NOTHING
    )


def _verdict(is_right: bool, stated: bool, rule: str) -> Judgement:
    return Judgement(float(is_right), "yes" if stated else "no", rule, rule != "only_word")


def _judge_date(wanted: frozenset[Date], text: str, statement: Statement | None) -> Judgement:
    stated = read_dates(statement.text) if statement is not None else []
    if statement is not None and stated:
        return Judgement(float(stated[0] in wanted), _iso(stated[0]), statement.rule, True)
    found = read_dates(text)
    if not found:
        return NOTHING
    return Judgement(float(found[-1] in wanted), _iso(found[-1]), "last_date")


def _iso(date: Date) -> str:
    return f"{date[0]:04}-{date[1]:02}-{date[2]:02}"


def _judge_text(wanted: tuple[str, ...], text: str, statement: Statement | None) -> Judgement:
    if statement is not None:
        sentence = statement.sentence
        is_right = _fits(wanted, sentence) or _follows(wanted, text[statement.start :])
        return Judgement(
            float(is_right), shortened(sentence or statement.text), statement.rule, True
        )
    if len(text.split()) <= _SHORT_WORDS:
        return Judgement(float(_fits(wanted, text)), shortened(text), "whole")
    last = last_sentence(text)
    for rule, part in (("last_sentence", last), ("first_sentence", first_sentence(text))):
        if _fits(wanted, part):
            return Judgement(1.0, shortened(part), rule)
    if _fits(tuple(one for one in wanted if one.count(" ") >= _LIST_SPACES), text):
        return Judgement(1.0, shortened(text), "word_list")
    return Judgement(0.0, shortened(last), "last_sentence")


def _follows(wanted: tuple[str, ...], text: str) -> bool:
    """Whether an answer of several lines or abbreviations follows: at once, or a list anywhere after."""
    padded = " ".join(tokens(unlisted(text))) + " "
    if any(padded.startswith(f"{one} ") for one in wanted):
        return True
    return _fits(tuple(one for one in wanted if one.count(" ") >= _LIST_SPACES), text)


def _fits(wanted: tuple[str, ...], text: str) -> bool:
    """Whether the text is an accepted answer or holds one as whole words, not negated."""
    words = tokens(unlisted(text))
    padded = f" {' '.join(words)} "
    if any(_stands_in(one, padded, wanted) for one in wanted):
        return True
    if "and" not in words:
        return False
    without_and = f" {' '.join(word for word in words if word != 'and')} "
    return any(one.count(" ") >= _LIST_SPACES and f" {one} " in without_and for one in wanted)


def _stands_in(one: str, padded: str, wanted: tuple[str, ...]) -> bool:
    if one in _VERDICT_WORDS:  # "I have no idea" does not say no
        return padded.startswith(f" {one} ")
    needle = f" {one} "
    start = padded.find(needle)
    while start >= 0:
        before = padded[max(0, start - 40) : start].split()
        after = padded[start + len(needle) : start + len(needle) + 40].split()
        if not _NEGATIONS.intersection(before[-_NEGATION_REACH:]) and not _is_alternative(
            before, after, wanted
        ):
            return True
        start = padded.find(needle, start + 1)
    return False


def _is_alternative(before: list[str], after: list[str], wanted: tuple[str, ...]) -> bool:
    """Whether "or" joins the words to something that is not an accepted answer too."""
    if after[:1] == ["or"]:
        return " ".join(after[1:2]) not in wanted
    return before[-1:] == ["or"] and " ".join(before[-2:-1]) not in wanted
