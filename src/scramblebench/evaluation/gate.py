"""The gate in front of the wire: so many requests in flight as are allowed, the next ones ready behind it."""

import asyncio
from collections import deque

from scramblebench.evaluation.concurrency import Concurrency
from scramblebench.storage import Refusal


class Gate:
    """Lets requests through, first come, first served; belongs to one event loop.

    Who arrives has its reservation committed, so that a place on the wire is not empty while a commit is
    waited for. There is one wait for both: a request that is committed and has a place.
    """

    def __init__(self, concurrency: Concurrency) -> None:
        self._concurrency = concurrency
        self._line: deque[asyncio.Future[Refusal | None]] = deque()
        self.n_inside = 0

    def arrive(self, turn: asyncio.Future[Refusal | None]) -> None:
        """Give a request a place, now or when one is free: its turn then has come, with None."""
        if self._line or self.n_inside >= self._concurrency.allowed:
            self._line.append(turn)
        else:
            self.n_inside += 1
            turn.set_result(None)

    async def passed(self, turn: asyncio.Future[Refusal | None]) -> Refusal | None:
        """Wait for a turn; None when its place is taken, else why there is none."""
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None and turn.result() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back; those who may have it, or more, have their turn now."""
        self.n_inside -= 1
        while self._line and self.n_inside < self._concurrency.allowed:
            turn = self._line.popleft()
            if not turn.cancelled():
                self.n_inside += 1
                turn.set_result(None)
