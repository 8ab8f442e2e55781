"""A lease in this process: when a request may leave."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scramblebench.core.errors import StorageError
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


@pytest.mark.parametrize("set_forward_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_is_set_back_makes_no_lease_longer(set_forward_s: float):
    clocks = Clocks()
    lease = made(clocks)
    clocks.set_forward_s = set_forward_s
    clocks.elapsed_s = 7.9
    assert lease.is_held
    clocks.elapsed_s = 10.1
    assert not lease.is_held


def test_a_database_that_does_not_answer_makes_no_lease_longer():
    clocks = Clocks()
    lease = made(clocks)
    with pytest.raises(StorageError):
        asyncio.run(lease.renew(Answers(StorageError("away"))))
    clocks.elapsed_s = 8.1
    assert not lease.is_held
    assert not lease.is_lost
