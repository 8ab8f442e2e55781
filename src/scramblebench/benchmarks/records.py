"""A record: what one line, object or row of a benchmark file holds, before it is a question."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, Union

Value: TypeAlias = Union[bool, int, Decimal, str, list["Value"], dict[str, "Value"], None]  # noqa: UP007
MAX_DEPTH = 64
_MAX_EXPONENT = 308  # a double's range; beyond it a number written out fills the memory


class Malformed(ValueError):
    """What is wrong with a file, said without its path, which the loader puts before it.

    ``line`` counts from 1; None where it is the line of the record at hand, or of none.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one record and the line it begins on (Parquet: its row), from 1.

    ``number`` counts the records of the file from 1 where an earlier one begins on the same line;
    else it is 0, since the line tells them apart.
    """

    line: int
    fields: Mapping[str, Value]
    number: int = 0


def is_blank(value: Value) -> bool:
    """Whether a field says nothing: null, or text of white space only."""
    return value is None or (isinstance(value, str) and not value.strip())


def kind_of(value: Value) -> str:
    """Return what a value is, in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"


def decimal_of(text: str) -> Decimal:
    """Return a number as exact decimal; raises Malformed where no double could hold it."""
    number = Decimal(text)
    if not number.is_finite() or (number and abs(number.adjusted()) > _MAX_EXPONENT):
        raise Malformed(f"the number {text[:20]} is out of range; write it as text")
    return number


def plain_number(number: int | Decimal) -> str:
    """Return a number as a person writes it: 51 for 51.0, no exponent."""
    if isinstance(number, int):
        return str(number)
    integral = number.to_integral_value()
    return str(int(integral)) if integral == number else format(number.normalize(), "f")


def check_value(value: Value) -> None:
    """Raise Malformed where a value nests too deep or holds text that no database can store."""
    level: list[Value] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Malformed(f"nested deeper than {MAX_DEPTH} levels; flatten it")


def _inside(value: Value) -> list[Value]:
    if isinstance(value, str):
        _check_text(value)
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Malformed("holds the character U+0000, which is no text; remove it")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed(
            "holds half a surrogate pair (\\ud800 to \\udfff); write the whole character"
        )
