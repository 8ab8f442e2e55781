"""CSV, TSV and Parquet: rows under named columns."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from scramblebench.benchmarks.files import HashedFile
from scramblebench.benchmarks.records import Malformed, Record, Value, check_value, decimal_of
from scramblebench.core.errors import MissingDependency

_DELIMITERS = (",", ";", "\t", "|")
_BATCH_ROWS = 1024


def csv_records(file: HashedFile) -> Iterator[Record]:
    """Yield the rows of a CSV file; the delimiter (, ; tab |) is the one that splits its first line most."""
    return _separated(file, None)


def tsv_records(file: HashedFile) -> Iterator[Record]:
    """Yield the rows of a file of tab-separated values."""
    return _separated(file, "\t")


def _separated(file: HashedFile, delimiter: str | None) -> Iterator[Record]:
    lines = (line for _, line in file.numbered_lines())
    first = next(lines, "")
    if not first.strip():
        if any(line.strip() for line in lines):
            raise Malformed("the first line is blank; begin with the names of the columns", 1)
        return
    rows = _rows(_chained(first, lines), delimiter or _sniffed(first))
    _, header = next(rows)
    names = _column_names(header)
    for line, cells in rows:
        if cells:
            yield Record(line, _fields(names, cells, line))


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _sniffed(header: str) -> str:
    """Return the delimiter that makes the most columns of the header."""
    try:
        return max(
            _DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter)))
        )
    except csv.Error as error:
        raise Malformed(f"not CSV: {error}; check the quotes", 1) from error


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line the row begins on, cells); a cell in quotes may hold line ends."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Malformed(f"not CSV: {error}; check the quotes", line) from error
        yield line, cells


def _column_names(header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    double = next((name for name, times in Counter(names).items() if times > 1), None)
    if double is not None:
        raise Malformed(f'the column "{double}" stands twice; rename one of them', 1)
    return names


def _fields(names: Sequence[str], cells: Sequence[str], line: int) -> dict[str, Value]:
    if len(cells) != len(names):
        columns = f"{len(cells)} cells under {len(names)} columns"
        raise Malformed(f"{columns}; put a cell that holds the delimiter in double quotes", line)
    return dict(zip(names, cells, strict=True))


def parquet_records(file: HashedFile) -> Iterator[Record]:
    """Yield the rows of a Parquet file; the line is the row's number. Needs the extra ``parquet``."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        command = 'pip install "scramblebench[parquet]"'
        raise MissingDependency(f"{file.path}: Parquet files need pyarrow: {command}") from error
    try:
        table = parquet.ParquetFile(io.BytesIO(file.content()))
        row = 0
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            for fields in batch.to_pylist():
                row += 1
                yield Record(row, _row_values(fields, row))
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise Malformed(f"not a Parquet file that can be read: {reason}; write it anew") from error


def _row_values(fields: dict[str, object], row: int) -> dict[str, Value]:
    try:
        values = {name: _value(value) for name, value in fields.items()}
        check_value(values)
    except Malformed as error:
        raise Malformed(str(error), row) from error
    return values


def _value(value: object) -> Value:
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case float():
            if not math.isfinite(value):
                raise Malformed(f"the value {value} is not a number; write null or a number")
            return decimal_of(repr(value))
        case list():
            return [_value(item) for item in value]
        case dict():
            return {str(key): _value(item) for key, item in value.items()}
        case _:
            raise Malformed(f"holds a {type(value).__name__}; use text, numbers and lists")
