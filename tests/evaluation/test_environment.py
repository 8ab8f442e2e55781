"""A run records where it ran: once, beside the run, and never in its way."""

import asyncio
import gc
import json
import threading
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from scramblebench import snapshot
from scramblebench.core.errors import StorageError
from scramblebench.evaluation import EvaluationConfig, EvaluationRunner, environment
from scramblebench.storage import DocumentKind, DocumentRecord, open_database

CONFIG: dict[str, Any] = {
    "models": [{"name": "m", "provider": "simulated"}],
    "benchmarks": {"b": {"generated": {"per_domain": 2}}},
    "scrambling": {"levels": [0, 50]},
}


@pytest.fixture(autouse=True)
def _forgotten() -> Generator[None]:
    environment._of_process.cache_clear()
    yield
    environment._of_process.cache_clear()


def run(**changes: Any) -> EvaluationRunner:
    runner = EvaluationRunner(EvaluationConfig.from_dict({**CONFIG, **changes}))
    outcome = asyncio.run(runner.run())
    assert outcome.n_missing == 0
    return runner


def documents(runner: EvaluationRunner) -> list[DocumentRecord]:
    assert runner.experiment_id is not None
    return list(runner.database.documents.list(runner.experiment_id))


def notes(runner: EvaluationRunner) -> list[str]:
    assert runner.experiment_id is not None
    return [note.text for note in runner.database.monitor.notes(runner.experiment_id)]


def test_a_run_records_its_environment():
    runner = run()
    (document,) = documents(runner)
    assert document.kind is DocumentKind.ENVIRONMENT
    recorded = snapshot.read_snapshot(document.text)
    engine = runner.database.engine()
    assert recorded == snapshot.capture_environment(engine, {})
    assert recorded["database"]["version"] == engine.version
    assert notes(runner) == []


def test_a_run_of_files_records_their_checksums(tmp_path: Any):
    path = tmp_path / "facts.jsonl"
    path.write_text('{"question": "1+1?", "answer": "2"}\n')
    (document,) = documents(run(benchmarks={"b": {"paths": [str(path)]}}))
    assert json.loads(document.text)["files"] == snapshot.file_checksums([path])


def test_nothing_is_recorded_where_the_configuration_says_so():
    assert documents(run(reproducibility={"capture_environment_snapshot": False})) == []


def test_the_keys_have_effect():
    config = EvaluationConfig.from_dict(
        {
            **CONFIG,
            "reproducibility": {
                "capture_environment_snapshot": False,
                "validation_tolerance": "strict",
            },
        }
    )
    assert config.source.spec.keys_without_effect() == ()


def test_a_second_run_in_the_same_environment_stores_nothing_new(monkeypatch: pytest.MonkeyPatch):
    captured: list[Mapping[str, Any]] = []
    usual = snapshot.capture_environment
    monkeypatch.setattr(
        snapshot, "capture_environment", lambda: captured.append(usual()) or captured[-1]
    )
    database = open_database("sqlite://")
    for _ in range(2):
        runner = EvaluationRunner(EvaluationConfig.from_dict(CONFIG), database)
        asyncio.run(runner.run())
        assert len(documents(runner)) == 1
    assert len(captured) == 1


def test_a_failure_is_a_note_and_the_run_is_complete(monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise PermissionError(13, "Permission denied", "/home/ada/secret")

    monkeypatch.setattr(snapshot, "capture_environment", fail)
    runner = run()
    assert documents(runner) == []
    assert notes(runner) == ["the environment of this run was not recorded: PermissionError"]


@pytest.mark.parametrize(
    "error", [StorageError("the disk is full"), RuntimeError("can't start new thread")]
)
def test_where_not_even_a_note_can_be_stored_the_run_is_complete_and_quiet(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    database = open_database("sqlite://")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(database.documents, "add", refuse)
    monkeypatch.setattr(database.monitor, "add_note", refuse)
    runner = EvaluationRunner(EvaluationConfig.from_dict(CONFIG), database)
    assert asyncio.run(runner.run()).n_missing == 0
    gc.collect()  # a task whose error nobody asked for says so when it goes
    assert documents(runner) == []
    assert caplog.text == ""


def test_responses_do_not_wait_for_the_capture(monkeypatch: pytest.MonkeyPatch):
    database = open_database("sqlite://")
    database.migrate()
    usual, all_answered = snapshot.capture_environment, threading.Event()
    n_before: list[int] = []

    def slow() -> Mapping[str, Any]:
        assert all_answered.wait(30)
        n_before.append(database.experiments.find("@last").n_answered)
        return usual()

    monkeypatch.setattr(snapshot, "capture_environment", slow)
    runner = EvaluationRunner(EvaluationConfig.from_dict(CONFIG), database)

    async def go() -> None:
        def started(progress: Any) -> None:
            async def watch() -> None:
                while progress.n_answered < progress.n_trials:
                    await asyncio.sleep(0)
                all_answered.set()

            tasks.append(asyncio.create_task(watch()))

        tasks: list[asyncio.Task[None]] = []
        await runner.run(started)

    asyncio.run(go())
    assert n_before == [database.experiments.find("@last").n_trials]
    assert len(documents(runner)) == 1


def test_a_capture_that_hangs_holds_the_end_up_for_a_moment_only(monkeypatch: pytest.MonkeyPatch):
    released = threading.Event()
    monkeypatch.setattr(environment, "_END_S", 0.05)
    monkeypatch.setattr(snapshot, "capture_environment", lambda: released.wait(30) and {})
    runner = EvaluationRunner(EvaluationConfig.from_dict(CONFIG))

    async def go() -> None:
        outcome = await asyncio.wait_for(runner.run(), 20)
        assert outcome.n_missing == 0
        assert documents(runner) == []
        released.set()

    asyncio.run(go())


def test_nothing_is_recorded_where_nothing_was_sent():
    unreachable = {"name": "m", "provider": "ollama", "base_url": "http://127.0.0.1:9"}
    config = {**CONFIG, "models": [unreachable], "execution": {"retry_attempts": 0}}
    runner = EvaluationRunner(EvaluationConfig.from_dict(config))
    assert asyncio.run(runner.run()).n_answered == 0
    assert documents(runner) == []
