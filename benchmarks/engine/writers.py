"""Rows that are committed together: one thread, one commit for all that has queued up meanwhile."""

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Protocol

Row = tuple[int, int, str]
"""Number of the request, status and text of its response."""
Waiting = tuple[Row, "asyncio.Future[None]"]
_TABLE = "CREATE TABLE responses (number INTEGER PRIMARY KEY, status INTEGER, text TEXT)"


class Commit(Protocol):
    """Writes rows durably in one transaction."""

    def __call__(self, rows: Sequence[Row]) -> None: ...


class BatchedWriter:
    """A thread that opens a database and commits to it; ``write`` returns after the row's commit."""

    def __init__(self, open_commit: Callable[[], Commit]) -> None:
        self._open_commit = open_commit
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = Thread(target=self._run)
        self._thread.start()

    async def write(self, row: Row) -> None:
        """Return when the row is on the disk."""
        committed = self._loop.create_future()
        self._queue.put((row, committed))
        await committed

    async def close(self) -> None:
        """Stop the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        commit = self._open_commit()
        while (first := self._queue.get()) is not None:
            batch = [first, *self._queued()]
            commit([row for row, _ in batch])
            self._loop.call_soon_threadsafe(_release, [committed for _, committed in batch])

    def _queued(self) -> list[Waiting]:
        found: list[Waiting] = []
        for _ in range(self._queue.qsize()):
            item = self._queue.get_nowait()
            if item is None:
                self._queue.put(None)
                break
            found.append(item)
        return found


def _release(waiting: Sequence["asyncio.Future[None]"]) -> None:
    for committed in waiting:
        committed.set_result(None)


def sqlite_commit(path: str) -> Commit:
    """Return a commit to a new SQLite file, durable as the engine's own are."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE)

    def commit(rows: Sequence[Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO responses VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")

    return commit


def postgres_commit(url: str) -> Commit:
    """Return a commit to an empty PostgreSQL database, by COPY."""
    import psycopg  # not in every interpreter that runs a client

    connection = psycopg.connect(url)
    connection.execute(_TABLE)
    connection.commit()

    def commit(rows: Sequence[Row]) -> None:
        with connection.cursor() as cursor, cursor.copy("COPY responses FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()

    return commit
