"""Workers as processes of this machine: the command ``run --worker``, so many times."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from scramblebench.core.errors import ScrambleBenchError
from scramblebench.executors.base import Order

MOST_RESTARTS = 5
"""So often in a row one place is filled again after a worker that did not live for ``LIVED_S``."""
LIVED_S = 30.0


@dataclass
class _Place:
    """Where one worker lives, or the next one after it."""

    process: "subprocess.Popen[bytes]"
    started_s: float
    n_restarts: int = 0


class Processes:
    """Workers that end with this process: each waits for the end of its standard input."""

    def __init__(self) -> None:
        self._order: Order | None = None
        self._places: list[_Place] = []

    def start(self, order: Order) -> None:
        """Start the workers."""
        self._order = order
        self._places = [_Place(_started(order), time.monotonic()) for _ in range(order.n_workers)]

    def keep(self) -> None:
        """Start a worker anew where one has ended; raises ScrambleBenchError where all end at once."""
        assert self._order is not None
        for place in self._places:
            if place.process.poll() is None:
                continue
            lived_s = time.monotonic() - place.started_s
            place.n_restarts = place.n_restarts + 1 if lived_s < LIVED_S else 0
            if place.n_restarts <= MOST_RESTARTS:
                place.process, place.started_s = _started(self._order), time.monotonic()
        if self._places and all(place.n_restarts > MOST_RESTARTS for place in self._places):
            code = self._places[-1].process.returncode
            raise ScrambleBenchError(
                f"the workers end at once, again and again (exit code {code}); to see why, start one "
                "by hand: scramblebench-experiment run --worker"
            )

    def stop(self, patience_s: float) -> None:
        """Close the workers' standard input, and kill those that have not ended in time."""
        for place in self._places:
            if place.process.stdin is not None:
                place.process.stdin.close()
        ends_s = time.monotonic() + patience_s
        for place in self._places:
            try:
                place.process.wait(max(0.0, ends_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                place.process.kill()
                place.process.wait()


def _started(order: Order) -> "subprocess.Popen[bytes]":
    """Start one worker; the URL goes by the environment, which other users cannot read."""
    words = ("run", "--worker", "--continuous", "--until-closed", "--lease", f"{order.lease_s:g}")
    return subprocess.Popen(
        [sys.executable, "-m", "scramblebench", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": order.database_url},
        start_new_session=True,  # Ctrl-C is for the coordinator, which tells the workers
    )
