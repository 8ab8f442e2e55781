"""Exported files as tables again: every cell as it was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scramblebench.core.errors import UsageError
from scramblebench.publication.exports.columns import Column, Row, Table, as_dicts
from scramblebench.publication.exports.data_tables import PROMPTED_RESPONSES
from scramblebench.publication.exports.delimited import csv_names, csv_rows
from scramblebench.publication.exports.dictionary import DICTIONARY
from scramblebench.publication.exports.excel import (
    CUT,
    Cut,
    read_cuts,
    sheet_columns,
    sheet_names,
    sheet_rows,
)
from scramblebench.publication.exports.json_files import json_objects, json_rows
from scramblebench.publication.exports.parquet import parquet_names, parquet_rows
from scramblebench.publication.exports.parts import TABLES

_KNOWN = (*TABLES.values(), PROMPTED_RESPONSES, DICTIONARY, CUT)
_BESIDE = (DICTIONARY.name, CUT.name)
"""Sheets that are in every workbook, or say what was cut."""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read; ``rows`` reads them from the file, each time anew.

    Cells have the types that ``Kind`` says. ``cuts`` are the cells whose texts Excel could not hold: a
    text is its beginning there, a list or mapping None.
    """

    table: Table
    rows: Callable[[], Iterator[Row]]
    cuts: tuple[Cut, ...] = ()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns."""
        return self.table.columns

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as dictionaries by column name."""
        return as_dicts(self.table, self.rows())


def read_export(path: Path, sheet: str | None = None) -> ReadTable:
    """Return a table of an exported file; ``sheet`` names one of a workbook that has several.

    The format is told by the name (.csv, .json, .jsonl, .parquet, .xlsx; .gz after the first three), the
    table by its columns. Raises UsageError for a file that no export wrote, MissingDependency where a
    library is not installed.
    """
    words = path.name.removesuffix(".gz").rpartition(".")
    match words[2]:
        case "csv":
            table = _named(path, csv_names(path), words[0])
            return ReadTable(table, lambda: csv_rows(path, table))
        case "json" | "jsonl":
            is_lines = words[2] == "jsonl"
            first = next(json_objects(path, is_lines), None)
            table = (
                _empty(path, words[0]) if first is None else _named(path, tuple(first), words[0])
            )
            return ReadTable(table, lambda: json_rows(path, table, is_lines))
        case "parquet":
            table = _named(path, parquet_names(path), words[0])
            return ReadTable(table, lambda: parquet_rows(path, table))
        case "xlsx":
            table = _named(path, sheet_columns(path, name := _sheet(path, sheet)), name)
            cuts = read_cuts(path, name)
            return ReadTable(table, lambda: sheet_rows(path, table, cuts), cuts)
        case _:
            raise UsageError(f"{path}: not the name of a csv, json, jsonl, parquet or xlsx file")


def _named(path: Path, columns: tuple[str, ...], name: str) -> Table:
    """Return the table that has these columns; of several, such as accuracy and domains, the one named."""
    found = [table for table in _KNOWN if table.column_names == columns]
    if not found:
        raise UsageError(f"{path}: its columns are those of no exported table")
    return next((table for table in found if table.name == name), found[0])


def _empty(path: Path, name: str) -> Table:
    """Return the table that a file without rows is of, told by its name alone."""
    if name not in TABLES:
        raise UsageError(f"{path}: there is no row, and its name is that of no exported table")
    return TABLES[name]


def _sheet(path: Path, wanted: str | None) -> str:
    names = sheet_names(path)
    if wanted is None:
        tables = [name for name in names if name not in _BESIDE]
        if len(tables) == 1:
            return tables[0]
        raise UsageError(f"{path}: name one of its sheets: {', '.join(tables)}")
    if wanted not in names:
        raise UsageError(f"{path}: there is no sheet {wanted!r}; there are {', '.join(names)}")
    return wanted
