"""A clock for tests of the engine."""

from datetime import UTC, datetime


class FakeClock:
    """A clock that moves only when someone sleeps."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time_s, UTC)

    def monotonic_s(self) -> float:
        return self.time_s

    async def sleep(self, duration_s: float) -> None:
        self.time_s += duration_s
