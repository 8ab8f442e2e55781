"""The choices of a multiple-choice question, in all the ways files write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from scramblebench.benchmarks.list_literal import parse_list
from scramblebench.benchmarks.records import (
    Malformed,
    Record,
    Value,
    is_blank,
    kind_of,
    plain_number,
)

_LABELLED = re.compile(r"\s*\(?([A-Z])\s*[).:]\s*(.*)", re.DOTALL)
_OPTIONS_BLOCK = re.compile(r"\s*\n\s*Options:\s*\n(.+)\Z", re.DOTALL)
_LETTER_LINE = re.compile(r"\(([A-Z])\)\s*(\S.*)")
_DASH_LINE = re.compile(r"-\s+(\S.*)")
_MAX_CHOICES = 26
_MIN_CHOICES = 2


@dataclass(frozen=True, slots=True)
class Choices:
    """Texts of the choices, and the labels that an answer may name them by.

    ``has_own_labels`` tells labels written in the file from the letters that position gives.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    has_own_labels: bool = False


def letter(index: int) -> str:
    """Return the letter of a position: A for 0."""
    return chr(ord("A") + index)


def read_choices(record: Record, columns: Sequence[str], labels: Sequence[str]) -> Choices | None:
    """Return the choices of a record: one field that holds them all, or one column for each.

    None where the record has none. Raises Malformed where they are not at least two texts.
    """
    values = [record.fields.get(column) for column in columns]
    if all(is_blank(value) for value in values):
        return None
    if labels:
        return _from_columns(values, labels)
    return _checked(_from_value(values[0]))


def _from_columns(values: list[Value], labels: Sequence[str]) -> Choices:
    filled = list(takewhile(lambda value: not is_blank(value), values))
    if any(not is_blank(value) for value in values[len(filled) :]):
        raise Malformed(f"choice {labels[len(filled)]} is empty and a later one is not; fill it in")
    texts = tuple(_text(value) for value in filled)
    return _checked(Choices(texts, tuple(labels[: len(filled)]), has_own_labels=True))


def _from_value(value: Value) -> Choices:
    match value:
        case dict():
            return _from_object(value)
        case list():
            return _from_list([_text(item) for item in value])
        case str() if value.lstrip().startswith("["):
            return _from_list(parse_list(value))
        case str() if "\n" in value.strip():
            return _from_list([line for line in value.splitlines() if line.strip()])
        case _:
            raise Malformed(f"the choices are {kind_of(value)}, not a list; write a list of texts")


def _from_object(value: dict[str, Value]) -> Choices:
    """Read ``{"A": "first", ...}`` or ``{"text": [...], "label": [...]}``."""
    texts, labels = value.get("text"), value.get("label")
    if isinstance(texts, list) and isinstance(labels, list) and len(texts) == len(labels):
        return Choices(tuple(map(_text, texts)), tuple(map(_text, labels)), has_own_labels=True)
    return Choices(tuple(map(_text, value.values())), tuple(value), has_own_labels=True)


def _from_list(texts: list[str]) -> Choices:
    """Take the labels off "A)first", "B)second": off all or none, and again where they are doubled."""
    has_own_labels = False
    while texts and (bare := _without_labels(texts)):
        texts, has_own_labels = bare, True
    labels = tuple(letter(index) for index in range(len(texts)))
    return Choices(tuple(text.strip() for text in texts), labels, has_own_labels)


def _without_labels(texts: list[str]) -> list[str]:
    bare: list[str] = []
    for index, text in enumerate(texts):
        match = _LABELLED.fullmatch(text)
        if not match or match[1] != letter(index):
            return []
        bare.append(match[2])
    return bare


def _text(value: Value) -> str:
    match value:
        case bool():
            return str(value)
        case str():
            return value.strip()
        case int() | Decimal():
            return plain_number(value)
        case _:
            raise Malformed(f"a choice is {kind_of(value)}, not text")


def _checked(choices: Choices) -> Choices:
    if len(choices.texts) < _MIN_CHOICES:
        raise Malformed(f"{len(choices.texts)} choice; at least two are needed")
    if len(choices.texts) > _MAX_CHOICES:
        raise Malformed(f"{len(choices.texts)} choices; there are letters for {_MAX_CHOICES}")
    for label, text in zip(choices.labels, choices.texts, strict=True):
        if not text:
            raise Malformed(f"choice {label} is empty; fill it in or remove it")
    return choices


def split_options(text: str) -> tuple[str, Choices | None]:
    """Return (text before "Options:", the choices after it); the text as it is where none follow.

    The choices are lines "(A) first", "(B) second", ... or "- first", "- second".
    """
    block = _OPTIONS_BLOCK.search(text)
    if not block:
        return text, None
    lines = [line.strip() for line in block[1].splitlines() if line.strip()]
    labelled = [_LETTER_LINE.fullmatch(line) for line in lines]
    if all(match and match[1] == letter(index) for index, match in enumerate(labelled)):
        texts = tuple(match[2] for match in labelled if match)
    else:
        dashed = [_DASH_LINE.fullmatch(line) for line in lines]
        if not all(dashed):
            return text, None
        texts = tuple(match[1] for match in dashed if match)
    labels = tuple(letter(index) for index in range(len(texts)))
    return text[: block.start()], _checked(Choices(texts, labels, has_own_labels=True))
