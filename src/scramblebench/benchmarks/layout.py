"""Which fields of a record are its question, answer, choices and the rest, found by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scramblebench.benchmarks.records import Malformed
from scramblebench.benchmarks.source import FieldMapping

QUESTION_NAMES = ("question", "problem", "text", "prompt", "input", "query", "Problem")
ANSWER_NAMES = (
    "answer",
    "answers",
    "solution",
    "output",
    "target",
    "label",
    "correct",
    "rationale",
    "ground_truth",
    "correct_answer",
    "answerKey",
)
CONTEXT_NAMES = ("context", "passage", "document", "article")
CHOICES_NAMES = ("choices", "options")
DOMAIN_NAMES = ("category", "domain", "subject")
DIFFICULTY_NAMES = ("difficulty",)
ID_NAMES = ("id",)
TRUTHFULQA_ANSWERS = ("Best Answer", "Correct Answers")
TRUTHFULQA_CHOICES = "mc1_targets"  # {option: 1 for the true one, else 0}, the true one first

_CHOICE_COLUMN = re.compile(r"(?:choice|option)[ _-]?([a-z]|\d{1,2})", re.IGNORECASE)
_MIN_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of the fields; "" and () where a record has none. ``labels`` name the choice columns."""

    question: tuple[str, ...]
    answer: tuple[str, ...]
    choices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    context: str = ""
    domain: str = ""
    difficulty: str = ""
    id: str = ""


def find_layout(names: Iterable[str], mapping: FieldMapping) -> Layout:
    """Return where things stand in a record with these fields; an explicit mapping goes first.

    Exact names win over names in another case. Raises Malformed where there is no question or no
    answer, or where a mapped field is missing.
    """
    fields = list(names)
    columns, labels = _choice_fields(fields, mapping)
    return Layout(
        question=_question_fields(fields, mapping),
        answer=_answer_fields(fields, mapping),
        choices=columns,
        labels=labels,
        context=_optional(fields, mapping.context, "context", CONTEXT_NAMES),
        domain=_optional(fields, mapping.domain, "domain", DOMAIN_NAMES),
        difficulty=_optional(fields, mapping.difficulty, "difficulty", DIFFICULTY_NAMES),
        id=_optional(fields, mapping.id, "id", ID_NAMES),
    )


def _question_fields(fields: list[str], mapping: FieldMapping) -> tuple[str, ...]:
    if mapping.question is not None:
        return _mapped(fields, mapping.question, "question")
    if name := _exact(fields, QUESTION_NAMES):
        return (name,)
    if "Body" in fields and "Question" in fields:
        return ("Body", "Question")
    if name := _any_case(fields, QUESTION_NAMES):
        return (name,)
    raise _missing("question", QUESTION_NAMES, fields)


def _answer_fields(fields: list[str], mapping: FieldMapping) -> tuple[str, ...]:
    if mapping.answer is not None:
        return _mapped(fields, mapping.answer, "answer")
    if TRUTHFULQA_CHOICES in fields:
        return (TRUTHFULQA_CHOICES,)
    if name := _exact(fields, ANSWER_NAMES) or _any_case(fields, ANSWER_NAMES):
        return (name,)
    if found := tuple(name for name in TRUTHFULQA_ANSWERS if name in fields):
        return found
    raise _missing("answer", ANSWER_NAMES, fields)


def _choice_fields(
    fields: list[str], mapping: FieldMapping
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields with choices and, where each holds one choice, the labels of these."""
    if mapping.choices is not None:
        columns = _mapped(fields, mapping.choices, "choices")
        return columns, _letters(len(columns)) if len(columns) > 1 else ()
    if name := _exact(fields, CHOICES_NAMES) or _any_case(fields, CHOICES_NAMES):
        return (name,), ()
    columns = tuple(sorted(name for name in fields if _CHOICE_COLUMN.fullmatch(name)))
    if len(columns) >= _MIN_COLUMNS:
        ordered = sorted(columns, key=_label_order)
        return tuple(ordered), tuple(_column_label(name) for name in ordered)
    return _letter_columns(fields)


def _letter_columns(fields: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for first in "Aa":
        columns: list[str] = []
        while chr(ord(first) + len(columns)) in fields:
            columns.append(chr(ord(first) + len(columns)))
        if len(columns) >= _MIN_COLUMNS:
            return tuple(columns), _letters(len(columns))
    return (), ()


def _column_label(name: str) -> str:
    match = _CHOICE_COLUMN.fullmatch(name)
    return match[1].upper() if match else name


def _label_order(name: str) -> tuple[int, str]:
    label = _column_label(name)
    return (int(label), "") if label.isdigit() else (0, label)


def _letters(n: int) -> tuple[str, ...]:
    return tuple(chr(ord("A") + index) for index in range(n))


def _optional(fields: list[str], mapped: str | None, role: str, names: tuple[str, ...]) -> str:
    if mapped is not None:
        return _checked(fields, mapped, role)
    return _exact(fields, names) or _any_case(fields, names)


def _mapped(fields: list[str], mapped: str, role: str) -> tuple[str, ...]:
    parts = (mapped,) if mapped in fields else tuple(part.strip() for part in mapped.split("+"))
    return tuple(_checked(fields, part, role) for part in parts)


def _checked(fields: list[str], name: str, role: str) -> str:
    if name not in fields:
        shown = ", ".join(fields[:12])
        raise Malformed(f'no field "{name}" (mapped as {role}); the fields are: {shown}')
    return name


def _exact(fields: list[str], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in fields), "")


def _any_case(fields: list[str], names: tuple[str, ...]) -> str:
    by_lower = {field.lower(): field for field in reversed(fields)}
    return next((by_lower[name.lower()] for name in names if name.lower() in by_lower), "")


def _missing(role: str, names: tuple[str, ...], fields: list[str]) -> Malformed:
    shown = ", ".join(fields[:12]) or "none"
    return Malformed(
        f"no {role}: none of {', '.join(names)} among the fields ({shown}); "
        f"name the field under `fields: {role}:`"
    )
