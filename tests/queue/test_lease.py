"""A lease in this process: when a request may leave."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scramblebench.core.errors import LeaseLost, StorageError
from scramblebench.queue.lease import Lease
from scramblebench.storage import Claim, ExperimentLimits

CLAIM = Claim("experiment", 1, "runner")


@dataclass
class Clocks:
    """Two clocks: one that only goes on, and one on the wall that anyone may set."""

    elapsed_s: float = 0.0
    set_forward_s: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
            seconds=self.elapsed_s + self.set_forward_s
        )

    def monotonic_s(self) -> float:
        return self.elapsed_s

    async def sleep(self, duration_s: float) -> None:
        self.elapsed_s += duration_s


@dataclass
class Answers:
    """A queue that answers every renewal with the same, or raises it."""

    answer: ExperimentLimits | StorageError | None

    def renew(self, claim: Claim, lease_s: float) -> ExperimentLimits | None:
        if isinstance(self.answer, StorageError):
            raise self.answer
        return self.answer


def made(clocks: Clocks) -> Lease:
    return Lease(CLAIM, 10.0, clocks.monotonic_s(), clocks, asyncio.Event())


def test_it_ends_before_others_may_take_over():
    clocks = Clocks()
    lease = made(clocks)
    clocks.elapsed_s = 7.9
    assert lease.is_held
    clocks.elapsed_s = 8.1
    assert not lease.is_held


@pytest.mark.parametrize("set_forward_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_is_set_back_makes_no_lease_longer(set_forward_s: float):
    clocks = Clocks()
    lease = made(clocks)
    clocks.set_forward_s = set_forward_s
    clocks.elapsed_s = 7.9
    assert lease.is_held
    clocks.elapsed_s = 10.1
    assert not lease.is_held


def test_a_renewal_counts_from_when_it_was_asked_for():
    clocks = Clocks()
    lease = made(clocks)
    clocks.elapsed_s = 5.0
    asyncio.run(lease.renew(Answers(ExperimentLimits(cost_limit_microusd=7))))
    assert lease.limits.cost_limit_microusd == 7
    clocks.elapsed_s = 12.9
    assert lease.is_held
    clocks.elapsed_s = 13.1
    assert not lease.is_held


def test_a_database_that_does_not_answer_makes_no_lease_longer():
    clocks = Clocks()
    lease = made(clocks)
    with pytest.raises(StorageError):
        asyncio.run(lease.renew(Answers(StorageError("away"))))
    clocks.elapsed_s = 8.1
    assert not lease.is_held
    assert not lease.is_lost


def test_whoever_waits_for_a_lost_lease_hears_of_it():
    async def lose() -> Lease:
        clocks = Clocks()
        lease = made(clocks)
        clocks.elapsed_s = 9.0
        waiting = asyncio.create_task(lease.wait_held())
        await lease.renew(Answers(None))
        with pytest.raises(LeaseLost):
            await waiting
        return lease

    lease = asyncio.run(lose())
    assert lease.stop.is_set()
    assert not lease.is_held


def test_whoever_waits_for_a_renewed_lease_goes_on():
    async def renew() -> bool:
        clocks = Clocks()
        lease = made(clocks)
        clocks.elapsed_s = 9.0
        waiting = asyncio.create_task(lease.wait_held())
        await lease.renew(Answers(ExperimentLimits()))
        await waiting
        return lease.is_held

    assert asyncio.run(renew())
