"""Tables of a publication as CSV, JSON, JSON Lines, Excel and Parquet, and back."""

from scramblebench.publication.exports.columns import Column, Kind, Table
from scramblebench.publication.exports.parts import TABLES, find_tables
from scramblebench.publication.exports.reading import ReadTable, read_export
from scramblebench.publication.exports.writing import (
    FORMATS,
    WORKBOOK,
    export_data,
    write_responses,
)

__all__ = [
    "FORMATS",
    "TABLES",
    "WORKBOOK",
    "Column",
    "Kind",
    "ReadTable",
    "Table",
    "export_data",
    "find_tables",
    "read_export",
    "write_responses",
]
