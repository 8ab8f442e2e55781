"""The only door to time: wall time for records, monotonic time for durations."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time.

    ``now`` may jump (people set clocks) and is only ever stored or shown. ``monotonic_s`` never
    goes back and is what waits and durations are computed from. Both are safe from any thread.
    """

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since some fixed point."""
        ...

    async def sleep(self, duration_s: float) -> None:
        """Wait without blocking the event loop."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds since the machine started, or so."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(duration_s)
