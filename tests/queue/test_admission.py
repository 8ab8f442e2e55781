"""Admission: what may start beside what runs, and what is said of everything else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.states import ExperimentState
from scramblebench.queue import Capacity, Place, Standing, places
from scramblebench.queue.admission import admit
from scramblebench.storage import QueueRecord

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLLAMA = ("ollama", "")
OPENROUTER = ("openrouter", "")
NOTHING = Capacity(memory_gb=0, max_concurrent_requests=0, calls_per_hour={"openrouter": 0})


def entry(
    name: str,
    *servers: tuple[str, str],
    priority: int = 1,
    needs: dict[str, float] | None = None,
    waits_for: tuple[str, ...] = (),
) -> QueueRecord:
    return QueueRecord(
        experiment_id=name,
        priority=priority,
        enqueued_at=START,
        requirements_json=json.dumps(needs or {}),
        waits_for=waits_for,
        servers=servers,
        is_free=not waits_for,
    )


def running(record: QueueRecord) -> QueueRecord:
    return replace(
        record,
        state=ExperimentState.RUNNING,
        runner_id="host:1:x",
        is_lease_live=True,
        is_free=False,
    )


def to_be_retried(record: QueueRecord, *, is_due: bool) -> QueueRecord:
    return replace(
        record,
        state=ExperimentState.FAILED,
        retry_at=START + timedelta(minutes=3),
        n_retries=1,
        is_free=is_due,
    )


def only_place(record: QueueRecord, capacity: Capacity = NOTHING) -> Place:
    return places([record], capacity, {})[record.experiment_id]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], None),
        ([entry("a"), entry("b")], "a"),
        ([running(entry("a")), entry("b")], "b"),
        ([entry("a", waits_for=("z",)), entry("b")], "b"),
        ([to_be_retried(entry("a"), is_due=False), entry("b")], "b"),
        ([to_be_retried(entry("a"), is_due=True), entry("b")], "a"),
        ([running(entry("a")), entry("b", waits_for=("a",))], None),
    ],
)
def test_the_first_that_is_free(entries: list[QueueRecord], expected: str | None):
    assert admit(entries, Capacity()) == expected


@pytest.mark.parametrize(
    ("needs", "capacity", "own", "expected"),
    [
        ({"memory_gb": 8}, Capacity(memory_gb=16), ("r",), "a"),
        ({"memory_gb": 9}, Capacity(memory_gb=16), ("r",), "small"),
        ({"memory_gb": 9}, Capacity(memory_gb=16), (), "a"),  # another machine's memory
        ({"memory_gb": 9}, Capacity(), ("r",), "a"),
        ({"max_concurrent_requests": 12}, Capacity(max_concurrent_requests=16), ("r",), "a"),
        ({"max_concurrent_requests": 13}, Capacity(max_concurrent_requests=16), ("r",), "small"),
        ({"max_concurrent_requests": 13}, Capacity(max_concurrent_requests=16), (), "a"),
        ({"api_calls_per_hour": 400}, Capacity(calls_per_hour={"openrouter": 1000}), (), "a"),
        ({"api_calls_per_hour": 401}, Capacity(calls_per_hour={"openrouter": 1000}), (), "small"),
        ({"api_calls_per_hour": 9e9}, Capacity(calls_per_hour={"ollama": 1}), (), "a"),
        ({"cost_limit": 1e9}, NOTHING, (), "a"),
    ],
)
def test_what_does_not_fit_is_passed_over(
    needs: dict[str, float], capacity: Capacity, own: tuple[str, ...], expected: str
):
    used = {"memory_gb": 8, "max_concurrent_requests": 4, "api_calls_per_hour": 600}
    entries = [
        running(entry("r", OPENROUTER, needs=used)),
        entry("a", OPENROUTER, priority=9, needs=needs),
        entry("small", OPENROUTER),
    ]
    assert admit(entries, capacity, own, own) == expected


def test_what_is_required_is_free_again_when_its_runner_is_gone():
    needs = {"api_calls_per_hour": 600}
    gone = replace(running(entry("gone", OPENROUTER, needs=needs)), is_free=True)
    capacity = Capacity(calls_per_hour={"openrouter": 1000})
    entries = [entry("a", OPENROUTER, priority=9, needs=needs), gone]
    assert admit(entries, capacity) == "a"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry("old", OLLAMA), entry("young", OPENROUTER)], "young"),
        ([entry("old", OLLAMA), entry("young", OLLAMA)], "old"),
        ([entry("old", OLLAMA, priority=2), entry("young", OPENROUTER)], "old"),
        ([entry("old", OLLAMA), entry("young", OPENROUTER, OLLAMA)], "old"),
        ([entry("old", OLLAMA, OPENROUTER), entry("young", OPENROUTER)], "young"),
        ([entry("old", OLLAMA), entry("young", ("ollama", "http://10.0.0.2"))], "young"),
        ([entry("old", OLLAMA), entry("young", OPENROUTER, needs={"memory_gb": 1})], "old"),
    ],
)
def test_an_idle_server_goes_first_among_equals(entries: list[QueueRecord], expected: str):
    assert admit([running(entry("r", OLLAMA, priority=9)), *entries], NOTHING) == expected


def test_what_may_have_killed_its_runner_runs_alone():
    suspect = replace(entry("suspect", priority=9), is_suspect=True)
    other, own = entry("other"), running(entry("own"))
    assert admit([suspect, other], Capacity()) == "suspect"
    assert admit([suspect, own, other], Capacity(), ["own"], ["own"]) == "other"
    assert admit([running(suspect), other], Capacity(), ["suspect"], ["suspect"]) is None
    assert admit([running(suspect), other], Capacity()) == "other"  # of another runner


@given(
    st.lists(
        st.builds(
            lambda n, priority, memory_gb, is_running: (n, priority, memory_gb, is_running),
            st.integers(0, 10**6),
            st.integers(0, 3),
            st.integers(0, 40),
            st.booleans(),
        ),
        unique_by=lambda drawn: drawn[0],
        max_size=12,
    ),
    st.integers(0, 60),
)
def test_memory_is_never_promised_twice_nor_kept_from_who_could_use_it(
    drawn: list[tuple[int, int, int, bool]], memory_gb: int
):
    ordered = sorted(drawn, key=lambda each: -each[1])
    entries = [entry(str(n), priority=p, needs={"memory_gb": gb}) for n, p, gb, _ in ordered]
    memory = {str(n): gb for n, _, gb, _ in ordered}
    own: list[str] = []
    while (chosen := admit(entries, Capacity(memory_gb=memory_gb), own, own)) is not None:
        own.append(chosen)
        entries = [running(e) if e.experiment_id == chosen else e for e in entries]
    left_gb = memory_gb - sum(memory[name] for name in own)
    assert left_gb >= 0
    assert all(memory[e.experiment_id] > left_gb for e in entries if e.is_free)


@pytest.mark.parametrize(
    ("record", "standing", "reason"),
    [
        (running(entry("a")), Standing.RUNNING, None),
        (entry("a"), Standing.READY, "waits for a runner"),
        (
            entry("a", needs={"memory_gb": 64}),
            Standing.WAITING,
            "needs 64 GB of memory, 21.3 GB left; this runner never has as much",
        ),
        (
            entry("a", OPENROUTER, needs={"api_calls_per_hour": 1000}),
            Standing.WAITING,
            "needs 1,000 calls an hour of openrouter, 400 left; this runner never has as much",
        ),
        (entry("a", waits_for=("b" * 36,)), Standing.WAITING, "waits for an experiment (bbbbbbbb)"),
        (
            to_be_retried(entry("a"), is_due=False),
            Standing.WAITING,
            "tried again at 12:03:00 UTC (retry 1 of 3), by a runner with --continuous",
        ),
        (to_be_retried(entry("a"), is_due=True), Standing.READY, "waits for a runner"),
        (
            replace(entry("a"), is_suspect=True),
            Standing.READY,
            "waits for a runner of its own: the last one died of it, or with it",
        ),
    ],
)
def test_why_it_does_not_run(record: QueueRecord, standing: Standing, reason: str | None):
    capacity = Capacity(memory_gb=21.3, calls_per_hour={"openrouter": 400})
    place = only_place(record, capacity)
    assert (place.standing, place.reason) == (standing, reason)


def test_what_waits_for_what_is_blocked_is_blocked_too():
    lost = "f" * 36
    first = replace(entry("first", waits_for=(lost,)), blocked_by=(lost,))
    second = entry("second", waits_for=("first", "fine"))
    third = entry("third", waits_for=("second",))
    fine = entry("fine")
    names = {lost: "The lost one", "first": "First", "second": "Second"}
    found = places([third, second, first, fine], Capacity(), names)
    assert {name: place.standing for name, place in found.items()} == {
        "third": Standing.BLOCKED,
        "second": Standing.BLOCKED,
        "first": Standing.BLOCKED,
        "fine": Standing.READY,
    }
    assert found["first"].reason == "blocked: The lost one (ffffffff) will not be completed"
    assert found["second"].reason == "blocked: First (first) will not be completed"


def test_positions_count_what_does_not_run():
    entries = [entry("a"), running(entry("b")), entry("c", waits_for=("b",)), entry("d")]
    positions = {name: place.position for name, place in places(entries, Capacity(), {}).items()}
    assert positions == {"a": 1, "b": None, "c": 2, "d": 3}
