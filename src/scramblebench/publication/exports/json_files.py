"""JSON (a list of objects, one a line) and JSON Lines, in UTF-8; null is an unknown value.

Infinite numbers are the texts "inf" and "-inf". What JSON can escape, it escapes: a lone surrogate is
``\\ud800``. Only halves of a surrogate pair side by side are written as ``escapes`` says.
"""

import json
from collections.abc import Iterator, Sequence
from math import isinf
from pathlib import Path
from typing import Any

import orjson

from scramblebench.publication.exports.columns import Kind, Row, Table
from scramblebench.publication.exports.escapes import IN_JSON, MARK, escaped, unescaped
from scramblebench.publication.exports.files import ByteFile, reading

_MARK = MARK.encode()


class _Encoder:
    """Rows of a table as JSON objects."""

    def __init__(self, table: Table) -> None:
        self._names = table.column_names
        self._numbers = table.positions(Kind.NUMBER)

    def encode(self, row: Row) -> bytes:
        """Return a row as one line."""
        cells = dict(zip(self._names, row, strict=True))
        for position in self._numbers:
            value = row[position]
            if value is not None and isinf(value):
                cells[self._names[position]] = str(value)
        try:
            line = orjson.dumps(cells)
        except TypeError:  # a lone surrogate, or an integer beyond 64 bits
            line = _MARK
        return line if _MARK not in line else _slowly(cells)


def _slowly(cells: dict[str, Any]) -> bytes:
    return json.dumps(_each_text(cells), ensure_ascii=True, separators=(",", ":")).encode()


def _each_text(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value, IN_JSON)
    if isinstance(value, list):
        return [_each_text(item) for item in value]
    if isinstance(value, dict):
        return {_each_text(key): _each_text(item) for key, item in value.items()}
    return value


class JsonLinesWriter:
    """Writes a table as JSON Lines."""

    def __init__(self, path: Path, table: Table) -> None:
        self._file = ByteFile(path)
        self._encoder = _Encoder(table)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        lines = [self._encoder.encode(row) for row in rows]
        self._file.write(b"\n".join([*lines, b""]))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class JsonWriter:
    """Writes a table as one JSON list."""

    def __init__(self, path: Path, table: Table) -> None:
        self._file = ByteFile(path)
        self._encoder = _Encoder(table)
        self._before = b"[\n"

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        for row in rows:
            self._file.write(self._before + self._encoder.encode(row))
            self._before = b",\n"

    def close(self) -> None:
        """Finish the file."""
        is_empty = self._before.startswith(b"[")
        self._file.write(b"[]\n" if is_empty else b"\n]\n")
        self._file.close()


def json_objects(path: Path, is_lines: bool) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON file, which is read whole, or of a JSON Lines file, line by line."""
    with reading(path) as file:
        if is_lines:
            yield from map(json.loads, file)
        else:
            yield from json.load(file)


def json_rows(path: Path, table: Table, is_lines: bool) -> Iterator[Row]:
    """Yield the rows of a file."""
    kinds = {column.name: column.kind for column in table.columns}
    for cells in json_objects(path, is_lines):
        yield tuple(_cell(kind, cells[name]) for name, kind in kinds.items())


def _cell(kind: Kind, value: Any) -> Any:
    if isinstance(value, str):
        return float(value) if kind is Kind.NUMBER else unescaped(value)
    if isinstance(value, list):
        return [_cell(Kind.TEXT, item) for item in value]
    if isinstance(value, dict):
        return {unescaped(key): _cell(Kind.MAPPING, item) for key, item in value.items()}
    return value
