"""How files are put in place: whole, the same each time, and never over others unasked."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scramblebench.core.errors import MissingDependency, UsageError
from scramblebench.publication.exports import FORMATS, TABLES, export_data, read_export
from scramblebench.publication.exports.excel import MOST_ROWS, SheetWriter, Workbook
from scramblebench.publication.source import Publication
from tests.publication.support import publication_of


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("study"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_same_publication_gives_the_same_bytes(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_compressed: bool
):
    export_data(publication, tmp_path / "one", FORMATS, is_compressed=is_compressed)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    export_data(publication, tmp_path / "two", FORMATS[::-1], is_compressed=is_compressed)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    ends = ("csv.gz", "json.gz", "jsonl.gz") if is_compressed else ("csv", "json", "jsonl")
    names = {f"{table}.{end}" for table in TABLES for end in (*ends, "parquet")}
    assert set(one) == names | {"export.xlsx", "data_dictionary.csv"}


def test_all_formats_hold_the_same(publication: Publication, tmp_path: Path):
    export_data(publication, tmp_path, FORMATS)
    for name in TABLES:
        rows = list(read_export(tmp_path / f"{name}.csv").rows())
        assert list(read_export(tmp_path / "export.xlsx", name).rows()) == rows
        for kind in ("json", "jsonl", "parquet"):
            assert list(read_export(tmp_path / f"{name}.{kind}").rows()) == rows


def test_only_what_is_asked_for(publication: Publication, tmp_path: Path):
    paths = export_data(publication, tmp_path, ("jsonl",), tables=("scores", "questions"))
    assert [path.name for path in paths] == ["questions.jsonl", "scores.jsonl", "data_dictionary.csv"]  # fmt: skip
    assert set(paths) == set(tmp_path.iterdir())
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)


def test_the_same_export_again_is_no_quarrel(publication: Publication, tmp_path: Path):
    export_data(publication, tmp_path, ("csv", "excel"), tables=("accuracy",))
    before = contents(tmp_path)
    export_data(publication, tmp_path, ("csv", "excel"), tables=("accuracy",))
    export_data(publication, tmp_path, ("csv",), tables=("scores",))
    assert {name: contents(tmp_path)[name] for name in before} == before


def test_another_file_is_replaced_only_when_asked(publication: Publication, tmp_path: Path):
    (tmp_path / "scores.csv").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=r"scores\.csv is there already and differs; --force"):
        export_data(publication, tmp_path, ("csv",), tables=("questions", "scores"))
    assert contents(tmp_path) == before
    export_data(publication, tmp_path, ("csv",), tables=("questions", "scores"), replace=True)
    assert next(read_export(tmp_path / "scores.csv").rows())


def test_a_link_is_not_followed(publication: Publication, tmp_path: Path):
    other = tmp_path / "other.txt"
    other.write_text("not to be touched")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "scores.csv").symlink_to(other)
    with pytest.raises(UsageError, match="--force"):
        export_data(publication, folder, ("csv",), tables=("scores",))
    export_data(publication, folder, ("csv",), tables=("scores",), replace=True)
    assert other.read_text() == "not to be touched"
    assert not (folder / "scores.csv").is_symlink()


def test_what_is_too_long_for_excel_is_refused_before_anything_is_written(
    publication: Publication, tmp_path: Path
):
    counts = publication.cube.n_answered.copy()
    counts[0, 0, 0] += MOST_ROWS
    long = replace(publication, cube=replace(publication.cube, n_answered=counts))
    with pytest.raises(
        UsageError, match=r"scores has .* rows, and a sheet of Excel holds 1,048,575"
    ):
        export_data(long, tmp_path / "out", ("csv", "excel"))
    assert not (tmp_path / "out").exists()
    export_data(long, tmp_path / "out", ("csv",), tables=("scores",))


def test_a_sheet_that_fills_up_while_it_is_written_is_refused(tmp_path: Path):
    book = Workbook(tmp_path / "b.xlsx", datetime(2026, 3, 1, tzinfo=UTC))
    sheet: SheetWriter = book.sheet(TABLES["scores"])
    sheet._n_rows = MOST_ROWS - 1
    row = (1, 1.0, "answered", None, "r", "s")
    sheet.write([row])
    with pytest.raises(UsageError, match="choose csv or parquet"):
        sheet.write([row])
    book.close()


def test_unknown_names_are_refused(publication: Publication, tmp_path: Path):
    with pytest.raises(UsageError, match="no format 'xls'; there are csv, json"):
        export_data(publication, tmp_path, ("csv", "xls"))
    with pytest.raises(UsageError, match="no table 'answers'; there are questions"):
        export_data(publication, tmp_path, tables=("answers",))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "library"), [("excel", "xlsxwriter"), ("parquet", "pyarrow")])
def test_a_library_that_is_missing_is_named(
    publication: Publication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    library: str,
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependency, match=rf"scramblebench\[{kind}\]"):
        export_data(publication, tmp_path, ("csv", kind))
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing_behind(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def failing():
        yield from publication.responses()
        raise OSError("the disk went away")

    broken = replace(publication, responses=failing)
    with pytest.raises(OSError, match="went away"):
        export_data(broken, tmp_path, FORMATS, tables=("questions", "responses"))
    assert not list(tmp_path.iterdir())


def test_progress_and_cuts_are_said(publication: Publication, tmp_path: Path):
    responses = list(publication.responses())
    first = replace(responses[0], response=replace(responses[0].response, text="x" * 40_000))
    long = replace(publication, responses=lambda: iter([first, *responses[1:]]))
    said: list[str] = []
    warned: list[str] = []
    export_data(long, tmp_path, ("excel", "jsonl"), advance=said.append, warn=warned.append)
    n = len(responses)
    assert f"responses: {n:,} of {n:,} rows" in said
    assert warned == [
        "export.xlsx: texts of responses are longer than a cell and were cut: 1 (sheet cut has them); "
        "csv, json, jsonl and parquet hold them whole"
    ]
    assert next(read_export(tmp_path / "responses.jsonl").dicts())["text"] == "x" * 40_000
    assert len(read_export(tmp_path / "export.xlsx", "responses").cuts) == 1


def test_the_time_that_a_workbook_bears_is_the_publication_s(
    publication: Publication, tmp_path: Path
):
    export_data(publication, tmp_path / "one", ("excel",), tables=("accuracy",))
    later = replace(
        publication,
        models=tuple(
            replace(m, last_at=m.last_at and m.last_at + timedelta(days=1))
            for m in publication.models
        ),
    )
    export_data(later, tmp_path / "two", ("excel",), tables=("accuracy",))
    one, two = (tmp_path / name / "export.xlsx" for name in ("one", "two"))
    assert one.read_bytes() != two.read_bytes()
    from openpyxl import load_workbook

    made = load_workbook(one).properties.created
    assert made == publication.stamp.replace(tzinfo=None)


@pytest.mark.parametrize("name", ["table.txt", "export", "scores.csv.bz2"])
def test_only_exports_are_read(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_text("a,b\r\n1,2\r\n")
    with pytest.raises(UsageError, match="not the name of"):
        read_export(path)


def test_files_of_others_are_refused(tmp_path: Path):
    path = tmp_path / "scores.csv"
    path.write_text("a,b\r\n1,2\r\n")
    with pytest.raises(UsageError, match="no exported table"):
        read_export(path)


def test_a_sheet_must_be_named_where_there_are_several(publication: Publication, tmp_path: Path):
    export_data(publication, tmp_path, ("excel",), tables=("accuracy", "trends"))
    with pytest.raises(UsageError, match="name one of its sheets: accuracy, trends"):
        read_export(tmp_path / "export.xlsx")
    with pytest.raises(UsageError, match="no sheet 'scores'"):
        read_export(tmp_path / "export.xlsx", "scores")
    assert read_export(tmp_path / "export.xlsx", "trends").name == "trends"
