"""Claims experiments one after the other and keeps their leases while they run."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from scramblebench.core.clock import Clock
from scramblebench.core.errors import StorageError
from scramblebench.core.sending import MAY_SEND
from scramblebench.queue.admission import Capacity, admit
from scramblebench.queue.lease import Lease
from scramblebench.storage import (
    PATIENCE_S,
    Claim,
    QueueRecord,
    QueueStore,
    StorageUnavailable,
    new_runner_id,
)

LEASE_S = 60.0
"""How long a runner that is no longer heard of keeps its experiment."""
HEARTBEAT_S = 5.0
"""How often a lease is renewed at least; also how soon a change made elsewhere is noticed."""
_BEATS_PER_LEASE = 4
POLL_S = 1.0
"""How often a runner with nothing to do looks again."""
_PASSED_OVER_S = 30.0
"""How long a continuous runner leaves an experiment alone that it could not run for its database."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a runner takes: how many experiments at once, whether it waits for more, or only one of them."""

    max_concurrent: int = 3
    is_continuous: bool = False
    only: str | None = None
    lease_s: float = LEASE_S
    capacity: Capacity = field(default_factory=Capacity)

    @property
    def heartbeat_s(self) -> float:
        """How often a lease is renewed."""
        return min(HEARTBEAT_S, self.lease_s / _BEATS_PER_LEASE)


Run = Callable[[Lease], Awaitable[None]]
"""Runs one claimed experiment until it ends or ``lease.stop`` is set (scheduler -> evaluation)."""
OnError = Callable[[str, BaseException], None]
"""Hears of an experiment whose run ended in an error while others go on (scheduler -> cli)."""


async def run_queue(
    queue: QueueStore,
    run: Run,
    terms: Terms,
    stop: asyncio.Event,
    clock: Clock,
    on_error: OnError = lambda _id, _error: None,
) -> int:
    """Run what is ready until the queue is empty, or for ever when continuous; return how many ran.

    Setting ``stop`` claims nothing more and stops what runs. The first error of a run is raised after the
    others have ended; a continuous runner goes on after an error of the database, and only passes over
    that experiment for a while. LeaseLost ends every runner: what it holds is held by others too.
    """
    return await _Runner(queue, run, terms, stop, clock, on_error).work()


