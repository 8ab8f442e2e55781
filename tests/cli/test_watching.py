"""watch, status and alerts as they are typed: words, JSON, exit codes, hostile names."""

import asyncio
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from scramblebench.cli import progress_words
from scramblebench.cli.app import run_command_line
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import NewAlert
from tests.experiment_tracking import studies
from tests.monitoring.receivers import receiver

HOSTILE = "[red]x[/red] \x1b]52;c;aGk=\x07 \u202e"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{tmp_path}/x.db"
    monkeypatch.setenv("DATABASE_URL", found)
    return found


@pytest.fixture
def tracker(url: str) -> ExperimentTracker:
    values = studies.config()
    values["models"][0]["label"] = HOSTILE
    tracker = ExperimentTracker(url)
    tracker.sync.create_experiment(f"study {HOSTILE}", values)
    return tracker


def finish(tracker: ExperimentTracker) -> None:
    tracker.sync.queue_experiment("@last")
    asyncio.run(tracker.run_experiments())


def is_clean(text: str) -> bool:
    return not any(ord(c) < 32 and c not in "\n\t" for c in text) and "\u202e" not in text


def test_watching_what_is_completed_ends_at_once(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    finish(tracker)
    assert run_command_line(["watch"]) == 0
    said = capsys.readouterr()
    assert "completed, 100.0%  (720 of 720 trials)" in said.out
    assert "(SIMULATED)" in said.out
    assert "[red]x[/red]" in said.out
    assert is_clean(said.out + said.err)
    assert "analyze @last" in said.err


@pytest.mark.parametrize(
    ("verb", "code", "following"), [("pause", 3, "resume"), ("cancel", 3, "status")]
)
def test_watching_ends_with_the_experiment(
    tracker: ExperimentTracker,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    code: int,
    following: str,
):
    tracker.sync.queue_experiment("@last")
    assert run_command_line([verb, "@last"]) == 0
    assert run_command_line(["watch"]) == code
    assert f"{following} @last" in capsys.readouterr().err


def test_watching_what_nobody_queued_says_so(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    assert run_command_line(["watch"]) == 3
    said = capsys.readouterr()
    assert "because: not queued yet" in said.out
    assert "queue @last" in said.err


def test_a_look_as_json(tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["watch", "--once", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["status"], values["n_planned"], values["open_alerts"]) == ("planned", 720, [])
    assert values["models"][0]["conditions"][0]["score"] is None


def test_the_screen_has_a_bar_per_model_and_level(tracker: ExperimentTracker):
    from rich.console import Console

    from scramblebench.cli.watch_view import screen, take_look
    from scramblebench.core.clock import SystemClock

    finish(tracker)
    experiment_id = tracker.database.experiments.find("@last").id
    console = Console(width=100, markup=False, record=True, file=StringIO())
    console.print(screen(take_look(tracker.database, experiment_id, SystemClock())))
    shown = console.export_text()
    assert shown.count("character_substitution 67") == 3
    assert shown.count("━" * 20) >= 15
    assert is_clean(shown)


def test_status_shows_scores_with_intervals_and_open_alerts(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    finish(tracker)
    record = tracker.database.experiments.find("@last")
    tracker.database.monitor.raise_alert(
        NewAlert("error_rate", "warning", f"study: error rate {HOSTILE}", record.id)
    )
    capsys.readouterr()
    assert run_command_line(["status"]) == 0
    said = capsys.readouterr()
    assert "SIMULATED" in said.out
    assert "60/60" in said.out
    assert "warning 2: study: error rate" in said.out
    assert "alerts ack 2 --by NAME" in said.err
    assert is_clean(said.out)


def test_alerts_are_listed_and_acknowledged(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    assert run_command_line(["alerts", "list"]) == 0
    assert "no open alerts" in capsys.readouterr().out
    tracker.database.monitor.raise_alert(NewAlert("cpu_percent", "warning", HOSTILE), ["HOOK"])
    assert run_command_line(["alerts", "list"]) == 0
    said = capsys.readouterr()
    assert "HOOK not yet" in said.out
    assert is_clean(said.out)
    assert run_command_line(["alerts", "ack", "1", "--by", "Ada", "--note", "known"]) == 0
    assert "seen by Ada" in capsys.readouterr().out
    assert run_command_line(["alerts", "list", "--json"]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert (alert["acknowledged_by"], alert["note"], alert["is_open"]) == ("Ada", "known", True)
    assert run_command_line(["alerts", "ack", "9", "--by", "Ada"]) == 2
    assert "there is no alert 9" in capsys.readouterr().err


def test_a_test_sends_one_message_to_each_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    config = tmp_path / "study.yaml"
    config.write_text("monitoring:\n  targets: {a: HOOK_A, b: HOOK_B}\n")
    with receiver() as first, receiver([500]) as second:
        monkeypatch.setenv("HOOK_A", first.url)
        monkeypatch.setenv("HOOK_B", second.url)
        assert run_command_line(["alerts", "test", str(config)]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "a: taken"
    assert said.out.splitlines()[1].startswith("b: not taken: ")
    assert "s3cr3t" not in said.out + said.err
    assert [m["title"] for m in first.messages] == ["ScrambleBench: test"]


def test_a_test_without_targets_says_what_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = tmp_path / "study.yaml"
    config.write_text("models: [{name: m, provider: simulated}]\n")
    assert run_command_line(["alerts", "test", str(config)]) == 2
    assert "add `email_alerts: true`" in capsys.readouterr().err


def test_who_has_seen_an_alert_has_a_name_even_where_the_system_has_none(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.delenv("LOGNAME", raising=False)
    tracker.database.monitor.raise_alert(NewAlert("cpu_percent", "warning", "host: CPU at 97 %"))
    assert run_command_line(["alerts", "ack", "1"]) == 0
    assert "seen by user" in capsys.readouterr().out
    monkeypatch.setenv("USER", "ada")
    assert run_command_line(["alerts", "ack", "1"]) == 0
    assert "seen by ada" in capsys.readouterr().out
    assert run_command_line(["alerts", "ack", "1", "--by", " "]) == 2


def test_plain_lines_have_scores_by_level(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    assert run_command_line(["watch", "--once"]) == 0
    assert "(n=" not in capsys.readouterr().out
    finish(tracker)
    assert run_command_line(["watch", "--once"]) == 0
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if "character_substitution  " in line]
    assert len(lines) == 3
    assert all(re.search(r"67: 0\.\d+ \(n=60\)", line) for line in lines)
    assert "folded" not in said


@pytest.mark.parametrize("words", [["watch", "--once"], ["status"]])
def test_many_scores_are_folded_and_it_says_where_they_are(
    tracker: ExperimentTracker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
):
    finish(tracker)
    monkeypatch.setattr(progress_words, "_MOST_CELLS", 2)
    capsys.readouterr()
    assert run_command_line(words) == 0
    said = capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if "folded" in line]
    assert line.split()[0].rstrip(":") == "scores"
    assert line.endswith("--json")
    assert "status" in line
    assert " – " not in said
    assert "(n=60)" not in said
