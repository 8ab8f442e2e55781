"""Reference answers: read from a field, and found among the choices."""

import re
from collections.abc import Iterable
from decimal import Decimal

from scramblebench.benchmarks.choices import Choices
from scramblebench.benchmarks.records import Malformed, Value, kind_of, plain_number

WORKED_FIELDS = ("solution", "rationale")  # fields that hold the way to the answer and then it
_FINAL = re.compile(r"####[ \t]*(\S[^\r\n]*)")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BRACKETS = re.compile(r"\(?\s*([A-Za-z0-9]{1,2})\s*[).:]?")
_BOXED = "\\boxed{"


def read_answers(value: Value, field: str) -> tuple[str, ...]:
    """Return the accepted answers of a field, each once, in order; empty where it says nothing.

    A boolean accepts true/yes or false/no. Raises Malformed on an object.
    """
    match value:
        case None:
            return ()
        case bool():
            return ("true", "yes") if value else ("false", "no")
        case int() | Decimal():
            return (plain_number(value),)
        case str():
            return _from_text(value, field)
        case list():
            return _once(answer for item in value for answer in read_answers(item, field))
        case {"text": list() as texts}:
            return read_answers(texts, field)
        case dict():
            raise Malformed(f"the answer is {kind_of(value)}; write a text, a number or a list")


def _from_text(text: str, field: str) -> tuple[str, ...]:
    answer = text.strip()
    finals = _FINAL.findall(answer)
    if finals:
        answer = finals[-1].strip()
    elif field.lower() in WORKED_FIELDS and _BOXED in answer:
        answer = _last_boxed(answer)
    elif field.lower() == "rationale":
        raise Malformed('the rationale holds no final answer; end it with "#### answer"')
    if _THOUSANDS.fullmatch(answer):
        answer = answer.replace(",", "")
    return (answer,) if answer else ()


def _last_boxed(text: str) -> str:
    r"""Return what stands in the last \boxed{...}, braces within braces included."""
    start = text.rindex(_BOXED) + len(_BOXED)
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at].strip()
    raise Malformed("the last \\boxed{ in the answer is never closed; close it")


def split_answers(text: str) -> tuple[str, ...]:
    """Return the answers that a cell holds between semicolons."""
    return _once(part.strip() for part in text.split(";"))


def _once(answers: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer for answer in answers if answer))


def whole_number(value: Value) -> int | None:
    """Return the value where it is a whole number, or text that is one; else None."""
    match value:
        case bool():
            return None
        case int():
            return value
        case Decimal() if value == value.to_integral_value():
            return int(value)
        case str() if re.fullmatch(r"-?\d{1,9}", value.strip()):
            return int(value)
        case _:
            return None


def find_choice(value: Value, choices: Choices, *, is_index: bool) -> int:
    """Return the position of the right choice, which the answer names by label, position or text.

    ``is_index`` says that whole numbers are positions from 0. Raises Malformed where the answer is
    not among the choices, or could be two of them.
    """
    number = whole_number(value)
    if is_index and number is not None and not _names_own_label(str(number), choices):
        if 0 <= number < len(choices.texts):
            return number
        raise _not_among(str(number), choices)
    answers = read_answers(value, "answer")
    if len(answers) != 1:
        raise Malformed(f"{len(answers)} answers to one question with choices; give exactly one")
    return _by_label_or_text(answers[0], choices)


def _by_label_or_text(answer: str, choices: Choices) -> int:
    by_label = _label_position(answer, choices)
    by_text = [index for index, text in enumerate(choices.texts) if _same(text, answer)]
    exact = [index for index in by_text if choices.texts[index] == answer]
    by_text = exact or by_text
    if by_label is not None:
        if by_text and by_label not in by_text and not choices.has_own_labels:
            raise Malformed(f"the answer {answer} is a letter and also the text of another choice")
        return by_label
    if not by_text:
        raise _not_among(answer, choices)
    if len(by_text) > 1:
        raise Malformed(f"the answer {answer[:60]!r} stands under two letters; name the letter")
    return by_text[0]


def _label_position(answer: str, choices: Choices) -> int | None:
    match = _BRACKETS.fullmatch(answer)
    bare = match[1] if match else answer
    for label in (bare, bare.upper()):
        if label in choices.labels:
            return choices.labels.index(label)
    return None


def _names_own_label(answer: str, choices: Choices) -> bool:
    return choices.has_own_labels and answer in choices.labels


def _same(text: str, answer: str) -> bool:
    return " ".join(text.casefold().split()) == " ".join(answer.casefold().split())


def _not_among(answer: str, choices: Choices) -> Malformed:
    first, last = choices.labels[0], choices.labels[-1]
    ways = f"give the letter ({first} to {last}), the position from 0 or the text"
    return Malformed(
        f"the answer {answer[:60]!r} is not among the {len(choices.texts)} choices; {ways}"
    )
