"""Leases: held by monotonic time, renewed, renewed late, lost."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from scramblebench.core.errors import LeaseLost, StorageError
from scramblebench.queue import Lease
from scramblebench.storage import Claim, ExperimentLimits, QueueStore
from tests.evaluation.clocks import FakeClock

LEASE_S = 10.0
LIMITS = ExperimentLimits(max_concurrent_requests=3)


class FakeQueue:
    """Renews as it is told to; ``takes_s`` passes while it is asked."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.answer: Callable[[], ExperimentLimits | None] = lambda: LIMITS
        self.takes_s = 0.0

    def renew(self, claim: Claim, lease_s: float) -> ExperimentLimits | None:
        assert (claim.experiment_id, lease_s) == ("a", LEASE_S)
        self.clock.time_s += self.takes_s
        return self.answer()


def unreachable() -> ExperimentLimits | None:
    raise StorageError("nobody there")


def make_lease(clock: FakeClock) -> Lease:
    return Lease(Claim("a", 1, "one"), LEASE_S, clock.monotonic_s(), clock, asyncio.Event())


def renewed(lease: Lease, queue: FakeQueue) -> None:
    asyncio.run(lease.renew(cast(QueueStore, queue)))


def test_it_ends_before_the_database_thinks_so():
    clock = FakeClock()
    lease = make_lease(clock)
    clock.time_s += 0.79 * LEASE_S
    assert lease.is_held
    clock.time_s += 0.02 * LEASE_S
    assert not lease.is_held
    assert not lease.is_lost
    assert not lease.stop.is_set()


def test_a_renewal_counts_from_when_it_was_asked_for():
    clock = FakeClock()
    lease, queue = make_lease(clock), FakeQueue(clock)
    queue.takes_s = 5
    renewed(lease, queue)
    assert lease.limits == LIMITS
    clock.time_s += 2.9
    assert lease.is_held
    clock.time_s += 0.2
    assert not lease.is_held


def test_what_is_renewed_late_is_held_again():
    clock = FakeClock()
    lease, queue = make_lease(clock), FakeQueue(clock)
    queue.answer = unreachable
    clock.time_s += LEASE_S
    with pytest.raises(StorageError):
        renewed(lease, queue)
    assert not lease.is_held
    queue.answer = lambda: LIMITS
    renewed(lease, queue)
    assert lease.is_held
    assert not lease.stop.is_set()


def test_a_lost_lease_stops_the_run_and_is_never_held_again():
    clock = FakeClock()
    lease, queue = make_lease(clock), FakeQueue(clock)
    queue.answer = lambda: None
    renewed(lease, queue)
    assert lease.is_lost
    assert lease.stop.is_set()
    assert not lease.is_held
    with pytest.raises(LeaseLost, match="experiment a"):
        asyncio.run(lease.wait_held())


@pytest.mark.parametrize("is_lost", [False, True])
def test_whoever_waits_for_it_hears_of_the_next_renewal(is_lost: bool):
    clock = FakeClock()
    lease, queue = make_lease(clock), FakeQueue(clock)
    clock.time_s += LEASE_S
    queue.answer = lambda: None if is_lost else LIMITS

    async def wait_and_renew() -> list[BaseException | None]:
        waiting = [asyncio.create_task(lease.wait_held()) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        await lease.renew(cast(QueueStore, queue))
        return await asyncio.gather(*waiting, return_exceptions=True)

    heard = asyncio.run(wait_and_renew())
    assert [isinstance(each, LeaseLost) for each in heard] == [is_lost] * 3


def test_whoever_waits_goes_on_waiting_while_the_renewal_came_too_late():
    clock = FakeClock()
    lease, queue = make_lease(clock), FakeQueue(clock)
    clock.time_s += LEASE_S

    async def wait_and_renew() -> None:
        waiting = asyncio.create_task(lease.wait_held())
        await asyncio.sleep(0)
        queue.takes_s = LEASE_S  # over before it was answered
        await lease.renew(cast(QueueStore, queue))
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.takes_s = 0
        await lease.renew(cast(QueueStore, queue))
        await asyncio.wait_for(waiting, 10)

    asyncio.run(wait_and_renew())
