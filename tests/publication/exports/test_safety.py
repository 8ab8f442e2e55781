"""Spreadsheets and other programs take exported texts for nothing but texts."""

import csv
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scramblebench.publication.exports.columns import Row, Table
from scramblebench.publication.exports.data_tables import SCORES
from scramblebench.publication.exports.delimited import CsvWriter
from scramblebench.publication.exports.escapes import IN_EXCEL, escaped, guarded
from scramblebench.publication.exports.excel import Workbook
from scramblebench.publication.exports.parquet import ParquetWriter
from tests.publication.exports.hostile import HOSTILE

SPREADSHEET = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROWS: list[Row] = [
    (n, n / 3, "answered", text, text or "-", "s@1") for n, text in enumerate(HOSTILE)
]


def workbook(path: Path, table: Table = SCORES, rows: Sequence[Row] = ROWS) -> Path:
    book = Workbook(path, datetime(2026, 3, 1, tzinfo=UTC))
    book.sheet(table).write(rows)
    book.close()
    return path


def test_no_cell_of_csv_begins_a_formula(tmp_path: Path):
    writer = CsvWriter(tmp_path / "scores.csv", SCORES)
    writer.write(ROWS)
    writer.close()
    content = (tmp_path / "scores.csv").read_bytes()
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content)
    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    assert len(rows) == len(HOSTILE)
    for number, cells in enumerate(rows):
        assert (int(cells[0]), float(cells[1])) == (number, number / 3)
        for cell in cells[2:]:
            assert cell.lstrip("\ufeff \u00a0")[:1] not in set("=+-@\t\r\n＝")


def test_numbers_are_not_quoted(tmp_path: Path):
    writer = CsvWriter(tmp_path / "scores.csv", SCORES)
    writer.write([(-1, -0.5, "answered", "-0.5", "r", "s")])
    writer.close()
    line = (tmp_path / "scores.csv").read_text("utf-8").splitlines()[1]
    assert line == "-1,-0.5,answered,'-0.5,r,s"


def test_a_workbook_has_no_formula_link_or_foreign_part(tmp_path: Path):
    path = workbook(tmp_path / "scores.xlsx")
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        parts = {name: packed.read(name) for name in names}
    assert not [n for n in names if "externalLink" in n or "vba" in n or "sharedStrings" in n]
    rels = [content for name, content in parts.items() if "/worksheets/_rels/" in name]
    assert not rels
    sheet = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"])
    for tag in ("f", "hyperlink", "hyperlinks", "r"):
        assert not list(sheet.iter(f"{MAIN}{tag}"))
    cells = list(sheet.iter(f"{MAIN}c"))
    assert {cell.get("t") for cell in cells} == {"inlineStr", None}
    texts = [cell.findtext(f"{MAIN}is/{MAIN}t") for cell in cells if cell.get("t")]
    wanted = [guarded(escaped(text, IN_EXCEL)) for text in HOSTILE]
    assert [text for text in texts if text in set(wanted)][: len(wanted)]
    assert set(wanted) <= set(texts)


def test_rich_text_of_a_response_stays_text(tmp_path: Path):
    evil = "<r></is></c><c r='Z9'><f>1+1</f></c><c t='inlineStr'><is></r>"
    path = workbook(tmp_path / "s.xlsx", rows=[(1, 1.0, "answered", evil, "r", "s")])
    with zipfile.ZipFile(path) as packed:
        content = packed.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    ElementTree.fromstring(content)


def test_parquet_is_read_by_others(tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    writer = ParquetWriter(tmp_path / "scores.parquet", SCORES)
    writer.write(ROWS)
    writer.close()
    table = parquet.read_table(tmp_path / "scores.parquet")
    plain = {n for n, text in enumerate(HOSTILE) if text.isprintable() and "␛" not in text}
    answers = table.column("answer").to_pylist()
    assert all(answers[n] == HOSTILE[n] for n in plain)
    assert b"pandas" not in (table.schema.metadata or {})
    assert table.schema.field("value").metadata[b"unit"] == b"0 to 1"


@pytest.fixture(scope="module")
def office() -> str:
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    return found


AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1"
"""Commas, double quotes, UTF-8."""


def converted(office: str, path: Path, form: str) -> Path:
    """Open a file in LibreOffice and save it in another format, without a word of error or warning."""
    folder = path.parent / "converted"
    done = subprocess.run(
        [office, "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile",
         "--convert-to", form, "--outdir", str(folder), str(path)],
        capture_output=True, text=True, timeout=240, check=True, env={**os.environ, "HOME": str(path.parent)},
    )  # fmt: skip
    words = re.sub(".*javaldx.*", "", done.stdout + done.stderr)  # there is no Java, nor any need
    assert not re.search("error|warning|repair", words, re.IGNORECASE), words
    return folder / f"{path.stem}.{form.partition(':')[0]}"


def formulas(document: Path) -> list[str]:
    """Return the formulas and links of a flat OpenDocument sheet."""
    root = ElementTree.parse(document).getroot()
    cells = list(root.iter(f"{SPREADSHEET}table-cell"))
    assert len(cells) > len(HOSTILE)
    found = [cell.get(f"{SPREADSHEET}formula") for cell in cells]
    return [*filter(None, found), *(link.tag for link in root.iter(f"{TEXT}a"))]


def test_libreoffice_opens_the_workbook_without_a_formula(office: str, tmp_path: Path):
    path = workbook(tmp_path / "scores.xlsx")
    assert not formulas(converted(office, path, "fods"))
    with converted(office, path, AS_CSV).open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert tuple(names) == SCORES.column_names
    assert [float(row[0]) for row in rows] == list(range(len(HOSTILE)))
    assert [row[3] for row in rows] == [guarded(escaped(text, IN_EXCEL)) for text in HOSTILE]


def test_libreoffice_opens_csv_without_a_formula(office: str, tmp_path: Path):
    path = tmp_path / "scores.csv"
    writer = CsvWriter(path, SCORES)
    writer.write(ROWS)
    writer.close()
    assert not formulas(converted(office, path, "fods"))