class _Runner:
    """One runner at work; belongs to one event loop."""

    def __init__(
        self,
        queue: QueueStore,
        run: Run,
        terms: Terms,
        stop: asyncio.Event,
        clock: Clock,
        on_error: OnError,
    ) -> None:
        self._queue = queue
        self._run = run
        self._terms = terms
        self._stop = stop
        self._clock = clock
        self._on_error = on_error
        self._id = new_runner_id()
        self._active: dict[asyncio.Task[None], str] = {}
        self._passed_over: dict[str, float] = {}
        self._errors: list[BaseException] = []
        self._n_claimed = 0
        self._closed_until_s = float("-inf")
        self._wait_s = POLL_S
        self._is_unread = False
        self._last_read_s = clock.monotonic_s()

    async def work(self) -> int:
        heart = asyncio.create_task(self._say_alive())
        try:
            while True:
                await self._fill()
                if not self._active and self._is_over and not self._will_ask_again:
                    break
                for task in await self._wait():
                    self._end(task, self._active.pop(task))
        finally:
            for task in self._active:
                task.cancel()
            await asyncio.gather(*self._active, return_exceptions=True)
            await _cancelled(heart)
        if self._errors:
            raise self._errors[0]
        return self._n_claimed

    @property
    def _is_over(self) -> bool:
        return self._stop.is_set() or bool(self._errors) or not self._terms.is_continuous

    @property
    def _will_ask_again(self) -> bool:
        """Whether the queue could not be read the last time, and may hold something."""
        return self._is_unread and not self._stop.is_set() and not self._errors

    async def _fill(self) -> None:
        """Claim experiments until there are as many as may run at once, or none is ready."""
        while not self._stop.is_set() and not self._errors:
            if len(self._active) >= self._terms.max_concurrent:
                return
            asked_at_s = self._clock.monotonic_s()
            if asked_at_s < self._closed_until_s:
                return
            claim = await self._claim()
            if claim is None:
                return
            self._start(claim, asked_at_s)

    async def _claim(self) -> Claim | None:
        """Claim the next experiment; a database that cannot be had is asked again in a while.

        Raises StorageError where there is nothing else to do: where it cannot be had from the beginning, for
        longer than answers are held for it, or will not be had any other time.
        """
        try:
            claim = await self._asked()
        except StorageError as error:
            is_passing = isinstance(error, StorageUnavailable) and self._n_claimed > 0
            is_early = self._clock.monotonic_s() - self._last_read_s < PATIENCE_S
            if not (self._active or self._terms.is_continuous or (is_passing and is_early)):
                raise
            self._on_error("", error)
            self._is_unread = True
            self._closed_until_s = self._clock.monotonic_s() + self._wait_s
            self._wait_s = min(2 * self._wait_s, HEARTBEAT_S)  # it is asked that often anyway
            return None
        self._wait_s = POLL_S
        self._is_unread = False
        self._last_read_s = self._clock.monotonic_s()
        return claim

    async def _asked(self) -> Claim | None:
        """Claim in a thread; a claim that comes when nobody waits for it any more is given back."""
        asking = asyncio.ensure_future(
            asyncio.to_thread(self._queue.claim, self._id, self._terms.lease_s, self._choose)
        )
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            with suppress(StorageError):  # its lease ends by itself
                claim = await asking
                if claim is not None:
                    await asyncio.to_thread(self._queue.release, claim)
            raise

    def _choose(self, entries: Sequence[QueueRecord]) -> str | None:
        """Pick what fits; a runner never takes a second lease on what it runs itself."""
        now_s = self._clock.monotonic_s()
        own = frozenset(self._active.values())
        closed = own | {key for key, until_s in self._passed_over.items() if until_s > now_s}
        if self._terms.only is not None:
            closed |= {e.experiment_id for e in entries} - {self._terms.only}
        for entry in entries:  # the answer to a claim was lost: nobody runs what this runner holds
            if entry.runner_id == self._id and entry.experiment_id not in closed:
                return entry.experiment_id
        return admit(entries, self._terms.capacity, own, closed)

    def _start(self, claim: Claim, asked_at_s: float) -> None:
        self._n_claimed += 1
        lease = Lease(claim, self._terms.lease_s, asked_at_s, self._clock, asyncio.Event())
        self._active[asyncio.create_task(self._run_leased(lease))] = claim.experiment_id

    def _end(self, task: asyncio.Task[None], experiment_id: str) -> None:
        error = task.exception()
        if error is None:
            return
        if self._terms.is_continuous and isinstance(error, StorageError):
            self._on_error(experiment_id, error)
            self._passed_over[experiment_id] = self._clock.monotonic_s() + _PASSED_OVER_S
        else:
            self._errors.append(error)

    async def _wait(self) -> set[asyncio.Task[None]]:
        """Wait for a run to end, for the next look at the queue, or for the stop; return the ended runs."""
        stopped = asyncio.create_task(self._stop.wait())
        running = set(self._active)
        waiting: set[asyncio.Task[object]] = (
            {*running} if self._is_over and running else {*running, stopped}
        )
        try:
            await asyncio.wait(waiting, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return {task for task in running if task.done()}

    async def _run_leased(self, lease: Lease) -> None:
        """Run one claim with its heartbeat; stopped when the lease is lost or the runner is to end."""
        MAY_SEND.set(lambda: lease.is_held)
        heart = asyncio.create_task(self._keep(lease))
        relay = asyncio.create_task(self._relay(lease))
        try:
            await self._run(lease)
        finally:
            await _cancelled(heart)
            await _cancelled(relay)

    async def _keep(self, lease: Lease) -> None:
        """Renew the lease until it is lost; a database that does not answer is asked again sooner."""
        while not lease.is_lost:
            beat_s = self._terms.heartbeat_s
            try:
                await lease.renew(self._queue)
            except StorageError:
                beat_s /= 2
            await self._clock.sleep(beat_s)

    async def _relay(self, lease: Lease) -> None:
        await self._stop.wait()
        lease.stop.set()

    async def _say_alive(self) -> None:
        host = self._id.partition(":")[0]
        while True:
            with suppress(StorageError):  # the leases tell whether it matters
                await asyncio.to_thread(self._queue.heartbeat, self._id, host, os.getpid())
            await self._clock.sleep(HEARTBEAT_S)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
