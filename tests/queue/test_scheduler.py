"""The scheduler: order, concurrency, stops, lost leases, a database that is away."""

import asyncio
import os
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import LeaseLost
from scramblebench.core.states import ExperimentState
from scramblebench.queue import Capacity, Lease, Terms, run_queue, scheduler
from scramblebench.storage import Claim, Database, ExperimentLimits, open_database
from scramblebench.storage.connection import StorageUnavailable
from scramblebench.testing.experiments import make_experiment


def queued(*priorities: int, url: str = "sqlite://") -> tuple[Database, list[str]]:
    database = open_database(url)
    database.migrate()
    ids = [str(uuid.uuid4()) for _ in priorities]
    for experiment_id, priority in zip(ids, priorities, strict=True):
        database.experiments.add(make_experiment(experiment_id))
        database.queue.enqueue(experiment_id, priority)
    return database, ids


def complete(database: Database, claim: Claim) -> None:
    database.experiments.change_state(
        claim.experiment_id, ExperimentState.COMPLETED, fence=claim.fence
    )
    database.queue.release(claim)


def run_all(database: Database, terms: Terms) -> list[str]:
    ran: list[str] = []

    async def run(lease: Lease) -> None:
        claim = lease.claim
        ran.append(claim.experiment_id)
        complete(database, claim)

    n_claimed = asyncio.run(run_queue(database.queue, run, terms, asyncio.Event(), SystemClock()))
    assert n_claimed == len(ran)
    return ran


def test_higher_priority_first_and_equals_in_order_of_arrival():
    database, ids = queued(1, 5, 1, 9)
    ran = run_all(database, Terms(max_concurrent=1))
    assert ran == [ids[3], ids[1], ids[0], ids[2]]


def test_only_one_experiment_when_asked_for_one():
    database, ids = queued(1, 5)
    assert run_all(database, Terms(only=ids[0])) == [ids[0]]
    assert database.experiments.get(ids[1]).state is ExperimentState.QUEUED


def test_an_empty_queue_ends_at_once():
    database, _ = queued()
    assert run_all(database, Terms()) == []


def test_no_more_at_once_than_the_terms_say(monkeypatch: pytest.MonkeyPatch):
    database, _ = queued(1, 1, 1, 1, 1)
    n_at_once: list[int] = []
    wait = scheduler._Runner._wait

    async def count_and_wait(runner: scheduler._Runner) -> Any:
        n_at_once.append(len(runner._active))  # as many as it will have for now
        return await wait(runner)

    async def run(lease: Lease) -> None:
        while not n_at_once:
            await asyncio.sleep(0)
        complete(database, lease.claim)

    monkeypatch.setattr(scheduler._Runner, "_wait", count_and_wait)
    terms = Terms(max_concurrent=2)
    working = run_queue(database.queue, run, terms, asyncio.Event(), SystemClock())
    assert asyncio.run(asyncio.wait_for(working, 20)) == 5
    assert max(n_at_once) == 2


def test_a_stop_claims_nothing_more_and_stops_what_runs():
    database, ids = queued(1, 1)

    async def go() -> int:
        stop = asyncio.Event()

        async def run(lease: Lease) -> None:
            claim, own_stop = lease.claim, lease.stop
            stop.set()
            await own_stop.wait()
            complete(database, claim)

        return await run_queue(database.queue, run, Terms(max_concurrent=1), stop, SystemClock())

    assert asyncio.run(go()) == 1
    assert database.experiments.get(ids[1]).state is ExperimentState.QUEUED


def test_a_continuous_runner_takes_what_is_queued_later():
    database, ids = queued(1)
    late = str(uuid.uuid4())
    database.experiments.add(make_experiment(late))
    ran: list[str] = []

    async def go() -> None:
        stop = asyncio.Event()

        async def run(lease: Lease) -> None:
            claim = lease.claim
            ran.append(claim.experiment_id)
            complete(database, claim)
            if claim.experiment_id == late:
                stop.set()
            else:
                database.queue.enqueue(late, 1)

        await run_queue(database.queue, run, Terms(is_continuous=True), stop, SystemClock())

    asyncio.run(go())
    assert ran == [*ids, late]


def test_a_lost_lease_stops_the_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scheduler, "HEARTBEAT_S", 0.01)
    database, ids = queued(1)

    async def run(lease: Lease) -> None:
        claim, own_stop = lease.claim, lease.stop
        database.experiments.change_state(claim.experiment_id, ExperimentState.CANCELLED)
        await asyncio.wait_for(own_stop.wait(), 10)

    asyncio.run(run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock()))
    assert database.experiments.get(ids[0]).state is ExperimentState.CANCELLED


def test_an_error_of_one_run_is_raised_after_the_others_ended(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(1, 1)
    ended: list[str] = []
    is_heard_of = asyncio.Event()
    end = scheduler._Runner._end

    def end_and_tell(*words: Any) -> None:
        end(*words)
        is_heard_of.set()

    async def run(lease: Lease) -> None:
        claim = lease.claim
        if claim.experiment_id == ids[0]:
            raise ValueError("broken")
        await is_heard_of.wait()
        complete(database, claim)
        ended.append(claim.experiment_id)

    monkeypatch.setattr(scheduler._Runner, "_end", end_and_tell)
    working = run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock())
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(asyncio.wait_for(working, 20))
    assert ended == [ids[1]]


