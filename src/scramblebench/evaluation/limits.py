"""Pacing: rates that all runners share, and pauses that a provider asked for."""

import asyncio
from dataclasses import dataclass

from scramblebench.core.clock import Clock
from scramblebench.settings import ModelSpec, ProviderLimits
from scramblebench.storage import RateStore

CHUNK_S = 1.0
"""Places are taken from the database for so long ahead: a second of the rate, at least one place."""
_CHARS_PER_TOKEN = 4
_SMOOTHING = 0.2


async def pause(clock: Clock, stop: asyncio.Event, duration_s: float) -> None:
    """Wait, but not longer than until the run is stopped."""
    stopped = asyncio.create_task(stop.wait())
    slept = asyncio.create_task(clock.sleep(duration_s))
    try:
        await asyncio.wait({stopped, slept}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        slept.cancel()


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit per minute and the line in the database that all who are under it stand in."""

    key: str
    per_minute: float


class Line:
    """This runner's places in one line, taken a chunk at a time; belongs to one event loop."""

    def __init__(self, rates: RateStore, rate: Rate, clock: Clock) -> None:
        self._rates = rates
        self._rate = rate
        self._clock = clock
        self._chunk = max(1.0, rate.per_minute * CHUNK_S / 60)
        self._place_s = 60 / rate.per_minute
        self._left = 0.0
        self._next_due_s = 0.0
        self._fetching = asyncio.Lock()

    async def take(self, amount: float) -> float:
        """Take places; return when the first is due, in monotonic seconds."""
        async with self._fetching:
            if self._left < amount:
                await self._fetch(max(self._chunk, amount))
            due_s = self._next_due_s
            self.move(amount)
            return due_s

    def move(self, amount: float) -> None:
        """Use up places that were not foreseen; a negative amount gives places back to this runner."""
        self._left -= amount
        self._next_due_s += amount * self._place_s

    async def _fetch(self, amount: float) -> None:
        owed = min(0.0, self._left)
        wait_s = await asyncio.to_thread(
            self._rates.take, self._rate.key, amount - owed, self._rate.per_minute
        )
        self._next_due_s = self._clock.monotonic_s() + wait_s - owed * self._place_s
        self._left = amount


class Pacer:
    """Says when the next request of one model may leave; belongs to one event loop.

    Limits of the model and of its provider both hold. Tokens are estimated before a request is sent, by
    its characters and by what answers took so far, and corrected when they are known.
    """

    def __init__(
        self,
        spec: ModelSpec,
        provider: ProviderLimits,
        rates: RateStore,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._held_until_s = 0.0
        self._completion_tokens = float(spec.max_tokens)
        server = f"{spec.provider}:{spec.base_url or ''}"
        own = f"{server}:{spec.name}"
        self._requests = _lines(
            rates,
            clock,
            (f"requests:{own}", spec.requests_per_minute),
            (f"requests:{server}", provider.requests_per_minute),
        )
        self._tokens = _lines(
            rates,
            clock,
            (f"tokens:{own}", spec.tokens_per_minute),
            (f"tokens:{server}", provider.tokens_per_minute),
        )

    @property
    def is_open(self) -> bool:
        """Whether a request may leave without asking for a turn."""
        return not (self._requests or self._tokens) and self.hold_s <= 0

    @property
    def hold_s(self) -> float:
        """Seconds left of a pause that the provider asked for; 0 or less when there is none."""
        return self._held_until_s - self._clock.monotonic_s()

    async def turn_s(self, n_characters: int) -> float:
        """Take a turn for a request; return how many seconds it is away, 0 or less when it is due."""
        due_s = self._held_until_s
        for line in self._requests:
            due_s = max(due_s, await line.take(1))
        for line in self._tokens:
            due_s = max(due_s, await line.take(self._expected_tokens(n_characters)))
        return due_s - self._clock.monotonic_s()

    def count_tokens(self, n_characters: int, prompt: int | None, completion: int | None) -> None:
        """Correct what a request was expected to take by what it took; None changes nothing."""
        if not self._tokens or prompt is None or completion is None:
            return
        surplus = prompt + completion - self._expected_tokens(n_characters)
        self._completion_tokens += _SMOOTHING * (completion - self._completion_tokens)
        for line in self._tokens:
            line.move(surplus)

    def hold(self, duration_s: float) -> None:
        """Send nothing for a while: the provider asked for it."""
        self._held_until_s = max(self._held_until_s, self._clock.monotonic_s() + duration_s)

    def _expected_tokens(self, n_characters: int) -> float:
        return n_characters / _CHARS_PER_TOKEN + self._completion_tokens


def _lines(rates: RateStore, clock: Clock, *limits: tuple[str, float | None]) -> tuple[Line, ...]:
    return tuple(
        Line(rates, Rate(key, per_minute), clock)
        for key, per_minute in limits
        if per_minute is not None
    )
