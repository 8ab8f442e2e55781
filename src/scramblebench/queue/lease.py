"""A claim while it is held: the right to send, which ends by this machine's monotonic time."""

import asyncio
from collections.abc import Callable
from functools import partial

from scramblebench.core.clock import Clock
from scramblebench.core.errors import LeaseLost
from scramblebench.storage import Claim, ExperimentLimits, QueueStore

MARGIN_SHARE = 0.2
"""Share of a lease at its end in which nothing is sent any more: the database's clock may run faster."""


class Lease:
    """One claim, renewed while the database answers; belongs to one event loop.

    ``stop`` is set when nothing new may be begun: the run is to end, or the claim is lost for good.
    Between the two stands a lease that could not be renewed in time: sending waits until it can be.
    """

    def __init__(
        self,
        claim: Claim,
        lease_s: float,
        claimed_at_s: float,
        clock: Clock,
        stop: asyncio.Event,
        *,
        shard: tuple[int, int] | None = None,
        limits: ExperimentLimits | None = None,
    ) -> None:
        """``claimed_at_s`` is the monotonic time just before the claim was made.

        ``shard`` proves the right to a part of the experiment, where the lease is one of that.
        """
        self.claim = claim
        self.stop = stop
        self.shard = shard
        self.limits = limits or ExperimentLimits()
        self.is_lost = False
        self._lease_s = lease_s
        self._clock = clock
        self._renewed = asyncio.Event()
        self._ends_at_s = claimed_at_s + lease_s * (1 - MARGIN_SHARE)

    @property
    def is_held(self) -> bool:
        """Whether a request may leave right now."""
        return not self.is_lost and self._clock.monotonic_s() < self._ends_at_s

    async def wait_held(self) -> None:
        """Return as soon as requests may leave; raises LeaseLost when they never may again."""
        while not self.is_held:
            if self.is_lost:
                raise LeaseLost(
                    f"experiment {self.claim.experiment_id} is run by another runner now"
                )
            self._renewed.clear()
            await self._renewed.wait()

    async def renew(self, queue: QueueStore) -> None:
        """Ask the queue for more time; raises StorageError where it does not answer."""
        await self.renew_by(partial(queue.renew, self.claim, self._lease_s))

    async def renew_by(self, ask: Callable[[], ExperimentLimits | None]) -> None:
        """Ask for more time; raises StorageError where the database does not answer.

        A claim that is lost sets ``stop`` and lets all that wait for the lease know.
        """
        asked_at_s = self._clock.monotonic_s()
        limits = await asyncio.to_thread(ask)
        if limits is None:
            self.is_lost = True
            self.stop.set()
        else:
            self.limits = limits
            self._ends_at_s = asked_at_s + self._lease_s * (1 - MARGIN_SHARE)
        self._renewed.set()
