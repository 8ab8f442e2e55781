"""Ctrl-C: once finishes what is in flight, twice abandons it."""

import asyncio
import signal

from scramblebench.cli.output import note

DRAIN_S = 30.0
"""How long requests in flight are waited for after the first signal."""


class StopSignals:
    """Turns SIGINT, SIGTERM and SIGHUP into an event; a second one, or ``DRAIN_S``, into cancellation."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.received: signal.Signals | None = None

    def watch(self, task: "asyncio.Task[object]") -> None:
        """Watch over a task of the running loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._receive, number, task)

    def _receive(self, number: signal.Signals, task: "asyncio.Task[object]") -> None:
        if self.received is None:
            self.received = number
            note("finishing the requests in flight; once more (Ctrl-C) abandons them")
            self.event.set()
            asyncio.get_running_loop().call_later(DRAIN_S, self._abandon, task)
        else:
            self._abandon(task)

    def _abandon(self, task: "asyncio.Task[object]") -> None:
        note("abandoning the requests in flight; they may have been paid for")
        task.cancel()

    @property
    def exit_code(self) -> int | None:
        """128 and the signal's number: 130 after SIGINT, 143 after SIGTERM; None without a signal."""
        return 128 + self.received if self.received is not None else None
