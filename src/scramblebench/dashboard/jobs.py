"""Computations that pages ask for, one at a time, each in a process of its own."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from scramblebench.core.clock import Clock

MODULE = "scramblebench.dashboard.computing"
TIMEOUT_S = 3_600.0
_MOST_WAITING = 20
_MOST_KEPT = 200
Key = tuple[str, ...]
"""What is computed: the word and the ids (pages -> jobs)."""


@dataclass(frozen=True, slots=True)
class Job:
    """A computation: since when, and how it ended (None: it has not)."""

    started_at: datetime
    error: str | None = None
    is_done: bool = False


class Jobs:
    """Computations on one database; safe from any thread."""

    def __init__(self, database_url: str | None, clock: Clock) -> None:
        self._database_url = database_url
        self._clock = clock
        self._pool = ThreadPoolExecutor(1, "computing")
        self._lock = threading.Lock()
        self._jobs: dict[Key, Job] = {}
        self._process: subprocess.Popen[str] | None = None
        self._is_closed = False

    def job(self, key: Key) -> Job | None:
        """Return a computation that goes on or failed; None where there is none or it went well."""
        with self._lock:
            found = self._jobs.get(key)
        return None if found is None or (found.is_done and found.error is None) else found

    def start(self, key: Key) -> bool:
        """Compute something unless it is being computed; return whether there was room for it."""
        with self._lock:
            waiting = [known for known, job in self._jobs.items() if not job.is_done]
            if key in waiting:
                return True
            if len(waiting) >= _MOST_WAITING or self._is_closed:
                return False
            for known in list(self._jobs)[: max(0, len(self._jobs) - _MOST_KEPT)]:
                if self._jobs[known].is_done:
                    del self._jobs[known]
            self._jobs[key] = Job(self._clock.now())
        self._pool.submit(self._compute, key)
        return True

    def _compute(self, key: Key) -> None:
        error = self._run(key)
        with self._lock:
            self._jobs[key] = Job(self._jobs[key].started_at, error, is_done=True)

    def _run(self, key: Key) -> str | None:
        """Run the computation; return why it failed, None where it did not."""
        try:
            process = self._started(key)
        except OSError as error:
            return str(error)
        if process is None:
            return "the dashboard was closed"
        try:
            _, said = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"it took longer than {TIMEOUT_S:g} s"
        lines = said.strip().splitlines()
        return None if process.returncode == 0 else (lines[-1][:500] if lines else "it failed")

    def _started(self, key: Key) -> "subprocess.Popen[str] | None":
        environment = dict(os.environ)
        if self._database_url is not None:
            environment["DATABASE_URL"] = self._database_url
        with self._lock:
            if self._is_closed:
                return None
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, *key],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            return self._process

    def close(self) -> None:
        """End what is being computed; nothing more is started."""
        with self._lock:
            self._is_closed = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
