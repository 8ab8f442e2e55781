"""Ctrl-C, three times, and the run goes on where it was."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.support import FakeProvider, Program, program_in, write_study

Start = Callable[..., FakeProvider]


def wait_for_entries(provider: FakeProvider, n_entries: int) -> None:
    """Return once the provider has answered so many requests."""
    deadline = time.monotonic() + 60
    while len(provider.ledger) < n_entries:
        assert time.monotonic() < deadline, "the run sends nothing"
        time.sleep(0.01)


def finished_report(program: Program) -> object:
    return json.loads(program("analyze", "@last", "--json").stdout)["accuracy"]


def test_three_interruptions_ask_nothing_twice(
    tmp_path: Path, program: Program, start_provider: Start
):
    provider = start_provider("--latency-ms", "20")
    config = write_study(program.folder, provider, per_domain=8)
    program("create", "Interrupted", str(config), "--priority", "1")
    n_trials = 2 * 7 * 40
    for round_number in (1, 2, 3):
        already = len(provider.ledger)
        process = program.start("run")
        wait_for_entries(provider, already + 40)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "queued" in out
        assert "nothing is asked twice" in err
        assert "finishing the requests in flight" in err
        assert len(provider.ledger) < n_trials, f"round {round_number} was not interrupted"
    program("run")
    asked = Counter(entry.idempotency_key for entry in provider.ledger)
    assert len(asked) == n_trials
    assert set(asked.values()) == {1}

    folder = tmp_path / "whole"
    folder.mkdir()
    whole = program_in(folder, f"sqlite:///{folder}/whole.db")
    whole("create", "Whole", str(config), "--run")
    assert finished_report(program) == finished_report(whole)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_finish_what_is_in_flight_too(
    program: Program, start_provider: Start, number: signal.Signals, code: int
):
    provider = start_provider("--latency-ms", "50")
    program("create", "Signalled", str(write_study(program.folder, provider)), "--priority", "1")
    process = program.start("run")
    wait_for_entries(provider, 10)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    status = json.loads(program("status", "--json").stdout)
    assert status["status"] == "queued"
    assert status["n_answered"] == len(provider.ledger)
    assert status["n_outcome_unknown"] == 0


def test_a_second_signal_abandons_what_is_in_flight(program: Program, start_provider: Start):
    provider = start_provider("--latency-ms", "20000")
    program("create", "Slow", str(write_study(program.folder, provider)), "--priority", "1")
    process = program.start("run")
    assert process.stderr is not None
    wait_for_line(process.stderr, "trials")
    wait_until_attempts_are_stored(program)
    process.send_signal(signal.SIGINT)
    wait_for_line(process.stderr, "finishing")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    status = json.loads(program("status", "--json").stdout)
    assert status["status"] == "queued"
    assert status["n_answered"] == 0
    assert status["n_outcome_unknown"] > 0


def wait_for_line(stream: object, words: str) -> None:
    for line in stream:  # type: ignore[attr-defined]
        if words in line:
            return
    raise AssertionError(f"{words!r} was never said")


def wait_until_attempts_are_stored(program: Program) -> None:
    deadline = time.monotonic() + 60
    while not json.loads(program("status", "--json").stdout)["n_in_flight"]:
        assert time.monotonic() < deadline, "nothing was reserved"


def test_a_provider_that_is_not_there_leaves_trials_missing(
    program: Program, start_provider: Start
):
    provider = start_provider()
    config = write_study(program.folder, provider, per_domain=2)
    config.write_text(
        config.read_text().replace(f'"{provider.url_ollama}"', '"http://127.0.0.1:9"')
    )
    ran = program("create", "Half there", str(config), "--run", code=3)
    assert "llama3:8b" in ran.stderr
    status = json.loads(program("status", "--json").stdout)
    assert (status["status"], status["n_answered"], status["n_planned"]) == ("failed", 70, 140)
    rows = json.loads(program("analyze", "--json").stdout)["accuracy"]
    assert {row["model"]: row["n_missing"] for row in rows} == {"llama3:8b": 10, "gpt-3.5-turbo": 0}
    assert {row["accuracy"] for row in rows if row["model"] == "llama3:8b"} == {None}
    assert "queued" in program("queue", "@last").stdout  # a failed experiment can be tried again


def test_every_trial_is_answered_through_passing_faults(program: Program, start_provider: Start):
    provider = start_provider(
        "--fault", "429:0=0.05", "--fault", "500=0.02", "--fault", "drop-before=0.02", "--seed", "7"
    )
    program("create", "Faults", str(write_study(program.folder, provider)), "--run")
    status = json.loads(program("status", "--json").stdout)
    assert status["status"] == "completed"
    assert status["n_answered"] == status["n_planned"] == 420
    assert status["error_rate"] > 0
