"""tidy as it is typed: counts first, deletes only samples, gives room back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scramblebench.cli.app import run_command_line
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import SampleRecord
from tests.experiment_tracking import studies

N_SAMPLES = 3_000


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExperimentTracker:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    tracker = ExperimentTracker()
    identifier = tracker.sync.create_experiment("study", studies.config())
    long_ago = datetime.now(UTC) - timedelta(days=60, minutes=-5)
    tracker.database.monitor.add_samples([
        SampleRecord(identifier, "r", long_ago + timedelta(minutes=10 * n), "{}" + " " * 300)
        for n in range(N_SAMPLES)
    ])  # fmt: skip
    return tracker


def tidied(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run_command_line(["tidy", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def n_left(tracker: ExperimentTracker) -> int:
    identifier = tracker.database.experiments.find("@last").id
    return len(tracker.database.monitor.samples(identifier, limit=N_SAMPLES))


def test_a_dry_run_only_counts(tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]):
    values = tidied(capsys, "--samples-older-than", "50", "--dry-run", "--compact")
    assert values["samples_deleted"] == 10 * 24 * 6
    assert values["bytes_before"] == values["bytes"]
    assert n_left(tracker) == N_SAMPLES


def test_old_samples_go_and_their_room_is_given_back(
    tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]
):
    values = tidied(capsys, "--samples-older-than", "50", "--compact")
    assert values["samples_deleted"] == 10 * 24 * 6
    assert n_left(tracker) == N_SAMPLES - 10 * 24 * 6
    assert values["bytes"] < values["bytes_before"]  # type: ignore[operator]
    assert tidied(capsys, "--samples-older-than", "50")["samples_deleted"] == 0


def test_the_words(tracker: ExperimentTracker, capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["tidy", "--samples-older-than", "0"]) == 0
    said = capsys.readouterr()
    assert "3,000 samples deleted" in said.out
    assert "MB for 0 responses" in said.out
    assert "tidy --compact" in said.err
    assert n_left(tracker) == 0
