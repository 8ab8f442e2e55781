"""The one writer of a process: everything to be stored passes here and is committed in groups."""

import asyncio
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from scramblebench.core.errors import LeaseLost, StorageError
from scramblebench.storage.connection import ConnectionLost
from scramblebench.storage.protocols import TrialStore
from scramblebench.storage.records import Reservation, Settlement

MAX_BATCH = 512

Item = Reservation | Settlement
Waiting = tuple[Item, "asyncio.Future[None]"]
Outcome = tuple["asyncio.Future[None]", StorageError | LeaseLost | None]


class Writer:
    """Takes all that has queued up, commits it as one transaction, and only then acknowledges.

    There are no timers: while one batch is being committed, the next one gathers. Made and used in one
    event loop; the writing is done by a thread. At most ``max_pending`` items wait at once; beyond
    that ``put`` waits for room.
    """

    def __init__(
        self,
        store: TrialStore,
        *,
        max_pending: int = 1024,
        max_batch: int = MAX_BATCH,
    ) -> None:
        """Items of one transaction are at most ``max_batch``."""
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._max_batch = max_batch
        self._room = asyncio.Semaphore(max_pending)
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._is_closed = False
        self._n_pending = 0
        self._thread = Thread(target=self._run, name="scramblebench-writer", daemon=True)
        self._thread.start()

    @property
    def n_pending(self) -> int:
        """How many items were taken and not yet acknowledged."""
        return self._n_pending

    async def put(self, item: Item) -> None:
        """Return once the item is committed; raises StorageError when it could not be, LeaseLost
        for a reservation that came too late.

        An item is written even if the caller stops waiting for it.
        """
        await self._room.acquire()
        if self._is_closed:
            self._room.release()
            raise StorageError("the writer is closed")
        done: asyncio.Future[None] = self._loop.create_future()
        self._n_pending += 1
        self._queue.put((item, done))
        await done

    async def close(self) -> None:
        """Commit all that was put and end the thread; idempotent."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._take()
            if batch:
                outcomes = self._write(batch)
                self._loop.call_soon_threadsafe(self._acknowledge, outcomes)

    def _take(self) -> tuple[list[Waiting], bool]:
        """Wait for one item and take all that is there with it; False when the writer was closed."""
        batch: list[Waiting] = []
        entry = self._queue.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == self._max_batch:
                return batch, True
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _write(self, batch: Sequence[Waiting]) -> list[Outcome]:
        error = self._error_of([item for item, _ in batch])
        if error is None or isinstance(error, ConnectionLost) or len(batch) == 1:
            return [(done, error) for _, done in batch]
        # one bad item must not lose the others, which may have been paid for
        return [(done, self._error_of([item])) for item, done in batch]

    def _error_of(self, items: Sequence[Item]) -> StorageError | LeaseLost | None:
        """Write, once more on a new connection where the first was lost; the keys make it safe."""
        try:
            try:
                self._store.write(items)
            except ConnectionLost:
                self._store.write(items)
        except (StorageError, LeaseLost) as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, the waiters must hear of it
            failure = StorageError(f"could not be stored: {type(error).__name__}: {error}")
            failure.__cause__ = error
            return failure
        return None

    def _acknowledge(self, outcomes: Sequence[Outcome]) -> None:
        for done, error in outcomes:
            self._n_pending -= 1
            self._room.release()
            if done.cancelled():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
