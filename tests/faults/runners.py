"""F16, F17, S1: several runners at one queue; runners that sleep past their lease and wake up."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import RLock

from scramblebench.core.states import ExperimentState
from scramblebench.storage import Reservation, Settlement, open_database, trials
from scramblebench.storage.connection import Connection, Connections
from scramblebench.storage.trials import SqlTrialStore
from scramblebench.testing.stored_rows import StoredEvent, read_rows
from tests.faults.children import Child, TooLate
from tests.faults.failpoints import Countdown, wrap
from tests.faults.matrix import BOTH, fault
from tests.faults.stage import Stage, study

LEASE_S = 2.0
N_EXPERIMENTS = 50
ORDER_SLACK_US = 500_000
"""What became free so shortly before a claim may not have been seen by it: events are stamped before
their commits."""
LEASE_LOST = 75

_S = ExperimentState


@fault("F16", "2 and 8 runners at one queue of 50, priorities and dependencies", per_commit=2, full=100)  # fmt: skip
def many_runners(stage: Stage, run_number: int) -> None:
    queue = _fill_queue(stage)
    children, release = _start_together(stage, 8 if run_number % 2 else 2)
    release()
    for child in children:
        stage.expect(child, 0, timeout_s=120)
    events = read_rows(stage.database_url).events
    for complaint in (*_taken_twice(events), *_out_of_order(events, queue)):
        stage.complain("I8", complaint)


Queue = dict[str, tuple[int, Sequence[str]]]
"""Experiment id to priority and dependencies."""


def _fill_queue(stage: Stage) -> Queue:
    """Queue 50 small experiments; a third of them wait for one or two that came before."""
    queue: Queue = {}
    for _ in range(N_EXPERIMENTS):
        waits = stage.random.below(3) == 0
        depends_on = stage.random.sample(list(queue), 1 + stage.random.below(2)) if waits else []
        priority = stage.random.below(5)
        key = stage.create(study(5, levels=(0, 50)), priority=priority, depends_on=depends_on)
        queue[key] = priority, depends_on
    return queue


def _start_together(stage: Stage, n: int) -> tuple[list[Child], Callable[[], None]]:
    """Start runners that wait at a barrier; the function lets all of them go at once."""
    gate, opened = os.pipe()

    def wait() -> None:
        os.close(opened)
        os.read(gate, 1)

    children = [stage.start(wait, name=f"runner-{number}") for number in range(n)]
    os.close(gate)
    return children, partial(os.close, opened)


def _taken_twice(events: Sequence[StoredEvent]) -> list[str]:
    """Return which experiments had more than one claim although nobody died."""
    starts = [event.experiment_id for event in events if event.after is _S.RUNNING]
    return [f"{key[:8]} was claimed {starts.count(key)} times" for key in set(starts) if starts.count(key) > 1]  # fmt: skip


def _out_of_order(events: Sequence[StoredEvent], queue: Queue) -> list[str]:
    """Replay the history: every claim must take one of the highest priority among those free."""
    states: dict[str, ExperimentState] = {}
    since_us: dict[str, int] = {}
    wrong: list[str] = []
    for event in events:
        if event.after is _S.RUNNING:
            priority, depends_on = queue[event.experiment_id]
            if any(states.get(key) is not _S.COMPLETED for key in depends_on):
                wrong.append(f"{event.experiment_id[:8]} was claimed before its dependencies ended")
            before_us = event.happened_at_us - ORDER_SLACK_US
            better = [
                key
                for key, (other, _) in queue.items()
                if other > priority and _free_since(key, queue, states, since_us) < before_us
            ]
            if better:
                wrong.append(f"{event.experiment_id[:8]} was claimed before {better[0][:8]}")
        states[event.experiment_id] = event.after
        since_us[event.experiment_id] = event.happened_at_us
    return wrong


def _free_since(
    key: str, queue: Queue, states: dict[str, ExperimentState], since_us: dict[str, int]
) -> float:
    """Return since when an experiment could be claimed, in microseconds; infinity where it cannot."""
    depends_on = queue[key][1]
    if states.get(key) is not _S.QUEUED:
        return float("inf")
    if any(states.get(other) is not _S.COMPLETED for other in depends_on):
        return float("inf")
    return max([since_us[key], *(since_us[other] for other in depends_on)])


def stop_at_write(hit: int, kind: type, *, is_before: bool) -> None:
    """Patch: the writing thread stops the process beside its ``hit``-th batch with such an item.

    No thread is inside a transaction then: a process that sleeps in one keeps all others out.
    """
    stop = Countdown(hit, signal.SIGSTOP)
    transaction = RLock()
    for name in ("reading", "writing"):
        setattr(Connections, name, _locked(transaction, getattr(Connections, name)))

    def look(_store: SqlTrialStore, items: Sequence[object]) -> None:
        if any(isinstance(item, kind) for item in items):
            with transaction:
                stop()

    wrap(SqlTrialStore, "write", **{"before" if is_before else "after": look})


def _locked(
    lock: "RLock", transact: Callable[..., AbstractContextManager[Connection]]
) -> Callable[..., AbstractContextManager[Connection]]:
    @contextmanager
    def locked(connections: Connections, **manner: bool) -> Iterator[Connection]:
        with lock, transact(connections, **manner) as connection:
            yield connection

    return locked


def stop_in_transaction(hit: int) -> None:
    """Patch: the process stops with its ``hit``-th batch written and not committed."""
    stop = Countdown(hit, signal.SIGSTOP)
    wrap(trials, "write_batch", after=lambda *_: stop())


STOPS: dict[str, Callable[..., None]] = {
    "reserved, not sent": partial(stop_at_write, kind=Reservation, is_before=False),
    "in flight": partial(stop_at_write, kind=Reservation, is_before=True),
    "answered, not stored": partial(stop_at_write, kind=Settlement, is_before=True),
}


@fault("F17", "SIGSTOP past the lease, a successor finishes, SIGCONT", per_commit=6, full=60)
def asleep(stage: Stage, run_number: int) -> None:
    name, is_early = list(STOPS)[run_number % 3], run_number // 3 % 2 == 1
    hit = 2 + stage.random.below(20)
    stage.use_provider("--latency-ms", "20", "--latency-spread", "0.9")
    stage.create()
    sleeper = stage.start(
        partial(STOPS[name], hit), name="sleeper", body=stage.tracked(lease_s=LEASE_S)
    )
    wait_until_stopped(sleeper)
    _wait_until_free(stage)
    successor = stage.start(name="successor")
    if is_early:
        stage.wait_for_entries(stage.provider.n_entries() + 20, successor)
        sleeper.send(signal.SIGCONT)
        stage.expect(successor, 0)
    else:
        stage.expect(successor, 0)
        n_before = len(stage.provider.entries())
        sleeper.send(signal.SIGCONT)
    stage.expect(sleeper, LEASE_LOST)
    if not is_early and (n_late := len(stage.provider.entries()) - n_before):
        stage.complain("I3", f"{n_late} requests were sent after the lease was lost")


@fault("S3", "SIGSTOP past the lease in the middle of a commit, SIGCONT", per_commit=1, full=10)
def asleep_in_transaction(stage: Stage, run_number: int) -> None:
    stage.create()
    patch = partial(stop_in_transaction, 2 + stage.random.below(20))
    sleeper = stage.start(patch, name="sleeper", body=stage.tracked(lease_s=LEASE_S))
    wait_until_stopped(sleeper)
    _wait_until_free(stage)
    successor = stage.start(name="successor")
    successor.has_ended(0.5)
    sleeper.send(signal.SIGCONT)
    stage.expect(sleeper, 0, LEASE_LOST)
    stage.expect(successor, 0)


def wait_until_stopped(child: Child, timeout_s: float = 30.0) -> None:
    """Return once a process has stopped itself."""
    status = Path(f"/proc/{child.pid}/stat")
    deadline = time.monotonic() + timeout_s
    while status.read_text().rpartition(")")[2].split()[0] != "T":
        if child.has_ended(0.002) or time.monotonic() > deadline:
            raise TooLate(f"{child.name} did not stop, see {child.log}")


def _wait_until_free(stage: Stage) -> None:
    """Return once no experiment that runs has a live lease."""
    database = open_database(stage.database_url)
    deadline = time.monotonic() + 5 * LEASE_S
    try:
        while any(entry.is_lease_live for entry in database.queue.entries()):
            if time.monotonic() > deadline:
                raise TooLate("the lease of a runner that sleeps does not end")
            time.sleep(0.05)
    finally:
        database.close()


@fault("S1", "two runners, 50 experiments: one killed -9, one asleep past its lease", per_commit=1, full=5, databases=BOTH)  # fmt: skip
def two_runners(stage: Stage, run_number: int) -> None:
    for _ in range(N_EXPERIMENTS):
        stage.create(study(5, levels=(0, 50)))
    stop = partial(stop_at_write, 5 + stage.random.below(15), kind=Reservation, is_before=False)
    sleeper = stage.start(stop, name="sleeper", body=stage.tracked(lease_s=LEASE_S))
    killed = stage.start(name="killed", body=stage.tracked(lease_s=LEASE_S))
    stage.wait_for_entries(30 + stage.random.below(100), killed)
    killed.kill()
    wait_until_stopped(sleeper)
    _wait_until_free(stage)
    stage.expect(stage.start(name="successor"), 0, timeout_s=120)
    sleeper.send(signal.SIGCONT)
    stage.expect(sleeper, LEASE_LOST)
    ends = [
        e.experiment_id for e in read_rows(stage.database_url).events if e.after is _S.COMPLETED
    ]
    if sorted(ends) != sorted(stage.experiments):
        stage.complain("I11", f"{len(ends)} completions of {len(stage.experiments)} experiments")
