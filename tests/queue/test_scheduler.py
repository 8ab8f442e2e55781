"""The scheduler: order, concurrency, stops and lost leases."""

import asyncio
import uuid

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.states import ExperimentState
from scramblebench.queue import Lease, Terms, run_queue, scheduler
from scramblebench.storage import Claim, Database, open_database
from scramblebench.storage.connection import StorageUnavailable
from scramblebench.testing.experiments import make_experiment


def queued(*priorities: int) -> tuple[Database, list[str]]:
    database = open_database("sqlite://")
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


def test_no_more_at_once_than_the_terms_say():
    database, _ = queued(1, 1, 1, 1, 1)
    active: list[int] = [0, 0]

    async def run(lease: Lease) -> None:
        claim = lease.claim
        active[0] += 1
        active[1] = max(active)
        await asyncio.sleep(0.02)
        active[0] -= 1
        complete(database, claim)

    asyncio.run(
        run_queue(database.queue, run, Terms(max_concurrent=2), asyncio.Event(), SystemClock())
    )
    assert active[1] == 2


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


def test_an_error_of_one_run_is_raised_after_the_others_ended():
    database, ids = queued(1, 1)
    ended: list[str] = []

    async def run(lease: Lease) -> None:
        claim = lease.claim
        if claim.experiment_id == ids[0]:
            raise ValueError("broken")
        await asyncio.sleep(0.02)
        complete(database, claim)
        ended.append(claim.experiment_id)

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock()))
    assert ended == [ids[1]]


def test_a_claim_that_cannot_be_asked_for_ends_no_run_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
):
    database, (experiment_id,) = queued(1)
    monkeypatch.setattr(scheduler, "POLL_S", 0.01)
    claim, n_refused = database.queue.claim, 0

    def claim_once(*words: object) -> Claim | None:
        nonlocal n_refused
        if database.experiments.get(experiment_id).state is ExperimentState.QUEUED:
            return claim(*words)  # type: ignore[arg-type]
        n_refused += 1
        raise StorageUnavailable("the database is restarting")

    monkeypatch.setattr(database.queue, "claim", claim_once)

    async def run(lease: Lease) -> None:
        while n_refused < 3:
            await asyncio.sleep(0)
        complete(database, lease.claim)

    n_claimed = asyncio.run(
        asyncio.wait_for(
            run_queue(database.queue, run, Terms(), asyncio.Event(), SystemClock()), 20
        )
    )
    assert n_claimed == 1
    assert database.experiments.get(experiment_id).state is ExperimentState.COMPLETED
