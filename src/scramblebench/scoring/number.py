"""The ``number`` scorer: the number a response states, else its last one, against the reference."""

import re
from functools import lru_cache

from scramblebench.core.questions import Question
from scramblebench.scoring.judgements import NOTHING, Judgement, shortened
from scramblebench.scoring.quantities import (
    NUMBER,
    NUMBER_WORDS,
    Quantity,
    is_same,
    read_match,
    read_sentence,
    read_whole,
    read_words,
)
from scramblebench.scoring.statements import Statement, find_statements
from scramblebench.scoring.text import unmarked

VERSION = 1

_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")
_LABEL = re.compile(r"(?:step|part|question|case|method|option)\s*#?$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.!?;](?=\s|$)|\bbut\b|\binstead\b")
_STARTS_WITH_NUMBER = re.compile(
    rf"[\s=(~≈\"']*(?:\\boxed|[-+$€£¥₹]*\.?\d|rs\b|{NUMBER_WORDS.pattern})", re.IGNORECASE
)
_MAX_WHOLE_CHARS = 60


@lru_cache(maxsize=4096)
def _references(answers: tuple[str, ...]) -> tuple[Quantity, ...]:
    """Return the accepted answers that are numbers, GSM8K's ``... #### 72`` included."""
    read = (read_whole(answer.rpartition("####")[2].strip()) for answer in answers)
    return tuple(dict.fromkeys(quantity for quantity in read if quantity is not None))


def judge_number(question: Question, text: str) -> Judgement:
    """Judge the number the response states: see ``read_number`` for which it is."""
    found = read_number(text)
    if found is None:
        return NOTHING
    quantity, written, rule, is_explicit = found
    is_right = _is_reference(quantity, question.answers)
    return Judgement(float(is_right), shortened(written), rule, is_explicit)


def is_right_number(text: str, answers: tuple[str, ...]) -> bool:
    """Whether a short text is a number that the accepted answers hold."""
    quantity = read_whole(text)
    return quantity is not None and _is_reference(quantity, answers)


def _is_reference(quantity: Quantity, answers: tuple[str, ...]) -> bool:
    return any(is_same(quantity, reference) for reference in _references(answers))


Found = tuple[Quantity, str, str, bool]


def read_number(text: str) -> Found | None:
    """Return (number, as written, rule, whether it is stated) of a cleaned response, None without one.

    In this order: the whole text; the last statement of an answer that holds a number (boxed, tag,
    ####, "the answer is"; a heading "Answer:" above several sentences only where the number comes
    first); the last bold number; the last number that is no list mark or step label;
    the only number word of a text without digits. After "the answer is not ..." only what follows
    it is read.
    """
    if len(text) <= _MAX_WHOLE_CHARS:
        plain = unmarked(text).replace("\\boxed", "").strip("{}$ .")
        whole = read_whole(plain)
        if whole is not None and "\\" not in text:
            return whole, plain, "whole", True
    statements = find_statements(unmarked(text))
    stated = _stated(statements)
    if stated is not None:
        return stated
    if statements and statements[-1].is_negated:
        text = _after_clause(statements[-1].text)
    return _last_bold(text) or _last_number(text) or _only_word(text)


def _stated(statements: list[Statement]) -> Found | None:
    """Return the number of the last statement that has one; a denial voids those before it."""
    for statement in reversed(statements):
        if statement.is_denial:
            return None
        is_reasoning = statement.is_heading and not _STARTS_WITH_NUMBER.match(statement.text)
        if not statement.is_negated and not is_reasoning:
            found = read_sentence(statement.sentence)
            if found is not None:
                return (*found, statement.rule, True)
    return None


def _after_clause(statement: str) -> str:
    """Return what follows "not 5" in "not 5 but 6"."""
    clause = _CLAUSE_END.search(statement)
    return statement[clause.end() :] if clause else ""


def _last_bold(text: str) -> Found | None:
    if "**" not in text:
        return None
    for bold in reversed(_BOLD.findall(text)):
        if not _LABEL.match(bold.rstrip(":.0123456789 ")):
            found = _last_number(bold)
            if found is not None:
                return found[0], found[1], "bold", False
    return None


def _last_number(text: str) -> Found | None:
    for match in reversed(list(NUMBER.finditer(text))):
        if not _is_mark(text, match):
            quantity = read_match(match)
            if quantity is not None:
                return quantity, match.group().strip(), "last_number", False
    return None


def _is_mark(text: str, match: re.Match[str]) -> bool:
    """Whether a number only numbers a line ("2. Then ...") or a step ("Step 3")."""
    line_start = text.rfind("\n", 0, match.start()) + 1
    is_first = match.start() - line_start <= 4 and not text[line_start : match.start()].strip(
        " *#-\t"
    )
    after = text[match.end() : match.end() + 3].lstrip("*")
    if is_first and after[:1] in (".", ")") and after[1:2].isspace():
        return True
    return _LABEL.search(text[max(0, match.start() - 12) : match.start()].rstrip()) is not None


def _only_word(text: str) -> Found | None:
    """Return the number word of a text that has exactly one; "one" in a longer text is a pronoun."""
    if any(character.isdigit() for character in text):
        return None
    words = [match.group() for match in NUMBER_WORDS.finditer(text[:2000])]
    if len({word.lower() for word in words}) != 1:
        return None
    is_pronoun = words[0].lower() == "one" and len(text.split()) > 3
    return None if is_pronoun else (read_words(words[0]), words[0], "number_word", False)
