"""A worker as a guest in a process of another engine: on a thread and an event loop of its own."""

import asyncio
import os
from threading import Thread

from scramblebench.core.clock import SystemClock
from scramblebench.evaluation import Surroundings, WorkerTerms, run_worker
from scramblebench.storage import open_database


class HostedWorker:
    """Works from when it is made until it is told to end, or waited for work for ``patience_s``.

    Keys come from the environment of the process it is in.
    """

    def __init__(self, database_url: str, lease_s: float, patience_s: float) -> None:
        self._database_url = database_url
        self._terms = WorkerTerms(lease_s, patience_s)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def is_working(self) -> bool:
        """Whether it has not ended yet; raises what ended it, where that was an error."""
        if self._error is not None:
            raise self._error
        return self._thread.is_alive()

    def end(self, patience_s: float) -> None:
        """Have it finish what is in flight, for so long at most."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(patience_s)

    def wait(self) -> None:
        """Return when it has ended; raises what ended it, where that was an error."""
        self._thread.join()
        self.is_working()

    def _run(self) -> None:
        try:
            database = open_database(self._database_url)
            try:
                surroundings = Surroundings(SystemClock(), os.environ)
                work = run_worker(database, self._terms, self._stop, surroundings)
                self._loop.run_until_complete(work)
            finally:
                database.close()
        except BaseException as error:  # noqa: BLE001 - told to whoever asks
            self._error = error
