"""The fake server's own book of what it answered and charged, to be held against the client's."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

_SYNC_INTERVAL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request that reached the server.

    ``digest`` is the sha256 of the request's body. ``status`` is 0 where the connection was cut before
    a status was sent. ``cost_microusd`` is what was charged, also for an answer that was then cut.

    ``received_s`` and ``answered_s`` are the server's monotonic time of the request and of its answer
    (None: never answered); the answer leaves then or later. ``asked_wait_s`` is the wait that the
    answer asked for. Times are no part of equality.
    """

    sequence: int
    api: str
    model: str
    digest: str
    idempotency_key: str | None
    status: int
    cost_microusd: int
    fault: str | None
    received_s: float = field(compare=False)
    answered_s: float | None = field(compare=False)
    asked_wait_s: float | None = None


class Ledger:
    """An append-only JSON Lines file, or memory alone where there is no path.

    An entry is handed to the operating system before its answer is sent, so it outlives the server's
    death; it is on the disk at most 0.1 s later, and at ``close``.
    """

    def __init__(self, path: Path | None) -> None:
        self.entries: list[LedgerEntry] = []
        self._file = -1
        self._stop = threading.Event()
        self._syncing: threading.Thread | None = None
        if path is not None:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._syncing = threading.Thread(target=self._sync, daemon=True)
            self._syncing.start()

    def append(self, entry: LedgerEntry) -> None:
        """Write down an entry."""
        if self._file < 0:
            self.entries.append(entry)
        else:
            os.write(self._file, orjson.dumps(entry) + b"\n")

    def close(self) -> None:
        """Bring everything to the disk and close the file."""
        self._stop.set()
        if self._syncing is not None:
            self._syncing.join()
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1
            self._syncing = None

    def _sync(self) -> None:
        n_bytes = 0
        while not self._stop.wait(_SYNC_INTERVAL_S):
            size = os.fstat(self._file).st_size
            if size != n_bytes:
                os.fsync(self._file)
                n_bytes = size


def read_ledger(path: Path) -> Sequence[LedgerEntry]:
    """Return the entries of a ledger file in order; a torn last line is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [LedgerEntry(**orjson.loads(line)) for line in lines]
