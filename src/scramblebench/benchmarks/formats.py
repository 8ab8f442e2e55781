"""Which format a file has, and the reader that belongs to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from scramblebench.benchmarks.files import HashedFile, first_lines
from scramblebench.benchmarks.json_records import (
    LIST_KEYS,
    decode_at,
    document_records,
    line_records,
)
from scramblebench.benchmarks.records import Malformed, Record
from scramblebench.benchmarks.table_records import csv_records, parquet_records, tsv_records

Reader = Callable[[HashedFile], Iterator[Record]]  # what turns a file into records

READERS: dict[str, Reader] = {
    "json": document_records,
    "jsonl": line_records,
    "csv": csv_records,
    "tsv": tsv_records,
    "parquet": parquet_records,
}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
}


def reader_of(path: Path, name: str | None) -> Reader:
    """Return the reader of a file in the named format, or in the one that it shows.

    Raises Malformed where the name is unknown or the file does not show its format.
    """
    name = name or format_of(path)
    if name not in READERS:
        raise Malformed(f"the format {name!r} is not known; set it to one of {', '.join(READERS)}")
    return READERS[name]


def format_of(path: Path) -> str:
    """Return the format of a file: from its name, or for .json and unknown names from its content.

    Raises Malformed where neither tells.
    """
    by_name = _SUFFIXES.get(path.suffix.lower())
    if by_name:
        return by_name
    first, has_more = first_lines(path)
    if path.suffix.lower() == ".json" or first.lstrip().startswith((b"{", b"[")):
        return _json_kind(first, has_more)
    if first.startswith(b"PAR1"):
        return "parquet"
    names = ", ".join(READERS)
    raise Malformed(f"the format is not known; set `format:` to one of {names}, or narrow the glob")


def _json_kind(first: bytes, has_more: bool) -> str:
    """Tell JSON Lines from a document: a whole object on the first line, and lists of records nowhere."""
    if not first.lstrip().startswith(b"{"):
        return "json"
    try:
        text = first.decode("utf-8").strip()
        value, end = decode_at(text, 0)
    except ValueError:
        return "json"
    if end < len(text) or not isinstance(value, dict):
        return "json"
    is_document = not has_more and any(isinstance(value.get(key), list) for key in LIST_KEYS)
    return "json" if is_document else "jsonl"
