"""``import`` as a user types it."""

import json
from pathlib import Path

import pytest

from scramblebench.cli.importing import ImportFormat
from scramblebench.imports import FormatName
from tests.acceptance.support import Program, program_in
from tests.imports.support import row, write_rows


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a folder with one file of responses."""
    rows = [row(item=f"q{n}") for n in range(4)]
    rows += [row(item=f"q{n}", condition="random_50%", level=50) for n in range(3)]
    write_rows(tmp_path / "r.jsonl", rows)
    return program_in(tmp_path, f"sqlite:///{tmp_path}/imports.db")


def test_import_and_what_follows(program: Program):
    done = program("import", "r.jsonl", "--name", "mine", "--method", "letter_shuffle", "-r", "me")
    assert "7 responses of 1 model x 2 conditions x 4 questions" in done.stdout
    assert "not in the files, so missing and not wrong: 1 trials" in done.stdout
    assert "analyze" in done.stderr
    assert "mine" in program("list", "--researcher", "me").stdout
    assert "letter_shuffle" in program("show", "mine").stdout
    report = json.loads(program("analyze", "mine", "--include-raw-data", "--json").stdout)
    assert [row["n_answered"] for row in report["accuracy"]] == [4, 3]
    assert "nobody to ask; 1 of 8" in program("status", "mine").stdout
    assert "nobody to ask" in program("run", "mine").stderr


def test_import_as_json(program: Program):
    values = json.loads(program("import", "r.jsonl", "--json").stdout)
    assert (values["n_responses"], values["n_missing"], values["formats"]) == (7, 1, ["scramble"])


def test_errors_are_one_line(program: Program, tmp_path: Path):
    write_rows(tmp_path / "bad.jsonl", [row(), row(response="other")])
    failed = program("import", "bad.jsonl", code=2)
    assert failed.stderr.startswith("error: bad.jsonl:2: m on 'q1' under baseline 0: another")
    assert failed.stderr.count("\n") == 1
    assert "there is no file" in program("import", "none.jsonl", code=2).stderr
    (tmp_path / "study.yaml").write_text("models: [{name: m, provider: imported}]\n")
    refused = program("create", "x", "study.yaml", code=2).stderr
    assert "study.yaml:1: provider imported cannot be asked" in refused


def test_the_command_knows_every_format():
    assert [*ImportFormat] == [*FormatName]