def refusing(database: Database, monkeypatch: pytest.MonkeyPatch, n_refusals: int) -> list[int]:
    """Have the database refuse claims once one was made; return the count of those still to come."""
    monkeypatch.setattr(scheduler, "POLL_S", 0.01)
    claim, left = database.queue.claim, [n_refusals]

    def claim_or_refuse(*words: object) -> Claim | None:
        if database.queue.totals().by_state[ExperimentState.QUEUED] == n_queued or left[0] <= 0:
            return claim(*words)  # type: ignore[arg-type]
        left[0] -= 1
        raise StorageUnavailable("the database is restarting")

    n_queued = database.queue.totals().by_state[ExperimentState.QUEUED]
    monkeypatch.setattr(database.queue, "claim", claim_or_refuse)
    return left


def test_a_claim_that_cannot_be_asked_for_ends_no_run_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
):
    database, ids = queued(1, 1)
    n_left = refusing(database, monkeypatch, 3)
    ran: list[str] = []

    async def run(lease: Lease) -> None:
        while n_left[0] > 0:
            await asyncio.sleep(0)
        complete(database, lease.claim)
        ran.append(lease.claim.experiment_id)

    working = run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock())
    assert asyncio.run(asyncio.wait_for(working, 20)) == 2
    assert ran == ids  # the second was not forgotten over the refusal


def test_a_queue_that_cannot_be_read_is_not_an_empty_queue(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(1, 1)
    monkeypatch.setattr(scheduler, "PATIENCE_S", 0.0)
    n_left = refusing(database, monkeypatch, 10**9)

    async def run(lease: Lease) -> None:
        while n_left[0] > 10**9 - 1:
            await asyncio.sleep(0)
        complete(database, lease.claim)

    working = run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock())
    with pytest.raises(StorageUnavailable):
        asyncio.run(asyncio.wait_for(working, 20))
    states = [database.experiments.get(key).state for key in ids]
    assert states == [ExperimentState.COMPLETED, ExperimentState.QUEUED]


