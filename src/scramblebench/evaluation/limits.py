"""Pacing: requests and tokens per minute of one model, and pauses that its provider asked for."""

import asyncio

from scramblebench.core.clock import Clock
from scramblebench.settings import ModelSpec

BURST_S = 1.0
"""A model may be ahead of its rate by this much: what one second allows, at least one request."""


async def pause(clock: Clock, stop: asyncio.Event, duration_s: float) -> None:
    """Wait, but not longer than until the run is stopped."""
    stopped = asyncio.create_task(stop.wait())
    slept = asyncio.create_task(clock.sleep(duration_s))
    try:
        await asyncio.wait({stopped, slept}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        slept.cancel()


class Pacer:
    """Says when the next request may leave; belongs to one event loop."""

    def __init__(self, spec: ModelSpec, clock: Clock) -> None:
        self._clock = clock
        self._request_s = 60 / spec.requests_per_minute if spec.requests_per_minute else 0.0
        self._token_s = 60 / spec.tokens_per_minute if spec.tokens_per_minute else 0.0
        self._free_at_s = 0.0
        self._held_until_s = 0.0

    def take_turn(self) -> float:
        """Take the next place in line; return when it is due, in monotonic seconds."""
        due_s = max(self._free_at_s, self._clock.monotonic_s() - BURST_S)
        self._free_at_s = due_s + self._request_s
        return due_s

    def wait_s(self, due_s: float) -> float:
        """Return the seconds until a place may be used; 0 or less when it may be used now."""
        return max(due_s, self._held_until_s) - self._clock.monotonic_s()

    def count_tokens(self, n_tokens: int) -> None:
        """Book the tokens of a request that was answered."""
        self._free_at_s += n_tokens * self._token_s

    def hold(self, duration_s: float) -> None:
        """Send nothing for a while: the provider asked for it."""
        self._held_until_s = max(self._held_until_s, self._clock.monotonic_s() + duration_s)
