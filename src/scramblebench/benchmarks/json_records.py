"""JSON and JSON Lines, strictly: no NaN, no duplicate keys, no bottomless nesting."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from scramblebench.benchmarks.files import MAX_LINE_BYTES, HashedFile
from scramblebench.benchmarks.records import (
    Malformed,
    Record,
    Value,
    check_value,
    decimal_of,
    kind_of,
)

LIST_KEYS = ("data", "examples", "instances", "items", "questions")
_MAX_INTEGER_DIGITS = 1000
_BLANKS = " \t\r\n"


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f'the key "{double}" stands twice in one object; keep one of them')
    return fields


def _integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_DIGITS:
        raise Malformed(f"a number of {len(digits)} digits; write it as text")
    return int(digits)


def _refuse_constant(word: str) -> Decimal:
    raise Malformed(f"{word} is not JSON; write null or a number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=decimal_of,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)


def decode_at(text: str, start: int) -> tuple[Value, int]:
    """Return the JSON value that begins at ``start`` and the position after it; raises Malformed."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg.lower()} at column {error.colno}; check commas and quotes"
        raise Malformed(message, error.lineno) from error
    except RecursionError as error:
        raise Malformed("nested deeper than 64 levels; flatten it") from error
    if end - start > MAX_LINE_BYTES:
        raise Malformed(f"a record is larger than {MAX_LINE_BYTES >> 20} MiB; is the file damaged?")
    check_value(value)
    return value, end


def line_records(file: HashedFile) -> Iterator[Record]:
    """Yield the objects of a JSON Lines file; blank lines hold none."""
    for number, line in file.numbered_lines():
        text = line.strip(_BLANKS)
        if text:
            yield Record(number, _line_object(text, number))


def _line_object(text: str, number: int) -> dict[str, Value]:
    try:
        value, end = decode_at(text, 0)
    except Malformed as error:
        raise Malformed(str(error), number) from error
    if end < len(text):
        raise Malformed(f"more follows the object at column {end + 1}; one object a line", number)
    return _object(value, number)


def _object(value: Value, line: int) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise Malformed(
            f"the record is {kind_of(value)}, not an object; give each its field names", line
        )
    return value


def document_records(file: HashedFile) -> Iterator[Record]:
    """Yield the objects of a JSON list, or of the list under one of LIST_KEYS in an object."""
    document = _Document(file.text())
    match document.peek():
        case "[":
            yield from document.list_records()
        case "{":
            yield from document.member_records()
        case "":
            return
        case _:
            raise document.wrong("a JSON file is a list of objects; begin it with [")
    if document.peek():
        raise document.wrong("more follows the end of the JSON document; remove it")


class _Document:
    """A cursor in a JSON text that counts lines as it goes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0

    def peek(self) -> str:
        """Return the next character that is not blank, "" at the end."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _BLANKS:
            at += 1
        self._at = at
        return text[at : at + 1]

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def wrong(self, message: str) -> Malformed:
        return Malformed(message, self.line())

    def take(self, *wanted: str) -> str:
        character = self.peek()
        if character not in wanted:
            found = f"found {character}" if character else "the file ends"
            raise self.wrong(f"not JSON: expected {' or '.join(wanted)}, {found}; is it cut off?")
        self._at += 1
        return character

    def value(self) -> Value:
        self.peek()
        try:
            value, self._at = decode_at(self._text, self._at)
        except Malformed as error:
            raise Malformed(str(error), error.line or self.line()) from error
        return value

    def list_records(self) -> Iterator[Record]:
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        last_line = 0
        for number in count(1):
            self.peek()
            line = self.line()
            fields = _object(self.value(), line)
            yield Record(line, fields, number if line == last_line else 0)
            last_line = line
            if self.take(",", "]") == "]":
                return

    def key(self) -> str:
        if self.peek() != '"':
            raise self.wrong("not JSON: a key in double quotes is expected; is it cut off?")
        key = str(self.value())
        self.take(":")
        return key

    def member_records(self) -> Iterator[Record]:
        start = self.line()
        keys: list[str] = []
        lists: list[str] = []
        separator = self.take("{")
        while separator != "}" and not (separator == "{" and self.peek() == "}"):
            key = self.key()
            if key in keys:
                raise self.wrong(f'the key "{key}" stands twice; keep one of them')
            keys.append(key)
            if key in LIST_KEYS and self.peek() == "[":
                lists.append(key)
                if len(lists) > 1:
                    raise self.wrong(f"lists under both {lists[0]} and {key}; keep one of them")
                yield from self.list_records()
            else:
                self.value()
            separator = self.take(",", "}")
        if not lists:
            names = ", ".join(LIST_KEYS)
            raise Malformed(
                f"the object has no list under one of {names}; put the list there", start
            )