def test_a_runner_between_two_experiments_waits_for_its_database(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(1, 1)
    n_left = refusing(database, monkeypatch, 4)
    ran: list[str] = []

    async def run(lease: Lease) -> None:
        ran.append(lease.claim.experiment_id)
        complete(database, lease.claim)

    working = run_queue(database.queue, run, Terms(1), asyncio.Event(), SystemClock())
    assert asyncio.run(asyncio.wait_for(working, 20)) == 2
    assert (ran, n_left) == (ids, [0])


def test_a_claim_whose_answer_was_lost_is_taken_up_at_once(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(2, 1)
    monkeypatch.setattr(scheduler, "POLL_S", 0.01)
    claim, unheard = database.queue.claim, [ids[0]]

    def claim_unheard(*words: object) -> Claim | None:
        made = claim(*words)  # type: ignore[arg-type]
        if made is not None and made.experiment_id in unheard:
            unheard.clear()
            raise StorageUnavailable("cut off after the commit")
        return made

    monkeypatch.setattr(database.queue, "claim", claim_unheard)

    async def go() -> list[Claim]:
        stop, ran = asyncio.Event(), list[Claim]()

        async def run(lease: Lease) -> None:
            ran.append(lease.claim)
            complete(database, lease.claim)
            if len(ran) == len(ids):
                stop.set()

        terms = Terms(max_concurrent=1, is_continuous=True)
        await run_queue(database.queue, run, terms, stop, SystemClock())
        return ran

    ran = asyncio.run(asyncio.wait_for(go(), 20))
    assert [(made.experiment_id, made.fence) for made in ran] == [(ids[0], 2), (ids[1], 1)]


def test_a_continuous_runner_goes_on_after_an_error_of_the_database():
    database, ids = queued(9, 1)
    heard: list[str] = []

    async def go() -> None:
        stop = asyncio.Event()

        async def run(lease: Lease) -> None:
            if lease.claim.experiment_id == ids[0]:
                raise StorageUnavailable("cut off")
            complete(database, lease.claim)
            stop.set()

        await run_queue(
            database.queue,
            run,
            Terms(max_concurrent=1, is_continuous=True),
            stop,
            SystemClock(),
            lambda key, error: heard.append(f"{key}: {error}"),
        )

    asyncio.run(asyncio.wait_for(go(), 20))
    assert heard == [f"{ids[0]}: cut off"]
    assert database.experiments.get(ids[0]).fence == 1  # not taken again at once
    assert database.experiments.get(ids[1]).state is ExperimentState.COMPLETED


def test_a_lost_lease_ends_even_a_continuous_runner_after_the_others_have_ended():
    database, ids = queued(9, 5, 1)
    others_may_end = asyncio.Event()

    async def run(lease: Lease) -> None:
        if lease.claim.experiment_id == ids[0]:
            others_may_end.set()
            raise LeaseLost("another runner has it")
        await others_may_end.wait()
        complete(database, lease.claim)

    terms = Terms(max_concurrent=2, is_continuous=True)
    working = run_queue(database.queue, run, terms, asyncio.Event(), SystemClock())
    with pytest.raises(LeaseLost):
        asyncio.run(asyncio.wait_for(working, 20))
    states = [database.experiments.get(key).state for key in ids[1:]]
    assert states == [ExperimentState.COMPLETED, ExperimentState.QUEUED]


def test_a_heart_that_cannot_reach_the_database_tries_again(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(1)
    renew, n_refused = database.queue.renew, 0

    def renew_later(*words: object) -> object:
        nonlocal n_refused
        n_refused += 1
        if n_refused <= 3:
            raise StorageUnavailable("cut off")
        return renew(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(database.queue, "renew", renew_later)
    limits = ExperimentLimits(max_concurrent_requests=5)
    database.experiments.change_limits(ids[0], limits)

    async def run(lease: Lease) -> None:
        while lease.limits != limits:
            await asyncio.sleep(0.001)
        complete(database, lease.claim)

    working = run_queue(database.queue, run, Terms(lease_s=0.05), asyncio.Event(), SystemClock())
    assert asyncio.run(asyncio.wait_for(working, 20)) == 1
    assert n_refused > 3


def test_what_needs_more_than_is_left_waits_and_holds_nobody_up():
    database, ids = queued(9, 9, 1)
    for experiment_id in ids[:2]:
        database.queue.enqueue(experiment_id, 9, requirements_json='{"memory_gb": 6}')
    together: list[set[str]] = []
    running: set[str] = set()

    async def run(lease: Lease) -> None:
        running.add(lease.claim.experiment_id)
        together.append(set(running))
        if lease.claim.experiment_id == ids[0]:
            while not any(ids[2] in each for each in together):  # it passes the second big one
                await asyncio.sleep(0)
        running.discard(lease.claim.experiment_id)
        complete(database, lease.claim)

    terms = Terms(capacity=Capacity(memory_gb=10))
    working = run_queue(database.queue, run, terms, asyncio.Event(), SystemClock())
    assert asyncio.run(asyncio.wait_for(working, 20)) == 3
    assert not any({ids[0], ids[1]} <= each for each in together)


def test_a_runner_says_that_it_is_alive():
    database, _ = queued(1)

    async def run(lease: Lease) -> None:
        while not database.queue.runners():
            await asyncio.sleep(0.001)
        complete(database, lease.claim)

    working = run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock())
    asyncio.run(asyncio.wait_for(working, 20))
    (runner,) = database.queue.runners()
    assert (runner.pid, runner.is_alive) == (os.getpid(), True)


def test_a_runner_that_is_cancelled_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    database, ids = queued(9, 1)
    claim, asked, may_claim = database.queue.claim, threading.Event(), threading.Event()

    def claim_slowly(*words: object) -> Claim | None:
        if database.experiments.get(ids[0]).state is not ExperimentState.QUEUED:
            asked.set()
            assert may_claim.wait(20)
        return claim(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(database.queue, "claim", claim_slowly)
    cancelled: list[str] = []

    async def run(lease: Lease) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(lease.claim.experiment_id)

    async def go() -> None:
        working = asyncio.create_task(
            run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock())
        )
        await asyncio.to_thread(asked.wait, 20)
        working.cancel()
        may_claim.set()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert cancelled == [ids[0]]

    asyncio.run(asyncio.wait_for(go(), 20))
    held = {entry.experiment_id: entry.runner_id for entry in database.queue.entries()}
    assert held[ids[1]] is None  # claimed when nobody waited for it any more, and given back


def test_several_runners_keep_the_order_of_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scheduler, "POLL_S", 0.01)
    database, ids = queued(*[1] * 12, url=f"sqlite:///{tmp_path}/queue.db")
    for n, experiment_id in enumerate(ids):
        database.queue.enqueue(experiment_id, n % 3, depends_on=ids[max(0, n - 2) : n : 2])
    ended: list[str] = []
    active: set[str] = set()

    async def go() -> None:
        stop = asyncio.Event()

        async def run(lease: Lease) -> None:
            me = lease.claim.experiment_id
            assert me not in active
            active.add(me)
            n = ids.index(me)
            assert set(ids[max(0, n - 2) : n : 2]) <= set(ended)
            await asyncio.sleep(0)
            active.discard(me)
            ended.append(me)
            complete(database, lease.claim)
            if len(ended) == len(ids):
                stop.set()

        terms = Terms(max_concurrent=2, is_continuous=True)
        work = [run_queue(database.queue, run, terms, stop, SystemClock()) for _ in range(3)]
        assert sum(await asyncio.gather(*work)) == len(ids)

    asyncio.run(asyncio.wait_for(go(), 60))
    assert sorted(ended) == sorted(ids)
    assert {database.experiments.get(key).fence for key in ids} == {1}
