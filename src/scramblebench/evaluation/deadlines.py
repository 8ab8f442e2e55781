"""One time limit for many requests at once."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlines:
    """Requests that may each take ``timeout_s``; belongs to one event loop.

    Does what ``asyncio.timeout`` does, with one timer for all requests instead of one for each: since all
    may take equally long, they end in the order in which they began. At thousands of requests a second
    the timers would be a twentieth of the work.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ends_at_s: dict[asyncio.Task[Any], float] = {}
        self._overdue: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def limited(self, request: Awaitable[T]) -> T:
        """Wait for a request; raises TimeoutError after the time that it may take."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        self._ends_at_s[task] = loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = loop.call_later(self._timeout_s, self._cancel_overdue, loop)
        try:
            return await request
        except asyncio.CancelledError:
            if task in self._overdue and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._ends_at_s.pop(task, None)
            self._overdue.discard(task)

    def _cancel_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = loop.time()
        self._timer = None
        for task, ends_at_s in list(self._ends_at_s.items()):
            if ends_at_s > now_s:
                self._timer = loop.call_at(ends_at_s, self._cancel_overdue, loop)
                return
            del self._ends_at_s[task]
            self._overdue.add(task)
            task.cancel()
