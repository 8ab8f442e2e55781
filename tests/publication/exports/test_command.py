"""The command ``export``."""

import json
import sqlite3
from pathlib import Path

import pytest

from scramblebench.cli.app import run_command_line as main
from scramblebench.publication import collecting
from scramblebench.publication.exports import TABLES, read_export
from scramblebench.publication.exports.data_tables import DATA_TABLES
from tests.experiment_tracking.studies import config, new_database, run


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    database = new_database(folder)
    run(database, config(export={"formats": ["jsonl"]}))
    database.close()
    return f"sqlite:///{folder}/study.db"


def test_formats_are_those_of_the_configuration(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--allow-simulated", "--database-url", url]) == 0
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("export_")
    assert {path.name for path in folder.iterdir()} == {
        "data_dictionary.csv", *(f"{name}.jsonl" for name in TABLES)
    }  # fmt: skip
    printed = capsys.readouterr()
    assert f"{folder.name}/responses.jsonl" in printed.out
    assert " kB" in printed.out
    assert "no measurements" in printed.err
    assert "replicate" in printed.err


def test_what_is_asked_for_wins(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["export", "study", "-o", str(tmp_path / "out"), "--format", "parquet", "-f", "csv",
             "--table", "responses", "--compress", "--include-prompts", "--allow-simulated",
             "--json", "--database-url", url]  # fmt: skip
    assert main(words) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(file["path"]).name for file in files] == [
        "responses.parquet", "responses.csv.gz", "data_dictionary.csv"
    ]  # fmt: skip
    assert all(Path(file["path"]).stat().st_size == file["bytes"] for file in files)
    first = next(read_export(tmp_path / "out/responses.csv.gz").dicts())
    assert first["prompt"]


def test_tables_of_data_need_no_analysis(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("analysed in vain")

    monkeypatch.setattr(collecting, "make_report", forbidden)
    words = ["export", "study", "-f", "jsonl", "--allow-simulated", "--database-url", url]
    data = [word for table in DATA_TABLES for word in ("--table", table.name)]
    assert main([*words, *data, "-o", str(tmp_path / "out")]) == 0
    with pytest.raises(AssertionError, match="in vain"):
        main([*words, "--table", "accuracy", "-o", str(tmp_path / "results"), "--debug"])


@pytest.mark.parametrize("table", ["responses", "scores", "missing"])
def test_scores_that_cannot_be_what_was_stored_are_not_exported(
    table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    database = new_database(tmp_path)
    run(database, config())
    database.close()
    with sqlite3.connect(tmp_path / "study.db") as raw:
        raw.execute("UPDATE scores SET value = 1 - value WHERE trial_index = 1")
    words = ["export", "study", "-f", "jsonl", "--allow-simulated", "--table", table]
    url = f"sqlite:///{tmp_path}/study.db"
    assert main([*words, "-o", str(tmp_path / "out"), "--database-url", url]) == 1
    assert "do not add up" in capsys.readouterr().err
    assert list((tmp_path / "out").glob("*")) == []


def test_a_dry_run_is_exported_only_when_asked(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["export", "-o", str(tmp_path / "out"), "--database-url", url]) == 2
    assert "--allow-simulated" in capsys.readouterr().err
    assert list((tmp_path / "out").glob("*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "answers"], "no table 'answers'"),
        (["--html", "x.html", "--table", "scores"], "--html writes a page alone"),
        (["--format", "xls"], "xls"),
    ],
)
def test_wrong_words_are_refused(
    url: str, words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["export", "@last", *words, "--allow-simulated", "--database-url", url]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_force_replaces(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "scores.jsonl").write_text("mine")
    words = ["export", "-o", str(tmp_path), "-t", "scores", "--allow-simulated",
             "--database-url", url]  # fmt: skip
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "scores.jsonl").read_text() == "mine"
    assert main([*words, "--force"]) == 0
    assert main(words) == 0  # the same again
