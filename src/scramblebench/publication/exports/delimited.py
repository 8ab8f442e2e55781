"""CSV: RFC 4180 in UTF-8, a line of names, then the rows; an empty cell is an unknown value.

Booleans are true and false, lists and mappings JSON, texts as ``escapes`` says.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scramblebench.publication.exports.columns import Kind, Row, Table, converted
from scramblebench.publication.exports.escapes import (
    IN_CSV,
    escaped,
    guarded,
    json_text,
    unescaped,
    unguarded,
)
from scramblebench.publication.exports.files import ByteFile, reading

_LONGEST_CELL = 2**31 - 1


def _text(value: str) -> str:
    if value.isascii():
        if value.isalnum():
            return value
        if value.isprintable():
            return guarded(value)
    return guarded(escaped(value, IN_CSV))


def _from_text(cell: str) -> str:
    return unescaped(unguarded(cell))


_TO_CELL: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.TEXTS: lambda value: _text(json_text(value)),
    Kind.MAPPING: lambda value: _text(json_text(value)),
}
"""How cells are written; numbers as Python writes them, which is exact."""
_FROM_CELL: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.TEXT: _from_text,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: lambda cell: cell == "true",
    Kind.TEXTS: lambda cell: json.loads(_from_text(cell)),
    Kind.MAPPING: lambda cell: json.loads(_from_text(cell)),
}


class CsvWriter:
    """Writes a table as CSV."""

    def __init__(self, path: Path, table: Table) -> None:
        self._file = ByteFile(path)
        self._buffer = io.StringIO(newline="")
        self._csv = csv.writer(self._buffer)
        self._converters = [
            (position, _TO_CELL[column.kind])
            for position, column in enumerate(table.columns)
            if column.kind in _TO_CELL
        ]
        self._csv.writerow(table.column_names)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for position, convert in self._converters:
            columns[position] = converted(convert, columns[position])
        self._csv.writerows(zip(*columns, strict=True))
        self._flush()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._file.write(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()


def csv_names(path: Path) -> tuple[str, ...]:
    """Return the column names of a CSV file."""
    with reading(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as lines:
        return tuple(next(csv.reader(lines), ()))


def csv_rows(path: Path, table: Table) -> Iterator[Row]:
    """Yield the rows of a CSV file; the interpreter's limit on the length of a cell is lifted."""
    csv.field_size_limit(_LONGEST_CELL)
    converters = [_FROM_CELL[column.kind] for column in table.columns]
    with reading(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as lines:
        cells = csv.reader(lines)
        next(cells)
        for row in cells:
            yield tuple(
                convert(cell) if cell else None
                for convert, cell in zip(converters, row, strict=True)
            )
