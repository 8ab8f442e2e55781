"""How an import is stored, stopped, continued, and left alone by runners; on both databases."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.imports import ImportOptions, find_sources, import_responses
from scramblebench.providers import open_provider
from scramblebench.settings import ModelSpec, ProviderName
from scramblebench.storage import Database, open_database
from scramblebench.testing.world import Evidence, assert_world
from tests.imports.support import cells, row, take_in, write_rows

N = 3000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/imports.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of 3,000 responses of 6,000 trials, one with what PostgreSQL does not take."""
    rows = [row(item=f"q{n}", condition=None, method="word", level=n % 2 * 50) for n in range(N)]
    rows[7]["response"] = "B\0\udc80"
    return write_rows(tmp_path / "r.jsonl", rows)


def texts(database: Database, experiment_id: str) -> list[tuple[int, str, object]]:
    """Return what is stored."""
    found = database.trials.responses(experiment_id)
    return [(r.trial_index, r.response.text, r.score) for r in found]


def test_an_import_is_an_experiment_like_any_other(url: str, path: Path):
    database = open_database(url)
    imported = take_in(database, path)
    outcome = imported.outcome
    record = database.experiments.get(outcome.experiment_id)
    assert (record.state, record.n_answered, record.n_trials) == ("completed", N, 2 * N)
    assert record.reason == (
        "imported, so there is nobody to ask; 3,000 of 6,000 planned trials are not in the files"
    )
    assert cells(database, imported) == {
        ("m", "baseline", 0.0): (1.0, N // 2, 0),
        ("m", "word_shuffle", 50.0): (1.0, N // 2, 0),
    }
    assert "B\0\udc80" in {text for _, text, _ in texts(database, outcome.experiment_id)}
    counters = database.trials.counters(outcome.experiment_id)
    assert sum(counter.n_cost_unknown for counter in counters) == N
    assert database.trials.ledger(outcome.experiment_id).held_microusd == 0
    status = ExperimentTracker(url).sync.get_experiment_status(outcome.experiment_id)
    assert (status["api_calls"], status["n_outcome_unknown"]) == (0, 0)
    assert not database.queue.entries()
    database.close()
    assert_world(url, Evidence())


KILLED = """
import os, signal, sys
from scramblebench.imports import find_sources, import_responses
from scramblebench.storage import open_database

def kill(stage, done, all_):
    if stage == "storing" and done == 2000:
        os.kill(os.getpid(), signal.SIGKILL)

import_responses(open_database(sys.argv[1]), find_sources([sys.argv[2]]), on_progress=kill)
"""


def test_a_killed_import_can_be_told_apart_and_is_continued(url: str, path: Path):
    killed = subprocess.run([sys.executable, "-c", KILLED, url, str(path)], check=False)
    assert killed.returncode == -9
    database = open_database(url)
    (record,) = database.experiments.list()
    assert record.state is ExperimentState.RUNNING
    assert 0 < record.n_answered < N
    tracker = ExperimentTracker(url)
    (line,) = tracker.sync.list_experiments()
    assert line["is_interrupted"]
    assert asyncio.run(tracker.run_experiments()) == []  # no runner takes it
    assert database.experiments.get(record.id).state is ExperimentState.RUNNING
    imported = take_in(database, path)
    outcome = imported.outcome
    assert (outcome.experiment_id, outcome.is_continued) == (record.id, True)
    assert (outcome.n_responses, outcome.n_stored) == (N, N - record.n_answered)
    assert database.experiments.get(record.id).state is ExperimentState.COMPLETED
    fresh = take_in(database, path)
    assert not fresh.outcome.is_continued
    assert texts(database, fresh.outcome.experiment_id) == texts(database, record.id)
    database.close()
    assert_world(url, Evidence())


def test_a_stopped_import_is_queued_and_is_run_by_nobody(url: str, path: Path):
    database = open_database(url)

    def stop(stage: str, done: int, _all: int) -> None:
        if stage == "storing" and done == 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_responses(database, find_sources([str(path)]), on_progress=stop)
    (record,) = database.experiments.list()
    assert record.state is ExperimentState.QUEUED
    tracker = ExperimentTracker(url)
    assert asyncio.run(tracker.run_experiments(only=record.id)) == []
    reason = tracker.sync.get_experiment_status(record.id)["waiting_reason"]
    assert "nobody to ask; import them again" in reason
    options = ImportOptions(n_choices=4)  # another import of the same file is another experiment
    other = import_responses(database, find_sources([str(path)]), options)
    assert other.outcome.experiment_id != record.id
    assert take_in(database, path).outcome.experiment_id == record.id


def test_two_imports_of_the_same_at_once_are_refused(url: str, path: Path):
    database = open_database(url)

    def again(stage: str, done: int, _all: int) -> None:
        if stage == "storing" and done == 1000:
            take_in(open_database(url), path)

    with pytest.raises(UsageError, match="another process is importing these files"):
        import_responses(database, find_sources([str(path)]), on_progress=again)


def test_nobody_can_be_asked():
    spec = ModelSpec(name="gpt-4", provider=ProviderName.IMPORTED)
    with pytest.raises(UsageError, match="imported, so there is nobody to ask"):
        open_provider(spec, clock=SystemClock(), environment=os.environ, base_dir=Path())
