"""Writes the tables of a publication, each row once for all formats, and puts the files in place."""

import filecmp
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from scramblebench.core.errors import UsageError
from scramblebench.plan import Plan
from scramblebench.publication.exports.columns import Row, Table
from scramblebench.publication.exports.data_rows import response_rows
from scramblebench.publication.exports.data_tables import PROMPTED_RESPONSES
from scramblebench.publication.exports.delimited import CsvWriter
from scramblebench.publication.exports.dictionary import DICTIONARY, dictionary_rows
from scramblebench.publication.exports.excel import (
    CUT,
    Cut,
    Workbook,
    refuse_rows,
    require_xlsxwriter,
)
from scramblebench.publication.exports.files import RowWriter
from scramblebench.publication.exports.json_files import JsonLinesWriter, JsonWriter
from scramblebench.publication.exports.parquet import ParquetWriter, require_pyarrow
from scramblebench.publication.exports.parts import (
    TABLES,
    Part,
    TableSource,
    find_tables,
    make_parts,
)
from scramblebench.storage import ResponseRecord

FORMATS = ("csv", "json", "jsonl", "excel", "parquet")
WORKBOOK = "export.xlsx"
"""The one file of the format excel: a sheet per table."""

_WRITERS: Mapping[str, Callable[[Path, Table], RowWriter]] = {
    "csv": CsvWriter,
    "json": JsonWriter,
    "jsonl": JsonLinesWriter,
    "parquet": ParquetWriter,
}
_COMPRESSED = ("csv", "json", "jsonl")
"""Formats that ``is_compressed`` changes; the others are compressed anyway."""
_PRIVATE = 0o600
"""Responses are nobody else's on a shared machine until their owner says so."""
_BATCH_ROWS = 2_048
_BATCH_CHARACTERS = 16_000_000


def _say_nothing(_words: str) -> None:
    """Say nothing."""


def export_data(
    source: TableSource,
    folder: Path,
    formats: Sequence[str] = ("csv", "json"),
    *,
    tables: Sequence[str] | None = None,
    is_compressed: bool = False,
    include_prompts: bool = False,
    replace: bool = False,
    advance: Callable[[str], None] = _say_nothing,
    warn: Callable[[str], None] = _say_nothing,
) -> list[Path]:
    """Write tables of a publication or an experiment, ``<table>.<format>`` or sheets of export.xlsx; return the paths.

    ``data_dictionary.csv`` beside them says what every column is. ``tables`` are names of ``TABLES``,
    None for all; with ``include_prompts`` each response has its question and prompt. All files are
    written whole before the first appears under its name. A file that is there already is replaced
    only where it has the same bytes or with ``replace``; else UsageError is raised and nothing changes.
    Also raises UsageError for an unknown format or table and for one too long for Excel, and
    MissingDependency, before anything is written. ``advance`` is told how far it is, ``warn`` what
    Excel could not hold.
    """
    _check_formats(formats)
    names = find_tables(tables)
    advance("counting rows")
    parts = make_parts(source, names, include_prompts=include_prompts)
    if "excel" in formats:
        for part in parts:
            refuse_rows(part.table.name, part.n_rows)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".export-") as place:
        writing = _Writing(Path(place), tuple(dict.fromkeys(formats)), is_compressed, advance)
        book = Workbook(Path(place) / WORKBOOK, source.stamp) if "excel" in formats else None
        written, cuts = writing.write(parts, book)
        for table, n_cut in Counter(cut.table for cut in cuts).items():
            warn(
                f"{WORKBOOK}: texts of {table} are longer than a cell and were cut: {n_cut:,} "
                f"(sheet {CUT.name} has them); csv, json, jsonl and parquet hold them whole"
            )
        return _put_in_place(written, folder, replace)


def write_responses(plan: Plan, responses: Iterable[ResponseRecord], path: Path) -> Path:
    """Write responses with their prompts as JSON Lines, in place of what is there; return the path."""
    path.unlink(missing_ok=True)
    writer = JsonLinesWriter(path, PROMPTED_RESPONSES)
    with closing(writer):
        for batch in _batches(
            PROMPTED_RESPONSES, response_rows(plan, responses, include_prompts=True)
        ):
            writer.write(batch)
    return path


class _Writing:
    """One export into an empty folder."""

    def __init__(
        self,
        folder: Path,
        formats: Sequence[str],
        is_compressed: bool,
        advance: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._formats = formats
        self._is_compressed = is_compressed
        self._advance = advance

    def write(
        self, parts: Sequence[Part], book: Workbook | None
    ) -> tuple[Sequence[Path], Sequence[Cut]]:
        """Write everything; return the paths and what Excel cut."""
        with closing(book) if book else nullcontext():
            paths = [path for part in parts for path in self._write_part(part, book)]
            rows = list(dictionary_rows(TABLES.values()))
            for writer in (
                CsvWriter(self._folder / f"{DICTIONARY.name}.csv", DICTIONARY),
                *([book.sheet(DICTIONARY)] if book else []),
            ):
                with closing(writer):
                    writer.write(rows)
        if book:
            paths.append(self._folder / WORKBOOK)
        return [*paths, self._folder / f"{DICTIONARY.name}.csv"], book.cuts if book else ()

    def _write_part(self, part: Part, book: Workbook | None) -> list[Path]:
        name = part.table.name
        paths = {kind: self._path(name, kind) for kind in self._formats if kind in _WRITERS}
        with ExitStack() as open_files:
            writers: list[RowWriter] = [book.sheet(part.table)] if book else []
            for kind, path in paths.items():
                writers.append(open_files.enter_context(closing(_WRITERS[kind](path, part.table))))
            n_rows = 0
            for batch in _batches(part.table, part.rows()):
                for writer in writers:
                    writer.write(batch)
                n_before, n_rows = n_rows, n_rows + len(batch)
                if n_before * 10 // (part.n_rows or 1) != n_rows * 10 // (part.n_rows or 1):
                    self._advance(f"{name}: {n_rows:,} of {part.n_rows:,} rows")
        return list(paths.values())

    def _path(self, name: str, kind: str) -> Path:
        is_packed = self._is_compressed and kind in _COMPRESSED
        return self._folder / f"{name}.{kind}{'.gz' if is_packed else ''}"


def _batches(table: Table, rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield rows in lists that are long enough to be quick and small enough for the memory."""
    long = [position for position, column in enumerate(table.columns) if column.is_long]
    batch: list[Row] = []
    n_characters = 0
    for row in rows:
        batch.append(row)
        for position in long:
            n_characters += len(row[position] or "")
        if len(batch) == _BATCH_ROWS or n_characters >= _BATCH_CHARACTERS:
            yield batch
            batch, n_characters = [], 0
    if batch:
        yield batch


def _check_formats(formats: Sequence[str]) -> None:
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    if "excel" in formats:
        require_xlsxwriter()
    if "parquet" in formats:
        require_pyarrow()


def _put_in_place(written: Sequence[Path], folder: Path, replace: bool) -> list[Path]:
    """Move files into a folder; raises UsageError where others are there, before any is moved."""
    targets = [folder / path.name for path in written]
    if not replace:
        for path, target in zip(written, targets, strict=True):
            if os.path.lexists(target) and not _is_same(path, target):
                raise UsageError(
                    f"{target} is there already and differs; --force replaces it, or choose another folder"
                )
    for path, target in zip(written, targets, strict=True):
        path.chmod(_PRIVATE)
        path.replace(target)
    return targets


def _is_same(path: Path, target: Path) -> bool:
    is_file = target.is_file() and not target.is_symlink()
    return is_file and filecmp.cmp(path, target, shallow=False)
