"""validate-environment: what it prints, and what it exits with."""

import json
from pathlib import Path
from typing import Any

import pytest

from scramblebench.cli.app import run_command_line
from scramblebench.snapshot import capture_environment
from scramblebench.storage import DocumentKind
from tests.experiment_tracking.studies import config, new_database, planned, run, simulated


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/study.db")
    return tmp_path


def small(**changes: Any) -> dict[str, Any]:
    return config(models=[simulated("m")], scrambling={"levels": [0, 100]}, **changes)


def snapshot(path: Path, **packages: str) -> Path:
    """Write this machine's snapshot with other packages, from no repository."""
    values = capture_environment()
    values["packages"].update(packages)
    values["git"] = {"code": None, "project": None}
    path.write_text(json.dumps(values))
    return path


def test_an_experiment_that_ran_here(here: Path, capsys: pytest.CaptureFixture[str]):
    run(new_database(here), small())
    assert run_command_line(["validate-environment"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("reproducible at tolerance moderate: issues 0")
    assert "agreement: " in said


def test_the_tolerance_is_the_experiment_s_own(here: Path, capsys: pytest.CaptureFixture[str]):
    run(new_database(here), small(reproducibility={"validation_tolerance": "lenient"}))
    assert run_command_line(["validate-environment", "@last"]) == 0
    assert "at tolerance loose" in capsys.readouterr().out
    run_command_line(["validate-environment", "@last", "--tolerance", "strict"])
    assert "at tolerance strict" in capsys.readouterr().out


def test_the_latest_of_several_is_compared(here: Path, capsys: pytest.CaptureFixture[str]):
    database = new_database(here)
    experiment_id = run(database, small())
    text = snapshot(here / "x.json", numpy="1.0.0").read_text()
    database.documents.add(experiment_id, DocumentKind.ENVIRONMENT, text)
    assert run_command_line(["validate-environment", "@last"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("not reproducible")
    assert "2 environments were recorded" in said.err


@pytest.mark.parametrize("name", ["then.json", "then.txt"])
def test_a_file_that_differs(name: str, here: Path, capsys: pytest.CaptureFixture[str]):
    path = snapshot(here / name, numpy="1.0.0", rich="1.0.0")
    assert run_command_line(["validate-environment", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "not reproducible at tolerance moderate: issues 1, warnings 1, ignored 0"
    (issue,) = (line.split() for line in lines if line.strip().startswith("issue "))
    assert issue[:3] == ["issue", "numpy", "1.0.0"]
    (warning,) = (line.split() for line in lines if line.strip().startswith("warning "))
    assert warning[:3] == ["warning", "rich", "1.0.0"]


def test_json(here: Path, capsys: pytest.CaptureFixture[str]):
    path = snapshot(here / "then.json", numpy="1.0.0")
    assert run_command_line(["validate-environment", str(path), "--json"]) == 1
    values = json.loads(capsys.readouterr().out)
    assert values["is_reproducible"] is False
    assert len(values["issues"]) == 1


def test_save_and_compare(here: Path, capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["validate-environment", "--save", "here.json"]) == 0
    assert "wrote here.json" in capsys.readouterr().err
    assert json.loads((here / "here.json").read_text()) == capture_environment()
    assert run_command_line(["validate-environment", "here.json"]) == 0
    assert run_command_line(["validate-environment", "--save", "here.json"]) == 2
    assert "is there already" in capsys.readouterr().err


def test_what_cannot_be_compared_is_said_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
):
    planned(new_database(here), small())
    (here / "other.json").write_text("[]")
    for words, said in (
        (["@last"], "planned: no environment was recorded: it has not run"),
        (["other.json"], "other.json: is no snapshot"),
        (["missing.json"], "missing.json: cannot be read"),
        (["nobody"], "nobody"),
        (["other.json", "-t", "exact"], "tolerance 'exact' is not known"),
    ):
        assert run_command_line(["validate-environment", *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


def test_input_files_are_compared_where_they_are(here: Path, capsys: pytest.CaptureFixture[str]):
    data = here / "data"
    data.mkdir()
    (data / "facts.jsonl").write_text('{"question": "1+1?", "answer": "2"}\n')
    run(new_database(here), small(benchmarks={"b": {"paths": [str(data / "facts.jsonl")]}}))
    assert run_command_line(["validate-environment", "--data-dir", "data"]) == 0
    assert "not looked for" not in capsys.readouterr().out
    assert run_command_line(["validate-environment"]) == 0
    assert "file facts.jsonl: not looked for" in capsys.readouterr().out
    (data / "facts.jsonl").write_text('{"question": "1+1?", "answer": "3"}\n')
    assert run_command_line(["validate-environment", "--data-dir", "data"]) == 1
    assert "facts.jsonl" in capsys.readouterr().out


def test_a_hostile_snapshot_drives_no_terminal(here: Path, capsys: pytest.CaptureFixture[str]):
    path = snapshot(here / "then.json", numpy="1.0\x1b[2J\x1b]0;owned\x07")
    assert run_command_line(["validate-environment", str(path)]) == 1
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
