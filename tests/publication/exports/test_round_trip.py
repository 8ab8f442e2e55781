"""What is exported is read back exactly, in every format, and Excel says what it cuts."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.publication.exports import read_export
from scramblebench.publication.exports.columns import Kind, Row, Table
from scramblebench.publication.exports.data_tables import (
    DATA_TABLES,
    PROMPTED_RESPONSES,
    QUESTIONS,
    SCORES,
)
from scramblebench.publication.exports.delimited import CsvWriter
from scramblebench.publication.exports.excel import MOST_CHARACTERS, Workbook
from scramblebench.publication.exports.json_files import JsonLinesWriter, JsonWriter
from scramblebench.publication.exports.parquet import ParquetWriter
from scramblebench.publication.exports.result_tables import RESULT_TABLES, THRESHOLDS
from tests.publication.exports.hostile import HOSTILE, many

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
WRITERS: dict[str, Callable[[Path, Table], Any]] = {
    "csv": CsvWriter,
    "csv.gz": CsvWriter,
    "json": JsonWriter,
    "jsonl": JsonLinesWriter,
    "jsonl.gz": JsonLinesWriter,
    "parquet": ParquetWriter,
}
FORMATS = (*WRITERS, "xlsx")


def write(folder: Path, kind: str, table: Table, rows: Sequence[Row]) -> Path:
    path = folder / f"{table.name}.{kind}"
    path.unlink(missing_ok=True)
    if kind == "xlsx":
        book = Workbook(path, WHEN)
        book.sheet(table).write(rows)
        book.close()
        return path
    writer = WRITERS[kind](path, table)
    half = len(rows) // 2
    for part in (rows[:half], rows[half:]):
        if part:
            writer.write(part)
    writer.close()
    return path


def row_of(table: Table, **cells: Any) -> Row:
    """Return a row of empty cells but these."""
    return tuple(cells.get(name) for name in table.column_names)


def assert_same(path: Path, table: Table, rows: Sequence[Row]) -> None:
    read = read_export(path)
    assert read.table == table
    assert not read.cuts
    found = list(read.rows())
    for row, again in zip(rows, found, strict=True):
        assert again == row
        assert list(map(type, again)) == list(map(type, row))


@pytest.mark.parametrize("kind", FORMATS)
def test_ten_thousand_hostile_texts(kind: str, tmp_path: Path):
    texts = many(10_000)
    rows: list[Row] = [(n, n / 7, "answered", text, None, text) for n, text in enumerate(texts)]
    assert_same(write(tmp_path, kind, SCORES, rows), SCORES, rows)


@pytest.mark.parametrize("kind", FORMATS)
def test_hostile_lists_and_mappings(kind: str, tmp_path: Path):
    rows = [
        row_of(QUESTIONS, question=text, choices=[text, "", text], expected=[]) for text in HOSTILE
    ]
    assert_same(write(tmp_path, kind, QUESTIONS, rows), QUESTIONS, rows)
    table = PROMPTED_RESPONSES
    rows = [row_of(table, parameters={text: text}, text=text) for text in HOSTILE]
    assert_same(write(tmp_path, kind, table, rows), table, rows)


CELLS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXTS: st.lists(st.text(st.characters(exclude_categories=())), max_size=3),
    Kind.MAPPING: st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.none(), max_size=2),
}


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=8)
@given(data=st.data())
def test_any_row_of_any_table(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    table = data.draw(st.sampled_from([*DATA_TABLES, PROMPTED_RESPONSES, *RESULT_TABLES]))
    row = st.tuples(*(st.none() | CELLS[column.kind] for column in table.columns))
    # the first cell is always there: spreadsheets have no row without any
    first = CELLS[table.columns[0].kind]
    rows = [(data.draw(first), *r[1:]) for r in data.draw(st.lists(row, min_size=1, max_size=4))]
    folder = tmp_path_factory.mktemp("any")
    assert_same(write(folder, kind, table, rows), table, rows)


@pytest.mark.parametrize("kind", FORMATS)
def test_infinite_and_long_numbers(kind: str, tmp_path: Path):
    rows = [
        row_of(THRESHOLDS, model="m", level_pct=inf, low_pct=-inf, high_pct=0.1 + 0.2),
        row_of(THRESHOLDS, model="m", level_pct=5e-324, low_pct=-0.0, n_questions=2**62 + 1),
        row_of(THRESHOLDS, model="m", level_pct=1e300, low_pct=1.0, high_pct=2 / 3),
    ]
    assert_same(write(tmp_path, kind, THRESHOLDS, rows), THRESHOLDS, rows)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_million_characters(kind: str, tmp_path: Path):
    rows: list[Row] = [(1, 1.0, "answered", "=\0" + "ab\r\n" * 250_000, "r", "s")]
    assert_same(write(tmp_path, kind, SCORES, rows), SCORES, rows)


@pytest.mark.parametrize(
    "text",
    [
        "x" * MOST_CHARACTERS,
        "\U0001f600" * (MOST_CHARACTERS // 2),
        "=" + "x" * (MOST_CHARACTERS - 2),
    ],
)
def test_what_fits_into_a_cell_is_not_cut(text: str, tmp_path: Path):
    rows: list[Row] = [(1, 1.0, "answered", text, "r", "s")]
    assert_same(write(tmp_path, "xlsx", SCORES, rows), SCORES, rows)


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("x" * (MOST_CHARACTERS + 1), MOST_CHARACTERS),
        ("\U0001f600" * MOST_CHARACTERS, MOST_CHARACTERS // 2),
        ("=" + "x" * MOST_CHARACTERS, MOST_CHARACTERS - 1),
        ("\0" * 50_000, MOST_CHARACTERS // 5),
        ("a\r\n" * 50_000, 13_000),
    ],
)
def test_excel_says_what_it_cuts(text: str, least: int, tmp_path: Path):
    rows: list[Row] = [
        (1, 1.0, "answered", "whole", "r", "s"),
        (2, 1.0, "answered", text, "r", "s"),
    ]
    read = read_export(write(tmp_path, "xlsx", SCORES, rows))
    first, second = read.rows()
    assert first == rows[0]
    assert text.startswith(second[3])
    assert least <= len(second[3]) < len(text)
    (cut,) = read.cuts
    assert (cut.table, cut.row, cut.column, cut.n_characters) == ("scores", 3, "answer", len(text))


def test_a_list_that_was_cut_is_unknown(tmp_path: Path):
    rows = [row_of(QUESTIONS, question="q", choices=["x" * 20_000] * 2, expected=["x"])]
    read = read_export(write(tmp_path, "xlsx", QUESTIONS, rows))
    (row,) = read.dicts()
    assert (row["choices"], row["expected"]) == (None, ["x"])
    assert [cut.column for cut in read.cuts] == ["choices"]


def test_json_is_json_that_others_read(tmp_path: Path):
    rows: list[Row] = [(n, 0.5, "answered", text, "r", "s") for n, text in enumerate(HOSTILE)]
    values = json.loads(write(tmp_path, "json", SCORES, rows).read_text("utf-8"))
    lines = write(tmp_path, "jsonl", SCORES, rows).read_bytes().split(b"\n")[:-1]
    assert [json.loads(line) for line in lines] == values
    plain = [text for text in HOSTILE if "␛" not in text and "\ud83d\ude00" not in text]
    assert len(plain) > 500
    assert [v["answer"] for v in values if v["answer"] in plain] == plain
