"""Responses that people already have as an experiment like any other: read, surveyed, planned, stored."""

from scramblebench.imports.formats import FormatName
from scramblebench.imports.importing import Imported, import_responses
from scramblebench.imports.record import FileWords, ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile, find_sources
from scramblebench.imports.storing import SCORER, ImportOutcome

__all__ = [
    "SCORER",
    "FileWords",
    "FormatName",
    "ImportOptions",
    "ImportOutcome",
    "Imported",
    "ImportedResponse",
    "SourceFile",
    "find_sources",
    "import_responses",
]
