"""A worker: takes shards of whatever runs, asks them, and takes the next."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from scramblebench.core.errors import StorageError, UsageError
from scramblebench.core.sending import MAY_SEND
from scramblebench.evaluation.experiment import restore_plan
from scramblebench.evaluation.machines import check_one_machine
from scramblebench.evaluation.opening import Surroundings
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.session import Session
from scramblebench.queue import Lease
from scramblebench.storage import WORKER, Database, ShardClaim, ShardReport, new_runner_id

SHARD_LEASE_S = 30.0
"""How long a shard waits for a worker that is not heard of."""
_BEATS_PER_LEASE = 6
_HURRIED_BEAT_S = 0.5
"""How soon a worker says that it has fewer requests in flight, once it was told to."""
_ALIVE_S = 5.0
POLL_S = 0.5
_LONGEST_POLL_S = 2.0
_MOST_SHARDS = 16
_ABANDON_S = 1.0
OnShard = Callable[[ShardClaim, ShardReport | None], None]
"""Hears of each shard that a worker has left, None where it was not done (worker -> cli)."""


@dataclass(frozen=True, slots=True)
class WorkerTerms:
    """How a worker works: how long its leases are, and how long it waits for work, for ever with None."""

    lease_s: float = SHARD_LEASE_S
    patience_s: float | None = None


async def run_worker(
    database: Database,
    terms: WorkerTerms,
    stop: asyncio.Event,
    surroundings: Surroundings,
    on_shard: OnShard = lambda _claim, _report: None,
) -> int:
    """Take shards of what runs until there are none for ``patience_s``; return how many were done.

    Setting ``stop`` finishes the requests in flight and gives the shards back. Raises UsageError where
    another machine uses the same SQLite file, StorageError where answers can no longer be stored.
    """
    return await _Worker(database, terms, stop, surroundings, on_shard).work()


class _Worker:
    """One worker at work; belongs to one event loop."""

    def __init__(
        self,
        database: Database,
        terms: WorkerTerms,
        stop: asyncio.Event,
        surroundings: Surroundings,
        on_shard: OnShard,
    ) -> None:
        self._database = database
        self._terms = terms
        self._stop = stop
        self._surroundings = surroundings
        self._clock = surroundings.clock
        self._on_shard = on_shard
        self._id = new_runner_id()
        self._active: dict[asyncio.Task[None], ShardClaim] = {}
        self._lost: set[ShardClaim] = set()
        self._sessions: dict[tuple[str, int], Session] = {}
        self._error: BaseException | None = None
        self._n_done = 0
        self._idle_since_s = self._clock.monotonic_s()
        self._poll_s = POLL_S

    async def work(self) -> int:
        await patiently(self._clock, self._say_alive)
        heart = asyncio.create_task(self._keep_saying_alive())
        is_abandoned = True
        try:
            while True:
                await self._fill()
                if not self._active and await self._is_over():
                    break
                for task in await self._wait():
                    self._end(task)
            is_abandoned = False
        finally:
            for task in self._active:
                task.cancel()
            await asyncio.gather(*self._active, return_exceptions=True)
            await _cancelled(heart)
            await self._close_sessions(_ABANDON_S if is_abandoned else None)
        if self._error is not None:
            raise self._error
        return self._n_done

    async def _is_over(self) -> bool:
        """Whether to end: told to, by an error, or after having waited in vain."""
        if self._stop.is_set() or self._error is not None:
            return True
        await self._close_sessions()
        if self._terms.patience_s is None:
            return False
        with suppress(StorageError):
            if await asyncio.to_thread(self._database.shards.n_unfinished):
                self._idle_since_s = self._clock.monotonic_s()
        return self._clock.monotonic_s() - self._idle_since_s >= self._terms.patience_s

    async def _fill(self) -> None:
        """Claim shards until none is to be had, one of each model at most, and beside a suspect none."""
        while not (self._stop.is_set() or self._error or self._lost):
            if len(self._active) >= _MOST_SHARDS or any(
                c.is_suspect for c in self._active.values()
            ):
                return
            asked_at_s = self._clock.monotonic_s()
            claim = await self._claim()
            if claim is None:
                self._poll_s = min(2 * self._poll_s, _LONGEST_POLL_S)
                return
            self._poll_s = POLL_S
            self._start(claim, asked_at_s)

    async def _claim(self) -> ShardClaim | None:
        """Claim in a thread; what is claimed when nobody waits for it any more is given back."""
        shards = self._database.shards
        held = list(self._active.values())
        asking = asyncio.ensure_future(
            asyncio.to_thread(shards.claim, self._id, self._terms.lease_s, held)
        )
        try:
            return await asyncio.shield(asking)
        except StorageError:
            return None  # asked again at the next look; an unread table is not an empty one
        except asyncio.CancelledError:
            with suppress(StorageError):  # its lease ends by itself
                if (claim := await asking) is not None:
                    await asyncio.to_thread(shards.release, claim)
            raise

    def _start(self, claim: ShardClaim, asked_at_s: float) -> None:
        lease = Lease(
            claim.experiment,
            self._terms.lease_s,
            asked_at_s,
            self._clock,
            asyncio.Event(),
            shard=claim.proof,
            limits=claim.limits,
        )
        self._active[asyncio.create_task(self._run(claim, lease))] = claim

    async def _run(self, claim: ShardClaim, lease: Lease) -> None:
        """Ask one shard with its heartbeat, and say what became of it."""
        MAY_SEND.set(lambda: lease.is_held)
        relay = asyncio.create_task(self._relay(lease))
        heart = asyncio.create_task(self._keep(claim, lease))
        try:
            session = await self._session(claim)
            report = await session.ask(claim, lease)
        finally:
            await _cancelled(heart)
            await _cancelled(relay)
            self._lost.discard(claim)
        await self._leave(claim, report)

    async def _leave(self, claim: ShardClaim, report: ShardReport | None) -> None:
        """End a shard, or give it back: not done, or without money while others may return some."""
        shards, clock = self._database.shards, self._clock
        if report is not None and report.stop_budget is not None:
            if await patiently(clock, shards.defer, claim):
                report = None
        elif report is None:
            await patiently(clock, shards.release, claim)
        if report is not None:
            await patiently(clock, shards.finish, claim, report)
            self._n_done += 1
        self._on_shard(claim, report)

    async def _session(self, claim: ShardClaim) -> Session:
        """Return the session of a claim's experiment; the first shard of it opens one."""
        key = claim.experiment.experiment_id, claim.experiment.fence
        if key not in self._sessions:
            plan = await patiently(self._clock, restore_plan, self._database, key[0])
            if key not in self._sessions:
                session = Session(plan, self._database, key[0], self._surroundings)
                self._sessions[key] = session
                await session.begin()
        return self._sessions[key]

    async def _keep(self, claim: ShardClaim, lease: Lease) -> None:
        """Renew a lease until it is lost; say soon that fewer requests are in flight, where that was asked."""
        beat_s = usual_s = self._terms.lease_s / _BEATS_PER_LEASE
        while not lease.is_lost:
            await self._clock.sleep(beat_s)
            n_in_use = self._n_in_use(claim, lease)
            ask = partial(self._database.shards.renew, claim, self._terms.lease_s, n_in_use)
            try:
                await lease.renew_by(ask)
            except StorageError:
                beat_s = usual_s / 2
                continue
            if lease.is_lost:
                self._lost.add(claim)
            share = lease.limits.max_concurrent_requests
            if share == 0:
                lease.stop.set()  # others have all that the model allows now
            beat_s = (
                min(_HURRIED_BEAT_S, usual_s) if share is not None and share < n_in_use else usual_s
            )
            self._n_in_use(claim, lease)

    def _n_in_use(self, claim: ShardClaim, lease: Lease) -> int:
        session = self._sessions.get((claim.experiment.experiment_id, claim.experiment.fence))
        if session is None:
            return lease.limits.max_concurrent_requests or 0
        return session.heed_limits(claim.shard.model_index, lease)

    async def _relay(self, lease: Lease) -> None:
        await self._stop.wait()
        lease.stop.set()

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._active[task]
        self._idle_since_s = self._clock.monotonic_s()
        self._poll_s = POLL_S
        if (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """End with an error, once what is in flight is stored."""
        self._error = self._error or error
        self._stop.set()

    async def _wait(self) -> set[asyncio.Task[None]]:
        """Wait for a shard to end, for the next look, or for the stop; return the ended."""
        running = set(self._active)
        if self._stop.is_set() and not running:
            return running
        stopped = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[object]] = {*running}
        if not self._stop.is_set():
            waiting.add(stopped)  # pyright: ignore[reportArgumentType]
        try:
            await asyncio.wait(waiting, timeout=self._poll_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return {task for task in running if task.done()}

    async def _close_sessions(self, patience_s: float | None = None) -> None:
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close(patience_s)

    def _say_alive(self) -> None:
        host = self._id.partition(":")[0]
        check_one_machine(self._database)
        self._database.queue.heartbeat(self._id, host, os.getpid(), WORKER)

    async def _keep_saying_alive(self) -> None:
        while True:
            await self._clock.sleep(_ALIVE_S)
            try:
                await asyncio.to_thread(self._say_alive)
            except UsageError as error:
                self._fail(error)
            except StorageError:
                continue  # the leases tell whether it matters


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
