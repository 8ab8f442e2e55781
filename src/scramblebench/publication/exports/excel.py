"""Excel by XlsxWriter: a sheet per table in one workbook, texts never formulas or links.

Booleans and numbers are such; lists and mappings are JSON, infinite numbers and integers beyond 2**53
texts. A text that is longer than Excel's 32,767 characters is cut; the sheet ``cut`` names each, and its
cell is coloured.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from math import isinf
from pathlib import Path
from typing import Any, Final

from scramblebench.core.errors import MissingDependency, UsageError
from scramblebench.publication.exports.columns import Kind, Row, Table, integer, text
from scramblebench.publication.exports.escapes import (
    IN_EXCEL,
    escaped,
    guarded,
    json_text,
    unescaped,
    unguarded,
)

MOST_ROWS: Final = 1_048_575
"""Rows that a sheet holds below its line of names."""
MOST_CHARACTERS: Final = 32_767
"""Characters in a cell, of UTF-16."""
_LARGEST_INTEGER = 2**53
_COLUMN_WIDTH = 16

CUT = Table(
    "cut",
    "a text that was too long for a cell",
    (
        text("table", "Name of the table."),
        integer("row", "Row of the sheet."),
        text("column", "Name of the column."),
        integer("n_characters", "Length of the whole text; it is in the formats csv, jsonl and parquet."),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """A text that is not whole: which cell (rows count from 1, the names' line) and its true length."""

    table: str
    row: int
    column: str
    n_characters: int


class _Exact(float):
    """A number of which XlsxWriter writes all 17 digits that it takes, not 16."""

    def __format__(self, _: str, /) -> str:
        return float.__repr__(self)


def require_xlsxwriter() -> None:
    """Raise MissingDependency where XlsxWriter is not installed."""
    try:
        import xlsxwriter as _  # noqa: F401
    except ImportError:
        raise MissingDependency(
            'Excel files need XlsxWriter: pip install "scramblebench[excel]"'
        ) from None


class Workbook:
    """A workbook that is written sheet by sheet, row by row; ``made_at`` is the time it bears."""

    def __init__(self, path: Path, made_at: datetime) -> None:
        require_xlsxwriter()
        from xlsxwriter import Workbook as Book

        options = {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.cuts: list[Cut] = []
        self._book: Any = Book(str(path), options)
        self._book.set_properties({"created": made_at.replace(tzinfo=None)})
        self._formats = {
            "names": self._book.add_format({"bold": True}),
            "cut": self._book.add_format({"bg_color": "#FFE0B2"}),
        }

    def sheet(self, table: Table) -> "SheetWriter":
        """Return what writes the next sheet; the one before must be finished."""
        return SheetWriter(
            self._book.add_worksheet(table.name), table, self._formats, self.cuts.append
        )

    def close(self) -> None:
        """Finish the workbook, with a sheet of what was cut."""
        if self.cuts:
            rows = [(cut.table, cut.row, cut.column, cut.n_characters) for cut in self.cuts]
            self.sheet(CUT).write(rows)
        self._book.close()


class SheetWriter:
    """Writes a table as a sheet."""

    def __init__(
        self,
        sheet: Any,
        table: Table,
        formats: Mapping[str, Any],
        on_cut: Callable[[Cut], None],
    ) -> None:
        self._sheet = sheet
        self._table = table
        self._cut_format = formats["cut"]
        self._on_cut = on_cut
        self._n_rows = 0
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns) - 1, _COLUMN_WIDTH)
        for position, name in enumerate(table.column_names):
            sheet.write_string(0, position, name, formats["names"])

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows; raises UsageError where the sheet is full."""
        refuse_rows(self._table.name, self._n_rows + len(rows))
        for row in rows:
            self._n_rows += 1
            for position, value in enumerate(row):
                if value is not None:
                    self._write_cell(position, self._table.columns[position].kind, value)

    def close(self) -> None:
        """Do nothing: the workbook finishes its sheets."""

    def _write_cell(self, position: int, kind: Kind, value: Any) -> None:
        if kind is Kind.BOOLEAN:
            self._sheet.write_boolean(self._n_rows, position, value)
        elif kind is Kind.NUMBER and not isinf(value):
            self._sheet.write_number(self._n_rows, position, _Exact(value))
        elif kind is Kind.INTEGER and abs(value) <= _LARGEST_INTEGER:
            self._sheet.write_number(self._n_rows, position, value)
        elif kind in (Kind.NUMBER, Kind.INTEGER):
            self._sheet.write_string(self._n_rows, position, str(value))
        else:
            whole = value if kind is Kind.TEXT else json_text(value)
            self._write_text(position, whole)

    def _write_text(self, position: int, whole: str) -> None:
        kept, cell = _fitting(whole)
        if kept == len(whole):
            self._sheet.write_string(self._n_rows, position, cell)
            return
        self._sheet.write_string(self._n_rows, position, cell, self._cut_format)
        name = self._table.column_names[position]
        self._on_cut(Cut(self._table.name, self._n_rows + 1, name, len(whole)))


def refuse_rows(name: str, n_rows: int) -> None:
    """Raise UsageError where a table has more rows than a sheet holds."""
    if n_rows > MOST_ROWS:
        raise UsageError(
            f"{name} has {n_rows:,} rows, and a sheet of Excel holds {MOST_ROWS:,}; "
            "choose csv or parquet for it, or other tables for excel"
        )


def _fitting(whole: str) -> tuple[int, str]:
    """Return how many characters of a text fit into a cell, and the cell."""
    kept = min(len(whole), MOST_CHARACTERS)
    while True:
        cell = guarded(escaped(whole[:kept], IN_EXCEL))
        excess = len(cell.encode("utf-16-le")) // 2 - MOST_CHARACTERS
        if excess <= 0:
            return kept, cell
        # what a character takes is unknown, at most 5 places: take off too few rather than too many
        kept -= max(1, excess // 5)


_FROM_CELL: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: lambda cell: unescaped(unguarded(str(cell))),
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: bool,
    Kind.TEXTS: lambda cell: json.loads(unescaped(unguarded(cell))),
    Kind.MAPPING: lambda cell: json.loads(unescaped(unguarded(cell))),
}


def _open(path: Path) -> Any:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingDependency(
            'reading Excel files needs openpyxl: pip install "scramblebench[excel]"'
        ) from None
    return closing(load_workbook(path, read_only=True, data_only=True))


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets."""
    with _open(path) as book:
        return tuple(book.sheetnames)


def sheet_columns(path: Path, name: str) -> tuple[str, ...]:
    """Return the column names of a sheet."""
    with _open(path) as book:
        return tuple(next(book[name].iter_rows(max_row=1, values_only=True), ()))


def read_cuts(path: Path, name: str) -> tuple[Cut, ...]:
    """Return what was cut of a table."""
    if CUT.name not in sheet_names(path):
        return ()
    return tuple(cut for row in sheet_rows(path, CUT) if (cut := Cut(*row)).table == name)


def sheet_rows(path: Path, table: Table, cuts: Sequence[Cut] = ()) -> Iterator[Row]:
    """Yield the rows of a sheet; of a list or mapping that was cut, None."""
    columns = table.columns
    lost = {
        (cut.row, position)
        for cut in cuts
        for position in table.positions(Kind.TEXTS, Kind.MAPPING)
        if columns[position].name == cut.column
    }
    with _open(path) as book:
        sheet = book[table.name].iter_rows(min_row=2, max_col=len(columns), values_only=True)
        for number, cells in enumerate(sheet, 2):
            yield tuple(
                None
                if cell is None or (number, position) in lost
                else _FROM_CELL[columns[position].kind](cell)
                for position, cell in enumerate(cells)
            )
