"""Parquet by pyarrow: numbers and lists as such, mappings as JSON, null for an unknown value.

Descriptions and units of the columns are in the schema. The same rows give the same bytes with the same
pyarrow.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scramblebench.core.errors import MissingDependency
from scramblebench.publication.exports.columns import Column, Kind, Row, Table, converted
from scramblebench.publication.exports.escapes import (
    IN_PARQUET,
    MARK,
    escaped,
    json_text,
    unescaped,
)

_MARK = MARK.encode()
_GROUP_ROWS = 65_536
_GROUP_BYTES = 64_000_000
"""A row group is full with either."""


def _text(value: str) -> str:
    return escaped(value, IN_PARQUET)


_TO_CELL: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: lambda value: [_text(item) for item in value],
    Kind.MAPPING: lambda value: _text(json_text(value)),
}
_FROM_CELL: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: unescaped,
    Kind.TEXTS: lambda value: [unescaped(item) for item in value],
    Kind.MAPPING: lambda value: json.loads(unescaped(value)),
}


def require_pyarrow() -> None:
    """Raise MissingDependency where pyarrow is not installed."""
    try:
        import pyarrow as _  # noqa: F401
    except ImportError:
        raise MissingDependency(
            'Parquet files need pyarrow: pip install "scramblebench[parquet]"'
        ) from None


class ParquetWriter:
    """Writes a table as Parquet; many a ``write`` makes one row group."""

    def __init__(self, path: Path, table: Table) -> None:
        require_pyarrow()
        import pyarrow
        from pyarrow.parquet import ParquetWriter as Writer

        types = {
            Kind.TEXT: pyarrow.string(),
            Kind.INTEGER: pyarrow.int64(),
            Kind.NUMBER: pyarrow.float64(),
            Kind.BOOLEAN: pyarrow.bool_(),
            Kind.TEXTS: pyarrow.list_(pyarrow.string()),
            Kind.MAPPING: pyarrow.string(),
        }
        self._table = table
        self._schema = pyarrow.schema(
            [pyarrow.field(c.name, types[c.kind], metadata=_said(c)) for c in table.columns]
        )
        self._writer = Writer(path, self._schema, compression="zstd")
        self._pending: list[Any] = []
        self._n_rows = self._n_bytes = 0

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        import pyarrow

        columns = [
            _array(column.kind, field.type, values)
            for column, field, values in zip(
                self._table.columns, self._schema, zip(*rows, strict=True), strict=True
            )
        ]
        batch = pyarrow.RecordBatch.from_arrays(columns, schema=self._schema)
        self._pending.append(batch)
        self._n_rows += batch.num_rows
        self._n_bytes += batch.nbytes
        if self._n_rows >= _GROUP_ROWS or self._n_bytes >= _GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        """Finish the file."""
        if self._pending:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        import pyarrow

        table = pyarrow.Table.from_batches(self._pending, self._schema)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._pending, self._n_rows, self._n_bytes = [], 0, 0


def _said(column: Column) -> dict[str, str]:
    said = {"description": column.description, "unit": column.unit, "empty": column.empty}
    return {name: words for name, words in said.items() if words}


def _array(kind: Kind, form: Any, values: Sequence[Any]) -> Any:
    """Return cells as Arrow has them."""
    import pyarrow

    if kind is Kind.TEXT and (array := _unaltered(values, form)) is not None:
        return array
    convert = _TO_CELL.get(kind)
    if convert is None:
        return pyarrow.array(values, form)
    return pyarrow.array(converted(convert, values), form)


def _unaltered(values: Sequence[str | None], form: Any) -> Any:
    """Return texts as Arrow has them, None where one of them must be altered."""
    import pyarrow

    try:
        array = pyarrow.array(values, form)
    except UnicodeEncodeError:  # a lone surrogate
        return None
    content = array.buffers()[2]
    return None if content and _MARK in content.to_pybytes() else array


def parquet_names(path: Path) -> tuple[str, ...]:
    """Return the column names of a Parquet file."""
    require_pyarrow()
    from pyarrow.parquet import read_schema

    return tuple(read_schema(path).names)


def parquet_rows(path: Path, table: Table) -> Iterator[Row]:
    """Yield the rows of a Parquet file."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        for batch in file.iter_batches():
            columns = [
                [_restored(column.kind, value) for value in values.to_pylist()]
                for column, values in zip(table.columns, batch.columns, strict=True)
            ]
            yield from zip(*columns, strict=True)


def _restored(kind: Kind, value: Any) -> Any:
    convert = _FROM_CELL.get(kind)
    return value if value is None or convert is None else convert(value)
