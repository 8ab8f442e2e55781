"""Claims experiments one after the other and keeps their leases while they run."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from scramblebench.storage import Claim, QueueStore, new_runner_id

LEASE_S = 60.0
"""How long a runner that is no longer heard of keeps its experiment."""
HEARTBEAT_S = 5.0
"""How often a lease is renewed; also how soon a pause or cancellation from elsewhere is noticed."""
POLL_S = 1.0
"""How often a runner with nothing to do looks again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a runner takes: how many experiments at once, whether it waits for more, or only one of them."""

    max_concurrent: int = 3
    is_continuous: bool = False
    only: str | None = None


Run = Callable[[Claim, asyncio.Event], Awaitable[None]]
"""Runs one claimed experiment until it ends or the event is set (scheduler -> evaluation)."""


async def run_queue(queue: QueueStore, run: Run, terms: Terms, stop: asyncio.Event) -> int:
    """Run what is ready until the queue is empty, or for ever when continuous; return how many ran.

    Setting ``stop`` claims nothing more and stops what runs. The first error of a run is raised
    after the others have ended.
    """
    me = new_runner_id()
    active: dict[asyncio.Task[None], str] = {}
    n_claimed = 0
    errors: list[BaseException] = []
    while True:
        while not stop.is_set() and not errors and len(active) < terms.max_concurrent:
            held = tuple(active.values())
            claim = await asyncio.to_thread(queue.claim, me, LEASE_S, terms.only, held)
            if claim is None:
                break
            n_claimed += 1
            active[asyncio.create_task(_run_claim(queue, claim, run, stop))] = claim.experiment_id
        is_over = stop.is_set() or bool(errors) or not terms.is_continuous
        if not active and is_over:
            break
        done = await _wait(set(active), stop, is_over)
        for task in done:
            del active[task]
        errors += [error for task in done if (error := task.exception()) is not None]
    if errors:
        raise errors[0]
    return n_claimed


async def _wait(
    active: set[asyncio.Task[None]], stop: asyncio.Event, is_over: bool
) -> set[asyncio.Task[None]]:
    """Wait for a run to end, for the next look at the queue, or for the stop; return the ended runs."""
    stopped = asyncio.create_task(stop.wait())
    waiting: set[asyncio.Task[object]] = {*active} if is_over and active else {*active, stopped}
    try:
        await asyncio.wait(waiting, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        for task in active:
            task.cancel()
        await asyncio.gather(*active, return_exceptions=True)
        raise
    finally:
        stopped.cancel()
    return {task for task in active if task.done()}


async def _run_claim(queue: QueueStore, claim: Claim, run: Run, stop: asyncio.Event) -> None:
    """Run one claim with its heartbeat; stopped when the lease is lost or ``stop`` is set."""
    own_stop = asyncio.Event()
    heart = asyncio.create_task(_keep(queue, claim, own_stop))
    relay = asyncio.create_task(_relay(stop, own_stop))
    try:
        await run(claim, own_stop)
    finally:
        for task in (heart, relay):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _keep(queue: QueueStore, claim: Claim, own_stop: asyncio.Event) -> None:
    """Renew the lease until it is lost; then stop the run."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        if not await asyncio.to_thread(queue.renew, claim, LEASE_S):
            own_stop.set()
            return


async def _relay(stop: asyncio.Event, own_stop: asyncio.Event) -> None:
    await stop.wait()
    own_stop.set()
